package crawler

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"

	"pressmill/pkg/bus"
	"pressmill/pkg/bus/embedded"
	"pressmill/pkg/logging"
	"pressmill/pkg/logging/logtest"
	"pressmill/pkg/news"
	"pressmill/pkg/race"
)

// site is one host that records what it is asked for. A path without an answer
// is a 404, robots.txt too.
type site struct {
	*httptest.Server
	answers map[string]http.HandlerFunc
	rest    http.HandlerFunc // for what has no answer of its own; nil: a 404

	mu       sync.Mutex
	requests []request
}

type request struct {
	path       string
	agent      string
	start, end time.Time
}

func newSite(t *testing.T) *site {
	t.Helper()
	s := &site{answers: map[string]http.HandlerFunc{}}
	s.Server = httptest.NewServer(s)
	t.Cleanup(s.Close)
	return s
}

func (s *site) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	began := time.Now()
	s.mu.Lock()
	answer := s.answers[r.URL.Path]
	s.mu.Unlock()
	if answer == nil {
		answer = s.rest
	}
	if answer == nil {
		answer = http.NotFound
	}
	answer(w, r)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests = append(s.requests, request{r.URL.Path, r.UserAgent(), began, time.Now()})
}

func (s *site) on(path string, answer http.HandlerFunc) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.answers[path] = answer
}

func (s *site) host() string { return strings.TrimPrefix(s.URL, "http://") }

func (s *site) log() []request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.requests)
}

func (s *site) paths() []string {
	var paths []string
	for _, r := range s.log() {
		paths = append(paths, r.path)
	}
	return paths
}

// unguessed is paths without the places where the crawler looks for sitemaps.
func (s *site) unguessed() []string {
	return slices.DeleteFunc(s.paths(), func(path string) bool { return slices.Contains(guesses, path) })
}

func (s *site) asked(path string) int {
	n := 0
	for _, p := range s.paths() {
		if p == path {
			n++
		}
	}
	return n
}

// keepsGap checks the gaps of all requests that the site got.
func (s *site) keepsGap(t *testing.T, gap time.Duration) {
	t.Helper()
	reqs := s.log()
	for i := 1; i < len(reqs); i++ {
		if got := reqs[i].start.Sub(reqs[i-1].end); got < gap {
			t.Errorf("%s: %s came %s after %s, want at least %s", s.host(), reqs[i].path, got, reqs[i-1].path, gap)
		}
	}
}

func text(ctype, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", ctype)
		_, _ = w.Write([]byte(body))
	}
}

func page(links ...string) http.HandlerFunc {
	var b strings.Builder
	b.WriteString("<!doctype html><html><head><title>t</title></head><body>")
	for _, l := range links {
		fmt.Fprintf(&b, "<p><a href=%q>a link</a></p>", l)
	}
	b.WriteString("</body></html>")
	return text("text/html; charset=utf-8", b.String())
}

func rss(items ...string) string {
	var b strings.Builder
	b.WriteString(`<?xml version="1.0"?><rss version="2.0"><channel><title>c</title>`)
	for _, i := range items {
		fmt.Fprintf(&b, "<item><title>i</title><link>%s</link></item>", strings.ReplaceAll(i, "&", "&amp;"))
	}
	return b.String() + "</channel></rss>"
}

func feed(items ...string) http.HandlerFunc { return text("application/rss+xml", rss(items...)) }

func redirect(to string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Location", to)
		w.WriteHeader(http.StatusMovedPermanently)
	}
}

func status(code int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code) }
}

// first answers the first request in one way and all others in another.
func first(a, b http.HandlerFunc) http.HandlerFunc {
	var once sync.Once
	return func(w http.ResponseWriter, r *http.Request) {
		answer := b
		once.Do(func() { answer = a })
		answer(w, r)
	}
}

// rig is a bus with the pages that came out of it, and the logs of its
// crawlers.
type rig struct {
	*bus.Bus
	cfg   Config
	tune  func(*Crawler) // changes a crawler before it runs; nil: not at all
	stage *logging.Stage
	core  zapcore.Core
	logs  *observer.ObservedLogs

	mu  sync.Mutex
	out []*news.Page
}

const (
	delay    = 60 * time.Millisecond
	patience = 30 * time.Second // AckWait where no worker is lost: a busy machine shall not look like one that was
)

func newRig(t *testing.T, ackWait time.Duration) *rig {
	t.Helper()
	return newRigOn(t, newBus(t, ackWait))
}

func newRigOn(t *testing.T, b *bus.Bus) *rig {
	t.Helper()
	r := &rig{Bus: b, cfg: testConfig()}
	r.core, r.logs = observer.New(zap.InfoLevel)
	r.core = zapcore.NewTee(r.core, logtest.Core(t, "crawler"))
	r.stage = logging.NewStage(zap.NewNop(), "crawler")
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := b.ConsumePages(ctx, 4, func() {}, r.take, func(string, bool, error) {}); err != nil && ctx.Err() == nil {
			t.Error(err)
		}
	})
	t.Cleanup(func() { cancel(); wg.Wait() })
	return r
}

// newBus returns a connection to a server of its own with its topology.
func newBus(tb testing.TB, ackWait time.Duration) *bus.Bus {
	tb.Helper()
	srv, err := embedded.Start(tb.TempDir(), "")
	must(tb, err)
	tb.Cleanup(srv.Stop)
	cfg := bus.Defaults()
	cfg.AckWait = ackWait
	b, err := bus.Connect(cfg, "test", zap.NewNop(), srv.Option())
	must(tb, err)
	tb.Cleanup(func() { b.Close() })
	must(tb, b.Apply(tb.Context()))
	return b
}

// testConfig is that of a crawl of local sites that ends.
func testConfig() Config {
	cfg := Defaults()
	cfg.UserAgent = "testbot/1.0"
	cfg.Delay, cfg.LatencyFactor = delay, 0
	cfg.Timeout, cfg.Attempts, cfg.Slots = 10*time.Second, 2, 16
	cfg.AllowPrivate, cfg.Once = []string{"127.0.0.0/8"}, true
	return cfg
}

func (r *rig) take(_ context.Context, p *news.Page) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.out = append(r.out, p)
	return nil
}

func (r *rig) pages() []*news.Page {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.out)
}

// urls returns the final URLs of all pages, sorted, as paths where they lie on
// the site.
func (r *rig) urls(s *site) []string {
	urls := []string{}
	for _, p := range r.pages() {
		urls = append(urls, strings.TrimPrefix(p.FinalURL, s.URL))
	}
	slices.Sort(urls)
	return urls
}

func (r *rig) page(t *testing.T, finalURL string) *news.Page {
	t.Helper()
	var found *news.Page
	for _, p := range r.pages() {
		if p.FinalURL == finalURL {
			if found != nil {
				t.Fatalf("page %s came twice", finalURL)
			}
			found = p
		}
	}
	if found == nil {
		t.Fatalf("no page %s", finalURL)
	}
	if sum := news.BodySHA256(found.Body); !found.Gone && found.SHA256 != sum {
		t.Errorf("page %s came with the sum %q, is %q", finalURL, found.SHA256, sum)
	}
	return found
}

func (r *rig) enqueue(t *testing.T, crawlID string, sources ...Source) {
	t.Helper()
	must(t, Enqueue(t.Context(), r.Bus, sources, crawlID))
}

// start runs a crawler until stop is called.
func (r *rig) start(t *testing.T) (stop func()) {
	t.Helper()
	return r.startOn(t, r.Bus)
}

// startOn is start with a connection of its own.
func (r *rig) startOn(t *testing.T, b *bus.Bus) (stop func()) {
	t.Helper()
	c, err := New(r.cfg, b, zap.New(r.core), r.stage)
	must(t, err)
	if r.tune != nil {
		r.tune(c)
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := c.Run(ctx, func() {}); err != nil {
			t.Error(err)
		}
	})
	stop = sync.OnceFunc(func() { cancel(); wg.Wait() })
	t.Cleanup(stop)
	return stop
}

// crawl runs a crawler until nothing waits, and all pages are out.
func (r *rig) crawl(t *testing.T) {
	t.Helper()
	stop := r.start(t)
	defer stop()
	eventually(t, 25*time.Second, "nothing waits", func() bool {
		s := r.state(t)
		return s.Hosts == 0 && s.Frontier == 0 && s.Pages == 0
	})
}

func (r *rig) state(t *testing.T) bus.State {
	t.Helper()
	s, err := r.State(t.Context())
	must(t, err)
	return s
}

func (r *rig) letters(t *testing.T) []bus.DeadLetter {
	t.Helper()
	var letters []bus.DeadLetter
	must(t, r.DeadLetters(t.Context(), "crawler", func(d bus.DeadLetter) bool { letters = append(letters, d); return true }))
	return letters
}

// reasons returns the reasons of one kind of event for a URL.
func (r *rig) reasons(event, url string) []string {
	var reasons []string
	for _, e := range r.logs.All() {
		m := e.ContextMap()
		if m[logging.KeyEvent] == event && m[logging.KeyURL] == url {
			reasons = append(reasons, fmt.Sprint(m[logging.KeyReason]))
		}
	}
	return reasons
}

// putSource stores anything as a source's definition.
func putSource(t testing.TB, b *bus.Bus, id string, definition any) {
	t.Helper()
	var old any
	revision, err := b.Source(t.Context(), id, &old)
	if !errors.Is(err, bus.ErrNotFound) {
		must(t, err)
	}
	must(t, b.PutSource(t.Context(), id, definition, revision))
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// eventually waits until it is ok. The limit is that of a machine that has
// nothing else to do; many tests wait side by side, and the race detector is
// slow.
func eventually(t *testing.T, within time.Duration, what string, ok func() bool) {
	t.Helper()
	if within *= 4; race.Enabled {
		within *= 3
	}
	for deadline := time.Now().Add(within); !ok(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("not within %s: %s", within, what)
		}
	}
}

func same(t *testing.T, what string, got, want any) {
	t.Helper()
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("%s (-want +got):\n%s", what, d)
	}
}

// events counts the lines of one kind.
func (r *rig) events(event string) int {
	n := 0
	for _, e := range r.logs.All() {
		if e.ContextMap()[logging.KeyEvent] == event {
			n++
		}
	}
	return n
}
