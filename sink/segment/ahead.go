package segment

import (
	"context"
	"sync"
)

const (
	// aheadCount and aheadBytes bound what is read ahead of who asks for it: so
	// many objects at a time, of about so many bytes, but at least one.
	aheadCount = 8
	aheadBytes = 64 << 20
	// unpacked is about how many times larger an object is in memory.
	unpacked = 4
)

// ahead reads objects before they are asked for, several at a time, and hands
// them out in their order. It is for one goroutine.
type ahead[T any] struct {
	ctx    context.Context //nolint:containedctx // that of the reads that are under way
	cancel context.CancelFunc
	source func() (Listed, bool) // what to read next; false: nothing more
	read   func(context.Context, Key) (T, error)
	count  int

	wg    sync.WaitGroup
	queue []*reading[T]
	bytes int64 // that are under way
	ended bool
}

// reading is one object that is being read.
type reading[T any] struct {
	of    Listed
	done  chan struct{}
	value T
	err   error
}

func newAhead[T any](ctx context.Context, count int, source func() (Listed, bool), read func(context.Context, Key) (T, error)) *ahead[T] {
	ctx, cancel := context.WithCancel(ctx) //nolint:gosec // stop cancels
	return &ahead[T]{ctx: ctx, cancel: cancel, source: source, read: read, count: count}
}

// fill starts reads as far as the bounds allow.
func (a *ahead[T]) fill() {
	for !a.ended && len(a.queue) < a.count && (len(a.queue) == 0 || a.bytes < aheadBytes) {
		l, ok := a.source()
		if !ok {
			a.ended = true
			return
		}
		r := &reading[T]{of: l, done: make(chan struct{})}
		a.queue = append(a.queue, r)
		a.bytes += l.Size * unpacked
		a.wg.Go(func() {
			defer close(r.done)
			r.value, r.err = a.read(a.ctx, l.Key)
		})
	}
}

// next waits for the next object. ok is false behind the last one.
func (a *ahead[T]) next() (of Listed, value T, err error, ok bool) { //nolint:revive // ok last, as iter.Pull2 has it
	a.fill()
	if len(a.queue) == 0 {
		return of, value, nil, false
	}
	r := a.queue[0]
	a.queue = a.queue[1:]
	<-r.done
	a.bytes -= r.of.Size * unpacked
	return r.of, r.value, r.err, true
}

// stop ends all reads and waits for them.
func (a *ahead[T]) stop() {
	a.cancel()
	a.wg.Wait()
}

// inOrder is the source of a list.
func inOrder(list []Listed) func() (Listed, bool) {
	return func() (l Listed, ok bool) {
		if len(list) == 0 {
			return l, false
		}
		l, list = list[0], list[1:]
		return l, true
	}
}
