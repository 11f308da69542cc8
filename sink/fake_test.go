package sink

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"pressmill/pkg/logging/logtest"
	"pressmill/sink/segment"
	"pressmill/sink/store"
)

// fakeBus is the stream of articles in memory.
type fakeBus struct {
	mu        sync.Mutex
	created   time.Time
	clock     time.Time // of the last message
	step      time.Duration
	last      uint64
	purged    uint64 // all up to here are gone
	msgs      []fakeMsg
	positions map[string]uint64
	gates     chan struct{} // closed and replaced at every publish
}

type fakeMsg struct {
	StoredArticle
	part int
}

func newFakeBus(at time.Time, step time.Duration) *fakeBus {
	return &fakeBus{created: at, clock: at, step: step, positions: map[string]uint64{}, gates: make(chan struct{})}
}

func articleJSON(id, rev string) []byte {
	data, _ := json.Marshal(map[string]string{"schema": "article/v1", "id": id, "rev": rev, "title": "A title & <b> of " + id})
	return data
}

func (f *fakeBus) publish(part int, id, rev string) uint64 {
	return f.publishRaw(part, id+"."+rev, articleJSON(id, rev))
}

func (f *fakeBus) publishRaw(part int, msgID string, data []byte) uint64 {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.last++
	f.clock = f.clock.Add(f.step)
	f.msgs = append(f.msgs, fakeMsg{StoredArticle{Seq: f.last, Time: f.clock, MsgID: msgID, Data: data}, part})
	close(f.gates)
	f.gates = make(chan struct{})
	return f.last
}

// snapshot and restore are what a backup of the server does.
func (f *fakeBus) snapshot() *fakeBus {
	f.mu.Lock()
	defer f.mu.Unlock()
	return &fakeBus{
		created: f.created, clock: f.clock, step: f.step, last: f.last, purged: f.purged,
		msgs: slices.Clone(f.msgs), positions: map[string]uint64{}, gates: make(chan struct{}),
	}
}

func (f *fakeBus) purgeTo(seq uint64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.purged = seq
	f.msgs = slices.DeleteFunc(f.msgs, func(m fakeMsg) bool { return m.Seq <= seq })
}

// purgeCommitted removes what the mirrored positions allow.
func (f *fakeBus) purgeCommitted(sink string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.msgs = slices.DeleteFunc(f.msgs, func(m fakeMsg) bool { return m.Seq < f.positions[turnKey(sink, m.part)] })
}

func (f *fakeBus) read(part int, from uint64, n int) (out []StoredArticle, gate chan struct{}) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, m := range f.msgs {
		if m.part == part && m.Seq >= from && len(out) < n {
			out = append(out, m.StoredArticle)
		}
	}
	return out, f.gates
}

func (f *fakeBus) ReadArticles(ctx context.Context, part int, from uint64, n int, wait time.Duration) ([]StoredArticle, error) {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	for {
		out, gate := f.read(part, from, n)
		if len(out) > 0 {
			return out, nil
		}
		select {
		case <-gate:
		case <-timer.C:
			return nil, nil
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

func (f *fakeBus) ArticleAt(_ context.Context, seq uint64) (StoredArticle, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, m := range f.msgs {
		if m.Seq == seq {
			return m.StoredArticle, nil
		}
	}
	return StoredArticle{}, ErrNotFound
}

func (f *fakeBus) ArticleSince(_ context.Context, t time.Time) (uint64, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, m := range f.msgs {
		if !m.Time.Before(t) {
			return m.Seq, nil
		}
	}
	return f.last + 1, nil
}

func (f *fakeBus) ArticlesState(context.Context) (time.Time, uint64, uint64, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.msgs) == 0 {
		return f.created, f.last + 1, f.last, nil
	}
	return f.created, f.msgs[0].Seq, f.last, nil
}

func (f *fakeBus) LastArticle(_ context.Context, part int) (uint64, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, m := range slices.Backward(f.msgs) {
		if m.part == part {
			return m.Seq, nil
		}
	}
	return 0, nil
}

func (f *fakeBus) PutPosition(_ context.Context, sink string, part int, next uint64) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.positions[turnKey(sink, part)] = next
	return nil
}

// fakeTurns is the queue of turns in memory. With a lease, turns that are not
// kept are given to the next who asks; with stalls, holders freeze at random.
type fakeTurns struct {
	mu     sync.Mutex
	lease  time.Duration
	stalls bool
	turns  map[string]*fakeTurn
	seq    uint64
}

type fakeTurn struct {
	state      []byte
	due        time.Time // or the end of the lease
	owner      uint64    // 0: nobody
	deliveries int
}

func newFakeTurns() *fakeTurns {
	return &fakeTurns{lease: time.Minute, turns: map[string]*fakeTurn{}}
}

func (q *fakeTurns) Arm(_ context.Context, key string, state []byte, at time.Time) (bool, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.turns[key] != nil {
		return false, nil
	}
	q.turns[key] = &fakeTurn{state: state, due: at}
	return true, nil
}

func (q *fakeTurns) Pull(ctx context.Context, n int, wait time.Duration) ([]Turn, error) {
	for end := time.Now().Add(wait); ctx.Err() == nil && time.Now().Before(end); pause(ctx, 2*time.Millisecond) {
		if got := q.take(n); len(got) > 0 {
			return got, nil
		}
	}
	return nil, nil
}

func (q *fakeTurns) take(n int) (got []Turn) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for key, t := range q.turns {
		if len(got) == n || time.Now().Before(t.due) {
			continue
		}
		q.seq++
		t.owner, t.due = q.seq, time.Now().Add(q.lease)
		t.deliveries++
		got = append(got, Turn{Key: key, State: t.state, Deliveries: t.deliveries, Holder: fakeHolder{q, key, q.seq}})
	}
	return got
}

type fakeHolder struct {
	q   *fakeTurns
	key string
	seq uint64
}

func (h fakeHolder) Hold(ctx context.Context) func() {
	if h.q.stalls && rand.IntN(3) == 0 {
		return func() {} // frozen: the lease runs out
	}
	ctx, stop := context.WithCancel(ctx)
	go func() {
		for ctx.Err() == nil {
			pause(ctx, h.q.lease/3)
			h.q.mu.Lock()
			if t := h.q.turns[h.key]; t.owner == h.seq && ctx.Err() == nil {
				t.due = time.Now().Add(h.q.lease)
			}
			h.q.mu.Unlock()
		}
	}()
	return stop
}

func (h fakeHolder) Check(ctx context.Context) error {
	h.q.mu.Lock()
	mine := h.q.turns[h.key].owner == h.seq
	h.q.mu.Unlock()
	if !mine {
		return ErrFenced
	}
	if h.q.stalls && rand.IntN(3) == 0 {
		pause(ctx, rand.N(4*h.q.lease)) // frozen after the check
	}
	return nil
}

func (h fakeHolder) HandOn(_ context.Context, at time.Time, state []byte) error {
	h.q.mu.Lock()
	defer h.q.mu.Unlock()
	t := h.q.turns[h.key]
	if t.owner != h.seq {
		return ErrFenced
	}
	t.owner, t.due, t.state, t.deliveries = 0, at, state, 0
	return nil
}

func (h fakeHolder) Return(context.Context) error {
	h.q.mu.Lock()
	defer h.q.mu.Unlock()
	t := h.q.turns[h.key]
	if t.owner != h.seq {
		return ErrFenced
	}
	t.owner, t.due = 0, time.Now()
	return nil
}

// flakyStore loses writes and answers at random.
type flakyStore struct {
	store.Store
}

func (s flakyStore) Create(ctx context.Context, key string, data []byte) error {
	switch rand.IntN(10) {
	case 0:
		return fmt.Errorf("create %s: lost", key)
	case 1:
		if err := s.Store.Create(ctx, key, data); err != nil {
			return err
		}
		return fmt.Errorf("create %s: answer lost", key)
	}
	return s.Store.Create(ctx, key, data)
}

func newTestSink(t testing.TB, b Bus, q Turns, cfg Config, opt Options) *Sink {
	t.Helper()
	return newLoggedSink(t, b, q, cfg, opt, zap.NewNop())
}

// logged returns the logger of a sink that writes to core; its lines are
// checked against the catalogue too.
func logged(t testing.TB, core zapcore.Core) *zap.Logger {
	return zap.New(zapcore.NewTee(core, logtest.Core(t, "sink")))
}

func newLoggedSink(t testing.TB, b Bus, q Turns, cfg Config, opt Options, log *zap.Logger) *Sink {
	t.Helper()
	opt.Poll, opt.Retry = 5*time.Millisecond, 5*time.Millisecond
	if opt.Wait == 0 {
		opt.Wait = 5 * time.Millisecond
	}
	s, err := New([]Config{cfg}, b, q, log, opt)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// drainAll runs a sink until everything is committed.
func drainAll(t testing.TB, s *Sink) {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- s.Run(ctx) }()
	waitDrained(t, s)
	stop()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
}

func waitDrained(t testing.TB, s *Sink) {
	t.Helper()
	for end := time.Now().Add(4 * time.Minute); ; time.Sleep(5 * time.Millisecond) {
		ok, err := s.Drained(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if ok {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("not drained: %+v", s.Stats())
		}
	}
}

// idsIn returns how often each article is in the store.
func idsIn(t *testing.T, url string) map[string]int {
	t.Helper()
	ids := map[string]int{}
	for raw, err := range segment.ReadURL(t.Context(), url) {
		if err != nil {
			t.Fatal(err)
		}
		var a struct{ ID, Rev string }
		if err := json.Unmarshal(raw, &a); err != nil {
			t.Fatal(err)
		}
		ids[a.ID+"."+a.Rev]++
	}
	return ids
}

func wantOnce(t *testing.T, url string, want map[string]bool) {
	t.Helper()
	wantTaken(t, idsIn(t, url), want)
}

// wantTaken checks that all that is wanted came once, and nothing else.
func wantTaken(t *testing.T, got map[string]int, want map[string]bool) {
	t.Helper()
	missing, doubled, strange := 0, 0, 0
	for id := range want {
		if got[id] == 0 {
			missing++
		}
	}
	for id, n := range got {
		if n > 1 {
			doubled++
		}
		if !want[id] {
			strange++
		}
	}
	if missing+doubled+strange > 0 {
		t.Errorf("of %d articles %d are missing, %d doubled, %d unknown", len(want), missing, doubled, strange)
	}
}
