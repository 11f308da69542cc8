package turn_test

import (
	"errors"
	"testing"
	"time"

	"go.uber.org/zap"

	"pressmill/pkg/bus"
	"pressmill/pkg/bus/embedded"
	"pressmill/pkg/bus/turn"
)

const (
	// patience is AckWait where nobody loses a turn, and how long one is waited
	// for: a busy machine shall not look like a worker that died.
	patience = time.Minute
	// ackWait is AckWait where somebody does. Those who do not have to say so
	// within that time on a busy machine, too.
	ackWait = 4 * time.Second
)

// start returns two connections' queues of hosts on a server of its own: two
// workers.
func start(t *testing.T, ackWait time.Duration) (a, b *turn.Queue) {
	t.Helper()
	srv, err := embedded.Start(t.TempDir(), "")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(srv.Stop)
	return join(t, srv, "test0", ackWait), join(t, srv, "test1", ackWait)
}

// join returns the queue of hosts of a connection of its own.
func join(t *testing.T, srv *embedded.Server, name string, ackWait time.Duration) *turn.Queue {
	t.Helper()
	cfg := bus.Defaults()
	cfg.AckWait = ackWait
	conn, err := bus.Connect(cfg, name, zap.NewNop(), srv.Option())
	must(t, err)
	t.Cleanup(func() { conn.Close() })
	must(t, conn.Apply(t.Context()))
	return conn.Hosts()
}

func arm(t *testing.T, q *turn.Queue, key string, at time.Time) bool {
	t.Helper()
	ok, err := q.Arm(t.Context(), key, []byte("armed"), at)
	if err != nil {
		t.Fatal(err)
	}
	return ok
}

func pull(t *testing.T, q *turn.Queue, wait time.Duration) *turn.Turn {
	t.Helper()
	turns, err := q.Pull(t.Context(), 10, wait)
	if err != nil {
		t.Fatal(err)
	}
	if len(turns) > 1 {
		t.Fatalf("%d turns, want at most one", len(turns))
	}
	if len(turns) == 0 {
		return nil
	}
	return turns[0]
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestDoubleArmMakesOneTurn(t *testing.T) {
	t.Parallel()
	a, b := start(t, patience)
	if !arm(t, a, "h", time.Time{}) || arm(t, b, "h", time.Time{}) {
		t.Fatal("the first arm must make the turn, the second must not")
	}
	held := pull(t, a, patience)
	if held == nil {
		t.Fatal("no turn")
	}
	if arm(t, b, "h", time.Time{}) {
		t.Error("armed while the turn is held")
	}
	must(t, held.HandOn(t.Context(), time.Now().Add(300*time.Millisecond), time.Time{}, []byte("next")))
	if arm(t, b, "h", time.Time{}) {
		t.Error("armed while the turn is scheduled")
	}
	next := pull(t, b, patience)
	if next == nil || string(next.State) != "next" {
		t.Fatalf("got %v, want the turn with its state", next)
	}
	must(t, next.Finish(t.Context()))
	if !arm(t, a, "h", time.Time{}) {
		t.Error("not armed after the turn was given up")
	}
}

func TestArmAllArmsWhatHasNoTurn(t *testing.T) {
	t.Parallel()
	a, b := start(t, patience)
	arm(t, a, "k1", time.Now().Add(time.Hour))
	keys := []string{"k0", "k1", "k2"}
	if n, err := b.ArmAll(t.Context(), keys); err != nil || n != 2 {
		t.Fatalf("armed %d, %v; want 2", n, err)
	}
	if n, err := a.ArmAll(t.Context(), keys); err != nil || n != 0 {
		t.Fatalf("armed %d once more, %v", n, err)
	}
}

func TestHandOnIsNeverEarly(t *testing.T) {
	t.Parallel()
	a, _ := start(t, patience)
	arm(t, a, "h", time.Time{})
	held := pull(t, a, patience)
	due := time.Now().Add(700 * time.Millisecond)
	must(t, held.HandOn(t.Context(), due, time.Time{}, nil))
	next := pull(t, a, patience)
	if next == nil {
		t.Fatal("the turn did not come back")
	}
	if early := time.Until(due); early > 2*time.Millisecond {
		t.Errorf("came %s early", early)
	}
}

func TestCrashBetweenScheduleAndAckLeavesOneTurn(t *testing.T) {
	t.Parallel()
	a, b := start(t, ackWait)
	arm(t, a, "h", time.Time{})
	held := pull(t, a, patience)
	must(t, turn.PublishNext(t.Context(), held, time.Now().Add(300*time.Millisecond), []byte("next")))
	// The holder dies here, without its ack.
	next := pull(t, b, patience)
	if next == nil || string(next.State) != "next" {
		t.Fatalf("got %v, want the scheduled turn", next)
	}
	if err := held.Check(t.Context()); !errors.Is(err, turn.ErrFenced) {
		t.Errorf("the old turn's check says %v, want ErrFenced", err)
	}
	stop := next.Hold(t.Context())
	defer stop()
	if twin := pull(t, a, ackWait+ackWait/2); twin != nil {
		t.Errorf("a second turn exists: %q", twin.State)
	}
}

func TestDeadHolderLosesItsTurnAfterAckWait(t *testing.T) {
	t.Parallel()
	a, b := start(t, ackWait)
	arm(t, a, "h", time.Time{})
	asked := time.Now()
	dead := pull(t, a, patience)
	next := pull(t, b, patience)
	if next == nil || next.Deliveries != 2 {
		t.Fatalf("got %+v, want the second delivery", next)
	}
	if waited := time.Since(asked); waited < ackWait {
		t.Errorf("redelivered after %s, before AckWait", waited)
	}
	if err := dead.Check(t.Context()); !errors.Is(err, turn.ErrFenced) {
		t.Errorf("the dead holder's check says %v, want ErrFenced", err)
	}
}

func TestFrozenHolderIsFenced(t *testing.T) {
	t.Parallel()
	a, b := start(t, ackWait)
	arm(t, a, "h", time.Time{})
	frozen := pull(t, a, patience) // never says InProgress: as if stopped
	taken := pull(t, b, patience)
	if taken == nil {
		t.Fatal("not redelivered")
	}
	must(t, taken.HandOn(t.Context(), time.Now().Add(time.Hour), time.Time{}, []byte("b")))
	if err := frozen.Check(t.Context()); !errors.Is(err, turn.ErrFenced) {
		t.Errorf("check says %v, want ErrFenced", err)
	}
	if err := frozen.HandOn(t.Context(), time.Now().Add(time.Millisecond), time.Time{}, []byte("frozen")); !errors.Is(err, turn.ErrFenced) {
		t.Errorf("hand on says %v, want ErrFenced", err)
	}
	if err := frozen.Finish(t.Context()); !errors.Is(err, turn.ErrFenced) {
		t.Errorf("finish says %v, want ErrFenced", err)
	}
	if arm(t, a, "h", time.Time{}) {
		t.Error("the turn was lost")
	}
}

func TestHeldTurnIsNotRedelivered(t *testing.T) {
	t.Parallel()
	a, b := start(t, ackWait)
	arm(t, a, "h", time.Time{})
	held := pull(t, a, patience)
	stop := held.Hold(t.Context())
	if twin := pull(t, b, ackWait+ackWait/2); twin != nil {
		t.Error("redelivered although it is held")
	}
	stop()
	must(t, held.Check(t.Context()))
}

// TestHolderThatIsCutOffIsFenced stops the server: what the holder tells it
// goes nowhere, and no error says so.
func TestHolderThatIsCutOffIsFenced(t *testing.T) {
	t.Parallel()
	srv, err := embedded.Start(t.TempDir(), "")
	must(t, err)
	t.Cleanup(srv.Stop)
	q := join(t, srv, "test", ackWait)
	arm(t, q, "h", time.Time{})
	held := pull(t, q, patience)
	defer held.Hold(t.Context())()
	time.Sleep(ackWait + ackWait/4)
	must(t, held.Fresh())
	srv.Stop()
	time.Sleep(ackWait + ackWait/4)
	if err := held.Fresh(); !errors.Is(err, turn.ErrFenced) {
		t.Errorf("a holder that is cut off finds its turn fresh: %v", err)
	}
}

func TestWakeMakesAScheduledTurnDue(t *testing.T) {
	t.Parallel()
	a, b := start(t, patience)
	arm(t, a, "h", time.Now().Add(time.Hour))
	if woke, err := b.Wake(t.Context(), "h"); err != nil || !woke {
		t.Fatalf("wake: %v, %v", woke, err)
	}
	held := pull(t, a, patience)
	if held == nil || string(held.State) != "armed" {
		t.Fatalf("got %v, want the turn with its state", held)
	}
	if woke, err := b.Wake(t.Context(), "h"); err != nil || woke {
		t.Errorf("woke a turn in work: %v, %v", woke, err)
	}
	must(t, held.Finish(t.Context()))
	if ghost := pull(t, b, time.Second); ghost != nil {
		t.Error("the old schedule still exists")
	}
	if woke, err := b.Wake(t.Context(), "nobody"); err != nil || woke {
		t.Errorf("woke an unknown key: %v, %v", woke, err)
	}
}

func TestWakeNeverBeatsNotBefore(t *testing.T) {
	t.Parallel()
	a, b := start(t, patience)
	arm(t, a, "h", time.Time{})
	held := pull(t, a, patience)
	notBefore := time.Now().Add(800 * time.Millisecond)
	must(t, held.HandOn(t.Context(), time.Now().Add(time.Hour), notBefore, []byte("s")))
	for range 3 {
		if _, err := b.Wake(t.Context(), "h"); err != nil {
			t.Fatal(err)
		}
	}
	next := pull(t, a, patience)
	if next == nil {
		t.Fatal("not woken")
	}
	if early := time.Until(notBefore); early > 2*time.Millisecond {
		t.Errorf("woken %s before not-before", early)
	}
	must(t, next.Finish(t.Context()))
	if ghost := pull(t, b, time.Second); ghost != nil {
		t.Error("a second turn exists")
	}
}
