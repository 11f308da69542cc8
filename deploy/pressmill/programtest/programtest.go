// Package programtest runs programs in tests, and the server and workers that
// their commands need.
package programtest

import (
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/zap"

	"pressmill/parser"
	"pressmill/pkg/bus"
	"pressmill/pkg/bus/embedded"
	"pressmill/pkg/freeport"
	"pressmill/pkg/logging/logtest"
	"pressmill/pkg/worker"
	"pressmill/sink"
)

// Run runs a program in this process, for four minutes at most, and has what it
// logs checked.
func Run(t *testing.T, p worker.Program, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 4*time.Minute)
	defer cancel()
	var out, errs bytes.Buffer
	code = worker.Run(ctx, p, args, strings.NewReader(""), &out, &errs)
	logtest.Check(t, errs.String())
	return code, out.String(), errs.String()
}

// Must is Run of a program that has to do what it is told; it returns what that
// wrote to stdout.
func Must(t *testing.T, p worker.Program, args ...string) string {
	t.Helper()
	code, stdout, stderr := Run(t, p, args...)
	if code != 0 {
		t.Fatalf("exit code %d\n%s\n%s", code, stdout, stderr)
	}
	return stdout
}

// Server starts a NATS server with the topology for the time of the test, and
// returns a configuration that names it.
func Server(t *testing.T) (config string) {
	t.Helper()
	addr := Address(t)
	srv, err := embedded.Start(t.TempDir(), addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(srv.Stop)
	cfg := bus.Defaults()
	cfg.URL = "nats://" + addr
	b, err := bus.Connect(cfg, "test", zap.NewNop())
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	if err := b.Apply(t.Context()); err != nil {
		t.Fatal(err)
	}
	return File(t, "config.yaml", "bus:\n  url: "+cfg.URL+"\n")
}

// Workers runs a parser and a sink until stop is called or the test ends.
func Workers(t *testing.T, config string) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	for _, p := range []worker.Program{parser.Program(), sink.Program()} {
		running.Go(func() {
			var stderr bytes.Buffer
			if code := worker.Run(ctx, p, []string{"-config", config}, strings.NewReader(""), io.Discard, &stderr); code != 0 {
				t.Errorf("%s: exit code %d\n%s", p.Name, code, &stderr)
			}
		})
	}
	stop = func() { cancel(); running.Wait() }
	t.Cleanup(stop)
	return stop
}

// File writes a file into a folder of its own.
func File(t *testing.T, name, text string) (path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// Address returns an address of this machine that nobody listens on.
func Address(t *testing.T) string {
	t.Helper()
	addr, err := freeport.Address()
	if err != nil {
		t.Fatal(err)
	}
	return addr
}
