package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"pressmill/crawler"
	"pressmill/deploy/pressmill/demo"
	"pressmill/pkg/bus"
	"pressmill/pkg/logging"
	"pressmill/pkg/logging/logtest"
	"pressmill/pkg/news"
	"pressmill/sink/segment"
)

// TestSummariesAreWhatHappened crawls sites with much trouble by two workers of
// each stage, of which one each is stopped in the middle and replaced. What the
// last summaries of all processes add up to is what the sites were asked for,
// what the lines of single items tell, and what lies in the store.
func TestSummariesAreWhatHappened(t *testing.T) {
	t.Parallel()
	b := newBench(t, `
crawler: {allow_private: [127.0.0.0/8], contact: test@pressmill.example, delay: 10ms, latency_factor: 0, address_rate: 0, domain_rate: 0, attempts: 2, revisit: [], obey: [nofollow, noindex]}
sinks:
  - {name: all, url: 'file://DIR/all', max_age: 200ms}
  - {name: piers, url: 'file://DIR/piers', max_age: 200ms, filter: {keywords: [pier]}}
`)
	sites := []*troubled{newTroubled(t), newTroubled(t), newTroubled(t), newTroubled(t)}
	sites[0].elsewhere, sites[2].elsewhere = sites[1].URL, sites[3].URL
	enqueue := func(sites []*troubled) {
		for _, s := range sites {
			if _, err := crawler.Apply(t.Context(), b.Bus, []crawler.Source{s.source()}, "c1", crawler.Once); err != nil {
				t.Fatal(err)
			}
		}
	}
	var all []*loggedWorker
	work := map[string][]*loggedWorker{}
	start := func(name string) {
		w := startLogged(t, b, name)
		work[name], all = append(work[name], w), append(all, w)
	}
	for _, name := range []string{"crawler", "crawler", "parser", "parser", "sink", "sink"} {
		start(name)
	}
	enqueue(sites[:2])
	for _, first := range []struct{ name, event string }{{"crawler", logging.FetchDone}, {"parser", logging.ArticlePublished}, {"sink", logging.ArticleWritten}} {
		w := work[first.name][0]
		w.awaits(t, first.event)
		w.stop(t)
		start(first.name)
		enqueue(sites[2:]) // more work for all; what is known changes nothing
	}
	awaitParsers(t, b)
	for _, name := range []string{"crawler", "parser"} {
		for _, w := range work[name][1:] {
			w.stop(t)
		}
	}
	awaitSinks(t, work)
	for _, w := range work["sink"][1:] {
		w.stop(t)
	}
	for _, w := range all {
		logtest.Check(t, w.told(t))
	}
	checkSums(t, tell(t, all), sites, storedIDs(t, b, "all"), storedIDs(t, b, "piers"))
}

// twoForms is the address of a story that has another one for phones.
const twoForms = "council-votes-on-the-old-harbour.html"

// troubled is the demo site with more that goes wrong.
type troubled struct {
	*httptest.Server

	site      *demo.Site
	elsewhere string // the origin of another such site, which this one moved a story to

	mu     sync.Mutex
	robots int         // requests for robots.txt
	got    map[int]int // the answers to others by status
}

func newTroubled(t *testing.T) *troubled {
	t.Helper()
	s := &troubled{site: demo.New(), got: map[int]int{}}
	s.Server = httptest.NewServer(s)
	t.Cleanup(s.Close)
	return s
}

func (s *troubled) source() crawler.Source {
	return crawler.Source{ID: "s" + s.URL[strings.LastIndex(s.URL, ":")+1:], Seeds: []string{s.URL + "/", s.URL + "/feed.xml", s.URL + "/trouble/"}, Depth: 1}
}

func (s *troubled) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	rec := httptest.NewRecorder()
	s.answer(rec, r)
	s.mu.Lock()
	if r.URL.Path == "/robots.txt" {
		s.robots++
	} else {
		s.got[rec.Code]++
	}
	s.mu.Unlock()
	maps.Copy(w.Header(), rec.Header())
	w.WriteHeader(rec.Code)
	_, _ = w.Write(rec.Body.Bytes()) // a client that has gone has still asked
}

func (s *troubled) answer(w http.ResponseWriter, r *http.Request) {
	path, ok := strings.CutPrefix(r.URL.Path, "/trouble/")
	if !ok {
		s.site.ServeHTTP(w, r)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	head := ""
	switch {
	case path == "":
		fmt.Fprint(w, "<title>Trouble</title><body>")
		for _, to := range []string{"broken.html", "moved.html", "away.html", "lost.html", "copy-a.html", "copy-b.html", twoForms, twoForms + "?amp=1", "kept-back.html"} {
			fmt.Fprintf(w, `<p><a href="/trouble/%s">%[1]s</a>`, to)
		}
		return
	case path == "broken.html":
		http.Error(w, "out of ink", http.StatusInternalServerError)
		return
	case path == "moved.html":
		http.Redirect(w, r, "/trouble/there.html", http.StatusMovedPermanently)
		return
	case path == "away.html" && s.elsewhere != "":
		http.Redirect(w, r, s.elsewhere+"/trouble/guest.html", http.StatusFound)
		return
	case path == "lost.html":
		http.NotFound(w, r)
		return
	case strings.HasPrefix(path, "copy"):
		head, path = `<link rel="canonical" href="/trouble/copies.html">`, "copies.html"
	case path == twoForms:
		head = `<link rel="canonical" href="/trouble/` + twoForms + `">`
	case path == "kept-back.html":
		head = `<meta name="robots" content="noindex">`
	}
	text := strings.Repeat(fmt.Sprintf("<p>The council met about %s on Monday, and talked for three hours before it voted on the matter.</p>", path), 12)
	fmt.Fprintf(w, `<html lang=en><head><title>The council votes on %s</title><meta property="og:type" content="article">%s</head>`+
		`<body><article><h1>The council votes on %[1]s</h1>%[3]s</article></body></html>`, path, head, text)
}

// awaits waits until the worker has logged an event.
func (p *loggedWorker) awaits(t *testing.T, event string) {
	t.Helper()
	for range patience {
		if strings.Contains(p.told(t), fmt.Sprintf(`"event":%q`, event)) {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Fatalf("no %s in\n%s", event, p.told(t))
}

// stop ends the worker as an operator does.
func (p *loggedWorker) stop(t *testing.T) {
	t.Helper()
	if err := p.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := p.Wait(); err != nil {
		t.Errorf("ended with %v\n%s", err, p.told(t))
	}
}

// patience is in pauses of 50 ms: a machine that is busy takes longer.
const patience = 6000

// awaitParsers waits until all is fetched and parsed.
func awaitParsers(t *testing.T, b bench) {
	t.Helper()
	var s bus.State
	for range patience {
		var err error
		if s, err = b.State(t.Context()); err != nil {
			t.Fatal(err)
		}
		if s.Frontier+s.Pages == 0 {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Fatalf("never is all fetched and parsed: %+v", s)
}

// awaitSinks waits until both sinks are done with every article.
func awaitSinks(t *testing.T, work map[string][]*loggedWorker) {
	t.Helper()
	articles := len(tell(t, work["parser"]).of(logging.ArticlePublished))
	for range patience {
		l := tell(t, work["sink"])
		if len(l.of(logging.ArticleWritten))+len(l.of(logging.ArticleSkipped)) >= 2*articles {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Fatalf("%d articles for two sinks, but %+v", articles, tell(t, work["sink"]).byEvent())
}

// storedIDs returns the ids of the articles in the store of a sink, in order.
func storedIDs(t *testing.T, b bench, sink string) (ids []string) {
	t.Helper()
	for line, err := range segment.ReadURL(t.Context(), "file://"+b.dir+"/"+sink) {
		var a news.Article
		if err == nil {
			err = json.Unmarshal(line, &a)
		}
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, a.ID)
	}
	slices.Sort(ids)
	return ids
}

// checkSums compares the last summaries with the lines, the sites and the stores.
func checkSums(t *testing.T, l toldLines, sites []*troubled, all, piers []string) {
	t.Helper()
	final := l.of(logging.StageSummary).where(func(l toldLine) bool { return l.Final })
	if len(final) != 9 {
		t.Errorf("%d final summaries of 9 processes", len(final))
	}
	for _, p := range final {
		if p.In != p.Out+p.Failed+p.Skipped+p.Again || p.InFlight != 0 {
			t.Errorf("%s %s: %+v", p.Stage, p.Instance, p)
		}
		for what, n := range map[int]map[string]int{p.Failed: p.FailedBy, p.Skipped: p.SkippedBy, p.Again: p.AgainBy} {
			if what != total(n) {
				t.Errorf("%s %s: %d are not %v", p.Stage, p.Instance, what, n)
			}
		}
	}
	checkCrawlers(t, l, sites)
	checkParsers(t, l)
	checkSinks(t, l, all, piers)
}

func same(t *testing.T, what string, want, got any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-what happened +what is counted):\n%s", what, diff)
	}
}

func checkCrawlers(t *testing.T, l toldLines, sites []*troubled) {
	t.Helper()
	asked, robots, status := 0, 0, map[int]int{}
	for _, s := range sites {
		s.mu.Lock()
		robots += s.robots
		for code, n := range s.got {
			status[code] += n
			asked += n
		}
		s.mu.Unlock()
	}
	sum, fetched, failed := l.sum("crawler"), l.of(logging.FetchDone), l.of(logging.FetchFailed)
	same(t, "requests that the sites have answered", asked+robots, sum.Requests)
	same(t, "requests for robots.txt", robots, len(l.of(logging.RobotsFetched)))
	passed := fetched.where(func(l toldLine) bool { return l.Kind != "twin" && l.Kind != "withheld" })
	same(t, "pages fetched", passed.by(func(l toldLine) string { return l.Kind }), sum.OutBy)
	same(t, "URLs given up", failed.at("error").by(reason), sum.FailedBy)
	again := failed.at("warn").by(reason)
	plus(again, map[string]int{"stop": sum.AgainBy["stop"]})
	plus(sum.AgainBy, map[string]int{"stop": 0})
	same(t, "URLs that are tried again", again, sum.AgainBy)
	left := l.of(logging.FetchSkipped).by(reason)
	for _, f := range fetched {
		switch f.Kind {
		case "twin":
			left["twin"]++
		case "withheld":
			left[f.Reason]++
		}
	}
	same(t, "URLs left out", left, sum.SkippedBy)
	same(t, "pages on the bus", len(l.of(logging.PagePublished)), sum.OutBy["article"]+sum.OutBy["page"]+sum.OutBy["changed"]+sum.OutBy["gone"])
	lines := map[int]int{}
	for _, f := range append(fetched, failed...) {
		if f.Took == nil {
			continue
		}
		code := f.Status
		if _, err := fmt.Sscanf(f.Reason, "http_%d", &code); err != nil && code == 0 {
			code = http.StatusOK
		}
		lines[code]++
	}
	same(t, "answers by status", status, lines)
	for what, n := range map[string]int{
		"redirect": sum.OutBy["redirect"], "robots": sum.SkippedBy["robots"], "twin": sum.SkippedBy["twin"], "noindex": sum.SkippedBy["noindex"],
		"http_404": sum.FailedBy["http_404"], "http_500": sum.FailedBy["http_500"], "http_500 again": sum.AgainBy["http_500"],
	} {
		if n == 0 {
			t.Errorf("%s: what is to be counted did not happen", what)
		}
	}
}

func checkParsers(t *testing.T, l toldLines) {
	t.Helper()
	sum := l.sum("parser")
	same(t, "pages on the bus", len(l.of(logging.PagePublished)), sum.In-sum.Again)
	same(t, "articles on the bus", len(l.of(logging.ArticlePublished)), sum.Out)
	left := l.of(logging.ParseRejected).by(reason)
	if n := len(l.of(logging.ArticleDuplicate)); n > 0 {
		left["duplicate"] = n
	}
	same(t, "pages without an article", left, sum.SkippedBy)
	same(t, "pages parsed", len(l.of(logging.ParseDone)), sum.Out+sum.SkippedBy["duplicate"])
	dead := l.of(logging.DeadLetter).where(func(l toldLine) bool { return l.Stage == "parser" })
	same(t, "dead letters", dead.by(reason), sum.FailedBy)
}

func checkSinks(t *testing.T, l toldLines, all, piers []string) {
	t.Helper()
	sum, published := l.sum("sink"), len(l.of(logging.ArticlePublished))
	same(t, "articles for two sinks", 2*published, sum.In-sum.Again)
	same(t, "articles in objects", len(all)+len(piers), sum.Out)
	same(t, "articles left out", l.of(logging.ArticleSkipped).by(reason), sum.SkippedBy)
	ids := func(l toldLines, sink string) (ids []string) {
		for _, line := range l {
			if line.Sink == sink {
				ids = append(ids, line.ArticleID)
			}
		}
		slices.Sort(ids)
		return ids
	}
	written := l.of(logging.ArticleWritten)
	same(t, "the articles of the sink all", all, ids(written, "all"))
	same(t, "the articles of the sink piers", piers, ids(written, "piers"))
	same(t, "the articles of all objects", all, ids(l.of(logging.ArticlePublished), ""))
	if len(piers) == 0 || len(piers) == len(all) {
		t.Errorf("the filter takes %d of %d articles", len(piers), len(all))
	}
}
