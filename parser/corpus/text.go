package corpus

import (
	"strings"
	"unicode"
)

// words cuts text into words; with cut, those of scripts without word spaces
// into characters.
func words(s string, cut bool) []string {
	var out []string
	start := -1
	for i, r := range s {
		word := r == '_' || unicode.IsLetter(r) || unicode.IsNumber(r)
		alone := cut && isSpaceless(r)
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

// isSpaceless says whether r belongs to a script that writes without word
// spaces.
func isSpaceless(r rune) bool {
	return unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Thai, unicode.Myanmar)
}

// shingles counts the runs of four words; a shorter text is one run.
func shingles(words []string) map[string]int {
	m := make(map[string]int)
	if len(words) == 0 {
		return m
	}
	for i := 0; i == 0 || i+4 <= len(words); i++ {
		m[strings.Join(words[i:min(i+4, len(words))], "\x00")]++
	}
	return m
}

// overlap tells how far two texts are the same.
type overlap struct{ precision, recall, f1 float64 }

func (o overlap) better(p overlap) overlap {
	if p.f1 > o.f1 {
		return p
	}
	return o
}

// compare compares two texts by their shingles.
func compare(got, want map[string]int) overlap {
	if len(got) == 0 && len(want) == 0 {
		return overlap{1, 1, 1}
	}
	var both, gotAll, wantAll float64
	for gram, n := range got {
		both += float64(min(n, want[gram]))
		gotAll += float64(n)
	}
	for _, n := range want {
		wantAll += float64(n)
	}
	o := overlap{precision: both / max(1, gotAll), recall: both / max(1, wantAll)}
	o.f1 = harmonic(o.precision, o.recall)
	return o
}

// snippets counts which of a label's snippets a text holds.
type snippets struct {
	found, missed int // that belong to the text
	extra         int // that do not
}

func (l *Label) snippetsIn(text string) (s snippets) {
	flat := singleSpaces(text)
	for _, x := range l.Expected.Include {
		if strings.Contains(flat, singleSpaces(x)) {
			s.found++
		} else {
			s.missed++
		}
	}
	for _, x := range l.Expected.Exclude {
		if strings.Contains(flat, singleSpaces(x)) {
			s.extra++
		}
	}
	return s
}

func (s *snippets) add(t snippets) {
	s.found += t.found
	s.missed += t.missed
	s.extra += t.extra
}

func (s *snippets) any() bool { return s.found+s.missed > 0 }

func (s *snippets) precision() float64 { return float64(s.found) / float64(max(1, s.found+s.extra)) }

func (s *snippets) recall() float64 { return float64(s.found) / float64(max(1, s.found+s.missed)) }

func (s *snippets) f1() float64 {
	return 2 * float64(s.found) / float64(max(1, 2*s.found+s.missed+s.extra))
}

func singleSpaces(s string) string { return strings.Join(strings.Fields(s), " ") }
