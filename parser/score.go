package parser

import (
	"bytes"
	"math/bits"
	"slices"
	"strings"
	"unicode/utf8"
)

// cjkWeight is what one Han, kana or Hangul rune counts in text weights; any
// other rune counts one.
const cjkWeight = 2.5

// maxReference is the length of the longest usual character reference.
const maxReference = 9

// weigh returns the weight of markup's text without its white space; a character
// reference counts one.
func weigh(s []byte) float32 {
	var w float32
	plain := 0 // of ASCII
	for i := 0; i < len(s); {
		if x := firstBytes(s[i:]); x&eightHigh == 0 && !holdsByte(x, '&') {
			plain += bits.OnesCount64((x + eightOnes*(0x80-'!')) & eightHigh)
			i += 8
			continue
		}
		c := s[i]
		switch {
		case c < utf8.RuneSelf && c != '&':
			if c > ' ' {
				plain++
			}
			i++
		case c == '&':
			w++
			i += max(1, bytes.IndexByte(s[i:min(len(s), i+maxReference)], ';')+1)
		case c >= 0xe3 && c <= 0xed && i+2 < len(s): // U+3000 to U+DFFF
			w += cjkWeight
			i += 3
		default:
			_, n := utf8.DecodeRune(s[i:])
			w++
			i += n
		}
	}
	return w + float32(plain)
}

// longEnough is the weight from which a block's own text counts as running text.
const (
	longEnough  = 60
	paragraphOK = 25 // the same for p
)

// score marks every node and weighs its text. After it, the text sums of
// subtrees stand in good, junk and full, and furniture carries dropped.
//
// Blocks that hold one of the openings count more: the page's description of
// itself says where its text is. What says one of the titles, which are folded, is
// marked: the headline, mostly.
func (t *tree) score(openings, titles []string) {
	blocks := t.mark()
	t.gradeBlocks()
	t.lift(blocks, openings)
	t.findTitles(blocks, titles)
	t.dropFurniture()
	t.sumGood()
}

// mark adds each text's weight to its nearest block, and lists the elements and
// what is named, in one pass. It returns the nearest block of every element; what
// stands there for text means nothing.
func (t *tree) mark() []int32 {
	block := slices.Grow(t.blocks[:0], len(t.nodes))[:len(t.nodes)]
	t.blocks, t.elems, t.named = block, t.elems[:0], t.named[:0]
	for i := range t.nodes {
		n := &t.nodes[i]
		up := n.parent
		if n.tag == tagNone {
			t.addWeight(n, block, up)
			continue
		}
		t.elems = append(t.elems, int32(i))
		n.flags |= t.inherit(up)
		if n.tag == tagA && n.flags&notLink == 0 {
			n.flags |= inLink
		}
		if n.isNamed() {
			t.named = append(t.named, int32(i))
		}
		block[i] = int32(i)
		if up >= 0 && !n.tag.is(traitBlock) {
			block[i] = block[up]
		}
	}
	return block
}

// isNamed says whether an element is by its tag or its names a date, a byline, a
// headline of a lower rank or a post.
func (n *node) isNamed() bool {
	switch n.tag {
	case tagTime, tagH2, tagH3:
		return true
	}
	return n.flags&(dateMark|bylineMark|titleMark|liveMark) != 0
}

func (t *tree) inherit(up int32) mark {
	if up < 0 {
		return 0
	}
	return t.nodes[up].flags & inLink
}

func (t *tree) addWeight(n *node, block []int32, up int32) {
	if up < 0 || t.nodes[up].tag.is(traitNoText) {
		return
	}
	b := &t.nodes[block[up]]
	n.own = weigh(t.src[n.start:n.end])
	b.own += n.own
	if t.nodes[up].flags&inLink != 0 {
		b.link += n.own
	}
}

// gradeBlocks tells running text from furniture, block by block, and sums up
// all long text.
func (t *tree) gradeBlocks() {
	for _, i := range slices.Backward(t.elems) {
		n := &t.nodes[i]
		if n.own > 0 {
			n.gradeText()
		}
		if n.full > 0 && n.parent >= 0 && !n.tag.is(traitNoText) {
			t.nodes[n.parent].full += n.full
		}
	}
}

// gradeText tells whether a block is running text.
func (n *node) gradeText() {
	need := float32(longEnough)
	if n.tag == tagP || n.tag == tagBlockquote {
		need = paragraphOK
	}
	plain := n.own - n.link
	switch {
	case plain >= need && n.link < 0.5*n.own:
		n.flags |= longText
		n.good = plain
		n.full += plain
	case n.tag.is(traitHeading):
	default:
		n.junk = n.own
	}
}

// liftWeight is what a block gains that opens as the page's description does.
const liftWeight = 250

func (t *tree) lift(block []int32, openings []string) {
	if len(openings) == 0 {
		return
	}
	parts := make([][]byte, len(openings)) // once: a conversion for every text would allocate
	for i, s := range openings {
		parts[i] = []byte(s)
	}
	for i := range t.nodes {
		n := &t.nodes[i]
		if n.tag != tagNone || n.parent < 0 || n.end-n.start < minOpening {
			continue
		}
		b := &t.nodes[block[n.parent]]
		if b.flags&longText != 0 && b.flags&evidence == 0 && holdsAny(t.src[n.start:n.end], parts) {
			b.flags |= evidence
			b.good += liftWeight
		}
	}
}

func holdsAny(text []byte, parts [][]byte) bool {
	for _, p := range parts {
		if len(p) <= len(text) && bytes.Contains(text, p) {
			return true
		}
	}
	return false
}

// The bounds of a block that says the title.
const (
	maxTitleBlock = 300 // its weight
	minTitleText  = 12  // what it says, folded, in bytes
)

// findTitles marks the blocks with a text that is a title, or its first half and
// more: behind that the title may go on with the site's name.
func (t *tree) findTitles(block []int32, titles []string) {
	if len(titles) == 0 {
		return
	}
	begins := beginnings(titles)
	for i := range t.nodes {
		n := &t.nodes[i]
		if n.own < minTitleText/cjkWeight || n.own >= maxTitleBlock || n.tag != tagNone || n.parent < 0 {
			continue
		}
		b := &t.nodes[block[n.parent]]
		if b.own >= maxTitleBlock || b.flags&saysTitle != 0 {
			continue
		}
		raw := bytes.TrimLeft(t.src[n.start:n.end], " \t\r\n")
		if len(raw) < minTitleText || !begins[raw[0]] || !t.isTitle(raw, titles) {
			continue
		}
		if t.nodes[n.parent].flags&inLink != 0 {
			b.flags |= linksTitle
		} else {
			b.flags |= saysTitle
		}
	}
}

func (t *tree) isTitle(raw []byte, titles []string) bool {
	w := textBuf{b: t.buf[:0]}
	w.write(raw)
	t.buf = w.b
	t.store.buf = appendFold(t.store.buf[:0], string(w.b))
	said := t.store.buf
	return len(said) >= minTitleText && slices.ContainsFunc(titles, func(title string) bool {
		return len(said) <= len(title) && 2*len(said) > len(title) && title[:len(said)] == string(said)
	})
}

// beginnings tells which bytes texts begin with that may be one of the titles:
// the letter or digit that the title begins with, and all that is neither in ASCII.
func beginnings(titles []string) (begins [256]bool) {
	for c := range begins {
		begins[c] = c >= utf8.RuneSelf || foldedRunes[c] == 0 ||
			slices.ContainsFunc(titles, func(title string) bool { return title[0] == byte(foldedRunes[c]) })
	}
	return begins
}

const furniture = consentMark | unseenMark | junk | relatedMark | commentMark | tagsMark | hidden | captionMark

// dropFurniture marks what is not part of the text. No name is believed of an
// element that holds most of the page's long text.
func (t *tree) dropFurniture() {
	all := t.nodes[0].full
	for _, i := range t.elems {
		n := &t.nodes[i]
		if n.parent >= 0 && t.nodes[n.parent].flags&(inJunk|dropped) != 0 {
			n.flags |= inJunk
			continue
		}
		if n.flags&furniture != 0 && t.isAnchor(i) {
			n.flags = n.flags&^wordsOf(t.rawAttr(i, "id")) | wordsOf(t.rawAttr(i, "class"))
		}
		named := n.flags&furniture != 0 || n.tag.is(traitJunk) && !t.isFold(i) && !t.isTabled(i)
		if named && !n.tag.is(traitBlock|traitSpecial) && n.flags&(hidden|unseenMark) == 0 && t.inSentence(n) {
			named = false
		}
		if named && n.flags&bodyMark != 0 && n.flags&(commentMark|hidden) == 0 && !n.tag.is(traitJunk) {
			named = false
		}
		named = named && n.flags&ruleKeep == 0
		if n.tag.is(traitNoText) || named && !protected(n, all) {
			n.flags |= dropped
		}
	}
}

// isAnchor says whether the id of a heading, or of an inline element in one, is made
// of its text for links to lead there, as in <h2 id="the-vote">: it names nothing. One
// word may be a name, and so may what heads links and comments.
func (t *tree) isAnchor(i int32) bool {
	n := &t.nodes[i]
	if !n.tag.is(traitHeading) && (n.parent < 0 || n.tag.is(traitBlock) || !t.nodes[n.parent].tag.is(traitHeading)) {
		return false
	}
	text := fold(t.text(i))
	id := fold(string(t.rawAttr(i, "id")))
	return strings.Contains(text, " ") && !isRelatedLabel(text) && !endLabels.has(text) && id != "" && (strings.HasSuffix(id, text) || strings.HasPrefix(text, id) && strings.Contains(id, " "))
}

// maxTabled is how many nodes behind the start of a figure its table may begin.
const maxTabled = 8

// isTabled says whether a figure shows a table rather than a picture.
func (t *tree) isTabled(i int32) bool {
	if t.nodes[i].tag != tagFigure {
		return false
	}
	for j := i + 1; j < min(t.nodes[i].stop, i+maxTabled); j++ {
		switch t.nodes[j].tag {
		case tagTable:
			return true
		case tagImg, tagIframe, tagVideo:
			return false
		}
	}
	return false
}

// isFold says whether an element is a button that is the whole of a heading, which
// unfolds what stands below.
func (t *tree) isFold(i int32) bool {
	n := &t.nodes[i]
	return n.tag == tagButton && n.parent >= 0 && t.nodes[n.parent].tag.is(traitHeading) && n.flags&furniture == 0 &&
		weigh([]byte(t.text(i))) > 0.8*t.nodes[n.parent].own
}

// inSentence says whether an inline element stands in a block of running text.
func (t *tree) inSentence(n *node) bool {
	return n.parent >= 0 && t.nodes[t.blocks[n.parent]].flags&longText != 0
}

// protected says whether an element holds too much of the page's long text, or
// is too much of the page, for its name to be believed. Consent dialogs may hold
// more than a short story has.
func protected(n *node, all float32) bool {
	switch n.tag {
	case tagHTML, tagBody, tagMain, tagHead:
		return true
	case tagArticle:
		if n.flags&(commentMark|relatedMark|hidden) == 0 {
			return true
		}
	}
	share := float32(0.4)
	if n.flags&consentMark != 0 {
		share = 0.75
	}
	return n.full > share*all && n.full > 200
}

func (t *tree) sumGood() {
	for _, i := range slices.Backward(t.elems[1:]) {
		n := &t.nodes[i]
		if n.flags&(dropped|inJunk) != 0 {
			n.junk += 0.2 * n.good
			n.good = 0
		}
		if n.parent < 0 {
			continue
		}
		p := &t.nodes[n.parent]
		p.good += n.good
		if n.flags&dropped != 0 {
			p.junk += 0.15 * n.junk
		} else {
			p.junk += n.junk
		}
	}
}
