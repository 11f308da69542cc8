package corpus

import "strings"

// Truth is what a label says of the text of a page, for an engine that learns
// from it.
type Truth struct {
	label *Label
	grams []map[string]int // shingles of each right variant of the body
	words string           // of all variants, each between zero bytes
}

// Truth returns what the label says of the text.
func (l *Label) Truth() *Truth {
	t := &Truth{label: l}
	for _, b := range l.bodies() {
		words := words(b, true)
		t.grams = append(t.grams, shingles(words))
		t.words += zeros(words)
	}
	return t
}

func zeros(words []string) string { return "\x00" + strings.Join(words, "\x00") + "\x00" }

// Whole says whether the whole body is known, not only some snippets.
func (t *Truth) Whole() bool { return t.grams != nil }

// Near tells how near a text is to the truth, from 0 to 1.
func (t *Truth) Near(text string) float64 {
	if !t.Whole() {
		s := t.label.snippetsIn(text)
		return s.f1()
	}
	got := shingles(words(text, true))
	var best overlap
	for _, g := range t.grams {
		best = best.better(compare(got, g))
	}
	return best.f1
}

// Take says whether a block of text belongs to the body, and whether the label
// tells. What belongs is taken: another block with the same text is one too
// many.
func (t *Truth) Take(block string) (belongs, known bool) {
	if !t.Whole() {
		return t.takeSnippet(block)
	}
	words := words(block, true)
	switch {
	case len(words) == 0:
		return false, false
	case len(words) < 4:
		return strings.Contains(t.words, zeros(words)), true
	}
	grams := shingles(words)
	share := 0.0
	for _, left := range t.grams {
		share = max(share, shareOf(grams, left))
	}
	if share > 0.6 {
		for _, left := range t.grams {
			for gram, n := range grams {
				left[gram] -= n
			}
		}
	}
	return share > 0.5, true
}

// shareOf returns the share of the shingles that are left.
func shareOf(grams, left map[string]int) float64 {
	var hit, all float64
	for gram, n := range grams {
		all += float64(n)
		hit += float64(max(0, min(n, left[gram])))
	}
	return hit / all
}

func (t *Truth) takeSnippet(block string) (belongs, known bool) {
	flat := singleSpaces(block)
	for _, s := range t.label.Expected.Exclude {
		if strings.Contains(flat, singleSpaces(s)) {
			return false, true
		}
	}
	for _, s := range t.label.Expected.Include {
		if strings.Contains(flat, singleSpaces(s)) {
			return true, true
		}
	}
	return false, false
}

// Words counts the words of a text; in scripts without word spaces, the
// characters.
func Words(text string) int { return len(words(text, true)) }
