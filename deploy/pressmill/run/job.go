package run

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"pressmill/crawler"
	"pressmill/parser"
	"pressmill/pkg/bus"
	"pressmill/pkg/config"
	"pressmill/pkg/logging"
	"pressmill/pkg/worker"
	"pressmill/sink"
	"pressmill/sink/segment"
	"pressmill/sink/store"
)

// job is what `pressmill run` was asked to do.
type job struct {
	data, out, listen, pprof string
	once                     bool
	sources                  []crawler.Source

	log     logging.Config
	bus     bus.Config
	crawler crawler.Config
	parser  parser.Config
	sinks   []sink.Config
}

// Sources returns the sources of a configuration that is right as one of a
// single process; path may be empty.
func Sources(path string) ([]crawler.Source, error) {
	j, err := loadJob(path)
	if err != nil {
		return nil, err
	}
	return j.sources, nil
}

// loadJob decodes a configuration over the defaults of a single process.
func loadJob(path string) (*job, error) {
	file, err := config.Load(path)
	if err != nil {
		return nil, err
	}
	j := &job{bus: bus.Defaults(), crawler: crawler.Defaults()}
	j.bus.AckWait = 30 * time.Second
	var errs []error
	decode := func(section string, into any) { errs = append(errs, file.Decode(section, into)) }
	decode("bus", &j.bus)
	decode("log", &j.log)
	decode("crawler", &j.crawler)
	decode("parser", &j.parser)
	decode("sinks", &j.sinks)
	decode("sources", &j.sources)
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	ids := map[string]bool{}
	for i := range j.sources {
		s := &j.sources[i]
		errs = append(errs, s.Normalise())
		if ids[s.ID] { // the later one would replace the other
			errs = append(errs, fmt.Errorf("source %q stands twice; give each an id of its own", s.ID))
		}
		ids[s.ID] = true
	}
	if err := errors.Join(errs...); err != nil {
		return nil, worker.Usagef("%v", err)
	}
	return j, nil
}

func (j *job) setOut(out string) error {
	if out == "" && len(j.sinks) > 0 {
		j.out = j.sinks[0].URL
		return nil
	}
	if out == "" {
		out = "out"
	}
	out, err := store.URL(out)
	if err != nil {
		return err
	}
	cfg := sink.Config{URL: out}.Defaults()
	if err := cfg.Validate(); err != nil {
		return worker.Usagef("-out: %v", err)
	}
	j.out, j.sinks = out, []sink.Config{cfg}
	return nil
}

// setArchive adds an archive to the sinks, if one is named, and has the bus
// hold pages while there is any.
func (j *job) setArchive(to string) error {
	if to != "" {
		to, err := store.URL(to)
		if err != nil {
			return err
		}
		cfg := sink.Config{Format: segment.WARC, URL: to}.Defaults()
		if err := cfg.Validate(); err != nil {
			return worker.Usagef("-archive: %v", err)
		}
		j.sinks = append(j.sinks, cfg)
	}
	for i, c := range j.sinks {
		j.sinks[i] = c.Defaults()
	}
	j.bus.Archive = slices.ContainsFunc(j.sinks, sink.Config.Archives)
	if err := sink.Check(j.sinks, j.bus); err != nil {
		return worker.Usagef("%v", err)
	}
	return nil
}

// readSeeds reads a URL per line. A line that is no URL is named and left out:
// a list of thousands should not fail for one.
func readSeeds(path string, stdin io.Reader, stderr io.Writer) ([]string, error) {
	var (
		data []byte
		err  error
	)
	if path == "-" {
		data, err = io.ReadAll(stdin)
	} else {
		data, err = os.ReadFile(path)
	}
	if err != nil {
		return nil, worker.Usagef("read -seeds: %v", err)
	}
	var urls []string
	n := 0
	for line := range strings.Lines(string(data)) {
		n++
		if line = strings.TrimSpace(line); line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		if _, err := crawler.ParseSeed(line); err != nil {
			fmt.Fprintf(stderr, "%s:%d: left out %q: %v\n", path, n, line, err)
			continue
		}
		urls = append(urls, line)
	}
	return urls, nil
}

// shownSources bounds the line that shows the configuration, and the seeds that
// it shows of each source: of thousands it would be longer than what stores of
// logs take, and take hundreds of megabytes to make.
const shownSources = 100

// sections is the configuration as the log shows it. Of many sources, and many
// seeds, it has the first, and left_out tells how many more there are.
func (j *job) sections() map[string]any {
	shown := slices.Clone(j.sources[:min(shownSources, len(j.sources))])
	seeds := 0
	for i := range shown {
		if n := len(shown[i].Seeds); n > shownSources {
			shown[i].Seeds = shown[i].Seeds[:shownSources]
			seeds += n - shownSources
		}
	}
	sections := map[string]any{"log": j.log.Settled(), "bus": j.bus, "crawler": j.crawler, "parser": j.parser, "sinks": j.sinks, "sources": shown}
	if sources := len(j.sources) - len(shown); sources+seeds > 0 {
		sections["left_out"] = map[string]int{"sources": sources, "seeds_of_the_others": seeds}
	}
	return sections
}
