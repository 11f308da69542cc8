package crawler

import (
	"errors"
	"fmt"
	"net/http"
	"testing"
	"time"

	"go.uber.org/zap"

	"pressmill/pkg/bus"
	"pressmill/pkg/bus/embedded"
	"pressmill/pkg/logging"
)

// roomless is a rig whose stream of dead letters is full, until room is called.
func roomless(t *testing.T) (r *rig, room func()) {
	t.Helper()
	srv, err := embedded.Start(t.TempDir(), "")
	must(t, err)
	t.Cleanup(srv.Stop)
	cfg := bus.Defaults()
	cfg.AckWait, cfg.DeadMaxBytes = patience, 1<<20
	b, err := bus.Connect(cfg, "test", zap.NewNop(), srv.Option())
	must(t, err)
	t.Cleanup(func() { b.Close() })
	must(t, b.Apply(t.Context()))
	for size := 256 << 10; size > 0; { // as small as a letter can be
		d := bus.DeadLetter{Stage: "parser", Key: "h", Subject: "pages.h", Reason: "extract", Data: make([]byte, size)}
		err := b.PublishDead(t.Context(), d, fmt.Sprint(time.Now().UnixNano()))
		if errors.Is(err, bus.ErrDeadFull) {
			size /= 2
			continue
		}
		must(t, err)
	}
	return newRigOn(t, b), func() {
		if n, err := b.PurgeDead(t.Context()); err != nil || n == 0 {
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
	if n := r.stage.Snapshot().FailedBy["host_dropped"]; n != 10 {
		t.Errorf("%d counted as failed with the host, want 10", n)
	}
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
