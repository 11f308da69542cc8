package parser

import (
	"html"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// FuzzText wants text with character references to be what html.UnescapeString
// and the rules for white space make of it, in however many runs it is written.
func FuzzText(f *testing.F) {
	f.Add("a&amp;b &nbsp; c&shy;d&#x41;&notit; &", 4)
	f.Fuzz(func(t *testing.T, s string, cut int) {
		if !utf8.ValidString(s) {
			return
		}
		var whole textBuf
		whole.write([]byte(s))
		if got, want := whole.String(), plainText(html.UnescapeString(s)); got != want {
			t.Errorf("%q: got %q, want %q", s, got, want)
		}
		cut = max(0, min(cut, len(s)))
		if strings.ContainsAny(s, "&") || cut < len(s) && s[cut] >= 0x80 {
			return
		}
		var parts textBuf
		parts.write([]byte(s[:cut]))
		parts.write([]byte(s[cut:]))
		if parts.String() != whole.String() {
			t.Errorf("%q cut at %d: got %q, want %q", s, cut, parts.String(), whole.String())
		}
	})
}

// plainText collapses white space and drops what is not seen.
func plainText(s string) string {
	s = strings.NewReplacer("\u00ad", "", "\u200b", "", "\ufeff", "", "\u00a0", " ").Replace(s)
	s = strings.Map(func(r rune) rune {
		if (r < 0x20 || r == 0x7f) && !isSpace(byte(r)) {
			return -1
		}
		return r
	}, s)
	return strings.TrimSpace(strings.Join(strings.FieldsFunc(s, func(r rune) bool { return r < 0x80 && isSpace(byte(r)) }), " "))
}

// TestComposed wants texts that pass for NFC to be so, whatever stands in front
// of them.
func TestComposed(t *testing.T) {
	composed := 0
	for r := rune(1); r <= unicode.MaxRune; r++ {
		s := string(r)
		if !utf8.ValidRune(r) || !isComposed(s) {
			continue
		}
		composed++
		for _, before := range []string{"", "e", "か", "가"} {
			if got := norm.NFC.String(before + s); got != before+s {
				t.Errorf("%q is %q in NFC", before+s, got)
			}
		}
	}
	if composed < 20_000 {
		t.Errorf("%d characters pass", composed)
	}
}

// TestComposedIsValid wants no text to pass that is no valid UTF-8.
func TestComposedIsValid(t *testing.T) {
	for _, s := range []string{"é", "ʼ", "–", "、", "か", "渡", "！", "д", "선"} {
		for cut := 1; cut < len(s); cut++ {
			for _, broken := range []string{s[:cut], s[:cut] + "pier", s[cut:], s[:cut] + s, "ferry pi" + s[cut:]} {
				if isComposed(broken) {
					t.Errorf("%q passes", broken)
				}
				if got := clean(broken); !utf8.ValidString(got) {
					t.Errorf("%q became %q", broken, got)
				}
			}
		}
	}
}
