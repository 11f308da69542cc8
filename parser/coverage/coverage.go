// Package coverage watches what the articles of a source have: a title, an
// author, a date, an image and a body. A process counts into a Batch what it
// sees; the batches of all processes are added to one Record per source, which
// knows the source's last day and the week before it, and tells when they
// differ: a drift, as a redesign of the site makes one.
//
// Nothing here reads a clock or speaks to anybody: the time is an argument, and
// the same batches at the same times give the same drifts.
package coverage

import "pressmill/pkg/news"

// Field is what the articles of a source may lack.
type Field uint8

// The fields. Of the first ones a share of the articles has each. Article is a
// share, too, but of pages: of those that were articles or have the URL of a
// story, it is those that were articles. Words is the median length.
const (
	Title Field = iota
	Author
	Date
	Image
	Body
	Article
	Words

	shares = Article + 1 // the fields that are shares
)

// names are the fields as logs call them.
var names = [...]string{"title", "author", "date", "image", "body", "article", "words"}

func (f Field) String() string { return names[f] }

// MarshalText writes the name.
func (f Field) MarshalText() ([]byte, error) { return []byte(f.String()), nil }

// UnmarshalText reads a name.
func (f *Field) UnmarshalText(text []byte) error {
	for i, name := range names {
		if name == string(text) {
			*f = Field(i)
			return nil
		}
	}
	return &FieldError{string(text)}
}

// FieldError is a name that no field has.
type FieldError struct{ Name string }

func (e *FieldError) Error() string { return "unknown field " + e.Name }

// MinBody is the number of words from which a text counts as a body: less is a
// teaser or the line under a picture.
const MinBody = 50

// Seen is what one article has.
type Seen struct {
	Has   [Body + 1]bool // by Field
	Words int
}

// Of returns what an article has.
func Of(a *news.Article) Seen {
	return Seen{
		Has:   [Body + 1]bool{Title: a.Title != "", Author: len(a.Authors) > 0, Date: a.Published != nil, Image: len(a.Images) > 0, Body: a.Body.Words >= MinBody},
		Words: a.Body.Words,
	}
}

// Counts is what was counted of some articles of a source.
type Counts struct {
	Articles int
	Tried    int // pages that were articles or have the URL of a story
	// With counts the articles that have a field; of Article, the pages that were
	// articles.
	With [shares]int
	// Starts counts the articles without a field that follow one with it: the
	// beginnings of runs.
	Starts [shares]int
	// Longest is the longest of these runs that has come to an end.
	Longest [shares]int
	Lengths Lengths
}

// of returns what a field is a share of.
func (c *Counts) of(f Field) int {
	if f == Article {
		return c.Tried
	}
	return c.Articles
}

// Share is the share of what could have a field that has it, 0 of nothing; the
// median of Words.
func (c *Counts) Share(f Field) float64 {
	if f == Words {
		return c.Lengths.Median()
	}
	if c.of(f) == 0 {
		return 0
	}
	return float64(c.With[f]) / float64(c.of(f))
}

// addOf adds of other counts what tells of one field.
func (c *Counts) addOf(f Field, o *Counts) {
	c.Articles += o.Articles
	if f == Words {
		c.Lengths.add(o.Lengths)
		return
	}
	c.Tried += o.Tried
	c.With[f] += o.With[f]
	c.Starts[f] += o.Starts[f]
	c.Longest[f] = max(c.Longest[f], o.Longest[f])
}

// add adds other counts.
func (c *Counts) add(o *Counts) {
	c.Articles += o.Articles
	c.Tried += o.Tried
	for f := range shares {
		c.With[f] += o.With[f]
		c.Starts[f] += o.Starts[f]
		c.Longest[f] = max(c.Longest[f], o.Longest[f])
	}
	c.Lengths.add(o.Lengths)
}

// Batch is what a process has seen of a source, in order. Its zero value is
// ready.
type Batch struct {
	Counts

	runs [shares]run
}

// run counts the articles without a field at both ends of a batch: before the
// first one that has it, and since the last. Without any that has it, all are at
// the head.
type run struct{ head, tail int }

// Article counts an article.
func (b *Batch) Article(s Seen) {
	for f := Title; f <= Body; f++ {
		b.note(f, s.Has[f])
	}
	b.Articles++
	b.Lengths.count(s.Words)
}

// Page counts a page that was an article, or one that was not and has the URL
// of a story.
func (b *Batch) Page(article bool) {
	b.note(Article, article)
	b.Tried++
}

func (b *Batch) note(f Field, has bool) {
	r := &b.runs[f]
	switch {
	case has:
		b.With[f]++
		b.Longest[f] = max(b.Longest[f], r.tail)
		r.tail = 0
	case b.With[f] == 0:
		r.head++
	default:
		if r.tail == 0 {
			b.Starts[f]++
		}
		r.tail++
	}
}
