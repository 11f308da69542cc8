package logs

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"pressmill/pkg/logging"
)

// PageTrace is the story of one page. Its JSON is what trace -json prints, in
// a list: fields may come, and none is renamed or removed.
type PageTrace struct {
	PageID   string `json:"page_id"`
	CrawlID  string `json:"crawl_id"`
	URL      string `json:"url"`
	Source   string `json:"source,omitempty"`
	FoundBy  string `json:"found_by,omitempty"`
	FromPage string `json:"from_page_id,omitempty"`
	// FromURL and FromKind are the URL and the kind of the page that led here, if
	// a line tells of it.
	FromURL  string `json:"from_url,omitempty"`
	FromKind string `json:"from_kind,omitempty"`
	// LedTo is where a redirect led.
	LedTo *Lead       `json:"led_to,omitempty"`
	Steps []TraceStep `json:"steps"`
	// Times is how long the page was in each queue and each step, in the order of its way.
	Times []TraceTime `json:"times"`
	// TotalMS is the time from when the page entered the frontier, as far as lines tell, to its last line.
	TotalMS float64 `json:"total_ms"`
	// State is what became of the page in a word: one of the State constants.
	State string `json:"state"`
	// End says it in words, with the line that is missing and what that means; it may change.
	End string `json:"end"`

	first time.Time
	takes []taken
}

// Lead is a page that another one led to.
type Lead struct {
	PageID string `json:"page_id"`
	URL    string `json:"url"`
}

// TraceTime is the time in one queue (wait) or in one step.
type TraceTime struct {
	Name string  `json:"name"`
	Wait bool    `json:"wait"`
	MS   float64 `json:"ms"`
}

// TraceStep is one line about a page.
type TraceStep struct {
	At       time.Time `json:"at"`
	Event    string    `json:"event"`
	Level    string    `json:"level"`
	Instance string    `json:"instance,omitempty"`
	// What are the line's other fields, as "reason=http_500", for people.
	What []string `json:"what"`
	// WaitedMS and TookMS are waited_ms and took_ms of the line, 0 if it has none.
	WaitedMS float64 `json:"waited_ms,omitempty"`
	TookMS   float64 `json:"took_ms,omitempty"`
	// ClockMS is by how much at least the writer's clock is behind that of the
	// writer of the step that led to this one.
	ClockMS float64 `json:"clock_ms,omitempty"`
}

// taken is a step with what only the order and the end depend on.
type taken struct {
	TraceStep
	rank      int
	part, seq int64
	sink      string
	kind      string
	reason    string
	backoff   float64
	turn      float64
}

// start is when the work of the step began, by its writer's clock.
func (s *taken) start() time.Time { return s.At.Add(-duration(s.TookMS)) }

func duration(ms float64) time.Duration { return time.Duration(ms * float64(time.Millisecond)) }

func inMS(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// ranks are the places of events on the way of a page.
var ranks = map[string]int{
	logging.RobotsFetched: 1, logging.PagePublished: 3, logging.FetchDone: 3, logging.PageArchived: 4, logging.ParseFailed: 5,
	logging.ParseDone: 6, logging.ParseRejected: 6, logging.ArticleDuplicate: 7, logging.ArticlePublished: 7, logging.TakedownPublished: 7,
	logging.ArticleSkipped: 8, logging.ArticleRefused: 8, logging.ArticleWritten: 8,
}

// rankOf is the place of a line: what is not on the way is at the fetch, or for
// a dead letter, stored or not, behind what its stage does.
func rankOf(event, stage string) int {
	switch {
	case event != logging.DeadLetter && event != logging.DeadLetterRefused:
		return cmp.Or(ranks[event], 2)
	case stage == StageNames[Crawler]:
		return 3
	case stage == StageNames[Parser]:
		return 7
	}
	return 8
}

func (p *PageTrace) take(l *Line) {
	from, found := lookupText(l, logging.KeyFromPage), lookupText(l, logging.KeyFoundBy)
	p.CrawlID, p.Source = cmp.Or(p.CrawlID, l.Text(CrawlID)), cmp.Or(p.Source, l.Text(Source))
	p.URL, p.FoundBy, p.FromPage = cmp.Or(p.URL, l.Text(URL)), cmp.Or(p.FoundBy, found), cmp.Or(p.FromPage, from)
	s := taken{
		TraceStep: TraceStep{At: l.When(), Event: l.Text(Event), Level: l.Severity().String(), Instance: l.Text(Instance), What: whatOf(l)},
		part:      l.Int(Partition), seq: l.Int(Seq), sink: l.Text(Sink), kind: l.Text(Kind), reason: l.Text(Reason),
	}
	s.rank = rankOf(s.Event, l.Text(Stage))
	s.WaitedMS, _ = l.Number(Waited)
	s.TookMS, _ = l.Number(Took)
	s.WaitedMS, s.TookMS = max(s.WaitedMS, 0), max(s.TookMS, 0)
	s.backoff, _ = parseNumber(l.Lookup(logging.KeyBackoff))
	s.turn, _ = parseNumber(l.Lookup(logging.KeyTurnWaited))
	if slices.ContainsFunc(p.takes, func(o taken) bool { // the same line by two ways
		return o.At.Equal(s.At) && o.Event == s.Event && o.Instance == s.Instance && slices.Equal(o.What, s.What)
	}) {
		return
	}
	p.takes = append(p.takes, s)
}

// whatOf is what else a line tells.
func whatOf(l *Line) []string {
	words := []string{}
	add := func(name string, v []byte) {
		if v == nil {
			return
		}
		text := string(v)
		if v[0] == '"' {
			text = string(decode(v))
		}
		if strings.ContainsAny(text, " \t\n") {
			text = `"` + text + `"`
		}
		words = append(words, name+"="+text)
	}
	for _, f := range []Field{Kind, Reason, Status, Attempt} {
		add(f.String(), l.Value(f))
	}
	if l.Is(Event, logging.RobotsFetched) {
		add(logging.KeyVerdict, l.Lookup(logging.KeyVerdict))
	}
	for _, f := range []Field{Sink, Partition, Seq, Words, Key, ArticleID, Rev, Error} {
		add(f.String(), l.Value(f))
	}
	add(logging.KeyDuplicate, l.Lookup(logging.KeyDuplicate))
	return words
}

// settle puts the steps into the order of the page's way, on which clocks of
// several machines may not agree, and says how it ended.
func (p *PageTrace) settle(t *Tracer) {
	steps := p.takes
	byWay := rounds(steps) < 2 // a page that was parsed twice has gone its way twice
	slices.SortFunc(steps, func(a, b taken) int {
		if byWay && a.rank != b.rank {
			return cmp.Compare(a.rank, b.rank)
		}
		return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.rank, b.rank), cmp.Compare(a.Event, b.Event), cmp.Compare(a.sink, b.sink))
	})
	behind := map[string]time.Duration{} // clocks of instances
	if byWay {
		clocks(steps, behind)
	}
	p.Steps = make([]TraceStep, len(steps))
	begin, last := steps[0].start(), steps[0].At
	p.first = steps[0].At
	for i, s := range steps {
		p.Steps[i] = s.TraceStep
		if s.rank <= 3 && s.start().Add(-duration(s.WaitedMS)).Before(begin) {
			begin = s.start().Add(-duration(s.WaitedMS))
		}
		if at := s.At.Add(behind[s.Instance]); at.After(last) {
			last = at
		}
		if s.At.Before(p.first) {
			p.first = s.At
		}
	}
	p.TotalMS = inMS(last.Sub(begin))
	p.Times = times(steps)
	p.State, p.End = p.ending(t)
}

// rounds counts the messages that a page was to the parsers.
func rounds(steps []taken) int {
	seqs := map[int64]bool{}
	for _, s := range steps {
		if s.Event == logging.ParseDone || s.Event == logging.ParseRejected {
			seqs[s.seq] = true
		}
	}
	return len(seqs)
}

// clocks marks the steps whose line is older than the beginning of what led to
// them, which another process wrote, and says by how much clocks are behind
// that of the crawler, at least.
func clocks(steps []taken, behind map[string]time.Duration) {
	for i := range steps {
		s := &steps[i]
		for _, before := range steps[:i] {
			if before.Instance == s.Instance || !leadsTo(&before, s) {
				continue
			}
			if by := before.start().Sub(s.At); by > 0 {
				s.ClockMS = max(s.ClockMS, inMS(by))
				behind[s.Instance] = max(behind[s.Instance], behind[before.Instance]+by)
			}
		}
	}
}

// leadsTo says whether a message that one step published is what the other took up.
func leadsTo(a, b *taken) bool {
	switch a.Event {
	case logging.PagePublished:
		return b.rank > 3 && b.rank <= 7 && b.Event != logging.DeadLetter && b.Event != logging.DeadLetterRefused && b.Event != logging.ArticlePublished
	case logging.ArticlePublished, logging.TakedownPublished:
		return b.rank == 8 && a.part == b.part && a.seq == b.seq
	}
	return false
}

// times adds up the steps by queue and by work.
func times(steps []taken) []TraceTime {
	sums := map[string]*TraceTime{}
	var order []*TraceTime
	add := func(name string, wait bool, ms float64) {
		if ms <= 0 {
			return
		}
		if sums[name] == nil {
			sums[name] = &TraceTime{Name: name, Wait: wait}
			order = append(order, sums[name])
		}
		sums[name].MS += ms
	}
	var paused float64 // before the attempt that follows
	var failed time.Time
	for i, s := range steps {
		queue, work := placeOf(&s)
		inside := 0.0 // of the wait: the pause, in as far as both do not fit between the attempts
		if paused > 0 && s.rank <= 3 {
			inside = max(0, s.WaitedMS+paused-inMS(s.start().Sub(failed)))
		}
		add(queue, true, s.WaitedMS-s.turn-inside)
		add("free crawler", true, s.turn)
		add(work, false, s.TookMS)
		if work == "fetch" {
			paused = 0
		}
		if s.Event == logging.FetchFailed && again(steps[i+1:], s.At) {
			paused, failed = s.backoff, s.At
			add("pause after a failure", true, paused)
		}
	}
	out := make([]TraceTime, len(order))
	for i, o := range order {
		out[i] = *o
		out[i].MS = float64(int64(o.MS*1000+0.5)) / 1000
	}
	return out
}

// again says whether a URL was taken up once more behind an attempt.
func again(steps []taken, at time.Time) bool {
	return slices.ContainsFunc(steps, func(s taken) bool {
		return s.At.After(at) && (s.Event == logging.FetchDone || s.Event == logging.FetchFailed || s.Event == logging.FetchSkipped)
	})
}

// placeOf names the queue in front of a step, and its work.
func placeOf(s *taken) (queue, work string) {
	switch s.Event {
	case logging.RobotsFetched:
		return "", "robots.txt"
	case logging.PagePublished:
		return "", "publish page"
	case logging.ArticlePublished:
		return "", "publish article"
	case logging.TakedownPublished:
		return "pages", "publish takedown"
	}
	switch {
	case s.sink != "":
		return "sink " + s.sink, "write"
	case s.rank > 3:
		return "pages", "parse"
	}
	return "frontier", "fetch"
}

// missingSinks names the sinks that have written other articles of the crawl and not this one.
func (p *PageTrace) missingSinks(t *Tracer, have map[string]bool) []string {
	var out []string
	for _, sink := range slices.Sorted(maps.Keys(t.sinks[p.CrawlID])) {
		if !have[sink] {
			out = append(out, sink)
		}
	}
	return out
}

func list(names []string) string { return strings.Join(names, ", ") }

// inObject names the object that an article lies in whose line its writer could not write.
func inObject(s *taken, objs []conflict) string {
	for _, o := range objs {
		if o.part == s.part && o.first <= s.seq && s.seq <= o.last {
			return fmt.Sprintf("it lies in %s of sink %s: article.written is missing because the object's writer was killed, or its log is not among these", o.key, o.sink)
		}
	}
	return ""
}
