// Package links finds what a page of HTML points to: links, feeds, its
// canonical URL. It scans bytes and builds no tree: what the crawler needs of a
// page is a fraction of what the parser does.
package links

import (
	"bytes"
	"iter"
	"net/url"
	"slices"
	"strings"

	"pressmill/pkg/weburl"
)

// maxFeeds bounds Found.Feeds.
const maxFeeds = 100

// Found is what a page points to. URLs are absolute, as weburl.Parse gives
// them, and in the order of the page. The same reference counts once; the same
// URL may be referred to in several ways.
type Found struct {
	// Base is what the references of the page are relative to: the page's
	// URL, or what its <base href> says.
	Base    *url.URL
	Links   []Link
	Feeds   []string // <link rel=alternate> of a feed's type
	Article bool     // what LooksLikeArticle says
}

// Link is one <a> or <area>.
type Link struct {
	URL *url.URL
	// NoFollow says that every link by this reference has a rel of nofollow,
	// ugc or sponsored.
	NoFollow bool
	Ref      Ref // for Memory.Add
}

// IsHTML says whether a body begins as only a page of HTML does. Others may
// hold HTML too.
func IsHTML(body []byte) bool {
	body = bytes.TrimLeft(bytes.TrimPrefix(body, []byte("\xef\xbb\xbf")), " \t\r\n\f")
	return beginsWith(body, "<!doctype html") || beginsWith(body, "<html")
}

func beginsWith(body []byte, word string) bool {
	return len(body) >= len(word) && equalFold(body[:len(word)], word)
}

// Metas yields the contents of the <meta> elements of these names, up to the
// first link: behind that, no robot reads them.
func Metas(html []byte, names ...string) iter.Seq2[string, string] {
	return func(yield func(name, content string) bool) {
		s := scanner{html: html}
		for s.next() && s.tag != tagA && s.tag != tagArea {
			if s.tag != tagMeta {
				continue
			}
			written, _ := s.attr("name")
			i := slices.IndexFunc(names, func(name string) bool { return equalFold(written, name) })
			if i < 0 {
				continue
			}
			content, _ := s.attr("content")
			if !yield(names[i], unescape(string(content))) {
				return
			}
		}
	}
}

// Scan finds what the page at base points to, with at most limit links; 0
// stands for no limit. Links in comments, scripts and styles do not count.
// Those that the memory has are left out, and so may be those to hosts that are
// not wanted: what is known of a host is asked only once a link shows it
// without resolving.
func Scan(html []byte, base *url.URL, limit int, known *Memory, wanted func(host string) bool) Found {
	c := collector{found: Found{Base: base}, limit: limit, known: known, wanted: wanted, site: known.site(base)}
	s := scanner{html: html, attrs: make([]attr, 0, 8)}
	for s.next() {
		switch s.tag {
		case tagA, tagArea:
			c.link(&s)
		case tagBase:
			c.base(&s)
		case tagLink:
			c.rel(&s)
		case tagMeta:
			c.found.Article = c.found.Article || isArticleMeta(&s)
		case tagScript:
			c.found.Article = c.found.Article || isArticleScript(&s)
		case tagOther:
		}
	}
	c.look()
	return c.found
}

// collector turns tags into what is found.
type collector struct {
	found   Found
	limit   int
	hasBase bool
	known   *Memory
	wanted  func(host string) bool
	away    string          // the host that was last found not wanted
	site    uint64          // of the base
	refs    map[string]int  // references without fragment -> index of the link, -1 if refused
	feeds   map[string]bool // those that were found

	// The links that were read and not looked at yet. Looked at together, they
	// wait for the memory together: it lies further away than any cache.
	batch  [64]written
	unread int // so many of the batch
}

// written is a link as written.
type written struct {
	ref, rel []byte
	is       Ref
}

func (c *collector) link(s *scanner) {
	w := &c.batch[c.unread]
	w.ref, _ = s.attr("href")
	w.rel, _ = s.attr("rel")
	w.is = c.known.ref(c.site, w.ref)
	if c.unread++; c.unread == len(c.batch) {
		c.look()
	}
}

// look looks at the links that were read.
func (c *collector) look() {
	var known [len(c.batch)]bool
	batch := c.batch[:c.unread]
	for i := range batch {
		known[i] = c.known.has(batch[i].is)
	}
	for i := range batch {
		if !known[i] {
			c.take(&batch[i])
		}
	}
	c.unread = 0
}

// take takes a link that may be new.
func (c *collector) take(w *written) {
	if c.leadsAway(w.ref) {
		return
	}
	ref, _, _ := strings.Cut(unescape(string(w.ref)), "#")
	if ref == "" {
		return
	}
	noFollow := hasToken(w.rel, "nofollow") || hasToken(w.rel, "sponsored") || hasToken(w.rel, "ugc")
	i, known := c.refs[ref]
	if !known {
		i = c.add(ref, w.is, noFollow)
	}
	if i >= 0 && !noFollow {
		c.found.Links[i].NoFollow = false
	}
}

// leadsAway says whether a reference names a host that is not wanted. Only a
// host that is written as weburl.Parse would write it is looked at.
func (c *collector) leadsAway(raw []byte) bool {
	if !beginsWith(raw, "http://") && !beginsWith(raw, "https://") {
		return false
	}
	_, rest, _ := bytes.Cut(raw, []byte("://"))
	host := rest[:len(rest)-len(bytes.TrimLeft(rest, hostLetters))]
	tld := host[bytes.LastIndexByte(host, '.')+1:]
	if len(tld) == 0 || !isLetter(tld[0]) || len(rest) > len(host) && rest[len(host)] != '/' {
		return false
	}
	if string(host) != c.away && !c.wanted(string(host)) {
		c.away = string(host)
	}
	return string(host) == c.away
}

// hostLetters are what most hosts are written with.
const hostLetters = "abcdefghijklmnopqrstuvwxyz0123456789-."

// add returns the index of the link that a new reference points to, or -1 if
// it points to none that is wanted.
func (c *collector) add(ref string, r Ref, noFollow bool) int {
	if c.limit > 0 && len(c.found.Links) >= c.limit {
		return -1
	}
	i := -1
	if u, err := weburl.Resolve(c.found.Base, ref); err == nil {
		i = len(c.found.Links)
		c.found.Links = append(c.found.Links, Link{URL: u, NoFollow: noFollow, Ref: r})
	}
	if c.refs == nil {
		c.refs = map[string]int{}
	}
	c.refs[ref] = i
	return i
}

// base takes the first <base href>, as browsers do.
func (c *collector) base(s *scanner) {
	raw, ok := s.attr("href")
	if !ok || c.hasBase {
		return
	}
	c.hasBase = true
	c.look()
	if u, err := weburl.Resolve(c.found.Base, unescape(string(raw))); err == nil {
		c.found.Base, c.site = u, c.known.site(u)
	}
}

func (c *collector) rel(s *scanner) {
	rel, _ := s.attr("rel")
	raw, _ := s.attr("href")
	typ, _ := s.attr("type")
	if len(raw) == 0 || !hasToken(rel, "alternate") && !hasToken(rel, "feed") || !isFeedType(typ) || len(c.found.Feeds) >= maxFeeds {
		return
	}
	if text := c.resolve(raw); text != "" && !c.feeds[text] {
		if c.feeds == nil {
			c.feeds = map[string]bool{}
		}
		c.feeds[text] = true
		c.found.Feeds = append(c.found.Feeds, text)
	}
}

// resolve returns the absolute URL of a reference, or "" if it has none that
// can be fetched.
func (c *collector) resolve(raw []byte) string {
	u, err := weburl.Resolve(c.found.Base, unescape(string(raw)))
	if err != nil {
		return ""
	}
	return u.String()
}

func isFeedType(typ []byte) bool {
	typ, _, _ = bytes.Cut(typ, []byte(";"))
	switch strings.ToLower(string(bytes.TrimSpace(typ))) {
	case "application/rss+xml", "application/atom+xml", "application/rdf+xml", "application/feed+json",
		"application/x-rss+xml", "text/rss+xml", "text/rss":
		return true
	}
	return false
}

// hasToken says whether a list separated by spaces or commas has the token, in
// any case of letters.
func hasToken(list []byte, token string) bool {
	for len(list) > 0 {
		end := bytes.IndexAny(list, " ,\t\r\n\f")
		if end < 0 {
			end = len(list)
		}
		if equalFold(list[:end], token) {
			return true
		}
		list = list[min(end+1, len(list)):]
	}
	return false
}

// equalFold says whether b is the word, which is written in lower case, in any
// case of letters.
func equalFold(b []byte, word string) bool {
	if len(b) != len(word) {
		return false
	}
	for i, c := range b {
		if c >= 'A' && c <= 'Z' {
			c += 'a' - 'A'
		}
		if c != word[i] {
			return false
		}
	}
	return true
}
