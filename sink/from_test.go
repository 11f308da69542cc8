package sink

import (
	"bytes"
	"context"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"pressmill/pkg/logging"
	"pressmill/pkg/news"
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

// readHook is a bus that does something after each read that brings articles.
type readHook struct {
	*fakeBus
	after func()
}

func (b readHook) ReadArticles(ctx context.Context, part int, from uint64, n int, wait time.Duration) ([]StoredArticle, error) {
	msgs, err := b.fakeBus.ReadArticles(ctx, part, from, n, wait)
	if len(msgs) > 0 {
		b.after()
	}
	return msgs, err
}

// TestDeletedWhileCollected: an object that is committed minutes after its
// articles were read, as in buckets, has none that were deleted meanwhile: upkeep
// has looked for them by then, and does not look again.
func TestDeletedWhileCollected(t *testing.T) {
	const id = "0123456789abcdef"
	for _, c := range []struct {
		others  int
		objects int64
	}{{3, 1}, {0, 0}} {
		b, want := newFakeBus(pastDay(), time.Second), map[string]bool{}
		fill(b, 1, c.others, want)
		b.publish(0, id, "r2")
		b.publishRaw(0, news.TakedownMsgID("0000000000000001"), []byte("{}"))
		cfg := testConfig()
		st, err := store.Open(cfg.URL)
		if err != nil {
			t.Fatal(err)
		}
		var later atomic.Int64
		hook := readHook{b, func() {
			if err := segment.Bury(t.Context(), st, "articles", segment.Tombstone{ID: id}); err != nil {
				t.Error(err)
			}
			later.Store(int64(time.Minute))
		}}
		core, lines := observer.New(zap.InfoLevel)
		s := newLoggedSink(t, hook, newFakeTurns(), cfg, Options{Once: true}, logged(t, core))
		s.outputs[0].now = func() time.Time { return time.Now().Add(time.Duration(later.Load())) }
		drainAll(t, s)
		for o, err := range segment.Objects(t.Context(), st) {
			if bytes.Contains(o.Body, []byte(id)) || err != nil {
				t.Errorf("%s holds what was deleted: %s, error %v", o.Key, o.Body, err)
			}
		}
		wantOnce(t, cfg.URL, want)
		if got := s.Stats()["lake"]; got.Filtered != 1 || got.Articles != int64(c.others) || got.Objects != c.objects {
			t.Errorf("%+v", got)
		}
		left := lines.FilterField(logging.Reason("deleted")).FilterField(zap.String(logging.KeyArticleID, id))
		if left.Len() != 1 || lines.FilterField(logging.Event(logging.ArticleWritten)).Len() != c.others {
			t.Errorf("told %v", lines.All())
		}
	}
}

// TestLeftOutIsToldInEveryEpoch: sequences begin anew in an epoch that another
// process has begun, too.
func TestLeftOutIsToldInEveryEpoch(t *testing.T) {
	cfg, q, want := testConfig(), newFakeTurns(), map[string]bool{}
	gone := func(b *fakeBus, n int) {
		for range n {
			b.publishRaw(0, news.TakedownMsgID(store.NewWriterID()), []byte("{}"))
		}
		fill(b, 1, 1, want)
	}
	stream := &struct{ *fakeBus }{newFakeBus(pastDay(), time.Second)}
	core, lines := observer.New(zap.InfoLevel)
	s := newLoggedSink(t, stream, q, cfg, Options{Once: true}, logged(t, core))
	gone(stream.fakeBus, 20)
	drainAll(t, s)
	stream.fakeBus = newFakeBus(pastDay().Add(time.Hour), time.Second)
	gone(stream.fakeBus, 1)
	drainAll(t, newTestSink(t, stream, q, cfg, Options{Once: true}))
	gone(stream.fakeBus, 2)
	for len(idsIn(t, cfg.URL)) < len(want) && t.Context().Err() == nil {
		drainAll(t, s) // at first, it counts as drained by what it knows of the old stream
	}
	if n := lines.FilterField(logging.Reason("takedown")).Len(); n != 22 {
		t.Errorf("%d are told of", n)
	}
	wantOnce(t, cfg.URL, want)
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
