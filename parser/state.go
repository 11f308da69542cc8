package parser

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// The weights between which script state is looked at and believed.
const (
	littleText = 300 // of the visible text, above which it is not looked at
	stateText  = 200 // of the text in script state, from which it is believed
	stateProse = 40  // of one string
)

// stateGap is how many bytes of script may lie between two strings of one text.
const stateGap = 4000

// statement is the prose of neighbouring strings of one key in script state.
type statement struct {
	paragraphs []string
	weight     float32
	end        int // of the last string
}

// fromState returns the paragraphs of a text that stands nowhere but in the
// state of a script, or nil. It is believed if it opens as the page describes
// itself, or if the same script has a string that is the page's title.
func (x *extraction) fromState() []string {
	var best statement
	for _, i := range x.tree.all(tagScript) {
		if i+1 >= x.tree.nodes[i].stop || isLDType([]byte(x.tree.attr(i, "type"))) {
			continue
		}
		s := state{cur: make(map[string]*statement), seen: make(map[string]bool), title: x.fold(x.meta.get("og:title")), heading: x.fold(x.art.Title), openings: x.openings()}
		s.read(x.tree.bytes(i+1), 2)
		s.close()
		if s.best.weight > best.weight && (s.titled || s.opened) {
			best = s.best
		}
	}
	if best.weight < stateText {
		return nil
	}
	return best.paragraphs
}

// state is what is read of one script.
type state struct {
	title, heading string // folded
	openings       []string
	titled, opened bool
	cur            map[string]*statement // by key
	best           statement
	seen           map[string]bool
}

// read goes through the strings of a script; those that hold script or JSON
// themselves are read in turn, depth times.
func (s *state) read(script []byte, depth int) {
	from, to := 0, 0 // the string before
	for i := 0; i < len(script); i++ {
		if script[i] != '"' {
			continue
		}
		end := stringEnd(script, i+1)
		if end < 0 {
			return
		}
		if raw := script[i+1 : end]; s.maybe(raw) {
			key := ""
			if bytes.Equal(bytes.TrimSpace(script[min(to+1, i):i]), []byte(":")) {
				key = string(script[from:to])
			}
			s.string(key, unquote(raw), i, end, depth)
		}
		from, to = i+1, end
		i = end
	}
}

// maybe says whether a string, as it stands in the script, can be prose, script
// or the title.
func (s *state) maybe(raw []byte) bool {
	if len(raw) < 6 {
		return false
	}
	if first := raw[0]; first == '\\' || first >= utf8.RuneSelf {
		return true
	} else if low := lower(first); len(raw) < 400 && (s.title != "" && low == s.title[0] || s.heading != "" && low == s.heading[0]) {
		return true
	}
	return len(raw) >= stateProse && (bytes.Count(raw, []byte{' '}) > 4 || bytes.IndexByte(raw, '\\') >= 0 || bytes.IndexFunc(raw, isSpaceless) >= 0)
}

// stringEnd returns where the string that begins at i ends, or -1.
func stringEnd(b []byte, i int) int {
	for ; i < len(b); i++ {
		switch b[i] {
		case '\\':
			i++
		case '"':
			return i
		}
	}
	return -1
}

// unquote decodes what stands between quotes, or returns "" if it is no string
// of JSON.
func unquote(raw []byte) string {
	if bytes.IndexByte(raw, '\\') < 0 {
		return string(raw)
	}
	var out string
	quoted := append(append([]byte{'"'}, raw...), '"')
	if json.Unmarshal(bytes.ReplaceAll(quoted, []byte(`\'`), []byte(`'`)), &out) != nil {
		return ""
	}
	return out
}

func (s *state) string(key, text string, from, end, depth int) {
	if depth > 1 && strings.Count(text, `":`) > 3 {
		s.close()
		s.read([]byte(text), depth-1)
		s.close()
		return
	}
	if len(text) < 400 {
		if f := fold(text); f != "" && (f == s.title || f == s.heading) {
			s.titled = true
			return
		}
	}
	for _, p := range paragraphs(text) {
		if isProse(p) {
			s.add(key, p, from, end)
		}
	}
}

func (s *state) add(key, p string, from, end int) {
	c := s.cur[key]
	if c == nil || from > c.end+stateGap {
		s.better(c)
		c = &statement{}
		s.cur[key] = c
	}
	c.end = end
	if s.seen[p] {
		return
	}
	s.seen[p] = true
	for _, o := range s.openings {
		s.opened = s.opened || strings.HasPrefix(p, o)
	}
	c.paragraphs = append(c.paragraphs, p)
	c.weight += weigh([]byte(p))
}

// close ends the runs of strings.
func (s *state) close() {
	for _, key := range slices.Sorted(maps.Keys(s.cur)) {
		s.better(s.cur[key])
	}
	clear(s.cur)
}

func (s *state) better(c *statement) {
	if c != nil && c.weight > s.best.weight {
		s.best = *c
	}
}

// paragraphs cuts text, or markup, into its paragraphs.
func paragraphs(text string) []string {
	if !strings.Contains(text, "</") && !strings.Contains(text, "<br") {
		return []string{cleanText(text)}
	}
	t := parseTree([]byte(text))
	defer t.release()
	t.mark()
	var out []string
	for _, b := range t.collect(0, 0, 0) {
		out = append(out, strings.Clone(b.text))
	}
	return out
}

// isProse says whether a string reads as a paragraph.
func isProse(s string) bool {
	if weigh([]byte(s)) < stateProse || !endsSentence(s) || strings.ContainsAny(s, "{}<>=") {
		return false
	}
	letters, spaces, runes := 0, 0, utf8.RuneCountInString(s)
	for _, r := range s {
		switch {
		case isSpaceless(r):
			letters++
			spaces++
		case unicode.IsLetter(r) || unicode.IsMark(r):
			letters++
		case r == ' ':
			spaces++
		}
	}
	return letters*10 > runes*6 && spaces*20 > runes
}
