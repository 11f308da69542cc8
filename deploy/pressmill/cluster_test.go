package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"pressmill/deploy/pressmill/demo"
	"pressmill/deploy/pressmill/programtest"
)

// clusterProcess is `pressmill cluster` as a process of its own, and what it has
// shown so far.
type clusterProcess struct {
	*exec.Cmd
	dir string

	mu    sync.Mutex
	shown strings.Builder
	read  chan struct{} // is closed when it shows no more
}

// startCluster starts a cluster whose workers are this test binary under their
// names.
func startCluster(t *testing.T, args ...string) *clusterProcess {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	bin := t.TempDir()
	for _, stage := range []string{"crawler", "parser", "sink"} {
		if err := os.Symlink(self, filepath.Join(bin, stage)); err != nil {
			t.Fatal(err)
		}
	}
	c := &clusterProcess{dir: filepath.Join(t.TempDir(), "cluster"), read: make(chan struct{})}
	c.Cmd = exec.Command(self, append([]string{"cluster", "-data", c.dir, "-bin", bin}, args...)...)
	c.Env = append(os.Environ(), "PRESSMILL_MAIN=1", "GORACE=atexit_sleep_ms=0")
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	c.Stderr = c.Stdout
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	go c.follow(out)
	t.Cleanup(func() {
		_ = c.Process.Signal(syscall.SIGTERM) // it takes its processes with it
		c.end(t)
		if t.Failed() {
			t.Log(c.output())
		}
	})
	return c
}

func (c *clusterProcess) follow(out io.Reader) {
	defer close(c.read)
	for lines := bufio.NewScanner(out); lines.Scan(); {
		c.mu.Lock()
		c.shown.WriteString(lines.Text() + "\n")
		c.mu.Unlock()
	}
}

func (c *clusterProcess) output() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.shown.String()
}

// end waits for the end of the cluster and returns its exit code.
func (c *clusterProcess) end(t *testing.T) int {
	t.Helper()
	late := time.AfterFunc(2*time.Minute, func() { _ = c.Process.Kill() })
	<-c.read
	_ = c.Wait()
	if !late.Stop() {
		t.Error("it does not end")
	}
	return c.ProcessState.ExitCode()
}

// shows waits until a pattern was shown and returns its last match.
func (c *clusterProcess) shows(t *testing.T, pattern string) []string {
	t.Helper()
	re := regexp.MustCompile("(?m)" + pattern)
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		if all := re.FindAllStringSubmatch(c.output(), -1); len(all) > 0 {
			return all[len(all)-1]
		}
	}
	t.Fatalf("never shown: %s\n%s", pattern, c.output())
	return nil
}

// pid returns the process that a member started last.
func (c *clusterProcess) pid(t *testing.T, name string) int {
	t.Helper()
	pid, err := strconv.Atoi(c.shows(t, `^\S+ `+name+` +\| started, pid (\d+)$`)[1])
	if err != nil {
		t.Fatal(err)
	}
	return pid
}

// gone checks that no process is left of all that were started.
func (c *clusterProcess) gone(t *testing.T) {
	t.Helper()
	started := regexp.MustCompile(`started, pid (\d+)`).FindAllStringSubmatch(c.output(), -1)
	if len(started) < 9 {
		t.Errorf("only %d processes were started", len(started))
	}
	for _, m := range started {
		if pid, _ := strconv.Atoi(m[1]); !errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) {
			t.Errorf("process %d is left", pid)
		}
	}
}

// TestClusterCollectsTheDemoSite has nine processes collect the demo site, and a
// second cluster refused in the same folder meanwhile.
func TestClusterCollectsTheDemoSite(t *testing.T) {
	t.Parallel()
	c := startCluster(t, "-demo")
	c.shows(t, `^nats-3 +\d+ +127\.0\.0\.1:\d+ +http://127\.0\.0\.1:\d+/healthz +\S+/logs/nats-3\.log$`)
	c.shows(t, `^sink-2 +\d+ +http://127\.0\.0\.1:\d+/readyz +\S+/logs/sink-2\.log$`)
	if code, _, stderr := pressmill(t, "cluster", "-demo", "-data", c.dir, "-bin", c.Args[5]); code != 1 || !strings.Contains(stderr, "another `pressmill cluster` uses this folder") {
		t.Errorf("a second one: exit code %d, %s", code, stderr)
	}
	if code := c.end(t); code != 0 {
		t.Errorf("exit code %d", code)
	}
	c.gone(t)
	if want := fmt.Sprintf("all %d articles were written", len(demo.New().Articles())); !strings.Contains(c.output(), want) {
		t.Errorf("not shown: %s", want)
	}
	for file, want := range map[string]string{"logs/crawler-1.log": `"event":"service.stop"`, "logs/nats-1.log": "Server Exiting", "config/parser-2.yaml": "parser.nk"} {
		if data, err := os.ReadFile(filepath.Join(c.dir, file)); err != nil || !strings.Contains(string(data), want) {
			t.Errorf("%s: %v, want %s", file, err, want)
		}
	}
}

// TestClusterLosesProcesses kills a server and a worker of each kind while they
// collect the demo site.
func TestClusterLosesProcesses(t *testing.T) {
	if os.Getenv("PRESSMILL_CLUSTER") == "" {
		t.Skip("PRESSMILL_CLUSTER is not set: see make failover")
	}
	c := startCluster(t, "-config", programtest.File(t, "config.yaml", fmt.Sprintf(`
bus: {ack_wait: 5s}
crawler: {allow_private: [127.0.0.1/32], delay: 300ms, contact: test@pressmill.example}
sinks: [{url: "file://%s", max_age: 1s}]
`, t.TempDir())))
	c.shows(t, "in another terminal")
	var wg sync.WaitGroup
	wg.Go(func() {
		for _, name := range []string{"crawler-1", "nats-2", "parser-2", "sink-1"} {
			time.Sleep(time.Second)
			before := c.pid(t, name)
			if err := syscall.Kill(before, syscall.SIGKILL); err != nil {
				t.Errorf("kill %s: %v", name, err)
			}
			c.shows(t, `^\S+ `+name+` +\| died: signal: killed, pid `+strconv.Itoa(before)+`; is started again in 1s$`)
		}
	})
	stdout := mustRun(t, "demo", "check", "-config", filepath.Join(c.dir, "config", "operator.yaml"), "-wait", "50s")
	wg.Wait()
	t.Log(stdout)
	if err := c.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if code := c.end(t); code != 0 {
		t.Errorf("exit code %d", code)
	}
	c.gone(t)
}
