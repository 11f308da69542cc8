package main

import (
	"bytes"
	"fmt"
	"image/color"
	"math"
	"os"
	"path/filepath"
	"strconv"

	"golang.org/x/image/font"
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgsvg"
)

// panel is one chart of a picture.
type panel interface {
	// heading is what the chart shows, and in which unit.
	heading() (title, unit string)
	height() vg.Length
	plot(t theme) (*plot.Plot, error)
}

// bars is a chart of horizontal bars from zero, from the top down.
type bars struct {
	title, unit string
	bars        []bar
}

type bar struct {
	name  string
	value float64
	label string // what stands behind the bar, its value as a rule
	own   bool   // it is Pressmill's, and stands out
}

// lines is a chart of curves over a common axis, from zero up.
type lines struct {
	title, unit string
	x           string // what the axis counts, with its unit
	log         bool   // the axis has a tick at each x of the first series, at equal factors equally far apart
	series      []series
}

type series struct {
	name   string // stands at the curve's end; "" if it is the only one
	points plotter.XYs
	dots   bool // each point is a measurement of its own, and is marked
}

// theme is what a picture is painted with, on GitHub's light or dark ground.
type theme struct {
	text, muted, grid color.Color
	curves            []color.Color
}

func light() theme {
	return theme{gray(0x1f), gray(0x59), gray(0xdb), []color.Color{rgb(0x0969da), rgb(0xbc4c00), rgb(0x1a7f37), rgb(0x8250df)}}
}

func dark() theme {
	return theme{gray(0xf0), gray(0xa0), gray(0x3a), []color.Color{rgb(0x4493f8), rgb(0xf0883e), rgb(0x3fb950), rgb(0xab7df8)}}
}

func gray(y uint8) color.Color { return color.Gray{Y: y} }

func rgb(hex uint32) color.Color {
	return color.RGBA{R: uint8(hex >> 16), G: uint8(hex >> 8), B: uint8(hex), A: 0xff}
}

const (
	pictureWidth = vg.Length(600) // points; GitHub shows a README at most 830 pixels wide, of which four are three points
	headHeight   = vg.Length(36)
	gutter       = vg.Length(24)
)

// save draws the panels, so many beside each other, as NAME.svg and, for dark
// grounds, NAME-dark.svg in dir. A picture element in the README shows the one
// that fits its reader.
func save(dir, name string, columns int, panels ...panel) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("draw %s: %w", name, err)
	}
	for suffix, t := range map[string]theme{"": light(), "-dark": dark()} {
		svg, err := paint(t, columns, panels)
		if err != nil {
			return fmt.Errorf("draw %s: %w", name, err)
		}
		if err := os.WriteFile(filepath.Join(dir, name+suffix+".svg"), svg, 0o644); err != nil {
			return fmt.Errorf("draw %s: %w", name, err)
		}
	}
	return nil
}

// paint returns the picture as SVG.
func paint(t theme, columns int, panels []panel) ([]byte, error) {
	var rows []vg.Length // their heights
	total := gutter / 2
	for i, p := range panels {
		if i%columns == 0 {
			rows = append(rows, 0)
		}
		row := &rows[len(rows)-1]
		total += max(0, p.height()-*row)
		*row = max(*row, p.height())
	}
	total += gutter * vg.Length(len(rows)-1)
	canvas := vgsvg.New(pictureWidth, total)
	all := draw.New(canvas)
	width := (pictureWidth - gutter*vg.Length(columns-1)) / vg.Length(columns)
	top := total
	for i, p := range panels {
		if i > 0 && i%columns == 0 {
			top -= rows[i/columns-1] + gutter
		}
		left := vg.Length(i%columns) * (width + gutter)
		tile := draw.Crop(all, left, left+width-pictureWidth, top-rows[i/columns], top-total)
		if err := paintPanel(tile, t, p); err != nil {
			return nil, err
		}
	}
	var svg bytes.Buffer
	if _, err := canvas.WriteTo(&svg); err != nil {
		return nil, err
	}
	// The fonts that look most like the one that the widths were reckoned with.
	return bytes.ReplaceAll(svg.Bytes(), []byte("font-family:Liberation Sans;"), []byte("font-family:Liberation Sans,Arial,Helvetica,sans-serif;")), nil
}

func paintPanel(c draw.Canvas, t theme, p panel) error {
	title, unit := p.heading()
	bold := style(t.text, 10.5)
	bold.Font.Weight = font.WeightBold
	bold.YAlign, bold.XAlign = draw.YTop, draw.XLeft
	c.FillText(bold, vg.Point{X: c.Min.X, Y: c.Max.Y - 2}, title)
	small := style(t.muted, 9)
	small.YAlign, small.XAlign = draw.YTop, draw.XLeft
	c.FillText(small, vg.Point{X: c.Min.X, Y: c.Max.Y - 17}, unit)
	chart, err := p.plot(t)
	if err != nil {
		return err
	}
	chart.Draw(draw.Crop(c, 0, 0, 0, -headHeight))
	return nil
}

func style(c color.Color, size vg.Length) draw.TextStyle {
	s := plot.New().X.Tick.Label
	s.Color, s.Font.Size, s.Font.Variant = c, size, "Sans"
	s.XAlign, s.YAlign = draw.XLeft, draw.YCenter
	return s
}

// empty returns a plot without anything that is not data.
func empty(t theme) *plot.Plot {
	p := plot.New()
	p.BackgroundColor = nil
	for _, axis := range []*plot.Axis{&p.X, &p.Y} {
		x, y := axis.Tick.Label.XAlign, axis.Tick.Label.YAlign
		axis.Tick.Label = style(t.muted, 9)
		axis.Tick.Label.XAlign, axis.Tick.Label.YAlign = x, y
		axis.Label.TextStyle = style(t.muted, 9)
		axis.Label.TextStyle.XAlign, axis.Label.TextStyle.YAlign = draw.XCenter, draw.YBottom
		axis.Width, axis.Tick.Width, axis.Tick.Length = 0, 0, 3
		axis.Padding = 0
	}
	return p
}

func (b bars) heading() (title, unit string) { return b.title, b.unit }

func (b bars) height() vg.Length { return headHeight + 24*vg.Length(len(b.bars)) }

func (b bars) plot(t theme) (*plot.Plot, error) {
	p := empty(t)
	var names []string
	labels := plotter.XYLabels{}
	for i := range b.bars {
		one := b.bars[len(b.bars)-1-i] // upwards
		drawn, err := plotter.NewBarChart(plotter.Values{one.value}, 15)
		if err != nil {
			return nil, err
		}
		drawn.Horizontal, drawn.XMin, drawn.Width, drawn.LineStyle.Width = true, float64(i), 15, 0
		drawn.Color = t.muted
		if one.own {
			drawn.Color = t.curves[0]
		}
		p.Add(drawn)
		names = append(names, one.name)
		labels.XYs = append(labels.XYs, plotter.XY{X: one.value, Y: float64(i)})
		labels.Labels = append(labels.Labels, one.label)
	}
	written, err := write(labels, t.text, vg.Point{X: 5, Y: 1.5})
	if err != nil {
		return nil, err
	}
	p.Add(written)
	p.NominalY(names...)
	p.Y.Tick.Label.Color = t.text
	p.Y.Width, p.Y.Tick.Width, p.Y.Padding = 0, 0, 8
	p.Y.Min, p.Y.Max = -0.5, float64(len(b.bars))-0.5
	p.X.Min = 0
	p.HideX()
	return p, nil
}

// write returns texts beside points.
func write(labels plotter.XYLabels, c color.Color, offset vg.Point) (*plotter.Labels, error) {
	l, err := plotter.NewLabels(labels)
	if err != nil {
		return nil, err
	}
	l.Offset = offset
	for i := range l.TextStyle {
		l.TextStyle[i] = style(c, 9)
	}
	return l, nil
}

func (l lines) heading() (title, unit string) { return l.title, l.unit }

func (l lines) height() vg.Length { return headHeight + 140 }

func (l lines) plot(t theme) (*plot.Plot, error) {
	p := empty(t)
	grid := plotter.NewGrid()
	grid.Vertical.Width = 0
	grid.Horizontal.Color, grid.Horizontal.Width, grid.Horizontal.Dashes = t.grid, 0.6, nil
	p.Add(grid)
	for i, s := range l.series {
		if err := s.add(p, t.curves[i%len(t.curves)]); err != nil {
			return nil, err
		}
	}
	p.X.Label.Text = l.x
	p.X.Label.Padding = 2
	if l.log {
		p.X.Scale = plot.LogScale{}
		p.X.Tick.Marker = ticksAt(l.series[0].points)
	} else {
		p.X.Tick.Marker = plot.TickerFunc(round)
	}
	p.X.Padding, p.Y.Padding = 8, 0
	p.Y.Min, p.Y.Max = 0, top(p.Y.Max)
	p.Y.Tick.Marker = plot.TickerFunc(round)
	return p, nil
}

// add draws the curve, its points and its name.
func (s series) add(p *plot.Plot, c color.Color) error {
	line, err := plotter.NewLine(s.points)
	if err != nil {
		return err
	}
	line.Color, line.Width = c, 1.8
	p.Add(line)
	if s.dots {
		dots, err := plotter.NewScatter(s.points)
		if err != nil {
			return err
		}
		dots.Color, dots.Shape, dots.Radius = c, draw.CircleGlyph{}, 3
		p.Add(dots)
	}
	if s.name == "" {
		return nil
	}
	name, err := write(plotter.XYLabels{XYs: s.points[len(s.points)-1:], Labels: []string{s.name}}, c, vg.Point{X: 8, Y: 1})
	if err != nil {
		return err
	}
	p.Add(name)
	return nil
}

func ticksAt(points plotter.XYs) plot.ConstantTicks {
	var ticks plot.ConstantTicks
	for _, xy := range points {
		ticks = append(ticks, plot.Tick{Value: xy.X, Label: count(xy.X)})
	}
	return ticks
}

// step is the distance of some three or four round numbers up to most.
func step(most float64) float64 {
	unit := math.Pow(10, math.Floor(math.Log10(most)))
	for _, s := range []float64{0.2, 0.25, 0.5, 1, 2} {
		if most/(s*unit) <= 5 {
			return s * unit
		}
	}
	return 2 * unit
}

// top is the round number above most.
func top(most float64) float64 {
	if most <= 0 {
		return 1
	}
	return math.Ceil(most/step(most)) * step(most)
}

func round(low, high float64) (ticks []plot.Tick) {
	by := step(high)
	for v := math.Ceil(low/by) * by; v <= high*1.0001; v += by {
		ticks = append(ticks, plot.Tick{Value: v, Label: count(v)})
	}
	return ticks
}

// count writes a number as short as it can be read.
func count(v float64) string {
	switch {
	case v >= 1e6:
		return strconv.FormatFloat(v/1e6, 'g', 4, 64) + "M"
	case v >= 1e3:
		return strconv.FormatFloat(v/1e3, 'g', 4, 64) + "k"
	default:
		return strconv.FormatFloat(v, 'g', 4, 64)
	}
}
