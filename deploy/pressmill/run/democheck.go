package run

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"slices"
	"strings"
	"time"

	"pressmill/crawler"
	"pressmill/deploy/pressmill/demo"
	"pressmill/deploy/pressmill/operate"
	"pressmill/deploy/pressmill/stored"
	"pressmill/deploy/pressmill/terminal"
	"pressmill/pkg/bus"
	"pressmill/pkg/config"
	"pressmill/pkg/worker"
	"pressmill/sink/articles"
)

// checkEvery is how often the store is asked for the articles of the demo site.
const checkEvery = 2 * time.Second

// demoCheck shows running workers the demo site and waits for its articles.
type demoCheck struct {
	where        stored.Flags
	listen, host string
	wait         time.Duration
}

func demoCheckCommand() worker.Command {
	return worker.Command{
		Name: "demo check", Args: "-config FILE [-listen ADDRESS] [-host HOST]",
		Short: "Have running workers collect the demo site, and find its articles in the sink's store",
		Long: "It serves the demo site, makes it a source that is removed again at the end, and waits until all of its articles\n" +
			"were written by a sink. The crawlers' configuration must allow the site's address (crawler.allow_private). The\n" +
			"articles stay in the store; their source is called demo-check-... .",
		Run: func(ctx context.Context, env *worker.Env, args []string) error {
			var d demoCheck
			flags := env.Flags()
			d.where = stored.AddFlags(flags)
			flags.StringVar(&d.listen, "listen", "127.0.0.1:0", "`ADDRESS` to serve the site on")
			flags.StringVar(&d.host, "host", "", "`HOST` (a name or an IP address) by which crawlers reach it (default: that of -listen)")
			flags.DurationVar(&d.wait, "wait", 5*time.Minute, "how long the articles are waited for")
			if err := flags.Parse(args); err != nil {
				return err
			}
			if err := flags.NoArgs(); err != nil {
				return err
			}
			return d.run(ctx, env)
		},
	}
}

// CheckDemo has running workers, whose sink the configuration names, collect the
// demo site, and waits for its articles.
func CheckDemo(ctx context.Context, env *worker.Env, config string, wait time.Duration) error {
	d := demoCheck{where: stored.Of(config), listen: "127.0.0.1:0", wait: wait}
	return d.run(ctx, env)
}

func (d *demoCheck) run(ctx context.Context, env *worker.Env) error {
	file, err := config.Load(d.where.Config())
	if err != nil {
		return err
	}
	if err := d.where.Check(); err != nil {
		return err
	}
	base, site, stop, err := d.serve(ctx)
	if err != nil {
		return err
	}
	defer stop()
	b, err := operate.Connect(file)
	if err != nil {
		return err
	}
	defer b.Close()
	src := crawler.Source{
		ID: "demo-check-" + strings.ToLower(crawler.NewCrawlID()), Name: demo.Name, Depth: 1,
		Seeds: []string{base + "/", base + "/feed.xml"}, Revisit: []time.Duration{},
	}
	if _, err := crawler.Apply(ctx, b, []crawler.Source{src}, crawler.NewCrawlID(), crawler.Once); err != nil {
		return err
	}
	fmt.Fprintf(env.Stdout, "crawlers collect %s from %s\n", src.ID, base)
	err = d.await(ctx, env, src.ID, site)
	return errors.Join(err, forget(ctx, b, src.ID))
}

// serve serves the site and returns the URL that crawlers are given.
func (d *demoCheck) serve(ctx context.Context) (base string, site *demo.Site, stop func(), err error) {
	base, site, stop, err = demo.Serve(ctx, d.listen)
	if err != nil || d.host == "" {
		return base, site, stop, err
	}
	u, err := url.Parse(base)
	if err != nil {
		stop()
		return "", nil, nil, err
	}
	return "http://" + net.JoinHostPort(d.host, u.Port()), site, stop, nil
}

// forget removes the source, also when the check was cancelled.
func forget(ctx context.Context, b *bus.Bus, id string) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	return crawler.Remove(ctx, b, id)
}

// await looks into the store until every article of the site is there.
func (d *demoCheck) await(ctx context.Context, env *worker.Env, source string, site *demo.Site) error {
	begun := time.Now()
	missing := map[string]string{} // path: title
	for _, a := range site.Articles() {
		missing[a.Path] = a.Title
	}
	all := len(missing)
	for {
		err := d.where.Each(ctx, articles.Query{Source: source, Since: begun.Add(-time.Minute)}, func(a articles.Found) {
			if u, err := url.Parse(a.URL.Canonical); err == nil && missing[u.Path] != "" {
				delete(missing, u.Path)
				fmt.Fprintf(env.Stdout, "%6.1fs  %s\n", time.Since(begun).Seconds(), terminal.Printable(a.Title))
			}
		})
		switch {
		case err == nil && len(missing) == 0:
			fmt.Fprintf(env.Stdout, "all %d articles were written in %s\n", all, time.Since(begun).Round(time.Second))
			return impolite(site)
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case time.Since(begun) > d.wait:
			return errors.Join(err, whyMissing(site, missing))
		}
		select {
		case <-ctx.Done():
		case <-time.After(checkEvery):
		}
	}
}

// whyMissing says which articles did not come, and how far the crawlers got.
func whyMissing(site *demo.Site, missing map[string]string) error {
	var titles []string
	for _, title := range missing {
		titles = append(titles, title)
	}
	slices.Sort(titles)
	requests := site.Requests()
	if len(requests) == 0 {
		return errors.New("no crawler asked for the site: does one run, does crawler.allow_private hold the address, and may it be reached?")
	}
	return fmt.Errorf("the site answered %d requests, but these articles are not in the store: %s", len(requests), strings.Join(titles, "; "))
}

// impolite is an error if robots.txt was not obeyed.
func impolite(site *demo.Site) error {
	if v := site.Violations(); len(v) > 0 {
		return fmt.Errorf("fetched %s, which robots.txt disallows", v[0].Path)
	}
	return nil
}
