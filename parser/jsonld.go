package parser

import (
	"bytes"
	"html"
	"iter"
	"strings"
	"unicode/utf8"

	"pressmill/parser/jsonld"
)

// object is a value of JSON-LD, mostly a node; the zero object is absent. It is
// a place in the page and may not outlive the tree.
type object struct{ jsonld.Value }

// maxObjects bounds how much of a page's structured data is read.
const maxObjects = 2000

// structured is a page's JSON-LD, flattened.
type structured struct {
	article object   // the one that describes the page, or absent
	twins   []object // others that describe the same article
	all     []object
	found   []found          // what may describe the page
	ids     map[string]sized // built when first asked for
}

// sized is an object with the number of its members.
type sized struct {
	object
	members int
}

// found is an object that may describe the page.
type found struct {
	object
	rank   int  // what its type says
	listed bool // an item of a list, as of related stories
}

func (t *tree) structured() structured {
	var s structured
	t.ld.Reset(t.src)
	for _, i := range t.all(tagScript) {
		if !isLDType(t.rawAttr(i, "type")) || i+1 >= t.nodes[i].stop {
			continue
		}
		script := &t.nodes[i+1]
		s.flatten(object{t.ld.Read(int(script.start), int(script.end))})
	}
	return s
}

func isLDType(typ []byte) bool {
	typ, _, _ = bytes.Cut(typ, []byte(";"))
	return equalFold(bytes.TrimSpace(typ), "application/ld+json")
}

// nested are the keys under which objects of their own are looked for.
var nested = []string{"@graph", "mainEntity", "mainEntityOfPage", "itemListElement", "hasPart", "video", "isPartOf"}

// flatten adds v and the objects inside it, breadth first.
func (s *structured) flatten(v object) {
	queue := append(make([]found, 0, 16), found{object: v})
	for i := 0; i < len(queue) && len(s.all) < maxObjects; i++ {
		switch v := queue[i]; v.Kind() {
		case jsonld.Array:
			for item := range v.List() {
				queue = append(queue, found{object: object{item}, listed: v.listed})
			}
		case jsonld.Object:
			s.all = append(s.all, v.object)
			if v.rank = v.pageRank(); v.rank > 0 {
				s.found = append(s.found, v)
			}
			for _, key := range nested {
				if x := v.get(key); x.Kind() > jsonld.String {
					queue = append(queue, found{object: x, listed: v.listed || key == "itemListElement"})
				}
			}
		default: // a scalar has nothing inside
		}
	}
}

// pageRank says by its type how likely an object describes an article's page.
func (o object) pageRank() int {
	switch {
	case o.isArticle():
		return 20
	case o.is("VideoObject"):
		return 2
	case o.is("WebPage", "ItemPage", "MedicalWebPage"):
		return 1
	}
	return 0
}

// byID returns the fullest object with the identifier, or an absent one; one
// that holds nothing else is only a reference.
func (s *structured) byID(id string) object {
	if s.ids == nil {
		s.ids = make(map[string]sized)
		for _, o := range s.all {
			id := o.get("@id").String()
			if n := o.Len(); id != "" && n > 1 && n > s.ids[id].members {
				s.ids[id] = sized{o, n}
			}
		}
	}
	return s.ids[id].object
}

// resolve returns the object that o refers to by its identifier alone, or o.
func (s *structured) resolve(o object) object {
	if o.Kind() == jsonld.Object && !o.get("name").Exists() {
		if full := s.byID(o.get("@id").String()); full.Exists() {
			return full
		}
	}
	return o
}

// get returns the value of a key.
func (o object) get(key string) object { return object{o.Get(key)} }

// list yields the values of a key: the items of a list, or the one value.
func (o object) list(key string) iter.Seq[object] { return o.get(key).items() }

// items yields the items of a list, or o alone if it is there.
func (o object) items() iter.Seq[object] {
	return func(yield func(object) bool) {
		for v := range o.List() {
			if !yield(object{v}) {
				return
			}
		}
	}
}

// isObject says whether o is an object, not a text or a list.
func (o object) isObject() bool { return o.Kind() == jsonld.Object }

// types yields the types of an object without their namespaces.
func (o object) types() iter.Seq[[]byte] {
	return func(yield func([]byte) bool) { o.anyType(func(name []byte) bool { return !yield(name) }) }
}

// maxTypes bounds the types of one object that are looked at.
const maxTypes = 16

// anyType says whether match holds for one of the types of an object, without
// their namespaces.
func (o object) anyType(match func(name []byte) bool) bool {
	t := o.get("@type")
	if t.Kind() == jsonld.String {
		return match(localName(t.Raw()))
	}
	n := 0
	for v := range t.List() {
		if n++; n > maxTypes || match(localName(v.Raw())) {
			return n <= maxTypes
		}
	}
	return false
}

func localName(x []byte) []byte { return x[bytes.LastIndexAny(x, "/:#")+1:] }

func (o object) is(types ...string) bool {
	return o.anyType(func(name []byte) bool {
		for _, typ := range types {
			if len(name) == len(typ) && strings.EqualFold(string(name), typ) {
				return true
			}
		}
		return false
	})
}

// hasType says whether anything in the structured data has one of the types.
func (x *extraction) hasType(types ...string) bool {
	for _, o := range x.ld.all {
		if o.is(types...) {
			return true
		}
	}
	return false
}

func (o object) isArticle() bool { return o.anyType(isArticleType) }

func isArticleType(name []byte) bool {
	switch string(name) {
	case "BlogPosting", "LiveBlogPosting", "Review", "Report":
		return true
	}
	return bytes.HasSuffix(name, []byte("Article"))
}

// pickArticle chooses the object that describes the page's article: by its
// type, by what it says, and by whether its address or headline is the
// page's. An item of a list is about another page unless one of the two is.
func (x *extraction) pickArticle() {
	s := &x.ld
	titles := [2]string{x.fold(x.meta.get("og:title")), x.fold(x.meta.title)}
	best, at := 0, -1
	same := make([]bool, len(s.found))
	for i, o := range s.found {
		address := x.addressOf(o.object)
		headline := x.fold(o.text("headline"))
		same[i] = address > 0 || headline != "" && (strings.HasPrefix(titles[0], headline) || strings.HasPrefix(titles[1], headline))
		if o.listed && !same[i] {
			continue
		}
		score := 0
		for _, key := range []string{"headline", "datePublished", "author", "articleBody"} {
			if o.get(key).Exists() {
				score += 2
			}
		}
		if score == 0 && !o.isArticle() {
			continue
		}
		score += o.rank + 8*address
		if same[i] {
			score += 4
		}
		if score > best {
			best, at = score, i
		}
	}
	if at < 0 {
		return
	}
	s.article = s.found[at].object
	for i, o := range s.found {
		if i != at && same[i] && o.isArticle() {
			s.twins = append(s.twins, o.object)
		}
	}
}

// addressOf compares the address of an object with the page's: 1 when they are
// the same, -1 when they differ, 0 when the object has none.
func (x *extraction) addressOf(o object) int {
	verdict := 0
	for _, key := range []string{"url", "@id", "mainEntityOfPage"} {
		path := urlPath(o.get(key).first().ref())
		switch {
		case path == "":
		case path == urlPath(x.art.URL.Final), path == urlPath(x.art.URL.Canonical):
			return 1
		case key != "@id":
			verdict = -1
		}
	}
	return verdict
}

// urlPath returns the path of a URL, or "" for that of a site's front.
func urlPath(s string) string {
	s, _, _ = strings.Cut(s, "#")
	s, _, _ = strings.Cut(s, "?")
	if _, rest, ok := strings.Cut(s, "://"); ok {
		_, s, _ = strings.Cut(rest, "/")
	}
	return strings.Trim(s, "/")
}

// field returns the value of a key of the article, or else of one of its twins.
func (s *structured) field(key string) object {
	if v := s.article.get(key); v.Exists() {
		return v
	}
	for _, o := range s.twins {
		if v := o.get(key); v.Exists() {
			return v
		}
	}
	return object{}
}

// ref returns the address that a value gives: itself, its @id or its url.
func (o object) ref() string {
	if !o.isObject() {
		return o.String()
	}
	if id := o.get("@id").String(); id != "" {
		return id
	}
	return o.get("url").String()
}

// text returns the text of a key, or "".
func (o object) text(key string) string { return o.get(key).str() }

// opening returns the text of a key, read from no more than n bytes.
func (o object) opening(key string, n int) string {
	v := o.get(key)
	if raw := v.Raw(); v.Kind() == jsonld.String && len(raw) > n {
		return cleanText(strings.ToValidUTF8(v.Start(n), ""))
	}
	return v.str()
}

// str returns the text of a string, of the first of a list, or of the name of
// an object, or "".
func (o object) str() string {
	for range 4 {
		switch o.Kind() {
		case jsonld.String:
			return cleanText(o.String())
		case jsonld.Array:
			o = o.first()
		case jsonld.Object:
			o = o.naming()
		default:
			return ""
		}
	}
	return ""
}

// first returns the first item of a list, or o.
func (o object) first() object {
	if o.Kind() != jsonld.Array {
		return o
	}
	for v := range o.items() {
		return v
	}
	return object{}
}

// naming returns the value that names an object; an identifier or an address is
// no name.
func (o object) naming() object {
	if v := o.get("name"); v.Exists() {
		return v
	}
	return o.get("@value")
}

// cleanText decodes entities, drops markup and collapses white space.
func cleanText(s string) string {
	if isClean(s) { // as most are: nothing to copy
		return strings.TrimSpace(s)
	}
	for range 2 {
		if strings.IndexByte(s, '&') < 0 {
			break
		}
		s = html.UnescapeString(s)
	}
	if strings.IndexByte(s, '<') >= 0 {
		s = stripTags(s)
	}
	var w textBuf
	w.b = make([]byte, 0, len(s))
	w.writePlain(s)
	return w.String()
}

// isClean says whether cleanText leaves s as it is but for space around it.
func isClean(s string) bool {
	for i := range len(s) {
		switch c := s[i]; {
		case c == '&' || c == '<':
			return false
		case !textMarks[c]:
		case c == ' ':
			if i+1 < len(s) && s[i+1] == ' ' {
				return false
			}
		case c < utf8.RuneSelf || c == 0xc2 || c == 0xef || i+2 < len(s) && s[i+1] == 0x80 && s[i+2] == 0x8b:
			return false
		}
	}
	return true
}

func stripTags(s string) string {
	var b strings.Builder
	for {
		i := strings.IndexByte(s, '<')
		if i < 0 || i+1 >= len(s) {
			break
		}
		b.WriteString(s[:i])
		if c := s[i+1]; !isLetter(c) && c != '/' && c != '!' {
			b.WriteByte('<')
			s = s[i+1:]
			continue
		}
		j := strings.IndexByte(s[i:], '>')
		if j < 0 {
			s = ""
			break
		}
		b.WriteByte(' ')
		s = s[i+j+1:]
	}
	b.WriteString(s)
	return b.String()
}
