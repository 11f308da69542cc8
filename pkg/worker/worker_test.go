package worker

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	stdlog "log"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"pressmill/pkg/config"
	"pressmill/pkg/freeport"
	"pressmill/pkg/logging"
)

// toyVariable makes the test binary be the program toy: signals and exit codes
// are those of a process.
const toyVariable = "PRESSMILL_TOY"

func TestMain(m *testing.M) {
	switch os.Getenv(toyVariable) {
	case "stage":
		Main(Program{Name: "stage", Short: "a worker for tests", Default: toyStage()})
	case "1":
		Main(toy())
	}
	os.Exit(m.Run())
}

func toy() Program {
	return Program{
		Name: "toy", Short: "a program for tests",
		Commands: []Command{
			{Name: "echo", Args: "[flags] [WORD...]", Short: "print words", Long: "Prints them as they are.", Run: echo},
			{Name: "topology apply", Short: "apply it", Run: succeed},
			{Name: "topology check", Short: "check it", Run: succeed},
			{Name: "fail", Short: "fail", Run: func(context.Context, *Env, []string) error {
				return fmt.Errorf("open file: %w", os.ErrNotExist)
			}},
			{Name: "config", Short: "read a wrong configuration", Run: func(context.Context, *Env, []string) error {
				_, err := config.Parse("c.yaml", []byte("a: 1\nb: 2\n"))
				return fmt.Errorf("load: %w", err)
			}},
			{Name: "quiet", Short: "exit with 7", Run: func(context.Context, *Env, []string) error { return &ExitError{Code: 7} }},
			{Name: "wait", Short: "serve until told otherwise", Run: wait},
			{Name: "hang", Short: "serve for ever", Run: func(_ context.Context, env *Env, _ []string) error {
				fmt.Fprintln(env.Stdout, "ready")
				select {}
			}},
		},
	}
}

func succeed(context.Context, *Env, []string) error { return nil }

func echo(_ context.Context, env *Env, args []string) error {
	fs := env.Flags()
	upper := fs.Bool("upper", false, "in capitals")
	times := fs.Int("times", 1, "how often, `N` times")
	if err := fs.Parse(args); err != nil {
		return err
	}
	words := strings.Join(fs.Args(), " ")
	if *upper {
		words = strings.ToUpper(words)
	}
	_, err := fmt.Fprintln(env.Stdout, strings.Repeat(words, *times))
	return err
}

func wait(ctx context.Context, env *Env, _ []string) error {
	log, done, err := env.Logger(logging.Config{})
	if err != nil {
		return err
	}
	defer done()
	return Service(ctx, log, func(ctx context.Context) error {
		fmt.Fprintln(env.Stdout, "ready")
		<-ctx.Done()
		return ctx.Err()
	})
}

func TestRun(t *testing.T) {
	tests := map[string]struct {
		args           string
		code           int
		stdout, stderr string // parts
	}{
		"args":             {"echo a b", 0, "a b\n", ""},
		"flags anywhere":   {"echo a -upper b -times 2 -- -c", 0, "A B -CA B -C\n", ""},
		"unknown flag":     {"echo -upprr", 2, "", "toy echo: flag provided but not defined: -upprr\nSee toy echo -h.\n"},
		"wrong value":      {"echo -times x", 2, "", `toy echo: invalid value "x" for flag -times`},
		"command help":     {"echo -h", 0, "Usage: toy echo [flags] [WORD...]\n\nprint words.\n\nPrints them as they are.\n\nFlags:\n\n  -times N\n", ""},
		"help of command":  {"help topology apply", 0, "", ""},
		"help after args":  {"echo a --help", 0, "Usage: toy echo", ""},
		"program help":     {"--help", 0, "toy: a program for tests\n", ""},
		"no command":       {"", 2, "", "toy: a program for tests\n"},
		"unknown command":  {"ehco", 2, "", `toy: unknown command "ehco"; did you mean echo?`},
		"stranger":         {"frobnicate", 2, "", `toy: unknown command "frobnicate"`},
		"group":            {"topology", 2, "", "topology is one of: topology apply, topology check"},
		"two words":        {"topology check", 0, "", ""},
		"failure":          {"fail", 1, "", "toy fail: open file: file does not exist\n"},
		"config":           {"config", 2, "", "toy config: load: c.yaml:1: unknown section a; known are bus, log"},
		"chosen code":      {"quiet", 7, "", ""},
		"version":          {"version", 0, "toy ", ""},
		"version argument": {"version 1", 2, "", "unexpected argument"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			var stdout, stderr bytes.Buffer
			code := Run(t.Context(), toy(), strings.Fields(tt.args), strings.NewReader(""), &stdout, &stderr)
			if code != tt.code {
				t.Errorf("exit code %d, want %d", code, tt.code)
			}
			if !strings.Contains(stdout.String(), tt.stdout) || !strings.Contains(stderr.String(), tt.stderr) {
				t.Errorf("stdout %q\nstderr %q", stdout.String(), stderr.String())
			}
			if tt.stderr == "" && stderr.Len() > 0 {
				t.Errorf("stderr %q, want nothing", stderr.String())
			}
		})
	}
}

func TestRunDefault(t *testing.T) {
	var got []string
	p := Program{
		Name: "crawler", Short: "fetch pages",
		Default: &Command{Args: "-config F", Short: "work", Run: func(_ context.Context, env *Env, args []string) error {
			fs := env.Flags()
			path := fs.String("config", "", "the `file`")
			if err := fs.Parse(args); err != nil {
				return err
			}
			got = append(got, *path)
			return fs.NoArgs()
		}},
	}
	run := func(args ...string) (int, string, string) {
		var stdout, stderr bytes.Buffer
		code := Run(t.Context(), p, args, nil, &stdout, &stderr)
		return code, stdout.String(), stderr.String()
	}
	if code, _, stderr := run("-config", "x.yaml"); code != 0 || stderr != "" {
		t.Errorf("%d %s", code, stderr)
	}
	if code, _, stderr := run(); code != 0 || stderr != "" {
		t.Errorf("%d %s", code, stderr)
	}
	if diff := cmp.Diff([]string{"x.yaml", ""}, got); diff != "" {
		t.Error(diff)
	}
	if code, _, stderr := run("verison"); code != 2 || !strings.Contains(stderr, `crawler: unexpected argument "verison"`) {
		t.Errorf("%d %s", code, stderr)
	}
	if code, stdout, _ := run("-h"); code != 0 || !strings.Contains(stdout, "version") || !strings.Contains(stdout, "Usage: crawler -config F\n") {
		t.Errorf("%d %s", code, stdout)
	}
	if code, stdout, _ := run("version"); code != 0 || !strings.HasPrefix(stdout, "crawler ") {
		t.Errorf("%d %s", code, stdout)
	}
}

func TestRunStoppedEarly(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(errors.New("the cause"))
	p := Program{Name: "p", Default: &Command{Run: func(ctx context.Context, _ *Env, _ []string) error {
		return fmt.Errorf("list: %w", ctx.Err())
	}}}
	var stderr bytes.Buffer
	if code := Run(ctx, p, nil, nil, io.Discard, &stderr); code != 1 || stderr.String() != "p: stopped early: the cause\n" {
		t.Errorf("%d %s", code, stderr.String())
	}
}

func TestExitError(t *testing.T) {
	err := fmt.Errorf("wrapped: %w", &ExitError{Code: 3, Err: os.ErrClosed})
	var stderr bytes.Buffer
	code := (&Env{Stderr: &stderr, program: "p"}).exit(t.Context(), err)
	if code != 3 || stderr.String() != "p: file already closed\n" || !errors.Is(err, os.ErrClosed) {
		t.Errorf("%d %q", code, stderr.String())
	}
}

func TestFirstSignalStops(t *testing.T) {
	for sig, word := range map[syscall.Signal]string{syscall.SIGTERM: "terminated", syscall.SIGINT: "interrupt"} {
		cmd, stderr := startToy(t, "wait")
		if err := cmd.Process.Signal(sig); err != nil {
			t.Fatal(err)
		}
		if err := cmd.Wait(); err != nil {
			t.Errorf("%s: %v, want exit code 0", sig, err)
		}
		lines := strings.Split(strings.TrimSpace(stderr.String()), "\n")
		var stop map[string]any
		if err := json.Unmarshal([]byte(lines[len(lines)-1]), &stop); err != nil {
			t.Fatal(err)
		}
		reason, _ := stop[logging.KeyReason].(string)
		if stop[logging.KeyEvent] != logging.ServiceStop || stop[logging.KeyService] != "toy" || !strings.Contains(reason, word) {
			t.Errorf("%s: last line %v", sig, stop)
		}
	}
}

func TestSecondSignalEnds(t *testing.T) {
	cmd, stderr := startToy(t, "hang")
	// Two of the same pending signal are one, so send different ones.
	for _, sig := range []os.Signal{syscall.SIGTERM, os.Interrupt} {
		if err := cmd.Process.Signal(sig); err != nil {
			t.Fatal(err)
		}
	}
	err := cmd.Wait()
	if exit, ok := errors.AsType[*exec.ExitError](err); !ok || exit.ExitCode() != 1 {
		t.Errorf("%v, want exit code 1", err)
	}
	if !strings.Contains(stderr.String(), "stopping at once") {
		t.Errorf("stderr %q", stderr.String())
	}
}

// startToy runs the toy program and returns once it has written its first line.
func startToy(t *testing.T, args ...string) (*exec.Cmd, *bytes.Buffer) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(cancel)
	cmd := exec.CommandContext(ctx, self, args...)
	cmd.Env = append(os.Environ(), toyVariable+"=1", "GORACE=atexit_sleep_ms=0")
	stderr := new(bytes.Buffer)
	cmd.Stderr = stderr
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if line, err := bufio.NewReader(stdout).ReadString('\n'); err != nil || line != "ready\n" {
		t.Fatalf("%q, %v, stderr %s", line, err, stderr)
	}
	return cmd, stderr
}

func TestService(t *testing.T) {
	boom := errors.New("boom")
	cancelled, cancel := context.WithCancelCause(t.Context())
	cancel(errors.New("terminated signal received"))
	tests := map[string]struct {
		ctx    context.Context
		result error
		want   error
		reason string
		level  string
	}{
		"done":      {t.Context(), nil, nil, "done", "info"},
		"error":     {t.Context(), boom, boom, "error", "error"},
		"cancelled": {cancelled, context.Canceled, nil, "terminated signal received", "info"},
		"both":      {cancelled, boom, boom, "error", "error"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			core, seen := observer.New(zap.InfoLevel)
			err := Service(tt.ctx, zap.New(core), func(context.Context) error { return tt.result })
			if !errors.Is(err, tt.want) || (err == nil) != (tt.want == nil) {
				t.Errorf("error %v, want %v", err, tt.want)
			}
			all := seen.All()
			if len(all) != 2 || all[0].ContextMap()[logging.KeyEvent] != logging.ServiceStart {
				t.Fatalf("%v", all)
			}
			stop := all[1].ContextMap()
			if stop[logging.KeyEvent] != logging.ServiceStop || stop[logging.KeyReason] != tt.reason || all[1].Level.String() != tt.level {
				t.Errorf("%s %v", all[1].Level, stop)
			}
		})
	}
}

func TestHealth(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := NewHealth(10 * time.Second)
		status := func(path string) int {
			w := httptest.NewRecorder()
			h.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil))
			return w.Code
		}
		check := func(when string, livez, readyz int) {
			t.Helper()
			if l, r := status("/livez"), status("/readyz"); l != livez || r != readyz {
				t.Errorf("%s: livez %d, readyz %d; want %d, %d", when, l, r, livez, readyz)
			}
		}
		check("at start", 200, 503)
		time.Sleep(9 * time.Second)
		h.Beat()
		connected := true
		h.ReadyUnless(func() string { return map[bool]string{false: "not connected"}[connected] })
		time.Sleep(9 * time.Second)
		check("after a beat", 200, 200)
		connected = false
		check("without the bus", 200, 503)
		connected = true
		time.Sleep(time.Second)
		check("without a beat", 503, 200)
		h.Drain()
		check("while stopping", 200, 503)
		if got := status("/other"); got != 404 {
			t.Errorf("other path: %d", got)
		}
	})
}

func TestHealthListens(t *testing.T) {
	addr := freeAddress(t)
	h := NewHealth(time.Minute)
	stop, err := h.Listen(t.Context(), addr)
	if err != nil {
		t.Fatal(err)
	}
	if code, body := probe(t, addr, "/livez"); code != 200 || !strings.HasPrefix(body, "last beat") {
		t.Errorf("%d %s", code, body)
	}
	if code, body := probe(t, addr, "/readyz"); code != 503 || body != "starting\n" {
		t.Errorf("%d %s", code, body)
	}
	if _, err := h.Listen(t.Context(), addr); err == nil || !strings.HasPrefix(err.Error(), "listen for probes: ") {
		t.Errorf("an address in use: %v", err)
	}
	stop()
	if code, _ := probe(t, addr, "/livez"); code != 0 {
		t.Errorf("answers %d after stop", code)
	}
	if stop, err = h.Listen(t.Context(), ""); err != nil {
		t.Errorf("without an address: %v", err)
	}
	stop()
}

// freeAddress returns an address of this machine that nobody listens on.
func freeAddress(t *testing.T) string {
	t.Helper()
	addr, err := freeport.Address()
	if err != nil {
		t.Fatal(err)
	}
	return addr
}

// probe asks a worker; the code is 0 if nobody answers.
func probe(t *testing.T, addr, path string) (code int, body string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+addr+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, err.Error()
	}
	defer resp.Body.Close()
	data, _ := io.ReadAll(resp.Body)
	return resp.StatusCode, string(data)
}

func TestServiceTakesTheStandardLogger(t *testing.T) {
	core, seen := observer.New(zap.DebugLevel)
	err := Service(t.Context(), zap.New(core), func(context.Context) error {
		stdlog.Print("a library has something to say")
		return nil
	})
	lines := seen.FilterMessage("a library has something to say").All()
	if err != nil || len(lines) != 1 || lines[0].Level != zap.DebugLevel {
		t.Errorf("%v, lines %v", err, seen.All())
	}
}
