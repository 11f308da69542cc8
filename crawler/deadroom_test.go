package crawler

import (
	"net/http"
	"testing"
	"time"

	"go.uber.org/zap"

	"pressmill/pkg/bus"
	"pressmill/pkg/bus/bustest"
	"pressmill/pkg/bus/embedded"
	"pressmill/pkg/logging"
	"pressmill/pkg/logging/logtest"
)

// smallRig is a rig whose bus has room for 1 MiB of dead letters, of what waits in
// the frontier, and of what lies aside.
func smallRig(t *testing.T) *rig {
	t.Helper()
	srv, err := embedded.Start(t.TempDir(), "")
	must(t, err)
	t.Cleanup(srv.Stop)
	cfg := bus.Defaults()
	cfg.AckWait, cfg.DeadMaxBytes, cfg.FrontierMaxBytes = patience, 1<<20, 1<<20
	b, err := bus.Connect(cfg, "test", zap.New(logtest.Core(t, "")), srv.Option())
	must(t, err)
	t.Cleanup(func() { b.Close() })
	must(t, b.Apply(t.Context()))
	return newRigOn(t, b)
}

// roomless is a rig whose stream of dead letters is full, until room is called.
func roomless(t *testing.T) (r *rig, room func()) {
	t.Helper()
	r = smallRig(t)
	bustest.FillDead(t, r.Bus)
	return r, func() {
		if n, err := r.PurgeDead(t.Context()); err != nil || n == 0 {
			t.Errorf("%d dead letters were deleted, %v", n, err)
		}
	}
}

// A URL whose dead letter finds no room keeps neither others of its host nor
// other hosts from being fetched. It is tried again, and given up when there is
// room.
func TestURLWaitsForRoomForItsDeadLetter(t *testing.T) {
	t.Parallel()
	r, room := roomless(t)
	a, b := newSite(t), newSite(t)
	a.on("/feed", feed(a.URL+"/p1", b.URL+"/broken", b.URL+"/p1", b.URL+"/p2"))
	b.on("/broken", status(http.StatusInternalServerError))
	for _, s := range []*site{a, b} {
		s.on("/p1", page())
		s.on("/p2", page())
	}
	r.tune = func(c *Crawler) { c.asideFor = 4 * time.Second }
	r.enqueue(t, "c1", Source{ID: "src", Seeds: []string{a.URL + "/feed"}})
	r.crawl(t)
	same(t, "pages", r.urls(a), []string{"/p1", b.URL + "/p1", b.URL + "/p2"})
	if got := r.report(t, "src").Parked; got != 1 || len(r.letters(t)) != 0 {
		t.Errorf("%d URLs lie aside, %d dead letters; want 1 and none", got, len(r.letters(t)))
	}
	same(t, "lines of the URL", r.reasons(logging.FetchFailed, b.URL+"/broken"), []string{"http_500", "http_500"})
	if sum := r.stage.Snapshot(); sum.Failed != 0 || sum.AgainBy["http_500"] != 2 || sum.In != sum.Out+sum.Failed+sum.Skipped+sum.Again {
		t.Errorf("counted: %+v", sum)
	}
	must(t, unparkResumed(t.Context(), r.Bus))
	if got := r.report(t, "src").Parked; got != 1 {
		t.Errorf("%d URLs lie aside before their time, want 1", got)
	}
	asked := b.asked("/broken")
	room()
	time.Sleep(4 * time.Second)
	must(t, unparkResumed(t.Context(), r.Bus))
	r.crawl(t)
	if got := r.letters(t); len(got) != 1 || got[0].Reason != "http_500" || got[0].Key != bus.HostToken(b.host()) {
		t.Errorf("dead letters: %+v", got)
	}
	if n := b.asked("/broken") - asked; n != 1 || r.report(t, "src").Parked != 0 {
		t.Errorf("asked for %d times more, want once; %d URLs lie aside", n, r.report(t, "src").Parked)
	}
	if n := r.stage.Snapshot().FailedBy["http_500"]; n != 1 {
		t.Errorf("counted as failed %d times, want once", n)
	}
}

// A dropped host keeps its URLs, which wait in the frontier, and rests. Others go
// on, and it does too when there is room.
func TestDroppedHostWaitsForRoomForItsDeadLetters(t *testing.T) {
	t.Parallel()
	r, room := roomless(t)
	s, _ := r.dropping(t)
	r.cfg.Attempts = 100
	r.tune = func(c *Crawler) { c.restFor = 3 * time.Second }
	r.enqueue(t, "c1", Source{Seeds: []string{s.URL + "/feed"}})
	r.start(t)
	eventually(t, 20*time.Second, "the host is dropped", func() bool { return r.events(logging.HostDropped) == 1 })
	eventually(t, 20*time.Second, "its turn rests", func() bool {
		turn, err := r.Hosts().Look(t.Context(), bus.HostToken(s.host()))
		must(t, err)
		return time.Until(turn.NotBefore) > time.Second
	})
	other := newSite(t)
	other.on("/a", page())
	r.enqueue(t, "c2", Source{Seeds: []string{other.URL + "/a"}})
	eventually(t, 20*time.Second, "another host", func() bool { return other.asked("/a") == 1 })
	if st, n := r.state(t), len(r.letters(t)); st.Frontier < 10 || n != 0 || r.events(logging.HostDelayed) != 0 {
		t.Errorf("%d URLs wait, %d dead letters, %d turns were left; want 10, none and none", st.Frontier, n, r.events(logging.HostDelayed))
	}
	room()
	eventually(t, 20*time.Second, "dead letters", func() bool { return len(r.letters(t)) == 10 })
	eventually(t, 20*time.Second, "all are counted as failed with the host", func() bool { return r.stage.Snapshot().FailedBy["host_dropped"] == 10 })
}

// A crawl that shall end does, although there is no room for what it gives up
// with a host.
func TestCrawlEndsWithoutRoomForDeadLetters(t *testing.T) {
	t.Parallel()
	r, _ := roomless(t)
	s := newSite(t)
	s.on("/a", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", "86400")
		w.WriteHeader(http.StatusServiceUnavailable)
	})
	r.enqueue(t, "c1", Source{ID: "src", Seeds: []string{s.URL + "/a", s.URL + "/b"}})
	r.crawl(t)
	if got := r.report(t, "src").Parked; got != 2 || len(r.letters(t)) != 0 {
		t.Errorf("%d URLs lie aside, %d dead letters; want 2 and none", got, len(r.letters(t)))
	}
}

// crowded fills the place for URLs that are to lie aside, until room is called.
func (r *rig) crowded(t *testing.T) (room func()) {
	t.Helper()
	putSource(t, r.Bus, "full", Source{ID: "full", Domain: "full.example", Seeds: []string{"https://full.example/"}, Paused: true})
	bustest.FillParked(t, r.Bus, "full")
	return func() { must(t, r.DropParked(t.Context(), "full")) }
}

// sleeps waits until the site's turn is due much later.
func (r *rig) sleeps(t *testing.T, s *site) {
	t.Helper()
	eventually(t, 20*time.Second, "a turn that sleeps", func() bool {
		turn, err := r.Hosts().Look(t.Context(), bus.HostToken(s.host()))
		must(t, err)
		return time.Until(turn.Due) > time.Minute
	})
}

// URLs of a source that rests keep no others of their host from being fetched where
// there is no room for them aside. They wait for the next day.
func TestPausedSourceWithoutRoomAsideWaits(t *testing.T) {
	t.Parallel()
	r, s := smallRig(t), newSite(t)
	r.cfg.Once, r.cfg.Poll, r.cfg.Revisit = false, time.Hour, nil
	room := r.crowded(t)
	for _, path := range []string{"/p1", "/p2", "/q1", "/q2"} {
		s.on(path, page())
	}
	r.apply(t, Source{ID: "paused", Seeds: []string{s.URL + "/p1", s.URL + "/p2"}, Paused: true})
	r.apply(t, Source{ID: "other", Seeds: []string{s.URL + "/q1", s.URL + "/q2"}})
	stop := r.start(t)
	eventually(t, 20*time.Second, "the other source", func() bool { return s.asked("/q1") == 1 && s.asked("/q2") == 1 })
	r.sleeps(t, s)
	stop()
	waits := func() (n int) {
		must(t, r.Waiting(t.Context(), s.host(), func(job bus.FrontierURL) bool {
			if job.Priority != bus.PriorityLater || job.Later.Priority != bus.PrioritySeed {
				t.Errorf("%s waits with priority %d, and is to get %d", job.URL, job.Priority, job.Later.Priority)
			}
			n++
			return true
		}))
		return n
	}
	if n := waits(); n != 2 || s.asked("/p1")+s.asked("/p2") != 0 || r.events(logging.HostDelayed) != 0 {
		t.Errorf("%d URLs wait, %d turns were left; want 2 and none; asked for: %v", n, r.events(logging.HostDelayed), s.paths())
	}
	r.nextDay(t, s)
	stop = r.start(t)
	r.sleeps(t, s)
	stop()
	if n := waits(); n != 2 {
		t.Errorf("%d URLs wait for one more day, want 2", n)
	}
	room()
	must(t, Resume(t.Context(), r.Bus, "paused"))
	r.nextDay(t, s)
	r.start(t)
	eventually(t, 20*time.Second, "the source that was paused", func() bool { return s.asked("/p1") == 1 && s.asked("/p2") == 1 })
	s.keepsGap(t, delay)
}

// So do URLs that are to become dead letters, if there is no room for these either,
// unless the crawl shall end: then its host waits for room.
func TestURLWithoutRoomForItsDeadLetterAndAsideWaits(t *testing.T) {
	t.Parallel()
	for _, once := range []bool{false, true} {
		r, room := roomless(t)
		s := newSite(t)
		roomAside := r.crowded(t)
		s.on("/feed", feed(s.URL+"/p1", s.URL+"/broken", s.URL+"/p2"))
		s.on("/broken", status(http.StatusInternalServerError))
		s.on("/p1", page())
		s.on("/p2", page())
		r.cfg.Once, r.cfg.Poll, r.cfg.Revisit, r.cfg.Attempts = once, time.Hour, nil, 1
		r.tune = func(c *Crawler) { c.restFor = time.Second }
		r.enqueue(t, "c1", Source{ID: "src", Seeds: []string{s.URL + "/feed"}})
		stop := r.start(t)
		if once {
			eventually(t, 20*time.Second, "tried again", func() bool { return s.asked("/broken") > 1 })
		} else {
			eventually(t, 20*time.Second, "others of the host", func() bool { return s.asked("/p1") == 1 && s.asked("/p2") == 1 })
			r.sleeps(t, s)
		}
		stop()
		if n := len(r.letters(t)); n != 0 || r.state(t).Frontier == 0 {
			t.Errorf("%d dead letters, %d URLs wait", n, r.state(t).Frontier)
		}
		room()
		roomAside()
		if !once {
			r.nextDay(t, s)
		}
		r.start(t)
		eventually(t, 20*time.Second, "its dead letter", func() bool { return len(r.letters(t)) == 1 })
		eventually(t, 20*time.Second, "all others", func() bool { return s.asked("/p1") == 1 && s.asked("/p2") == 1 })
	}
}
