package parser

import (
	"bytes"
	"strings"
	"unicode"
	"unicode/utf8"

	"pressmill/pkg/news"
)

// block is one block of text of the page.
type block struct {
	t      news.BlockType
	text   string
	folded string  // the text as fold gives it
	node   int32   // the nearest block element
	start  int32   // its first text
	weight float32 // of all its text
	link   float32 // of its text in links
	bold   float32 // of its text in b or strong
	italic float32 // of its text in i or em
	dated  float32 // of its text in time
	run    bool    // surely running text
	inside bool    // stands in the container
	lead   bool    // stands in an element named as a standfirst
	byline bool    // stands in an element named as a byline or date
	note   bool    // stands in a caption
	image  bool    // its element shows an image above it
	led    bool    // begins with a link
	anchor int32   // the first link, or 0
	why    string  // the reason why it is not in the text, or ""
	odds   float32 // the log-odds that it is text, by the model where it was asked

	from, to int // its text while the page's blocks are gathered
}

func (b *block) linkOnly() bool { return b.weight > 0 && b.link >= 0.8*b.weight }

// collector walks a page and gathers its blocks.
type collector struct {
	t      *tree
	root   int32 // where it walks
	main   int32 // the container
	from   int32 // where the header of the text begins
	all    float32
	out    []block
	texts  []byte  // of the blocks so far
	buf    textBuf // of the current one
	cur    block
	breaks int
	outer  int32  // the last parent, or -1
	said   inline // around it
}

// maxBlocks bounds the blocks of a page, far above what the longest of live
// blogs has.
const maxBlocks = 4000

// collect returns the blocks of the subtrees of roots in document order: those
// in the container main, those that are no mere links above it from node from
// on, and long ones of the rest, even in furniture. They are the tree's, until
// the next call; their texts are not.
func (t *tree) collect(main, from int32, roots ...int32) []block {
	c := collector{t: t, main: main, from: from, cur: block{node: -1}, out: t.found[:0], texts: t.texts[:0], all: t.nodes[0].full}
	c.buf.b = t.buf[:0]
	for _, c.root = range roots {
		c.outer = -1
		for j, stop := c.root, t.nodes[c.root].stop; j < stop && len(c.out) < maxBlocks; {
			j = c.visit(j)
		}
		c.flush()
	}
	t.buf, t.texts, t.found = c.buf.b, c.texts, c.out
	c.cutTexts()
	return c.out
}

// cutTexts gives each block its text: all of them share one string.
func (c *collector) cutTexts() {
	texts := string(c.texts)
	folded := c.t.buf[:0]
	for i := range c.out {
		b := &c.out[i]
		b.text = texts[b.from:b.to]
		b.run = running(b)
		b.from = len(folded)
		folded = appendFold(folded, b.text)
		b.to = len(folded)
	}
	c.t.buf = folded
	all := string(folded)
	for i := range c.out {
		b := &c.out[i]
		b.folded = all[b.from:b.to]
	}
}

func (c *collector) visit(j int32) int32 {
	n := &c.t.nodes[j]
	if n.flags&spaced != 0 {
		c.buf.space()
	}
	switch {
	case n.tag == tagNone:
		c.text(j)
	case j != c.root && c.passes(n):
		switch {
		case !n.tag.is(traitBlock):
		case c.endsSentence():
			c.flush()
		default:
			c.buf.space()
		}
		return n.stop
	case n.tag == tagTable && j != c.root && c.t.dataTable(j):
		c.flush()
		c.table(j)
		return n.stop
	case n.tag == tagBr:
		if c.breaks++; c.breaks > 1 {
			c.flush()
		}
		c.buf.space()
	case n.tag.is(traitBlock):
		c.flush()
	case n.tag == tagA && c.cur.anchor == 0:
		c.cur.anchor = j
	}
	return j + 1
}

// endsSentence says whether the current block has text and ends as a sentence does.
func (c *collector) endsSentence() bool {
	return c.cur.weight > 0 && endsSentence(string(c.buf.b[max(0, len(c.buf.b)-unmarkedSentence-1):]))
}

// passes says whether a subtree has nothing that could be text.
func (c *collector) passes(n *node) bool {
	return n.tag.is(traitNoText) || n.flags&dropped != 0 && (n.full < minAside || n.flags&(consentMark|ruleDrop) != 0 || n.tag == tagNav)
}

func (c *collector) text(j int32) {
	n := &c.t.nodes[j]
	if !c.inside(j) && !c.looksAside(n.parent) {
		return
	}
	raw, w := c.t.src[n.start:n.end], n.own
	if n.parent < 0 || c.t.nodes[n.parent].tag.is(traitNoText) { // which a site rule may ask for
		w = weigh(raw)
	}
	in := c.around(n.parent)
	if in.block != c.cur.node {
		if w == 0 {
			return
		}
		first := c.cur.anchor
		if c.cur.weight > 0 {
			first = 0
		}
		c.flush()
		c.cur.node, c.cur.anchor = in.block, first
	}
	c.buf.write(raw)
	if w == 0 {
		return
	}
	c.breaks = 0
	if c.cur.weight == 0 {
		c.cur.start = j
		c.cur.led = n.parent >= 0 && c.t.nodes[n.parent].flags&inLink != 0
	}
	c.cur.weight += w
	if n.parent >= 0 {
		if c.t.nodes[n.parent].flags&inLink != 0 {
			c.cur.link += w
		}
	}
	c.cur.bold += w * number(in.bold)
	c.cur.italic += w * number(in.italic)
	c.cur.dated += w * number(in.dated)
}

// inline is what the elements around a text say, up to the nearest block.
type inline struct {
	block               int32
	bold, italic, dated bool
}

// with adds what an element of a tag says.
func (in inline) with(x tag) inline {
	switch x {
	case tagB, tagStrong:
		in.bold = true
	case tagEm, tagI:
		in.italic = true
	case tagTime:
		in.dated = true
	}
	return in
}

// around returns what element i and those around it say. It keeps the answer for
// the last parent: texts stand in elements that are nested deep, or side by side,
// and each would walk up all the way again.
func (c *collector) around(i int32) inline {
	if i < 0 || i <= c.root || c.t.nodes[i].tag.is(traitBlock) {
		return inline{block: i}
	}
	if p := c.t.nodes[i].parent; p != c.outer {
		c.said = c.walk(p)
		c.outer = p
	}
	return c.said.with(c.t.nodes[i].tag)
}

// walk is around for an element whose answer is not kept.
func (c *collector) walk(i int32) inline {
	var in inline
	for ; i > c.root && !c.t.nodes[i].tag.is(traitBlock); i = c.t.nodes[i].parent {
		if i == c.outer {
			in.bold, in.italic, in.dated = in.bold || c.said.bold, in.italic || c.said.italic, in.dated || c.said.dated
			in.block = c.said.block
			return in
		}
		in = in.with(c.t.nodes[i].tag)
	}
	in.block = i
	return in
}

// looksAside says whether text outside the container whose nearest block is
// above i is looked at.
func (c *collector) looksAside(i int32) bool {
	n := &c.t.nodes[c.around(i).block]
	return (n.own >= minAsideBlock || c.above(i)) && n.link < 0.8*n.own
}

// above says whether node i stands in the header of the text.
func (c *collector) above(i int32) bool { return c.from <= i && i < c.main }

func (c *collector) inside(i int32) bool { return c.main <= i && i < c.t.nodes[c.main].stop }

func (c *collector) flush() {
	text := bytes.TrimSpace(c.buf.b)
	b := c.cur
	c.cur = block{node: -1}
	c.breaks = 0
	if len(text) > 0 && b.weight > 0 {
		b.inside = c.inside(b.node)
		if b.inside || (b.weight >= minAsideBlock || c.above(b.start)) && !b.linkOnly() {
			c.classify(&b)
			b.image = c.t.imageAbove(&b)
			c.add(b, text)
		}
	}
	c.buf.b = c.buf.b[:0]
}

// imageReach is how many nodes behind the start of an element its image may stand.
const imageReach = 8

// imageAbove says whether the element of a block, if it is no paragraph, begins
// with an image.
func (t *tree) imageAbove(b *block) bool {
	if t.nodes[b.node].tag == tagP {
		return false
	}
	for i := b.node + 1; i < b.start && i < b.node+imageReach; i++ {
		if t.nodes[i].tag == tagImg {
			return true
		}
	}
	return false
}

func (c *collector) add(b block, text []byte) {
	b.from = len(c.texts)
	c.texts = append(c.texts, text...)
	b.to = len(c.texts)
	c.out = append(c.out, b)
}

// maxNesting is how many elements around a block tell its type.
const maxNesting = 64

// classify sets the type of a block from its ancestors. An item or a quote that
// holds most of the page's text is layout.
func (c *collector) classify(b *block) {
	b.t = news.BlockParagraph
	for i, up := b.node, 0; i >= 0 && up < maxNesting; i, up = c.t.nodes[i].parent, up+1 {
		n := &c.t.nodes[i]
		b.lead = b.lead || n.flags&leadMark != 0 && n.full < 900
		b.byline = b.byline || n.flags&(bylineMark|dateMark) != 0 && n.full < 300
		b.note = b.note || n.tag == tagFigcaption || n.flags&captionMark != 0 && n.full < 600
		switch {
		case n.full > 0.5*c.all && !n.tag.is(traitHeading) && n.flags&factMark == 0:
			return
		case n.flags&embedMark != 0:
			b.t = news.BlockEmbed
		case b.t == news.BlockEmbed:
		case n.flags&factMark != 0:
			b.t = news.BlockFactBox
		case b.t == news.BlockFactBox:
		case n.tag.is(traitHeading):
			b.t = news.BlockHeading
		case b.t != news.BlockParagraph:
		case n.tag == tagLI || n.tag == tagDD || n.tag == tagDT:
			b.t = news.BlockListItem
		case n.tag == tagBlockquote:
			b.t = news.BlockQuote
		}
	}
}

// besides says whether a block stands with the text but is no part of it.
func (b *block) besides() bool { return b.t == news.BlockEmbed || b.t == news.BlockFactBox }

// dataTable says whether a table holds data, not the page's layout.
func (t *tree) dataTable(i int32) bool {
	cells := 0
	for j := i + 1; j < t.nodes[i].stop; j++ {
		n := &t.nodes[j]
		switch n.tag {
		case tagTable, tagForm, tagH1, tagArticle:
			return false
		case tagTD, tagTH:
			cells++
			if n.own > 300 || n.full > 300 {
				return false
			}
		}
	}
	return cells > 3
}

func (c *collector) table(i int32) {
	from := len(c.texts)
	var w, link float32
	for j := i + 1; j < c.t.nodes[i].stop; j++ {
		n := &c.t.nodes[j]
		if n.tag == tagNone {
			continue
		}
		w += n.own
		link += n.link
		switch n.tag {
		case tagCaption:
			c.cell(j, 0, from, "\n")
		case tagTR:
			c.row(j, from)
		}
	}
	if len(c.texts) > from {
		c.out = append(c.out, block{t: news.BlockTable, node: i, start: i, weight: w, link: link, inside: c.inside(i), from: from, to: len(c.texts)})
	}
}

// row appends the cells of a row to the text of a table that begins at from.
func (c *collector) row(tr int32, from int) {
	sep := "\n"
	for j := tr + 1; j < c.t.nodes[tr].stop; j++ {
		if x := c.t.nodes[j].tag; (x == tagTD || x == tagTH) && c.cell(j, dropped, from, sep) {
			sep = " | "
		}
	}
}

// cell appends the text of a part of a table that begins at from, behind a
// separator, and says whether there is any.
func (c *collector) cell(i int32, drop mark, from int, sep string) bool {
	w := textBuf{b: c.buf.b[:0]}
	c.t.appendText(&w, i, drop)
	c.buf.b = w.b[:0]
	text := bytes.TrimSpace(w.b)
	if len(text) == 0 {
		return false
	}
	if len(c.texts) > from {
		c.texts = append(c.texts, sep...)
	}
	c.texts = append(c.texts, text...)
	return true
}

// unmarkedSentence is from how many bytes on a text in a script that does not
// mark the ends of its sentences is taken for one.
const unmarkedSentence = 90

// endsSentence says whether text ends as a sentence does.
func endsSentence(s string) bool {
	s = strings.TrimRight(s, " \"'”’»“)]›」』")
	r, _ := utf8.DecodeLastRuneInString(s)
	switch {
	case r == ':' || r == '…' || unicode.Is(unicode.STerm, r):
		return true
	case r < 0x0e00:
		return false
	}
	return len(s) > unmarkedSentence && unicode.In(r, unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar, unicode.Tibetan)
}

func hasLetter(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }) >= 0
}
