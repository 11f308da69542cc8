package supervise_test

import (
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"pressmill/deploy/pressmill/supervise"
)

// TestMain makes the test binary a process that says who it is and waits: polite
// ends with SIGTERM, stubborn does not, and brief ends at once.
func TestMain(m *testing.M) {
	manner := os.Getenv("PRESSMILL_MANNER")
	if manner == "" {
		os.Exit(m.Run())
	}
	told := make(chan os.Signal, 10)
	signal.Notify(told, syscall.SIGTERM)
	fmt.Printf("%s %d\n", manner, os.Getpid())
	if manner == "brief" {
		os.Exit(3)
	}
	for {
		<-told
		fmt.Println("told")
		if manner == "polite" {
			os.Exit(0)
		}
	}
}

// record is what a group told.
type record struct {
	mu     sync.Mutex
	events []supervise.Event
	lines  []string
}

func (r *record) config() supervise.Config {
	return supervise.Config{
		MinWait: 20 * time.Millisecond, MaxWait: time.Minute,
		Tell: func(e supervise.Event) {
			r.mu.Lock()
			defer r.mu.Unlock()
			r.events = append(r.events, e)
		},
		Line: func(name, line string) {
			r.mu.Lock()
			defer r.mu.Unlock()
			r.lines = append(r.lines, name+": "+line)
		},
	}
}

func (r *record) told() []supervise.Event {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.events)
}

func (r *record) said(line string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Contains(r.lines, line)
}

func process(t *testing.T, name, manner string) supervise.Process {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return supervise.Process{
		Name: name, Path: self, Env: []string{"PRESSMILL_MANNER=" + manner, "GORACE=atexit_sleep_ms=0"},
		Log: filepath.Join(t.TempDir(), name+".log"),
	}
}

func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for range 6000 {
		if ok() {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatalf("never: %s", what)
}

func TestWhatDiesIsStartedAgain(t *testing.T) {
	t.Parallel()
	r := &record{}
	g := supervise.New(r.config())
	p := process(t, "one", "polite")
	if err := g.Start(p); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { g.Stop(0, "one") })
	first := g.PID("one")
	eventually(t, "the first runs", func() bool { return r.said(fmt.Sprintf("one: polite %d", first)) })
	if err := syscall.Kill(first, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	eventually(t, "it is started again", func() bool { return len(r.told()) == 3 })
	second := g.PID("one")
	died := r.told()[1]
	if !died.Ended || died.PID != first || died.Again != 20*time.Millisecond || died.Err == nil || second == first {
		t.Errorf("%+v, then process %d", died, second)
	}
	eventually(t, "the second runs", func() bool { return r.said(fmt.Sprintf("one: polite %d", second)) })
	if killed := g.Stop(time.Minute, "one"); killed != nil {
		t.Errorf("killed %v", killed)
	}
	last := r.told()[len(r.told())-1]
	if !last.Ended || last.Err != nil || last.Again != 0 || last.PID != second {
		t.Errorf("%+v, want a good end", last)
	}
	log, err := os.ReadFile(p.Log)
	if want := fmt.Sprintf("polite %d\npolite %d\ntold\n", first, second); err != nil || string(log) != want {
		t.Errorf("log %q, %v, want %q", log, err, want)
	}
	if g.PID("one") != 0 {
		t.Error("it is still known")
	}
}

func TestWhatDiesAtOnceIsStartedLaterEachTime(t *testing.T) {
	t.Parallel()
	r := &record{}
	g := supervise.New(r.config())
	if err := g.Start(process(t, "one", "brief")); err != nil {
		t.Fatal(err)
	}
	eventually(t, "it has died four times", func() bool { return len(r.told()) >= 8 })
	g.Stop(time.Minute, "one")
	var waits []time.Duration
	for _, e := range r.told() {
		if e.Ended && e.Again > 0 && len(waits) < 4 {
			waits = append(waits, e.Again)
			if !strings.Contains(e.Err.Error(), "exit status 3") {
				t.Errorf("%v", e.Err)
			}
		}
	}
	const ms = time.Millisecond
	if want := []time.Duration{20 * ms, 40 * ms, 80 * ms, 160 * ms}; !slices.Equal(waits, want) {
		t.Errorf("waits %v, want %v", waits, want)
	}
	n := len(r.told())
	time.Sleep(400 * ms)
	if len(r.told()) != n {
		t.Error("it is started after it was stopped")
	}
}

func TestWhoDoesNotEndIsKilled(t *testing.T) {
	t.Parallel()
	r := &record{}
	g := supervise.New(r.config())
	for name, manner := range map[string]string{"one": "stubborn", "two": "polite"} {
		if err := g.Start(process(t, name, manner)); err != nil {
			t.Fatal(err)
		}
	}
	eventually(t, "both run", func() bool {
		return r.said(fmt.Sprintf("one: stubborn %d", g.PID("one"))) && r.said(fmt.Sprintf("two: polite %d", g.PID("two")))
	})
	const grace = 3 * time.Second // for the polite one, on a busy machine
	begun := time.Now()
	killed := g.Stop(grace, "one", "two")
	if took := time.Since(begun); !slices.Equal(killed, []string{"one"}) || took < grace {
		t.Errorf("killed %v after %s, want one", killed, took)
	}
	if !r.said("one: told") || !r.said("two: told") {
		t.Error("not both were told to end")
	}
}

func TestStartTellsWhatIsWrong(t *testing.T) {
	t.Parallel()
	g := supervise.New(supervise.Config{})
	p := process(t, "one", "polite")
	p.Path = filepath.Join(t.TempDir(), "nothing")
	if err := g.Start(p); err == nil || !strings.HasPrefix(err.Error(), "start one: ") {
		t.Errorf("%v", err)
	}
	if g.PID("one") != 0 || g.Stop(0, "one") != nil {
		t.Error("it is known")
	}
}
