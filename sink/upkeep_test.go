package sink

import (
	"maps"
	"slices"
	"sync"
	"testing"
	"time"

	"pressmill/sink/segment"
	"pressmill/sink/store"
	"pressmill/sink/upkeep"
)

// TestSinksBesideUpkeep: while objects are merged and articles deleted, sinks
// write, restart and begin epochs on a stream that was restored; what comes
// again is not written again, also if its object was merged meanwhile.
func TestSinksBesideUpkeep(t *testing.T) {
	for _, f := range []segment.Format{{Kind: segment.JSONL, Compression: segment.Zstd}, {Kind: segment.JSONL, Compression: segment.None}} {
		t.Run(string(f.Compression), func(t *testing.T) {
			cfg := testConfig()
			cfg.URL, cfg.Format, cfg.Compression, cfg.MaxCount = "file://"+t.TempDir(), f.Kind, f.Compression, 4
			st, err := store.Open(cfg.URL)
			if err != nil {
				t.Fatal(err)
			}
			defer st.Close()
			stop, merged := make(chan struct{}), 0
			var wg sync.WaitGroup
			wg.Go(func() { merged = keepUp(t, st, stop) })
			b, want := newFakeBus(pastDay(), 5*time.Minute), map[string]bool{}
			for round := range 4 {
				fill(b, 3, 40, want)
				old, before := b.snapshot(), maps.Clone(want)
				fill(b, 3, 30, want)
				drainAll(t, newTestSink(t, b, newFakeTurns(), cfg, Options{Once: true}))
				wantOnce(t, cfg.URL, want)
				if round%2 == 1 {
					comeAgain(old, b, before)
					b = old
				}
				deleteOne(t, st, want)
			}
			fill(b, 3, 10, want)
			drainAll(t, newTestSink(t, b, newFakeTurns(), cfg, Options{Once: true}))
			close(stop)
			wg.Wait()
			wantOnce(t, cfg.URL, want)
			if merged == 0 {
				t.Error("nothing was merged meanwhile")
			}
		})
	}
}

// keepUp merges all the time, until it is stopped.
func keepUp(t *testing.T, st store.Store, stop chan struct{}) (merged int) {
	for target := int64(500); ; target += 200 {
		r, err := upkeep.New(st, "articles").Compact(t.Context(), upkeep.Options{Target: target})
		if err != nil || r.Kept > 0 {
			t.Errorf("compact: %+v, error %v", r, err)
		}
		merged += r.Merged
		select {
		case <-stop:
			return merged
		case <-time.After(5 * time.Millisecond):
		}
	}
}

// comeAgain publishes on a restored stream half of what it has not any more.
func comeAgain(restored, lost *fakeBus, had map[string]bool) {
	for i, m := range slices.Clone(lost.msgs) {
		if !had[m.MsgID] && i%2 == 0 {
			restored.publishRaw(m.part, m.MsgID, m.Data)
		}
	}
}

func deleteOne(t *testing.T, st store.Store, want map[string]bool) {
	t.Helper()
	for name := range want {
		delete(want, name)
		id := articleID(name)
		if _, err := upkeep.New(st, "articles").Delete(t.Context(), []segment.Tombstone{{ID: id}}); err != nil {
			t.Error(err)
		}
		return
	}
}
