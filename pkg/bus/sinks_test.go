package bus_test

import (
	"testing"
	"time"

	"pressmill/pkg/bus"
	"pressmill/pkg/bus/embedded"
)

// What all sinks have is removed by age; what one of them has not stays, and what
// came after it.
func TestTrimByAge(t *testing.T) {
	srv, err := embedded.Start(t.TempDir(), "")
	must(t, err)
	t.Cleanup(srv.Stop)
	b, ctx := connect(t, srv, func(c *bus.Config) { c.ArticlesReplay = time.Hour }), t.Context()
	must(t, b.Apply(ctx))
	const one, other = "a.example", "b.example"
	publish(t, b, one, 0, 4)   // 1 to 4
	publish(t, b, other, 0, 4) // 5 to 8
	trim := func(b *bus.Bus, want uint64) {
		t.Helper()
		if n, err := b.TrimArticles(ctx); err != nil || n != want {
			t.Errorf("removed %d, %v, want %d", n, err, want)
		}
	}
	for _, part := range []int{bus.Partition(one), bus.Partition(other)} {
		must(t, b.PutPosition(ctx, "files", part, 9))
		must(t, b.PutPosition(ctx, "slow", part, 3))
	}
	trim(b, 0) // all is young
	time.Sleep(20 * time.Millisecond)
	short := connect(t, srv, func(c *bus.Config) { c.ArticlesReplay = 10 * time.Millisecond })
	trim(short, 2)
	must(t, b.PutPosition(ctx, "slow", bus.Partition(other), 7))
	trim(short, 0) // the third, of one, is held, and all behind it with it
	must(t, b.PutPosition(ctx, "slow", bus.Partition(one), 5))
	trim(short, 4) // up to the seventh, which is the first that it has not
	must(t, b.ForgetSink(ctx, "slow"))
	publish(t, b, one, 4, 1) // 9
	must(t, b.PutPosition(ctx, "files", bus.Partition(one), 10))
	trim(b, 0)
	ninth, err := b.ArticleAt(ctx, 9)
	must(t, err)
	if n := bus.TrimBefore(t, b, ninth.Time); n != 2 {
		t.Errorf("removed %d, want 2", n)
	}
	if _, first, last, err := b.ArticlesState(ctx); err != nil || first != 9 || last != 9 {
		t.Errorf("left are %d to %d, %v", first, last, err)
	}
}
