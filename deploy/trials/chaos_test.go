//go:build linux

package trials_test

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"pressmill/sink/store/storetest"
)

const (
	envBin       = "PRESSMILL_TRIALS"    // the folder of the binaries; without it the test is skipped
	envArtifacts = "PRESSMILL_ARTIFACTS" // where logs and the report are kept
)

// settings say how much is done.
type settings struct {
	seed            uint64
	hosts, articles int
	faults          int // of each kind
	kinds           []string
	spell           time.Duration // over which they are spread
	delay, ackWait  time.Duration
	revisit         time.Duration // when articles of the hosts that revise them are looked at again,
	revisitAll      bool          // or those of all hosts
	publish         time.Duration // between two articles of a host; 0: all are there at once
	busKeys         string        // further ones of the sections of the configuration,
	crawlerKeys     string        // each behind a comma
	bin, artifacts  string
	leftOut         []string // which kinds, and why
}

func TestMain(m *testing.M) {
	if group := os.Getenv(envGroup); group != "" {
		fmt.Fprintln(os.Stderr, runAsGroup(group, os.Args[1:]))
		os.Exit(1)
	}
	if os.Getenv(envInside) == attempt {
		if err := enter(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	flag.Uint64("seed", 1, "of the plan of faults and of the site")
	flag.Int("hosts", 0, "of the site (default 500, short 24)")
	flag.Int("articles", 0, "of all hosts (default 20000, short 144)")
	flag.Int("faults", -1, "of each kind (default 30, short 3)")
	flag.String("kinds", strings.Join(kinds(), ","), "of faults")
	flag.Duration("spell", 0, "over which the faults are spread (default 15m, short 30s)")
	flag.Duration("for", time.Hour, "how long a soak lasts")
	flag.Duration("delay", 0, "between requests to a host (default 10s, short 1.5s)")
	os.Exit(m.Run())
}

// setting is the value of a flag.
func setting[T any](name string) T {
	return flag.Lookup(name).Value.(flag.Getter).Get().(T) //nolint:forcetypeassert // as TestMain has it
}

// or is a value that is set, or else the default of the form that is run.
func or[T comparable](value, unset, full, short T) T {
	switch {
	case value != unset:
		return value
	case testing.Short():
		return short
	}
	return full
}

// newSettings leaves out the kinds of faults that cannot be injected here, as
// something is lacking.
func newSettings(t *testing.T, lacking string) settings {
	s := settings{
		seed: setting[uint64]("seed"), kinds: strings.Split(setting[string]("kinds"), ","),
		hosts:    or(setting[int]("hosts"), 0, 500, 24),
		articles: or(setting[int]("articles"), 0, 20_000, 144),
		faults:   or(setting[int]("faults"), -1, 30, 3),
		spell:    or(setting[time.Duration]("spell"), 0, 15*time.Minute, 30*time.Second),
		delay:    or(setting[time.Duration]("delay"), 0, 10*time.Second, 1500*time.Millisecond),
		ackWait:  or(0, 0, ackWait, ackWait/2),
		revisit:  or(0, 0, 5*time.Minute, 20*time.Second),
		bin:      os.Getenv(envBin), artifacts: os.Getenv(envArtifacts),
	}
	for _, kind := range s.kinds {
		if !slices.Contains(kinds(), kind) {
			t.Fatalf("-kinds %s: it is one of %s", kind, strings.Join(kinds(), ", "))
		}
	}
	if s.artifacts == "" {
		s.artifacts = t.TempDir()
	}
	if lacking != "" {
		s.leaveOut(lacking, kindCut, kindDisk)
	}
	if os.Getenv(storetest.EnvServers) == "" {
		s.leaveOut("an S3 server, which `make conformance` builds", kindStore)
	}
	return s
}

// leaveOut leaves out kinds of faults, those of them that were to be injected.
func (s *settings) leaveOut(lacking string, which ...string) {
	var out []string
	s.kinds = slices.DeleteFunc(s.kinds, func(kind string) bool {
		if slices.Contains(which, kind) {
			out = append(out, kind)
			return true
		}
		return false
	})
	if len(out) > 0 {
		s.leftOut = append(s.leftOut, fmt.Sprintf("not injected: %s, which takes %s", strings.Join(out, ", "), lacking))
	}
}

// TestChaos crawls a local web with a cluster of processes while faults are
// injected, and wants every article once in each sink, manners kept, and nothing
// given up but what is poison.
func TestChaos(t *testing.T) {
	if os.Getenv(envBin) == "" {
		t.Skip("needs binaries and time: make chaos")
	}
	here, lacking := inNamespaces(t)
	if !here {
		return
	}
	r := start(t, newSettings(t, lacking))
	report := r.newReport()
	done := r.disturbAll(plan(r.seed, r.faults, r.spell, r.ackWait, r.kinds))
	complete := r.awaitAll()
	report.throughput()
	r.stopWorkers()
	r.judge(report, done, complete)
	report.write(done)
}

// disturbAll crawls and injects the faults, each at its time unless its target
// has not recovered from another, and returns when all targets have recovered.
func (r *rig) disturbAll(all []fault) (done []*injection) {
	r.began = time.Now()
	first := &injection{}
	r.must(r.applySeeds(first))
	for _, what := range r.leftOut {
		r.Log(what)
	}
	r.Logf("%d hosts, %d articles; %d faults within %s, seed %d", r.hosts, r.articles, len(all), r.spell, r.seed)
	stop := r.sayProgress()
	defer stop()
	var mu sync.Mutex
	var wg sync.WaitGroup
	for i := range all {
		time.Sleep(time.Until(r.began.Add(all[i].At)))
		wg.Go(func() {
			in := r.inject(all[i])
			r.Log(in.text(r.began))
			mu.Lock()
			defer mu.Unlock()
			done = append(done, in)
		})
	}
	wg.Wait()
	slices.SortFunc(done, func(a, b *injection) int { return a.Began.Compare(b.Began) })
	return done
}

// sayProgress says every 15 s how far the crawl is.
func (r *rig) sayProgress() (stop func()) {
	end := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			select {
			case <-end:
				return
			case <-time.After(15 * time.Second):
			}
			r.Logf("%4.0f s: %s", time.Since(r.began).Seconds(), r.state())
		}
	})
	return func() { close(end); wg.Wait() }
}

func (r *rig) state() string {
	state, err := r.bus.State(r.Context())
	if err != nil {
		return fmt.Sprintf("the servers do not answer: %v", err)
	}
	return fmt.Sprintf("%d requests, %d URLs wait, %d pages wait, %d articles, %d dead letters",
		len(r.site.Requests()), state.Frontier, state.Pages, state.Articles, state.DeadLetters)
}

// limit is how long the crawl may take without faults, and longer.
func (r *rig) limit() time.Duration {
	requests := r.articles/r.hosts + 12
	return 2*(time.Duration(requests)*r.delay+r.spell) + 3*time.Minute
}
