package parser

import (
	"bytes"
	"html"
	"slices"
	"strings"

	"pressmill/parser/dates"
)

// maxShown bounds how many dates are read from what a page shows.
const maxShown = 6

// visibleDates adds the dates that readers see, where those that the page
// declares leave something open.
func (x *extraction) visibleDates(l *timeline) {
	settled, doubtful := l.settled(), l.doubtful()
	if settled && !doubtful {
		return
	}
	x.foreign = x.foreignMarks()
	shown := timeline{where: l.where, latest: l.latest}
	head, end := x.dateSpan()
	x.markedDates(&shown, head, end)
	if !settled {
		x.addShown(l, &shown)
	}
	if doubtful {
		x.holdAgainst(l, &shown)
	}
}

// addShown adds the time elements and elements named as dates from the headline
// to the end of the text. For a page that tells no date yet it reads more: those
// elsewhere, bylines and lines that say little but a date.
func (x *extraction) addShown(l, shown *timeline) {
	from, to := x.scope()
	for _, read := range []func(){
		func() { l.add(shown) },
		func() { x.markedDates(l, from, to) },
		func() { x.lineDates(l, from, to) },
		func() { x.dateline(l) },
		func() { x.markedDates(l, 0, from) },
		func() { x.markedDates(l, to, int32(len(x.tree.nodes))) },
		func() { x.labelledDates(l, from, to) },
		func() { x.entryDate(l) },
	} {
		if read(); len(l.published) > 0 {
			return
		}
	}
	if len(l.modified) == 0 {
		x.scriptDate(l)
	}
}

// holdAgainst holds a doubtful date against those that readers are shown.
func (x *extraction) holdAgainst(l, shown *timeline) {
	first, _ := x.textSpan()
	headline := x.headlineBefore(first)
	if headline < 0 {
		headline = x.root
	}
	shown.published = slices.DeleteFunc(shown.published, func(d dated) bool { return x.tree.nodes[d.node].tag == tagMeta })
	if !slices.ContainsFunc(shown.published, func(d dated) bool { return d.sure }) {
		labelled := timeline{where: l.where, latest: l.latest}
		if x.labelledDates(&labelled, headline, first); len(labelled.published) > 0 {
			shown = &labelled
		}
	}
	l.holdAgainst(shown.published, headline, first)
}

// dateSpan returns the nodes from the headline to the end of the text.
func (x *extraction) dateSpan() (head, end int32) {
	from, to := x.scope()
	first, last := x.textSpan()
	head = from
	if h := x.headlineBefore(first); h >= 0 {
		head = min(from, max(0, h-headlineReach))
	}
	return head, min(max(last, head), max(to, head))
}

// headlineReach is how many nodes in front of a headline its date may stand.
const headlineReach = 40

// headlineBefore returns the last h1 before node i that says the title, or else
// the last one, or -1.
func (x *extraction) headlineBefore(i int32) int32 {
	above := among(x.tree.all(tagH1), 0, i)
	if len(above) == 0 {
		return -1
	}
	if len(above) > 1 {
		title := x.fold(x.art.Title)
		for _, h := range slices.Backward(above) {
			if x.fold(x.tree.text(h)) == title {
				return h
			}
		}
	}
	return above[len(above)-1]
}

// marked are the dates of elements, by what these say of them.
type marked struct{ labelled, shown, modified []dated }

func (m *marked) add(d dated, label dates.Label) {
	switch label {
	case dates.Published:
		d.sure = true
		m.labelled = append(m.labelled, d)
	case dates.Modified:
		m.modified = append(m.modified, d)
	case dates.NoLabel:
		m.shown = append(m.shown, d)
	case dates.Foreign:
	}
}

// markedDates reads the time elements and those named as dates among nodes. What
// stands in a time element or around it comes last: it lacks what is for
// machines, but may show the clock of the site.
func (x *extraction) markedDates(l *timeline, from, to int32) {
	t := x.tree
	var found, beside marked
	next := from // behind the last date
	for _, i := range among(t.named, from, to) {
		n := &t.nodes[i]
		if len(found.shown) >= maxShown {
			break
		}
		if i < next || n.tag != tagTime && n.flags&dateMark == 0 || n.stop-i > 60 || !x.mayDate(i) {
			continue
		}
		d, label, forMachines := x.markedDate(l, i)
		if d.raw == "" {
			continue
		}
		if !forMachines && x.holdsTime(l, i) {
			beside.add(d, label)
			continue
		}
		found.add(d, label)
		if forMachines && d.Zoned && d.Offset == 0 {
			if local, ok := l.find(x.spacedText(i), "html", 0.7); ok {
				beside.add(local, label)
			}
		}
		next = n.stop
	}
	l.modified = slices.Concat(l.modified, found.modified, beside.modified)
	l.published = slices.Concat(l.published, found.labelled, found.shown, beside.labelled, beside.shown)
}

// holdsTime says whether a time element with a date for machines lies inside an
// element: it tells more than the text around it.
func (x *extraction) holdsTime(l *timeline, i int32) bool {
	t := x.tree
	return slices.ContainsFunc(among(t.named, i+1, t.nodes[i].stop), func(j int32) bool {
		if t.nodes[j].tag != tagTime {
			return false
		}
		raw, _ := x.dateAttr(l, j)
		return raw != ""
	})
}

// mayDate says whether a date at node i can be the article's: not in a caption,
// a comment, a related story or running text, nor on a page with too many.
func (x *extraction) mayDate(i int32) bool {
	if !x.dateTries.more(maxTries) {
		return false
	}
	t := x.tree
	n := &t.nodes[i]
	if n.flags&inJunk != 0 && n.tag != tagTime || t.within(i, tagAside, tagNav, tagFigcaption) || t.within(i, tagFooter) && !(n.tag == tagTime && x.inOwnFooter(i)) {
		return false
	}
	if t.inMarked(i, x.foreign|captionMark) && (t.isMarked(t.nodes[i].parent, x.foreign) || !t.belowHeadline(i)) {
		return false
	}
	if n.tag != tagTime && t.inPicture(i) || n.tag == tagNone && len(x.kept) > 0 && i > x.kept[0].start && t.furnitureLinks(i) {
		return false
	}
	return !x.inRunningText(i)
}

// inPicture says whether node i stands in a figure, but not one that holds the
// headline, too.
func (t *tree) inPicture(i int32) bool {
	for ; i >= 0; i = t.nodes[i].parent {
		if t.nodes[i].tag == tagFigure {
			return !t.holds(i, tagH1)
		}
	}
	return false
}

// inOwnFooter says whether node i stands in a footer of the article element that
// holds the text.
func (x *extraction) inOwnFooter(i int32) bool {
	t := x.tree
	for ; i >= 0 && len(x.kept) > 0; i = t.nodes[i].parent {
		if n := &t.nodes[i]; n.tag == tagArticle {
			return i < x.kept[0].start && x.kept[0].start < n.stop
		}
	}
	return false
}

// foreignMarks are those of what has dates of its own. In a forum the text is the
// first of what is named comments.
func (x *extraction) foreignMarks() mark {
	if len(x.kept) > 0 && x.tree.isMarked(x.kept[0].node, commentMark) {
		return relatedMark | hidden
	}
	return commentMark | relatedMark | hidden
}

// belowHeadline says whether the line of node i follows an h1: whatever it is
// named, no picture stands above it.
func (t *tree) belowHeadline(i int32) bool {
	line := t.line(i)
	for j := line - 1; j >= 0 && j >= line-headlineReach; j-- {
		if n := &t.nodes[j]; n.tag == tagImg {
			return false
		} else if n.tag == tagNone && len(bytes.TrimSpace(t.bytes(j))) > 0 {
			return t.within(j, tagH1)
		}
	}
	return false
}

// maxDateBlock is the weight up to which a block can be a byline with a date.
const maxDateBlock = 160

// inRunningText says whether node i stands in a sentence. What is marked as a
// date stands in a paragraph then; next to bare text it may be a heading's.
func (x *extraction) inRunningText(i int32) bool {
	b := &x.tree.nodes[x.tree.line(i)]
	return b.own > maxDateBlock && (x.tree.nodes[i].tag == tagNone || b.tag == tagP || b.tag == tagLI)
}

// markedDate returns the date of an element, what its names or the words before
// it say that it is, and whether an attribute holds it. Without a date, raw is
// "".
func (x *extraction) markedDate(l *timeline, i int32) (d dated, label dates.Label, forMachines bool) {
	raw, label := x.dateAttr(l, i)
	forMachines = raw != ""
	conf := 0.8
	if !forMachines {
		conf = 0.7
		if raw = x.spacedText(i); len(raw) > 160 {
			return dated{}, 0, false
		}
	}
	d, ok := l.find(raw, "html", conf)
	if !ok {
		return dated{}, 0, false
	}
	d.node = i
	if label == dates.NoLabel {
		label = dates.LabelOf(raw[:d.From])
	}
	if label == dates.NoLabel {
		label = x.labelBefore(i)
	}
	return d, label, forMachines
}

// spacedText returns the text of an element with a space at every tag: the parts
// of a date may stand in elements of their own.
func (x *extraction) spacedText(i int32) string {
	t := x.tree
	var buf [2 * dates.MaxText]byte
	w := textBuf{b: buf[:0]}
	for j := i; j < t.nodes[i].stop && len(w.b) < dates.MaxText; j++ {
		if n := &t.nodes[j]; n.tag.is(traitNoText) {
			j = n.stop - 1
		} else if n.tag == tagNone {
			w.space()
			s := t.bytes(j)
			w.write(s[:min(len(s), dates.MaxText)])
		}
	}
	return w.String()
}

// dateAttr returns the attribute that holds an element's date, and what the
// names of the element say.
func (x *extraction) dateAttr(l *timeline, i int32) (raw string, label dates.Label) {
	a := attrs{b: x.tree.bytes(i)}
	for a.next() {
		switch {
		case equalFold(a.name, "class"), equalFold(a.name, "id"), equalFold(a.name, "itemprop"), equalFold(a.name, "property"):
			if label != dates.Published {
				label = max(label, nameLabel(a.val))
			}
		case raw == "" && isDateAttr(a.name):
			if _, ok := dates.Find(string(a.val), l.where); ok {
				raw = html.UnescapeString(string(a.val))
			}
		case equalFold(a.name, "pubdate"):
			label = dates.Published
		}
	}
	return raw, label
}

// isDateAttr says whether an attribute of a date's element can hold the date.
func isDateAttr(name []byte) bool {
	if equalFold(name, "datetime") || equalFold(name, "content") || equalFold(name, "title") {
		return true
	}
	return len(name) > 5 && equalFold(name[:5], "data-") && (indexFold(name, "date") > 0 || indexFold(name, "time") > 0 || indexFold(name, "publish") > 0)
}

// nameLabel returns what the class or the property of an element says of its
// date. One that is both, as when an article was never changed, is the first.
func nameLabel(val []byte) dates.Label {
	for _, w := range []string{"publish", "pubdate", "posted", "created"} {
		if indexFold(val, w) >= 0 {
			return dates.Published
		}
	}
	for _, w := range []string{"modif", "updat", "lastmod"} {
		if indexFold(val, w) >= 0 {
			return dates.Modified
		}
	}
	for _, w := range []string{"event", "expir"} {
		if indexFold(val, w) >= 0 {
			return dates.Foreign
		}
	}
	return dates.NoLabel
}

// labelReach is how many nodes before a date its label is looked for, and
// maxLabel how long it is, in bytes.
const (
	labelReach = 6
	maxLabel   = 60
)

// labelBefore returns what the text in front of node i says of a date in it.
func (x *extraction) labelBefore(i int32) dates.Label {
	t := x.tree
	for j := i - 1; j >= 0 && j >= i-labelReach; j-- {
		if t.nodes[j].tag != tagNone {
			continue
		}
		s := bytes.TrimSpace(t.bytes(j))
		if len(s) == 0 || len(s) < 3 && !isLetter(s[0]) {
			continue
		}
		if len(s) > maxLabel || bytes.ContainsAny(s, "0123456789") {
			return dates.NoLabel
		}
		label := dates.LabelOf(cleanText(string(s)))
		if label == dates.Foreign && t.line(j) != t.line(i) {
			return dates.NoLabel // of the picture above
		}
		return label
	}
	return dates.NoLabel
}

// maxDateLine is the length up to which a line is a date with at most a word or
// two around it, in bytes; with a label it may be twice as long. maxDateNode is
// the length of its markup.
const (
	maxDateLine = 48
	maxDateNode = 200
)

// lineDates reads bylines, then lines that say little but a date.
func (x *extraction) lineDates(l *timeline, from, to int32) {
	for _, line := range x.bylines {
		x.readLine(l, line, 0.6, dates.NoLabel)
	}
	t := x.tree
	tried := int32(-1)
	for i := from; i < to && len(l.published) == 0; i++ {
		if !t.isDateText(i) || !x.mayDate(i) {
			continue
		}
		s := cleanText(string(t.bytes(i)))
		if len(x.fold(s)) > maxDateLine && (len(s) > 2*maxDateLine || dates.LabelOf(s) == dates.NoLabel) {
			continue
		}
		_, label := x.dateAttr(l, t.nodes[i].parent)
		if label == dates.NoLabel {
			label = x.labelBefore(i)
		}
		if x.readLine(l, s, 0.5, label) {
			continue
		}
		if line := t.line(i); line != tried {
			tried = line
			x.lineOfParts(l, line, label)
		}
	}
}

// maxLine is how many nodes a line may have of whose parts a date consists.
const maxLine = 60

// lineOfParts reads a line whose date stands in several elements.
func (x *extraction) lineOfParts(l *timeline, line int32, label dates.Label) {
	n := &x.tree.nodes[line]
	if size := n.stop - line; size <= 2 || size > maxLine {
		return
	}
	if s := x.spacedText(line); len(s) <= maxDateLine {
		x.readLine(l, s, 0.5, label)
	}
}

// labelledDates reads the lines among nodes that label their date as that of
// publication, also in what is furniture or a caption by its name: a teaser would
// link to its story, so nothing there may be a link.
func (x *extraction) labelledDates(l *timeline, from, to int32) {
	t := x.tree
	var found []dated
	for i := from; i < to; i++ {
		if !t.isDateText(i) || !x.dateTries.more(maxTries) || t.inMarked(i, x.foreign) || t.within(i, tagAside, tagNav, tagFigure, tagFigcaption) {
			continue
		}
		if x.inRunningText(i) || t.furnitureLinks(i) {
			continue
		}
		s := cleanText(string(t.bytes(i)))
		d, ok := l.find(s, "text", 0.4)
		if !ok || len(s) > 2*maxDateLine {
			continue
		}
		label := dates.LabelOf(s[:d.From])
		if label == dates.NoLabel {
			label = x.labelBefore(i)
		}
		if label == dates.Published {
			d.sure, d.node = true, i
			found = append(found, d)
		}
	}
	l.agreed(found)
}

// isDateText says whether a node is a text that may be a line with a date.
func (t *tree) isDateText(i int32) bool {
	n := &t.nodes[i]
	if n.tag != tagNone || n.end-n.start < 2 || n.end-n.start > maxDateNode || n.parent < 0 || t.nodes[n.parent].tag.is(traitNoText) {
		return false
	}
	return dates.MayHold(t.bytes(i))
}

// furnitureLinks says whether the furniture around node i links to anything.
func (t *tree) furnitureLinks(i int32) bool {
	top := int32(-1)
	for p := t.nodes[i].parent; p >= 0 && t.nodes[p].flags&(inJunk|dropped) != 0; p = t.nodes[p].parent {
		top = p
	}
	return top >= 0 && t.holds(top, tagA)
}

// entryDate reads the line with which blogs end or begin an entry, in a sentence
// with its permanent link or its categories: "This entry was posted on Friday,
// May 3rd, 2024 at 3:47 pm and is filed under News".
func (x *extraction) entryDate(l *timeline) {
	t := x.tree
	var found []dated
	line := int32(-1)
	for _, a := range t.all(tagA) {
		before := line
		if !x.ownEntry(a) {
			continue
		}
		if line = t.line(a); line == before {
			continue
		}
		if !x.dateTries.more(maxTries) || t.inMarked(line, x.foreign) {
			continue
		}
		s := x.spacedText(line)
		d, ok := l.find(s, "text", 0.4)
		if !ok {
			continue
		}
		label := dates.LabelOf(s[:d.From])
		if label == dates.NoLabel {
			label = dates.LabelOf(cut(s[min(d.To, len(s)):], maxLabel))
		}
		if label == dates.Published {
			d.raw = s[d.From:min(d.To, len(s))]
			found = append(found, d)
		}
	}
	l.agreed(found)
}

// ownEntry says whether a link is to a category, or to the page itself for good.
func (x *extraction) ownEntry(a int32) bool {
	rel := x.tree.rawAttr(a, "rel")
	if indexFold(rel, "category") >= 0 || indexFold(rel, "tag") >= 0 {
		return true
	}
	if indexFold(rel, "bookmark") < 0 {
		return false
	}
	path := urlPath(x.tree.attr(a, "href"))
	return path == urlPath(x.art.URL.Final) || path == urlPath(x.art.URL.Canonical)
}

// agreed adds the first of some dates if all are of one day.
func (l *timeline) agreed(list []dated) {
	for i := range list {
		if list[i].daysApart(&list[0]) != 0 {
			return
		}
	}
	if len(list) > 0 {
		l.published = append(l.published, list[0])
	}
}

// readLine adds the dates of a line, each by the label before it; before is the
// label in front of the line.
func (x *extraction) readLine(l *timeline, line string, conf float64, before dates.Label) (ok bool) {
	rest := line
	for range 2 {
		var found []dated
		if !l.read(&found, rest, "text", conf) {
			return ok
		}
		ok = true
		d := found[0]
		label := dates.LabelOf(rest[:d.From])
		if label == dates.NoLabel {
			label = before
		}
		if label == dates.NoLabel {
			label = dates.LabelBehind(rest[min(d.To, len(rest)):])
		}
		d.raw = strings.TrimSpace(line)
		switch label {
		case dates.Modified:
			l.modified = append(l.modified, d)
		case dates.Foreign:
		default:
			l.published = append(l.published, d)
		}
		rest, before = rest[min(d.To, len(rest)):], dates.Foreign
	}
	return ok
}

// maxDateline is how far into the text a dateline reaches, and maxPlace how
// long its place may be, in bytes.
const (
	maxDateline = 100
	maxPlace    = 40
)

// dateline reads the date with which the text begins, as in "Springfield, May
// 3, 2024 (Agency) - The council ...". A mark must end it: a sentence may begin
// with a date, too.
func (x *extraction) dateline(l *timeline) {
	first := ""
	if len(x.lead) > 0 {
		first = x.lead[0]
	} else if len(x.kept) > 0 {
		first = x.kept[0].text
	}
	var found []dated
	if s := cut(first, maxDateline); l.read(&found, s, "text", 0.5) {
		d := found[0]
		behind := s[min(d.To, len(s)):]
		if end := strings.IndexAny(behind, "–—|:-"); d.From <= maxPlace && end >= 0 && end <= maxPlace/2 && !endsSentence(behind[:end]) {
			d.raw = s[d.From:d.To]
			l.published = append(l.published, d)
		}
	}
}

// scriptDate reads the first date of publication in the state of the scripts,
// for a page that shows none until they run: the value of a key such as
// "datePublished" or "published_at".
func (x *extraction) scriptDate(l *timeline) {
	const stem = "ubli" // of published and publication
	for src := x.tree.src; ; {
		i := bytes.Index(src, []byte(stem))
		if i < 0 {
			return
		}
		src = src[i+len(stem):]
		if val := stateValue(src); len(val) > 0 && l.read(&l.published, string(val), "script", 0.4) {
			return
		}
	}
}

// maxKey and maxState bound what follows of a key, and its value.
const (
	maxKey   = 20
	maxState = 64
)

// stateValue returns the value that begins with a digit behind the rest of a
// quoted key, or nothing.
func stateValue(src []byte) []byte {
	end := bytes.IndexAny(src[:min(len(src), maxKey)], "\"'\\& <")
	if end < 0 {
		return nil
	}
	val := bytes.TrimLeft(src[end:min(len(src), end+maxState)], "\"'\\:& ")
	val = bytes.TrimPrefix(val, []byte("quot;:"))
	val = bytes.TrimPrefix(val, []byte("&quot;"))
	if len(val) == 0 || val[0] < '0' || val[0] > '9' {
		return nil
	}
	if end := bytes.IndexAny(val, "\"'\\,}&<"); end > 0 {
		return val[:end]
	}
	return nil
}
