package logging

import (
	"context"
	"errors"
	"maps"
	"os"
	"runtime"
	"runtime/metrics"
	"strconv"
	"strings"
	"sync"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
)

// SummaryInterval is the time between two summaries of a stage.
const SummaryInterval = 30 * time.Second

// maxReasons bounds the reasons that are told apart; further ones are counted
// as "other".
const maxReasons = 100

// Stage holds the counters of one stage of this process. They are exact, and
// all methods may be called at once from any goroutine.
type Stage struct {
	log   *zap.Logger
	name  string
	start time.Time

	mu  sync.Mutex
	now counters
	lag int64 // -1: unknown
}

// counters is what summaries subtract to know an interval.
type counters struct {
	in, out, failed, skipped, again, inFlight int64
	leftOut, requests                         int64
	by                                        breakdown
	latency                                   histogram
}

// breakdown is the counters by kind or reason: the key of the field, then the
// word.
type breakdown map[string]map[string]int64

// NewStage returns the counters of the stage called name, all zero, which
// Run writes to log.
func NewStage(log *zap.Logger, name string) *Stage {
	return &Stage{
		log: log, name: name, start: time.Now(), lag: -1,
		now: counters{by: breakdown{}},
	}
}

// LeaveOut counts something that was found and not taken for an item at all,
// such as a link beyond a limit: it never counts as taken up.
func (s *Stage) LeaveOut(reason string) {
	s.add(func(c *counters) { c.leftOut++; c.by.count(KeyLeftOutBy, reason, 1) })
}

// Requests counts n requests on their way to a server.
func (s *Stage) Requests(n int64) { s.add(func(c *counters) { c.requests += n }) }

// Outcome is what becomes of an item that was taken up: exactly one of these.
type Outcome int

// The outcomes.
const (
	Passed  Outcome = iota // passed on
	Failed                 // given up
	Skipped                // left out by rule
	Again                  // put back, or left where it was: it will be taken up again
)

// Take counts an item as taken up and in flight, until End.
func (s *Stage) Take() { s.add(func(c *counters) { c.in++; c.inFlight++ }) }

// End counts what became of an item that Take has counted, and why: a word from
// a small set, of what is passed on its kind ("" for none).
func (s *Stage) End(o Outcome, why string) {
	s.add(func(c *counters) { c.inFlight--; c.end(o, why, 1) })
}

// Settled counts n items as taken up and what became of them, at once.
func (s *Stage) Settled(o Outcome, why string, n int) {
	if n > 0 {
		s.add(func(c *counters) { c.in += int64(n); c.end(o, why, int64(n)) })
	}
}

func (c *counters) end(o Outcome, why string, n int64) {
	switch o {
	case Passed:
		c.out += n
		c.by.count(KeyOutBy, why, n)
	case Failed:
		c.failed += n
		c.by.count(KeyFailedBy, why, n)
	case Skipped:
		c.skipped += n
		c.by.count(KeySkippedBy, why, n)
	case Again:
		c.again += n
		c.by.count(KeyAgainBy, why, n)
	}
}

// Observe counts the time that one item took.
func (s *Stage) Observe(d time.Duration) { s.add(func(c *counters) { c.latency.observe(d) }) }

// Lag sets the number of items that wait in front of the stage; -1: unknown.
func (s *Stage) Lag(n int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lag = n
}

func (s *Stage) add(change func(*counters)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change(&s.now)
}

func (b breakdown) count(key, word string, n int64) {
	if word == "" {
		return
	}
	if b[key] == nil {
		b[key] = map[string]int64{}
	}
	if _, known := b[key][word]; !known && len(b[key]) >= maxReasons {
		word = "other"
	}
	b[key][word] += n
}

func (b breakdown) clone() breakdown {
	out := make(breakdown, len(b))
	for key, by := range b {
		out[key] = maps.Clone(by)
	}
	return out
}

// Snapshot is the state of a stage at one moment, since its beginning.
type Snapshot struct {
	Stage     string
	In        int64
	Out       int64
	OutBy     map[string]int64 // by kind
	Failed    int64
	FailedBy  map[string]int64
	Skipped   int64
	SkippedBy map[string]int64
	Again     int64
	AgainBy   map[string]int64
	LeftOut   int64
	LeftOutBy map[string]int64
	Requests  int64
	InFlight  int64
	Lag       int64 // -1: unknown
	// Observed is the number of latencies that P50, P95 and P99 tell of, within 2 %.
	Observed      int64
	P50, P95, P99 time.Duration
	Elapsed       time.Duration
}

// Snapshot returns the totals; they belong to one moment and to the caller.
func (s *Stage) Snapshot() Snapshot {
	c, lag := s.copy()
	return Snapshot{
		Stage: s.name,
		In:    c.in, Out: c.out, OutBy: c.by[KeyOutBy],
		Failed: c.failed, FailedBy: c.by[KeyFailedBy],
		Skipped: c.skipped, SkippedBy: c.by[KeySkippedBy],
		Again: c.again, AgainBy: c.by[KeyAgainBy],
		LeftOut: c.leftOut, LeftOutBy: c.by[KeyLeftOutBy],
		Requests: c.requests, InFlight: c.inFlight, Lag: lag,
		Observed: int64(c.latency.total),
		P50:      c.latency.quantile(0.50), P95: c.latency.quantile(0.95), P99: c.latency.quantile(0.99),
		Elapsed: time.Since(s.start),
	}
}

func (s *Stage) copy() (c counters, lag int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c = s.now
	c.by = c.by.clone()
	return c, s.lag
}

// Run writes a stage.summary every SummaryInterval and a final one when ctx
// ends: cancel it after the last item.
func (s *Stage) Run(ctx context.Context) {
	ticker := time.NewTicker(SummaryInterval)
	defer ticker.Stop()
	before, last := counters{}, s.start
	for final := false; !final; {
		select {
		case <-ticker.C:
		case <-ctx.Done():
			final = true
		}
		now, lag := s.copy()
		s.write(now, now.minus(before), lag, time.Since(last), final)
		before, last = now, time.Now()
	}
}

func (s *Stage) write(total, interval counters, lag int64, took time.Duration, final bool) {
	fields := []zap.Field{
		Event(StageSummary), zap.String(KeyStage, s.name),
		zap.Float64(KeySeconds, seconds(time.Since(s.start))), zap.Inline(total),
		zap.Float64(KeyRateIn, rate(interval.in, took)), zap.Float64(KeyRate, rate(interval.out, took)),
		zap.Int64(KeyInFlight, total.inFlight),
	}
	if lag >= 0 {
		fields = append(fields, zap.Int64(KeyLag, lag))
	}
	if rss := RSS(); rss > 0 {
		fields = append(fields, zap.Int64(KeyRSS, rss))
	}
	if heap := heap(); heap > 0 {
		fields = append(fields, zap.Int64(KeyHeap, heap))
	}
	fields = append(fields, zap.Int(KeyGoroutines, runtime.NumGoroutine()), zap.Object(KeyInterval, timed{interval, took}))
	if final {
		fields = append(fields, zap.Bool(KeyFinal, true))
	}
	s.log.Info("stage summary", fields...)
}

func (c counters) minus(earlier counters) counters {
	diff := counters{
		in: c.in - earlier.in, out: c.out - earlier.out, failed: c.failed - earlier.failed, skipped: c.skipped - earlier.skipped,
		again: c.again - earlier.again, leftOut: c.leftOut - earlier.leftOut, requests: c.requests - earlier.requests,
		by: breakdown{}, latency: *c.latency.minus(&earlier.latency),
	}
	for key, by := range c.by {
		diff.by[key] = minus(by, earlier.by[key])
	}
	return diff
}

func minus(now, earlier map[string]int64) map[string]int64 {
	diff := map[string]int64{}
	for reason, n := range now {
		if n -= earlier[reason]; n != 0 {
			diff[reason] = n
		}
	}
	return diff
}

// MarshalLogObject writes the counters as fields: those that not every stage
// has only where something was counted, percentiles only where something was
// observed.
func (c counters) MarshalLogObject(enc zapcore.ObjectEncoder) error {
	enc.AddInt64(KeyIn, c.in)
	enc.AddInt64(KeyOut, c.out)
	enc.AddInt64(KeyFailed, c.failed)
	enc.AddInt64(KeySkipped, c.skipped)
	enc.AddInt64(KeyAgain, c.again)
	if c.leftOut > 0 {
		enc.AddInt64(KeyLeftOut, c.leftOut)
	}
	if c.requests > 0 {
		enc.AddInt64(KeyRequests, c.requests)
	}
	if c.latency.total > 0 {
		enc.AddFloat64(KeyP50, millis(c.latency.quantile(0.50)))
		enc.AddFloat64(KeyP95, millis(c.latency.quantile(0.95)))
		enc.AddFloat64(KeyP99, millis(c.latency.quantile(0.99)))
	}
	return c.by.MarshalLogObject(enc)
}

// MarshalLogObject writes a field for each breakdown in which something was
// counted.
func (b breakdown) MarshalLogObject(enc zapcore.ObjectEncoder) (err error) {
	if by := b[KeyOutBy]; len(by) > 0 {
		err = enc.AddObject(KeyOutBy, reasons(by))
	}
	if by := b[KeyFailedBy]; len(by) > 0 {
		err = errors.Join(err, enc.AddObject(KeyFailedBy, reasons(by)))
	}
	if by := b[KeySkippedBy]; len(by) > 0 {
		err = errors.Join(err, enc.AddObject(KeySkippedBy, reasons(by)))
	}
	if by := b[KeyAgainBy]; len(by) > 0 {
		err = errors.Join(err, enc.AddObject(KeyAgainBy, reasons(by)))
	}
	if by := b[KeyLeftOutBy]; len(by) > 0 {
		err = errors.Join(err, enc.AddObject(KeyLeftOutBy, reasons(by)))
	}
	return err
}

type reasons map[string]int64

// MarshalLogObject writes a field per reason.
func (r reasons) MarshalLogObject(enc zapcore.ObjectEncoder) error {
	for reason, n := range r {
		enc.AddInt64(reason, n)
	}
	return nil
}

// timed is the counters of an interval, with its length.
type timed struct {
	counters
	took time.Duration
}

// MarshalLogObject writes the length and the counters.
func (t timed) MarshalLogObject(enc zapcore.ObjectEncoder) error {
	enc.AddFloat64(KeySeconds, seconds(t.took))
	return t.counters.MarshalLogObject(enc)
}

func seconds(d time.Duration) float64 { return d.Round(time.Millisecond).Seconds() }

func rate(n int64, took time.Duration) float64 {
	if took <= 0 {
		return 0
	}
	perSecond := float64(n) / took.Seconds()
	return float64(int64(perSecond*1000+0.5)) / 1000
}

// heap is what the last garbage collection of this process has found reachable,
// or 0 before the first.
func heap() int64 {
	live := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(live)
	return int64(live[0].Value.Uint64())
}

// RSS is the resident memory of this process in bytes, or 0 where the system
// does not tell (it is read from proc(5)).
func RSS() int64 {
	statm, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return 0
	}
	fields := strings.Fields(string(statm))
	if len(fields) < 2 {
		return 0
	}
	pages, err := strconv.ParseInt(fields[1], 10, 64)
	if err != nil {
		return 0
	}
	return pages * int64(os.Getpagesize())
}
