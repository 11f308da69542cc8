package parser

import (
	"bytes"
	"slices"
)

// scanner reads markup left to right, once, and grows a tree. It accepts any
// bytes. Elements nest as the HTML standard has browsers repair them, but that
// text which may not stand in a table stays where it is written.
type scanner struct {
	t      *tree
	src    []byte
	pos    int
	open   []int32         // open elements, outermost first
	live   [tagCount]int32 // how many of each are open
	unseen int             // how many of them have no text
	form   bool            // a form began whose end tag did not come yet
	quirks bool            // the page has no document type, or an old one
	looks  int             // how often open elements may still be looked at
	memo   wordMemo
}

// maxDepth bounds the open elements: deeper ones become leaves.
const maxDepth = 512

// maxNodes bounds the elements and texts of a page, and so the memory that it
// takes; what comes behind them is not read. The longest live blogs have half
// of it.
const maxNodes = 200_000

// maxLooks bounds, for each byte of the page, how many open elements are looked
// at to find those that a tag ends.
const maxLooks = 2

func (s *scanner) run() {
	s.looks = maxLooks*len(s.src) + maxDepth
	s.quirks = true
	for s.pos < len(s.src) && len(s.t.nodes) < maxNodes {
		if s.src[s.pos] != '<' { // many tags stand side by side
			i := bytes.IndexByte(s.src[s.pos:], '<')
			if i < 0 {
				s.text(s.pos, len(s.src))
				break
			}
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
		s.declaration()
	case c == '?':
		s.skipPast(s.pos+2, ">")
	default:
		s.text(s.pos, s.pos+1)
		s.pos++
	}
}

func isLetter(c byte) bool { return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' }

// declaration passes over a comment or what looks like one.
func (s *scanner) declaration() {
	rest := s.src[s.pos+2:]
	switch {
	case bytes.HasPrefix(rest, []byte("-->")):
		s.pos += len("<!-->")
	case bytes.HasPrefix(rest, []byte("--")):
		s.pos = commentEnd(s.src, s.pos+4)
	default:
		if bytes.HasPrefix(rest, []byte("[CDATA[")) && s.foreign(tagOther) {
			s.skipPast(s.pos+2, "]]>")
			return
		}
		from := s.pos + 2
		s.skipPast(from, ">")
		if len(s.t.nodes) < 3 {
			s.quirks = quirky(s.src[from:s.pos])
		}
	}
}

// quirky says whether a document type is one of those before HTML 4.01, or
// names a lenient one without its address: then a table does not end a p.
func quirky(decl []byte) bool {
	if len(decl) > 256 || indexFold(decl, "doctype") != 0 {
		return true
	}
	return indexFold(decl, "dtd html 3") >= 0 || indexFold(decl, "dtd html 4.0 ") >= 0 ||
		indexFold(decl, "dtd html 4.01 ") >= 0 && indexFold(decl, "http") < 0
}

// commentEnd returns the place behind the comment whose text begins at i. Its
// first dash may belong to the end.
func commentEnd(src []byte, i int) int {
	for {
		j := bytes.IndexByte(src[i:], '>')
		if j < 0 {
			return len(src)
		}
		i += j + 1
		if before := src[:i-1]; bytes.HasSuffix(before, []byte("--")) || bytes.HasSuffix(before, []byte("--!")) {
			return i
		}
	}
}

// skipPast moves behind the next mark, or to the end of the page.
func (s *scanner) skipPast(from int, mark string) {
	if i := bytes.Index(s.src[from:], []byte(mark)); i >= 0 {
		s.pos = from + i + len(mark)
		return
	}
	s.pos = len(s.src)
}

// name returns where the name of a tag ends that begins at a place.
func (s *scanner) name(from int) int {
	i := from
	for i < len(s.src) && (!endsName[s.src[i]] || s.src[i] == '=') {
		i++
	}
	return i
}

func (s *scanner) endTag() {
	from := s.pos + 2
	if from >= len(s.src) || !isLetter(s.src[from]) {
		s.skipPast(from, ">")
		return
	}
	end := s.name(from)
	s.pos = min(s.tagEnd(end)+1, len(s.src))
	s.close(s.src[from:end])
}

func (s *scanner) startTag() {
	from := s.pos + 1
	end := s.name(from)
	t := lookupTag(s.src[from:end])
	var stop int
	var marks mark
	if s.unseen > 0 || t.is(traitNoText) { // nobody asks for marks there
		stop = s.tagEnd(end)
	} else {
		stop, marks = s.attributes(end)
	}
	selfClosed := stop < len(s.src) && s.src[stop-1] == '/'
	s.pos = min(stop+1, len(s.src))
	foreign := s.foreign(t)
	if !foreign && !s.admit(t) {
		return
	}
	if t == tagCustom {
		marks |= s.memo.wordsOf(s.src[from:min(end, from+maxWords)])
	}
	n := s.element(t, end, stop)
	s.t.nodes[n].flags |= marks
	if t == tagCustom && equalFold(s.src[from:end], "amp-img") { // AMP has these in place of img
		s.t.listed[tagImg] = append(s.t.listed[tagImg], n)
	}
	switch {
	case t.is(traitRaw) && !foreign:
		s.rawText(s.src[from:end], n)
	case t.is(traitVoid) && !foreign || selfClosed && (foreign || t == tagOther || t == tagSVG || t == tagMath):
	case t == tagForm && s.inTable(), len(s.open) >= maxDepth:
	default:
		s.push(n)
	}
}

// foreign says whether an element with the tag is one of svg or math. One that
// can only be HTML ends an svg that was left open.
func (s *scanner) foreign(t tag) bool {
	if s.live[tagSVG]+s.live[tagMath] == 0 {
		return false
	}
	for i := len(s.open) - 1; i >= 0 && s.looks >= 0; i-- {
		switch o := s.tagAt(i); {
		case o == tagForeignObject || o == tagTemplate:
			return false
		case o != tagSVG && o != tagMath:
		case t.is(traitBreaksOut):
			s.popTo(i)
			return false
		default:
			return true
		}
	}
	return false
}

// tagEnd returns where the tag ends whose attributes begin at i.
func (s *scanner) tagEnd(i int) int {
	for i < len(s.src) {
		switch s.src[i] {
		case '>':
			return i
		case '=':
			_, _, i = s.value(i + 1)
			continue
		}
		i++
	}
	return len(s.src)
}

// attributes returns where the start tag ends whose attributes begin at i, and
// what they say of the element.
func (s *scanner) attributes(i int) (stop int, marks mark) {
	src := s.src
	for {
		for i < len(src) && (isSpace(src[i]) || src[i] == '/') {
			i++
		}
		if i >= len(src) || src[i] == '>' {
			return i, marks
		}
		from := i
		for i++; i < len(src) && !endsName[src[i]]; {
			i++
		}
		name := src[from:i]
		for i < len(src) && isSpace(src[i]) {
			i++
		}
		var val []byte
		if i < len(src) && src[i] == '=' {
			from, to, next := s.value(i + 1)
			val, i = src[from:to], next
		}
		marks |= s.memo.marksOf(name, val)
	}
}

// endsName has the bytes that end the name of an attribute.
var endsName = buildEndsName()

func buildEndsName() (table [256]bool) {
	for c := range 256 {
		table[c] = isSpace(byte(c)) || c == '/' || c == '>' || c == '='
	}
	return table
}

// value returns where the value of an attribute begins and ends that stands
// from i on, and the place behind it.
func (s *scanner) value(i int) (from, to, next int) {
	for i < len(s.src) && isSpace(s.src[i]) {
		i++
	}
	if i >= len(s.src) {
		return i, i, i
	}
	if q := s.src[i]; q == '"' || q == '\'' {
		i++
		if j := bytes.IndexByte(s.src[i:], q); j >= 0 {
			return i, i + j, i + j + 1
		}
		return i, len(s.src), len(s.src)
	}
	from = i
	for i < len(s.src) && !isSpace(s.src[i]) && s.src[i] != '>' {
		i++
	}
	return from, i, i
}

// rawText takes everything up to the end tag of name as one text node of n.
func (s *scanner) rawText(name []byte, n int32) {
	from := s.pos
	end := len(s.src)
	switch t := s.t.nodes[n].tag; t {
	case tagPlaintext:
	case tagScript:
		end = s.scriptEnd(from)
	default:
		end = s.endTagOf(name, from)
	}
	s.t.addText(n, from, end)
	s.skipPast(min(end+2, len(s.src)), ">")
	s.t.nodes[n].stop = int32(len(s.t.nodes))
}

// endTagOf returns where the next end tag of name begins.
func (s *scanner) endTagOf(name []byte, i int) int {
	for {
		j := bytes.Index(s.src[i:], []byte("</"))
		if j < 0 {
			return len(s.src)
		}
		i += j + 2
		if s.nameAt(i, name) {
			return i - 2
		}
	}
}

// nameAt says whether a tag's name stands at i.
func (s *scanner) nameAt(i int, name []byte) bool {
	end := i + len(name)
	return end < len(s.src) && bytes.EqualFold(s.src[i:end], name) && (isSpace(s.src[end]) || s.src[end] == '/' || s.src[end] == '>')
}

// scriptEnd returns where the end tag of a script begins. Behind "<!--" a
// script's start tag hides one end tag (HTML, "script data double escaped").
func (s *scanner) scriptEnd(i int) int {
	script := []byte("script")
	comment, nested := -1, false // where a comment's text begins; a start tag stood in it
	for {
		j := bytes.IndexByte(s.src[i:], '<')
		if j < 0 {
			return len(s.src)
		}
		if comment >= 0 {
			if k := bytes.Index(s.src[comment:i+j], []byte("-->")); k >= 0 {
				comment, nested = -1, false
			} else {
				comment = max(comment, i+j-2)
			}
		}
		i += j + 1
		switch {
		case bytes.HasPrefix(s.src[i:], []byte("!--")):
			if comment < 0 {
				comment = i + 1
			}
		case i < len(s.src) && s.src[i] == '/' && s.nameAt(i+1, script):
			if !nested {
				return i - 1
			}
			nested = false
		case comment >= 0 && s.nameAt(i, script):
			nested = true
		}
	}
}

// text adds a run of text. White space alone makes no node: it is marked on the
// next.
func (s *scanner) text(from, to int) {
	if isBlank(s.src[from:to]) {
		s.t.gap = s.t.gap || from < to
		return
	}
	s.t.addText(s.top(), from, to)
}

func isBlank(b []byte) bool {
	for _, c := range b {
		if !isSpace(c) {
			return false
		}
	}
	return true
}

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
	return s.tagAt(len(s.open) - 1)
}

// tagAt returns the tag of the open element at depth i.
func (s *scanner) tagAt(i int) tag {
	s.looks--
	return s.t.nodes[s.open[i]].tag
}

func (s *scanner) element(t tag, from, to int) int32 {
	return s.t.add(node{parent: s.top(), start: int32(from), end: int32(to), tag: t})
}

func (s *scanner) push(n int32) {
	s.open = append(s.open, n)
	t := s.t.nodes[n].tag
	s.live[t]++
	if t.is(traitNoText) {
		s.unseen++
	}
}

func (s *scanner) pop() {
	n := s.top()
	s.open = s.open[:len(s.open)-1]
	t := s.t.nodes[n].tag
	s.live[t]--
	if t.is(traitNoText) {
		s.unseen--
	}
	for top := s.top(); n != top; n = s.t.nodes[n].parent { // more than one above a removed form
		s.t.nodes[n].stop = int32(len(s.t.nodes))
	}
}

// popTo closes the open element at depth i and all inside it.
func (s *scanner) popTo(i int) {
	for len(s.open) > i {
		s.pop()
	}
}

// innermost returns the depth of the innermost open t, or -1 when none is open
// or one with a trait of stop is open inside it.
func (s *scanner) innermost(t tag, stop tagTrait) int {
	if s.live[t] == 0 || s.looks < 0 {
		return -1
	}
	for i := len(s.open) - 1; i >= 0; i-- {
		o := s.tagAt(i)
		if o == t {
			return i
		}
		if o.is(stop) {
			return -1
		}
	}
	return -1
}

// end closes the innermost open t unless it is hidden, see innermost.
func (s *scanner) end(t tag, stop tagTrait) {
	if i := s.innermost(t, stop); i >= 0 {
		s.popTo(i)
	}
}

// close handles an end tag. One that matches nothing is ignored, and that of an
// inline element does not close blocks opened since.
func (s *scanner) close(name []byte) {
	switch t := lookupTag(name); {
	case t == tagBody || t == tagHTML:
	case t == tagOther || t == tagCustom:
		s.closeNamed(t, name)
	case t.is(traitHeading):
		s.closeHeading()
	case t == tagP:
		s.end(t, traitBoundary|traitButton)
	case t == tagLI:
		s.end(t, traitBoundary|traitList)
	case t == tagForm:
		s.closeForm()
	case isTablePart(t):
		s.end(t, traitTableScope)
	case t.is(traitTableScope) || t == tagSelect:
		s.end(t, 0)
	case t.is(traitSpecial | traitClosesP):
		s.end(t, traitBoundary)
	default:
		s.end(t, traitSpecial)
	}
}

// closeNamed closes an element whose tag does not tell its name.
func (s *scanner) closeNamed(t tag, name []byte) {
	if s.live[t] == 0 || s.looks < 0 {
		return
	}
	for i := len(s.open) - 1; i >= 0; i-- {
		o := s.tagAt(i)
		if o == t && bytes.EqualFold(s.nameOf(s.open[i], len(name)), name) {
			s.popTo(i)
			return
		}
		if o.is(traitSpecial) {
			return
		}
	}
}

// nameOf returns the name of element n when it has that length.
func (s *scanner) nameOf(n int32, length int) []byte {
	end := int(s.t.nodes[n].start)
	if from := end - length; from > 0 && s.src[from-1] == '<' {
		return s.src[from:end]
	}
	return nil
}

// closeForm ends a form. What was opened in it and not closed stays open.
func (s *scanner) closeForm() {
	s.form = false
	i := s.innermost(tagForm, traitBoundary)
	if i < 0 {
		return
	}
	for len(s.open) > i+1 && hasImpliedEnd(s.topTag()) {
		s.pop()
	}
	if len(s.open) == i+1 {
		s.pop()
		return
	}
	s.open = slices.Delete(s.open, i, i+1)
	s.live[tagForm]--
}

// hasImpliedEnd says whether the end tag of t may be left out in general.
func hasImpliedEnd(t tag) bool {
	switch t {
	case tagP, tagLI, tagDD, tagDT, tagOption, tagOptgroup, tagRB, tagRT, tagRP:
		return true
	}
	return false
}

// closeHeading closes the innermost heading of any rank.
func (s *scanner) closeHeading() {
	for i := len(s.open) - 1; i >= 0 && s.looks >= 0; i-- {
		o := s.tagAt(i)
		if o.is(traitHeading) {
			s.popTo(i)
			return
		}
		if o.is(traitBoundary) {
			return
		}
	}
}

func isTablePart(t tag) bool {
	switch t {
	case tagTable, tagTbody, tagThead, tagTfoot, tagTR, tagTD, tagTH, tagCaption, tagColgroup:
		return true
	}
	return false
}

// admit closes what the start of t ends (HTML, "optional tags") and says
// whether an element may begin here.
func (s *scanner) admit(t tag) bool {
	if t == tagForm && s.form && s.live[tagTemplate] == 0 {
		return false
	}
	if s.live[tagHead] > 0 && !t.is(traitHead) && s.live[tagNoscript] == 0 && s.live[tagTemplate] == 0 && t != tagOther {
		s.end(tagHead, 0)
	}
	if s.live[tagP] > 0 && (t.is(traitClosesP) || t == tagTable && !s.quirks) {
		s.end(tagP, traitBoundary|traitButton)
	}
	switch t {
	case tagHTML:
		return len(s.open) == 1
	case tagHead, tagBody:
		return s.live[tagBody] == 0
	case tagForm:
		s.form = true
	case tagLI:
		s.endItem(tagLI, tagLI)
	case tagDT, tagDD:
		s.endItem(tagDT, tagDD)
	case tagOption, tagOptgroup:
		if s.topTag() == tagOption {
			s.pop()
		}
	case tagRB, tagRT, tagRP:
		if o := s.topTag(); o == tagRB || o == tagRT || o == tagRP {
			s.pop()
		}
	case tagSelect, tagInput, tagTextarea:
		s.end(tagSelect, 0)
	case tagButton:
		s.end(tagButton, traitBoundary)
	case tagTable:
		s.endTable()
	case tagTbody, tagThead, tagTfoot, tagTR, tagTD, tagTH, tagCaption, tagColgroup, tagCol:
		return s.enterTable(t)
	case tagA:
		s.endLink()
	default:
		if t.is(traitHeading) && s.topTag().is(traitHeading) {
			s.pop()
		}
	}
	return true
}

// endItem closes the open list item, t1 or t2, that another one follows.
func (s *scanner) endItem(t1, t2 tag) {
	if s.live[t1]+s.live[t2] == 0 {
		return
	}
	for i := len(s.open) - 1; i >= 0 && s.looks >= 0; i-- {
		o := s.tagAt(i)
		if o == t1 || o == t2 {
			s.popTo(i)
			return
		}
		if o.is(traitSpecial) && o != tagAddress && o != tagDiv && o != tagP {
			return
		}
	}
}

// inTable says whether what comes next stands in a table but in no cell of it.
func (s *scanner) inTable() bool {
	switch s.topTag() {
	case tagTable, tagTbody, tagThead, tagTfoot, tagTR:
		return true
	}
	return false
}

// endTable closes an open table that another one follows outside of its cells.
func (s *scanner) endTable() {
	if s.live[tagTable] == 0 {
		return
	}
	for i := len(s.open) - 1; i >= 0 && s.looks >= 0; i-- {
		switch o := s.tagAt(i); {
		case o == tagTable:
			s.popTo(i)
			return
		case o == tagTD || o == tagTH || o == tagCaption || o.is(traitTableScope):
			return
		}
	}
}

// enterTable closes what is open in the innermost table down to where t may
// stand. Outside of tables there are no parts of tables.
func (s *scanner) enterTable(t tag) bool {
	if s.live[tagTemplate]+s.live[tagNoscript] > 0 {
		return true
	}
	table := s.innermost(tagTable, 0)
	if table < 0 {
		return false
	}
	for i := len(s.open) - 1; i > table; i-- {
		if holdsPart(s.tagAt(i), t) {
			s.popTo(i + 1)
			return true
		}
	}
	s.popTo(table + 1)
	if t == tagTD || t == tagTH {
		s.push(s.element(tagTR, s.pos, s.pos))
	}
	return true
}

// holdsPart says whether o is the row of a cell or the group of a row.
func holdsPart(o, t tag) bool {
	switch t {
	case tagTD, tagTH:
		return o == tagTR
	case tagTR:
		return o == tagTbody || o == tagThead || o == tagTfoot
	case tagCol:
		return o == tagColgroup
	}
	return false
}

// endLink closes an open link when only inline elements are inside; a link
// around blocks that holds another link was never closed, so is none.
func (s *scanner) endLink() {
	if s.live[tagA] == 0 {
		return
	}
	inline := true
	for i := len(s.open) - 1; i >= 0 && s.looks >= 0; i-- {
		o := s.tagAt(i)
		if o == tagA {
			if inline {
				s.popTo(i)
				return
			}
			s.t.nodes[s.open[i]].flags |= notLink
			return
		}
		inline = inline && !o.is(traitSpecial)
	}
}
