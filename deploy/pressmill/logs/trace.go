package logs

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"pressmill/pkg/logging"
	"pressmill/pkg/weburl"
)

// maxPasses is how often files are read, at most: pages that led to a page, and
// those that it led to, are known only when its own lines are.
const maxPasses = 6

// Tracer follows one page through the lines of any number of processes, in
// whatever order these lines come.
type Tracer struct {
	key   string // a page_id or an article_id; for a URL as url.full has it
	seen  string // of a URL: its normal form (weburl.Key)
	host  string // and its host
	ids   map[string]bool
	from  map[string]bool // pages that led to one of ids
	pages map[string]*PageTrace
	leads map[string]lead
	objs  []conflict
	sinks map[string]map[string]bool // those that wrote anything of a crawl
	read  lines
}

// lines is what was read, for who finds nothing in it.
type lines struct {
	count    int64
	from, to int64
	stages   map[string]int64
	near     string // a URL of the host that was asked for
}

// lead is a page that led to another one.
type lead struct{ url, kind string }

// conflict is an object whose writer may have been killed before it said so.
type conflict struct {
	sink, key   string
	part        int64
	first, last int64
}

// NewTracer follows the page of a page_id, or all those of an article_id or of
// a URL. URLs are the same if their normal forms are (weburl.Key), secrets in
// them left out.
func NewTracer(key string) *Tracer {
	t := &Tracer{key: key, ids: map[string]bool{}, from: map[string]bool{}}
	raw := key
	if !strings.Contains(raw, "://") && strings.ContainsAny(raw, "./") {
		raw = "https://" + raw
	}
	if u, err := weburl.Parse(logging.RedactURL(raw)); err == nil && raw != "" && strings.Contains(raw, "://") {
		t.key, t.seen, t.host = u.String(), weburl.Key(u), bare(u.Host)
	} else {
		t.ids[key] = true
	}
	return t
}

// bare is a host as http and https have it alike.
func bare(host string) string { return strings.TrimSuffix(strings.TrimSuffix(host, ":443"), ":80") }

// ReadFiles reads the files, "-" for stdin, as often as it takes to find what
// led to the pages and what they led to. Standard input is kept in a temporary
// file for that, which is gone when ReadFiles returns.
func (t *Tracer) ReadFiles(ctx context.Context, names []string, stdin io.Reader) error {
	if slices.Contains(names, StandardInput) {
		kept, err := keep(ctx, stdin)
		if err != nil {
			return err
		}
		defer func() { _ = os.Remove(kept) }()
		names = slices.Clone(names)
		for i, name := range names {
			if name == StandardInput {
				names[i] = kept
			}
		}
	}
	for range maxPasses {
		known := len(t.ids) + len(t.from)
		t.pages, t.leads, t.sinks, t.objs, t.read = map[string]*PageTrace{}, map[string]lead{}, map[string]map[string]bool{}, nil, lines{stages: map[string]int64{}}
		if err := (&Reader{Each: t.add}).ReadFiles(ctx, names, nil); err != nil {
			return err
		}
		if len(t.ids)+len(t.from) == known {
			break
		}
	}
	return nil
}

// keep copies what is read, as it is, to a file that it names.
func keep(ctx context.Context, src io.Reader) (name string, err error) {
	f, err := os.CreateTemp("", "pressmill-trace-*.log")
	if err != nil {
		return "", fmt.Errorf("keep standard input: %w", err)
	}
	defer f.Close()
	copied := make(chan error, 1)
	go func() {
		_, err := io.Copy(f, src)
		copied <- err
	}()
	select {
	case err = <-copied:
	case <-ctx.Done(): // a read of standard input cannot be ended
		err = ctx.Err()
	}
	if err != nil {
		_ = os.Remove(f.Name())
		return "", fmt.Errorf("keep standard input: %w", err)
	}
	return f.Name(), nil
}

func (t *Tracer) add(l *Line) {
	t.count(l)
	switch event := l.Bytes(Event); string(event) {
	case logging.SegmentConflict:
		t.objs = append(t.objs, conflict{l.Text(Sink), l.Text(Key), l.Int(Partition), l.Int(First), l.Int(Last)})
	case logging.ArticleWritten:
		if crawl, sink := l.Bytes(CrawlID), l.Bytes(Sink); t.sinks[string(crawl)] == nil {
			t.sinks[string(crawl)] = map[string]bool{string(sink): true}
		} else if !t.sinks[string(crawl)][string(sink)] {
			t.sinks[string(crawl)][string(sink)] = true
		}
	}
	id := l.Bytes(PageID)
	if len(id) == 0 {
		return
	}
	if t.from[string(id)] && l.Has(URL) {
		t.lead(l, string(id))
	}
	if !t.ids[string(id)] && !t.asked(l) && !t.ledOn(l) {
		return
	}
	t.ids[string(id)] = true
	if t.pages[string(id)] == nil {
		t.pages[string(id)] = &PageTrace{PageID: string(id)}
	}
	p := t.pages[string(id)]
	p.take(l)
	if p.FromPage != "" {
		t.from[p.FromPage] = true
	}
}

func (t *Tracer) count(l *Line) {
	r := &t.read
	r.count++
	if r.from == 0 || l.At < r.from {
		r.from = l.At
	}
	r.to = max(r.to, l.At)
	if stage := l.Bytes(Stage); len(stage) > 0 {
		r.stages[string(stage)]++
	}
}

// asked says whether a line is about what was asked for.
func (t *Tracer) asked(l *Line) bool {
	if t.seen == "" {
		return l.Is(ArticleID, t.key)
	}
	raw := l.Bytes(URL)
	if string(raw) == t.key {
		return true
	}
	if string(hostIn(raw)) != t.host {
		return false
	}
	u, err := weburl.Parse(string(raw))
	if err != nil {
		return false
	}
	if t.read.near == "" {
		t.read.near = string(raw)
	}
	return weburl.Key(u) == t.seen
}

// hostIn cuts the host out of a URL that the crawler wrote.
func hostIn(raw []byte) []byte {
	s := strings.Index(string(raw), "://")
	if s < 0 {
		return nil
	}
	raw = raw[s+3:]
	for i, c := range raw {
		if c == '/' || c == '?' {
			raw = raw[:i]
			break
		}
	}
	for _, port := range [...]string{":443", ":80"} {
		if n := len(raw) - len(port); n > 0 && string(raw[n:]) == port {
			raw = raw[:n]
		}
	}
	return raw
}

// ledOn says whether a line is about where one of the pages led by a redirect,
// or about another look at it.
func (t *Tracer) ledOn(l *Line) bool {
	if len(t.ids) == 0 || !l.Has(Attempt) && !l.Is(Event, logging.PageGone) {
		return false // no other lines name what led to a page
	}
	if !t.ids[lookupText(l, logging.KeyFromPage)] {
		return false
	}
	found := lookupText(l, logging.KeyFoundBy)
	return found == "redirect" || found == "revisit" || found == ""
}

// lead keeps what is known of a page that led to another one.
func (t *Tracer) lead(l *Line, id string) {
	was := t.leads[id]
	was.url = cmp.Or(was.url, l.Text(URL))
	if l.Is(Event, logging.FetchDone) {
		was.kind = l.Text(Kind)
	}
	t.leads[id] = was
}

func lookupText(l *Line, name string) string {
	v := l.Lookup(name)
	if len(v) < 2 || v[0] != '"' {
		return string(v)
	}
	return string(decode(v))
}

// Pages returns the stories, in the order of time.
func (t *Tracer) Pages() []*PageTrace {
	var out []*PageTrace
	for _, p := range t.pages {
		if lead := t.leads[p.FromPage]; p.FromPage != "" {
			p.FromURL, p.FromKind = lead.url, lead.kind
		}
		for _, other := range t.pages {
			if other.FromPage == p.PageID && other.FoundBy == "redirect" {
				p.LedTo = &Lead{PageID: other.PageID, URL: other.URL}
			}
		}
		p.settle(t)
		out = append(out, p)
	}
	slices.SortFunc(out, func(a, b *PageTrace) int { return cmp.Or(a.first.Compare(b.first), cmp.Compare(a.PageID, b.PageID)) })
	return out
}

// Nothing says what was looked for and what was read, for who has found no page.
func (t *Tracer) Nothing() error {
	r := t.read
	if r.count == 0 {
		return fmt.Errorf("trace %s: no line of a log was read", t.key)
	}
	when := func(at int64) string { return time.Unix(0, at).UTC().Format("2006-01-02 15:04:05") }
	said := []string{fmt.Sprintf("none of %d lines, from %s to %s UTC, tells of it", r.count, when(r.from), when(r.to))}
	switch {
	case r.near != "":
		said = append(said, "of its host there is "+r.near)
	case t.seen != "":
		said[0] += ", nor of its host"
	default:
		said = append(said, "a page_id is 16 digits of a line's page_id, and a URL begins with https://")
	}
	for _, stage := range StageNames {
		if r.stages[stage] == 0 {
			said = append(said, "none is of a "+stage)
		}
	}
	return fmt.Errorf("trace %s: %s", t.key, strings.Join(said, "; "))
}
