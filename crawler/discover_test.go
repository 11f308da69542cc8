package crawler

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"pressmill/pkg/bus"
	"pressmill/pkg/logging"
)

// urlset is a sitemap of URLs, or with another name an index of sitemaps; each
// may have a date after a space.
func urlset(root string, urls ...string) http.HandlerFunc {
	entry := map[string]string{"urlset": "url", "sitemapindex": "sitemap"}[root]
	var b strings.Builder
	fmt.Fprintf(&b, `<?xml version="1.0"?><%s xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">`, root)
	for _, u := range urls {
		loc, lastmod, dated := strings.Cut(u, " ")
		fmt.Fprintf(&b, "<%s><loc>%s</loc>", entry, loc)
		if dated {
			fmt.Fprintf(&b, "<lastmod>%s</lastmod>", lastmod)
		}
		fmt.Fprintf(&b, "</%s>", entry)
	}
	return text("application/xml", b.String()+"</"+root+">")
}

// ago is a date for urlset.
func ago(d time.Duration) string { return " " + time.Now().Add(-d).UTC().Format(time.RFC3339) }

func withFeed(href string) http.HandlerFunc {
	return text("text/html", `<html><head><link rel="alternate" type="application/rss+xml" href="`+href+`"></head><body></body></html>`)
}

func TestWhatIsFoundBesidesTheSeeds(t *testing.T) {
	t.Parallel()
	r, s := newRig(t, patience), newSite(t)
	s.on("/robots.txt", text("text/plain", "Sitemap: "+s.URL+"/all.xml\nSitemap: /news.xml\nSitemap: https://other.example/news.xml\n"))
	s.on("/", withFeed("/feed"))
	s.on("/feed", feed(s.URL+"/item"))
	s.on("/all.xml", urlset("urlset", s.URL+"/recent"+ago(time.Hour), s.URL+"/old"+ago(5*24*time.Hour), s.URL+"/undated"))
	s.on("/news.xml", text("application/xml", `<urlset xmlns:news="http://www.google.com/schemas/sitemap-news/0.9"><url><loc>`+s.URL+`/news</loc><news:news/></url></urlset>`))
	for _, p := range []string{"/item", "/recent", "/news"} {
		s.on(p, page())
	}
	r.enqueue(t, "c1", Source{Seeds: []string{s.URL + "/"}, Depth: 1})
	r.crawl(t)
	lists := slices.DeleteFunc(s.paths(), func(p string) bool { return !slices.Contains([]string{"/", "/news.xml", "/all.xml", "/feed"}, p) })
	same(t, "the order of lists", lists, []string{"/", "/news.xml", "/all.xml", "/feed"})
	same(t, "pages", r.urls(s), []string{"/", "/item", "/news", "/recent"})
	if s.asked("/sitemap.xml") > 0 {
		t.Error("it guesses although robots.txt names sitemaps")
	}
}

func TestPlacesWhereSitemapsOftenLie(t *testing.T) {
	t.Parallel()
	empty := func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNotFound) }
	for name, c := range map[string]struct {
		seed, first http.HandlerFunc
		want        []string
	}{
		"nothing is there":          {page(), empty, guesses},
		"a page that says it is OK": {page(), page("/never"), guesses},
		"the first is there":        {page(), urlset("urlset"), guesses[:1]},
		"there is a feed":           {withFeed("/feed"), empty, guesses[:1]},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, s := newRig(t, patience), newSite(t)
			s.on("/", c.seed)
			s.on("/feed", feed())
			s.on("/sitemap.xml", c.first)
			r.enqueue(t, "c1", Source{Seeds: []string{s.URL + "/"}, Depth: 1})
			r.crawl(t)
			got := slices.DeleteFunc(s.paths(), func(p string) bool { return !slices.Contains(guesses, p) })
			same(t, "guesses", got, c.want)
			same(t, "pages", r.urls(s), []string{"/"})
			if n := r.stage.Snapshot().Failed; n != 0 {
				t.Errorf("%d failed: a wrong guess is no failure", n)
			}
		})
	}
}

// A sitemap that its index says when it changed is fetched when that changes.
func TestSitemapsOfAnIndexAreFetchedWhenTheyChange(t *testing.T) {
	t.Parallel()
	r, s := live(t, time.Second), newSite(t)
	r.cfg.PollMax = time.Second
	kept, before := s.URL+"/kept.xml"+ago(48*time.Hour), s.URL+"/moving.xml"+ago(24*time.Hour)
	old := s.URL + "/old.xml" + ago(100*24*time.Hour)
	s.on("/index.xml", urlset("sitemapindex", kept, before, old, s.URL+"/undated.xml"))
	s.on("/kept.xml", urlset("urlset", s.URL+"/a"))
	s.on("/moving.xml", urlset("urlset", s.URL+"/b"))
	s.on("/undated.xml", urlset("urlset", s.URL+"/c"))
	for _, p := range []string{"/a", "/b", "/c", "/d"} {
		s.on(p, page())
	}
	r.apply(t, Source{ID: "s", Seeds: []string{s.URL + "/index.xml"}})
	r.start(t)
	eventually(t, 30*time.Second, "three looks", func() bool { return s.asked("/index.xml") >= 3 && s.asked("/undated.xml") >= 2 })
	if got := [3]int{s.asked("/kept.xml"), s.asked("/moving.xml"), s.asked("/old.xml")}; got != [3]int{1, 1, 0} {
		t.Errorf("kept, moving and old were asked for %v times, want 1, 1, 0", got)
	}
	s.on("/moving.xml", urlset("urlset", s.URL+"/b", s.URL+"/d"))
	s.on("/index.xml", urlset("sitemapindex", kept, s.URL+"/moving.xml"+ago(0), old, s.URL+"/undated.xml"))
	eventually(t, 30*time.Second, "the new entry", func() bool { return s.asked("/d") == 1 })
	if got := [2]int{s.asked("/kept.xml"), s.asked("/moving.xml")}; got != [2]int{1, 2} {
		t.Errorf("kept and moving were asked for %v times, want 1, 2", got)
	}
	polls := r.report(t, "s").Polls
	if len(polls) != 2 {
		t.Fatalf("polls: %+v; want the index and the sitemap without a date", polls)
	}
	for _, p := range polls {
		if p.URL == s.URL+"/index.xml" && p.Found < 3 {
			t.Errorf("the index found %d, want what its sitemaps brought", p.Found)
		}
	}
}

func TestIndexThatListsItselfEnds(t *testing.T) {
	t.Parallel()
	r, s := newRig(t, patience), newSite(t)
	n := 0
	s.on("/index.xml", func(w http.ResponseWriter, req *http.Request) {
		n++ // one request at a time
		urlset("sitemapindex", fmt.Sprintf("%s/index.xml%s", s.URL, ago(time.Duration(-n)*time.Minute)), s.URL+"/twin.xml")(w, req)
	})
	s.on("/twin.xml", urlset("sitemapindex", s.URL+"/index.xml", s.URL+"/twin.xml"))
	r.enqueue(t, "c1", Source{Seeds: []string{s.URL + "/index.xml"}})
	r.crawl(t)
	if got := s.asked("/index.xml"); got < 2 || got > maxNesting+1 {
		t.Errorf("the index was asked for %d times, want at most %d", got, maxNesting+1)
	}
	if got := s.asked("/twin.xml"); got != 1 {
		t.Errorf("its twin was asked for %d times, want 1", got)
	}
}

func TestLeastProductiveOfWhatWasFoundMakesRoom(t *testing.T) {
	t.Parallel()
	r := newRig(t, patience)
	r.cfg.Once = false
	c, err := New(r.cfg, r.Bus, newLogger(r), r.stage)
	must(t, err)
	v := &visit{Crawler: c, log: newLogger(r)}
	now := time.Now()
	v.state.Polls = []poll{{URL: "http://h.example/named", Source: "s"}, {URL: "http://h.example/theirs", Source: "other", FoundBy: foundHTML}}
	for i := range maxFound {
		v.state.Polls = append(v.state.Polls, poll{
			URL: fmt.Sprintf("http://h.example/%d", i), Source: "s", FoundBy: foundHTML, LastNews: now.Add(-time.Duration(i) * time.Hour),
		})
	}
	v.pollOf(&errand{FrontierURL: bus.FrontierURL{URL: "http://h.example/new", Source: "s", FoundBy: foundRobots, Seed: true}})
	has := func(url string) bool {
		return slices.ContainsFunc(v.state.Polls, func(p poll) bool { return p.URL == url })
	}
	least := fmt.Sprintf("http://h.example/%d", maxFound-1)
	if has(least) || !has("http://h.example/new") || !has("http://h.example/named") || !has("http://h.example/theirs") {
		t.Errorf("polls: %+v", v.state.Polls)
	}
	same(t, "reasons", r.reasons(logging.PollDropped, least), []string{"too_many"})
}

// What was found and then fails again and again is looked at no more; what was
// named is.
func TestWhatWasFoundIsDroppedWhenItIsGone(t *testing.T) {
	t.Parallel()
	r, s := live(t, time.Second), newSite(t)
	r.cfg.PollMax = time.Second
	s.on("/", withFeed("/feed"))
	s.on("/feed", first(feed(), status(http.StatusNotFound)))
	s.on("/named", first(feed(), status(http.StatusNotFound)))
	r.apply(t, Source{ID: "s", Seeds: []string{s.URL + "/", s.URL + "/named"}, Depth: 1})
	r.start(t)
	eventually(t, 40*time.Second, "it is dropped", func() bool { return len(r.reasons(logging.PollDropped, s.URL+"/feed")) == 1 })
	n, named := s.asked("/feed"), s.asked("/named")
	eventually(t, 30*time.Second, "more looks at what was named", func() bool { return s.asked("/named") >= named+2 })
	if n != maxFails+1 || s.asked("/feed") != n {
		t.Errorf("the feed was asked for %d times, and %d more; want %d", n, s.asked("/feed")-n, maxFails+1)
	}
}
