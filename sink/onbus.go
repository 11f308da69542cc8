package sink

import (
	"context"
	"errors"
	"fmt"
	"time"

	"pressmill/pkg/bus"
	"pressmill/pkg/bus/turn"
)

// OnBus returns the articles and the turns of a bus as the sink uses them. beat
// is called with every pull.
func OnBus(b *bus.Bus, beat func()) (Bus, Turns) { return articles{b}, turns{b.SinkTurns(), beat} }

type articles struct{ *bus.Bus }

func (a articles) ReadArticles(ctx context.Context, partition int, from uint64, n int, wait time.Duration) ([]StoredArticle, error) {
	stored, err := a.Bus.ReadArticles(ctx, partition, from, n, wait)
	out := make([]StoredArticle, len(stored))
	for i, s := range stored {
		out[i] = StoredArticle(s)
	}
	return out, err
}

func (a articles) ArticleAt(ctx context.Context, seq uint64) (StoredArticle, error) {
	s, err := a.Bus.ArticleAt(ctx, seq)
	if errors.Is(err, bus.ErrNotFound) {
		err = fmt.Errorf("%w: %w", ErrNotFound, err)
	}
	return StoredArticle(s), err
}

type turns struct {
	*turn.Queue
	beat func()
}

func (t turns) Pull(ctx context.Context, n int, wait time.Duration) ([]Turn, error) {
	t.beat()
	pulled, err := t.Queue.Pull(ctx, n, wait)
	out := make([]Turn, len(pulled))
	for i, p := range pulled {
		out[i] = Turn{Key: p.Key, State: p.State, Deliveries: p.Deliveries, Holder: holder{p}}
	}
	return out, err
}

type holder struct{ *turn.Turn }

func (h holder) Check(ctx context.Context) error { return fenced(h.Turn.Check(ctx)) }

func (h holder) HandOn(ctx context.Context, at time.Time, state []byte) error {
	return fenced(h.Turn.HandOn(ctx, at, time.Time{}, state))
}

func fenced(err error) error {
	if errors.Is(err, turn.ErrFenced) {
		return fmt.Errorf("%w: %w", ErrFenced, err)
	}
	return err
}
