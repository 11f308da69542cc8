package jsonld

import (
	"bytes"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// appendDecoded appends raw with its escapes decoded. Of an escape that JSON
// does not know the backslash is dropped, as scripts do.
func appendDecoded(dst, raw []byte) []byte {
	for {
		i := bytes.IndexByte(raw, '\\')
		if i < 0 || i+1 >= len(raw) {
			return append(dst, raw...)
		}
		dst = append(dst, raw[:i]...)
		dst, raw = appendEscape(dst, raw[i+1:])
	}
}

// appendEscape appends what the escape that begins behind the backslash stands
// for, and returns what follows it.
func appendEscape(dst, rest []byte) (out, tail []byte) {
	switch c := rest[0]; c {
	case 'n':
		return append(dst, '\n'), rest[1:]
	case 't':
		return append(dst, '\t'), rest[1:]
	case 'r':
		return append(dst, '\r'), rest[1:]
	case 'b':
		return append(dst, '\b'), rest[1:]
	case 'f':
		return append(dst, '\f'), rest[1:]
	case 'u':
		if u, ok := codeUnit(rest); ok {
			return appendUnits(dst, u, rest[5:])
		}
	}
	return append(dst, rest[0]), rest[1:]
}

// appendUnits appends the rune of a code unit, or of it and the one that
// follows when they are a pair; half a pair becomes U+FFFD.
func appendUnits(dst []byte, u rune, rest []byte) (out, tail []byte) {
	if utf16.IsSurrogate(u) {
		if len(rest) >= 6 && rest[0] == '\\' {
			if low, ok := codeUnit(rest[1:]); ok {
				if both := utf16.DecodeRune(u, low); both != utf8.RuneError {
					return utf8.AppendRune(dst, both), rest[6:]
				}
			}
		}
		u = utf8.RuneError
	}
	return utf8.AppendRune(dst, u), rest
}

// codeUnit reads "uXXXX".
func codeUnit(b []byte) (rune, bool) {
	if len(b) < 5 || b[0] != 'u' {
		return 0, false
	}
	n, err := strconv.ParseUint(string(b[1:5]), 16, 16)
	return rune(n), err == nil
}
