package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"text/tabwriter"
	"time"

	"gonum.org/v1/plot/plotter"

	"pressmill/pkg/freeport"
	"pressmill/pkg/logging"
	"pressmill/pkg/news"
)

func latencyExperiment() experiment {
	return experiment{
		name:  "latency",
		short: "from a story's appearance in a feed to its article in an object, under load",
		long: `Serves feeds on many hosts of 127.0.0.1, has "pressmill run" poll them on one core, and
publishes stories in them: a few on each of the quiet hosts, which are looked at, and on
all the others as many as keep that core as busy as -levels say. An article has arrived when
it was read out of an object in the folder of the sink. The hosts' gap, the polls' interval
and the age of batches are waits that the configuration asks for; what is left is the
pipeline's own part.`,
		flags: func(fs *flag.FlagSet) func(context.Context, options, []string) error {
			l := latency{levels: []int{50, 90}}
			fs.Func("levels", "`PERCENT` of one core that the pipeline is kept busy, separated by commas (default 50,90)", func(s string) (err error) {
				l.levels, err = parseNumbers(s)
				return err
			})
			fs.IntVar(&l.hosts, "hosts", 1200, "hosts with a feed each")
			fs.IntVar(&l.quiet, "quiet", 300, "hosts of these whose stories are looked at")
			fs.DurationVar(&l.poll, "poll", 5*time.Second, "interval between looks at a feed")
			fs.DurationVar(&l.delay, "delay", time.Second, "least gap between requests to one host")
			fs.DurationVar(&l.maxAge, "max-age", time.Second, "age at which a batch of articles becomes an object")
			fs.DurationVar(&l.window, "window", 15*time.Second, "how long stories that appear at a level are looked at")
			return l.run
		},
	}
}

// unleveled is the level of stories that are no part of the measurement.
const unleveled = -1

// sourceWaves is in how many parts the sources are made known.
const sourceWaves = 5

type latency struct {
	levels              []int
	hosts, quiet        int
	poll, delay, maxAge time.Duration
	window              time.Duration
}

// config is what somebody writes who needs news soon.
func (l *latency) config(out string, sources string) string {
	return fmt.Sprintf(`crawler:
  contact: bench@pressmill.example
  delay: %s
  poll: %s
  poll_min: %s
  poll_max: %s
  allow_private: [127.0.0.1/32]
sinks:
  - {url: "file://%s", max_age: %s}
%s`, l.delay, l.poll, l.poll, l.poll, out, l.maxAge, sources)
}

// waves are the sources of so many hosts after another: as sources that were not
// all made known at the same moment are not all looked at in the same moment.
func (s *newsroom) waves(n int) (sections []string) {
	for wave := range n {
		b := []byte("sources:\n")
		for i := wave; i < len(s.origins); i += n {
			b = fmt.Appendf(b, "  - {id: paper-%d, depth: 0, seeds: [%s/feed]}\n", i, s.origins[i])
		}
		sections = append(sections, string(b))
	}
	return sections
}

func (l *latency) run(ctx context.Context, o options, args []string) error {
	switch {
	case len(args) > 0:
		return fmt.Errorf("latency makes its own stories, and takes no %q", args[0])
	case l.quiet >= l.hosts || l.quiet < 1:
		return fmt.Errorf("-quiet %d is not between 1 and -hosts %d", l.quiet, l.hosts)
	case runtime.GOOS != "linux":
		return errors.New("latency needs Linux, whose /proc tells how busy a process is")
	}
	room, err := openNewsroom(ctx, l.hosts)
	if err != nil {
		return err
	}
	defer room.close()
	dir, err := os.MkdirTemp("", "bench-")
	if err != nil {
		return fmt.Errorf("make folder: %w", err)
	}
	defer os.RemoveAll(dir)
	out, config := filepath.Join(dir, "out"), filepath.Join(dir, "config.yaml")
	waves := room.waves(sourceWaves)
	if err := os.WriteFile(config, []byte(l.config(out, waves[0])), 0o600); err != nil {
		return fmt.Errorf("write configuration: %w", err)
	}
	addr, err := freeport.Address()
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil) // ends what an error left running
	cmd := exec.CommandContext(ctx, filepath.Join(o.bin, "pressmill"), "run", "-config", config, "-data", filepath.Join(dir, "data"), "-listen", addr)
	cmd.Env = append(os.Environ(), "GOMAXPROCS=1")
	pressmill, err := startCommand(cmd, room.note)
	if err != nil {
		return err
	}
	defer func() { cancel(nil); <-pressmill.ended }() // after an error too it writes no more when its folder goes
	if err := pressmill.await(ctx); err != nil {
		return err
	}
	measured, readers := make(chan struct{}), make(chan struct{})
	go func() {
		select {
		case <-measured:
		case <-pressmill.ended:
			cancel(fmt.Errorf("pressmill ended: %s", pressmill.said.text))
		}
	}()
	go func() {
		defer close(readers)
		if err := room.readObjects(ctx, filepath.Join(out, "articles")); err != nil {
			cancel(err)
		}
	}()
	for _, wave := range waves[1:] {
		if err := sleep(ctx, l.poll/sourceWaves); err != nil {
			return err
		}
		if err := os.WriteFile(config, fmt.Appendf(nil, "bus: {url: \"nats://%s\"}\n%s", addr, wave), 0o600); err != nil {
			return fmt.Errorf("write sources: %w", err)
		}
		if said, err := exec.CommandContext(ctx, filepath.Join(o.bin, "pressmill"), "sources", "apply", "-config", config).CombinedOutput(); err != nil {
			return fmt.Errorf("apply sources: %w: %s", err, said)
		}
	}
	courses, err := l.measure(ctx, room, cmd.Process.Pid)
	close(measured)
	if err != nil {
		return err
	}
	if _, err := pressmill.stop(); err != nil {
		return err
	}
	cancel(nil)
	<-readers
	if err := l.print(o, courses); err != nil || o.plots == "" {
		return err
	}
	return save(o.plots, "latency", 2, l.panels(courses)...)
}

// course is how stories went at one level.
type course struct {
	level int
	rate  float64 // stories a second, of all hosts
	busy  float64 // seconds of a processor that the pipeline took in a second
	held  float64 // and for which it was ready to run while others had it
	items []item
}

// name is the level as it turned out.
func (c course) name() string { return fmt.Sprintf("%.0f %% busy", 100*(c.busy+c.held)) }

// measure finds out what a story costs, and has stories appear at each level.
func (l *latency) measure(ctx context.Context, room *newsroom, pid int) ([]course, error) {
	for !room.allLooked() {
		if err := sleep(ctx, 50*time.Millisecond); err != nil {
			return nil, err
		}
	}
	d := newDesk(room, l.quiet, 5*l.poll/2)
	// What polls take, and what a story takes besides. Where others want the
	// processor too, the time for which they have it is part of the price.
	price := func(rate float64, long time.Duration) (float64, error) {
		busy, held, err := l.phase(ctx, d, pid, unleveled, rate, false, long)
		return busy + held, err
	}
	idle, err := price(-1, l.poll)
	if err != nil {
		return nil, err
	}
	trial := float64(l.hosts-l.quiet) / l.poll.Seconds()
	if _, err := price(trial, l.poll/2); err != nil { // until it has reached all stages
		return nil, err
	}
	both, err := price(trial, l.poll)
	if err != nil {
		return nil, err
	}
	quiet := float64(l.quiet) / d.period.Seconds()
	story := max((both-idle)/(trial+quiet), 1e-5)
	var courses []course
	for _, level := range l.levels {
		c, err := l.at(ctx, d, pid, level, idle, (float64(level)/100-idle)/story)
		if err != nil {
			return nil, err
		}
		courses = append(courses, c)
	}
	deadline := time.Now().Add(time.Minute)
	for i := range courses {
		for room.unread(courses[i].level) > 0 {
			if time.Now().After(deadline) {
				return nil, fmt.Errorf("the pipeline does not keep up: %d stories have not come out", room.unread(courses[i].level))
			}
			if err := sleep(ctx, 50*time.Millisecond); err != nil {
				return nil, err
			}
		}
		courses[i].items = room.counted(courses[i].level)
	}
	return courses, nil
}

// at has stories appear at a level, beginning with so many a second, and looks
// at those of a part of that time.
func (l *latency) at(ctx context.Context, d *desk, pid, level int, idle, rate float64) (c course, err error) {
	c = course{level: level, rate: rate}
	quiet := float64(l.quiet) / d.period.Seconds()
	settle := l.poll + 2*l.delay // until the load has reached all stages, and until the stories that count have
	for _, part := range []struct {
		adjusts, counts bool
		long            time.Duration
	}{{true, false, settle}, {false, false, settle / 2}, {false, true, l.window}, {false, false, settle}} {
		// A host that is asked all the time would have stories wait for each other.
		most := quiet + (0.9/l.gap().Seconds()-1/l.poll.Seconds())*float64(l.hosts-l.quiet)
		c.rate = max(quiet, min(c.rate, most))
		busy, held, err := l.phase(ctx, d, pid, level, c.rate-quiet, part.counts, part.long)
		switch {
		case err != nil:
			return c, err
		case part.adjusts && busy+held > idle: // more stories at a time are cheaper
			c.rate *= min(1.5, (float64(level)/100-idle)/(busy+held-idle))
		case part.counts:
			c.busy, c.held = busy, held
		}
	}
	return c, nil
}

// phase has stories appear for some time, or nothing at all at a rate below 0,
// and returns what the process took and wanted of a second.
func (l *latency) phase(ctx context.Context, d *desk, pid, level int, rate float64, counts bool, long time.Duration) (busy, held float64, err error) {
	before, err := demandOf(pid)
	if err != nil {
		return 0, 0, err
	}
	begun := time.Now()
	if rate < 0 {
		err = sleep(ctx, long)
	} else {
		err = d.work(ctx, begun.Add(long), level, rate, counts)
	}
	if err != nil {
		return 0, 0, err
	}
	after, err := demandOf(pid)
	wall := time.Since(begun).Seconds()
	return (after.had - before.had).Seconds() / wall, (after.wanted - before.wanted).Seconds() / wall, err
}

func sleep(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-time.After(d):
		return nil
	}
}

// demand is the time for which a process had a processor, and for which it was
// ready to run and others had it, summed up over its threads.
type demand struct{ had, wanted time.Duration }

// demandOf is that of a process so far; see schedstat in proc(5). Threads that
// have ended are not counted; Go's seldom do.
func demandOf(pid int) (d demand, err error) {
	threads, err := filepath.Glob("/proc/" + strconv.Itoa(pid) + "/task/*/schedstat")
	if err != nil || len(threads) == 0 {
		return d, fmt.Errorf("read the processor time of %d: %w", pid, cmp.Or(err, fs.ErrNotExist))
	}
	for _, path := range threads {
		stat, err := os.ReadFile(path)
		if err != nil {
			continue // it ended just now
		}
		var had, wanted int64
		if _, err := fmt.Sscan(string(stat), &had, &wanted); err != nil {
			return d, fmt.Errorf("read %s: %w", path, err)
		}
		d.had += time.Duration(had)
		d.wanted += time.Duration(wanted)
	}
	return d, nil
}

// note notes what a line of the log tells of a story.
func (s *newsroom) note(l line) {
	back := func(ms float64) time.Time { return l.Time.Add(-milliseconds(ms)) }
	switch l.Event {
	case logging.ParseDone:
		s.with(l.URL, func(it *item, _ int) {
			it.parsed, it.parseTook, it.pageAt = l.Time, milliseconds(l.Took), back(l.Took+l.Waited)
		})
	case logging.ArticleWritten:
		s.with(l.URL, func(it *item, _ int) { it.storedAt, it.key = back(l.Waited), l.Key })
	case logging.SegmentCommitted:
		s.mu.Lock()
		defer s.mu.Unlock()
		s.puts[l.Key] = milliseconds(l.Took)
	}
}

// readObjects reads every object as soon as it is there, until ctx is cancelled.
func (s *newsroom) readObjects(ctx context.Context, dir string) error {
	had := map[string]bool{}
	for sleep(ctx, 10*time.Millisecond) == nil {
		err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
			if errors.Is(err, fs.ErrNotExist) {
				return nil
			}
			if err != nil || entry.IsDir() || had[path] {
				return err
			}
			had[path] = true
			return readArticles(path, func(a *news.Article) error {
				s.with(a.URL.Requested, func(it *item, _ int) {
					if it.read.IsZero() {
						it.read = time.Now()
					}
				})
				return nil
			})
		})
		if err != nil {
			return fmt.Errorf("read objects: %w", err)
		}
	}
	return nil
}

// leg is a part of a story's way.
type leg struct {
	name  string
	asked bool // for, by the configuration
	took  func(l *latency, it *item) time.Duration
}

func (l *latency) gap() time.Duration { return l.delay + l.delay/10 }

// legs are all parts of the way; their sum is the whole.
func legs() []leg {
	batch := func(l *latency, it *item) time.Duration {
		return min(l.maxAge, max(0, it.read.Sub(it.storedAt)-it.putTook))
	}
	return []leg{
		{"until its feed is looked at", true, func(_ *latency, it *item) time.Duration { return it.listed.Sub(it.appeared) }},
		{"the host's gap", true, func(l *latency, it *item) time.Duration { return min(l.gap(), it.asked.Sub(it.listed)) }},
		{"longer than the gap", false, func(l *latency, it *item) time.Duration { return max(0, it.asked.Sub(it.listed)-l.gap()) }},
		{"fetch, page onto the bus", false, func(_ *latency, it *item) time.Duration { return it.pageAt.Sub(it.asked) }},
		{"page waits for a parser", false, func(_ *latency, it *item) time.Duration { return it.parsed.Add(-it.parseTook).Sub(it.pageAt) }},
		{"parse, article onto the bus", false, func(_ *latency, it *item) time.Duration { return it.storedAt.Sub(it.parsed.Add(-it.parseTook)) }},
		{"the batch's age", true, batch},
		{"object written, found and read", false, func(l *latency, it *item) time.Duration { return it.read.Sub(it.storedAt) - batch(l, it) }},
	}
}

func whole(it *item) time.Duration { return it.read.Sub(it.appeared) }

// own is the part of the way that no configuration asks for.
func (l *latency) own(it *item) (d time.Duration) {
	for _, s := range legs() {
		if !s.asked {
			d += s.took(l, it)
		}
	}
	return d
}

// durations are those of all items, from the shortest on.
func durations(items []item, of func(*item) time.Duration) []time.Duration {
	all := make([]time.Duration, len(items))
	for i := range items {
		all[i] = of(&items[i])
	}
	slices.Sort(all)
	return all
}

// quantile is the duration that a part of all stay at or below.
func quantile(sorted []time.Duration, part float64) time.Duration {
	return sorted[max(0, min(len(sorted)-1, int(part*float64(len(sorted))+0.999999)-1))]
}

func (l *latency) print(o options, courses []course) error {
	fmt.Fprintf(o.out, "%d hosts; polls every %s, a gap of %s, batches of %s; one core\n", l.hosts, l.poll, l.delay, l.maxAge)
	fmt.Fprintf(o.out, "so that on average %s of the way are waits that the configuration asks for\n\n", (l.poll/2 + l.gap() + l.maxAge/2).Round(10*time.Millisecond))
	out := tabwriter.NewWriter(o.out, 0, 0, 2, ' ', tabwriter.AlignRight)
	head, load, core, found := "", "stories a second\t", "% of a core, + held up by others\t", "stories looked at\t"
	for _, c := range courses {
		head += c.name() + "\tp99\t"
		load += fmt.Sprintf("%.0f\t\t", c.rate)
		core += fmt.Sprintf("%.0f\t+%.0f\t", 100*c.busy, 100*c.held)
		found += fmt.Sprintf("%d\t\t", len(c.items))
	}
	fmt.Fprintf(out, "ms\t%s\n%s\n%s\n%s\n", head, load, core, found)
	row := func(name string, of func(*item) time.Duration) {
		fmt.Fprintf(out, "%s\t", name)
		for _, c := range courses {
			all := durations(c.items, of)
			fmt.Fprintf(out, "%.1f\t%.1f\t", ms(quantile(all, 0.5)), ms(quantile(all, 0.99)))
		}
		fmt.Fprintln(out)
	}
	row("from feed to object", whole)
	row("the pipeline's own part", l.own)
	for _, s := range legs() {
		name := s.name
		if s.asked {
			name = "(" + name + ")"
		}
		row(name, func(it *item) time.Duration { return s.took(l, it) })
	}
	return out.Flush()
}

func (l *latency) panels(courses []course) []panel {
	all := lines{title: "From appearance in a feed to the object", unit: "seconds that so many percent of the articles took at most", x: "percent"}
	own := lines{title: "The pipeline's own part of it", unit: "milliseconds, all but the waits that are configured", x: "percent"}
	for _, c := range courses {
		name := c.name()
		all.series = append(all.series, series{name, curve(durations(c.items, whole), time.Second), false})
		own.series = append(own.series, series{name, curve(durations(c.items, l.own), time.Millisecond), false})
	}
	return []panel{all, own}
}

// curve has the quantiles from 1 to 99 percent.
func curve(sorted []time.Duration, unit time.Duration) (xys plotter.XYs) {
	for percent := 1; percent <= 99; percent++ {
		xys = append(xys, plotter.XY{X: float64(percent), Y: float64(quantile(sorted, float64(percent)/100)) / float64(unit)})
	}
	return xys
}
