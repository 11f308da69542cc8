package parser

import (
	"bytes"
	"errors"
	"mime"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/html/charset"
	"golang.org/x/text/encoding"
	"golang.org/x/text/transform"

	"pressmill/pkg/news"
)

var errNotText = errors.New("not markup")

// decode returns the page's body as UTF-8, the very bytes where they are. A byte order mark wins over the
// Content-Type header, the header over the page's own declaration; text that is
// valid UTF-8 is never decoded as anything else but by mark or as UTF-16.
func decode(page *news.Page) ([]byte, error) {
	body := page.Body
	ctype := page.HeaderValue("Content-Type")
	if !markupType(ctype, body) {
		return nil, errNotText
	}
	if bytes.HasPrefix(body, []byte("\xef\xbb\xbf")) {
		return bytes.ToValidUTF8(body[3:], []byte("\uFFFD")), nil
	}
	enc, name := declaredEncoding(body, ctype)
	if !strings.HasPrefix(name, "utf-16") && !escapedCharset(name) {
		if utf8.Valid(body) {
			return body, nil
		}
		if page.Truncated && utf8.Valid(body[:max(0, len(body)-4)]) {
			return bytes.ToValidUTF8(body, nil), nil
		}
	}
	if enc == nil {
		enc, name, _ = charset.DetermineEncoding(body[:min(len(body), 1024)], "")
	}
	if name == "utf-8" || enc == nil || enc == encoding.Nop {
		return bytes.ToValidUTF8(body, []byte("\uFFFD")), nil
	}
	out, _, err := transform.Bytes(enc.NewDecoder(), body)
	if err != nil {
		return bytes.ToValidUTF8(body, []byte("\uFFFD")), nil
	}
	return out, nil
}

// escapedCharset names the encodings whose bytes are all ASCII.
func escapedCharset(name string) bool { return name == "iso-2022-jp" }

// declaredEncoding returns the encoding of mark, header or meta element, or nil.
func declaredEncoding(body []byte, ctype string) (encoding.Encoding, string) {
	switch {
	case bytes.HasPrefix(body, []byte("\xfe\xff")):
		return charset.Lookup("utf-16be")
	case bytes.HasPrefix(body, []byte("\xff\xfe")):
		return charset.Lookup("utf-16le")
	}
	if _, params, err := mime.ParseMediaType(ctype); err == nil && params["charset"] != "" {
		if e, name := charset.Lookup(params["charset"]); e != nil {
			return e, name
		}
	}
	head := body[:min(len(body), 4096)]
	for {
		i := indexFold(head, "charset")
		if i < 0 {
			return nil, ""
		}
		head = bytes.TrimLeft(head[i+len("charset"):], " \t\r\n")
		if len(head) == 0 || head[0] != '=' {
			continue
		}
		label := bytes.TrimLeft(head[1:], " \"'\t")
		if j := bytes.IndexAny(label, " \"'>;/"); j >= 0 {
			if e, name := charset.Lookup(string(label[:j])); e != nil && !strings.HasPrefix(name, "utf-16") {
				return e, name
			}
		}
	}
}

func indexFold(b []byte, low string) int {
	for i := 0; i+len(low) <= len(b); i++ {
		if equalFold(b[i:i+len(low)], low) {
			return i
		}
	}
	return -1
}

// markupType says whether the body can be HTML: by its type, and where none is
// stated by its first bytes.
func markupType(ctype string, body []byte) bool {
	media, _, _ := strings.Cut(ctype, ";")
	media = strings.ToLower(strings.TrimSpace(media))
	start := bytes.TrimLeft(body[:min(len(body), 512)], " \t\r\n\xef\xbb\xbf")
	if bytes.HasPrefix(start, []byte("%PDF")) || bytes.IndexByte(start, 0) >= 0 && !utf16Mark(start) {
		return false
	}
	switch media {
	case "text/html", "application/xhtml+xml", "application/vnd.wap.xhtml+xml":
		return !feedStart(start)
	case "", "application/octet-stream", "unknown/unknown":
		return bytes.IndexByte(start, '<') >= 0 && !feedStart(start)
	case "text/xml", "application/xml":
		return indexFold(start, "<html") >= 0
	}
	return false
}

func utf16Mark(b []byte) bool {
	return bytes.HasPrefix(b, []byte("\xfe\xff")) || bytes.HasPrefix(b, []byte("\xff\xfe"))
}

func feedStart(b []byte) bool {
	return indexFold(b, "<html") < 0 &&
		(indexFold(b, "<rss") >= 0 || indexFold(b, "<feed") >= 0 || indexFold(b, "<urlset") >= 0 || indexFold(b, "<sitemapindex") >= 0)
}
