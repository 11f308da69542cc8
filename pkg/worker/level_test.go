package worker

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"pressmill/pkg/logging"
)

// levels are the changes of the level in a log, as "from to".
func levels(log string) (all []string) {
	for line := range strings.Lines(log) {
		var fields map[string]any
		if json.Unmarshal([]byte(line), &fields) == nil && fields[logging.KeyEvent] == logging.LogLevel {
			all = append(all, fmt.Sprint(fields[logging.KeyFrom], " ", fields[logging.KeyTo]))
		}
	}
	return all
}

// TestSignalsChangeTheLevel tells a worker that waits for its bus, by signals
// and by the command that sends them.
func TestSignalsChangeTheLevel(t *testing.T) {
	worker := startStage(t, "nats://"+freeAddress(t))
	worker.answers(t, "/readyz", 503, "waits for NATS")
	more := func() { _ = worker.Process.Signal(syscall.SIGUSR1) }
	less := func() { _ = worker.Process.Signal(syscall.SIGUSR2) }
	command := func() {
		cmd := exec.Command(os.Args[0], "level", "-pid", fmt.Sprint(worker.Process.Pid), "more")
		cmd.Env = append(os.Environ(), toyVariable+"=stage", "GORACE=atexit_sleep_ms=0")
		if out, err := cmd.CombinedOutput(); err != nil || len(out) > 0 {
			t.Errorf("%v %s", err, out)
		}
	}
	var want []string
	for i, step := range []struct {
		do   func()
		want string
	}{
		{more, "info debug"}, {more, "debug debug"}, {less, "debug info"}, {less, "info warn"}, {less, "warn error"}, {less, "error error"}, {command, "error warn"},
	} {
		step.do()
		want = append(want, step.want)
		for end := time.Now().Add(time.Minute); len(levels(worker.stderr())) <= i && time.Now().Before(end); {
			time.Sleep(10 * time.Millisecond)
		}
		if got := levels(worker.stderr()); fmt.Sprint(got) != fmt.Sprint(want) {
			t.Fatalf("the levels went %q, want %q", got, want)
		}
	}
	worker.terminate(t)
	if code := worker.ends(t); code != 0 {
		t.Errorf("exit code %d\n%s", code, worker.stderr())
	}
	if strings.Contains(worker.stderr(), logging.ServiceStop) {
		t.Errorf("at warn, the end is told at info:\n%s", worker.stderr())
	}
}

// TestLevelOfOthers tells processes that do not wait for it.
func TestLevelOfOthers(t *testing.T) {
	other := exec.Command("sleep", "60")
	if err := other.Start(); err != nil {
		t.Skip(err)
	}
	t.Cleanup(func() { _ = other.Process.Kill(); _ = other.Wait() })
	for args, want := range map[string]string{
		fmt.Sprintf("level more -pid %d", other.Process.Pid): "is none of Pressmill",
		"level more -pid 4194305":                            "look at process 4194305",
		"level":                                              "say more or less",
		"level loud":                                         "say more or less",
		"level more -pid 0":                                  "say more or less",
	} {
		var stderr bytes.Buffer
		code := Run(t.Context(), toy(), strings.Fields(args), nil, &bytes.Buffer{}, &stderr)
		if code == 0 || !strings.Contains(stderr.String(), want) {
			t.Errorf("%s: %d %s", args, code, stderr.String())
		}
	}
	if err := other.Process.Signal(syscall.Signal(0)); err != nil {
		t.Errorf("the process has ended: %v", err)
	}
	// Without a log, a process outlives the signals.
	cmd, stderr := startToy(t, "hang")
	_ = cmd.Process.Signal(syscall.SIGUSR1)
	_ = cmd.Process.Signal(syscall.SIGUSR2)
	time.Sleep(100 * time.Millisecond)
	if err := cmd.Process.Signal(syscall.Signal(0)); err != nil {
		t.Errorf("%v %s", err, stderr)
	}
	_ = cmd.Process.Kill()
	_ = cmd.Wait()
}
