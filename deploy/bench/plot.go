package main

import (
	"fmt"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
)

// draw draws what a page costs each.
func draw(file string, results []usage) error {
	p := plot.New()
	p.Title.Text = "Processor time for a page, from URL to written article"
	p.X.Label.Text = "ms"
	p.X.Min = 0
	var names []string
	for i := range results {
		u := results[len(results)-1-i]
		bars, err := plotter.NewBarChart(plotter.Values{u.perPage().Seconds() * 1000}, vg.Points(24))
		if err != nil {
			return fmt.Errorf("draw %s: %w", file, err)
		}
		bars.Horizontal, bars.XMin = true, float64(i)
		p.Add(bars)
		names = append(names, u.name)
	}
	p.NominalY(names...)
	if err := p.Save(6*vg.Inch, 1.6*vg.Inch, file); err != nil {
		return fmt.Errorf("draw %s: %w", file, err)
	}
	return nil
}
