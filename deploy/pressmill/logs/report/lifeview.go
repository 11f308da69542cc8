package report

import (
	"fmt"
	"time"
)

// timeline shows when processes ran.
type timeline struct {
	Rows  []lifeRow
	Ticks []tick
}

type lifeRow struct {
	Life
	Class    string
	Bars     []lifeBar
	Restarts int
}

// lifeBar is a run, in per cent of the time of all.
type lifeBar struct {
	From, Width float64
	Run
	Title string
}

func lifelines(r *Report) (v timeline) {
	span := max(r.To.Sub(r.From), time.Millisecond).Seconds()
	v.Ticks = timeTicks(r.From, r.To)
	for _, life := range r.Lives.Rows {
		row := lifeRow{Life: life, Class: orAll(life.Stage), Restarts: max(0, len(life.Runs)-1)}
		for _, run := range life.Runs {
			row.Bars = append(row.Bars, lifeBar{
				From: 100 * run.From.Sub(r.From).Seconds() / span, Width: 100 * run.To.Sub(run.From).Seconds() / span,
				Run: run, Title: fmt.Sprintf("%s on %s: %s", life.Service, life.Name, run.text()),
			})
		}
		v.Rows = append(v.Rows, row)
	}
	return v
}

func orAll(stage string) string {
	if stage == "" {
		return "every"
	}
	return stage
}
