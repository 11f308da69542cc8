package logs

import (
	"maps"
	"slices"
	"strings"
	"time"

	"pressmill/pkg/logging"
)

const (
	maxPoints    = 400  // of the series of a stage
	maxHours     = 1000 // of the series by hour
	maxPeriods   = 500  // of back-pressure
	maxNotes     = 300  // of the latest warnings and errors
	maxFailures  = 300  // that are told apart
	maxSinks     = 50
	maxDrifts    = 500
	maxText      = 400 // of a text that is kept, in bytes
	windowSlices = 6   // of a window
)

// Tally is what lines add up to. It is made by NewTally, takes lines in the
// order of their files with Add, and holds a bounded amount of memory, some ten
// megabytes at most for what a crawl of many sites says. It is for one
// goroutine at a time.
type Tally struct {
	// Input is what was read; the Tally leaves it to its owner (see Reader.Told).
	Input Input
	// Whole is all that was added.
	Whole *Totals
	// Recent are the totals of the latest time; nil if there is no window.
	Recent *Window

	// Series are the stages in the course of time, Latest the last minutes of them in steps of five seconds.
	Series, Latest [Stages]Series[Point]
	// Hours are the articles by hour: all of them, and by source.
	Hours        Series[HourPoint]
	SourcesHours Top[Series[HourPoint]]

	Instances Instances
	// Sinks are the sinks by their names.
	Sinks map[string]*SinkTotals
	// Pressure are the times in which a stage waited, in the order of their beginning.
	Pressure []*Period
	// Silent are the sources that are silent now, with the time since when.
	Silent map[string]int64
	// Drifts are the fields of sources that differ now from what they were.
	Drifts []Drift
	// Failures are what went wrong, by event and reason, with the latest example.
	Failures map[FailureKey]*Failure
	// Notes are the latest warnings and errors, the oldest first.
	Notes []Note

	it item
}

// Point is what a stage did during one step of a series.
type Point struct {
	In, Out, Failed, Retried, Skipped int64
	// Lag is the largest number of items that waited in front of the stage, plus one; 0: not told.
	Lag          int64
	Took, Waited Histogram
}

func mergePoint(p, o *Point) {
	p.In += o.In
	p.Out += o.Out
	p.Failed += o.Failed
	p.Retried += o.Retried
	p.Skipped += o.Skipped
	p.Lag = max(p.Lag, o.Lag)
	p.Took.Merge(&o.Took)
	p.Waited.Merge(&o.Waited)
}

// HourPoint is the articles of a time.
type HourPoint struct{ Fetched, Articles, Failed int64 }

func mergeHour(p, o *HourPoint) {
	p.Fetched += o.Fetched
	p.Articles += o.Articles
	p.Failed += o.Failed
}

// NewTally returns a tally of nothing. If window is not 0, Recent holds the
// latest time of that length.
func NewTally(window time.Duration) *Tally {
	t := &Tally{
		Whole: NewTotals(), Sinks: map[string]*SinkTotals{}, Silent: map[string]int64{}, Failures: map[FailureKey]*Failure{},
		Instances: Instances{byName: map[string]*Process{}},
		Hours:     newSeries(time.Hour, maxHours, false, mergeHour),
	}
	t.SourcesHours = newTop(keepSources/4, mergeHours)
	for i := range Stages {
		t.Series[i] = newSeries(time.Second, maxPoints, false, mergePoint)
		t.Latest[i] = newSeries(latestStep, latestSteps, true, mergePoint)
	}
	if window > 0 {
		t.Recent = &Window{span: window, step: max(window/windowSlices, time.Second)}
	}
	return t
}

// latestStep and latestSteps are those of Tally.Latest: ten minutes.
const (
	latestStep  = 5 * time.Second
	latestSteps = 120
)

func mergeHours(into, from *Series[HourPoint]) {
	if into.most == 0 {
		*into = newSeries(time.Hour, maxHours/4, false, mergeHour)
	}
	for at, p := range from.Points() {
		mergeHour(into.at(at.UnixNano()), p)
	}
}

// Add takes a line.
func (t *Tally) Add(l *Line) {
	it := &t.it
	it.read(l)
	t.Whole.count(l, it)
	if t.Recent != nil {
		t.Recent.count(l, it)
	}
	process := t.Instances.count(l, it)
	if it.outcome != none {
		t.point(l, it)
	}
	t.special(l, it, process)
	if l.Severity() >= Warn {
		t.note(l, it, process)
	}
}

// point adds an item to the series.
func (t *Tally) point(l *Line, it *item) {
	for _, series := range []*Series[Point]{&t.Series[max(it.stage, 0)], &t.Latest[max(it.stage, 0)]} {
		if it.stage < 0 {
			break
		}
		if p := series.at(l.At); p != nil {
			p.count(it)
		}
	}
	var h HourPoint
	switch {
	case it.stage == Crawler && it.outcome == failed:
		h.Failed = 1
	case it.stage == Crawler && it.alsoIn && it.outcome != retried:
		h.Fetched = 1
	case it.stage == Parser && it.outcome == out:
		h.Articles = 1
	default:
		return
	}
	mergeHour(t.Hours.at(l.At), &h)
	if len(it.source) > 0 {
		s := t.SourcesHours.at(it.source)
		if s.most == 0 {
			*s = newSeries(time.Hour, maxHours/4, false, mergeHour)
		}
		mergeHour(s.at(l.At), &h)
	}
}

func (p *Point) count(it *item) {
	if it.alsoIn {
		p.In++
	}
	switch it.outcome {
	case out:
		p.Out++
	case object:
		p.Out += it.n
	case failed:
		p.Failed += it.n
	case dead:
		if it.stage == Parser {
			p.Failed++
		}
	case retried:
		p.Retried++
	case skipped:
		p.Skipped++
	default:
	}
	if it.took >= 0 {
		p.Took.Observe(it.took)
	}
	if it.waited >= 0 {
		p.Waited.Observe(it.waited)
	}
}

// special takes the lines that say more than what became of an item.
func (t *Tally) special(l *Line, it *item, process *Process) {
	switch string(l.Bytes(Event)) {
	case logging.StageSummary:
		t.lag(l, it)
	case logging.ServiceStart, logging.ServiceStop:
		t.ends(process.Name, l.At, func(*Period) bool { return true })
	case logging.BackpressureOn:
		t.waits(l, it, process.Name)
	case logging.BackpressureOff:
		reason := l.Bytes(Reason)
		t.ends(process.Name, l.At, func(p *Period) bool {
			return p.Stage == stageName(it.stage) && p.Host == "" && p.Reason == string(reason)
		})
	case logging.PagePublished:
		if t.hostsWait(process.Name) {
			host := l.Bytes(Host)
			t.ends(process.Name, l.At, func(p *Period) bool { return p.Host == string(host) })
		}
	case logging.SourceSilent:
		if len(t.Silent) < 2*keepSources {
			t.Silent[l.Text(Source)] = l.At
		}
	case logging.SourceBack:
		delete(t.Silent, l.Text(Source))
	case logging.SourceDrift, logging.SourceSteady:
		t.drift(l)
	case logging.ArticleWritten, logging.SegmentCommitted, logging.DeliveryDone, logging.SegmentConflict, logging.SegmentGap, logging.EpochBegun,
		logging.DeliveryRejected, logging.ReceiverDown, logging.ReceiverUp, logging.ReceiverGone:
		t.sink(l, it)
	}
}

func (t *Tally) lag(l *Line, it *item) {
	if it.stage < 0 || !l.Has(Lag) {
		return
	}
	for _, series := range []*Series[Point]{&t.Series[it.stage], &t.Latest[it.stage]} {
		if p := series.at(l.At); p != nil {
			p.Lag = max(p.Lag, l.Int(Lag)+1)
		}
	}
}

func stageName(stage int) string {
	if stage < 0 {
		return ""
	}
	return StageNames[stage]
}

// Window holds the totals of the latest time in slices, the oldest of which
// are dropped as time goes on.
type Window struct {
	span, step time.Duration
	slices     []slice
}

type slice struct {
	at     int64 // in steps since 1970
	totals *Totals
}

// Span is the length of the window.
func (w *Window) Span() time.Duration { return w.span }

func (w *Window) count(l *Line, it *item) {
	at := floorDiv(l.At, int64(w.step))
	i, found := slices.BinarySearchFunc(w.slices, at, func(s slice, at int64) int { return int(s.at - at) })
	if !found {
		if i == 0 && len(w.slices) > windowSlices {
			return // older than the window
		}
		w.slices = slices.Insert(w.slices, i, slice{at, NewTotals()})
		if len(w.slices) > windowSlices+1 {
			w.slices = slices.Delete(w.slices, 0, 1)
			i--
		}
	}
	w.slices[i].totals.count(l, it)
}

// Totals returns what was added of the window that ends at a time, to the
// nearest sixth of its length.
func (w *Window) Totals(until time.Time) *Totals {
	sum := NewTotals()
	first := floorDiv(until.Add(-w.span).UnixNano(), int64(w.step))
	for _, s := range w.slices {
		if s.at > first {
			sum.Merge(s.totals)
		}
	}
	return sum
}

// Seconds is the length of the time that totals are of: of the window, or less
// if the first line is younger.
func (t *Totals) Seconds() float64 { return float64(t.To-t.From) / 1e9 }

// clip is a text to keep.
func clip(b []byte) string {
	if len(b) > maxText {
		return strings.ToValidUTF8(string(b[:maxText]), "") + "…"
	}
	return string(b)
}

// SortedSinks are the names of the sinks.
func (t *Tally) SortedSinks() []string { return slices.Sorted(maps.Keys(t.Sinks)) }
