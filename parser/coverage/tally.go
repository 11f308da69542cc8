package coverage

import (
	"slices"
	"sync"
	"time"

	"pressmill/pkg/news"
)

// maxSources bounds the sources that a process tells apart between two lines of
// its log, and Others stands for all further ones; it is no id that a source can
// have.
const (
	maxSources = 10_000
	Others     = "*"
)

// recent is how old an article may be when it is fetched to tell how its source
// is now: older ones come from back-fills and links.
const recent = 7 * 24 * time.Hour

// Tally is what a process counts of all its sources: exactly for its log, by
// Lines, and for the records of the sources, by Batches. Its zero value is ready,
// and its methods may be called at once from any goroutine.
type Tally struct {
	mu      sync.Mutex
	lines   map[string]*Line
	batches map[string]*Batch
}

// Line counts the articles of a source since the line before.
type Line struct {
	Articles int
	With     [Body + 1]int // by Field

	words []int
}

// Median returns the median number of words.
func (l *Line) Median() float64 {
	slices.Sort(l.words)
	n := len(l.words)
	if n == 0 {
		return 0
	}
	return float64(l.words[(n-1)/2]+l.words[n/2]) / 2
}

// Published counts an article that was published.
func (t *Tally) Published(a *news.Article) {
	seen := Of(a)
	t.mu.Lock()
	defer t.mu.Unlock()
	if l := of(&t.lines, a.Source.ID, Others); l != nil {
		l.Articles++
		l.words = append(l.words, seen.Words)
		for f, has := range seen.Has {
			if has {
				l.With[f]++
			}
		}
	}
	if isRecent(a) {
		if b := of(&t.batches, a.Source.ID, ""); b != nil {
			b.Article(seen)
		}
	}
}

// isRecent says whether an article tells how its source is now.
func isRecent(a *news.Article) bool {
	switch {
	case a.Raw.WARC != "":
		return false // it was fetched once, and is parsed again
	case a.Published == nil || len(a.Published.Local) < len(time.DateOnly):
		return true
	}
	return a.Published.Local[:len(time.DateOnly)] >= a.Fetch.At.Add(-recent).Format(time.DateOnly)
}

// Page counts a page that was an article, published or known before, or one that
// was none and has the URL of a story.
func (t *Tally) Page(source string, article bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if b := of(&t.batches, source, ""); b != nil {
		b.Page(article)
	}
}

// of returns the counts of a source; those of others, or none without a name for
// them, if there are too many already.
func of[T any](all *map[string]*T, source, others string) *T {
	if c, ok := (*all)[source]; ok {
		return c
	}
	if len(*all) >= maxSources {
		if others == "" {
			return nil
		}
		if c, ok := (*all)[others]; ok {
			return c
		}
		source = others
	}
	if *all == nil {
		*all = map[string]*T{}
	}
	c := new(T)
	(*all)[source] = c
	return c
}

// Lines returns what was counted by source since the last call.
func (t *Tally) Lines() map[string]*Line {
	t.mu.Lock()
	defer t.mu.Unlock()
	lines := t.lines
	t.lines = nil
	return lines
}

// Batches returns what was seen by source since the last call.
func (t *Tally) Batches() map[string]*Batch {
	t.mu.Lock()
	defer t.mu.Unlock()
	batches := t.batches
	t.batches = nil
	return batches
}
