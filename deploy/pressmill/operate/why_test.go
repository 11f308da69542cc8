package operate

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.uber.org/zap"

	"pressmill/crawler"
	"pressmill/pkg/bus"
	"pressmill/pkg/bus/embedded"
)

func TestWhyAnswersForPeopleAndPrograms(t *testing.T) {
	dir := t.TempDir()
	srv, err := embedded.Start(filepath.Join(dir, "nats"), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(srv.Stop)
	config := filepath.Join(dir, "config.yaml")
	if err := os.WriteFile(config, fmt.Appendf(nil, "bus: {url: %q}\ncrawler: {max_link: 40}\n", srv.URL()), 0o600); err != nil {
		t.Fatal(err)
	}
	cfg := bus.Defaults()
	cfg.URL = srv.URL()
	b, err := bus.Connect(cfg, "test", zap.NewNop())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	if err := b.Apply(t.Context()); err != nil {
		t.Fatal(err)
	}
	src := crawler.Source{ID: "paper", Seeds: []string{"https://paper.example/"}}
	if err := crawler.Enqueue(t.Context(), b, []crawler.Source{src}, "c1"); err != nil {
		t.Fatal(err)
	}
	out := mustRun(t, "why", "-config", config, "HTTP://Paper.example:80/#top")
	for _, part := range []string{"url       http://paper.example/\n", "key       https://paper.example/\n", "verdict   waiting\n", "paper: a seed of it"} {
		if !strings.Contains(out, part) {
			t.Errorf("nothing of %q in\n%s", part, out)
		}
	}
	var w crawler.Why
	if err := json.Unmarshal([]byte(mustRun(t, "why", "-json", "-config", config, "https://paper.example/a-link-of-far-more-than-40-bytes")), &w); err != nil {
		t.Fatal(err)
	}
	if w.Verdict != "unknown" || w.Reason != "trap_length" || w.Next == "" {
		t.Errorf("answer: %+v", w)
	}
	for _, args := range [][]string{{"why", "-config", config}, {"why", "ftp://x.example/", "-config", config}} {
		if code, _, stderr := pressmill(t, args...); code != 2 {
			t.Errorf("%v: exit code %d, %s", args, code, stderr)
		}
	}
}
