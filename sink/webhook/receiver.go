package webhook

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"
)

// receiver is what all batches on their way know of the receiver.
type receiver struct {
	changed func(error) // or nil

	mu        sync.Mutex
	gone      error
	down      bool
	failures  int       // in a row
	failedAt  time.Time // the last of them
	took      time.Time // when it last took something
	notBefore time.Time // by its Retry-After
}

// wait returns when the receiver may be asked, with ErrGone if it never may.
func (r *receiver) wait(ctx context.Context) error {
	r.mu.Lock()
	gone, at := r.gone, r.notBefore
	r.mu.Unlock()
	if gone != nil {
		return gone
	}
	return pause(ctx, time.Until(at))
}

// failed notes that an attempt failed and returns the pause until the next one.
// Attempts that were out at the same time count as one failure, and one that
// began before the receiver last took something tells nothing of it now.
func (r *receiver) failed(start time.Time, retryAfter time.Duration, err error, cfg Config) time.Duration {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := time.Now()
	if r.failures == 0 || start.After(r.failedAt) {
		r.failures++
		r.failedAt = now
	}
	if at := now.Add(min(retryAfter, cfg.MaxRetryAfter)); retryAfter > 0 && at.After(r.notBefore) {
		r.notBefore = at
	}
	if !r.down && start.After(r.took) {
		r.down = true
		r.tell(err)
	}
	return max(0, r.notBefore.Sub(now)) + cfg.backoff(r.failures)
}

func (r *receiver) succeeded() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.failures, r.notBefore, r.took = 0, time.Time{}, time.Now()
	if r.down {
		r.down = false
		r.tell(nil)
	}
}

// leave notes that the receiver wants no more.
func (r *receiver) leave(a answer) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.gone = fmt.Errorf("%w: %s", ErrGone, a.detail)
	return r.gone
}

func (r *receiver) isGone() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.gone != nil
}

func (r *receiver) tell(err error) {
	if r.changed != nil {
		r.changed(err)
	}
}

// backoff is the pause after n failures in a row: full jitter below a bound
// that doubles.
func (c Config) backoff(n int) time.Duration {
	bound := c.MinBackoff << min(n-1, 20)
	if bound <= 0 || bound > c.MaxBackoff {
		bound = c.MaxBackoff
	}
	return rand.N(bound + 1)
}

// pause returns early with the cause when ctx ends.
func pause(ctx context.Context, d time.Duration) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if d <= 0 {
		return nil
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-t.C:
		return nil
	}
}
