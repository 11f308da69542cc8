package bus_test

import (
	"fmt"
	"testing"

	"pressmill/pkg/bus"
)

// TestSeenIsReadOverMonthsAndShards has a set grow over months, while one who
// read it before lags behind, and the oldest of it go.
func TestSeenIsReadOverMonthsAndShards(t *testing.T) {
	b, ctx := open(t, nil), t.Context()
	var n uint64
	put := func(month string, shard, times int) {
		for range times {
			n++
			bus.PutSeen(t, b, "h.example", month, shard, n)
			bus.PutSeen(t, b, "other.example", month, shard, 1000+n)
		}
		bus.Flush(b)
	}
	put("202611", 0, 3)
	lagging := b.Seen("h.example")
	must(t, lagging.Refresh(ctx))
	if lagging.Len() != 3 {
		t.Fatalf("%d fingerprints, want 3", lagging.Len())
	}
	put("202611", 1, 2)
	put("202612", 0, 2) // and a month without any
	put("202702", 0, 1)
	put("202702", 1, 1)
	fresh := b.Seen("h.example")
	for _, s := range []*bus.Seen{lagging, fresh} {
		must(t, s.Refresh(ctx))
		if s.Len() != 9 || !s.Has(n) || s.Has(1001) {
			t.Errorf("%d fingerprints up to %d, want 9", s.Len(), s.Last())
		}
	}
	put("202703", 0, 1)
	put("202703", 1, 1)
	bus.ExpireSeen(t, b, "h.example", "202703", 0)
	must(t, fresh.Refresh(ctx))
	if fresh.Len() != 10 || !fresh.Has(n) || fresh.Has(n-1) {
		t.Errorf("%d fingerprints without the first shard of a month, want 10", fresh.Len())
	}
}

// BenchmarkSeenRefresh reads the set of one host, which does not change, while
// others have written much since.
func BenchmarkSeenRefresh(b *testing.B) {
	for _, others := range []int{1000, 100_000} {
		conn := open(b, nil)
		bus.PutSeen(b, conn, "h.example", "202611", 0, 1)
		for i := range others {
			bus.PutSeen(b, conn, fmt.Sprintf("h%d.example", i), "202611", 0, 1)
			if i%2000 == 0 {
				bus.Flush(conn)
			}
		}
		bus.Flush(conn)
		known := conn.Seen("h.example")
		for name, read := range map[string]func() error{
			"known": func() error { return known.Refresh(b.Context()) },
			"new":   func() error { return conn.Seen("h.example").Refresh(b.Context()) },
		} {
			b.Run(fmt.Sprintf("%s/others=%d", name, others), func(b *testing.B) {
				for b.Loop() {
					if err := read(); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}
