package sink

import (
	"context"
	"time"

	"go.uber.org/zap"

	"pressmill/pkg/bus"
	"pressmill/pkg/logging"
)

const trimEvery = 30 * time.Second

// Trim keeps room in the stream of articles by removing what every sink has
// committed, when it is old or the stream fills up, until ctx is cancelled. Any
// number of workers may do so at the same time.
func Trim(ctx context.Context, b *bus.Bus, log *zap.Logger) {
	tick := time.NewTicker(trimEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		n, err := b.TrimArticles(ctx)
		switch {
		case err != nil && ctx.Err() == nil:
			log.Warn("trim articles", logging.Event(logging.NATSError), zap.Error(err))
		case n > 0:
			log.Info("removed articles that every sink has", logging.Event(logging.ArticlesTrimmed), zap.Uint64(logging.KeyArticles, n))
		}
	}
}
