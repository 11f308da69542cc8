package parser

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"pressmill/pkg/news"
)

// block is one block of the container before it is accepted.
type block struct {
	t      news.BlockType
	text   string
	node   int32   // the nearest block element
	start  int32   // its first text
	weight float32 // of all its text
	link   float32 // of its text in links
	bold   float32 // of its text in b or strong
	lead   bool    // stands in an element named as a standfirst
	byline bool    // stands in an element named as a byline or date
	href   string  // of the first link
	led    bool    // begins with a link
	why    string  // the reason why it is not in the text, or ""
}

func (b *block) linkOnly() bool { return b.weight > 0 && b.link >= 0.8*b.weight }

// collector walks a container and gathers its blocks.
type collector struct {
	t      *tree
	root   int32
	out    []block
	buf    textBuf
	cur    block
	breaks int
}

// maxBlocks bounds the blocks of a page, far above what the longest of live
// blogs has.
const maxBlocks = 10_000

// collect returns the blocks of subtree root in document order, furniture left
// out.
func (t *tree) collect(root int32) []block {
	c := collector{t: t, root: root, cur: block{node: -1}}
	c.buf.b = t.buf[:0]
	for j, stop := root, t.nodes[root].stop; j < stop && len(c.out) < maxBlocks; {
		j = c.visit(j)
	}
	c.flush()
	t.buf = c.buf.b
	return c.out
}

func (c *collector) visit(j int32) int32 {
	n := &c.t.nodes[j]
	switch {
	case n.tag == tagNone:
		c.text(j)
	case j != c.root && (n.tag.is(traitNoText) || n.flags&dropped != 0):
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
	case n.tag == tagA && c.cur.href == "":
		c.cur.href = c.t.attr(j, "href")
	}
	return j + 1
}

func (c *collector) text(j int32) {
	n := &c.t.nodes[j]
	raw := c.t.src[n.start:n.end]
	w := weigh(raw)
	if near := c.nearest(n.parent); near != c.cur.node {
		if w == 0 {
			return
		}
		href := c.cur.href
		if c.cur.weight > 0 {
			href = ""
		}
		c.flush()
		c.cur.node, c.cur.href = near, href
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
		if c.inBold(n.parent) {
			c.cur.bold += w
		}
	}
}

func (c *collector) inBold(i int32) bool {
	for ; i >= c.root && i >= 0 && !c.t.nodes[i].tag.is(traitBlock); i = c.t.nodes[i].parent {
		if x := c.t.nodes[i].tag; x == tagB || x == tagStrong {
			return true
		}
	}
	return false
}

func (c *collector) nearest(i int32) int32 {
	for i > c.root && !c.t.nodes[i].tag.is(traitBlock) {
		i = c.t.nodes[i].parent
	}
	return i
}

func (c *collector) flush() {
	text := c.buf.String()
	c.buf.b = c.buf.b[:0]
	c.breaks = 0
	b := c.cur
	c.cur = block{node: -1}
	if text == "" || b.weight == 0 {
		return
	}
	b.text = text
	c.classify(&b)
	c.out = append(c.out, b)
}

// classify sets the type of a block from its ancestors within the container.
func (c *collector) classify(b *block) {
	b.t = news.BlockParagraph
	for i := b.node; i >= 0; i = c.t.nodes[i].parent {
		n := &c.t.nodes[i]
		b.lead = b.lead || n.flags&leadMark != 0 && n.full < 900
		b.byline = b.byline || n.flags&(bylineMark|dateMark) != 0 && n.full < 300
		switch {
		case n.tag.is(traitHeading):
			b.t = news.BlockHeading
		case b.t != news.BlockParagraph:
		case n.tag == tagLI || n.tag == tagDD || n.tag == tagDT:
			b.t = news.BlockListItem
		case n.tag == tagBlockquote:
			b.t = news.BlockQuote
		}
		if i == c.root {
			return
		}
	}
}

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
	var rows []string
	var w, link float32
	for j := i + 1; j < c.t.nodes[i].stop; j++ {
		n := &c.t.nodes[j]
		w += n.own
		link += n.link
		if n.tag == tagCaption {
			rows = append(rows, c.t.text(j))
		}
		if n.tag != tagTR {
			continue
		}
		if row := c.row(j); row != "" {
			rows = append(rows, row)
		}
	}
	if len(rows) > 0 {
		c.out = append(c.out, block{t: news.BlockTable, text: strings.Join(rows, "\n"), node: i, start: i, weight: w, link: link})
	}
}

func (c *collector) row(tr int32) string {
	var cells []string
	for j := tr + 1; j < c.t.nodes[tr].stop; j++ {
		if x := c.t.nodes[j].tag; x != tagTD && x != tagTH {
			continue
		}
		var w textBuf
		c.t.appendText(&w, j, dropped)
		if s := w.String(); s != "" {
			cells = append(cells, s)
		}
	}
	return strings.Join(cells, " | ")
}

// endsSentence says whether text ends as a sentence does.
func endsSentence(s string) bool {
	s = strings.TrimRight(s, " \"'”’»“)]›」』")
	for _, end := range []string{".", "!", "?", "…", "。", "！", "？", "।", "؟", ":"} {
		if strings.HasSuffix(s, end) {
			return true
		}
	}
	return false
}

func hasLetter(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }) >= 0
}

// fold brings text into the form in which titles and lines are compared: words
// in lower case with one blank between them.
func fold(s string) string { return string(appendFold(make([]byte, 0, len(s)), s)) }

// appendFold appends text as fold returns it.
func appendFold(b []byte, s string) []byte {
	space, from := false, len(b)
	for _, r := range s {
		if !isWordRune(r) {
			space = len(b) > from
			continue
		}
		if space {
			b = append(b, ' ')
			space = false
		}
		if r < utf8.RuneSelf {
			b = append(b, lower(byte(r)))
		} else {
			b = utf8.AppendRune(b, unicode.ToLower(r))
		}
	}
	return b
}
