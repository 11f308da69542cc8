package loki

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// The lines of real processes: a crawl of the demo site that goes well, and
// faults as they happen. Alerts are asked for at once here, without the time
// that they wait for.
func TestRealFaultsFireTheirAlerts(t *testing.T) {
	programs := program(t, "PRESSMILL_BIN")
	s, rules := startLoki(t, read(t, "loki", "rules.yaml")), readRules(t)
	site := (&real{t: t, bin: programs}).site()
	var group sync.WaitGroup
	lines := map[string][]line{}
	var mu sync.Mutex
	runs := map[string]func(*real, string) []byte{
		"good": goodCrawl, "no-contact": noContact, "refused": refused, "receiver-down": receiverDown,
		"store-away": storeAway, "killed": killed, "nats-killed": natsKilled,
	}
	for name, run := range runs {
		group.Go(func() {
			found := parse(run(&real{t: t, bin: programs, dir: t.TempDir()}, site))
			mu.Lock()
			defer mu.Unlock()
			lines[name] = found
		})
	}
	group.Wait()
	for name, found := range lines {
		if len(found) < 5 {
			t.Errorf("%s: only %d lines", name, len(found))
		}
		s.push(t, name, found)
	}
	got := s.firing(t, rules, time.Now(), false)
	want := map[string][]string{
		"no-contact": {"PressmillContactMissing"}, "refused": {"PressmillHostRefuses", "PressmillNoArticles", "PressmillSourceRefused"},
		"receiver-down": {"PressmillReceiverDown"}, "store-away": {"PressmillBackpressure"},
		"killed": {"PressmillCrashLoop"}, "nats-killed": {"PressmillNatsLost"},
	}
	for name := range runs {
		if !slices.Equal(got[name], want[name]) {
			t.Errorf("%s: %v fire, want %v", name, got[name], want[name])
		}
	}
	checkStory(t, s, lines["good"])
}

// checkStory looks for one page by its id, as the dashboard does.
func checkStory(t *testing.T, s *server, lines []line) {
	page := ""
	for _, l := range lines {
		if l.event == "article.published" {
			page = l.page
		}
	}
	var events []string
	for _, each := range s.query(t, "{app=\"pressmill\", namespace=~\"good\"} |= `"+page+"`", time.Now().Add(-time.Hour), time.Now(), time.Minute) {
		events = append(events, each.Stream["event"])
	}
	for _, want := range []string{"fetch.done", "page.published", "parse.done", "article.published", "article.written"} {
		if page == "" || !slices.Contains(events, want) {
			t.Errorf("page %q: %v, and no %s", page, events, want)
		}
	}
}

// real runs Pressmill's own programs.
type real struct {
	t        *testing.T
	bin, dir string
}

// site serves the demo site and returns its address.
func (r *real) site() string {
	listen := fmt.Sprintf("127.0.0.1:%d", freePort(r.t))
	r.start(exec.Command(filepath.Join(r.bin, "pressmill"), "demo", "serve", "-listen", listen))
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		if resp, err := http.Get("http://" + listen + "/robots.txt"); err == nil {
			resp.Body.Close()
			return "http://" + listen + "/"
		}
	}
	r.t.Error("the demo site does not answer")
	return ""
}

// start starts a program that the end of the test kills, and returns what does
// so earlier, and waits for it.
func (r *real) start(cmd *exec.Cmd) (kill func()) {
	if err := cmd.Start(); err != nil {
		r.t.Error(err)
		return func() {}
	}
	kill = sync.OnceFunc(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	r.t.Cleanup(kill)
	return kill
}

// config is a crawler's that may have the demo site at once; more lines may follow it.
func (r *real) config(more string) string {
	file := filepath.Join(r.dir, "config.yaml")
	text := "log: {level: info, format: json}\ncrawler: {contact: ops@example.org, allow_private: [127.0.0.1/32], delay: 10ms}\n" + more
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		r.t.Error(err)
	}
	return file
}

// run runs a pipeline until its lines hold something, and returns the lines.
func (r *real) run(until string, args ...string) []byte {
	args = append([]string{"run", "-data", filepath.Join(r.dir, "data")}, args...)
	cmd := exec.Command(filepath.Join(r.bin, "pressmill"), args...)
	log := &watched{until: []byte(until), seen: make(chan struct{})}
	cmd.Stderr, cmd.Dir = log, r.dir // without a sink articles go to ./out
	kill := r.start(cmd)
	log.await(r.t)
	kill()
	return log.text.Bytes()
}

// watched keeps what is written, and tells when it holds something.
type watched struct {
	mu    sync.Mutex
	text  bytes.Buffer
	until []byte
	seen  chan struct{}
	once  sync.Once
}

func (w *watched) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.text.Write(p)
	if bytes.Contains(w.text.Bytes(), w.until) {
		w.once.Do(func() { close(w.seen) })
	}
	return len(p), nil
}

func (w *watched) await(t *testing.T) {
	select {
	case <-w.seen:
	case <-time.After(2 * time.Minute):
		w.mu.Lock()
		defer w.mu.Unlock()
		t.Errorf("no %s in %.3000s", w.until, w.text.Bytes())
	}
}

const summaries = `"event":"stage.summary"`

func goodCrawl(r *real, site string) []byte {
	return r.run(`"event":"service.stop"`, "-once", "-config", r.config(""), site)
}

func noContact(r *real, site string) []byte {
	config := r.config("")
	text, err := os.ReadFile(config)
	if err == nil {
		err = os.WriteFile(config, bytes.Replace(text, []byte("contact: ops@example.org, "), nil, 1), 0o644)
	}
	if err != nil {
		r.t.Error(err)
	}
	return r.run(`"event":"service.stop"`, "-once", "-config", config, site)
}

// refused crawls a site that gives its front page and nothing else.
func refused(r *real, _ string) []byte {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		switch req.URL.Path {
		case "/robots.txt":
			http.NotFound(w, req)
		case "/":
			for i := range 12 {
				fmt.Fprintf(w, `<p><a href="/news/2026/11/28/the-harbour-story-number-%d.html">A long headline about the harbour, number %d</a></p>`, i, i)
			}
		default:
			http.Error(w, "no", http.StatusForbidden)
		}
	}))
	defer srv.Close()
	return r.run(`"event":"service.stop"`, "-once", "-config", r.config(""), srv.URL+"/")
}

// receiverDown delivers to an address that nobody listens at.
func receiverDown(r *real, site string) []byte {
	sinks := "sinks: [{name: desk, url: 'http://127.0.0.1:%d/', max_age: 1s, webhook: {secrets: ['env:DESK_SECRET']}}]\n"
	r.t.Setenv("DESK_SECRET", "whsec_"+strings.Repeat("QUJD", 11))
	return r.run(summaries, "-config", r.config(fmt.Sprintf(sinks, freePort(r.t))), site)
}

// storeAway has a file where the sink's folder should be.
func storeAway(r *real, site string) []byte {
	folder := filepath.Join(r.dir, "store")
	err := os.MkdirAll(folder, 0o755)
	if err == nil {
		err = os.WriteFile(filepath.Join(folder, "articles"), nil, 0o644)
	}
	if err != nil {
		r.t.Error(err)
	}
	return r.run(summaries, "-config", r.config("sinks: [{name: articles, url: 'file://"+folder+"', max_age: 1s}]\n"), site)
}

func killed(r *real, site string) (lines []byte) {
	config := r.config("")
	for range 5 {
		lines = append(lines, r.run(`"event":"service.ready"`, "-config", config, site)...)
	}
	return lines
}

// natsKilled has a parser on the server of another process, which then dies.
func natsKilled(r *real, site string) []byte {
	listen, config := fmt.Sprintf("127.0.0.1:%d", freePort(r.t)), r.config("")
	ctx, cancel := context.WithCancel(r.t.Context())
	defer cancel()
	server := exec.CommandContext(ctx, filepath.Join(r.bin, "pressmill"), "run", "-listen", listen,
		"-data", filepath.Join(r.dir, "data"), "-config", config, site)
	server.Dir = r.dir
	stop := r.start(server)
	other := &real{t: r.t, bin: r.bin, dir: r.t.TempDir()}
	parser := exec.Command(filepath.Join(r.bin, "parser"), "-config", other.config("bus: {url: 'nats://"+listen+"', ack_wait: 30s}\n"))
	log := &watched{until: []byte(summaries), seen: make(chan struct{})}
	parser.Stderr = log
	kill := r.start(parser)
	log.await(r.t)
	stop()
	time.Sleep(3 * time.Second)
	kill()
	return log.text.Bytes()
}

// parse makes of real lines what the pipelines make of them.
func parse(text []byte) (lines []line) {
	scanner := bufio.NewScanner(bytes.NewReader(text))
	scanner.Buffer(nil, 1<<20)
	for scanner.Scan() {
		var l struct {
			TS             time.Time
			Service, Event string
			PageID         string `json:"page_id"`
		}
		if json.Unmarshal(scanner.Bytes(), &l) != nil {
			l.TS, l.Service, l.Event = time.Now(), "unknown", "none"
		}
		lines = append(lines, line{l.TS, l.Service, l.Event, l.PageID, scanner.Text()})
	}
	return lines
}
