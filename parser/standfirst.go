package parser

import (
	"slices"
	"strings"

	"pressmill/pkg/news"
)

// The weights between which a text can be a standfirst.
const (
	minLead = 30
	maxLead = 700
)

// descriptions returns the folded texts with which the page describes itself.
func (x *extraction) descriptions() []string {
	var out []string
	for _, s := range []string{x.ld.article.text("description"), x.meta.get("description"), x.meta.get("og:description"), x.meta.get("twitter:description")} {
		if f := x.fold(s); len(f) > 30 {
			out = append(out, f)
		}
	}
	return out
}

// standfirst finds the article's standfirst: a first block so named or set
// apart, or a text so named between the title and the container.
func (x *extraction) standfirst() {
	if x.ruledLead() {
		return
	}
	descs := x.descriptions()
	if i := x.leadBlocks(descs); i > 0 {
		for _, b := range x.kept[:i] {
			x.lead = append(x.lead, b.text)
		}
		x.kept = x.kept[i:]
	} else if s := x.leadAbove(descs); s != "" {
		x.lead = []string{s}
	} else if s := x.leadBelowTitle(); s != "" {
		x.lead = []string{s}
	}
	for _, s := range x.lead {
		x.saidAbove(x.fold(s))
	}
}

// saidAbove drops the first block of the text if it says what the standfirst says.
func (x *extraction) saidAbove(folded string) {
	if len(x.kept) > 1 && x.kept[0].folded == folded {
		x.kept = x.kept[1:]
	}
}

// leadBlocks returns how many of the first blocks are the standfirst.
func (x *extraction) leadBlocks(descs []string) int {
	n := 0
	if !slices.ContainsFunc(x.kept, func(b block) bool { return !b.lead }) {
		return 0 // a name that the whole text has sets nothing apart
	}
	for n < len(x.kept)-1 && n < 3 && x.kept[n].lead && x.kept[n].weight <= maxLead && !x.runsOn(&x.kept[n], &x.kept[n+1]) {
		n++
	}
	if n > 0 {
		return n
	}
	if len(x.kept) < 3 {
		return 0
	}
	b, next := &x.kept[0], &x.kept[1]
	if b.weight < minLead || b.weight > maxLead {
		return 0
	}
	if b.start < x.root && next.start > x.root && b.t == news.BlockParagraph && x.tree.placeSign(b.node) != x.tree.placeSign(next.node) && x.belowTitle(b.start) {
		return 1 // above the container, and unlike what stands there
	}
	if b.t == news.BlockParagraph && x.inHead(b, next) {
		return 1
	}
	apart := b.t == news.BlockHeading && b.weight > 60 || b.bold > 0.9*b.weight && next.bold < 0.5*next.weight
	differs := x.tree.attr(b.node, "class") != x.tree.attr(next.node, "class") || x.tree.nodes[b.node].tag != x.tree.nodes[next.node].tag
	if apart && b.weight > 50 || differs && describes(x.fold(b.text), descs) {
		return 1
	}
	return 0
}

// runsOn says whether a paragraph goes on in the next one: a first paragraph
// with a name of its own among others like it is none the less of the text. Where
// both are so named, both are the standfirst.
func (x *extraction) runsOn(b, next *block) bool {
	t := x.tree
	return !next.lead && b.t == news.BlockParagraph && next.t == news.BlockParagraph && t.nodes[b.node].parent == t.nodes[next.node].parent &&
		t.nodes[b.node].tag == t.nodes[next.node].tag && b.bold < 0.9*b.weight
}

// describes says whether a text is one of the page's descriptions, which may be
// cut short.
func describes(f string, descs []string) bool {
	for _, d := range descs {
		n := min(len(d), len(f))
		if n > 40 && d[:n] == f[:n] && len(f) < 2*len(d)+20 {
			return true
		}
	}
	return false
}

// restates says whether a folded text is the title once more, or a caption.
func (x *extraction) restates(f string) bool {
	title := x.fold(x.art.Title)
	for c := range x.captions {
		if alike(f, c) {
			return true
		}
	}
	return f == title || x.captions[f] || alike(f, title) || len(title) > 20 && strings.HasPrefix(f, title) && len(f) < 2*len(title)
}

// leadNodes is how many nodes an element with a standfirst has at most.
const leadNodes = 40

// leadAbove looks between the top of the scope and the container.
func (x *extraction) leadAbove(descs []string) string {
	t := x.tree
	from, _ := x.scope()
	for i := from; i < x.root; i++ {
		n := &t.nodes[i]
		if n.tag == tagNone || n.flags&(hidden|relatedMark|commentMark|captionMark|bylineMark|inLink) != 0 || n.flags&junk != 0 && n.flags&leadMark == 0 ||
			n.stop-i > leadNodes || n.tag.is(traitNoText) || !n.tag.is(traitBlock) && n.flags&leadMark == 0 {
			continue
		}
		if t.holds(i, tagH1) || t.holds(i, tagImg) || n.stop >= t.nodes[x.root].stop || t.within(i, tagFigure, tagNav, tagAside) {
			continue
		}
		named := n.flags&leadMark != 0
		if !named && n.own == 0 {
			continue
		}
		s := t.text(i)
		w := weigh([]byte(s))
		if w < minLead || w > maxLead {
			continue
		}
		f := x.fold(s)
		says := describes(f, descs) || named && (endsSentence(s) || w > 60) && !strings.Contains(f, "javascript")
		if says && !t.inMarked(i, captionMark|bylineMark|commentMark) && !x.restates(f) {
			return s
		}
	}
	return ""
}

// belowTitle says whether a block that says the title begins in front of node i.
func (x *extraction) belowTitle(i int32) bool { return x.saysTitleWithin(0, i) }

// saysTitleWithin says the same of the blocks from one node up to another.
func (x *extraction) saysTitleWithin(from, to int32) bool {
	title := x.fold(x.art.Title)
	return slices.ContainsFunc(x.raw, func(b block) bool { return from <= b.start && b.start < to && b.folded == title })
}

// inHead says whether a block stands below the title in an element that the next
// block is not in.
func (x *extraction) inHead(b, next *block) bool {
	head := x.tree.nodes[b.node].parent
	return head >= 0 && x.tree.nodes[head].stop <= next.start && x.saysTitleWithin(head, b.start)
}

// leadBelowTitle returns the paragraph right below the headline that the
// text is without, if it reads as a sentence, or "".
func (x *extraction) leadBelowTitle() string {
	title, first := x.fold(x.art.Title), x.textStart()
	for i := range x.raw {
		if x.raw[i].start >= first {
			break
		}
		if x.raw[i].folded == title && i+1 < len(x.raw) && x.isLead(&x.raw[i+1]) {
			return x.raw[i+1].text
		}
	}
	return ""
}

// isLead says whether a block below the headline can be the standfirst.
func (x *extraction) isLead(b *block) bool {
	n := &x.tree.nodes[b.node]
	return n.tag == tagP && (b.why == whyModel || b.why == whyOutside) && b.link == 0 && n.flags&(hidden|dropped|inJunk) == 0 &&
		minLead <= b.weight && b.weight <= maxLead && (endsSentence(b.text) || b.weight > longEnough) && strings.Count(b.folded, " ") >= leadWords &&
		!isPromo(b.folded, b.weight) && !holdsDate(b.text) && !x.restates(b.folded)
}

// leadWords is how many blanks are in a text that is more than a label.
const leadWords = 5
