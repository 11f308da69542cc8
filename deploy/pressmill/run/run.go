// Package run holds the commands that run the whole pipeline in one process: run
// itself and demo; demo serve, which has a site to run it on; and demo check, which
// has running workers collect that site.
package run

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"strings"
	"time"

	"go.uber.org/zap"

	"pressmill/crawler"
	"pressmill/pkg/bus"
	"pressmill/pkg/bus/embedded"
	"pressmill/pkg/config"
	"pressmill/pkg/logging"
	"pressmill/pkg/worker"
)

// Commands returns the commands.
func Commands() []worker.Command {
	return []worker.Command{runCommand(), demoCommand(), demoServeCommand(), demoCheckCommand()}
}

func runCommand() worker.Command {
	return worker.Command{
		Name: "run", Args: "[flags] [URL...]", Short: "Run the whole pipeline in this process",
		Long: `Every URL is a seed: a page, a feed (RSS, Atom, JSON Feed) or a sitemap, told apart by what it
holds. Without a URL and -seeds, the sources of the configuration are collected. Articles are
written as JSON lines below -out; ` + "`zstdcat`" + ` or ` + "`sink cat URL`" + ` show them.

Run again with the same -data, it goes on where it stopped, and fetches no article that it has. Sources that only
an earlier run named rest: nothing of them is fetched, and their URLs wait until a run names them again.
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
	flags.Var(&private, "allow-private", "may fetch from private and loopback addresses: all, or as -allow-private=CIDR,... only from these")
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
	for _, u := range urls {
		if _, err := netip.ParsePrefix(u); err == nil {
			return nil, worker.Usagef("%s is a range of addresses, not a URL; to fetch from there write -allow-private=%s", u, u)
		}
	}
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
		if err := j.seed(ctx, b, log); err != nil {
			return err
		}
		log.Info("ready", logging.Event(logging.ServiceReady))
		err = p.run(ctx, env)
		p.summary(env.Stdout, j, ctx.Err() != nil)
		p.logSummary()
		return errors.Join(b.Denied(), err)
	})
}

// seed puts the seeds into the frontier, has sources rest that only an earlier
// run named, and, to end by itself, calls on every host that one left asleep.
func (j *job) seed(ctx context.Context, b *bus.Bus, log *zap.Logger) error {
	rest, err := crawler.Collect(ctx, b, j.sources, crawler.NewCrawlID())
	if err != nil {
		return err
	}
	for _, id := range rest {
		log.Warn("an earlier run named this source and this one does not: it rests until one names it again", logging.Event(logging.SourceRests), zap.String(logging.KeySource, id))
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
