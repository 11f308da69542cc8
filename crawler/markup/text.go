package markup

import (
	"bytes"
	"errors"
	"html"
	"strconv"
	"strings"
	"unicode/utf8"
)

// maxReference is the longest reference that is looked up, "&" and ";" too.
const maxReference = 33

// unescape decodes the references of a text in place: the entities of XML and
// HTML and numbers, with their ";". Any other "&" is an ampersand.
func unescape(text []byte) []byte {
	at := bytes.IndexByte(text, '&')
	if at < 0 {
		return text
	}
	out := text[:at]
	for rest := text[at:]; len(rest) > 0; {
		n, decoded := reference(rest)
		if n == 0 {
			n, decoded = 1, "&"
		}
		next := bytes.IndexByte(rest[n:], '&')
		if next < 0 {
			next = len(rest) - n
		}
		out = append(out, decoded...) // never longer than what it stands for
		out = append(out, rest[n:n+next]...)
		rest = rest[n+next:]
	}
	return out
}

// reference returns the length of the reference that a text begins with, 0 if
// there is none, and what it stands for.
func reference(text []byte) (n int, decoded string) {
	end := 1
	for end < min(len(text), maxReference) && mayBeReferenced(text[end]) {
		end++
	}
	if end < 2 || end == len(text) || text[end] != ';' {
		return 0, ""
	}
	written := string(text[:end+1])
	if written[1] == '#' {
		return end + 1, character(written)
	}
	decoded = html.UnescapeString(written)
	if decoded == written || len(decoded) > len(written) || strings.HasSuffix(decoded, ";") && written != "&semi;" {
		return 0, ""
	}
	return end + 1, decoded
}

func mayBeReferenced(c byte) bool {
	return c|0x20 >= 'a' && c|0x20 <= 'z' || c >= '0' && c <= '9' || c == '#'
}

// character decodes a numeric reference. What XML does not allow is left out
// (XML 1.0, section 2.2), what is no number stays as it is.
func character(written string) string {
	digits, base := written[2:len(written)-1], 10
	if strings.HasPrefix(strings.ToLower(digits), "x") {
		digits, base = digits[1:], 16
	}
	code, err := strconv.ParseUint(digits, base, 64)
	switch {
	case digits == "", err != nil && !errors.Is(err, strconv.ErrRange):
		return written
	case err != nil || code > utf8.MaxRune || !allowed(rune(code)):
		return ""
	}
	return html.UnescapeString(written) // which reads 128 to 159 as windows-1252
}

// allowed says whether XML allows a character.
func allowed(r rune) bool {
	return r == '\t' || r == '\n' || r == '\r' || r >= ' ' && r <= 0xd7ff || r >= 0xe000 && r <= 0xfffd || r >= 0x10000 && r <= utf8.MaxRune
}

// clean removes in place what XML does not allow.
func clean(text []byte) []byte {
	if !mayHoldForbidden(text) {
		return text
	}
	out := text[:0]
	for len(text) > 0 {
		r, n := utf8.DecodeRune(text)
		if allowed(r) && (r != utf8.RuneError || n > 1) {
			out = append(out, text[:n]...)
		}
		text = text[n:]
	}
	return out
}

func mayHoldForbidden(text []byte) bool {
	for _, c := range text {
		if c < ' ' && c != '\n' && c != '\r' && c != '\t' || c >= 0xed {
			return true
		}
	}
	return false
}
