package crawler

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"pressmill/pkg/bus"
	"pressmill/pkg/weburl"
)

// dated is a feed whose items have the ages that follow their URLs.
func dated(items ...any) string {
	var b strings.Builder
	b.WriteString(`<?xml version="1.0"?><rss version="2.0"><channel><title>c</title>`)
	for i := 0; i < len(items); i += 2 {
		at := time.Now().Add(-items[i+1].(time.Duration)).Format(time.RFC1123Z)
		fmt.Fprintf(&b, "<item><title>i</title><link>%s</link><pubDate>%s</pubDate></item>", items[i], at)
	}
	return b.String() + "</channel></rss>"
}

func TestNewestIsPushedToBeFetchedFirst(t *testing.T) {
	t.Parallel()
	now := time.Now()
	at := func(path string, priority int, age time.Duration) target {
		d := target{u: &url.URL{Path: path}, priority: priority}
		if age >= 0 {
			d.dated = now.Add(-age)
		}
		return d
	}
	var got []string
	for _, d := range inPushOrder([]target{
		at("near, no date", bus.PriorityNear, -1), at("near, 2h", bus.PriorityNear, 2*time.Hour), at("near, 1h", bus.PriorityNear, time.Hour),
		at("item, 3h", bus.PriorityFeed, 3*time.Hour), at("item, no date", bus.PriorityFeed, -1), at("item, no date, later", bus.PriorityFeed, -1), at("item, 1h", bus.PriorityFeed, time.Hour),
	}) {
		got = append(got, d.u.Path)
	}
	same(t, "order", got, []string{"item, no date, later", "item, no date", "item, 3h", "item, 1h", "near, 1h", "near, 2h", "near, no date"})
}

func TestNewestItemsFirstThenNewestEntriesThenLinks(t *testing.T) {
	t.Parallel()
	r, s := newRig(t, patience), newSite(t)
	day := func(n int) string { return time.Now().AddDate(0, 0, -n).UTC().Format(time.RFC3339) }
	s.on("/feed", text("application/rss+xml", dated(s.URL+"/i2", 2*time.Hour, s.URL+"/i1", time.Hour, s.URL+"/i3", 3*time.Hour)))
	s.on("/map", text("application/xml", `<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">`+
		`<url><loc>`+s.URL+`/e2</loc><lastmod>`+day(2)+`</lastmod></url><url><loc>`+s.URL+`/e1</loc><lastmod>`+day(1)+`</lastmod></url></urlset>`))
	for _, p := range []string{"/i1", "/i2", "/i3", "/e1", "/e2", "/l1", "/l2", "/l3", "/far"} {
		s.on(p, page())
	}
	s.on("/", page("/l1", "/l2", "/l3"))
	s.on("/l1", page("/far"))
	r.enqueue(t, "c1", Source{Depth: 2, Seeds: []string{s.URL + "/map", s.URL + "/", s.URL + "/feed"}})
	r.crawl(t)
	got := slices.DeleteFunc(s.unguessed(), func(p string) bool { return p == "/robots.txt" })
	// After two seeds an item goes first: what waits then is the sitemap's newest.
	same(t, "requests", got, []string{"/map", "/", "/e1", "/feed", "/i1", "/i2", "/i3", "/e2", "/l1", "/l2", "/l3", "/far"})
}

func TestFreshItemGoesBeforeABacklog(t *testing.T) {
	t.Parallel()
	const backlog = 10_000
	r, s := newRig(t, patience), newSite(t)
	r.cfg.Once, r.cfg.Poll, r.cfg.Delay = false, time.Second, 10*time.Millisecond
	var fresh atomic.Bool
	var listed atomic.Int64 // requests until the feed lists the fresh item, its own included
	s.on("/feed", func(w http.ResponseWriter, req *http.Request) {
		if fresh.Load() {
			listed.CompareAndSwap(0, int64(len(s.log())+1))
			feed(s.URL+"/fresh")(w, req)
			return
		}
		feed()(w, req)
	})
	s.on("/fresh", page())
	for i := range backlog {
		priority, path := bus.PriorityNear+i%2, fmt.Sprintf("/old/%d", i)
		if i%100 == 0 {
			priority = bus.PriorityFeed
		}
		must(t, r.Push(t.Context(), s.host(), priority, bus.FrontierURL{URL: s.URL + path, Source: "src", Found: time.Now()}, ""))
	}
	r.enqueue(t, "c1", Source{ID: "src", Seeds: []string{s.URL + "/feed"}})
	stop := r.start(t)
	eventually(t, time.Minute, "some of the backlog", func() bool { return len(s.log()) > 20 })
	fresh.Store(true)
	eventually(t, time.Minute, "the fresh item", func() bool { return s.asked("/fresh") == 1 })
	stop()
	after := s.paths()[listed.Load():]
	if len(after) == 0 || after[0] != "/fresh" {
		t.Errorf("after the feed that lists the fresh item came %v", after[:min(3, len(after))])
	}
	if n := r.state(t).Frontier; n < backlog/2 {
		t.Errorf("%d URLs wait: there was no backlog", n)
	}
}

// All feeds are due all the time, and items wait all the time.
func TestPollsAndItemsDoNotStarveEachOther(t *testing.T) {
	t.Parallel()
	r, s := newRig(t, patience), newSite(t)
	r.cfg.Once, r.cfg.Poll, r.cfg.Delay = false, time.Second, 30*time.Millisecond
	src := Source{ID: "src"}
	for i := range 60 {
		path := fmt.Sprintf("/feed/%d", i)
		s.on(path, feed())
		src.Seeds = append(src.Seeds, s.URL+path)
	}
	for i := range 500 {
		must(t, r.Push(t.Context(), s.host(), bus.PriorityNear, bus.FrontierURL{URL: fmt.Sprintf("%s/item/%d", s.URL, i), Source: "src", Found: time.Now()}, ""))
	}
	r.enqueue(t, "c1", src)
	stop := r.start(t)
	eventually(t, time.Minute, "a second round of polls", func() bool { return s.asked("/feed/9") >= 2 })
	stop()
	row := 0
	for i, p := range s.paths()[1:] {
		if row++; strings.HasPrefix(p, "/item/") {
			row = 0
		}
		if row > maxSeeks {
			t.Fatalf("%d polls in a row at request %d although items wait: %v", row, i, s.paths()[max(0, i-5):i+2])
		}
	}
}

func TestItemsThatAreTooOldAreNotFetched(t *testing.T) {
	t.Parallel()
	r, s, other := newRig(t, patience), newSite(t), newSite(t)
	const day = 24 * time.Hour
	old := dated(s.URL+"/new", day, s.URL+"/old", 31*day, other.URL+"/new", day, other.URL+"/old", 31*day)
	s.on("/feed", text("application/rss+xml", strings.Replace(old, "</channel>", "<item><link>"+s.URL+"/undated</link></item></channel>", 1)))
	for _, on := range []*site{s, other} {
		for _, p := range []string{"/new", "/old", "/undated"} {
			on.on(p, page())
		}
	}
	for _, crawl := range []string{"c1", "c2"} {
		r.enqueue(t, crawl, Source{ID: "src", Seeds: []string{s.URL + "/feed"}})
		r.crawl(t)
	}
	same(t, "pages", r.urls(s), []string{"/new", "/undated", other.URL + "/new"})
	if n := r.stage.Snapshot(); n.LeftOutBy["age"] != 1 || n.SkippedBy["age"] != 1 {
		t.Errorf("%d and %d items counted as too old, want 1 of this host and 1 of the other", n.LeftOutBy["age"], n.SkippedBy["age"])
	}
	for _, on := range []*site{s, other} {
		seen := r.Seen(on.host())
		must(t, seen.Refresh(t.Context()))
		u, err := url.Parse(on.URL + "/old")
		must(t, err)
		if !seen.Has(outcomeMark("age", weburl.Key(u))) {
			t.Errorf("%s/old has no mark that says why", on.host())
		}
	}
	r.enqueue(t, "c3", Source{ID: "src", MaxAge: new(time.Duration(0)), Seeds: []string{s.URL + "/feed"}})
	r.crawl(t)
	if s.asked("/old") != 1 {
		t.Error("a source without an age limit did not fetch the old item")
	}
}
