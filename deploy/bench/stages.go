package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/google/pprof/profile"
	"pressmill/pkg/freeport"
)

func stagesExperiment() experiment {
	return experiment{
		name: "stages", args: "DIR...",
		short: "what a page costs each stage, and where it goes",
		long: `Serves the pages of each DIR, which has a pages.jsonl or .html files, as a site of
several hosts on 127.0.0.1, and has it crawled by "pressmill run", whose CPU profile
tells what each stage took, the NATS server and the garbage collector besides. Then it
has it crawled by a crawler, a parser and a sink with a NATS server, each a process of
its own, whose processor time the system tells. Nobody is polite to this site.`,
		flags: func(fs *flag.FlagSet) func(context.Context, options, []string) error {
			var e stagesRun
			fs.IntVar(&e.rounds, "rounds", 3, "how often the site is crawled; all profiles are added up")
			fs.IntVar(&e.hosts, "hosts", 32, "hosts that the pages are spread over")
			fs.IntVar(&e.copies, "copies", 1, "how often the site has each page, under a URL of its own")
			fs.IntVar(&e.top, "top", 20, "functions of each stage that the report names")
			fs.StringVar(&e.report, "report", "", "write the functions that take most to this `file`, and the profile beside it")
			return e.run
		},
	}
}

// stagesRun is one run with all of its rounds.
type stagesRun struct {
	rounds, hosts, copies, top int
	report                     string
}

func (e *stagesRun) run(ctx context.Context, o options, dirs []string) error {
	pages, err := load(dirs, e.copies)
	if err != nil {
		return err
	}
	site, stop, err := serve(pages, e.hosts)
	if err != nil {
		return err
	}
	defer stop()
	all, total, err := e.profile(ctx, o.bin, site)
	if err != nil {
		return err
	}
	apart, err := crawlApart(ctx, o.bin, site)
	if err != nil {
		return fmt.Errorf("crawl with a process for each stage: %w", err)
	}
	text, err := describe(costsOf(all), apart, total, e.rounds)
	if err != nil {
		return err
	}
	fmt.Fprintf(o.out, "%d pages of %d KB on average, on %d hosts; %d rounds in one process, one with a process for each stage\n\n%s",
		len(pages), site.bytes/len(pages)/1000, len(site.seeds), e.rounds, text)
	if e.report != "" {
		if err := e.write(text, all, total.fetched); err != nil {
			return err
		}
	}
	if o.plots == "" {
		return nil
	}
	chart := bars{title: "Processor time for a page, by stage", unit: "of one process with a NATS server inside, ms"}
	for _, c := range costsOf(all) {
		ms := c.perPage(total.fetched)
		if ms < 0.005 {
			continue
		}
		chart.bars = append(chart.bars, bar{c.name, ms, fmt.Sprintf("%.2f", ms), slices.Contains(stageNames(), c.name)})
	}
	return save(o.plots, "stages", 1, chart)
}

// profile crawls the site with one process, several times.
func (e *stagesRun) profile(ctx context.Context, bin string, s *site) (*profile.Profile, usage, error) {
	var all []*profile.Profile
	var total usage
	for range e.rounds {
		p, u, err := crawlProfiled(ctx, bin, s)
		if err != nil {
			return nil, total, fmt.Errorf("crawl with one process: %w", err)
		}
		all = append(all, p)
		total.fetched += u.fetched
		total.cpu += u.cpu
	}
	sum, err := profile.Merge(all)
	if err != nil {
		return nil, total, fmt.Errorf("add profiles up: %w", err)
	}
	return sum, total, nil
}

// crawlProfiled crawls the site once, and returns the CPU profile of the
// process from its first moments to its end.
func crawlProfiled(ctx context.Context, bin string, s *site) (*profile.Profile, usage, error) {
	addr, err := freeport.Address()
	if err != nil {
		return nil, usage{}, err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var taken *profile.Profile
	var failed error
	done := make(chan struct{})
	pressmill := contestants(bin)[1]
	command := pressmill.command
	pressmill.command = func(ctx context.Context, dir string, seeds []string) (*exec.Cmd, error) {
		cmd, err := command(ctx, dir, seeds)
		if err == nil {
			cmd.Args = slices.Insert(cmd.Args, 2, "-pprof", addr)
			go func() {
				defer close(done)
				taken, failed = takeProfile(ctx, addr)
			}()
		}
		return cmd, err
	}
	u, err := pressmill.crawl(ctx, s)
	if err != nil {
		return nil, u, err
	}
	<-done
	return taken, u, failed
}

// describe tells what each part of the pipeline takes of a page, as a part of one
// process and, where it can be one, as a process of its own.
func describe(costs []*cost, apart map[string]time.Duration, total usage, rounds int) (string, error) {
	var text bytes.Buffer
	out := tabwriter.NewWriter(&text, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(out, "CPU ms/page\tshare\tas a process\t")
	var sum, sumApart time.Duration
	for _, c := range costs {
		sum += c.cpu
	}
	if sum == 0 {
		return "", errors.New("the profile is empty")
	}
	pages := total.fetched / rounds
	for _, c := range costs {
		own := "-"
		if d, ok := apart[c.name]; ok {
			own = fmt.Sprintf("%.2f", ms(d)/float64(pages))
			sumApart += d
		}
		fmt.Fprintf(out, "%.2f\t%.0f %%\t%s\t  %s\n", c.perPage(total.fetched), 100*c.cpu.Seconds()/sum.Seconds(), own, c.name)
	}
	fmt.Fprintf(out, "%.2f\t\t%.2f\t  all\n", ms(sum)/float64(total.fetched), ms(sumApart)/float64(pages))
	if err := out.Flush(); err != nil {
		return "", err
	}
	fmt.Fprintf(&text, "\nThe system says %.2f ms of the one process, its start included.\n", ms(total.perPage()))
	return text.String(), nil
}

func ms(d time.Duration) float64 { return d.Seconds() * 1000 }

// write writes the functions of each part, and the profile for who wants to look further.
func (e *stagesRun) write(table string, all *profile.Profile, pages int) error {
	text := bytes.NewBufferString(table)
	for _, c := range costsOf(all) {
		fmt.Fprintf(text, "\n%s: %.3f ms a page\n", c.name, c.perPage(pages))
		for _, by := range []struct {
			title string
			of    map[string]time.Duration
		}{
			{"by itself, with what Go's runtime and the system do for it, as to allocate, copy and write", c.flat},
			{"with all that it calls", c.cum},
		} {
			fmt.Fprintf(text, "  %s\n", by.title)
			printTop(text, by.of, c.cpu, e.top, pages)
		}
	}
	var packed bytes.Buffer
	if err := all.Write(&packed); err != nil {
		return fmt.Errorf("pack profile: %w", err)
	}
	for path, data := range map[string][]byte{e.report: text.Bytes(), strings.TrimSuffix(e.report, filepath.Ext(e.report)) + ".pb.gz": packed.Bytes()} {
		if err := os.WriteFile(path, data, 0o644); err != nil {
			return fmt.Errorf("write report: %w", err)
		}
	}
	return nil
}

// printTop prints the functions that take most. One that takes all but everything
// only calls others.
func printTop(w io.Writer, of map[string]time.Duration, whole time.Duration, top, pages int) {
	maps.DeleteFunc(of, func(_ string, d time.Duration) bool { return d > whole*19/20 })
	names := slices.SortedFunc(maps.Keys(of), func(a, b string) int {
		if d := of[b] - of[a]; d != 0 {
			return int(d)
		}
		return strings.Compare(a, b)
	})
	for _, fn := range names[:min(top, len(names))] {
		fmt.Fprintf(w, "  %8.1f µs  %5.1f %%  %s\n", 1000*ms(of[fn])/float64(pages), 100*of[fn].Seconds()/whole.Seconds(), fn)
	}
}
