package bus

import (
	"context"
	"fmt"
)

func cursorKey(sink string, partition int) string { return sink + "." + PartitionName(partition) }

// Cursor returns where a sink goes on in a partition whose output does not tell,
// as PutCursor stored it, and its revision; or ErrNotFound.
func (b *Bus) Cursor(ctx context.Context, sink string, partition int) (data []byte, revision uint64, err error) {
	kv, err := b.bucket(ctx, bucketCursors)
	if err != nil {
		return nil, 0, err
	}
	e, err := kv.Get(ctx, cursorKey(sink, partition))
	if err != nil {
		return nil, 0, fmt.Errorf("get %s/%s: %w", bucketCursors, cursorKey(sink, partition), classify(err))
	}
	return e.Value(), e.Revision(), nil
}

// PutCursor stores a cursor, if the stored one still has the revision, 0 for
// none, and returns the new revision. ErrConflict says that it has another:
// somebody else works on the partition.
func (b *Bus) PutCursor(ctx context.Context, sink string, partition int, data []byte, revision uint64) (uint64, error) {
	kv, err := b.bucket(ctx, bucketCursors)
	if err != nil {
		return 0, err
	}
	next, err := kv.Update(ctx, cursorKey(sink, partition), data, revision)
	if err != nil {
		return 0, fmt.Errorf("put %s/%s: %w", bucketCursors, cursorKey(sink, partition), classify(err))
	}
	return next, nil
}
