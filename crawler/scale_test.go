package crawler

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"slices"
	"sync"
	"testing"
	"time"

	"go.uber.org/zap"

	"pressmill/crawler/fetch"
	"pressmill/pkg/bus"
	"pressmill/pkg/bus/embedded"
	"pressmill/pkg/logging"
	"pressmill/pkg/race"
)

// world is how much a crawler process has to cope with.
type world struct {
	hosts, urls int // so many hosts with so many URLs each
	big         int // and one with so many
	gap         time.Duration
	within      time.Duration // until every host has got a page
	memory      int64         // bound of the crawler's memory in bytes
}

// TestEveryHostIsServedBesideABigOne is the small form of the test of scale.
func TestEveryHostIsServedBesideABigOne(t *testing.T) {
	t.Parallel()
	w := world{hosts: 400, urls: 2, big: 20_000, gap: time.Second, within: 3 * time.Minute, memory: 300 << 20}
	if race.Enabled {
		w.hosts, w.big = 100, 5000
	}
	w.test(t)
}

// TestScale is run by `make scale`: it takes some minutes and some GB of disk.
func TestScale(t *testing.T) {
	if os.Getenv("PRESSMILL_SCALE") == "" {
		t.Skip("PRESSMILL_SCALE is not set")
	}
	world{hosts: 100_000, urls: 5, big: 500_000, gap: time.Second, within: 15 * time.Minute, memory: 700 << 20}.test(t)
}

// test fills the frontier and runs one crawler process until every host has got
// a page. The server sees whether the gaps are kept.
func (w world) test(t *testing.T) {
	sites := newVillage(w.gap)
	port := sites.open(t)
	srv, err := embedded.Start(t.TempDir(), "127.0.0.1:0")
	must(t, err)
	t.Cleanup(srv.Stop)
	cfg := bus.Defaults()
	cfg.URL = srv.URL()
	b, err := bus.Connect(cfg, "test", zap.NewNop(), srv.Option())
	must(t, err)
	t.Cleanup(func() { b.Close() })
	must(t, b.Apply(t.Context()))
	w.fill(t, b, port)

	m := member{Name: "crawler", Bus: cfg, Cfg: testConfig(), Log: t.TempDir() + "/log", Home: true}
	m.Cfg.Delay, m.Cfg.Slots = w.gap, Defaults().Slots
	input, err := json.Marshal(m)
	must(t, err)
	p := startProcess(t, "crawler", string(input))
	p.line(t)
	w.watch(t, sites, p, "big.test"+port)
	w.lost(t, b)
	if n := len(sites.faults()); n > 0 {
		t.Errorf("%d requests without their gap: %v", n, sites.faults()[:min(n, 5)])
	}
	t.Logf("the big host gave %d pages meanwhile", sites.pagesOf("big.test"+port))
}

// watch says every few seconds how far the crawl is, until every host has got a
// page, and the big one several.
func (w world) watch(t *testing.T, sites *village, p *process, big string) {
	t.Helper()
	began := time.Now()
	var most int64
	for next := began; ; time.Sleep(100 * time.Millisecond) {
		requests, hosts := sites.served()
		rss := rssOf(t, p.Pid)
		most = max(most, rss)
		done := hosts > w.hosts && sites.pagesOf(big) >= 3
		if done || time.Now().After(next) {
			next = time.Now().Add(10 * time.Second)
			t.Logf("after %4.0f s: %6d hosts served, %7d requests, %d too early; crawler %d MB, server and bus %d MB",
				time.Since(began).Seconds(), hosts, requests, len(sites.faults()), rss>>20, logging.RSS()>>20)
		}
		if done {
			break
		}
		if time.Since(began) > w.within {
			t.Errorf("%d of %d hosts were served within %s", hosts, w.hosts+1, w.within)
			break
		}
	}
	if most > w.memory && !race.Enabled {
		t.Errorf("the crawler needed %d MB, want at most %d", most>>20, w.memory>>20)
	}
}

// lost says which URLs were given up, and why: none should be.
func (w world) lost(t *testing.T, b *bus.Bus) {
	t.Helper()
	reasons := map[string]int{}
	must(t, b.DeadLetters(t.Context(), "crawler", func(d bus.DeadLetter) bool { reasons[d.Reason+": "+d.Error]++; return len(reasons) < 10 }))
	if len(reasons) > 0 {
		t.Errorf("URLs were given up: %v", reasons)
	}
}

// fill puts all URLs into the frontier. No host has a turn: the crawler's
// janitor arms them.
func (w world) fill(t *testing.T, b *bus.Bus, port string) {
	t.Helper()
	putSource(t, b, "s", Source{ID: "s", Domain: "test", Seeds: []string{"http://big.test" + port}})
	began := time.Now()
	var batch []bus.Queued
	flush := func() {
		refused, err := b.PushAll(t.Context(), batch)
		if must(t, err); len(refused) > 0 {
			t.Fatalf("%d URLs were refused", len(refused))
		}
		batch = batch[:0]
	}
	push := func(host string, n, priority int) {
		u := bus.FrontierURL{URL: fmt.Sprintf("http://%s/%d", host, n), Source: "s", CrawlID: "c", Found: time.Now().UTC()}
		if batch = append(batch, bus.Queued{Host: host, Priority: priority, URL: u}); len(batch) == 1000 {
			flush()
		}
	}
	for i := range w.big {
		push("big.test"+port, i, bus.PriorityNear+i%2)
	}
	for i := range w.urls {
		for h := range w.hosts {
			push(fmt.Sprintf("h%d.test%s", h, port), i, bus.PriorityNear)
		}
	}
	flush()
	hosts, err := b.WaitingHosts(t.Context())
	if must(t, err); len(hosts) != w.hosts+1 {
		t.Fatalf("%d hosts wait, want %d", len(hosts), w.hosts+1)
	}
	t.Logf("%d URLs of %d hosts queued in %s", w.big+w.urls*w.hosts, len(hosts), time.Since(began).Round(time.Millisecond))
}

// rssOf returns the resident memory of a process in bytes.
func rssOf(t *testing.T, pid int) int64 {
	t.Helper()
	statm, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", pid))
	if err != nil {
		t.Skipf("this system does not tell the memory of processes: %v", err)
	}
	var size, resident int64
	_, err = fmt.Sscan(string(statm), &size, &resident)
	must(t, err)
	return resident * int64(os.Getpagesize())
}

// homes is how many addresses the village has. One address has room for some
// 28,000 connections that are open or were lately.
const homes = 8

// transportToHome resolves every name to one of the village's addresses.
func transportToHome(c *Crawler) *fetch.Transport {
	o, err := c.cfg.fetchOptions()
	if err != nil {
		panic(err) // New has taken them
	}
	o.Lookup = func(_ context.Context, _, host string) ([]netip.Addr, error) {
		return []netip.Addr{home(int(bus.Fingerprint(host) % homes))}, nil
	}
	return fetch.NewTransport(o)
}

func home(i int) netip.Addr { return netip.AddrFrom4([4]byte{127, 0, 0, byte(1 + i)}) }

// village is many hosts on one server. It notes what comes too early.
type village struct {
	gap time.Duration

	mu       sync.Mutex
	requests int
	busy     map[string]bool
	last     map[string]time.Time // end of the last response, by host
	pages    map[string]int       // by host, without robots.txt
	early    []string
}

func newVillage(gap time.Duration) *village {
	return &village{gap: gap, busy: map[string]bool{}, last: map[string]time.Time{}, pages: map[string]int{}}
}

// open serves the village at all its addresses and returns their port, with its
// colon.
func (v *village) open(t *testing.T) (port string) {
	t.Helper()
	port = ":0"
	for i := range homes {
		l, err := net.Listen("tcp", home(i).String()+port)
		if err != nil && i > 0 {
			t.Skipf("this system does not have all of 127.0.0.0/8: %v", err)
		}
		must(t, err)
		port = fmt.Sprintf(":%d", l.Addr().(*net.TCPAddr).Port)
		server := &httptest.Server{Listener: l, Config: &http.Server{Handler: v}}
		server.Start()
		t.Cleanup(server.Close)
	}
	return port
}

func (v *village) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	v.begin(r.Host)
	if r.URL.Path == "/robots.txt" {
		http.NotFound(w, r)
	} else {
		page()(w, r)
	}
	v.end(r.Host, r.URL.Path != "/robots.txt")
}

func (v *village) begin(host string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.requests++
	if since := time.Since(v.last[host]); v.busy[host] || since < v.gap {
		v.early = append(v.early, fmt.Sprintf("%s after %s", host, since))
	}
	v.busy[host] = true
}

func (v *village) end(host string, page bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.busy[host], v.last[host] = false, time.Now()
	if page {
		v.pages[host]++
	}
}

func (v *village) served() (requests, hosts int) {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.requests, len(v.pages)
}

func (v *village) pagesOf(host string) int {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.pages[host]
}

func (v *village) faults() []string {
	v.mu.Lock()
	defer v.mu.Unlock()
	return slices.Clone(v.early)
}
