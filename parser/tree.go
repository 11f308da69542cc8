package parser

import (
	"bytes"
	"encoding/binary"
	"html"
	"runtime"
	"slices"
	"strings"

	"pressmill/parser/jsonld"
)

// node is one element or run of text. Nodes lie in document order, so the
// subtree of node i is nodes[i:nodes[i].stop].
type node struct {
	parent     int32 // -1 at the root
	stop       int32 // index behind the last descendant
	start, end int32 // text: its bytes; element: the bytes of its attributes
	tag        tag   // tagNone for text
	flags      mark
	own, link  float32 // text: its weight, where it may be seen; element: that of the text whose nearest block is this; of that in links
	good, junk float32 // sums over the subtree
	full       float32 // weight of all long text in the subtree, marked as junk or not
}

// tree is a parsed page. Its nodes are pooled: no part of it may outlive
// release.
type tree struct {
	src       []byte
	nodes     []node
	gap       bool            // white space stands in front of the next
	ld        jsonld.Document // what structured reads
	buf       []byte
	texts     []byte    // of collect
	sums      []prefix  // of prefixes
	spare     []float32 // of scratch
	describer describer
	blocks    []int32           // of mark
	elems     []int32           // all nodes that are no text: see mark
	listed    [tagCount][]int32 // the elements of each tag with traitListed
	named     []int32           // those that may be a date, a byline, a headline or a post: see isNamed
	found     []block           // of collect
	kept      []block           // of keep
	pieces    pieces            // of pulled
	metas     []metaEntry       // of meta
	metaSigns []keySign         // of meta
	store     store
	lineage   lineage // of inMarked
}

// treePool keeps the memory of trees for the pages to come, of as many as are worked
// on at a time. The garbage collector does not empty it, as it would a sync.Pool
// where other work makes garbage between two pages: to grow a tree again costs
// some 5 % of an extraction.
var treePool = buildTreePool()

func buildTreePool() chan *tree { return make(chan *tree, runtime.GOMAXPROCS(0)) }

// What is several times larger than other pages leaves no memory behind. Everything
// that a tree holds grows with its nodes or with its page.
const (
	maxPooledNodes = 1 << 16
	maxPooledPage  = 2 << 20 // bytes
)

// spareTree returns a tree of the pool, or a new one. It may hold anything.
func spareTree() *tree {
	select {
	case t := <-treePool:
		return t
	default:
		return new(tree)
	}
}

// parseTree parses UTF-8 markup.
func parseTree(src []byte) *tree {
	t := spareTree()
	t.src, t.lineage, t.gap = src, lineage{}, false
	for i := range t.listed {
		t.listed[i] = t.listed[i][:0]
	}
	t.nodes = t.nodes[:0]
	s := scanner{t: t, src: src, open: make([]int32, 0, 64)}
	s.open = append(s.open, t.add(node{parent: -1, tag: tagHTML})) // node 0 holds all
	s.live[tagHTML]++
	s.run()
	return t
}

// scratch returns a number for each node, all 0. It holds until the next call.
func (t *tree) scratch() []float32 {
	t.spare = slices.Grow(t.spare[:0], len(t.nodes))[:len(t.nodes)]
	clear(t.spare)
	return t.spare
}

func (t *tree) release() {
	large := len(t.src) > maxPooledPage || cap(t.nodes) > maxPooledNodes
	t.src = nil
	t.ld.Reset(nil)
	t.describer.forget()
	t.store.forget()
	clear(t.found)
	clear(t.kept)
	clear(t.metas[:cap(t.metas)]) // with those that were taken back
	if large {
		return
	}
	select {
	case treePool <- t:
	default:
	}
}

func (t *tree) add(n node) int32 {
	if len(t.nodes) == cap(t.nodes) {
		t.grow(int(n.start))
	}
	if t.gap {
		n.flags |= spaced
		t.gap = false
	}
	i := int32(len(t.nodes))
	n.stop = i + 1
	t.nodes = append(t.nodes, n)
	if n.tag.is(traitListed) {
		t.listed[n.tag] = append(t.listed[n.tag], i)
	}
	return i
}

// grow makes room for what the page may have behind a place.
func (t *tree) grow(from int) {
	rest := t.src[from:]
	t.nodes = slices.Grow(t.nodes, min(bytes.Count(rest, []byte("<"))*5/4, len(rest)/4, maxNodes)+2) // hardly any page has more
}

// addText adds a run of text, or what follows the one that was added last.
func (t *tree) addText(parent int32, from, to int) {
	if from >= to {
		return
	}
	if last := &t.nodes[len(t.nodes)-1]; last.tag == tagNone && int(last.end) == from && last.parent == parent {
		last.end = int32(to)
		return
	}
	t.add(node{parent: parent, start: int32(from), end: int32(to)})
}

func (t *tree) bytes(i int32) []byte { n := &t.nodes[i]; return t.src[n.start:n.end] }

// attr returns the value of an attribute, decoded, or "".
func (t *tree) attr(i int32, name string) string {
	return html.UnescapeString(string(t.rawAttr(i, name)))
}

// rawAttr returns the value of an attribute as it stands in the page, or nil.
func (t *tree) rawAttr(i int32, name string) []byte {
	for a := (attrs{b: t.bytes(i)}); a.next(); {
		if equalFold(a.name, name) {
			return bytes.TrimSpace(a.val)
		}
	}
	return nil
}

// within says whether an ancestor of i, or i itself, has one of the tags.
func (t *tree) within(i int32, tags ...tag) bool {
	for ; i >= 0; i = t.nodes[i].parent {
		if slices.Contains(tags, t.nodes[i].tag) {
			return true
		}
	}
	return false
}

// all returns the elements with a tag of traitListed, in document order.
func (t *tree) all(x tag) []int32 { return t.listed[x] }

// among returns those of a list of nodes that lie from one node up to another.
func among(list []int32, from, to int32) []int32 {
	i, _ := slices.BinarySearch(list, from)
	j, _ := slices.BinarySearch(list[i:], to)
	return list[i : i+j]
}

// text returns the visible text of a subtree on one line.
func (t *tree) text(i int32) string {
	var w textBuf
	w.b = t.buf[:0]
	t.appendText(&w, i, 0)
	t.buf = w.b
	return t.store.keep(bytes.TrimSpace(w.b))
}

// beginning returns a run of text on one line, read up to a limit in bytes.
func (t *tree) beginning(i int32, limit int) string {
	b := t.bytes(i)
	w := textBuf{b: t.buf[:0]}
	w.write(b[:min(len(b), limit)])
	t.buf = w.b
	return w.String()
}

// appendText appends the visible text of subtree i, leaving out nodes that
// carry one of the drop flags.
func (t *tree) appendText(w *textBuf, i int32, drop mark) {
	for j, stop := i, t.nodes[i].stop; j < stop; {
		n := &t.nodes[j]
		if n.flags&spaced != 0 || n.tag == tagBr || n.tag.is(traitBlock) {
			w.space()
		}
		switch {
		case n.tag == tagNone:
			w.write(t.src[n.start:n.end])
		case n.tag.is(traitNoText) || n.flags&drop != 0 && j != i:
			j = n.stop
			continue
		}
		j++
	}
}

// textBuf joins text with its white space collapsed.
type textBuf struct{ b []byte }

func (w *textBuf) space() {
	if n := len(w.b); n > 0 && w.b[n-1] != ' ' {
		w.b = append(w.b, ' ')
	}
}

func (w *textBuf) write(s []byte) {
	for {
		i := bytes.IndexByte(s, '&')
		if i < 0 {
			w.collapse(s)
			return
		}
		w.collapse(s[:i])
		s = s[i+w.reference(s[i:]):]
	}
}

// references are the usual character references.
var references = map[string]string{
	"&amp;": "&", "&nbsp;": "\u00a0", "&quot;": `"`, "&lt;": "<", "&gt;": ">", "&#39;": "'", "&#039;": "'", "&apos;": "'", "&shy;": "",
	"&rsquo;": "’", "&lsquo;": "‘", "&rdquo;": "”", "&ldquo;": "“", "&bdquo;": "„", "&ndash;": "–", "&mdash;": "—", "&hellip;": "…",
	"&#8217;": "’", "&#8216;": "‘", "&#8221;": "”", "&#8220;": "“", "&#8211;": "–", "&#8212;": "—", "&#8230;": "…", "&#160;": "\u00a0",
	"&auml;": "ä", "&ouml;": "ö", "&uuml;": "ü", "&Auml;": "Ä", "&Ouml;": "Ö", "&Uuml;": "Ü", "&szlig;": "ß", "&eacute;": "é", "&#x27;": "'",
}

// reference appends what begins with a '&', up to the end of the character
// reference, or else up to the next '&'; it returns how many bytes.
func (w *textBuf) reference(s []byte) int {
	if end := bytes.IndexByte(s[:min(len(s), maxReference)], ';') + 1; end > 0 {
		if text, ok := references[string(s[:end])]; ok {
			w.collapse([]byte(text))
			return end
		}
	}
	end := bytes.IndexByte(s[1:], '&') + 1
	if end == 0 {
		end = len(s)
	}
	w.collapse([]byte(html.UnescapeString(string(s[:end]))))
	return end
}

// writePlain appends text that holds no entities.
func (w *textBuf) writePlain(s string) { w.collapse([]byte(s)) }

func (w *textBuf) collapse(s []byte) {
	for i := 0; i < len(s); {
		w.b = slices.Grow(w.b, len(s)-i)
		n, free := len(w.b), w.b[:cap(w.b)]
		last := byte(0) // what was written last, without the bit of a blank
		if n > 0 {
			last = free[n-1] ^ ' '
		}
		for i+8 <= len(s) {
			x := binary.LittleEndian.Uint64(s[i:])
			if !isCollapsed(x, last) {
				break
			}
			binary.LittleEndian.PutUint64(free[n:], x)
			i, n, last = i+8, n+8, byte(x>>56)^' '
		}
		for stop := min(len(s), i+8); i < stop; i++ { // no branch depends on where words end
			c := plainBytes[s[i]]
			if c == 0 {
				break
			}
			free[n] = c
			n += oneIf(c^' '|last != 0)
			last = c ^ ' '
		}
		w.b = free[:n]
		if i < len(s) && plainBytes[s[i]] == 0 {
			i += w.mark(s[i:])
		}
	}
}

// isCollapsed says whether eight bytes are ASCII that is written as it stands:
// without control characters and without two blanks side by side, also behind the
// byte that was written last, which is given without the bit of a blank.
func isCollapsed(x uint64, last byte) bool {
	const printed = 0x80 - ' ' // sets the highest bit of what is no control character
	blanks := eightHigh &^ ((x ^ eightOnes*' ') + eightOnes*0x7f)
	var before uint64
	if last == 0 {
		before = 0x80
	}
	other := (x | (x + eightOnes) | ^(x + eightOnes*printed)) & eightHigh // not ASCII, or a control character
	return other|blanks&(blanks<<8|before) == 0
}

// plainBytes holds a blank for white space, 0 for what may have to be left out,
// and all other bytes as they are.
var plainBytes = buildPlainBytes()

func buildPlainBytes() (table [256]byte) {
	for c := range 256 {
		switch b := byte(c); {
		case isSpace(b):
			table[c] = ' '
		case !textMarks[c]:
			table[c] = b
		}
	}
	return table
}

// textMarks are the bytes with which what is collapsed or left out begins.
var textMarks = buildTextMarks()

func buildTextMarks() (table [256]bool) {
	for c := range byte(' ' + 1) {
		table[c] = true
	}
	for _, c := range []byte{0x7f, 0xc2, 0xe2, 0xef} {
		table[c] = true
	}
	return table
}

// mark takes what begins with one of textMarks; it returns how many bytes.
func (w *textBuf) mark(s []byte) int {
	c := s[0]
	switch {
	case c < 0x20 || c == 0x7f:
	case c == 0xc2 && len(s) > 1 && s[1] == 0xa0: // no-break space
		w.space()
		return 2
	case c == 0xc2 && len(s) > 1 && s[1] == 0xad: // soft hyphen
		return 2
	case c == 0xe2 && len(s) > 2 && s[1] == 0x80 && s[2] == 0x8b: // zero-width space
		return 3
	case c == 0xef && len(s) > 2 && s[1] == 0xbb && s[2] == 0xbf: // byte order mark
		return 3
	default:
		w.b = append(w.b, c)
	}
	return 1
}

func (w *textBuf) String() string { return strings.TrimSpace(string(w.b)) }

// attrs walks over the attributes of a start tag.
type attrs struct {
	b         []byte
	name, val []byte
}

func (a *attrs) next() bool {
	b := a.b
	for len(b) > 0 && (isSpace(b[0]) || b[0] == '/') {
		b = b[1:]
	}
	if len(b) == 0 {
		return false
	}
	i := 1
	for i < len(b) && b[i] != '=' && !isSpace(b[i]) && b[i] != '/' {
		i++
	}
	a.name, a.val = b[:i], nil
	b = b[i:]
	for len(b) > 0 && isSpace(b[0]) {
		b = b[1:]
	}
	if len(b) > 0 && b[0] == '=' {
		a.val, b = attrValue(b[1:])
	}
	a.b = b
	return true
}

func attrValue(b []byte) (val, rest []byte) {
	for len(b) > 0 && isSpace(b[0]) {
		b = b[1:]
	}
	if len(b) == 0 {
		return nil, nil
	}
	if q := b[0]; q == '"' || q == '\'' {
		if j := bytes.IndexByte(b[1:], q); j >= 0 {
			return b[1 : 1+j], b[2+j:]
		}
		return b[1:], nil
	}
	i := 0
	for i < len(b) && !isSpace(b[i]) {
		i++
	}
	return b[:i], b[i:]
}
