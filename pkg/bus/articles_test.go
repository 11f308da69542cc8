package bus_test

import (
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"
	"golang.org/x/sys/unix"

	"pressmill/pkg/bus"
	"pressmill/pkg/bus/embedded"
	"pressmill/pkg/logging"
	"pressmill/pkg/logging/logtest"
	"pressmill/pkg/news"
)

// publish stores n articles of a host.
func publish(t testing.TB, b *bus.Bus, host string, from, n int) {
	t.Helper()
	for i := from; i < from+n; i++ {
		if _, err := b.PublishArticle(t.Context(), host, &news.Article{ID: host, Rev: fmt.Sprint(i)}); err != nil {
			t.Fatal(err)
		}
	}
}

// Articles that find no room wait, which is told once, and go on.
func TestArticlesWaitForRoom(t *testing.T) {
	srv, err := embedded.Start(t.TempDir(), "")
	must(t, err)
	t.Cleanup(srv.Stop)
	cfg := bus.Defaults()
	cfg.ArticlesMaxBytes = 1 << 20
	core, seen := observer.New(zap.InfoLevel)
	b, err := bus.Connect(cfg, "parser", zap.New(zapcore.NewTee(core, logtest.Core(t, ""))), srv.Option())
	must(t, err)
	t.Cleanup(func() { b.Close() })
	ctx := t.Context()
	must(t, b.Apply(ctx))
	told := func(event string) int {
		return seen.FilterField(logging.Event(event)).FilterField(logging.StageName("parser")).Len()
	}

	const fit, articles = 3, 9 // of 256 KiB each
	var published atomic.Int32
	var wg sync.WaitGroup
	defer wg.Wait()
	for n := range articles {
		wg.Go(func() {
			a := &news.Article{ID: "id", Rev: fmt.Sprint(n), Title: strings.Repeat("x", 256<<10)}
			if _, err := b.PublishArticle(ctx, "h.example", a); err == nil {
				published.Add(1)
			}
		})
	}
	eventually(t, time.Minute, "the first are stored, and others wait", func() bool { return published.Load() == fit && told(logging.BackpressureOn) > 0 })
	for n := range uint64(articles - fit) {
		bus.DeleteArticle(t, b, n+1)
		eventually(t, time.Minute, "one more is stored", func() bool { return published.Load() == int32(fit+n+1) })
	}
	on, off := told(logging.BackpressureOn), told(logging.BackpressureOff)
	if on != off || on > 2 { // twice, if the first to wait got in before the others had asked
		t.Errorf("told %d times that articles wait and %d times that they go on", on, off)
	}
}

// Sequences by time, with articles of the middle gone.
func TestArticleSince(t *testing.T) {
	b, ctx := open(t, nil), t.Context()
	since := func(what string, at time.Time, want uint64) {
		t.Helper()
		if seq, err := b.ArticleSince(ctx, at); err != nil || seq != want {
			t.Errorf("%s: sequence %d, %v, want %d", what, seq, err, want)
		}
	}
	since("empty stream", time.Unix(0, 0), 1)
	hosts := []string{"a.example", "b.example", "c.example"}
	var times []time.Time
	for i := range 9 {
		publish(t, b, hosts[i%3], i, 1)
		m, err := b.ArticleAt(ctx, uint64(i+1))
		must(t, err)
		times = append(times, m.Time)
	}
	for i, at := range times {
		since("its own time", at, uint64(i+1))
		since("right after", at.Add(time.Nanosecond), uint64(i+2))
	}
	since("long ago", times[0].Add(-time.Hour), 1)
	since("the future", time.Now().Add(time.Hour), 10)
	for _, seq := range []uint64{1, 4, 5, 9} {
		bus.DeleteArticle(t, b, seq)
	}
	since("long ago", times[0].Add(-time.Hour), 2)
	since("a time whose article is gone", times[3], 6)
	since("the last one's, which is gone", times[8], 10)
}

// What is purged while a partition is read takes nothing else with it.
func TestReadDuringPurge(t *testing.T) {
	b, ctx := open(t, nil), t.Context()
	const n = 1200
	part := bus.Partition("a.example")
	for i := range n / 2 {
		publish(t, b, "a.example", i, 1)
		publish(t, b, "other.example", i, 1)
	}
	if part == bus.Partition("other.example") {
		t.Fatal("the hosts share a partition")
	}
	var wg sync.WaitGroup
	var purged atomic.Uint64 // below it all may be gone
	wg.Go(func() {
		for upTo := uint64(1); upTo < n/2; upTo += 60 {
			purged.Store(upTo)
			bus.PurgeArticles(t, b, part, upTo)
			if upTo%3 == 1 {
				bus.DeleteArticle(t, b, upTo+2)
			}
		}
	})
	from := uint64(0)
	for {
		got, err := b.ReadArticles(ctx, part, from, 7, 0)
		must(t, err)
		if len(got) == 0 {
			break
		}
		for _, m := range got {
			if m.Seq%2 == 0 {
				t.Fatalf("sequence %d is of the other partition", m.Seq)
			}
			// The newest that may be missing is the deleted one, two before it.
			if want := max(from, 1); m.Seq > want && m.Seq-2 > purged.Load()+2 {
				t.Fatalf("after %d came %d, with %d purged", from, m.Seq, purged.Load())
			}
			from = m.Seq + 2
		}
	}
	wg.Wait()
	if from != n+1 {
		t.Errorf("read up to %d, want %d", from-1, n)
	}
}

// All who wait at the end of the stream ask together whether it has grown.
func TestWaitingIsCheap(t *testing.T) {
	b, ctx := open(t, nil), t.Context()
	publish(t, b, "a.example", 0, 1)
	asked := bus.CountRequests(t, b)
	var wg sync.WaitGroup
	for range 3 {
		for part := range bus.Partitions {
			wg.Go(func() {
				if got, err := b.ReadArticles(ctx, part, 2, 10, 2*time.Second); err != nil || len(got) > 0 {
					t.Errorf("partition %d: %d articles, %v", part, len(got), err)
				}
			})
		}
	}
	wg.Wait()
	// Each reads at the start, perhaps again as it learns of the stream's end,
	// and asks the leader at the end.
	if n := asked(); n > 3*3*bus.Partitions+15 {
		t.Errorf("%d requests", n)
	}
	begun := time.Now()
	time.AfterFunc(50*time.Millisecond, func() { publish(t, b, "b.example", 0, 1) })
	got, err := b.ReadArticles(ctx, bus.Partition("b.example"), 2, 10, 20*time.Second)
	if err != nil || len(got) != 1 || got[0].MsgID != "b.example.0" || string(got[0].Data) == "" || got[0].Time.IsZero() {
		t.Errorf("read %+v, %v", got, err)
	}
	if d := time.Since(begun); d > 10*time.Second {
		t.Errorf("it took %s", d)
	}
}

// A read ends with the article that reaches 8 MiB.
func TestReadIsBounded(t *testing.T) {
	b, ctx := open(t, nil), t.Context()
	for i := range 10 {
		if _, err := b.PublishArticle(ctx, "a.example", &news.Article{ID: "id", Rev: fmt.Sprint(i), Title: strings.Repeat("x", 3<<20)}); err != nil {
			t.Fatal(err)
		}
	}
	for from := uint64(1); from <= 10; from += 3 {
		got, err := b.ReadArticles(ctx, bus.Partition("a.example"), from, 10, 0)
		if err != nil || len(got) != min(3, int(11-from)) || got[0].Seq != from {
			t.Errorf("from %d: %d articles, %v", from, len(got), err)
		}
	}
}

func BenchmarkReadArticles(b *testing.B) {
	// The last block of the stream is in the server's memory; each older one is
	// read and unpacked again for every partition.
	for _, c := range []struct {
		name       string
		size, each int
	}{{"5KB/end", 5_000, 8}, {"20KB/end", 20_000, 3}, {"5KB/behind", 5_000, 40}, {"20KB/behind", 20_000, 40}} {
		b.Run(c.name, func(b *testing.B) {
			srv, err := embedded.Start(b.TempDir(), "")
			if err != nil {
				b.Fatal(err)
			}
			b.Cleanup(srv.Stop)
			conn, err := bus.Connect(bus.Defaults(), "test", zap.NewNop(), srv.Option())
			if err != nil {
				b.Fatal(err)
			}
			b.Cleanup(func() { conn.Close() })
			if err := conn.Apply(b.Context()); err != nil {
				b.Fatal(err)
			}
			const hosts = 100
			title := strings.Repeat("words and more ", c.size/15)
			for i := range hosts * c.each {
				if _, err := conn.PublishArticle(b.Context(), fmt.Sprintf("h%d.example", i%hosts), &news.Article{ID: "id", Rev: fmt.Sprint(i), Title: title}); err != nil {
					b.Fatal(err)
				}
			}
			var before, after unix.Rusage
			n := 0
			_ = unix.Getrusage(unix.RUSAGE_SELF, &before)
			for b.Loop() {
				for part := range bus.Partitions {
					for from := uint64(1); ; {
						got, err := conn.ReadArticles(b.Context(), part, from, 64, 0)
						if err != nil {
							b.Fatal(err)
						}
						if len(got) == 0 {
							break
						}
						n, from = n+len(got), got[len(got)-1].Seq+1
					}
				}
			}
			_ = unix.Getrusage(unix.RUSAGE_SELF, &after)
			cpu := after.Utime.Nano() + after.Stime.Nano() - before.Utime.Nano() - before.Stime.Nano()
			b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "articles/s")
			b.ReportMetric(float64(cpu)/float64(n)/1000, "cpu-µs/article")
		})
	}
}
