package links

import (
	"html"
	"strings"
	"unicode/utf8"
)

// unescape decodes the character references of an attribute's value as the
// HTML standard has it (section 13.2.5.73): in "?a=1&copy=2" there is none.
func unescape(raw string) string {
	at := strings.IndexByte(raw, '&')
	if at < 0 {
		return raw
	}
	var b strings.Builder
	b.Grow(len(raw))
	for at >= 0 {
		b.WriteString(raw[:at])
		raw = raw[at:]
		n := referenceLen(raw)
		b.WriteString(decodeReference(raw[:n], raw[n:]))
		raw = raw[n:]
		at = strings.IndexByte(raw, '&')
	}
	b.WriteString(raw)
	return b.String()
}

// referenceLen returns the length of what may be a reference, from its "&".
func referenceLen(raw string) int {
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

func decodeReference(ref, after string) string {
	if ref == "&amp;" { // nearly all of them
		return "&"
	}
	if len(ref) < 3 {
		return ref
	}
	decoded := html.UnescapeString(ref)
	switch {
	case ref[1] == '#':
		return decoded
	case ref[len(ref)-1] == ';':
		// What is left of ";" was no part of a reference.
		if strings.HasSuffix(decoded, ";") && ref != "&semi;" {
			return ref
		}
		return decoded
	case strings.HasPrefix(after, "="), utf8.RuneCountInString(decoded) != 1:
		return ref
	}
	return decoded
}
