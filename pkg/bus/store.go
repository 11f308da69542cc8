package bus

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/nats-io/nats.go/jetstream"
)

// PutRobots stores what is known of a host's robots.txt.
func (b *Bus) PutRobots(ctx context.Context, host string, robots any) error {
	return b.put(ctx, bucketRobots, HostToken(host), robots)
}

// Robots reads what is known of a host's robots.txt, or returns ErrNotFound.
func (b *Bus) Robots(ctx context.Context, host string, into any) error {
	_, err := b.get(ctx, bucketRobots, HostToken(host), into)
	return err
}

// bucket returns a handle that is asked for once per connection.
func (b *Bus) bucket(ctx context.Context, name string) (jetstream.KeyValue, error) {
	if kv, ok := b.buckets.Load(name); ok {
		return kv.(jetstream.KeyValue), nil
	}
	kv, err := b.js.KeyValue(ctx, name)
	if err != nil {
		return nil, fmt.Errorf("bucket %s: %w", name, err)
	}
	b.buckets.Store(name, kv)
	return kv, nil
}

func (b *Bus) put(ctx context.Context, bucket, key string, v any) error {
	kv, err := b.bucket(ctx, bucket)
	if err != nil {
		return err
	}
	data, err := json.Marshal(v)
	if err != nil {
		return err
	}
	if _, err := kv.Put(ctx, key, data); err != nil {
		return fmt.Errorf("put %s/%s: %w", bucket, key, classify(err))
	}
	return nil
}

// get reads a key and returns its revision.
func (b *Bus) get(ctx context.Context, bucket, key string, into any) (revision uint64, err error) {
	kv, err := b.bucket(ctx, bucket)
	if err != nil {
		return 0, err
	}
	e, err := kv.Get(ctx, key)
	if err != nil {
		return 0, fmt.Errorf("get %s/%s: %w", bucket, key, classify(err))
	}
	if err := json.Unmarshal(e.Value(), into); err != nil {
		return e.Revision(), fmt.Errorf("get %s/%s: %w: %w", bucket, key, ErrUnreadable, err)
	}
	return e.Revision(), nil
}
