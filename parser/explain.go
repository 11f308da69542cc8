package parser

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"
	"sort"
	"strings"

	"pressmill/parser/explain"
	"pressmill/pkg/news"
	"pressmill/pkg/weburl"
)

// Explain extracts a page as Extract does and tells what became of every block
// of it, also when it is no article. The error is that of a page whose addresses
// are no URLs.
func (e *Extractor) Explain(page *news.Page) (*explain.Page, error) {
	out := &explain.Page{URL: page.FinalURL, Engine: Engine + " " + Version}
	x, err := e.open(page)
	if reject, ok := errors.AsType[*RejectError](err); ok {
		out.Reject = reject.explain()
		return out, nil
	}
	if err != nil {
		return nil, err
	}
	defer x.tree.release()
	err = x.run()
	if reject, ok := errors.AsType[*RejectError](err); ok {
		out.Reject = reject.explain()
	} else if err != nil {
		return nil, err
	}
	x.finish()
	newExplainer(x).explain(out)
	return out, nil
}

// explainer walks a tree after its extraction.
type explainer struct {
	x      *extraction
	t      *tree
	raw    []block                  // by their first node
	read   []int                    // how much of each block's text was met in the page so far
	kept   map[int32]news.BlockType // by the first node
	lost   string                   // why blocks that nothing was said against are not kept
	uses   map[string]use           // of folded texts
	rated  map[int32]float32        // the candidates
	loose  *explain.Block           // text that is in no raw block, while it grows
	buf    textBuf                  // its text
	weight float32
	link   float32
	from   looseFrom
}

// looseFrom is where a loose block stands.
type looseFrom struct {
	block int32 // the nearest block element
	drop  int32 // the furniture around it, or -1
	first int32 // its first text
}

// use is a field that a text was read for.
type use struct{ blockType, why string }

func newExplainer(x *extraction) *explainer {
	e := &explainer{x: x, t: x.tree, raw: slices.Clone(x.raw), kept: make(map[int32]news.BlockType), lost: "left out at the end"}
	for i := range e.raw {
		e.raw[i].odds = x.oddsOf(i)
	}
	slices.SortStableFunc(e.raw, func(a, b block) int { return cmp.Compare(a.start, b.start) })
	e.read = make([]int, len(e.raw))
	for i := range x.kept {
		e.kept[x.kept[i].start] = x.kept[i].t
	}
	e.uses = x.uses()
	e.rated = x.candidates()
	return e
}

// explain fills what is not known before the walk.
func (e *explainer) explain(out *explain.Page) {
	x := e.x
	out.Title, out.Rule, out.Warnings = x.art.Title, x.rule.Name, x.art.Extraction.Warnings
	if out.Title == "" {
		out.Title = x.meta.title
	}
	out.Fields = fields(x.art)
	for i := range x.kept {
		if b := &x.kept[i]; b.start == 0 {
			out.Elsewhere = append(out.Elsewhere, explain.Block{Type: string(b.t), State: explain.Kept, Text: b.text, Score: score(b.weight, b.link)})
			e.lost = "the structured data has more"
		}
	}
	out.Root = &explain.Box{}
	e.fill(out.Root, 0, -1)
	e.flush(out.Root)
	e.fold(out.Root)
	for i, s := range e.rated {
		out.Candidates = append(out.Candidates, explain.Candidate{ID: i, Path: e.path(i), Score: float64(s), Chosen: i == x.root})
	}
	slices.SortFunc(out.Candidates, func(a, b explain.Candidate) int {
		return cmp.Or(cmp.Compare(b.Score, a.Score), cmp.Compare(a.ID, b.ID))
	})
}

// probability turns log-odds into 0..1.
func probability(odds float32) float32 { return float32(1 / (1 + math.Exp(-float64(odds)))) }

// mostCandidates is how many elements are shown that might be the container.
const mostCandidates = 8

// candidates rates the elements that do best as the container, by how likely
// each is the one among all, and the one that was chosen.
func (x *extraction) candidates() map[int32]float32 {
	type rated struct {
		node  int32
		score float64
	}
	var all []rated
	cs := x.tree.candidates()
	var sum float64
	for i := range cs {
		s := math.Exp(float64(x.models.container.Score(cs[i].v[:])))
		all = append(all, rated{cs[i].node, s})
		sum += s
	}
	slices.SortStableFunc(all, func(a, b rated) int { return cmp.Compare(b.score, a.score) })
	out := make(map[int32]float32)
	for _, r := range all[:min(len(all), mostCandidates)] {
		out[r.node] = float32(r.score / sum)
	}
	if _, ok := out[x.root]; !ok && x.root > 0 {
		out[x.root] = 0 // a site rule's
	}
	return out
}

// uses returns what the fields were read from.
func (x *extraction) uses() map[string]use {
	out := make(map[string]use)
	for _, r := range x.art.Related {
		out[fold(r.Title)] = use{"text", "a related link"}
	}
	for text := range x.captions {
		out[text] = use{"caption", "an image's caption"}
	}
	for i := range x.art.Images {
		out[fold(x.art.Images[i].Caption)] = use{"caption", "an image's caption"}
	}
	delete(out, "")
	for _, s := range x.bylines {
		out[fold(s)] = use{"byline", "the byline"}
	}
	for _, a := range x.art.Authors {
		out[fold(a.Raw)] = use{"byline", "the authors"}
	}
	for _, a := range x.art.Agencies {
		out[fold(a.Raw)] = use{"byline", "the agencies"}
	}
	for _, d := range []*news.Date{x.art.Published, x.art.Modified} {
		if d != nil {
			out[fold(d.Raw)] = use{"date", "a date"}
		}
	}
	out[fold(x.art.Title)] = use{"title", "the title"}
	delete(out, "")
	return out
}

// fill puts what stands in element i into a box. drop is the furniture around
// it, or -1.
func (e *explainer) fill(box *explain.Box, i, drop int32) {
	for j := i + 1; j < e.t.nodes[i].stop; j = e.t.nodes[j].stop {
		n := &e.t.nodes[j]
		inner := drop
		if j == e.x.root {
			inner = -1
		} else if drop < 0 && n.flags&dropped != 0 {
			inner = j
		}
		if n.flags&spaced != 0 {
			e.buf.space()
		}
		switch {
		case n.tag == tagNone:
			e.text(box, j, drop)
		case n.tag == tagImg || n.tag == tagVideo || n.tag == tagAudio || n.tag == tagIframe:
			e.flush(box)
			e.picture(box, j, inner)
		case n.tag == tagBr:
			e.buf.space()
		case n.tag.is(traitNoText):
		case n.tag.is(traitBlock):
			e.flush(box)
			e.add(box, e.inner(j, inner))
		default:
			e.fill(box, j, inner)
		}
	}
}

// inner makes the box of a block element.
func (e *explainer) inner(i, drop int32) *explain.Box {
	box := &explain.Box{ID: i, Path: e.step(i), Chosen: i == e.x.root}
	if s, ok := e.rated[i]; ok {
		box.Score = percent("as container", s)
	} else if n := &e.t.nodes[i]; n.good > 0 {
		box.Score = fmt.Sprintf("text %.0f, else %.0f", n.good, n.junk)
	}
	if drop == i {
		box.Why = e.t.whyDropped(i)
	}
	if k := e.rawAt(i); k >= 0 && e.raw[k].start == i { // a table
		e.showRaw(box, k, drop)
	}
	e.fill(box, i, drop)
	e.flush(box)
	return box
}

// add puts a box into another. One that holds a single thing is only a step in
// that one's path, unless it may be the container.
func (e *explainer) add(box, inner *explain.Box) {
	_, rated := e.rated[inner.ID]
	if len(inner.Items) == 0 && !rated {
		return
	}
	if len(inner.Items) != 1 || rated {
		box.Items = append(box.Items, explain.Item{Box: inner})
		return
	}
	switch it := inner.Items[0]; {
	case it.Block != nil:
		it.Block.Path = joinPath(inner.Path, it.Block.Path)
	default:
		it.Box.Path = joinPath(inner.Path, it.Box.Path)
		it.Box.Why = cmp.Or(inner.Why, it.Box.Why)
	}
	box.Items = append(box.Items, inner.Items[0])
}

func joinPath(a, b string) string {
	if a == "" || b == "" {
		return a + b
	}
	return a + " > " + b
}

// text shows a text node: with the block that the engine made of it, or else in
// a block of its own.
func (e *explainer) text(box *explain.Box, j, drop int32) {
	n := &e.t.nodes[j]
	raw := e.t.src[n.start:n.end]
	w := weigh(raw)
	if w == 0 {
		e.buf.space()
		return
	}
	if k, first := e.owner(j); k >= 0 {
		if first {
			e.flush(box)
			e.showRaw(box, k, drop)
		}
		return
	}
	near := e.nearest(n.parent)
	if e.loose != nil && (e.from.block != near || e.from.drop != drop) {
		e.flush(box)
	}
	if e.loose == nil {
		e.loose, e.from = &explain.Block{Type: e.looseType(n.parent), Why: e.whyLoose(j, drop)}, looseFrom{near, drop, j}
		e.buf.b = e.buf.b[:0]
	}
	e.buf.write(raw)
	e.weight += w
	if e.t.nodes[n.parent].flags&inLink != 0 {
		e.link += w
	}
}

// rawAt returns the last raw block that begins at or before node j, or -1.
func (e *explainer) rawAt(j int32) int {
	return sort.Search(len(e.raw), func(k int) bool { return e.raw[k].start > j }) - 1
}

// owner returns the raw block that a text node is in, or -1, and whether no node
// before was in it.
func (e *explainer) owner(j int32) (k int, first bool) {
	k = e.rawAt(j)
	if k < 0 || e.raw[k].node < 0 || j >= e.t.nodes[e.raw[k].node].stop {
		return -1, false
	}
	var piece textBuf
	n := &e.t.nodes[j]
	piece.write(e.t.src[n.start:n.end])
	text := piece.String()
	at := strings.Index(e.raw[k].text[e.read[k]:], text)
	if at < 0 {
		return -1, false
	}
	first = e.read[k] == 0 && e.t.nodes[e.raw[k].start].tag == tagNone // a table is shown already
	e.read[k] += at + len(text)
	return k, first
}

func (e *explainer) nearest(i int32) int32 {
	for i > 0 && !e.t.nodes[i].tag.is(traitBlock) {
		i = e.t.nodes[i].parent
	}
	return i
}

// showRaw shows a block that the engine looked at. drop is the furniture around
// it, or -1.
func (e *explainer) showRaw(box *explain.Box, k int, drop int32) {
	b := &e.raw[k]
	out := &explain.Block{Type: string(b.t), Text: b.text, Score: percent("text", probability(b.odds)) + ", " + score(b.weight, b.link)}
	box.Items = append(box.Items, explain.Item{Block: out})
	switch t, kept := e.kept[b.start]; {
	case kept && b.why == "":
		out.State, out.Type = explain.Kept, string(t)
	case e.reads(out, b.start):
	case b.why == whyOutside && drop >= 0:
		out.State, out.Why = explain.Out, e.t.whyDropped(drop)
	default:
		out.State, out.Why = explain.Out, cmp.Or(b.why, e.lost)
	}
}

// reads says whether the text of a block that begins at node i was read for the
// standfirst or a field that is not the text. What says the same far from the
// article was not, but for its heading.
func (e *explainer) reads(b *explain.Block, i int32) bool {
	if from, to := e.x.scope(); (i < from || i >= to) && !e.t.within(i, tagH1) {
		return false
	}
	folded := fold(b.Text)
	for _, lead := range e.x.lead {
		if fold(lead) == folded {
			b.State, b.Type, b.Why = explain.Kept, string(news.BlockStandfirst), ""
			return true
		}
	}
	u, ok := e.uses[folded]
	if ok {
		b.State, b.Type, b.Why = explain.Used, u.blockType, u.why
	}
	return ok
}

// flush ends the loose block.
func (e *explainer) flush(box *explain.Box) {
	b := e.loose
	if b == nil {
		return
	}
	b.Text, b.State, b.Score = e.buf.String(), explain.Out, score(e.weight, e.link)
	e.reads(b, e.from.first)
	e.loose, e.weight, e.link = nil, 0, 0
	box.Items = append(box.Items, explain.Item{Block: b})
}

// looseType is the type of a text that the engine made no block of.
func (e *explainer) looseType(i int32) string {
	for ; i >= 0; i = e.t.nodes[i].parent {
		n := &e.t.nodes[i]
		switch {
		case n.tag.is(traitHeading):
			return string(news.BlockHeading)
		case n.tag == tagFigcaption || n.flags&captionMark != 0:
			return "caption"
		case n.tag == tagLI:
			return string(news.BlockListItem)
		case n.tag == tagBlockquote:
			return string(news.BlockQuote)
		case n.tag == tagP:
			return string(news.BlockParagraph)
		case n.flags&bylineMark != 0:
			return "byline"
		case n.tag == tagTime || n.flags&dateMark != 0:
			return "date"
		case n.tag.is(traitBlock):
			return "text"
		}
	}
	return "text"
}

// whyLoose says why the engine made no block of a text.
func (e *explainer) whyLoose(j, drop int32) string {
	root := e.x.root
	switch {
	case drop >= 0:
		return e.t.whyDropped(drop)
	case root < 0 || j < root || j >= e.t.nodes[root].stop:
		return "outside the container"
	}
	return "not looked at"
}

// whyDropped says why an element is furniture.
func (t *tree) whyDropped(i int32) string {
	n := &t.nodes[i]
	for _, why := range []struct {
		flag mark
		text string
	}{
		{ruleDrop, "dropped by the site rule"},
		{hidden, "hidden"},
		{commentMark, "comments, by its name"},
		{relatedMark, "related, by its name"},
		{captionMark, "caption, by its name"},
		{tagsMark, "tags, by its name"},
		{junk, "furniture, by its name"},
	} {
		if n.flags&why.flag != 0 {
			return why.text
		}
	}
	if n.tag.is(traitJunk) {
		return "furniture: " + tagEntries[n.tag].name
	}
	return "furniture"
}

// picture shows an image or a frame as what it is called.
func (e *explainer) picture(box *explain.Box, i, drop int32) {
	b := &explain.Block{Type: "image", State: explain.Out, Path: e.step(i)}
	switch n := &e.t.nodes[i]; n.tag {
	case tagImg:
		b.Text = cleanText(e.t.attr(i, "alt"))
		e.readImage(b, i)
	default:
		b.Type, b.Text = string(news.BlockEmbed), cleanText(e.t.attr(i, "title"))
	}
	if b.State == explain.Out {
		if b.Text == "" {
			return
		}
		b.Why = "no image of the article"
		if drop >= 0 {
			b.Why = e.t.whyDropped(drop)
		}
	}
	if b.Text == "" {
		b.Text = "(" + tagEntries[e.t.nodes[i].tag].name + " without a text)"
	}
	box.Items = append(box.Items, explain.Item{Block: b})
}

func (e *explainer) readImage(b *explain.Block, i int32) {
	u, err := weburl.Resolve(e.x.base, e.t.imageSource(i))
	if err != nil {
		return
	}
	for _, im := range e.x.art.Images {
		if im.URL == u.String() {
			b.State, b.Why = explain.Used, im.Role+" image"
			return
		}
	}
}

// fold folds the boxes outside the container that hold nothing of the article.
func (e *explainer) fold(box *explain.Box) (holds bool) {
	for _, it := range box.Items {
		switch {
		case it.Block != nil:
			holds = holds || it.Block.State != explain.Out
		case e.fold(it.Box):
			holds = true
		default:
			it.Box.Folded = it.Box.Why != "" || !e.inRoot(it.Box.ID)
		}
	}
	if holds {
		return true
	}
	for _, it := range box.Items {
		if it.Box != nil {
			it.Box.Folded = false // the box around them is
		}
	}
	return box.Chosen
}

func (e *explainer) inRoot(i int32) bool {
	root := e.x.root
	return root >= 0 && i >= root && i < e.t.nodes[root].stop
}

// path is an element's step behind those of the two around it.
func (e *explainer) path(i int32) string {
	out := e.step(i)
	for range 2 {
		if i = e.t.nodes[i].parent; i <= 0 {
			break
		}
		out = joinPath(e.step(i), out)
	}
	return out
}

// longestStep is how long the name of an element gets, in bytes.
const longestStep = 80

// step names an element as a selector would: tag#id.class.
func (e *explainer) step(i int32) string {
	s := tagEntries[e.t.nodes[i].tag].name
	if s == "" {
		s = strings.ToLower(string(e.t.name(i)))
	}
	if id := e.t.attr(i, "id"); id != "" {
		s += "#" + id
	}
	for class := range strings.FieldsSeq(e.t.attr(i, "class")) {
		if len(s)+len(class) > longestStep {
			return strings.ToValidUTF8(s, "") + "…"
		}
		s += "." + class
	}
	return strings.ToValidUTF8(s, "\uFFFD")
}

// percent says how likely the engine takes something to be what.
func percent(what string, p float32) string { return fmt.Sprintf("%s %.0f %%", what, 100*p) }

func score(weight, link float32) string {
	s := fmt.Sprintf("weight %.0f", weight)
	if link > 0 {
		s += fmt.Sprintf(", links %.0f %%", 100*link/weight)
	}
	return s
}
