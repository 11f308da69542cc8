package bus_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"pressmill/pkg/bus"
)

func TestIsTransient(t *testing.T) {
	t.Parallel()
	for err, want := range map[error]bool{
		fmt.Errorf("put: %w", nats.ErrTimeout): true, nats.ErrNoResponders: true, context.DeadlineExceeded: true, jetstream.ErrNoStreamResponse: true,
		&jetstream.APIError{Code: 503, ErrorCode: 10008, Description: "JetStream system temporarily unavailable"}: true,
		&jetstream.APIError{Code: 400, ErrorCode: 10071, Description: "wrong last sequence"}:                      false,
		jetstream.ErrStreamNotFound: false, bus.ErrNotFound: false, bus.ErrFull: false, context.Canceled: false, errors.New("x"): false,
	} {
		if got := bus.IsTransient(err); got != want {
			t.Errorf("%v: %t", err, got)
		}
	}
}

// TestNoAnswerIsTransient has a write whose time is up before it is answered.
func TestNoAnswerIsTransient(t *testing.T) {
	t.Parallel()
	b := open(t, nil)
	ctx, stop := context.WithTimeout(t.Context(), 0)
	defer stop()
	if err := b.PutSource(ctx, "a", "b", 0); !bus.IsTransient(err) {
		t.Errorf("a call that nothing answers: %v", err)
	}
}
