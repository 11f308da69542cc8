package crawler

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/zap"

	"pressmill/pkg/bus"
	"pressmill/pkg/bus/embedded"
	"pressmill/pkg/bus/turn"
	"pressmill/pkg/logging"
	"pressmill/pkg/news"
	"pressmill/pkg/weburl"
)

func TestGapOfEveryRequestAndHostsAtTheSameTime(t *testing.T) {
	t.Parallel()
	r := newRig(t, patience)
	r.cfg.Timeout = patience
	sites := []*site{newSite(t), newSite(t)}
	var both sync.WaitGroup // both sites are being asked for their first page
	both.Add(len(sites))
	met := make(chan struct{})
	go func() { both.Wait(); close(met) }()
	var sources []Source
	for _, s := range sites {
		s.on("/robots.txt", redirect("/robots2.txt"))
		s.on("/robots2.txt", text("text/plain", "User-agent: *\nAllow: /\n"))
		s.on("/moved", redirect("/p0"))
		src := Source{Seeds: []string{s.URL + "/moved"}}
		arrive := sync.OnceFunc(both.Done)
		s.on("/p0", func(w http.ResponseWriter, req *http.Request) {
			arrive()
			select {
			case <-met:
			case <-time.After(patience / 2):
				t.Error("no two requests to different hosts at the same time")
			}
			page()(w, req)
		})
		for i := range 4 {
			if i > 0 {
				s.on(fmt.Sprintf("/p%d", i), page())
				src.Seeds = append(src.Seeds, fmt.Sprintf("%s/p%d", s.URL, i))
			}
		}
		sources = append(sources, src)
	}
	r.enqueue(t, "c1", sources...)
	r.crawl(t)
	for _, s := range sites {
		if n := len(s.log()); n != 7 {
			t.Errorf("%d requests, want 7: %v", n, s.paths())
		}
		s.keepsGap(t, delay)
	}
}

// A turn that was handed on with the time of the next poll, by a holder that was
// told that nothing waits, is woken; one that may not be asked yet is not.
func TestHostsThatSleepAlthoughURLsWaitAreWoken(t *testing.T) {
	t.Parallel()
	b := newBus(t, patience)
	later := time.Now().Add(time.Hour)
	for host, notBefore := range map[string]time.Time{"asleep.example": {}, "resting.example": later} {
		must(t, b.Push(t.Context(), host, bus.PriorityFeed, bus.FrontierURL{URL: "http://" + host + "/a", Source: "src"}, ""))
		token := bus.HostToken(host)
		_, err := b.Hosts().Arm(t.Context(), token, nil, time.Time{})
		must(t, err)
		var turns []*turn.Turn
		for len(turns) == 0 {
			turns, err = b.Hosts().Pull(t.Context(), 1, time.Second)
			must(t, err)
		}
		must(t, turns[0].HandOn(t.Context(), later, notBefore, []byte(`{}`)))
	}
	n, err := ArmWaiting(t.Context(), b)
	must(t, err)
	if n != 1 {
		t.Errorf("%d hosts, want 1", n)
	}
	for host, want := range map[string]bool{"asleep.example": true, "resting.example": false} {
		got, err := b.Hosts().Look(t.Context(), bus.HostToken(host))
		must(t, err)
		if due := got.Due.Before(time.Now()); due != want {
			t.Errorf("%s is due: %v, want %v", host, due, want)
		}
	}
}

func TestGapGrowsWithLatency(t *testing.T) {
	t.Parallel()
	r, s := newRig(t, patience), newSite(t)
	r.cfg.LatencyFactor = 3
	for _, p := range []string{"/a", "/b"} {
		s.on(p, func(w http.ResponseWriter, req *http.Request) { time.Sleep(100 * time.Millisecond); page()(w, req) })
	}
	r.enqueue(t, "c1", Source{Seeds: []string{s.URL + "/a", s.URL + "/b"}})
	r.crawl(t)
	reqs := s.log()
	if len(reqs) != 3 {
		t.Fatalf("requests: %v", s.paths())
	}
	if got := reqs[2].start.Sub(reqs[1].end); got < 300*time.Millisecond {
		t.Errorf("gap of %s after a request of 100ms, want three times as long", got)
	}
}

func TestRobotsComesFirstAndIsObeyed(t *testing.T) {
	t.Parallel()
	r, s := newRig(t, patience), newSite(t)
	s.on("/robots.txt", text("text/plain", "User-agent: testbot\nDisallow: /private\nCrawl-delay: 0.3\n\nUser-agent: *\nDisallow: /\n"))
	for _, p := range []string{"/a", "/b", "/private/c", "/private/d"} {
		s.on(p, page())
	}
	s.on("/to", redirect("/private/d"))
	r.enqueue(t, "c1", Source{Seeds: []string{s.URL + "/private/c", s.URL + "/a", s.URL + "/to", s.URL + "/b"}})
	r.crawl(t)
	same(t, "requests", s.paths(), []string{"/robots.txt", "/a", "/to", "/b"})
	s.keepsGap(t, 300*time.Millisecond)
	same(t, "pages", r.urls(s), []string{"/a", "/b"})
	for _, p := range []string{"/private/c", "/private/d"} {
		same(t, "reasons of "+p, r.reasons(logging.FetchSkipped, s.URL+p), []string{"robots"})
	}
}

func TestRobotsThatIsUnreachableForbidsAll(t *testing.T) {
	t.Parallel()
	r, s := newRig(t, patience), newSite(t)
	s.on("/robots.txt", status(http.StatusServiceUnavailable))
	s.on("/a", page())
	r.enqueue(t, "c1", Source{Seeds: []string{s.URL + "/a"}})
	r.crawl(t)
	same(t, "requests", s.paths(), []string{"/robots.txt", "/robots.txt"})
	letters := r.letters(t)
	if len(letters) != 1 || letters[0].Reason != "robots_unreachable" {
		t.Errorf("dead letters: %+v", letters)
	}
}

func TestRobotsThatIsUnreachableSaysWhy(t *testing.T) {
	t.Parallel()
	r := newRig(t, patience)
	self := &authority{}
	site := newTLSSite(t, self.sign(t, certificate("self", time.Now().Add(time.Hour))))
	r.enqueue(t, "c1", Source{Seeds: []string{site + "/a"}})
	r.crawl(t)
	letters := r.letters(t)
	if len(letters) != 1 || letters[0].Reason != "robots_unreachable" || !strings.Contains(letters[0].Error, "certificate") {
		t.Errorf("dead letters: %+v", letters)
	}
}

func TestSeedsAreToldApartByContent(t *testing.T) {
	t.Parallel()
	r, s := newRig(t, patience), newSite(t)
	s.on("/feed", text("text/html", rss(s.URL+"/item")))
	s.on("/index", text("text/plain", `<?xml version="1.0"?><sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"><sitemap><loc>`+s.URL+`/map</loc></sitemap></sitemapindex>`))
	s.on("/map", text("text/html", `<?xml version="1.0"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"><url><loc>`+s.URL+`/entry</loc></url><url><loc>http://127.0.0.1:1/other</loc></url></urlset>`))
	s.on("/page", text("application/xml", "<!doctype html><html><body><a href='/never'>l</a></body></html>"))
	s.on("/item", page("/never"))
	s.on("/entry", page("/never"))
	r.enqueue(t, "c1", Source{Seeds: []string{s.URL + "/feed", s.URL + "/index", s.URL + "/page"}})
	r.crawl(t)
	same(t, "pages", r.urls(s), []string{"/entry", "/item", "/page"})
	if s.asked("/never") > 0 {
		t.Error("a link was followed at depth 0")
	}
}

func TestLinksOfASeedAreFollowedOnceTheyAreWanted(t *testing.T) {
	t.Parallel()
	r, s := newRig(t, patience), newSite(t)
	s.on("/front", page("/story"))
	s.on("/story", page())
	for i, c := range []struct{ depth, asked int }{{0, 1}, {0, 1}, {1, 2}} {
		r.enqueue(t, fmt.Sprint("c", i), Source{Depth: c.depth, Seeds: []string{s.URL + "/front"}})
		r.crawl(t)
		if n := s.asked("/front"); n != c.asked {
			t.Errorf("crawl %d: asked %d times for the seed, want %d", i, n, c.asked)
		}
	}
	if n := s.asked("/story"); n != 1 {
		t.Errorf("asked %d times for the link", n)
	}
}

func TestItemsOnOtherHostsKeepTheirSource(t *testing.T) {
	t.Parallel()
	r, a, b := newRig(t, patience), newSite(t), newSite(t)
	b.on("/robots.txt", text("text/plain", "User-agent: *\nDisallow: /no\n"))
	a.on("/feed", feed(b.URL+"/item", b.URL+"/no", b.URL+"/item2"))
	b.on("/item", page("/link", a.URL+"/link"))
	b.on("/item2", page())
	r.enqueue(t, "c1", Source{ID: "paper", Depth: 2, Seeds: []string{a.URL + "/feed"}})
	r.crawl(t)
	same(t, "pages", r.urls(b), []string{"/item", "/item2"})
	same(t, "requests of the other host", b.paths(), []string{"/robots.txt", "/item", "/item2"})
	b.keepsGap(t, delay)
	p := r.page(t, b.URL+"/item")
	if p.Source.ID != "paper" || p.Source.Domain != a.host() || p.Depth != 0 || p.CrawlID != "c1" {
		t.Errorf("page: source %+v, depth %d, crawl %q", p.Source, p.Depth, p.CrawlID)
	}
}

func TestLinksAreFollowedWithinDepthScopeAndDomain(t *testing.T) {
	t.Parallel()
	r, s, other := newRig(t, patience), newSite(t), newSite(t)
	s.on("/", page("/news/1", "/news/1#comments", "/news/2?utm_source=x", "/news/2", "/news/deny-me", "/about", other.URL+"/news/3"))
	s.on("/news/1", page("/news/deeper"))
	s.on("/news/2", page("/"))
	for _, p := range []string{"/news/deny-me", "/about", "/news/deeper"} {
		s.on(p, page())
	}
	r.enqueue(t, "c1", Source{Seeds: []string{s.URL + "/"}, Depth: 1, Allow: []string{"/news/"}, Deny: []string{"deny"}})
	r.crawl(t)
	got := s.unguessed()
	slices.Sort(got)
	same(t, "requests", got, []string{"/", "/news/1", "/news/2", "/robots.txt"})
	if n := len(other.log()); n != 0 {
		t.Errorf("%d requests to another domain: %v", n, other.paths())
	}
	for _, p := range r.pages() {
		if want := strings.Count(p.FinalURL, "/news/"); p.Depth != want {
			t.Errorf("%s has depth %d, want %d", p.FinalURL, p.Depth, want)
		}
	}
}

func TestSeenIsNotFetchedAgain(t *testing.T) {
	t.Parallel()
	r, s, other := newRig(t, patience), newSite(t), newSite(t)
	s.on("/feed", feed(s.URL+"/a?utm_source=rss", s.URL+"/a#top", s.URL+"/a", s.URL+"/a?fbclid=1", other.URL+"/x"))
	s.on("/a", page())
	other.on("/x", page())
	src := Source{Seeds: []string{s.URL + "/feed"}}
	for i, crawl := range []string{"c1", "c2"} {
		r.enqueue(t, crawl, src)
		r.crawl(t) // a new crawler each: it knows what lies on the bus only
		if got := [4]int{s.asked("/feed"), s.asked("/a"), other.asked("/x"), s.asked("/robots.txt")}; got != [4]int{i + 1, 1, 1, 1} {
			t.Errorf("%s: feed, article, other host's article and robots.txt were asked for %v times", crawl, got)
		}
	}
	if n := len(r.pages()); n != 2 {
		t.Errorf("%d pages, want 2", n)
	}
}

func TestRedirects(t *testing.T) {
	t.Parallel()
	r, a, b := newRig(t, patience), newSite(t), newSite(t)
	a.on("/here", redirect("/there"))
	a.on("/there", page())
	a.on("/away", redirect("/hop"))
	a.on("/hop", redirect(b.URL+"/target"))
	b.on("/target", page())
	a.on("/strip", func(w http.ResponseWriter, req *http.Request) {
		if req.URL.RawQuery != "" {
			redirect("/strip")(w, req)
			return
		}
		page()(w, req)
	})
	a.on("/ping", redirect("/pong"))
	a.on("/pong", redirect("/ping"))
	a.on("/feed", feed(a.URL+"/away", a.URL+"/strip?utm_source=rss"))
	r.enqueue(t, "c1", Source{ID: "src", Seeds: []string{a.URL + "/here", a.URL + "/ping", a.URL + "/feed"}})
	r.crawl(t)
	hop := func(path string) news.Hop { return news.Hop{URL: a.URL + path, Status: http.StatusMovedPermanently} }
	for _, want := range []news.Page{
		{RequestedURL: a.URL + "/here", FinalURL: a.URL + "/there", Hops: []news.Hop{hop("/here")}},
		{RequestedURL: a.URL + "/away", FinalURL: b.URL + "/target", Hops: []news.Hop{hop("/away"), hop("/hop")}},
		{RequestedURL: a.URL + "/strip?utm_source=rss", FinalURL: a.URL + "/strip", Hops: []news.Hop{hop("/strip?utm_source=rss")}},
	} {
		p := r.page(t, want.FinalURL)
		same(t, "redirect", news.Page{RequestedURL: p.RequestedURL, FinalURL: p.FinalURL, Hops: p.Hops}, want)
	}
	if n := len(r.pages()); n != 3 {
		t.Errorf("%d pages, want 3: %v", n, r.urls(a))
	}
	if n := a.asked("/ping") + a.asked("/pong"); n < 2 || n > maxTrail+1 {
		t.Errorf("the loop was asked %d times, want at most %d", n, maxTrail+1)
	}
	if n := r.stage.Snapshot().FailedBy["redirect"]; n != 1 {
		t.Errorf("%d redirects counted as failed, want 1", n)
	}
	if n := len(r.letters(t)); n != 0 {
		t.Errorf("%d dead letters", n)
	}
	a.keepsGap(t, delay)
	b.keepsGap(t, delay)
}

func TestFailuresAreRetriedThenGivenUp(t *testing.T) {
	t.Parallel()
	r, a, b := newRig(t, patience), newSite(t), newSite(t)
	a.on("/feed", feed(b.URL+"/broken"))
	a.on("/flaky", first(status(http.StatusInternalServerError), page()))
	b.on("/broken", status(http.StatusInternalServerError))
	r.enqueue(t, "c1", Source{ID: "src", Seeds: []string{a.URL + "/feed", a.URL + "/flaky", a.URL + "/missing"}})
	r.crawl(t)
	same(t, "pages", r.urls(a), []string{"/flaky"})
	if got := [3]int{a.asked("/flaky"), a.asked("/missing"), b.asked("/broken")}; got != [3]int{2, 1, 2} {
		t.Errorf("flaky, missing and broken were asked for %v times, want 2, 1, 2", got)
	}
	same(t, "missing", r.reasons(logging.FetchFailed, a.URL+"/missing"), []string{"http_404"})
	failed := r.stage.Snapshot().FailedBy
	if failed["http_404"] != 1 || failed["http_500"] != 1 {
		t.Errorf("counted as failed: %v", failed)
	}
	letters := r.letters(t)
	if len(letters) != 1 || letters[0].Reason != "http_500" || letters[0].Key != bus.HostToken(b.host()) {
		t.Fatalf("dead letters: %+v", letters)
	}

	b.on("/broken", page())
	must(t, r.Replay(t.Context(), letters[0].Seq))
	r.crawl(t)
	if p := r.page(t, b.URL+"/broken"); p.Source.ID != "src" || p.CrawlID != "c1" {
		t.Errorf("replayed page: source %+v, crawl %q", p.Source, p.CrawlID)
	}
	if n := len(r.letters(t)); n != 0 {
		t.Errorf("%d dead letters after the replay", n)
	}
}

func TestRetryAfterIsTheGap(t *testing.T) {
	t.Parallel()
	r, s := newRig(t, patience), newSite(t)
	s.on("/a", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", "1")
		w.WriteHeader(http.StatusNotFound) // no back-off of ours
	})
	s.on("/b", page())
	r.enqueue(t, "c1", Source{Seeds: []string{s.URL + "/a", s.URL + "/b"}})
	r.crawl(t)
	reqs := s.log()
	if len(reqs) != 3 {
		t.Fatalf("requests: %v", s.paths())
	}
	if got := reqs[2].start.Sub(reqs[1].end); got < time.Second {
		t.Errorf("asked again after %s, want 1s", got)
	}
}

func TestBodiesArriveAsTheyAre(t *testing.T) {
	t.Parallel()
	r, s := newRig(t, patience), newSite(t)
	r.cfg.MaxBody = 4 << 10
	cp1252 := []byte("<html><head><meta charset=windows-1252></head><body>\x93caf\xe9\x94 \x80 5</body></html>")
	s.on("/cp1252", text("text/html; charset=windows-1252", string(cp1252)))
	plain := []byte("<html><body>" + strings.Repeat("packed ", 100) + "</body></html>")
	var packed bytes.Buffer
	zw := gzip.NewWriter(&packed)
	_, err := zw.Write(plain)
	must(t, err)
	must(t, zw.Close())
	s.on("/gzip", func(w http.ResponseWriter, req *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		text("text/html", packed.String())(w, req)
	})
	long := "<html><body>" + strings.Repeat("0123456789", 1000)
	s.on("/long", text("text/html", long))
	r.enqueue(t, "c1", Source{Seeds: []string{s.URL + "/cp1252", s.URL + "/gzip", s.URL + "/long"}})
	r.crawl(t)
	if p := r.page(t, s.URL+"/cp1252"); !bytes.Equal(p.Body, cp1252) || p.Truncated || p.HeaderValue("Content-Type") != "text/html; charset=windows-1252" {
		t.Errorf("windows-1252: %q, truncated %v, header %v", p.Body, p.Truncated, p.Header)
	}
	p := r.page(t, s.URL+"/gzip")
	if !bytes.Equal(p.Body, plain) || p.Truncated {
		t.Errorf("gzip: %d bytes, truncated %v", len(p.Body), p.Truncated)
	}
	if p.HeaderValue("Content-Encoding") != "gzip" || p.HeaderValue("Content-Length") != fmt.Sprint(packed.Len()) {
		t.Errorf("gzip: header %v", p.Header)
	}
	if p := r.page(t, s.URL+"/long"); !p.Truncated || string(p.Body) != long[:4<<10] {
		t.Errorf("long: %d bytes, truncated %v, want 4096 and true", len(p.Body), p.Truncated)
	}
}

func TestCancelHandsTurnsOn(t *testing.T) {
	t.Parallel()
	r := newRig(t, 60*time.Second) // a turn that is not handed on would be missing for long
	sites := []*site{newSite(t), newSite(t)}
	want := 0
	for _, s := range sites {
		src := Source{}
		for i := range 8 {
			path := fmt.Sprintf("/%d", i)
			s.on(path, func(w http.ResponseWriter, req *http.Request) { time.Sleep(20 * time.Millisecond); page()(w, req) })
			src.Seeds = append(src.Seeds, s.URL+path)
			want++
		}
		r.enqueue(t, "c1", src)
	}
	stop := r.start(t)
	eventually(t, 10*time.Second, "some pages", func() bool { return len(r.pages()) >= 4 })
	stop()
	state := r.state(t)
	if state.Hosts != 2 || state.Frontier == 0 || state.Frontier >= uint64(want) {
		t.Fatalf("after the cancel: %d turns, %d URLs; want 2 turns and some URLs", state.Hosts, state.Frontier)
	}
	before := len(sites[0].log()) + len(sites[1].log())
	time.Sleep(3 * delay)
	if n := len(sites[0].log()) + len(sites[1].log()); n != before {
		t.Errorf("%d requests after Run returned", n-before)
	}
	r.crawl(t)
	if n := len(r.pages()); n != want {
		t.Errorf("%d pages, want %d", n, want)
	}
	for _, s := range sites {
		s.keepsGap(t, delay)
		if n := len(s.log()); n != 9 {
			t.Errorf("%d requests, want 9: %v", n, s.paths())
		}
	}
}

// Who is handed the turn of a silent worker does not know when that worker
// sent its last request.
func TestTurnOfASilentWorkerWaitsAGap(t *testing.T) {
	t.Parallel()
	r, s := newRig(t, time.Second), newSite(t)
	r.cfg.Delay = 800 * time.Millisecond
	s.on("/a", page())
	r.enqueue(t, "c1", Source{Seeds: []string{s.URL + "/a"}})
	var turns []*turn.Turn
	eventually(t, 5*time.Second, "a turn", func() bool {
		var err error
		turns, err = r.Hosts().Pull(t.Context(), 1, time.Second)
		return err == nil && len(turns) == 1
	})
	pulled := time.Now() // the server has delivered it a moment before
	r.crawl(t)
	same(t, "requests", s.paths(), []string{"/robots.txt", "/a"})
	if got := s.log()[0].start.Sub(pulled); got < time.Second+r.cfg.Delay-50*time.Millisecond {
		t.Errorf("the first request came %s after the delivery, want AckWait and a gap", got)
	}
	if err := turns[0].HandOn(t.Context(), time.Now(), time.Time{}, nil); !errors.Is(err, turn.ErrFenced) {
		t.Errorf("the silent worker hands on: %v, want ErrFenced", err)
	}
}

// Nor does it know from a turn without a state how long a gap the host asks for.
func TestTurnOfASilentWorkerWaitsTheCrawlDelay(t *testing.T) {
	t.Parallel()
	r, s := newRig(t, time.Second), newSite(t)
	s.on("/a", page())
	known := robotsEntry{Verdict: "rules", Body: []byte("User-agent: *\nCrawl-delay: 3\n"), Expires: time.Now().Add(time.Hour)}
	must(t, r.PutRobots(t.Context(), s.host(), known))
	r.enqueue(t, "c1", Source{Seeds: []string{s.URL + "/a"}})
	eventually(t, 5*time.Second, "a turn", func() bool {
		turns, err := r.Hosts().Pull(t.Context(), 1, time.Second)
		return err == nil && len(turns) == 1
	})
	pulled := time.Now()
	r.crawl(t)
	same(t, "requests", s.paths(), []string{"/a"})
	if got := s.log()[0].start.Sub(pulled); got < 4*time.Second-50*time.Millisecond {
		t.Errorf("the first request came %s after the delivery, want AckWait and the Crawl-delay", got)
	}
}

// frontierless waits until the seeds are worked on.
func (r *rig) frontierless(t *testing.T) {
	t.Helper()
	eventually(t, 10*time.Second, "an empty frontier", func() bool { return r.state(t).Frontier == 0 })
}

// A poll that is redirected comes again after its time, not after the gap.
func TestPollThatMovesIsNotAskedForAllTheTime(t *testing.T) {
	t.Parallel()
	r, s := newRig(t, patience), newSite(t)
	r.cfg.Once, r.cfg.Poll = false, time.Second
	s.on("/feed", first(feed(s.URL+"/a"), redirect("/feed2")))
	s.on("/feed2", feed(s.URL+"/b"))
	s.on("/a", page())
	s.on("/b", page())
	r.enqueue(t, "c1", Source{Seeds: []string{s.URL + "/feed"}})
	stop := r.start(t)
	began := time.Now()
	eventually(t, 10*time.Second, "the item of the new feed", func() bool { return s.asked("/b") == 1 })
	time.Sleep(time.Second)
	stop()
	if n, most := s.asked("/feed"), int(time.Since(began)/r.cfg.Poll)+1; n < 2 || n > most {
		t.Errorf("the feed was asked for %d times, want 2 to %d: %v", n, most, s.paths())
	}
}

// A poll whose host's robots.txt cannot be reached stays a poll.
func TestPollOfAHostWithoutRobots(t *testing.T) {
	t.Parallel()
	r, s := newRig(t, patience), newSite(t)
	r.cfg.Once, r.cfg.Poll = false, time.Second
	s.on("/feed", feed(s.URL+"/a"))
	s.on("/a", page())
	r.enqueue(t, "c1", Source{Seeds: []string{s.URL + "/feed"}})
	stop := r.start(t)
	eventually(t, 10*time.Second, "the item", func() bool { return s.asked("/a") == 1 })
	r.frontierless(t)
	stop()
	must(t, r.PutRobots(t.Context(), s.host(), robotsEntry{Verdict: "allow", Expires: time.Now()}))
	s.on("/robots.txt", status(http.StatusServiceUnavailable))
	fetched := s.asked("/feed")
	stop = r.start(t)
	eventually(t, 10*time.Second, "robots.txt", func() bool { return s.asked("/robots.txt") >= 3 })
	stop()
	if n := r.state(t).Frontier; n != 0 {
		t.Errorf("%d URLs in the frontier: a poll became a URL", n)
	}
	if n := s.asked("/feed"); n != fetched {
		t.Errorf("the feed was asked for %d times more", n-fetched)
	}
	if n := len(r.letters(t)); n != 0 {
		t.Errorf("%d dead letters", n)
	}
}

func TestPanicWhileFetchingIsAnError(t *testing.T) {
	t.Parallel()
	r := newRig(t, patience)
	c, err := New(r.cfg, r.Bus, zap.NewNop(), r.stage)
	must(t, err)
	l := c.newLane("h.example")
	l.collector.WithTransport(panics{})
	resp, err := c.get(t.Context(), l, "http://h.example/", nil)
	if err == nil || resp == nil || resp.end.IsZero() {
		t.Errorf("response %+v, error %v; want both", resp, err)
	}
}

type panics struct{}

func (panics) RoundTrip(*http.Request) (*http.Response, error) { panic("on the wire") }

func TestAddressesThatAreNotAllowedAreNotDialled(t *testing.T) {
	t.Parallel()
	r, s := newRig(t, patience), newSite(t)
	r.cfg.AllowPrivate = nil
	s.on("/a", page())
	r.enqueue(t, "c1", Source{Seeds: []string{s.URL + "/a"}})
	r.crawl(t)
	if n := len(s.log()); n != 0 {
		t.Errorf("%d requests to a loopback address", n)
	}
	same(t, "reasons", r.reasons(logging.FetchFailed, s.URL+"/a"), []string{"blocked"})
}

func TestValidateListsEveryFault(t *testing.T) {
	t.Parallel()
	good := Defaults()
	must(t, good.Validate())
	bad := Config{
		Contact: "me", UserAgent: "1", Delay: -1, DropAfter: -1, Backoff: -1, MaxLink: -1, PatternBudget: -1, PageBudget: -1, DomainRate: -1, Obey: []string{"all"}, AddressRate: 1e6, LatencyFactor: -1, MaxDelay: -2, MaxBody: 8 << 20,
		Slots: 0, Attempts: 0, Poll: time.Millisecond, MaxAge: -1, AllowPrivate: []string{"nonsense"},
	}
	err := bad.Validate()
	if err == nil {
		t.Fatal("no error")
	}
	for _, key := range []string{"contact", "user_agent", "drop_after", "backoff", "max_link", "pattern_budget", "page_budget", "domain_rate", "address_rate", "obey", "delay", "latency_factor", "max_delay", "timeout", "max_body", "slots", "attempts", "poll", "silent_after", "max_age", "allow_private"} {
		if !strings.Contains(err.Error(), "crawler."+key+":") {
			t.Errorf("nothing about %s in:\n%v", key, err)
		}
	}
	if _, err := New(bad, nil, zap.NewNop(), nil); err == nil {
		t.Error("New takes a bad configuration")
	}
}

func TestNormaliseFillsInASource(t *testing.T) {
	t.Parallel()
	s := Source{Seeds: []string{"WWW.Example.co.uk", "http://127.0.0.1:8080/feed#x"}}
	must(t, s.Normalise())
	same(t, "source", s, Source{
		ID: "example.co.uk", Domain: "example.co.uk", Seeds: []string{"https://www.example.co.uk/", "http://127.0.0.1:8080/feed"},
	})
	ip := Source{Seeds: []string{"http://127.0.0.1:8080/"}}
	must(t, ip.Normalise())
	if ip.ID != "127.0.0.1-8080" || ip.Domain != "127.0.0.1:8080" {
		t.Errorf("source of an address: %+v", ip)
	}
	bad := Source{ID: "a/b", Seeds: []string{"ftp://x.example/"}, Allow: []string{"("}, Deny: []string{"["}, Zone: "Mars/Base"}
	err := bad.Normalise()
	if err == nil {
		t.Fatal("no error")
	}
	for _, part := range []string{"ftp://x.example/", "the id may hold", `pattern "("`, `pattern "["`, "Mars/Base"} {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("nothing about %s in:\n%v", part, err)
		}
	}
	if err := (&Source{ID: "empty"}).Normalise(); err == nil || !strings.Contains(err.Error(), "no seeds") {
		t.Errorf("a source without seeds: %v", err)
	}
}

func TestSourcesGroupsByDomain(t *testing.T) {
	t.Parallel()
	got, err := Sources([]string{"https://news.example.org/a", "example.com", "http://www.example.org/b", "ftp://x.example"}, 2)
	if err == nil || !strings.Contains(err.Error(), "ftp:") {
		t.Errorf("a bad seed: %v", err)
	}
	same(t, "sources", got, []Source{
		{ID: "example.org", Domain: "example.org", Seeds: []string{"https://news.example.org/a", "http://www.example.org/b"}, Depth: 2},
		{ID: "example.com", Domain: "example.com", Seeds: []string{"https://example.com/"}, Depth: 2},
	})
}

// A replay is told what a URL was, so the dead letter holds all of it.
func TestDeadLetterHoldsTheURL(t *testing.T) {
	t.Parallel()
	r, s := newRig(t, patience), newSite(t)
	r.cfg.Attempts = 1
	s.on("/from", redirect("/gone"))
	s.on("/gone", status(http.StatusBadGateway))
	r.enqueue(t, "c1", Source{ID: "src", Seeds: []string{s.URL + "/from"}})
	r.crawl(t)
	letters := r.letters(t)
	if len(letters) != 1 {
		t.Fatalf("dead letters: %+v", letters)
	}
	var job bus.FrontierURL
	must(t, json.Unmarshal(letters[0].Data, &job))
	if job.URL != s.URL+"/gone" || job.Requested != s.URL+"/from" || len(job.Trail) != 1 || job.Attempts != 0 || job.Source != "src" {
		t.Errorf("the letter holds %+v", job)
	}
}

// A host that was given up comes back without a state: what other workers saw of
// it meanwhile is known all the same.
func TestTurnWithoutAStateReadsWhatOthersSaw(t *testing.T) {
	t.Parallel()
	r, s := newRig(t, patience), newSite(t)
	s.on("/", page())
	s.on("/a", page())
	r.enqueue(t, "c1", Source{ID: "src", Seeds: []string{s.URL + "/"}})
	r.start(t)
	over := func() bool { st := r.state(t); return st.Hosts == 0 && st.Frontier == 0 }
	eventually(t, 20*time.Second, "the first crawl", over)

	at := s.URL + "/a"
	u, err := weburl.Parse(at)
	must(t, err)
	seen := r.Seen(s.host())
	must(t, seen.Refresh(t.Context()))
	must(t, seen.Add(t.Context(), bus.Fingerprint(weburl.Key(u))))
	must(t, r.Push(t.Context(), s.host(), bus.PriorityNear, bus.FrontierURL{URL: at, Source: "src", Foreign: true, Found: time.Now()}, ""))
	must(t, callOn(t.Context(), r.Hosts(), s.host()))
	eventually(t, 20*time.Second, "the second crawl", over)
	if n := s.asked("/a"); n != 0 || r.events(logging.HostFenced) != 0 {
		t.Errorf("%d requests for what another worker had, %d times fenced", n, r.events(logging.HostFenced))
	}
}

// A date in a zone that RFC 3339 does not know cannot be stored with its URL.
func TestDatesThatCannotBeStored(t *testing.T) {
	t.Parallel()
	r, s := newRig(t, patience), newSite(t)
	s.on("/feed", text("application/rss+xml", `<rss version="2.0"><channel><item><link>/a</link><pubDate>2026-11-01T00:00:00+24:00</pubDate></item></channel></rss>`))
	s.on("/map.xml", text("application/xml", `<urlset><url><loc>`+s.URL+`/b</loc><lastmod>2026-11-01T00:00:00-24:00</lastmod></url></urlset>`))
	s.on("/a", page())
	s.on("/b", page())
	r.enqueue(t, "c1", Source{Seeds: []string{s.URL + "/feed", s.URL + "/map.xml"}})
	r.crawl(t)
	same(t, "pages", r.urls(s), []string{"/a", "/b"})
}

// What finds no room on another host is not taken for had.
func TestWhatFindsNoRoomIsNotLost(t *testing.T) {
	t.Parallel()
	srv, err := embedded.Start(t.TempDir(), "")
	must(t, err)
	t.Cleanup(srv.Stop)
	cfg := bus.Defaults()
	cfg.FrontierPerHost = 1
	b, err := bus.Connect(cfg, "test", zap.NewNop(), srv.Option())
	must(t, err)
	t.Cleanup(func() { b.Close() })
	must(t, b.Apply(t.Context()))
	r := newRigOn(t, b)
	c, err := New(r.cfg, b, zap.NewNop(), r.stage)
	must(t, err)
	v := visit{Crawler: c, lane: c.newLane("a.example"), t: &turn.Turn{}, log: zap.NewNop()}
	ctx := t.Context()
	for _, p := range []int{bus.PrioritySeed, bus.PriorityNear} {
		must(t, b.Push(ctx, "b.example", p, bus.FrontierURL{URL: "https://b.example/1"}, ""))
	}
	must(t, b.Push(ctx, "a.example", bus.PriorityNear, bus.FrontierURL{URL: "https://a.example/x", Found: time.Now()}, ""))
	next, err := b.Next(ctx, "a.example", bus.Taken{}, bus.PriorityNear)
	must(t, err)
	job := &errand{FrontierURL: next, src: &scope{}}
	job.at, err = weburl.Parse(job.URL)
	must(t, err)
	job.key = weburl.Key(job.at)

	v.takeUp(job.FrontierURL)
	must(t, v.redirect(ctx, job, &response{status: http.StatusFound, header: http.Header{"Location": {"https://b.example/y"}}}))
	if letters := r.letters(t); len(letters) != 1 || letters[0].Reason != "redirect" {
		t.Errorf("dead letters: %+v, want the redirect that led nowhere", letters)
	}

	at, err := weburl.Parse("https://b.example/sitemap.xml")
	must(t, err)
	seed := bus.FrontierURL{URL: at.String(), Source: "src", FoundBy: foundIndex, CrawlID: pollCrawl}
	fresh, err := v.pushSeed(ctx, at, seed)
	must(t, err)
	if fresh || !v.listed.partly || v.seen.Has(seedMark(seed, weburl.Key(at))) {
		t.Errorf("fresh %v, partly %v: a sitemap that found no room counts as had", fresh, v.listed.partly)
	}
}
