package view

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"pressmill/deploy/pressmill/logs"
)

// attention is what asks for it, the worst first.
func (s *shot) attention(t *logs.Tally, totals *logs.Totals) []notice {
	var all []notice
	add := func(tone tone, format string, args ...any) {
		all = append(all, notice{tone, clean(fmt.Sprintf(format, args...))})
	}
	s.standing(t, add)
	s.givenUp(t, totals, add)
	s.quality(t, add)
	s.completeness(t, add)
	slices.SortStableFunc(all, func(a, b notice) int { return int(b.tone) - int(a.tone) })
	return all
}

type adder func(t tone, format string, args ...any)

// standing is what does not go on as it should.
func (s *shot) standing(t *logs.Tally, add adder) {
	for i, st := range s.stages {
		switch {
		case st.tone == alarm && st.state == "stuck":
			add(alarm, "%s passes nothing on, and %s wait", st.name, grouped(st.lag))
		case st.tone == alarm:
			add(alarm, "%s has written no line for %s", st.name, strings.TrimPrefix(st.state, "silent "))
		}
		for _, p := range t.Waiting(i) {
			why := p.Reason
			if why == "" {
				why = "the next stage is behind"
			}
			add(warning, "%s waits for %s: %s%s", st.name, ago(p.From, s.now), why, at(p.Host))
		}
	}
	vanished := map[string][]string{}
	for _, p := range t.Instances.Sorted() {
		if s.vanished(p) {
			vanished[p.Service] = append(vanished[p.Service], p.Name)
		}
		switch {
		case p.Crashes > 1:
			add(alarm, "%s crashes again and again: %s of %d starts followed no stop", p.Name, grouped(p.Crashes), p.Starts)
		case p.Crashes == 1:
			add(warning, "%s started again without a stop: it crashed", p.Name)
		case !p.Running() && p.StopReason == "error":
			add(alarm, "%s ended with an error; its last message says which", p.Name)
		}
	}
	for _, service := range slices.Sorted(maps.Keys(vanished)) {
		names := vanished[service]
		add(alarm, "%s vanished without a stop: killed, or their lines do not come here: %s", plural(int64(len(names)), service, service+"s"), some(names, 4))
	}
	for _, name := range t.SortedSinks() {
		switch k := t.Sinks[name]; {
		case k.Down > 0:
			add(alarm, "the receiver of sink %s takes nothing for %s: %s", name, ago(k.Down, s.now), k.LastError)
		case s.uncommitted(t, k):
			add(alarm, "sink %s has committed nothing for %s, and articles wait", name, ago(k.Last, s.now))
		case k.Gaps > 0:
			add(warning, "sink %s: articles were gone before they were read, %s", name, plural(k.Gaps, "time", "times"))
		}
	}
}

func at(host string) string {
	if host == "" {
		return ""
	}
	return " (" + host + ")"
}

// givenUp is what was given up or refused.
func (s *shot) givenUp(t *logs.Tally, totals *logs.Totals, add adder) {
	var dead int64
	var by []string
	for i, name := range logs.StageNames {
		if c := &totals.Stages[i]; c.Dead > 0 {
			dead += c.Dead
			by = append(by, fmt.Sprintf("%s %s", name, reasons(c.DeadBy)))
		}
	}
	if dead > 0 {
		add(warning, "%s: %s", plural(dead, "dead letter", "dead letters"), strings.Join(by, "; "))
	}
	c := &totals.Stages[logs.Crawler]
	refused := int64(0)
	for _, code := range []string{"http_403", "http_429"} {
		refused += c.FailedBy[code] + c.RetriedBy[code]
	}
	if refused*10 > c.In && c.In >= 20 {
		add(warning, "%s of the requests are answered 403 or 429", percent(refused, c.In))
	}
	asked, bad, of := c.In, c.Failed+c.Retried, ""
	if s.live {
		asked, bad, of = s.lately(t)
	}
	if bad*5 > asked && asked >= 20 {
		add(alarm, "%s of the requests%s fail: %s", percent(bad, asked), of, reasons(sum(c.FailedBy, c.RetriedBy)))
	}
}

// lately is the requests of the last two minutes, and those that failed.
func (s *shot) lately(t *logs.Tally) (asked, bad int64, of string) {
	for at, p := range t.Latest[logs.Crawler].Points() {
		if s.now.Sub(at) < 2*time.Minute {
			asked, bad = asked+p.In, bad+p.Failed+p.Retried
		}
	}
	return asked, bad, " of the last two minutes"
}

func sum(a, b logs.Reasons) logs.Reasons {
	both := maps.Clone(a)
	if both == nil {
		both = logs.Reasons{}
	}
	for reason, n := range b {
		both[reason] += n
	}
	return both
}

// quality is sources that bring nothing, or not what they brought.
func (s *shot) quality(t *logs.Tally, add adder) {
	if n := len(t.Silent); n > 0 {
		names := slices.Sorted(maps.Keys(t.Silent))
		add(warning, "%s silent: %s", plural(int64(n), "source is", "sources are"), some(names, 5))
	}
	for _, d := range t.Drifts {
		add(warning, "%s: %s", d.Source, drifted(d))
	}
}

func drifted(d logs.Drift) string {
	if d.Field == "words" {
		return fmt.Sprintf("%.0f words in the median of %s, usually %.0f", d.Share, plural(d.Articles, "article", "articles"), d.Usual)
	}
	return fmt.Sprintf("%.0f%% of %s have %s, usually %.0f%%", 100*d.Share, plural(d.Articles, "article", "articles"), clean(d.Field), 100*d.Usual)
}

// completeness is what was lost between the programs and here.
func (s *shot) completeness(t *logs.Tally, add adder) {
	for i, name := range logs.StageNames {
		told, lines := t.Instances.Balance(i)
		missing := told.Out + told.Failed - lines.Out - lines.Failed
		if lines.Out+lines.Failed > 0 && missing > 4*int64(t.Instances.Len()) {
			add(warning, "%s of %s missing: its summaries tell %s out and %s failed, its lines %s and %s", plural(missing, "line", "lines"), name,
				grouped(told.Out), grouped(told.Failed), grouped(lines.Out), grouped(lines.Failed))
		}
	}
	var kinds []string
	example := ""
	for kind, f := range t.Input.Broken {
		if f.Lines > 0 {
			kinds = append(kinds, fmt.Sprintf("%s %s", grouped(f.Lines), logs.Broken(kind)))
			if example == "" {
				example = f.Example
			}
		}
	}
	if len(kinds) > 0 {
		add(faint, "lines that could not be read: %s; the first: %s", strings.Join(kinds, ", "), example)
	}
}

// some is the first few of many names.
func some(names []string, most int) string {
	if len(names) > most {
		return strings.Join(names[:most], ", ") + ", …"
	}
	return strings.Join(names, ", ")
}
