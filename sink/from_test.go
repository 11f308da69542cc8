package sink

import (
	"testing"
	"time"

	"pressmill/sink/filter"
	"pressmill/sink/segment"
	"pressmill/sink/store"
)

// TestFrom: where a sink begins holds from its first turn on, also when it is
// restarted before the first article.
func TestFrom(t *testing.T) {
	for _, from := range []From{fromNow, From(pastDay().Add(31 * time.Minute).Format(time.RFC3339))} {
		b, want := newFakeBus(pastDay(), time.Minute), map[string]bool{}
		fill(b, 3, 30, map[string]bool{})
		cfg := testConfig()
		cfg.From = from
		for range 3 {
			drainAll(t, newTestSink(t, b, newFakeTurns(), cfg, Options{Once: true}))
			wantOnce(t, cfg.URL, want)
			fill(b, 3, 10, want)
		}
		cfg.Compression = segment.Gzip // a new epoch goes on behind the last object
		s := newTestSink(t, b, newFakeTurns(), cfg, Options{Once: true})
		drainAll(t, s)
		wantOnce(t, cfg.URL, want)
		if st := s.Stats()["lake"]; st.Epochs != Partitions || st.Skipped != 0 {
			t.Errorf("%+v", st)
		}
	}
	// A stream that was made anew, with no turns: nothing of it is left out.
	b, want := newFakeBus(pastDay(), time.Minute), map[string]bool{}
	cfg := testConfig()
	cfg.From = fromNow
	fill(b, 2, 4, map[string]bool{})
	drainAll(t, newTestSink(t, b, newFakeTurns(), cfg, Options{Once: true}))
	fill(b, 2, 4, want)
	drainAll(t, newTestSink(t, b, newFakeTurns(), cfg, Options{Once: true}))
	b = newFakeBus(b.clock.Add(time.Hour), time.Minute)
	fill(b, 2, 4, want)
	drainAll(t, newTestSink(t, b, newFakeTurns(), cfg, Options{Once: true}))
	wantOnce(t, cfg.URL, want)
	if err := From("yesterday").Validate(); err == nil {
		t.Error("yesterday is no time")
	}
}

// TestWhatIsNotWrittenMakesFewObjects: a filter that lets nothing through, or
// takedowns alone, give an empty object a day, not one for every look.
func TestWhatIsNotWrittenMakesFewObjects(t *testing.T) {
	b, want := newFakeBus(pastDay(), time.Hour), map[string]bool{}
	cfg := testConfig()
	q := newFakeTurns()
	for range 5 * 24 {
		takeDown(b, 1)
		drainAll(t, newTestSink(t, b, q, cfg, Options{Once: true}))
	}
	fill(b, 1, 1, want)
	s := newTestSink(t, b, q, cfg, Options{Once: true})
	drainAll(t, s)
	wantOnce(t, cfg.URL, want)
	st, err := store.Open(cfg.URL)
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, err := range segment.Objects(t.Context(), st) {
		if n++; err != nil {
			t.Error(err)
		}
	}
	if n != 6 {
		t.Errorf("%d objects", n)
	}
}

func TestDeletedArticlesDoNotComeBack(t *testing.T) {
	b, want := newFakeBus(pastDay(), time.Minute), map[string]bool{}
	fill(b, 1, 3, want)
	cfg := testConfig()
	st, err := store.Open(cfg.URL)
	if err != nil {
		t.Fatal(err)
	}
	if err := segment.Bury(t.Context(), st, "articles", segment.Tombstone{ID: "0123456789abcdef"}); err != nil {
		t.Fatal(err)
	}
	b.publish(0, "0123456789abcdef", "r2")
	s := newTestSink(t, b, newFakeTurns(), cfg, Options{Once: true})
	drainAll(t, s)
	wantOnce(t, cfg.URL, want)
	if got := s.Stats()["lake"]; got.Filtered != 1 || got.Articles != 3 {
		t.Errorf("%+v", got)
	}
}

func TestFilteredArticlesAreLeftOutButCount(t *testing.T) {
	b, want := newFakeBus(pastDay(), time.Minute), map[string]bool{}
	cfg := testConfig()
	cfg.Filter = &filter.Rules{Keywords: []string{"ferry"}}
	q := newFakeTurns()
	for range 20 {
		fill(b, 1, 2, map[string]bool{})
		id := store.NewWriterID()
		b.publishRaw(0, id+".r1", []byte(`{"schema":"article/v1","id":"`+id+`","rev":"r1","title":"A ferry arrives"}`))
		want[id+".r1"] = true
		s := newTestSink(t, b, q, cfg, Options{Once: true})
		drainAll(t, s)
		if got := s.Stats()["lake"]; got.Articles != 1 || got.Filtered != 2 {
			t.Errorf("%+v", got)
		}
	}
	wantOnce(t, cfg.URL, want)
}
