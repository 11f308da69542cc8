package parser

import (
	"bytes"
	"errors"
	"strings"
	"unicode/utf8"

	"pressmill/parser/charsets"
	"pressmill/pkg/news"
)

var errNotText = errors.New("not markup")

// decode returns the page's body as UTF-8, the very bytes where they are that.
func decode(page *news.Page) ([]byte, error) {
	body := page.Body
	ctype := page.HeaderValue("Content-Type")
	if !markupType(ctype, body) {
		return nil, errNotText
	}
	if page.Truncated {
		body = wholeRunes(body)
	}
	return charsets.Decode(body, ctype), nil
}

// wholeRunes returns b without the beginning of a UTF-8 sequence at its end.
func wholeRunes(b []byte) []byte {
	for i := 1; i < utf8.UTFMax && i <= len(b); i++ {
		if tail := b[len(b)-i:]; utf8.RuneStart(tail[0]) {
			if !utf8.FullRune(tail) {
				return b[:len(b)-i]
			}
			break
		}
	}
	return b
}

func indexFold(b []byte, low string) int {
	for i := 0; i+len(low) <= len(b); i++ {
		if lower(b[i]) == low[0] && equalFold(b[i:i+len(low)], low) {
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
	if bytes.HasPrefix(start, []byte("%PDF")) || bytes.IndexByte(start, 0) >= 0 && !utf16Mark(start) && indexFold([]byte(ctype), "utf-16") < 0 {
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
