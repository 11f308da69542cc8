// Package urlshape reads what a URL alone says of the page behind it: that it
// is a site's front, a list of some sort, or one story. It knows the words that
// sites put into their paths in some twenty languages.
package urlshape

import (
	"net/url"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Page is the sort of page that a URL's words name.
type Page uint8

// The sorts of pages.
const (
	Unnamed Page = iota
	Home         // a site's or an edition's front
	Search       // results of a search
	Tag          // stories on one topic
	Author       // stories of one author
	Section      // stories of one section, called so in words
	Account      // login, registration, subscription
	Legal        // imprint, privacy, terms
	About        // the site on itself, contact
	Shop         // products, carts
	Forum        // threads
)

// Shape is what a URL says.
type Shape struct {
	Page   Page
	Number int // of the page in a paginated list, when above one
	Words  int // of the last segment that is a slug

	OwnWords int  // of the last segment
	Date     bool // the path holds a year with a month
	ID       bool // the path holds a long number or hash
	File     bool // the path ends in .html or the like
	Depth    int  // segments of the path
}

// Story says whether the URL is shaped like that of a single story.
func (s Shape) Story() bool { return s.Words >= 4 || s.Date && s.ID || (s.Date || s.ID) && s.Words > 0 }

// Of returns the shape of a URL.
func Of(u *url.URL) Shape {
	segments := split(u.Path)
	s := Shape{Depth: len(segments), Number: pageNumber(u, segments)}
	for i, seg := range segments {
		s.Date = s.Date || isDate(seg) || isYear(seg) && i+1 < len(segments) && isMonth(segments[i+1])
		s.ID = s.ID || hasID(seg)
	}
	if len(segments) > 0 {
		var last string
		last, s.File = cutExtension(segments[len(segments)-1])
		s.Words = words(last)
		s.OwnWords = s.Words
		if s.Words == 0 && len(segments) > 1 {
			s.Words = words(segments[len(segments)-2])
		}
		segments[len(segments)-1] = last
	}
	s.ID = s.ID || queryNumber(u, 2) || endsInNumber(segments)
	s.Page = page(u, segments, s)
	return s
}

// split returns the segments of a path, in lower case, without empty ones and
// index files.
func split(path string) []string {
	var out []string
	for seg := range strings.SplitSeq(strings.ToLower(path), "/") {
		if seg == "" || strings.HasPrefix(seg, "index.") || strings.HasPrefix(seg, "default.asp") {
			continue
		}
		if out = append(out, seg); len(out) == 32 {
			break
		}
	}
	return out
}

func cutExtension(seg string) (name string, cut bool) {
	i := strings.LastIndexByte(seg, '.')
	if i <= 0 {
		return seg, false
	}
	switch seg[i+1:] {
	case "html", "htm", "shtml", "xhtml", "phtml", "php", "asp", "aspx", "jsp", "do", "ece", "cms", "page":
		return seg[:i], true
	}
	return seg, false
}

// words counts the words of a slug; numbers are none.
func words(slug string) int {
	n := 0
	for w := range strings.FieldsFuncSeq(slug, func(r rune) bool { return r == '-' || r == '_' || r == '+' || r == ' ' || r == ',' || r == '.' }) {
		if letters(w) > 1 || len(w) == 1 && letters(w) == 1 && n > 0 {
			n++
		}
	}
	if n == 1 && letters(slug) > 12 && utf8.RuneCountInString(slug) < len(slug) {
		return 4 // a title in a script without spaces
	}
	return n
}

func letters(s string) int {
	n := 0
	for _, r := range s {
		if unicode.IsLetter(r) {
			n++
		}
	}
	return n
}

func digits(s string) bool {
	return s != "" && strings.Trim(s, "0123456789") == ""
}

func isYear(s string) bool {
	return len(s) == 4 && digits(s) && (strings.HasPrefix(s, "19") || strings.HasPrefix(s, "20"))
}

func isMonth(s string) bool {
	if len(s) >= 3 && len(s) <= 9 && letters(s) == len(s) {
		return monthWords[s[:3]]
	}
	return len(s) <= 2 && digits(s) && s != "0" && s != "00" && (len(s) == 1 || s <= "12") || len(s) == 4 && digits(s) && s[:2] <= "12" && s[2:] <= "31"
}

// isDate knows 20240503, 2024-05-03 and 2024-05.
func isDate(seg string) bool {
	plain := strings.ReplaceAll(seg, "-", "")
	return len(seg) >= 7 && (len(plain) == 8 || len(plain) == 6 && len(seg) == 7) && digits(plain) && isYear(plain[:4]) && plain[4:6] >= "01" && plain[4:6] <= "12"
}

// hasID says whether a segment holds a number of five or more digits, or a hash.
func hasID(seg string) bool {
	run, hex, mixed := 0, 0, 0
	for i := 0; i < len(seg); i++ {
		c := seg[i]
		switch {
		case '0' <= c && c <= '9':
			run++
			hex++
			mixed |= 1
		case 'a' <= c && c <= 'f':
			run = 0
			hex++
			mixed |= 2
		default:
			run, hex, mixed = 0, 0, 0
		}
		if run >= 5 || hex >= 12 && mixed == 3 {
			return true
		}
	}
	return false
}

// endsInNumber says whether the last segment is a number that is neither a year,
// a month nor a page, as in "/news/4711".
func endsInNumber(segments []string) bool {
	n := len(segments)
	if n < 2 || pagingWords[segments[n-2]] {
		return false
	}
	last := segments[n-1]
	return len(last) >= 3 && digits(last) && !isYear(last) && !(len(last) == 6 && isYear(last[:4]) && isMonth(last[4:])) && !isYear(segments[n-2])
}

// NamesOne says whether the query of a URL has a number that tells the page from
// others under its path.
func NamesOne(u *url.URL) bool { return queryNumber(u, 1) }

// queryNumber says whether a query has a number of so many digits under a name of
// those that tell pages apart.
func queryNumber(u *url.URL, least int) bool {
	if u.RawQuery == "" {
		return false
	}
	for key, values := range u.Query() {
		if v := values[0]; len(v) >= least && digits(v) && slices.Contains(idKeys, strings.ToLower(key)) {
			return true
		}
	}
	return false
}

// pageNumber returns the number of a page in a paginated list, or 0.
func pageNumber(u *url.URL, segments []string) int {
	if n := len(segments); n >= 2 && pagingWords[segments[n-2]] {
		return number(segments[n-1])
	}
	if n := len(segments); n >= 1 {
		for _, cut := range []string{"page-", "page", "seite-", "pagina-", "p"} {
			if rest, ok := strings.CutPrefix(segments[n-1], cut); ok && len(rest) <= 3 && number(rest) > 0 {
				return number(rest)
			}
		}
	}
	if u.RawQuery == "" {
		return 0
	}
	q := u.Query()
	for _, key := range pageKeys {
		if n := number(q.Get(key)); n > 0 {
			return n
		}
	}
	return 0
}

// number returns a small number above one, or 0.
func number(s string) int {
	if len(s) > 4 || !digits(s) {
		return 0
	}
	n := 0
	for _, c := range []byte(s) {
		n = 10*n + int(c-'0')
	}
	if n < 2 {
		return 0
	}
	return n
}

// page names the page by the words of its path. A word counts where it stands
// last, or right before the name of a topic or an author.
func page(u *url.URL, segments []string, s Shape) Page {
	n := len(segments)
	if isSearch(u, segments, s) {
		return Search
	}
	if n == 0 || n == 1 && homeWords[segments[0]] || n == 1 && len(segments[0]) == 2 && letters(segments[0]) == 2 {
		if u.RawQuery != "" && (s.ID || strings.Contains(u.Path, ".") || strings.Contains(u.RawQuery, "/")) {
			return Unnamed // index.php?page=... and ?q=node/12 may be any page
		}
		return Home
	}
	if n >= 2 && pagingWords[segments[n-2]] {
		segments = segments[:n-2]
		if n -= 2; n == 0 {
			return Home
		}
	}
	if p := pageWords[segments[n-1]]; p != Unnamed {
		return p
	}
	if n == 1 {
		return Unnamed
	}
	switch p := pageWords[segments[n-2]]; p {
	case Section:
		if archiveWords[segments[n-2]] && endsInNumber(segments) {
			return Unnamed // a post by its number
		}
		fallthrough
	case Tag, Author:
		if s.Words <= 4 && !s.Date && !s.File {
			return p
		}
	case Account, Shop, Forum:
		return p
	default:
	}
	switch p := pageWords[segments[0]]; p {
	case Shop, Forum, Account:
		return p
	default:
		return Unnamed
	}
}

// isSearch says whether a URL asks for results. The words for it name sections,
// too ("recherche"), whose stories have longer slugs, numbers or dates.
func isSearch(u *url.URL, segments []string, s Shape) bool {
	n := len(segments)
	if n > 0 && searchWords[segments[n-1]] || n > 1 && searchWords[segments[n-2]] && s.Words < 5 && !s.Date && !(s.Words > 1 && (s.File || s.ID)) {
		return true
	}
	if u.RawQuery == "" || n > 1 {
		return false
	}
	q := u.Query()
	for _, key := range searchKeys {
		if v := q.Get(key); letters(v) > 0 && !strings.Contains(v, "/") { // "node/12" is a path
			return true
		}
	}
	return false
}
