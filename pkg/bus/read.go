package bus

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"pressmill/pkg/bus/direct"
)

const (
	// readBytes bounds what one read of a stream holds, but for its last message.
	readBytes = 8 << 20
	// tailEvery is how often a stream is asked whether it has grown, by all who
	// wait for that together.
	tailEvery = 200 * time.Millisecond
)

// readFrom returns the messages of a subject from a sequence on, in order, at most
// limit and readBytes of them. It waits up to wait for the first. None and no
// error is what the leader says: there were none at a moment of this call.
func (b *Bus) readFrom(ctx context.Context, stream, subject string, from uint64, limit int, wait time.Duration) ([]direct.Message, error) {
	tail, deadline := b.tail(stream), time.Now().Add(wait)
	seen := tail.peek() // before the read: what is stored after it is noticed
	for {
		msgs, err := direct.Read(ctx, b.nc, stream, direct.Request{From: from, Subject: subject, Limit: limit, MaxBytes: readBytes})
		if err != nil || len(msgs) > 0 {
			return msgs, err
		}
		grown, err := tail.wait(ctx, seen, deadline)
		if err != nil {
			return nil, err
		}
		if grown == seen {
			break
		}
		seen = grown
	}
	m, err := b.read.Next(ctx, stream, from, subject)
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return []direct.Message{{Seq: m.Sequence, Time: m.Time, MsgID: m.Header.Get(jetstream.MsgIDHeader), Data: m.Data}}, nil
}

// tail returns the one tail of a stream.
func (b *Bus) tail(stream string) *tail {
	t, _ := b.tails.LoadOrStore(stream, &tail{ask: func(ctx context.Context) (uint64, error) {
		st, err := b.js.Stream(ctx, stream)
		if err != nil {
			return 0, fmt.Errorf("read stream %s: %w", stream, err)
		}
		return st.CachedInfo().State.LastSeq, nil
	}})
	return t.(*tail)
}

// tail is the last sequence of a stream as all who wait for it to grow know it:
// however many they are, the stream is asked once every tailEvery.
type tail struct {
	ask func(context.Context) (uint64, error)

	mu   sync.Mutex
	at   time.Time
	last uint64
	err  error
}

// peek returns the last sequence as it was known before; 0 at first.
func (t *tail) peek() uint64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.last
}

// wait returns the last sequence as soon as it is not seen any more, or seen at
// the deadline.
func (t *tail) wait(ctx context.Context, seen uint64, deadline time.Time) (uint64, error) {
	for ctx.Err() == nil && time.Now().Before(deadline) {
		last, err := t.look(ctx)
		if err != nil || last != seen {
			return last, err
		}
		pause(ctx, min(tailEvery, time.Until(deadline)))
	}
	return seen, ctx.Err()
}

// look returns a last sequence that is younger than tailEvery. An error is for
// all who wait, too.
func (t *tail) look(ctx context.Context) (uint64, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if time.Since(t.at) < tailEvery {
		return t.last, t.err
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	last, err := t.ask(ctx)
	if err == nil {
		t.last = last
	}
	t.at, t.err = time.Now(), err
	return t.last, err
}
