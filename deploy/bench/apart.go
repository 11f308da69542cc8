package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"time"

	"pressmill/pkg/logging"
)

// crawlApart crawls the site once with a NATS server and one worker of each
// kind, and returns the processor time of each process.
func crawlApart(ctx context.Context, bin string, s *site) (cpu map[string]time.Duration, err error) {
	dir, err := os.MkdirTemp("", "bench-")
	if err != nil {
		return nil, fmt.Errorf("make folder: %w", err)
	}
	defer os.RemoveAll(dir)
	var sources strings.Builder
	for i, seed := range s.seeds {
		fmt.Fprintf(&sources, "  - {id: host-%d, depth: 1, seeds: [%s]}\n", i, seed)
	}
	s.served.Store(0)
	ctx, cancel := context.WithTimeout(ctx, 10*time.Minute)
	defer cancel() // ends what an error left running
	nats, err := startServer(ctx, bin, dir, fmt.Sprintf("%ssinks:\n  - {url: \"file://%s\", max_age: 2s}\nsources:\n%s", impolite, filepath.Join(dir, "out"), sources.String()))
	if err != nil {
		return nil, err
	}
	var n apartCounts
	workers := map[string]*service{}
	for _, stage := range stageNames() {
		if workers[stage], err = nats.worker(ctx, stage, n.count); err != nil {
			return nil, err
		}
	}
	if err := nats.operate(ctx, "sources", "apply"); err != nil {
		return nil, err
	}
	cpu = map[string]time.Duration{}
	for _, step := range []struct {
		until func() bool
		part  string
		stop  *service
	}{
		{func() bool { return s.served.Load() >= int64(s.pages) && n.parsed.Load() >= n.published.Load() }, "crawler", workers["crawler"]},
		{func() bool { return n.parsed.Load() >= n.published.Load() }, "parser", workers["parser"]},
		{func() bool { return n.written.Load() >= n.articles.Load() }, "sink", workers["sink"]},
		{func() bool { return true }, natsServer, nats.service},
	} {
		for !step.until() {
			select {
			case <-ctx.Done():
				return nil, fmt.Errorf("wait for the %s: %w", step.part, context.Cause(ctx))
			case <-time.After(50 * time.Millisecond):
			}
		}
		if cpu[step.part], err = step.stop.stop(); err != nil {
			return nil, err
		}
	}
	if n.articles.Load() == 0 {
		return nil, errors.New("it wrote no article")
	}
	return cpu, nil
}

// apartCounts counts what all processes have said.
type apartCounts struct{ published, parsed, articles, written atomic.Int64 }

func (n *apartCounts) count(l line) {
	switch l.Event {
	case logging.PagePublished:
		n.published.Add(1)
	case logging.ParseRejected, logging.ArticleDuplicate:
		n.parsed.Add(1)
	case logging.ArticlePublished:
		n.parsed.Add(1)
		n.articles.Add(1)
	case logging.ArticleWritten:
		n.written.Add(1)
	}
}
