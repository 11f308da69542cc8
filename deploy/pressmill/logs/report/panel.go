package report

import (
	"fmt"
	"math"
	"strings"
	"time"
)

// panel is a chart of one value over time. Its picture is 100 high and a unit
// wide for each bin, and is stretched to its place; labels stand beside it.
type panel struct {
	Class       string // of its stage, which has a colour
	Name, About string
	Now         string // its most telling figure
	Description string // for those who do not see it
	Unit        string
	N           int
	Area, Line  string // paths
	Over        string // path of failures, on top of the area
	Bands       []band
	Y, X        []tick
	Hits        []hit
	Empty       string // why there is no picture
}

// band is a stretch of time that is marked.
type band struct {
	At, Width int
	Title     string
}

// hit is a bin, and what stands there.
type hit struct {
	At    int
	Title string
}

// perUnit chooses the unit in which rates are told: their factor, and its name.
func perUnit(most int64, width time.Duration) (float64, string) {
	perSecond := float64(most) / width.Seconds()
	switch {
	case perSecond >= 1 || most == 0:
		return 1 / width.Seconds(), "per second"
	case perSecond*60 >= 1:
		return 60 / width.Seconds(), "per minute"
	case perSecond*3600 >= 1:
		return 3600 / width.Seconds(), "per hour"
	}
	return 86400 / width.Seconds(), "per day"
}

// throughput is the panel of what a stage passed on, and gave up.
func throughput(s Stage, t Times, what string) panel {
	p := panel{Class: s.Name, Name: s.Name, About: what, N: t.N, X: timeTicks(t.Start, t.End()), Empty: absent(s, s.Out+sum(s.Failed))}
	if p.Empty != "" {
		return p
	}
	most, best := int64(0), 0
	for i := range s.OutIn {
		if n := s.OutIn[i] + s.FailedIn[i]; n > most {
			most, best = n, i
		}
	}
	factor, unit := perUnit(most, t.Width)
	y := linear(float64(most)*factor, digits)
	p.Unit, p.Y = unit, y.Ticks
	under, over := make([]float64, t.N), make([]float64, t.N)
	for i := range t.N {
		under[i] = y.at(float64(s.OutIn[i]) * factor)
		over[i] = y.at(float64(s.OutIn[i]+s.FailedIn[i]) * factor)
		p.Hits = append(p.Hits, hit{i, fmt.Sprintf("%s · %s %s: %s%s%s", t.span(i), digits(float64(s.OutIn[i])*factor), unit, number(s.OutIn[i])+" "+what,
			failedText(s.FailedIn[i]), pressureText(s.PressureIn[i]))})
	}
	p.Area, p.Over = stairs(under, nil), stairs(over, under)
	p.Bands = bands(s.PressureIn, t)
	average := float64(s.Out) * factor / float64(t.N)
	p.Now = number(s.Out) + " in all"
	p.Description = fmt.Sprintf("%s by the %s over time, %s: %s on average, %s at most, %s.", what, s.Name, unit, digits(average), digits(float64(most)*factor), t.span(best))
	return p
}

func failedText(n int64) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprintf(", %s failed", number(n))
}

func pressureText(is bool) string {
	if !is {
		return ""
	}
	return ", back-pressure"
}

// absent says why a panel has no picture.
func absent(s Stage, n int64) string {
	switch {
	case !s.Seen:
		return "No line of a " + s.Name + " was read."
	case n == 0:
		return "Nothing came out of it."
	}
	return ""
}

// lag is the panel of what waits in front of a stage.
func lag(s Stage, t Times) panel {
	p := panel{Class: s.Name, Name: s.Name, N: t.N, Unit: lagUnits[s.Name], X: timeTicks(t.Start, t.End()), Empty: absent(s, 1)}
	values := make([]float64, len(s.LagIn))
	most, last := 0.0, float64(unknown)
	for i, n := range s.LagIn {
		values[i] = float64(n)
		if n != unknown {
			last = values[i]
		}
		most = max(most, values[i])
	}
	if p.Empty == "" && last == unknown {
		p.Empty = "No summary tells its lag."
	}
	if p.Empty != "" {
		return p
	}
	y := linear(max(most, 1), digits)
	p.Y = y.Ticks
	p.Area, p.Line = line(values, y)
	for i, n := range s.LagIn {
		if n != unknown {
			p.Hits = append(p.Hits, hit{i, fmt.Sprintf("%s · %s wait%s", t.span(i), number(n), pressureText(s.PressureIn[i]))})
		}
	}
	p.Bands = bands(s.PressureIn, t)
	p.Now = number(int64(last)) + " at the end"
	p.Description = fmt.Sprintf("%s in front of the %s over time: %s at most, %s at the end.", p.Unit, s.Name, digits(most), digits(last))
	return p
}

var lagUnits = map[string]string{"crawler": "turns that wait", "parser": "pages that wait", "sink": "articles that wait"}

// latency is the panel of a 95th percentile.
func latency(class, name string, values []float64, all Spread, t Times) panel {
	p := panel{Class: class, Name: name, N: t.N, X: timeTicks(t.Start, t.End())}
	least, most := math.Inf(1), 0.0
	for _, v := range values {
		if v != unknown {
			least, most = min(least, v), max(most, v)
		}
	}
	if all.N == 0 {
		p.Empty = "No line tells it."
		return p
	}
	y := logarithmic(least, most)
	p.Y = y.Ticks
	_, p.Line = line(values, y)
	for i, v := range values {
		if v != unknown {
			p.Hits = append(p.Hits, hit{i, fmt.Sprintf("%s · p95 %s", t.span(i), millis(v))})
		}
	}
	p.Now = "p95 " + millis(all.P95) + " in all"
	p.Description = fmt.Sprintf("95th percentile of the time that %s took, over time: from %s to %s.", name, millis(least), millis(most))
	return p
}

func bands(in []bool, t Times) (list []band) {
	for i := 0; i < len(in); i++ {
		from := i
		for i < len(in) && in[i] {
			i++
		}
		if i > from {
			list = append(list, band{from, i - from, fmt.Sprintf("Back-pressure, %s until %s", t.At(from).Format("2 Jan 15:04:05"), t.At(i).Format("15:04:05"))})
		}
	}
	return list
}

// stairs is the path of an area with a step for each value, down to the axis or to other stairs.
func stairs(top, bottom []float64) string {
	var s strings.Builder
	at := func(command string, x int, v float64) {
		fmt.Fprintf(&s, "%s%d %s", command, x, coordinate(100-v))
	}
	floorAt := func(i int) float64 {
		if bottom == nil {
			return 0
		}
		return bottom[i]
	}
	for i := 0; i < len(top); i++ { // a shape for each row of steps that are not empty
		from := i
		for i < len(top) && top[i] > floorAt(i) {
			i++
		}
		if i == from {
			continue
		}
		at("M", from, floorAt(from))
		for k := from; k < i; k++ {
			at("L", k, top[k])
			at("L", k+1, top[k])
		}
		for k := i - 1; k >= from; k-- {
			at("L", k+1, floorAt(k))
			at("L", k, floorAt(k))
		}
		s.WriteString("Z")
	}
	return s.String()
}

// line is the path through the values that are known, at the middle of their
// bins, and that of the area below it.
func line(values []float64, y scale) (area, path string) {
	var s strings.Builder
	first, last := -1.0, 0.0
	for i, v := range values {
		if v == unknown {
			continue
		}
		last = float64(i) + 0.5
		command := "L"
		if first < 0 {
			first, command = last, "M"
		}
		fmt.Fprintf(&s, "%s%s %s", command, coordinate(last), coordinate(100-y.at(v)))
	}
	if first < 0 {
		return "", ""
	}
	if first == last {
		s.WriteString("h0") // a dot
	}
	return fmt.Sprintf("%sL%s 100L%s 100Z", s.String(), coordinate(last), coordinate(first)), s.String()
}
