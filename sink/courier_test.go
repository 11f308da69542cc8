package sink

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"

	"pressmill/pkg/bus"
	"pressmill/pkg/bus/bustest"
	"pressmill/pkg/config"
	"pressmill/pkg/logging"
	"pressmill/pkg/news"
	"pressmill/sink/filter"
	"pressmill/sink/webhook"
)

// inbox is a receiver that keeps what it takes, each key once.
type inbox struct {
	*httptest.Server
	t *testing.T
	// answer is asked for the status of each request, which is taken if it is 2xx.
	// A panic of http.ErrAbortHandler cuts the connection.
	answer func(n int, body []byte) int

	mu       sync.Mutex
	requests int
	bodies   map[string]string // that came with a key
	taken    map[string]bool   // keys
}

func newInbox(t *testing.T, answer func(n int, body []byte) int) *inbox {
	t.Helper()
	in := &inbox{t: t, answer: answer, bodies: map[string]string{}, taken: map[string]bool{}}
	in.Server = httptest.NewServer(in)
	t.Cleanup(in.Close)
	return in
}

func accept(int, []byte) int { return http.StatusOK }

func (in *inbox) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // cut
	}
	status, lost := in.take(r.Header.Get("Idempotency-Key"), body)
	if lost {
		panic(http.ErrAbortHandler)
	}
	w.WriteHeader(status)
}

func (in *inbox) take(key string, body []byte) (status int, lost bool) {
	in.mu.Lock()
	defer in.mu.Unlock()
	n := in.requests
	in.requests++
	if was, ok := in.bodies[key]; ok && was != string(body) {
		in.t.Errorf("key %s came with another body", key)
	}
	in.bodies[key] = string(body)
	status = in.answer(n, body)
	if lost = status < 0; lost { // taken, but nobody hears of it
		status = -status
	}
	if status/100 == 2 {
		in.taken[key] = true
	}
	return status, lost
}

func (in *inbox) count() int {
	in.mu.Lock()
	defer in.mu.Unlock()
	return in.requests
}

// ids returns how often each article was taken, under different keys.
func (in *inbox) ids() map[string]int {
	in.mu.Lock()
	defer in.mu.Unlock()
	all := map[string]int{}
	for key := range in.taken {
		for _, id := range idsOf(in.t, []byte(in.bodies[key])) {
			all[id]++
		}
	}
	return all
}

func idsOf(t *testing.T, body []byte) (ids []string) {
	for line := range bytes.Lines(body) {
		var a struct{ ID, Rev string }
		if err := json.Unmarshal(line, &a); err != nil {
			t.Errorf("line %q: %v", line, err)
		}
		ids = append(ids, a.ID+"."+a.Rev)
	}
	return ids
}

// hookBus is a fakeBus that keeps cursors and dead letters.
type hookBus struct {
	*fakeBus
	*cursors
}

type cursors struct {
	mu    sync.Mutex
	rev   uint64
	data  map[string][]byte
	revs  map[string]uint64
	dead  map[string]bus.DeadLetter // by their message ids
	again []bus.Again               // all of partition 0
}

func newHookBus() hookBus {
	return hookBus{newFakeBus(pastDay(), time.Second), &cursors{data: map[string][]byte{}, revs: map[string]uint64{}, dead: map[string]bus.DeadLetter{}}}
}

func (c *cursors) Cursor(_ context.Context, sink string, part int) ([]byte, uint64, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	key := turnKey(sink, part)
	if c.revs[key] == 0 {
		return nil, 0, bus.ErrNotFound
	}
	return c.data[key], c.revs[key], nil
}

func (c *cursors) PutCursor(_ context.Context, sink string, part int, data []byte, revision uint64) (uint64, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	key := turnKey(sink, part)
	if c.revs[key] != revision {
		return 0, bus.ErrConflict
	}
	c.rev++
	c.data[key], c.revs[key] = data, c.rev
	return c.rev, nil
}

func (c *cursors) PublishDead(_ context.Context, d bus.DeadLetter, msgID string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.dead[msgID] = d
	return nil
}

func (c *cursors) Again(_ context.Context, _ string, part int) (bus.Again, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if part != 0 || len(c.again) == 0 {
		return bus.Again{}, bus.ErrNotFound
	}
	return c.again[0], nil
}

func (c *cursors) DropAgain(_ context.Context, seq uint64) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.again[0].Seq == seq {
		c.again = c.again[1:]
	}
	return nil
}

// hookConfig is a webhook to an inbox that is not patient.
func hookConfig(in *inbox) Config {
	return Config{
		Name: "hook", URL: in.URL, MaxCount: 5, MaxAge: 20 * time.Millisecond,
		Webhook: webhook.Config{MinBackoff: time.Millisecond, MaxBackoff: 4 * time.Millisecond, Timeout: 5 * time.Second, Attempts: 2},
	}
}

func TestWebhookTakesEachArticleOnce(t *testing.T) {
	b, want := newHookBus(), map[string]bool{}
	in := newInbox(t, func(n int, _ []byte) int {
		switch n % 7 { // of an inbox that has its troubles
		case 0:
			return http.StatusServiceUnavailable
		case 3:
			return -http.StatusOK // taken, but the answer is lost
		}
		return http.StatusNoContent
	})
	cfg, q := hookConfig(in), newFakeTurns()
	for range 3 { // a process each
		fill(b.fakeBus, Partitions, 120, want)
		takeDown(b.fakeBus, Partitions)
		s := newTestSink(t, b, q, cfg, Options{Once: true})
		drainAll(t, s)
		wantTaken(t, in.ids(), want)
		if st := s.Stats()["hook"]; st.Articles != 120 || st.Objects < 24 || st.Gaps+st.Epochs != 0 {
			t.Errorf("stats %+v", st)
		}
	}
	for part := range Partitions {
		if last, _ := b.LastArticle(t.Context(), part); b.positions[turnKey("hook", part)] <= last {
			t.Errorf("partition %d is mirrored up to %d of %d", part, b.positions[turnKey("hook", part)], last)
		}
	}
}

func TestWebhookWithFrozenTwins(t *testing.T) {
	b, want := newHookBus(), map[string]bool{}
	in := newInbox(t, func(int, []byte) int { return []int{200, 200, 200, 500, -200}[rand.IntN(5)] })
	cfg, q := hookConfig(in), newFakeTurns()
	q.lease, q.stalls = 20*time.Millisecond, true
	ctx, stop := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	for range 3 {
		s := newTestSink(t, b, q, cfg, Options{})
		wg.Go(func() {
			if err := s.Run(ctx); err != nil {
				t.Error(err)
			}
		})
	}
	for range 10 {
		fill(b.fakeBus, 4, 30, want)
		time.Sleep(20 * time.Millisecond)
	}
	for end := time.Now().Add(20 * time.Second); len(in.ids()) < len(want) && time.Now().Before(end); {
		time.Sleep(20 * time.Millisecond)
	}
	stop()
	wg.Wait()
	wantTaken(t, in.ids(), want)
}

// refuseLarge is a receiver that takes no more than 450 bytes at a time.
func refuseLarge(_ int, body []byte) int {
	if len(body) > 450 {
		return http.StatusRequestEntityTooLarge
	}
	return http.StatusOK
}

func TestTooLargeBatchesAreHalved(t *testing.T) {
	b, want := newHookBus(), map[string]bool{}
	in := newInbox(t, refuseLarge)
	cfg := hookConfig(in)
	cfg.MaxCount = 100
	fill(b.fakeBus, 1, 40, want)
	b.publishRaw(0, "large.r", []byte(`{"id":"large","rev":"r","title":"`+strings.Repeat("x", 500)+`"}`))
	fill(b.fakeBus, 1, 3, want)
	drainAll(t, newTestSink(t, b, newFakeTurns(), cfg, Options{Once: true}))
	wantTaken(t, in.ids(), want)
	if len(b.dead) != 1 {
		t.Fatalf("%d dead letters", len(b.dead))
	}
	for key, d := range b.dead {
		if d.Reason != "http_413" || !strings.Contains(string(d.Data), `"id":"large"`) || !strings.Contains(string(d.Data), key) {
			t.Errorf("dead letter %q: %+v", key, d)
		}
	}
	if in.requests > 30 {
		t.Errorf("%d requests", in.requests)
	}
}

// TestWebhookGivesItsSpoolBack delivers far more than the spool holds, in
// batches that the receiver finds too large at times.
func TestWebhookGivesItsSpoolBack(t *testing.T) {
	b, want := newHookBus(), map[string]bool{}
	in := newInbox(t, refuseLarge)
	cfg := hookConfig(in)
	cfg.MaxCount, cfg.Spool.MaxBytes = 40, 8*config.KiB
	fill(b.fakeBus, Partitions, 16*60, want)
	s := newTestSink(t, b, newFakeTurns(), cfg, Options{Once: true})
	drainAll(t, s)
	wantTaken(t, in.ids(), want)
	if sp := s.outputs[0].spool; sp.used != 0 || sp.peak < sp.limit/2 {
		t.Errorf("%d bytes are held, %d at most", sp.used, sp.peak)
	}
}

func TestRejectedBatchIsReplayed(t *testing.T) {
	b, want := newHookBus(), map[string]bool{}
	broken := true
	in := newInbox(t, func(_ int, body []byte) int {
		if broken && bytes.Contains(body, []byte(`"poison"`)) {
			return http.StatusUnprocessableEntity
		}
		return http.StatusOK
	})
	cfg, q := hookConfig(in), newFakeTurns()
	b.publish(0, "poison", "r1")
	b.publish(0, "beside", "r1") // in the same batch
	time.Sleep(30 * time.Millisecond)
	stage := logging.NewStage(zap.NewNop(), "sink")
	drainAll(t, newTestSink(t, b, q, cfg, Options{Once: true, Stage: stage}))
	fill(b.fakeBus, 2, 20, want)
	drainAll(t, newTestSink(t, b, q, cfg, Options{Once: true, Stage: stage}))
	wantTaken(t, in.ids(), want)
	if n := stage.Snapshot(); n.Out != 20 || n.In != 22 || n.FailedBy["rejected"] != 2 {
		t.Errorf("counts %+v", n)
	}
	replay := func(seq uint64) {
		for key, d := range b.dead {
			b.again = append(b.again, bus.Again{Seq: seq, Data: d.Data})
			delete(b.dead, key)
		}
		b.publish(0, fmt.Sprint("next", seq), "r1")
		want[fmt.Sprintf("next%d.r1", seq)] = true
		drainAll(t, newTestSink(t, b, q, cfg, Options{Once: true}))
	}
	replay(7)
	wantTaken(t, in.ids(), want)
	if len(b.dead) != 1 || len(b.again) != 0 {
		t.Errorf("still rejected: %d dead letters, %d to replay", len(b.dead), len(b.again))
	}
	broken = false
	replay(9)
	want["poison.r1"], want["beside.r1"] = true, true
	wantTaken(t, in.ids(), want)
	if len(b.dead)+len(b.again) != 0 {
		t.Errorf("taken: %d dead letters, %d to replay", len(b.dead), len(b.again))
	}
}

func TestGoneReceiverHoldsNothing(t *testing.T) {
	b, want := newHookBus(), map[string]bool{}
	in := newInbox(t, func(int, []byte) int { return http.StatusGone })
	core, logs := observer.New(zap.DebugLevel)
	fill(b.fakeBus, 4, 50, want)
	cfg := hookConfig(in)
	cfg.Webhook.Parallel = 1
	drainAll(t, newLoggedSink(t, b, newFakeTurns(), cfg, Options{Once: true}, logged(t, core)))
	if n := logs.FilterField(logging.Event(logging.ReceiverGone)).Len(); n != 1 || in.requests == 0 || in.requests > 4 {
		t.Errorf("%d events, %d requests", n, in.requests)
	}
	for part := range 4 { // the others may have had their turn before
		if got := b.positions[turnKey("hook", part)]; got != b.last+1 {
			t.Errorf("partition %d is mirrored up to %d, want %d", part, got, b.last+1)
		}
	}
}

func TestReceiverIsWaitedForAndToldOnce(t *testing.T) {
	b, want := newHookBus(), map[string]bool{}
	var mu sync.Mutex
	up := false
	in := newInbox(t, func(int, []byte) int {
		mu.Lock()
		defer mu.Unlock()
		if !up {
			return http.StatusForbidden // whatever the batch
		}
		return http.StatusOK
	})
	core, logs := observer.New(zap.DebugLevel)
	fill(b.fakeBus, 4, 50, want)
	s := newLoggedSink(t, b, newFakeTurns(), hookConfig(in), Options{Once: true}, logged(t, core))
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- s.Run(ctx) }()
	for end := time.Now().Add(time.Minute); in.count() < 8; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%d requests", in.count())
		}
	}
	if ids := in.ids(); len(ids) != 0 {
		t.Errorf("taken: %v", ids)
	}
	mu.Lock()
	up = true
	mu.Unlock()
	waitDrained(t, s)
	stop()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	wantTaken(t, in.ids(), want)
	for _, name := range []string{logging.ReceiverDown, logging.ReceiverUp} {
		if n := logs.FilterField(logging.Event(name)).Len(); n != 1 {
			t.Errorf("%s: %d lines", name, n)
		}
	}
	if n := logs.FilterLevelExact(zap.WarnLevel).Len(); n != 1 || len(b.dead) != 0 {
		t.Errorf("%d warnings, %d dead letters", n, len(b.dead))
	}
}

func TestWebhookOfAnotherStream(t *testing.T) {
	b, want := newHookBus(), map[string]bool{}
	in := newInbox(t, accept)
	cfg := hookConfig(in)
	fill(b.fakeBus, 2, 20, want)
	older := b.snapshot()
	fill(b.fakeBus, 2, 20, want)
	drainAll(t, newTestSink(t, b, newFakeTurns(), cfg, Options{Once: true}))
	older.clock = b.clock.Add(time.Hour) // the server was restored after that
	b.fakeBus = older
	fill(b.fakeBus, 2, 20, want)
	s := newTestSink(t, b, newFakeTurns(), cfg, Options{Once: true})
	drainAll(t, s)
	wantTaken(t, in.ids(), want)
	if st := s.Stats()["hook"]; st.Articles != 20 || st.Epochs == 0 || st.Gaps != 0 {
		t.Errorf("stats %+v", st)
	}
}

func TestWebhookBeginsWhereItShall(t *testing.T) {
	b, want := newHookBus(), map[string]bool{}
	fill(b.fakeBus, 4, 30, map[string]bool{})
	in := newInbox(t, accept)
	cfg := hookConfig(in)
	cfg.From = fromNow
	q := newFakeTurns()
	drainAll(t, newTestSink(t, b, q, cfg, Options{Once: true}))
	fill(b.fakeBus, 4, 30, want)
	b.purgeTo(20)
	s := newTestSink(t, b, q, cfg, Options{Once: true})
	drainAll(t, s)
	wantTaken(t, in.ids(), want)
	if st := s.Stats()["hook"]; st.Gaps+st.Epochs != 0 {
		t.Errorf("stats %+v", st)
	}
}

// A gap that nobody could have read is told, and so is a batch that cannot be
// made again.
func TestWebhookBehindWhatWasRemoved(t *testing.T) {
	b, want := newHookBus(), map[string]bool{}
	in := newInbox(t, accept)
	cfg, q := hookConfig(in), newFakeTurns()
	fill(b.fakeBus, 1, 5, want)
	drainAll(t, newTestSink(t, b, q, cfg, Options{Once: true}))
	data, rev, err := b.Cursor(t.Context(), "hook", 0)
	if err != nil {
		t.Fatal(err)
	}
	var cur cursor
	if err := json.Unmarshal(data, &cur); err != nil {
		t.Fatal(err)
	}
	fill(b.fakeBus, 1, 2, map[string]bool{}) // 6 and 7, which are lost
	fill(b.fakeBus, 1, 5, want)
	cur.Pending = &pending{Last: 8, Key: "hook-p00-g0-6-8-0"}
	data, _ = json.Marshal(cur)
	if _, err := b.PutCursor(t.Context(), "hook", 0, data, rev); err != nil {
		t.Fatal(err)
	}
	b.purgeTo(7)
	s := newTestSink(t, b, q, cfg, Options{Once: true})
	drainAll(t, s)
	wantTaken(t, in.ids(), want)
	if st := s.Stats()["hook"]; st.Gaps < 1 || st.Articles != 5 {
		t.Errorf("stats %+v", st)
	}
}

func TestWebhookFilters(t *testing.T) {
	b, want := newHookBus(), map[string]bool{}
	in := newInbox(t, accept)
	cfg, q := hookConfig(in), newFakeTurns()
	cfg.Filter, cfg.Takedowns = &filter.Rules{Keywords: []string{"good"}}, true
	for i := range 40 {
		a := &news.Article{Schema: news.Schema, ID: fmt.Sprint(i), Rev: "r", Title: "Bad news"}
		if i%8 == 0 {
			a.Title = "Good news"
			want[a.MsgID()] = true
		}
		data, _ := json.Marshal(a)
		b.publishRaw(i%2, a.MsgID(), data)
	}
	b.publishRaw(1, "broken", []byte(`{`))
	want[takeDown(b.fakeBus, 1)+"."] = true
	s := newTestSink(t, b, q, cfg, Options{Once: true})
	drainAll(t, s)
	wantTaken(t, in.ids(), want)
	if st := s.Stats()["hook"]; st.Filtered != 35 || st.Rejected != 1 || st.Articles != 6 {
		t.Errorf("stats %+v", st)
	}
}

func TestWebhookConfig(t *testing.T) {
	file, err := config.Parse("test", []byte(`sinks:
  - name: hook
    url: https://receiver.test/articles
    max_bytes: 100KiB
    webhook: {secrets: ["env:A"], headers: {X-Desk: foreign}, compression: gzip, timeout: 10s}
  - url: http://receiver.test/
    prefix: x
    max_bytes: 8MiB
    webhook: {format: xml, attempts: -1}
  - url: file:///out
    webhook: {insecure: true}
`))
	if err != nil {
		t.Fatal(err)
	}
	cfgs, err := Load(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := cfgs[0].Validate(); err != nil || cfgs[0].MaxCount != 1000 || cfgs[0].Webhook.Timeout != 10*time.Second || cfgs[0].Compression != "" {
		t.Errorf("%v, %+v", err, cfgs[0])
	}
	all := errors.Join(cfgs[1].Validate(), cfgs[2].Validate()).Error()
	for _, want := range []string{"url: ", "in the clear", "prefix: is of stores", "max_bytes: 8MiB is above", "webhook.format: ", "webhook.attempts: ", "webhook: belongs to"} {
		if !strings.Contains(all, want) {
			t.Errorf("%q is not in:\n%s", want, all)
		}
	}
	if strings.Contains(all, "layout") || strings.Contains(all, "compression") {
		t.Errorf("faults of stores:\n%s", all)
	}
}

// TestRejectedBatchOnTheBus takes a dead letter the way of the operator's
// command.
func TestRejectedBatchOnTheBus(t *testing.T) {
	b, refuse := startBus(t), true
	in := newInbox(t, func(int, []byte) int {
		if refuse {
			return http.StatusBadRequest
		}
		return http.StatusOK
	})
	cfg, want := hookConfig(in), map[string]bool{}
	cfg.Webhook.Attempts = 1
	work := func(n int) {
		for i := range n {
			a := &news.Article{Schema: news.Schema, ID: fmt.Sprintf("%016x", i), Rev: fmt.Sprint("r", len(want)), Title: "<b>&"}
			if _, err := b.PublishArticle(t.Context(), "host.test", a); err != nil {
				t.Fatal(err)
			}
			want[a.MsgID()] = true
		}
		articles, turns := OnBus(b, func() {})
		if err := b.ReleaseTurns(t.Context()); err != nil {
			t.Fatal(err)
		}
		drainAll(t, newTestSink(t, articles, turns, cfg, Options{Once: true}))
	}
	work(3)
	var dead []bus.DeadLetter
	if err := b.DeadLetters(t.Context(), "sink", func(d bus.DeadLetter) bool { dead = append(dead, d); return true }); err != nil {
		t.Fatal(err)
	}
	if len(in.ids()) != 0 || len(dead) == 0 || dead[0].Reason != "http_400" || !strings.HasPrefix(dead[0].Key, "hook.p") {
		t.Fatalf("%d taken, dead letters %+v", len(in.ids()), dead)
	}
	refuse = false
	for _, d := range dead {
		if err := b.Replay(t.Context(), d.Seq); err != nil {
			t.Fatal(err)
		}
	}
	work(1)
	wantTaken(t, in.ids(), want)
	if s, err := b.State(t.Context()); err != nil || s.DeadLetters != 0 {
		t.Errorf("%d dead letters are left, %v", s.DeadLetters, err)
	}
}

// TestRejectedBatchWaitsForRoom: a batch whose dead letter finds no room stays
// where it is. Other partitions go on, and so does its own when there is room.
func TestRejectedBatchWaitsForRoom(t *testing.T) {
	b, stop := startBusWith(t, t.TempDir(), func(c *bus.Config) { c.DeadMaxBytes = 1 << 20 })
	t.Cleanup(stop)
	ctx := t.Context()
	bustest.FillDead(t, b)
	in := newInbox(t, func(_ int, body []byte) int {
		if bytes.Contains(body, []byte(`"poison"`)) {
			return http.StatusUnprocessableEntity
		}
		return http.StatusOK
	})
	cfg, want := hookConfig(in), map[string]bool{}
	cfg.MaxCount = 1
	publish := func(host, id string, part int) {
		t.Helper()
		a := &news.Article{Schema: news.Schema, ID: id, Rev: "r"}
		if receipt, err := b.PublishArticle(ctx, host, a); err != nil || receipt.Partition != part {
			t.Fatalf("in partition %d, error %v", receipt.Partition, err)
		}
		if id != "poison" {
			want[a.MsgID()] = true
		}
	}
	publish("example.com", "poison", 6)
	publish("example.com", "behind", 6)
	publish("www.example.org", "other", 8)
	core, seen := observer.New(zap.DebugLevel)
	articles, turns := OnBus(b, func() {})
	stage := logging.NewStage(zap.NewNop(), "sink")
	s := newLoggedSink(t, articles, turns, cfg, Options{Stage: stage}, logged(t, core))
	work, end := context.WithCancel(ctx)
	var wg sync.WaitGroup
	defer wg.Wait()
	defer end()
	wg.Go(func() {
		if err := s.Run(work); err != nil {
			t.Error(err)
		}
	})
	await := func(what string, ok func() bool) {
		t.Helper()
		for deadline := time.Now().Add(2 * time.Minute); !ok(); time.Sleep(5 * time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatalf("not in two minutes: %s", what)
			}
		}
	}
	delays := func(level zapcore.Level) int {
		return seen.FilterField(logging.Event(logging.PartitionDelayed)).FilterLevelExact(level).Len()
	}
	await("another partition goes on, and this one is tried again", func() bool { return len(in.ids()) == 1 && delays(zap.DebugLevel) >= 3 })
	if n := seen.FilterField(logging.Event(logging.DeliveryRejected)).Len(); n != 0 || delays(zap.WarnLevel) != 0 || stage.Snapshot().Failed != 0 {
		t.Errorf("%d batches are told to be dead letters, %d warnings, counted %+v; want none", n, delays(zap.WarnLevel), stage.Snapshot())
	}
	if in.ids()["behind.r"] != 0 {
		t.Error("what is behind the batch came first")
	}
	if _, err := b.PurgeDead(ctx); err != nil {
		t.Fatal(err)
	}
	await("what is behind the batch", func() bool { return len(in.ids()) == 2 })
	wantTaken(t, in.ids(), want)
	var dead []bus.DeadLetter
	if err := b.DeadLetters(ctx, "", func(d bus.DeadLetter) bool { dead = append(dead, d); return true }); err != nil {
		t.Fatal(err)
	}
	if len(dead) != 1 || dead[0].Reason != "http_422" || !bytes.Contains(dead[0].Data, []byte(`"poison"`)) {
		t.Errorf("dead letters: %+v", dead)
	}
	if n := seen.FilterField(logging.Event(logging.DeliveryRejected)).Len(); n != 1 || stage.Snapshot().FailedBy["rejected"] != 1 {
		t.Errorf("%d lines of a rejected batch, counted %+v; want 1", n, stage.Snapshot())
	}
}
