package sink

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

var errJSON = errors.New("no JSON object of the form of an article")

// members yields the names and raw values of a JSON object's members in their
// order until yield returns false. It finds the ends of values, but does not
// check what is in them. No bytes at all are an object without members.
func members(object []byte, yield func(name, value []byte) bool) error {
	p := jsonReader{data: object}
	if len(object) == 0 {
		return nil
	}
	if !p.take('{') {
		return p.fault()
	}
	if p.take('}') {
		return nil
	}
	for {
		name := p.value()
		if len(name) < 2 || name[0] != '"' || !p.take(':') {
			return p.fault()
		}
		value := p.value()
		if value == nil {
			return p.fault()
		}
		if !yield(name[1:len(name)-1], value) {
			return nil
		}
		if p.take('}') {
			return nil
		}
		if !p.take(',') {
			return p.fault()
		}
	}
}

// jsonReader stands somewhere in JSON text.
type jsonReader struct {
	data []byte
	at   int
}

func (p *jsonReader) fault() error { return fmt.Errorf("%w: at byte %d", errJSON, p.at) }

func (p *jsonReader) space() {
	for p.at < len(p.data) && (p.data[p.at] == ' ' || p.data[p.at] == '\n' || p.data[p.at] == '\t' || p.data[p.at] == '\r') {
		p.at++
	}
}

// take steps over a character, if it is the next one after white space.
func (p *jsonReader) take(c byte) bool {
	p.space()
	if p.at < len(p.data) && p.data[p.at] == c {
		p.at++
		return true
	}
	return false
}

// value steps over a value and returns it, nil if it does not end.
func (p *jsonReader) value() []byte {
	p.space()
	start, depth := p.at, 0
	for p.at < len(p.data) {
		switch c := p.data[p.at]; c {
		case '"':
			if !p.str() {
				return nil
			}
		case '{', '[':
			depth++
			p.at++
			continue
		case '}', ']':
			if depth == 0 {
				return nil
			}
			depth--
			p.at++
		case ',', ':':
			if depth == 0 {
				return nil
			}
			p.at++
			continue
		default:
			p.plain()
		}
		if depth == 0 {
			return p.data[start:p.at]
		}
	}
	return nil
}

// plain steps over numbers, words and white space.
func (p *jsonReader) plain() {
	for p.at < len(p.data) {
		switch p.data[p.at] {
		case '"', '{', '[', '}', ']', ',', ':':
			return
		}
		p.at++
	}
}

// str steps over a string; it says whether it ends.
func (p *jsonReader) str() bool {
	for from := p.at + 1; ; {
		n := bytes.IndexByte(p.data[from:], '"')
		if n < 0 {
			return false
		}
		end := from + n
		back := end
		for p.data[back-1] == '\\' && back-1 > p.at {
			back--
		}
		from = end + 1
		if (end-back)%2 == 0 {
			p.at = from
			return true
		}
	}
}

// appendText appends what a JSON string says; nil and null say nothing. Lone
// surrogates become U+FFFD, as in encoding/json.
func appendText(dst, value []byte) ([]byte, error) {
	value = bytes.TrimSpace(value)
	if len(value) == 0 || string(value) == "null" {
		return dst, nil
	}
	if len(value) < 2 || value[0] != '"' || value[len(value)-1] != '"' {
		return dst, fmt.Errorf("%w: %.20q is no string", errJSON, value)
	}
	text := value[1 : len(value)-1]
	for {
		n := bytes.IndexByte(text, '\\')
		if n < 0 {
			return append(dst, text...), nil
		}
		dst = append(dst, text[:n]...)
		r, size := escape(text[n:])
		if size == 0 {
			return dst, fmt.Errorf("%w: %.6q is no escape", errJSON, text[n:])
		}
		dst = utf8.AppendRune(dst, r)
		text = text[n+size:]
	}
}

// escape reads one escape (RFC 8259, section 7), a pair of surrogates as one;
// size is 0 if it is none.
func escape(s []byte) (r rune, size int) {
	if len(s) < 2 {
		return 0, 0
	}
	switch s[1] {
	case '"', '\\', '/':
		return rune(s[1]), 2
	case 'b':
		return '\b', 2
	case 'f':
		return '\f', 2
	case 'n':
		return '\n', 2
	case 'r':
		return '\r', 2
	case 't':
		return '\t', 2
	case 'u':
		r, ok := unit(s)
		if !ok {
			return 0, 0
		}
		if utf16.IsSurrogate(r) {
			if low, ok := unit(s[6:]); ok && utf16.DecodeRune(r, low) != utf8.RuneError {
				return utf16.DecodeRune(r, low), 12
			}
			return utf8.RuneError, 6
		}
		return r, 6
	}
	return 0, 0
}

// unit reads \uXXXX.
func unit(s []byte) (rune, bool) {
	if len(s) < 6 || s[0] != '\\' || s[1] != 'u' {
		return 0, false
	}
	n, err := strconv.ParseUint(string(s[2:6]), 16, 32)
	return rune(n), err == nil
}
