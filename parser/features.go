package parser

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"pressmill/pkg/news"
)

// What the block model knows of a block. The container's parent of most running
// text is called its column; the box of a block is the largest element around
// it that does not hold the column, or the block itself.
const (
	fWeight      = iota // of the text, as a logarithm
	fLinkShare          // of its weight
	fBoldShare          // of its weight
	fItalicShare        // of its weight
	fSentence           // ends as a sentence does
	fEllipsis           // ends with an ellipsis
	fCommas             // in the text
	fStops              // sentence ends in the text
	fDigits             // as a share of letters and digits
	fCapitals           // as a share of the letters
	fLowerStart         // begins with a small letter
	fWords              // in the text
	fColon              // ends with a colon
	fQuestion           // ends with a question mark
	fAddress            // holds a URL or an e-mail address
	fMail               // holds an e-mail address
	fBar                // holds a bar, bullet or copyright sign
	fDash               // begins with a dash or a bracket
	fPictured           // stands below an image in the same element
	fLed                // begins with a link
	fDescription        // begins as the page describes itself
	fInData             // stands in the structured data's text
	fNotInData          // does not, though there is one
	fTitleWords         // the share of words that it has in common with the title
	fParagraph          // what it is
	fHeading
	fLevel // of its element, if that is h1 to h6
	fItem
	fOrdered // of an ordered list
	fQuote
	fTable
	fP          // its element
	fDiv        // its element
	fPromo      // a rule calls it so: see the reasons
	fNoise      //
	fRelated    //
	fByline     //
	fCaption    //
	fTwice      //
	fEarly      //
	fOnlyLink   //
	fAgency     //
	fEnded      //
	fInside     // stands in the container
	fUp         // from the column to the element that holds column and block
	fDown       // from there to the block
	fInColumn   // stands in the column directly
	fSiblings   // running text of the same parent, as a share of the container's
	fLikes      // running text in elements of the same tag and class, the same
	fLikeCount  // how many elements are like it
	fPlaceLikes // as fLikes, of those whose parents are alike too
	fClassed    // its element has a class
	fPathJunk   // an element up to the box has such a name
	fPathLinks  //
	fPathTopics //
	fPathNote   // caption
	fPathByline //
	fPathLead   //
	fPathBody   //
	fPathDropped
	fPathHidden
	fPathAside // is an aside
	fPathFigure
	fPathSection
	fPathForm // is a form, footer, menu or button
	fBoxWeight
	fBoxLinks
	fBoxCount
	fBoxRuns
	fBoxImage   // the box holds an image or frame
	fBoxForm    // the box holds a form
	fBoxHeading // the box begins with a heading
	fPosition   // the share of the running text in front
	fBehind     // behind the last running text
	fBefore     // before the first
	fSinceRun   // blocks since the running text in front
	fUntilRun   // blocks until the next
	fPrevLinks
	fNextLinks
	fPrevHeading
	fNextHeading
	fPrevWeight
	fNextWeight
	fPrevOut // a rule calls the block in front something else than text
	fNextOut
	fRunCount  // blocks of running text in the container
	fRunWeight // their weight, as a logarithm
	featureCount
)

var blockFeatures = []string{
	fWeight: "weight", fLinkShare: "link_share", fBoldShare: "bold_share", fItalicShare: "italic_share", fSentence: "sentence", fEllipsis: "ellipsis", fCommas: "commas", fStops: "stops",
	fDigits: "digits", fCapitals: "capitals", fLowerStart: "lower_start", fWords: "words", fColon: "colon", fQuestion: "question",
	fAddress: "address", fMail: "mail", fBar: "bar", fDash: "dash", fPictured: "pictured", fLed: "led", fDescription: "description", fInData: "in_data", fNotInData: "not_in_data",
	fTitleWords: "title_words", fParagraph: "paragraph", fHeading: "heading", fLevel: "level", fItem: "item", fOrdered: "ordered", fQuote: "quote", fTable: "table",
	fP: "p", fDiv: "div", fPromo: "promo", fNoise: "noise", fRelated: "related", fByline: "byline", fCaption: "caption", fTwice: "twice",
	fEarly: "early", fOnlyLink: "only_link", fAgency: "agency", fEnded: "ended", fInside: "inside", fUp: "up", fDown: "down",
	fInColumn: "in_column", fSiblings: "siblings", fLikes: "likes", fLikeCount: "like_count", fPlaceLikes: "place_likes", fClassed: "classed",
	fPathJunk: "path_junk", fPathLinks: "path_links", fPathTopics: "path_topics", fPathNote: "path_note", fPathByline: "path_byline",
	fPathLead: "path_lead", fPathBody: "path_body", fPathDropped: "path_dropped", fPathHidden: "path_hidden", fPathAside: "path_aside",
	fPathFigure: "path_figure", fPathSection: "path_section", fPathForm: "path_form", fBoxWeight: "box_weight", fBoxLinks: "box_links",
	fBoxCount: "box_count", fBoxRuns: "box_runs", fBoxImage: "box_image", fBoxForm: "box_form", fBoxHeading: "box_heading", fPosition: "position",
	fBehind: "behind", fBefore: "before", fSinceRun: "since_run", fUntilRun: "until_run", fPrevLinks: "prev_links", fNextLinks: "next_links",
	fPrevHeading: "prev_heading", fNextHeading: "next_heading", fPrevWeight: "prev_weight", fNextWeight: "next_weight",
	fPrevOut: "prev_out", fNextOut: "next_out", fRunCount: "run_count", fRunWeight: "run_weight",
}

// vector is what the block model knows of one block.
type vector [featureCount]float32

// box sums up the blocks of one box.
type box struct {
	node         int32
	first        int // block
	weight, link float32
	blocks, runs float32
}

// like sums up the blocks in elements of one tag and class, or those of them
// whose parents have one, too.
type like struct {
	sign  uint64
	run   float32
	count float32
}

// describer looks at all blocks of a page before it describes each.
type describer struct {
	x         *extraction
	vectors   []vector
	column    int32
	siblings  []float32 // running text by parent
	likes     []like
	likeOf    []int // by block
	places    []like
	placeOf   []int // by block
	boxes     []box
	boxOf     []int   // by block
	total     float32 // running text of the container
	runs      float32
	runWeight float32 // its weight as a logarithm
	first     int     // block of running text
	last      int
	title     []string
	descs     []string
	data      string // the structured data's text, folded
	dataAt    int    // behind what was found of it last

	titleSigns uint64 // has bits for the signs of the title's words
}

// describeBlocks returns what the model knows of each of the page's blocks. The
// vectors are the tree's, until it is released.
func (x *extraction) describeBlocks() []vector {
	s := &x.tree.describer
	s.begin(x)
	s.findColumn()
	s.findBoxes()
	for i := range x.raw {
		s.vectors[i].ofText(&x.raw[i])
	}
	var before float32
	since := -1
	for i := range x.raw {
		v, b := &s.vectors[i], &x.raw[i]
		v.ofReason(b.why)
		s.ofWords(v, b)
		s.ofPlace(v, i)
		v[fPosition] = before / (s.total + 1)
		v[fSinceRun] = distance(since, i)
		if s.runs > 0 && b.inside && b.run {
			before += b.weight
			since = i
		}
	}
	next := -1
	for i := len(x.raw) - 1; i >= 0; i-- {
		s.vectors[i][fUntilRun] = distance(i, next)
		if b := &x.raw[i]; b.inside && b.run {
			next = i
		}
	}
	return s.vectors
}

// begin empties the describer for the blocks of x; its slices are used again.
func (s *describer) begin(x *extraction) {
	n := len(x.raw)
	*s = describer{
		x: x, column: x.root, first: n, last: -1, siblings: x.tree.scratch(), descs: x.descriptions(), title: strings.Fields(x.fold(x.art.Title)),
		vectors: slices.Grow(s.vectors[:0], n)[:n], likeOf: slices.Grow(s.likeOf[:0], n)[:n], boxOf: slices.Grow(s.boxOf[:0], n)[:n],
		likes: s.likes[:0], places: s.places[:0], placeOf: slices.Grow(s.placeOf[:0], n)[:n], boxes: s.boxes[:0],
	}
	clear(s.vectors)
	for _, w := range s.title {
		s.titleSigns |= 1 << wordSign(w)
	}
	if data := x.ld.article.text("articleBody"); len(data) > 400 {
		s.data = x.fold(data)
	}
}

// forget lets go of everything but the slices.
func (s *describer) forget() {
	s.x, s.title, s.descs, s.data, s.siblings = nil, nil, nil, "", nil
}

// distance is the number of blocks from a to b, at most 9; a negative block is
// far away.
func distance(a, b int) float32 {
	if a < 0 || b < 0 {
		return 9
	}
	return float32(min(b-a, 9))
}

func (s *describer) findColumn() {
	t, most := s.x.tree, float32(-1)
	above, aboveSign := int32(-1), uint64(0) // the last parent
	for i := range s.x.raw {
		b := &s.x.raw[i]
		p := t.nodes[b.node].parent
		if p >= 0 && p != above {
			above, aboveSign = p, t.sign(p)
		}
		sign := t.sign(b.node)
		k, at := likeOfSign(&s.likes, sign), likeOfSign(&s.places, sign*31+aboveSign)
		s.likeOf[i], s.placeOf[i] = k, at
		s.likes[k].count++
		if !b.inside || !b.run {
			continue
		}
		s.first = min(s.first, i)
		s.last = i
		s.total += b.weight
		s.runs++
		s.likes[k].run += b.weight
		s.places[at].run += b.weight
		if p >= 0 {
			s.siblings[p] += b.weight
			if s.siblings[p] > most {
				s.column, most = p, s.siblings[p]
			}
		}
	}
	s.runWeight = logarithm(s.total)
}

// likeOfSign returns where the sums of a sign stand, at the end for a new one.
func likeOfSign(list *[]like, sign uint64) int {
	for k := range *list {
		if (*list)[k].sign == sign {
			return k
		}
	}
	*list = append(*list, like{sign: sign})
	return len(*list) - 1
}

// sign hashes the tag and the class of an element (FNV-1a).
func (t *tree) sign(i int32) uint64 {
	h := uint64(14695981039346656037) ^ uint64(t.nodes[i].tag)
	for _, c := range t.class(i) {
		h = (h ^ uint64(c)) * 1099511628211
	}
	return h
}

// class returns the class attribute of an element as the page has it.
func (t *tree) class(i int32) []byte {
	a := attrs{b: t.bytes(i)}
	for a.next() {
		if equalFold(a.name, "class") {
			return a.val
		}
	}
	return nil
}

// findBoxes walks from each block up to what holds the column too, or far enough.
func (s *describer) findBoxes() {
	t := s.x.tree
	for i := range s.x.raw {
		v, b := &s.vectors[i], &s.x.raw[i]
		var path mark
		around, at := b.node, b.node
		for up := 0; around >= 0 && up < maxNesting && (around > s.column || s.column >= t.nodes[around].stop); around, up = t.nodes[around].parent, up+1 {
			n := &t.nodes[around]
			path |= n.flags
			v.ofTag(n.tag)
			v[fDown]++
			at = around
		}
		v[fDown] = min(v[fDown], 8)
		for up := s.column; up >= 0 && up != around && v[fUp] < 8; up = t.nodes[up].parent {
			v[fUp]++
		}
		v.ofPath(path)
		s.boxOf[i] = s.boxAt(at, i)
		bx := &s.boxes[s.boxOf[i]]
		bx.weight += b.weight
		bx.link += b.link
		bx.blocks++
		bx.runs += number(b.run)
	}
}

// boxAt returns the box with the node, a new one for the first block of it.
func (s *describer) boxAt(at int32, block int) int {
	for k := len(s.boxes) - 1; k >= 0 && k >= len(s.boxes)-4; k-- {
		if s.boxes[k].node == at {
			return k
		}
	}
	s.boxes = append(s.boxes, box{node: at, first: block})
	return len(s.boxes) - 1
}

func (v *vector) ofTag(x tag) {
	switch x {
	case tagAside, tagDetails, tagDialog:
		v[fPathAside] = 1
	case tagFigure, tagFigcaption:
		v[fPathFigure] = 1
	case tagSection, tagArticle, tagCustom:
		v[fPathSection] = 1
	case tagForm, tagFooter, tagNav, tagMenu, tagButton:
		v[fPathForm] = 1
	}
}

func (v *vector) ofPath(f mark) {
	v[fPathJunk] = number(f&junk != 0)
	v[fPathLinks] = number(f&relatedMark != 0)
	v[fPathTopics] = number(f&tagsMark != 0)
	v[fPathNote] = number(f&captionMark != 0)
	v[fPathByline] = number(f&(bylineMark|dateMark) != 0)
	v[fPathBody] = number(f&bodyMark != 0)
	v[fPathDropped] = number(f&(dropped|inJunk) != 0)
	v[fPathHidden] = number(f&hidden != 0)
}

func (v *vector) ofReason(why string) {
	v[fPromo] = number(why == whyPromo)
	v[fNoise] = number(why == whyNoise)
	v[fRelated] = number(why == whyRelated)
	v[fByline] = number(why == whyByline)
	v[fCaption] = number(why == whyCaption)
	v[fTwice] = number(why == whyTwice || why == whyPulled)
	v[fEarly] = number(why == whyEarly)
	v[fOnlyLink] = number(why == whyLink)
	v[fAgency] = number(why == whyCredit)
	v[fEnded] = number(why == whyEnded)
	if why == whyTitle {
		v[fTitleWords] = 1
	}
}

// ofText fills in what the block alone tells.
func (v *vector) ofText(b *block) {
	v[fWeight] = logarithm(b.weight)
	v[fLinkShare] = b.link / b.weight
	v[fBoldShare] = b.bold / b.weight
	v[fItalicShare] = b.italic / b.weight
	v[fSentence] = number(endsSentence(b.text))
	v[fEllipsis] = number(strings.HasSuffix(b.text, "…") || strings.HasSuffix(b.text, "..."))
	v.count(b.text)
	first, _ := utf8.DecodeRuneInString(b.text)
	v[fLowerStart] = number(unicode.IsLower(first))
	v[fDash] = number(strings.ContainsRune("-*>#(–—•", first))
	v[fColon] = number(strings.HasSuffix(b.text, ":"))
	v[fQuestion] = number(strings.HasSuffix(b.text, "?"))
	v[fLed] = number(b.led)
	v[fPictured] = number(b.image)
	v[fParagraph] = number(b.t == news.BlockParagraph)
	v[fHeading] = number(b.t == news.BlockHeading)
	v[fItem] = number(b.t == news.BlockListItem)
	v[fQuote] = number(b.t == news.BlockQuote)
	v[fTable] = number(b.t == news.BlockTable)
	v[fPathLead] = number(b.lead)
}

// level returns 1 to 6 for h1 to h6, and 0 for any other.
func level(x tag) float32 {
	if !x.is(traitHeading) {
		return 0
	}
	return float32(x-tagH1) + 1
}

// count counts what the text is written with.
func (v *vector) count(s string) {
	n, words := countGlyphs(s)
	letters := n[glyphLetter] + n[glyphCapital]
	v[fCommas], v[fStops], v[fWords] = float32(min(n[glyphComma], 10)), float32(min(n[glyphStop], 10)), float32(min(words, 80))
	v[fDigits] = float32(n[glyphDigit]) / float32(n[glyphDigit]+letters+1)
	v[fCapitals] = float32(n[glyphCapital]) / float32(letters+1)
	v[fBar] = number(n[glyphBar] > 0)
	if n[glyphAddress] > 0 {
		v[fMail] = number(strings.Contains(s, "@"))
		v[fAddress] = max(v[fMail], number(strings.Contains(s, "://") || strings.Contains(s, "www.")))
	}
}

// glyph is what a character is to the block model.
type glyph uint8

const (
	glyphOther glyph = iota
	glyphComma
	glyphStop    // the end of a sentence
	glyphAddress // what addresses hold
	glyphBar
	glyphDigit // this and those behind it are parts of words
	glyphLetter
	glyphCapital
	glyphCount
)

// countGlyphs counts the characters of a text and its words. The counts are kept
// side by side in one number, a byte for each, until one could overflow.
func countGlyphs(s string) (n [glyphCount]int, words int) {
	inWord := 0
	for i := 0; i < len(s); {
		var counts uint64
		for room := 255; room > 0 && i < len(s); room-- {
			var one uint64
			if c := s[i]; c < utf8.RuneSelf {
				one = asciiGlyphs[c]
				i++
			} else {
				r, size := utf8.DecodeRuneInString(s[i:])
				one = glyphOf(r).one()
				i += size
			}
			counts += one
			word := oneIf(one >= glyphDigit.one())
			words += word &^ inWord
			inWord = word
		}
		for k := range n {
			n[k] += int(counts >> (8 * k) & 0xff)
		}
	}
	return n, words
}

// one is a count of one glyph.
func (g glyph) one() uint64 { return 1 << (8 * g) }

// asciiGlyphs holds counts of one for ASCII.
var asciiGlyphs = buildASCIIGlyphs()

func buildASCIIGlyphs() (table [utf8.RuneSelf]uint64) {
	for c := range table {
		table[c] = glyphOf(rune(c)).one()
	}
	return table
}

func glyphOf(r rune) glyph {
	switch {
	case 'a' <= r && r <= 'z':
		return glyphLetter
	case 'A' <= r && r <= 'Z':
		return glyphCapital
	case '0' <= r && r <= '9':
		return glyphDigit
	case isCaseless(r):
		return glyphLetter
	case r >= utf8.RuneSelf && unicode.IsLetter(r):
		if unicode.IsUpper(r) {
			return glyphCapital
		}
		return glyphLetter
	case strings.ContainsRune(",;、،", r):
		return glyphComma
	case strings.ContainsRune(".!?。！？।؟", r):
		return glyphStop
	case r == '@' || r == '/':
		return glyphAddress
	case r == '|' || r == '•' || r == '©':
		return glyphBar
	}
	return glyphOther
}

// opening is how much of a block, folded, is looked for in structured data.
const opening = 60

// ofWords fills in what the block's words have in common with the rest.
func (s *describer) ofWords(v *vector, b *block) {
	v[fDescription] = number(describes(b.folded, s.descs))
	if len(b.folded) > 20 && s.data != "" {
		head := b.folded
		if len(head) > opening {
			head = strings.ToValidUTF8(head[:opening], "")
		}
		found := s.inData(head)
		v[fInData], v[fNotInData] = number(found), number(!found)
	}
	v[fTitleWords] = max(v[fTitleWords], s.titleShare(b.folded))
}

// inData says whether a text stands in the structured data's. That has what the
// page shows in the same order, so what follows the last found is looked at first.
func (s *describer) inData(text string) bool {
	from := s.dataAt
	i := strings.Index(s.data[from:], text)
	if i < 0 {
		from, i = 0, strings.Index(s.data[:min(from+len(text), len(s.data))], text)
	}
	if i < 0 {
		return false
	}
	s.dataAt = from + i + len(text)
	return true
}

// titleShare is the share of the words of a short text, or of the title if that
// is longer, that both have.
func (s *describer) titleShare(folded string) float32 {
	if len(s.title) == 0 || len(folded) > 400 {
		return 0
	}
	all, both := strings.Count(folded, " ")+1, 0
	if all > 3*len(s.title)+5 {
		return 0
	}
	for w := range strings.SplitSeq(folded, " ") {
		if s.titleSigns>>wordSign(w)&1 != 0 && slices.Contains(s.title, w) {
			both++
		}
	}
	return float32(both) / float32(max(all, len(s.title)))
}

// wordSign is a number below 64 that tells most words apart.
func wordSign(w string) int {
	if w == "" {
		return 0
	}
	return (len(w)*7 + int(w[0]) + 5*int(w[len(w)-1])) % 64
}

// ofPlace fills in where the block stands and what stands around it.
func (s *describer) ofPlace(v *vector, i int) {
	t, bs := s.x.tree, s.x.raw
	b := &bs[i]
	parent := t.nodes[b.node].parent
	v[fP] = number(t.nodes[b.node].tag == tagP)
	v[fDiv] = number(t.nodes[b.node].tag == tagDiv)
	v[fLevel] = level(t.nodes[b.node].tag)
	v[fOrdered] = number(parent >= 0 && t.nodes[parent].tag == tagOL)
	v[fInside] = number(b.inside)
	v[fInColumn] = number(parent == s.column)
	v[fClassed] = number(len(t.class(b.node)) > 0)
	own := float32(0) // the block itself does not speak for itself
	if b.inside && b.run {
		own = b.weight
	}
	l := &s.likes[s.likeOf[i]]
	rest := s.total - own + 1
	v[fLikes], v[fLikeCount] = (l.run-own)/rest, min(l.count, 30)
	if b.inside {
		v[fPlaceLikes] = (s.places[s.placeOf[i]].run - own) / rest
	}
	if parent >= 0 {
		v[fSiblings] = (s.siblings[parent] - own) / rest
	}
	bx := &s.boxes[s.boxOf[i]]
	v[fBoxWeight] = bx.weight / (s.total + 1)
	v[fBoxLinks] = bx.link / (bx.weight + 1)
	v[fBoxCount] = min(bx.blocks, 40)
	v[fBoxRuns] = min(bx.runs, 20)
	v[fBoxImage] = number(t.holds(bx.node, tagImg) || t.holds(bx.node, tagIframe) || t.holds(bx.node, tagVideo))
	v[fBoxForm] = number(t.holds(bx.node, tagForm))
	v[fBoxHeading] = number(bs[bx.first].t == news.BlockHeading && bx.blocks > 1)
	v[fBehind], v[fBefore] = number(i > s.last), number(i < s.first)
	v[fRunCount], v[fRunWeight] = min(s.runs, 60), s.runWeight
	if i > 0 {
		v.ofNeighbour(&bs[i-1], fPrevLinks, fPrevHeading, fPrevOut)
		v[fPrevWeight] = s.vectors[i-1][fWeight]
	}
	if i+1 < len(bs) {
		v.ofNeighbour(&bs[i+1], fNextLinks, fNextHeading, fNextOut)
		v[fNextWeight] = s.vectors[i+1][fWeight]
	}
}

func (v *vector) ofNeighbour(b *block, links, heading, out int) {
	v[links] = b.link / (b.weight + 1)
	v[heading] = number(b.t == news.BlockHeading)
	v[out] = number(b.why != "")
}
