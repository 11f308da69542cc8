package sink

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"go.uber.org/zap"

	"pressmill/pkg/bus"
	"pressmill/pkg/bus/embedded"
	"pressmill/pkg/news"
	"pressmill/sink/segment"
	"pressmill/sink/store"
)

const envOrder = "PRESSMILL_TEST_ORDER" // an order as JSON

// order is what a process of the tests is to do: write what a server holds with
// a sink until the sink is drained, and on the way die or freeze.
type order struct {
	Server, URL string // of the server, of the store
	Compression segment.Compression
	MaxCount    int
	Point       string         // of the protocol where it happens, "" for nowhere
	Times       int32          // how often the point is passed by then
	Signal      syscall.Signal // which the process sends to itself
}

// testAckWait is after what time the turns of a dead process are given to others.
const testAckWait = 2 * time.Second

// TestProcess is a process of the tests that have orders.
func TestProcess(t *testing.T) {
	var o order
	if os.Getenv(envOrder) == "" {
		t.Skip("is run by tests that kill it")
	}
	if err := json.Unmarshal([]byte(os.Getenv(envOrder)), &o); err != nil {
		t.Fatal(err)
	}
	cfg := Config{Name: "lake", URL: o.URL, Compression: o.Compression, MaxCount: o.MaxCount}
	to := bus.Defaults()
	to.URL, to.AckWait = o.Server, testAckWait
	b, err := bus.Connect(to, "sink", zap.NewNop())
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	f := &fate{order: o}
	articles, turns := OnBus(b, func() {})
	s, err := New([]Config{cfg}, fatedBus{articles, f}, fatedTurns{turns, f}, zap.NewNop(), Options{
		Once: true, Workers: Partitions, Wait: 100 * time.Millisecond, Poll: 200 * time.Millisecond, Retry: 200 * time.Millisecond, probe: f.at,
	})
	if err != nil {
		t.Fatal(err)
	}
	s.outputs[0].bus = s.bus
	s.outputs[0].store = fatedStore{s.outputs[0].store, f}
	drainAll(t, s)
}

// fate ends or stops its process at a point.
type fate struct {
	order
	passed atomic.Int32
}

func (f *fate) at(point string) {
	if point == f.Point && f.passed.Add(1) == f.Times {
		f.come()
	}
}

// come is the last that the process does, unless it is woken up.
func (f *fate) come() {
	fmt.Printf("\n%s\n", f.Point) // so that a test knows
	_ = syscall.Kill(os.Getpid(), f.Signal)
	if f.Signal == syscall.SIGKILL {
		select {}
	}
}

type fatedBus struct {
	Bus
	*fate
}

func (b fatedBus) ReadArticles(ctx context.Context, part int, from uint64, n int, wait time.Duration) ([]StoredArticle, error) {
	b.at("before the read")
	msgs, err := b.Bus.ReadArticles(ctx, part, from, n, wait)
	if len(msgs) > 0 {
		b.at("after the read")
	}
	return msgs, err
}

func (b fatedBus) PutPosition(ctx context.Context, sink string, part int, next uint64) error {
	b.at("before the position is mirrored")
	err := b.Bus.PutPosition(ctx, sink, part, next)
	b.at("after the position is mirrored")
	return err
}

type fatedStore struct {
	store.Store
	*fate
}

func (s fatedStore) Create(ctx context.Context, key string, data []byte) error {
	s.at("before the upload")
	if s.Point == "during the upload" {
		stop := s.watch()
		defer stop()
	}
	err := s.Store.Create(ctx, key, data)
	s.at("after the upload")
	return err
}

// watch has the process meet its fate as soon as there is a part of an object.
func (s fatedStore) watch() (stop func()) {
	var done atomic.Bool
	var wg sync.WaitGroup
	wg.Go(func() {
		for !done.Load() {
			if len(leftovers(s.URL)) > 0 {
				s.come()
			}
		}
	})
	return func() { done.Store(true); wg.Wait() }
}

type fatedTurns struct {
	Turns
	*fate
}

func (q fatedTurns) Pull(ctx context.Context, n int, wait time.Duration) ([]Turn, error) {
	turns, err := q.Turns.Pull(ctx, n, wait)
	for i := range turns {
		turns[i].Holder = fatedHolder{turns[i].Holder, q.fate}
	}
	return turns, err
}

type fatedHolder struct {
	Holder
	*fate
}

func (h fatedHolder) Check(ctx context.Context) error {
	h.at("before the check")
	err := h.Holder.Check(ctx)
	h.at("after the check")
	return err
}

func (h fatedHolder) HandOn(ctx context.Context, at time.Time, state []byte) error {
	h.at("before the turn is handed on")
	err := h.Holder.HandOn(ctx, at, state)
	h.at("after the turn is handed on")
	return err
}

// leftovers returns the temporary files of a file store that hold data.
func leftovers(url string) (names []string) {
	dir := url[len("file://"):] + "/.tmp"
	entries, _ := os.ReadDir(dir)
	for _, e := range entries {
		if info, err := e.Info(); err == nil && info.Size() > 0 {
			names = append(names, dir+"/"+e.Name())
		}
	}
	return names
}

// process is a process with an order.
type process struct {
	*exec.Cmd
	out   bytes.Buffer
	lines *bufio.Reader // of what it prints
}

func startProcess(t *testing.T, o order) *process {
	t.Helper()
	data, err := json.Marshal(o)
	if err != nil {
		t.Fatal(err)
	}
	p := &process{Cmd: exec.Command(os.Args[0], "-test.run=^TestProcess$", "-test.count=1", "-test.parallel=1")}
	p.Env = append(os.Environ(), envOrder+"="+string(data))
	out, err := p.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	p.Stderr = p.Stdout
	p.lines = bufio.NewReader(io.TeeReader(out, &p.out))
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = p.Process.Kill()
		_ = p.Wait()
	})
	return p
}

// waitFor reads what the process prints up to a line.
func (p *process) waitFor(t *testing.T, want string) {
	t.Helper()
	for {
		line, err := p.lines.ReadString('\n')
		if line == want+"\n" {
			return
		}
		if err != nil {
			t.Fatalf("%q was not reached: %v\n%s", want, err, p.out.String())
		}
	}
}

// end waits until the process has ended, by itself or killed.
func (p *process) end(t *testing.T, killed bool) {
	t.Helper()
	_, _ = io.Copy(io.Discard, p.lines)
	err := p.Wait()
	if was := p.ProcessState.Sys().(syscall.WaitStatus).Signal() == syscall.SIGKILL; was != killed || !killed && err != nil {
		t.Fatalf("%v\n%s", err, p.out.String())
	}
}

// server is a NATS server for processes, with a bus of the test's own.
type server struct {
	*bus.Bus
	url  string
	stop func()
	want map[string]bool // what was published
}

func startServer(t testing.TB, dir string, change func(*bus.Config)) *server {
	t.Helper()
	srv, err := embedded.Start(dir, "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &server{url: srv.URL(), want: map[string]bool{}}
	cfg := bus.Defaults()
	cfg.AckWait = testAckWait
	if change != nil {
		change(&cfg)
	}
	if s.Bus, err = bus.Connect(cfg, "test", zap.NewNop(), srv.Option()); err != nil {
		t.Fatal(err)
	}
	s.stop = sync.OnceFunc(func() {
		_ = s.Bus.Close()
		srv.Stop()
	})
	t.Cleanup(s.stop)
	if err := s.Apply(t.Context()); err != nil {
		t.Fatal(err)
	}
	return s
}

// publish stores n new articles of three hosts, each with so many bytes of text.
func (s *server) publish(t testing.TB, n, size int) {
	t.Helper()
	for range n {
		s.publishNumber(t, len(s.want), size)
	}
}

// publishNumber stores an article that is known by its number.
func (s *server) publishNumber(t testing.TB, n, size int) {
	t.Helper()
	s.publishAs(t, fmt.Sprintf("host%d.test", n%3), fmt.Sprintf("%016x", n), noise(n, size))
}

// publishAs stores an article with a text.
func (s *server) publishAs(t testing.TB, host, id, text string) {
	t.Helper()
	a := &news.Article{Schema: news.Schema, ID: id, Rev: "r", Title: "A title"}
	a.Body.Text = text
	stored, err := s.PublishArticle(t.Context(), host, a)
	if err != nil || !stored.New {
		t.Fatalf("stored %v, error %v", stored, err)
	}
	s.want[a.MsgID()] = true
}
