package commands

import (
	"bytes"
	"strings"
	"testing"

	"pressmill/pkg/logging/logtest"
	"pressmill/pkg/worker"
)

// program has the commands alone.
func program() worker.Program { return worker.Program{Name: "pressmill", Commands: All()} }

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
