package main

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"testing"
	"time"

	"go.uber.org/zap"
	"golang.org/x/sys/unix"

	"pressmill/parser"
	"pressmill/parser/corpus"
	"pressmill/pkg/bus"
	"pressmill/pkg/bus/embedded"
	"pressmill/pkg/news"
	"pressmill/sink"
)

// BenchmarkSinkBesideParser measures what an article of the labelled pages of
// PRESSMILL_CORPUS (folders, separated as in PATH) costs the parser, and what it
// costs to write it from a bus in this process into files, the server's part
// included.
func BenchmarkSinkBesideParser(b *testing.B) {
	pages := corpusPages(b)
	articles, parse := extract(pages)
	srv, err := embedded.Start(b.TempDir(), "")
	must(b, err)
	defer srv.Stop()
	bs, err := bus.Connect(bus.Defaults(), "bench", zap.NewNop(), srv.Option())
	must(b, err)
	defer bs.Close()
	must(b, bs.Apply(b.Context()))
	const stored = 5000 // copies of them, for what a turn and an object cost besides
	for i := range stored {
		a := *articles[i%len(articles)]
		a.ID = fmt.Sprintf("%016x", i)
		u, err := url.Parse(a.URL.Final)
		must(b, err)
		_, err = bs.PublishArticle(b.Context(), u.Host, &a)
		must(b, err)
	}
	var write time.Duration
	n := 0
	for b.Loop() {
		write += drain(b, bs, fmt.Sprintf("bench%d", n))
		n++
	}
	perPage := parse / time.Duration(len(articles))
	perArticle := write / time.Duration(n*stored)
	b.ReportMetric(float64(perPage.Microseconds()), "parser-µs/article")
	b.ReportMetric(float64(perArticle.Microseconds()), "sink-µs/article")
	b.ReportMetric(float64(perArticle)/float64(perPage), "sink/parser")
	b.ReportMetric(0, "ns/op")
}

func corpusPages(b *testing.B) (pages []*news.Page) {
	for _, dir := range filepath.SplitList(os.Getenv("PRESSMILL_CORPUS")) {
		set, err := corpus.Load(dir)
		must(b, err)
		for i := range set.Labels {
			p, err := set.Labels[i].Page()
			must(b, err)
			pages = append(pages, p)
		}
	}
	if len(pages) == 0 {
		b.Skip("PRESSMILL_CORPUS names no labelled pages")
	}
	return pages
}

// extract returns the articles of pages and the CPU that a second pass took,
// when the parser's memory is warm.
func extract(pages []*news.Page) (articles []*news.Article, cpu time.Duration) {
	for range 2 {
		articles = articles[:0]
		began := cpuTime()
		for _, p := range pages {
			if a, err := parser.Extract(p); err == nil {
				articles = append(articles, a)
			}
		}
		cpu = cpuTime() - began
	}
	return articles, cpu
}

// drain writes all articles as a sink of that name and returns the CPU it took.
func drain(b *testing.B, bs *bus.Bus, name string) time.Duration {
	articles, turns := sink.OnBus(bs, func() {})
	s, err := sink.New([]sink.Config{{Name: name, URL: "file://" + b.TempDir()}}, articles, turns, zap.NewNop(), sink.Options{Once: true})
	must(b, err)
	ctx, stop := context.WithCancel(b.Context())
	defer stop()
	began := cpuTime()
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	for {
		drained, err := s.Drained(ctx)
		must(b, err)
		if drained {
			break
		}
		time.Sleep(20 * time.Millisecond)
	}
	cpu := cpuTime() - began
	stop()
	must(b, <-done)
	return cpu
}

func cpuTime() time.Duration {
	var u unix.Rusage
	_ = unix.Getrusage(unix.RUSAGE_SELF, &u) // cannot fail for this process
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func must(tb testing.TB, err error) {
	tb.Helper()
	if err != nil {
		tb.Fatal(err)
	}
}
