package parser

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"pressmill/pkg/news"
)

const tableHead = "set                pages  out  rejected  body P  body R  body F1  exact  F1 CJK  snip P  snip R  snip F1   title  authors     day  instant"

// scores sums up one set.
type scores struct {
	name           string
	standfirst     bool // counts as body
	pages, out     int
	rejected       map[string]int
	bodyP, bodyR   mean
	exact          mean
	cjkP, cjkR     mean
	tp, fp, fn     int // snippets
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

func f1(p, r float64) float64 {
	if p+r == 0 {
		return 0
	}
	return 2 * p * r / (p + r)
}

func (s *scores) row() string {
	snipP, snipR := "-", "-"
	snipF := "-"
	if s.tp+s.fn > 0 {
		p, r := float64(s.tp)/max(1, float64(s.tp+s.fp)), float64(s.tp)/float64(s.tp+s.fn)
		snipP, snipR, snipF = fmt.Sprintf("%.4f", p), fmt.Sprintf("%.4f", r), fmt.Sprintf("%.4f", f1(p, r))
	}
	rejected := 0
	for _, n := range s.rejected {
		rejected += n
	}
	return fmt.Sprintf("%-18s %5d %4d %9d %7s %7s %8s %6s %7s %7s %7s %8s %7s %8s %7s %8s", s.name, s.pages, s.out, rejected,
		&s.bodyP, &s.bodyR, f1Text(&s.bodyP, &s.bodyR), &s.exact, f1Text(&s.cjkP, &s.cjkR), snipP, snipR, snipF,
		&s.title, &s.authors, &s.day, &s.instant)
}

func f1Text(p, r *mean) string {
	if r.n == 0 {
		return "-"
	}
	return fmt.Sprintf("%.4f", f1(p.value(), r.value()))
}

func (s *scores) add(r result) {
	s.pages++
	if r.article != nil {
		s.out++
	} else {
		if s.rejected == nil {
			s.rejected = make(map[string]int)
		}
		s.rejected[r.err.Error()]++
	}
	a := r.article
	if a == nil {
		a = &news.Article{}
	}
	e := &r.label.Expected
	text := bodyText(a, s.standfirst)
	if e.Body != "" {
		s.addBody(r, text)
	}
	if len(e.Include)+len(e.Exclude) > 0 {
		s.addSnippets(r, text)
	}
	if e.Title != "" {
		s.title.add(boolValue(canonTitle(a.Title) == canonTitle(e.Title)))
	}
	if len(e.Authors) > 0 {
		s.authors.add(nameF1(a.Authors, e.Authors))
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

func (s *scores) addBody(r result, text string) {
	e := &r.label.Expected
	truths := e.BodyAlts
	if len(truths) == 0 {
		truths = []string{e.Body}
	}
	best, bestCJK := overlapScore{f1: -1}, overlapScore{f1: -1}
	exact, cjk := false, false
	for _, truth := range truths {
		tt, got := tokens(truth, false), tokens(text, false)
		if o := compareTokens(got, tt); o.f1 > best.f1 {
			best = o
		}
		exact = exact || slices.Equal(got, tt)
		cjk = cjk || strings.IndexFunc(truth, isCJK) >= 0
		if o := compareTokens(tokens(text, true), tokens(truth, true)); o.f1 > bestCJK.f1 {
			bestCJK = o
		}
	}
	if r.article != nil {
		s.bodyP.add(best.p)
		s.cjkP.add(bestCJK.p)
	}
	s.bodyR.add(best.r)
	s.cjkR.add(bestCJK.r)
	s.exact.add(boolValue(exact))
	s.worst = append(s.worst, pageScore{r.label.ID, fmt.Sprintf("P %.2f R %.2f %s", best.p, best.r, errText(r.err)), best.f1})
}

func errText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

func boolValue(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

// tokens cuts text into words; with cut, scripts without word spaces into
// characters.
func tokens(s string, cut bool) []string {
	var out []string
	start := -1
	for i, r := range s {
		word := r == '_' || unicode.IsLetter(r) || unicode.IsNumber(r)
		alone := cut && isCJK(r)
		if start >= 0 && (!word || alone) {
			out = append(out, s[start:i])
			start = -1
		}
		switch {
		case alone:
			out = append(out, string(r))
		case word && start < 0:
			start = i
		}
	}
	if start >= 0 {
		out = append(out, s[start:])
	}
	return out
}

type overlapScore struct{ p, r, f1 float64 }

// compareTokens compares two texts by their multisets of 4-token shingles.
func compareTokens(got, truth []string) overlapScore {
	return compareShingles(shingles(got), shingles(truth))
}

func compareShingles(g, t map[string]int) overlapScore {
	var tp, fp, fn float64
	for k, n := range g {
		both := min(n, t[k])
		tp += float64(both)
		fp += float64(n - both)
	}
	for k, n := range t {
		fn += float64(n - min(n, g[k]))
	}
	var o overlapScore
	if len(g) == 0 && len(t) == 0 {
		return overlapScore{1, 1, 1}
	}
	if tp+fp > 0 {
		o.p = tp / (tp + fp)
	}
	if tp+fn > 0 {
		o.r = tp / (tp + fn)
	}
	o.f1 = f1(o.p, o.r)
	return o
}

func shingles(toks []string) map[string]int {
	m := make(map[string]int)
	if len(toks) == 0 {
		return m
	}
	for i := 0; i == 0 || i+4 <= len(toks); i++ {
		m[strings.Join(toks[i:min(i+4, len(toks))], "\x00")]++
	}
	return m
}

func (s *scores) addSnippets(r result, text string) {
	e := &r.label.Expected
	flat := strings.Join(strings.Fields(text), " ")
	before := [3]int{s.tp, s.fp, s.fn}
	for _, x := range e.Include {
		if strings.Contains(flat, strings.Join(strings.Fields(x), " ")) {
			s.tp++
		} else {
			s.fn++
		}
	}
	for _, x := range e.Exclude {
		if strings.Contains(flat, strings.Join(strings.Fields(x), " ")) {
			s.fp++
		}
	}
	tp, fp, fn := s.tp-before[0], s.fp-before[1], s.fn-before[2]
	score := 2 * float64(tp) / max(1, float64(2*tp+fp+fn))
	s.worst = append(s.worst, pageScore{r.label.ID, fmt.Sprintf("found %d missed %d extra %d %s", tp, fn, fp, errText(r.err)), score})
}

var quoteFolder = strings.NewReplacer("‘", "'", "’", "'", "‚", "'", "‛", "'", "′", "'", "`", "'", "´", "'",
	"“", `"`, "”", `"`, "„", `"`, "‟", `"`, "«", `"`, "»", `"`, "″", `"`, "‹", "'", "›", "'",
	"‐", "-", "‑", "-", "‒", "-", "–", "-", "—", "-", "―", "-", "−", "-")

func canonTitle(s string) string {
	return strings.Join(strings.Fields(strings.ToLower(quoteFolder.Replace(norm.NFKC.String(s)))), " ")
}

func nameF1(got []news.Author, want []string) float64 {
	g, w := map[string]bool{}, map[string]bool{}
	for _, a := range got {
		g[canonTitle(a.Name)] = true
	}
	for _, n := range want {
		w[canonTitle(n)] = true
	}
	both := 0.0
	for n := range g {
		if w[n] {
			both++
		}
	}
	return 2 * both / float64(len(g)+len(w))
}

// addDate compares the day in the label's zone, and the instant where the
// label has one.
func (s *scores) addDate(got *news.Date, want, precision string) {
	truth, err := time.Parse(time.RFC3339, want)
	if err != nil {
		return
	}
	s.day.add(boolValue(got != nil && dayIn(got, truth, precision) == truth.Format(time.DateOnly)))
	if precision != "instant" {
		return
	}
	hit := false
	if got != nil && got.At != "" {
		at, err := time.Parse(time.RFC3339, got.At)
		hit = err == nil && at.Sub(truth).Abs() <= time.Minute
	}
	s.instant.add(boolValue(hit))
}

func dayIn(d *news.Date, truth time.Time, precision string) string {
	if at, err := time.Parse(time.RFC3339, d.At); err == nil && !strings.HasPrefix(precision, "naive") {
		return at.In(truth.Location()).Format(time.DateOnly)
	}
	if len(d.Local) < len(time.DateOnly) {
		return ""
	}
	return d.Local[:len(time.DateOnly)]
}

func (s *scores) writeWorst(w io.Writer, n int) {
	slices.SortStableFunc(s.worst, func(a, b pageScore) int { return cmp.Compare(a.score, b.score) })
	for _, p := range s.worst[:min(n, len(s.worst))] {
		fmt.Fprintf(w, "%.3f  %s  %s\n", p.score, p.id, strings.TrimSpace(p.note))
	}
}
