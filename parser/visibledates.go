package parser

import (
	"bytes"
	"slices"
	"strings"
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
const headlineReach = 25

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
		if val := stateValue(src); len(val) > 0 && !x.tree.inLD(len(x.tree.src)-len(src)) && l.read(&l.published, string(val), "script", 0.4) {
			return
		}
	}
}

// inLD says whether a place in the page is one of its structured data, which was
// read: what else it dates is something else.
func (t *tree) inLD(at int) bool {
	for _, i := range t.all(tagScript) {
		if n := &t.nodes[i]; n.stop > i+1 && int(t.nodes[i+1].start) <= at && at < int(t.nodes[i+1].end) {
			return isLDType(t.rawAttr(i, "type"))
		}
	}
	return false
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
