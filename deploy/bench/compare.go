package main

import (
	"context"
	"flag"
	"fmt"
)

func compareExperiment() experiment {
	return experiment{
		name: "compare", args: "DIR...",
		short: "what a page costs the pipeline, and what it costs Colly with go-trafilatura",
		long: `Serves the pages of each DIR, which has a pages.jsonl or .html files, as a site of
several hosts on 127.0.0.1, has it crawled by one program after the other, and
prints what each of them used. Nobody is polite to this site.`,
		flags: func(fs *flag.FlagSet) func(context.Context, options, []string) error {
			var c comparison
			fs.IntVar(&c.rounds, "rounds", 3, "how often each program crawls the site; the table shows the medians")
			fs.IntVar(&c.hosts, "hosts", 32, "hosts that the pages are spread over")
			fs.IntVar(&c.copies, "copies", 1, "how often the site has each page, under a URL of its own")
			return c.run
		},
	}
}

// comparison is one run with all of its rounds.
type comparison struct {
	rounds, hosts, copies int
}

func (c *comparison) run(ctx context.Context, o options, dirs []string) error {
	pages, err := load(dirs, c.copies)
	if err != nil {
		return err
	}
	site, stop, err := serve(pages, c.hosts)
	if err != nil {
		return err
	}
	defer stop()
	fmt.Fprintf(o.out, "%d pages of %d KB on average, on %d hosts; medians of %d rounds\n\n", len(pages), site.bytes/len(pages)/1000, len(site.seeds), c.rounds)
	all := make([][]usage, 2)
	for range c.rounds { // side by side, so that a change of the machine's pace meets both
		for i, one := range contestants(o.bin) {
			u, err := one.crawl(ctx, site)
			if err != nil {
				return fmt.Errorf("crawl with %s: %w", one.name, err)
			}
			all[i] = append(all[i], u)
		}
	}
	results := make([]usage, len(all))
	for i, rounds := range all {
		results[i] = median(rounds)
	}
	if err := table(o.out, results); err != nil || o.plots == "" {
		return err
	}
	cpu := bars{title: "Processor time for a page", unit: "from URL to written article, ms"}
	wall := bars{title: "Time for the whole site", unit: fmt.Sprintf("%d pages, s", results[0].fetched)}
	for i, u := range results {
		ms, s := u.perPage().Seconds()*1000, u.wall.Seconds()
		cpu.bars = append(cpu.bars, bar{u.name, ms, fmt.Sprintf("%.1f", ms), i > 0})
		wall.bars = append(wall.bars, bar{u.name, s, fmt.Sprintf("%.1f", s), i > 0})
	}
	return save(o.plots, "compare", 2, cpu, wall)
}
