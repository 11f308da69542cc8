package parser

import (
	"bytes"
	"strings"
	"unicode"
	"unicode/utf8"
)

// separator is a place where a title may be cut: behind text[:from] and in
// front of text[to:].
type separator struct {
	from, to   int
	bar, colon bool // else a dash
}

// separators appends the places where parts of a title meet: an upright bar, a
// dash or the like between blanks, another bar or a colon with a blank behind it,
// and any of them behind a character of a script without small letters, where
// blanks are often left out.
func separators(out []separator, s string) []separator {
	for i, r := range s {
		sep, upright := separator{from: i, to: i + utf8.RuneLen(r)}, false
		switch r {
		case '|', '｜', 'ㅣ', '丨':
			sep.bar, upright = true, true
		case '»', '«', '·', '•', '‹', '›', '_':
			sep.bar = true
		case ':', '：':
			sep.colon = true
		case '-', '–', '—', '―', '/', '~', '*', '<', '>':
		default:
			continue
		}
		before, after := i > 0 && s[i-1] == ' ', sep.to < len(s) && s[sep.to] == ' '
		last, _ := utf8.DecodeLastRuneInString(s[:i])
		if upright || before && after || sep.bar && (before || after) || sep.colon && after || isSpaceless(last) || unicode.Is(unicode.Hangul, last) {
			out = append(out, sep)
		}
	}
	return out
}

// trimSite cuts the site's name from both ends of a title.
func (x *extraction) trimSite(s string) string {
	var buf [8]separator
	for {
		was := len(s)
		cuts := separators(buf[:0], s)
		if n := len(cuts); n > 0 {
			if last := cuts[n-1]; x.isSite(s[last.to:]) {
				s = s[:last.from]
			} else if first := cuts[0]; x.isSite(s[:first.from]) {
				s = s[first.to:]
			}
		}
		if s = strings.TrimSpace(s); len(s) == was {
			return s
		}
	}
}

// maxSection is how long the name of a section in a title is, in bytes.
const maxSection = 20

// trimSections cuts the site's name from a title, and when it stood behind bars,
// the short parts behind other bars, which are sections.
func (x *extraction) trimSections(s string) string {
	was := s
	if s = x.trimSite(s); len(s) == len(was) {
		return s
	}
	for {
		i := strings.LastIndex(s, " | ")
		if i <= 0 || len(s)-i > maxSection+len(" | ") || 2*(len(s)-i) > i || !strings.HasPrefix(was, s+" | ") {
			return s
		}
		s = s[:i]
	}
}

// isSite says whether s names the site: by a name that it gives itself or by
// the registrable domain.
func (x *extraction) isSite(s string) bool {
	var buf [96]byte
	b := appendFold(buf[:0], s)
	for _, name := range x.siteNames {
		if len(b) > 0 && name == string(b) {
			return true
		}
	}
	joined := b[:0]
	for _, c := range b {
		if c != ' ' {
			joined = append(joined, c)
		}
	}
	label := x.domainLabel
	switch {
	case len(joined) == 0:
		return false
	case string(bytes.TrimPrefix(joined, []byte("the"))) == strings.TrimPrefix(label, "the"), string(joined) == x.domainJoined:
		return true
	}
	return len(label) >= 5 && len(joined) < 2*len(label)+4 && bytes.HasPrefix(joined, []byte(label))
}
