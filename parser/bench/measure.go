package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"runtime"
	"slices"
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
	name string
	run  func(*news.Page)

	cost   cost            // of the round
	cpu    []time.Duration // of each round, a page
	ratios []float64       // of each round, to the first contestant
	allocs uint64          // of the last round, a page
	bytes  uint64
}

// cost is CPU time and memory, up to now or in a stretch of time.
type cost struct {
	cpu           time.Duration
	allocs, bytes uint64
}

// contestants are what is measured: the first, which the others are compared
// with, and those whose name holds a text.
func contestants(only string) []*contestant {
	list := []*contestant{
		{name: "html.Parse", run: func(p *news.Page) { _, _ = html.Parse(bytes.NewReader(p.Body)) }},
		{name: "html.Tokenizer", run: tokenize},
		{name: "pressmill, to JSON", run: toJSON},
		{name: "pressmill, SHA-256 too", run: hashToJSON},
	}
	all := extractors()
	for _, name := range []string{"readeck", "go-shiori", "go-domdistiller", "go-trafilatura", "go-trafilatura+fallback"} {
		extract := all[name]
		list = append(list, &contestant{name: name, run: func(p *news.Page) { _, _ = extract(p) }})
	}
	first := list[0]
	return slices.DeleteFunc(list, func(c *contestant) bool { return c != first && !strings.Contains(c.name, only) })
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

// measure runs all contestants over the pages and prints the table.
func measure(w io.Writer, pages []corpus.Label, list []*contestant, rounds int) error {
	size := 0
	for round := range rounds + 1 { // the first warms up
		size = 0
		for batch := range slices.Chunk(pages, batchSize) {
			n, err := measureBatch(list, batch)
			if err != nil {
				return err
			}
			size += n
		}
		first := list[0].cost
		for _, c := range list {
			if round > 0 {
				c.endRound(first, len(pages))
			}
			c.cost = cost{}
		}
	}
	fmt.Fprintf(w, "%d pages of %.1f KB on average, one core, median of %d rounds\n\n", len(pages), float64(size)/1000/float64(len(pages)), rounds)
	fmt.Fprintf(w, "%-25s %12s %14s %12s %12s\n", "", "CPU a page", "to html.Parse", "allocations", "KB allocated")
	for _, c := range list {
		fmt.Fprintf(w, "%-25s %9.3f ms %14.2f %12d %12.1f\n", c.name, median(c.cpu).Seconds()*1000, median(c.ratios), c.allocs, float64(c.bytes)/1000)
	}
	return nil
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
	c.cpu = append(c.cpu, c.cost.cpu/time.Duration(pages))
	c.ratios = append(c.ratios, float64(c.cost.cpu)/float64(first.cpu))
	c.allocs, c.bytes = c.cost.allocs/uint64(pages), c.cost.bytes/uint64(pages)
}

func median[T float64 | time.Duration](list []T) T {
	slices.Sort(list)
	return list[len(list)/2]
}
