// Package logtest holds what is logged in tests to the catalogue.
package logtest

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"go.uber.org/zap/zapcore"

	"pressmill/pkg/logging"
)

// Check has every line of JSON in a log, such as what a program wrote to
// stderr, be as the catalogue says. Lines for people are left out.
func Check(tb testing.TB, log string) {
	tb.Helper()
	var c checker
	for line := range strings.Lines(log) {
		if strings.HasPrefix(line, "{") {
			c.check([]byte(line))
		}
	}
	c.tell(tb)
}

// Core returns a core that takes lines of every level, writes them as a program
// does, with a stage unless it is "", and checks them; the test fails at its end.
func Core(tb testing.TB, stage string) zapcore.Core {
	tb.Helper()
	c := &checker{}
	log, err := logging.New(logging.Config{Level: "debug", Format: "json"}, "test", c, false)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { c.tell(tb) })
	if stage != "" {
		log = log.With(logging.StageName(stage))
	}
	return log.Core()
}

// maxFaults is how many lines are shown of a log that is wrong.
const maxFaults = 10

// checker keeps what is wrong with lines, and no line that is right.
type checker struct {
	mu     sync.Mutex
	faults []string
}

// Write takes one line.
func (c *checker) Write(line []byte) (int, error) {
	c.check(line)
	return len(line), nil
}

func (c *checker) check(line []byte) {
	err := logging.CheckLine(line)
	if err == nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.faults) < maxFaults {
		c.faults = append(c.faults, fmt.Sprintf("%s%v", line, err))
	}
}

func (c *checker) tell(tb testing.TB) {
	tb.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, fault := range c.faults {
		tb.Errorf("the log is not as the catalogue says:\n%s", fault)
	}
}
