// Package charsets turns the bytes of a page into UTF-8, whatever they are
// encoded in and whatever the page says of it.
package charsets

import (
	"bytes"
	"encoding/binary"
	"mime"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/html/charset"
	"golang.org/x/text/transform"
)

// Decode returns a page as UTF-8: body itself where it is valid UTF-8, and else
// a copy. What the bytes show goes before what is said of them: a byte order
// mark, the escapes of ISO-2022-JP, and UTF-8, even with a few broken bytes,
// which become U+FFFD. Then the Content-Type counts, then the page's own
// declaration, then what its letters look like.
func Decode(body []byte, contentType string) []byte {
	if rest, ok := bytes.CutPrefix(body, []byte("\xef\xbb\xbf")); ok {
		return valid(rest)
	}
	if name := wide(body, contentType); name != "" {
		return decode(name, body)
	}
	ascii := asciiLen(body)
	if isISO2022JP(body[:ascii]) {
		return decode("iso-2022-jp", body)
	}
	if utf8.Valid(body[ascii:]) {
		return body
	}
	if mostlyUTF8(body) {
		return valid(body)
	}
	if name := declared(body, contentType); name != "" {
		return decode(name, body)
	}
	return decode(detect(body), body)
}

func valid(b []byte) []byte { return bytes.ToValidUTF8(b, []byte("\uFFFD")) }

func decode(name string, body []byte) []byte {
	e, _ := charset.Lookup(name)
	if e == nil {
		return valid(body)
	}
	out, _, err := transform.Bytes(e.NewDecoder(), body)
	if err != nil {
		return valid(body)
	}
	return out
}

// wide returns UTF-16 when a byte order mark or the Content-Type says so, or "".
func wide(body []byte, contentType string) string {
	switch {
	case bytes.HasPrefix(body, []byte("\xfe\xff")):
		return "utf-16be"
	case bytes.HasPrefix(body, []byte("\xff\xfe")):
		return "utf-16le"
	}
	if name := headerName(contentType); strings.HasPrefix(name, "utf-16") && bytes.IndexByte(body, 0) >= 0 {
		return name
	}
	return ""
}

// asciiLen returns how many ASCII bytes b begins with.
func asciiLen(b []byte) int {
	i := 0
	for i+32 <= len(b) && (binary.LittleEndian.Uint64(b[i:])|binary.LittleEndian.Uint64(b[i+8:])|
		binary.LittleEndian.Uint64(b[i+16:])|binary.LittleEndian.Uint64(b[i+24:]))&0x8080808080808080 == 0 {
		i += 32
	}
	for i+8 <= len(b) && binary.LittleEndian.Uint64(b[i:])&0x8080808080808080 == 0 {
		i += 8
	}
	for i < len(b) && b[i] < utf8.RuneSelf {
		i++
	}
	return i
}

// isISO2022JP says whether the escapes of ISO-2022-JP, which is all ASCII
// bytes, switch to a set of Japanese characters.
func isISO2022JP(body []byte) bool {
	i := bytes.IndexByte(body, '\x1b')
	if i < 0 {
		return false
	}
	return bytes.Contains(body[i:], []byte("\x1b$B")) || bytes.Contains(body[i:], []byte("\x1b$@"))
}

// mostlyUTF8 says whether hardly any of the sequences of bytes outside of ASCII
// are broken UTF-8.
func mostlyUTF8(body []byte) bool {
	good, bad := 0, 0
	for i := 0; i < len(body); {
		if body[i] < utf8.RuneSelf {
			i++
			continue
		}
		r, n := utf8.DecodeRune(body[i:])
		if r == utf8.RuneError && n == 1 {
			bad++
		} else {
			good++
		}
		i += n
	}
	return good > 10*bad
}

// declared returns the name of the encoding that is said to be the page's, other
// than UTF-8 and UTF-16, which it is not; or "".
func declared(body []byte, contentType string) string {
	head := lower(body[:min(len(body), maxHead)])
	for _, name := range []string{headerName(contentType), xmlName(head), metaName(head)} {
		if name = canonical(name); name != "" && !strings.HasPrefix(name, "utf-") {
			return name
		}
	}
	return ""
}

// canonical returns the first name of an encoding that has several, or "" for
// one that is not known or that nobody may read any more.
func canonical(name string) string {
	if _, name = charset.Lookup(name); name == "replacement" {
		return ""
	}
	return name
}

func headerName(contentType string) string {
	_, params, err := mime.ParseMediaType(contentType)
	if err != nil {
		return ""
	}
	return strings.ToLower(params["charset"])
}

// maxHead is how far the declaration of an encoding is looked for.
const maxHead = 64 << 10

// xmlName returns the encoding that an XML declaration names.
func xmlName(head []byte) string {
	head = bytes.TrimLeft(head, " \t\r\n")
	decl, _, ok := bytes.Cut(head, []byte("?>"))
	if !ok || !bytes.HasPrefix(decl, []byte("<?xml")) {
		return ""
	}
	return valueOf(decl, "encoding")
}

// metaName returns the encoding that the first meta element with one names.
func metaName(head []byte) string {
	for {
		i := bytes.Index(head, []byte("<meta"))
		if i < 0 {
			return ""
		}
		tag, rest, _ := bytes.Cut(head[i:], []byte(">"))
		if name := valueOf(tag, "charset"); canonical(name) != "" {
			return name
		}
		head = rest
	}
}

// valueOf returns what stands behind a key and an equals sign.
func valueOf(b []byte, key string) string {
	for {
		_, rest, ok := bytes.Cut(b, []byte(key))
		if !ok {
			return ""
		}
		b = bytes.TrimLeft(rest, " \t\r\n")
		if len(b) == 0 || b[0] != '=' {
			continue
		}
		b = bytes.TrimLeft(b[1:], " \t\r\n\"'")
		if i := bytes.IndexAny(b, " \t\r\n\"';/>"); i >= 0 {
			b = b[:i]
		}
		return string(b)
	}
}

// lower returns a copy with the letters of ASCII in lower case.
func lower(b []byte) []byte {
	out := make([]byte, len(b))
	for i, c := range b {
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		out[i] = c
	}
	return out
}
