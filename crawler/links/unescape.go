package links

import (
	"bytes"
	"html"
	"strings"
	"unicode/utf8"
)

// unescape decodes the character references of an attribute's value as the
// HTML standard has it (section 13.2.5.73): in "?a=1&copy=2" there is none.
func unescape(raw []byte) string {
	if bytes.IndexByte(raw, '&') < 0 {
		return string(raw)
	}
	var b strings.Builder
	b.Grow(len(raw))
	for len(raw) > 0 {
		at := bytes.IndexByte(raw, '&')
		if at < 0 {
			break
		}
		b.Write(raw[:at])
		raw = raw[at:]
		n := referenceLen(raw)
		b.WriteString(decodeReference(raw[:n], raw[n:]))
		raw = raw[n:]
	}
	b.Write(raw)
	return b.String()
}

// referenceLen returns the length of what may be a reference, from its "&".
func referenceLen(raw []byte) int {
	n := 1
	if n < len(raw) && raw[n] == '#' {
		n++
	}
	for n < len(raw) && (isLetter(raw[n]) || raw[n] >= '0' && raw[n] <= '9') {
		n++
	}
	if n < len(raw) && raw[n] == ';' {
		n++
	}
	return n
}

func decodeReference(ref, after []byte) string {
	text := string(ref)
	if len(ref) < 3 {
		return text
	}
	decoded := html.UnescapeString(text)
	switch {
	case ref[1] == '#':
		return decoded
	case ref[len(ref)-1] == ';':
		// What is left of ";" was no part of a reference.
		if strings.HasSuffix(decoded, ";") && text != "&semi;" {
			return text
		}
		return decoded
	case len(after) > 0 && after[0] == '=', utf8.RuneCountInString(decoded) != 1:
		return text
	}
	return decoded
}
