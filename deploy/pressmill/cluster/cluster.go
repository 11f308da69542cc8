// Package cluster runs NATS servers and workers as processes of this machine.
package cluster

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"pressmill/crawler"
	"pressmill/deploy/pressmill/demo"
	"pressmill/deploy/pressmill/operate"
	"pressmill/deploy/pressmill/run"
	"pressmill/deploy/pressmill/supervise"
	"pressmill/pkg/bus"
	"pressmill/pkg/config"
	"pressmill/pkg/freeport"
	"pressmill/pkg/worker"
)

const (
	startTime   = 2 * time.Minute  // until servers have a leader and workers are ready
	workersTime = 45 * time.Second // as Kubernetes is told
	serversTime = 20 * time.Second
	stateEvery  = 10 * time.Second
)

// Commands returns the command.
func Commands() []worker.Command {
	return []worker.Command{{
		Name: "cluster", Args: "[flags] [URL...]", Short: "Run a cluster of NATS servers and several workers of each kind as processes of this machine",
		Long: `It is the distributed form on one machine, to be tried without Kubernetes: NATS servers with routes, TLS of an authority of
their own, a key for each role with the permissions that it needs, streams with replicas; and the binaries crawler, parser
and sink, which lie beside this program (` + "`make build`" + ` makes them). All listen on 127.0.0.1 alone. What dies is started again
after a second, later each time: kill -9 any of them and see what becomes of it. Ctrl-C stops the workers and then the
servers; the same command goes on where it stopped.

-config is a file as for ` + "`pressmill run`" + `; its section bus is completed with servers, keys and replicas, and has an ack_wait
of 20 s if it says nothing else, so that what a killed worker held comes back soon. Without sinks, articles go to
DIR/articles. With URLs these are collected, otherwise the sources of the file; more can be told to the running cluster:
the other commands take -config DIR/config/operator.yaml. Logs are appended to and never removed.

-demo serves the demo site on 127.0.0.1, has it crawled, and ends when its articles were written.`,
		Run: func(ctx context.Context, env *worker.Env, args []string) error {
			c, err := parseCluster(env, args)
			if err != nil {
				return err
			}
			return c.run(ctx)
		},
	}}
}

// cluster is what `pressmill cluster` runs.
type cluster struct {
	*files
	env     *worker.Env
	bin     string // the folder of the binaries
	demo    bool
	sources []crawler.Source
	counts  map[string]int // of workers, by stage
	group   *supervise.Group
	screen  *screen
}

func parseCluster(env *worker.Env, args []string) (*cluster, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	flags := env.Flags()
	data := flags.String("data", "data/cluster", "`DIR` for what servers store, keys, configurations and logs")
	path := flags.String("config", "", "`FILE` with any of the sections bus, log, crawler, parser, sinks, sources (YAML)")
	servers := flags.Int("nats", 3, "NATS servers: 1, 3 or 5; streams have as many replicas")
	bin := flags.String("bin", filepath.Dir(self), "`DIR` with the binaries crawler, parser and sink")
	depth := flags.Int("depth", 1, "how far links are followed inside the sources that URLs make")
	c := &cluster{env: env, counts: map[string]int{}}
	counts := map[string]*int{}
	for _, stage := range stages() {
		counts[stage] = flags.Int(stage+"s", 2, stage+" workers")
	}
	flags.BoolVar(&c.demo, "demo", false, "crawl the built-in demo site, and end when its articles were written")
	if err := flags.Parse(args); err != nil {
		return nil, err
	}
	for stage, n := range counts {
		if *n < 0 || *n > 100 {
			return nil, worker.Usagef("-%ss %d is not between 0 and 100", stage, *n)
		}
		c.counts[stage] = *n
	}
	if *servers != 1 && *servers != 3 && *servers != 5 {
		return nil, worker.Usagef("-nats %d is not 1, 3 or 5", *servers)
	}
	if c.demo && flags.NArg() > 0 {
		return nil, worker.Usagef("-demo crawls the demo site, not %s", flags.Arg(0))
	}
	sources, err := run.Sources(*path)
	if err != nil {
		return nil, err
	}
	if c.sources, err = crawler.Sources(flags.Args(), *depth); err != nil {
		return nil, worker.Usagef("%v", err)
	}
	if len(c.sources) == 0 && !c.demo {
		c.sources = sources
	}
	dir, err := filepath.Abs(*data)
	if err != nil {
		return nil, err
	}
	c.bin = *bin
	c.files, err = newFiles(dir, *path, *servers, c.demo)
	return c, err
}

// stages are the kinds of workers, in the order of the flow.
func stages() []string { return []string{"crawler", "parser", "sink"} }

// run starts servers and workers, and stops them in the opposite order.
func (c *cluster) run(ctx context.Context) (err error) {
	for _, stage := range stages() {
		if _, err := os.Stat(filepath.Join(c.bin, stage)); err != nil && c.counts[stage] > 0 {
			return fmt.Errorf("find the worker %s: %w (`make build` makes it; -bin says where it is)", stage, err)
		}
	}
	unlock, err := lock(c.dir)
	if err != nil {
		return err
	}
	defer unlock()
	if err := c.write(); err != nil {
		return err
	}
	c.screen = &screen{out: c.env.Stdout}
	c.group = supervise.New(supervise.Config{Tell: c.screen.event, Line: c.screen.line})
	begun := time.Now()
	var running []string // workers
	defer func() {
		c.screen.say("cluster", "stopping the workers, then the servers")
		killed := c.group.Stop(workersTime, running...)
		killed = append(killed, c.group.Stop(serversTime, c.serverNames()...)...)
		if len(killed) > 0 {
			err = errors.Join(err, fmt.Errorf("stop: %s did not end and were killed", strings.Join(killed, ", ")))
		}
	}()
	file, err := c.startServers(ctx)
	if err != nil {
		return stopped(ctx, err)
	}
	for _, stage := range stages() {
		for i := range c.counts[stage] {
			p, err := c.worker(stage, i+1)
			if err == nil {
				err = c.group.Start(p)
			}
			if err != nil {
				return err
			}
			running = append(running, p.Name)
		}
	}
	if err := c.awaitWorkers(ctx); err != nil {
		return stopped(ctx, err)
	}
	c.table(time.Since(begun))
	return stopped(ctx, c.work(ctx, file))
}

// stopped is the error of what was interrupted: none, since that is how a
// cluster ends.
func stopped(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return nil
	}
	return err
}

// startServers starts the servers, makes the topology, and returns the
// configuration of operators.
func (c *cluster) startServers(ctx context.Context) (*config.File, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	for _, s := range c.servers {
		if err := c.group.Start(supervise.Process{
			Name: s.name, Path: self, Args: []string{"bus", "serve", "-config", c.path("nats", s.name+".conf")}, Log: c.log(s.name),
		}); err != nil {
			return nil, err
		}
	}
	file, err := config.Load(c.operatorConfig())
	if err != nil {
		return nil, err
	}
	quiet := *c.env
	quiet.Stderr = c.screen.as("topology")
	if err := operate.Patiently(ctx, &quiet, startTime, func() error { return operate.OnBus(ctx, file, (*bus.Bus).Apply) }); err != nil {
		return nil, fmt.Errorf("make the topology: %w", err)
	}
	return file, nil
}

// worker returns the process of a worker, whose configuration it writes.
func (c *cluster) worker(stage string, n int) (supervise.Process, error) {
	name := fmt.Sprintf("%s-%d", stage, n)
	path, err := c.writeConfig(name, stage)
	if err != nil {
		return supervise.Process{}, err
	}
	health, err := freeport.Address()
	if err != nil {
		return supervise.Process{}, err
	}
	c.workers = append(c.workers, member{name: name, health: health})
	return supervise.Process{
		Name: name, Path: filepath.Join(c.bin, stage), Args: []string{"-config", path, "-health", health}, Log: c.log(name),
	}, nil
}

// awaitWorkers waits until every worker takes work.
func (c *cluster) awaitWorkers(ctx context.Context) error {
	ctx, cancel := context.WithTimeoutCause(ctx, startTime, fmt.Errorf("not ready after %s", startTime))
	defer cancel()
	for _, w := range c.workers {
		for !isReady(ctx, w.health) {
			select {
			case <-ctx.Done():
				return fmt.Errorf("wait for %s: %w; its log is %s", w.name, context.Cause(ctx), c.log(w.name))
			case <-time.After(50 * time.Millisecond):
			}
		}
	}
	return nil
}

func isReady(ctx context.Context, addr string) bool {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+addr+"/readyz", nil)
	if err != nil {
		return false
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return false
	}
	_ = resp.Body.Close()
	return resp.StatusCode == http.StatusOK
}

// table says what runs and what may be done with it.
func (c *cluster) table(took time.Duration) {
	var text strings.Builder
	w := tabwriter.NewWriter(&text, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "\nready after %s\n\nprocess\tpid\tlistens on\thealth\tlog\n", took.Round(100*time.Millisecond))
	for _, m := range slices.Concat(c.servers, c.workers) {
		health := "http://" + m.health + "/readyz"
		if m.client != "" {
			health = "http://" + m.health + "/healthz"
		}
		fmt.Fprintf(w, "%s\t%d\t%s\t%s\t%s\n", m.name, c.group.PID(m.name), m.client, health, c.log(m.name))
	}
	_ = w.Flush() // to memory
	text.WriteString("\nin another terminal, for example:\n")
	for _, command := range []string{"sources list", "why URL", "deadletters list", "articles", "topology check"} {
		fmt.Fprintf(&text, "  pressmill %s -config %s\n", command, c.operatorConfig())
	}
	fmt.Fprintf(&text, "  kill -9 %d   # or any other; it is started again\n\n", c.group.PID(c.servers[0].name))
	c.screen.print(text.String())
}

// work has the sources crawled until ctx ends, or the demo site until all of it
// was written.
func (c *cluster) work(ctx context.Context, file *config.File) error {
	b, err := operate.Connect(file)
	if err != nil {
		return err
	}
	defer b.Close()
	if c.demo {
		shown := *c.env
		shown.Stdout = c.screen.as("demo")
		fmt.Fprintf(shown.Stdout, "%s is crawled\n", demo.Name)
		return run.CheckDemo(ctx, &shown, c.operatorConfig(), startTime)
	}
	if len(c.sources) > 0 {
		if _, err := crawler.Apply(ctx, b, c.sources, crawler.NewCrawlID(), crawler.Once); err != nil {
			return err
		}
	}
	for last := ""; ; {
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(stateEvery):
		}
		if now := describe(ctx, b); now != last && ctx.Err() == nil {
			c.screen.say("cluster", now)
			last = now
		}
	}
}

// describe says in a line what lies on the bus.
func describe(ctx context.Context, b *bus.Bus) string {
	s, err := b.State(ctx)
	if err != nil {
		return fmt.Sprintf("the servers do not answer: %v", err)
	}
	return fmt.Sprintf("%d hosts, %d URLs wait, %d revisits; %d pages wait; %d articles; %d dead letters",
		s.Hosts, s.Frontier, s.Revisits, s.Pages, s.Articles, s.DeadLetters)
}
