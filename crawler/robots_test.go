package crawler

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"pressmill/crawler/robots"
	"pressmill/pkg/logging"
)

func TestWhatAnswersToRobotsMean(t *testing.T) {
	t.Parallel()
	for status, want := range map[int]string{
		200: "rules", 204: "rules", 301: "allow", 304: "allow", 400: "allow", 401: "allow", 403: "allow", 404: "allow", 410: "allow",
		429: "disallow", 500: "disallow", 503: "disallow", 599: "disallow",
	} {
		if got := robotsVerdict(&response{status: status, end: time.Now()}).Verdict; got != want {
			t.Errorf("%d: %s, want %s", status, got, want)
		}
	}
}

func TestHowLongRobotsIsBelieved(t *testing.T) {
	t.Parallel()
	for header, want := range map[string]time.Duration{
		"": 24 * time.Hour, "public": 24 * time.Hour, "max-age=7200": 2 * time.Hour, `Public, MAX-AGE="7200"`: 2 * time.Hour,
		"max-age=1000000": 24 * time.Hour, "max-age=99999999999999999999": 24 * time.Hour, "max-age=-1": 24 * time.Hour,
		"max-age=0": robotsShortest, "max-age=60": robotsShortest, "no-cache": robotsShortest, "private, no-store": robotsShortest,
		"s-maxage=60": 24 * time.Hour,
	} {
		if got := robotsLife(http.Header{"Cache-Control": {header}}); got != want {
			t.Errorf("%q: %s, want %s", header, got, want)
		}
	}
}

func TestRobotsIsKeptAsLongAsItMay(t *testing.T) {
	t.Parallel()
	r, s := newRig(t, patience), newSite(t)
	s.on("/robots.txt", func(w http.ResponseWriter, req *http.Request) {
		w.Header().Set("Cache-Control", "max-age=3600")
		text("text/plain", "User-agent: *\nDisallow: /no\n"+strings.Repeat("# long\n", 100_000))(w, req)
	})
	s.on("/a", page())
	r.enqueue(t, "c1", Source{Seeds: []string{s.URL + "/a", s.URL + "/no"}})
	r.crawl(t)
	var entry robotsEntry
	must(t, r.Robots(t.Context(), s.host(), &entry))
	if left := time.Until(entry.Expires); left < 50*time.Minute || left > time.Hour {
		t.Errorf("it expires in %s, want an hour", left)
	}
	if len(entry.Body) != robots.MaxSize {
		t.Errorf("%d bytes are kept, want %d", len(entry.Body), robots.MaxSize)
	}
	same(t, "requests", s.paths(), []string{"/robots.txt", "/a"})
}

func TestRobotsRedirects(t *testing.T) {
	t.Parallel()
	for _, hops := range []int{robotsRedirects, robotsRedirects + 1} {
		t.Run(fmt.Sprint(hops), func(t *testing.T) {
			t.Parallel()
			r, s := newRig(t, patience), newSite(t)
			s.on("/robots.txt", redirect("/1"))
			for i := 1; i < hops; i++ {
				s.on(fmt.Sprintf("/%d", i), redirect(fmt.Sprintf("/%d", i+1)))
			}
			s.on(fmt.Sprintf("/%d", hops), text("text/plain", "User-agent: *\nDisallow: /a\n"))
			s.on("/a", page())
			r.enqueue(t, "c1", Source{Seeds: []string{s.URL + "/a"}})
			r.crawl(t)
			obeyed := s.asked("/a") == 0
			if obeyed != (hops <= robotsRedirects) {
				t.Errorf("after %d redirects the rules are obeyed: %v", hops, obeyed)
			}
			s.keepsGap(t, delay)
		})
	}
}

// Hosts whose robots.txt leads to the same other host ask it as one would.
func TestRobotsOfAnotherHost(t *testing.T) {
	t.Parallel()
	r, hub := newRig(t, patience), newSite(t)
	r.cfg.Delay = 300 * time.Millisecond
	hub.on("/shared.txt", text("text/plain", "User-agent: *\nDisallow: /no\n"))
	var sites []*site
	var sources []Source
	for range 6 {
		s := newSite(t)
		s.on("/robots.txt", redirect(hub.URL+"/shared.txt"))
		s.on("/a", page())
		s.on("/no", page())
		sites = append(sites, s)
		sources = append(sources, Source{Seeds: []string{s.URL + "/a", s.URL + "/no"}})
	}
	began := time.Now()
	r.enqueue(t, "c1", sources...)
	r.crawl(t)
	for _, s := range sites {
		same(t, "requests", s.paths(), []string{"/robots.txt", "/a"})
	}
	if n := hub.asked("/shared.txt"); n != len(sites) {
		t.Errorf("%d requests, want %d", n, len(sites))
	}
	// A request may come later than its time, but not before.
	for i, req := range hub.log() {
		if since := req.start.Sub(began); since < time.Duration(i)*r.cfg.Delay {
			t.Errorf("request %d came after %s", i, since)
		}
	}
}

func TestRobotsOfAnotherHostThatIsKnownIsNotAskedFor(t *testing.T) {
	t.Parallel()
	r, hub, s := newRig(t, patience), newSite(t), newSite(t)
	hub.on("/robots.txt", text("text/plain", "User-agent: *\nDisallow: /no\n"))
	hub.on("/", page())
	s.on("/robots.txt", redirect(hub.URL+"/robots.txt"))
	s.on("/a", page())
	r.enqueue(t, "c1", Source{Seeds: []string{hub.URL + "/"}})
	r.crawl(t)
	r.enqueue(t, "c2", Source{Seeds: []string{s.URL + "/no", s.URL + "/a"}})
	r.crawl(t)
	same(t, "requests of the one", s.paths(), []string{"/robots.txt", "/a"})
	same(t, "requests of the other", hub.paths(), []string{"/robots.txt", "/"})
}

func TestTwoWorkersFetchRobotsOnce(t *testing.T) {
	t.Parallel()
	r, s := newRig(t, patience), newSite(t)
	s.on("/robots.txt", func(w http.ResponseWriter, req *http.Request) {
		time.Sleep(300 * time.Millisecond)
		text("text/plain", "")(w, req)
	})
	src := Source{}
	for i := range 5 {
		path := fmt.Sprintf("/%d", i)
		s.on(path, page())
		src.Seeds = append(src.Seeds, s.URL+path)
	}
	r.enqueue(t, "c1", src)
	r.start(t)
	r.crawl(t)
	if n := s.asked("/robots.txt"); n != 1 {
		t.Errorf("robots.txt was asked for %d times", n)
	}
	if n := r.events(logging.RobotsFetched); n != 1 {
		t.Errorf("%d lines about it", n)
	}
	s.keepsGap(t, delay)
}
