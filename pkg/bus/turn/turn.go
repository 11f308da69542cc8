// Package turn implements turns: the right to work on one key (a host, a
// sink's partition), once, now. At most one turn exists per key; it lies in a
// stream either as a schedule on <prefix>.<key>.turn or, when due, on
// <prefix>.<key>.ready, and whoever consumes it is the only one who may work
// on that key until the turn is handed on with the time of the next one. A
// worker that dies loses its turn after AckWait; one that was frozen finds
// itself fenced.
//
// Schedules are those of NATS (ADR-51); expected-last-sequence headers do the
// fencing.
package turn

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"pressmill/pkg/bus/leader"
)

// ErrFenced says that the turn belongs to someone else by now: stop touching
// the key, hand nothing on.
var ErrFenced = errors.New("turn is no longer ours")

// answerTime bounds the wait for one answer of the server.
const answerTime = 5 * time.Second

const (
	headerExpectedSeq     = "Nats-Expected-Last-Subject-Sequence"
	headerExpectedSubject = "Nats-Expected-Last-Subject-Sequence-Subject"
	headerSchedule        = "Nats-Schedule"
	headerTarget          = "Nats-Schedule-Target"
	headerNext            = "Nats-Schedule-Next"
	headerScheduler       = "Nats-Scheduler"
	headerNotBefore       = "Pressmill-Not-Before"

	codeWrongLastSequence = 10071
	codeWriteInFlight     = 10164 // as a cluster says it, of a subject that is being written to
)

// LostRace says whether a server refused a write because another writer was
// faster, or is about to be.
func LostRace(err error) bool {
	api, ok := errors.AsType[*jetstream.APIError](err)
	return ok && (api.ErrorCode == codeWrongLastSequence || api.ErrorCode == codeWriteInFlight)
}

// Config names where a queue's turns lie.
type Config struct {
	Stream, Prefix, Consumer string
	AckWait                  time.Duration // the consumer's
	Replicas                 int           // of the stream
}

// Queue is the turns of one stream. It is safe for concurrent use.
type Queue struct {
	Config
	nc   *nats.Conn
	js   jetstream.JetStream
	read leader.Reader

	mu   sync.Mutex
	cons jetstream.Consumer
}

// New returns the queue of a stream and its durable consumer, both of which
// the topology has made.
func New(nc *nats.Conn, js jetstream.JetStream, cfg Config) *Queue {
	return &Queue{Config: cfg, nc: nc, js: js, read: leader.Reader{Conn: nc, Replicas: cfg.Replicas}}
}

func (q *Queue) all(key string) string   { return q.Prefix + "." + key + ".*" }
func (q *Queue) turn(key string) string  { return q.Prefix + "." + key + ".turn" }
func (q *Queue) ready(key string) string { return q.Prefix + "." + key + ".ready" }

// Arm makes a key's turn, due at the given time (the zero time: now), if none
// exists in any state. It says whether it did.
func (q *Queue) Arm(ctx context.Context, key string, state []byte, at time.Time) (bool, error) {
	msg := q.message(key, state, at, 0)
	err := q.publish(ctx, msg)
	if errors.Is(err, ErrFenced) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("arm %s: %w", key, err)
	}
	return true, nil
}

// ArmAll arms keys at the same time, due now, and returns how many had no turn.
func (q *Queue) ArmAll(ctx context.Context, keys []string) (armed int, err error) {
	type result struct {
		ok  bool
		err error
	}
	results := make([]result, len(keys))
	var wg sync.WaitGroup
	for i, key := range keys {
		wg.Go(func() { results[i].ok, results[i].err = q.Arm(ctx, key, nil, time.Time{}) })
	}
	wg.Wait()
	for _, r := range results {
		if r.ok {
			armed++
		}
		err = errors.Join(err, r.err)
	}
	return armed, err
}

// Wake makes a scheduled turn due now, or at the not-before time it was handed
// on with if that is later. A turn that is due already or worked on stays as
// it is; the result says whether the schedule was changed.
func (q *Queue) Wake(ctx context.Context, key string) (bool, error) {
	last, err := q.last(ctx, key)
	if err != nil || last == nil || last.Subject != q.turn(key) {
		return false, err
	}
	nb := last.Header.Get(headerNotBefore)
	notBefore, _ := time.Parse(time.RFC3339Nano, nb)
	msg := q.message(key, last.Data, notBefore, last.Sequence)
	if nb != "" {
		msg.Header.Set(headerNotBefore, nb)
	}
	if msg.Subject == q.ready(key) {
		msg.Header.Set(headerNext, "purge")
		msg.Header.Set(headerScheduler, q.turn(key))
	} else if last.Header.Get(headerSchedule) == msg.Header.Get(headerSchedule) {
		return false, nil
	}
	err = q.publish(ctx, msg)
	if errors.Is(err, ErrFenced) {
		return false, nil
	}
	return err == nil, err
}

// Standing is where a key's turn stands.
type Standing struct {
	Exists    bool
	Due       time.Time // the zero time: it is due now, or somebody works on it
	NotBefore time.Time // an early wake does not make it due before
	State     []byte
}

// Look returns where a key's turn stands, and touches nothing.
func (q *Queue) Look(ctx context.Context, key string) (Standing, error) {
	last, err := q.last(ctx, key)
	if err != nil || last == nil {
		return Standing{}, err
	}
	s := Standing{Exists: true, State: last.Data}
	s.NotBefore, _ = time.Parse(time.RFC3339Nano, last.Header.Get(headerNotBefore))
	if last.Subject == q.turn(key) {
		s.Due, _ = time.Parse(time.RFC3339Nano, strings.TrimPrefix(last.Header.Get(headerSchedule), "@at "))
	}
	return s, nil
}

// Keys returns the keys that have a turn in any state.
func (q *Queue) Keys(ctx context.Context) ([]string, error) {
	st, err := q.js.Stream(ctx, q.Stream)
	if err != nil {
		return nil, fmt.Errorf("stream %s: %w", q.Stream, err)
	}
	info, err := st.Info(ctx, jetstream.WithSubjectFilter(q.Prefix+".>"))
	if err != nil {
		return nil, fmt.Errorf("stream %s: %w", q.Stream, err)
	}
	keys := make([]string, 0, len(info.State.Subjects))
	for subject := range info.State.Subjects {
		keys = append(keys, strings.Split(subject, ".")[1])
	}
	slices.Sort(keys)
	return slices.Compact(keys), nil
}

// message returns the message that makes the turn due at a time, accepted only
// while the key's last message is the one at sequence expected. When the
// schedule fires, the stream's limit of one message a subject removes a ready
// message that a dead holder left; a rollup would do so too, but looks through
// all turns that are worked on.
func (q *Queue) message(key string, state []byte, at time.Time, expected uint64) *nats.Msg {
	msg := nats.NewMsg(q.ready(key))
	msg.Data = state
	msg.Header.Set(headerExpectedSeq, strconv.FormatUint(expected, 10))
	msg.Header.Set(headerExpectedSubject, q.all(key))
	if at.After(time.Now()) {
		msg.Subject = q.turn(key)
		msg.Header.Set(headerSchedule, "@at "+at.UTC().Format(time.RFC3339Nano))
		msg.Header.Set(headerTarget, q.ready(key))
	}
	return msg
}

func (q *Queue) publish(ctx context.Context, msg *nats.Msg) error {
	_, err := q.js.PublishMsg(ctx, msg)
	if LostRace(err) {
		return ErrFenced
	}
	return err
}

// last reads the key's last message; nil if there is none.
func (q *Queue) last(ctx context.Context, key string) (*jetstream.RawStreamMsg, error) {
	m, err := q.read.Last(ctx, q.Stream, q.all(key))
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read turn of %s: %w", key, err)
	}
	return m, nil
}

// Pull returns up to n turns that are due, waiting up to wait for the first.
// The caller owns them: it works on every one of them at once, or AckWait
// passes.
func (q *Queue) Pull(ctx context.Context, n int, wait time.Duration) ([]*Turn, error) {
	cons, err := q.consumer(ctx)
	if err != nil {
		return nil, err
	}
	asked := wall()
	batch, err := cons.FetchNoWait(n)
	turns, err := q.collect(asked, batch, err)
	for left := wait; err == nil && len(turns) == 0 && left > 0 && ctx.Err() == nil; left -= q.AckWait / 4 {
		asked = wall()
		batch, err = cons.Fetch(1, jetstream.FetchMaxWait(min(left, q.AckWait/4)))
		turns, err = q.collect(asked, batch, err)
	}
	if err != nil {
		q.forget()
		return turns, fmt.Errorf("pull turns of %s: %w", q.Stream, err)
	}
	return turns, nil
}

// collect takes the turns of a batch that was asked for at a time. They count as
// delivered then: nobody knows how much later they were.
func (q *Queue) collect(asked time.Time, batch jetstream.MessageBatch, err error) ([]*Turn, error) {
	if err != nil {
		return nil, err
	}
	var turns []*Turn
	for msg := range batch.Messages() {
		t, err := q.take(asked, msg)
		if err != nil {
			return turns, err
		}
		turns = append(turns, t)
	}
	if err := batch.Error(); err != nil && len(turns) == 0 && !errors.Is(err, nats.ErrTimeout) && !errors.Is(err, jetstream.ErrNoMessages) {
		return nil, err
	}
	return turns, nil
}

func (q *Queue) consumer(ctx context.Context) (jetstream.Consumer, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.cons == nil {
		// A request that comes while a leader is chosen is never answered.
		ctx, cancel := context.WithTimeout(ctx, answerTime)
		defer cancel()
		c, err := q.js.Consumer(ctx, q.Stream, q.Consumer)
		if err != nil {
			return nil, fmt.Errorf("consumer %s/%s: %w", q.Stream, q.Consumer, err)
		}
		q.cons = c
	}
	return q.cons, nil
}

func (q *Queue) forget() {
	q.mu.Lock()
	q.cons = nil
	q.mu.Unlock()
}

func (q *Queue) take(asked time.Time, msg jetstream.Msg) (*Turn, error) {
	meta, err := msg.Metadata()
	if err != nil {
		return nil, fmt.Errorf("read turn on %s: %w", msg.Subject(), err)
	}
	key := strings.TrimSuffix(strings.TrimPrefix(msg.Subject(), q.Prefix+"."), ".ready")
	return &Turn{
		Key: key, State: msg.Data(), Deliveries: int(meta.NumDelivered), Since: meta.Timestamp,
		q: q, msg: msg, seq: meta.Sequence.Stream, touched: asked,
	}, nil
}

// Turn is the right to work on Key.
type Turn struct {
	Key        string
	State      []byte    // what the last holder handed on
	Deliveries int       // 1 unless an earlier holder died or froze
	Since      time.Time // when it became due, by the stream's clock

	q   *Queue
	msg jetstream.Msg
	seq uint64

	mu      sync.Mutex
	touched time.Time // when it was asked for, or the server was told last that it is worked on
}

// wall is the time of the wall clock alone: unlike the monotonic clock it goes
// on while the machine sleeps.
func wall() time.Time { return time.Now().Round(0) }

// Hold keeps the turn by telling the server every third of AckWait that it is
// being worked on, until stop is called, which waits for the keeper to end.
func (t *Turn) Hold(ctx context.Context) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	var wg sync.WaitGroup
	wg.Go(func() {
		tick := time.NewTicker(t.q.AckWait / 3)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
				// A keeper that was frozen longer than AckWait must not make
				// the turn look fresh again.
				if t.Fresh() != nil {
					return
				}
				t.touch(ctx)
			}
		}
	})
	return func() { cancel(); wg.Wait() }
}

// touch counts only if the server answers: what is sent over a connection that
// is cut off looks sent, and the turn is delivered to someone else.
func (t *Turn) touch(ctx context.Context) {
	before := wall()
	ctx, cancel := context.WithTimeout(ctx, t.q.AckWait/3)
	defer cancel()
	if _, err := t.q.nc.RequestWithContext(ctx, t.msg.Reply(), []byte("+WPI")); err == nil {
		t.mu.Lock()
		defer t.mu.Unlock()
		t.touched = before
	}
}

// Check returns ErrFenced unless the turn is surely still ours: the last
// InProgress is younger than AckWait and the stream's leader has no later
// message of the key. Call it right before touching what the turn guards.
func (t *Turn) Check(ctx context.Context) error {
	if err := t.Fresh(); err != nil {
		return err
	}
	last, err := t.q.last(ctx, t.Key)
	if err != nil {
		return err
	}
	if last == nil || last.Sequence != t.seq {
		return ErrFenced
	}
	return t.Fresh() // the answer may have waited while this process was frozen
}

// Fresh returns ErrFenced when the last InProgress is older than AckWait. It
// asks the clock alone: who was frozen since Check learns it at no cost.
func (t *Turn) Fresh() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if wall().Sub(t.touched) >= t.q.AckWait {
		return ErrFenced
	}
	return nil
}

// HandOn makes the next turn, due at the given time, and gives up this one. An
// early wake never makes it due before notBefore. It returns ErrFenced if the
// turn was no longer ours. A crash in the middle leaves one turn.
func (t *Turn) HandOn(ctx context.Context, at, notBefore time.Time, state []byte) error {
	if soonest := time.Now().Add(time.Millisecond); at.Before(soonest) {
		at = soonest
	}
	msg := t.q.message(t.Key, state, at, t.seq) // if the clock has passed at meanwhile, one that is ready replaces ours
	if !notBefore.IsZero() {
		msg.Header.Set(headerNotBefore, notBefore.UTC().Format(time.RFC3339Nano))
	}
	if err := t.q.publish(ctx, msg); err != nil {
		return fmt.Errorf("hand on %s: %w", t.Key, err)
	}
	return t.ack(ctx)
}

// returnAfter is how long a turn rests that was given back for the first time.
const returnAfter = time.Second

// rest is how long the turn rests when it is given back: twice as long with
// every delivery, up to AckWait, and in any case until notBefore.
func (t *Turn) rest(notBefore time.Time) time.Duration {
	again := min(returnAfter<<min(t.Deliveries-1, 10), t.q.AckWait)
	return max(again, time.Until(notBefore))
}

// Return gives the turn back after work that failed: it is delivered again soon,
// but not before notBefore, as if its holder had died, and nobody waits out
// AckWait. A server that is away is waited for until ctx ends or the turn is not
// surely ours any more. It is said once only: twice, it could be taken from who
// has it by then.
func (t *Turn) Return(ctx context.Context, notBefore time.Time) error {
	for {
		attempt, cancel := context.WithTimeout(ctx, 2*time.Second)
		err := t.Check(attempt)
		cancel()
		if err == nil {
			if err = t.msg.NakWithDelay(t.rest(notBefore)); err == nil {
				return nil
			}
		}
		if errors.Is(err, ErrFenced) || ctx.Err() != nil {
			return fmt.Errorf("return %s: %w", t.Key, err)
		}
		select {
		case <-ctx.Done():
		case <-time.After(returnAfter / 4):
		}
	}
}

// Finish gives up the turn without a next one: the key has nothing to do. Who
// has something for it later arms it.
func (t *Turn) Finish(ctx context.Context) error {
	if err := t.Check(ctx); err != nil {
		return fmt.Errorf("finish %s: %w", t.Key, err)
	}
	return t.ack(ctx)
}

func (t *Turn) ack(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	if err := t.msg.DoubleAck(ctx); err != nil {
		return fmt.Errorf("acknowledge turn of %s: %w", t.Key, err)
	}
	return nil
}
