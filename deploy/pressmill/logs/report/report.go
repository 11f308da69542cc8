package report

import (
	"time"

	"pressmill/deploy/pressmill/logs"
)

// Report is all that a page shows. Lists are in the order that they are shown
// in; times are UTC.
type Report struct {
	Title    string
	From, To time.Time // of the lines that count; zero without any
	Files    []File
	Outside  int64 // lines before -since or after -until
	// Beyond are the times of the first and the last of these; zero without any.
	Beyond   [2]time.Time `json:",omitzero"`
	Verdict  Verdict
	Totals   Totals
	Times    Times
	Stages   []Stage // crawler, parser, sink
	Statuses []Count // answers by class
	Sources  Sources
	Hosts    Hosts
	Sinks    []Sink
	Lives    Lives
	Dead     Dead
}

// File is one input, and what was counted in it.
type File struct {
	Name string
	logs.Input
}

// Totals are counts of lines, each of which tells of one item.
type Totals struct {
	Lines     int64
	Fetched   int64 // requests that were answered well
	Pages     int64 // passed on to the parsers
	Articles  int64
	Takedowns int64 // of articles whose page is gone
	Written   int64 // articles in objects and deliveries, of all sinks together
	Objects   int64 // and deliveries
	Bytes     int64 // of both
	GivenUp   int64 // URLs, messages and batches that failed for good
	Retries   int64 // fetches, parses and deliveries that failed and were tried again
	Dead      int64 // letters
	Hosts     int
	Sources   int
}

// Times are the bins that series count in: N of them, Width each, from Start.
type Times struct {
	Start time.Time
	Width time.Duration
	N     int
}

// At is when a bin begins.
func (t Times) At(i int) time.Time { return t.Start.Add(time.Duration(i) * t.Width) }

// End is when the last bin ends.
func (t Times) End() time.Time { return t.At(t.N) }

// unknown is the value of a bin that nothing was told of.
const unknown = -1

// Stage is what became of the items of one stage.
type Stage struct {
	Name               string
	Seen               bool // whether there is any line of it
	Out                int64
	Missing            int64   // items that summaries count and no line tells of
	Failed, Retried    []Count // by reason
	Skipped            []Count // by reason: rejected ones, and left out ones
	Idle               []Count // answers that brought nothing to pass on, by kind: unchanged, redirect, twin, missing
	OutIn, FailedIn    []int64 // by bin
	LagIn              []int64 // by bin; unknown
	PressureIn         []bool  // by bin: it waits for the stage behind it
	Took, Waited       Spread
	TookP95, WaitedP95 []float64 // milliseconds by bin; unknown
}

// Count is how often something was seen.
type Count struct {
	Name string
	N    int64
}

// Spread tells how durations are spread, in milliseconds, within 2 %.
type Spread struct {
	N                  int64
	P50, P95, P99, Max float64
}

// Sources tell of sources: those in trouble first, then those with most articles. A page's source is
// its host where lines name none.
type Sources struct {
	Times Times // of Source.In
	List  []Source
	More  Source // all others together
	Rest  int    // how many those are
}

// Source is what came of one source.
type Source struct {
	Name     string
	Articles int64
	Rejected int64
	Failed   int64
	In       []int64 // articles by bin
	Coverage Coverage
	Drifts   []Drift
	Silent   *Silence // now
}

// Coverage counts articles that have a field.
type Coverage struct {
	Articles int64
	With     [fields]int64
	Words    float64 // median, averaged over the lines by their articles
}

// The fields of articles that coverage is told of.
const fields = 5

var fieldNames = [fields]string{"title", "author", "date", "image", "body"}

// Drift is a field of a source that differs from its own week before: shares,
// 0 to 1, and of "words" medians.
type Drift struct {
	Field    string
	Share    float64
	Usual    float64
	At       time.Time
	Over     bool // it was steady again later
	Articles int64
}

// Silence is a source without news.
type Silence struct {
	Since time.Time // when the line said so
	Last  time.Time // news; zero if never
	Usual time.Duration
}

// Hosts tell of hosts, of which only some are shown.
type Hosts struct {
	All       int // that there were; those above a bound are counted together
	Uncounted bool
	Busiest   []Host
	Slowest   []Host // by p95
	Worst     []Host // by answers that were no page
	Pressed   int    // hosts with a tenth or more of 403 and 429
}

// Host is what one host answered.
type Host struct {
	Name     string
	Classes  [classes]int64
	Requests int64
	Mean     float64 // milliseconds
	P95, Max float64
	Reason   string // most frequent one of its failures
}

// Bad is the share of requests that brought nothing.
func (h Host) Bad() float64 { return share(h.Requests-h.Classes[answered], h.Requests) }

// Refused is the share of 403 and 429.
func (h Host) Refused() float64 { return share(h.Classes[refused], h.Requests) }

// The classes of answers.
const (
	answered = iota // 2xx, and 304
	refused         // 403 and 429
	missing         // other 4xx, and redirects to nowhere
	broken          // 5xx
	silent          // no answer: timeout, DNS, TLS, ...
	classes
)

var classNames = [classes]string{"2xx, 304", "403, 429", "other 3xx, 4xx", "5xx", "no answer"}

// Sink is what one sink wrote.
type Sink struct {
	Name      string
	Objects   int64 // or batches that a receiver took
	Articles  int64
	Bytes     int64
	Conflicts int64
	Gaps      int64
	Rejected  int64 // batches and messages
	Last      time.Time
	Took      Spread // to write an object
	Waited    Spread // from an article's publication until it was in an object
	Delivers  bool   // to a receiver
}

// Lives tell when processes ran.
type Lives struct {
	Rows     []Life
	Rest     int // rows that are not shown
	Starts   int64
	Stops    int64
	Deaths   int64 // runs that ended with an error or without a word
	Crashing []string
}

// Life is a row of runs that do not overlap: one pod, or processes of one
// service on one host that followed each other.
type Life struct {
	Name    string
	Service string
	Stage   string // if its lines are of one alone
	Lines   int64
	Runs    []Run
}

// Run is a process from its first line to its last.
type Run struct {
	From, To time.Time
	Started  bool // with service.start; otherwise the lines begin later
	End      End
	Reason   string // of its stop
}

// End is how a run ended.
type End uint8

// The ends of runs.
const (
	Running  End = iota // when the lines end
	Stopped             // with service.stop
	Failed              // with service.stop and an error
	Vanished            // without a word
)

func (e End) String() string {
	return [...]string{"running", "stopped", "failed", "ended without a word"}[e]
}

// MarshalText writes the end in words.
func (e End) MarshalText() ([]byte, error) { return []byte(e.String()), nil }

// Dead are dead letters.
type Dead struct {
	N      int64
	Groups []DeadGroup // most first
	Latest []DeadLetter
}

// DeadGroup counts dead letters of one stage and reason.
type DeadGroup struct {
	Stage, Reason string
	N             int64
}

// DeadLetter is one of them.
type DeadLetter struct {
	At                               time.Time
	Stage, Reason, Host, URL, Detail string
}

func share(n, of int64) float64 {
	if of <= 0 {
		return 0
	}
	return float64(n) / float64(of)
}
