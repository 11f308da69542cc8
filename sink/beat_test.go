package sink

import (
	"context"
	"fmt"
	"io"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"pressmill/sink/segment"
	"pressmill/sink/store"
)

// TestASinkBeatsWhileItCollects has all partitions collect for an object that is
// complete in five minutes: nothing else happens meanwhile.
func TestASinkBeatsWhileItCollects(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newFakeBus(time.Now(), 0)
		for part := range Partitions {
			b.publish(part, fmt.Sprintf("%016x", part), "r1")
		}
		// Uncompressed: the compressor that all share must not be made in this bubble.
		var mu sync.Mutex
		last, longest, beats := time.Now(), time.Duration(0), 0
		s := newTestSink(t, b, newFakeTurns(), Config{URL: "mem://beats", Compression: segment.None, MaxAge: 5 * time.Minute}, Options{Beat: func() {
			mu.Lock()
			defer mu.Unlock()
			longest, last = max(longest, time.Since(last)), time.Now()
			beats++
		}})
		ctx, stop := context.WithTimeout(t.Context(), 4*time.Minute)
		defer stop()
		if err := s.Run(ctx); err != nil {
			t.Error(err)
		}
		mu.Lock()
		defer mu.Unlock()
		if longest = max(longest, time.Since(last)); longest > 30*time.Second || beats < 10 {
			t.Errorf("%d beats, the longest pause %s", beats, longest)
		}
	})
}

// farStore takes its time for each object.
type farStore struct{ store.Store }

func (s farStore) Open(ctx context.Context, key string) (io.ReadCloser, error) {
	pause(ctx, time.Second)
	return s.Store.Open(ctx, key)
}

func (s farStore) Create(ctx context.Context, key string, data []byte) error {
	pause(ctx, 50*time.Second)
	return s.Store.Create(ctx, key, data)
}

// TestASinkBeatsWhileItReadsWhatItSkips: the objects of a week are read before an
// epoch begins, and one may take long to be written.
func TestASinkBeatsWhileItReadsWhatItSkips(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := Config{URL: "mem://skips", Compression: segment.None, MaxCount: 1}
		b, want := newFakeBus(time.Now(), time.Second), map[string]bool{}
		fill(b, 1, 100, want)
		drainAll(t, newTestSink(t, b, newFakeTurns(), cfg, Options{Once: true}))
		anew := newFakeBus(b.clock.Add(time.Hour), time.Second)
		fill(anew, 1, 1, want)
		var mu sync.Mutex
		last, longest := time.Now(), time.Duration(0)
		s := newTestSink(t, anew, newFakeTurns(), cfg, Options{Once: true, Workers: 1, Beat: func() {
			mu.Lock()
			defer mu.Unlock()
			longest, last = max(longest, time.Since(last)), time.Now()
		}})
		o, begun := s.outputs[0], time.Now()
		o.store = beatingStore{farStore{o.store}, o.store.(beatingStore).beat}
		turn := Turn{Key: turnKey(cfg.Name, 0), Holder: fakeHolder{q: &fakeTurns{turns: map[string]*fakeTurn{turnKey(cfg.Name, 0): {}}}, key: turnKey(cfg.Name, 0)}}
		d := &drain{output: o, bus: anew, turn: turn, opt: s.opt, writer: s.writer}
		if _, _, err := d.run(t.Context(), t.Context()); err != nil {
			t.Error(err)
		}
		wantOnce(t, cfg.URL, want)
		if longest > 30*time.Second || time.Since(begun) < 5*time.Minute {
			t.Errorf("the longest pause in %s was %s", time.Since(begun), longest)
		}
	})
}
