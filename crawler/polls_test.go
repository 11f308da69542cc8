package crawler

import (
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/zap"

	"pressmill/crawler/cadence"
	"pressmill/pkg/bus"
	"pressmill/pkg/bus/turn"
	"pressmill/pkg/logging"
)

func newLogger(r *rig) *zap.Logger {
	return zap.New(r.core).With(zap.String(logging.KeyHost, "example.org"))
}

// intervals are those that the polls of a URL led to.
func (r *rig) intervals(url string) (every []time.Duration) {
	for _, e := range r.logs.All() {
		if m := e.ContextMap(); m[logging.KeyEvent] == logging.SourcePoll && m[logging.KeyURL] == url {
			every = append(every, m[logging.KeyEvery].(time.Duration))
		}
	}
	return every
}

func TestPollsAskForWhatChanged(t *testing.T) {
	t.Parallel()
	r, s := live(t, time.Second), newSite(t)
	var conditional, bare atomic.Int64
	s.on("/feed", func(w http.ResponseWriter, req *http.Request) {
		w.Header().Set("ETag", `"v1"`)
		w.Header().Set("Last-Modified", "Fri, 20 Nov 2026 10:00:00 GMT")
		if req.Header.Get("If-None-Match") == `"v1"` && req.Header.Get("If-Modified-Since") == "Fri, 20 Nov 2026 10:00:00 GMT" {
			conditional.Add(1)
			w.WriteHeader(http.StatusNotModified)
			return
		}
		feed(s.URL+"/a")(w, req)
	})
	s.on("/bare", func(w http.ResponseWriter, req *http.Request) {
		if bare.Add(1) > 1 {
			w.WriteHeader(http.StatusNotModified) // to who sent no validator
			return
		}
		feed(s.URL+"/a")(w, req)
	})
	s.on("/a", page())
	r.apply(t, Source{ID: "s", Seeds: []string{s.URL + "/feed", s.URL + "/bare"}})
	r.start(t)
	eventually(t, 30*time.Second, "conditional requests", func() bool { return conditional.Load() >= 2 && bare.Load() >= 3 })
	eventually(t, 30*time.Second, "lines of three looks", func() bool { return len(r.intervals(s.URL+"/feed")) >= 3 && len(r.intervals(s.URL+"/bare")) >= 3 })
	for _, url := range []string{s.URL + "/feed", s.URL + "/bare"} {
		if every := r.intervals(url); every[0] != time.Second || every[1] != 1500*time.Millisecond || every[2] != 2250*time.Millisecond {
			t.Errorf("%s: intervals %v, want longer ones while nothing changes", url, every)
		}
	}
	if got := r.report(t, "s"); got.State != "active" || got.Failing() != 0 {
		t.Errorf("report: %+v", got)
	}
	for look := range r.looks(logging.SourcePoll) {
		eventually(t, 10*time.Second, fmt.Sprint("fetch of the poll ", look), func() bool { return r.looks(logging.FetchDone)[look] })
	}
}

// looks are the crawl, page and URL of an event's lines.
func (r *rig) looks(event string) map[[3]any]bool {
	looks := map[[3]any]bool{}
	for _, e := range r.logs.FilterField(logging.Event(event)).All() {
		m := e.ContextMap()
		looks[[3]any{m[logging.KeyCrawlID], m[logging.KeyPageID], m[logging.KeyURL]}] = true
	}
	return looks
}

func TestPollsHurryWhileThereIsNews(t *testing.T) {
	t.Parallel()
	r, s := live(t, 2*time.Second), newSite(t)
	r.cfg.PollMin = time.Second
	var n atomic.Int64
	s.on("/feed", func(w http.ResponseWriter, req *http.Request) {
		feed(s.URL+"/"+string(rune('a'+n.Add(1))))(w, req)
	})
	// Its own interval, and a server that asks for patience.
	s.on("/fresh", func(w http.ResponseWriter, req *http.Request) {
		w.Header().Set("Cache-Control", "max-age=600")
		feed()(w, req)
	})
	r.apply(t, Source{ID: "s", Seeds: []string{s.URL + "/feed"}}, Source{ID: "t", Seeds: []string{s.URL + "/fresh"}, Poll: 10 * time.Second, PollMax: time.Minute})
	r.start(t)
	eventually(t, 30*time.Second, "lines of three looks", func() bool { return len(r.intervals(s.URL+"/feed")) >= 3 })
	if every := r.intervals(s.URL + "/feed"); every[0] != 2*time.Second || every[1] != 1600*time.Millisecond || every[2] != 1280*time.Millisecond {
		t.Errorf("intervals %v, want shorter ones while there is news", every)
	}
	if next := time.Until(r.report(t, "t").NextPoll); next < 45*time.Second || next > 70*time.Second {
		t.Errorf("the fresh one is polled in %s, want the longest interval, about a minute", next)
	}
	if got := r.report(t, "s"); got.Found < 3 {
		t.Errorf("found %d, want 3", got.Found)
	}
}

// What a feed asks for holds although it is not read again.
func TestWishesOfAFeedOutliveItsAnswers(t *testing.T) {
	t.Parallel()
	r := newRig(t, patience)
	r.cfg.Once, r.cfg.Poll = false, 15*time.Minute
	c, err := New(r.cfg, r.Bus, zap.NewNop(), r.stage)
	must(t, err)
	v := &visit{Crawler: c, lane: c.newLane("h.example"), log: zap.NewNop()}
	job := &errand{FrontierURL: bus.FrontierURL{URL: "http://h.example/feed", Source: "s", Seed: true}, src: &scope{}}
	look := func(status, fresh int, kind string, asks wishes) time.Duration {
		v.listed = listing{kind: kind, fresh: fresh, asks: asks}
		v.polled(t.Context(), job, &response{status: status, header: http.Header{}})
		return time.Until(v.state.Polls[0].Due)
	}
	if wait := look(200, 3, "feed", wishes{TTL: 2 * time.Hour}); wait > 17*time.Minute {
		t.Errorf("with news it waits %s, want about a quarter of an hour", wait)
	}
	if wait := look(304, 0, "", wishes{}); wait < 100*time.Minute {
		t.Errorf("without news it waits %s, want about its ttl", wait)
	}
	var hours []int
	for h := range 24 {
		hours = append(hours, h)
	}
	if wait := look(200, 3, "feed", wishes{SkipHours: hours}); wait < 5*time.Hour {
		t.Errorf("in an hour to be skipped it waits %s, want the longest interval", wait)
	}
	if wait := look(304, 0, "", wishes{}); wait < 5*time.Hour {
		t.Errorf("unchanged in an hour to be skipped it waits %s, want the longest interval", wait)
	}
}

// A front page may call itself an article for once; an article is not polled.
func TestArticlesAreNotPolledButFrontPagesAre(t *testing.T) {
	t.Parallel()
	r, s := live(t, time.Second), newSite(t)
	r.cfg.PollMax = time.Second
	article := text("text/html", `<html><head><meta property="og:type" content="article"></head><body><p>text</p></body></html>`)
	s.on("/", first(page("/x"), article))
	s.on("/story", first(status(http.StatusNotFound), article))
	s.on("/feed", first(status(http.StatusNotFound), redirect("/moved")))
	s.on("/moved", feed())
	r.apply(t, Source{ID: "s", Seeds: []string{s.URL + "/", s.URL + "/story", s.URL + "/feed"}, Depth: 1})
	r.start(t)
	eventually(t, 30*time.Second, "looks at all of them", func() bool {
		return s.asked("/") >= 4 && s.asked("/story") >= 2 && s.asked("/moved") >= 2
	})
	eventually(t, 30*time.Second, "a report of them", func() bool {
		got := r.report(t, "s")
		return len(got.Polls) == 3 && got.Failing() == 0
	})
	if n := s.asked("/story"); n != 2 {
		t.Errorf("the article was asked for %d times, want 2", n)
	}
	// The feed that moved goes with its seed.
	r.apply(t, Source{ID: "s", Seeds: []string{s.URL + "/"}, Depth: 1})
	eventually(t, 30*time.Second, "fewer polls", func() bool { return len(r.report(t, "s").Polls) == 1 })
}

// What a server sends as a validator lies in the turn and with each revisit.
func TestValidatorsThatAreTooLongAreNotKept(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 200<<10)
	resp := &response{status: http.StatusOK, header: http.Header{"Etag": {long}, "Last-Modified": {long}}}
	p := poll{ETag: "old", LastModified: "old"}
	p.validate(resp, listing{})
	var look bus.Revisit
	remember(&look, resp)
	if n := len(p.ETag) + len(p.LastModified) + len(look.ETag) + len(look.LastModified); n != 0 {
		t.Errorf("%d bytes are kept", n)
	}
	p.ETag = "old"
	resp.status = http.StatusNotModified
	if p.validate(resp, listing{}); p.ETag != "old" {
		t.Errorf("%d bytes are kept of a 304", len(p.ETag))
	}
}

// A source's own bound goes before that of the crawler.
func TestBoundsOfASourceGoFirst(t *testing.T) {
	t.Parallel()
	v := visit{Crawler: &Crawler{cfg: Defaults()}}
	for what, c := range map[string]struct {
		src  Source
		want cadence.Bounds
	}{
		"none":     {Source{}, cadence.Bounds{First: 15 * time.Minute, Min: 5 * time.Minute, Max: 6 * time.Hour}},
		"poll_min": {Source{PollMin: 10 * time.Hour}, cadence.Bounds{First: 15 * time.Minute, Min: 10 * time.Hour, Max: 10 * time.Hour}},
		"poll_max": {Source{PollMax: time.Minute}, cadence.Bounds{First: 15 * time.Minute, Min: time.Minute, Max: time.Minute}},
	} {
		same(t, what, v.bounds(&scope{Source: c.src}), c.want)
	}
}

// What a worker writes of a source while it is removed goes with its polls.
func TestStatusOfARemovedSourceGoesWithItsPolls(t *testing.T) {
	t.Parallel()
	r := newRig(t, patience)
	r.cfg.Once = false
	c, err := New(r.cfg, r.Bus, zap.NewNop(), r.stage)
	must(t, err)
	v := visit{Crawler: c, lane: c.newLane("a.example"), log: zap.NewNop()}
	v.state.Polls = []poll{{URL: "https://a.example/", Source: "gone"}}
	v.writeStatus(t.Context(), "gone")
	must(t, v.reviewPolls(t.Context()))
	left, err := statusOf(t.Context(), r.Bus, "gone")
	must(t, err)
	if len(left) != 0 {
		t.Errorf("left: %+v", left)
	}
}

// A turn is one message: what it has no room for is told and given up, nothing
// else of the host.
func TestMorePollsThanATurnHolds(t *testing.T) {
	t.Parallel()
	r, s := live(t, time.Hour), newSite(t)
	r.tune = func(c *Crawler) { c.maxState = 4 << 10 }
	s.rest = feed(s.URL + "/a")
	s.on("/a", page())
	src := Source{ID: "many"}
	for i := range 20 {
		src.Seeds = append(src.Seeds, fmt.Sprintf("%s/feed/%d", s.URL, i))
	}
	r.apply(t, src)
	r.start(t)
	eventually(t, 20*time.Second, "the seeds and their item", func() bool { return s.asked("/a") == 1 && r.state(t).Frontier == 0 })
	key := bus.HostToken(s.host())
	var next turn.Standing
	eventually(t, 20*time.Second, "the turn is handed on", func() bool {
		var err error
		next, err = r.Hosts().Look(t.Context(), key)
		must(t, err)
		return next.Due.After(time.Now())
	})
	polls, dropped := len(r.report(t, src.ID).Polls), len(r.logs.FilterField(zap.String(logging.KeyReason, "turn_full")).All())
	if size := len(next.State); size > 4<<10 || size < 3<<10 || polls < 8 || polls+dropped != len(src.Seeds) {
		t.Errorf("a turn of %d bytes, %d polls, and %d were dropped", size, polls, dropped)
	}
	if n := r.events(logging.HostDelayed); n > 0 {
		t.Errorf("the turn failed %d times", n)
	}
}
