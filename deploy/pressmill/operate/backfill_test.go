package operate

import (
	"strings"
	"testing"

	"pressmill/deploy/pressmill/programtest"
)

func TestBackfillCommand(t *testing.T) {
	t.Parallel()
	config := programtest.Server(t)
	file := programtest.File(t, "sources.yaml", "sources:\n  - id: paper\n    seeds: [https://www.example.org/, https://news.example.org/feed]\n  - id: lists\n    domain: example.net\n    seeds: [https://cdn.example.com/urls.txt]\n")
	mustRun(t, "sources", "apply", "-config", config, "-f", file)
	got := mustRun(t, "sources", "backfill", "paper", "-from", "2024-05-01", "-to", "2024-05-31", "-config", config)
	if got != "paper: 2024-05-01 to 2024-05-31, from the sitemaps of www.example.org, news.example.org\n" {
		t.Errorf("%q", got)
	}
	for want, args := range map[string][]string{
		"name one source":            {"-from", "2024-05-01"},
		`day "": want one`:           {"paper"},
		"is before 2024-05-01":       {"-from", "2024-05-01", "-to", "2024-04-01", "paper"},
		`want one as`:                {"-from", "May", "paper"},
		"paper":                      {"-from", "2024-05-01", "papre"}, // the nearest source is named
		"no seed on its own domain,": {"-from", "2024-05-01", "lists"},
	} {
		code, _, stderr := pressmill(t, append([]string{"sources", "backfill", "-config", config}, args...)...)
		if code == 0 || !strings.Contains(stderr, want) {
			t.Errorf("%v: exit code %d, %q", args, code, stderr)
		}
	}
}
