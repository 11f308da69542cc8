package parser

import (
	"bytes"
	"html"

	"pressmill/parser/rules"
)

// pick is an element that a selector picked, with its value.
type pick struct {
	node  int32
	value string
}

// picks returns what a selector picks and has a value, in document order.
func (t *tree) picks(s *rules.Selector) []pick {
	var out []pick
	for i := int32(1); i < int32(len(t.nodes)); i++ {
		if p := t.matching(s, i); p != nil {
			if v := t.valueOf(i, p.Attr); v != "" {
				out = append(out, pick{i, v})
			}
		}
	}
	return out
}

// elements returns the elements that a selector picks, in document order.
func (t *tree) elements(s *rules.Selector) []int32 {
	var out []int32
	for i := int32(1); i < int32(len(t.nodes)); i++ {
		if t.matching(s, i) != nil {
			out = append(out, i)
		}
	}
	return out
}

// valueOf returns an attribute's value or, where none is named, what the
// element says: the content of a meta, the datetime of a time that has one,
// where an img is loaded from, the text of others.
func (t *tree) valueOf(i int32, attr string) string {
	switch n := &t.nodes[i]; {
	case attr != "":
		return cleanText(t.attr(i, attr))
	case n.tag == tagMeta:
		return cleanText(t.attr(i, "content"))
	case n.tag == tagImg:
		return t.imageSource(i)
	case n.tag == tagTitle && i+1 < n.stop:
		return cleanText(string(t.bytes(i + 1)))
	case n.tag == tagTime:
		if v := t.attr(i, "datetime"); v != "" {
			return v
		}
	}
	return t.text(i)
}

// matching returns the first path of a selector that matches element i, or nil.
func (t *tree) matching(s *rules.Selector, i int32) *rules.Path {
	for k := range s.Paths {
		if t.match(s.Paths[k].Steps, i) == matches {
			return &s.Paths[k]
		}
	}
	return nil
}

// outcome is what became of matching steps that end at an element.
type outcome byte

const (
	differs outcome = iota // an element further up may do in its place
	matches
	never // none further up does: the steps before find nothing above
)

// match matches the steps of a path against element i and those above it. Its
// cost is at most the depth of i: a search for an ancestor is never begun anew.
func (t *tree) match(steps []rules.Step, i int32) outcome {
	last := len(steps) - 1
	switch {
	case !t.matchesStep(&steps[last], i):
		return differs
	case last == 0:
		return matches
	}
	for up := t.nodes[i].parent; up >= 0; up = t.nodes[up].parent {
		if o := t.match(steps[:last], up); o != differs || steps[last].Child {
			return o
		}
	}
	return never
}

func (t *tree) matchesStep(s *rules.Step, i int32) bool {
	if t.nodes[i].tag == tagNone || s.Tag != "" && !t.isNamed(i, s.Tag) || s.First && !t.isFirst(i) {
		return false
	}
	for k := range s.Attrs {
		if !matchesAttr(t.bytes(i), &s.Attrs[k]) {
			return false
		}
	}
	return true
}

// isNamed compares an element's name with one in lower case.
func (t *tree) isNamed(i int32, name string) bool {
	n := &t.nodes[i]
	if n.tag != tagOther && n.tag != tagCustom {
		return tagEntries[n.tag].name == name
	}
	return equalFold(t.name(i), name)
}

// name returns an element's name as the page writes it: the tag's attributes
// begin right behind it.
func (t *tree) name(i int32) []byte {
	end := t.nodes[i].start
	return t.src[bytes.LastIndexByte(t.src[:end], '<')+1 : end]
}

// isFirst says whether an element is the first of its parent's.
func (t *tree) isFirst(i int32) bool {
	j := t.nodes[i].parent + 1
	for j < i && t.nodes[j].tag == tagNone {
		j++
	}
	return j == i
}

// matchesAttr tests the bytes of a tag's attributes.
func matchesAttr(b []byte, test *rules.AttrTest) bool {
	if !bytes.Contains(b, []byte(test.Value)) && bytes.IndexByte(b, '&') < 0 {
		return false
	}
	a := attrs{b: b}
	for a.next() {
		if equalFold(a.name, test.Name) {
			return test.Accepts(html.UnescapeString(string(a.val)))
		}
	}
	return false
}
