package parser

import (
	"strings"
	"unicode/utf8"

	"pressmill/pkg/news"
)

// What each source's word is worth in the vote for the title. The heading that
// a reader sees is worth more than any one text that only machines see, and
// less than two of those that do not copy each other; the title element and
// twitter:title are mostly copies of og:title.
const (
	weightHeading    = 2.6 // the h1 nearest above the text
	weightOtherH1    = 1.2 // another h1 above the text
	weightBelow      = 0.6 // an h1 below where the text starts
	weightLabel      = 1.2 // one that says what is on other pages, too
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
	b := &ballot{x: x, cands: make([]candidate, 0, 12), headline: x.ld.field("headline").str(), section: x.fold(x.ld.article.text("articleSection"))}
	b.editor = x.fold(b.headline)
	kicker := b.addHeadings()
	b.addMachineTitles()
	best := b.count()
	if best == nil {
		return
	}
	x.art.Title = best.text
	x.prov("title", best.src, min(1, 0.4+best.score/10))
	x.headlines(kicker)
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
	folded := b.x.fold(text)
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
		case first && foldsTo(c.text[:s.from], d.folded):
			if s.colon {
				return 0
			}
			return shareFirst
		case last && foldsTo(c.text[s.to:], d.folded):
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

// headlines fills the article's other headlines: what it is called elsewhere.
func (x *extraction) headlines(kicker string) {
	a := x.art
	add := func(role, text string) {
		if text = clean(text); text == "" || x.fold(text) == x.fold(a.Title) {
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
