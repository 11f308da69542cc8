package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/google/pprof/profile"
)

// takeProfile asks a process that is about to start for its CPU profile until it ends.
func takeProfile(ctx context.Context, addr string) (*profile.Profile, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+addr+"/debug/pprof/profile?seconds=86400", http.NoBody)
	if err != nil {
		return nil, err
	}
	for {
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			select {
			case <-ctx.Done():
				return nil, err
			case <-time.After(5 * time.Millisecond): // it does not listen yet
				continue
			}
		}
		defer resp.Body.Close()
		data, err := io.ReadAll(resp.Body)
		if err != nil {
			return nil, fmt.Errorf("read profile: %w", err)
		}
		p, err := profile.ParseData(data)
		if err != nil {
			return nil, fmt.Errorf("read profile: %w: %.200s", err, data)
		}
		return p, nil
	}
}

// The parts of the pipeline in one process, beside its stages.
const (
	natsServer = "NATS server"
	natsClient = "NATS client"
	collector  = "garbage collection"
	scheduler  = "scheduling"
	rest       = "start, summaries"
)

func stageNames() []string { return []string{"crawler", "parser", "sink"} }

// partNames are all parts, in the order of the flow.
func partNames() []string {
	return append(stageNames(), natsServer, natsClient, collector, scheduler, rest)
}

// cost is what a part of the pipeline takes.
type cost struct {
	name string
	cpu  time.Duration
	flat map[string]time.Duration // by function: in it, and in what it had Go's runtime and the system do
	cum  map[string]time.Duration // by function: in it and in all that it called
}

func (c *cost) perPage(pages int) float64 { return ms(c.cpu) / float64(pages) }

// costsOf tells samples apart by the part that they belong to.
func costsOf(p *profile.Profile) (costs []*cost) {
	at := slices.IndexFunc(p.SampleType, func(t *profile.ValueType) bool { return t.Type == "cpu" })
	byName := map[string]*cost{}
	for _, name := range partNames() {
		c := &cost{name: name, flat: map[string]time.Duration{}, cum: map[string]time.Duration{}}
		byName[name] = c
		costs = append(costs, c)
	}
	for _, s := range p.Sample {
		stack := functionsOf(s)
		c, took := byName[partOf(s, stack)], time.Duration(s.Value[at])
		c.cpu += took
		c.flat[culprit(stack)] += took
		slices.Sort(stack)
		for _, fn := range slices.Compact(stack) { // one that calls itself is there more often
			c.cum[fn] += took
		}
	}
	return costs
}

// functionsOf are those of a sample's stack, from the one that was running down
// to the goroutine's first.
func functionsOf(s *profile.Sample) (stack []string) {
	for _, l := range s.Location {
		for _, line := range l.Line {
			stack = append(stack, strings.ReplaceAll(line.Function.Name, "%2e", "."))
		}
	}
	if len(stack) == 0 {
		return []string{"unknown"} // a sample that was taken where no stack could be read
	}
	return stack
}

// partOf is the part that a sample belongs to: goroutines of stages have labels,
// others are known by what they run.
func partOf(s *profile.Sample, stack []string) string {
	runs := func(prefixes ...string) bool {
		return slices.ContainsFunc(stack, func(fn string) bool {
			return slices.ContainsFunc(prefixes, func(p string) bool { return strings.HasPrefix(fn, p) })
		})
	}
	stage := s.Label["stage"]
	switch {
	case runs("github.com/nats-io/nats-server/"):
		return natsServer // what a connection starts in it has the label of who connects
	case len(stage) == 1 && slices.Contains(stageNames(), stage[0]):
		return stage[0]
	case runs("github.com/nats-io/nats.go"):
		return natsClient // its connection is shared by the stages
	case runs("runtime.gcBgMarkWorker", "runtime.bgsweep", "runtime.bgscavenge"):
		return collector
	case runs("runtime.main", "main.", "pressmill/"):
		return rest
	}
	return scheduler
}

// culprit is the function of a stack that had the runtime or the system do what
// was running; without one it is what was running.
func culprit(stack []string) string {
	i := slices.IndexFunc(stack, func(fn string) bool {
		slash := strings.LastIndexByte(fn, '/') + 1
		name, _, qualified := strings.Cut(fn[slash:], ".")
		switch pkg := fn[:slash] + name; {
		case !qualified: // assembly, as memeqbody
		case pkg == "runtime", pkg == "syscall", pkg == "sync", pkg == "os", strings.HasPrefix(pkg, "internal/"), strings.HasPrefix(pkg, "sync/"):
		default:
			return true
		}
		return false
	})
	return stack[max(i, 0)]
}
