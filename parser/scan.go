package parser

import "bytes"

// scanner reads markup left to right, once, and grows a tree. It accepts any
// bytes; what a browser would repair in far-away places is left as it is.
type scanner struct {
	t    *tree
	src  []byte
	pos  int
	open []int32         // open elements, outermost first
	live [tagCount]int32 // how many of each are open
}

// maxDepth bounds the open elements: deeper ones become leaves.
const maxDepth = 512

func (s *scanner) run() {
	for s.pos < len(s.src) {
		i := bytes.IndexByte(s.src[s.pos:], '<')
		if i < 0 {
			s.text(s.pos, len(s.src))
			break
		}
		if i > 0 {
			s.text(s.pos, s.pos+i)
			s.pos += i
		}
		s.markup()
	}
	for len(s.open) > 0 {
		s.pop()
	}
}

// markup reads what begins with the '<' at pos and always moves on.
func (s *scanner) markup() {
	if s.pos+1 >= len(s.src) {
		s.text(s.pos, len(s.src))
		s.pos = len(s.src)
		return
	}
	switch c := s.src[s.pos+1]; {
	case isLetter(c):
		s.startTag()
	case c == '/':
		s.endTag()
	case c == '!':
		s.comment()
	case c == '?':
		s.skipPast(s.pos+2, ">")
	default:
		s.text(s.pos, s.pos+1)
		s.pos++
	}
}

func isLetter(c byte) bool { return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' }

func (s *scanner) comment() {
	rest := s.src[s.pos:]
	if !bytes.HasPrefix(rest, []byte("<!--")) {
		s.skipPast(s.pos+2, ">")
		return
	}
	if bytes.HasPrefix(rest, []byte("<!-->")) {
		s.pos += len("<!-->")
		return
	}
	s.skipPast(s.pos+4, "-->")
}

// skipPast moves behind the next mark, or to the end of the page.
func (s *scanner) skipPast(from int, mark string) {
	if i := bytes.Index(s.src[from:], []byte(mark)); i >= 0 {
		s.pos = from + i + len(mark)
		return
	}
	s.pos = len(s.src)
}

func (s *scanner) name(from int) int {
	i := from
	for i < len(s.src) && !isSpace(s.src[i]) && s.src[i] != '>' && s.src[i] != '/' {
		i++
	}
	return i
}

func (s *scanner) endTag() {
	from := s.pos + 2
	end := s.name(from)
	t := lookupTag(s.src[from:end])
	s.skipPast(end, ">")
	if from == end {
		return
	}
	s.close(t)
}

func (s *scanner) startTag() {
	from := s.pos + 1
	end := s.name(from)
	t := lookupTag(s.src[from:end])
	stop, selfClosed := s.attributes(end)
	s.pos = min(stop+1, len(s.src))
	s.implyEnds(t)
	n := s.element(t, end, stop)
	if t.is(traitRaw) && (t != tagTitle || s.live[tagSVG] == 0) {
		s.rawText(s.src[from:end], n)
		return
	}
	if t.is(traitVoid) || selfClosed && t == tagOther || len(s.open) >= maxDepth {
		return
	}
	s.open = append(s.open, n)
	s.live[t]++
}

// attributes returns where the tag ends, and whether with "/>".
func (s *scanner) attributes(i int) (stop int, selfClosed bool) {
	for i < len(s.src) {
		switch c := s.src[i]; c {
		case '>':
			return i, s.src[i-1] == '/'
		case '=':
			i = s.value(i + 1)
			continue
		}
		i++
	}
	return len(s.src), false
}

// value returns the place behind an attribute's value.
func (s *scanner) value(i int) int {
	for i < len(s.src) && isSpace(s.src[i]) {
		i++
	}
	if i >= len(s.src) {
		return i
	}
	if q := s.src[i]; q == '"' || q == '\'' {
		if j := bytes.IndexByte(s.src[i+1:], q); j >= 0 {
			return i + 1 + j + 1
		}
		return len(s.src)
	}
	for i < len(s.src) && !isSpace(s.src[i]) && s.src[i] != '>' {
		i++
	}
	return i
}

// rawText takes everything up to the end tag of name as one text node of n.
func (s *scanner) rawText(name []byte, n int32) {
	from := s.pos
	for i := from; ; {
		j := bytes.Index(s.src[i:], []byte("</"))
		if j < 0 {
			s.pos = len(s.src)
			s.t.addText(n, from, s.pos)
			break
		}
		i += j + 2
		if i+len(name) <= len(s.src) && bytes.EqualFold(s.src[i:i+len(name)], name) {
			s.t.addText(n, from, i-2)
			s.skipPast(i+len(name), ">")
			break
		}
	}
	s.t.nodes[n].stop = int32(len(s.t.nodes))
}

func (s *scanner) text(from, to int) { s.t.addText(s.top(), from, to) }

func (s *scanner) top() int32 {
	if len(s.open) == 0 {
		return -1
	}
	return s.open[len(s.open)-1]
}

func (s *scanner) topTag() tag {
	if len(s.open) == 0 {
		return tagNone
	}
	return s.t.nodes[s.top()].tag
}

func (s *scanner) element(t tag, from, to int) int32 {
	return s.t.add(node{parent: s.top(), start: int32(from), end: int32(to), tag: t})
}

func (s *scanner) pop() {
	n := s.top()
	s.open = s.open[:len(s.open)-1]
	s.t.nodes[n].stop = int32(len(s.t.nodes))
	s.live[s.t.nodes[n].tag]--
}

// popTo closes the open element at depth i and all inside it.
func (s *scanner) popTo(i int) {
	for len(s.open) > i {
		s.pop()
	}
}

// close handles an end tag. An end tag that matches nothing is ignored; that of
// an inline element does not close blocks opened since.
func (s *scanner) close(t tag) {
	if t == tagBody || t == tagHTML || s.live[t] == 0 {
		return
	}
	table := isTablePart(t)
	for i := len(s.open) - 1; i >= 0; i-- {
		o := s.t.nodes[s.open[i]].tag
		if o == t {
			s.popTo(i)
			return
		}
		if !t.is(traitBlock|traitBoundary) && t != tagA && o.is(traitBlock) || !table && o.is(traitBoundary) {
			return
		}
	}
}

func isTablePart(t tag) bool {
	switch t {
	case tagTable, tagTbody, tagThead, tagTfoot, tagTR, tagTD, tagTH:
		return true
	}
	return false
}

// implyEnds closes what the start of t ends (HTML, "optional tags").
func (s *scanner) implyEnds(t tag) {
	if s.live[tagHead] > 0 && !t.is(traitHead) && s.live[tagNoscript] == 0 && s.live[tagTemplate] == 0 && t != tagOther {
		s.endOpen(tagHead, tagNone, tagNone)
	}
	if t.is(traitClosesP) && s.live[tagP] > 0 {
		s.endParagraph()
	}
	switch t {
	case tagLI:
		s.endOpen(tagLI, tagUL, tagOL)
	case tagDT, tagDD:
		s.endOpen(tagDT, tagDL, tagDD)
		s.endOpen(tagDD, tagDL, tagDT)
	case tagOption, tagOptgroup:
		if s.topTag() == tagOption {
			s.pop()
		}
	case tagTR:
		s.endOpen(tagTR, tagTable, tagNone)
	case tagTD, tagTH:
		s.endOpen(tagTD, tagTable, tagTR)
		s.endOpen(tagTH, tagTable, tagTR)
	case tagTbody, tagThead, tagTfoot:
		s.endOpen(tagTbody, tagTable, tagNone)
		s.endOpen(tagThead, tagTable, tagNone)
	case tagA:
		s.endLink()
	default:
		if t.is(traitHeading) && s.topTag().is(traitHeading) {
			s.pop()
		}
	}
}

// endOpen closes the innermost open t unless one of two boundaries comes first.
func (s *scanner) endOpen(t, stop1, stop2 tag) {
	if s.live[t] == 0 {
		return
	}
	for i := len(s.open) - 1; i >= 0; i-- {
		o := s.t.nodes[s.open[i]].tag
		if o == t {
			s.popTo(i)
			return
		}
		if o == stop1 || o == stop2 || o.is(traitBoundary) && !isTablePart(t) {
			return
		}
	}
}

// endParagraph closes an open p with only inline elements inside.
func (s *scanner) endParagraph() {
	for i := len(s.open) - 1; i >= 0; i-- {
		o := s.t.nodes[s.open[i]].tag
		if o == tagP {
			s.popTo(i)
			return
		}
		if o.is(traitBlock | traitBoundary) {
			return
		}
	}
}

// endLink closes an open link when only inline elements are inside; a link
// around blocks that holds another link was never closed, so is none.
func (s *scanner) endLink() {
	if s.live[tagA] == 0 {
		return
	}
	inline := true
	for i := len(s.open) - 1; i >= 0; i-- {
		o := s.t.nodes[s.open[i]].tag
		if o == tagA {
			if inline {
				s.popTo(i)
				return
			}
			s.t.nodes[s.open[i]].flags |= notLink
			return
		}
		inline = inline && !o.is(traitBlock)
	}
}
