package sink

import (
	"context"
	"time"

	"pressmill/pkg/bus"
	"pressmill/pkg/bus/turn"
	"pressmill/sink/archive"
)

// OnBus returns the articles and the turns of a bus as the sink uses them. beat
// is called with every pull.
func OnBus(b *bus.Bus, beat func()) (Bus, Turns) { return articles{b}, turns{b.SinkTurns(), beat} }

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

func (h holder) HandOn(ctx context.Context, at time.Time, state []byte) error {
	return h.Turn.HandOn(ctx, at, time.Time{}, state)
}

func (h holder) Return(ctx context.Context) error { return h.Turn.Return(ctx, time.Time{}) }

type articles struct{ *bus.Bus }

// Pages returns the pages of the bus, for sinks that archive them.
func (a articles) Pages() Bus { return archive.New(a.Bus) }
