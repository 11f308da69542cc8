package main

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"pressmill/pkg/logging"
)

// toldLine is what the sums need of a line.
type toldLine struct {
	Event, Stage, Level, Instance, Kind, Reason, Sink, URL string

	ArticleID string   `json:"article_id"`
	Took      *float64 `json:"took_ms"`
	Status    int

	In, Out, Failed, Skipped, Again, Requests int
	InFlight                                  int            `json:"in_flight"`
	OutBy                                     map[string]int `json:"out_by"`
	FailedBy                                  map[string]int `json:"failed_by"`
	SkippedBy                                 map[string]int `json:"skipped_by"`
	AgainBy                                   map[string]int `json:"again_by"`
	Final                                     bool
}

type toldLines []toldLine

// tell reads what workers have logged so far, whole lines only.
func tell(t *testing.T, workers []*loggedWorker) (lines toldLines) {
	t.Helper()
	for _, w := range workers {
		text := w.told(t)
		text = text[:strings.LastIndexByte(text, '\n')+1]
		for line := range strings.Lines(text) {
			var l toldLine
			if err := json.Unmarshal([]byte(line), &l); err != nil {
				t.Fatalf("%v in %q", err, line)
			}
			lines = append(lines, l)
		}
	}
	return lines
}

func (l toldLines) where(ok func(toldLine) bool) toldLines {
	return slices.DeleteFunc(slices.Clone(l), func(l toldLine) bool { return !ok(l) })
}

func (l toldLines) of(events ...string) toldLines {
	return l.where(func(l toldLine) bool { return slices.Contains(events, l.Event) })
}

func (l toldLines) at(level string) toldLines {
	return l.where(func(l toldLine) bool { return l.Level == level })
}

// by counts lines by a word.
func (l toldLines) by(word func(toldLine) string) map[string]int {
	n := map[string]int{}
	for _, line := range l {
		n[word(line)]++
	}
	return n
}

func (l toldLines) byEvent() map[string]int { return l.by(func(l toldLine) string { return l.Event }) }
func reason(l toldLine) string              { return l.Reason }

// sum adds the final summaries of a stage.
func (l toldLines) sum(stage string) (s toldLine) {
	s.OutBy, s.FailedBy, s.SkippedBy, s.AgainBy = map[string]int{}, map[string]int{}, map[string]int{}, map[string]int{}
	for _, p := range l.of(logging.StageSummary) {
		if p.Stage != stage || !p.Final {
			continue
		}
		s.In, s.Out, s.Failed, s.Skipped, s.Again, s.Requests = s.In+p.In, s.Out+p.Out, s.Failed+p.Failed, s.Skipped+p.Skipped, s.Again+p.Again, s.Requests+p.Requests
		plus(s.OutBy, p.OutBy)
		plus(s.FailedBy, p.FailedBy)
		plus(s.SkippedBy, p.SkippedBy)
		plus(s.AgainBy, p.AgainBy)
	}
	return s
}

func plus(to, more map[string]int) {
	for word, n := range more {
		to[word] += n
	}
}

func total(by map[string]int) (n int) {
	for _, m := range by {
		n += m
	}
	return n
}
