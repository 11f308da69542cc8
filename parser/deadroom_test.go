package parser

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"go.uber.org/zap"

	"pressmill/pkg/bus"
	"pressmill/pkg/bus/bustest"
	"pressmill/pkg/bus/embedded"
	"pressmill/pkg/logging"
	"pressmill/pkg/logging/logtest"
	"pressmill/pkg/news"
)

// TestPageWithoutRoomForItsDeadLetterIsCounted: it is to be tried again, once
// however often it is delivered, and given up when its letter is stored.
func TestPageWithoutRoomForItsDeadLetterIsCounted(t *testing.T) {
	srv, err := embedded.Start(t.TempDir(), "")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(srv.Stop)
	cfg := bus.Defaults()
	cfg.DeadMaxBytes = 1 << 20
	b, err := bus.Connect(cfg, "parser", zap.NewNop(), srv.Option())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	if err := b.Apply(t.Context()); err != nil {
		t.Fatal(err)
	}
	bustest.FillDead(t, b)
	poison := &news.Page{PageID: "p", FinalURL: "https://[", Gone: true, Status: 410}
	if err := b.PublishPage(t.Context(), "h.example", poison); err != nil {
		t.Fatal(err)
	}
	stage := logging.NewStage(zap.NewNop(), "parser")
	w, err := NewWorker(Config{Workers: 1}, b, zap.New(logtest.Core(t, "parser")), stage)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	defer wg.Wait()
	defer stop()
	deliveries := make(chan error, 100)
	wg.Go(func() {
		dead := func(reason string, handled bool, err error) {
			w.dead(reason, handled, err)
			deliveries <- err
		}
		if err := b.ConsumePages(ctx, 1, func() {}, w.handle, dead); err != nil {
			t.Error(err)
		}
	})
	next := func() (err error) {
		t.Helper()
		select {
		case err = <-deliveries:
		case <-time.After(2 * time.Minute):
			t.Fatal("not delivered within two minutes")
		}
		return err
	}
	for range 2 {
		if err := next(); !errors.Is(err, bus.ErrDeadFull) {
			t.Fatalf("its letter is not refused: %v", err)
		}
		if s := stage.Snapshot(); s.In != 1 || s.Failed != 0 || s.AgainBy["dead_letters"] != 1 {
			t.Errorf("counted while there is no room: %+v", s)
		}
	}
	if _, err := b.PurgeDead(t.Context()); err != nil {
		t.Fatal(err)
	}
	for err := next(); err != nil; err = next() { // one may have been refused before
		if !errors.Is(err, bus.ErrDeadFull) {
			t.Fatal(err)
		}
	}
	if s := stage.Snapshot(); s.In != 2 || s.FailedBy["takedown"] != 1 || s.Again != 1 || s.InFlight != 0 {
		t.Errorf("counted at last: %+v", s)
	}
}
