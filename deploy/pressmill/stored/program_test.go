package stored

import (
	"slices"
	"testing"

	"pressmill/deploy/pressmill/operate"
	"pressmill/deploy/pressmill/programtest"
	"pressmill/pkg/worker"
)

// program has the commands, and those on the bus, alone.
func program() worker.Program {
	return worker.Program{Name: "pressmill", Commands: slices.Concat(Commands(), operate.Commands())}
}

func pressmill(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	return programtest.Run(t, program(), args...)
}

func mustRun(t *testing.T, args ...string) string {
	t.Helper()
	return programtest.Must(t, program(), args...)
}
