package operate

import (
	"strings"
	"testing"
	"time"

	"pressmill/deploy/pressmill/programtest"
	"pressmill/pkg/bus"
)

func TestSinksListAndForget(t *testing.T) {
	t.Parallel()
	config := programtest.Server(t)
	if got := mustRun(t, "sinks", "list", "-config", config); got != "NAME  BEHIND  OLDEST\n" {
		t.Errorf("list: %q", got)
	}
	code, _, stderr := pressmill(t, "sinks", "forget", "-config", config, "gone")
	if code != 1 || !strings.Contains(stderr, `there is no sink "gone"`) {
		t.Errorf("forget: %d, %q", code, stderr)
	}
	if code, _, _ := pressmill(t, "sinks", "forget", "-config", config); code != 2 {
		t.Errorf("forget nothing: %d", code)
	}
	var out strings.Builder
	now := time.Date(2026, 11, 28, 6, 0, 0, 0, time.UTC)
	err := printSinks(&out, []bus.SinkState{{Name: "a"}, {Name: "b", Behind: 3, Oldest: now.Add(-90 * time.Minute)}}, now)
	if want := "NAME  BEHIND  OLDEST\na     0       -\nb     3       1h30m0s\n"; err != nil || out.String() != want {
		t.Errorf("%q, %v", out.String(), err)
	}
}
