package sink

import (
	"fmt"
	"strings"
	"syscall"
	"testing"
	"time"

	"pressmill/sink/store"
	"pressmill/sink/store/storetest"
)

// BenchmarkSink writes what a server in this process holds: articles of 6 KB of
// text from 300 hosts. cpu-µs/article is the CPU of the whole process, the
// server's part of it included.
func BenchmarkSink(b *testing.B) {
	const articles, size = 5000, 6000
	s := startServer(b, b.TempDir(), nil)
	text := strings.Repeat("The ferry pier reopens after three years, the council said on Monday. ", 20)
	for i := range articles {
		id := fmt.Sprintf("%016x", i)
		s.publishAs(b, fmt.Sprintf("host%d.test", i%300), id, text+noise(i, size-len(text)))
	}
	for _, target := range []string{"file", "mem", "s3"} {
		b.Run(target, func(b *testing.B) {
			var cpu time.Duration
			var bucket *storetest.Server
			if target == "s3" {
				bucket = storetest.Start(b, "s3") // skips without servers
			}
			for range b.N {
				b.StopTimer()
				url := "file://" + b.TempDir()
				if target == "mem" {
					url = "mem://" + store.NewWriterID()
				}
				if bucket != nil {
					url = bucket.URL(b, bucket.Addr, time.Minute)
				}
				if err := s.ReleaseTurns(b.Context()); err != nil {
					b.Fatal(err)
				}
				bus, turns := OnBus(s.Bus, func() {})
				sink := newTestSink(b, bus, turns, Config{Name: "bench", URL: url}, Options{Once: true, Wait: 50 * time.Millisecond})
				before := cpuTime()
				b.StartTimer()
				drainAll(b, sink)
				cpu += cpuTime() - before
			}
			n := float64(b.N * articles)
			b.ReportMetric(n/b.Elapsed().Seconds(), "articles/s")
			b.ReportMetric(n*size/1e6/b.Elapsed().Seconds(), "MB/s")
			b.ReportMetric(float64(cpu.Microseconds())/n, "cpu-µs/article")
		})
	}
}

func cpuTime() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u) // cannot fail for this process
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
