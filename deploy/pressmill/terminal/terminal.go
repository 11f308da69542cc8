// Package terminal makes texts fit for a terminal: in its columns, and without
// what it would act upon.
package terminal

import (
	"io"
	"os"
	"strings"
	"unicode"

	"golang.org/x/term"
	"golang.org/x/text/width"
)

// ClearLine goes back to the beginning of a terminal's line and empties it.
const ClearLine = "\r\033[K"

// Width returns the number of columns of a terminal, 0 for anything else.
func Width(w io.Writer) int {
	f, ok := w.(*os.File)
	if !ok {
		return 0
	}
	columns, _, err := term.GetSize(int(f.Fd()))
	if err != nil {
		return 0
	}
	return columns
}

// columns is how many columns of a terminal a character takes (Unicode Standard
// Annex 11): two for wide ones, none for those that combine with another.
func columns(r rune) int {
	switch {
	case unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf):
		return 0
	case r < 0x1100:
		return 1
	}
	switch width.LookupRune(r).Kind() {
	case width.EastAsianWide, width.EastAsianFullwidth:
		return 2
	default:
		return 1
	}
}

// Columns is how many columns of a terminal a line takes.
func Columns(s string) (n int) {
	for _, r := range s {
		n += columns(r)
	}
	return n
}

// Printable makes one line of a text, without what a terminal would act upon.
func Printable(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case r == '\u200c', r == '\u200d': // joiners belong to the script
			return r
		case !unicode.IsPrint(r):
			return -1
		}
		return r
	}, s)
}

// PrintableLines is Printable for each line of a text.
func PrintableLines(s string) string {
	var b strings.Builder
	for line := range strings.Lines(s) {
		text, ended := strings.CutSuffix(line, "\n")
		b.WriteString(Printable(text))
		if ended {
			b.WriteByte('\n')
		}
	}
	return b.String()
}

// Cut shortens a line to a number of columns, with a sign that it did.
func Cut(s string, most int) string {
	if Columns(s) <= most {
		return s
	}
	n := 1 // the sign
	for i, r := range s {
		if n += columns(r); n > most {
			return s[:i] + "…"
		}
	}
	return s
}

// Pad makes a line of exactly so many columns.
func Pad(s string, n int) string {
	s = Cut(Printable(s), n)
	return s + strings.Repeat(" ", n-Columns(s))
}

// Wrap breaks a paragraph into lines of at most so many columns: between words,
// and within a word that is longer than a line, as those of scripts without
// spaces are.
func Wrap(paragraph string, most int) (lines []string) {
	var line strings.Builder
	n := 0
	flush := func() {
		lines = append(lines, line.String())
		line.Reset()
		n = 0
	}
	for word := range strings.FieldsSeq(Printable(paragraph)) {
		size := Columns(word)
		if n > 0 && n+1+size > most && size <= most {
			flush()
		}
		if n > 0 {
			line.WriteByte(' ')
			n++
		}
		for _, r := range word {
			if n > 0 && n+columns(r) > most {
				flush()
			}
			line.WriteRune(r)
			n += columns(r)
		}
	}
	if n > 0 {
		flush()
	}
	return lines
}
