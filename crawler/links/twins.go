package links

import (
	"bytes"
	"net/url"
	"strings"

	"pressmill/pkg/weburl"
)

// Twins are other addresses of a page, by its own account; nil where it names
// none.
type Twins struct {
	Canonical *url.URL // <link rel=canonical>
	AMP       *url.URL // <link rel=amphtml>
}

// TwinsOf returns the other addresses that the page at base names.
func TwinsOf(html []byte, base *url.URL) (twins Twins) {
	canonical, amp := mentions(html, "canonical"), mentions(html, "amphtml")
	s := scanner{html: html}
	for hasBase := false; (canonical && twins.Canonical == nil || amp && twins.AMP == nil) && s.next(); {
		switch s.tag {
		case tagBase:
			if u := s.href(base); u != nil && !hasBase {
				base = u
			}
			hasBase = true
		case tagLink:
			rel, _ := s.attr("rel")
			if twins.Canonical == nil && hasToken(rel, "canonical") {
				twins.Canonical = s.href(base)
			}
			if twins.AMP == nil && hasToken(rel, "amphtml") {
				twins.AMP = s.href(base)
			}
		case tagOther, tagA, tagArea, tagMeta, tagScript:
		}
	}
	return twins
}

// href returns what the tag refers to, or nil if that is nothing to fetch.
func (s *scanner) href(base *url.URL) *url.URL {
	raw, _ := s.attr("href")
	u, err := weburl.Resolve(base, unescape(string(raw)))
	if err != nil || len(raw) == 0 {
		return nil
	}
	return u
}

// mentions spares most pages that name no twin the scan to their end.
func mentions(html []byte, word string) bool {
	for _, w := range []string{word, strings.ToUpper(word), strings.ToUpper(word[:1]) + word[1:]} {
		if bytes.Contains(html, []byte(w)) {
			return true
		}
	}
	return false
}
