package sink

import (
	"context"
	"errors"
	"io"
	"sync"
	"time"

	"go.uber.org/zap"

	"pressmill/pkg/logging"
	"pressmill/sink/store"
)

// Why a sink takes nothing from the stream.
const (
	reasonStore = "store" // the store cannot be reached, or refuses
	reasonSpool = "spool" // what is collected already has used up the spool
)

// maxRetry is the longest time until a partition is tried again.
const maxRetry = time.Minute

// pressure is what a sink waits for. It is told when the first partition has to
// wait for it and when the last one goes on, not in between.
type pressure struct {
	log *zap.Logger

	mu      sync.Mutex
	waiting map[string]map[int]bool // partitions by reason
	since   map[string]time.Time
}

// on notes that a partition waits.
func (p *pressure) on(part int, reason string, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.waiting == nil {
		p.waiting, p.since = map[string]map[int]bool{}, map[string]time.Time{}
	}
	if p.waiting[reason] == nil {
		p.waiting[reason] = map[int]bool{}
	}
	if len(p.waiting[reason]) == 0 {
		p.since[reason] = time.Now()
		p.log.Warn("the sink takes no more articles until what it waits for is back",
			logging.Event(logging.BackpressureOn), logging.Reason(reason), zap.Error(err))
	}
	p.waiting[reason][part] = true
}

// off notes that a partition waits no more.
func (p *pressure) off(part int, reason string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.waiting[reason][part] {
		return
	}
	delete(p.waiting[reason], part)
	if len(p.waiting[reason]) == 0 {
		p.log.Info("the sink takes articles again", logging.Event(logging.BackpressureOff), logging.Reason(reason),
			zap.Duration(logging.KeyAfter, time.Since(p.since[reason]).Round(time.Millisecond)))
	}
}

// storeError is an error of the store, as opposed to one of the bus.
type storeError struct{ error }

func (e storeError) Unwrap() error { return e.error }

// ofStore marks what a step with the store has returned, unless the object is
// at fault or the step was not to go on.
func ofStore(err error) error {
	if err == nil || errors.Is(err, store.ErrExists) || errors.Is(err, store.ErrNotFound) || errors.Is(err, context.Canceled) {
		return err
	}
	return storeError{err}
}

// markedStore marks the errors of a store.
type markedStore struct{ store.Store }

func (s markedStore) Create(ctx context.Context, key string, data []byte) error {
	return ofStore(s.Store.Create(ctx, key, data))
}

func (s markedStore) Open(ctx context.Context, key string) (io.ReadCloser, error) {
	r, err := s.Store.Open(ctx, key)
	return r, ofStore(err)
}

func (s markedStore) ReadDir(ctx context.Context, dir string) ([]store.Entry, error) {
	entries, err := s.Store.ReadDir(ctx, dir)
	return entries, ofStore(err)
}

func (s markedStore) OpenTail(ctx context.Context, key string, n int64) (tail []byte, size int64, err error) {
	tail, size, err = s.Store.OpenTail(ctx, key, n)
	return tail, size, ofStore(err)
}

// retryAfter notes how a turn of a partition has ended and returns, after an
// error, when the next one is to begin: after first, and twice as long each time.
func (o *output) retryAfter(part int, err error, first time.Duration) time.Duration {
	s := &o.parts[part]
	s.mu.Lock()
	defer s.mu.Unlock()
	if err == nil {
		s.failures = 0
		return 0
	}
	wait := min(first<<min(s.failures, 16), maxRetry)
	s.failures++
	return wait
}
