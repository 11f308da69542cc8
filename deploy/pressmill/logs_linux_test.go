package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
	"golang.org/x/term"
)

// pty returns the two ends of a new terminal of 80 columns and 24 lines.
func pty(t *testing.T) (screen, terminal *os.File) {
	t.Helper()
	screen, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		t.Skip("no terminals here:", err)
	}
	t.Cleanup(func() { screen.Close() })
	fd := int(screen.Fd())
	if err := unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	n, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	if err := unix.IoctlSetWinsize(fd, unix.TIOCSWINSZ, &unix.Winsize{Row: 24, Col: 80}); err != nil {
		t.Fatal(err)
	}
	terminal, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { terminal.Close() })
	return screen, terminal
}

// watched collects what is written to a screen.
type watched struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (w *watched) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.text.Write(p)
}

func (w *watched) wait(t *testing.T, text string) {
	t.Helper()
	for range 3600 {
		w.mu.Lock()
		seen := strings.Contains(w.text.String(), text)
		w.mu.Unlock()
		if seen {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Fatalf("%q never comes; the screen got %q", text, w.text.String())
}

func logLine(event, host string) string {
	return fmt.Sprintf(`{"ts":%q,"level":"info","schema":"log/v1","service":"crawler","instance":"c-1","stage":"crawler","event":%q,"kind":"page","host":%q,"took_ms":12}`+"\n",
		time.Now().UTC().Format(time.RFC3339Nano), event, host)
}

func TestLogsOnATerminalTakesKeysFromItAndLinesFromAPipe(t *testing.T) {
	screen, terminal := pty(t)
	before, err := term.GetState(int(terminal.Fd()))
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(os.Args[0], "logs")
	cmd.Env = append(os.Environ(), "PRESSMILL_MAIN=1", "TERM=xterm-256color", "NO_COLOR=1")
	cmd.Stdout, cmd.Stderr = terminal, terminal
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true, Ctty: 1}
	lines, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	var seen watched
	go func() { _, _ = screen.WriteTo(&seen) }()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- cmd.Wait() }()
	t.Cleanup(func() { _ = cmd.Process.Kill() })
	fmt.Fprint(lines, logLine("fetch.done", "one.example"))
	seen.wait(t, "live")
	fmt.Fprint(screen, "3")
	seen.wait(t, "one.example")
	fmt.Fprint(lines, logLine("fetch.done", "two.example"))
	seen.wait(t, "two.example")
	fmt.Fprint(screen, "q") // the pipe is still open
	select {
	case err := <-done:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(2 * time.Minute):
		t.Fatal("q does not end it")
	}
	after, err := term.GetState(int(terminal.Fd()))
	if err != nil {
		t.Fatal(err)
	}
	if *after != *before {
		t.Error("the terminal is not as it was")
	}
	seen.wait(t, "\x1b[?1049l") // the alternate screen is left
	seen.mu.Lock()
	defer seen.mu.Unlock()
	if colour := regexp.MustCompile(`\x1b\[[0-9;]*3[0-7]m`).FindString(seen.text.String()); colour != "" {
		t.Errorf("there are colours in spite of NO_COLOR: %q", colour)
	}
}

func TestLogsWithoutATerminalPrintsASummary(t *testing.T) {
	var out, errs bytes.Buffer
	cmd := exec.Command(os.Args[0], "logs")
	cmd.Env = append(os.Environ(), "PRESSMILL_MAIN=1")
	cmd.Stdin = strings.NewReader("[pod/c-0/crawler] " + logLine("fetch.done", "one.example") + "panic: x\n")
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		t.Fatalf("%v: %s", err, &errs)
	}
	for _, want := range []string{"2 lines", "crawler", "one.example", "1 not JSON; the first: panic: x"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q in\n%s", want, &out)
		}
	}
	cmd = exec.Command(os.Args[0], "logs", "/no/such/file")
	cmd.Env = append(os.Environ(), "PRESSMILL_MAIN=1")
	if err := cmd.Run(); cmd.ProcessState.ExitCode() != 1 {
		t.Errorf("a file that is not there: %v", err)
	}
}
