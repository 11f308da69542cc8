package worker

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.uber.org/zap"

	"pressmill/pkg/bus"
	"pressmill/pkg/bus/embedded"
	"pressmill/pkg/config"
)

// toyStage is a worker whose work is to beat. It says when it knows its lag, and
// when it is told to stop it waits for the end of its input.
func toyStage() *Command {
	return StageCommand("crawler", "work", func(*config.File) (any, error) { return struct{}{}, nil }, func(ctx context.Context, d Deps) error {
		for told := false; ctx.Err() == nil; {
			d.Health.Beat()
			if !told && d.Stage.Snapshot().Lag >= 0 {
				fmt.Println("lag")
				told = true
			}
			select {
			case <-ctx.Done():
			case <-time.After(100 * time.Millisecond):
			}
		}
		_, err := io.Copy(io.Discard, os.Stdin)
		return err
	})
}

// toyWorker is a process of the toy stage.
type toyWorker struct {
	*exec.Cmd
	health string // its address for probes
	stdin  io.Closer
	stdout *bufio.Reader
	log    string // its file
}

// startStage runs the toy stage against a server as a process of its own.
func startStage(t *testing.T, natsURL string, args ...string) *toyWorker {
	t.Helper()
	dir := t.TempDir()
	file := filepath.Join(dir, "config.yaml")
	w := &toyWorker{health: freeAddress(t), log: filepath.Join(dir, "stderr")}
	if err := os.WriteFile(file, fmt.Appendf(nil, "bus:\n  url: %s\n", natsURL), 0o600); err != nil {
		t.Fatal(err)
	}
	log, err := os.Create(w.log)
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	w.Cmd = exec.Command(os.Args[0], append([]string{"-config", file, "-health", w.health}, args...)...)
	w.Env = append(os.Environ(), toyVariable+"=stage", "GORACE=atexit_sleep_ms=0")
	w.Stderr = log
	stdout, err := w.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	w.stdout = bufio.NewReader(stdout)
	if w.stdin, err = w.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	if err := w.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = w.Process.Kill()
		_ = w.Wait()
	})
	return w
}

func (w *toyWorker) stderr() string {
	data, _ := os.ReadFile(w.log)
	return string(data)
}

// answers waits until a probe is answered with a code and a text that begins so.
func (w *toyWorker) answers(t *testing.T, path string, code int, text string) {
	t.Helper()
	var got string
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		c, body := probe(t, w.health, path)
		if got = fmt.Sprint(c, " ", body); c == code && strings.HasPrefix(body, text) {
			return
		}
	}
	t.Fatalf("%s answers %q, want %d %s", path, got, code, text)
}

// terminate sends SIGTERM.
func (w *toyWorker) terminate(t *testing.T) {
	t.Helper()
	if err := w.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
}

// ends ends the input of a worker, waits for its end and returns its exit code.
func (w *toyWorker) ends(t *testing.T) int {
	t.Helper()
	w.stdin.Close()
	late := time.AfterFunc(time.Minute, func() { _ = w.Process.Kill() })
	_ = w.Wait()
	if !late.Stop() {
		t.Error("it has not ended")
	}
	return w.ProcessState.ExitCode()
}

// TestProbesOfAWorker follows a worker from before its bus is there to its end.
func TestProbesOfAWorker(t *testing.T) {
	addr, dir := freeAddress(t), t.TempDir()
	worker := startStage(t, "nats://"+addr)
	worker.answers(t, "/readyz", 503, "waits for NATS at nats://"+addr)
	worker.answers(t, "/livez", 200, "last beat")

	srv, err := embedded.Start(dir, addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { srv.Stop() })
	worker.answers(t, "/readyz", 503, "waits for the topology at nats://"+addr+": the topology differs")
	b, err := bus.Connect(bus.Defaults(), "operator", zap.NewNop(), srv.Option())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	if err := b.Apply(t.Context()); err != nil {
		t.Fatal(err)
	}
	worker.answers(t, "/readyz", 200, "ready")

	srv.Stop()
	worker.answers(t, "/readyz", 503, "not connected to NATS")
	worker.answers(t, "/livez", 200, "last beat")
	if srv, err = embedded.Start(dir, addr); err != nil {
		t.Fatal(err)
	}
	worker.answers(t, "/readyz", 200, "ready")

	worker.terminate(t)
	worker.answers(t, "/readyz", 503, "stopping")
	worker.answers(t, "/livez", 200, "stopping")
	if code := worker.ends(t); code != 0 {
		t.Errorf("exit code %d\n%s", code, worker.stderr())
	}
}

func TestWorkerWithoutABus(t *testing.T) {
	addr := freeAddress(t)
	worker := startStage(t, "nats://"+addr, "-wait", "1s")
	if code := worker.ends(t); code != 1 || !strings.Contains(worker.stderr(), "is the server up, and bus.url right?") || !strings.Contains(worker.stderr(), `"event":"nats.waiting"`) {
		t.Errorf("after its patience: exit code %d\n%s", code, worker.stderr())
	}
	worker = startStage(t, "nats://"+addr)
	worker.answers(t, "/readyz", 503, "waits for NATS")
	worker.terminate(t)
	if code := worker.ends(t); code != 0 || !strings.Contains(worker.stderr(), `"reason":"terminated signal received"`) {
		t.Errorf("told to stop while it waits: exit code %d\n%s", code, worker.stderr())
	}
}

// TestSummariesTellTheLag has turns wait for a worker that takes none.
func TestSummariesTellTheLag(t *testing.T) {
	srv, err := embedded.Start(t.TempDir(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(srv.Stop)
	b, err := bus.Connect(bus.Defaults(), "operator", zap.NewNop(), srv.Option())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	if err := b.Apply(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Hosts().ArmAll(t.Context(), []string{"a", "b", "c"}); err != nil {
		t.Fatal(err)
	}
	worker := startStage(t, srv.URL())
	worker.answers(t, "/readyz", 200, "ready")
	if line, err := worker.stdout.ReadString('\n'); line != "lag\n" {
		t.Fatalf("%q %v\n%s", line, err, worker.stderr())
	}
	worker.terminate(t)
	if code := worker.ends(t); code != 0 || !strings.Contains(worker.stderr(), `"lag":3`) {
		t.Errorf("exit code %d\n%s", code, worker.stderr())
	}
}
