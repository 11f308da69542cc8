//go:build linux

package trials_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"pressmill/deploy/pressmill/supervise"
	"pressmill/pkg/logging"
)

// line is what is kept of a line that a worker logged.
type line struct {
	Time    time.Time `json:"ts"`
	Level   string    `json:"level"`
	Event   string    `json:"event"`
	URL     string    `json:"url.full"`
	Page    string    `json:"page_id"`
	Article string    `json:"article_id"`
	Rev     string    `json:"rev"`
	Reason  string    `json:"reason"`
	Sink    string    `json:"sink"`

	// Of a stage's summary.
	Goroutines float64 `json:"goroutines"`
	Heap       float64 `json:"heap_bytes"`
	Final      bool    `json:"final"`

	worker string
	life   int // of the worker: the first is 0
}

// eventCrash is what the fragile parser logs before it dies.
const eventCrash = "chaos.crash"

// journal is what the workers logged, in the order in which it was read, and
// when they lived. It may be written to by all of them at once.
type journal struct {
	mu    sync.Mutex
	lines []line
	lives map[string][]life // by worker
}

// life is that of one process.
type life struct {
	pid         int
	began, died time.Time
	err         error // how it ended
}

func newJournal() *journal { return &journal{lives: map[string][]life{}} }

func (j *journal) config() supervise.Config {
	return supervise.Config{Tell: j.event, Line: j.line, MinWait: 200 * time.Millisecond, MaxWait: 2 * time.Second}
}

func (j *journal) event(e supervise.Event) {
	j.mu.Lock()
	defer j.mu.Unlock()
	lives := j.lives[e.Name]
	if !e.Ended {
		j.lives[e.Name] = append(lives, life{pid: e.PID, began: time.Now()})
		return
	}
	if n := len(lives); n > 0 && lives[n-1].died.IsZero() {
		lives[n-1].died, lives[n-1].err = time.Now(), e.Err
	}
}

func (j *journal) line(name, text string) {
	var l line
	if err := json.Unmarshal([]byte(text), &l); err != nil || l.Event == "" {
		return // of a library, or cut by a signal
	}
	l.URL, _, _ = strings.Cut(l.URL, "?") // only links of feeds have a query, for tracking
	if l.Time.IsZero() {
		l.Time = time.Now()
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	l.worker, l.life = name, len(j.lives[name])-1
	j.lines = append(j.lines, l)
}

// mark is how many lines there are; since returns those behind it.
func (j *journal) mark() int {
	j.mu.Lock()
	defer j.mu.Unlock()
	return len(j.lines)
}

func (j *journal) since(mark int) []line {
	j.mu.Lock()
	defer j.mu.Unlock()
	return slices.Clone(j.lines[mark:])
}

// livesOf returns the lives of a worker.
func (j *journal) livesOf(name string) []life {
	j.mu.Lock()
	defer j.mu.Unlock()
	return slices.Clone(j.lives[name])
}

// progress says whether a line tells of work that was done.
func (l line) progress() bool {
	switch l.Event {
	case logging.FetchDone, logging.PagePublished, logging.ParseDone, logging.ParseRejected, logging.ArticlePublished, logging.SegmentCommitted, logging.SourcePoll:
		return true
	}
	return false
}

// stageOf is the stage of a worker of that name.
func stageOf(name string) string { return strings.SplitN(name, "-", 2)[0] }

// orderly counts the lives that ended with exit code 0, and those that did not.
func (j *journal) orderly() (orderly, other int) {
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, lives := range j.lives {
		for _, l := range lives {
			if l.err == nil {
				orderly++
			} else {
				other++
			}
		}
	}
	return orderly, other
}

func TestJournalTellsLivesApart(t *testing.T) {
	t.Parallel()
	j := newJournal()
	j.event(supervise.Event{Name: "sink-1", PID: 1})
	j.line("sink-1", `{"ts":"2026-11-28T20:00:00.5Z","event":"segment.committed","sink":"files"}`)
	j.event(supervise.Event{Name: "sink-1", PID: 1, Ended: true, Err: fmt.Errorf("killed")})
	j.event(supervise.Event{Name: "sink-1", PID: 2})
	mark := j.mark()
	j.line("sink-1", `{"ts":"2026-11-28T20:00:01Z","event":"segment.comm`)
	j.line("sink-1", `{"ts":"2026-11-28T20:00:02Z","event":"service.ready"}`)
	got := j.since(mark)
	if len(got) != 1 || got[0].life != 1 || got[0].progress() || got[0].Time.Second() != 2 {
		t.Errorf("%+v", got)
	}
	if first := j.since(0)[0]; first.life != 0 || !first.progress() || first.Sink != "files" {
		t.Errorf("%+v", first)
	}
	if o, other := j.orderly(); o != 1 || other != 1 {
		t.Errorf("%d ended well, %d did not", o, other)
	}
}
