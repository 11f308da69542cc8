package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/zap"

	"pressmill/crawler"
	"pressmill/deploy/pressmill/programtest"
	"pressmill/parser"
	"pressmill/pkg/bus"
	"pressmill/pkg/config"
	"pressmill/pkg/logging/logtest"
	"pressmill/pkg/worker"
	"pressmill/sink"
)

// keyed is a NATS server with the accounts that `bus authorization` prints, run
// by `bus serve`, and the configurations of those who connect to it.
type keyed struct {
	dir, keys, addr, log string
	sections             string // of every configuration, besides bus
}

// startKeyed starts the server; more is added to its configuration.
func startKeyed(t *testing.T, more, sections string) *keyed {
	t.Helper()
	dir := t.TempDir()
	g := &keyed{dir: dir, keys: filepath.Join(dir, "keys"), addr: programtest.Address(t), log: filepath.Join(dir, "server.log"), sections: sections}
	mustRun(t, "bus", "keys", "-o", g.keys)
	mustRun(t, "bus", "authorization", "-keys", g.keys, "-o", filepath.Join(dir, "accounts.conf"))
	conf := fmt.Sprintf("listen: %q\njetstream { store_dir: %q }\nmax_payload: 8MB\nlog_file: %q\ntrace: true\nmax_traced_msg_len: 1\nauthorization { timeout: 30 }\n%s\ninclude accounts.conf\n", g.addr, dir, g.log, more)
	if err := os.WriteFile(filepath.Join(dir, "nats.conf"), []byte(conf), 0o600); err != nil {
		t.Fatal(err)
	}
	startProgram(t, program(), "bus", "serve", "-config", filepath.Join(dir, "nats.conf"))
	waitFor(t, func() bool {
		c, err := net.Dial("tcp", g.addr)
		if err == nil {
			c.Close()
		}
		return err == nil
	})
	return g
}

// startProgram runs a program until the test ends, or stop is called, and fails the test
// if its exit code is not 0.
func startProgram(t *testing.T, p worker.Program, args ...string) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	var stderr bytes.Buffer
	var wg sync.WaitGroup
	wg.Go(func() {
		code := worker.Run(ctx, p, args, strings.NewReader(""), io.Discard, &stderr)
		logtest.Check(t, stderr.String())
		if code != 0 {
			t.Errorf("%s %v: exit code %d\n%s", p.Name, args, code, &stderr)
		}
	})
	stop = sync.OnceFunc(func() { cancel(); wg.Wait() })
	t.Cleanup(stop)
	return stop
}

// as returns the configuration of a role.
func (g *keyed) as(t *testing.T, role bus.Role) string {
	t.Helper()
	text := fmt.Sprintf("bus: {url: %q, nkey_file: %q, archive: true, ack_wait: 5s}\n%s", "nats://"+g.addr, filepath.Join(g.keys, string(role)+".nk"), g.sections)
	return programtest.File(t, string(role)+".yaml", text)
}

// operate runs a command of operators.
func (g *keyed) operate(t *testing.T, args ...string) string {
	t.Helper()
	return mustRun(t, append(args, "-config", g.as(t, bus.RoleOperator))...)
}

// refused returns what the server has refused so far.
func (g *keyed) refused(t *testing.T) string {
	t.Helper()
	log, err := os.ReadFile(g.log)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(regexp.MustCompile(`(?m)^.*(Violation|Authentication Timeout|authentication error).*$`).FindAllString(string(log), -1), "\n")
}

// published returns the subjects that clients of a name have published to.
func (g *keyed) published(t *testing.T, role bus.Role) (subjects []string) {
	t.Helper()
	log, err := os.ReadFile(g.log)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range regexp.MustCompile(`pressmill `+string(role)+`" - .*<<- \[H?PUB (\S+)`).FindAllStringSubmatch(string(log), -1) {
		subjects = append(subjects, m[1])
	}
	slices.Sort(subjects)
	return slices.Compact(subjects)
}

// desk is a receiver of articles that refuses them for a while.
type desk struct {
	mu       sync.Mutex
	refusing bool
	bodies   int
}

func (d *desk) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.refusing {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	d.bodies++
}

func (d *desk) refuse(refusing bool) { d.mu.Lock(); defer d.mu.Unlock(); d.refusing = refusing }
func (d *desk) got() int             { d.mu.Lock(); defer d.mu.Unlock(); return d.bodies }

// The whole pipeline works with every stage on a key of its own, and uses what the
// key permits.
func TestPipelineOnRestrictedConnections(t *testing.T) {
	t.Parallel()
	base, site := serve(t)
	receiver := &desk{refusing: true}
	web := httptest.NewServer(receiver)
	t.Cleanup(web.Close)
	dir := t.TempDir()
	g := startKeyed(t, "", fmt.Sprintf(`
crawler: {allow_private: [127.0.0.0/8], delay: 20ms, latency_factor: 0, revisit: [1s, 2s], attempts: 1, contact: https://example.org/bot}
sinks:
  - {name: files, url: "file://%[1]s/out", max_age: 200ms, takedowns: true}
  - {name: archive, format: warc, url: "file://%[1]s/archive", max_age: 200ms}
  - {name: desk, url: "%[2]s", max_age: 200ms, webhook: {attempts: 1, min_backoff: 10ms}}
sources:
  - {id: tidewick, seeds: ["%[3]s/", "%[3]s/feed.xml"], depth: 1}
`, dir, web.URL, base))
	g.operate(t, "topology", "apply")
	g.operate(t, "topology", "check")
	operator := g.connect(t, bus.RoleOperator)
	park(t, operator, base)
	want := wantTitles(site)
	stop := []func(){
		startProgram(t, sink.Program(), "-config", g.as(t, bus.RoleSink)),
		startProgram(t, parser.Program(), "-config", g.as(t, bus.RoleParser)),
	}
	g.operate(t, "sources", "apply")
	stop = append(stop, startProgram(t, crawler.Program(), "-config", g.as(t, bus.RoleCrawler)))

	waitFor(t, func() bool {
		return dead(t, operator, "crawler") > 0 && dead(t, operator, "sink") > 0 && len(written(t, dir)) >= len(want)-1
	})
	receiver.refuse(false)
	g.operate(t, "deadletters", "list")
	g.operate(t, "deadletters", "replay", "all")
	waitFor(t, func() bool {
		return cmp.Equal(want, byPath(t, written(t, dir))) && again(t, operator, "desk") == 0 && receiver.got() > 0
	})

	g.operate(t, "sources", "pause", "tidewick")
	g.operate(t, "sources", "apply", "-f", programtest.File(t, "more.yaml", fmt.Sprintf("sources: [{id: tidewick, seeds: [%q], depth: 1}]", base+"/about.html")))
	waitFor(t, func() bool { return parked(t, operator) > 0 })
	g.operate(t, "sources", "list")
	g.operate(t, "sources", "resume", "tidewick")
	waitFor(t, func() bool { return parked(t, operator) == 0 })

	g.operate(t, "why", base+"/about.html")
	g.operate(t, "reparse", filepath.Join(dir, "archive"))
	g.operate(t, "sources", "remove", "tidewick")
	for _, stop := range stop {
		stop()
	}
	g.operate(t, "sinks", "list")
	g.operate(t, "sinks", "forget", "desk")

	if lines := g.refused(t); lines != "" {
		t.Errorf("refused:\n%s", lines)
	}
	for _, role := range []bus.Role{bus.RoleCrawler, bus.RoleParser, bus.RoleSink} {
		if diff := cmp.Diff(unused()[role], g.unused(t, role)); diff != "" {
			t.Errorf("what %s may but did not do (-want +got):\n%s", role, diff)
		}
	}
}

// unused is what a pipeline on one machine has no need of: reads of a leader among
// replicas, acknowledgements of a second form, groups of addresses that are not
// public, bad pages, and articles that are old enough to be dropped.
func unused() map[bus.Role][]string {
	return map[bus.Role][]string{
		bus.RoleCrawler: {
			"$JS.ACK.*.*.HOSTS.crawler.*.*.*.*.*",
			"$JS.API.DIRECT.GET.KV_groups.$KV.groups.>", "$JS.API.DIRECT.GET.KV_source_status",
			"$JS.API.STREAM.MSG.GET.FRONTIER", "$JS.API.STREAM.MSG.GET.HOSTS", "$JS.API.STREAM.MSG.GET.REVISITS", "$JS.API.STREAM.MSG.GET.SEEN",
			"$KV.groups.>",
		},
		bus.RoleParser: {"$JS.ACK.*.*.PAGES.parser.*.*.*.*.*", "dlq.parser.>"},
		bus.RoleSink: {
			"$JS.ACK.*.*.PAGES.archive.*.*.*.*.*", "$JS.ACK.*.*.SINKS.sink.*.*.*.*.*",
			"$JS.API.STREAM.MSG.GET.ARTICLES", "$JS.API.STREAM.MSG.GET.KV_positions", "$JS.API.STREAM.MSG.GET.PAGES", "$JS.API.STREAM.MSG.GET.SINKS",
			"$JS.API.STREAM.PURGE.ARTICLES",
		},
	}
}

// unused returns what a role may publish to and did not, sorted.
func (g *keyed) unused(t *testing.T, role bus.Role) (patterns []string) {
	t.Helper()
	cfg := bus.Defaults()
	cfg.Archive = true
	used := g.published(t, role)
	for _, pattern := range cfg.Permissions(role).Publish {
		fits := regexp.MustCompile("^" + strings.NewReplacer(".", `\.`, "$", `\$`, "*", `[^.]+`, ">", ".+").Replace(pattern) + "$")
		if !slices.ContainsFunc(used, fits.MatchString) {
			patterns = append(patterns, pattern)
		}
	}
	slices.Sort(patterns)
	// Sinks read positions when they look at their lag, which is every ten seconds.
	return slices.DeleteFunc(patterns, func(p string) bool { return strings.HasPrefix(p, "$JS.API.DIRECT.GET.KV_positions") })
}

func (g *keyed) connect(t *testing.T, role bus.Role) *bus.Bus {
	t.Helper()
	file, err := config.Load(g.as(t, role))
	if err != nil {
		t.Fatal(err)
	}
	cfg := bus.Defaults()
	if err := file.Decode("bus", &cfg); err != nil {
		t.Fatal(err)
	}
	b, err := bus.Connect(cfg, string(role), zap.NewNop())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	return b
}

// dead counts the dead letters of a stage.
func dead(t *testing.T, b *bus.Bus, stage string) (n int) {
	t.Helper()
	if err := b.DeadLetters(t.Context(), stage, func(bus.DeadLetter) bool { n++; return true }); err != nil {
		t.Fatal(err)
	}
	return n
}

// parked counts the URLs that wait for their source to be resumed.
func parked(t *testing.T, b *bus.Bus) (n uint64) {
	t.Helper()
	by, err := b.Parked(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range by {
		n += k
	}
	return n
}

// again counts the partitions of a sink that have dead letters which were replayed.
func again(t *testing.T, b *bus.Bus, name string) (parts int) {
	t.Helper()
	for p := range bus.Partitions {
		switch _, err := b.Again(t.Context(), name, p); {
		case err == nil:
			parts++
		case !errors.Is(err, bus.ErrNotFound):
			t.Fatal(err)
		}
	}
	return parts
}

// park leaves URLs aside, as a crash between two steps of the operator does: of
// a source that is not paused, and of one that is gone.
func park(t *testing.T, b *bus.Bus, base string) {
	t.Helper()
	host := strings.TrimPrefix(base, "http://")
	for _, source := range []string{"tidewick", "gone"} {
		err := b.Push(t.Context(), host, bus.PrioritySeed, bus.FrontierURL{URL: base + "/", Source: source}, "")
		if err != nil {
			t.Fatal(err)
		}
		u, err := b.Next(t.Context(), host, bus.Taken{}, bus.PrioritySeed)
		if err != nil {
			t.Fatal(err)
		}
		if err := b.Park(t.Context(), host, u, time.Time{}); err != nil {
			t.Fatal(err)
		}
	}
}
