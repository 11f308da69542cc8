package run

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"pressmill/deploy/pressmill/demo"
	"pressmill/pkg/worker"
)

// demoServe is what `demo serve` is told by its flags.
type demoServe struct {
	listen, record string
	load           demo.LoadConfig
}

func demoServeCommand() worker.Command {
	return worker.Command{
		Name: "demo serve", Args: "[-listen ADDRESS] [-hosts N -articles M] [-record ADDRESS]",
		Short: "Serve the demo site alone, or a larger one to try a crawl of some length on",
		Long: "With -hosts the site has as many hosts, one a port from that of -listen on, with invented articles\n" +
			"that are the same for the same -seed. -record answers there, as JSON lines: /_truth (the articles: url,\n" +
			"title, hash of the paragraphs), /_requests (what was asked for, when and by whom) and /_faults?gap=1s\n" +
			"(gaps shorter than that, overlaps, what robots.txt disallows or was not asked for first).",
		Run: func(ctx context.Context, env *worker.Env, args []string) error {
			var d demoServe
			flags := env.Flags()
			flags.StringVar(&d.listen, "listen", "127.0.0.1:8080", "`ADDRESS` to serve the site on")
			flags.StringVar(&d.record, "record", "", "`ADDRESS` that tells what the site has and what was asked of it")
			flags.StringVar(&d.load.Name, "name", "", "`NAME` by which the hosts are reached (default: the host of -listen)")
			flags.IntVar(&d.load.Hosts, "hosts", 0, "serve a site of `N` hosts in the place of the demo site")
			flags.IntVar(&d.load.Articles, "articles", 1000, "articles of all hosts together")
			flags.Uint64Var(&d.load.Seed, "seed", 1, "of the invented articles")
			flags.DurationVar(&d.load.Latency, "latency", 0, "how long an answer of the hosts takes at least")
			if err := flags.Parse(args); err != nil {
				return err
			}
			if err := flags.NoArgs(); err != nil {
				return err
			}
			if d.load.Hosts < 0 || d.load.Hosts > 0 && d.load.Articles < d.load.Hosts {
				return worker.Usagef("%d articles for %d hosts: every host has one at least", d.load.Articles, d.load.Hosts)
			}
			return d.run(ctx, env)
		},
	}
}

// run serves until ctx is cancelled.
func (d *demoServe) run(ctx context.Context, env *worker.Env) error {
	site, urls, stop, err := d.serve(ctx)
	if err != nil {
		return err
	}
	defer stop()
	if d.record != "" {
		ln, err := new(net.ListenConfig).Listen(ctx, "tcp", d.record)
		if err != nil {
			return fmt.Errorf("serve records: %w", err)
		}
		srv := &http.Server{Handler: demo.Record(site), ReadHeaderTimeout: 10 * time.Second}
		var serving sync.WaitGroup
		serving.Go(func() { _ = srv.Serve(ln) }) // always http.ErrServerClosed
		defer serving.Wait()
		defer func() { _ = srv.Close() }()
		fmt.Fprintf(env.Stdout, "records at http://%s/_truth, /_requests and /_faults\n", ln.Addr())
	}
	fmt.Fprintf(env.Stdout, "serving %d articles at %s\n", len(site.Truth()), strings.Join(urls, " "))
	<-ctx.Done()
	return nil
}

func (d *demoServe) serve(ctx context.Context) (site demo.Witness, urls []string, stop func(), err error) {
	if d.load.Hosts == 0 {
		url, s, stop, err := demo.Serve(ctx, d.listen)
		return s, []string{url + "/"}, stop, err
	}
	l, stop, err := demo.ServeLoad(ctx, d.listen, d.load)
	if err != nil {
		return nil, nil, nil, err
	}
	return l, l.URLs(), stop, nil
}
