package bylines

import (
	"bytes"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// isOrgName says whether a name is that of an organisation.
func isOrgName(name string, words []string) bool {
	var buf [64]byte
	low := appendLower(buf[:0], name)
	if bytes.IndexByte(low, '.') >= 0 && isDomain(low) {
		return true
	}
	if len(words) > 1 && words[0] == "The" && !honours[fold(words[1])] {
		return true
	}
	weak := len(words) >= 3 || len(words) == 2 && lowerIn(articles, words[0])
	for _, w := range words {
		if last := len(words) - 1; isOrgWord(w) && last > 0 && isRoleWord(fold(words[last])) {
			return false // "Name Staff Writer"
		}
		if isOrgWord(w) || weak && has(weakOrgWords, w) {
			return len(words) > 1 || !isRoleWord(fold(w))
		}
	}
	return bytes.HasPrefix(low, []byte("e.v.")) || bytes.HasSuffix(low, []byte(" e.v")) || bytes.HasSuffix(low, []byte(" ag")) || bytes.HasSuffix(low, []byte(" se"))
}

// isDomain says whether a name holds that of a domain.
func isDomain(low []byte) bool {
	for _, end := range orgEnds {
		if i := bytes.Index(low, []byte(end)); i >= 0 && (bytes.HasSuffix(low, []byte(end)) || bytes.Contains(low[i:], []byte(end+" "))) {
			return true
		}
	}
	return false
}

// isOrgWord says whether only names of organisations hold the word.
func isOrgWord(w string) bool {
	var buf [64]byte
	f := appendFold(buf[:0], w)
	for rest := f; len(rest) > 0; { // parts of "Online-Redaktion"
		var part []byte
		if part, rest, _ = bytes.Cut(rest, []byte(" ")); orgWords[string(part)] {
			return true
		}
	}
	return bytes.HasSuffix(f, []byte("redaktion")) || bytes.HasPrefix(f, []byte("universi")) ||
		slices.ContainsFunc(orgSuffixes, func(end string) bool { return strings.HasSuffix(w, end) })
}

// isLead says whether a name is a word that introduces names.
func isLead(name string) bool { _, ok := leadIn(name); return ok }

// isSection says whether a name is that of a part of the site, also of a country
// or without a name: "US Politics", "the region". Articles of other languages may
// begin names that are written small: "le corbusier".
func isSection(words []string) bool {
	last := len(words) - 1
	if last > 0 && (words[0] == "the" || words[0] == "die" || words[0] == "das") && allLower(words) {
		return true
	}
	return last >= 0 && lowerIn(sections, words[last]) && !slices.ContainsFunc(words[:last], func(w string) bool { return !isAcronym(w) && !lowerIn(sections, w) })
}

// isNewsroom says whether a name is "Redaktion" or the like alone.
func isNewsroom(name string) bool {
	for w := range strings.FieldsSeq(fold(name)) {
		if !newsrooms[w] && !orgWords[w] {
			return false
		}
	}
	return true
}

// trimName parts a name from what no name goes on with: dates, addresses and
// words in lower case.
func trimName(words []string) (name, rest []string) {
	for len(words) > 1 && particles[words[0]] && has(orgWords, words[len(words)-1]) {
		words = words[1:] // "de la Redacción"
	}
	n := len(words)
	for i, w := range words {
		if ends(words, i, w) {
			n = i
			break
		}
	}
	for n > 1 && (particles[words[n-1]] || isWeekday(words, n-1) && (n > 2 || n < len(words))) {
		n--
	}
	return words[:n], words[n:]
}

func isWeekday(words []string, i int) bool {
	f := fold(words[i])
	return len(f) > 4 && timeWords[f] && !slices.Contains([]string{"april", "august", "avril", "march"}, f)
}

// ends says whether the name ends in front of word i.
func ends(words []string, i int, w string) bool {
	r, _ := utf8.DecodeRuneInString(w)
	switch {
	case unicode.IsDigit(r), strings.Contains(w, "@"), strings.Contains(w, "://"), strings.HasPrefix(w, "www."):
		return true
	case !unicode.IsLetter(r) && r != '\'' && r != '"' && r != '“' && r != '‘' && r != '„' && r != '«' && r != '’':
		return true
	case i > 0 && lowerIn(trailers, w):
		return true
	case i+1 < len(words) && has(timeWords, w) && startsDigit(words[i+1]), len(words) == 1 && isWeekday(words, 0):
		return true
	}
	return i > 0 && unicode.IsLower(r) && !particles[w] && !isPrefixed(w) && !allLower(words)
}

// isPrefixed says whether a word is a particle that a name is written together with,
// as in "d'Arc" and "al-Sayed".
func isPrefixed(w string) bool {
	i := strings.IndexAny(w, "-'’")
	if i <= 0 || !prefixes[w[:i]] {
		return false
	}
	_, n := utf8.DecodeRuneInString(w[i:])
	return capital(w[i+n:])
}

// inPlace says whether words are a place in a sentence, as in "Name, aus Berlin".
func inPlace(words []string) bool { return len(words) > 1 && prepositions[words[0]] }

func startsDigit(w string) bool {
	r, _ := utf8.DecodeRuneInString(w)
	return unicode.IsDigit(r)
}

func allLower(words []string) bool {
	for _, w := range words {
		if r, _ := utf8.DecodeRuneInString(w); !unicode.IsLower(r) {
			return false
		}
	}
	return len(words) <= 3
}

// isTime says whether words are a date, an address or a place in a sentence,
// such as a byline may hold behind its names.
func isTime(words []string) bool {
	if startsDigit(words[0]) || strings.Contains(words[0], "@") {
		return true
	}
	if isTimeWord(words[0]) {
		return len(words) == 1 || startsDigit(words[1]) || isTime(words[1:])
	}
	return len(words) <= 3 && prepositions[words[0]]
}

// talkingTo returns how many words say that two persons talk to each other.
func talkingTo(words []string) int {
	if len(words) < 4 || !strings.EqualFold(words[1], "gespräch") && words[1] != "conversation" && words[1] != "Interview" {
		return 0
	}
	return 3 // "im Gespräch mit", "in conversation with"
}

func isTimeWord(w string) bool { return has(timeWords, w) }

// withoutRole cuts what somebody does off the name. It returns nothing when the
// words are no more than that.
func withoutRole(words []string) []string {
	at := slices.IndexFunc(words, func(w string) bool { return isRoleWord(fold(w)) })
	if at < 0 {
		return hanName(words)
	}
	from := at
	for from > 0 && (lowerIn(modifiers, words[from-1]) || has(orgWords, words[from-1])) {
		from--
	}
	if lowerIn(modifiers, words[0]) && at > 0 {
		from = 0 // "Deputy Content Hub Director"
	}
	if from >= 2 || from == 1 && at == 1 && !upperCase(words[0]) && caseless(words[0]) {
		return words[:from]
	}
	rest := words[at+1:]
	if len(rest) > 0 && rest[0] == "of" {
		return nil // "Head of Something"
	}
	for len(rest) > 0 && (isRoleWord(fold(rest[0])) || particles[rest[0]] || lowerIn(modifiers, rest[0])) {
		rest = rest[1:]
	}
	if from == 0 && len(rest) >= 2 && !slices.ContainsFunc(rest, func(w string) bool { return isRoleWord(fold(w)) }) {
		return rest
	}
	return nil
}

func isRoleWord(f string) bool {
	if roleWords[f] {
		return true
	}
	for _, end := range roleEnds {
		if strings.HasSuffix(f, end) {
			return true
		}
	}
	return false
}

// The words that stand behind a name in Han, kana or Hangul without a space.
var (
	hanRoles = []string{
		"선임기자", "인턴기자", "수습기자", "객원기자", "전문기자", "기자", "특파원", "논설위원", "편집위원", "칼럼니스트", "에디터", "記者", "记者", "編輯", "编辑", "特派員", "論説委員", "編集委員",
		"報道官", "撰文", "氏", "さん",
	}
	hanDispatch = []string{"報導", "报道", "報道", "电", "電", "撰", "摄", "攝", "整理"}
)

// hanName cuts the roles that are written together with a name.
func hanName(words []string) []string {
	if len(words) == 0 || !isHan(words[0]) {
		return words
	}
	var out []string
	for _, w := range words {
		if slices.ContainsFunc(hanDispatch, func(end string) bool { return strings.HasSuffix(w, end) }) {
			continue
		}
		for _, end := range hanRoles {
			w = strings.TrimSuffix(w, end)
		}
		if w != "" {
			out = append(out, w)
		}
	}
	return out
}

// splitHan returns the names of a list that only spaces part: Han names have
// two to four characters, and a family name alone at most two.
func splitHan(name string) []string {
	words := strings.Fields(name)
	if len(words) < 2 || !isHan(name) {
		return []string{name}
	}
	short := true
	for _, w := range words {
		n := utf8.RuneCountInString(w)
		r, _ := utf8.DecodeRuneInString(w)
		if n > 4 || !unicode.In(r, unicode.Han, unicode.Hangul) {
			return []string{name}
		}
		short = short && n <= 2
	}
	if short && len(words) == 2 {
		return []string{name}
	}
	return words
}

func isHan(s string) bool {
	r, _ := utf8.DecodeRuneInString(s)
	return unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul)
}

// caseless says whether a word's script has no capitals.
func caseless(w string) bool {
	r, _ := utf8.DecodeRuneInString(w)
	return unicode.IsLetter(r) && !unicode.IsUpper(r) && !unicode.IsLower(r)
}

// isAcronym says whether a word is in capitals throughout.
func isAcronym(w string) bool {
	return utf8.RuneCountInString(w) > 1 && strings.ToUpper(w) == w && strings.ToLower(w) != w
}

func upperCase(w string) bool {
	r, _ := utf8.DecodeRuneInString(w)
	return unicode.IsUpper(r)
}

// capital says whether a word begins as a name does.
func capital(w string) bool { return upperCase(w) || caseless(w) }

// isWord says whether w is letters with what may stand between them.
func isWord(w string) bool {
	for _, r := range w {
		if !unicode.IsLetter(r) && !unicode.IsMark(r) && !strings.ContainsRune("-'’.·‐", r) {
			return false
		}
	}
	return true
}

// keepsDot says whether the dot at the end of a name is the name's: "R. R.",
// "R.R.", "Jr.".
func keepsDot(w string) bool {
	base, ok := strings.CutSuffix(w, ".")
	return ok && (utf8.RuneCountInString(base[strings.LastIndexByte(base, '.')+1:]) == 1 || base == "Jr" || base == "Sr")
}

// maxNameWords is how many words a name has at most, particles not counted.
const maxNameWords = 5

// nameLike says whether words can be a name.
func nameLike(words []string) bool {
	if len(words) == 0 || utf8.RuneCountInString(words[0]) > 40 {
		return false
	}
	n := 0
	for _, w := range words {
		if strings.ContainsAny(w, "?!=<>{}[]#%$€…©") || lowerIn(uiWords, w) {
			return false
		}
		if !particles[w] {
			n++
		}
	}
	if n == 0 || n > maxNameWords {
		return false
	}
	if isHan(words[0]) {
		return utf8.RuneCountInString(strings.Join(words, "")) <= 14
	}
	if len(words) == 1 {
		return utf8.RuneCountInString(words[0]) > 1
	}
	return true
}

// fullName says whether a name has what a first and a family name have, all
// words but particles with capitals.
func fullName(name string) bool {
	words := strings.Fields(name)
	if len(words) > 0 && isHan(words[0]) {
		n := utf8.RuneCountInString(strings.Join(words, ""))
		return n >= 2 && n <= 8
	}
	n := 0
	for i, w := range words {
		if i > 0 && i+1 < len(words) && particles[w] {
			continue
		}
		if !capital(w) && !isPrefixed(w) && !slices.Contains([]string{"von", "van", "de", "di", "da"}, w) || !isWord(w) {
			return false
		}
		n++
	}
	return n >= 2 && n <= 4 && len(words) <= 6
}
