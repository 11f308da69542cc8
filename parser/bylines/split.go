package bylines

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// piece is what stands between two separators.
type piece struct {
	words []string
	led   bool   // a lead stood before it
	role  role   // what the lead says of the names
	comma bool   // a comma parts it from the piece before
	aside bool   // it stands in brackets
	apart bool   // only a break stands between it and the piece before
	and   string // the word for "and" in front of it
	slash bool   // a slash parts it from the group before
	lists bool   // what led it may stand above the texts of a place
	does  bool   // what led it may say what the person in front of it does
}

// splitter cuts a byline into groups of pieces: groups are parted by bars,
// slashes, semicolons and line breaks, their pieces by commas and the words for
// "and".
type splitter struct {
	groups [][]piece
	group  []piece
	cur    piece
	label  []string // the last group that was a lead alone
	said   bool     // a lead of several words, or one with a colon, to authors stood there
	joined bool     // a comma or a word for "and" was the last that was read
	named  bool     // a group began with the full name of an author
}

func split(s string) ([][]piece, bool) {
	var sp splitter
	start := -1
	word := func(end int) {
		if start >= 0 {
			sp.word(s[start:end])
			start = -1
		}
	}
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		kind := separator(s, i, n, r)
		if kind == 0 {
			if start < 0 {
				start = i
			}
			i += n
			continue
		}
		if strings.HasPrefix(s[i:], "://") { // an address
			start = -1
			if n = strings.IndexAny(s[i:], " \n"); n < 0 {
				break
			}
		}
		word(i)
		sp.separate(kind)
		i += n
	}
	word(len(s))
	sp.endGroup()
	if sp.cur.led { // a label and nothing behind it
		sp.groups = append(sp.groups, []piece{{words: sp.label}})
	}
	return sp.groups, sp.said
}

// separator returns what the rune at i parts: ' ' words, ',' pieces, ';' and '/'
// groups, '|' groups that have nothing to do with each other, ':' a lead from
// its names, '(' and ')' an aside; or 0.
func separator(s string, i, n int, r rune) rune {
	switch r {
	case '\n', '|', '•', '¦', '—', '｜':
		return '|'
	case ';', '；', '&', '＆', '+', '＋':
		return ';'
	case '/', '／':
		return '/'
	case ',', '，', '、', '،':
		return ','
	case ':', '：', '＝', '=':
		if i+1 < len(s) && '0' <= s[i+1] && s[i+1] <= '9' { // a time
			return 0
		}
		return ':'
	case '(', '[', '（', '【', '［', '〔', '{', '「', '<':
		return '('
	case ')', ']', '）', '】', '］', '〕', '}', '」', '>':
		return ')'
	case '-', '–', '―', '~', '*', '·':
		switch {
		case alone(s, i, n):
			return '|'
		case r == '·' && betweenHangul(s, i, n):
			return ','
		}
		return 0
	case '・':
		if before, _ := utf8.DecodeLastRuneInString(s[:i]); unicode.Is(unicode.Katakana, before) {
			return 0
		}
		return ';'
	case '\u200b', '\u200e', '\u200f', '\ufeff', '\u00ad':
		return ' '
	}
	if unicode.IsSpace(r) || r < ' ' {
		return ' '
	}
	return 0
}

// betweenHangul says whether the rune at i stands between two names in Hangul.
func betweenHangul(s string, i, n int) bool {
	before, _ := utf8.DecodeLastRuneInString(s[:i])
	after, _ := utf8.DecodeRuneInString(s[i+n:])
	return unicode.Is(unicode.Hangul, before) && unicode.Is(unicode.Hangul, after)
}

// alone says whether the rune at i has no word on one of its sides: a blank, or
// another one of its kind.
func alone(s string, i, n int) bool {
	if i == 0 || i+n == len(s) {
		return true
	}
	before, _ := utf8.DecodeLastRuneInString(s[:i])
	after, _ := utf8.DecodeRuneInString(s[i+n:])
	this, _ := utf8.DecodeRuneInString(s[i:])
	return unicode.IsSpace(before) || unicode.IsSpace(after) || before == this || after == this
}

func (sp *splitter) separate(kind rune) {
	switch kind {
	case ',':
		sp.endPiece()
		sp.cur.comma, sp.joined = true, true
	case ';', '|', '/':
		if n := len(sp.cur.words); kind == '/' && n > 1 && isHan(sp.cur.words[n-1]) && isLead(sp.cur.words[n-1]) {
			sp.colon() // "文/名 圖/名"
			return
		}
		sp.joined = sp.joined || kind != '|'
		if !sp.cur.led || len(sp.cur.words) > 0 {
			sp.endGroup() // "文／名" is a lead, then a name
		}
		sp.cur.slash = kind == '/'
	case ':':
		sp.colon()
	case '(':
		sp.endPiece()
		sp.cur.aside = true
	case ')':
		sp.endPiece()
	}
}

func (sp *splitter) word(w string) {
	if joins(w) && (len(sp.cur.words) > 0 || len(sp.group) > 0 || len(sp.groups) > 0) {
		sp.endPiece()
		sp.joined = true
		sp.cur.and = w
		return
	}
	if len(sp.cur.words) == 0 {
		sp.cur.apart = len(sp.group) == 0 && !sp.joined
		sp.joined = false
	}
	if sp.cur.words == nil {
		sp.cur.words = make([]string, 0, 4)
	}
	sp.cur.words = append(sp.cur.words, w)
	if sp.cur.led {
		sp.longerLead()
		sp.nextLead()
		return
	}
	if n := len(sp.cur.words); n <= maxLeadWords && !sp.isRole() {
		if l, ok := leadIn(sp.cur.words...); ok && l.direct() {
			does := has(roleWords, w)
			sp.lead(sp.both(l.role))
			sp.cur.does, sp.cur.lists = does, l.form == listing
			sp.said = sp.said || n > 1 && l.role == writes
			return
		}
	}
	if len(sp.cur.words) == 1 {
		sp.gluedLead(w)
	}
}

// isRole says whether the words that are read say what the person in front of
// them does, behind a comma or in brackets: "Name, Author".
func (sp *splitter) isRole() bool {
	return (sp.cur.comma || sp.cur.aside) && len(sp.group) > 0 && len(sp.group[len(sp.group)-1].words) > 1 && has(roleWords, sp.cur.words[0])
}

// both returns the role of a lead that begins: who made the pictures wrote as well,
// if a lead to authors that names nobody is joined with it, as in "Text und Fotos".
func (sp *splitter) both(r role) role {
	if r != pictures || sp.cur.apart {
		return r
	}
	label := sp.cur
	if len(sp.group) == 1 {
		label = sp.group[0]
		if l, ok := leadIn(label.words...); ok && l.role == writes {
			label.led, label.words = true, nil
		}
	}
	if !label.led || label.role != writes || len(label.words) > 0 {
		return r
	}
	sp.group = nil
	return writes
}

// nextLead takes the last two words as a lead to who made the pictures or checked
// the text, right behind names: "Text by Name Photos by Name".
func (sp *splitter) nextLead() {
	n := len(sp.cur.words) - 2
	if n == 0 && isHan(sp.cur.words[1]) {
		n = 1 // "글 Name 사진 Name"
	} else if n < 2 {
		return
	}
	if l, ok := leadIn(sp.cur.words[n:]...); ok && l.direct() && (l.role == pictures || l.role == checks) {
		sp.cur.words = sp.cur.words[:n]
		sp.endGroup()
		sp.lead(pictures)
	}
}

// longerLead takes another lead right behind one: "Text von", "Story by", "文/圖".
func (sp *splitter) longerLead() {
	if len(sp.cur.words) > 2 {
		return
	}
	if l, ok := leadIn(sp.cur.words...); ok && (l.direct() || len(sp.cur.words) > 1 || !sp.cur.apart) {
		sp.cur.words = nil
		sp.said = sp.said || l.role == writes
		switch {
		case !sp.cur.apart:
			sp.cur.role = min(sp.cur.role, l.role)
		case l.role != writes:
			sp.cur.role = l.role
		}
	}
}

// gluedLead cuts a lead off the name it is written together with.
func (sp *splitter) gluedLead(w string) {
	rest, ok := strings.CutPrefix(w, "By")
	if r, _ := utf8.DecodeRuneInString(rest); ok && unicode.IsUpper(r) {
		sp.lead(writes)
		sp.cur.words = []string{rest}
		return
	}
	if rest, role, ok := hanLead(w); ok {
		sp.lead(role)
		if rest != "" {
			sp.cur.words = []string{rest}
		}
	}
}

// lead begins a piece whose names have a role. In brackets around all of the
// byline it is no aside.
func (sp *splitter) lead(role role) {
	sp.cur.words = nil
	if len(sp.group) > 0 {
		sp.endGroup()
	}
	if role == checks {
		role = writes
		if sp.named {
			role = pictures
		}
	}
	sp.cur.led, sp.cur.role = true, role
	sp.cur.aside = sp.cur.aside && len(sp.groups) > 0
}

// colon reads the last words before a colon as a lead; what stood before them
// is a piece of its own. Other words before a colon are a label.
func (sp *splitter) colon() {
	if sp.cur.led && len(sp.cur.words) == 0 {
		sp.said = sp.said || sp.cur.role == writes
		return
	}
	words := sp.cur.words
	for n := min(len(words), maxLeadWords); n > 0; n-- {
		l, ok := leadIn(words[len(words)-n:]...)
		if !ok {
			continue
		}
		sp.cur.words = words[:len(words)-n]
		role := sp.both(l.role)
		if role == l.role || len(words) > n {
			sp.endGroup()
		}
		sp.lead(role)
		sp.said = sp.said || role == writes
		return
	}
	if len(words) == 1 && strings.HasPrefix(words[0], "http") {
		return
	}
	if n := len(words) - 1; n > 1 && lowerIn(trailers, words[n]) || n > 0 && isHan(words[n]) { // "Name Updated: 3 May", "名 发布时间：5月3日"
		sp.cur.words = words[:n]
		sp.endGroup()
		return
	}
	sp.cur.words = nil
}

func (sp *splitter) endPiece() {
	sp.prefixed()
	if len(sp.cur.words) > 0 || sp.cur.led {
		sp.group = append(sp.group, sp.cur)
	}
	sp.cur = piece{}
}

// prefixed makes pieces of the names that a word for "and" parts which is written
// together with the next, and leaves the last.
func (sp *splitter) prefixed() {
	p := &sp.cur
	if len(sp.group) > 0 && len(p.words) >= minNamed {
		if name, ok := behindAnd(p.words[0]); ok {
			p.words[0] = name
		}
	}
	for first := p.takeNext(); first != nil; first = p.takeNext() {
		before := *p
		before.words = first
		sp.group = append(sp.group, before)
		p.led, p.comma, p.apart = false, false, false
	}
}

func (sp *splitter) endGroup() {
	sp.endPiece()
	if len(sp.group) == 0 {
		return
	}
	group := sp.group
	sp.group = nil
	if p := &group[0]; len(group) == 1 && !p.led && !p.aside && len(p.words) <= maxLeadWords {
		if lead, ok := leadIn(p.words...); ok && lead.form != coloned { // a label in an element of its own
			sp.lead(lead.role)
			sp.cur.does = has(roleWords, p.words[0])
			sp.label = p.words
			return
		}
	}
	sp.label = nil
	sp.groups = append(sp.groups, group)
	sp.named = sp.named || len(group[0].words) > 1 && group[0].role == writes && fullName(strings.Join(group[0].words, " "))
}

// StartsText is Starts for a string.
func StartsText(s string) bool {
	if !mayStart(s) {
		return false
	}
	s = strings.TrimLeft(s, beforeLead)
	if end := strings.IndexAny(s, behindLead); end >= 0 {
		s = s[:end]
	}
	return firstLed(s)
}

// What may stand before a lead, and what ends its first word.
const (
	beforeLead = " \n\t(【[（-–—|•*"
	behindLead = " \n\t:：／/＝|・"
)

// mayStart says of most texts that Starts is false, by the shape of a first word in
// ASCII.
func mayStart[T string | []byte](s T) bool {
	from := 0
	for from < len(s) && edges[s[from]]&edgeBefore != 0 {
		from++
	}
	end := from
	for end < len(s) && edges[s[end]] == 0 {
		end++
	}
	if end < len(s) && edges[s[end]]&edgeBehind == 0 {
		return true // not ASCII, or a word with a mark in it
	}
	n := end - from
	return n > 0 && (firstShapes[foldedASCII[s[from]]]>>n&1 != 0 || n > 2 && s[from] == 'B' && s[from+1] == 'y')
}

// What a byte can be around the first word of a lead; letters and digits are
// nothing.
const (
	edgeBefore = 1 << iota // see beforeLead
	edgeBehind             // see behindLead
	edgeOther
)

var edges = buildEdges()

func buildEdges() (table [256]uint8) {
	for c := range table {
		r := rune(c)
		switch {
		case r >= utf8.RuneSelf:
			table[c] = edgeOther
		case foldedASCII[c] == 0:
			table[c] = edgeOther
			if strings.ContainsRune(beforeLead, r) {
				table[c] |= edgeBefore
			}
			if strings.ContainsRune(behindLead, r) {
				table[c] |= edgeBehind
			}
		}
	}
	return table
}

// firstShapes are the shapes of the first words of leads.
var firstShapes = buildShapes(firstWords)

// firstLed says whether a word can be the first of a lead.
func firstLed(word string) bool {
	if rest, ok := strings.CutPrefix(word, "By"); ok {
		if r, _ := utf8.DecodeRuneInString(rest); unicode.IsUpper(r) {
			return true
		}
	}
	if has(firstWords, word) {
		return true
	}
	_, _, ok := hanLead(word)
	return ok
}
