package sink

import (
	"encoding/json"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"pressmill/pkg/news"
	"pressmill/sink/segment"
	"pressmill/sink/store"
)

// takeDown publishes a takedown of some partition and returns its id.
func takeDown(b *fakeBus, parts int) string {
	id := store.NewWriterID()
	data, _ := json.Marshal(map[string]string{"schema": news.TakedownSchema, "id": id})
	b.publishRaw(rand.IntN(parts), news.TakedownMsgID(id), data)
	return id
}

func TestTakedownsAreLeftOutButCount(t *testing.T) {
	for _, c := range []segment.Compression{segment.Zstd, segment.Gzip, segment.None} {
		b, want := newFakeBus(pastDay(), time.Minute), map[string]bool{}
		cfg := testConfig()
		cfg.URL, cfg.Compression, cfg.MaxCount = "file://"+t.TempDir(), c, 3
		for round := range 3 { // a process each
			takeDown(b, 2)
			for range 10 {
				fill(b, 2, round, want) // none at first: takedowns alone
				takeDown(b, 2)
			}
			s := newTestSink(t, b, newFakeTurns(), cfg, Options{Once: true})
			drainAll(t, s)
			wantOnce(t, cfg.URL, want)
			for part := range 2 {
				if last, _ := b.LastArticle(t.Context(), part); b.positions[turnKey("lake", part)] <= last {
					t.Errorf("%s: partition %d is mirrored up to %d of %d", c, part, b.positions[turnKey("lake", part)], last)
				}
			}
			if st := s.Stats()["lake"]; st.Articles != int64(10*round) || st.Conflicts != 0 || st.Epochs != 0 {
				t.Errorf("%s: stats %+v", c, st)
			}
		}
	}
}

func TestTakedownsAreWrittenOnceIfWanted(t *testing.T) {
	b, want := newFakeBus(pastDay(), time.Minute), map[string]bool{}
	cfg, q := testConfig(), newFakeTurns()
	cfg.Takedowns, cfg.MaxCount = true, 5
	fill(b, 1, 5, want)
	old := b.snapshot()
	for range 10 {
		want[takeDown(b, 1)+"."] = true
		fill(b, 1, 1, want)
	}
	drainAll(t, newTestSink(t, b, q, cfg, Options{Once: true}))
	// A stream that was restored brings them again: the new epoch skips them.
	for _, m := range slices.Backward(b.msgs[5:]) {
		old.publishRaw(m.part, m.MsgID, m.Data)
	}
	want[takeDown(old, 1)+"."] = true
	s := newTestSink(t, old, q, cfg, Options{Once: true})
	drainAll(t, s)
	wantOnce(t, cfg.URL, want)
	if st := s.Stats()["lake"]; st.Epochs != 1 || st.Skipped != 20 || st.Articles != 1 {
		t.Errorf("stats %+v", st)
	}
	var out, errs strings.Builder
	if code := RunCat([]string{cfg.URL}, &out, &errs); code != 0 || strings.Count(out.String(), news.TakedownSchema) != 11 {
		t.Errorf("cat: code %d, %d takedowns, %s", code, strings.Count(out.String(), news.TakedownSchema), errs.String())
	}
}
