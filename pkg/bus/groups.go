package bus

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// UpdateGroup changes what the workers share about a group of hosts and
// returns it. change gets what is stored, or the zero value; it is called
// again when another worker stored something in between. What nobody changes
// for an hour is forgotten.
func UpdateGroup[T any](ctx context.Context, b *Bus, group string, change func(*T)) (T, error) {
	return update(ctx, b, bucketGroups, group, change)
}

// update changes the key of a bucket that a host or a source has, as UpdateGroup
// does.
func update[T any](ctx context.Context, b *Bus, bucket, name string, change func(*T)) (T, error) {
	var state T
	kv, err := b.bucket(ctx, bucket)
	if err != nil {
		return state, err
	}
	for {
		state, err = changeKey(ctx, kv, HostToken(name), change)
		if !errors.Is(err, ErrConflict) {
			break
		}
		select {
		case <-ctx.Done():
			return state, ctx.Err()
		case <-time.After(rand.N(20 * time.Millisecond)):
		}
	}
	if err != nil {
		return state, fmt.Errorf("update %s/%s: %w", bucket, name, err)
	}
	return state, nil
}

// changeKey reads, changes and stores a key, or returns ErrConflict.
func changeKey[T any](ctx context.Context, kv jetstream.KeyValue, key string, change func(*T)) (state T, err error) {
	var revision uint64
	entry, err := kv.Get(ctx, key)
	if err = classify(err); err != nil && !errors.Is(err, ErrNotFound) {
		return state, err
	}
	if err == nil {
		revision = entry.Revision()
		if err := json.Unmarshal(entry.Value(), &state); err != nil {
			return state, err
		}
	}
	change(&state)
	data, err := json.Marshal(state)
	if err != nil {
		return state, err
	}
	_, err = kv.Update(ctx, key, data, revision)
	return state, classify(err)
}
