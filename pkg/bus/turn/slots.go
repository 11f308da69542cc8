package turn

import "context"

// Slots bounds how many things are worked on at the same time. A worker takes
// what is free, pulls no more than that many, and gives each slot back when
// its thing is done: nothing waits behind a busy worker.
type Slots chan struct{}

// NewSlots returns n free slots.
func NewSlots(n int) Slots { return make(Slots, n) }

// Take takes all free slots, waiting for the first, and returns their number;
// 0 if ctx was cancelled before.
func (s Slots) Take(ctx context.Context) int {
	select {
	case s <- struct{}{}:
	case <-ctx.Done():
		return 0
	}
	for n := 1; ; n++ {
		select {
		case s <- struct{}{}:
		default:
			return n
		}
	}
}

// Give gives n slots back.
func (s Slots) Give(n int) {
	for range n {
		<-s
	}
}
