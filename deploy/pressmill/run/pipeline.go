package run

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime/pprof"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"go.uber.org/zap"

	"pressmill/crawler"
	"pressmill/parser"
	"pressmill/pkg/bus"
	"pressmill/pkg/logging"
	"pressmill/pkg/worker"
	"pressmill/sink"
)

// pipeline is the three stages in one process.
type pipeline struct {
	once    bool
	ending  atomic.Bool // no article comes any more
	bus     *bus.Bus
	log     *zap.Logger
	stages  [3]*logging.Stage // crawler, parser, sink
	crawler *crawler.Crawler
	parser  *parser.Worker
	sink    *sink.Sink
	begun   time.Time
	sinks   []sink.Config
}

func newPipeline(j *job, b *bus.Bus, log *zap.Logger) (*pipeline, error) {
	p := &pipeline{once: j.once, bus: b, log: log, begun: time.Now(), sinks: j.sinks}
	for i, name := range []string{"crawler", "parser", "sink"} {
		p.stages[i] = logging.NewStage(log, name)
	}
	var err error
	if p.crawler, err = crawler.New(j.crawler, b, log.With(zap.String(logging.KeyStage, "crawler")), p.stages[0]); err != nil {
		return nil, err
	}
	if p.parser, err = parser.NewWorker(j.parser, b, log.With(zap.String(logging.KeyStage, "parser")), p.stages[1]); err != nil {
		return nil, err
	}
	articles, turns := sink.OnBus(b, func() {})
	more := func() bool { return !p.ending.Load() }
	p.sink, err = sink.New(j.sinks, articles, turns, log.With(zap.String(logging.KeyStage, "sink")), sink.Options{Once: j.once, More: more, Stage: p.stages[2]})
	return p, err
}

// stage is a goroutine that can be stopped and waited for.
type stage struct {
	cancel context.CancelFunc
	done   chan struct{}
	err    error
}

// start runs a stage. All goroutines that it starts, and so their samples in
// profiles, have its name as the label "stage".
func start(ctx context.Context, name string, run func(context.Context) error) *stage {
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	s := &stage{cancel: cancel, done: make(chan struct{})}
	go func() {
		defer close(s.done)
		pprof.Do(ctx, pprof.Labels("stage", name), func(ctx context.Context) { s.err = run(ctx) })
	}()
	return s
}

func (s *stage) stop() error {
	s.cancel()
	<-s.done
	return s.err
}

func (p *pipeline) run(ctx context.Context, env *worker.Env) error {
	side, stopSide := context.WithCancel(context.WithoutCancel(ctx))
	var wg sync.WaitGroup
	for _, s := range p.stages {
		wg.Go(func() { s.Run(side) })
	}
	wg.Go(func() { p.progress(side, env) })
	wg.Go(func() { sink.Trim(side, p.bus, p.log) })

	beat := func() {}
	sinks := start(ctx, "sink", p.sink.Run)
	parsers := start(ctx, "parser", func(ctx context.Context) error { return p.parser.Run(ctx, beat) })
	crawlers := start(ctx, "crawler", func(ctx context.Context) error { return p.crawler.Run(ctx, beat) })

	err := p.wait(ctx, crawlers, parsers, sinks)
	err = errors.Join(err, crawlers.stop(), parsers.stop(), sinks.stop())
	stopSide()
	wg.Wait()
	return err
}

// wait returns when ctx is cancelled, when a stage has ended by itself, or, to
// end by itself, when nothing is left to do: no turns, no URLs, no pages, and
// every sink at the end of the articles, twice in a row.
func (p *pipeline) wait(ctx context.Context, stages ...*stage) error {
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	idle := uint64(0)
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-stages[0].done:
			return errors.New("the crawler stopped by itself")
		case <-stages[1].done:
			return errors.New("the parser stopped by itself")
		case <-stages[2].done:
			return errors.New("the sink stopped by itself")
		case <-tick.C:
		}
		if !p.once {
			continue
		}
		end, err := p.idle(ctx)
		if err != nil && ctx.Err() == nil {
			p.log.Warn("read the state of the bus", logging.Event(logging.NATSError), zap.Error(err))
		}
		if end > 0 && end == idle {
			return nil
		}
		idle = end
	}
}

// idle returns 0 while anything is left to do, and otherwise the end of the
// articles plus one. It tells the sinks when they have only what there is.
func (p *pipeline) idle(ctx context.Context) (uint64, error) {
	s, err := p.bus.State(ctx)
	if err != nil {
		return 0, err
	}
	coming := s.Hosts + s.Frontier
	if s.Hosts == 0 && s.Frontier > 0 {
		_, err = crawler.ArmWaiting(ctx, p.bus)
	} else if coming == 0 && s.Pages > 0 {
		coming, err = p.bus.Unparsed(ctx)
	}
	if err != nil {
		return 0, err
	}
	p.ending.Store(coming == 0)
	if coming+s.Pages > 0 {
		return 0, nil
	}
	if drained, err := p.sink.Drained(ctx); err != nil || !drained {
		return 0, err
	}
	_, _, last, err := p.bus.ArticlesState(ctx)
	return last + 1, err
}

func (p *pipeline) logSummary() {
	crawl, parse, write := p.stages[0].Snapshot(), p.stages[1].Snapshot(), p.stages[2].Snapshot()
	p.log.Info("run ended", logging.Event(logging.RunSummary), zap.Int64(logging.KeyRequests, crawl.Requests), zap.Int64(logging.KeyFetched, crawl.Out),
		zap.Int64(logging.KeyArticles, parse.Out), zap.Int64(logging.KeyWritten, write.Out), zap.Int64(logging.KeyErrors, crawl.Failed+parse.Failed+write.Failed),
		zap.Float64(logging.KeySeconds, time.Since(p.begun).Seconds()))
}

func (p *pipeline) summary(w io.Writer, j *job, stopped bool) {
	crawl, parse := p.stages[0].Snapshot(), p.stages[1].Snapshot()
	if stopped {
		fmt.Fprintf(w, "stopped after %s; run again with -data %s to go on\n", time.Since(p.begun).Round(time.Second), j.data)
	} else {
		fmt.Fprintf(w, "done in %s\n", time.Since(p.begun).Round(100*time.Millisecond))
	}
	fmt.Fprintf(w, "  requests   %d for %d URLs: %d fetched%s\n", crawl.Requests, crawl.In-crawl.Skipped, crawl.Out, counts(", failed", crawl.FailedBy))
	fmt.Fprintf(w, "  skipped    %d%s\n", crawl.Skipped, counts(":", crawl.SkippedBy))
	fmt.Fprintf(w, "  pages      %d parsed, %d articles%s%s\n", parse.In, parse.Out, counts("; no article:", parse.SkippedBy), counts("; failed:", parse.FailedBy))
	stats := p.sink.Stats()
	for _, c := range p.sinks {
		s, what := stats[c.Name], "articles"
		if c.Archives() {
			what = "pages"
		}
		fmt.Fprintf(w, "  written    %d %s in %d objects (%.1f MB) by sink %q\n", s.Articles, what, s.Objects, float64(s.Bytes)/1e6, c.Name)
	}
	var told []string
	for _, s := range p.sinks {
		if at := logging.RedactURL(s.URL); !slices.Contains(told, at) {
			fmt.Fprintf(w, "  output     %s\n", at)
			told = append(told, at)
		}
	}
	if st, err := p.bus.State(context.Background()); err == nil && st.DeadLetters > 0 {
		fmt.Fprintf(w, "  dead       %d letters (`pressmill deadletters list` against -listen shows them)\n", st.DeadLetters)
	}
}
