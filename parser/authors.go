package parser

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"pressmill/parser/jsonld"
	"pressmill/pkg/news"
)

var (
	bylineLead = regexp.MustCompile(`(?i)^\s*(?:(?:written|posted|reported|edited|published|story|words|review|photos?|text|texte|testo|autor(?:in|en)?|authors?|auteur|verfasst|geschrieben|ein beitrag|eine analyse|ein kommentar|kommentar|interview|gastbeitrag|veröffentlicht|redaktion|reporting)\s*(?:by|von|par|por|di|:)?\s*[:|]?\s+|(?:by|von|par|por|di|door|av|af|od|oleh|yazan|by:|von:)\s*:?\s+)`)
	bylineTail = regexp.MustCompile(`(?i)\s*(?:\((?:[^)]*)\)|[|•·–].*|\s-\s.*|,?\s+(?:updated|published|posted|on|am|at|veröffentlicht|aktualisiert)\b.*|\d.*)$`)
	byAnd      = regexp.MustCompile(`(?i)\s*(?:[;|/]|\s&\s|\s(?:and|und|et|y|og|och|en|ve|oraz)\s)\s*`)
	jobTitle   = regexp.MustCompile(`(?i)\b(?:reporter|editor|correspondent|korrespondent(?:in)?|redakteur(?:in)?|journalist(?:in)?|columnist|writer|chef|contributor|bureau|producer|author|autor|staff|freier?|director|politik|wirtschaft|kultur|sport|ressort\w*|leiter(?:in)?|redaktion)\b`)
	orgWord    = regexp.MustCompile(`(?i)\b(?:news|redaktion|editors?|editorial|team|staff|desk|newsroom|online|media|zeitung|nachrichten|press|agency|agentur|tv|radio|magazine|magazin|network|group|gmbh|inc|e\.v|ministerium|university|institut|institute|association|verein|foundation|stiftung|times|post|journal|herald|tribune|gazette|daily|today|english|redacción|rédaction|redazione|redactie|redaksjon|toimitus|presse|kolektif|desk|partei)\b|\.(?:com|de|net|org|at|ch|co|be|fr|it|no|se|dk|info)\b`)
)

// placeholders name nobody.
var placeholders = map[string]bool{
	"stringer": true, "staff": true, "admin": true, "administrator": true, "editor": true, "unknown": true, "none": true, "null": true,
	"author": true, "autor": true, "anonymous": true, "guest": true, "user": true, "root": true, "webmaster": true, "gast": true,
	"handout": true, "contributor": true, "n a": true, "na": true, "staff writer": true, "web desk": true, "default": true,
	"undefined": true, "by": true, "von": true, "wordpress": true, "redakteur": true, "super user": true, "news desk": true,
}

// authors finds who wrote the article: in the structured data, the meta
// elements, then the visible byline. Agencies go to the agencies.
func (x *extraction) authors() {
	for _, try := range []func() string{x.ruledAuthors, x.ldAuthors, x.metaAuthors, x.linkedAuthors, x.bylineAuthors} {
		if src := try(); len(x.art.Authors) > 0 {
			x.prov("authors", src, 0.8)
			return
		}
	}
}

func (x *extraction) ldAuthors() string {
	for _, key := range []string{"author", "creator"} {
		for o := range x.ld.article.list(key) {
			x.ldAuthor(x.ld.resolve(o))
		}
		if len(x.art.Authors) > 0 {
			break
		}
	}
	return "jsonld"
}

func (x *extraction) ldAuthor(o object) {
	if names := o.get("name"); names.Kind() == jsonld.Array {
		for n := range names.items() {
			x.addByline(n.str(), "")
		}
		return
	}
	url := o.text("url")
	if !strings.HasPrefix(url, "http") {
		url = ""
	}
	name := o.str()
	if o.is("Organization", "NewsMediaOrganization", "Corporation") {
		x.addAuthor(news.Author{Name: name, Kind: "org", URL: url, Raw: name})
		return
	}
	x.addByline(name, url)
}

func (x *extraction) metaAuthors() string {
	for _, key := range []string{"author", "article:author", "parsely-author", "sailthru.author", "dc.creator", "dcterms.creator", "byl", "citation_author", "article:author_name", "cxenseparse:author", "og:article:author", "creator", "article.author", "twitter:data1"} {
		for _, v := range x.meta.values[key] {
			if key == "twitter:data1" && !strings.Contains(fold(x.meta.get("twitter:label1")), "written by") && !strings.Contains(fold(x.meta.get("twitter:label1")), "verfasst von") {
				continue
			}
			if !strings.Contains(v, "://") && !strings.HasPrefix(v, "@") {
				x.addByline(v, "")
			}
		}
		if len(x.art.Authors) > 0 {
			return "meta"
		}
	}
	return "meta"
}

// linkedAuthors reads rel=author and itemprop=author near the text.
func (x *extraction) linkedAuthors() string {
	t := x.tree
	from, to := x.scope()
	for i := from; i < to; i++ {
		n := &t.nodes[i]
		if n.tag == tagNone || n.flags&(commentMark|relatedMark) != 0 || n.stop-i > 40 || n.start == n.end {
			continue
		}
		if (strings.EqualFold(t.attr(i, "rel"), "author") || hasWord(t.attr(i, "itemprop"), "author")) && !t.inMarked(i, commentMark|relatedMark) {
			if v := t.attr(i, "content"); v != "" {
				x.addByline(v, "")
			} else {
				x.addByline(t.text(i), "")
			}
		}
	}
	return "html"
}

func hasWord(list, word string) bool {
	for w := range strings.FieldsSeq(list) {
		if w == word {
			return true
		}
	}
	return false
}

// inMarked says whether an ancestor of i carries one of the flags.
func (t *tree) inMarked(i int32, f mark) bool {
	for i = t.nodes[i].parent; i >= 0; i = t.nodes[i].parent {
		if t.nodes[i].flags&f != 0 && t.nodes[i].tag != tagBody && t.nodes[i].tag != tagHTML {
			return true
		}
	}
	return false
}

// bylineAuthors reads elements named as bylines, smallest first, then lines
// that begin as a byline does.
func (x *extraction) bylineAuthors() string {
	t := x.tree
	from, to := x.scope()
	for i := from; i < to && len(x.art.Authors) == 0; i++ {
		n := &t.nodes[i]
		if n.tag == tagNone || n.flags&bylineMark == 0 || n.flags&commentMark != 0 || n.stop-i > 40 || t.inMarked(i, commentMark|relatedMark) {
			continue
		}
		if s := t.text(i); utf8.RuneCountInString(s) < 120 {
			x.addByline(s, "")
		}
	}
	for _, line := range x.bylines {
		if len(x.art.Authors) > 0 {
			break
		}
		x.addByline(line, "")
	}
	for i := from; i < min(to, x.root) && len(x.art.Authors) == 0; i++ {
		n := &t.nodes[i]
		if n.tag == tagNone || n.stop-i > 12 || n.start == n.end || n.flags&(commentMark|relatedMark|captionMark|inJunk) != 0 || t.within(i, tagFigure, tagNav, tagAside, tagFooter) {
			continue
		}
		if s := t.text(i); bylineNames(s) != "" {
			x.addByline(s, "")
		}
	}
	return "text"
}

// bylineNames returns the names of a line that is surely a byline, such as
// "By A and B | Tuesday, 3 May 2022", or "": it begins as one does, and holds
// nothing but names and a date.
func bylineNames(s string) string {
	lead := bylineLead.FindString(s)
	if lead == "" || utf8.RuneCountInString(s) > 110 {
		return ""
	}
	names := s[len(lead):]
	if i := strings.IndexAny(names, "0123456789"); i >= 0 {
		if !holdsDate(names[i:]) && !holdsDate(names) {
			return ""
		}
		names = strings.TrimRight(names[:i], " \t")
		if day, ok := strings.CutSuffix(names, ","); ok {
			names = day // a weekday goes before the date's comma
			if k := strings.LastIndexAny(day, " |·•–"); k > 0 {
				names = day[:k]
			}
		}
	}
	names = strings.Trim(names, " \t,|·•–-")
	if names == "" {
		return ""
	}
	for _, part := range byAnd.Split(names, -1) {
		if n := len(strings.Fields(part)); n < 2 || n > 4 || !nameLike(part) || endsSentence(part) {
			return ""
		}
	}
	return names
}

// addByline reads "By A and B, Org" and adds whom it names.
func (x *extraction) addByline(raw, url string) {
	raw = strings.TrimSpace(raw)
	if raw == "" || utf8.RuneCountInString(raw) > 200 {
		return
	}
	s := bylineNames(raw)
	if s == "" {
		s = bylineLead.ReplaceAllString(raw, "")
		s = bylineLead.ReplaceAllString(s, "")
	}
	if strings.Contains(s, "://") || strings.Contains(s, "@") && !strings.Contains(s, " ") {
		return
	}
	for _, part := range byAnd.Split(s, -1) {
		x.addCommaList(part, raw, url)
	}
}

// addCommaList adds the names of one part of a byline; what follows a person
// behind a comma is another person, an organisation or a job.
func (x *extraction) addCommaList(part, raw, url string) {
	first := -1
	for i, name := range strings.Split(part, ",") {
		name = cleanName(name)
		switch {
		case name == "":
		case i > 0 && first >= 0 && x.isOrgName(name):
			a := &x.art.Authors[first]
			if a.Org == "" && agencyOf(name) == "" {
				a.Org = name
			}
		case i > 0 && jobTitle.MatchString(name):
		case i > 0 && len(strings.Fields(name)) == 1 && agencyOf(name) == "":
		default:
			n := len(x.art.Authors)
			kind := "person"
			if x.isOrgName(name) {
				kind = "org"
			}
			x.addAuthor(news.Author{Name: name, Kind: kind, URL: url, Raw: raw})
			if len(x.art.Authors) > n && kind == "person" {
				first = n
			}
		}
	}
}

func cleanName(s string) string {
	s = bylineLead.ReplaceAllString(s, "")
	s = bylineTail.ReplaceAllString(s, "")
	s = strings.Trim(s, " \t.,:;|-–—*·•\"'()")
	return strings.Join(strings.Fields(s), " ")
}

func (x *extraction) isOrgName(s string) bool {
	if x.isSite(s) || orgWord.MatchString(s) {
		return true
	}
	joined := strings.ReplaceAll(fold(s), " ", "")
	return len(x.domainLabel) >= 5 && strings.Contains(joined, x.domainLabel)
}

// addAuthor adds an author unless it is known, nobody or an agency.
func (x *extraction) addAuthor(a news.Author) {
	f := fold(a.Name)
	if strings.HasPrefix(f, "image ") || strings.HasPrefix(f, "photo ") || strings.Contains(f, "getty images") {
		return
	}
	if f == "" || placeholders[f] || utf8.RuneCountInString(a.Name) > 60 || len(strings.Fields(a.Name)) > 6 {
		return
	}
	if names := agencyList(a.Name); names != nil {
		x.addAgencies(names, "source", a.Raw)
		return
	}
	if a.Kind == "person" && !nameLike(a.Name) {
		return
	}
	for _, b := range x.art.Authors {
		if fold(b.Name) == f {
			return
		}
	}
	x.art.Authors = append(x.art.Authors, a)
}

// nameLike says whether s can be a name: it begins with a capital or a letter
// without case, and is no sentence.
func nameLike(s string) bool {
	r, _ := utf8.DecodeRuneInString(s)
	if !unicode.IsLetter(r) || strings.ContainsAny(s, "?!=<>{}[]#") {
		return false
	}
	words := strings.Fields(s)
	low := 0
	for _, w := range words {
		if r, _ := utf8.DecodeRuneInString(w); unicode.IsLower(r) {
			low++
		}
	}
	return low*2 <= len(words) || len(words) == 1
}
