package main

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"runtime/pprof"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"go.uber.org/zap"

	"pressmill/crawler"
	"pressmill/parser"
	"pressmill/pkg/bus"
	"pressmill/pkg/bus/embedded"
	"pressmill/pkg/config"
	"pressmill/pkg/logging"
	"pressmill/pkg/worker"
	"pressmill/sink"
	"pressmill/sink/segment"
)

// job is what `pressmill run` was asked to do.
type job struct {
	data, out, listen, pprof string
	once                     bool
	sources                  []crawler.Source

	log     logging.Config
	bus     bus.Config
	crawler crawler.Config
	parser  parser.Config
	sinks   []sink.Config
}

func runCommand() worker.Command {
	return worker.Command{
		Name: "run", Args: "[flags] [URL...]", Short: "Run the whole pipeline in this process",
		Long: `Every URL is a seed: a page, a feed (RSS, Atom, JSON Feed) or a sitemap, told apart by what it
holds. Without a URL and -seeds, the sources of the configuration are collected. Articles are
written as JSON lines below -out; ` + "`zstdcat`" + ` or ` + "`sink cat URL`" + ` show them.

Run again with the same -data, it goes on where it stopped, and fetches no article that it has.
With -once it ends when nothing is left to do; otherwise it goes on polling until Ctrl-C.

` + worker.LevelHelp,
		Run: func(ctx context.Context, env *worker.Env, args []string) error {
			j, err := parseRun(env, args)
			if err != nil {
				return err
			}
			return j.run(ctx, env)
		},
	}
}

// privateRanges are what -allow-private opens without a value. Link-local
// addresses, where clouds keep their metadata, are not among them.
const privateRanges = "127.0.0.0/8,::1/128,10.0.0.0/8,172.16.0.0/12,192.168.0.0/16,fc00::/7"

// cidrFlag is -allow-private[=CIDR,...].
type cidrFlag []string

func (f *cidrFlag) String() string   { return strings.Join(*f, ",") }
func (f *cidrFlag) IsBoolFlag() bool { return true }
func (f *cidrFlag) Set(s string) error {
	switch s {
	case "false":
		*f = nil
		return nil
	case "true":
		s = privateRanges
	}
	for c := range strings.SplitSeq(s, ",") {
		if _, err := netip.ParsePrefix(c); err != nil {
			return err
		}
		*f = append(*f, c)
	}
	return nil
}

func parseRun(env *worker.Env, args []string) (*job, error) {
	var (
		flags   = env.Flags()
		private cidrFlag
		path    = flags.String("config", "", "`FILE` with any of the sections bus, log, crawler, parser, sinks, sources (YAML)")
		out     = flags.String("out", "", "`URL` or folder to write articles to: file:///dir, s3://bucket/prefix, gs://..., azblob://... or mem://name (default: the configuration's sinks, or ./out)")
		archive = flags.String("archive", "", "`URL` or folder to archive pages to as well, as WARC files")
		data    = flags.String("data", "data", "`DIR` for what a later run goes on with")
		once    = flags.Bool("once", false, "end when nothing is left to do: no later polls")
		depth   = flags.Int("depth", 1, "how far links are followed inside a source; 0: only what was named, its feed items and sitemap entries")
		contact = flags.String("contact", "", "`URL` or mail address where site owners reach you; sent with every request")
		listen  = flags.String("listen", "", "loopback `ADDRESS` on which other commands reach the NATS server, as in 127.0.0.1:4222")
		seeds   = flags.String("seeds", "", "`FILE` with a URL per line; - is standard input")
		profile = flags.String("pprof", "", worker.ProfilesHelp)
	)
	delay := time.Duration(-1)
	flags.Func("delay", "least `GAP` between requests to one host (default: the configuration's, or 1s with a contact and 5s without)", func(s string) (err error) {
		if delay, err = config.ParseDuration(s); err == nil && delay < 0 {
			err = errors.New("it is negative")
		}
		return err
	})
	flags.Var(&private, "allow-private", "may fetch from private and loopback addresses: all, or only `CIDR,...`")
	if err := flags.Parse(args); err != nil {
		return nil, err
	}
	if *depth < 0 {
		return nil, worker.Usagef("-depth %d is negative", *depth)
	}
	if err := checkListen(*listen); err != nil {
		return nil, err
	}
	j, err := loadJob(*path)
	if err != nil {
		return nil, err
	}
	j.data, j.listen, j.pprof, j.once, j.crawler.Once = *data, *listen, *profile, *once, *once
	j.crawler.AllowPrivate = append(j.crawler.AllowPrivate, private...)
	if delay >= 0 {
		j.crawler.Delay = delay
	}
	if *contact != "" {
		j.crawler.Contact = *contact
	}
	if err := j.crawler.Validate(); err != nil {
		return nil, worker.Usagef("%v", err)
	}
	j.crawler = j.crawler.Settled()
	if err := j.setOut(*out); err != nil {
		return nil, err
	}
	if err := j.setArchive(*archive); err != nil {
		return nil, err
	}
	urls := flags.Args()
	if *seeds != "" {
		more, err := readSeeds(*seeds, env.Stdin, env.Stderr)
		if err != nil {
			return nil, err
		}
		urls = append(urls, more...)
	}
	if len(urls) > 0 {
		if j.sources, err = crawler.Sources(urls, *depth); err != nil {
			return nil, worker.Usagef("%v", err)
		}
	}
	if len(j.sources) == 0 {
		return nil, worker.Usagef("nothing to collect: name URLs, -seeds FILE, or a -config FILE with sources (see pressmill run -h)")
	}
	return j, nil
}

// loadJob decodes a configuration over the defaults of a single process.
// checkListen keeps the embedded server off the network: it knows no users, so
// that whoever reaches it may do everything.
func checkListen(addr string) error {
	if addr == "" {
		return nil
	}
	at, err := net.ResolveTCPAddr("tcp", addr)
	if err != nil {
		return worker.Usagef("-listen: %v", err)
	}
	if !at.IP.IsLoopback() {
		return worker.Usagef("-listen %s is not a loopback address, as 127.0.0.1:4222 is: the server in this process has no users and no TLS; for others use a NATS server, see deploy/nats", addr)
	}
	return nil
}

func loadJob(path string) (*job, error) {
	file, err := config.Load(path)
	if err != nil {
		return nil, err
	}
	j := &job{bus: bus.Defaults(), crawler: crawler.Defaults()}
	j.bus.AckWait = 30 * time.Second
	var errs []error
	decode := func(section string, into any) { errs = append(errs, file.Decode(section, into)) }
	decode("bus", &j.bus)
	decode("log", &j.log)
	decode("crawler", &j.crawler)
	decode("parser", &j.parser)
	decode("sinks", &j.sinks)
	decode("sources", &j.sources)
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	for i := range j.sources {
		if err := j.sources[i].Normalise(); err != nil {
			errs = append(errs, err)
		}
	}
	if err := errors.Join(errs...); err != nil {
		return nil, worker.Usagef("%v", err)
	}
	return j, nil
}

func (j *job) setOut(out string) error {
	if out == "" && len(j.sinks) > 0 {
		j.out = j.sinks[0].URL
		return nil
	}
	if out == "" {
		out = "out"
	}
	out, err := urlOf(out)
	if err != nil {
		return err
	}
	cfg := sink.Config{URL: out}.Defaults()
	if err := cfg.Validate(); err != nil {
		return worker.Usagef("-out: %v", err)
	}
	j.out, j.sinks = out, []sink.Config{cfg}
	return nil
}

// setArchive adds an archive to the sinks, if one is named, and has the bus
// hold pages while there is any.
func (j *job) setArchive(to string) error {
	if to != "" {
		to, err := urlOf(to)
		if err != nil {
			return err
		}
		cfg := sink.Config{Format: segment.WARC, URL: to}.Defaults()
		if err := cfg.Validate(); err != nil {
			return worker.Usagef("-archive: %v", err)
		}
		j.sinks = append(j.sinks, cfg)
	}
	for i, c := range j.sinks {
		j.sinks[i] = c.Defaults()
	}
	j.bus.Archive = slices.ContainsFunc(j.sinks, sink.Config.Archives)
	if err := sink.Check(j.sinks, j.bus); err != nil {
		return worker.Usagef("%v", err)
	}
	return nil
}

// urlOf returns the URL of a folder, or the URL that is given.
func urlOf(to string) (string, error) {
	if strings.Contains(to, "://") {
		return to, nil
	}
	abs, err := filepath.Abs(to)
	return (&url.URL{Scheme: "file", Path: abs}).String(), err
}

// readSeeds reads a URL per line. A line that is no URL is named and left out:
// a list of thousands should not fail for one.
func readSeeds(path string, stdin io.Reader, stderr io.Writer) ([]string, error) {
	var (
		data []byte
		err  error
	)
	if path == "-" {
		data, err = io.ReadAll(stdin)
	} else {
		data, err = os.ReadFile(path)
	}
	if err != nil {
		return nil, worker.Usagef("read -seeds: %v", err)
	}
	var urls []string
	n := 0
	for line := range strings.Lines(string(data)) {
		n++
		if line = strings.TrimSpace(line); line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		if _, err := crawler.ParseSeed(line); err != nil {
			fmt.Fprintf(stderr, "%s:%d: left out %q: %v\n", path, n, line, err)
			continue
		}
		urls = append(urls, line)
	}
	return urls, nil
}

// run starts the server and the stages, and stops them in the order of the
// flow, so that each finishes what the one before it left.
func (j *job) run(ctx context.Context, env *worker.Env) error {
	if env.Terminal && j.log == (logging.Config{}) {
		j.log.Level = "warn" // the progress line says the rest
	}
	if env.Terminal {
		shared := *env
		shared.Stderr = aboveProgress{env.Stderr}
		env = &shared
	}
	log, done, err := env.Logger(j.log)
	if err != nil {
		return err
	}
	defer done()
	stopProfiles, err := worker.ServeProfiles(j.pprof)
	if err != nil {
		return err
	}
	defer stopProfiles()
	return worker.Service(ctx, log, func(ctx context.Context) error {
		worker.LogConfig(log, j.sections())
		srv, err := embedded.Start(j.data, j.listen)
		if err != nil {
			return err
		}
		defer srv.Stop()
		b, err := bus.Connect(j.bus, "pressmill", log, srv.Option())
		if err != nil {
			return err
		}
		defer b.Close()
		ctx, stop := b.Guard(ctx)
		defer stop()
		if err := b.Apply(ctx); err != nil {
			return err
		}
		if err := b.ReleaseTurns(ctx); err != nil {
			return err
		}
		p, err := newPipeline(j, b, log)
		if err != nil {
			return err
		}
		if err := j.seed(ctx, b); err != nil {
			return err
		}
		log.Info("ready", logging.Event(logging.ServiceReady))
		err = p.run(ctx, env)
		p.summary(env.Stdout, j, ctx.Err() != nil)
		p.logSummary()
		return errors.Join(b.Denied(), err)
	})
}

// shownSources bounds the line that shows the configuration, and the seeds that
// it shows of each source: of thousands it would be longer than what stores of
// logs take, and take hundreds of megabytes to make.
const shownSources = 100

// sections is the configuration as the log shows it. Of many sources, and many
// seeds, it has the first, and left_out tells how many more there are.
func (j *job) sections() map[string]any {
	shown := slices.Clone(j.sources[:min(shownSources, len(j.sources))])
	seeds := 0
	for i := range shown {
		if n := len(shown[i].Seeds); n > shownSources {
			shown[i].Seeds = shown[i].Seeds[:shownSources]
			seeds += n - shownSources
		}
	}
	sections := map[string]any{"log": j.log.Settled(), "bus": j.bus, "crawler": j.crawler, "parser": j.parser, "sinks": j.sinks, "sources": shown}
	if sources := len(j.sources) - len(shown); sources+seeds > 0 {
		sections["left_out"] = map[string]int{"sources": sources, "seeds_of_the_others": seeds}
	}
	return sections
}

// seed puts the seeds into the frontier and, to end by itself, calls on every
// host that an earlier run left asleep.
func (j *job) seed(ctx context.Context, b *bus.Bus) error {
	if err := crawler.Enqueue(ctx, b, j.sources, newCrawlID()); err != nil {
		return err
	}
	if !j.once {
		return nil
	}
	keys, err := b.Hosts().Keys(ctx)
	if err != nil {
		return err
	}
	for _, key := range keys {
		if _, err := b.Hosts().Wake(ctx, key); err != nil {
			return err
		}
	}
	return nil
}

func newCrawlID() string {
	var r [3]byte
	_, _ = rand.Read(r[:]) // never fails
	return time.Now().UTC().Format("20060102T150405Z-") + hex.EncodeToString(r[:])
}

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
