// Package articles finds articles in what a sink has written.
package articles

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/text/unicode/norm"

	"pressmill/pkg/news"
	"pressmill/sink/segment"
	"pressmill/sink/store"
)

// Query says which articles are wanted. What is unset, does not matter.
type Query struct {
	// Host is that of the article's address, or a domain above it.
	Host string
	// Source is the id or the domain of the source.
	Source string
	// Lang is a language (BCP 47): "de" stands for "de-AT" too.
	Lang string
	// Grep is part of the title or the text; upper and lower case are the same.
	Grep string
	// Since and Until bound when an article was collected; Until is exclusive.
	Since, Until time.Time
	// AllRevs wants all revisions of an article, and not only the newest in the
	// time that is asked for.
	AllRevs bool
}

// Found is an article that was found.
type Found struct {
	Head
	Line []byte // as it was written
	// Collected is when the article was extracted; it is not after the object.
	Collected time.Time
	// Gone is the takedown that came after it, nil if there is none.
	Gone *news.Takedown
}

// Head is what of an article is searched and listed.
type Head struct {
	Schema    string         `json:"schema"`
	ID        string         `json:"id"`
	Rev       string         `json:"rev"`
	URL       news.URLs      `json:"url"`
	Source    news.SourceRef `json:"source"`
	Title     string         `json:"title"`
	Lang      string         `json:"lang"`
	Published *news.Date     `json:"published"`
	Body      struct {
		Text string `json:"text"`
	} `json:"body"`
	Fetch struct {
		At time.Time `json:"at"`
	} `json:"fetch"`
	Extraction struct {
		At time.Time `json:"at"`
	} `json:"extraction"`
}

// walker goes through a sink's objects from the newest down.
type walker struct {
	Query
	buried map[string]bool
	seen   map[uint64]struct{} // ids; not used for all revisions
	gone   map[string]*news.Takedown
	// wants says, before a line is decoded, whether it can be wanted; nil: it can.
	wants func(segment.Identity, []byte) bool
	// visit takes what was found; false ends it.
	visit func(Found) bool
	// enough says whether objects whose last message is not after a time are
	// not needed any more.
	enough func(time.Time) bool
}

// walk goes through all objects below a prefix. Objects that cannot be read are
// left out and returned as an error in the end.
func (w *walker) walk(ctx context.Context, s store.Store, prefix string) error {
	var err error
	if w.buried, err = segment.Tombstones(ctx, s, prefix); err != nil {
		return err
	}
	w.Grep = fold(norm.NFC.String(w.Grep))
	w.seen, w.gone = map[uint64]struct{}{}, map[string]*news.Takedown{}
	days, err := segment.Days(ctx, s, prefix)
	if err != nil {
		return err
	}
	var errs []error
	for _, d := range slices.Backward(days) {
		if !w.Until.IsZero() && d.Date > w.Until.UTC().Format(time.DateOnly) {
			continue
		}
		if !w.Since.IsZero() && d.Date < w.Since.UTC().Format(time.DateOnly) {
			break
		}
		for o, err := range d.NewestFirst(ctx, s) {
			switch {
			case ctx.Err() != nil:
				return ctx.Err()
			case err != nil:
				errs = append(errs, err)
			case w.enough(o.Meta.LastTime), !w.object(o):
				return errors.Join(errs...)
			}
		}
	}
	return errors.Join(errs...)
}

// object goes through the lines of an object, the last one first.
func (w *walker) object(o segment.Object) bool {
	lines := bytes.Split(bytes.TrimSuffix(o.Body, []byte{'\n'}), []byte{'\n'})
	for _, line := range slices.Backward(lines) {
		id := segment.IdentityOf(line)
		switch {
		case w.buried[id.ID], len(line) == 0:
		case id.Schema == news.TakedownSchema:
			w.takedown(line)
		case w.wants != nil && !w.wants(id, line):
		case !w.article(o, id, line):
			return false
		}
	}
	return true
}

func (w *walker) takedown(line []byte) {
	var t news.Takedown
	if json.Unmarshal(line, &t) != nil {
		return
	}
	for _, id := range append(t.Candidates, t.ID) {
		if w.gone[id] == nil {
			w.gone[id] = &t
		}
	}
}

// article looks at an article; false ends it all.
func (w *walker) article(o segment.Object, id segment.Identity, line []byte) bool {
	if !w.AllRevs && w.superseded(id.ID) {
		return true
	}
	f := Found{Line: line}
	if json.Unmarshal(line, &f.Head) != nil || f.ID == "" && f.Title == "" {
		return true // not an article
	}
	f.Collected = collected(f.Head, o)
	if !w.Until.IsZero() && !f.Collected.Before(w.Until) {
		return true
	}
	if !w.AllRevs {
		w.seen[hash(id.ID)] = struct{}{}
	}
	if f.Collected.Before(w.Since) || !w.matches(f.Head) {
		return true
	}
	f.Gone = w.gone[id.ID]
	return w.visit(f)
}

func (w *walker) superseded(id string) bool {
	_, ok := w.seen[hash(id)]
	return ok && id != ""
}

// hash is the number that an article's id is.
func hash(id string) uint64 {
	if n, err := strconv.ParseUint(id, 16, 64); err == nil {
		return n
	}
	h := fnv.New64a()
	_, _ = h.Write([]byte(id))
	return h.Sum64()
}

// collected is when an article was extracted, within the day of its object and
// before its end, whatever the clock of the parser said.
func collected(h Head, o segment.Object) time.Time {
	at := h.Extraction.At
	if at.IsZero() {
		at = h.Fetch.At
	}
	if at.IsZero() || at.After(o.Meta.LastTime) {
		return o.Meta.LastTime.UTC()
	}
	if day, err := time.Parse(time.DateOnly, o.Key.Date); err == nil && at.Before(day) {
		return day
	}
	return at.UTC()
}

func (q *Query) matches(h Head) bool {
	return (q.Host == "" || within(hostOf(h.URL), strings.ToLower(q.Host))) &&
		(q.Source == "" || h.Source.ID == q.Source || h.Source.Domain == strings.ToLower(q.Source)) &&
		(q.Lang == "" || speaks(h.Lang, q.Lang)) &&
		(q.Grep == "" || strings.Contains(fold(h.Title), q.Grep) || strings.Contains(fold(h.Body.Text), q.Grep))
}

func fold(s string) string { return strings.ToLower(s) }

func within(host, domain string) bool {
	rest, ok := strings.CutSuffix(host, domain)
	return ok && (rest == "" || strings.HasSuffix(rest, "."))
}

func hostOf(u news.URLs) string {
	at := u.Final
	if at == "" {
		at = u.Canonical
	}
	parsed, err := url.Parse(at)
	if err != nil {
		return ""
	}
	return strings.ToLower(parsed.Hostname())
}

func speaks(lang, want string) bool {
	lang, want = strings.ToLower(lang), strings.ToLower(want)
	return lang == want || strings.HasPrefix(lang, want+"-")
}

// Each passes all articles to visit, until it returns false: day by day and
// object by object, the newest first, but articles of objects of the same time
// as these come. Memory does not grow with the articles but for eight bytes and
// some of each id, and not at all for all revisions. Objects that cannot be
// read are left out and returned as an error in the end.
func Each(ctx context.Context, s store.Store, prefix string, q Query, visit func(Found) bool) error {
	w := walker{Query: q, visit: visit, enough: func(time.Time) bool { return false }}
	return w.walk(ctx, s, prefix)
}

// Cursor is a place between two articles; the zero value is before all.
type Cursor struct {
	Collected time.Time
	ID, Rev   string
}

func (f Found) cursor() Cursor { return Cursor{f.Collected, f.ID, f.Rev} }

// compare orders articles: the newest first.
func (c Cursor) compare(o Cursor) int {
	if n := o.Collected.Compare(c.Collected); n != 0 {
		return n
	}
	return strings.Compare(c.ID+"."+c.Rev, o.ID+"."+o.Rev)
}

// String is the cursor as ParseCursor reads it.
func (c Cursor) String() string {
	return fmt.Sprintf("%s,%s.%s", c.Collected.Format(time.RFC3339Nano), c.ID, c.Rev)
}

// ParseCursor parses what String returns.
func ParseCursor(s string) (c Cursor, err error) {
	at, name, ok := strings.Cut(s, ",")
	id, rev, ok2 := strings.Cut(name, ".")
	if c.Collected, err = time.Parse(time.RFC3339Nano, at); err != nil || !ok || !ok2 {
		return Cursor{}, fmt.Errorf("%q is no cursor that was printed", s)
	}
	c.ID, c.Rev = id, rev
	return c, nil
}
