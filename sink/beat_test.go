package sink

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"pressmill/sink/segment"
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
