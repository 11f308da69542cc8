package turn

import (
	"context"
	"time"
)

// PublishNext is the first half of HandOn, as of a holder that dies in between.
func PublishNext(ctx context.Context, t *Turn, at time.Time, state []byte) error {
	return t.q.publish(ctx, t.q.message(t.Key, state, at, t.seq))
}
