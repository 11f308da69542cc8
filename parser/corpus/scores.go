package corpus

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"

	"pressmill/pkg/news"
)

// Header is the line above the rows of a table of scores.
const Header = "set                pages  out  rejected  body P  body R  body F1  exact  F1 CJK  snip P  snip R  snip F1   title  authors     day  instant"

// Scores sums up one set, or a part of it.
type Scores struct {
	name           string
	standfirst     bool // counts as body
	pages, out     int
	bodyP, bodyR   mean
	exact          mean
	cjkP, cjkR     mean
	snippets       snippets
	title, authors mean
	day, instant   mean
	worst          []pageScore
}

type pageScore struct {
	id, note string
	score    float64
}

// mean is a running mean.
type mean struct{ sum, n float64 }

func (m *mean) add(v float64) { m.sum += v; m.n++ }

func (m *mean) addIf(hit bool) {
	if hit {
		m.sum++
	}
	m.n++
}

func (m *mean) value() float64 {
	if m.n == 0 {
		return 0
	}
	return m.sum / m.n
}

func (m *mean) String() string {
	if m.n == 0 {
		return "-"
	}
	return fmt.Sprintf("%.4f", m.value())
}

// Scores returns the empty scores of the set, named after it with a suffix.
func (s *Set) Scores(suffix string) *Scores {
	return &Scores{name: s.Name + suffix, standfirst: s.Standfirst()}
}

// String returns the row that belongs under Header.
func (s *Scores) String() string {
	snipP, snipR, snipF := "-", "-", "-"
	if s.snippets.any() {
		p, r := s.snippets.precision(), s.snippets.recall()
		snipP, snipR, snipF = fmt.Sprintf("%.4f", p), fmt.Sprintf("%.4f", r), fmt.Sprintf("%.4f", harmonic(p, r))
	}
	return fmt.Sprintf("%-18s %5d %4d %9d %7s %7s %8s %6s %7s %7s %7s %8s %7s %8s %7s %8s", s.name, s.pages, s.out, s.pages-s.out,
		&s.bodyP, &s.bodyR, f1Text(&s.bodyP, &s.bodyR), &s.exact, f1Text(&s.cjkP, &s.cjkR), snipP, snipR, snipF,
		&s.title, &s.authors, &s.day, &s.instant)
}

func f1Text(p, r *mean) string {
	if r.n == 0 {
		return "-"
	}
	return fmt.Sprintf("%.4f", harmonic(p.value(), r.value()))
}

// harmonic returns the harmonic mean of precision and recall.
func harmonic(p, r float64) float64 {
	if p+r == 0 {
		return 0
	}
	return 2 * p * r / (p + r)
}

// Add scores what came of a page by what its label tells.
func (s *Scores) Add(r Result) {
	s.pages++
	a := &news.Article{}
	if r.Article != nil {
		s.out++
		a = r.Article
	}
	e := &r.Label.Expected
	text := bodyText(a, s.standfirst)
	if len(r.Label.bodies()) > 0 {
		s.addBody(r, text)
	}
	if len(e.Include)+len(e.Exclude) > 0 {
		s.addSnippets(r, text)
	}
	if e.Title != "" {
		s.title.addIf(foldTitle(a.Title) == foldTitle(e.Title))
	}
	if len(e.Authors) > 0 {
		s.authors.add(authorsF1(a.Authors, e.Authors))
	}
	if e.Published != "" {
		s.addDate(a.Published, e.Published, e.Precision)
	}
}

// bodyText returns the text that counts as the body, with or without the
// standfirst.
func bodyText(a *news.Article, standfirst bool) string {
	var parts []string
	for _, b := range a.Body.Blocks {
		switch b.T {
		case news.BlockStandfirst:
			if standfirst {
				parts = append(parts, b.Text)
			}
		case news.BlockParagraph, news.BlockHeading, news.BlockListItem, news.BlockQuote, news.BlockTable:
			parts = append(parts, b.Text)
		case news.BlockEmbed, news.BlockFactBox:
		}
	}
	return strings.Join(parts, "\n\n")
}

// addBody compares a text with every right variant of the body; the best counts.
// Precision is that of the pages with output.
func (s *Scores) addBody(r Result, text string) {
	best, bestCJK := overlap{f1: -1}, overlap{f1: -1}
	exact := false
	got, gotCJK := words(text, false), words(text, true)
	for _, body := range r.Label.bodies() {
		want := words(body, false)
		exact = exact || slices.Equal(got, want)
		best = best.better(compare(shingles(got), shingles(want)))
		bestCJK = bestCJK.better(compare(shingles(gotCJK), shingles(words(body, true))))
	}
	if r.Article != nil {
		s.bodyP.add(best.precision)
		s.cjkP.add(bestCJK.precision)
	}
	s.bodyR.add(best.recall)
	s.cjkR.add(bestCJK.recall)
	s.exact.addIf(exact)
	s.worst = append(s.worst, pageScore{r.Label.ID, fmt.Sprintf("P %.2f R %.2f %s", best.precision, best.recall, r.errText()), best.f1})
}

func (s *Scores) addSnippets(r Result, text string) {
	found := r.Label.snippetsIn(text)
	s.snippets.add(found)
	s.worst = append(s.worst, pageScore{r.Label.ID, fmt.Sprintf("found %d missed %d extra %d %s", found.found, found.missed, found.extra, r.errText()), found.f1()})
}

// addDate compares the day in the label's zone, and the instant where the
// label has one.
func (s *Scores) addDate(got *news.Date, want, precision string) {
	day, instant, ok := compareDates(got, want, precision)
	if !ok {
		return
	}
	s.day.addIf(day)
	if precision == "instant" {
		s.instant.addIf(instant)
	}
}

func (s *Scores) writeWorst(w io.Writer, n int) {
	slices.SortStableFunc(s.worst, func(a, b pageScore) int { return cmp.Compare(a.score, b.score) })
	for _, p := range s.worst[:min(n, len(s.worst))] {
		fmt.Fprintf(w, "%.3f  %s  %s\n", p.score, p.id, strings.TrimSpace(p.note))
	}
}
