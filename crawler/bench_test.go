package crawler

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gocolly/colly/v2"
	"github.com/klauspost/compress/gzip"
	"go.uber.org/zap"
	"golang.org/x/sys/unix"

	"pressmill/crawler/fetch"
	"pressmill/crawler/links"
	"pressmill/crawler/robots"
	"pressmill/pkg/bus"
	"pressmill/pkg/logging"
	"pressmill/pkg/weburl"
)

const (
	benchHosts   = 2000
	benchPage    = 50_000 // bytes of a page, decoded
	benchLinks   = 150    // of a page
	benchVariety = 4      // different pages of a host
	benchWorkers = 32
	benchShare   = 10 // what is slow is measured on one host in so many
)

// serveSites is the process that serves the benchmark's hosts: each listens on
// an address of its own and has the same pages, sent with gzip. It prints one
// address a line and ends with its input.
func serveSites(stdin io.Reader, stdout io.Writer) error {
	bodies := make([][]byte, benchVariety)
	for i := range bodies {
		var b bytes.Buffer
		w := gzip.NewWriter(&b)
		if _, err := w.Write(newsPage(i)); err != nil {
			return err
		}
		if err := w.Close(); err != nil {
			return err
		}
		bodies[i] = b.Bytes()
	}
	srv := &http.Server{ReadHeaderTimeout: time.Minute, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n, err := strconv.Atoi(r.URL.Path[strings.LastIndexByte(r.URL.Path, '-')+1:])
		if err != nil {
			http.NotFound(w, r)
			return
		}
		body := bodies[n%benchVariety]
		h := w.Header()
		h.Set("Content-Type", "text/html; charset=utf-8")
		h.Set("Content-Encoding", "gzip")
		h.Set("Content-Length", strconv.Itoa(len(body)))
		h.Set("Cache-Control", "max-age=60")
		h.Set("ETag", `"5e0c-61f1"`)
		h.Set("Last-Modified", "Tue, 24 Nov 2026 09:00:00 GMT")
		h.Set("Vary", "Accept-Encoding")
		h.Set("Server", "nginx")
		_, _ = w.Write(body)
	})}
	for i := range benchHosts {
		l, err := net.Listen("tcp", fmt.Sprintf("127.1.%d.%d:0", i/250, i%250+1))
		if err != nil {
			return err
		}
		fmt.Fprintln(stdout, l.Addr())
		go func() { _ = srv.Serve(l) }()
	}
	_, err := io.Copy(io.Discard, stdin)
	return err
}

// newsPath is the path of a host's nth article.
func newsPath(n int) string {
	return fmt.Sprintf("/2026/11/24/section-%d/a-headline-of-some-words-%d", n%7, n)
}

// newsPage makes an article's page as sites have them: a head full of
// metadata, scripts, navigation, paragraphs with links, and rails of teasers.
func newsPage(n int) []byte {
	rnd := rand.New(rand.NewPCG(1, uint64(n)))
	var b bytes.Buffer
	b.WriteString("<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>")
	words(&b, rnd, 9)
	b.WriteString("</title>\n<link rel=\"stylesheet\" href=\"/assets/main.css?v=81\"><link rel=\"alternate\" type=\"application/rss+xml\" href=\"/feed\">\n")
	for _, name := range []string{"description", "og:title", "og:description", "twitter:title", "twitter:description"} {
		fmt.Fprintf(&b, "<meta property=\"%s\" content=\"", name)
		words(&b, rnd, 20)
		b.WriteString("\">\n")
	}
	b.WriteString("<meta property=\"og:type\" content=\"article\"><script>window.config={\"a\":[")
	for i := range 100 {
		fmt.Fprintf(&b, "{\"k\":%d,\"v\":\"%x\"},", i, rnd.Uint32())
	}
	b.WriteString("{}]}</script></head><body class=\"page page--article\">\n<article>")
	link := func() {
		ref := newsPath(rnd.IntN(400))
		if rnd.IntN(5) == 0 {
			ref += fmt.Sprintf("?ref=rail&amp;pos=%d", rnd.IntN(3))
		}
		fmt.Fprintf(&b, "<a class=\"c-teaser__link\" href=\"%s\" data-track=\"click\">", ref)
		words(&b, rnd, 6)
		b.WriteString("</a>")
	}
	for i := range benchLinks {
		switch {
		case i%10 == 9:
			fmt.Fprintf(&b, "<a rel=\"noopener\" target=\"_blank\" href=\"https://social.example/share?u=%x&amp;t=%d\">share</a>\n", rnd.Uint32(), i)
		case i%3 == 0:
			b.WriteString("<p>")
			words(&b, rnd, 45)
			link()
			words(&b, rnd, 10)
			b.WriteString("</p>\n")
		default:
			b.WriteString("<li class=\"c-teaser\"><img src=\"/img/x.jpg\" alt=\"\" loading=\"lazy\">")
			link()
			b.WriteString("</li>\n")
		}
	}
	b.WriteString("</article>")
	for b.Len() < benchPage {
		b.WriteString("<p>")
		words(&b, rnd, 60)
		b.WriteString("</p>\n")
	}
	b.WriteString("</body></html>")
	return b.Bytes()
}

func words(b *bytes.Buffer, rnd *rand.Rand, n int) {
	syllables := []string{"ma", "ri", "to", "len", "sk", "or", "ber", "an", "tu", "vie", "ch", "o", "pre", "ss"}
	for range n {
		for range 2 + rnd.IntN(3) {
			b.WriteString(syllables[rnd.IntN(len(syllables))])
		}
		b.WriteByte(' ')
	}
}

// benchSite is one host of the benchmark as the fetch path sees it.
type benchSite struct {
	visit *visit
	src   *scope
	html  *colly.Collector // with OnHTML
	page  []byte           // one of its pages
}

// contestant reads one page in its way.
type contestant struct {
	name   string
	read   func(s *benchSite, rawURL string) error
	share  int             // it reads only one page in so many, to save time
	ready  func()          // called before each round if not nil, not counted
	apart  bool            // it reads no page: it shows what else a page costs
	cpu    []time.Duration // of each round, a page
	ratios []float64       // of each round, to the first contestant
	allocs uint64          // of the last round, a page
	bytes  uint64
}

// BenchmarkFetchPath compares the CPU that a page costs: net/http that reads
// and decodes it, the crawler's fetch path, and Colly as its guide shows it.
// All read the same pages of 2,000 hosts over connections that are kept, in
// turn and in one run; the server is another process. The publish and what a
// turn costs on the bus are shown beside it.
func BenchmarkFetchPath(b *testing.B) {
	sites := benchSites(b)
	contestants := []*contestant{
		{name: "net/http", read: newRawReader(), share: 1},
		{name: "fetch path", read: readAsCrawler, share: 1},
		{name: "Colly with OnHTML", read: readWithOnHTML, share: benchShare},
		{name: "publish", read: publishPage, share: benchShare, apart: true},
		{name: "turn", read: takeAndFinish, share: benchShare, apart: true, ready: frontierOf(b, sites[:benchHosts/benchShare])},
	}
	for _, c := range contestants {
		for n := range benchVariety { // connects, and fills pools and caches
			c.round(b, sites, n)
		}
		c.cpu = nil
	}
	for n := 1; b.Loop(); n++ {
		first := contestants[0].round(b, sites, n)
		for _, c := range contestants[1:] {
			c.ratios = append(c.ratios, float64(c.round(b, sites, n))/float64(first))
		}
	}
	var table strings.Builder
	fmt.Fprintf(&table, "CPU a page of %d bytes from %d hosts, median of %d rounds\n", benchPage, len(sites), b.N)
	fmt.Fprintf(&table, "%-20s %10s %12s %12s %13s\n", "", "CPU", "to net/http", "allocations", "KB allocated")
	for i, c := range contestants {
		ratio := "1.00"
		switch {
		case c.apart:
			ratio = "beside"
		case i > 0:
			ratio = fmt.Sprintf("%.2f", middle(c.ratios))
		}
		fmt.Fprintf(&table, "%-20s %7.0f µs %12s %12d %13.1f\n", c.name, middle(c.cpu).Seconds()*1e6, ratio, c.allocs, float64(c.bytes)/1000)
	}
	b.Log("\n" + table.String())
	b.ReportMetric(middle(contestants[1].ratios), "fetch/raw")
}

// round has a contestant read pages of all hosts and returns the CPU time of
// this process that a page took.
func (c *contestant) round(b *testing.B, sites []*benchSite, n int) time.Duration {
	if c.ready != nil {
		c.ready()
	}
	runtime.GC()
	cpu, before := cpuTime(), memory()
	var (
		pages atomic.Int64
		wg    sync.WaitGroup
	)
	for w := range benchWorkers {
		wg.Go(func() {
			for i := w; i < len(sites)/c.share; i += benchWorkers {
				s := sites[i]
				if err := c.read(s, "http://"+s.visit.host+newsPath(n+i)); err != nil {
					b.Errorf("%s: %v", c.name, err)
					return
				}
				pages.Add(1)
			}
		})
	}
	wg.Wait()
	after := memory()
	perPage := (cpuTime() - cpu) / time.Duration(max(1, pages.Load()))
	c.allocs, c.bytes = (after.Mallocs-before.Mallocs)/uint64(pages.Load()), (after.TotalAlloc-before.TotalAlloc)/uint64(pages.Load())
	c.cpu = append(c.cpu, perPage)
	return perPage
}

func memory() (m runtime.MemStats) {
	runtime.ReadMemStats(&m)
	return m
}

// cpuTime returns the CPU time of this process, in user and kernel mode.
func cpuTime() time.Duration {
	var u unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &u); err != nil {
		panic(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func middle[T float64 | time.Duration](list []T) T {
	list = slices.Sorted(slices.Values(list))
	return list[len(list)/2]
}

// benchSites starts the server and returns its hosts, with all their links
// seen and their robots.txt known.
func benchSites(b *testing.B) []*benchSite {
	b.Helper()
	server := startProcess(b, "sites", "")
	conn := newBus(b, time.Hour)
	cfg := testConfig()
	c, err := New(cfg, conn, zap.NewNop(), logging.NewStage(zap.NewNop(), "crawler"))
	must(b, err)
	c.transport = fetch.NewTransport(fetch.Options{
		UserAgent: cfg.UserAgent, MaxBody: int64(cfg.MaxBody), AllowPrivate: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")},
		MaxIdle: 2 * benchHosts, IdleTimeout: 10 * time.Minute,
	})
	rules := robots.Parse([]byte(benchRobots), "testbot")
	pages := make([][]byte, benchVariety)
	for i := range pages {
		pages[i] = newsPage(i)
	}
	sites := make([]*benchSite, benchHosts)
	for i := range sites {
		host := server.line(b)
		l := c.newLane(host)
		l.rules = rules
		src, err := newScope(Source{ID: "bench", Domain: host, Depth: 1})
		must(b, err)
		sites[i] = &benchSite{visit: &visit{Crawler: c, lane: l, log: zap.NewNop()}, src: src, html: collectorWithOnHTML(c.transport), page: pages[i%benchVariety]}
		must(b, l.seen.Add(b.Context(), linksOf(host, pages)...))
	}
	return sites
}

const benchRobots = `User-agent: *
Disallow: /search
Disallow: /*?print=
Disallow: /account/
Allow: /account/help
Sitemap: https://example.org/sitemap.xml
`

// linksOf returns the fingerprints of all that the pages of a host link to.
func linksOf(host string, pages [][]byte) []uint64 {
	var marks []uint64
	for _, body := range pages {
		for _, l := range links.Scan(body, &url.URL{Scheme: "http", Host: host, Path: "/"}, 0, links.NewMemory(1), func(string) bool { return true }).Links {
			marks = append(marks, bus.Fingerprint(weburl.Key(l.URL)))
		}
	}
	return marks
}

// newRawReader returns what net/http alone needs: it reads and decodes a body
// into memory, with readers and buffers that are kept.
func newRawReader() func(*benchSite, string) error {
	client := &http.Client{Transport: &http.Transport{DisableCompression: true, MaxIdleConns: 2 * benchHosts}}
	type kept struct {
		zr  gzip.Reader
		buf bytes.Buffer
	}
	pool := sync.Pool{New: func() any { return new(kept) }}
	return func(_ *benchSite, rawURL string) error {
		req, err := http.NewRequest(http.MethodGet, rawURL, nil)
		if err != nil {
			return err
		}
		req.Header.Set("Accept-Encoding", "gzip")
		resp, err := client.Do(req)
		if err != nil {
			return err
		}
		defer resp.Body.Close()
		k := pool.Get().(*kept)
		defer pool.Put(k)
		if err := k.zr.Reset(resp.Body); err != nil {
			return err
		}
		k.buf.Reset()
		if _, err = k.buf.ReadFrom(&k.zr); err != nil {
			return err
		}
		return checkPage(k.buf.Len())
	}
}

func checkPage(n int) error {
	if n < benchPage {
		return fmt.Errorf("page of %d bytes", n)
	}
	return nil
}

// readAsCrawler does what visit.work does to a page, without the bus: all
// links of the page are seen, as on most pages of a site that is polled.
func readAsCrawler(s *benchSite, rawURL string) error {
	ctx := context.Background()
	u, err := weburl.Parse(rawURL)
	if err != nil {
		return err
	}
	_ = weburl.Key(u)
	if !s.visit.rules.Allowed(u) {
		return errors.New("refused by robots.txt")
	}
	job := &errand{FrontierURL: bus.FrontierURL{URL: rawURL}, at: u, src: s.src}
	entries := &sitemapStream{visit: s.visit, job: job}
	resp, err := s.visit.get(fetch.WithTaker(ctx, entries.taker(ctx)), s.visit.lane, rawURL, nil)
	defer resp.free()
	if err != nil {
		return err
	}
	if !links.IsHTML(resp.body) {
		return errors.New("a page was not taken for one")
	}
	if _, err := s.visit.expandPage(ctx, job, resp); err != nil {
		return err
	}
	return checkPage(len(resp.body))
}

func collectorWithOnHTML(t http.RoundTripper) *colly.Collector {
	col := colly.NewCollector(colly.AllowURLRevisit())
	col.WithTransport(t)
	col.OnHTML("a[href]", func(e *colly.HTMLElement) { _ = e.Request.AbsoluteURL(e.Attr("href")) })
	return col
}

func readWithOnHTML(s *benchSite, rawURL string) error { return s.html.Visit(rawURL) }

// publishPage publishes an article's page to the parsers, on a bus that is in
// this process: its server's work counts too.
func publishPage(s *benchSite, rawURL string) error {
	u, err := weburl.Parse(rawURL)
	if err != nil {
		return err
	}
	job := &errand{FrontierURL: bus.FrontierURL{URL: rawURL, Source: "bench", Found: time.Now()}, at: u, src: s.src}
	return s.visit.publish(context.Background(), job, &response{
		status: http.StatusOK, header: http.Header{"Content-Type": {"text/html; charset=utf-8"}}, body: s.page, start: time.Now(), end: time.Now(),
	})
}

// frontierOf takes the turns of sites and returns what gives each of them an
// article to fetch, as a feed does.
func frontierOf(b *testing.B, sites []*benchSite) func() {
	b.Helper()
	conn := sites[0].visit.bus
	holders := map[string]*benchSite{}
	for _, s := range sites {
		holders[bus.HostToken(s.visit.host)] = s
	}
	if _, err := conn.Hosts().ArmAll(b.Context(), slices.Collect(maps.Keys(holders))); err != nil {
		b.Fatal(err)
	}
	for taken := 0; taken < len(sites); {
		turns, err := conn.Hosts().Pull(b.Context(), len(sites)-taken, time.Second)
		must(b, err)
		for _, t := range turns {
			holders[t.Key].visit.t = t
			taken++
		}
	}
	pushed := 0
	return func() {
		queued := make([]bus.Queued, len(sites))
		for i, s := range sites {
			pushed++
			job := bus.FrontierURL{URL: "http://" + s.visit.host + newsPath(pushed), Source: "bench", Foreign: true, Found: time.Now()}
			queued[i] = bus.Queued{Host: s.visit.host, Priority: bus.PriorityFeed, URL: job}
		}
		if _, err := conn.PushAll(b.Context(), queued); err != nil {
			b.Fatal(err)
		}
	}
}

// takeAndFinish does what a URL costs on the bus within a turn, but for the
// page: it is read from the frontier, the turn is checked before the request,
// and what became of the URL is written down before it is removed.
func takeAndFinish(s *benchSite, _ string) error {
	ctx := context.Background()
	job, _, err := s.visit.next(ctx)
	if err != nil {
		return err
	}
	if err := s.visit.t.Check(ctx); err != nil {
		return err
	}
	return s.visit.done(ctx, job, job.URL, "article")
}
