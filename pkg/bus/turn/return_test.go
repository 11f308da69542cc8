package turn_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"go.uber.org/zap"

	"pressmill/pkg/bus"
	"pressmill/pkg/bus/embedded"
	"pressmill/pkg/bus/turn"
)

// A worker whose server starts anew gives its turn back, and nobody waits out
// AckWait, which is a minute.
func TestTurnIsReturnedOverARestartOfTheServer(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	srv, err := embedded.Start(dir, "127.0.0.1:0")
	must(t, err)
	cfg := bus.Defaults()
	cfg.URL, cfg.AckWait = srv.URL(), patience
	conn, err := bus.Connect(cfg, "test", zap.NewNop())
	must(t, err)
	t.Cleanup(func() { conn.Close() })
	must(t, conn.Apply(t.Context()))
	q := conn.Hosts()
	arm(t, q, "h", time.Time{})
	held := pull(t, q, patience)

	srv.Stop()
	returned := make(chan error)
	go func() { returned <- held.Return(t.Context(), time.Time{}) }()
	time.Sleep(300 * time.Millisecond)
	srv, err = embedded.Start(dir, strings.TrimPrefix(cfg.URL, "nats://"))
	must(t, err)
	t.Cleanup(srv.Stop)
	must(t, <-returned)
	if next := pull(t, q, patience/2); next == nil || next.Deliveries != 2 {
		t.Errorf("got %+v, want the turn, delivered for the second time", next)
	}
}

func TestATurnThatIsNoLongerOursIsNotReturned(t *testing.T) {
	t.Parallel()
	a, b := start(t, patience)
	arm(t, a, "h", time.Time{})
	held := pull(t, a, patience)
	must(t, held.HandOn(t.Context(), time.Now(), time.Time{}, nil))
	next := pull(t, b, patience)
	if err := held.Return(t.Context(), time.Time{}); !errors.Is(err, turn.ErrFenced) {
		t.Errorf("got %v, want ErrFenced", err)
	}
	stop := next.Hold(t.Context())
	defer stop()
	if twin := pull(t, a, 2*time.Second); twin != nil {
		t.Error("the turn of another was taken")
	}
}

// Who failed after a host said when it may be asked again has nobody ask it
// sooner, and a turn on which everybody fails is not taken every second.
func TestAReturnedTurnRests(t *testing.T) {
	t.Parallel()
	a, b := start(t, patience)
	arm(t, a, "h", time.Time{})
	notBefore := time.Now().Add(3 * time.Second)
	must(t, pull(t, a, patience).Return(t.Context(), notBefore))
	if pull(t, b, patience/2) == nil {
		t.Error("it was not delivered any more")
	}
	if early := time.Until(notBefore); early > 2*time.Millisecond {
		t.Errorf("it was delivered %s before its time", early)
	}
}
