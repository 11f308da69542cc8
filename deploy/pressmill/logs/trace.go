package logs

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"pressmill/pkg/logging"
)

// Tracer follows one page through the lines of any number of processes.
type Tracer struct {
	// Key is a page_id, or a URL as url.full has it.
	Key string

	byURL bool
	ids   map[string]bool // the pages that are followed
	pages map[string]*PageTrace
	near  string // a URL of the host that was asked for, for who finds nothing
	objs  []conflict
}

// conflict is an object whose writer may have been killed before it said so.
type conflict struct {
	sink, key   string
	part        int64
	first, last int64
}

// PageTrace is the story of one page.
type PageTrace struct {
	PageID   string      `json:"page_id"`
	CrawlID  string      `json:"crawl_id"`
	URL      string      `json:"url"`
	Source   string      `json:"source,omitempty"`
	FoundBy  string      `json:"found_by,omitempty"`
	FromPage string      `json:"from_page_id,omitempty"`
	Steps    []TraceStep `json:"steps"`
	// End says what became of the page, as far as the lines tell.
	End string `json:"end"`

	from int64
}

// TraceStep is one line about a page.
type TraceStep struct {
	At       time.Time `json:"at"`
	Event    string    `json:"event"`
	Instance string    `json:"instance,omitempty"`
	What     string    `json:"what"`
	// WaitedMS and TookMS are waited_ms and took_ms of the line; 0 if it has none.
	WaitedMS float64 `json:"waited_ms,omitempty"`
	TookMS   float64 `json:"took_ms,omitempty"`
	// ClockMS is by how much the line is older than the one before it, which was
	// earlier on the page's way: the clocks differ by that at least.
	ClockMS float64 `json:"clock_ms,omitempty"`

	rank      int
	part, seq int64
	sink      string
}

// NewTracer follows the page of a page_id, or all those of a URL.
func NewTracer(key string) *Tracer {
	byURL := strings.Contains(key, "://")
	t := &Tracer{Key: key, byURL: byURL, ids: map[string]bool{}, pages: map[string]*PageTrace{}}
	if byURL {
		t.Key = logging.RedactURL(key)
	} else {
		t.ids[key] = true
	}
	return t
}

// ReadFiles reads the files, "-" for stdin. They are read once more where a
// redirect or another look led on to pages that are told of earlier in them.
func (t *Tracer) ReadFiles(ctx context.Context, names []string, stdin io.Reader) error {
	again := !slices.Contains(names, "-")
	for range 4 {
		known := len(t.ids)
		t.pages, t.objs = map[string]*PageTrace{}, nil
		if err := (&Reader{Each: t.add}).ReadFiles(ctx, names, stdin); err != nil {
			return err
		}
		if !again || len(t.ids) == known {
			return nil
		}
	}
	return nil
}

// ranks are the places of events on the way of a page.
var ranks = map[string]int{
	logging.RobotsFetched: 1, logging.FetchSkipped: 2, logging.FetchFailed: 2, logging.PageWithheld: 2, logging.PageGone: 2,
	logging.PagePublished: 3, logging.FetchDone: 3, logging.PageArchived: 4, logging.ParseFailed: 5, logging.ParseDone: 6, logging.ParseRejected: 6,
	logging.DeadLetter: 7, logging.ArticleDuplicate: 7, logging.ArticlePublished: 7, logging.TakedownPublished: 7,
	logging.ArticleSkipped: 8, logging.ArticleRefused: 8, logging.ArticleWritten: 8,
}

func (t *Tracer) add(l *Line) {
	if l.Is(Event, logging.SegmentConflict) {
		t.objs = append(t.objs, conflict{l.Text(Sink), l.Text(Key), l.Int(Partition), l.Int(First), l.Int(Last)})
	}
	id := l.Text(PageID)
	if id == "" {
		return
	}
	from := lookupText(l, logging.KeyFromPage)
	found := lookupText(l, logging.KeyFoundBy)
	leads := t.ids[from] && (found == "redirect" || found == "revisit")
	switch {
	case t.ids[id], t.byURL && l.Is(URL, t.Key) && !l.Is(Event, logging.RobotsFetched), leads:
		t.ids[id] = true
	default:
		if t.byURL && t.near == "" && strings.Contains(t.Key, "//"+l.Text(Host)+"/") {
			t.near = l.Text(URL)
		}
		return
	}
	t.page(id).take(l, from, found)
}

func (t *Tracer) page(id string) *PageTrace {
	if t.pages[id] == nil {
		t.pages[id] = &PageTrace{PageID: id}
	}
	return t.pages[id]
}

func lookupText(l *Line, name string) string { return strings.Trim(string(l.Lookup(name)), `"`) }

func (p *PageTrace) take(l *Line, from, found string) {
	p.CrawlID, p.Source = cmp.Or(p.CrawlID, l.Text(CrawlID)), cmp.Or(p.Source, l.Text(Source))
	p.URL, p.FoundBy, p.FromPage = cmp.Or(p.URL, l.Text(URL)), cmp.Or(p.FoundBy, found), cmp.Or(p.FromPage, from)
	event := l.Text(Event)
	s := TraceStep{At: l.When(), Event: event, Instance: l.Text(Instance), What: whatOf(l, event), part: l.Int(Partition), seq: l.Int(Seq), sink: l.Text(Sink)}
	s.WaitedMS, _ = l.Number(Waited)
	s.TookMS, _ = l.Number(Took)
	if s.rank = ranks[event]; s.rank == 0 {
		s.rank = 2
	}
	p.Steps = append(p.Steps, s)
}

// whatOf says in words what a line tells.
func whatOf(l *Line, event string) string {
	words := []string{event}
	for _, f := range []Field{Kind, Reason, Status, Attempt, Seq, Partition, Sink, Key, ArticleID, Error} {
		if l.Has(f) {
			words = append(words, f.String()+"="+strings.Trim(string(l.Value(f)), `"`))
		}
	}
	if v := l.Lookup(logging.KeyTurnWaited); v != nil {
		words = append(words, "("+string(v)+" ms of the wait for a free crawler)")
	}
	return strings.Join(words, " ")
}

// Pages returns the stories, in the order of time.
func (t *Tracer) Pages() []*PageTrace {
	var out []*PageTrace
	for _, p := range t.pages {
		p.settle(t.objs)
		out = append(out, p)
	}
	slices.SortFunc(out, func(a, b *PageTrace) int { return cmp.Or(cmp.Compare(a.from, b.from), cmp.Compare(a.PageID, b.PageID)) })
	return out
}

// settle puts the steps into the order of the page's way, on which clocks of
// several machines may not agree, and says how it ended.
func (p *PageTrace) settle(objs []conflict) {
	slices.SortStableFunc(p.Steps, func(a, b TraceStep) int { return cmp.Or(cmp.Compare(a.rank, b.rank), a.At.Compare(b.At)) })
	for i := range p.Steps {
		if i > 0 && p.Steps[i].rank > p.Steps[i-1].rank && p.Steps[i].At.Before(p.Steps[i-1].At) {
			p.Steps[i].ClockMS = float64(p.Steps[i-1].At.Sub(p.Steps[i].At).Microseconds()) / 1000
		}
		if at := p.Steps[i].At.UnixNano(); p.from == 0 || at < p.from {
			p.from = at
		}
	}
	p.End = p.end(objs)
}

func (p *PageTrace) end(objs []conflict) string {
	last := p.Steps[len(p.Steps)-1]
	switch last.Event {
	case logging.ArticleWritten:
		return "written"
	case logging.ArticleSkipped:
		return "left out by the sink"
	case logging.ArticleRefused, logging.DeadLetter:
		return "among the dead letters: pressmill deadletters list"
	case logging.ParseRejected:
		return "no article"
	case logging.ArticleDuplicate:
		return "the bus had this version already; it is not written again"
	case logging.FetchSkipped:
		return "not fetched, by rule"
	case logging.FetchFailed:
		return "failed: it is tried again if the line is a warning, and given up if it is an error"
	case logging.FetchDone:
		return "fetched; no page went to the parsers, or its page.published is missing"
	case logging.PagePublished:
		return "no line of a parser: the page waits in the queue, or the parsers' logs are not among these"
	case logging.ParseDone:
		return "parsed, not published: the stream of articles is full, or the parser was killed"
	case logging.ParseFailed:
		return "waits to be delivered to a parser again"
	case logging.ArticlePublished, logging.TakedownPublished:
		for _, o := range objs {
			if o.part == last.part && o.first <= last.seq && last.seq <= o.last {
				return fmt.Sprintf("in %s of sink %s, whose writer was killed before it could say so, or whose logs are not among these", o.key, o.sink)
			}
		}
		return "no line of a sink: the article waits for its object, or the sinks' logs are not among these"
	}
	return "on its way"
}

// Nearest returns a URL of the same host that the lines tell of, "" if there is none.
func (t *Tracer) Nearest() string { return t.near }

const barWidth = 12

// WriteTrace prints stories for people.
func WriteTrace(w io.Writer, pages []*PageTrace) error {
	var b strings.Builder
	for i, p := range pages {
		if i > 0 {
			b.WriteByte('\n')
		}
		fmt.Fprintf(&b, "%s\n  page %s, crawl %s, source %s, found by %s", p.URL, p.PageID, p.CrawlID, p.Source, cmp.Or(p.FoundBy, "?"))
		if p.FromPage != "" {
			fmt.Fprintf(&b, " on page %s", p.FromPage)
		}
		b.WriteString("\n\n")
		longest := 1.0
		for _, s := range p.Steps {
			longest = max(longest, s.WaitedMS, s.TookMS)
		}
		for _, s := range p.Steps {
			fmt.Fprintf(&b, "  %s  waited %9s %-*s took %9s %-*s  %s", s.At.Format("15:04:05.000"), millis(s.WaitedMS), barWidth, bar(s.WaitedMS, longest),
				millis(s.TookMS), barWidth, bar(s.TookMS, longest), s.What)
			if s.ClockMS > 0 {
				fmt.Fprintf(&b, "  (clocks differ by %s at least)", millis(s.ClockMS))
			}
			fmt.Fprintf(&b, "  [%s]\n", s.Instance)
		}
		fmt.Fprintf(&b, "  -> %s\n", p.End)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func millis(ms float64) string {
	if ms == 0 {
		return "-"
	}
	d := time.Duration(ms * float64(time.Millisecond))
	if d >= time.Second {
		return d.Round(10 * time.Millisecond).String()
	}
	return d.Round(100 * time.Microsecond).String()
}

func bar(ms, longest float64) string {
	if ms <= 0 {
		return ""
	}
	return strings.Repeat("█", max(1, int(ms/longest*barWidth)))
}
