package cluster

import (
	"strings"
	"testing"

	"pressmill/deploy/pressmill/programtest"
	"pressmill/pkg/worker"
)

func TestClusterIsUsedWrongly(t *testing.T) {
	t.Parallel()
	program := worker.Program{Name: "pressmill", Commands: Commands()}
	for args, want := range map[string]string{
		"-nats 2":                 "-nats 2 is not 1, 3 or 5",
		"-crawlers -1":            "-crawlers -1 is not between",
		"-demo http://a.example/": "-demo crawls the demo site",
		"gopher://a.example/":     "gopher",
	} {
		if code, _, stderr := programtest.Run(t, program, append([]string{"cluster", "-data", t.TempDir()}, strings.Fields(args)...)...); code != 2 || !strings.Contains(stderr, want) {
			t.Errorf("%s: exit code %d, %q, want %q", args, code, stderr, want)
		}
	}
	if code, _, stderr := programtest.Run(t, program, "cluster", "-data", t.TempDir(), "-bin", t.TempDir()); code != 1 || !strings.Contains(stderr, "`make build` makes it") {
		t.Errorf("without binaries: exit code %d, %q", code, stderr)
	}
}
