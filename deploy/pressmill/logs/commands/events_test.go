package commands

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"pressmill/pkg/logging"
)

func TestLogsEvents(t *testing.T) {
	all := mustRun(t, "logs", "events")
	for _, e := range logging.Catalogue().Events {
		if !strings.Contains(all, "\n  "+e.Name+" ") {
			t.Errorf("%s is not listed", e.Name)
		}
	}
	for line := range strings.Lines(all) {
		if len(line) > textWidth+1 {
			t.Errorf("longer than %d: %s", textWidth, line)
		}
	}
	for args, wants := range map[string][]string{
		"segment.conflict": {"segment.conflict\n\n  One object", "stage    sink", "level    info", "next_seq   integer"},
		"receiver":         {"receiver.down\n", "receiver.up\n", "receiver.gone\n"},
		"took_ms":          {"took_ms\n\n  How long", "type     number, milliseconds", "of       fetch.done, "},
		"fetch.failed":     {"reason   timeout, dns", "[backoff_ms]"},
		"http_404":         {"http_404\n\n  A reason of", "\n  fetch.failed  ", "\n  host.dropped  "},
	} {
		got := mustRun(t, "logs", "events", args)
		for _, want := range wants {
			if !strings.Contains(got, want) {
				t.Errorf("%s does not say %q:\n%s", args, want, got)
			}
		}
	}
	code, _, stderr := pressmill(t, "logs", "events", "fetch.dome")
	if code != 2 || !strings.Contains(stderr, `did you mean "fetch.done"?`) {
		t.Errorf("exit code %d: %s", code, stderr)
	}
	var c logging.Contents
	if err := json.Unmarshal([]byte(mustRun(t, "logs", "events", "-json")), &c); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(logging.Catalogue(), &c); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
