package worker

import (
	"context"
	"fmt"
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

// toyStage is a worker whose work is to beat, and to take its time to stop.
func toyStage() *Command {
	return StageCommand("crawler", "work", func(*config.File) (any, error) { return struct{}{}, nil }, func(ctx context.Context, d Deps) error {
		for ctx.Err() == nil {
			d.Health.Beat()
			select {
			case <-ctx.Done():
			case <-time.After(100 * time.Millisecond):
			}
		}
		time.Sleep(time.Second)
		return nil
	})
}

// startStage runs the toy worker against a server as a process of its own.
func startStage(t *testing.T, natsURL string, args ...string) (cmd *exec.Cmd, health string, stderr func() string) {
	t.Helper()
	dir := t.TempDir()
	file, out := filepath.Join(dir, "config.yaml"), filepath.Join(dir, "stderr")
	if err := os.WriteFile(file, fmt.Appendf(nil, "bus:\n  url: %s\n", natsURL), 0o600); err != nil {
		t.Fatal(err)
	}
	log, err := os.Create(out)
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	health = freeAddress(t)
	cmd = exec.Command(os.Args[0], append([]string{"-config", file, "-health", health}, args...)...)
	cmd.Env = append(os.Environ(), toyVariable+"=stage", "GORACE=atexit_sleep_ms=0")
	cmd.Stderr = log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	return cmd, health, func() string {
		data, _ := os.ReadFile(out)
		return string(data)
	}
}

// answers waits until a probe is answered with a code and a text that begins so.
func answers(t *testing.T, addr, path string, code int, text string) {
	t.Helper()
	var got string
	for range 200 {
		c, body := probe(t, addr, path)
		if got = fmt.Sprint(c, " ", body); c == code && strings.HasPrefix(body, text) {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Fatalf("%s answers %q, want %d %s", path, got, code, text)
}

// ends waits for the end of a process and returns its exit code.
func ends(t *testing.T, cmd *exec.Cmd, within time.Duration) int {
	t.Helper()
	late := time.AfterFunc(within, func() { _ = cmd.Process.Kill() })
	_ = cmd.Wait()
	if !late.Stop() {
		t.Errorf("it has not ended within %s", within)
	}
	return cmd.ProcessState.ExitCode()
}

// TestProbesOfAWorker follows a worker from before its bus is there to its end.
func TestProbesOfAWorker(t *testing.T) {
	addr, dir := freeAddress(t), t.TempDir()
	worker, health, stderr := startStage(t, "nats://"+addr)
	answers(t, health, "/readyz", 503, "waits for NATS at nats://"+addr)
	answers(t, health, "/livez", 200, "last beat")

	srv, err := embedded.Start(dir, addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { srv.Stop() })
	answers(t, health, "/readyz", 503, "waits for the topology at nats://"+addr+": the topology differs")
	b, err := bus.Connect(bus.Defaults(), "operator", zap.NewNop(), srv.Option())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	if err := b.Apply(t.Context()); err != nil {
		t.Fatal(err)
	}
	answers(t, health, "/readyz", 200, "ready")

	srv.Stop()
	answers(t, health, "/readyz", 503, "not connected to NATS")
	answers(t, health, "/livez", 200, "last beat")
	if srv, err = embedded.Start(dir, addr); err != nil {
		t.Fatal(err)
	}
	answers(t, health, "/readyz", 200, "ready")

	if err := worker.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	answers(t, health, "/readyz", 503, "stopping")
	answers(t, health, "/livez", 200, "stopping")
	if code := ends(t, worker, 10*time.Second); code != 0 {
		t.Errorf("exit code %d\n%s", code, stderr())
	}
}

func TestWorkerWithoutABus(t *testing.T) {
	addr := freeAddress(t)
	worker, _, stderr := startStage(t, "nats://"+addr, "-wait", "1s")
	if code := ends(t, worker, 10*time.Second); code != 1 || !strings.Contains(stderr(), "is the server up, and bus.url right?") || !strings.Contains(stderr(), `"event":"nats.waiting"`) {
		t.Errorf("after its patience: exit code %d\n%s", code, stderr())
	}
	worker, health, stderr := startStage(t, "nats://"+addr)
	answers(t, health, "/readyz", 503, "waits for NATS")
	_ = worker.Process.Signal(syscall.SIGTERM)
	if code := ends(t, worker, 5*time.Second); code != 0 || !strings.Contains(stderr(), `"reason":"terminated signal received"`) {
		t.Errorf("told to stop while it waits: exit code %d\n%s", code, stderr())
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
	worker, health, stderr := startStage(t, srv.URL())
	answers(t, health, "/readyz", 200, "ready")
	time.Sleep(time.Second) // the bus is asked
	_ = worker.Process.Signal(syscall.SIGTERM)
	if code := ends(t, worker, 10*time.Second); code != 0 || !strings.Contains(stderr(), `"lag":3`) {
		t.Errorf("exit code %d\n%s", code, stderr())
	}
}
