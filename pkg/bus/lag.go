package bus

import (
	"context"
	"fmt"
)

// Lag returns how many items wait in front of the kind of worker that this
// connection is of: turns of hosts that are due, pages, or the articles that the
// sink has not written which is furthest behind. What is worked on does not wait.
func (b *Bus) Lag(ctx context.Context) (int64, error) {
	if b.role == RoleSink {
		return b.sinkLag(ctx)
	}
	for _, c := range b.cfg.consumers() {
		if !b.role.pulls(c.Durable) {
			continue
		}
		cons, err := b.js.Consumer(ctx, c.stream, c.Durable)
		if err != nil {
			return 0, fmt.Errorf("read consumer %s/%s: %w", c.stream, c.Durable, err)
		}
		return int64(cons.CachedInfo().NumPending), nil
	}
	return 0, fmt.Errorf("read lag: nothing waits for %s", b.role)
}

// Unparsed returns how many pages the parsers have not done with, those that they
// are working on included. An archive's pages do not count.
func (b *Bus) Unparsed(ctx context.Context) (uint64, error) {
	cons, err := b.js.Consumer(ctx, streamPages, consumerParser)
	if err != nil {
		return 0, fmt.Errorf("read consumer %s/%s: %w", streamPages, consumerParser, err)
	}
	info := cons.CachedInfo()
	return info.NumPending + uint64(info.NumAckPending), nil // never negative
}

func (b *Bus) sinkLag(ctx context.Context) (lag int64, err error) {
	sinks, err := b.Sinks(ctx)
	for _, s := range sinks {
		lag = max(lag, int64(s.Behind))
	}
	return lag, err
}
