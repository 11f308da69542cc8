package parser

import (
	"bytes"
	"html"
	"slices"

	"pressmill/parser/dates"
)

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
	if x.inCardBelow(i) || n.tag != tagTime && t.inPicture(i) || n.tag == tagNone && len(x.kept) > 0 && i > x.kept[0].start && t.furnitureLinks(i) {
		return false
	}
	return !x.inRunningText(i)
}

// A card of another story is an element of at most maxCard nodes, up to cardDepth
// levels above what stands in it.
const (
	maxCard   = 40
	cardDepth = 4
)

// inCardBelow says whether node i stands below the text in a card of another story.
func (x *extraction) inCardBelow(i int32) bool {
	return len(x.kept) > 0 && i > x.kept[len(x.kept)-1].start && x.tree.inCard(i)
}

// inCardsBelow says whether node i stands below the text in one of several cards: one
// alone may tell of the author.
func (x *extraction) inCardsBelow(i int32) bool {
	if !x.inCardBelow(i) {
		return false
	}
	cards := 0
	for j := x.kept[len(x.kept)-1].start; j < int32(len(x.tree.nodes)) && cards < 2; j++ {
		if x.tree.isCard(j) {
			cards++
		}
	}
	return cards > 1
}

// inCard says whether node i stands in an element that is short, behind a headline of
// another story.
func (t *tree) inCard(i int32) bool {
	p := i
	for range cardDepth {
		if p = t.nodes[p].parent; p < 0 || t.nodes[p].stop-p > maxCard {
			break
		}
		for j := p; j < i; j++ {
			if t.nodes[j].own > headlineWeight && t.isCard(j) {
				return true
			}
		}
	}
	return false
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
	labelReach = 4
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
