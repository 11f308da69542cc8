package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/net/html"
	"golang.org/x/sys/unix"

	"pressmill/parser"
	"pressmill/parser/corpus"
	"pressmill/pkg/news"
)

// batchSize is how many pages one contestant works on before the next has its
// turn on the same pages. It keeps few pages in memory, so that collecting
// garbage costs what it costs a parser worker, and spreads the moods of the
// machine evenly.
const batchSize = 25

// batchBytes is what a turn covers at least: a batch of small pages is worked
// on several times.
const batchBytes = 256 << 10

// contestant is something that is measured.
type contestant struct {
	figures
	run  func(*news.Page)
	cost cost // of the round
}

// figures are what a contestant cost.
type figures struct {
	Name   string
	CPU    []time.Duration // of each round, a page
	Ratios []float64       // of each round, to html.Parse
	Allocs uint64          // of the last round, a page
	Bytes  uint64
}

// cost is CPU time and memory, up to now or in a stretch of time.
type cost struct {
	cpu           time.Duration
	allocs, bytes uint64
}

// contestants are what is measured; the others are compared with the first.
func contestants() []*contestant {
	list := []*contestant{
		contest("html.Parse", func(p *news.Page) { _, _ = html.Parse(bytes.NewReader(p.Body)) }),
		contest("html.Tokenizer", tokenize),
		contest("pressmill, to JSON", toJSON),
		contest("pressmill, SHA-256 too", hashToJSON),
	}
	all := extractors()
	for _, name := range []string{"readeck", "go-shiori", "go-domdistiller", "go-trafilatura", "go-trafilatura+fallback"} {
		extract := all[name]
		list = append(list, contest(name, func(p *news.Page) { _, _ = extract(p) }))
	}
	return list
}

func contest(name string, run func(*news.Page)) *contestant {
	return &contestant{figures: figures{Name: name}, run: run}
}

// toJSON makes an article of a page as the crawler sends it, which comes with the
// SHA-256 of its body.
func toJSON(p *news.Page) {
	if a, err := parser.Extract(p); err == nil {
		_, _ = json.Marshal(a)
	}
}

// hashToJSON does the same for a page that nobody has summed.
func hashToJSON(p *news.Page) {
	bare := *p
	bare.SHA256 = ""
	toJSON(&bare)
}

// tokenize reads every token with its name and attributes, and keeps none.
func tokenize(p *news.Page) {
	for z := html.NewTokenizer(bytes.NewReader(p.Body)); z.Next() != html.ErrorToken; {
		for _, more := z.TagName(); more; {
			_, _, more = z.TagAttr()
		}
	}
}

// report is what one process measured.
type report struct {
	Pages, Size int // Size in bytes
	List        []figures
}

// compare has a process measure each contestant whose name holds a text, and prints
// the table.
func compare(w io.Writer, dirs []string, only string, rounds int) error {
	program, err := os.Executable()
	if err != nil {
		return fmt.Errorf("find own program: %w", err)
	}
	var all report
	var first figures
	for _, c := range contestants()[1:] {
		if !strings.Contains(c.Name, only) {
			continue
		}
		cmd := exec.Command(program, append([]string{"-rounds", strconv.Itoa(rounds), "-alone", c.Name}, dirs...)...)
		cmd.Stderr = os.Stderr
		out, err := cmd.Output()
		if err != nil {
			return fmt.Errorf("measure %s: %w", c.Name, err)
		}
		var r report
		if err := json.Unmarshal(out, &r); err != nil {
			return fmt.Errorf("read figures of %s: %w", c.Name, err)
		}
		r.List[0].CPU = append(first.CPU, r.List[0].CPU...)
		first = r.List[0]
		all.Pages, all.Size, all.List = r.Pages, r.Size, append(all.List, r.List[1])
	}
	if len(all.List) == 0 {
		return fmt.Errorf("no contestant's name holds %q", only)
	}
	all.List = slices.Insert(all.List, 0, first)
	all.print(w, rounds)
	return nil
}

// print prints the table.
func (r *report) print(w io.Writer, rounds int) {
	fmt.Fprintf(w, "%d pages of %.1f KB on average, one core, median of %d rounds\n\n", r.Pages, float64(r.Size)/1000/float64(r.Pages), rounds)
	fmt.Fprintf(w, "%-25s %12s %14s %12s %12s\n", "", "CPU a page", "to html.Parse", "allocations", "KB allocated")
	for _, f := range r.List {
		fmt.Fprintf(w, "%-25s %9.3f ms %14.2f %12d %12.1f\n", f.Name, median(f.CPU).Seconds()*1000, median(f.Ratios), f.Allocs, float64(f.Bytes)/1000)
	}
}

// writeFigures measures the named contestant beside html.Parse and writes the report.
func writeFigures(w io.Writer, pages []corpus.Label, name string, rounds int) error {
	all := contestants()
	i := slices.IndexFunc(all, func(c *contestant) bool { return c.Name == name })
	if i < 1 {
		return fmt.Errorf("no contestant %q", name)
	}
	r, err := measure(pages, []*contestant{all[0], all[i]}, rounds)
	if err != nil {
		return err
	}
	return json.NewEncoder(w).Encode(r)
}

// measure runs the contestants over the pages, in turns.
func measure(pages []corpus.Label, list []*contestant, rounds int) (r report, err error) {
	r.Pages = len(pages)
	for round := range rounds + 1 { // the first warms up
		r.Size = 0
		for batch := range slices.Chunk(pages, batchSize) {
			n, err := measureBatch(list, batch)
			if err != nil {
				return r, err
			}
			r.Size += n
		}
		first := list[0].cost
		for _, c := range list {
			if round > 0 {
				c.endRound(first, len(pages))
			}
			c.cost = cost{}
		}
	}
	for _, c := range list {
		r.List = append(r.List, c.figures)
	}
	return r, nil
}

// measureBatch returns the bytes of the batch's pages.
func measureBatch(list []*contestant, batch []corpus.Label) (size int, err error) {
	pages := make([]*news.Page, len(batch))
	for i := range batch {
		if pages[i], err = batch[i].Page(); err != nil {
			return 0, err
		}
		pages[i].SHA256 = news.BodySHA256(pages[i].Body)
		size += len(pages[i].Body)
	}
	repeats := max(1, batchBytes/max(1, size))
	for _, c := range list {
		runtime.GC()
		before := spent()
		for range repeats {
			for _, p := range pages {
				c.run(p)
			}
		}
		c.cost.add(before, spent(), repeats)
	}
	return size, nil
}

// add adds what was spent between two moments on work done several times.
func (c *cost) add(before, after cost, repeats int) {
	c.cpu += (after.cpu - before.cpu) / time.Duration(repeats)
	c.allocs += (after.allocs - before.allocs) / uint64(repeats)
	c.bytes += (after.bytes - before.bytes) / uint64(repeats)
}

// spent returns what the process has used so far, in all its threads.
func spent() cost {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	var t unix.Timespec
	_ = unix.ClockGettime(unix.CLOCK_PROCESS_CPUTIME_ID, &t)
	return cost{cpu: time.Duration(t.Nano()), allocs: m.Mallocs, bytes: m.TotalAlloc}
}

// endRound takes down the cost of a round.
func (c *contestant) endRound(first cost, pages int) {
	c.CPU = append(c.CPU, c.cost.cpu/time.Duration(pages))
	c.Ratios = append(c.Ratios, float64(c.cost.cpu)/float64(first.cpu))
	c.Allocs, c.Bytes = c.cost.allocs/uint64(pages), c.cost.bytes/uint64(pages)
}

func median[T float64 | time.Duration](list []T) T {
	slices.Sort(list)
	return list[len(list)/2]
}
