// Package demo is a small news site of an invented town, for trying the
// pipeline without the internet and for testing it end to end. It answers as
// real sites do: pages marked up in many ways and wrapped in furniture,
// redirects, dead links, a server error, old charsets, an article that
// changes. It knows what a crawl of it must find (Articles) and records every
// request (Requests), so that politeness can be checked too.
//
// The articles are invented, but for one whose text is a real page's; that one
// is linked from the front page and from /world/ only.
package demo

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
)

// Name is the name of the site's publisher.
const Name = "The Tidewick Courier"

const (
	privatePrefix = "/private/"
	mimeHTML      = "text/html; charset=utf-8"
)

// Site is the demo site, an http.Handler. Each Site keeps its own record of
// requests and its own state of the pages that change with them. It is safe
// for concurrent use.
type Site struct {
	base    string // scheme and host, of a site that is served
	latency time.Duration
	revise  time.Duration // of a Load: see LoadConfig
	content content
	mux     *http.ServeMux

	mu       sync.Mutex
	requests []Request
	fetches  map[string]int       // GETs of an article's path so far
	first    map[string]time.Time // of a Load: when each was first asked for
}

// New returns a site whose articles were published within the last two days.
func New() *Site { return NewAt(time.Now()) }

// NewAt returns a site as it would have looked at the given time.
func NewAt(now time.Time) *Site {
	s := &Site{content: loadContent(now), mux: http.NewServeMux(), fetches: map[string]int{}}
	s.mux.HandleFunc("/robots.txt", s.robots)
	s.mux.HandleFunc("/feed.xml", s.feed)
	s.mux.HandleFunc("/news-sitemap.xml", s.sitemap)
	s.mux.HandleFunc("/style.css", s.style)
	s.mux.HandleFunc("/img/{name}", s.image)
	s.mux.HandleFunc("/{$}", s.front)
	s.mux.HandleFunc("/world/{$}", s.section("World", func(a *article) bool { return a.Section == "World" }))
	s.mux.HandleFunc("/tag/harbour/{$}", s.section("Harbour", func(a *article) bool { return slices.Contains(a.Tags, "harbour") }))
	s.mux.HandleFunc("/about.html", s.plain("about", "About us", http.StatusOK))
	s.mux.HandleFunc("/subscribe.html", s.plain("subscribe", "Subscribe", http.StatusOK))
	s.mux.HandleFunc(privatePrefix, s.plain("private", "Not for robots", http.StatusOK))
	s.mux.HandleFunc("/old/2019/ferry-pier", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "/local/old-ferry-pier-reopens.html", http.StatusMovedPermanently)
	})
	s.mux.HandleFunc("/", s.plain("missing", "Page not found", http.StatusNotFound))
	for _, a := range s.content.articles {
		s.mux.HandleFunc(a.Path, s.article(a))
	}
	return s
}

// Serve serves a new site on addr (host:port; port 0 picks a free one) and
// returns its URL without a trailing slash. The server ends when ctx is
// cancelled or stop is called; requests in flight are given two seconds. stop
// returns when the server has ended, and may be called more than once.
func Serve(ctx context.Context, addr string) (url string, s *Site, stop func(), err error) {
	ln, err := new(net.ListenConfig).Listen(ctx, "tcp", addr)
	if err != nil {
		return "", nil, nil, fmt.Errorf("serve demo site: %w", err)
	}
	s = New()
	s.base = "http://" + ln.Addr().String()
	return s.base, s, serveOn(ctx, ln, s), nil
}

// serveOn serves h until ctx is cancelled or stop is called; see Serve.
func serveOn(ctx context.Context, ln net.Listener, h http.Handler) (stop func()) {
	srv := &http.Server{Handler: h, ReadHeaderTimeout: 10 * time.Second}
	var serving sync.WaitGroup
	serving.Go(func() { _ = srv.Serve(ln) }) // always http.ErrServerClosed once the listener is open
	stop = sync.OnceFunc(func() {
		grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
		defer cancel()
		if err := srv.Shutdown(grace); errors.Is(err, context.DeadlineExceeded) {
			_ = srv.Close()
		}
		serving.Wait()
	})
	context.AfterFunc(ctx, stop)
	return stop
}

// ServeHTTP answers a request and records it.
func (s *Site) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	rec := &recorder{ResponseWriter: w, status: http.StatusOK}
	start := time.Now()
	time.Sleep(s.latency)
	if r.Method == http.MethodGet || r.Method == http.MethodHead {
		s.mux.ServeHTTP(rec, r)
	} else {
		http.Error(rec, "method not allowed", http.StatusMethodNotAllowed)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests = append(s.requests, Request{
		Host:   r.Host,
		Method: r.Method,
		Path:   r.URL.RequestURI(),
		Status: rec.status,
		Agent:  r.UserAgent(),
		Remote: r.RemoteAddr,
		Start:  start,
		End:    time.Now(),
	})
}

// Requests returns the requests answered so far, in the order in which their
// answers ended. A request may be missing until just after its client has the
// answer.
func (s *Site) Requests() []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.requests)
}

// Violations returns the requests for pages that robots.txt disallows.
func (s *Site) Violations() []Request {
	return slices.DeleteFunc(s.Requests(), func(r Request) bool {
		return !strings.HasPrefix(r.Path, privatePrefix)
	})
}

// article serves one article with its quirks: the flaky one fails once, the
// updated one shows its second version from the second GET on.
func (s *Site) article(a *article) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if s.content.live && time.Now().Before(a.Published) {
			http.NotFound(w, r)
			return
		}
		before := s.countFetch(a.Path, r.Method)
		if a.Flaky && before == 0 {
			http.Error(w, "the printing press is out of ink", http.StatusInternalServerError)
			return
		}
		shown := a
		if before > 0 && a.second != nil && s.isRevised(a.Path) {
			shown = a.second
		}
		page := s.content.render(a.Template, s.content.articleView(shown, base(r)))
		switch {
		case a.Charset != "":
			w.Header().Set("Content-Type", "text/html") // the page's meta says which charset
			write(w, http.StatusOK, toWindows1252(page))
		case a.ETag:
			w.Header().Set("Content-Type", mimeHTML)
			serveTagged(w, r, shown.Published, page)
		case a.Gzip && strings.Contains(r.Header.Get("Accept-Encoding"), "gzip"):
			w.Header().Set("Content-Type", mimeHTML)
			w.Header().Set("Content-Encoding", "gzip")
			w.Header().Set("Vary", "Accept-Encoding")
			write(w, http.StatusOK, gzipped(page))
		default:
			w.Header().Set("Content-Type", mimeHTML)
			write(w, http.StatusOK, page)
		}
	}
}

// countFetch counts a GET of path and returns how many came before it.
func (s *Site) countFetch(path, method string) (before int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	before = s.fetches[path]
	if method == http.MethodGet {
		s.fetches[path]++
		if before == 0 && s.revise > 0 {
			s.first[path] = time.Now()
		}
	}
	return before
}

// isRevised says whether the second version of an article that was asked for
// before is shown by now.
func (s *Site) isRevised(path string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return time.Since(s.first[path]) >= s.revise
}

func (s *Site) front(w http.ResponseWriter, r *http.Request) {
	s.html(w, http.StatusOK, "front", s.content.frontView(base(r)))
}

func (s *Site) section(title string, member func(*article) bool) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		s.html(w, http.StatusOK, "section", s.content.sectionView(title, r.URL.Path, base(r), member))
	}
}

func (s *Site) plain(template, title string, status int) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		s.html(w, status, template, s.content.plainView(title, r.URL.Path, base(r)))
	}
}

func (s *Site) html(w http.ResponseWriter, status int, template string, v view) {
	w.Header().Set("Content-Type", mimeHTML)
	write(w, status, s.content.render(template, v))
}

func (s *Site) style(w http.ResponseWriter, r *http.Request) {
	http.ServeFileFS(w, r, files, "pages/style.css")
}

// base is the scheme and host under which the request reached the site.
func base(r *http.Request) string {
	if r.TLS != nil {
		return "https://" + r.Host
	}
	return "http://" + r.Host
}

// write sends the answer. That the client has gone is not the site's concern.
func write(w http.ResponseWriter, status int, body []byte) {
	w.WriteHeader(status)
	_, _ = w.Write(body) //nolint:gosec // the pages of the demo site
}

// toWindows1252 writes what the charset lacks as character references.
func toWindows1252(page []byte) []byte {
	enc := encoding.HTMLEscapeUnsupported(charmap.Windows1252.NewEncoder())
	out, err := enc.Bytes(page)
	if err != nil {
		panic("encode page: " + err.Error()) // our own template is not UTF-8
	}
	return out
}

func gzipped(page []byte) []byte {
	var buf bytes.Buffer
	zw := gzip.NewWriter(&buf)
	_, _ = zw.Write(page) // a bytes.Buffer takes everything
	_ = zw.Close()
	return buf.Bytes()
}

// recorder remembers the status of the answer.
type recorder struct {
	http.ResponseWriter
	status int
}

func (r *recorder) WriteHeader(status int) {
	r.status = status
	r.ResponseWriter.WriteHeader(status)
}
