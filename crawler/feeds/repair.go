package feeds

import (
	"bytes"
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/html/charset"
)

const (
	// headSize is how much of a body tells what it is.
	headSize = 4 << 10
	// maxDepth is how deep elements may nest: the library reads extensions
	// recursively, and no stack is endless.
	maxDepth = 5000
)

// toUTF8 returns a body in UTF-8 from its first character that is no white
// space, without a BOM, with an XML declaration that says UTF-8 or nothing.
func toUTF8(body []byte) []byte {
	text := decode(body)
	text = bytes.TrimPrefix(text, []byte("\ufeff"))
	text = bytes.TrimLeft(text, " \t\r\n\x00")
	start := bytes.Index(text[:min(len(text), headSize)], []byte("<?xml"))
	if start < 0 {
		return text
	}
	if _, rest, ok := bytes.Cut(text[start:], []byte("?>")); ok {
		return bytes.TrimLeft(rest, " \t\r\n")
	}
	return text
}

// decode believes a BOM, then bytes that are valid UTF-8 and more than ASCII,
// then the XML declaration; what is still invalid becomes U+FFFD.
func decode(body []byte) []byte {
	if e, ok := bomEncoding(body); ok {
		return convertFrom(e, body)
	}
	label := declared(body)
	if label == "" || strings.HasPrefix(label, "utf-8") || strings.HasPrefix(label, "utf8") {
		return bytes.ToValidUTF8(body, []byte("\ufffd"))
	}
	if utf8.Valid(body) && !isASCII(body) {
		return body
	}
	return convertFrom(label, body)
}

func bomEncoding(body []byte) (string, bool) {
	switch {
	case bytes.HasPrefix(body, []byte("\xff\xfe")):
		return "utf-16le", true
	case bytes.HasPrefix(body, []byte("\xfe\xff")):
		return "utf-16be", true
	}
	return "", false
}

func convertFrom(label string, body []byte) []byte {
	e, _ := charset.Lookup(label)
	if e == nil {
		return bytes.ToValidUTF8(body, []byte("\ufffd"))
	}
	text, err := e.NewDecoder().Bytes(body)
	if err != nil {
		return bytes.ToValidUTF8(body, []byte("\ufffd"))
	}
	return text
}

// declared returns the encoding of an XML declaration in lower case, or "".
func declared(body []byte) string {
	head, _, ok := strings.Cut(strings.ToLower(string(body[:min(len(body), headSize)])), "?>")
	if !ok || !strings.Contains(head, "<?xml") {
		return ""
	}
	_, rest, ok := strings.Cut(head, "encoding")
	if !ok {
		return ""
	}
	rest = strings.TrimLeft(rest, " \t\r\n=\"'")
	if end := strings.IndexAny(rest, "\"' \t\r\n"); end >= 0 {
		rest = rest[:end]
	}
	return rest
}

func isASCII(b []byte) bool {
	for _, c := range b {
		if c >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// repair drops what XML does not allow (XML 1.0, section 2.2): control
// characters, U+FFFE and U+FFFF, and references to them.
func repair(text []byte) []byte {
	out := make([]byte, 0, len(text))
	for i := 0; i < len(text); {
		if text[i] == '&' {
			if n, bad := badReference(text[i:]); bad {
				i += n
				continue
			}
		}
		r, n := utf8.DecodeRune(text[i:])
		if isXML(r) {
			out = append(out, text[i:i+n]...)
		}
		i += n
	}
	return out
}

// badReference says whether a numeric reference names a character that XML
// does not allow, and how long it is.
func badReference(text []byte) (n int, bad bool) {
	end := bytes.IndexByte(text[:min(len(text), 16)], ';')
	if end < 3 || text[1] != '#' {
		return 0, false
	}
	digits, base := string(text[2:end]), 10
	if digits[0]|0x20 == 'x' {
		digits, base = digits[1:], 16
	}
	code, err := strconv.ParseUint(digits, base, 32)
	return end + 1, err != nil || code > utf8.MaxRune || !isXML(rune(code))
}

func isXML(r rune) bool {
	return r == '\t' || r == '\n' || r == '\r' || r >= ' ' && r <= 0xd7ff || r >= 0xe000 && r <= 0xfffd || r >= 0x10000
}

// depth returns how deep elements nest at most. Unclosed elements count on.
func depth(text []byte) (deepest int) {
	open := 0
	for {
		at := bytes.IndexByte(text, '<')
		if at < 0 || at+1 >= len(text) {
			return deepest
		}
		text = text[at+1:]
		switch {
		case bytes.HasPrefix(text, []byte("![CDATA[")):
			text = after(text, "]]>")
		case bytes.HasPrefix(text, []byte("!--")):
			text = after(text, "-->")
		case text[0] == '!', text[0] == '?':
			text = after(text, ">")
		case text[0] == '/':
			open = max(open-1, 0)
			text = after(text, ">")
		default:
			end := tagEnd(text)
			if end == 0 || text[end-1] != '/' {
				open++
				deepest = max(deepest, open)
			}
			text = text[min(end+1, len(text)):]
		}
	}
}

// tagEnd returns where a start tag's ">" is, outside of quotes.
func tagEnd(text []byte) int {
	quote := byte(0)
	for i, c := range text {
		switch {
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '"', c == '\'':
			quote = c
		case c == '>':
			return i
		}
	}
	return len(text)
}

func after(text []byte, mark string) []byte {
	_, rest, _ := bytes.Cut(text, []byte(mark))
	return rest
}

// salvage returns a feed that breaks off cut after its last whole item and
// closed, or nil if it has none.
func salvage(text []byte) []byte {
	for _, kind := range []struct{ item, closing string }{
		{"</item>", closingRSS(text)},
		{"</entry>", "</feed>"},
	} {
		if at := bytes.LastIndex(text, []byte(kind.item)); at >= 0 {
			return append(bytes.Clone(text[:at+len(kind.item)]), kind.closing...)
		}
	}
	return nil
}

// closingRSS closes RSS, whose items are in its channel, or RDF, whose are not.
func closingRSS(text []byte) string {
	if root(text[:min(len(text), headSize)]) == "rdf" {
		return "</rdf:RDF>"
	}
	return "</channel></rss>"
}
