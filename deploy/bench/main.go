// Command bench compares the whole pipeline in one process with what people
// write without it, the program in colly/: what an article costs each, of
// processor time and of time, on the same site in the same run.
//
// It is a module of its own, so that nobody who uses Pressmill depends on
// Pressmill's peers.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
)

const help = `usage: bench [flags] DIR...

Serves the pages of each DIR, which has a pages.jsonl or .html files, as a site of
several hosts on 127.0.0.1, has it crawled by one program after the other, and
prints what each of them used. Nobody is polite to this site.

`

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	fs := flag.NewFlagSet("bench", flag.ExitOnError)
	fs.Usage = func() {
		fmt.Fprint(fs.Output(), help)
		fs.PrintDefaults()
	}
	var b bench
	fs.IntVar(&b.rounds, "rounds", 3, "how often each program crawls the site; the table shows the medians")
	fs.IntVar(&b.hosts, "hosts", 32, "hosts that the pages are spread over")
	fs.IntVar(&b.copies, "copies", 1, "how often the site has each page, under a URL of its own")
	fs.StringVar(&b.bin, "bin", "bin", "`folder` of the binaries pressmill and bench-colly")
	plot := fs.String("plot", "", "draw the table into this SVG `file`")
	_ = fs.Parse(os.Args[1:])
	if err := b.run(ctx, os.Stdout, fs.Args(), *plot); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// bench is one run with all of its rounds.
type bench struct {
	rounds, hosts, copies int
	bin                   string
}

func (b *bench) run(ctx context.Context, w io.Writer, dirs []string, plot string) error {
	bin, err := filepath.Abs(b.bin)
	if err != nil {
		return fmt.Errorf("find binaries: %w", err)
	}
	pages, err := load(dirs, b.copies)
	if err != nil {
		return err
	}
	site, stop, err := serve(pages, b.hosts)
	if err != nil {
		return err
	}
	defer stop()
	fmt.Fprintf(w, "%d pages of %d KB on average, on %d hosts; medians of %d rounds\n\n", len(pages), site.bytes/len(pages)/1000, len(site.seeds), b.rounds)
	all := make([][]usage, 2)
	for range b.rounds { // side by side, so that a change of the machine's pace meets both
		for i, c := range contestants(bin) {
			u, err := c.crawl(ctx, site)
			if err != nil {
				return fmt.Errorf("crawl with %s: %w", c.name, err)
			}
			all[i] = append(all[i], u)
		}
	}
	results := make([]usage, len(all))
	for i, rounds := range all {
		results[i] = median(rounds)
	}
	if err := table(w, results); err != nil || plot == "" {
		return err
	}
	return draw(plot, results)
}
