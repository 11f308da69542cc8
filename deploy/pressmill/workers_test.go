package main

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"go.uber.org/zap"

	"pressmill/crawler"
	"pressmill/deploy/pressmill/programtest"
	"pressmill/pkg/bus"
	"pressmill/pkg/bus/embedded"
	"pressmill/pkg/logging/logtest"
	"pressmill/pkg/news"
	"pressmill/sink/segment"
)

// stopsWithin bounds the stop of a worker that has nothing slow in flight: it
// does not give up what is.
const stopsWithin = 30 * time.Second

// bench is a server with its topology and the configuration of its workers. An
// AckWait of a minute shows what waits it out.
type bench struct {
	*bus.Bus
	dir, config string
}

func newBench(t *testing.T, sections string) bench {
	t.Helper()
	dir := t.TempDir()
	srv, err := embedded.Start(filepath.Join(dir, "data"), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(srv.Stop)
	cfg := bus.Defaults()
	if cfg.AckWait < time.Minute {
		t.Fatal("AckWait is short")
	}
	b, err := bus.Connect(cfg, "operator", zap.NewNop(), srv.Option())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	if err := b.Apply(t.Context()); err != nil {
		t.Fatal(err)
	}
	sections = strings.ReplaceAll(sections, "DIR", dir)
	return bench{b, dir, programtest.File(t, "config.yaml", fmt.Sprintf("bus: {url: %q}\n%s", srv.URL(), sections))}
}

// command is a worker as a process.
func (b bench) command(name string, args ...string) *exec.Cmd {
	cmd := exec.Command(os.Args[0], append([]string{"-config", b.config}, args...)...)
	cmd.Args[0] = name
	cmd.Env = append(os.Environ(), "PRESSMILL_MAIN=1", "GORACE=atexit_sleep_ms=0")
	return cmd
}

// start starts a worker as a process.
func (b bench) start(t *testing.T, name string) *exec.Cmd {
	t.Helper()
	cmd := b.command(name)
	var log strings.Builder
	cmd.Stderr = &log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		logtest.Check(t, log.String())
		if t.Failed() {
			t.Logf("%s:\n%s", name, log.String())
		}
	})
	return cmd
}

// stop sends SIGTERM, checks that the worker ends well and soon, and that no
// message waits for anybody.
func (b bench) stop(t *testing.T, worker *exec.Cmd) {
	t.Helper()
	begun := time.Now()
	if err := worker.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	late := time.AfterFunc(stopsWithin, func() { _ = worker.Process.Kill() })
	if err := worker.Wait(); err != nil {
		t.Errorf("ended with %v after %s", err, time.Since(begun))
	}
	late.Stop()
	busy, err := b.InWork(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for consumer, n := range busy {
		if n != 0 {
			t.Errorf("%d messages of the consumer %s wait out AckWait", n, consumer)
		}
	}
	t.Logf("stopped after %s", time.Since(begun).Round(time.Millisecond))
}

func (b bench) until(t *testing.T, what string, ok func(bus.State, map[string]int) bool) {
	t.Helper()
	for range 3600 {
		s, err := b.State(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		busy, err := b.InWork(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if ok(s, busy) {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Fatalf("never: %s", what)
}

// TestACrawlerThatStops stops one with requests under way on several hosts.
func TestACrawlerThatStops(t *testing.T) {
	t.Parallel()
	const hosts, pages = 5, 4
	b := newBench(t, "crawler: {allow_private: [127.0.0.0/8], delay: 10ms, contact: test@pressmill.example}\n")
	var asked, answered atomic.Int64
	var src crawler.Source
	for range hosts {
		site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/robots.txt" {
				http.NotFound(w, r)
				return
			}
			asked.Add(1)
			time.Sleep(time.Second)
			w.Header().Set("Content-Type", "text/html")
			_, _ = fmt.Fprintf(w, "<title>%s</title><p>%[1]s", r.URL.Path)
			answered.Add(1)
		}))
		t.Cleanup(site.Close)
		for n := range pages {
			src.Seeds = append(src.Seeds, fmt.Sprintf("%s/%d", site.URL, n))
		}
	}
	if err := crawler.Enqueue(t.Context(), b.Bus, []crawler.Source{src}, "c1"); err != nil {
		t.Fatal(err)
	}
	worker := b.start(t, "crawler")
	b.until(t, "every host is asked", func(bus.State, map[string]int) bool { return asked.Load() >= hosts })
	b.stop(t, worker)
	if asked.Load() != answered.Load() {
		t.Errorf("%d requests, of which %d were finished", asked.Load(), answered.Load())
	}
	s, err := b.State(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if s.Hosts != hosts || int64(s.Pages) != answered.Load() || s.Frontier+s.Pages != hosts*pages {
		t.Errorf("%+v after %d pages; want a turn for each of %d hosts, and no URL lost", s, answered.Load(), hosts)
	}
}

// TestAParserThatStops stops one in the middle of many pages.
func TestAParserThatStops(t *testing.T) {
	t.Parallel()
	const pages = 2000
	b := newBench(t, "")
	for n := range pages {
		if err := b.PublishPage(t.Context(), "example.com", story(n)); err != nil {
			t.Fatal(err)
		}
	}
	worker := b.start(t, "parser")
	b.until(t, "the parser is at work", func(s bus.State, _ map[string]int) bool { return s.Articles > 0 })
	b.stop(t, worker)
	s, err := b.State(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if s.Pages == 0 || s.Pages+s.Articles != pages || s.DeadLetters > 0 {
		t.Errorf("%+v; want the rest of %d pages, and an article for each of the others", s, pages)
	}
}

// story is a page with an article.
func story(n int) *news.Page {
	text := strings.Repeat("<p>The council of the town met on Monday and talked about the old pier for three hours before it voted.</p>", 20)
	url := fmt.Sprintf("http://example.com/2026/11/story-%d.html", n)
	return &news.Page{
		PageID: fmt.Sprint("p", n), CrawlID: "c1", RequestedURL: url, FinalURL: url,
		Status: 200, Header: map[string][]string{"Content-Type": {"text/html; charset=utf-8"}}, FetchedAt: time.Now(),
		Source: news.Source{ID: "s", Domain: "example.com"},
		Body:   fmt.Appendf(nil, "<html><title>Story %d</title><body><article><h1>The council met for the %dth time</h1>%s</article></body></html>", n, n, text),
	}
}

// TestASinkThatStops stops one that collects articles for an object that would be
// complete in five minutes.
func TestASinkThatStops(t *testing.T) {
	t.Parallel()
	const articles = 40
	b := newBench(t, "sinks: [{url: 'file://DIR/out', max_age: 5m}]\n")
	for n := range articles {
		a := &news.Article{Schema: news.Schema, ID: fmt.Sprintf("%016x", n), Rev: "r", Title: "A title"}
		if _, err := b.PublishArticle(t.Context(), fmt.Sprintf("host%d.example", n), a); err != nil {
			t.Fatal(err)
		}
	}
	// It does not say when it has read them all, so it is given more time, and a
	// successor, until it had enough.
	written := 0
	for wait := 500 * time.Millisecond; written != articles && wait < 20*time.Second; wait *= 2 {
		worker := b.start(t, "sink")
		b.until(t, "the sink holds its turns", func(_ bus.State, busy map[string]int) bool { return busy["sink"] == bus.Partitions })
		time.Sleep(wait)
		b.stop(t, worker)
		written = 0
		for _, err := range segment.ReadURL(context.WithoutCancel(t.Context()), "file://"+filepath.Join(b.dir, "out")) {
			if err != nil {
				t.Fatal(err)
			}
			written++
		}
	}
	if written != articles {
		t.Errorf("%d articles were written, want %d", written, articles)
	}
}

// guardedBus is a server that knows the roles by their keys.
type guardedBus struct{ addr, keys string }

// startGuarded starts one with its topology; edit may change the permissions.
func startGuarded(t *testing.T, edit func(accounts string) string) guardedBus {
	t.Helper()
	dir := t.TempDir()
	g := guardedBus{programtest.Address(t), filepath.Join(dir, "keys")}
	mustRun(t, "bus", "keys", "-o", g.keys)
	accounts := edit(mustRun(t, "bus", "authorization", "-keys", g.keys))
	conf := fmt.Sprintf("listen: %q\njetstream { store_dir: %q }\nmax_payload: 8MB\nlog_file: %q\ninclude accounts.conf\n",
		g.addr, filepath.Join(dir, "data"), filepath.Join(dir, "server.log"))
	for name, text := range map[string]string{"accounts.conf": accounts, "nats.conf": conf} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- embedded.Serve(ctx, filepath.Join(dir, "nats.conf")) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	mustRun(t, "topology", "apply", "-config", g.config(t, filepath.Join(g.keys, "operator.nk")), "-wait", "20s")
	return g
}

// config returns the configuration of who connects with a key.
func (g guardedBus) config(t *testing.T, key string) string {
	t.Helper()
	return programtest.File(t, "config.yaml", fmt.Sprintf("bus: {url: 'nats://%s', nkey_file: %q}\n", g.addr, key))
}

// refused runs a worker that is to stop by itself, soon and saying why.
func (g guardedBus) refused(t *testing.T, name, key, why string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 3*stopsWithin)
	defer cancel()
	cmd := exec.CommandContext(ctx, os.Args[0], "-config", g.config(t, key))
	cmd.Args[0] = name
	cmd.Env = append(os.Environ(), "PRESSMILL_MAIN=1", "GORACE=atexit_sleep_ms=0")
	begun := time.Now()
	out, _ := cmd.CombinedOutput()
	if code := cmd.ProcessState.ExitCode(); code != 1 || !strings.Contains(string(out), why) || time.Since(begun) > stopsWithin {
		t.Errorf("exit code %d after %s, want 1 and %q\n%s", code, time.Since(begun), why, out)
	}
}

// TestAWorkerThatIsRefusedStops starts a crawler with the key of a parser, and
// with one that the server does not know.
func TestAWorkerThatIsRefusedStops(t *testing.T) {
	t.Parallel()
	g := startGuarded(t, func(accounts string) string { return accounts })
	others := t.TempDir()
	mustRun(t, "bus", "keys", "-o", others)
	g.refused(t, "crawler", filepath.Join(g.keys, "parser.nk"), "the user crawler may not")
	g.refused(t, "crawler", filepath.Join(others, "crawler.nk"), "NATS does not let the user crawler in")
	code, _, stderr := pressmill(t, "topology", "check", "-config", g.config(t, filepath.Join(g.keys, "sink.nk")), "-wait", "1m")
	if code != 1 || !strings.Contains(stderr, "the user operator may not") {
		t.Errorf("an operator with another's key: %d, %s", code, stderr)
	}
}

// TestAWorkerThatMayNotPublishStops has a parser that finds out with its first
// article. The page is not lost.
func TestAWorkerThatMayNotPublishStops(t *testing.T) {
	t.Parallel()
	g := startGuarded(t, func(accounts string) string {
		head, parser, _ := strings.Cut(accounts, "{ # parser")
		return head + "{ # parser" + strings.Replace(parser, `"articles.*.*"`, "", 1)
	})
	cfg := bus.Defaults()
	cfg.URL, cfg.NKeyFile = "nats://"+g.addr, filepath.Join(g.keys, "operator.nk")
	b, err := bus.Connect(cfg, "operator", zap.NewNop())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	if err := b.PublishPage(t.Context(), "example.com", story(1)); err != nil {
		t.Fatal(err)
	}
	g.refused(t, "parser", filepath.Join(g.keys, "parser.nk"), "the user parser may not publish to articles.")
	if s, err := b.State(t.Context()); err != nil || s.Pages != 1 || s.DeadLetters != 0 {
		t.Errorf("%+v, %v; want the page where it was", s, err)
	}
}
