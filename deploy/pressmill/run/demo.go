package run

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"pressmill/crawler"
	"pressmill/deploy/pressmill/demo"
	"pressmill/pkg/news"
	"pressmill/pkg/worker"
	"pressmill/sink/segment"
)

func demoCommand() worker.Command {
	return worker.Command{
		Name: "demo", Args: "[-out DIR]", Short: "Run the whole pipeline on a small built-in news site, without internet",
		Long: "The site is served on 127.0.0.1: a front page, a feed, a news sitemap, robots.txt, a dozen\narticles, and what makes trouble on the web. The articles that come out are listed.",
		Run: func(ctx context.Context, env *worker.Env, args []string) error {
			flags := env.Flags()
			out := flags.String("out", "", "`DIR` to write the articles to (default: a new folder in the system's temporary one)")
			if err := flags.Parse(args); err != nil {
				return err
			}
			if err := flags.NoArgs(); err != nil {
				return err
			}
			return runDemo(ctx, env, *out)
		},
	}
}

func runDemo(ctx context.Context, env *worker.Env, out string) error {
	work, err := os.MkdirTemp("", "pressmill-demo-")
	if err != nil {
		return err
	}
	data := filepath.Join(work, "data")
	defer os.RemoveAll(data)
	if out == "" {
		out = filepath.Join(work, "articles")
	}
	site, _, stop, err := demo.Serve(ctx, "127.0.0.1:0")
	if err != nil {
		return err
	}
	defer stop()
	j, err := demoJob(site, data, out)
	if err != nil {
		return err
	}
	fmt.Fprintf(env.Stdout, "collecting from %s, served at %s\n", demo.Name, site)
	if err := j.run(ctx, env); err != nil {
		return err
	}
	return listArticles(ctx, env, j.out)
}

// demoJob is the run on a demo site: its front page and its feed, politely but
// a little faster than one would be to strangers.
func demoJob(site, data, out string) (*job, error) {
	j, err := loadJob("")
	if err != nil {
		return nil, err
	}
	j.data, j.once, j.crawler.Once = data, true, true
	j.log.Level = "warn"
	j.crawler.Contact = "demo@pressmill.example"
	j.crawler.Delay = 100 * time.Millisecond
	j.crawler.AllowPrivate = []string{"127.0.0.0/8"}
	j.sources = []crawler.Source{{
		ID: "tidewick", Name: demo.Name, Depth: 1, Seeds: []string{site + "/", site + "/feed.xml"},
	}}
	return j, j.setOut(out)
}

func listArticles(ctx context.Context, env *worker.Env, out string) error {
	fmt.Fprintln(env.Stdout)
	for line, err := range segment.ReadURL(ctx, out) {
		if err != nil {
			return err
		}
		var a news.Article
		if err := json.NewDecoder(bytes.NewReader(line)).Decode(&a); err != nil {
			return fmt.Errorf("read %s: %w", out, err)
		}
		date := "no date"
		if a.Published != nil {
			date = a.Published.At
			if date == "" {
				date = a.Published.Local
			}
		}
		fmt.Fprintf(env.Stdout, "%s.%.4s  %-2s  %4d words  %-25s  %s\n", a.ID, a.Rev, a.Lang, a.Body.Words, date, a.Title)
	}
	fmt.Fprintf(env.Stdout, "\nwhole articles: bin/sink cat '%s'\n", out)
	return nil
}
