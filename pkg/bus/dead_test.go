package bus_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"

	"pressmill/pkg/bus"
	"pressmill/pkg/bus/bustest"
	"pressmill/pkg/bus/embedded"
	"pressmill/pkg/config"
	"pressmill/pkg/logging"
	"pressmill/pkg/logging/logtest"
	"pressmill/pkg/news"
)

// smallDead returns a bus with room for some letters of letterSize, and for little
// that waits in the frontier or aside, and its lines.
func smallDead(t *testing.T) (*bus.Bus, *observer.ObservedLogs) {
	t.Helper()
	srv := startIn(t, t.TempDir())
	t.Cleanup(srv.Stop)
	b, seen := connectDead(t, srv, bus.Defaults().DeadMaxAge)
	must(t, b.Apply(t.Context()))
	return b, seen
}

func connectDead(t *testing.T, srv *embedded.Server, age time.Duration) (*bus.Bus, *observer.ObservedLogs) {
	t.Helper()
	cfg := bus.Defaults()
	cfg.AckWait, cfg.DeadMaxBytes, cfg.DeadMaxAge, cfg.FrontierMaxBytes = time.Minute, 1<<20, age, 1<<20
	core, seen := observer.New(zap.DebugLevel)
	b, err := bus.Connect(cfg, "test", zap.New(zapcore.NewTee(core, logtest.Core(t, ""))), srv.Option())
	must(t, err)
	t.Cleanup(func() { b.Close() })
	return b, seen
}

const letterSize = 200 << 10

func deadLetter(n int) bus.DeadLetter {
	return bus.DeadLetter{
		Stage: "sink", Key: "hook.p03", Subject: bus.AgainSubject("hook", 3), Reason: "http_422", Error: "no", Data: []byte(strings.Repeat(fmt.Sprint(n%10), letterSize)),
	}
}

func letters(t *testing.T, b *bus.Bus) (all []bus.DeadLetter) {
	t.Helper()
	must(t, b.DeadLetters(t.Context(), "", func(d bus.DeadLetter) bool { all = append(all, d); return true }))
	return all
}

// What there is stays when the stream is full, a letter too many is told of once
// and stored under the same id when there is room.
func TestDeadLettersAreRefusedAndNotDropped(t *testing.T) {
	b, seen := smallDead(t)
	ctx := t.Context()
	for n := range 5 {
		must(t, b.PublishDead(ctx, deadLetter(n), fmt.Sprint("letter", n)))
	}
	bustest.FillDead(t, b)
	before := letters(t, b)
	if !strings.HasPrefix(string(before[0].Data), "0") {
		t.Fatalf("the first letter is gone, and there is one of %.1s", before[0].Data)
	}
	one := deadLetter(9)
	one.PageID, one.URL, one.Source = "page", "https://h.example/", "s"
	err := b.PublishDead(ctx, one, "one")
	if !errors.Is(err, bus.ErrDeadFull) || errors.Is(err, bus.ErrFull) {
		t.Fatalf("a letter too many: %v, want ErrDeadFull alone", err)
	}
	lines := seen.FilterField(logging.Event(logging.DeadLetterRefused)).All()
	if len(lines) != 1 || lines[0].Level != zap.WarnLevel {
		t.Fatalf("refusals are told of by %d lines, want 1 at warn: %v", len(lines), lines)
	}
	for _, cure := range []string{"deadletters list", "replay", "delete", "bus.dead_letters_max_bytes"} {
		if !strings.Contains(lines[0].Message, cure) {
			t.Errorf("the line does not name %q as what helps: %s", cure, lines[0].Message)
		}
	}
	if got := len(letters(t, b)); got != len(before) {
		t.Errorf("%d letters after a refusal, %d before", got, len(before))
	}
	must(t, b.DeleteDead(ctx, before[0].Seq))
	if err := b.DeleteDead(ctx, before[0].Seq); !errors.Is(err, bus.ErrNotFound) {
		t.Errorf("the same letter is deleted twice: %v", err)
	}
	must(t, b.PublishDead(ctx, one, "one"))
	all := letters(t, b)
	if last := all[len(all)-1]; len(all) != len(before) || last.Reason != "http_422" || len(last.Data) != letterSize {
		t.Errorf("%d letters, the last with %d bytes", len(all), len(last.Data))
	}
	if removed, err := b.PurgeDead(ctx); err != nil || int(removed) != len(all) || len(letters(t, b)) != 0 {
		t.Errorf("%d letters were deleted, want %d; %v", removed, len(all), err)
	}
}

// A URL for which there is no room aside stays where it is.
func TestParkIsRefusedAndNotDropped(t *testing.T) {
	b, seen := smallDead(t)
	bustest.FillParked(t, b, "full")
	ctx, before := t.Context(), seen.FilterField(logging.Event(logging.ParkedRefused)).Len()
	must(t, b.Push(ctx, "h.example", bus.PrioritySeed, bus.FrontierURL{URL: "https://h.example/", Source: "s"}, ""))
	u, err := b.Next(ctx, "h.example", bus.Taken{}, bus.PrioritySeed)
	must(t, err)
	if err := b.Park(ctx, "h.example", u, time.Time{}); !errors.Is(err, bus.ErrFull) {
		t.Errorf("set aside where there is no room: %v, want ErrFull", err)
	}
	if again, err := b.Next(ctx, "h.example", bus.Taken{}, bus.PrioritySeed); err != nil || again.Seq != u.Seq {
		t.Errorf("it waits as %+v, %v", again, err)
	}
	if parked, err := b.Parked(ctx); err != nil || parked["full"] == 0 || parked["s"] != 0 || before != 1 {
		t.Errorf("%v lie aside, %v, told of by %d lines", parked, err, before)
	}
}

// A replayed letter for which there is no room among those to be tried again
// stays where it is.
func TestReplayIsRefusedAndNotDropped(t *testing.T) {
	b, _ := smallDead(t)
	ctx := t.Context()
	replayed, err := 0, error(nil)
	for n := 0; err == nil && n < 100; n++ {
		must(t, b.PublishDead(ctx, deadLetter(n), fmt.Sprint(n)))
		if err = b.Replay(ctx, letters(t, b)[0].Seq); err == nil {
			replayed++
		}
	}
	if !errors.Is(err, bus.ErrFull) || replayed != 5 || len(letters(t, b)) != 1 {
		t.Fatalf("%d replayed, then %v; %d dead letters, want 5, ErrFull and 1", replayed, err, len(letters(t, b)))
	}
	for n := range replayed {
		a, err := b.Again(ctx, "hook", 3)
		must(t, err)
		if a.Data[0] != byte('0'+n) {
			t.Errorf("the letter %c comes as number %d", a.Data[0], n)
		}
		must(t, b.DropAgain(ctx, a.Seq))
	}
	must(t, b.Replay(ctx, letters(t, b)[0].Seq))
}

// A server from before the bound gets it, with all letters that it has, be they
// more than the bound.
func TestBoundOfDeadLettersComesToAnOldServer(t *testing.T) {
	dir, ctx := t.TempDir(), t.Context()
	srv := startIn(t, dir)
	b, _ := connectDead(t, srv, bus.Defaults().DeadMaxAge)
	must(t, b.Apply(ctx))
	bus.Unbound(t, b)
	for n := range 10 {
		must(t, b.PublishDead(ctx, deadLetter(n), fmt.Sprint(n)))
		must(t, b.PublishDead(ctx, deadLetter(n), fmt.Sprint("again", n)))
		must(t, b.Replay(ctx, letters(t, b)[n].Seq))
	}
	err := b.Check(ctx)
	for _, want := range []string{
		"stream DLQ: max_bytes is -1, want 1048576", "stream DLQ: discard is DiscardOld, want DiscardNew", "stream AGAIN: max_bytes is -1, want 1048576",
		"stream DLQ: duplicate_window is 2m0s, want 720h0m0s", "stream AGAIN: duplicate_window is 2m0s, want 720h0m0s",
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("the check does not say %q: %v", want, err)
		}
	}
	must(t, b.Apply(ctx))
	must(t, b.Close())
	srv.Stop()
	srv = startIn(t, dir)
	t.Cleanup(srv.Stop)
	b, _ = connectDead(t, srv, bus.Defaults().DeadMaxAge)
	must(t, b.Apply(ctx))
	must(t, b.Check(ctx))
	if n := len(letters(t, b)); n != 10 {
		t.Errorf("%d letters after the change, want 10", n)
	}
	for n := range 10 {
		a, err := b.Again(ctx, "hook", 3)
		must(t, err)
		must(t, b.DropAgain(ctx, a.Seq))
		if a.Data[0] != byte('0'+n) {
			t.Errorf("the letter %c is to be tried again as number %d", a.Data[0], n)
		}
	}
	if err := b.PublishDead(ctx, deadLetter(0), "too many"); !errors.Is(err, bus.ErrDeadFull) {
		t.Errorf("a letter beyond the bound: %v, want ErrDeadFull", err)
	}
}

// What a letter is about gives one letter, however late it is given up again, and
// something else gives another, also in a stream that counts anew.
func TestDeadLetterIsStoredOnceForAsLongAsItIsKept(t *testing.T) {
	for _, age := range []time.Duration{bus.Defaults().DeadMaxAge, time.Minute, 0} {
		dir, ctx := t.TempDir(), t.Context()
		srv := startIn(t, dir)
		b, _ := connectDead(t, srv, age)
		must(t, b.Apply(ctx))
		if window := bus.DeadWindow(t, b); window < age || age == 0 && window < 10*365*24*time.Hour {
			t.Errorf("letters are kept for %s, and their ids for %s", age, window)
		}
		at := time.Now()
		about := []bus.FrontierURL{
			{URL: "https://h.example/1", Seq: 1, Stored: at},
			{URL: "https://h.example/2", Seq: 2, Stored: at},
			{URL: "https://h.example/3", Seq: 1, Stored: at.Add(time.Hour)}, // in a stream that was made anew
			{Stored: at, Revisit: &bus.Revisit{Seq: 1}},
			{Stored: at, Revisit: &bus.Revisit{Seq: 2}},
		}
		giveUp := func() {
			for _, u := range about {
				must(t, b.PushDead(ctx, "h.example", u, "p", "http_500", "x"))
			}
		}
		giveUp()
		must(t, b.Close())
		srv.Stop()
		srv = startIn(t, dir)
		t.Cleanup(srv.Stop)
		b, seen := connectDead(t, srv, age)
		giveUp()
		if n := seen.FilterField(logging.Event(logging.DeadLetter)).FilterField(zap.Bool(logging.KeyDuplicate, true)).Len(); n != len(about) {
			t.Errorf("%d of %d letters are told to have been there", n, len(about))
		}
		if n := len(letters(t, b)); n != len(about) {
			t.Errorf("%d letters of %d things that were given up twice", n, len(about))
		}
		must(t, b.Close())
	}
}

// A page waits for room for its dead letter, and others go on meanwhile. It is
// handled once.
func TestPageWaitsForRoomForItsDeadLetter(t *testing.T) {
	b, seen := smallDead(t)
	ctx, stop := context.WithCancel(t.Context())
	begun := time.Now()
	bustest.FillDead(t, b)
	must(t, b.PublishPage(ctx, "h.example", page("bad")))
	var bad, good atomic.Int64
	type told struct {
		reason  string
		handled bool
		refused bool
	}
	ends := make(chan told, 100)
	var wg sync.WaitGroup
	defer wg.Wait()
	defer stop()
	wg.Go(func() {
		handle := func(_ context.Context, p *news.Page) error {
			if p.PageID == "bad" {
				bad.Add(1)
				return bus.Permanent("extract", errors.New("never works"))
			}
			good.Add(1)
			return nil
		}
		dead := func(reason string, handled bool, err error) {
			ends <- told{reason, handled, errors.Is(err, bus.ErrDeadFull)}
		}
		if err := b.ConsumePages(ctx, 1, func() {}, handle, dead); err != nil {
			t.Error(err)
		}
	})
	next := func() (end told) {
		t.Helper()
		select {
		case end = <-ends:
		case <-time.After(time.Minute):
			t.Error("not told of the page within a minute")
		}
		return end
	}
	if first := next(); first != (told{"extract", true, true}) {
		t.Errorf("first told of %+v", first)
	}
	for n := range 3 {
		must(t, b.PublishPage(ctx, "h.example", page(fmt.Sprint("good", n))))
	}
	eventually(t, 10*time.Second, "other pages go on", func() bool { return good.Load() == 3 })
	if second := next(); second != (told{"extract", false, true}) {
		t.Errorf("then told of %+v", second)
	}
	if n := pages(t, b); n != 1 {
		t.Fatalf("%d pages wait, want the one without a letter", n)
	}
	must(t, b.DeleteDead(ctx, letters(t, b)[0].Seq))
	eventually(t, 30*time.Second, "the page to become a dead letter", func() bool { return pages(t, b) == 0 })
	all := letters(t, b)
	if last := all[len(all)-1]; last.Stage != "parser" || last.Reason != "extract" || !strings.Contains(last.Error, "never works") {
		t.Errorf("the last letter: %+v", last)
	}
	var last told
	for len(ends) > 0 {
		last = <-ends
	}
	if last != (told{"extract", false, false}) || bad.Load() != 1 {
		t.Errorf("told of %+v at last; the page was handled %d times, want 1", last, bad.Load())
	}
	if n := seen.FilterField(logging.Event(logging.ParseFailed)).Len(); n != 1 {
		t.Errorf("%d lines that the page failed, want 1", n)
	}
	most := 1 + int(time.Since(begun)/(10*time.Second))
	if n := seen.FilterField(logging.Event(logging.DeadLetterRefused)).Len(); n < 1 || n > most {
		t.Errorf("%d lines of refused letters, want 1 to %d", n, most)
	}
}

func TestBoundOfDeadLettersIsChecked(t *testing.T) {
	for bytes, want := range map[int64]string{
		0: "", 16 << 20: "", 1 << 40: "",
		-1: "bus.dead_letters_max_bytes: -1 is below 16MiB", 16<<20 - 1: "bus.dead_letters_max_bytes: 16777215 is below 16MiB",
	} {
		cfg := bus.Defaults()
		cfg.DeadMaxBytes = config.Bytes(bytes)
		err := cfg.Validate()
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%d: %v, want %q", bytes, err, want)
		}
		if bytes == 0 && cfg.DeadMaxBytes != 1<<30 {
			t.Errorf("0 is taken for %d, want the default", cfg.DeadMaxBytes)
		}
	}
}
