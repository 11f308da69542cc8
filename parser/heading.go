package parser

import (
	"bytes"
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"

	"pressmill/pkg/news"
	"pressmill/pkg/weburl"
)

// heading is an h1 and what its word is worth.
type heading struct {
	node   int32
	weight float64
}

// addHeadings enters the visible headings and returns the kicker of the main
// one, if it has one.
func (b *ballot) addHeadings() (kicker string) {
	anchor := b.x.textStart()
	heads, main := b.headings(anchor)
	for i, h := range heads {
		text, over := b.splitHeading(h.node)
		if i == main {
			kicker = over
		}
		if b.isLabel(text) {
			h.weight = min(h.weight, weightLabel)
		}
		b.add(text, "html", h.weight)
	}
	if main < 0 {
		b.subHeading(anchor)
	}
	return kicker
}

// splitHeading is tree.headline. An element without a name at the end of a heading is
// the headline if it says what the page says its title is; in front stands a kicker.
func (b *ballot) splitHeading(i int32) (text, kicker string) {
	t := b.x.tree
	text, kicker = t.headline(i)
	if kicker != "" {
		return text, kicker
	}
	og := b.x.fold(b.x.meta.get("og:title"))
	for j, stop := i+1, min(t.nodes[i].stop, i+maxHeadParts); j < stop; j++ {
		if n := &t.nodes[j]; n.tag == tagNone || n.stop != t.nodes[i].stop {
			continue
		}
		part := t.headingText(j, hidden)
		if f := b.x.fold(part); f == "" || f != og && f != b.editor {
			continue
		}
		if over, ok := strings.CutSuffix(text, part); ok && over != "" {
			return part, strings.TrimSpace(over)
		}
	}
	return text, ""
}

// maxHeadParts is how many nodes of a heading are looked at for its parts.
const maxHeadParts = 12

// isLabel says whether a heading names a part of the site, as "Details" does: it
// is one word that no title of the page holds.
func (b *ballot) isLabel(text string) bool {
	f := b.x.fold(text)
	if r, _ := utf8.DecodeRuneInString(f); f == "" || strings.Contains(f, " ") || isSpaceless(r) {
		return false
	}
	for _, title := range []string{b.x.meta.get("og:title"), b.x.meta.title} {
		if title == "" || strings.Contains(b.x.fold(title), f) {
			return false
		}
	}
	return true
}

// headings weighs the h1 elements and says which is the main one, or -1. One
// that is a link to what the page lies under names the site or the section.
func (b *ballot) headings(anchor int32) (heads []heading, main int) {
	x, t := b.x, b.x.tree
	main = -1
	for _, i := range t.all(tagH1) {
		if t.nodes[i].flags&(hidden|relatedMark|commentMark) != 0 || len(heads) >= maxHeadings || t.extent(i) > maxHeading {
			continue
		}
		h := heading{i, weightBelow}
		u := x.linkTarget(i)
		switch away := u != nil && !x.isHere(u); {
		case away && weburl.SameSite(u, x.url) && u.RawQuery == "" && strings.HasPrefix(x.url.Path, u.Path):
			x.siteNames = append(x.siteNames, x.fold(t.text(i)))
			continue
		case i < anchor:
			h.weight = weightOtherH1
			if !away && t.nodes[i].flags&inJunk == 0 {
				main = len(heads)
			}
		}
		heads = append(heads, h)
	}
	if main >= 0 {
		heads[main].weight = weightHeading
	}
	return heads, main
}

// extent returns how many bytes of the page a subtree takes, without its tags.
func (t *tree) extent(i int32) int32 {
	n := &t.nodes[i]
	return max(0, t.nodes[n.stop-1].end-n.end)
}

// textStart returns the first text of the first block of running text.
func (x *extraction) textStart() int32 {
	for i := range x.raw {
		if b := &x.raw[i]; b.inside && b.t == news.BlockParagraph && b.weight >= longEnough && b.link < 0.5*b.weight {
			return b.start
		}
	}
	return int32(len(x.tree.nodes))
}

// linkTarget returns what a heading that is all one link leads to, or nil.
func (x *extraction) linkTarget(i int32) *url.URL {
	t := x.tree
	n := &t.nodes[i]
	if n.own == 0 || n.link < 0.9*n.own {
		return nil
	}
	if links := among(t.all(tagA), i, n.stop); len(links) > 0 {
		return resolve(x.base, t.attr(links[0], "href"))
	}
	return nil
}

// aboveHeadline marks what stands inside a heading and is no part of the
// headline.
const aboveHeadline = kickerMark | leadMark | tagsMark | bylineMark | dateMark | commentMark | hidden

// headline returns the text of a heading and the kicker above it. A part at its
// end that is named as the headline is the headline; parts named as something
// else are left out, but for a kicker that a colon joins to the rest.
func (t *tree) headline(i int32) (text, kicker string) {
	full := t.headingText(i, hidden)
	text = t.headingText(t.headlinePart(i), aboveHeadline)
	if len(text) == len(full) || strings.HasPrefix(text, ":") || 4*len(text) < len(full) {
		return full, ""
	}
	for j := i + 1; j < t.nodes[i].stop; j++ {
		if c := &t.nodes[j]; c.tag != tagNone && c.flags&(kickerMark|leadMark|hidden) == kickerMark {
			return text, t.text(j)
		}
	}
	return text, ""
}

// headingText returns the text of a heading without elements that carry one of
// the drop flags. Parts of it that are set apart by style alone get a blank
// between them.
func (t *tree) headingText(i int32, drop mark) string {
	var w textBuf
	w.b = t.buf[:0]
	for j, stop := i, t.nodes[i].stop; j < stop; {
		n := &t.nodes[j]
		if n.flags&spaced != 0 {
			w.space()
		}
		switch {
		case n.tag == tagNone:
			if n.parent != i && partsMeet(w.b, t.bytes(j)) {
				w.space()
			}
			w.write(t.bytes(j))
		case n.tag.is(traitNoText), n.flags&drop != 0 && j != i, n.tag == tagSmall && drop&kickerMark != 0:
			j = n.stop
			continue
		case n.tag == tagBr, n.tag.is(traitBlock):
			w.space()
		}
		j++
	}
	t.buf = w.b
	return t.store.keep(bytes.TrimSpace(w.b))
}

// partsMeet says whether b begins another part of a heading than a ends: with a
// capital behind a small letter or a mark.
func partsMeet(a, b []byte) bool {
	last, _ := utf8.DecodeLastRune(a)
	first, _ := utf8.DecodeRune(b)
	return unicode.IsUpper(first) && (unicode.IsLower(last) || strings.ContainsRune(":!?.|", last))
}

// headlinePart returns the element at the end of a heading that is named as the
// headline, or the heading.
func (t *tree) headlinePart(i int32) int32 {
	part := i
	for j := i + 1; j < t.nodes[i].stop; j++ {
		switch c := &t.nodes[j]; {
		case c.tag == tagNone:
			if part != i && j >= t.nodes[part].stop && strings.TrimSpace(string(t.bytes(j))) != "" {
				part = i
			}
		case c.flags&titleMark != 0 && c.flags&aboveHeadline == 0:
			part = j
		}
	}
	return part
}

// subHeading enters the h2, h3 or named title that is part of the title element,
// or else the last one above the text in the article's part of the page.
func (b *ballot) subHeading(anchor int32) {
	t := b.x.tree
	page := b.x.fold(b.x.meta.title)
	from, _ := b.x.scope()
	last, tried := "", 0
	for _, i := range t.named {
		n := &t.nodes[i]
		if tried >= maxHeadings {
			break
		}
		named := n.tag == tagH2 || n.tag == tagH3 || n.flags&titleMark != 0
		if !named || n.flags&(dropped|inJunk|hidden|aboveHeadline) != 0 || n.stop-i >= 20 || n.own == 0 || t.extent(i) > maxHeading {
			continue
		}
		tried++
		text, _ := b.splitHeading(i)
		if f := b.x.fold(text); f != "" && (strings.HasPrefix(page, f) || strings.HasSuffix(page, f)) && !b.x.isSite(text) {
			b.add(text, "html", weightSubHeading)
			return
		}
		if u := b.x.linkTarget(i); i < anchor && i >= from && (u == nil || b.x.isHere(u)) {
			last = text
		}
	}
	b.add(last, "html", weightSubHeading)
}
