package crawler

import (
	"fmt"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"pressmill/pkg/logging"
)

func (r *rig) eventsOf(event, source string) (n int) {
	for _, e := range r.logs.All() {
		if m := e.ContextMap(); m[logging.KeyEvent] == event && m[logging.KeySource] == source {
			n++
		}
	}
	return n
}

// A source of two hosts is silent when both are, and back when one is.
func TestSilentSourceIsOneEventAndOneWhenItIsBack(t *testing.T) {
	t.Parallel()
	r, a, b := live(t, time.Second), newSite(t), newSite(t)
	r.cfg.PollMax, r.cfg.SilentAfter = time.Second, 2*time.Second
	var news atomic.Int64
	busy := func(s *site) http.HandlerFunc {
		return func(w http.ResponseWriter, req *http.Request) {
			feed(fmt.Sprintf("%s/%d", s.URL, news.Load()))(w, req)
		}
	}
	a.on("/feed", feed(a.URL+"/once"))
	b.on("/feed", busy(b))
	stopNews := make(chan struct{})
	go func() {
		for tick := time.NewTicker(500 * time.Millisecond); ; {
			select {
			case <-stopNews:
				return
			case <-tick.C:
				news.Add(1)
			}
		}
	}()
	r.apply(t, Source{ID: "s", Seeds: []string{a.URL + "/feed", b.URL + "/feed"}}, Source{ID: "other", Seeds: []string{a.URL + "/missing"}})
	r.start(t)
	silentOn := func(host string) bool {
		all, err := statusOf(t.Context(), r.Bus, "s")
		must(t, err)
		return all[host].Silent
	}
	eventually(t, 40*time.Second, "one host is silent", func() bool { return silentOn(a.host()) })
	if n := r.eventsOf(logging.SourceSilent, "s"); n != 0 || r.report(t, "s").State != "active" {
		t.Errorf("%d events although the other host has news", n)
	}
	close(stopNews)
	eventually(t, 40*time.Second, "the source is silent", func() bool { return r.eventsOf(logging.SourceSilent, "s") == 1 })
	if got := r.report(t, "s").State; got != "silent" {
		t.Errorf("state %s, want silent", got)
	}
	time.Sleep(3 * time.Second)
	if n := r.eventsOf(logging.SourceSilent, "s"); n != 1 {
		t.Errorf("%d events of one silence", n)
	}
	news.Add(1)
	eventually(t, 40*time.Second, "the source is back", func() bool { return r.eventsOf(logging.SourceBack, "s") == 1 })
	if got := r.report(t, "s").State; got != "active" {
		t.Errorf("state %s, want active", got)
	}
	// One that never brought anything is silent, too.
	eventually(t, 40*time.Second, "the source that fails", func() bool { return r.eventsOf(logging.SourceSilent, "other") == 1 })
	if got := r.report(t, "other").State; got != "failing" {
		t.Errorf("state %s, want failing", got)
	}
}
