package sink

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"pressmill/pkg/config"
	"pressmill/pkg/logging"
	"pressmill/sink/store"
)

// awayStore refuses all that is written while it is away.
type awayStore struct {
	store.Store
	away  *atomic.Bool
	tries *atomic.Int32
}

func (s awayStore) Create(ctx context.Context, key string, data []byte) error {
	if s.away.Load() {
		s.tries.Add(1)
		return errors.New("the store is away")
	}
	return s.Store.Create(ctx, key, data)
}

// TestStoreAway has a store be away twice: each time it is told once that the
// sink waits and once that it goes on, however many partitions and tries there are.
func TestStoreAway(t *testing.T) {
	s := startServer(t, t.TempDir(), nil)
	cfg := testConfig()
	cfg.MaxAge = 10 * time.Millisecond
	core, seen := observer.New(zap.InfoLevel)
	articles, turns := OnBus(s.Bus, func() {})
	sink := newLoggedSink(t, articles, turns, cfg, Options{}, logged(t, core))
	var away atomic.Bool
	var tries atomic.Int32
	sink.outputs[0].store = markedStore{awayStore{sink.outputs[0].store, &away, &tries}}
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- sink.Run(ctx) }()
	for round := range 2 {
		s.publish(t, 6, 10)
		waitDrained(t, sink)
		away.Store(true)
		tries.Store(0)
		s.publish(t, 9, 10)
		for end := time.Now().Add(2 * time.Minute); tries.Load() < 9 && time.Now().Before(end); {
			time.Sleep(5 * time.Millisecond)
		}
		away.Store(false)
		waitDrained(t, sink)
		for _, event := range []string{logging.BackpressureOn, logging.BackpressureOff} {
			lines := seen.FilterField(logging.Event(event))
			for end := time.Now().Add(2 * time.Minute); lines.Len() <= round && time.Now().Before(end); lines = seen.FilterField(logging.Event(event)) {
				time.Sleep(5 * time.Millisecond) // the last partition may be about to tell
			}
			if lines.Len() != round+1 || lines.FilterField(logging.Reason("store")).Len() != round+1 {
				t.Errorf("round %d, after %d tries: %d lines %s", round, tries.Load(), lines.Len(), event)
			}
		}
	}
	stop()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	wantOnce(t, cfg.URL, s.want)
	if n := seen.FilterMessageSnippet("tried again").Len(); n != 0 {
		t.Errorf("%d lines of single tries", n)
	}
}

func TestRetriesBackOff(t *testing.T) {
	o := newOutput(testConfig().Defaults(), nil, zap.NewNop(), nil)
	var sum time.Duration
	for range 40 {
		sum = o.retryAfter(3, errors.New("away"), 5*time.Second)
	}
	if sum != time.Minute {
		t.Errorf("at last %v", sum)
	}
	if o.retryAfter(3, nil, 0); o.retryAfter(3, errors.New("away"), 5*time.Second) != 5*time.Second {
		t.Error("a success did not begin anew")
	}
}

func TestQuietBucketsGetFewObjects(t *testing.T) {
	for url, want := range map[string]time.Duration{"file:///x": 30 * time.Second, "mem://x": 30 * time.Second, "s3://x": 5 * time.Minute, "gs://x": 5 * time.Minute} {
		if got := (Config{URL: url}).Defaults().MaxAge; got != want {
			t.Errorf("%s: %v, not %v", url, got, want)
		}
	}
	if got := (Config{URL: "s3://x", MaxAge: time.Second}).Defaults().MaxAge; got != time.Second {
		t.Errorf("what is set became %v", got)
	}
}

// TestSpoolIsBounded drains far more than the spool holds, with objects that
// would each be larger than it, into a store that is slow.
func TestSpoolIsBounded(t *testing.T) {
	b, want := newFakeBus(pastDay(), time.Second), map[string]bool{}
	for i := range 16 * 30 {
		id := fmt.Sprintf("%016x", i)
		b.publishRaw(i%16, id+".r", fmt.Appendf(nil, `{"id":%q,"rev":"r","text":%q}`, id, noise(i, 20_000)))
		want[id+".r"] = true
	}
	cfg := testConfig()
	cfg.Spool.MaxBytes = 2 * config.MiB
	s := newTestSink(t, b, newFakeTurns(), cfg, Options{Once: true})
	s.outputs[0].store = slowStore{s.outputs[0].store}
	drainAll(t, s)
	wantOnce(t, cfg.URL, want)
	// Above it, the first read of each partition at most: 8 articles of 20 KB, twice.
	sp := s.outputs[0].spool
	if sp.used != 0 || sp.peak <= sp.limit/2 || sp.peak > sp.limit+16*2*readBytes/4 {
		t.Errorf("%d bytes are held, %d at most", sp.used, sp.peak)
	}
	if st := s.Stats()["lake"]; st.Objects <= 16 || st.Objects > 16*15 {
		t.Errorf("%+v", st)
	}
}

type slowStore struct{ store.Store }

func (s slowStore) Create(ctx context.Context, key string, data []byte) error {
	time.Sleep(20 * time.Millisecond)
	return s.Store.Create(ctx, key, data)
}
