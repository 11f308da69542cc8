package logging

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"
)

func TestStageSummaries(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		core, seen := observer.New(zap.InfoLevel)
		stage := NewStage(zap.New(core), "parser")
		ctx, cancel := context.WithCancel(t.Context())
		var running sync.WaitGroup
		running.Go(func() { stage.Run(ctx) })

		stage.Settled(Passed, "", 30)
		stage.Settled(Failed, "charset", 1)
		for range 29 {
			stage.Take()
		}
		stage.Observe(100 * time.Millisecond)
		runtime.GC() // there is no live heap before the first
		time.Sleep(SummaryInterval + time.Second)
		for range 5 {
			stage.End(Passed, "")
		}
		stage.End(Skipped, "seen")
		stage.End(Failed, "charset")
		stage.End(Failed, "timeout")
		stage.Lag(12)
		time.Sleep(9 * time.Second)
		cancel()
		running.Wait()

		entries := seen.FilterField(Event(StageSummary)).All()
		if len(entries) != 2 {
			t.Fatalf("%d summaries, want 2", len(entries))
		}
		first, last := entries[0].ContextMap(), entries[1].ContextMap()
		for _, key := range []string{KeyRSS, KeyHeap, KeyGoroutines} {
			delete(first, key)
		}
		if n := last[KeyGoroutines].(int64); n < 2 || last[KeyHeap].(int64) <= 0 {
			t.Errorf("%d goroutines, heap of %d bytes", n, last[KeyHeap])
		}
		if rss, ok := last[KeyRSS].(int64); ok && rss < 1<<20 {
			t.Errorf("rss of %d bytes", rss)
		}
		for _, key := range []string{KeyRSS, KeyHeap, KeyGoroutines} {
			delete(last, key)
		}
		p := first[KeyP50].(float64)
		if math.Abs(p-100) > 2 {
			t.Errorf("p50 = %v ms, want 100 within 2 %%", p)
		}
		want := map[string]any{
			"event": "stage.summary", "stage": "parser", "seconds": 30.0,
			"in": int64(60), "out": int64(30), "failed": int64(1), "failed_by": map[string]any{"charset": int64(1)}, "skipped": int64(0), "again": int64(0),
			"rate_in": 2.0, "rate": 1.0, "in_flight": int64(29), "p50_ms": p, "p95_ms": p, "p99_ms": p,
			"interval": map[string]any{
				"seconds": 30.0, "in": int64(60), "out": int64(30), "skipped": int64(0), "again": int64(0),
				"failed": int64(1), "failed_by": map[string]any{"charset": int64(1)}, "p50_ms": p, "p95_ms": p, "p99_ms": p,
			},
		}
		if diff := cmp.Diff(want, first); diff != "" {
			t.Errorf("first (-want +got):\n%s", diff)
		}
		want = map[string]any{
			"event": "stage.summary", "stage": "parser", "seconds": 40.0, "final": true,
			"in": int64(60), "out": int64(35), "failed": int64(3), "failed_by": map[string]any{"charset": int64(2), "timeout": int64(1)},
			"skipped": int64(1), "again": int64(0), "skipped_by": map[string]any{"seen": int64(1)},
			"rate_in": 0.0, "rate": 0.5, "in_flight": int64(21), "lag": int64(12), "p50_ms": p, "p95_ms": p, "p99_ms": p,
			"interval": map[string]any{
				"seconds": 10.0, "in": int64(0), "out": int64(5), "skipped": int64(1), "again": int64(0), "skipped_by": map[string]any{"seen": int64(1)},
				"failed": int64(2), "failed_by": map[string]any{"charset": int64(1), "timeout": int64(1)},
			},
		}
		if diff := cmp.Diff(want, last); diff != "" {
			t.Errorf("last (-want +got):\n%s", diff)
		}
	})
}

func TestStageCountsExactly(t *testing.T) {
	stage := NewStage(zap.NewNop(), "sink")
	var workers sync.WaitGroup
	for w := range 8 {
		workers.Go(func() {
			for i := range 1000 {
				stage.Settled(Passed, "", 1)
				stage.Settled(Failed, fmt.Sprint("reason ", w), 1)
				stage.Settled(Skipped, fmt.Sprint("reason ", i), 1) // far more than are told apart
				stage.Observe(time.Millisecond)
				stage.Take()
				_ = stage.Snapshot()
				stage.End(Again, "stop")
			}
		})
	}
	workers.Wait()
	got := stage.Snapshot()
	if got.In != 32000 || got.Out != 8000 || got.Failed != 8000 || got.Skipped != 8000 || got.Again != 8000 || got.InFlight != 0 || got.Observed != 8000 || got.Lag != -1 {
		t.Errorf("%+v", got)
	}
	var failed, skipped int64
	for _, n := range got.FailedBy {
		failed += n
	}
	for _, n := range got.SkippedBy {
		skipped += n
	}
	if failed != 8000 || skipped != 8000 || len(got.SkippedBy) > maxReasons+1 || got.SkippedBy["other"] == 0 {
		t.Errorf("%d failed, %d skipped by %d reasons", failed, skipped, len(got.SkippedBy))
	}
}

func TestHistogramIsWithinTwoPercent(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	var h histogram
	all := make([]time.Duration, 20000)
	for i := range all {
		all[i] = time.Duration(math.Exp(rng.NormFloat64()*3) * float64(20*time.Millisecond)) // 1 µs to an hour
		all[i] = max(all[i], time.Microsecond)
		h.observe(all[i])
	}
	slices.Sort(all)
	for _, q := range []float64{0.001, 0.25, 0.5, 0.95, 0.99, 0.999, 1} {
		want := all[int(math.Ceil(q*float64(len(all))))-1]
		got := h.quantile(q)
		if off := math.Abs(float64(got-want)) / float64(want); off > 0.0201 {
			t.Errorf("p%g = %s, want %s: %.1f %% off", q*100, got, want, off*100)
		}
	}
	var empty histogram
	if empty.quantile(0.5) != 0 {
		t.Error("no latency, no percentile")
	}
	for _, d := range []time.Duration{-1, 0, math.MaxInt64} {
		empty.observe(d)
	}
	if empty.total != 3 {
		t.Error("every latency counts")
	}
}

func BenchmarkStage(b *testing.B) {
	stage := NewStage(zap.NewNop(), "parser")
	for b.Loop() {
		stage.Take()
		stage.Observe(3 * time.Millisecond)
		stage.End(Passed, "")
	}
}
