package bus

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// What follows is for operators who want to know. It reads all that a host has,
// message by message, and changes nothing.

// InWork returns, by consumer, how many messages were handed to workers that
// have neither finished them nor given them back.
func (b *Bus) InWork(ctx context.Context) (map[string]int, error) {
	all := map[string]int{}
	for _, c := range b.cfg.consumers() {
		cons, err := b.js.Consumer(ctx, c.stream, c.Durable)
		if err != nil {
			return nil, fmt.Errorf("read consumer %s/%s: %w", c.stream, c.Durable, err)
		}
		all[c.Durable] = cons.CachedInfo().NumAckPending
	}
	return all, nil
}

// SeenIn returns the months (as 202611) in which the given fingerprints were
// stored first, of those that a host's set holds.
func (b *Bus) SeenIn(ctx context.Context, host string, fingerprints []uint64) (map[uint64]string, error) {
	wanted := map[uint64]bool{}
	for _, f := range fingerprints {
		wanted[f] = true
	}
	months := map[uint64]string{}
	err := b.scan(ctx, streamSeen, "seen."+HostToken(host)+".*.*", func(m jetstream.Msg, _ uint64) bool {
		month := strings.Split(m.Subject(), ".")[2]
		for d := m.Data(); len(d) >= 8; d = d[8:] {
			f := binary.BigEndian.Uint64(d)
			if known, ok := months[f]; wanted[f] && (!ok || month < known) {
				months[f] = month
			}
		}
		return true
	})
	return months, err
}

// Waiting calls yield for every URL in a host's frontier, in the order in which
// they were pushed, until it returns false.
func (b *Bus) Waiting(ctx context.Context, host string, yield func(FrontierURL) bool) error {
	return b.scanURLs(ctx, streamFrontier, "frontier."+HostToken(host)+".*", yield)
}

// ParkedOf calls yield for every URL of a host that waits for its source to be
// resumed, until it returns false.
func (b *Bus) ParkedOf(ctx context.Context, host string, yield func(FrontierURL) bool) error {
	return b.scanURLs(ctx, streamParked, parkedSubject("*", HostToken(host), "*"), yield)
}

// WaitingRevisits calls yield for every revisit of a host, until it returns
// false.
func (b *Bus) WaitingRevisits(ctx context.Context, host string, yield func(FrontierURL) bool) error {
	return b.scanURLs(ctx, streamRevisits, "revisit."+HostToken(host)+".*", yield)
}

func (b *Bus) scanURLs(ctx context.Context, stream, filter string, yield func(FrontierURL) bool) error {
	return b.scan(ctx, stream, filter, func(m jetstream.Msg, seq uint64) bool {
		var u FrontierURL
		if json.Unmarshal(m.Data(), &u) != nil {
			return true // whoever takes it puts it among the dead letters
		}
		u.Seq = seq
		if stream != streamRevisits {
			last := m.Subject()[strings.LastIndexByte(m.Subject(), '.')+1:]
			u.Priority = int(last[0] - '0')
		}
		return yield(u)
	})
}

// DeadURLs calls yield for every URL of a host that is a dead letter, until it
// returns false.
func (b *Bus) DeadURLs(ctx context.Context, host string, yield func(DeadLetter, FrontierURL) bool) error {
	return b.scan(ctx, streamDead, "dlq.crawler."+HostToken(host), func(m jetstream.Msg, seq uint64) bool {
		meta, err := m.Metadata()
		var u FrontierURL
		if err != nil || json.Unmarshal(m.Data(), &u) != nil {
			return true
		}
		raw := &jetstream.RawStreamMsg{Subject: m.Subject(), Sequence: seq, Header: m.Headers(), Data: m.Data(), Time: meta.Timestamp}
		return yield(deadLetter(raw), u)
	})
}

// scanPatience is how long a scan waits for a message that was there when it
// began and is gone meanwhile.
const scanPatience = 2 * time.Second

// scan calls yield for every message of a subject that is there when it begins,
// with its sequence, until yield returns false.
func (b *Bus) scan(ctx context.Context, stream, filter string, yield func(m jetstream.Msg, seq uint64) bool) error {
	st, err := b.stream(ctx, stream)
	if err != nil {
		return err
	}
	cons, err := st.OrderedConsumer(ctx, jetstream.OrderedConsumerConfig{FilterSubjects: []string{filter}})
	if err != nil {
		return fmt.Errorf("read stream %s: %w", stream, err)
	}
	info, err := cons.Info(ctx)
	if err != nil {
		return fmt.Errorf("read stream %s: %w", stream, err)
	}
	left := info.NumPending
	if left == 0 {
		return nil
	}
	messages, err := cons.Messages()
	if err != nil {
		return fmt.Errorf("read stream %s: %w", stream, err)
	}
	defer messages.Stop()
	for ; left > 0; left-- {
		m, err := messages.Next(jetstream.NextMaxWait(scanPatience))
		if errors.Is(err, nats.ErrTimeout) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read stream %s: %w", stream, err)
		}
		meta, err := m.Metadata()
		if err != nil {
			return fmt.Errorf("read stream %s: %w", stream, err)
		}
		if !yield(m, meta.Sequence.Stream) || meta.NumPending == 0 || ctx.Err() != nil {
			return ctx.Err()
		}
	}
	return nil
}
