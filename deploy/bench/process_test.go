package main

import (
	"os/exec"
	"strings"
	"testing"
)

func TestProcessThatFailsIsHeard(t *testing.T) {
	failing := exec.CommandContext(t.Context(), "sh", "-c", "echo no such thing >&2; exit 3")
	if _, err := measure(failing, nil); err == nil || !strings.Contains(err.Error(), "exit status 3: no such thing") {
		t.Errorf("measure says %v", err)
	}
	s, err := startService(t.Context(), "/bin", "sh", nil, "-c", "echo no such thing >&2; exit 3")
	if err != nil {
		t.Fatal(err)
	}
	<-s.ended
	if err := s.running(); err == nil || !strings.Contains(err.Error(), "no such thing") {
		t.Errorf("running says %v", err)
	}
	if _, err := s.stop(); err == nil || !strings.Contains(err.Error(), "exit status 3: no such thing") {
		t.Errorf("its end is %v", err)
	}
}
