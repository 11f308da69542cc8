package main

import (
	"context"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"testing"

	"pressmill/deploy/pressmill/programtest"
	"pressmill/pkg/worker"
)

// pipelineAt runs all stages until the test ends and returns their
// configuration.
func pipelineAt(t *testing.T, private string) (config string) {
	t.Helper()
	addr, dir := programtest.Address(t), t.TempDir()
	first, _ := serve(t)
	config = programtest.File(t, "config.yaml", fmt.Sprintf(`
bus: {url: "nats://%s", ack_wait: 30s}
crawler: {delay: 10ms, allow_private: [%s]}
sinks: [{url: "file://%s", max_age: 500ms}]
`, addr, private, filepath.Join(dir, "out")))
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan int, 1)
	go func() {
		ended <- worker.Run(ctx, program(), []string{"run", "-config", config, "-listen", addr, "-data", filepath.Join(dir, "data"), first + "/"}, strings.NewReader(""), io.Discard, io.Discard)
	}()
	t.Cleanup(func() {
		cancel()
		if code := <-ended; code != 0 {
			t.Errorf("run ended with %d", code)
		}
	})
	mustRun(t, "topology", "check", "-config", config, "-wait", "20s")
	return config
}

func TestDemoCheckFindsTheArticlesThatWorkersWrite(t *testing.T) {
	t.Parallel()
	config := pipelineAt(t, "127.0.0.0/8")
	stdout := mustRun(t, "demo", "check", "-config", config, "-host", "127.0.0.1", "-listen", "0.0.0.0:0", "-wait", "50s")
	if !strings.Contains(stdout, "articles were written in ") || !strings.Contains(stdout, "Old ferry pier") {
		t.Errorf("output:\n%s", stdout)
	}
	if left := mustRun(t, "sources", "list", "-config", config); strings.Contains(left, "demo-check") {
		t.Errorf("the source is left:\n%s", left)
	}
}

func TestDemoCheckSaysHowFarTheCrawlersGot(t *testing.T) {
	t.Parallel()
	config := pipelineAt(t, "127.0.0.2/32")
	code, _, stderr := pressmill(t, "demo", "check", "-config", config, "-wait", "2s")
	if code != 1 || !strings.Contains(stderr, "crawler.allow_private") {
		t.Errorf("exit code %d, %q", code, stderr)
	}
	for _, args := range [][]string{{"-out", "nowhere://x"}, {"http://127.0.0.1/"}} {
		if code, _, stderr := pressmill(t, append([]string{"demo", "check", "-config", config, "-wait", "1ms"}, args...)...); code != 2 {
			t.Errorf("%v: exit code %d, %s", args, code, stderr)
		}
	}
}
