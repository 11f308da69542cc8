package parser

import (
	"math"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"pressmill/parser/bylines"
	"pressmill/pkg/news"
)

// body chooses the container and cuts the page into blocks. A site rule that
// names the text goes first.
func (x *extraction) body() {
	if x.ruledBody() {
		return
	}
	t := x.tree
	x.root = t.container(x.models.container)
	if x.root < 0 {
		x.root = t.fallbackRoot()
	}
	x.findPosts()
	from, _ := x.scope()
	x.raw = t.collect(x.root, from, 0)
}

// fallbackRoot is where a page without any long paragraph keeps its text, or one
// without any elements around it.
func (t *tree) fallbackRoot() int32 {
	for _, want := range []tag{tagArticle, tagMain, tagBody} {
		for i := range t.nodes {
			if n := &t.nodes[i]; n.tag == want && n.flags&(dropped|inJunk) == 0 {
				return int32(i)
			}
		}
	}
	return 0
}

// scope returns the nodes that belong to the article: its text with the header
// above and what follows below.
func (x *extraction) scope() (from, to int32) {
	if x.span[1] == 0 {
		i := x.scopeRoot()
		x.span = [2]int32{i, x.tree.nodes[i].stop}
	}
	return x.span[0], x.span[1]
}

func (x *extraction) scopeRoot() int32 {
	t := x.tree
	if x.root < 0 {
		return 0
	}
	i := x.root
	for p := t.nodes[i].parent; p >= 0; p = t.nodes[p].parent {
		n := &t.nodes[p]
		if n.tag == tagHTML || n.full > 2.5*t.nodes[x.root].full+200 {
			break
		}
		i = p
		if n.tag == tagBody || t.holds(p, tagH1) {
			break
		}
	}
	return i
}

// holds says whether subtree i has an element with a tag of traitListed.
func (t *tree) holds(i int32, x tag) bool {
	return len(among(t.all(x), i, t.nodes[i].stop)) > 0
}

// filter tells the text from what else stands in the container.
type filter struct {
	x       *extraction
	title   string
	seen    map[string]bool
	first   int     // index of the first block of running text
	second  int     // of the second: the first may be the standfirst, above the byline
	last    int     // of the last
	related bool    // behind a label of links
	box     int32   // and what holds the label
	rail    bool    // and they are a rail
	head    uint64  // what an h1 with a class is like that says the title, or 0
	ended   bool    // behind what heads the end of the article
	other   bool    // in a second story
	weight  float32 // of what no rule refused
	pulls   int     // blocks looked for in the text

	credits, dates tries
	article        int32 // that was looked at last
	others         bool  // and it is another story
}

// The reasons why a block is not in the text.
const (
	whyEnded   = "behind the end"
	whyNoise   = "noise line"
	whyCredit  = "agency credit"
	whyRelated = "related link"
	whyPromo   = "promo"
	whyTitle   = "the title again"
	whyByline  = "byline or date"
	whyCaption = "caption"
	whyEarly   = "furniture above the text"
	whyLink    = "only a link"
	whyTwice   = "stood before"
	whyPulled  = "pulled out of the text"
	whyOutside = "outside the container"
	whyOther   = "in another story"
	whyModel   = "not like the text"
)

// usualBlocks is how many different blocks most texts do not exceed.
const usualBlocks = 64

// sift tells what the blocks are by rules, and files what belongs elsewhere. A
// block's reason is the word of a rule, which the model may overrule.
func (x *extraction) sift() {
	f := filter{x: x, title: x.fold(x.art.Title), seen: make(map[string]bool, min(len(x.raw), usualBlocks)), first: len(x.raw), second: len(x.raw), last: -1}
	for i := range x.raw {
		if b := &x.raw[i]; b.inside && b.run {
			if f.last >= 0 {
				f.second = min(f.second, i)
			}
			f.first = min(f.first, i)
			f.last = i
		}
	}
	from, _ := x.scope()
	for i := range x.raw {
		f.headline(&x.raw[i])
		switch b := &x.raw[i]; {
		case f.follows(b):
			b.why = whyEnded
		case !b.inside && f.isOthers(b):
			b.why = whyOther
		case !b.inside && isPromo(b.folded, b.weight):
			b.why = whyPromo
		case !b.inside && b.start > x.root || b.start < from:
			b.why = whyOutside
		case !b.inside && f.isByline(i, b):
			b.why = whyByline
		case !b.inside && f.isCaption(b):
			b.why = whyCaption
		case !b.inside:
			b.why = whyOutside
		case x.tree.nodes[b.node].flags&ruleKeep != 0:
		case f.ends(b):
			b.why = whyEnded
		default:
			if b.why = f.refuse(i, b); b.why == "" {
				f.weight += b.weight
			}
		}
	}
}

// disputable says whether a reason is one that the model may overrule.
func disputable(why string) bool {
	switch why {
	case "", whyOutside, whyEarly, whyLink, whyTwice:
		return true
	}
	return false
}

// sureText is the weight of likely text below which a page is looked at again.
const sureText = 150

// keep keeps the blocks that the model takes for text. When they are hardly
// any, it keeps the likeliest of the container that no rule refuses. Where a
// site rule names the text, the model is not asked. The label of a details
// element goes with what it labels, as a break does with what it parts.
func (x *extraction) keep() {
	vectors := x.describeBlocks()
	var sure float32
	top := float32(math.Inf(-1))
	for i := range x.raw {
		b := &x.raw[i]
		if !disputable(b.why) { // the rule decides: see oddsOf
			continue
		}
		if b.odds = x.models.blocks.Score(vectors[i][:]); b.besides() {
			continue
		}
		if b.odds > 0 {
			sure += b.weight
		}
		if b.inside && b.why == "" {
			top = max(top, b.odds)
		}
	}
	least := x.leastOdds()
	limit := least
	if sure < sureText {
		limit = min(least, top-1)
	}
	ruled := x.art.Prov["body"].Src == srcRule
	x.kept = slices.Grow(x.tree.kept[:0], len(x.raw))
	last, ahead := -1, -1 // the block that was kept last, and what is kept if the next one is
	for i := range x.raw {
		b := &x.raw[i]
		switch {
		case last >= 0 && last == i-1 && b.isBreak():
			ahead = i
		case b.inside && b.why == "" && len(x.kept) > 0 && x.goesOn(&x.kept[len(x.kept)-1], b):
			x.kept[len(x.kept)-1].join(b)
		case !ruled && b.inside && b.why == "" && x.labelsDetails(b):
			ahead, b.why = i, whyModel
		case ruled && b.why == "", x.tree.nodes[b.node].flags&ruleKeep != 0, b.inside && b.besides(),
			b.odds > least && disputable(b.why),
			b.odds > limit && b.inside && b.why == "":
			if ahead >= 0 && ahead == i-1 {
				x.raw[ahead].why = ""
				x.kept = append(x.kept, x.raw[ahead])
			}
			b.why = ""
			x.kept = append(x.kept, *b)
			last = i
		case b.why == "":
			b.why = whyModel
		}
	}
	x.tree.kept = x.kept
	x.kept = trimEnd(x.kept)
}

// goesOn says whether a line without an element of its own is what follows of a
// paragraph's sentence: an advertisement in a paragraph ends it for a browser.
func (x *extraction) goesOn(p, b *block) bool {
	if p.t != news.BlockParagraph || b.t != news.BlockParagraph || x.tree.nodes[p.node].parent != b.node || endsSentence(p.text) {
		return false
	}
	first, _ := utf8.DecodeRuneInString(b.text)
	return unicode.IsLower(first)
}

// join appends what a block goes on with.
func (b *block) join(rest *block) {
	b.text += " " + rest.text
	b.folded += " " + rest.folded
	b.weight += rest.weight
}

// labelsDetails says whether a block is the label of a details element, or a heading
// that is a button; one that a site rule keeps is kept anyway.
func (x *extraction) labelsDetails(b *block) bool {
	t := x.tree
	n := &t.nodes[b.node]
	folds := n.tag == tagSummary
	for i := t.nodes[b.start].parent; i > b.node && n.tag.is(traitHeading) && !folds; i = t.nodes[i].parent {
		folds = t.nodes[i].tag == tagButton
	}
	return folds && n.flags&ruleKeep == 0
}

// minBreak is how many marks make a break between two parts of a text; one is
// a bullet or a dash.
const minBreak = 3

// isBreak says whether a block of the container is nothing but such marks.
func (b *block) isBreak() bool {
	if !b.inside || len(b.text) > longEnough || b.weight < minBreak {
		return false
	}
	return strings.Trim(b.text, "_*~=-–—•·#■◆※☆★ ") == ""
}

// lowestF1 is taken for the F1 of a text from which less is to be expected.
const lowestF1 = 0.8

// leastOdds returns the log-odds above which a block raises the F1 that is to be
// expected of the text: its probability must exceed half of that F1. So what is
// doubtful is kept where much of the page is.
func (x *extraction) leastOdds() float32 {
	f1 := 1.0
	for range 4 { // it hardly changes any more
		var kept, right, all float64
		for i := range x.raw {
			b := &x.raw[i]
			if !disputable(b.why) || b.besides() {
				continue
			}
			p, w := 1/(1+math.Exp(-float64(b.odds))), float64(b.weight)
			all += p * w
			if p > f1/2 {
				kept += w
				right += p * w
			}
		}
		f1 = max(lowestF1, 2*right/(kept+all+1))
	}
	return float32(math.Log(f1 / (2 - f1)))
}

// oddsOf returns what the model says of a block of the page, also of one that
// it was not asked for.
func (x *extraction) oddsOf(i int) float32 {
	return x.models.blocks.Score(x.tree.describer.vectors[i][:])
}

// ends says whether the article has ended: at a block that heads what never
// comes before its end, such as comments or notes on the author.
func (f *filter) ends(b *block) bool {
	f.ended = f.ended || f.weight > 300 && b.weight <= 60 && endLabels.has(strings.Trim(b.folded, "0123456789 "))
	return f.ended
}

// follows says whether a second story has begun: with a headline like that of
// the article.
func (f *filter) follows(b *block) bool {
	f.other = f.other || f.weight > 300 && f.isSecondStory(b)
	return f.other
}

// isOthers says whether a block outside the container stands in an article that
// has a link to it for a headline.
func (f *filter) isOthers(b *block) bool {
	t := f.x.tree
	article := b.node
	for up := 0; article >= 0 && t.nodes[article].tag != tagArticle && up < maxNesting; up++ {
		article = t.nodes[article].parent
	}
	if article < 0 || t.nodes[article].tag != tagArticle || article <= f.x.root && f.x.root < t.nodes[article].stop {
		return false
	}
	if article != f.article {
		f.article, f.others = article, t.linksTo(article)
	}
	return f.others
}

// maxKickers is how many dates and names may stand in front of the headline of
// another story.
const maxKickers = 8

// linksTo says whether the first headline of an article, an h2 or h3, is a link and
// not the page's title. For an h1 see isSecondStory.
func (t *tree) linksTo(article int32) bool {
	named := among(t.named, article, t.nodes[article].stop)
	for _, i := range named[:min(len(named), maxKickers)] {
		if n := &t.nodes[i]; n.tag.is(traitHeading) {
			return n.link > 0.8*n.own && n.flags&(saysTitle|linksTitle) == 0
		}
	}
	return false
}

// headline remembers what the h1 is like that says the title. Without a class it
// may be like those of parts.
func (f *filter) headline(b *block) {
	if t := f.x.tree; f.head == 0 && t.nodes[b.node].tag == tagH1 && len(t.class(b.node)) > 0 && b.folded == f.title {
		f.head = t.placeSign(b.node)
	}
}

// isSecondStory says whether a block is a headline like that of the article.
func (f *filter) isSecondStory(b *block) bool {
	t := f.x.tree
	return f.head != 0 && t.nodes[b.node].tag == tagH1 && b.folded != f.title && t.placeSign(b.node) == f.head
}

// placeSign hashes an element and its parent, by tag and class.
func (t *tree) placeSign(i int32) uint64 {
	s := t.sign(i)
	if p := t.nodes[i].parent; p >= 0 {
		s = s*31 + t.sign(p)
	}
	return s
}

// running says whether a block alone is surely running text.
func running(b *block) bool {
	return b.t != news.BlockHeading && b.weight >= 60 && b.link < 0.5*b.weight && (endsSentence(b.text) || b.weight > 150)
}

// refuse returns why a block is not in the text, or "", and files what belongs
// elsewhere.
func (f *filter) refuse(i int, b *block) string {
	folded := b.folded
	switch {
	case folded == "" || noiseLines.has(folded):
		return whyNoise
	case f.isCredit(b):
		return whyCredit
	case f.relatedBlock(i, b, folded):
		return whyRelated
	case isPromo(folded, b.weight):
		return whyPromo
	case f.isTitle(i, b, folded):
		return whyTitle
	case f.isByline(i, b):
		return whyByline
	case f.isCaption(b), f.isCredited(i, b):
		return whyCaption
	case i < f.first && f.early(b):
		return whyEarly
	case b.linkOnly() && !f.sentenceLink(i, b):
		return whyLink
	case b.weight > 40 && f.seen[folded]:
		return whyTwice
	case i > f.first && f.pulled(b):
		return whyPulled
	}
	f.seen[folded] = true
	return ""
}

// isCredit files a line that credits agencies only.
func (f *filter) isCredit(b *block) bool {
	if len(b.text) > bylines.MaxCredit || !f.credits.more(maxBylines) {
		return false
	}
	names, with := bylines.Credit(b.text)
	if names == nil {
		return false
	}
	role := "source"
	if with {
		role = "contributor"
	}
	f.x.addAgencies(names, role, b.text)
	return true
}

// relatedBlock files links to other stories: those behind a label, up to the
// next block of running text.
func (f *filter) relatedBlock(i int, b *block, folded string) bool {
	if isRelatedLabel(folded) {
		f.related, f.rail = true, f.rail && i > f.last || railLabels.has(folded)
		f.box = f.x.tree.nodes[b.node].parent
		return true
	}
	if i > f.last && isPromo(folded, b.weight) {
		f.rail = true
	}
	if tail, ok := relatedLead(b.text); ok && (b.link > 0.3*b.weight || b.weight < 140) {
		f.addRelated(tail, b)
		return true
	}
	if !f.related {
		return false
	}
	if f.leavesBox(i, b) {
		f.related, f.rail = false, false
		return false
	}
	teaser := b.linkOnly() || b.weight < 200 && (!endsSentence(b.text) || b.t == news.BlockHeading || b.t == news.BlockListItem && b.link > 0)
	if !teaser && b.run {
		f.related, f.rail = false, false
		return false
	}
	if i > f.last && !teaser {
		teaser = b.weight < 100
	}
	if teaser {
		f.addRelated(b.text, b)
	}
	return teaser
}

// leavesBox says whether a block without links stands in the text behind the box that
// a label of links stood in: beside running text, as the label does not.
func (f *filter) leavesBox(i int, b *block) bool {
	t := f.x.tree
	if i < f.first || i > f.last {
		return false
	}
	column := t.nodes[f.x.raw[f.first].node].parent
	return b.link == 0 && f.box != column && t.nodes[b.node].parent == column
}

// addRelated keeps a link that an editor put with the text; those of rails are
// not kept.
func (f *filter) addRelated(title string, b *block) {
	if title == "" || f.rail || len(f.x.related) >= 20 {
		return
	}
	f.x.related = append(f.x.related, relatedLink{title: title, href: f.x.tree.attr(f.x.tree.anchorOf(b), "href")})
}

// anchorOf returns the first link in a block, or else the one around it.
func (t *tree) anchorOf(b *block) int32 {
	if b.anchor > 0 || b.link == 0 {
		return b.anchor
	}
	i := b.node
	for up := 0; i > 0 && t.nodes[i].tag != tagA && up < maxNesting; up++ {
		i = t.nodes[i].parent
	}
	return max(i, 0)
}

func (f *filter) isTitle(i int, b *block, folded string) bool {
	if f.title == "" || b.weight > 250 {
		return false
	}
	if folded == f.title {
		return true
	}
	return b.t == news.BlockHeading && i <= f.first && (strings.Contains(folded, f.title) || strings.Contains(f.title, folded) && len(folded) > len(f.title)/2)
}

// maxBylineBlock is the weight up to which a block can be a byline.
const maxBylineBlock = 110

// isByline tells bylines and dates from text. Inside of the text only a line that
// leaves no doubt is one.
func (f *filter) isByline(i int, b *block) bool {
	if b.weight > maxBylineBlock {
		return false
	}
	if near := i < f.first || i > f.last || i < f.second && f.second < f.last; !near {
		by, ok := bylines.Byline{}, false
		if !b.besides() {
			by, ok = f.x.parseLine(b.text)
		}
		if !ok || !by.Said {
			return false
		}
		f.x.bylines = append(f.x.bylines, b.text)
		return true
	}
	named := b.byline && b.t != news.BlockHeading && !endsSentence(b.text)
	if named || f.x.isByline(b.text) || b.weight < 60 && strings.Contains(b.text, ", ") && f.x.orgTail(b.text) {
		if i <= f.last || !f.x.tree.inCard(b.node) {
			f.x.bylines = append(f.x.bylines, b.text)
		}
		return true
	}
	return b.dated > 0.8*b.weight || b.weight < 50 && f.dates.more(maxTries) && holdsDate(b.text) && !endsSentence(strings.TrimRight(b.text, "."))
}

// orgTail says whether a short line ends in the site's name, as in "Name, Site".
func (x *extraction) orgTail(s string) bool {
	i := strings.LastIndex(s, ", ")
	tail := s[i+2:]
	joined := x.tree.store.joined(tail)
	return len(strings.Fields(tail)) < 5 && bylines.Name(s[:i]) &&
		(x.isSite(tail) || len(x.domainLabel) >= 5 && strings.Contains(joined, x.domainLabel))
}

// shortCaption is the weight up to which a line right below an image in the same
// element is its caption.
const shortCaption = 80

func (f *filter) isCaption(b *block) bool {
	return b.note || b.image && b.weight < shortCaption || len(b.folded) > 15 && f.x.captions[b.folded] ||
		f.x.tree.isCentredCaption(b)
}

// isCredited says whether a block in front of the text is the caption of a picture
// there, by the credit at its end.
func (f *filter) isCredited(i int, b *block) bool {
	if i >= f.first || b.lead || b.weight > maxPulled {
		return false
	}
	_, ok := bylines.CaptionCredit(b.text)
	return ok
}

// early says whether a short block in front of the text is furniture.
func (f *filter) early(b *block) bool {
	if b.lead {
		return false
	}
	if b.t == news.BlockHeading {
		return b.linkOnly()
	}
	return b.weight < 60 && (b.t == news.BlockListItem || !endsSentence(b.text))
}

// sentenceLink says whether a block that is all link is a sentence or an item
// of the text rather than a teaser.
func (f *filter) sentenceLink(i int, b *block) bool {
	if b.t == news.BlockListItem || b.t == news.BlockTable {
		return i > f.first && i < f.last && b.weight < 60
	}
	return i > f.first && i < f.last && b.weight < 30 && b.t != news.BlockHeading || strings.Contains(b.text, "://")
}

// The sizes between which a block can be a sentence pulled out of the text.
const (
	minPulled = 40 // bytes, folded
	maxPulled = 350
)

// maxPulls bounds how many blocks of a page are looked for in its text, and
// pulledHead is by how many bytes.
const (
	maxPulls   = 50
	pulledHead = 60
)

// pulled says whether a block is set apart and says once more what a paragraph of
// the text says.
func (f *filter) pulled(b *block) bool {
	if len(b.folded) < minPulled || b.weight > maxPulled || f.pulls >= maxPulls || !f.setApart(b) {
		return false
	}
	if f.pulls++; f.pulls == 1 {
		f.x.tree.pieces.cut(f.x.raw)
	}
	if !f.x.tree.pieces.maySay(b) {
		return false
	}
	head := b.folded[:min(pulledHead, len(b.folded))]
	for i := range f.x.raw {
		o := &f.x.raw[i]
		if o.inside && o.run && len(o.folded) > len(b.folded) && strings.Contains(o.folded, head) && strings.Contains(o.folded, b.folded) {
			return true
		}
	}
	return false
}

// pieces tells cheaply of most blocks that they do not stand in the running text
// of others. It has bits for what hashes like pieceSize bytes of that at every
// pieceStep-th place, one of which lies within each minPulled bytes.
type pieces struct{ once, twice pieceSet }

type pieceSet [1 << pieceBits / 64]uint64

const (
	pieceBits = 16
	pieceSize = 16
	pieceStep = minPulled - pieceSize + 1
)

// cut takes those of the running text of a page.
func (p *pieces) cut(blocks []block) {
	*p = pieces{}
	for i := range blocks {
		b := &blocks[i]
		if !b.inside || !b.run {
			continue
		}
		for k := 0; k+pieceSize <= len(b.folded); k += pieceStep {
			h := pieceHash(b.folded[k:])
			bit := uint64(1) << (h % 64)
			p.twice[h/64] |= p.once[h/64] & bit
			p.once[h/64] |= bit
		}
	}
}

// maySay says whether a block of minPulled bytes and more may stand in others: then
// all its pieces from one of the first places on are theirs.
func (p *pieces) maySay(b *block) bool {
	for k := range pieceStep {
		found := &p.once
		if k == 0 && b.inside && b.run { // which are its own, too
			found = &p.twice
		}
		if found.holds(b.folded[k:]) {
			return true
		}
	}
	return false
}

// holds says whether the pieces of a text are in the set.
func (p *pieceSet) holds(s string) bool {
	for ; len(s) >= pieceSize; s = s[min(pieceStep, len(s)):] {
		if h := pieceHash(s); p[h/64]>>(h%64)&1 == 0 {
			return false
		}
	}
	return true
}

// pieceHash hashes the piece that s begins with.
func pieceHash(s string) uint64 {
	h := (eightBytes(s)*fnvPrime ^ eightBytes(s[8:])) * fnvPrime
	return (h ^ h>>29) * fnvPrime >> (64 - pieceBits)
}

// setApart says whether a block is a quote, or a paragraph that does not stand beside
// the first of the text.
func (f *filter) setApart(b *block) bool {
	t, first := f.x.tree, &f.x.raw[f.first]
	n := &t.nodes[b.node]
	return b.t == news.BlockQuote || b.t == news.BlockParagraph && (n.tag != t.nodes[first.node].tag || n.parent != t.nodes[first.node].parent)
}

// trimEnd drops headings without text behind them, but for those that are
// sentences.
func trimEnd(bs []block) []block {
	for n := len(bs); n > 0; n-- {
		if b := &bs[n-1]; b.t != news.BlockHeading || b.weight > longEnough && endsSentence(b.text) {
			return bs[:n]
		}
	}
	return nil
}
