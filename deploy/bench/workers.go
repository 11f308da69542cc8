package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"gonum.org/v1/plot/plotter"
	"pressmill/pkg/logging"
)

func workersExperiment() experiment {
	return experiment{
		name:  "workers",
		short: "pages a second with more and more processes of each stage beside one NATS server",
		long: `Crawls invented sites of 127.0.0.1 with so many crawlers, parsers and sinks, each a process,
and a NATS server, which is another one. First the hosts take a while to answer, as on the
web, and each crawler may work on few of them at the same time: more workers are faster.
Then hosts answer at once, and even one worker of each kind has all processors busy: what
is told is what more of them cost. It prints what each worker did, and fails unless each
page was fetched once and became one article.`,
		flags: func(fs *flag.FlagSet) func(context.Context, options, []string) error {
			w := workers{numbers: []int{1, 2, 4}}
			numbersVar(fs, &w.numbers, "workers", "`NUMBERS` of workers of each stage, separated by commas")
			fs.IntVar(&w.hosts, "hosts", 100, "hosts that the articles are spread over")
			fs.IntVar(&w.articles, "articles", 3000, "articles to crawl")
			fs.DurationVar(&w.latency, "latency", 100*time.Millisecond, "how long hosts take to answer, the first time")
			fs.IntVar(&w.slots, "slots", 8, "hosts that each crawler works on at the same time, the first time")
			return w.run
		},
	}
}

type workers struct {
	numbers         []int
	hosts, articles int
	latency         time.Duration
	slots           int
}

func (w *workers) run(ctx context.Context, o options, args []string) error {
	if len(args) > 0 {
		return fmt.Errorf("workers makes its own pages, and takes no %q", args[0])
	}
	modes := []struct {
		name    string
		latency time.Duration
		slots   int
	}{
		{fmt.Sprintf("sites answer after %s", w.latency), w.latency, w.slots},
		{"sites answer at once", 0, 512},
	}
	rate := lines{title: "Pages a second", unit: "with the sites' time to answer, and without", x: "workers of each stage", log: true}
	cost := lines{title: "Processor time for a page", unit: "ms, of all processes and the NATS server", x: rate.x, log: true}
	for _, mode := range modes {
		fmt.Fprintf(o.out, "%s; %d hosts at a time for each crawler\n\n", mode.name, mode.slots)
		fmt.Fprintf(o.out, "%7s%9s%8s%13s%9s%10s%8s%8s  %s\n", "workers", "pages/s", "wall s", "CPU ms/page", "crawlers", "parsers", "sinks", "NATS", "pages of each crawler; articles of each parser; of each sink")
		rates, costs := series{name: mode.name, dots: true}, series{name: mode.name, dots: true}
		for _, n := range w.numbers {
			r, err := w.crawl(ctx, o, n, mode.latency, mode.slots)
			if err != nil {
				return fmt.Errorf("crawl with %d workers of each stage: %w", n, err)
			}
			r.row(o)
			rates.points = append(rates.points, plotter.XY{X: float64(n), Y: r.rate()})
			costs.points = append(costs.points, plotter.XY{X: float64(n), Y: r.cost()})
		}
		fmt.Fprintln(o.out)
		rate.series, cost.series = append(rate.series, rates), append(cost.series, costs)
	}
	if o.plots == "" || len(w.numbers) < 2 {
		return nil
	}
	return save(o.plots, "workers", 2, rate, cost)
}

// crew is a NATS server and the workers that crawl a site with it.
type crew struct {
	site   *invented
	server *server
	stages map[string][]*hand
	took   time.Duration            // from the naming of the sources to the last article in an object
	cpu    map[string]time.Duration // by stage, and that of the server
}

// hand is a worker.
type hand struct {
	*service

	done atomic.Int64 // pages, or articles, that its log has told of
}

// crawl has so many workers of each stage crawl a site, and fails unless
// everything came out of it once.
func (w *workers) crawl(ctx context.Context, o options, n int, latency time.Duration, slots int) (*crew, error) {
	site, err := invent(ctx, min(w.hosts, w.articles), w.articles)
	if err != nil {
		return nil, err
	}
	defer site.stop()
	site.latency = latency
	dir, err := os.MkdirTemp("", "bench-")
	if err != nil {
		return nil, fmt.Errorf("make folder: %w", err)
	}
	defer os.RemoveAll(dir)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel() // ends what an error left running
	out := filepath.Join(dir, "out")
	c := &crew{site: site, stages: map[string][]*hand{}}
	c.server, err = startServer(ctx, o.bin, dir, fmt.Sprintf("%s  slots: %d\nsinks: [{url: \"file://%s\", max_age: 1s}]\n%s", impolite, slots, out, site.sources()))
	if err != nil {
		return nil, err
	}
	for _, stage := range stageNames() {
		for range n {
			h := &hand{}
			h.service, err = c.server.worker(ctx, stage, func(l line) {
				if l.Event == workOf(stage) {
					h.done.Add(1)
				}
			})
			if err != nil {
				return nil, err
			}
			c.stages[stage] = append(c.stages[stage], h)
		}
	}
	if err := c.work(ctx); err != nil {
		return nil, err
	}
	if err := c.stop(); err != nil {
		return nil, err
	}
	return c, site.check(out)
}

// workOf is the event that tells of a piece of a stage's work.
func workOf(stage string) string {
	switch stage {
	case "crawler":
		return logging.PagePublished
	case "parser":
		return logging.ArticlePublished
	default:
		return logging.ArticleWritten
	}
}

// work tells the crawlers of the site, and waits until its last article is in an
// object.
func (c *crew) work(ctx context.Context) error {
	begun := time.Now()
	if err := c.server.operate(ctx, "sources", "apply"); err != nil {
		return err
	}
	for tick := time.NewTicker(10 * time.Millisecond); ; {
		written := int64(0)
		for _, sink := range c.stages["sink"] {
			written += sink.done.Load()
		}
		if written >= int64(c.site.articles()) {
			c.took = time.Since(begun)
			return nil
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-tick.C:
		}
		for _, stage := range stageNames() {
			for _, h := range c.stages[stage] {
				if err := h.running(); err != nil {
					return err
				}
			}
		}
	}
}

// stop ends all processes, the server last.
func (c *crew) stop() error {
	c.cpu = map[string]time.Duration{}
	var errs []error
	end := func(part string, s *service) {
		cpu, err := s.stop()
		c.cpu[part] += cpu
		errs = append(errs, err)
	}
	for _, stage := range stageNames() {
		for _, h := range c.stages[stage] {
			end(stage, h.service)
		}
	}
	end(natsServer, c.server.service)
	return errors.Join(errs...)
}

func (c *crew) rate() float64 { return float64(c.site.articles()) / c.took.Seconds() }

// perPage is processor time for each page, in ms.
func (c *crew) perPage(cpu time.Duration) float64 {
	return cpu.Seconds() * 1000 / float64(c.site.articles())
}

// cost is the processor time of all processes for a page, in ms.
func (c *crew) cost() (ms float64) {
	for _, cpu := range c.cpu {
		ms += c.perPage(cpu)
	}
	return ms
}

func (c *crew) row(o options) {
	fmt.Fprintf(o.out, "%7d%9.0f%8.1f%13.2f%9.2f%10.2f%8.2f%8.2f", len(c.stages["sink"]), c.rate(), c.took.Seconds(), c.cost(),
		c.perPage(c.cpu["crawler"]), c.perPage(c.cpu["parser"]), c.perPage(c.cpu["sink"]), c.perPage(c.cpu[natsServer]))
	between := "  "
	for _, stage := range stageNames() {
		var each []string
		for _, h := range c.stages[stage] {
			each = append(each, strconv.FormatInt(h.done.Load(), 10))
		}
		fmt.Fprint(o.out, between, strings.Join(each, " "))
		between = "; "
	}
	fmt.Fprintln(o.out)
}
