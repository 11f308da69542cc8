package filter

import (
	"bytes"
	"errors"
	"slices"
	"sync"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// keywords finds words and phrases in folded text. Its cost does not grow with
// their number: each is looked for only where its first piece stands.
type keywords struct {
	heads          map[string][]keyword
	may            [4096]bool // by sketch: whether there is such a head
	wants, refuses bool       // some of them
}

type keyword struct {
	text string // folded
	out  bool   // leaves out what has it
}

func newKeywords(c choice) *keywords {
	k := &keywords{heads: map[string][]keyword{}, wants: len(c.wanted) > 0, refuses: len(c.unwanted) > 0}
	add := func(text string, out bool) {
		head := text[:piece([]byte(text))]
		k.heads[head] = append(k.heads[head], keyword{text, out})
		k.may[sketch([]byte(head))] = true
	}
	for _, text := range c.wanted {
		add(text, false)
	}
	for _, text := range c.unwanted {
		add(text, true)
	}
	return k
}

func normalKeyword(s string) (string, error) {
	folded := string(bytes.TrimSpace(appendFolded(nil, []byte(s))))
	if folded == "" {
		return "", errors.New("has no letter and no digit")
	}
	return folded, nil
}

// take says whether a text has one of the keywords, if there are any, and none
// of those that leave it out.
func (k *keywords) take(folded []byte) bool {
	found := !k.wants
	for at := 0; at < len(folded); {
		from := at
		at += piece(folded[from:])
		head := folded[from:at]
		if !k.may[sketch(head)] {
			continue
		}
		for _, w := range k.heads[string(head)] {
			if (w.out || !found) && hasPrefix(folded[from:], w.text) && breaks(folded, from+len(w.text)) {
				if w.out {
					return false
				}
				if found = true; !k.refuses {
					return true
				}
			}
		}
	}
	return found
}

// sketch is a cheap hash of a piece below 4096.
func sketch(piece []byte) uint32 {
	n := len(piece)
	return (uint32(piece[0]) ^ uint32(piece[n/2])<<3 ^ uint32(piece[n-1])<<5 ^ uint32(n)<<9) % 4096
}

func hasPrefix(text []byte, prefix string) bool {
	return len(text) >= len(prefix) && string(text[:len(prefix)]) == prefix
}

// piece returns the length of the first piece of folded text at whose end a
// word may end: a word, or one character of what is written without spaces, or
// one sign.
func piece(folded []byte) int {
	for n := 0; n < len(folded); {
		r, size := rune(folded[n]), 1
		if r >= utf8.RuneSelf {
			r, size = utf8.DecodeRune(folded[n:])
		}
		switch {
		case joins(r):
			n += size
		case n == 0:
			return size
		default:
			return n
		}
	}
	return len(folded)
}

// breaks says whether a word that ends at a place of folded text is whole.
func breaks(folded []byte, at int) bool {
	if at == len(folded) {
		return true
	}
	next, _ := utf8.DecodeRune(folded[at:])
	last, _ := utf8.DecodeLastRune(folded[:at])
	return !(joins(last) && joins(next)) && (next < 0x300 || !unicode.Is(unicode.M, next))
}

// joins says whether a character of folded text is part of a word that spaces
// end.
func joins(r rune) bool {
	if r < utf8.RuneSelf {
		return 'a' <= r && r <= 'z' || '0' <= r && r <= '9'
	}
	return !unspaced(r)
}

// unspaced says whether r is of a script that writes no spaces between words
// (Thai, Lao, Tibetan, Myanmar, Khmer, kana, Han) or of Hangul, whose spaces
// stand between words with their particles.
func unspaced(r rune) bool {
	switch {
	case r < 0xe00:
		return false
	case r < 0x1200: // Thai, Lao, Tibetan, Myanmar, Georgian, Hangul letters
		return r < 0x10a0 || r >= 0x1100
	case r >= 0x3000:
		return r < 0xa000 || r >= 0xac00 && r < 0xd800 || r >= 0xf900 && r < 0xfb00 || r >= 0x20000
	}
	return 0x1780 <= r && r < 0x1800
}

// foldBuffer is the memory for folding one article.
type foldBuffer struct{ folded []byte }

var foldBuffers = sync.Pool{New: func() any { return new(foldBuffer) }}

// add appends a text, folded, with a sign before it that no keyword has.
func (b *foldBuffer) add(text string) {
	b.folded = appendFolded(append(b.folded, 0), []byte(text))
}

// appendFolded appends text as keywords are compared: NFKC, lower case, without
// accents, one blank for whatever is neither letter nor digit. "+" and "#" stay
// where they stand behind a word, as in C++. Letters that accents make others,
// not the same with an accent, keep them: in scripts other than Latin, Greek,
// Cyrillic, Hebrew and Arabic all do.
func appendFolded(dst, text []byte) []byte {
	dst = slices.Grow(dst, len(text))
	if norm.NFKC.QuickSpan(text) < len(text) {
		text = norm.NFKC.Bytes(text)
	}
	from := len(dst)
	blank := func() {
		if n := len(dst); n > from && dst[n-1] != ' ' {
			dst = append(dst, ' ')
		}
	}
	for i := 0; i < len(text); {
		c := text[i]
		if c < utf8.RuneSelf {
			i++
			switch {
			case 'a' <= c && c <= 'z' || '0' <= c && c <= '9':
				dst = append(dst, c)
			case 'A' <= c && c <= 'Z':
				dst = append(dst, c+'a'-'A')
			case (c == '+' || c == '#') && len(dst) > from && dst[len(dst)-1] != ' ':
				dst = append(dst, c)
			default:
				blank()
			}
			continue
		}
		r, size := utf8.DecodeRune(text[i:])
		if isPlain(r) {
			dst = append(dst, text[i:i+size]...)
		} else if folded := foldRune(r); folded == " " {
			blank()
		} else {
			dst = append(dst, folded...)
		}
		i += size
	}
	return dst
}

// isPlain says whether r is one of the common letters of Han, kana and Hangul,
// which fold to themselves.
func isPlain(r rune) bool {
	return 0x4e00 <= r && r < 0xa000 || 0xac00 <= r && r < 0xd7a4 || 0x3041 <= r && r < 0x3097 || 0x30a1 <= r && r < 0x30fb
}

// The letters that lose accents lie below maxAccented and from moreAccented on;
// behind them is the punctuation, up to maxMark.
const (
	maxAccented  = 0x700
	moreAccented = 0x1e00
	maxMark      = 0x2070
)

// foldRune returns what stands for a character of NFKC text: letters, " ", or
// "" for what is dropped.
func foldRune(r rune) string {
	switch {
	case r < maxAccented:
		return accented()[r]
	case moreAccented <= r && r < maxMark:
		return accented()[r-moreAccented+maxAccented]
	}
	return foldOne(r)
}

// accented is what foldOne returns for these two ranges, one behind the other.
var accented = sync.OnceValue(func() *[maxAccented + maxMark - moreAccented]string {
	var table [maxAccented + maxMark - moreAccented]string
	for i := range table {
		r := rune(i)
		if r >= maxAccented {
			r += moreAccented - maxAccented
		}
		table[i] = foldOne(r)
	}
	return &table
})

// unlike are letters that no accent tells from others, with what people write
// who do not have them, and one that is not the same letter with an accent.
var unlike = map[rune]string{
	'ß': "ss", 'ẞ': "ss", 'æ': "ae", 'Æ': "ae", 'œ': "oe", 'Œ': "oe", 'ø': "o", 'Ø': "o", 'đ': "d", 'Đ': "d", 'ł': "l", 'Ł': "l",
	'ı': "i", 'þ': "th", 'Þ': "th", 'ð': "d", 'Ð': "d", 'ħ': "h", 'Ħ': "h", 'ς': "σ", 'й': "й", 'Й': "й",
}

func foldOne(r rune) string {
	if s, ok := unlike[r]; ok {
		return s
	}
	switch {
	case isAccent(r) || unicode.In(r, unicode.Cf) || r == 'ـ' || 0xfe00 <= r && r < 0xfe10:
		return ""
	case !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r) && !unicode.IsNumber(r):
		return " "
	}
	folded := make([]rune, 0, 2)
	for _, d := range norm.NFD.String(string(unicode.ToLower(r))) {
		if !isAccent(d) {
			folded = append(folded, d)
		}
	}
	return norm.NFC.String(string(folded)) // what was no accent joins again
}

// isAccent says whether r is a mark of Latin, Greek or Cyrillic, a point of
// Hebrew or a vowel sign of Arabic.
func isAccent(r rune) bool {
	switch {
	case r < 0x300 || !unicode.Is(unicode.Mn, r):
		return false
	case r < 0x700:
		return true
	}
	return 0x1ab0 <= r && r < 0x1b00 || 0x1dc0 <= r && r < 0x1e00 || 0x20d0 <= r && r < 0x2100 || 0xfe20 <= r && r < 0xfe30
}
