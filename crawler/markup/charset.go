package markup

import (
	"bufio"
	"bytes"
	"io"
	"mime"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/html/charset"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
)

// headSize is how much of a document tells its encoding.
const headSize = 16 << 10

// UTF8 returns a document in UTF-8, without a byte order mark, invalid bytes
// replaced. Its encoding is, in this order: what a byte order mark or the
// zeros of UTF-16 tell; UTF-8 if its beginning is more than ASCII and valid,
// whatever it declares; that of the XML declaration; that of the Content-Type,
// which may be ""; else UTF-8, or windows-1252 if nothing in it is UTF-8.
func UTF8(r io.Reader, contentType string) io.Reader {
	br := bufio.NewReaderSize(r, headSize)
	head, _ := br.Peek(headSize) // an error comes again with the reading
	return transform.NewReader(br, decoder(head, contentType))
}

// UTF8Head is UTF8 of the beginning of a document.
func UTF8Head(head []byte, contentType string) []byte {
	if len(head) > headSize {
		head = head[:headSize]
	}
	if utf8.Valid(head) && !bytes.ContainsRune(head, 0) {
		return bytes.TrimPrefix(head, []byte("\ufeff"))
	}
	text, _, err := transform.Bytes(decoder(head, contentType), head)
	if err != nil {
		return head
	}
	return text
}

func decoder(head []byte, contentType string) transform.Transformer {
	if e := wide(head); e != nil {
		return e.NewDecoder()
	}
	whole := withoutCutRune(head)
	if !isASCII(whole) && utf8.Valid(whole) {
		return utf8Decoder()
	}
	for _, label := range []string{declared(head), headerLabel(contentType)} {
		if e := lookup(label); e != nil {
			return e.NewDecoder()
		}
	}
	if !isASCII(whole) && !holdsUTF8(whole) {
		return charmap.Windows1252.NewDecoder()
	}
	return utf8Decoder()
}

func utf8Decoder() transform.Transformer { return unicode.UTF8BOM.NewDecoder() }

// wide returns UTF-16 if a document is, or nil.
func wide(head []byte) encoding.Encoding {
	switch {
	case bytes.HasPrefix(head, []byte("\xff\xfe")), bytes.HasPrefix(head, []byte("<\x00")):
		return unicode.UTF16(unicode.LittleEndian, unicode.UseBOM|unicode.IgnoreBOM)
	case bytes.HasPrefix(head, []byte("\xfe\xff")), bytes.HasPrefix(head, []byte("\x00<")):
		return unicode.UTF16(unicode.BigEndian, unicode.UseBOM|unicode.IgnoreBOM)
	}
	return nil
}

// lookup returns the encoding of a label, or nil. UTF-8 is the default, and
// UTF-16 a lie: its label could be read.
func lookup(label string) encoding.Encoding {
	e, name := charset.Lookup(label)
	if name == "replacement" || strings.HasPrefix(name, "utf-") {
		return nil
	}
	return e
}

// declared returns the encoding of an XML declaration, or "".
func declared(head []byte) string {
	_, declaration, ok := strings.Cut(string(head[:min(len(head), 1024)]), "<?xml")
	if !ok {
		return ""
	}
	declaration, _, _ = strings.Cut(declaration, ">")
	_, rest, _ := strings.Cut(strings.ToLower(declaration), "encoding")
	rest = strings.TrimLeft(rest, " \t\r\n=\"'")
	if end := strings.IndexAny(rest, "\"'? \t\r\n"); end >= 0 {
		rest = rest[:end]
	}
	return rest
}

func headerLabel(contentType string) string {
	_, params, err := mime.ParseMediaType(contentType)
	if err != nil {
		return ""
	}
	return params["charset"]
}

func isASCII(text []byte) bool {
	for _, c := range text {
		if c >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// withoutCutRune returns a text without a rune that is cut at its end.
func withoutCutRune(text []byte) []byte {
	for i := 1; i < utf8.UTFMax && i <= len(text); i++ {
		if rest := text[len(text)-i:]; utf8.RuneStart(rest[0]) {
			if !utf8.FullRune(rest) {
				return text[:len(text)-i]
			}
			break
		}
	}
	return text
}

// holdsUTF8 says whether some rune of several bytes is valid.
func holdsUTF8(text []byte) bool {
	for len(text) > 0 {
		r, n := utf8.DecodeRune(text)
		if n > 1 && r != utf8.RuneError {
			return true
		}
		text = text[n:]
	}
	return false
}
