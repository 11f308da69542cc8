package dates

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// token is a number, a word with a meaning in dates or without, or a mark.
type token struct {
	from, to uint16 // bytes of the text
	num      int64
	digits   uint8 // of a number
	upper    bool  // a word in capitals
	title    bool  // a word that begins with one
	c        rune  // a mark, or 0
	word
}

func (t token) is(c class) bool { return t.class&c != 0 }

// dayLike says whether t can be the day of a month, or its month.
func (t token) dayLike() bool { return t.digits > 0 && t.digits <= 2 && t.num >= 1 && t.num <= 31 }

// maxTokens bounds what is read of one text.
const maxTokens = 72

// maxWord is the longest word that can mean anything, in bytes when folded.
const maxWord = 40

// scanner cuts a text into tokens.
type scanner struct {
	s    string
	pos  int
	n    int // tokens read
	toks [maxTokens]token
}

// scan reads the tokens of the text.
func (s *scanner) scan() {
	if !MayHold(s.s) {
		return
	}
	for s.pos < len(s.s) && s.n < maxTokens {
		s.next()
	}
}

func (s *scanner) add(t token) {
	s.toks[s.n] = t
	s.n++
}

// MayHold is false for most texts that hold no date: it looks for a digit, or
// for a script that has digits of its own.
func MayHold[T string | []byte](s T) bool {
	for i := range len(s) {
		if c := s[i]; '0' <= c && c <= '9' || c >= 0xd9 && c != 0xe2 {
			return true
		}
	}
	return false
}

func (s *scanner) next() {
	r, n := s.rune(s.pos)
	switch {
	case isDigit(r):
		s.number()
	case hanDigit(r) >= 0 && s.hanNumber():
	case r >= utf8.RuneSelf && unicode.Is(unicode.Han, r):
		s.han(n)
	case isWordRune(r):
		s.letters()
	case unicode.IsSpace(r) || isInvisible(r):
		s.pos += n
	default:
		s.add(token{from: uint16(s.pos), to: uint16(s.pos + n), c: plainMark(r)})
		s.pos += n
	}
}

func (s *scanner) rune(i int) (rune, int) {
	if i >= len(s.s) {
		return 0, 0
	}
	if c := s.s[i]; c < utf8.RuneSelf {
		return rune(c), 1
	}
	return utf8.DecodeRuneInString(s.s[i:])
}

func isWordRune(r rune) bool {
	if r < utf8.RuneSelf {
		return 'a' <= r|0x20 && r|0x20 <= 'z'
	}
	return unicode.IsLetter(r) || unicode.IsMark(r)
}

func isLower(r rune) bool {
	if r < utf8.RuneSelf {
		return 'a' <= r && r <= 'z'
	}
	return unicode.IsLower(r)
}

// isInvisible tells the marks of direction and joining.
func isInvisible(r rune) bool {
	return 0x200b <= r && r <= 0x200f || 0x202a <= r && r <= 0x202e || 0x2066 <= r && r <= 0x2069 || r == 0xfeff
}

// plainMark maps the variants of a mark to one.
func plainMark(r rune) rune {
	switch r {
	case '\u2010', '\u2011', '\u2012', '\u2013', '\u2014', '\u2212', '\uff0d':
		return '-'
	case '\u2018', '\u2019', '\u00b4', '`':
		return '\''
	case '\uff0f', '\u2044':
		return '/'
	case '\uff1a', '\u2236':
		return ':'
	case '\uff0e':
		return '.'
	}
	return r
}

// digitZeros are the zeros of the scripts whose digits are read.
var digitZeros = []rune{'0', 0x0660, 0x06f0, 0x0966, 0x09e6, 0x0a66, 0x0ae6, 0x0be6, 0x0c66, 0x0ce6, 0x0d66, 0x0e50, 0xff10}

func isDigit(r rune) bool { return digit(r) >= 0 }

// digit returns the value of a digit of any of the scripts, or -1.
func digit(r rune) int {
	if r < utf8.RuneSelf {
		if '0' <= r && r <= '9' {
			return int(r - '0')
		}
		return -1
	}
	for _, zero := range digitZeros {
		if zero <= r && r <= zero+9 {
			return int(r - zero)
		}
	}
	return -1
}

func (s *scanner) number() {
	t := token{from: uint16(s.pos)}
	for {
		r, n := s.rune(s.pos)
		d := digit(r)
		if d < 0 {
			break
		}
		if t.digits < 18 {
			t.num = t.num*10 + int64(d)
			t.digits++
		}
		s.pos += n
	}
	t.to = uint16(s.pos)
	s.add(t)
}

// hanDigit returns the value of a Chinese numeral up to ten, or -1.
func hanDigit(r rune) int {
	if r < 0x3007 || r > 0x96f6 {
		return -1
	}
	switch r {
	case '〇', '零':
		return 0
	case '一':
		return 1
	case '二':
		return 2
	case '三':
		return 3
	case '四':
		return 4
	case '五':
		return 5
	case '六':
		return 6
	case '七':
		return 7
	case '八':
		return 8
	case '九':
		return 9
	case '十':
		return 10
	}
	return -1
}

// hanNumber reads a number in Chinese numerals, by place (二〇二四) or with tens
// (二十五), when a unit of time follows it.
func (s *scanner) hanNumber() bool {
	t := token{from: uint16(s.pos)}
	i, tens := s.pos, false
	for {
		r, n := s.rune(i)
		d := hanDigit(r)
		if d < 0 || t.digits > 4 {
			break
		}
		switch {
		case d == 10:
			t.num, tens = max(t.num, 1)*10, true
		case tens:
			t.num += int64(d)
		default:
			t.num = t.num*10 + int64(d)
		}
		t.digits++
		i += n
	}
	if tens {
		t.digits = 2
	}
	if r, _ := s.rune(i); words[string(r)].class&(yearUnit|monthUnit|dayUnit|hourUnit|minuteUnit) == 0 {
		return false
	}
	t.to = uint16(i)
	s.pos = i
	s.add(t)
	return true
}

// han adds one Han character, or two that mean something together.
func (s *scanner) han(n int) {
	t := token{from: uint16(s.pos)}
	if _, m := s.rune(s.pos + n); m > 0 {
		if w, ok := words[s.s[s.pos:s.pos+n+m]]; ok {
			n += m
			t.word = w
		}
	}
	if t.class == 0 {
		t.word = words[s.s[s.pos:s.pos+n]]
		if r, _ := s.rune(s.pos); r == '元' {
			t.c = r
		}
	}
	s.pos += n
	t.to = uint16(s.pos)
	s.add(t)
}

// letters adds a word; letters with dots between them ("p. m.", "พ.ค.") are one.
func (s *scanner) letters() {
	var buf [maxWord]byte
	t := token{from: uint16(s.pos), upper: true}
	w, letters := buf[:0], 0
	for s.pos < len(s.s) {
		r, n := s.rune(s.pos)
		if !isWordRune(r) {
			if n = s.innerDot(letters); n == 0 {
				break
			}
			s.pos += n
			letters = 0
			continue
		}
		if r >= utf8.RuneSelf && unicode.Is(unicode.Han, r) {
			break
		}
		t.upper = t.upper && !isLower(r)
		letters++
		if len(w) == 0 {
			t.title = !isLower(r)
		}
		if len(w) <= maxWord {
			w = appendFolded(w, r)
		}
		s.pos += n
	}
	t.to = uint16(s.pos)
	if len(w) <= maxWord {
		t.word = words[string(w)]
	}
	s.add(t)
}

// innerDot returns the length of a dot, and a space behind it, that stand
// between the letters of an abbreviation, or 0.
func (s *scanner) innerDot(letters int) int {
	if letters == 0 || letters > 3 || s.s[s.pos] != '.' {
		return 0
	}
	thai := s.pos >= 3 && s.s[s.pos-3] == 0xe0
	if letters > 1 && !thai {
		return 0
	}
	n := 1
	r, size := s.rune(s.pos + n)
	if r == ' ' || r == 0xa0 || r == 0x202f {
		n += size
		r, size = s.rune(s.pos + n)
	}
	if !isWordRune(r) {
		return 0
	}
	if thai {
		if n == 1 {
			return n
		}
		return 0
	}
	if behind, _ := s.rune(s.pos + n + size); isWordRune(behind) {
		return 0
	}
	return n
}

// appendFolded appends r as words are looked up: in lower case, without the
// accents that are left out at times, Arabic letters in one form.
func appendFolded(w []byte, r rune) []byte {
	if r < utf8.RuneSelf {
		if 'A' <= r && r <= 'Z' {
			r += 'a' - 'A'
		}
		return append(w, byte(r))
	}
	if f, ok := folded[r]; ok {
		r = f
	} else {
		r = unicode.ToLower(r)
	}
	if r == 0 {
		return w
	}
	return utf8.AppendRune(w, r)
}

func fold(s string) string {
	var w []byte
	for _, r := range s {
		w = appendFolded(w, r)
	}
	return strings.TrimSpace(string(w))
}
