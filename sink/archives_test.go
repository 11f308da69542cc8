package sink

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/zap"

	"pressmill/pkg/bus"
	"pressmill/pkg/config"
	"pressmill/pkg/news"
	"pressmill/sink/filter"
	"pressmill/sink/segment"
	"pressmill/sink/store"
	"pressmill/sink/warc"
)

func archiveConfig(t *testing.T) Config {
	t.Helper()
	return Config{Name: "pages", Format: segment.WARC, URL: "file://" + t.TempDir(), MaxCount: 4, MaxAge: time.Millisecond}
}

// pressRun publishes pages of every sort.
type pressRun struct {
	bus  *bus.Bus
	want []string // ids of the pages, in order
}

func (p *pressRun) publish(t *testing.T, n int) {
	t.Helper()
	for range n {
		i := len(p.want)
		page := &news.Page{
			PageID: fmt.Sprintf("page%d", i), CrawlID: "c", Status: 200, FetchedAt: time.Date(2026, 11, 24, 6, 0, i, 0, time.UTC),
			FinalURL: fmt.Sprintf("https://h%d.example/a?n=%d", i%3, i%5), Body: fmt.Append(nil, "<p>", i/30),
			Request: map[string][]string{"Accept": {"*/*"}}, Remote: "192.0.2.1",
		}
		if i%7 == 6 { // fetched again, with something else in it
			page.PageID, page.Body = p.want[i-1], fmt.Append(nil, "<p>again", i)
		}
		if err := p.bus.PublishPage(t.Context(), fmt.Sprintf("h%d.example", i%3), page); err != nil {
			t.Fatal(err)
		}
		p.want = append(p.want, page.PageID)
	}
}

// wantArchived checks that the store holds every page once, in order, that each
// object has its index, and that revisits refer to what is there.
func (p *pressRun) wantArchived(t *testing.T, rawURL string) (revisits int) {
	t.Helper()
	s, err := store.Open(rawURL)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	var got []string
	responses := map[string]bool{}
	names := slices.Collect(func(yield func(string) bool) {
		for name, err := range store.List(t.Context(), s, "") {
			if err != nil {
				t.Fatal(err)
			}
			if !yield(name) {
				return
			}
		}
	})
	slices.Sort(names)
	for _, name := range names {
		k, err := segment.ParseKey(name)
		if err != nil {
			continue
		}
		m, body, err := segment.Get(t.Context(), s, k)
		if err != nil {
			t.Fatal(err)
		}
		index, err := store.ReadAll(t.Context(), s, segment.IndexKey(k))
		if err != nil || bytes.Count(index, []byte{'\n'}) != m.Count {
			t.Errorf("%s: %d pages, index %q, %v", k, m.Count, index, err)
		}
		for r := warc.NewReader(bytes.NewReader(body)); ; {
			rec, err := r.Next()
			if errors.Is(err, io.EOF) || errors.Is(err, warc.ErrNotWARC) {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			_, id, found := strings.Cut(rec.Get("Pressmill-Page"), `"page_id":"`)
			if !found {
				continue
			}
			id, _, _ = strings.Cut(id, `"`)
			got = append(got, id)
			if _, twice := responses["<"+rec.ID()+">"]; twice {
				t.Errorf("two records have the id %s", rec.ID())
			}
			responses["<"+rec.ID()+">"] = rec.Type() == warc.TypeResponse
			if rec.Type() == warc.TypeRevisit {
				revisits++
				if of := rec.Get("WARC-Refers-To"); !responses[of] {
					t.Errorf("%s refers to %s, which is not there", rec.ID(), of)
				}
			}
		}
	}
	if !slices.Equal(got, p.want) {
		t.Errorf("archived %v, want %v", got, p.want)
	}
	return revisits
}

// wantReleased lets the parser have all pages, after which none is left.
func (p *pressRun) wantReleased(t *testing.T) {
	t.Helper()
	ctx, stop := context.WithTimeout(t.Context(), 2*time.Minute)
	defer stop()
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := p.bus.ConsumePages(ctx, 4, func() {}, func(context.Context, *news.Page) error { return nil }, func(string, bool, error) {}); err != nil {
			t.Error(err)
		}
	})
	for ctx.Err() == nil {
		if _, first, last, err := p.bus.PagesState(ctx); err == nil && first > last {
			break
		}
		pause(ctx, 20*time.Millisecond)
	}
	if _, first, last, err := p.bus.PagesState(t.Context()); err != nil || first <= last {
		t.Errorf("pages %d to %d are still there, %v", first, last, err)
	}
	stop()
	wg.Wait()
}

func startArchiveBus(t *testing.T) *bus.Bus {
	t.Helper()
	b, stop := startBusWith(t, t.TempDir(), func(c *bus.Config) { c.Archive = true })
	t.Cleanup(stop)
	return b
}

// An archive is worked on beside the sinks of articles, by the same turns.
func TestArchive(t *testing.T) {
	run := &pressRun{bus: startArchiveBus(t)}
	run.publish(t, 10)
	from, turns := OnBus(run.bus, func() {})
	lake, archive := testConfig(), archiveConfig(t)
	work := func() Stats {
		s, err := New([]Config{lake, archive}, from, turns, zap.NewNop(), Options{Once: true, Poll: 20 * time.Millisecond, Wait: 20 * time.Millisecond})
		if err != nil {
			t.Fatal(err)
		}
		drainAll(t, s)
		return s.Stats()["pages"]
	}
	if st := work(); st.Articles != 10 || st.Objects != 3 || st.Gaps != 0 || st.Epochs != 0 {
		t.Errorf("stats %+v", st)
	}
	if n := run.wantArchived(t, archive.URL); n != 0 {
		t.Errorf("%d revisits of 10 different bodies or URLs", n)
	}
	run.publish(t, 50)
	if st := work(); st.Articles != 50 || st.Conflicts != 0 || st.Gaps != 0 || st.Epochs != 0 {
		t.Errorf("stats %+v", st)
	}
	if n := run.wantArchived(t, archive.URL); n == 0 {
		t.Error("no revisit although bodies repeat")
	}
	run.wantReleased(t)
	run.publish(t, 3)
	if st := work(); st.Articles != 3 || st.Gaps != 0 || st.Epochs != 0 {
		t.Errorf("after the release: stats %+v", st)
	}
	run.wantArchived(t, archive.URL)
}

// What comes out of an archive is not archived again.
func TestPagesOutOfAnArchiveAreLeftOut(t *testing.T) {
	run := &pressRun{bus: startArchiveBus(t)}
	page := &news.Page{PageID: "old", FinalURL: "https://h.example/", Status: 200, Body: []byte("<p>"), Archived: "urn:uuid:1"}
	if err := run.bus.PublishPage(t.Context(), "h.example", page); err != nil {
		t.Fatal(err)
	}
	run.publish(t, 2)
	from, turns := OnBus(run.bus, func() {})
	cfg := archiveConfig(t)
	s := newTestSink(t, from, turns, cfg, Options{Once: true})
	drainAll(t, s)
	if st := s.Stats()["pages"]; st.Articles != 2 || st.Filtered != 1 {
		t.Errorf("stats %+v", st)
	}
	run.wantArchived(t, cfg.URL)
	run.wantReleased(t)
}

var errKilled = errors.New("killed")

// mortal is what one process does to the world: its store and its bus, until it
// is killed at one of these steps, before or after it has had its effect.
type mortal struct {
	mu    sync.Mutex
	steps int
	kill  int // at this step; -1: never
	after bool
	dead  bool
}

func (m *mortal) step(do func() error) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.dead {
		return errKilled
	}
	m.dead = m.steps == m.kill
	m.steps++
	if m.dead && !m.after {
		return errKilled
	}
	if err := do(); err != nil || !m.dead {
		return err
	}
	return errKilled
}

type mortalStore struct {
	store.Store
	*mortal
}

func (s mortalStore) Create(ctx context.Context, key string, data []byte) error {
	return s.step(func() error { return s.Store.Create(ctx, key, data) })
}

func (s mortalStore) Open(ctx context.Context, key string) (r io.ReadCloser, err error) {
	err = s.step(func() error { r, err = s.Store.Open(ctx, key); return err })
	return r, err
}

type mortalBus struct {
	Bus
	*mortal
}

func (b mortalBus) ReadArticles(ctx context.Context, part int, from uint64, n int, wait time.Duration) (out []StoredArticle, err error) {
	err = b.step(func() error { out, err = b.Bus.ReadArticles(ctx, part, from, n, wait); return err })
	return out, err
}

func (b mortalBus) PutPosition(ctx context.Context, sink string, part int, next uint64) error {
	return b.step(func() error { return b.Bus.PutPosition(ctx, sink, part, next) })
}

// A process that is killed before or after any of its steps loses no page and
// doubles none: the next one, which knows nothing of it, goes on.
func TestArchiveKilledAtEveryStep(t *testing.T) {
	run := &pressRun{bus: startArchiveBus(t)}
	from, turns := OnBus(run.bus, func() {})
	cfg := archiveConfig(t)
	work := func(m *mortal) error {
		s := newTestSink(t, from, turns, cfg, Options{Once: true})
		defer s.Close()
		o := s.outputs[0]
		o.store, o.bus = mortalStore{o.store, m}, mortalBus{o.bus, m}
		d := &drain{output: o, bus: o.bus, opt: s.opt, writer: s.writer, turn: Turn{Key: turnKey("pages", 0), Holder: freeHolder{}}}
		_, _, err := d.run(t.Context(), t.Context())
		return err
	}
	killed := 0
	for step := 0; ; step++ {
		alive := false
		for _, after := range []bool{false, true} {
			run.publish(t, 6) // an object of four and one of two
			m := &mortal{kill: step, after: after}
			_ = work(m)
			if !m.dead {
				alive = true
			} else {
				killed++
			}
			if err := work(&mortal{kill: -1}); err != nil {
				t.Fatalf("after step %d: %v", step, err)
			}
		}
		if alive {
			break
		}
	}
	if killed < 20 {
		t.Errorf("killed at %d steps only", killed)
	}
	run.wantArchived(t, cfg.URL)
	run.wantReleased(t)
}

func TestArchiveConfig(t *testing.T) {
	archive := Config{Format: segment.WARC, URL: "mem://a"}.Defaults()
	if archive.Name != "archive" || archive.Prefix != "archive" || archive.Validate() != nil {
		t.Errorf("%+v: %v", archive, archive.Validate())
	}
	other := archive
	other.Name, other.URL = "other", "mem://b"
	filtered := archive
	filtered.Filter = &filter.Rules{}
	zstd := archive
	zstd.Compression = segment.Zstd
	for says, cfgs := range map[string][]Config{
		"there is an archive already": {archive, other}, "takes all pages": {filtered}, "not gzip": {zstd},
	} {
		if err := validateAll(cfgs); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v", says, err)
		}
	}
	const sinks = "sinks: [{format: warc, url: 'mem://a'}]\n"
	for text, says := range map[string]string{
		sinks: "needs bus.archive", sinks + "bus: {archive: true}": "", sinks + "bus: {archive: true, pages_max_bytes: 100MiB}": "more than half",
		"bus: {archive: true}\nsinks: [{url: 'mem://a'}]": "no sink has the format warc",
	} {
		f, err := config.Parse("test", []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		cfgs, err := Load(f)
		if err != nil {
			t.Fatal(err)
		}
		if err := check(f, cfgs); (err == nil) != (says == "") || err != nil && !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v", text, err)
		}
	}
	if _, err := New([]Config{archive}, newFakeBus(pastDay(), time.Second), newFakeTurns(), zap.NewNop(), Options{}); err == nil {
		t.Error("an archive without pages")
	}
}
