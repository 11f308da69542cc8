package logtest

import (
	"fmt"
	"strings"
	"testing"

	"go.uber.org/zap"

	"pressmill/pkg/logging"
)

// spy takes note of the errors of a test instead of failing.
type spy struct {
	testing.TB
	errors  []string
	cleanup func()
}

func (s *spy) Errorf(format string, args ...any) {
	s.errors = append(s.errors, fmt.Sprintf(format, args...))
}
func (s *spy) Cleanup(f func()) { s.cleanup = f }

// Lines that are not as the catalogue says fail the test, up to ten of them.
func TestOddLinesFail(t *testing.T) {
	s := &spy{TB: t}
	log := zap.New(Core(s, "sink"))
	log.Info("well", logging.Event(logging.ReceiverUp), zap.String(logging.KeySink, "a"))
	if s.cleanup(); len(s.errors) != 0 {
		t.Errorf("a line as it should be: %v", s.errors)
	}
	for range maxFaults + 1 {
		log.Info("odd", logging.Event(logging.ReceiverUp))
	}
	if s.cleanup(); len(s.errors) != maxFaults || !strings.Contains(s.errors[0], "receiver.up has no sink") {
		t.Errorf("%d errors: %v", len(s.errors), s.errors)
	}
	s.errors = nil
	if Check(s, "for people\n{\"event\":\"x\"}\n"); len(s.errors) != 1 || !strings.Contains(s.errors[0], `event "x" is not in the catalogue`) {
		t.Errorf("of stderr: %v", s.errors)
	}
}
