package parser

import (
	"bytes"
	"strings"
	"unicode"
	"unicode/utf8"

	"pressmill/pkg/news"
	"pressmill/pkg/weburl"
)

// What each source's word is worth in the vote for the title. The heading that
// a reader sees is worth more than any one text that only machines see, and
// less than two of those that do not copy each other; the title element and
// twitter:title are mostly copies of og:title.
const (
	weightHeading    = 2.6 // the h1 nearest above the text
	weightOtherH1    = 1.2 // another h1 above the text
	weightBelow      = 0.6 // an h1 below where the text starts
	weightSubHeading = 1.3 // an h2, h3 or named element, where there is no h1
	weightJSONLD     = 2.3
	weightName       = 0.3 // the name in the structured data
	weightOpenGraph  = 1.6
	weightTwitter    = 0.3
	weightMeta       = 0.6
	weightElement    = 0.6 // the title element
)

// How much of its weight a source gives to a title that is not the whole of
// what it says.
const (
	shareFirst  = 0.9 // the whole but for a part set off by a bar or dash
	shareKicker = 0.3 // the whole but for a kicker, set off by a colon or dash
	shareCut    = 0.8 // what a text goes on with that was cut short
	keepInSpite = 0.4 // what a source keeps for its whole when it gives the rest away
)

// maxTitle is the longest title in runes; a heading takes at most maxHeading
// bytes of the page, and at most maxHeadings take part in the vote.
const (
	maxTitle    = 400
	maxHeading  = 8 << 10
	maxHeadings = 12
)

// candidate is what one source says the title is.
type candidate struct {
	text   string
	folded string
	src    string
	weight float64
	score  float64
}

// ballot collects the candidates for the title.
type ballot struct {
	x        *extraction
	cands    []candidate
	headline string // of the structured data
	editor   string // the same, folded
	section  string // of the structured data, folded
}

// title chooses the title by vote. Every source says one text, without the
// site's name, and votes for all candidates that are the same or the main part
// of it.
func (x *extraction) title() {
	if x.ruledTitle() {
		return
	}
	b := &ballot{x: x, cands: make([]candidate, 0, 12), headline: x.ld.field("headline").str(), section: fold(x.ld.article.text("articleSection"))}
	b.editor = fold(b.headline)
	kicker := b.addHeadings()
	b.addMachineTitles()
	best := b.count()
	if best == nil {
		return
	}
	x.art.Title = best.text
	x.prov("title", best.src, min(1, 0.4+best.score/10))
	x.headlines(b, kicker)
}

// siteWeight is what the word of a source counts that says the name of the site
// or of the section.
const siteWeight = 0.1

// add enters what a source says.
func (b *ballot) add(text, src string, weight float64) {
	text = b.x.trimSite(text)
	if !hasLetter(text) || utf8.RuneCountInString(text) > maxTitle {
		return
	}
	folded := fold(text)
	if b.x.isSite(text) || folded == b.section {
		weight *= siteWeight
	}
	b.cands = append(b.cands, candidate{text: text, folded: folded, src: src, weight: weight})
}

// addMachineTitles enters the titles that the page gives to programs.
func (b *ballot) addMachineTitles() {
	x := b.x
	b.add(x.meta.get("og:title"), "opengraph", weightOpenGraph)
	b.add(b.headline, "jsonld", weightJSONLD)
	if x.ld.article.isArticle() {
		b.add(x.ld.article.text("name"), "jsonld", weightName)
	}
	b.add(x.meta.get("headline", "parsely-title", "sailthru.title", "dc.title", "dcterms.title"), "meta", weightMeta)
	b.add(x.meta.get("twitter:title"), "meta", weightTwitter)
	b.add(x.trimSections(x.meta.title), "html", weightElement)
}

// addHeadings enters the visible headings and returns the kicker of the main
// one, if it has one. Headings that are a link to elsewhere name the site.
func (b *ballot) addHeadings() (kicker string) {
	x, t := b.x, b.x.tree
	anchor := x.textStart()
	var heads []int32
	main := -1
	t.find(tagH1, func(i int32) {
		if t.nodes[i].flags&(hidden|relatedMark|commentMark) != 0 || len(heads) >= maxHeadings || t.extent(i) > maxHeading {
			return
		}
		if x.linksAway(i) {
			x.siteNames = append(x.siteNames, fold(t.text(i)))
			return
		}
		if i < anchor && t.nodes[i].flags&inJunk == 0 {
			main = len(heads)
		}
		heads = append(heads, i)
	})
	for k, i := range heads {
		text, over := t.headline(i)
		switch {
		case k == main:
			kicker = over
			b.add(text, "html", weightHeading)
		case i < anchor:
			b.add(text, "html", weightOtherH1)
		default:
			b.add(text, "html", weightBelow)
		}
	}
	if main < 0 {
		b.subHeading(anchor)
	}
	return kicker
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

// linksAway says whether all of a heading is a link to another page.
func (x *extraction) linksAway(i int32) bool {
	t := x.tree
	n := &t.nodes[i]
	if n.own == 0 || n.link < 0.9*n.own {
		return false
	}
	for j := i + 1; j < n.stop; j++ {
		if t.nodes[j].tag != tagA {
			continue
		}
		u, err := weburl.Resolve(x.base, t.attr(j, "href"))
		return err == nil && !x.isHere(u)
	}
	return false
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
		switch {
		case n.tag == tagNone:
			if n.parent != i && partsMeet(w.b, t.bytes(j)) {
				w.space()
			}
			w.write(t.bytes(j))
		case n.tag.is(traitNoText), n.flags&drop != 0 && j != i:
			j = n.stop
			continue
		case n.tag == tagBr, n.tag.is(traitBlock):
			w.space()
		}
		j++
	}
	t.buf = w.b
	return w.String()
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
	page := fold(b.x.meta.title)
	from, _ := b.x.scope()
	last, tried := "", 0
	for i := int32(0); i < int32(len(t.nodes)) && tried < maxHeadings; i++ {
		n := &t.nodes[i]
		named := n.tag == tagH2 || n.tag == tagH3 || n.flags&titleMark != 0 && n.tag != tagNone
		if !named || n.flags&(dropped|inJunk|hidden|aboveHeadline) != 0 || n.stop-i >= 20 || n.own == 0 || t.extent(i) > maxHeading {
			continue
		}
		tried++
		text, _ := t.headline(i)
		if f := fold(text); f != "" && (strings.HasPrefix(page, f) || strings.HasSuffix(page, f)) && !b.x.isSite(text) {
			b.add(text, "html", weightSubHeading)
			return
		}
		if i < anchor && i >= from && !b.x.linksAway(i) {
			last = text
		}
	}
	b.add(last, "html", weightSubHeading)
}

// count lets every candidate vote and returns the best, or nil.
func (b *ballot) count() *candidate {
	for i := range b.cands {
		b.vote(&b.cands[i])
	}
	var best *candidate
	for i := range b.cands {
		if c := &b.cands[i]; best == nil || c.score > best.score+0.01 {
			best = c
		}
	}
	return best
}

// vote gives a candidate's weight to all candidates that say the same.
func (b *ballot) vote(c *candidate) {
	keep := 1.0
	for i := range b.cands {
		d := &b.cands[i]
		if d.folded == c.folded {
			continue
		}
		share := shareOf(c, d)
		if c.folded == b.editor {
			share = min(share, shareKicker) // as an editor wrote it
		}
		if share > 0 {
			d.score += share * c.weight
			if share > shareKicker {
				keep = keepInSpite
			}
		}
	}
	for i := range b.cands {
		if d := &b.cands[i]; d.folded == c.folded {
			d.score += keep * c.weight
		}
	}
}

// shareOf returns which part of its weight c gives to d.
func shareOf(c, d *candidate) float64 {
	if isCut(c.text) && strings.HasPrefix(d.folded, c.folded) {
		return shareCut
	}
	first, last := strings.HasPrefix(c.folded, d.folded), strings.HasSuffix(c.folded, d.folded)
	if !first && !last {
		return 0
	}
	var buf [8]separator
	for _, s := range separators(buf[:0], c.text) {
		switch {
		case first && fold(c.text[:s.from]) == d.folded:
			if s.colon {
				return 0
			}
			return shareFirst
		case last && fold(c.text[s.to:]) == d.folded:
			if !s.bar {
				return shareKicker
			}
			return shareFirst
		}
	}
	return 0
}

// isCut says whether a text ends in the dots of one that was cut short.
func isCut(s string) bool { return strings.HasSuffix(s, "…") || strings.HasSuffix(s, "...") }

// separator is a place where a title may be cut: behind text[:from] and in
// front of text[to:].
type separator struct {
	from, to   int
	bar, colon bool // else a dash
}

// separators appends the places where parts of a title meet: a bar, a dash or
// the like between blanks, a bar or colon with a blank behind it, and any of
// them behind a character of a script without blanks.
func separators(out []separator, s string) []separator {
	for i, r := range s {
		sep := separator{from: i, to: i + utf8.RuneLen(r)}
		switch r {
		case '|', '｜', 'ㅣ', '丨', '»', '«', '·', '•', '‹', '›', '_':
			sep.bar = true
		case ':', '：':
			sep.colon = true
		case '-', '–', '—', '―', '/', '~', '*', '<', '>':
		default:
			continue
		}
		before, after := i > 0 && s[i-1] == ' ', sep.to < len(s) && s[sep.to] == ' '
		last, _ := utf8.DecodeLastRuneInString(s[:i])
		if before && after || sep.bar && (before || after) || sep.colon && after || isCJK(last) {
			out = append(out, sep)
		}
	}
	return out
}

// trimSite cuts the site's name from both ends of a title.
func (x *extraction) trimSite(s string) string {
	var buf [8]separator
	for {
		was := len(s)
		cuts := separators(buf[:0], s)
		if n := len(cuts); n > 0 {
			if last := cuts[n-1]; x.isSite(s[last.to:]) {
				s = s[:last.from]
			} else if first := cuts[0]; x.isSite(s[:first.from]) {
				s = s[first.to:]
			}
		}
		if s = strings.TrimSpace(s); len(s) == was {
			return s
		}
	}
}

// maxSection is how long the name of a section in a title is, in bytes.
const maxSection = 20

// trimSections cuts the site's name from a title, and when it stood behind bars,
// the short parts behind other bars, which are sections.
func (x *extraction) trimSections(s string) string {
	was := s
	if s = x.trimSite(s); len(s) == len(was) {
		return s
	}
	for {
		i := strings.LastIndex(s, " | ")
		if i <= 0 || len(s)-i > maxSection+len(" | ") || 2*(len(s)-i) > i || !strings.HasPrefix(was, s+" | ") {
			return s
		}
		s = s[:i]
	}
}

// isSite says whether s names the site: by a name that it gives itself or by
// the registrable domain.
func (x *extraction) isSite(s string) bool {
	var buf [96]byte
	b := appendFold(buf[:0], s)
	for _, name := range x.siteNames {
		if len(b) > 0 && name == string(b) {
			return true
		}
	}
	joined := b[:0]
	for _, c := range b {
		if c != ' ' {
			joined = append(joined, c)
		}
	}
	label := x.domainLabel
	switch {
	case len(joined) == 0:
		return false
	case string(bytes.TrimPrefix(joined, []byte("the"))) == strings.TrimPrefix(label, "the"), string(joined) == x.domainJoined:
		return true
	}
	return len(label) >= 5 && len(joined) < 2*len(label)+4 && bytes.HasPrefix(joined, []byte(label))
}

// headlines fills the article's other headlines: what it is called elsewhere.
func (x *extraction) headlines(b *ballot, kicker string) {
	a := x.art
	add := func(role, text string) {
		if text = clean(text); text == "" || fold(text) == fold(a.Title) {
			return
		}
		for _, h := range a.Headlines {
			if h.Text == text {
				return
			}
		}
		a.Headlines = append(a.Headlines, news.Headline{Role: role, Text: text})
	}
	add("kicker", strings.TrimRight(kicker, " :|"))
	add("social", x.trimSite(x.meta.get("og:title", "twitter:title")))
	add("seo", x.trimSite(x.meta.title))
}
