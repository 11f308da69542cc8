package parser

import (
	"bytes"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"pressmill/parser/bylines"
	"pressmill/pkg/news"
)

// signatures are the authors that one source names.
type signatures struct {
	src     string // as in the provenance
	conf    float64
	persons []news.Author
	orgs    []news.Author
	sure    bool // a full byline names the persons, or structured data
	full    bool // all persons have their full names
}

// authors finds who wrote the article. A site rule is final. What the page
// declares is asked in the order of how far it is to be believed, and lines and
// links that may be bylines while no person is known. Agencies go to the
// agencies.
func (x *extraction) authors() {
	x.bylineTries = 0 // what the blocks took
	best := x.ruledAuthors()
	if best.empty() {
		for _, ask := range []func() signatures{x.ldAuthors, x.metaAuthors, x.namedAuthors} {
			best = best.or(ask())
		}
		for _, ask := range []func() signatures{x.linkedAuthors, x.lineAuthors, x.datedAuthors, x.loneAuthors} {
			if best.full {
				break
			}
			best = best.or(ask())
		}
	}
	if x.art.Authors = best.persons; len(best.persons) == 0 {
		x.art.Authors = best.orgs
	}
	if len(x.art.Authors) > 0 {
		x.prov("authors", best.src, best.conf)
	}
}

func (s *signatures) empty() bool { return len(s.persons)+len(s.orgs) == 0 }

// or returns the better of two sources, of which s is the more trusted: t names
// more persons or more of their names, or it names persons for sure where s
// names none, or the person whose account s names.
func (s signatures) or(t signatures) signatures {
	switch {
	case s.empty(), len(s.persons) == 0 && len(t.persons) > 0 && t.sure, len(s.persons) > 0 && t.sure && t.covers(&s), t.owns(&s):
		return t
	}
	return s
}

// owns says whether t names one person in full, and s by the name of an account
// that is made of the same letters, or of an initial and the family name.
func (s *signatures) owns(t *signatures) bool {
	if !s.full || len(s.persons) != 1 || len(t.persons) != 1 || strings.Contains(t.persons[0].Name, " ") {
		return false
	}
	name, account := s.persons[0].Name, letters(t.persons[0].Name)
	first, rest, _ := strings.Cut(name, " ")
	_, n := utf8.DecodeRuneInString(first)
	return letters(name) == account || letters(first[:n]+rest) == account
}

// letters returns the letters and digits of a name, in lower case and without
// accents.
func letters(name string) string {
	return strings.Map(func(r rune) rune {
		if !isWordRune(r) || unicode.IsMark(r) {
			return -1
		}
		return unicode.ToLower(r)
	}, norm.NFD.String(name))
}

// covers says whether s names all persons of t, and more of them.
func (s *signatures) covers(t *signatures) bool {
	longer := len(s.persons) > len(t.persons)
	for _, a := range t.persons {
		f := fold(a.Name)
		i := slices.IndexFunc(s.persons, func(b news.Author) bool { return holdsWords(fold(b.Name), f) })
		if i < 0 {
			return false
		}
		longer = longer || len(s.persons[i].Name) > len(a.Name) && !strings.Contains(f, " ")
	}
	return longer && s.full
}

// holdsWords says whether part is made of words of s, both folded.
func holdsWords(s, part string) bool {
	return strings.Contains(" "+s+" ", " "+part+" ")
}

// read adds whom a byline names.
func (s *signatures) read(x *extraction, raw, url string) {
	raw = strings.TrimSpace(raw)
	b := x.parseByline(raw)
	if name, _, _ := strings.Cut(raw, ","); len(name) < 80 && slices.Contains(x.siteNames, x.fold(name)) {
		b = bylines.Byline{Orgs: []string{name}} // it may hold "and", or be an agency that publishes itself
	}
	s.add(x, &b, raw, url)
}

func (s *signatures) add(x *extraction, b *bylines.Byline, raw, url string) {
	raw = strings.ReplaceAll(raw, "\n", " ")
	x.addAgencies(b.Agencies, "source", raw)
	x.addAgencies(b.Helped, "contributor", raw)
	if len(b.Persons)+len(b.Orgs) > 1 {
		url = ""
	}
	s.full = b.Full() && (s.full || len(s.persons) == 0)
	s.sure = s.sure || b.Led && b.Full()
	for _, p := range b.Persons {
		s.persons = sign(s.persons, news.Author{Name: p.Name, Kind: "person", Org: p.Org, URL: url, Raw: raw})
	}
	for _, name := range b.Orgs {
		s.orgs = sign(s.orgs, news.Author{Name: name, Kind: "org", URL: url, Raw: raw})
	}
}

// sign adds an author who is not yet in the list.
func sign(list []news.Author, a news.Author) []news.Author {
	f := fold(a.Name)
	if slices.ContainsFunc(list, func(b news.Author) bool { return foldsTo(b.Name, f) }) {
		return list
	}
	return append(list, a)
}

// ldAuthors reads the structured data.
func (x *extraction) ldAuthors() signatures {
	s := signatures{src: "jsonld", conf: 0.9, sure: true}
	for _, key := range []string{"author", "creator"} {
		for o := range x.ld.article.list(key) {
			x.ldAuthor(&s, x.ld.resolve(o))
		}
		if !s.empty() {
			return s
		}
	}
	return s
}

func (x *extraction) ldAuthor(s *signatures, o object) {
	if !o.isObject() {
		s.read(x, o.str(), "")
		return
	}
	url := o.text("url")
	if !strings.HasPrefix(url, "http") {
		url = ""
	}
	if !o.get("name").Exists() {
		s.read(x, strings.TrimSpace(o.text("givenName")+" "+o.text("familyName")), url)
	}
	for n := range o.list("name") {
		name := n.str()
		if o.is("Organization", "NewsMediaOrganization", "Corporation") && bylines.Agency(name) == "" {
			if name != "" && x.bylineTries.more(maxBylines) {
				s.orgs = sign(s.orgs, news.Author{Name: name, Kind: "org", URL: url, Raw: name})
			}
			continue
		}
		s.read(x, name, url)
	}
}

// metaKeys are the meta elements that name authors, the most common first.
var metaKeys = []string{
	"author", "article:author", "parsely-author", "sailthru.author", "dc.creator", "dcterms.creator", "byl", "citation_author", "article:author_name", "cxenseparse:author", "og:article:author",
	"creator", "article.author", "authors",
}

// metaAuthors reads the meta elements; the first that names persons counts.
func (x *extraction) metaAuthors() signatures {
	s := signatures{src: "meta", conf: 0.8, sure: true}
	for _, key := range metaKeys {
		for v := range x.meta.all(key) {
			s.read(x, v, "")
		}
		if len(s.persons) > 0 {
			return s
		}
	}
	for _, n := range []string{"1", "2"} { // Twitter's cards have labelled values
		label, v := x.meta.get("twitter:label"+n), x.meta.get("twitter:data"+n)
		if v != "" && len(s.persons) == 0 && bylines.Lead(label) {
			s.read(x, v, "")
		}
	}
	return s
}

// An element with a byline has at most maxByline nodes and maxBylineText bytes
// of text; those of the authors of one article lie close together, and are few.
const (
	maxByline     = 40
	maxBylineText = 240
	maxParts      = 2 * bylines.MaxLength
	bylineGap     = 40
	maxAuthors    = 8
)

// namedAuthors reads the elements that are named as bylines: those of the
// article, or else those above it, or else those below.
func (x *extraction) namedAuthors() signatures {
	from, to := x.scope()
	s := x.namedWithin(from, to)
	if len(s.persons) == 0 {
		s = s.or(x.namedWithin(0, from))
	}
	if len(s.persons) == 0 {
		s = s.or(x.namedWithin(to, int32(len(x.tree.nodes))))
	}
	return s
}

// namedWithin reads the first element named as a byline that names persons, and
// those close behind it.
func (x *extraction) namedWithin(from, to int32) signatures {
	t := x.tree
	s := signatures{src: "html", conf: 0.8}
	next := from // behind the last byline
	for _, i := range among(t.named, from, to) {
		n := &t.nodes[i]
		if i >= to {
			break
		}
		if i < next || n.flags&bylineMark == 0 || n.stop-i > maxByline || n.flags&notByline != 0 || t.inMarked(i, notByline) || n.tag == tagMeta && t.ofOther(i) || t.inPicture(i) || t.within(i, tagBlockquote, tagFigcaption) {
			continue
		}
		if x.namedAuthor(&s, i) {
			next = n.stop
			if len(s.persons) > 0 {
				to = min(to, next-1+bylineGap)
			}
		}
	}
	if len(s.persons) > maxAuthors {
		s.persons = nil
	}
	return s
}

// notByline are the names of elements whose authors are not the article's.
const notByline = commentMark | relatedMark | captionMark

// namedAuthor reads one element that is named as a byline, and says whether it
// named anybody.
func (x *extraction) namedAuthor(s *signatures, i int32) bool {
	t := x.tree
	raw := t.attr(i, "content")
	if raw == "" {
		raw = t.parts(i)
	}
	if raw == "" {
		raw = t.nameFor(i)
	}
	if len(raw) > maxBylineText {
		return false
	}
	b := x.parseByline(raw)
	if !b.Led && (b.Rest || !b.Full() && len(b.Persons) > 0 && strings.TrimSpace(raw) != b.Persons[0].Name) {
		return false
	}
	url := ""
	if t.nodes[i].tag == tagA {
		url = x.authorURL(i)
	}
	s.add(x, &b, raw, url)
	return len(b.Persons)+len(b.Orgs) > 0
}

// nameFor returns the name that an item of microdata has for machines alone.
func (t *tree) nameFor(i int32) string {
	for j := i + 1; j < t.nodes[i].stop; j++ {
		if t.nodes[j].tag == tagMeta && equalFold(t.rawAttr(j, "itemprop"), "name") {
			return t.attr(j, "content")
		}
	}
	return ""
}

func (x *extraction) authorURL(i int32) string {
	if u := x.tree.attr(i, "href"); strings.HasPrefix(u, "http") {
		return u
	}
	return ""
}

// parts returns the visible text of a subtree with a line break wherever an
// element begins or ends, unless it parts two words only, as a first and a
// family name. Of longer texts than bylines are it returns the beginning.
func (t *tree) parts(i int32) string {
	var out []byte
	var before string
	apart := false
	for j, stop := i, t.nodes[i].stop; j < stop && len(out) <= maxParts; {
		n := &t.nodes[j]
		if n.tag.is(traitNoText) || n.flags&hidden != 0 && j != i {
			j = n.stop
			continue
		}
		j++
		if n.tag != tagNone {
			apart = apart || n.tag == tagA || n.tag == tagBr || n.tag.is(traitBlock)
			continue
		}
		s := t.beginning(j-1, 4*maxParts)
		if s == "" {
			continue
		}
		if before != "" {
			if apart || strings.Contains(s, " ") || strings.Contains(before, " ") {
				out = append(out, '\n')
			} else {
				out = append(out, ' ')
			}
		}
		out = append(out, s...)
		before, apart = s, false
	}
	return string(out)
}

// inMarked says whether an ancestor of i carries one of the flags.
func (t *tree) inMarked(i int32, f mark) bool {
	i = t.nodes[i].parent
	if l := &t.lineage; l.node != i || l.asked != f { // siblings ask the same
		*l = lineage{i, f, t.isMarked(i, f)}
	}
	return t.lineage.marked
}

// lineage is what was found out last of a node and its ancestors.
type lineage struct {
	node   int32
	asked  mark
	marked bool
}

func (t *tree) isMarked(i int32, f mark) bool {
	for ; i >= 0; i = t.nodes[i].parent {
		if t.nodes[i].flags&f != 0 && t.nodes[i].tag != tagBody && t.nodes[i].tag != tagHTML {
			return true
		}
	}
	return false
}

// authorPaths are what stands behind a slash in addresses of authors' pages.
var authorPaths = []string{
	"author", "autor", "auteur", "autore", "redakteur", "journalist", "people/", "person/", "profil", "reporter",
	"columnist", "contributor", "by/", "staff/", "team/", "newsteam/", "yazar", "firma-autore", "skribent",
}

// linkedAuthors reads links to authors' own pages.
func (x *extraction) linkedAuthors() signatures {
	t := x.tree
	s := signatures{src: "html", conf: 0.7}
	from, to := x.scope()
	first, last := x.textSpan()
	for _, i := range among(t.all(tagA), from, to) {
		n := &t.nodes[i]
		if n.stop-i > 6 || i > first && i < last || !toAuthor(t.bytes(i)) || t.inMarked(i, commentMark|relatedMark) {
			continue
		}
		if i > last && len(s.persons) > 0 {
			break
		}
		if name := t.text(i); bylines.Name(name) {
			s.read(x, name, x.authorURL(i))
		}
	}
	return s
}

// toAuthor says whether the attributes of a link hold the address of an author's
// page.
func toAuthor(attrs []byte) bool {
	for i := bytes.IndexByte(attrs, '/'); i >= 0 && i+1 < len(attrs); {
		for _, p := range authorPaths {
			if attrs[i+1] == p[0] && bytes.HasPrefix(attrs[i+1:], []byte(p)) {
				return true
			}
		}
		next := bytes.IndexByte(attrs[i+1:], '/')
		if next < 0 {
			break
		}
		i += 1 + next
	}
	return false
}

// maxLines bounds how many runs of text around the article may begin a byline.
const maxLines = 10_000

// lineAuthors reads lines that begin as bylines do: those that the text left
// out, then those around it.
func (x *extraction) lineAuthors() signatures {
	s := signatures{src: "text", conf: 0.6}
	for _, line := range x.bylines {
		b := x.parseByline(line)
		if b.Led || b.Full() {
			s.add(x, &b, line, "")
		}
		if len(s.persons) > 0 {
			return s
		}
	}
	t := x.tree
	from, to := x.scope()
	first, last := x.textSpan()
	looked, read := 0, int32(-1) // the block that was read last
	for i := from; i < to && len(s.persons) == 0 && looked < maxLines; i++ {
		if i > first && i < last {
			i = min(last, to-1)
		}
		n := &t.nodes[i]
		if n.tag.is(traitNoText) || n.flags&(commentMark|relatedMark|captionMark) != 0 || n.tag == tagFigure || n.tag == tagNav {
			i = n.stop - 1
			continue
		}
		if n.tag == tagNone && int(n.end-n.start) < maxBylineText {
			read = x.lineAuthor(&s, i, i < first, read)
			looked++
		}
	}
	return s
}

// lineAuthor reads the line that begins with a run of text, if it begins as a
// byline does. A lead alone in its block speaks of the next text. It returns the
// block that was read, and does not read the one before again.
func (x *extraction) lineAuthor(s *signatures, i int32, above bool, before int32) int32 {
	t := x.tree
	raw := bytes.TrimSpace(t.bytes(i))
	if len(raw) == 0 || !bylines.Starts(raw) || x.inCardsBelow(i) {
		if above && len(raw) <= maxDatedName && bytes.ContainsAny(raw, "0123456789") && datedName(string(raw)) {
			s.read(x, string(raw), "")
		}
		return before
	}
	at := t.line(i)
	if at == before {
		return before
	}
	line := t.parts(at)
	if bylines.Lead(line) {
		line += "\n" + t.nextText(i)
	}
	b, ok := x.parseLine(line)
	if ok || b.Led && !b.Rest && len(line) < 100 && (b.Full() || b.Said || holdsDate(line)) {
		s.add(x, &b, line, "")
	}
	return at
}

// maxDatedName is the length of a date and a name, in bytes.
const maxDatedName = 80

// datedName says whether a line is a date and a person's name.
func datedName(s string) bool {
	return slices.ContainsFunc([]string{" | ", " - ", " – ", " · ", " • ", " / "}, func(sep string) bool {
		a, b, ok := strings.Cut(s, sep)
		return ok && (bylines.Name(a) && holdsDate(b) || bylines.Name(b) && holdsDate(a))
	})
}

// line returns the block in which a run of text stands.
func (t *tree) line(i int32) int32 {
	for t.nodes[i].parent >= 0 {
		if i = t.nodes[i].parent; t.nodes[i].tag.is(traitBlock) {
			break
		}
	}
	return i
}

// nextText returns the next run of visible text behind a run of text.
func (t *tree) nextText(i int32) string {
	for j := i + 1; j < int32(len(t.nodes)) && j < i+maxByline; j++ {
		n := &t.nodes[j]
		if n.tag.is(traitNoText) {
			j = n.stop - 1
			continue
		}
		if n.tag == tagNone {
			if s := t.text(j); s != "" {
				return s
			}
		}
	}
	return ""
}

// datedAuthors reads a block above the text that is a name and a date.
func (x *extraction) datedAuthors() signatures {
	s := signatures{src: "text", conf: 0.6}
	first, _ := x.textSpan()
	for i := range x.raw {
		b := &x.raw[i]
		if b.start >= first || len(s.persons) > 0 {
			break
		}
		if len(b.text) <= maxDatedName && strings.ContainsAny(b.text, "0123456789") && datedName(b.text) {
			s.read(x, b.text, "")
		}
	}
	return s
}

// loneAuthors reads a name that stands alone under the text, in its container, or
// in it or under it as a signature does, on the right; then it is sure.
func (x *extraction) loneAuthors() signatures {
	s := signatures{src: "text", conf: 0.5}
	_, last := x.textSpan()
	for i := range x.raw {
		b := &x.raw[i]
		if b.weight > 40 || b.t != news.BlockParagraph || b.link > 0 {
			continue
		}
		right := x.tree.onTheRight(b.node)
		if !b.inside || b.start <= last && !right {
			continue
		}
		if name := strings.Trim(b.text, "()"); bylines.Name(name) {
			s.read(x, name, "")
			s.sure = s.sure || right && len(s.persons) > 0
		}
		if b.start > last || len(s.persons) > 0 {
			break
		}
	}
	return s
}

// onTheRight says whether an element sets its text on the right.
func (t *tree) onTheRight(i int32) bool {
	if equalFold(t.rawAttr(i, "align"), "right") {
		return true
	}
	_, align, found := bytes.Cut(t.rawAttr(i, "style"), []byte("text-align:"))
	return found && bytes.HasPrefix(bytes.TrimSpace(align), []byte("right"))
}

// parseByline reads a byline, but nothing on a page that has too many.
func (x *extraction) parseByline(s string) bylines.Byline {
	if !x.bylineTries.more(maxBylines) {
		return bylines.Byline{}
	}
	return bylines.Parse(s, x.isOrgName)
}

// parseLine reads a line that may be a byline, but nothing on a page that has
// too many.
func (x *extraction) parseLine(s string) (bylines.Byline, bool) {
	if !bylines.StartsText(s) || !x.bylineTries.more(maxBylines) {
		return bylines.Byline{}, false
	}
	return bylines.Line(s, x.isOrgName)
}

// isByline says whether a line that stands by the text is a byline. Of a short
// one it is enough that it begins as one and names somebody.
func (x *extraction) isByline(s string) bool {
	b, ok := x.parseLine(s)
	return ok || b.Led && !b.Rest && len(b.Persons)+len(b.Orgs) > 0 && len(s) < 60 && !endsSentence(s)
}

// isOrgName says whether a name is the site's.
func (x *extraction) isOrgName(s string) bool {
	if x.isSite(s) {
		return true
	}
	return len(x.domainLabel) >= 5 && strings.Contains(x.tree.store.joined(s), x.domainLabel)
}

// addAgencies credits agencies once each; a contributor is never raised to a
// source.
func (x *extraction) addAgencies(names []string, role, raw string) {
	for _, name := range names {
		if !slices.ContainsFunc(x.art.Agencies, func(a news.Agency) bool { return a.Name == name }) {
			x.art.Agencies = append(x.art.Agencies, news.Agency{Name: name, Role: role, Raw: raw})
		}
	}
}
