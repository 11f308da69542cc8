package crawler

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
	"go.uber.org/zap"
	"golang.org/x/net/http2"

	"pressmill/crawler/feeds"
	"pressmill/crawler/fetch"
	"pressmill/pkg/bus"
	"pressmill/pkg/logging"
	"pressmill/pkg/race"
)

// hostile is a site that means no good, and what must come of it.
type hostile struct {
	name string
	seed string // its only one
	want string // what becomes of its URLs, as outcomes says; "..." is anything
	deep bool   // its links are followed
}

// is says whether an outcome is the wanted one.
func (s hostile) is(outcome string) bool {
	start, open := strings.CutSuffix(s.want, "...")
	return outcome == s.want || open && strings.HasPrefix(outcome, start)
}

// isSlow says whether the crawler may have to wait for its timeout.
func (s hostile) isSlow() bool { return s.want == timedOut || s.want == noRobots }

// What the crawler that meets the hostile sites is limited to. The sites that
// are slow on purpose wait for a short timeout; the others are given time on a
// machine that is busy.
const (
	shortTimeout = 3 * time.Second
	longTimeout  = 25 * time.Second
	hostileBody  = 2 << 20
	hostileHeap  = 512 << 20 // of the whole process, with the bus and the servers
)

// TestHostileSites lets many sites misbehave at once. What becomes of each is
// told by the log and the summary, nothing is lost on the way, and healthy
// sites beside them do not notice.
func TestHostileSites(t *testing.T) {
	t.Parallel()
	ca := newAuthority(t)
	quiet := newBesieged(t, ca, shortTimeout)
	stop := quiet.start(t)
	alone := quiet.healthyTook(t)
	stop()
	sites := slices.Concat(slowSites(t), lengthSites(t), bombs(t), headerSites(t), statusSites(t), redirectSites(t),
		robotsSites(t), documentSites(t), tlsSites(t, ca), http2Sites(t, ca))
	slow := slices.DeleteFunc(slices.Clone(sites), func(s hostile) bool { return !s.isSlow() })
	rest := slices.DeleteFunc(sites, hostile.isSlow)
	newBesieged(t, ca, shortTimeout).meet(t, slow, alone)
	newBesieged(t, ca, longTimeout).meet(t, rest, alone)
}

// meet lets the crawler meet the sites, beside the healthy ones, which took
// some time alone.
func (r *besieged) meet(t *testing.T, sites []hostile, alone time.Duration) {
	t.Helper()
	for _, s := range sites {
		src := Source{Seeds: []string{s.seed}}
		if s.deep {
			src.Depth = 1000
		}
		r.enqueue(t, "c1", src)
	}
	ctx, cancel := context.WithCancel(t.Context())
	peak := peakHeap(ctx)
	stop := r.start(t)
	together := r.healthyTook(t)
	r.wait(t, sites)
	stop()
	cancel()

	most := max(6*alone, time.Minute)
	if race.Enabled {
		most *= 3
	}
	if together > most {
		t.Errorf("the healthy sites took %s beside the hostile ones and %s alone, want at most %s", together, alone, most)
	}
	if p := peak(); p > hostileHeap {
		t.Errorf("the heap grew to %d MB, want at most %d", p>>20, hostileHeap>>20)
	}
	r.check(t, sites)
}

// besieged is a crawler with healthy sites to crawl, on a network that ends at
// the loopback addresses.
type besieged struct {
	*rig
	healthy []*site
	network *loopbackOnly
}

const (
	healthySites    = 4
	healthyArticles = 8 // of each
)

// newBesieged returns a crawler that believes the authority.
func newBesieged(t *testing.T, ca *authority, timeout time.Duration) *besieged {
	t.Helper()
	r := &besieged{rig: newRig(t, time.Minute), network: &loopbackOnly{}}
	r.cfg.PatternBudget = 8
	r.cfg.Slots, r.cfg.Attempts, r.cfg.Timeout, r.cfg.MaxBody = 256, 2, timeout, hostileBody
	r.tune = func(c *Crawler) {
		o, err := c.cfg.fetchOptions()
		must(t, err)
		o.Connect, o.RootCAs = r.network.connect, ca.pool
		c.transport = fetch.NewTransport(o)
	}
	for range healthySites {
		s := newSite(t)
		var items []string
		for i := range healthyArticles {
			path := fmt.Sprintf("/article/%d", i)
			s.on(path, page())
			items = append(items, s.URL+path)
		}
		s.on("/feed", feed(items...))
		r.healthy = append(r.healthy, s)
		r.enqueue(t, "c1", Source{Seeds: []string{s.URL + "/feed"}})
	}
	return r
}

// healthyTook waits for all articles of the healthy sites.
func (r *besieged) healthyTook(t *testing.T) time.Duration {
	t.Helper()
	began := time.Now()
	eventually(t, 60*time.Second, "all articles of the healthy sites", func() bool {
		n := 0
		for _, p := range r.pages() {
			if slices.ContainsFunc(r.healthy, func(s *site) bool { return strings.HasPrefix(p.FinalURL, s.URL) }) {
				n++
			}
		}
		return n == healthySites*healthyArticles
	})
	return time.Since(began)
}

// wait waits until the outcomes of all sites are as wanted and nothing is left
// to do, or for some time.
func (r *besieged) wait(t *testing.T, sites []hostile) {
	t.Helper()
	for deadline := time.Now().Add(5 * time.Minute); time.Now().Before(deadline); time.Sleep(100 * time.Millisecond) {
		got := r.outcomes()
		if !slices.ContainsFunc(sites, func(s hostile) bool { return !s.is(got[s.host()]) }) && r.state(t).Frontier == 0 {
			return
		}
	}
}

// linesOf are the log's lines about a host.
func (r *rig) linesOf(host string) (lines []string) {
	for _, e := range r.logs.FilterField(zap.String(logging.KeyHost, host)).All() {
		lines = append(lines, fmt.Sprint(e.Time.Format(time.TimeOnly), " ", e.Message, " ", e.ContextMap()))
	}
	return lines
}

func (s hostile) host() string {
	_, rest, _ := strings.Cut(s.seed, "://")
	host, _, _ := strings.Cut(rest, "/")
	return host
}

// check compares the outcomes with what was wanted, and with what the summary,
// the dead letters and the frontier say.
func (r *besieged) check(t *testing.T, sites []hostile) {
	t.Helper()
	got, letters := r.outcomes(), map[string]string{}
	for _, l := range r.letters(t) {
		letters[l.Key] += l.Reason // more than one would be no known reason
	}
	failed := int64(0)
	for _, s := range sites {
		if !s.is(got[s.host()]) {
			t.Errorf("%s: %s, want %s; its lines:\n%s", s.name, got[s.host()], s.want, strings.Join(r.linesOf(s.host()), "\n"))
		}
		failed += int64(strings.Count(s.want, "lost "))
		letter := ""
		if _, reason, retried := strings.Cut(s.want, "retry "); retried {
			letter, _, _ = strings.Cut(reason, ",")
		}
		if got := letters[bus.HostToken(s.host())]; got != letter {
			t.Errorf("%s: the dead letter says %q, want %q", s.name, got, letter)
		}
	}
	if n := r.stage.Snapshot().Failed; n < failed {
		t.Errorf("the summary counts %d failures, want at least %d", n, failed)
	}
	if n := r.state(t).Frontier; n != 0 {
		t.Errorf("%d URLs are left in the frontier", n)
	}
	if strange := r.network.refused(); len(strange) > 0 {
		t.Errorf("dialled %v", strange)
	}
}

// loopbackOnly is a network on which nothing but loopback addresses can be
// reached. It writes down what else is dialled.
type loopbackOnly struct {
	mu    sync.Mutex
	other []string
}

func (n *loopbackOnly) connect(ctx context.Context, network, address string) (net.Conn, error) {
	if to, err := netip.ParseAddrPort(address); err == nil && to.Addr().IsLoopback() {
		return new(net.Dialer).DialContext(ctx, network, address)
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.other = append(n.other, address)
	return nil, syscall.ENETUNREACH
}

func (n *loopbackOnly) refused() []string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return slices.Clone(n.other)
}

// raw is a hostile site whose page is answered by handle.
func raw(t *testing.T, name, want string, handle func(net.Conn, string)) hostile {
	return hostile{name: name, seed: newRawSite(t, handle).url() + "/page", want: want}
}

// served is a hostile site whose page is answered by net/http.
func served(t *testing.T, name, want string, answer http.HandlerFunc) hostile {
	s := newSite(t)
	s.on("/page", answer)
	return hostile{name: name, seed: s.URL + "/page", want: want}
}

const (
	timedOut = "retry timeout, lost timeout"
	wasReset = "retry reset, lost reset"
	noHTTP   = "retry protocol, lost protocol"
	garbled  = "retry decode, lost decode"
	noRobots = "retry robots_unreachable, lost robots_unreachable"
)

func slowSites(t *testing.T) []hostile {
	return []hostile{
		raw(t, "slowloris in the header", timedOut, func(c net.Conn, _ string) {
			_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Type: ")
			repeat(c, "x", 100*time.Millisecond)
		}),
		raw(t, "slowloris in the body", timedOut, func(c net.Conn, _ string) {
			_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n<html>")
			repeat(c, "x", 100*time.Millisecond)
		}),
		raw(t, "drip of 1 KB a second", timedOut, func(c net.Conn, _ string) {
			_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")
			repeat(c, strings.Repeat("x", 1024), time.Second)
		}),
		raw(t, "no answer to the page", timedOut, func(c net.Conn, _ string) { _, _ = io.Copy(io.Discard, c) }),
		{name: "no answer to anything", seed: newConnSite(t, nil, func(c net.Conn) { _, _ = io.Copy(io.Discard, c) }).url() + "/page", want: noRobots},
		served(t, "endless body", "article cut", func(w http.ResponseWriter, _ *http.Request) { repeat(w, strings.Repeat("endless ", 4096), 0) }),
	}
}

func lengthSites(t *testing.T) []hostile {
	return []hostile{
		raw(t, "length too long", wasReset, says("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n<html>")),
		raw(t, "length too short", "article", says("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n<html>and more")),
		raw(t, "no length", "article", says("HTTP/1.1 200 OK\r\n\r\n<html>")),
		raw(t, "negative length", noHTTP, says("HTTP/1.1 200 OK\r\nContent-Length: -6\r\n\r\n<html>")),
		raw(t, "two lengths", noHTTP, says("HTTP/1.1 200 OK\r\nContent-Length: 6\r\nContent-Length: 7\r\n\r\n<html>")),
		raw(t, "length of a gigabyte", wasReset, says("HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n<html>")),
		raw(t, "length but no body", wasReset, says("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n")),
		raw(t, "broken chunks", noHTTP, says("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n<html>")),
		raw(t, "chunks without an end", wasReset, says("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n6\r\n<html>\r\n")),
		raw(t, "reset in mid body", wasReset, func(c net.Conn, _ string) {
			_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n"+strings.Repeat("x", 5000))
			time.Sleep(50 * time.Millisecond)
			_ = c.(*net.TCPConn).SetLinger(0)
		}),
	}
}

// packed compresses n bytes of nothing, times over.
func packed(t *testing.T, encoding string, data []byte) []byte {
	t.Helper()
	var (
		buf bytes.Buffer
		w   io.WriteCloser
		err error
	)
	switch encoding {
	case "gzip":
		w = gzip.NewWriter(&buf)
	case "br":
		w = brotli.NewWriterLevel(&buf, 2)
	default:
		w, err = zstd.NewWriter(&buf)
	}
	must(t, err)
	_, err = w.Write(data)
	must(t, err)
	must(t, w.Close())
	return buf.Bytes()
}

// bombs unfold into a gigabyte and more, but for brotli, whose streams cannot
// be joined.
func bombs(t *testing.T) []hostile {
	t.Helper()
	nothing := make([]byte, 4<<20)
	gz, zs := bytes.Repeat(packed(t, "gzip", nothing), 256), bytes.Repeat(packed(t, "zstd", nothing), 256)
	bomb := func(name, want, encodings string, body []byte) hostile {
		return served(t, name, want, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", encodings)
			w.Header().Set("Content-Type", "text/html")
			_, _ = w.Write(body)
		})
	}
	return []hostile{
		bomb("gzip bomb", "article cut", "gzip", gz),
		bomb("brotli bomb", "article cut", "br", packed(t, "br", nothing)),
		bomb("zstd bomb", "article cut", "zstd", zs),
		bomb("gzip bomb in gzip", "article cut", "gzip, gzip", packed(t, "gzip", gz)),
		bomb("gzip bomb in zstd in brotli", "article cut", "gzip, zstd, br", packed(t, "br", packed(t, "zstd", gz))),
		bomb("four encodings", garbled, "gzip, gzip, gzip, gzip", gz),
		bomb("truncated gzip", garbled, "gzip", packed(t, "gzip", []byte("<html>"))[:12]),
		bomb("no gzip at all", garbled, "gzip", []byte("<html>")),
		bomb("unknown encoding", garbled, "rot13", []byte("<ugzy>")),
	}
}

func headerSites(t *testing.T) []hostile {
	line := "X-Long: " + strings.Repeat("x", 1000) + "\r\n"
	return []hostile{
		raw(t, "100 MB of header", noHTTP, func(c net.Conn, _ string) {
			_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\n")
			for range 100_000 {
				if _, err := io.WriteString(c, line); err != nil {
					return
				}
			}
		}),
		raw(t, "a header of one endless line", noHTTP, func(c net.Conn, _ string) {
			_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nX-Long: ")
			repeat(c, line[:1000], 0)
		}),
		raw(t, "control bytes in header values", noHTTP, says("HTTP/1.1 200 OK\r\nX-Bad: \x01\r\nContent-Length: 6\r\n\r\n<html>")),
		raw(t, "invalid bytes in header values", "article", says("HTTP/1.1 200 OK\r\nContent-Type: text/html; x=\"\xff\x80\"\r\nX-Bad: \xff\xfe\r\nContent-Length: 6\r\n\r\n<html>")),
		raw(t, "invalid bytes in header names", noHTTP, says("HTTP/1.1 200 OK\r\nX\x00\xff: 1\r\nContent-Length: 6\r\n\r\n<html>")),
		raw(t, "a header line without colon", noHTTP, says("HTTP/1.1 200 OK\r\nnonsense\r\nContent-Length: 6\r\n\r\n<html>")),
		raw(t, "flood of cookies", "article", func(c net.Conn, _ string) {
			_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n")
			for i := range 3000 {
				fmt.Fprintf(c, "Set-Cookie: c%d=%s\r\n", i, strings.Repeat("x", 50))
			}
			_, _ = io.WriteString(c, "\r\n<html>")
		}),
		raw(t, "flood of 103", noHTTP, func(c net.Conn, _ string) { repeat(c, "HTTP/1.1 103 Early Hints\r\n"+line+"\r\n", 0) }),
		raw(t, "flood of 100", timedOut, func(c net.Conn, _ string) { repeat(c, "HTTP/1.1 100 Continue\r\n\r\n", 10*time.Millisecond) }),
		raw(t, "HTTP/0.9", noHTTP, says("<html><body>no header</body></html>")),
		raw(t, "HTTP/9.9", "article", says("HTTP/9.9 200 OK\r\nContent-Length: 6\r\n\r\n<html>")),
		raw(t, "closes without a word", wasReset, says("")),
		raw(t, "another protocol", noHTTP, says("220 mail.example ESMTP\r\n")),
		raw(t, "invalid charset", "article", says("HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=klingon-8\r\nContent-Length: 6\r\n\r\n<html>")),
	}
}

func statusSites(t *testing.T) []hostile {
	storm := func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", "1")
		w.WriteHeader(http.StatusTooManyRequests)
	}
	return []hostile{
		served(t, "204", "lost http_204", status(http.StatusNoContent)),
		served(t, "206", "lost http_206", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Range", "bytes 0-5/100")
			w.WriteHeader(http.StatusPartialContent)
			_, _ = w.Write([]byte("<html>"))
		}),
		served(t, "200 without a body", "retry empty, lost empty", status(http.StatusOK)),
		served(t, "304 without a validator", "retry http_304, lost http_304", status(http.StatusNotModified)),
		served(t, "200 with an error page", "article", text("text/html", "<html><title>404 Not Found</title><body>Not found</body></html>")),
		served(t, "status 999", "retry http_999, lost http_999", status(999)),
		raw(t, "status 000", "retry network, lost network", says("HTTP/1.1 000 Nothing\r\nContent-Length: 6\r\n\r\n<html>")),
		served(t, "storm of 429", "retry http_429, lost http_429", storm),
		served(t, "storm of 503", "retry http_503, lost http_503", status(http.StatusServiceUnavailable)),
	}
}

func redirectSites(t *testing.T) []hostile {
	to := func(name, want, location string) hostile { return served(t, name, want, redirect(location)) }
	ring := newSite(t)
	for i := range 20 {
		ring.on(fmt.Sprintf("/%d", i), redirect(fmt.Sprintf("/%d", i+1)))
	}
	cycle := newSite(t)
	cycle.on("/page", redirect("/other"))
	cycle.on("/other", redirect("/page"))
	return []hostile{
		{name: "endless redirects", seed: ring.URL + "/0", want: "10x redirect, lost redirect"},
		{name: "cyclic redirects", seed: cycle.URL + "/page", want: "10x redirect, lost redirect"},
		to("redirect to itself", "10x redirect, lost redirect", "/page"),
		to("redirect to a file", "lost redirect", "file:///etc/passwd"),
		to("redirect to ftp", "lost redirect", "ftp://127.0.0.1/x"),
		to("redirect to a script", "lost redirect", "javascript:alert(1)"),
		to("redirect to data", "lost redirect", "data:text/html,<html>"),
		to("redirect to a private address", "redirect", "http://10.11.12.13/"),
		to("redirect to metadata", "redirect", "http://169.254.169.254/latest/meta-data/"),
		to("redirect to a decimal address", "redirect", "http://2852039166/"),
		{name: "a private address, redirected to as well", seed: "http://10.11.12.13/again", want: "2x lost blocked"},
		{name: "metadata, redirected to as well", seed: "http://169.254.169.254/again", want: "3x lost blocked"},
		to("redirect to nonsense", noHTTP, "http://[::1"),
		to("redirect to nowhere", "lost http_301", ""),
		to("redirect to an endless URL", "lost redirect", "/"+strings.Repeat("a", 10_000)),
	}
}

func robotsSites(t *testing.T) []hostile {
	bomb := packed(t, "gzip", make([]byte, 16<<20))
	with := func(name, want string, robots http.HandlerFunc) hostile {
		s := newSite(t)
		s.on("/robots.txt", robots)
		s.on("/page", page())
		return hostile{name: name, seed: s.URL + "/page", want: want}
	}
	return []hostile{
		with("robots.txt of a gigabyte", "article", func(w http.ResponseWriter, _ *http.Request) {
			repeat(w, "User-agent: *\nDisallow: /private\n"+strings.Repeat("# nothing\n", 1000), 0)
		}),
		with("robots.txt is a page", "article", page("/a")),
		with("robots.txt is an error", noRobots, status(http.StatusBadGateway)),
		with("robots.txt is slow", noRobots, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }),
		with("robots.txt is a loop", "article", redirect("/robots.txt")),
		with("robots.txt leads to a private address", "lost blocked", redirect("http://10.11.12.13/robots.txt")),
		with("robots.txt is a bomb", "article", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			_, _ = w.Write(bomb)
		}),
	}
}

func documentSites(t *testing.T) []hostile {
	nothing := append(packed(t, "gzip", []byte("<urlset>")), bytes.Repeat(packed(t, "gzip", bytes.Repeat([]byte(" "), 8<<20)), 32)...)
	laughs := `<!DOCTYPE lolz [<!ENTITY a "ha">` + entities() + `]>`
	cycle := newSite(t)
	index := func(path string) http.HandlerFunc {
		return text("application/xml", `<sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"><sitemap><loc>`+path+`</loc></sitemap></sitemapindex>`)
	}
	cycle.on("/page", index("/other"))
	cycle.on("/other", index("/page"))
	forever := func(head, part, ctype string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", ctype)
			_, _ = io.WriteString(w, head)
			repeat(w, strings.Repeat(part, 1000), 0)
		}
	}
	trap := newSite(t)
	endless(trap, 3)
	return []hostile{
		{name: "calendar, session and filter traps", seed: trap.URL + "/", want: "page, ...", deep: true},
		served(t, "sitemap without end", "lost bad_sitemap", func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, "<urlset>")
			repeat(w, strings.Repeat("<url><loc>http://other.example/</loc></url>", 1000), 0)
		}),
		served(t, "sitemap that drips", timedOut, func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, "<urlset>"+strings.Repeat(" ", 8<<10))
			w.(http.Flusher).Flush()
			repeat(flushing{w}, strings.Repeat(" ", 1<<10), time.Second)
		}),
		served(t, "sitemap that unfolds into nothing", "lost bad_sitemap", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			_, _ = w.Write(nothing)
		}),
		served(t, "binary as HTML", "article cut", forever("\x7fELF\x02\x01\x01\x00", "\x00\xff\xfe\x01", "text/html")),
		served(t, "ten million links", "article cut", func(w http.ResponseWriter, _ *http.Request) {
			var some []byte
			for i := range 10_000_000 {
				some = fmt.Appendf(some, "<a href=/%d>x</a>\n", i)
				if i%1000 != 999 {
					continue
				}
				if _, err := w.Write(some); err != nil {
					return
				}
				some = some[:0]
			}
		}),
		served(t, "a million elements", "article cut", forever("<html>", "<i>", "text/html")),
		served(t, "elements that nest", "article cut", forever("<html>", "<div><table><b>", "text/html")),
		served(t, "an attribute without end", "article cut", forever("<html><a href=\"", "/x", "text/html")),
		{name: "cycle of sitemap indexes", seed: cycle.URL + "/page", want: "2x sitemap"},
		served(t, "entities in a sitemap", "sitemap, lost http_404", text("application/xml", laughs+`<urlset><url><loc>&z;</loc></url></urlset>`)),
		served(t, "entities in a feed", "feed", text("application/xml", laughs+`<rss version="2.0"><channel><title>&z;</title><item><title>&z;</title></item></channel></rss>`)),
		// A million levels in the 50 MB that are read of it.
		served(t, "sitemap that nests", "lost bad_sitemap", forever("<urlset>", "<url>"+strings.Repeat(" ", 45), "application/xml")),
		served(t, "feed that nests", "lost bad_feed", forever(`<rss version="2.0">`, "<channel>", "application/xml")),
	}
}

// flushing sends what is written at once.
type flushing struct{ http.ResponseWriter }

func (f flushing) Write(p []byte) (int, error) {
	n, err := f.ResponseWriter.Write(p)
	f.ResponseWriter.(http.Flusher).Flush()
	return n, err
}

// entities defines b to z, each as ten of the one before.
func entities() string {
	var b strings.Builder
	for c := 'b'; c <= 'z'; c++ {
		fmt.Fprintf(&b, `<!ENTITY %c "%s">`, c, strings.Repeat(fmt.Sprintf("&%c;", c-1), 10))
	}
	return b.String()
}

func tlsSites(t *testing.T, ca *authority) []hostile {
	wrong := certificate("wrong name", time.Now().Add(time.Hour))
	wrong.IPAddresses, wrong.DNSNames = nil, []string{"other.example"}
	self := &authority{}
	plain := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(plain.Close)
	return []hostile{
		{name: "a good certificate", seed: newTLSSite(t, ca.sign(t, certificate("good", time.Now().Add(time.Hour)))) + "/page", want: "article"},
		{name: "a certificate for another name", seed: newTLSSite(t, ca.sign(t, wrong)) + "/page", want: noRobots},
		{name: "an expired certificate", seed: newTLSSite(t, ca.sign(t, certificate("expired", time.Now().Add(-time.Hour)))) + "/page", want: noRobots},
		{name: "a certificate of its own", seed: newTLSSite(t, self.sign(t, certificate("self", time.Now().Add(time.Hour)))) + "/page", want: noRobots},
		{name: "no TLS at all", seed: "https" + strings.TrimPrefix(plain.URL, "http") + "/page", want: noRobots},
	}
}

func http2Sites(t *testing.T, ca *authority) []hostile {
	cert := ca.sign(t, certificate("http2", time.Now().Add(time.Hour)))
	site := func(name, want string, handle func(f *http2.Framer, stream uint32)) hostile {
		return hostile{name: name, seed: newHTTP2Site(t, cert, handle) + "/page", want: want}
	}
	return []hostile{
		site("HTTP/2 as it should be", "article", func(f *http2.Framer, stream uint32) {
			headers(f, stream, false, "200")
			_ = f.WriteData(stream, true, []byte("<html>"))
		}),
		site("stream reset", wasReset, func(f *http2.Framer, stream uint32) { _ = f.WriteRSTStream(stream, http2.ErrCodeInternal) }),
		site("stream reset in mid body", wasReset, func(f *http2.Framer, stream uint32) {
			headers(f, stream, false, "200")
			_ = f.WriteData(stream, false, []byte("<html>"))
			_ = f.WriteRSTStream(stream, http2.ErrCodeInternal)
		}),
		site("GOAWAY in mid body", wasReset, func(f *http2.Framer, stream uint32) {
			headers(f, stream, false, "200")
			_ = f.WriteGoAway(0, http2.ErrCodeEnhanceYourCalm, nil)
		}),
		site("GOAWAY to every request", timedOut, func(f *http2.Framer, _ uint32) { _ = f.WriteGoAway(0, http2.ErrCodeNo, nil) }),
		site("endless header frames", noHTTP, func(f *http2.Framer, stream uint32) {
			_ = f.WriteHeaders(http2.HeadersFrameParam{StreamID: stream, BlockFragment: []byte{0x88}})
			for f.WriteContinuation(stream, false, bytes.Repeat([]byte{0x00, 0x01, 'x', 0x01, 'y'}, 3000)) == nil {
			}
		}),
		site("data before the header", noHTTP, func(f *http2.Framer, stream uint32) { _ = f.WriteData(stream, false, []byte("<html>")) }),
		site("no stream of this number", timedOut, func(f *http2.Framer, stream uint32) { headers(f, stream+100, false, "200") }),
	}
}

// What lists far too much is taken in part: a feed of a million items, a page
// of a million links.
func TestListsThatAreTooLong(t *testing.T) {
	t.Parallel()
	r := newRig(t, patience)
	r.cfg.MaxBody = 1 << 20
	list := func(head, item string) *site {
		s := newSite(t)
		s.on("/robots.txt", text("text/plain", "User-agent: *\nCrawl-delay: 100\n"))
		s.on("/list", func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, head)
			for i := range 1_000_000 {
				if _, err := fmt.Fprintf(w, item, i); err != nil {
					return
				}
			}
		})
		// Its robots.txt is known, so that the list comes at once and nothing after it.
		must(t, r.PutRobots(t.Context(), s.host(), robotsEntry{
			Verdict: "rules", Body: []byte("User-agent: *\nCrawl-delay: 100\n"), Expires: time.Now().Add(time.Hour),
		}))
		return s
	}
	feed, page := list(`<rss version="2.0"><channel>`, "<item><link>/%d</link></item>\n"), list("<html><body>", "<a href='/%d'>x</a>\n")
	r.enqueue(t, "c1", Source{ID: "feed", Seeds: []string{feed.URL + "/list"}}, Source{ID: "page", Seeds: []string{page.URL + "/list"}, Depth: 1})
	stop := r.start(t)
	eventually(t, 45*time.Second, "both lists", func() bool {
		got := r.outcomes()
		return got[feed.host()] == "feed cut" && got[page.host()] == "page cut"
	})
	stop()
	waiting, err := r.WaitingHosts(t.Context())
	must(t, err)
	const discovered = 10 // sitemaps that may be there
	if n := waiting[feed.host()]; n != feeds.MaxItems {
		t.Errorf("%d items of the feed wait, want %d", n, feeds.MaxItems)
	}
	if n := waiting[page.host()]; n < maxLinks || n > maxLinks+discovered {
		t.Errorf("%d links of the page wait, want %d", n, maxLinks)
	}
}
