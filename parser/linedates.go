package parser

import (
	"strings"

	"pressmill/parser/dates"
)

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
			x.modifiedBeside(l, i)
			continue
		}
		if line := t.line(i); line != tried {
			tried = line
			x.lineOfParts(l, line, label)
		}
	}
}

// modifiedBeside reads the date of a modification that stands, labelled, in an element
// of its own behind a date at node i, in the same line or the next.
func (x *extraction) modifiedBeside(l *timeline, i int32) {
	t := x.tree
	line := t.line(i)
	if p := t.nodes[line].parent; p >= 0 && t.nodes[p].stop-p <= maxLine {
		line = p
	}
	if len(l.published) == 0 || len(l.modified) > 0 || t.nodes[line].stop-line > maxLine {
		return
	}
	for j := i + 1; j < t.nodes[line].stop; j++ {
		if !t.isDateText(j) || !x.mayDate(j) {
			continue
		}
		s := cleanText(string(t.bytes(j)))
		d, ok := l.find(s, "text", 0.5)
		if !ok {
			continue
		}
		label := dates.LabelOf(s[:d.From])
		if label == dates.NoLabel {
			label = x.labelBefore(j)
		}
		if label == dates.Modified {
			l.modified = append(l.modified, d)
			return
		}
	}
}

// maxLine is how many nodes a line may have of whose parts a date consists.
const maxLine = 40

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
