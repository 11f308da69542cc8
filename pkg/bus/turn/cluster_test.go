package turn_test

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"go.uber.org/zap"

	"pressmill/pkg/bus"
	"pressmill/pkg/bus/embedded"
	"pressmill/pkg/bus/turn"
)

const (
	clusterKeys  = 12
	clusterTurns = 6
)

// TestTurnsOnAClusterThatLosesAServer has two workers, each on a server of its
// own, pass turns on while the third server, which may lead the stream, goes
// away: no key has two holders, no turn comes early, and none is lost.
func TestTurnsOnAClusterThatLosesAServer(t *testing.T) {
	if os.Getenv("PRESSMILL_CLUSTER") == "" {
		t.Skip("PRESSMILL_CLUSTER is not set: see make failover")
	}
	servers, err := embedded.StartCluster(t.TempDir(), 3)
	must(t, err)
	for _, s := range servers {
		t.Cleanup(s.Stop)
	}
	a, b := joinCluster(t, servers[0], true), joinCluster(t, servers[1], false)
	armed := 0
	for i := range clusterKeys {
		for _, q := range []*turn.Queue{a, b} {
			if arm(t, q, fmt.Sprintf("h%d", i), time.Time{}) {
				armed++
			}
		}
	}
	if armed != clusterKeys {
		t.Fatalf("armed %d turns, want %d", armed, clusterKeys)
	}
	r := &relay{t: t, held: map[string]bool{}, left: clusterKeys}
	ctx, cancel := context.WithTimeout(t.Context(), 90*time.Second)
	defer cancel()
	var wg sync.WaitGroup
	wg.Go(func() { r.work(ctx, a) })
	wg.Go(func() { r.work(ctx, b) })
	time.Sleep(500 * time.Millisecond)
	servers[2].Stop()
	wg.Wait()
	if r.left > 0 {
		t.Errorf("%d keys did not get their %d turns", r.left, clusterTurns)
	}
	t.Logf("%d turns, %d of them again", r.turns, r.turns-clusterKeys*clusterTurns)
}

// joinCluster returns the queue of a connection to one server, and makes the
// topology if asked to, as soon as the cluster has a leader.
func TestLostRace(t *testing.T) {
	for code, want := range map[jetstream.ErrorCode]bool{10071: true, 10164: true, 10077: false} {
		if got := turn.LostRace(fmt.Errorf("publish: %w", &jetstream.APIError{ErrorCode: code})); got != want {
			t.Errorf("code %d: %v", code, got)
		}
	}
}

// On a cluster a turn may be refused because the same one is being stored.
func TestArmingAtTheSameTimeOnACluster(t *testing.T) {
	if os.Getenv("PRESSMILL_CLUSTER") == "" {
		t.Skip("PRESSMILL_CLUSTER is not set: see make failover")
	}
	servers, err := embedded.StartCluster(t.TempDir(), 3)
	must(t, err)
	for _, s := range servers {
		t.Cleanup(s.Stop)
	}
	queues := []*turn.Queue{joinCluster(t, servers[0], true), joinCluster(t, servers[1], false), joinCluster(t, servers[2], false)}
	const keys, times = 20, 4
	var armed atomic.Int64
	var wg sync.WaitGroup
	for i := range keys * times * len(queues) {
		wg.Go(func() {
			ok, err := queues[i%len(queues)].Arm(t.Context(), fmt.Sprintf("h%d", i/len(queues)%keys), nil, time.Time{})
			if err != nil {
				t.Error(err)
			}
			if ok {
				armed.Add(1)
			}
		})
	}
	wg.Wait()
	if armed.Load() != keys {
		t.Errorf("%d turns were armed, want %d", armed.Load(), keys)
	}
}

func joinCluster(t *testing.T, s *embedded.Server, apply bool) *turn.Queue {
	t.Helper()
	cfg := bus.Defaults()
	cfg.URL, cfg.AckWait, cfg.Replicas = s.URL(), 2*time.Second, 3
	conn, err := bus.Connect(cfg, "test", zap.NewNop())
	must(t, err)
	t.Cleanup(func() { conn.Close() })
	for deadline := time.Now().Add(30 * time.Second); apply; time.Sleep(100 * time.Millisecond) {
		if err := conn.Apply(t.Context()); err == nil {
			break
		} else if time.Now().After(deadline) {
			t.Fatal(err)
		}
	}
	return conn.Hosts()
}

// relay is turns that two workers pass on; the state of each is its number.
type relay struct {
	t *testing.T

	mu    sync.Mutex
	held  map[string]bool
	turns int
	left  int // keys that have turns before them
}

func (r *relay) work(ctx context.Context, q *turn.Queue) {
	for r.goesOn() && ctx.Err() == nil {
		turns, err := q.Pull(ctx, 4, 300*time.Millisecond)
		if err != nil {
			r.t.Log(err)
			time.Sleep(100 * time.Millisecond) // the cluster elects a leader
		}
		for _, t := range turns {
			r.take(ctx, t)
		}
	}
}

func (r *relay) goesOn() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.left > 0
}

// take does one turn. What fails is left to be delivered again.
func (r *relay) take(ctx context.Context, t *turn.Turn) {
	if t.Check(ctx) != nil || !r.hold(t.Key) {
		return
	}
	time.Sleep(5 * time.Millisecond) // the work
	r.release(t.Key)
	n, due := 0, time.Time{}
	if _, err := fmt.Sscan(string(t.State), &n); err == nil {
		var nanos int64
		_, _ = fmt.Sscan(string(t.State), &n, &nanos)
		due = time.Unix(0, nanos)
	}
	if early := time.Until(due); early > 2*time.Millisecond {
		r.t.Errorf("%s came %s early", t.Key, early)
	}
	if n++; n == clusterTurns {
		if t.Finish(ctx) == nil {
			r.mu.Lock()
			r.left--
			r.mu.Unlock()
		}
		return
	}
	next := time.Now().Add(300 * time.Millisecond)
	if err := t.HandOn(ctx, next, next, fmt.Appendf(nil, "%d %s", n, strconv.FormatInt(next.UnixNano(), 10))); err != nil {
		r.t.Logf("hand on %s: %v", t.Key, err)
	}
}

func (r *relay) hold(key string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.held[key] {
		r.t.Errorf("%s has two holders", key)
		return false
	}
	r.held[key] = true
	r.turns++
	return true
}

func (r *relay) release(key string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.held[key] = false
}
