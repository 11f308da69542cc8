package parser

import (
	"bytes"
	"iter"
	"net/url"
	"strings"

	"pressmill/pkg/news"
	"pressmill/pkg/urlshape"
	"pressmill/pkg/weburl"
)

// meta is what the head of a page says. It reads in the page and may not
// outlive the tree.
type meta struct {
	store     *store
	entries   []metaEntry
	signs     []keySign // of the entries
	title     string    // of the title element
	canonical string
	amp       string
	isAMP     bool // the page itself is an AMP document
	lang      string
	base      string
}

// maxTitleText is how much of a title element is read, in bytes.
const maxTitleText = 4096

func (t *tree) meta() meta {
	m := meta{store: &t.store, entries: t.metas[:0], signs: t.metaSigns[:0]}
	for _, i := range t.all(tagHTML) {
		t.readRoot(&m, i)
	}
	for _, i := range t.all(tagMeta) {
		t.readMeta(&m, i)
	}
	t.metas, t.metaSigns = m.entries, m.signs
	for _, i := range t.all(tagLink) {
		t.readLink(&m, i)
	}
	for _, i := range t.all(tagBase) {
		if m.base == "" {
			m.base = t.attr(i, "href")
		}
	}
	for _, i := range t.all(tagTitle) {
		if m.title == "" && i+1 < t.nodes[i].stop && !t.within(i, tagSVG) {
			title := t.bytes(i + 1)
			m.title = cleanText(strings.ToValidUTF8(string(title[:min(len(title), maxTitleText)]), ""))
		}
	}
	return m
}

// readRoot reads the attributes of an html element.
func (t *tree) readRoot(m *meta, i int32) {
	for a := (attrs{b: t.bytes(i)}); a.next(); {
		switch {
		case equalFold(a.name, "lang") || equalFold(a.name, "xml:lang") && m.lang == "":
			m.lang = strings.TrimSpace(string(a.val))
		case equalFold(a.name, "amp"), string(a.name) == "⚡":
			m.isAMP = true
		}
	}
}

// metaEntry is one name, property or itemprop of a meta element and what it
// stands for.
type metaEntry struct {
	key, raw []byte // as the page has them
	text     string // of raw, once read
	read     bool
}

// keySign tells most keys apart: the length of one, and a few of its letters in
// lower case.
type keySign uint32

func signOf[T string | []byte](key T) keySign {
	n := len(key)
	return keySign(n)<<24 | keySign(lower(key[n-1]))<<16 | keySign(lower(key[n/2]))<<8 | keySign(lower(key[0]))
}

func (m *meta) value(e *metaEntry) string {
	if !e.read {
		e.text, e.read = cleanText(m.store.keep(e.raw)), true
	}
	return e.text
}

func (t *tree) readMeta(m *meta, i int32) {
	from := len(m.entries)
	var content []byte
	item := false
	for a := (attrs{b: t.bytes(i)}); a.next(); {
		switch {
		case equalFold(a.name, "name"), equalFold(a.name, "property"), equalFold(a.name, "itemprop"), equalFold(a.name, "http-equiv"):
			if key := bytes.TrimSpace(a.val); len(key) > 0 {
				m.entries = append(m.entries, metaEntry{key: key})
			}
			item = item || equalFold(a.name, "itemprop")
		case equalFold(a.name, "content"):
			content = a.val
		}
	}
	if item && t.ofOther(i) {
		m.entries = m.entries[:from]
	}
	for k := from; k < len(m.entries); k++ {
		m.entries[k].raw = content
		m.signs = append(m.signs, signOf(m.entries[k].key))
	}
}

// maxItem is how many elements deep a property stands in the item that it
// belongs to.
const maxItem = 4

// ofOther says whether a property belongs to something that the page only cites
// or that its readers wrote.
func (t *tree) ofOther(i int32) bool {
	for range maxItem {
		if i = t.nodes[i].parent; i < 0 {
			break
		}
		switch prop := t.rawAttr(i, "itemprop"); {
		case equalFold(prop, "citation"), equalFold(prop, "comment"), equalFold(prop, "mentions"):
			return true
		}
	}
	return false
}

func (t *tree) readLink(m *meta, i int32) {
	switch rel := t.rawAttr(i, "rel"); {
	case equalFold(rel, "canonical"):
		if m.canonical == "" {
			m.canonical = t.attr(i, "href")
		}
	case equalFold(rel, "amphtml"):
		m.amp = t.attr(i, "href")
	}
}

// all yields the values of a key, which is in lower case.
func (m *meta) all(key string) iter.Seq[string] {
	return func(yield func(string) bool) {
		sign := signOf(key)
		for i := range m.signs {
			if m.signs[i] != sign {
				continue
			}
			e := &m.entries[i]
			if equalFold(e.key, key) && m.value(e) != "" && !yield(m.value(e)) {
				return
			}
		}
	}
}

// get returns the first value of the first key that has one.
func (m *meta) get(keys ...string) string {
	for _, k := range keys {
		for v := range m.all(k) {
			return v
		}
	}
	return ""
}

// urls resolves the page's addresses and returns the URL that the article's id
// is made from: the canonical one where it can be believed, see [urlshape.StandsFor].
func (m *meta) urls(page *news.Page) (news.URLs, *url.URL, error) {
	final := page.FinalURL
	if final == "" {
		final = page.RequestedURL
	}
	u, err := weburl.Parse(final)
	if err != nil {
		return news.URLs{}, nil, err
	}
	urls := news.URLs{Requested: page.RequestedURL, Final: final}
	if urls.Requested == "" {
		urls.Requested = final
	}
	key := u
	raw := m.canonical
	if raw == "" {
		raw = m.get("og:url")
	}
	if c := resolve(u, raw); c != nil && urlshape.StandsFor(c, u) {
		urls.Canonical = c.String()
		key = c
	}
	if a := resolve(u, m.amp); a != nil {
		urls.AMP = a.String()
	} else if m.isAMP && urls.Canonical != "" && weburl.Key(key) != weburl.Key(u) {
		urls.AMP = final
	}
	return urls, key, nil
}

// resolve returns the URL that a reference stands for, or nil where there is
// none.
func resolve(base *url.URL, ref string) *url.URL {
	if ref == "" {
		return nil
	}
	u, err := weburl.Resolve(base, ref)
	if err != nil {
		return nil
	}
	return u
}
