package bus_test

import (
	"errors"
	"testing"

	"pressmill/pkg/bus"
)

func TestCursorIsFenced(t *testing.T) {
	b, ctx := open(t, nil), t.Context()
	if _, _, err := b.Cursor(ctx, "hook", 3); !errors.Is(err, bus.ErrNotFound) {
		t.Fatalf("error %v", err)
	}
	first, err := b.PutCursor(ctx, "hook", 3, []byte("one"), 0)
	must(t, err)
	if _, err := b.PutCursor(ctx, "hook", 3, []byte("twin"), 0); !errors.Is(err, bus.ErrConflict) {
		t.Errorf("a second first one: %v", err)
	}
	second, err := b.PutCursor(ctx, "hook", 3, []byte("two"), first)
	must(t, err)
	if _, err := b.PutCursor(ctx, "hook", 3, []byte("twin"), first); !errors.Is(err, bus.ErrConflict) {
		t.Errorf("an old revision: %v", err)
	}
	_, err = b.PutCursor(ctx, "hook", 4, []byte("other partition"), 0)
	must(t, err)
	data, rev, err := b.Cursor(ctx, "hook", 3)
	must(t, err)
	if string(data) != "two" || rev != second {
		t.Errorf("%q at %d", data, rev)
	}
}

func TestDeadLettersOfSinksGoBackToThem(t *testing.T) {
	b, ctx := open(t, nil), t.Context()
	d := bus.DeadLetter{Stage: "sink", Key: "hook.p03", Subject: bus.AgainSubject("hook", 3), Reason: "http_422", Error: "no", Data: []byte("batch")}
	must(t, b.PublishDead(ctx, d, "key"))
	must(t, b.PublishDead(ctx, d, "key")) // once only
	var seqs []uint64
	must(t, b.DeadLetters(ctx, "sink", func(d bus.DeadLetter) bool { seqs = append(seqs, d.Seq); return true }))
	if len(seqs) != 1 {
		t.Fatalf("dead letters %v", seqs)
	}
	if _, err := b.Again(ctx, "hook", 3); !errors.Is(err, bus.ErrNotFound) {
		t.Errorf("before the replay: %v", err)
	}
	must(t, b.Replay(ctx, seqs[0]))
	for _, other := range []struct {
		sink string
		part int
	}{{"hook", 4}, {"other", 3}} {
		if _, err := b.Again(ctx, other.sink, other.part); !errors.Is(err, bus.ErrNotFound) {
			t.Errorf("%v: %v", other, err)
		}
	}
	a, err := b.Again(ctx, "hook", 3)
	must(t, err)
	if string(a.Data) != "batch" {
		t.Errorf("data %q", a.Data)
	}
	must(t, b.DropAgain(ctx, a.Seq))
	must(t, b.DropAgain(ctx, a.Seq))
	if _, err := b.Again(ctx, "hook", 3); !errors.Is(err, bus.ErrNotFound) {
		t.Errorf("after the drop: %v", err)
	}
	s, err := b.State(ctx)
	must(t, err)
	if s.DeadLetters != 0 {
		t.Errorf("%d dead letters are left", s.DeadLetters)
	}
}

// TestSubjectsOfSinks guards that names and partitions are tokens of their own.
func TestSubjectsOfSinks(t *testing.T) {
	if got := bus.AgainSubject("a-b_c", 15); got != "again.a-b_c.p15" {
		t.Errorf("subject %q", got)
	}
}
