package view

import (
	"cmp"
	"math"
	"slices"
	"time"

	"pressmill/deploy/pressmill/logs"
)

const (
	// quiet is how long a stage or an instance may write nothing: it has a
	// summary every 30 s.
	quiet = 95 * time.Second
	// rateOver is the time that rates are of.
	rateOver = time.Minute
	// idle is how long a stage may pass nothing on before it is told to.
	idle = time.Minute
)

// shot is what is shown: a tally as it stood at one moment.
type shot struct {
	now           time.Time
	live          bool // the lines are as young as the clock, and may go on
	input         logs.Input
	scope         string // of the numbers, in words
	from, to      time.Time
	stages        [logs.Stages]stageShot
	sinks         table
	notices       []notice
	tables        [tabs]table
	warned, erred int64
}

// notice is something that asks for attention.
type notice struct {
	tone tone
	text string
}

// stageShot is a stage's row of the overview.
type stageShot struct {
	name                           string
	in, out, failed, skipped, dead int64
	retried                        int64
	rate                           float64
	lag                            int64 // -1: not known
	inFlight                       int64
	took, waited                   *logs.Histogram
	outs                           []float64 // in steps of step
	step                           time.Duration
	state                          string
	tone                           tone
}

// snap takes a shot of a tally. With recent it is of the tally's window only.
func snap(t *logs.Tally, recent, live bool, now time.Time) *shot {
	s := &shot{now: now, live: live, input: t.Input, scope: "all"}
	totals := t.Whole
	if recent && t.Recent != nil {
		totals, s.scope = t.Recent.Totals(now), "last "+span(t.Recent.Span())
	}
	s.from, s.to = time.Unix(0, totals.From).UTC(), time.Unix(0, t.Whole.To).UTC()
	s.warned, s.erred = totals.Levels[logs.Warn], totals.Levels[logs.Severe]
	for i := range s.stages {
		s.stages[i] = s.stage(t, totals, i)
	}
	s.sinks = s.sinkTable(t)
	s.tables = [tabs]table{
		sourcesTab: s.sources(t, totals), hostsTab: s.hosts(totals), failuresTab: s.failures(t, totals),
		instancesTab: s.instances(t), messagesTab: s.messages(t),
	}
	s.notices = s.attention(t, totals)
	return s
}

func (s *shot) stage(t *logs.Tally, totals *logs.Totals, i int) stageShot {
	c := &totals.Stages[i]
	st := stageShot{
		name: logs.StageNames[i], in: c.In, out: c.Out, failed: c.Failed, skipped: c.Skipped, retried: c.Retried, dead: c.Dead,
		took: c.Took.Clone(), waited: c.Waited.Clone(), lag: -1,
	}
	if told, _ := t.Instances.Balance(i); c.In+c.Out+c.Failed == 0 && totals == t.Whole { // nothing but summaries was read
		st.out, st.failed = told.Out, told.Failed
	}
	st.in = max(st.in, st.out+st.failed) // sinks of old tell of objects alone
	var told int64
	for _, p := range t.Instances.Sorted() {
		g := &p.Stages[i]
		if p.Running() {
			st.inFlight += g.InFlight
		}
		if g.At > told {
			told, st.lag = g.At, g.Lag
		}
	}
	st.outs, st.step = s.course(t, i)
	st.rate = s.rate(&st, totals)
	st.state, st.tone = s.state(t, i, &st)
	return st
}

// course is the items that a stage passed on in the course of time: the last
// minutes of what goes on, or all of what is over.
func (s *shot) course(t *logs.Tally, i int) (outs []float64, step time.Duration) {
	series := &t.Series[i]
	if s.live {
		series = &t.Latest[i]
	}
	var last time.Time
	for at, p := range series.Points() {
		outs = append(outs, float64(p.Out))
		last = at
	}
	if s.live && !last.IsZero() {
		for last = last.Add(series.Width); last.Before(s.now.Add(-series.Width)) && len(outs) < 10_000; last = last.Add(series.Width) {
			outs = append(outs, 0)
		}
	}
	return outs, series.Width
}

// rate is the items a second that a stage passes on: of late, or on average of what is over.
func (s *shot) rate(st *stageShot, totals *logs.Totals) float64 {
	if !s.live {
		return float64(st.out) / math.Max(totals.Seconds(), 1)
	}
	steps := min(len(st.outs), max(1, int(rateOver/st.step)))
	if steps == 0 {
		return 0
	}
	sum := 0.0
	for _, n := range st.outs[len(st.outs)-steps:] {
		sum += n
	}
	return sum / (float64(steps) * st.step.Seconds())
}

// state says how a stage does, in a word or two.
func (s *shot) state(t *logs.Tally, i int, st *stageShot) (string, tone) {
	last := t.Whole.Stages[i].Last
	var running, ended int
	for _, p := range t.Instances.Sorted() {
		switch {
		case !p.Has(i), s.vanished(p):
		case p.Running():
			running++
		default:
			ended++
		}
	}
	switch open := t.Waiting(i); {
	case last == 0 && running == 0 && ended == 0:
		return "no lines", faint
	case running == 0 && ended > 0:
		return "stopped", faint
	case len(open) > 0:
		return "back-pressure", warning
	case s.live && last > 0 && s.now.Sub(time.Unix(0, last)) > quiet:
		return "silent " + ago(last, s.now), alarm
	case !s.live:
		return "", plain
	case s.still(st) && st.lag > 0:
		return "stuck", alarm
	case s.still(st):
		return "waiting", faint
	}
	return "ok", good
}

// still says whether a stage has passed nothing on for a while.
func (s *shot) still(st *stageShot) bool {
	steps := int(idle / st.step)
	return !slices.ContainsFunc(st.outs[max(0, len(st.outs)-steps):], func(n float64) bool { return n > 0 })
}

func (s *shot) sinkTable(t *logs.Tally) table {
	tb := table{
		sortBy: -1,
		columns: []column{
			{title: "SINK", width: 12, grow: true, most: 30},
			{title: "OBJECTS", width: 8, right: true},
			{title: "ARTICLES", width: 8, right: true},
			{title: "BYTES", width: 8, right: true, need: 2},
			{title: "LEFT OUT", width: 8, right: true, need: 3},
			{title: "WAITS p50", width: 9, right: true, need: 1},
			{title: "LAST", width: 6, right: true},
			{title: "STATE", width: 16},
		},
	}
	for _, name := range t.SortedSinks() {
		k := t.Sinks[name]
		state := cell{text: "ok", tone: good}
		switch {
		case k.Down > 0:
			state = cell{text: "down " + ago(k.Down, s.now), tone: alarm}
		case s.uncommitted(t, k):
			state = cell{text: "commits nothing", tone: alarm}
		case !s.live:
			state = cell{}
		}
		tb.rows = append(tb.rows, row{cells: []cell{
			word(cmp.Or(name, "(no name)")), number(k.Objects), number(k.Articles),
			{text: size(k.Bytes)},
			number(k.Skipped + k.Rejected),
			{text: millis(k.Waited.Quantile(.5))},
			{text: ago(k.Last, s.now)},
			state,
		}})
	}
	return tb
}

// uncommitted says whether a sink has written nothing for ten minutes although
// the parsers have passed on articles since.
func (s *shot) uncommitted(t *logs.Tally, k *logs.SinkTotals) bool {
	const late = 10 * time.Minute
	if !s.live || k.Last == 0 || s.now.Sub(time.Unix(0, k.Last)) < late {
		return false
	}
	for at, p := range t.Latest[logs.Parser].Points() {
		if p.Out > 0 && at.UnixNano() > k.Last {
			return true
		}
	}
	return false
}
