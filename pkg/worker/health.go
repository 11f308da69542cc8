package worker

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync/atomic"
	"time"
)

// Health answers the probes of a worker from its heartbeat alone, never from
// whether others can be reached: a bus that is away must not restart workers.
type Health struct {
	stale time.Duration
	start time.Time
	beat  atomic.Int64 // the last beat, as time since start
	ready atomic.Bool
}

// NewHealth returns a Health that is alive now and as long as the last Beat
// is younger than stale, and not ready.
func NewHealth(stale time.Duration) *Health { return &Health{stale: stale, start: time.Now()} }

// Beat says that the worker's loop turns. It may be called from any goroutine.
func (h *Health) Beat() { h.beat.Store(int64(time.Since(h.start))) }

// SetReady says whether the worker takes work.
func (h *Health) SetReady(ready bool) { h.ready.Store(ready) }

// ServeHTTP answers /livez and /readyz with 200 or 503.
func (h *Health) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch r.URL.Path {
	case "/livez":
		age := time.Since(h.start) - time.Duration(h.beat.Load())
		answer(w, age < h.stale, fmt.Sprintf("last beat %s ago", age.Round(time.Millisecond)))
	case "/readyz":
		ready := h.ready.Load()
		answer(w, ready, map[bool]string{true: "ready", false: "not ready"}[ready])
	default:
		http.NotFound(w, r)
	}
}

func answer(w http.ResponseWriter, ok bool, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	if !ok {
		w.WriteHeader(http.StatusServiceUnavailable)
	}
	fmt.Fprintln(w, text)
}

// Serve listens on addr and answers until ctx ends, then returns nil. An empty
// addr listens nowhere and waits for ctx. To be seen as alive while work in
// flight is finished, give it a context that ends after that work.
func (h *Health) Serve(ctx context.Context, addr string) error {
	if addr == "" {
		<-ctx.Done()
		return nil
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", addr)
	if err != nil {
		return fmt.Errorf("listen for probes: %w", err)
	}
	return h.serve(ctx, listener)
}

func (h *Health) serve(ctx context.Context, listener net.Listener) error {
	server := &http.Server{Handler: h, ReadHeaderTimeout: 5 * time.Second, IdleTimeout: time.Minute}
	// Probes are short, so there is nothing to wait for.
	stop := context.AfterFunc(ctx, func() { _ = server.Close() })
	defer stop()
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("answer probes: %w", err)
	}
	return nil
}
