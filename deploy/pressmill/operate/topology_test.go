package operate

import (
	"bytes"
	"strings"
	"sync"
	"testing"
	"time"

	"pressmill/deploy/pressmill/programtest"
	"pressmill/pkg/bus/embedded"
	"pressmill/pkg/worker"
)

func TestTopologyWaitsForAServer(t *testing.T) {
	t.Parallel()
	addr := programtest.Address(t)
	config := programtest.File(t, "config.yaml", "bus:\n  url: nats://"+addr+"\n")

	began := time.Now()
	code, _, stderr := pressmill(t, "topology", "apply", "-config", config, "-wait", "1s")
	if code != 1 || !strings.Contains(stderr, "connect to NATS") || time.Since(began) < time.Second {
		t.Errorf("without a server: exit code %d after %s, %q", code, time.Since(began), stderr)
	}

	started := make(chan *embedded.Server, 1)
	dir := t.TempDir()
	told := hearing{word: "trying again: ", heard: func() {
		srv, err := embedded.Start(dir, addr)
		if err != nil {
			t.Error(err)
		}
		started <- srv
	}}
	var stdout bytes.Buffer
	code = worker.Run(t.Context(), program(), []string{"topology", "apply", "-config", config, "-wait", "2m"}, strings.NewReader(""), &stdout, &told)
	if srv := <-started; srv != nil {
		t.Cleanup(srv.Stop)
	}
	if code != 0 || stdout.String() != "topology applied\n" || strings.Count(told.String(), "trying again: ") != 1 {
		t.Errorf("with a server later: exit code %d, %q, %q", code, &stdout, &told)
	}
	if got := mustRun(t, "topology", "check", "-config", config); got != "topology is right\n" {
		t.Errorf("check: %q", got)
	}
}

// hearing is what a command writes; it does something when a word comes for the
// first time.
type hearing struct {
	bytes.Buffer
	word  string
	heard func()
	once  sync.Once
}

func (h *hearing) Write(p []byte) (int, error) {
	n, err := h.Buffer.Write(p)
	if strings.Contains(h.String(), h.word) {
		h.once.Do(h.heard)
	}
	return n, err
}

func TestTopologyDoesNotWaitOnAWrongConfiguration(t *testing.T) {
	t.Parallel()
	config := programtest.File(t, "config.yaml", "bus: {replicas: 2}\n")
	if code, _, stderr := pressmill(t, "topology", "apply", "-config", config, "-wait", "1m"); code != 2 || strings.Contains(stderr, "trying again: ") {
		t.Errorf("exit code %d\n%s", code, stderr)
	}
}
