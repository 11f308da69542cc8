// Package bylines reads the lines that say who wrote an article, and the credits
// of agencies and photographers. It knows strings only, no pages.
package bylines

import (
	"bytes"
	"slices"
	"strings"
	"unicode/utf8"
)

// Byline is what a byline says. All names are as written.
type Byline struct {
	Persons  []Person
	Orgs     []string // organisations that sign as authors, newsrooms too
	Agencies []string // news agencies the text comes from, by their usual names
	Helped   []string // agencies that contributed
	Led      bool     // a word such as "By" introduces the names
	Said     bool     // what introduces them leaves no doubt, as "Written by" or "Author:"
	Rest     bool     // it holds words that belong to no byline
}

// Person is an author, with the organisation that the byline puts beside.
type Person struct{ Name, Org string }

// MaxLength is how long a byline can be, in bytes.
const MaxLength = 400

// Parse reads a text that is known to be a byline, as in "By A and B, Org |
// 3 May". Roles, places, dates, addresses, photographers and placeholders are
// left out. A line break stands between things that the page sets apart. isSite
// says whether a name is the publishing site's; it may be nil.
func Parse(s string, isSite func(string) bool) Byline {
	if len(s) > MaxLength {
		return Byline{}
	}
	r := reader{isSite: isSite}
	groups, said := split(s)
	r.out.Said = said
	for _, group := range groups {
		r.group(group)
	}
	if len(r.out.Agencies) > 0 {
		r.out.Persons = slices.DeleteFunc(r.out.Persons, func(p Person) bool { return isInitials(p.Name) }) // "abc/dpa"
	}
	if len(r.out.Persons) > 0 {
		r.out.Orgs = slices.DeleteFunc(r.out.Orgs, isNewsroom)
	}
	return r.out
}

// Line reads a text of which nobody knows that it is a byline. It returns false
// unless the text begins as a byline does and says nothing but full names,
// roles, places and dates.
func Line(s string, isSite func(string) bool) (Byline, bool) {
	if utf8.RuneCountInString(s) > 160 || !StartsText(s) {
		return Byline{}, false
	}
	b := Parse(s, isSite)
	return b, b.Led && b.Full()
}

// Full says whether a byline names persons, all with their full names, and
// holds nothing else.
func (b *Byline) Full() bool {
	return !b.Rest && len(b.Persons) > 0 && !slices.ContainsFunc(b.Persons, func(p Person) bool { return !fullName(p.Name) })
}

// Lead says whether s introduces an author and names none, as "Written by" does.
func Lead(s string) bool {
	l, ok := leadIn(s)
	return ok && (l.role == writes || l.role == checks) && l.form != coloned
}

// Starts says cheaply whether a line can begin as a byline does.
func Starts(line []byte) bool {
	if !mayStart(line) {
		return false
	}
	line = bytes.TrimLeft(line, beforeLead)
	if end := bytes.IndexAny(line, behindLead); end >= 0 {
		line = line[:end]
	}
	return firstLed(string(line))
}

// Name says whether s is nothing but the full name of one person.
func Name(s string) bool {
	if len(s) > 60 {
		return false
	}
	b := Parse(s, nil)
	return len(b.Persons) == 1 && !b.Led && !b.Rest && b.Persons[0].Name == strings.TrimSpace(s) && fullName(s)
}

// reader gathers a byline piece by piece.
type reader struct {
	isSite func(string) bool
	out    Byline
	role   role // of the names that are read
	open   int  // index+1 of the person to whom what follows a comma belongs
	past   bool // the names behind the lead are read
}

// group reads the pieces between two hard separators.
func (r *reader) group(pieces []piece) {
	r.open = 0
	if reversed(pieces) && r.role == writes {
		name := strings.Join(pieces[1].words, " ") + " " + pieces[0].words[0]
		r.person(name)
		return
	}
	for i := range pieces {
		r.piece(&pieces[i])
	}
}

// reversed says whether a group is "Lastname, Firstname".
func reversed(pieces []piece) bool {
	if len(pieces) != 2 || !pieces[1].comma || pieces[0].led || pieces[1].led || pieces[1].aside {
		return false
	}
	last, first := pieces[0].words, pieces[1].words
	if len(last) != 1 || len(first) == 0 || len(first) > 2 {
		return false
	}
	for _, w := range slices.Concat(last, first) {
		if !capital(w) || isHan(w) || !isWord(w) || has(orgWords, w) || isRoleWord(fold(w)) || Agency(w) != "" || has(nobody, w) || has(places, w) {
			return false
		}
	}
	return utf8.RuneCountInString(last[0]) > 2
}

func (r *reader) piece(p *piece) {
	if p.does && len(r.out.Persons) > 0 && !fullName(strings.Join(p.words, " ")) {
		p.led, p.apart = false, true // "Name", "Reporter", "Town", each in its line
	}
	if p.led {
		r.role = p.role
		r.open = 0
		r.past = false
		if p.role == writes && !r.out.Led && len(p.words) > 0 {
			r.out.Led, r.out.Persons, r.out.Orgs = true, nil, nil // what stood before was no name
		}
	} else if p.apart && r.out.Led && len(r.out.Persons)+len(r.out.Orgs) > 0 {
		r.past = true
	}
	whole := strings.Join(p.words, " ")
	if whole == "" || p.lists && len(p.words) == 1 && !isHan(whole) {
		return // "More from Town"
	}
	if a := Agency(whole); a != "" {
		r.agency(a)
		return
	}
	if l, _ := leadIn(whole); p.aside && r.open > 0 && l.role == pictures { // "Name (Photos)"
		r.out.Persons = slices.Delete(r.out.Persons, r.open-1, r.open)
		r.open = 0
		return
	}
	if r.role != writes || r.past || has(nobody, whole) || r.open > 0 && p.comma && (has(degrees, whole) || has(ordered, p.words[0])) {
		return
	}
	if r.cutAgency(p) {
		if whole = strings.Join(p.words, " "); whole == "" || has(nobody, whole) {
			return
		}
	}
	r.name(p, whole)
}

// cutAgency cuts the agency off the end of a piece for which or with which somebody
// wrote: "Name Associated Press", "Name with AFP", "da Agência Brasil".
func (r *reader) cutAgency(p *piece) bool {
	for at := max(1, len(p.words)-maxLeadWords); at < len(p.words); at++ {
		words := p.words[at:]
		if a := helper(words); a != "" {
			r.out.Helped = append(r.out.Helped, a)
			p.words = p.words[:at]
			return true
		}
		if at == 1 && !particles[p.words[0]] || len(words) == 1 && (isAcronym(p.words[at-1]) || len(words[0]) > maxAcronym && words[0] != "Reuters") {
			continue // the name of a person may end so
		}
		if a := Agency(strings.Join(words, " ")); a != "" {
			r.agency(a)
			p.words = p.words[:at]
			if at == 1 {
				p.words = nil
			}
			return true
		}
	}
	return false
}

// name files what one piece names.
func (r *reader) name(p *piece, whole string) {
	words, rest := trimName(p.words)
	if n := talkingTo(rest); n > 0 {
		r.piece(&piece{words: words, comma: p.comma, apart: p.apart})
		r.piece(&piece{words: rest[n:]})
		return
	}
	r.out.Rest = r.out.Rest || len(rest) > 0 && !isTime(rest)
	begin := whole
	if len(words) < len(p.words) {
		begin = strings.Join(words, " ")
	}
	if r.isOrg(begin, words) || len(rest) > 0 && rest[0] == "eG" || p.comma && slices.ContainsFunc(rest, isOrgWord) {
		if len(words) > 1 && len(rest) > 0 && !isTime(rest) {
			r.org(whole)
		} else {
			r.org(strings.Trim(begin, ".-–* "))
		}
		return
	}
	words = withoutRole(words)
	name := strings.Trim(strings.Join(words, " "), " .,-–—*\"'“”„‘’«»:")
	if n := len(words); n > 0 && keepsDot(words[n-1]) {
		name += "."
	}
	switch {
	case name == "" || has(nobody, name) || isLead(name) || isSection(words):
	case Agency(name) != "":
		r.agency(Agency(name))
	case r.isOrg(name, words):
		r.org(name)
	case p.aside, has(places, name), (p.led || r.open > 0 && p.comma) && inPlace(words), r.isPlace(p, words):
	case len(words) == 1 && len(r.out.Agencies) > 0 && isInitials(name): // "dpa/abc"
	case r.isAcronyms(p, words): // "Name/SP-X"
		r.open = len(r.out.Persons)
		r.org(name)
	case len(words) == 1 && r.open > 0 && (p.and == "y" || p.and == "e") && strings.Contains(r.out.Persons[r.open-1].Name, " "):
		r.out.Persons[r.open-1].Name += " " + p.and + " " + name // of the mother
	case !nameLike(words), allLower(words) && (p.comma || len(r.out.Persons) > 0), p.apart && len(r.out.Persons) > 0 && !fullName(name):
		r.out.Rest = true
	default:
		for _, name := range splitHan(name) {
			r.person(name)
		}
	}
}

// isPlace says whether one word behind a full name or a role is where somebody
// reports from.
func (r *reader) isPlace(p *piece, words []string) bool {
	if len(words) != 1 || p.led || len(r.out.Persons) == 0 || isHan(words[0]) || isAcronym(words[0]) {
		return false
	}
	if p.comma && r.open == 0 {
		return true
	}
	last := r.out.Persons[len(r.out.Persons)-1].Name
	return (p.comma || p.slash || p.and == "i") && strings.Contains(last, " ")
}

// isAcronyms says whether words behind a name are an organisation by its initials.
func (r *reader) isAcronyms(p *piece, words []string) bool {
	if p.apart || p.led || len(r.out.Persons) == 0 || slices.ContainsFunc(words, func(w string) bool { return !isAcronym(w) }) {
		return false
	}
	last := r.out.Persons[len(r.out.Persons)-1].Name
	return len(words) == 1 || p.comma && strings.ToUpper(last) != last
}

func (r *reader) person(name string) {
	f := fold(name)
	for i := range r.out.Persons {
		if fold(r.out.Persons[i].Name) == f {
			return
		}
	}
	r.out.Persons = append(r.out.Persons, Person{Name: name})
	r.open = len(r.out.Persons)
}

// org files an organisation: with the person in front of it, or as an author.
func (r *reader) org(name string) {
	if r.open > 0 {
		if p := &r.out.Persons[r.open-1]; p.Org == "" && !isNewsroom(name) {
			p.Org = name
		}
		return
	}
	if !slices.Contains(r.out.Orgs, name) {
		r.out.Orgs = append(r.out.Orgs, name)
	}
}

func (r *reader) agency(name string) {
	to := &r.out.Agencies
	switch r.role {
	case helps:
		to = &r.out.Helped
	case pictures:
		return
	case writes, sources, checks:
	}
	if !slices.Contains(*to, name) {
		*to = append(*to, name)
	}
}

func (r *reader) isOrg(name string, words []string) bool {
	return r.isSite != nil && r.isSite(name) || isOrgName(name, words)
}
