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
	c := collector{found: Found{Base: base}}
	s := scanner{html: html}
	for (canonical && twins.Canonical == nil || amp && twins.AMP == nil) && s.next() {
		switch s.tag {
		case tagBase:
			c.base(&s)
		case tagLink:
			c.twin(&s, &twins)
		case tagOther, tagA, tagArea, tagMeta, tagScript:
		}
	}
	return twins
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

func (c *collector) twin(s *scanner, twins *Twins) {
	rel, _ := s.attr("rel")
	raw, _ := s.attr("href")
	for token, into := range map[string]**url.URL{"canonical": &twins.Canonical, "amphtml": &twins.AMP} {
		if *into == nil && len(raw) > 0 && hasToken(rel, token) {
			if u, err := weburl.Resolve(c.found.Base, unescape(string(raw))); err == nil {
				*into = u
			}
		}
	}
}
