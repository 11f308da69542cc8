package parser

import (
	"math"
	"slices"
	"sort"

	"pressmill/parser/boost"
)

// What the container model knows of an element that may hold the text. Shares
// are of the element's own text unless they say otherwise.
const (
	cRunShare    = iota // its running text, as a share of the page's
	cRunCount           // how many blocks of running text
	cRunMean            // their mean weight, as a logarithm
	cJunkShare          // what is no running text
	cLinkShare          // what is link
	cOutside            // weight of the page's running text outside, logarithm
	cTotal              // weight of the page's running text, logarithm
	cDepth              // how deep it lies
	cSteps              // candidates between it and the one of the highest grade
	cGrade              // its grade, as a share of the highest
	cBest               // has the highest grade
	cDropped            // lies in furniture
	cBodyMark           // is named as the text
	cInBody             // lies in something so named
	cJunkMark           // lies in something named as furniture
	cCommentMark        // as comments
	cRelatedMark        // as links, topics or captions
	cHiddenMark         // is not shown
	cConsentMark        // lies in a consent dialog
	cArticle            // is an article
	cMain               // is a main
	cSection            // is a section
	cBody               // is the body
	cCell               // is a table cell
	cHeadInside         // holds a headline: a heading that says the title or, on a page without one, an h1
	cHeadBefore         // blocks between the last headline in front and it
	cTitles             // blocks that say the title
	cTitleBefore        // blocks between the last of them in front and it
	cTitleRun           // weight of the running text between, logarithm
	cTitleLinks         // blocks with the title in a link
	cOpening            // blocks that open as the page describes itself
	cOpeningOut         // the same outside
	cGain               // running text not in the best candidate inside it
	cLoss               // running text of the next candidate around that it lacks
	cLinkHeads          // headings that are links
	cHeads              // other headings
	cArticles           // articles inside
	cStart              // where it begins, as a share of the page's blocks
	cLength             // its blocks, as a share of the page's
	cDirect             // running text with no other candidate between
	cParagraphs         // running text in p
	cItems              // running text in li
	containerCount
)

var containerFeatures = []string{
	cRunShare: "run_share", cRunCount: "run_count", cRunMean: "run_mean", cJunkShare: "junk_share", cLinkShare: "link_share",
	cOutside: "outside", cTotal: "total", cDepth: "depth", cSteps: "steps", cGrade: "grade", cBest: "best", cDropped: "dropped",
	cBodyMark: "body_mark", cInBody: "in_body", cJunkMark: "junk_mark", cCommentMark: "comment_mark", cRelatedMark: "related_mark",
	cHiddenMark: "hidden_mark", cConsentMark: "consent_mark", cArticle: "article", cMain: "main", cSection: "section", cBody: "body",
	cCell: "cell", cHeadInside: "head_inside", cHeadBefore: "head_before",
	cTitles: "titles", cTitleBefore: "title_before", cTitleRun: "title_run", cTitleLinks: "title_links", cOpening: "opening", cOpeningOut: "opening_out", cGain: "gain",
	cLoss: "loss", cLinkHeads: "link_heads", cHeads: "heads", cArticles: "articles", cStart: "start", cLength: "length",
	cDirect: "direct", cParagraphs: "paragraphs", cItems: "items",
}

// prefix is what the blocks of a page in front of one add up to.
type prefix struct {
	node                                       int32
	own, link, run, paragraphs, items          float32 // weights
	runs, openings, heads, linkHeads, articles float32 // counts
	titles, titleLinks                         float32
}

// prefixes returns the sums in front of each block that has text, and at the
// end those of the whole page.
func (t *tree) prefixes() []prefix {
	out := t.sums[:0]
	var s prefix
	for k, i := range t.elems {
		n := &t.nodes[i]
		if !n.isSummed() {
			continue
		}
		if len(out) == cap(out) {
			out = slices.Grow(out, t.countSummed(t.elems[k:])+1)
		}
		s.node = i
		out = append(out, s)
		s.add(n)
	}
	s.node = int32(len(t.nodes))
	t.sums = append(out, s)
	return t.sums
}

// isSummed says whether an element is a block that has text and may count.
func (n *node) isSummed() bool {
	return (n.own != 0 || n.tag == tagArticle) &&
		(n.flags&dropped == 0 || n.full >= minAside) && (n.flags&inJunk == 0 || n.own >= minAside)
}

// countSummed counts such elements.
func (t *tree) countSummed(elements []int32) (n int) {
	for _, i := range elements {
		if t.nodes[i].isSummed() {
			n++
		}
	}
	return n
}

// minAside is the weight from which text that stands in furniture, or outside
// the container, is looked at.
const (
	minAside      = 60
	minAsideBlock = 25 // the same for one block
)

func (s *prefix) add(n *node) {
	s.own += n.own
	s.link += n.link
	if n.flags&longText != 0 && n.flags&(dropped|inJunk) == 0 {
		run := n.own - n.link
		s.run += run
		s.runs++
		switch n.tag {
		case tagP:
			s.paragraphs += run
		case tagLI:
			s.items += run
		}
	}
	switch {
	case n.tag == tagArticle:
		s.articles++
	case n.tag.is(traitHeading) && n.link < 0.5*n.own:
		s.heads++
	case n.tag.is(traitHeading) && n.link > 0.8*n.own:
		s.linkHeads++
	}
	if n.flags&evidence != 0 {
		s.openings++
	}
	if n.flags&saysTitle != 0 {
		s.titles++
	}
	if n.flags&linksTitle != 0 {
		s.titleLinks++
	}
}

// sub returns what lies between two places.
func (s prefix) sub(o prefix) prefix {
	return prefix{
		own: s.own - o.own, link: s.link - o.link, run: s.run - o.run, paragraphs: s.paragraphs - o.paragraphs, items: s.items - o.items,
		runs: s.runs - o.runs, openings: s.openings - o.openings, heads: s.heads - o.heads, linkHeads: s.linkHeads - o.linkHeads, articles: s.articles - o.articles,
		titles: s.titles - o.titles, titleLinks: s.titleLinks - o.titleLinks,
	}
}

// holder is an element that may be the container.
type holder struct {
	node   int32
	lo, hi int     // its blocks
	sum    prefix  // of them
	direct float32 // weight of the running text with no other candidate between
	grade  float32
	v      [containerCount]float32
}

// candidates returns the candidates, in document order, with what the
// model knows of them.
func (t *tree) candidates() []holder {
	sums := t.prefixes()
	all := sums[len(sums)-1]
	if all.run == 0 {
		return nil
	}
	cs := t.holders(sums)
	best := 0
	for i := range cs {
		if cs[i].grade > cs[best].grade {
			best = i
		}
	}
	heads := t.headlines(sums)
	for i := range cs {
		c := &cs[i]
		c.describe(all, len(sums)-1)
		c.place(t, heads)
		c.underTitle(sums)
		c.neighbours(t, cs, i, best)
	}
	return cs
}

// holders returns the elements that hold a good part of the running text; of
// those with the same text, the innermost.
func (t *tree) holders(sums []prefix) []holder {
	direct := t.scratch()
	var nodes []int32
	var top float32
	for k := range sums[:len(sums)-1] {
		run := sums[k+1].run - sums[k].run
		if run == 0 {
			continue
		}
		first := true
		for p := sums[k].node; p >= 0; p = t.nodes[p].parent {
			if !mayContain(t.nodes[p].tag) {
				continue
			}
			known := direct[p] != 0
			if first {
				direct[p] += run
				top = max(top, direct[p])
				first = false
			} else if !known {
				direct[p] = -1e-6 // seen
			}
			if known {
				break
			}
			nodes = append(nodes, p)
		}
	}
	slices.Sort(nodes)
	out := make([]holder, 0, min(len(nodes), 8))
	for _, i := range nodes {
		c := holder{node: i, lo: find(sums, i), hi: find(sums, t.nodes[i].stop), direct: direct[i], grade: t.grade(i)}
		c.sum = sums[c.hi].sub(sums[c.lo])
		if c.sum.run < 0.3*top {
			continue
		}
		if k := len(out) - 1; k >= 0 && out[k].lo == c.lo && out[k].hi == c.hi {
			out[k] = c
			continue
		}
		out = append(out, c)
	}
	return out
}

// find returns the first block at or behind node i.
func find(sums []prefix, i int32) int {
	return sort.Search(len(sums)-1, func(k int) bool { return sums[k].node >= i })
}

// grade weighs good text against the rest.
func (t *tree) grade(i int32) float32 {
	n := &t.nodes[i]
	g := n.good * n.good / (n.good + 0.5*n.junk + 1)
	switch {
	case n.flags&bodyMark != 0:
		return 1.3 * g
	case n.tag == tagArticle || n.tag == tagMain:
		return 1.1 * g
	}
	return g
}

// maxHeads is how many headlines are looked at.
const maxHeads = 8

// headPlace is a headline and its block.
type headPlace struct {
	node  int32
	block int
}

// headlines returns the headings that say the title, or the h1 where none does.
func (t *tree) headlines(sums []prefix) []headPlace {
	out := make([]headPlace, 0, maxHeads)
	for k := range sums[:len(sums)-1] {
		if n := &t.nodes[sums[k].node]; n.flags&saysTitle != 0 && n.tag.is(traitHeading) && len(out) < maxHeads {
			out = append(out, headPlace{sums[k].node, k})
		}
	}
	if len(out) > 0 {
		return out
	}
	heads := t.all(tagH1)
	for _, i := range heads[:min(len(heads), maxHeads)] {
		out = append(out, headPlace{i, find(sums, i)})
	}
	return out
}

// describe fills in what the candidate's text tells.
func (c *holder) describe(all prefix, blocks int) {
	v, s := &c.v, &c.sum
	v[cRunShare] = s.run / all.run
	v[cRunCount] = min(s.runs, 60)
	v[cRunMean] = logarithm(s.run / (s.runs + 0.01))
	v[cJunkShare] = (s.own - s.run) / (s.own + 1)
	v[cLinkShare] = s.link / (s.own + 1)
	v[cOutside] = logarithm(all.run - s.run)
	v[cTotal] = logarithm(all.run)
	v[cOpening] = s.openings
	v[cOpeningOut] = all.openings - s.openings
	v[cLinkHeads] = min(s.linkHeads, 30)
	v[cHeads] = min(s.heads, 30)
	v[cArticles] = min(s.articles, 20)
	v[cStart] = float32(c.lo) / float32(blocks)
	v[cLength] = float32(c.hi-c.lo) / float32(blocks)
	v[cDirect] = max(0, c.direct) / (s.run + 1)
	v[cParagraphs] = s.paragraphs / (s.run + 1)
	v[cItems] = s.items / (s.run + 1)
}

// place fills in what its names and its place in the tree tell.
func (c *holder) place(t *tree, heads []headPlace) {
	v, n := &c.v, &t.nodes[c.node]
	var path mark
	for p := c.node; p >= 0; p = t.nodes[p].parent {
		v[cDepth]++
		if tag := t.nodes[p].tag; tag != tagBody && tag != tagHTML {
			path |= t.nodes[p].flags
		}
	}
	v[cDepth] = min(v[cDepth], 30)
	v[cDropped] = number(path&(dropped|inJunk) != 0)
	v[cBodyMark] = number(n.flags&bodyMark != 0 && n.tag != tagBody)
	v[cInBody] = number(path&bodyMark != 0)
	v[cJunkMark] = number(path&junk != 0)
	v[cCommentMark] = number(path&commentMark != 0)
	v[cRelatedMark] = number(path&(relatedMark|tagsMark|captionMark) != 0)
	v[cHiddenMark] = number(path&hidden != 0)
	v[cConsentMark] = number(path&consentMark != 0)
	v[cArticle] = number(n.tag == tagArticle)
	v[cMain] = number(n.tag == tagMain)
	v[cSection] = number(n.tag == tagSection)
	v[cBody] = number(n.tag == tagBody)
	v[cCell] = number(n.tag == tagTD)
	v[cHeadBefore] = farAway
	for _, h := range heads {
		if c.node <= h.node && h.node < n.stop {
			v[cHeadInside] = 1
		}
		if h.node < c.node {
			v[cHeadBefore] = min(v[cHeadBefore], float32(c.lo-h.block))
		}
	}
}

// farAway is how many blocks lie between a candidate and a headline that is not
// there.
const farAway = 99

// underTitle fills in where the page's title is said.
func (c *holder) underTitle(sums []prefix) {
	v, start := &c.v, &sums[c.lo]
	v[cTitles], v[cTitleLinks] = min(c.sum.titles, 5), min(c.sum.titleLinks, 5)
	v[cTitleBefore] = farAway
	if start.titles == 0 {
		return
	}
	last := sort.Search(c.lo, func(k int) bool { return sums[k].titles == start.titles }) - 1 // the block that said it
	v[cTitleBefore] = min(float32(c.lo-1-last), 60)
	v[cTitleRun] = logarithm(start.run - sums[last].run)
}

// neighbours fills in how candidate i stands to the others.
func (c *holder) neighbours(t *tree, cs []holder, i, best int) {
	v, stop := &c.v, t.nodes[c.node].stop
	v[cGrade] = c.grade / (cs[best].grade + 1)
	v[cBest] = number(i == best)
	v[cSteps] = 9
	if b := cs[best].node; c.node <= b && b < stop || b <= c.node && c.node < t.nodes[b].stop {
		v[cSteps] = float32(max(-9, min(best-i, 9)))
	}
	var inner float32
	for j := i + 1; j < len(cs) && cs[j].node < stop; j++ {
		inner = max(inner, cs[j].sum.run)
	}
	v[cGain] = (c.sum.run - inner) / (c.sum.run + 1)
	for j := i - 1; j >= 0; j-- {
		if t.nodes[cs[j].node].stop >= stop {
			v[cLoss] = (cs[j].sum.run - c.sum.run) / (cs[j].sum.run + 1)
			break
		}
	}
}

// container returns the element that holds the running text, or -1.
func (t *tree) container(m *boost.Model) int32 {
	cs := t.candidates()
	if i := likeliest(len(cs), func(i int) float32 { return m.Score(cs[i].v[:]) }); i >= 0 {
		return cs[i].node
	}
	return -1
}

// likeliest returns which of n candidates has the highest score, the first of
// equals, or -1 of none.
func likeliest(n int, score func(int) float32) int {
	best, top := -1, float32(math.Inf(-1))
	for i := range n {
		if s := score(i); s > top {
			best, top = i, s
		}
	}
	return best
}

// mayContain says whether an element of this tag can hold an article.
func mayContain(x tag) bool {
	switch x {
	case tagHTML, tagP, tagLI, tagUL, tagOL, tagBlockquote, tagH1, tagH2, tagH3, tagH4, tagH5, tagH6, tagTR, tagTbody, tagDT, tagDD, tagDL, tagHead:
		return false
	}
	return x.is(traitBlock)
}

func number(yes bool) float32 {
	if yes {
		return 1
	}
	return 0
}

// logarithm brings weights of all sizes near each other; 0 stays 0.
func logarithm(w float32) float32 { return float32(math.Log1p(float64(w))) }
