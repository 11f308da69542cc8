package parser

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"go.uber.org/zap"

	"pressmill/pkg/bus"
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
	for size := 256 << 10; size > 0; { // as small as a letter can be
		d := bus.DeadLetter{Stage: "sink", Key: "hook.p03", Subject: bus.AgainSubject("hook", 3), Reason: "http_422", Data: make([]byte, size)}
		if err := b.PublishDead(t.Context(), d, fmt.Sprint(time.Now().UnixNano())); errors.Is(err, bus.ErrDeadFull) {
			size /= 2
		} else if err != nil {
			t.Fatal(err)
		}
	}
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
	wg.Go(func() {
		if err := w.Run(ctx, func() {}); err != nil {
			t.Error(err)
		}
	})
	await := func(what string, ok func(logging.Snapshot) bool) {
		t.Helper()
		for deadline := time.Now().Add(2 * time.Minute); !ok(stage.Snapshot()); time.Sleep(20 * time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatalf("not in two minutes: %s: %+v", what, stage.Snapshot())
			}
		}
	}
	await("the page is refused", func(s logging.Snapshot) bool { return s.Again == 1 })
	time.Sleep(2500 * time.Millisecond) // it is delivered once more
	if s := stage.Snapshot(); s.In != 1 || s.Failed != 0 || s.AgainBy["dead_letters"] != 1 {
		t.Errorf("counted while there is no room: %+v", s)
	}
	if _, err := b.PurgeDead(t.Context()); err != nil {
		t.Fatal(err)
	}
	await("the letter is stored", func(s logging.Snapshot) bool { return s.Failed == 1 })
	if s := stage.Snapshot(); s.In != 2 || s.FailedBy["takedown"] != 1 || s.Again != 1 || s.InFlight != 0 {
		t.Errorf("counted at last: %+v", s)
	}
}
