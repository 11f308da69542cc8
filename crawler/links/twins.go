package links

import (
	"bytes"
	"net/url"

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
	canonical, amp := mentions(html)
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

// mentions tells whether a link tag may name a twin of either kind, which
// spares most pages the scan to their end. It looks at what seems to be a tag
// only, wherever it stands; the scan knows better.
func mentions(html []byte) (canonical, amp bool) {
	for !canonical || !amp {
		i := bytes.IndexByte(html, '<')
		if i < 0 {
			return canonical, amp
		}
		html = html[i+1:]
		if len(html) < len("link") || html[0]|0x20 != 'l' || !bytes.EqualFold(html[:len("link")], []byte("link")) {
			continue
		}
		tag := html
		if before, _, ok := bytes.Cut(html, []byte{'<'}); ok {
			tag = before
		}
		tag = bytes.ToLower(tag[:min(len(tag), 4<<10)])
		canonical = canonical || bytes.Contains(tag, []byte("canonical"))
		amp = amp || bytes.Contains(tag, []byte("amphtml"))
	}
	return canonical, amp
}
