package operate

import (
	"testing"

	"pressmill/deploy/pressmill/programtest"
	"pressmill/pkg/worker"
)

// program has the commands alone.
func program() worker.Program { return worker.Program{Name: "pressmill", Commands: Commands()} }

func pressmill(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	return programtest.Run(t, program(), args...)
}

func mustRun(t *testing.T, args ...string) string {
	t.Helper()
	return programtest.Must(t, program(), args...)
}
