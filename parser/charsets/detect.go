package charsets

import (
	"bytes"
	"strings"

	"github.com/saintfish/chardet"
)

// sampleSize is from how much text, in bytes, an encoding is told.
const sampleSize = 8 << 10

// detect returns the name of the encoding that the page's letters look like. For
// Latin letters, whose encodings look alike, the language that the page
// says it is in decides.
func detect(body []byte) string {
	text := sample(body)
	if isThai(text) {
		return "windows-874"
	}
	r, err := chardet.NewTextDetector().DetectBest(text)
	if err != nil {
		return latin("windows-1252", text, language(body))
	}
	switch r.Charset {
	case "ISO-8859-7":
		if bytes.IndexByte(text, 0xb6) < 0 { // a capital there, a sign in Windows'
			return "windows-1253"
		}
	case "ISO-8859-8", "ISO-8859-8-I":
		return "windows-1255"
	case "GB-18030":
		return "gb18030"
	case "ISO-8859-1", "ISO-8859-2", "ISO-8859-9", "windows-1250", "windows-1252", "windows-1254":
		return latin(r.Charset, text, language(body))
	case "UTF-8", "UTF-16BE", "UTF-16LE", "UTF-32BE", "UTF-32LE":
		return "windows-1252"
	}
	return r.Charset
}

// latin returns the encoding of Latin letters that a language is written in, or
// the one that was guessed.
func latin(guess string, text []byte, lang string) string {
	switch lang {
	case "bs", "cs", "hr", "hu", "pl", "ro", "sk", "sl", "sq":
		if hasISOLetter(text) {
			return "iso-8859-2"
		}
		return "windows-1250"
	case "az", "tr":
		return "windows-1254"
	case "et", "lt", "lv":
		return "windows-1257"
	case "vi":
		return "windows-1258"
	case "":
		return guess
	}
	return "windows-1252"
}

// hasISOLetter says whether bytes of text are letters in ISO-8859-2 that have
// another place in windows-1250, where signs are in theirs.
func hasISOLetter(text []byte) bool {
	for _, c := range text {
		switch c {
		case 0xa1, 0xa6, 0xac, 0xb1, 0xb6, 0xbc: // Ą Ś Ź ą ś ź, and Š Ť Ž near them
			return true
		}
	}
	return false
}

// sample returns text of the page, without tags, that has bytes outside of ASCII.
func sample(body []byte) []byte {
	var out []byte
	for len(body) > 0 && len(out) < sampleSize {
		text, rest, _ := bytes.Cut(body, []byte("<"))
		if hasHigh(text) {
			out = append(append(out, text...), '\n')
		}
		_, body, _ = bytes.Cut(rest, []byte(">"))
	}
	return out[:min(len(out), sampleSize)]
}

func hasHigh(b []byte) bool {
	for _, c := range b {
		if c >= 0x80 {
			return true
		}
	}
	return false
}

// isThai says whether text looks like Thai in windows-874: nothing but its
// letters, many of them marks that stand on others.
func isThai(text []byte) bool {
	high, marks := 0, 0
	for i, c := range text {
		switch {
		case c < 0x80:
			continue
		case 0xdb <= c && c <= 0xde, c >= 0xfc, 0x80 < c && c < 0x85, 0x86 <= c && c < 0x91, 0x98 <= c && c < 0xa0:
			return false
		case c == 0xd1, 0xd4 <= c && c <= 0xda, 0xe7 <= c && c <= 0xee:
			if i == 0 || text[i-1] < 0xa1 {
				return false
			}
			marks++
		}
		high++
	}
	return high > 20 && 8*marks > high
}

// language returns the language that the page says it is in, without a region.
func language(body []byte) string {
	head := lower(body[:min(len(body), maxHead)])
	_, rest, ok := bytes.Cut(head, []byte("<html"))
	if !ok {
		return ""
	}
	tag, _, _ := bytes.Cut(rest, []byte(">"))
	lang, _, _ := strings.Cut(valueOf(tag, "lang"), "-")
	return lang
}
