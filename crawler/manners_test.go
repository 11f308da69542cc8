package crawler

import (
	"fmt"
	"math"
	"net/http"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"pressmill/pkg/bus"
	"pressmill/pkg/logging"
	"pressmill/pkg/worker"
)

const contact = "https://example.org/bot"

// On a machine that is too busy a pause may be over before its line is written.
func TestPauseThatIsOverIsNone(t *testing.T) {
	t.Parallel()
	v := &visit{Crawler: &Crawler{}, lane: &lane{}}
	if pause := v.failed(); pause != 0 {
		t.Errorf("a pause of %s", pause)
	}
}

func TestUserAgentNamesTheRelease(t *testing.T) {
	t.Parallel()
	for version, want := range map[string]string{
		"1.2.3": "Pressmill/1.2.3", "v1.2.3": "Pressmill/1.2.3", "devel": "Pressmill/devel",
		"v0.0.0-20261129060306-0123456789ab+dirty": "Pressmill/0.0.0-20261129060306-0123456789ab+dirty", "news/2 (é)": "Pressmill/news-2----",
	} {
		same(t, "product of "+version, product(version), want)
	}
	same(t, "default", Config{}.Settled().UserAgent, product(worker.Release()))
	same(t, "configured", Config{UserAgent: "Example/2", Contact: contact}.Settled().UserAgent, "Example/2")
}

func TestSiteOwnersReadTheContact(t *testing.T) {
	t.Parallel()
	r, s := newRig(t, patience), newSite(t)
	r.cfg.UserAgent, r.cfg.Contact = "", contact
	var agents atomic.Value
	s.on("/robots.txt", text("text/plain", "User-agent: pressmill\nDisallow: /no\n\nUser-agent: *\nDisallow: /\n"))
	s.on("/no", page())
	s.on("/a", func(w http.ResponseWriter, req *http.Request) {
		agents.Store(req.Header.Get("User-Agent"))
		page()(w, req)
	})
	r.enqueue(t, "c1", Source{Seeds: []string{s.URL + "/a", s.URL + "/no"}})
	r.crawl(t)
	same(t, "User-Agent", agents.Load(), any(product(worker.Release())+" (+"+contact+")"))
	same(t, "requests", s.paths(), []string{"/robots.txt", "/a"})
	if n := r.events(logging.ContactMissing); n != 0 {
		t.Errorf("%d warnings about the contact", n)
	}
}

func TestWithoutContactOneIsWarned(t *testing.T) {
	t.Parallel()
	r := newRig(t, patience)
	stop := r.start(t)
	eventually(t, 5*time.Second, "the warning", func() bool { return r.events(logging.ContactMissing) == 1 })
	stop()
}

func TestFloorDependsOnTheContact(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name    string
		contact string
		delay   time.Duration
		open    bool
		want    time.Duration
	}{
		{"default", "", DelayByContact, false, 5 * time.Second},
		{"default, address opened", "", DelayByContact, true, 5 * time.Second},
		{"default with a contact", contact, DelayByContact, false, time.Second},
		{"short", "", time.Millisecond, false, 5 * time.Second},
		{"none", "", 0, false, 5 * time.Second},
		{"short, address opened", "", time.Millisecond, true, time.Millisecond},
		{"short with a contact", contact, time.Millisecond, false, time.Millisecond},
		{"long", "", 9 * time.Second, false, 9 * time.Second},
	} {
		cfg := Defaults()
		cfg.Contact, cfg.Delay = c.contact, c.delay
		must(t, cfg.Validate())
		v := visit{Crawler: &Crawler{cfg: cfg.Settled()}, lane: &lane{peer: peer{open: c.open}}}
		if got := v.floor(); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}

func TestContactIsAURLOrAMailAddress(t *testing.T) {
	t.Parallel()
	for contact, good := range map[string]bool{
		"": true, "https://example.org/bot?a=1": true, "http://example.org": true, "bot@example.org": true,
		"example.org": false, "me": false, "ftp://example.org/": false, "https://": false, "Me <bot@example.org>": false,
		"https://example.org/a b": false, "https://example.org/)": false, "bot@example.org\r\nX: y": false,
	} {
		cfg := Defaults()
		cfg.Contact = contact
		if err := cfg.Validate(); (err == nil) != good {
			t.Errorf("%q: %v", contact, err)
		}
	}
}

func TestOpenedAddresses(t *testing.T) {
	t.Parallel()
	c := &Crawler{private: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("fc00::/7")}}
	for addr, want := range map[string]bool{"127.0.0.9": true, "fd00::1": true, "192.0.2.1": false, "10.0.0.1": false, "::1": false} {
		if got := c.opened(netip.MustParseAddr(addr)); got != want {
			t.Errorf("%s: %v", addr, got)
		}
	}
}

func TestRetryAfterInBothForms(t *testing.T) {
	t.Parallel()
	end := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		value  string
		status int
		want   time.Duration
	}{
		{"", 429, 0},
		{"30", 429, 30 * time.Second},
		{"0", 429, 0},
		{"-5", 429, 0},
		{"soon", 429, 0},
		{"3600", 503, time.Hour},
		{"3600", 200, 2 * time.Minute},
		{"99999999", 429, maxRetryAfter},
		{strings.Repeat("9", 40), 429, maxRetryAfter},
		{"Tue, 24 Nov 2026 12:00:40 GMT", 503, 40 * time.Second},
		{"Tuesday, 24-Nov-26 12:00:40 GMT", 503, 40 * time.Second},
		{"Tue, 24 Nov 2026 11:00:00 GMT", 503, 0},
		{"Tue, 24 Nov 2099 11:00:00 GMT", 503, maxRetryAfter},
	} {
		resp := &response{status: c.status, header: http.Header{"Retry-After": {c.value}}, end: end}
		if got := retryAfter(resp, 2*time.Minute); got != c.want {
			t.Errorf("%q with %d: %s, want %s", c.value, c.status, got, c.want)
		}
	}
}

// A refused request doubles the gap; answers take it back a tenth at a time.
func TestSlowDownAndRecovery(t *testing.T) {
	t.Parallel()
	cfg := Defaults()
	cfg.Contact, cfg.LatencyFactor = contact, 0
	v := visit{Crawler: &Crawler{cfg: cfg.Settled()}, lane: &lane{}}
	answer := func(status int) time.Duration {
		v.afterRequest(&response{status: status, end: time.Now()})
		return v.state.Gap
	}
	want := time.Second
	for range 3 {
		want *= 2
		if got := answer(http.StatusTooManyRequests); got != want {
			t.Fatalf("gap %s, want %s", got, want)
		}
	}
	for range 10 {
		answer(http.StatusServiceUnavailable)
	}
	if got := v.state.Gap; got != cfg.MaxDelay {
		t.Errorf("gap %s after a storm, want max_delay", got)
	}
	if got := answer(http.StatusInternalServerError); got != cfg.MaxDelay {
		t.Errorf("gap %s after an error, want it as it was", got)
	}
	last, n := v.state.Gap, 0
	for ; v.state.Gap > time.Second; n++ {
		if got := answer(http.StatusOK); got < last*89/100 || got >= last {
			t.Fatalf("gap %s after %s, want a tenth less", got, last)
		}
		last = v.state.Gap
	}
	if n < 40 || n > 50 {
		t.Errorf("%d answers until the gap was as before", n)
	}
}

func TestHostIsSlowedDownAcrossWorkers(t *testing.T) {
	t.Parallel()
	r, s := newRig(t, patience), newSite(t)
	src := Source{}
	for _, p := range []string{"/a", "/b", "/c"} {
		s.on(p, page())
		src.Seeds = append(src.Seeds, s.URL+p)
	}
	s.on("/a", first(status(http.StatusTooManyRequests), page()))
	r.enqueue(t, "c1", src)
	stop := r.start(t)
	eventually(t, 10*time.Second, "the refusal", func() bool { return s.asked("/a") == 1 })
	stop()
	r.crawl(t) // a new worker knows it from the turn
	same(t, "pages", r.urls(s), []string{"/a", "/b", "/c"})
	gap := 2 * leastSlowDown
	reqs := s.log()
	for i := 2; i < len(reqs); i++ {
		if got := reqs[i].start.Sub(reqs[i-1].end); got < gap {
			t.Errorf("request %d came after %s, want at least %s", i, got, gap)
		}
		gap -= gap / 10
	}
}

func TestBackOffGrowsIsBoundedAndDiffers(t *testing.T) {
	t.Parallel()
	cfg := Defaults()
	cfg.Contact = contact
	v := visit{Crawler: &Crawler{cfg: cfg.Settled()}, lane: &lane{}}
	values := map[time.Duration]bool{}
	for n := 1; n <= 40; n++ {
		v.state.Gap, v.state.NotBefore = time.Second, time.Time{}
		got, most := v.failed().Round(time.Millisecond), min(time.Second<<min(n, 12), cfg.Backoff)
		if got < most/2 || got > most {
			t.Errorf("failure %d: %s, want %s to %s", n, got, most/2, most)
		}
		values[got] = true
	}
	if len(values) < 30 {
		t.Errorf("%d different pauses of 40", len(values))
	}
	v.state.NotBefore = time.Now().Add(2 * time.Hour)
	if got := v.failed(); got < 119*time.Minute {
		t.Errorf("%s, want the Retry-After", got)
	}
}

func TestWhenAHostIsHopeless(t *testing.T) {
	t.Parallel()
	now := time.Now()
	for _, c := range []struct {
		name     string
		once     bool
		failures int
		since    time.Duration
		wait     time.Duration
		want     bool
	}{
		{"just failed", false, 1, 0, 0, false},
		{"fails for an hour", false, 500, time.Hour, 0, false},
		{"fails for days", false, 10, 73 * time.Hour, 0, true},
		{"is asked seldom", false, 9, 1000 * time.Hour, 0, false},
		{"asks for a day", false, 1, 0, maxRetryAfter, false},
		{"fails once of all", true, 1, 0, 5 * time.Second, false},
		{"fails all the time", true, onceFailures, time.Minute, 0, true},
		{"asks for an hour when the crawl shall end", true, 1, 0, time.Hour, true},
	} {
		cfg := Defaults()
		cfg.Once = c.once
		v := visit{Crawler: &Crawler{cfg: cfg}, lane: &lane{}}
		v.state.Failures, v.state.FailingSince, v.state.NotBefore = c.failures, now.Add(-c.since), now.Add(c.wait)
		if got := v.hopeless(); got != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
	}
	v := visit{Crawler: &Crawler{cfg: Defaults()}, lane: &lane{}}
	v.cfg.DropAfter = 0
	v.state.Failures, v.state.FailingSince = math.MaxInt, time.Time{}
	if v.hopeless() {
		t.Error("drop_after 0 drops hosts")
	}
}

// dropping is a rig and a site whose feed names ten pages. The site fails from
// then on until it is told to work, and is dropped after a second.
func dropping(t *testing.T) (r *rig, s *site, work func()) {
	t.Helper()
	r = newRig(t, patience)
	s, work = r.dropping(t)
	return r, s, work
}

func (r *rig) dropping(t *testing.T) (s *site, work func()) {
	t.Helper()
	s = newSite(t)
	r.cfg.Once, r.cfg.DropAfter, r.cfg.Backoff, r.cfg.Poll = false, time.Second, time.Millisecond, time.Hour
	var works atomic.Bool
	var items []string
	for i := range 10 {
		path := fmt.Sprintf("/p%d", i)
		items = append(items, s.URL+path)
		s.on(path, func(w http.ResponseWriter, req *http.Request) {
			if works.Load() {
				page()(w, req)
				return
			}
			w.WriteHeader(http.StatusInternalServerError)
		})
	}
	s.on("/feed", first(feed(items...), func(w http.ResponseWriter, req *http.Request) {
		if works.Load() {
			feed(append(items, s.URL+"/new")...)(w, req)
			return
		}
		w.WriteHeader(http.StatusInternalServerError)
	}))
	s.on("/new", page())
	return s, func() { works.Store(true) }
}

func TestHostThatFailsForLongIsDroppedAndComesBackByAProbe(t *testing.T) {
	t.Parallel()
	r, s, work := dropping(t)
	r.cfg.Poll = time.Second
	r.cfg.Attempts = 100
	r.enqueue(t, "c1", Source{Seeds: []string{s.URL + "/feed"}})
	stop := r.start(t)
	eventually(t, 20*time.Second, "the host is dropped", func() bool { return r.events(logging.HostDropped) == 1 })
	eventually(t, 10*time.Second, "dead letters", func() bool { return len(r.letters(t)) == 10 })
	for _, l := range r.letters(t) {
		if l.Reason != "host_dropped" {
			t.Errorf("a letter's reason is %s", l.Reason)
		}
	}
	if n := r.stage.Snapshot().FailedBy["host_dropped"]; n != 10 {
		t.Errorf("%d counted as failed with the host, want 10", n)
	}
	eventually(t, 10*time.Second, "no URL waits, and one turn is left", func() bool { // two while it is handed on
		st := r.state(t)
		return st.Frontier == 0 && st.Hosts == 1
	})
	work()
	eventually(t, 20*time.Second, "the host is back", func() bool { return r.events(logging.HostRecovered) == 1 })
	eventually(t, 10*time.Second, "a new page", func() bool { return s.asked("/new") == 1 })
	stop()
	if n := r.events(logging.HostDropped); n != 1 {
		t.Errorf("dropped %d times", n)
	}
	s.keepsGap(t, delay)
}

// A robots.txt that stays away forbids all until the host is dropped.
func TestHostWhoseRobotsStaysAwayIsDropped(t *testing.T) {
	t.Parallel()
	r, s, _ := dropping(t)
	s.on("/robots.txt", status(http.StatusInternalServerError))
	r.cfg.Attempts = 100
	r.enqueue(t, "c1", Source{Seeds: []string{s.URL + "/feed", s.URL + "/p1"}})
	stop := r.start(t)
	eventually(t, 20*time.Second, "dead letters", func() bool { return len(r.letters(t)) == 2 })
	stop()
	if n := len(s.log()); n != s.asked("/robots.txt") || n < dropFailures {
		t.Errorf("requests: %v", s.paths())
	}
	if n := r.events(logging.HostDropped); n != 1 {
		t.Errorf("dropped %d times", n)
	}
	asked := len(s.log())
	defer r.start(t)()
	time.Sleep(10 * delay) // its seeds are polls by now, an hour away
	if n := len(s.log()); n != asked {
		t.Errorf("%d requests more", n-asked)
	}
}

func TestRowOfFailuresEndsWhenNobodyAsks(t *testing.T) {
	t.Parallel()
	v := visit{Crawler: &Crawler{cfg: Defaults()}, lane: &lane{}}
	v.state.Failures, v.state.FailingSince = dropFailures, time.Now().Add(-1000*time.Hour)
	v.state.FailedAt = time.Now().Add(-probeEvery)
	v.failed()
	if v.state.Failures != dropFailures+1 || !v.hopeless() {
		t.Errorf("a day after the last failure: %+v", v.state)
	}
	v.state.FailedAt = time.Now().Add(-rowEnds - time.Minute)
	v.failed()
	if v.state.Failures != 1 || v.hopeless() {
		t.Errorf("after a rest of the crawler: %+v", v.state)
	}
}

func TestDroppedHostComesBackWithItsSeed(t *testing.T) {
	t.Parallel()
	r, s, work := dropping(t)
	src := Source{Seeds: []string{s.URL + "/feed"}}
	r.enqueue(t, "c1", src)
	stop := r.start(t)
	eventually(t, 20*time.Second, "the host is dropped", func() bool { return r.events(logging.HostDropped) == 1 })
	r.frontierless(t)
	asked := len(s.log())
	time.Sleep(5 * delay)
	if n := len(s.log()); n != asked {
		t.Errorf("%d requests to a dropped host", n-asked)
	}
	work()
	r.enqueue(t, "c2", src)
	eventually(t, 10*time.Second, "a new page", func() bool { return s.asked("/new") == 1 })
	stop()
	if n := r.events(logging.HostRecovered); n != 1 {
		t.Errorf("recovered %d times", n)
	}
}

// A crawl that shall end neither waits for a day nor asks earlier than it may.
func TestOnceGivesUpAHostThatAsksForPatience(t *testing.T) {
	t.Parallel()
	r, s := newRig(t, patience), newSite(t)
	s.on("/a", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", "86400")
		w.WriteHeader(http.StatusServiceUnavailable)
	})
	s.on("/b", page())
	r.enqueue(t, "c1", Source{Seeds: []string{s.URL + "/a", s.URL + "/b"}})
	r.crawl(t)
	same(t, "requests", s.paths(), []string{"/robots.txt", "/a"})
	if n := len(r.letters(t)); n != 2 {
		t.Errorf("%d dead letters, want 2", n)
	}
}

// A host whose turn was given up, as nothing waited, keeps its gap when a URL
// comes right after that.
func TestGapOutlivesTheTurn(t *testing.T) {
	t.Parallel()
	for name, once := range map[string]bool{"once": true, "for ever": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, a, b := newRig(t, patience), newSite(t), newSite(t)
			r.cfg.Once, r.cfg.Revisit = once, nil
			b.on("/robots.txt", text("text/plain", "User-agent: *\nCrawl-delay: 2\n"))
			b.on("/1", page())
			b.on("/2", page())
			a.on("/1", redirect(b.URL+"/1"))
			a.on("/2", func(w http.ResponseWriter, req *http.Request) {
				for b.asked("/1") == 0 {
					time.Sleep(10 * time.Millisecond)
				}
				time.Sleep(500 * time.Millisecond)
				redirect(b.URL+"/2")(w, req)
			})
			r.enqueue(t, "c1", Source{Seeds: []string{a.URL + "/1", a.URL + "/2"}})
			r.start(t)
			eventually(t, 20*time.Second, "the second page", func() bool { return b.asked("/2") == 1 })
			b.keepsGap(t, 2*time.Second)
			if once {
				eventually(t, 10*time.Second, "no turns", func() bool { return r.state(t).Hosts == 0 })
			}
		})
	}
}

func TestWhatIsGivenUpWithADroppedHost(t *testing.T) {
	t.Parallel()
	v := visit{Crawler: &Crawler{cfg: Defaults()}, lane: &lane{}}
	now := time.Now()
	url, seed := bus.FrontierURL{Found: now}, bus.FrontierURL{Seed: true, Found: now}
	if v.isDropped(url) {
		t.Error("the host is not dropped")
	}
	v.state.Dropped = now.Add(-time.Hour)
	revisit := seed
	revisit.Revisit = &bus.Revisit{}
	old := seed
	old.Found = now.Add(-2 * time.Hour)
	for what, c := range map[string]struct {
		job  bus.FrontierURL
		want bool
	}{"URL": {url, true}, "new seed": {seed, false}, "old seed": {old, true}, "revisit": {revisit, true}} {
		if got := v.isDropped(c.job); got != c.want {
			t.Errorf("%s: %v", what, got)
		}
	}
	v.state.Dropped = now.Add(-probeEvery - time.Minute)
	if v.isDropped(url) {
		t.Error("a URL that comes a day later is not tried")
	}
}
