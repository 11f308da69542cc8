package operate

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pressmill/pkg/bus/embedded"
	"pressmill/pkg/freeport"
	"pressmill/pkg/logging/logtest"
	"pressmill/pkg/worker"
)

// program has the commands alone.
func program() worker.Program { return worker.Program{Name: "pressmill", Commands: Commands()} }

func pressmill(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	code = worker.Run(t.Context(), program(), args, strings.NewReader(""), &out, &errs)
	logtest.Check(t, errs.String())
	return code, out.String(), errs.String()
}

func mustRun(t *testing.T, args ...string) string {
	t.Helper()
	code, stdout, stderr := pressmill(t, args...)
	if code != 0 {
		t.Fatalf("exit code %d\n%s\n%s", code, stdout, stderr)
	}
	return stdout
}

// server starts a NATS server and returns a configuration that names it.
func server(t *testing.T) (config string) {
	t.Helper()
	addr := freeAddress(t)
	srv, err := embedded.Start(t.TempDir(), addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(srv.Stop)
	config = write(t, "config.yaml", "bus:\n  url: nats://"+addr+"\n")
	mustRun(t, "topology", "apply", "-config", config)
	return config
}

func write(t *testing.T, name, text string) (path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// freeAddress returns an address of this machine that nobody listens on.
func freeAddress(t *testing.T) string {
	t.Helper()
	addr, err := freeport.Address()
	if err != nil {
		t.Fatal(err)
	}
	return addr
}
