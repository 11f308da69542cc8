package bus

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"pressmill/pkg/bus/direct"
)

// SinkState is a sink that articles wait for.
type SinkState struct {
	Name string
	// Behind is the number of articles that the sink has not committed, and Oldest
	// when the stream stored the first of these.
	Behind uint64
	Oldest time.Time
}

// Sinks returns the registered sinks, by their names; see TrimArticles.
func (b *Bus) Sinks(ctx context.Context) ([]SinkState, error) {
	positions, err := b.positions(ctx)
	if err != nil {
		return nil, err
	}
	var all []SinkState
	for _, key := range positions {
		name, _, _ := strings.Cut(key, ".")
		if len(all) > 0 && all[len(all)-1].Name == name {
			continue
		}
		s := SinkState{Name: name}
		for p := range Partitions {
			if err := b.lookBehind(ctx, &s, p); err != nil {
				return nil, err
			}
		}
		all = append(all, s)
	}
	return all, nil
}

// lookBehind adds to a sink's state what waits for it in a partition.
func (b *Bus) lookBehind(ctx context.Context, s *SinkState, partition int) error {
	next, err := b.Position(ctx, s.Name, partition)
	if err != nil {
		return err
	}
	subject := "articles." + PartitionName(partition) + ".*"
	waiting, err := direct.Read(ctx, b.nc, streamArticles, direct.Request{From: next, Subject: subject, Limit: 1, MaxBytes: 1})
	if err != nil || len(waiting) == 0 {
		return err
	}
	s.Behind += waiting[0].Behind + 1
	if s.Oldest.IsZero() || waiting[0].Time.Before(s.Oldest) {
		s.Oldest = waiting[0].Time
	}
	return nil
}

// ForgetSink unregisters a sink that is not configured any more: no article
// waits for it, and it has no turns. One that is configured comes back by
// itself, where its objects or its cursors say. ErrNotFound means that no such
// sink is registered.
func (b *Bus) ForgetSink(ctx context.Context, name string) error {
	positions, err := b.positions(ctx)
	if err != nil {
		return err
	}
	found := false
	for _, key := range positions {
		if strings.HasPrefix(key, name+".") {
			if err := b.remove(ctx, bucketPositions, key); err != nil {
				return err
			}
			found = true
		}
	}
	st, err := b.stream(ctx, streamSinks)
	if err != nil {
		return err
	}
	for p := range Partitions {
		subject := fmt.Sprintf("sink.%s-%s.*", name, PartitionName(p))
		if err := st.Purge(ctx, jetstream.WithPurgeSubject(subject)); err != nil {
			return fmt.Errorf("remove turns of sink %s: %w", name, err)
		}
	}
	if !found {
		return fmt.Errorf("forget sink %s: %w", name, ErrNotFound)
	}
	return nil
}

// positions returns the keys of the mirrored positions, SINK.PARTITION, sorted,
// as the leader of their stream knows them.
func (b *Bus) positions(ctx context.Context) ([]string, error) {
	stream, all := bucketStream(bucketPositions), bucketSubject(bucketPositions, "")
	subjects, err := b.subjects(ctx, stream, all+">")
	if err != nil {
		return nil, fmt.Errorf("read positions: %w", err)
	}
	var keys []string
	for subject := range subjects {
		last, err := b.read.Last(ctx, stream, subject)
		if err != nil && !errors.Is(err, jetstream.ErrMsgNotFound) {
			return nil, fmt.Errorf("read positions: %w", err)
		}
		if err == nil && len(last.Data) > 0 { // otherwise it marks one that was removed
			keys = append(keys, strings.TrimPrefix(subject, all))
		}
	}
	slices.Sort(keys)
	return keys, nil
}
