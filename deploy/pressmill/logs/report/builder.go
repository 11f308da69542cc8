package report

import (
	"math"
	"time"

	"pressmill/deploy/pressmill/logs"
	"pressmill/pkg/logging"
)

// The bounds of what a Builder keeps; what is beyond them is counted together.
const (
	maxBins     = 180
	maxColumns  = 36 // of the map of articles by source
	maxHosts    = 50_000
	maxSources  = 5_000
	maxReasons  = 100
	maxToggles  = 5_000
	maxDeadKept = 20
)

// The stages, as indices.
const (
	crawler = iota
	parser
	sink
	stages
)

var stageNames = [stages]string{"crawler", "parser", "sink"}

// Builder collects what a report tells. Its methods are not to be called at
// the same time.
type Builder struct {
	// Since and Until bound the lines that count, if they are set: the first is
	// included, the second is not.
	Since, Until time.Time

	tally     *logs.Tally // holds summaries against lines
	from, to  int64
	outside   int64
	beyond    [2]int64 // the times of the first and the last line outside
	totals    Totals
	files     []File
	moments   *bins[moment]
	stages    [stages]stage
	hosts     table[host]
	sources   table[source]
	columns   *bins[column]
	sinks     table[sinkCount]
	processes table[process]
	toggles   map[subject]*toggle
	noted     map[string]*note
	dead      deadCount
	key       []byte // of processes, to look up
	lastOut   [stages]int64
	inner     logs.Line
}

// moment is what a bin holds.
type moment struct {
	out, failed       [stages]int64
	sumOut, sumFailed [stages]int64 // as summaries tell
	lag               [stages]int64 // and one, so that 0 is unknown
	took, waited      [stages]*spread
}

func joinMoments(into, from *moment) {
	for s := range stages {
		into.out[s] += from.out[s]
		into.failed[s] += from.failed[s]
		into.sumOut[s] += from.sumOut[s]
		into.sumFailed[s] += from.sumFailed[s]
		into.lag[s] = max(into.lag[s], from.lag[s])
		into.took[s] = joined(into.took[s], from.took[s])
		into.waited[s] = joined(into.waited[s], from.waited[s])
	}
}

func joined(a, b *spread) *spread {
	if a == nil || b == nil {
		if a == nil {
			return b
		}
		return a
	}
	a.join(b)
	return a
}

// stage is what became of the items of a stage.
type stage struct {
	lines                    int64
	out, sumOut              int64
	failed, retried, skipped counts
	idle                     counts // answers with nothing to pass on
	sumFailed, sumSkipped    counts
	took, waited             spread
}

// column is a bin of the map of articles by source.
type column struct{ articles map[*source]int64 }

func joinColumns(into, from *column) {
	for s, n := range from.articles {
		into.add(s, n)
	}
}

func (c *column) add(s *source, n int64) {
	if c.articles == nil {
		c.articles = map[*source]int64{}
	}
	c.articles[s] += n
}

// NewBuilder returns a Builder without any line.
func NewBuilder() *Builder {
	return &Builder{
		tally: logs.NewTally(0),
		from:  math.MaxInt64, to: math.MinInt64,
		moments: newBins(maxBins, joinMoments), columns: newBins(maxColumns, joinColumns),
		hosts: newTable[host](maxHosts), sources: newTable[source](maxSources), sinks: newTable[sinkCount](maxReasons),
		processes: newTable[process](maxProcesses), toggles: map[subject]*toggle{}, noted: map[string]*note{},
		dead: deadCount{groups: map[DeadGroup]int64{}},
	}
}

// File counts an input that was read.
func (b *Builder) File(name string, in logs.Input) { b.files = append(b.files, File{name, in}) }

// Add counts a line.
func (b *Builder) Add(l *logs.Line) {
	if !b.Since.IsZero() && l.At < b.Since.UnixNano() || !b.Until.IsZero() && l.At >= b.Until.UnixNano() {
		if b.outside++; b.outside == 1 {
			b.beyond = [2]int64{l.At, l.At}
		}
		b.beyond = [2]int64{min(b.beyond[0], l.At), max(b.beyond[1], l.At)}
		return
	}
	b.from, b.to = min(b.from, l.At), max(b.to, l.At)
	b.totals.Lines++
	b.tally.Add(l)
	at := stageOf(l)
	if at < stages {
		b.stages[at].lines++
	}
	p := b.process(l, at)
	b.count(l, at, p)
}

// stageOf is the stage of a line; stages if it is of none.
func stageOf(l *logs.Line) int {
	for i, name := range stageNames {
		if l.Is(logs.Stage, name) {
			return i
		}
	}
	return stages
}

// count does what the event of a line asks for.
func (b *Builder) count(l *logs.Line, at int, p *process) {
	switch string(l.Bytes(logs.Event)) {
	case logging.FetchDone, logging.FetchFailed, logging.FetchSkipped, logging.PagePublished, logging.PageWithheld, logging.PageGone:
		b.crawled(l)
	case logging.ParseDone, logging.ParseRejected, logging.ParseFailed, logging.ArticlePublished, logging.TakedownPublished:
		b.parsed(l)
	case logging.ArticleWritten, logging.ArticleRejected, logging.SegmentCommitted, logging.SegmentConflict, logging.SegmentGap,
		logging.DeliveryDone, logging.DeliveryRejected, logging.PartitionDelayed:
		b.sunk(l)
	case logging.StageSummary:
		b.summed(l, at, p)
	case logging.DeadLetter:
		b.buried(l, at)
	case logging.ServiceStart, logging.ServiceStop:
		p.mark(l)
	case logging.SourceCoverage, logging.SourceDrift, logging.SourceSteady:
		b.quality(l)
	default:
		b.told(l, at)
	}
}

func (b *Builder) crawled(l *logs.Line) {
	s := &b.stages[crawler]
	switch string(l.Bytes(logs.Event)) {
	case logging.PagePublished:
		b.totals.Pages++
	case logging.FetchSkipped:
		s.skipped.add(l.Bytes(logs.Reason), 1)
	case logging.PageWithheld:
		s.skipped.add([]byte("withheld: "+l.Text(logs.Reason)), 1)
	case logging.PageGone:
		b.done(l, crawler, 1)
	case logging.FetchDone:
		switch kind := l.Bytes(logs.Kind); string(kind) {
		case "unchanged", "redirect", "twin", "missing":
			s.idle.add(kind, 1)
		default:
			b.done(l, crawler, 1)
		}
		b.took(l, crawler)
		b.waited(l, crawler)
		b.hosts.of(l.Bytes(logs.Host)).answer(l, answered)
	case logging.FetchFailed:
		b.hosts.of(l.Bytes(logs.Host)).answer(l, classOf(l))
		if l.Severity() < logs.Severe {
			s.retried.add(l.Bytes(logs.Reason), 1)
			return
		}
		b.failed(l, crawler, l.Bytes(logs.Reason))
		b.source(l).failed++
	}
}

func (b *Builder) parsed(l *logs.Line) {
	s := &b.stages[parser]
	switch string(l.Bytes(logs.Event)) {
	case logging.ParseDone:
		b.took(l, parser)
		b.waited(l, parser)
	case logging.ParseRejected:
		if l.Is(logs.Reason, "retry") {
			s.retried.add([]byte("delivered again"), 1)
			return
		}
		s.skipped.add(l.Bytes(logs.Reason), 1)
		b.took(l, parser)
		b.waited(l, parser)
		b.source(l).rejected++
	case logging.ParseFailed:
		s.retried.add([]byte("delivered again"), 1)
	case logging.TakedownPublished:
		b.done(l, parser, 1)
		b.totals.Takedowns++
	case logging.ArticlePublished:
		b.done(l, parser, 1)
		src := b.source(l)
		src.articles++
		b.columns.get(l.At).add(src, 1)
	}
}

func (b *Builder) done(l *logs.Line, at int, n int64) {
	b.stages[at].out += n
	b.moments.get(l.At).out[at] += n
	b.lastOut[at] = max(b.lastOut[at], l.At)
}

func (b *Builder) failed(l *logs.Line, at int, reason []byte) {
	b.stages[at].failed.add(reason, 1)
	b.moments.get(l.At).failed[at]++
}

func (b *Builder) took(l *logs.Line, at int) {
	if ms, ok := l.Number(logs.Took); ok {
		b.stages[at].took.add(ms)
		into(&b.moments.get(l.At).took[at]).add(ms)
	}
}

func (b *Builder) waited(l *logs.Line, at int) {
	if ms, ok := l.Number(logs.Waited); ok {
		b.stages[at].waited.add(ms)
		into(&b.moments.get(l.At).waited[at]).add(ms)
	}
}

func into(s **spread) *spread {
	if *s == nil {
		*s = &spread{}
	}
	return *s
}

// summed takes the lag of a stage, and its interval for when the lines of its
// items are not there.
func (b *Builder) summed(l *logs.Line, at int, p *process) {
	if at == stages {
		return
	}
	p.summaries = true
	m := b.moments.get(l.At)
	if lag, ok := l.Number(logs.Lag); ok && lag >= 0 {
		m.lag[at] = max(m.lag[at], int64(lag)+1)
	}
	if !l.Inner(logs.Interval, &b.inner) {
		return
	}
	s := &b.stages[at]
	s.sumOut += b.inner.Int(logs.Out)
	m.sumOut[at] += b.inner.Int(logs.Out)
	m.sumFailed[at] += b.inner.Int(logs.Failed)
	for reason, n := range b.inner.Counts(logs.FailedBy) {
		s.sumFailed.add([]byte(reason), int64(n))
	}
	for reason, n := range b.inner.Counts(logs.SkippedBy) {
		s.sumSkipped.add([]byte(reason), int64(n))
	}
}
