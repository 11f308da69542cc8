package crawler

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/zap"

	"pressmill/pkg/bus"
)

// twin is an article that names its other addresses.
func twin(rel ...string) http.HandlerFunc {
	var b strings.Builder
	b.WriteString(`<!doctype html><html><head><meta property="og:type" content="article">`)
	for i := 0; i < len(rel); i += 2 {
		fmt.Fprintf(&b, "<link rel=%q href=%q>", rel[i], rel[i+1])
	}
	return text("text/html", b.String()+"</head><body><h1>A story</h1></body></html>")
}

func TestTwinsAreOneArticle(t *testing.T) {
	t.Parallel()
	r, s := newRig(t, patience), newSite(t)
	r.cfg.Delay = time.Millisecond
	// The feed knows AMP pages, the front page the others.
	s.on("/feed", feed(s.URL+"/amp/first-story-of-today", s.URL+"/amp/second-story-of-today"))
	s.on("/", page("/first-story-of-today", "/second-story-of-today", "/third-story-of-today"))
	for _, n := range []string{"first", "second"} {
		s.on("/amp/"+n+"-story-of-today", twin("canonical", "/"+n+"-story-of-today"))
		s.on("/"+n+"-story-of-today", twin("canonical", "/"+n+"-story-of-today"))
	}
	s.on("/third-story-of-today", twin("canonical", s.URL+"/third-story-of-today?utm_source=x", "amphtml", "/third-story-of-today/amp"))
	src := Source{ID: "src", Seeds: []string{s.URL + "/feed", s.URL + "/"}, Depth: 1}
	r.enqueue(t, "c1", src)
	r.crawl(t)
	want := []string{"/", "/amp/first-story-of-today", "/amp/second-story-of-today", "/third-story-of-today"}
	same(t, "pages", r.urls(s), want)

	// Later the feed names what is had: an AMP page that its story has named is
	// not fetched, one that names its story is fetched and not published.
	s.on("/feed", feed(s.URL+"/third-story-of-today/amp", s.URL+"/m/third-story-of-today.html"))
	s.on("/m/third-story-of-today.html", twin("canonical", "/third-story-of-today"))
	r.enqueue(t, "c2", src)
	r.crawl(t)
	same(t, "pages", slices.Compact(r.urls(s)), want)
	if got := [2]int{s.asked("/third-story-of-today/amp"), s.asked("/m/third-story-of-today.html")}; got != [2]int{0, 1} {
		t.Errorf("the twins were asked for %v times, want 0 and 1", got)
	}
	if n := r.stage.Snapshot().SkippedBy["twin"]; n != 1 {
		t.Errorf("%d twins skipped, want 1", n)
	}
}

// A canonical address that all pages share loses none of them.
func TestWrongCanonicalsLoseNothing(t *testing.T) {
	t.Parallel()
	r, s := newRig(t, patience), newSite(t)
	r.cfg.Delay = time.Millisecond
	var items []string
	for i, canonical := range []string{"/", "/news/", "/news-of-the-whole-world/", "/news-of-the-whole-world/1", "/a-story-of-another-day", "https://other.example/a-story", ""} {
		for _, n := range []string{"one", "two", "three"} {
			path := fmt.Sprintf("/news-of-the-whole-world/%s-story-of-kind-%d", n, i)
			s.on(path, twin("canonical", canonical))
			items = append(items, path)
		}
	}
	for _, list := range []string{"/news/", "/news-of-the-whole-world/", "/news-of-the-whole-world/1"} {
		s.on(list, page(items...))
	}
	s.on("/a-story-of-another-day", twin())
	s.on("/", page(append([]string{"/news/", "/news-of-the-whole-world/", "/news-of-the-whole-world/1", "/a-story-of-another-day"}, items...)...))
	r.enqueue(t, "c1", Source{Seeds: []string{s.URL + "/"}, Depth: 2})
	r.crawl(t)
	got := r.urls(s)
	for _, path := range append(items, "/", "/news/", "/a-story-of-another-day") {
		if !slices.Contains(got, path) {
			t.Errorf("%s is missing", path)
		}
	}
}

func TestTwinsOnAnotherHostOfTheDomain(t *testing.T) {
	t.Parallel()
	r, s := newRig(t, patience), newSite(t)
	r.cfg.Delay = time.Millisecond
	port := s.URL[strings.LastIndexByte(s.URL, ':'):]
	mobile, www := "http://m.paper.example"+port, "http://www.paper.example"+port
	s.on("/feed", feed(mobile+"/first-story-of-today"))
	s.on("/first-story-of-today", twin("canonical", www+"/first-story-of-today"))
	src := Source{ID: "paper", Seeds: []string{www + "/feed"}}
	r.enqueue(t, "c1", src)
	r.startGrouped(t)
	quiet := func() bool { st := r.state(t); return st.Hosts == 0 && st.Frontier == 0 && st.Pages == 0 }
	eventually(t, 20*time.Second, "the first crawl", quiet)
	s.on("/feed", feed(www+"/first-story-of-today"))
	r.enqueue(t, "c2", src)
	eventually(t, 20*time.Second, "the second crawl", quiet)
	var got []string
	for _, p := range r.pages() {
		got = append(got, p.FinalURL)
	}
	same(t, "pages", got, []string{mobile + "/first-story-of-today"})
	seen := r.Seen("www.paper.example" + port)
	must(t, seen.Refresh(t.Context()))
	if !seen.Has(outcomeMark("twin", "https://www.paper.example"+port+"/first-story-of-today")) {
		t.Error("the canonical address is not marked on its host")
	}
	if letters := r.letters(t); len(letters) > 0 {
		t.Errorf("dead letters: %+v", letters)
	}
}

// What could not be told to another host is told when its page comes again.
func TestTwinThatWasNotPushedIsPushedAgain(t *testing.T) {
	t.Parallel()
	r := newRig(t, patience)
	c, err := New(r.cfg, r.Bus, zap.NewNop(), r.stage)
	must(t, err)
	v := visit{Crawler: c, lane: c.newLane("m.paper.example")}
	other, err := url.Parse("https://www.paper.example/first-story-of-today")
	must(t, err)
	away, cancel := context.WithCancel(t.Context())
	cancel()
	if err := v.pushTwin(away, bus.FrontierURL{}, other); err == nil {
		t.Fatal("it was pushed")
	}
	for range 2 { // once is enough
		must(t, v.pushTwin(t.Context(), bus.FrontierURL{}, other))
	}
	waiting, err := r.WaitingHosts(t.Context())
	must(t, err)
	same(t, "notes", waiting, map[string]uint64{other.Host: 1})
}

// One address in several spellings is one host, one turn, and one article.
func TestSpellingsOfAnAddressAreOne(t *testing.T) {
	t.Parallel()
	r, s := newRig(t, patience), newSite(t)
	port := s.URL[strings.LastIndexByte(s.URL, ':'):]
	s.on("/feed", feed("http://127.1"+port+"/story?utm_source=a", "http://0x7f000001"+port+"/story#b", "http://2130706433"+port+"/./x/../story",
		"http:\\\\127.0.0.1"+port+"\\story", "http://me:secret@127.0.0.1"+port+"/story"))
	s.on("/story", page())
	r.enqueue(t, "c1", Source{Seeds: []string{"http://017700000001" + port + "/feed"}})
	r.crawl(t)
	same(t, "requests", s.paths(), []string{"/robots.txt", "/feed", "/story"})
	same(t, "pages", r.urls(s), []string{"/story"})
}

// The same page asked for with another query may hold another text.
func TestEditionsAreNoTwins(t *testing.T) {
	t.Parallel()
	u, err := url.Parse("https://h.example/first-story-of-today")
	must(t, err)
	for query, want := range map[string]bool{
		"amp": true, "amp=1": true, "outputType=amp": true, "a=b&print=1": true, "view=Mobile": true,
		"edition=evening": false, "page=2": false, "ramp=1": false,
	} {
		other := *u
		other.RawQuery = query
		if isTwin(u, &other) != want || isTwin(&other, u) != want {
			t.Errorf("?%s: want %v", query, want)
		}
	}
}
