package worker

import (
	"cmp"
	"context"
	"fmt"
	"net"
	"net/http"
	"sync/atomic"
	"time"
)

// Health answers the probes of a worker. It is alive by its heartbeat alone,
// never by whether others can be reached: a bus that is away must not restart
// workers. It is ready as long as nothing keeps it from taking work.
type Health struct {
	stale    time.Duration
	start    time.Time
	beat     atomic.Int64 // the last beat, as time since start
	draining atomic.Bool
	unready  atomic.Pointer[func() string]
}

// NewHealth returns a Health that is alive now and as long as the last Beat
// is younger than stale, and not ready.
func NewHealth(stale time.Duration) *Health {
	h := &Health{stale: stale, start: time.Now()}
	h.NotReady("starting")
	return h
}

// Beat says that the worker's loop turns. It may be called from any goroutine.
func (h *Health) Beat() { h.beat.Store(int64(time.Since(h.start))) }

// NotReady says why the worker takes no work.
func (h *Health) NotReady(why string) { h.ReadyUnless(func() string { return why }) }

// ReadyUnless has every probe ask why the worker takes no work now; "" says
// that it does. The function may be called from any goroutine.
func (h *Health) ReadyUnless(why func() string) { h.unready.Store(&why) }

// Drain says that the worker finishes what is in flight and takes no more. It
// is alive until its end, which whoever stops it bounds: its loop beats no more.
func (h *Health) Drain() { h.draining.Store(true) }

// ServeHTTP answers /livez and /readyz with 200 or 503.
func (h *Health) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch r.URL.Path {
	case "/livez":
		age := time.Since(h.start) - time.Duration(h.beat.Load())
		if h.draining.Load() {
			answer(w, true, stopping)
			return
		}
		answer(w, age < h.stale, fmt.Sprintf("last beat %s ago", age.Round(time.Millisecond)))
	case "/readyz":
		why := (*h.unready.Load())()
		if h.draining.Load() {
			why = stopping
		}
		answer(w, why == "", cmp.Or(why, "ready"))
	default:
		http.NotFound(w, r)
	}
}

const stopping = "stopping: finishes what is in flight"

func answer(w http.ResponseWriter, ok bool, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	if !ok {
		w.WriteHeader(http.StatusServiceUnavailable)
	}
	fmt.Fprintln(w, text)
}

// Listen listens on addr and answers there until stop is called. An empty addr
// listens nowhere. To be seen as alive while work in flight is finished, stop it
// after that work.
func (h *Health) Listen(ctx context.Context, addr string) (stop func(), err error) {
	if addr == "" {
		return func() {}, nil
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("listen for probes: %w", err)
	}
	server := &http.Server{Handler: h, ReadHeaderTimeout: 5 * time.Second, IdleTimeout: time.Minute}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = server.Serve(listener) // it ends with Close
	}()
	// Probes are short, so there is nothing to wait for.
	return func() { _ = server.Close(); <-done }, nil
}
