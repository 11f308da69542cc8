package main

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"text/tabwriter"
	"time"
)

// contestant is a program that crawls the site.
type contestant struct {
	name string
	// command is the process; it may use dir, which is empty, and writes its
	// articles below dir/out.
	command func(ctx context.Context, dir string, seeds []string) (*exec.Cmd, error)
	// written counts its articles.
	written func(dir string) (int, error)
}

// contestants returns them in the order in which they crawl; the first is the
// one that the others are compared with.
func contestants(bin string) []contestant {
	return []contestant{
		{"Colly + go-trafilatura", func(ctx context.Context, dir string, seeds []string) (*exec.Cmd, error) {
			return exec.CommandContext(ctx, filepath.Join(bin, "bench-colly"), append([]string{"-o", filepath.Join(dir, "out")}, seeds...)...), nil
		}, func(dir string) (int, error) {
			lines, err := os.ReadFile(filepath.Join(dir, "out"))
			return bytes.Count(lines, []byte("\n")), err
		}},
		{"pressmill run", func(ctx context.Context, dir string, seeds []string) (*exec.Cmd, error) {
			config := filepath.Join(dir, "config.yaml")
			if err := os.WriteFile(config, []byte(impolite), 0o600); err != nil {
				return nil, fmt.Errorf("write configuration: %w", err)
			}
			return exec.CommandContext(ctx, filepath.Join(bin, "pressmill"), append([]string{
				"run", "-once", "-config", config, "-data", filepath.Join(dir, "data"), "-out", filepath.Join(dir, "out"),
			}, seeds...)...), nil
		}, func(dir string) (int, error) {
			lines, err := exec.Command(filepath.Join(bin, "pressmill"), "articles", "-out", filepath.Join(dir, "out"), "-format", "jsonl", "-limit", "0").Output()
			return bytes.Count(lines, []byte("\n")), err
		}},
	}
}

// impolite is the configuration of one who owns the site, and looks at each page once.
const impolite = `crawler:
  contact: bench@pressmill.example
  delay: 0s
  latency_factor: 0
  domain_rate: 0
  address_rate: 0
  pattern_budget: 0
  page_budget: 0
  revisit: []
  obey: []
  allow_private: [127.0.0.1/32]
`

// usage is what a crawl took.
type usage struct {
	spent

	name     string
	fetched  int // pages, without front pages
	articles int
}

// perPage is the processor time for a page.
func (u usage) perPage() time.Duration { return u.cpu / time.Duration(max(u.fetched, 1)) }

// crawl has the program crawl the site once.
func (c contestant) crawl(ctx context.Context, s *site) (usage, error) {
	dir, err := os.MkdirTemp("", "bench-")
	if err != nil {
		return usage{}, fmt.Errorf("make folder: %w", err)
	}
	defer os.RemoveAll(dir)
	cmd, err := c.command(ctx, dir, s.seeds)
	if err != nil {
		return usage{}, err
	}
	s.served.Store(0)
	took, err := measure(cmd, nil)
	if err != nil {
		return usage{}, err
	}
	u := usage{spent: took, name: c.name, fetched: int(s.served.Load())}
	if u.articles, err = c.written(dir); err != nil {
		return u, fmt.Errorf("count articles: %w", err)
	}
	if u.articles == 0 {
		return u, errors.New("it wrote no article")
	}
	return u, nil
}

// median is the crawl with the middle processor time.
func median(rounds []usage) usage {
	slices.SortFunc(rounds, func(a, b usage) int { return cmp.Compare(a.cpu, b.cpu) })
	return rounds[len(rounds)/2]
}

// table prints what each took, and how it compares with the first.
func table(w io.Writer, results []usage) error {
	out := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(out, "pages\tarticles\tCPU ms/page\tof it\twall s\tof it\tpages/s\tpeak MB\t")
	for _, u := range results {
		fmt.Fprintf(out, "%d\t%d\t%.2f\t%.2f\t%.1f\t%.2f\t%.0f\t%d\t  %s\n", u.fetched, u.articles,
			u.perPage().Seconds()*1000, ratio(u.perPage(), results[0].perPage()), u.wall.Seconds(), ratio(u.wall, results[0].wall),
			float64(u.fetched)/u.wall.Seconds(), u.rss/1e6, u.name)
	}
	return out.Flush()
}

func ratio(a, b time.Duration) float64 { return float64(a) / float64(b) }
