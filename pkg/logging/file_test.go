package logging

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"
	"go.uber.org/zap"
	"golang.org/x/sys/unix"

	"pressmill/pkg/config"
)

// openFile opens a log in a file; stderr is what is written elsewhere.
func openFile(t *testing.T, file File) (o *Output, stderr *bytes.Buffer) {
	t.Helper()
	stderr = new(bytes.Buffer)
	o, err := Open(Config{File: file}, Service{Name: "sink"}, stderr, true)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = o.Close() })
	return o, stderr
}

// logged reads the lines of a log, compressed or not.
func logged(t *testing.T, path string) (lines []map[string]any) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if strings.HasSuffix(path, ".zst") {
		z, err := zstd.NewReader(bytes.NewReader(data))
		if err != nil {
			t.Fatal(err)
		}
		defer z.Close()
		if data, err = io.ReadAll(z); err != nil {
			t.Fatal(err)
		}
	}
	for line := range bytes.Lines(data) {
		var fields map[string]any
		if err := json.Unmarshal(line, &fields); err != nil {
			t.Fatalf("%s: %s: %v", path, line, err)
		}
		lines = append(lines, fields)
	}
	return lines
}

func TestFileRotates(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "logs", "{service}.jsonl")
	o, stderr := openFile(t, File{Path: path, MaxSize: config.MiB, Keep: 3, Compress: true})
	filler := strings.Repeat("x", 10_000)
	const written = 450 // more than four MiB
	for i := range written {
		o.Log.Info("a line", Event(FetchDone), zap.Int(KeyNew, i), zap.String(KeyAnswer, filler))
		time.Sleep(100 * time.Microsecond) // full files are named by the millisecond
	}
	if err := o.Close(); err != nil {
		t.Fatal(err)
	}
	path = filepath.Join(dir, "logs", "sink.jsonl")
	full, _ := filepath.Glob(filepath.Join(dir, "logs", "sink-*.jsonl.zst"))
	if len(full) != 3 || stderr.Len() > 0 {
		t.Fatalf("full files %v, stderr %s", full, stderr)
	}
	next := -1
	for _, file := range append(full, path) { // by their names, older ones first
		for _, line := range logged(t, file) {
			n := int(line[KeyNew].(float64))
			if next >= 0 && n != next {
				t.Fatalf("%s: line %d, want %d", file, n, next)
			}
			next = n + 1
		}
	}
	if next != written {
		t.Errorf("the last line is %d, want %d", next-1, written-1)
	}
	again, _ := openFile(t, File{Path: path})
	again.Log.Info("goes on")
	if lines := logged(t, path); lines[len(lines)-1][KeyMessage] != "goes on" || len(lines) < 2 {
		t.Errorf("a process that starts again does not go on with the file: %d lines", len(lines))
	}
}

func TestFileHasOneWriter(t *testing.T) {
	path := filepath.Join(t.TempDir(), "sink.jsonl")
	o, _ := openFile(t, File{Path: path})
	_, err := Open(Config{File: File{Path: path}}, Service{Name: "sink"}, io.Discard, false)
	if err == nil || !strings.Contains(err.Error(), "another process writes it; have {instance} in log.file.path") {
		t.Errorf("a second writer: %v", err)
	}
	_ = o.Close()
	openFile(t, File{Path: path})
	if _, err := Open(Config{File: File{Path: "/dev/null/x"}}, Service{Name: "sink"}, io.Discard, false); err == nil || !strings.HasPrefix(err.Error(), "open log: ") {
		t.Errorf("a file that cannot be: %v", err)
	}
}

// TestFilesOfTheGone has files of processes that are no more, of one that runs,
// and of others that only look alike.
func TestFilesOfTheGone(t *testing.T) {
	dir := t.TempDir()
	ago := func(name string, d time.Duration) {
		t.Helper()
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(path, time.Time{}, time.Now().Add(-d)); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"sink-a-1.log", "sink-a-1-2026-01-01T00-00-00.000-size.log.zst", "sink-a-1.log.lock", "sink-b-2.log", "sink-mine.log", "sink-c-3.log"} {
		ago(name, 3*day)
	}
	ago("sink-b-2.log.lock", 3*day)
	ago("sink-b-2-2026-11-28T00-00-00.000-size.log", time.Hour)
	running, err := lockLog(filepath.Join(dir, "sink-c-3.log"))
	if err != nil {
		t.Fatal(err)
	}
	defer running.Close()
	openFile(t, File{Path: filepath.Join(dir, "{service}-{instance}.log"), MaxAge: day})
	left, _ := filepath.Glob(filepath.Join(dir, "*"))
	for i := range left {
		left[i] = filepath.Base(left[i])
	}
	own := "sink-" + instanceName() + ".log"
	want := []string{"sink-b-2-2026-11-28T00-00-00.000-size.log", "sink-b-2.log.lock", "sink-c-3.log", "sink-c-3.log.lock", own, own + ".lock", "sink-mine.log"}
	if got := fmt.Sprint(left); len(left) != len(want) {
		t.Errorf("left are %s, want %s", got, want)
	}
	for _, name := range want {
		if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
			t.Error(err)
		}
	}
}

const fullDisk = "PRESSMILL_FULL_DISK"

// TestDiskFull fills a file system of its own, in a process that may mount one.
func TestDiskFull(t *testing.T) {
	if dir := os.Getenv(fullDisk); dir != "" {
		fillDisk(t, dir)
		return
	}
	cmd := exec.Command(os.Args[0], "-test.run=^TestDiskFull$", "-test.v")
	cmd.Env = append(os.Environ(), fullDisk+"="+t.TempDir(), "GORACE=atexit_sleep_ms=0")
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags:  syscall.CLONE_NEWUSER | syscall.CLONE_NEWNS,
		UidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}},
	}
	out, err := cmd.CombinedOutput()
	if err != nil && cmd.ProcessState == nil || bytes.Contains(out, []byte("cannot mount")) {
		t.Skipf("this system gives no file system to fill: %v %s", err, out)
	}
	if err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

func fillDisk(t *testing.T, dir string) {
	if err := unix.Mount("tmpfs", dir, "tmpfs", 0, "size=1m"); err != nil {
		t.Fatalf("cannot mount: %v", err)
	}
	defer func() { _ = unix.Unmount(dir, unix.MNT_DETACH) }()
	filler, path := filepath.Join(dir, "filler"), filepath.Join(dir, "sink.jsonl")
	if err := os.WriteFile(filler, make([]byte, 960_000), 0o600); err != nil {
		t.Fatal(err)
	}
	o, stderr := openFile(t, File{Path: path})
	stage := o.Log.With(zap.String(KeyStage, "sink"))
	const written = 2000
	begun := time.Now()
	for i := range written {
		stage.Info("a line of some length, so that the disk is full before long", Event(FetchDone), zap.Int(KeyNew, i))
	}
	if took := time.Since(begun); took > time.Minute {
		t.Errorf("a full disk holds the writer for %s", took)
	}
	if told := stderr.String(); strings.Count(told, "\n") != 1 || !strings.Contains(told, "sink: write log: ") || !strings.Contains(told, "no space left on device") {
		t.Errorf("stderr: %q, want one line", told)
	}
	if err := os.Remove(filler); err != nil {
		t.Fatal(err)
	}
	stage.Info("there is room again", Event(FetchDone))
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	whole, torn := 0, 0
	var lost map[string]any
	for line := range strings.Lines(string(data)) {
		var fields map[string]any
		switch err := json.Unmarshal([]byte(line), &fields); {
		case err != nil:
			torn++
		case fields[KeyEvent] == LogLost:
			lost = fields
		default:
			whole++
		}
	}
	if lost == nil || torn > 1 || float64(whole)+lost[KeyLines].(float64) != written+1 {
		t.Fatalf("%d whole lines, %d torn, %v", whole, torn, lost)
	}
	if lost[KeyLevel] != "error" || !strings.Contains(lost[KeyError].(string), "no space") || lost[KeyStage] != nil {
		t.Errorf("%v", lost)
	}
}

func TestStep(t *testing.T) {
	var out bytes.Buffer
	o, err := Open(Config{Level: "error"}, Service{Name: "s"}, &out, false)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, by := range []int{1, -1, -1, -1, -1, 1} {
		out.Reset()
		o.Step(by)
		o.Log.Debug("debug")
		var line map[string]any
		first, rest, _ := strings.Cut(out.String(), "\n")
		if err := json.Unmarshal([]byte(first), &line); err != nil || line[KeyEvent] != LogLevel {
			t.Fatalf("%s: %v", out.String(), err)
		}
		got = append(got, fmt.Sprint(line[KeyFrom], line[KeyTo], strings.Count(rest, "\n")))
	}
	if want := "[errorerror0 errorwarn0 warninfo0 infodebug1 debugdebug1 debuginfo0]"; strings.ReplaceAll(fmt.Sprint(got), " ", "") != strings.ReplaceAll(want, " ", "") {
		t.Errorf("%s, want %s", got, want)
	}
}
