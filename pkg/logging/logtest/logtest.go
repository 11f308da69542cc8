// Package logtest holds what is logged in tests to the catalogue.
package logtest

import (
	"bytes"
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
	faults := 0
	for line := range strings.Lines(log) {
		if !strings.HasPrefix(line, "{") {
			continue
		}
		if err := logging.CheckLine([]byte(line)); err != nil && faults < maxFaults {
			faults++
			tb.Errorf("the log is not as the catalogue says:\n%s%v", line, err)
		}
	}
}

// maxFaults is how many lines are shown of a log that is wrong.
const maxFaults = 10

// Core returns a core that takes lines of every level, writes them as a program
// does, with a stage unless it is "", and has them checked when the test ends.
func Core(tb testing.TB, stage string) zapcore.Core {
	tb.Helper()
	out := &lines{}
	log, err := logging.New(logging.Config{Level: "debug", Format: "json"}, "test", out, false)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { Check(tb, out.text()) })
	if stage != "" {
		log = log.With(logging.StageName(stage))
	}
	return log.Core()
}

// lines is a buffer that may be written to while it is read.
type lines struct {
	mu  sync.Mutex
	all bytes.Buffer
}

func (l *lines) Write(line []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.all.Write(line)
}

func (l *lines) text() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.all.String()
}
