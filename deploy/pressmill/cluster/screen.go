package cluster

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"time"

	"pressmill/deploy/pressmill/supervise"
	"pressmill/pkg/logging"
)

// screen is what a terminal shows of a cluster: of the processes' logs, the lines
// that tell of their lives. It may be written to by all of them at once.
type screen struct {
	mu  sync.Mutex
	out io.Writer
}

func (s *screen) print(text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, _ = io.WriteString(s.out, text) // there is nobody else to tell
}

// say shows a line under a name.
func (s *screen) say(name, text string) {
	s.print(fmt.Sprintf("%s %-9s | %s\n", time.Now().Format(time.TimeOnly), name, text))
}

// as returns a writer of whole lines under a name.
func (s *screen) as(name string) io.Writer { return screenWriter{s, name} }

type screenWriter struct {
	*screen
	name string
}

func (w screenWriter) Write(p []byte) (int, error) {
	for line := range strings.Lines(string(p)) {
		w.say(w.name, strings.TrimSuffix(line, "\n"))
	}
	return len(p), nil
}

// event shows that a process was started or has ended.
func (s *screen) event(e supervise.Event) {
	how := "ended"
	if e.Err != nil {
		how = "died: " + e.Err.Error()
	}
	switch {
	case !e.Ended:
		s.say(e.Name, fmt.Sprintf("started, pid %d", e.PID))
	case e.Again > 0:
		s.say(e.Name, fmt.Sprintf("%s, pid %d; is started again in %s", how, e.PID, e.Again))
	default:
		s.say(e.Name, fmt.Sprintf("%s, pid %d", how, e.PID))
	}
}

// line shows a line of a log if it is of interest.
func (s *screen) line(name, line string) {
	if text := telling(line); text != "" {
		s.say(name, text)
	}
}

// shownEvents are the events of workers that the screen shows, beside errors
// other than those of single pages.
var shownEvents = []string{
	logging.ServiceReady, logging.NATSWaiting, logging.NATSDisconnected, logging.NATSReconnected, logging.NATSDenied,
	logging.BackpressureOn, logging.BackpressureOff, logging.SegmentCommitted, logging.SegmentConflict, logging.SegmentGap,
	logging.HostFenced, logging.HostDropped, logging.HostRecovered, logging.SourceSilent, logging.SourceBack,
	logging.DeadLetter, logging.DeadLetterRefused, logging.ParkedRefused, logging.ReceiverDown, logging.ReceiverUp,
	logging.ContactMissing,
}

// telling returns what the screen shows of a line: of a worker's JSON, or of a
// server's log; "" for nothing.
func telling(line string) string {
	var l struct {
		Level    string `json:"level"`
		Event    string `json:"event"`
		Message  string `json:"msg"`
		Error    string `json:"error"`
		Host     string `json:"host"`
		Key      string `json:"key"`
		Articles int    `json:"articles"`
	}
	if err := json.Unmarshal([]byte(line), &l); err != nil {
		serious := strings.Contains(line, " [ERR] ") || strings.Contains(line, " [FTL] ")
		if serious && !strings.Contains(line, "trying to connect to route") { // servers start one after the other
			return line
		}
		return ""
	}
	if (l.Level != "error" || l.Event == logging.FetchFailed) && !slices.Contains(shownEvents, l.Event) {
		return ""
	}
	parts := []string{l.Event + ": " + l.Message, l.Host, l.Key, l.Error}
	if l.Articles > 0 {
		parts = append(parts, fmt.Sprintf("%d articles", l.Articles))
	}
	return strings.Join(slices.DeleteFunc(parts, func(part string) bool { return part == "" }), "  ")
}
