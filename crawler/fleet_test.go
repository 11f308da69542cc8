package crawler

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"go.uber.org/zap"

	"pressmill/pkg/bus"
	"pressmill/pkg/bus/embedded"
	"pressmill/pkg/logging"
)

// member is what a crawler process is told on the first line of its input.
type member struct {
	Name string
	Bus  bus.Config
	Cfg  Config
	Log  string // its log's file
	Home bool   // all names stand for the village
}

// runCrawler is the process of one crawler. It says when it is ready, and
// stops in good order when its input ends.
func runCrawler(stdin io.Reader, stdout io.Writer) error {
	in := bufio.NewReader(stdin)
	line, err := in.ReadBytes('\n')
	if err != nil {
		return err
	}
	var m member
	if err := json.Unmarshal(line, &m); err != nil {
		return err
	}
	out, err := os.Create(m.Log)
	if err != nil {
		return err
	}
	log, err := logging.New(logging.Config{}, "crawler", out, false)
	if err != nil {
		return err
	}
	b, err := bus.Connect(m.Bus, m.Name, log)
	if err != nil {
		return err
	}
	defer b.Close()
	c, err := New(m.Cfg, b, log, logging.NewStage(log, "crawler"))
	if err != nil {
		return err
	}
	if m.Home {
		c.transport = transportToHome(c)
	}
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		_, _ = io.Copy(io.Discard, in)
		cancel()
	}()
	fmt.Fprintln(stdout, "ready")
	return c.Run(ctx, func() {})
}

const (
	fleetHosts = 40
	fleetURLs  = 9
	fleetGap   = time.Second
	fleetWait  = 3 * time.Second // AckWait
)

// fleet is several crawler processes on one bus.
type fleet struct {
	*rig
	url     string
	dir     string
	sites   []*site
	serving sync.Map // address -> user agent of the request that is being answered
}

func newFleet(t *testing.T) *fleet {
	t.Helper()
	f := &fleet{dir: t.TempDir()}
	srv, err := embedded.Start(t.TempDir(), "127.0.0.1:0")
	must(t, err)
	t.Cleanup(srv.Stop)
	f.url = srv.URL()
	cfg := f.busConfig()
	b, err := bus.Connect(cfg, "test", zap.NewNop(), srv.Option())
	must(t, err)
	t.Cleanup(func() { b.Close() })
	must(t, b.Apply(t.Context()))
	f.rig = newRigOn(t, b)
	f.cfg.Delay, f.cfg.Slots = fleetGap, 2*fleetHosts
	var src Source
	for h := range fleetHosts {
		s := newSite(t)
		slow := func(w http.ResponseWriter, r *http.Request) { // some at any time are on the wire
			f.serving.Store(s.host(), r.UserAgent())
			time.Sleep(time.Duration(100+20*h) * time.Millisecond)
			f.serving.Delete(s.host())
			page()(w, r)
		}
		for i := range fleetURLs {
			s.on(fmt.Sprintf("/%d", i), slow)
			src.Seeds = append(src.Seeds, fmt.Sprintf("%s/%d", s.URL, i))
		}
		f.sites = append(f.sites, s)
	}
	f.enqueue(t, "c1", src)
	return f
}

func (f *fleet) busConfig() bus.Config {
	cfg := bus.Defaults()
	cfg.URL, cfg.AckWait = f.url, fleetWait
	return cfg
}

func (f *fleet) join(t *testing.T, name string) *process {
	t.Helper()
	m := member{Name: name, Bus: f.busConfig(), Cfg: f.cfg, Log: f.logOf(name)}
	m.Cfg.UserAgent = name + "/1.0"
	input, err := json.Marshal(m)
	must(t, err)
	p := startProcess(t, "crawler", string(input))
	p.line(t)
	return p
}

func (f *fleet) logOf(name string) string { return f.dir + "/" + name + ".log" }

// fetched returns the pages that a crawler was served by now, and when the
// first of these requests came.
func (f *fleet) fetched(name string) (n int, first time.Time) {
	for _, s := range f.sites {
		for _, r := range s.log() {
			if strings.HasPrefix(r.agent, name+"/") {
				if n++; first.IsZero() || r.start.Before(first) {
					first = r.start
				}
			}
		}
	}
	return n, first
}

// TestSeveralCrawlersShareABus runs up to four crawler processes; one is
// killed, another is frozen for longer than AckWait. Whatever happens to them,
// the sites see one request at a time with the gap between, and every URL is
// fetched.
func TestSeveralCrawlersShareABus(t *testing.T) {
	t.Parallel()
	f := newFleet(t)
	one := f.join(t, "one")
	eventually(t, 20*time.Second, "the first crawler works", func() bool { n, _ := f.fetched("one"); return n >= 5*fleetHosts/2 })
	two := f.join(t, "two")
	f.takesUp(t, "two", time.Now())
	f.join(t, "three")
	f.takesUp(t, "three", time.Now())
	f.join(t, "four")
	f.takesUp(t, "four", time.Now())

	eventually(t, 20*time.Second, "two has requests on the wire", func() bool { return f.isServed("two") })
	must(t, two.Signal(syscall.SIGSTOP))
	one.kill()
	killed := time.Now()
	for _, s := range f.sites {
		eventually(t, 30*time.Second, s.host()+" goes on after its crawler was killed", func() bool {
			reqs := s.log()
			return len(reqs) > fleetURLs || reqs[len(reqs)-1].start.After(killed)
		})
	}
	time.Sleep(time.Until(killed.Add(fleetWait + fleetGap)))
	woken := time.Now()
	must(t, two.Signal(syscall.SIGCONT))
	eventually(t, 60*time.Second, "nothing waits", func() bool {
		s := f.state(t)
		return s.Hosts == 0 && s.Frontier == 0 && s.Pages == 0
	})
	eventually(t, 10*time.Second, "the frozen crawler finds itself fenced", func() bool {
		log, err := os.ReadFile(f.logOf("two"))
		must(t, err)
		return strings.Contains(string(log), logging.HostFenced)
	})
	for _, name := range []string{"one", "two", "three", "four"} {
		n, _ := f.fetched(name)
		t.Logf("%s: %d requests", name, n)
	}
	// What was on the wire already no protocol takes back.
	excused := 0
	late := func(r request) bool {
		return strings.HasPrefix(r.agent, "two/") && r.start.After(woken) && r.start.Sub(woken) < fleetWait
	}
	for _, s := range f.sites {
		excused += s.keepsTurns(t, fleetGap, late)
		for i := range fleetURLs {
			f.page(t, fmt.Sprintf("%s/%d", s.URL, i))
		}
	}
	if excused > 3 {
		t.Errorf("the frozen crawler sent %d requests as soon as it was woken", excused)
	}
}

// isServed says whether a request of a crawler is being answered.
func (f *fleet) isServed(name string) (yes bool) {
	f.serving.Range(func(_, agent any) bool {
		yes = strings.HasPrefix(agent.(string), name+"/")
		return !yes
	})
	return yes
}

// takesUp waits until a crawler that has joined works, and says how soon it did.
func (f *fleet) takesUp(t *testing.T, name string, joined time.Time) {
	t.Helper()
	eventually(t, 10*time.Second, name+" takes up work", func() bool { n, _ := f.fetched(name); return n > 0 })
	_, first := f.fetched(name)
	time.Sleep(time.Until(joined.Add(time.Second)))
	n, _ := f.fetched(name)
	t.Logf("%s: first request %s after it joined, %d in the first second", name, max(0, first.Sub(joined)).Round(time.Millisecond), n)
}

// keepsTurns checks the gaps of all requests, also where two overlap. It leaves
// out a request that breaks one and is excused, and returns how many these were.
func (s *site) keepsTurns(t *testing.T, gap time.Duration, excused func(request) bool) (left int) {
	t.Helper()
	reqs := s.log()
	slices.SortFunc(reqs, func(a, b request) int { return a.start.Compare(b.start) })
	for i := 1; i < len(reqs); i++ {
		got := reqs[i].start.Sub(reqs[i-1].end)
		if got >= gap {
			continue
		}
		for _, k := range []int{i, i - 1} {
			if excused(reqs[k]) {
				reqs = slices.Delete(reqs, k, k+1)
				left++
				i = max(0, k-1)
				break
			}
			if k == i-1 {
				t.Errorf("%s: %s by %s came %s after %s by %s, want at least %s", s.host(), reqs[i].path, reqs[i].agent, got, reqs[i-1].path, reqs[i-1].agent, gap)
			}
		}
	}
	return left
}
