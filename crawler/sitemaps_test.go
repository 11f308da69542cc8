package crawler

import (
	"bufio"
	"compress/gzip"
	"fmt"
	"io"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"pressmill/pkg/bus"
	"pressmill/pkg/logging"
	"pressmill/pkg/race"
	"pressmill/pkg/weburl"
)

// bigMap writes a sitemap of n entries of a site, each of about size bytes, and
// calls at after every hundredth.
func bigMap(to io.Writer, base string, n, size int, at func(i int)) error {
	w := bufio.NewWriter(to)
	padding := strings.Repeat("x", max(size-200, 0))
	fmt.Fprint(w, `<?xml version="1.0" encoding="UTF-8"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">`)
	for i := range n {
		if i%100 == 0 {
			if err := w.Flush(); err != nil {
				return err
			}
			at(i)
		}
		fmt.Fprintf(w, "<url><loc>%s/a/%d</loc><lastmod>%s</lastmod><image:image><image:title>%s</image:title></image:image></url>\n", base, i, time.Now().UTC().Format(time.DateOnly), padding)
	}
	fmt.Fprint(w, "</urlset>")
	return w.Flush()
}

func heap() uint64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// hanging is a site whose articles, those of bigMap, do not answer until the
// test ends.
type hanging struct {
	*site
	done chan struct{}
}

func newHanging(t *testing.T) (h *hanging, end func()) {
	t.Helper()
	h = &hanging{newSite(t), make(chan struct{})}
	h.Config.Handler = h
	return h, sync.OnceFunc(func() { close(h.done) })
}

func (h *hanging) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !strings.HasPrefix(r.URL.Path, "/a/") {
		h.site.ServeHTTP(w, r)
		return
	}
	select {
	case <-h.done:
	case <-r.Context().Done():
	}
}

// waitsOnce checks that n entries of bigMap are known and wait, each once.
func (r *rig) waitsOnce(t *testing.T, s *hanging, n int) {
	t.Helper()
	var got uint64 // the sitemap itself waits until it is settled
	eventually(t, 10*time.Second, fmt.Sprintf("%d URLs wait", n), func() bool { got = r.state(t).Frontier; return got <= uint64(n) })
	if got != uint64(n) {
		t.Errorf("%d URLs wait, want %d", got, n)
	}
	seen := r.Seen(s.host())
	must(t, seen.Refresh(t.Context()))
	for i := range n {
		u, err := weburl.Parse(fmt.Sprintf("%s/a/%d", s.URL, i))
		must(t, err)
		if !seen.Has(bus.Fingerprint(weburl.Key(u))) {
			t.Fatalf("entry %d is not known", i)
		}
	}
}

// A sitemap as large as they may be, 50 MB, goes into the frontier whole and
// once while it comes. What the process keeps meanwhile is what the bus, which
// runs in it, and the set of seen URLs keep of the entries, not their bytes.
func TestSitemapIsStreamed(t *testing.T) {
	const size = 1024
	entries := 50_000
	if race.Enabled {
		entries /= 10
	}
	for _, packed := range []bool{false, true} {
		t.Run(fmt.Sprintf("packed=%v", packed), func(t *testing.T) {
			before, highest := heap(), uint64(0)
			r := newRig(t, patience)
			r.cfg.PageBudget = 0
			s, end := newHanging(t)
			s.on("/map", func(w http.ResponseWriter, _ *http.Request) {
				var to io.Writer = w
				if packed {
					zw, _ := gzip.NewWriterLevel(w, gzip.BestSpeed)
					defer zw.Close()
					to = zw
				}
				err := bigMap(to, s.URL, entries, size, func(i int) {
					if i%(entries/5) == entries/5-100 {
						highest = max(highest, heap())
					}
				})
				if err != nil {
					t.Error(err)
				}
			})
			r.enqueue(t, "c", Source{Seeds: []string{s.URL + "/map"}})
			defer r.start(t)()
			defer end()
			eventually(t, 90*time.Second, "the sitemap is read", func() bool { return r.kind(s.URL+"/map") == "sitemap" })
			r.waitsOnce(t, s, entries)
			grown := int64(highest) - int64(before)
			t.Logf("the heap grew by %d MB", grown>>20)
			if grown > 48<<20 { // the bus takes some 30 for the entries; 80 it would be with their bytes
				t.Errorf("%d MB cost %d MB of memory", entries*size>>20, grown>>20)
			}
		})
	}
}

// kind returns what a URL was fetched as, or "".
func (r *rig) kind(url string) string {
	for _, e := range r.logs.All() {
		m := e.ContextMap()
		if m[logging.KeyEvent] == logging.FetchDone && m[logging.KeyURL] == url {
			return fmt.Sprint(m[logging.KeyKind])
		}
	}
	return ""
}

// A sitemap that breaks off is read again from its beginning, and what was
// taken of it already is not taken twice.
func TestSitemapThatBreaksOffIsReadAgain(t *testing.T) {
	t.Parallel()
	const entries = 3000
	r := newRig(t, patience)
	s, end := newHanging(t)
	breaks := func(w http.ResponseWriter, _ *http.Request) {
		_ = bigMap(w, s.URL, entries, 300, func(i int) {
			if i == 2000 {
				panic(http.ErrAbortHandler)
			}
		})
	}
	s.on("/map", first(breaks, func(w http.ResponseWriter, _ *http.Request) {
		_ = bigMap(w, s.URL, entries, 300, func(int) {})
	}))
	r.enqueue(t, "c", Source{Seeds: []string{s.URL + "/map"}})
	defer r.start(t)()
	defer end()
	eventually(t, 30*time.Second, "the sitemap is read", func() bool { return r.kind(s.URL+"/map") == "sitemap" })
	r.waitsOnce(t, s, entries)
	same(t, "reasons", r.reasons(logging.FetchFailed, s.URL+"/map"), []string{"reset"})
}

// A sitemap that is broken gives what could be read of it, and is not asked
// for again and again.
func TestBrokenSitemapCounts(t *testing.T) {
	t.Parallel()
	s, r := newSite(t), newRig(t, patience)
	s.on("/map", text("application/xml", "<urlset><url><loc>"+s.URL+"/a</loc></url><url><loc>"+s.URL+"/b"))
	s.on("/a", page())
	r.enqueue(t, "c", Source{Seeds: []string{s.URL + "/map"}})
	r.crawl(t)
	same(t, "pages", r.urls(s), []string{"/a"})
	same(t, "reasons", r.reasons(logging.FetchFailed, s.URL+"/map"), []string{"bad_sitemap"})
	if s.asked("/map") != 1 {
		t.Errorf("asked for %d times", s.asked("/map"))
	}
}

// Entries beyond the age limit are left out while the sitemap comes, and so
// are whole sitemaps of an index.
func TestOldEntriesAreLeftOut(t *testing.T) {
	t.Parallel()
	s, r := newSite(t), newRig(t, patience)
	day := func(ago int) string { return time.Now().AddDate(0, 0, -ago).UTC().Format(time.DateOnly) }
	entry := func(kind, path string, ago int) string {
		return fmt.Sprintf("<%s><loc>%s%s</loc><lastmod>%s</lastmod></%[1]s>", kind, s.URL, path, day(ago))
	}
	s.on("/index", text("application/xml", "<sitemapindex>"+entry("sitemap", "/old", 100)+entry("sitemap", "/new", 1)+"</sitemapindex>"))
	s.on("/new", text("application/xml", "<urlset>"+entry("url", "/a", 100)+entry("url", "/b", 2)+"<url><loc>"+s.URL+"/c</loc></url></urlset>"))
	for _, path := range []string{"/a", "/b", "/c"} {
		s.on(path, page())
	}
	r.enqueue(t, "c", Source{Seeds: []string{s.URL + "/index"}})
	r.crawl(t)
	same(t, "pages", r.urls(s), []string{"/b", "/c"})
	same(t, "asked for", []int{s.asked("/old"), s.asked("/new"), s.asked("/a")}, []int{0, 1, 0})
}

// Of a sitemap that was read before, what did not change since is passed over;
// of one that could not be taken whole, it is not.
func TestOnlyWhatChangedIsReadAgain(t *testing.T) {
	t.Parallel()
	whole := time.Date(2026, 11, 24, 10, 0, 0, 0, time.UTC)
	same(t, "since", hadBefore(&poll{LastWhole: whole}), whole.Add(-48*time.Hour))
	same(t, "of no poll", hadBefore(nil), time.Time{})
	same(t, "of one that was never read whole", hadBefore(&poll{LastSuccess: whole}), time.Time{})

	s, r := newSite(t), newRig(t, patience)
	r.cfg.Once, r.cfg.Poll = false, time.Second
	r.cfg.PollMin, r.cfg.PollMax = time.Second, time.Second
	entry := func(path string, ago time.Duration) string {
		return fmt.Sprintf("<url><loc>%s%s</loc><lastmod>%s</lastmod></url>", s.URL, path, time.Now().Add(-ago).UTC().Format(time.RFC3339))
	}
	s.on("/map", first(
		text("application/xml", "<urlset>"+entry("/a", 72*time.Hour)+"</urlset>"),
		text("application/xml", "<urlset>"+entry("/a", 72*time.Hour)+entry("/late", 72*time.Hour)+entry("/b", 24*time.Hour)+"</urlset>")))
	for _, path := range []string{"/a", "/b", "/late"} {
		s.on(path, page())
	}
	r.enqueue(t, "c", Source{Seeds: []string{s.URL + "/map"}})
	defer r.start(t)()
	eventually(t, 20*time.Second, "the second look brings a page", func() bool { return len(r.urls(s)) >= 2 && s.asked("/map") >= 2 && r.state(t).Frontier == 0 })
	same(t, "pages", r.urls(s), []string{"/a", "/b"})
}
