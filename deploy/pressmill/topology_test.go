package main

import (
	"strings"
	"testing"
	"time"

	"pressmill/pkg/bus/embedded"
)

func TestTopologyWaitsForAServer(t *testing.T) {
	t.Parallel()
	addr := freeAddress(t)
	config := write(t, "config.yaml", "bus:\n  url: nats://"+addr+"\n")

	began := time.Now()
	code, _, stderr := pressmill(t, "topology", "apply", "-config", config, "-wait", "1s")
	if code != 1 || !strings.Contains(stderr, "connect to NATS") || time.Since(began) < time.Second {
		t.Errorf("without a server: exit code %d after %s, %q", code, time.Since(began), stderr)
	}

	started := make(chan *embedded.Server, 1)
	dir := t.TempDir()
	time.AfterFunc(700*time.Millisecond, func() {
		srv, err := embedded.Start(dir, addr)
		if err != nil {
			t.Error(err)
		}
		started <- srv
	})
	code, stdout, stderr := pressmill(t, "topology", "apply", "-config", config, "-wait", "30s")
	if srv := <-started; srv != nil {
		t.Cleanup(srv.Stop)
	}
	if code != 0 || stdout != "topology applied\n" || strings.Count(stderr, "trying again: ") != 1 {
		t.Errorf("with a server later: exit code %d, %q, %q", code, stdout, stderr)
	}
	if got := mustRun(t, "topology", "check", "-config", config); got != "topology is right\n" {
		t.Errorf("check: %q", got)
	}
}

func TestTopologyDoesNotWaitOnAWrongConfiguration(t *testing.T) {
	t.Parallel()
	config := write(t, "config.yaml", "bus: {replicas: 2}\n")
	began := time.Now()
	if code, _, _ := pressmill(t, "topology", "apply", "-config", config, "-wait", "1m"); code != 2 || time.Since(began) > 30*time.Second {
		t.Errorf("exit code %d after %s", code, time.Since(began))
	}
}
