package logging

import (
	"context"
	"maps"
	"os"
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
	in, out, failed, skipped, inFlight int64
	failedBy, skippedBy                map[string]int64
	latency                            histogram
}

// NewStage returns the counters of the stage called name, all zero, which
// Run writes to log.
func NewStage(log *zap.Logger, name string) *Stage {
	return &Stage{
		log: log, name: name, start: time.Now(), lag: -1,
		now: counters{failedBy: map[string]int64{}, skippedBy: map[string]int64{}},
	}
}

// In counts n items taken up.
func (s *Stage) In(n int64) { s.add(func(c *counters) { c.in += n }) }

// Out counts n items passed on.
func (s *Stage) Out(n int64) { s.add(func(c *counters) { c.out += n }) }

// Fail counts an item given up. The reason is a word from a small set.
func (s *Stage) Fail(reason string) {
	s.add(func(c *counters) { c.failed++; count(c.failedBy, reason) })
}

// Skip counts an item left out by rule. The reason is a word from a small set.
func (s *Stage) Skip(reason string) {
	s.add(func(c *counters) { c.skipped++; count(c.skippedBy, reason) })
}

// Observe counts the time that one item took.
func (s *Stage) Observe(d time.Duration) { s.add(func(c *counters) { c.latency.observe(d) }) }

// InFlight changes the number of items worked on now.
func (s *Stage) InFlight(delta int64) { s.add(func(c *counters) { c.inFlight += delta }) }

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

func count(by map[string]int64, reason string) {
	if _, known := by[reason]; !known && len(by) >= maxReasons {
		reason = "other"
	}
	by[reason]++
}

// Snapshot is the state of a stage at one moment, since its beginning.
type Snapshot struct {
	Stage     string
	In        int64
	Out       int64
	Failed    int64
	FailedBy  map[string]int64
	Skipped   int64
	SkippedBy map[string]int64
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
		In:    c.in, Out: c.out,
		Failed: c.failed, FailedBy: c.failedBy,
		Skipped: c.skipped, SkippedBy: c.skippedBy,
		InFlight: c.inFlight, Lag: lag,
		Observed: int64(c.latency.total),
		P50:      c.latency.quantile(0.50), P95: c.latency.quantile(0.95), P99: c.latency.quantile(0.99),
		Elapsed: time.Since(s.start),
	}
}

func (s *Stage) copy() (c counters, lag int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c = s.now
	c.failedBy, c.skippedBy = maps.Clone(c.failedBy), maps.Clone(c.skippedBy)
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
	fields = append(fields, zap.Object(KeyInterval, timed{interval, took}))
	if final {
		fields = append(fields, zap.Bool(KeyFinal, true))
	}
	s.log.Info("stage summary", fields...)
}

func (c counters) minus(earlier counters) counters {
	return counters{
		in: c.in - earlier.in, out: c.out - earlier.out, failed: c.failed - earlier.failed, skipped: c.skipped - earlier.skipped,
		failedBy: minus(c.failedBy, earlier.failedBy), skippedBy: minus(c.skippedBy, earlier.skippedBy),
		latency: *c.latency.minus(&earlier.latency),
	}
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

// MarshalLogObject writes the counters as fields; percentiles only where
// something was observed.
func (c counters) MarshalLogObject(enc zapcore.ObjectEncoder) error {
	enc.AddInt64(KeyIn, c.in)
	enc.AddInt64(KeyOut, c.out)
	enc.AddInt64(KeyFailed, c.failed)
	enc.AddInt64(KeySkipped, c.skipped)
	if len(c.failedBy) > 0 {
		if err := enc.AddObject(KeyFailedBy, reasons(c.failedBy)); err != nil {
			return err
		}
	}
	if len(c.skippedBy) > 0 {
		if err := enc.AddObject(KeySkippedBy, reasons(c.skippedBy)); err != nil {
			return err
		}
	}
	if c.latency.total > 0 {
		enc.AddFloat64(KeyP50, millis(c.latency.quantile(0.50)))
		enc.AddFloat64(KeyP95, millis(c.latency.quantile(0.95)))
		enc.AddFloat64(KeyP99, millis(c.latency.quantile(0.99)))
	}
	return nil
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
