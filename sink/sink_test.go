package sink

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"pressmill/pkg/logging"
	"pressmill/sink/segment"
	"pressmill/sink/store"
)

func pastDay() time.Time { return time.Date(2026, 3, 1, 23, 0, 0, 123, time.UTC) }

func testConfig() Config { return Config{Name: "lake", URL: "mem://" + store.NewWriterID()} }

// fill publishes n articles over some partitions and notes them in want.
func fill(b *fakeBus, parts, n int, want map[string]bool) {
	for range n {
		id := fmt.Sprintf("%016x", rand.Uint64())
		b.publish(rand.IntN(parts), id, "r1")
		want[id+".r1"] = true
	}
}

func TestDrainsOnceInEveryFormat(t *testing.T) {
	for _, c := range []segment.Compression{segment.Zstd, segment.Gzip, segment.None} {
		t.Run(string(c), func(t *testing.T) {
			b, want := newFakeBus(pastDay(), time.Minute), map[string]bool{}
			fill(b, Partitions, 500, want)
			cfg := testConfig()
			cfg.URL, cfg.Compression, cfg.MaxCount = "file://"+t.TempDir(), c, 7
			s := newTestSink(t, b, newFakeTurns(), cfg, Options{Once: true})
			drainAll(t, s)
			wantOnce(t, cfg.URL, want)
			if st := s.Stats()["lake"]; st.Articles != 500 || st.Conflicts != 0 || st.Objects < 500/7 || st.Bytes == 0 {
				t.Errorf("stats %+v", st)
			}
			// A later process without any turns goes on behind the objects.
			fill(b, Partitions, 100, want)
			s = newTestSink(t, b, newFakeTurns(), cfg, Options{Once: true})
			drainAll(t, s)
			wantOnce(t, cfg.URL, want)
			if st := s.Stats()["lake"]; st.Articles != 100 || st.Conflicts != 0 {
				t.Errorf("stats %+v", st)
			}
		})
	}
}

func TestOnceCollectsWhileMoreMayCome(t *testing.T) {
	b, want := newFakeBus(time.Now().Add(-time.Second), 0), map[string]bool{}
	cfg := testConfig()
	cfg.MaxAge = time.Hour
	more := func() bool { // an article comes each time that this is asked, up to ten
		if id := fmt.Sprintf("%016x", len(want)); len(want) < 10 {
			b.publish(0, id, "r1")
			want[id+".r1"] = true
			return true
		}
		return false
	}
	more()
	s := newTestSink(t, b, newFakeTurns(), cfg, Options{Once: true, More: more})
	drainAll(t, s)
	wantOnce(t, cfg.URL, want)
	if st := s.Stats()["lake"]; st.Articles != 10 || st.Objects != 1 {
		t.Errorf("%d articles in %d objects, want 10 in one", st.Articles, st.Objects)
	}
}

func TestObjectsEndWithTheDay(t *testing.T) {
	b, want := newFakeBus(pastDay(), 20*time.Minute), map[string]bool{}
	fill(b, 1, 10, want)
	cfg := testConfig()
	drainAll(t, newTestSink(t, b, newFakeTurns(), cfg, Options{Once: true}))
	store, err := store.Open(cfg.URL)
	if err != nil {
		t.Fatal(err)
	}
	var keys []string
	for o, err := range segment.Objects(t.Context(), store) {
		if err != nil {
			t.Fatal(err)
		}
		keys = append(keys, o.Key.String())
	}
	want2 := []string{
		"articles/ingest_date=2026-03-01/e20260301230000g000-p00-00000000000000000001.jsonl.zst",
		"articles/ingest_date=2026-03-02/e20260301230000g000-p00-00000000000000000003.jsonl.zst",
	}
	if strings.Join(keys, "\n") != strings.Join(want2, "\n") {
		t.Errorf("keys %v", keys)
	}
}

func TestCommitsWithinMaxAge(t *testing.T) {
	b := newFakeBus(time.Now(), 0)
	cfg := testConfig()
	cfg.MaxAge = 200 * time.Millisecond
	s := newTestSink(t, b, newFakeTurns(), cfg, Options{Wait: 10 * time.Second})
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- s.Run(ctx) }()
	begin := time.Now()
	b.clock = begin
	b.publish(2, "aaaa", "r")
	waitDrained(t, s)
	if took := time.Since(begin); took < 150*time.Millisecond {
		t.Errorf("committed after %v", took)
	}
	stop()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	wantOnce(t, cfg.URL, map[string]bool{"aaaa.r": true})
}

// What is spooled when the sink is stopped is committed.
func TestCommitsWhenStopped(t *testing.T) {
	b := newFakeBus(time.Now(), 0)
	cfg := testConfig()
	cfg.MaxAge, cfg.Compression = time.Hour, segment.None
	s := newTestSink(t, b, newFakeTurns(), cfg, Options{Wait: 10 * time.Second})
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- s.Run(ctx) }()
	b.publish(2, "aaaa", "r")
	b.publish(3, "bbbb", "r")
	both := 2 * int64(len(articleJSON("aaaa", "r"))+len(articleJSON("bbbb", "r")))
	sp := s.outputs[0].spool
	held := func() int64 { sp.mu.Lock(); defer sp.mu.Unlock(); return sp.used }
	for end := time.Now().Add(time.Minute); held() < both; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%d bytes are spooled, want %d", held(), both)
		}
	}
	stop()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	wantOnce(t, cfg.URL, map[string]bool{"aaaa.r": true, "bbbb.r": true})
}

// drainOf is the work of a sink on one partition, without its loop.
func drainOf(s *Sink, part int, h Holder, state []byte) *drain {
	return &drain{
		output: s.outputs[0], part: part, bus: s.bus, opt: s.opt, writer: s.writer,
		turn: Turn{Key: turnKey("lake", part), State: state, Holder: h},
	}
}

type freeHolder struct{}

func (freeHolder) Hold(context.Context) func()                     { return func() {} }
func (freeHolder) Check(context.Context) error                     { return nil }
func (freeHolder) HandOn(context.Context, time.Time, []byte) error { return nil }
func (freeHolder) Return(context.Context) error                    { return nil }

func TestKilledAfterUploadAndFrozenTwin(t *testing.T) {
	b, want := newFakeBus(pastDay(), time.Second), map[string]bool{}
	fill(b, 1, 50, want)
	cfg := testConfig()
	cfg.MaxCount = 10
	first := newTestSink(t, b, newFakeTurns(), cfg, Options{Once: true})
	d := drainOf(first, 0, freeHolder{}, nil)
	start, err := d.resolve(t.Context(), b, 0, nil)
	if err != nil {
		t.Fatal(err)
	}
	if start, _, err = d.step(t.Context(), t.Context(), start); err != nil {
		t.Fatal(err)
	}
	// Killed after its second object: the turn still has the state before.
	if _, _, err := d.step(t.Context(), t.Context(), start); err != nil {
		t.Fatal(err)
	}
	// A twin that froze with a batch of another size.
	cfg.MaxCount = 33
	twin := newTestSink(t, b, newFakeTurns(), cfg, Options{Once: true})
	frozen := drainOf(twin, 0, freeHolder{}, start.state())
	batch, err := frozen.collect(t.Context(), start)
	if err != nil {
		t.Fatal(err)
	}
	next := newTestSink(t, b, newFakeTurns(), cfg, Options{Once: true})
	if _, _, err := drainOf(next, 0, freeHolder{}, start.state()).run(t.Context(), t.Context()); err != nil {
		t.Fatal(err)
	}
	if st := next.Stats()["lake"]; st.Conflicts != 1 || st.Articles != 30 {
		t.Errorf("second worker: %+v", st)
	}
	pos, err := frozen.commit(t.Context(), start, batch)
	if err != nil || pos.Next != 21 {
		t.Errorf("twin goes on at %d, error %v", pos.Next, err)
	}
	if _, _, err := frozen.run(t.Context(), t.Context()); err != nil {
		t.Fatal(err)
	}
	wantOnce(t, cfg.URL, want)
}

func TestTwinFindsObjectOfEarlierDateAfterPurge(t *testing.T) {
	b, want := newFakeBus(pastDay(), time.Minute), map[string]bool{}
	fill(b, 1, 40, want)
	cfg := testConfig()
	twin := newTestSink(t, b, newFakeTurns(), cfg, Options{Once: true})
	d := drainOf(twin, 0, freeHolder{}, nil)
	start, err := d.resolve(t.Context(), b, 0, nil)
	if err != nil {
		t.Fatal(err)
	}
	drainAll(t, newTestSink(t, b, newFakeTurns(), cfg, Options{Once: true}))
	b.purgeTo(40)
	fill(b, 1, 40, want) // reaches into the next day
	b.purgeTo(60)
	for id := range want {
		if b.idGone(id) && idsIn(t, cfg.URL)[id] == 0 {
			delete(want, id)
		}
	}
	pos, _, err := d.step(t.Context(), t.Context(), start)
	if err != nil || pos.Next != 41 || d.output.stats().Conflicts != 1 {
		t.Errorf("twin goes on at %d, error %v, %+v", pos.Next, err, d.output.stats())
	}
	drainAll(t, newTestSink(t, b, newFakeTurns(), cfg, Options{Once: true}))
	wantOnce(t, cfg.URL, want)
}

func (f *fakeBus) idGone(id string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, m := range f.msgs {
		if m.MsgID == id {
			return false
		}
	}
	return true
}

func TestRestoredStreamBeginsAnEpoch(t *testing.T) {
	b, want := newFakeBus(pastDay(), time.Minute), map[string]bool{}
	fill(b, 2, 100, want)
	cfg := testConfig()
	cfg.MaxCount = 9
	q := newFakeTurns()
	drainAll(t, newTestSink(t, b, q, cfg, Options{Once: true}))
	old := b.snapshot()
	fill(b, 2, 60, want)
	drainAll(t, newTestSink(t, b, q, cfg, Options{Once: true}))
	// The lost articles come again, in another order, with new ones.
	lost := b.msgs[100:]
	for i := len(lost) - 1; i >= 0; i-- {
		old.publishRaw(lost[i].part, lost[i].MsgID, lost[i].Data)
		if i%3 == 0 {
			fill(old, 2, 1, want)
		}
	}
	s := newTestSink(t, old, q, cfg, Options{Once: true})
	drainAll(t, s)
	wantOnce(t, cfg.URL, want)
	if st := s.Stats()["lake"]; st.Epochs != 2 || st.Skipped != 60 || st.Articles != 20 {
		t.Errorf("stats %+v", st)
	}
	// A process that knows nothing finds the new epoch and stays in it.
	fill(old, 2, 10, want)
	s = newTestSink(t, old, newFakeTurns(), cfg, Options{Once: true})
	drainAll(t, s)
	wantOnce(t, cfg.URL, want)
	if st := s.Stats()["lake"]; st.Epochs != 0 || st.Articles != 10 {
		t.Errorf("stats %+v", st)
	}
	// So does a stream that was made anew, with some articles fetched again.
	anew := newFakeBus(old.clock.Add(time.Hour), time.Minute)
	for _, m := range old.msgs[:30] {
		anew.publishRaw(m.part, m.MsgID, m.Data)
	}
	fill(anew, 2, 5, want)
	drainAll(t, newTestSink(t, anew, q, cfg, Options{Once: true}))
	wantOnce(t, cfg.URL, want)
}

func TestWhatIsSkippedIsForgottenAfterTheOverlap(t *testing.T) {
	o := newTestSink(t, newFakeBus(pastDay(), time.Minute), newFakeTurns(), testConfig(), Options{}).outputs[0]
	now := position{Overlap: &segment.Overlap{}}
	o.parts[0].skip, o.parts[0].skipOf = skipSet{hashID("a.r"): {}}, now.Epoch
	if set, err := o.skipsOf(t.Context(), 0, now); err != nil || !set.has("a.r") {
		t.Errorf("skips %v, %v", set, err)
	}
	if set, err := o.skipsOf(t.Context(), 0, position{}); err != nil || set.has("a.r") || o.parts[0].skip != nil {
		t.Errorf("skips %v, holds %v, %v", set, o.parts[0].skip, err)
	}
}

func TestFormatChangeBeginsAnEpoch(t *testing.T) {
	b, want := newFakeBus(pastDay(), time.Minute), map[string]bool{}
	cfg, q := testConfig(), newFakeTurns()
	for i, c := range []segment.Compression{segment.Zstd, segment.Gzip, segment.None, segment.Zstd} {
		fill(b, 1, 50, want)
		cfg.Compression = c
		s := newTestSink(t, b, q, cfg, Options{Once: true})
		drainAll(t, s)
		if st := s.Stats()["lake"]; st.Articles != 50 || st.Epochs != int64(min(i, 1)) {
			t.Errorf("%s: %+v", c, st)
		}
	}
	wantOnce(t, cfg.URL, want)
}

// TestLayoutChangeBeginsAnEpoch: where to go on is found below folders of any
// name, and a partition never goes back to an older layout's end.
func TestLayoutChangeBeginsAnEpoch(t *testing.T) {
	b, want := newFakeBus(pastDay(), 40*time.Minute), map[string]bool{}
	cfg := testConfig()
	cfg.MaxCount = 5
	for i, l := range []segment.Layout{"", "year={year}/month={month}/day={day}", "a={date}", "{date}/p={partition}", "", "z{year}{month}{day}"} {
		cfg.Layout = l
		for round := range 2 {
			fill(b, 2, 200, want)
			s := newTestSink(t, b, newFakeTurns(), cfg, Options{Once: true})
			drainAll(t, s)
			wantOnce(t, cfg.URL, want)
			if st := s.Stats()["lake"]; st.Articles != 200 || st.Conflicts != 0 || st.Epochs != int64(2*min(i, 1-round, 1)) {
				t.Errorf("layout %q, round %d: %+v", l, round, st)
			}
		}
	}
}

func TestAnotherStoreIsFilledFromTheStart(t *testing.T) {
	b, want := newFakeBus(pastDay(), time.Minute), map[string]bool{}
	fill(b, 3, 50, want)
	q := newFakeTurns()
	for range 2 {
		cfg := testConfig()
		drainAll(t, newTestSink(t, b, q, cfg, Options{Once: true}))
		wantOnce(t, cfg.URL, want)
	}
}

func TestGapIsLogged(t *testing.T) {
	b, want := newFakeBus(pastDay(), time.Minute), map[string]bool{}
	fill(b, 1, 20, want)
	cfg, q := testConfig(), newFakeTurns()
	drainAll(t, newTestSink(t, b, q, cfg, Options{Once: true}))
	fill(b, 1, 10, map[string]bool{})
	b.purgeTo(30)
	fill(b, 1, 5, want)
	core, seen := observer.New(zap.InfoLevel)
	s := newLoggedSink(t, b, q, cfg, Options{Once: true}, logged(t, core))
	drainAll(t, s)
	wantOnce(t, cfg.URL, want)
	for _, e := range seen.All() {
		f := e.ContextMap()
		if f[logging.KeyEvent] == logging.SegmentGap && f[logging.KeyPartition] == int64(0) {
			if f[logging.KeyFirst] != uint64(21) || f[logging.KeyLast] != uint64(30) {
				t.Errorf("gap %v", f)
			}
			return
		}
	}
	t.Error("no gap was logged")
}

func TestInvalidJSONIsLeftOut(t *testing.T) {
	b, want := newFakeBus(pastDay(), time.Minute), map[string]bool{}
	b.publishRaw(0, "x.y", []byte("{broken"))
	fill(b, 1, 3, want)
	b.publishRaw(0, "x.z", []byte("7"))
	cfg := testConfig()
	s := newTestSink(t, b, newFakeTurns(), cfg, Options{Once: true})
	drainAll(t, s)
	wantOnce(t, cfg.URL, want)
	if st := s.Stats()["lake"]; st.Rejected != 2 {
		t.Errorf("stats %+v", st)
	}
}

// TestCorruptObjectHoldsThePartition: without the metadata of the newest object
// nobody may guess where to go on.
func TestCorruptObjectHoldsThePartition(t *testing.T) {
	b, want := newFakeBus(pastDay(), time.Minute), map[string]bool{}
	fill(b, 1, 3, want)
	cfg := testConfig()
	drainAll(t, newTestSink(t, b, newFakeTurns(), cfg, Options{Once: true}))
	damage(t, cfg.URL, func([]byte) []byte { return []byte("rubbish") })
	fill(b, 1, 3, want)
	s := newTestSink(t, b, newFakeTurns(), cfg, Options{Once: true})
	_, _, err := drainOf(s, 0, freeHolder{}, nil).run(t.Context(), t.Context())
	if !errors.Is(err, segment.ErrCorrupt) || s.Stats()["lake"].Objects != 0 {
		t.Errorf("error %v, %+v", err, s.Stats())
	}
}

// TestArticlesBecomeLines: what is a line already stays as it is, another layout
// of JSON is made one, and what is no object is left out.
func TestArticlesBecomeLines(t *testing.T) {
	b := &batch{cfg: testConfig().Defaults()}
	for data, want := range map[string]bool{
		`{"a":1}`: true, `{ "a" : 2 }`: true, "{\n\t\"a\": 3\n}\n": true, "": false, "[]": false, `{"a":}`: false, "{}{}": false,
	} {
		if got := b.add(StoredArticle{Seq: 1, Data: []byte(data)}); got != want {
			t.Errorf("%q: taken %v", data, got)
		}
	}
	for line := range strings.Lines(b.body.String()) {
		if !json.Valid([]byte(line)) {
			t.Errorf("%q is no line of JSON", line)
		}
	}
	if b.Count != 3 || strings.Count(b.body.String(), "\n") != 3 {
		t.Errorf("%d articles in %q", b.Count, b.body.String())
	}
}

// lossyStore stores objects and loses every other answer.
type lossyStore struct {
	store.Store
	n *int
}

func (s lossyStore) Create(ctx context.Context, key string, data []byte) error {
	err := s.Store.Create(ctx, key, data)
	if err != nil {
		return err
	}
	if *s.n++; *s.n%2 == 1 {
		return errors.New("lost")
	}
	return nil
}

// TestLostAnswersAreCounted: what a sink wrote without hearing of it is counted,
// also when more articles had come before it found out.
func TestLostAnswersAreCounted(t *testing.T) {
	b, want := newFakeBus(pastDay(), time.Second), map[string]bool{}
	s := newTestSink(t, b, newFakeTurns(), testConfig(), Options{Once: true})
	s.outputs[0].store = lossyStore{s.outputs[0].store, new(int)}
	var pos position
	for range 20 {
		fill(b, 1, 3, want)
		for lost := true; lost; {
			next, _, err := drainOf(s, 0, freeHolder{}, pos.state()).run(t.Context(), t.Context())
			if lost = err != nil; lost {
				fill(b, 1, 2, want)
			}
			pos = next
		}
	}
	wantOnce(t, s.outputs[0].cfg.URL, want)
	if st := s.Stats()["lake"]; st.Articles != int64(len(want)) || st.Conflicts != 0 {
		t.Errorf("%d articles: %+v", len(want), st)
	}
}

// TestCompetingSinks has three sinks with different rotations share all
// partitions, with turns that run out under their holders, stalls between the
// fence and the write, lost writes, lost answers, and a purge at their heels.
func TestCompetingSinks(t *testing.T) {
	b, want := newFakeBus(pastDay(), 5*time.Minute), map[string]bool{}
	q := newFakeTurns()
	q.lease, q.stalls = 15*time.Millisecond, true
	cfg := testConfig()
	ctx, stop := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	var sinks []*Sink
	for i := range 3 {
		c := cfg
		c.MaxCount = 3 + 5*i
		s := newTestSink(t, b, q, c, Options{Once: i == 0, Workers: 16})
		s.outputs[0].store = flakyStore{s.outputs[0].store}
		sinks = append(sinks, s)
		wg.Go(func() {
			if err := s.Run(ctx); err != nil {
				t.Error(err)
			}
		})
	}
	for range 80 {
		fill(b, Partitions, 20, want)
		takeDown(b, Partitions)
		time.Sleep(10 * time.Millisecond)
		b.purgeCommitted("lake")
	}
	for end := time.Now().Add(3 * time.Minute); time.Now().Before(end) && len(idsIn(t, cfg.URL)) < len(want); time.Sleep(50 * time.Millisecond) {
		b.purgeCommitted("lake")
	}
	stop()
	wg.Wait()
	wantOnce(t, cfg.URL, want)
	var total Stats
	for _, s := range sinks {
		st := s.Stats()["lake"]
		total.Articles += st.Articles
		total.Conflicts += st.Conflicts
		total.Epochs += st.Epochs
	}
	t.Logf("%+v", total)
	if total.Conflicts == 0 || total.Epochs != 0 {
		t.Errorf("%d conflicts and %d epochs: the test has not tried what it should", total.Conflicts, total.Epochs)
	}
}

func TestConfigReportsAllFaults(t *testing.T) {
	err := Config{Name: "Lake", URL: "ftp://x", Prefix: "../x", Compression: "lz4", MaxCount: -1}.Defaults().Validate()
	for _, word := range []string{"name", "url", "prefix", "compression", "max_count"} {
		if err == nil || !strings.Contains(err.Error(), word+":") {
			t.Errorf("%s is not in %v", word, err)
		}
	}
	for prefix, bad := range map[string]bool{"of/2026-11-28": true, "of-2026-11-28/x": false, "2026": false} {
		c := Config{URL: "mem://x", Prefix: prefix, Layout: "{date}"}.Defaults()
		if err := c.Validate(); (err != nil) != bad {
			t.Errorf("prefix %s: %v", prefix, err)
		}
	}
	cfg := testConfig()
	_, err = New([]Config{cfg, cfg}, nil, nil, zap.NewNop(), Options{})
	if err == nil || !strings.Contains(err.Error(), "name is used twice") || !strings.Contains(err.Error(), "another sink writes") {
		t.Errorf("the same sink twice: %v", err)
	}
}

// TestPlacesAreApart: a sink takes what lies below its folder for its own.
func TestPlacesAreApart(t *testing.T) {
	at := func(url, prefix string) Config {
		return Config{Name: store.NewWriterID(), URL: url, Prefix: prefix}.Defaults()
	}
	for _, tc := range []struct {
		a, b  Config
		apart bool
	}{
		{at("mem://x", "news"), at("mem://x", "news/de"), false},
		{at("mem://x", "news"), at("mem://x", "news-de"), true},
		{at("mem://x", "news"), at("mem://y", "news"), true},
		{at("file:///x/articles", ""), at("file:///x/", ""), false},
		{at("file:///x/", ""), at("file:///x", ""), false},
		{at("s3://x/in?region=a", "news"), at("s3://x?region=b", "in"), false},
		{at("s3://x", ""), at("s3://x?endpoint=https://minio.example", ""), true},
		{at("azblob://x?storage_account=a", ""), at("azblob://x?storage_account=b", ""), true},
		{at("https://desk.example/articles", ""), at("https://desk.example/articles/de", ""), true},
	} {
		for _, cfgs := range [][]Config{{tc.a, tc.b}, {tc.b, tc.a}} {
			err := validateAll(cfgs)
			if met := err != nil && strings.Contains(err.Error(), "another sink writes"); met == tc.apart {
				t.Errorf("%s %s and %s %s: %v", tc.a.URL, tc.a.Prefix, tc.b.URL, tc.b.Prefix, err)
			}
		}
	}
}

// damage replaces the newest object of a store.
func damage(t *testing.T, url string, change func([]byte) []byte) {
	t.Helper()
	s, err := store.Open(url)
	if err != nil {
		t.Fatal(err)
	}
	for key, err := range store.List(t.Context(), s, "") {
		if err != nil {
			t.Fatal(err)
		}
		data, err := store.ReadAll(t.Context(), s, key)
		if err := errors.Join(err, s.Delete(t.Context(), key), s.Create(t.Context(), key, change(data))); err != nil {
			t.Fatal(err)
		}
		return
	}
}

func TestCat(t *testing.T) {
	b, want := newFakeBus(pastDay(), time.Minute), map[string]bool{}
	fill(b, 2, 20, want)
	cfg := testConfig()
	drainAll(t, newTestSink(t, b, newFakeTurns(), cfg, Options{Once: true}))
	var out, errs strings.Builder
	if code := RunCat([]string{cfg.URL}, &out, &errs); code != 0 || strings.Count(out.String(), "\n") != 20 {
		t.Errorf("code %d, %d lines, %s", code, strings.Count(out.String(), "\n"), errs.String())
	}
	damage(t, cfg.URL, func(data []byte) []byte { return data[:len(data)-5] })
	errs.Reset()
	if code := RunCat([]string{cfg.URL}, &out, &errs); code != 1 || !strings.Contains(errs.String(), segment.ErrCorrupt.Error()) {
		t.Errorf("code %d: %s", code, errs.String())
	}
	if code := RunCat([]string{t.TempDir()}, &out, &errs); code != 0 {
		t.Errorf("of a folder: %d", code)
	}
	if code := RunCat(nil, &out, &errs); code != 2 {
		t.Errorf("without a URL: %d", code)
	}
	if code := RunCat([]string{"file:///does/not/exist"}, &out, &errs); code != 1 {
		t.Errorf("without a folder: %d", code)
	}
}

// deafHolder cannot hand its turn on.
type deafHolder struct {
	freeHolder
	why      error
	returned int
}

func (h *deafHolder) HandOn(context.Context, time.Time, []byte) error { return h.why }
func (h *deafHolder) Return(context.Context) error                    { h.returned++; return nil }

// TestATurnThatCannotBeHandedOnIsGivenBack guards that its partition does not
// wait until the turn runs out.
func TestATurnThatCannotBeHandedOnIsGivenBack(t *testing.T) {
	s := newTestSink(t, newFakeBus(pastDay(), time.Second), newFakeTurns(), testConfig(), Options{})
	for why, want := range map[error]int{nil: 0, ErrFenced: 0, context.DeadlineExceeded: 1} {
		h := &deafHolder{why: why}
		s.handOn(t.Context(), Turn{Key: turnKey("lake", 3), Holder: h}, time.Now(), nil)
		if h.returned != want {
			t.Errorf("after %v it was given back %d times, want %d", why, h.returned, want)
		}
	}
}
