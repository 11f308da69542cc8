package sink

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"go.uber.org/zap"

	"pressmill/pkg/bus"
	"pressmill/pkg/bus/embedded"
	"pressmill/pkg/news"
)

// TestOnBus has two sinks of one name share the partitions of a real server.
func TestOnBus(t *testing.T) {
	b := startBus(t)
	cfg, want := testConfig(), map[string]bool{}
	cfg.URL, cfg.MaxAge = "file://"+t.TempDir(), 300*time.Millisecond
	publish := func(n int) {
		for range n {
			a := &news.Article{Schema: news.Schema, ID: fmt.Sprintf("%016x", len(want)), Rev: "r"}
			stored, err := b.PublishArticle(t.Context(), fmt.Sprintf("host%d.test", len(want)%40), a)
			if err != nil || !stored.New {
				t.Fatalf("stored %v, error %v", stored, err)
			}
			want[a.MsgID()] = true
		}
	}
	publish(200)
	articles, turns := OnBus(b, func() {})
	ctx, stop := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	var total int64
	var mu sync.Mutex
	for range 2 {
		s := newTestSink(t, articles, turns, cfg, Options{Workers: 16, Wait: 200 * time.Millisecond})
		wg.Go(func() {
			if err := s.Run(ctx); err != nil {
				t.Error(err)
			}
			mu.Lock()
			defer mu.Unlock()
			total += s.Stats()["lake"].Articles
		})
	}
	time.Sleep(500 * time.Millisecond)
	publish(100)
	time.Sleep(700 * time.Millisecond)
	stop()
	wg.Wait()
	publish(50)
	s := newTestSink(t, articles, turns, cfg, Options{Once: true})
	drainAll(t, s)
	wantOnce(t, cfg.URL, want)
	if total += s.Stats()["lake"].Articles; total != 350 {
		t.Errorf("%d articles were written", total)
	}
}

// TestServerRestartKeepsTheEpoch guards what positions rely on: a restarted
// server says the same of its stream and its messages.
func TestServerRestartKeepsTheEpoch(t *testing.T) {
	dir, cfg, want := t.TempDir(), testConfig(), map[string]bool{}
	for round := range 2 {
		b, stop := startBusIn(t, dir)
		for i := range 30 {
			a := &news.Article{Schema: news.Schema, ID: fmt.Sprintf("%015d%d", i, round), Rev: "r"}
			if _, err := b.PublishArticle(t.Context(), fmt.Sprintf("host%d.test", i%5), a); err != nil {
				t.Fatal(err)
			}
			want[a.MsgID()] = true
		}
		if err := b.ReleaseTurns(t.Context()); err != nil {
			t.Fatal(err)
		}
		articles, turns := OnBus(b, func() {})
		s := newTestSink(t, articles, turns, cfg, Options{Once: true})
		drainAll(t, s)
		if st := s.Stats()["lake"]; st.Articles != 30 || st.Epochs+st.Gaps+st.Conflicts != 0 {
			t.Errorf("round %d: %+v", round, st)
		}
		stop()
	}
	wantOnce(t, cfg.URL, want)
}

func startBus(t *testing.T) *bus.Bus {
	t.Helper()
	b, stop := startBusIn(t, t.TempDir())
	t.Cleanup(stop)
	return b
}

func startBusIn(t *testing.T, dir string) (b *bus.Bus, stop func()) {
	t.Helper()
	return startBusWith(t, dir, func(*bus.Config) {})
}

func startBusWith(t *testing.T, dir string, change func(*bus.Config)) (b *bus.Bus, stop func()) {
	t.Helper()
	srv, err := embedded.Start(dir, "")
	if err != nil {
		t.Fatal(err)
	}
	cfg := bus.Defaults()
	cfg.AckWait = time.Minute // a busy machine shall not look like a worker that died
	change(&cfg)
	b, err = bus.Connect(cfg, "sink-test", zap.NewNop(), srv.Option())
	if err != nil {
		t.Fatal(err)
	}
	if err := b.Apply(t.Context()); err != nil {
		t.Fatal(err)
	}
	return b, func() {
		_ = b.Close()
		srv.Stop()
	}
}
