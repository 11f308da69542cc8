//go:build linux

package trials_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"go.uber.org/zap"

	"pressmill/deploy/pressmill/demo"
	"pressmill/deploy/pressmill/supervise"
	"pressmill/pkg/bus"
	"pressmill/pkg/config"
	"pressmill/pkg/freeport"
	"pressmill/sink/store/storetest"
)

// rig is a cluster of processes that crawls a local web.
type rig struct {
	*testing.T
	settings
	dir string // of the artifacts

	began   time.Time // the crawl
	site    *demo.Load
	truth   []demo.Truth
	cluster *natsCluster
	group   *supervise.Group // the workers
	health  map[string]string
	journal *journal
	store   *storetest.Server
	sinks   map[string]string // URLs by the names of the sinks
	bus     *bus.Bus          // as an operator
	poison  poisoned

	serverFault           sync.Mutex             // is held while a server is not what it should be
	busy                  map[string]*sync.Mutex // by process
	storeFault, diskFault sync.Mutex
}

const diskSize = 192 << 20

// start starts everything, and ends it with the test.
func start(t *testing.T, s settings) *rig {
	r := &rig{T: t, settings: s, dir: s.artifacts, journal: newJournal(), health: map[string]string{}, sinks: map[string]string{}, busy: map[string]*sync.Mutex{}}
	for _, name := range append(workers(), servers()...) {
		r.busy[name] = new(sync.Mutex)
	}
	site, stop, err := demo.ServeLoad(t.Context(), "127.0.0.1:0", demo.LoadConfig{
		Hosts: s.hosts, Articles: s.articles, Seed: s.seed, Latency: 30 * time.Millisecond, Revise: s.revisit / 2, Publish: s.publish,
	})
	r.must(err)
	t.Cleanup(stop)
	r.site, r.truth = site, site.Truth()
	r.poison.path = filepath.Join(r.dir, "poison.txt")
	r.startCluster(r.writeConfig())
	r.startWorkers()
	return r
}

func (r *rig) must(err error) {
	r.Helper()
	if err != nil {
		r.Fatal(err)
	}
}

// writeConfig writes the configuration of all processes.
func (r *rig) writeConfig() (path string) {
	disk := filepath.Join(r.dir, "disk")
	if isolated() {
		smallDisk(r.T, disk, diskSize)
	}
	r.sinks["files"] = "file://" + disk
	if os.Getenv(storetest.EnvServers) != "" {
		r.store = storetest.StartIn(r.T, "s3", r.TempDir())
		r.sinks["bucket"] = r.store.URL(r.T, "", 10*time.Second)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "bus: {ack_wait: %s%s}\n", r.ackWait, r.busKeys)
	fmt.Fprintf(&b, "crawler: {allow_private: [127.0.0.1/32], delay: %s, contact: trials@pressmill.example, revisit: []%s}\n", r.delay, r.crawlerKeys)
	b.WriteString("sinks:\n")
	for name, url := range r.sinks {
		fmt.Fprintf(&b, "  - {name: %s, url: %q, max_age: 2s}\n", name, url)
	}
	path = filepath.Join(r.dir, "trials.yaml")
	r.must(os.WriteFile(path, []byte(b.String()), 0o600))
	return path
}

// startCluster starts the NATS servers and makes the topology.
func (r *rig) startCluster(config string) {
	r.cluster = &natsCluster{dir: filepath.Join(r.dir, "cluster"), pids: map[string]int{}, lives: map[string]int{}, read: make(chan struct{})}
	args := []string{"cluster", "-data", r.cluster.dir, "-config", config, "-nats", strconv.Itoa(each)}
	for _, stage := range stages() {
		args = append(args, "-"+stage+"s", "0")
	}
	r.cluster.Cmd = exec.Command(filepath.Join(r.bin, "pressmill"), args...)
	r.must(r.cluster.start())
	r.Cleanup(r.cluster.stop)
	for end := time.Now().Add(2 * time.Minute); !r.cluster.ready(); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(end) {
			r.Fatalf("the servers are not ready:\n%s", r.cluster.output())
		}
	}
	ports := r.cluster.ports()
	if isolated() {
		r.must(nft(fmt.Sprintf("add element inet chaos servers { %s }", strings.Join(ports, ", "))))
	}
	file, err := configOf(r.cluster.operator())
	r.must(err)
	r.bus, err = bus.Connect(file, "operator", zap.NewNop())
	r.must(err)
	r.Cleanup(func() { r.bus.Close() })
}

func configOf(path string) (bus.Config, error) {
	cfg := bus.Defaults()
	file, err := config.Load(path)
	if err != nil {
		return cfg, err
	}
	return cfg, file.Decode("bus", &cfg)
}

// startWorkers starts all workers and waits until they take work.
func (r *rig) startWorkers() {
	r.group = supervise.New(r.journal.config())
	r.Cleanup(func() { r.group.Stop(10*time.Second, workers()...) })
	operator, err := os.ReadFile(r.cluster.operator())
	r.must(err)
	self, err := os.Executable()
	r.must(err)
	for i, name := range workers() {
		stage := stageOf(name)
		path := filepath.Join(r.cluster.dir, "config", name+".yaml")
		own := strings.NewReplacer("operator.nk", stage+".nk", "trials@", name+"@").Replace(string(operator))
		r.must(os.WriteFile(path, []byte(own), 0o600))
		r.health[name] = freeAddr(r.T)
		binary := filepath.Join(r.bin, stage)
		if stage == "parser" && slices.Contains(r.kinds, kindPoison) {
			binary = filepath.Join(r.bin, "fragile")
		}
		p := supervise.Process{
			Name: name, Path: binary, Args: []string{"-config", path, "-health", r.health[name]},
			Env: []string{"PRESSMILL_POISON=" + r.poison.path}, Log: filepath.Join(r.cluster.dir, "logs", name+".log"),
		}
		if isolated() {
			p.Path, p.Args = self, append([]string{p.Path}, p.Args...)
			p.Env = append(p.Env, fmt.Sprintf("%s=%d", envGroup, firstGroup+i))
		}
		r.must(r.group.Start(p))
	}
	for _, name := range workers() {
		if !eventually(time.Minute, func() bool { return r.ready(name) }) {
			r.Fatalf("%s is not ready; its log is in %s", name, r.cluster.dir)
		}
	}
}

// ready says whether a process takes work.
func (r *rig) ready(name string) bool {
	if addr := r.health[name]; addr != "" {
		return answers("http://" + addr + "/readyz")
	}
	return answers(r.cluster.monitor(name) + "/healthz")
}

func freeAddr(t *testing.T) string {
	t.Helper()
	addr, err := freeport.Address()
	if err != nil {
		t.Fatal(err)
	}
	return addr
}

func answers(url string) bool {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	_, err := get(ctx, url)
	return err == nil
}

func get(ctx context.Context, url string) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s: %s", url, resp.Status)
	}
	return io.ReadAll(resp.Body)
}

func eventually(limit time.Duration, ok func() bool) bool {
	for end := time.Now().Add(limit); ; time.Sleep(50 * time.Millisecond) {
		if ok() {
			return true
		}
		if time.Now().After(end) {
			return false
		}
	}
}

// natsCluster is `pressmill cluster` without workers, which keeps the servers
// running.
type natsCluster struct {
	*exec.Cmd
	dir  string
	read chan struct{} // is closed when it shows no more

	mu    sync.Mutex
	shown strings.Builder
	pids  map[string]int
	lives map[string]int      // how often each was started
	table map[string][]string // client's address and monitoring by server
}

var (
	startedLine = regexp.MustCompile(`^\S+ (nats-\d) +\| started, pid (\d+)$`)
	tableLine   = regexp.MustCompile(`^(nats-\d) +\d+ +127\.0\.0\.1:(\d+) +(http://\S+)/healthz `)
)

func (c *natsCluster) start() error {
	c.table = map[string][]string{}
	out, err := c.StdoutPipe()
	if err != nil {
		return err
	}
	c.Stderr = c.Stdout
	if err := c.Start(); err != nil {
		return err
	}
	go func() {
		defer close(c.read)
		for lines := bufio.NewScanner(out); lines.Scan(); {
			c.shows(lines.Text())
		}
	}()
	return nil
}

func (c *natsCluster) shows(text string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.shown.WriteString(text + "\n")
	if m := startedLine.FindStringSubmatch(text); m != nil {
		c.pids[m[1]], _ = strconv.Atoi(m[2]) // digits
		c.lives[m[1]]++
	}
	if m := tableLine.FindStringSubmatch(text); m != nil {
		c.table[m[1]] = m[2:]
	}
}

func (c *natsCluster) output() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.shown.String()
}

func (c *natsCluster) ready() bool { return strings.Contains(c.output(), "in another terminal") }

func (c *natsCluster) operator() string { return filepath.Join(c.dir, "config", "operator.yaml") }

func (c *natsCluster) ports() (ports []string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, row := range c.table {
		ports = append(ports, row[0])
	}
	slices.Sort(ports)
	return ports
}

// monitor is the URL of a server's monitoring.
func (c *natsCluster) monitor(name string) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.table[name][1]
}

func (c *natsCluster) pid(name string) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.pids[name]
}

func (c *natsCluster) starts(name string) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.lives[name]
}

func (c *natsCluster) stop() {
	_ = c.Process.Signal(syscall.SIGTERM)
	late := time.AfterFunc(time.Minute, func() { _ = c.Process.Kill() })
	defer late.Stop()
	<-c.read
	_ = c.Wait()
}
