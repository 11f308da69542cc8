package main

import (
	"bufio"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/klauspost/compress/zstd"
	"gonum.org/v1/plot/plotter"
	"pressmill/pkg/news"
)

func growthExperiment() experiment {
	return experiment{
		name:  "growth",
		short: "pages a second and memory, with more and more URLs and hosts",
		long: `Has "pressmill run -once" crawl invented sites of 127.0.0.1, one after the other: first
more and more articles on the same number of hosts, then the same number of articles on
more and more hosts. Nobody is polite to them. It prints what each crawl took, and fails
unless each page was fetched once and became one article with its own title.

Time has more to do with what else the machine does than processor time, so the latter
is what is drawn, for an article and for a request: hosts are also asked for robots.txt,
sitemaps and the lists of their articles, which counts where each has few of these.`,
		flags: func(fs *flag.FlagSet) func(context.Context, options, []string) error {
			g := growth{urls: []int{1000, 10_000, 100_000}, hosts: []int{10, 100, 1000, 10_000}}
			numbersVar(fs, &g.urls, "urls", "`NUMBERS` of articles to crawl, separated by commas; empty: none")
			numbersVar(fs, &g.hosts, "hosts", "`NUMBERS` of hosts to crawl, separated by commas; empty: none")
			fs.IntVar(&g.onHosts, "on-hosts", 100, "hosts that the articles of -urls are spread over")
			fs.IntVar(&g.ofURLs, "of-urls", 20_000, "articles that are spread over the hosts of -hosts")
			fs.StringVar(&g.dir, "dir", "", "`folder` for the stores, which are removed again (default: the system's for temporary files)")
			return g.run
		},
	}
}

// numbersVar declares a flag of several numbers, whose default is what they are.
func numbersVar(fs *flag.FlagSet, numbers *[]int, name, usage string) {
	byDefault := strings.Trim(strings.ReplaceAll(fmt.Sprint(*numbers), " ", ","), "[]")
	fs.Func(name, fmt.Sprintf("%s (default %s)", usage, byDefault), func(s string) (err error) {
		*numbers, err = parseNumbers(s)
		return err
	})
}

// parseNumbers reads numbers as in 1000,10000.
func parseNumbers(s string) (numbers []int, err error) {
	if s == "" {
		return nil, nil
	}
	for field := range strings.SplitSeq(s, ",") {
		n, err := strconv.Atoi(field)
		if err != nil || n < 1 {
			return nil, fmt.Errorf("%q is no number of at least one", field)
		}
		numbers = append(numbers, n)
	}
	return numbers, nil
}

type growth struct {
	urls, hosts     []int
	onHosts, ofURLs int
	dir             string
}

// crawled is what one crawl of an invented site took.
type crawled struct {
	spent

	hosts, pages int
	requests     int64 // of pages, lists, robots.txt and sitemaps
	store        int64 // bytes of the data directory and the objects, at the end
	course       plotter.XYs
}

func (c crawled) perPage() float64    { return c.cpu.Seconds() * 1000 / float64(c.pages) }
func (c crawled) perRequest() float64 { return c.cpu.Seconds() * 1000 / float64(c.requests) }
func (c crawled) peak() float64       { return float64(c.rss) / 1e6 } // MB

func (g *growth) run(ctx context.Context, o options, args []string) error {
	if len(args) > 0 {
		return fmt.Errorf("growth makes its own pages, and takes no %q", args[0])
	}
	fmt.Fprintf(o.out, "%7s%10s%10s%13s%12s%9s%12s%8s%9s%6s%6s%6s%14s\n", "hosts", "articles", "requests", "CPU ms/page", "ms/request", "pages/s", "requests/s",
		"wall s", "peak MB", "1/4", "1/2", "3/4", "store B/page")
	var byURLs, byHosts []crawled
	for _, n := range g.urls {
		c, err := g.crawl(ctx, o, g.onHosts, n)
		if err != nil {
			return fmt.Errorf("crawl %d articles of %d hosts: %w", n, g.onHosts, err)
		}
		byURLs = append(byURLs, c)
		c.row(o)
	}
	for _, n := range g.hosts {
		c, err := g.crawl(ctx, o, n, g.ofURLs)
		if err != nil {
			return fmt.Errorf("crawl %d articles of %d hosts: %w", g.ofURLs, n, err)
		}
		byHosts = append(byHosts, c)
		c.row(o)
	}
	panels := growthPanels(byURLs, byHosts)
	if o.plots == "" || len(panels) == 0 { // one crawl alone makes no curve
		return nil
	}
	return save(o.plots, "growth", 2, panels...)
}

// crawl crawls a site once, and fails unless everything came out of it once.
func (g *growth) crawl(ctx context.Context, o options, hosts, articles int) (crawled, error) {
	c := crawled{hosts: min(hosts, articles), pages: articles}
	site, err := invent(ctx, c.hosts, articles)
	if err != nil {
		return c, err
	}
	defer site.stop()
	dir, err := os.MkdirTemp(g.dir, "bench-")
	if err != nil {
		return c, fmt.Errorf("make folder: %w", err)
	}
	defer os.RemoveAll(dir)
	config := filepath.Join(dir, "config.yaml")
	if err := os.WriteFile(config, []byte(impolite+site.sources()), 0o600); err != nil {
		return c, fmt.Errorf("write configuration: %w", err)
	}
	store, out := filepath.Join(dir, "data"), filepath.Join(dir, "out")
	cmd := exec.CommandContext(ctx, filepath.Join(o.bin, "pressmill"), "run", "-once", "-config", config, "-data", store, "-out", out)
	next := int64(0)
	c.spent, err = measure(cmd, func(rss int64) {
		if n := site.served.Load(); n >= next {
			c.course = append(c.course, plotter.XY{X: float64(n), Y: float64(rss) / 1e6})
			next = n + int64(articles)/200
		}
	})
	c.requests = site.all.Load()
	if err != nil {
		return c, err
	}
	for _, part := range []string{store, out} {
		n, err := size(part)
		if err != nil {
			return c, err
		}
		c.store += n
	}
	return c, site.check(out)
}

// sources is the section of a configuration that names all hosts.
func (s *invented) sources() string {
	var b strings.Builder
	b.WriteString("sources:\n")
	for i, origin := range s.origins {
		fmt.Fprintf(&b, "  - {id: host-%d, depth: 2, seeds: [%s/]}\n", i, origin)
	}
	return b.String()
}

// check fails unless each article of the site was fetched once, and is once in
// the objects below out, with its own title.
func (s *invented) check(out string) error {
	articles := s.articles()
	asked, again := s.requests()
	if asked < articles || again > 0 {
		return fmt.Errorf("of %d articles %d were fetched, %d of them more than once", articles, asked, again)
	}
	written, twice := 0, 0
	hosts := s.hosts()
	had := make([][]bool, len(s.asked))
	for i := range had {
		had[i] = make([]bool, len(s.asked[i]))
	}
	err := readArticles(out, func(a *news.Article) error {
		host, number, err := s.find(hosts, a.URL.Requested)
		if err != nil {
			return err
		}
		if want := newStory(host, number).title; a.Title != want {
			return fmt.Errorf("%s has the title %q, want %q", a.URL.Requested, a.Title, want)
		}
		if had[host][number] {
			twice++
		}
		had[host][number] = true
		written++
		return nil
	})
	if err == nil && (written != articles || twice > 0) {
		err = fmt.Errorf("of %d articles %d were written, %d of them again", articles, written-twice, twice)
	}
	return err
}

// readArticles calls each with the address and the title of every article that
// lies in an object below dir, in whatever order.
func readArticles(dir string, each func(*news.Article) error) error {
	return filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".jsonl.zst") {
			return err
		}
		file, err := os.Open(path)
		if err != nil {
			return err
		}
		defer file.Close()
		packed, err := zstd.NewReader(file, zstd.WithDecoderConcurrency(1))
		if err != nil {
			return err
		}
		defer packed.Close()
		lines := bufio.NewScanner(packed)
		lines.Buffer(nil, 16<<20)
		for lines.Scan() {
			var a news.Article
			if err := json.Unmarshal(lines.Bytes(), &a); err != nil {
				return fmt.Errorf("read %s: %w", path, err)
			}
			if err := each(&a); err != nil {
				return err
			}
		}
		return lines.Err()
	})
}

// row prints a crawl as soon as it is over.
func (c crawled) row(o options) {
	wall := c.wall.Seconds()
	fmt.Fprintf(o.out, "%7d%10d%10d%13.2f%12.2f%9.0f%12.0f%8.1f%9.0f", c.hosts, c.pages, c.requests, c.perPage(), c.perRequest(),
		float64(c.pages)/wall, float64(c.requests)/wall, wall, float64(c.rss)/1e6)
	for quarter := 1; quarter <= 3; quarter++ {
		fmt.Fprintf(o.out, "%6.0f", c.memoryAt(float64(c.pages*quarter)/4))
	}
	fmt.Fprintf(o.out, "%14d\n", c.store/int64(c.pages))
}

// memoryAt is the memory when so many pages had been served, in MB.
func (c crawled) memoryAt(pages float64) float64 {
	for _, xy := range c.course {
		if xy.X >= pages {
			return xy.Y
		}
	}
	return 0
}

// growthPanels has a row of panels for articles and one for hosts, which shows
// requests too: hosts with few articles are asked for little else.
func growthPanels(byURLs, byHosts []crawled) (panels []panel) {
	row := func(crawls []crawled, over, x string, at func(crawled) int, times ...series) {
		curve := func(s series, of func(crawled) float64) series {
			for _, c := range crawls {
				s.points = append(s.points, plotter.XY{X: float64(at(c)), Y: of(c)})
			}
			return s
		}
		for i, of := range []func(crawled) float64{crawled.perPage, crawled.perRequest}[:len(times)] {
			times[i] = curve(times[i], of)
		}
		if len(crawls) > 1 {
			panels = append(panels,
				lines{title: "Processor time, " + over, unit: "ms, from URL to object", x: x, log: true, series: times},
				lines{title: "Memory, " + over, unit: "MB at the peak, NATS server included", x: x, log: true, series: []series{curve(series{dots: true}, crawled.peak)}})
		}
	}
	if len(byURLs) > 0 {
		row(byURLs, "with more articles", "articles, on "+count(float64(byURLs[0].hosts))+" hosts", func(c crawled) int { return c.pages }, series{dots: true})
	}
	if len(byHosts) > 0 {
		row(byHosts, "with more hosts", "hosts, with "+count(float64(byHosts[0].pages))+" articles in all", func(c crawled) int { return c.hosts },
			series{name: "for an article", dots: true}, series{name: "for a request", dots: true})
	}
	return panels
}
