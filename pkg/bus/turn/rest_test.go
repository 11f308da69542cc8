package turn

import (
	"testing"
	"time"
)

// A turn on which everybody fails is not taken every second.
func TestATurnRestsLongerWithEveryReturn(t *testing.T) {
	q := &Queue{Config: Config{AckWait: time.Minute}}
	for deliveries, want := range map[int]time.Duration{
		1: time.Second, 2: 2 * time.Second, 5: 16 * time.Second, 7: time.Minute, 1000: time.Minute,
	} {
		if got := (&Turn{Deliveries: deliveries, q: q}).rest(time.Time{}); got != want {
			t.Errorf("after %d deliveries it rests %s, want %s", deliveries, got, want)
		}
	}
}
