package crawler

import (
	"crypto/rand"
	"encoding/base64"
	"io"
	"net/http"
	"testing"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"

	"pressmill/pkg/bus"
	"pressmill/pkg/bus/embedded"
	"pressmill/pkg/logging"
	"pressmill/pkg/logging/logtest"
)

// handedOn checks that a crawler that has stopped holds no turn, and that its
// host has one.
func handedOn(t *testing.T, b *bus.Bus) {
	t.Helper()
	busy, err := b.InWork(t.Context())
	must(t, err)
	keys, err := b.Hosts().Keys(t.Context())
	must(t, err)
	if busy["crawler"] != 0 || len(keys) != 1 {
		t.Errorf("%d turns are held, and there are %v; want one that is handed on", busy["crawler"], keys)
	}
}

// TestStopGivesUpWhatHangs stops a crawler whose host does not answer.
func TestStopGivesUpWhatHangs(t *testing.T) {
	r := newRig(t, patience)
	s := newSite(t)
	asked, free := make(chan struct{}, 10), make(chan struct{})
	t.Cleanup(func() { close(free) })
	s.on("/slow", func(http.ResponseWriter, *http.Request) { asked <- struct{}{}; <-free })
	r.tune = func(c *Crawler) { c.stopGrace = 200 * time.Millisecond }
	r.enqueue(t, "c1", Source{Seeds: []string{s.URL + "/slow"}})
	stop := r.start(t)
	<-asked
	begun := time.Now()
	stop()
	if took := time.Since(begun); took < 200*time.Millisecond || took > 5*time.Second {
		t.Errorf("stopped after %s", took)
	}
	handedOn(t, r.Bus)
	if st := r.state(t); st.Frontier != 1 || st.DeadLetters != 0 || r.events(logging.FetchFailed) != 0 {
		t.Errorf("%+v, %d failures; want the URL where it was, and no verdict", st, r.events(logging.FetchFailed))
	}
}

// TestStopWhileThePagesAreFull stops a crawler that has a page for which there
// is no room.
func TestStopWhileThePagesAreFull(t *testing.T) {
	srv, err := embedded.Start(t.TempDir(), "")
	must(t, err)
	t.Cleanup(srv.Stop)
	cfg := bus.Defaults()
	cfg.AckWait, cfg.PagesMaxBytes = patience, 1<<20
	b, err := bus.Connect(cfg, "test", zap.NewNop(), srv.Option())
	must(t, err)
	t.Cleanup(func() { b.Close() })
	must(t, b.Apply(t.Context()))
	r := &rig{Bus: b, cfg: testConfig(), stage: logging.NewStage(zap.NewNop(), "crawler")}
	r.core, r.logs = observer.New(zap.InfoLevel)
	r.core = zapcore.NewTee(r.core, logtest.Core(t, "crawler"))
	s := newSite(t)
	s.on("/long", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		_, _ = io.WriteString(w, "<p>")
		_, _ = io.CopyN(base64.NewEncoder(base64.StdEncoding, w), rand.Reader, 1200<<10)
	})
	r.enqueue(t, "c1", Source{Seeds: []string{s.URL + "/long"}})
	stop := r.start(t)
	eventually(t, 20*time.Second, "the page finds no room", func() bool { return r.events(logging.BackpressureOn) > 0 })
	begun := time.Now()
	stop()
	if took := time.Since(begun); took > 5*time.Second {
		t.Errorf("stopped after %s", took)
	}
	handedOn(t, b)
	if st := r.state(t); st.Frontier != 1 || st.DeadLetters != 0 {
		t.Errorf("%+v; want the URL where it was", st)
	}
}
