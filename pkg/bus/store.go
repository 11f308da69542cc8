package bus

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/nats-io/nats.go/jetstream"
)

func encodeJSON(v any) ([]byte, error) { return json.Marshal(v) }

// PutSource stores a source's definition under its id.
func (b *Bus) PutSource(ctx context.Context, id string, definition any) error {
	return b.put(ctx, bucketSources, id, definition)
}

// Source reads a source's definition, or returns ErrNotFound.
func (b *Bus) Source(ctx context.Context, id string, into any) error {
	return b.get(ctx, bucketSources, id, into)
}

// Sources returns the ids of all sources.
func (b *Bus) Sources(ctx context.Context) ([]string, error) {
	kv, err := b.js.KeyValue(ctx, bucketSources)
	if err != nil {
		return nil, fmt.Errorf("list sources: %w", err)
	}
	keys, err := kv.Keys(ctx)
	if errors.Is(err, jetstream.ErrNoKeysFound) {
		return nil, nil
	}
	return keys, err
}

// RemoveSource removes a source's definition.
func (b *Bus) RemoveSource(ctx context.Context, id string) error {
	kv, err := b.js.KeyValue(ctx, bucketSources)
	if err != nil {
		return err
	}
	return kv.Delete(ctx, id)
}

// PutRobots stores what is known of a host's robots.txt.
func (b *Bus) PutRobots(ctx context.Context, host string, robots any) error {
	return b.put(ctx, bucketRobots, HostToken(host), robots)
}

// Robots reads what is known of a host's robots.txt, or returns ErrNotFound.
func (b *Bus) Robots(ctx context.Context, host string, into any) error {
	return b.get(ctx, bucketRobots, HostToken(host), into)
}

func (b *Bus) put(ctx context.Context, bucket, key string, v any) error {
	kv, err := b.js.KeyValue(ctx, bucket)
	if err != nil {
		return fmt.Errorf("bucket %s: %w", bucket, err)
	}
	data, err := encodeJSON(v)
	if err != nil {
		return err
	}
	if _, err := kv.Put(ctx, key, data); err != nil {
		return fmt.Errorf("put %s/%s: %w", bucket, key, classify(err))
	}
	return nil
}

func (b *Bus) get(ctx context.Context, bucket, key string, into any) error {
	kv, err := b.js.KeyValue(ctx, bucket)
	if err != nil {
		return fmt.Errorf("bucket %s: %w", bucket, err)
	}
	e, err := kv.Get(ctx, key)
	if err != nil {
		return fmt.Errorf("get %s/%s: %w", bucket, key, classify(err))
	}
	if err := json.Unmarshal(e.Value(), into); err != nil {
		return fmt.Errorf("get %s/%s: %w", bucket, key, err)
	}
	return nil
}
