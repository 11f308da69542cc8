package logs

import (
	"encoding/binary"
	"encoding/json"
	"math/bits"
)

// maxDepth bounds how deep values may lie inside each other.
const maxDepth = 64

// The ends of a scan that is no good; offsets of good ones are not negative.
const (
	syntaxError = -1 - iota // no JSON (RFC 8259)
	ended                   // JSON until the text ended too early
)

// object finds the known fields of the JSON object that begins at b[0] and
// returns where it ends. The whole of it is checked: what it accepts, RFC 8259
// does too. Of a key that comes twice the last one counts.
func (l *Line) object(b []byte) int {
	l.Raw, l.have, l.coded = b, 0, 0
	i := space(b, 1)
	if i < len(b) && b[i] == '}' {
		l.Raw = b[:i+1]
		return i + 1
	}
	for {
		field, known, at := member(b, i)
		if at < 0 {
			return at
		}
		end, coded := value(b, at, 0)
		if end < 0 {
			return end
		}
		if known {
			l.set(field, at, end, coded)
		}
		i = space(b, end)
		switch {
		case i >= len(b):
			return ended
		case b[i] == ',':
			i = space(b, i+1)
		case b[i] == '}':
			l.Raw = b[:i+1]
			return i + 1
		default:
			return syntaxError
		}
	}
}

func (l *Line) set(f Field, from, to int, coded bool) {
	l.spans[f] = span{uint32(from), uint32(to)}
	l.have |= 1 << f
	l.coded &^= 1 << f
	if coded {
		l.coded |= 1 << f
	}
}

// member reads a key and its colon; at is where the value begins.
func member(b []byte, i int) (f Field, known bool, at int) {
	if i >= len(b) {
		return 0, false, ended
	}
	if b[i] != '"' {
		return 0, false, syntaxError
	}
	end, coded := quoted(b, i)
	if end < 0 {
		return 0, false, end
	}
	if coded {
		f, known = fieldOf(decode(b[i:end]))
	} else {
		f, known = fieldOf(b[i+1 : end-1])
	}
	i = space(b, end)
	if i >= len(b) {
		return 0, false, ended
	}
	if b[i] != ':' {
		return 0, false, syntaxError
	}
	return f, known, space(b, i+1)
}

// value returns where the value that begins at b[i] ends, and whether it is a
// string that is not what stands between its quotes.
func value(b []byte, i, depth int) (end int, coded bool) {
	if i >= len(b) {
		return ended, false
	}
	switch c := b[i]; {
	case c == '"':
		return quoted(b, i)
	case c == '-' || c-'0' <= 9:
		return number(b, i), false
	case c == '{' || c == '[':
		if depth >= maxDepth {
			return syntaxError, false
		}
		return nested(b, i, depth), false
	case c == 't':
		return word(b, i, "true"), false
	case c == 'f':
		return word(b, i, "false"), false
	case c == 'n':
		return word(b, i, "null"), false
	}
	return syntaxError, false
}

// nested returns where an object or an array ends.
func nested(b []byte, i, depth int) int {
	object, closing := b[i] == '{', b[i]+2 // in ASCII, { and }, [ and ] are two apart
	i = space(b, i+1)
	if i < len(b) && b[i] == closing {
		return i + 1
	}
	for {
		if object {
			if _, _, i = member(b, i); i < 0 {
				return i
			}
		}
		if i, _ = value(b, i, depth+1); i < 0 {
			return i
		}
		i = space(b, i)
		switch {
		case i >= len(b):
			return ended
		case b[i] == closing:
			return i + 1
		case b[i] != ',':
			return syntaxError
		}
		i = space(b, i+1)
	}
}

func space(b []byte, i int) int {
	for i < len(b) && (b[i] == ' ' || b[i] == '\t' || b[i] == '\r' || b[i] == '\n') {
		i++
	}
	return i
}

func word(b []byte, i int, w string) int {
	rest := b[i:]
	if len(rest) < len(w) {
		if string(rest) == w[:len(rest)] {
			return ended
		}
		return syntaxError
	}
	if string(rest[:len(w)]) != w {
		return syntaxError
	}
	return i + len(w)
}

func number(b []byte, i int) int {
	if b[i] == '-' {
		i++
	}
	whole := digits(b, i)
	switch {
	case whole == i && i >= len(b):
		return ended
	case whole == i || b[i] == '0' && whole > i+1:
		return syntaxError
	}
	i = whole
	if i < len(b) && b[i] == '.' {
		if i = digits(b, i+1); b[i-1] == '.' {
			return broken(b, i)
		}
	}
	if i < len(b) && b[i]|0x20 == 'e' {
		if i++; i < len(b) && (b[i] == '+' || b[i] == '-') {
			i++
		}
		from := i
		if i = digits(b, i); i == from {
			return broken(b, i)
		}
	}
	return i
}

// broken tells a number that ends too early from one that is none.
func broken(b []byte, i int) int {
	if i >= len(b) {
		return ended
	}
	return syntaxError
}

func digits(b []byte, i int) int {
	for i < len(b) && b[i]-'0' <= 9 {
		i++
	}
	return i
}

const (
	ones  = 0x0101010101010101
	highs = 0x8080808080808080
)

// quoted returns where the string that begins with the quote b[i] ends, behind
// its last quote, and whether it has escapes or anything but ASCII in it. Eight
// bytes are looked at in one step: a byte x of a word is below n where x-n
// borrows, and equal to n where x^n is below 1. Borrows may mark a byte above
// one that is marked rightly, so the lowest mark is the one to trust.
func quoted(b []byte, i int) (end int, coded bool) {
	i++
	for i+8 <= len(b) {
		w := binary.LittleEndian.Uint64(b[i:])
		quote, slash := w^(ones*'"'), w^(ones*'\\')
		marks := (w-ones*0x20)&^w | (quote-ones)&^quote | (slash-ones)&^slash | w
		marks &= highs
		if marks == 0 {
			i += 8
			continue
		}
		i += bits.TrailingZeros64(marks) / 8
		switch c := b[i]; {
		case c == '"':
			return i + 1, coded
		case c < 0x20:
			return syntaxError, false
		case c >= 0x80:
			i++
		default:
			if i = escape(b, i); i < 0 {
				return i, false
			}
		}
		coded = true
	}
	return tail(b, i, coded)
}

// tail is quoted for the last few bytes of a line.
func tail(b []byte, i int, coded bool) (int, bool) {
	for i < len(b) {
		switch c := b[i]; {
		case c == '"':
			return i + 1, coded
		case c < 0x20:
			return syntaxError, false
		case c == '\\':
			if i = escape(b, i); i < 0 {
				return i, false
			}
			coded = true
		default:
			coded = coded || c >= 0x80
			i++
		}
	}
	return ended, false
}

// escape returns where the escape that begins with the backslash b[i] ends.
func escape(b []byte, i int) int {
	if i+1 >= len(b) {
		return ended
	}
	switch b[i+1] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return i + 2
	case 'u':
		for k := i + 2; k < i+6; k++ {
			if k >= len(b) {
				return ended
			}
			if c := b[k] | 0x20; b[k]-'0' > 9 && (c < 'a' || c > 'f') {
				return syntaxError
			}
		}
		return i + 6
	}
	return syntaxError
}

// decode returns what a string with its quotes, which has been checked, says.
func decode(quoted []byte) []byte {
	var s string
	if json.Unmarshal(quoted, &s) != nil {
		return nil
	}
	return []byte(s)
}
