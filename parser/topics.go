package parser

import (
	"net/url"
	"slices"
	"strings"

	"pressmill/pkg/urlshape"
	"pressmill/pkg/weburl"
)

// How many sections and tags an article has at most, and how long in bytes one
// may be.
const (
	maxSections = 5
	maxTags     = 30
	maxTopic    = 100
)

// topics fills section and tags. A tag repeats neither the section nor the
// site's name.
func (x *extraction) topics() {
	x.sections()
	x.tags()
}

// sections fills the section from the structured data, the meta elements or the
// breadcrumb.
func (x *extraction) sections() {
	a := x.art
	for v := range x.ld.field("articleSection").items() {
		a.Section = x.appendSections(a.Section, v.str())
	}
	if a.Section != nil {
		x.prov("section", "jsonld", 0.9)
		return
	}
	if a.Section = x.appendSections(nil, x.meta.get("article:section", "articlesection", "parsely-section", "sailthru.section", "section", "og:section")); a.Section != nil {
		x.prov("section", "meta", 0.8)
		return
	}
	if a.Section = x.breadcrumb(); a.Section != nil {
		x.prov("section", "jsonld", 0.7)
	}
}

// noSection are names of the place for everything, in which case a page is in
// no section. They are folded.
var noSection = []string{
	"home", "homepage", "home page", "frontpage", "front page", "start", "startseite", "startsida", "startside", "forside", "forsiden", "etusivu",
	"accueil", "inicio", "portada", "início", "capa", "anasayfa", "ana sayfa", "strona główna", "hlavní strana", "főoldal", "главная", "головна",
	"ホーム", "トップ", "首页", "首頁", "홈", "all", "alle", "uncategorized", "uncategorised", "non classé", "sin categoría", "senza categoria",
	"sem categoria", "geen categorie", "unkategorisiert", "без рубрики",
}

// appendSections adds the sections of a list. Commas part them when no blank
// follows, or when there are many; else they belong to the name.
func (x *extraction) appendSections(out []string, list string) []string {
	n := strings.Count(list, ",")
	if n == 0 || n == 1 && strings.Contains(list, ", ") {
		return x.appendSection(out, list)
	}
	for s := range strings.SplitSeq(list, ",") {
		out = x.appendSection(out, strings.TrimSpace(s))
	}
	return out
}

func (x *extraction) appendSection(out []string, s string) []string {
	if slices.Contains(noSection, x.fold(s)) {
		return out
	}
	return x.appendTopic(out, s, maxSections)
}

// breadcrumb returns the steps from the site's front to the article, both left
// out, of the first breadcrumb of the structured data.
func (x *extraction) breadcrumb() (out []string) {
	for _, o := range x.ld.all {
		if !o.is("BreadcrumbList") {
			continue
		}
		for step := range o.list("itemListElement") {
			name, at := step.text("name"), step.get("item")
			if name == "" {
				name = at.text("name")
			}
			if x.isStep(name, at.ref()) {
				out = x.appendSection(out, name)
			}
		}
		return out
	}
	return nil
}

// isStep says whether a step of a breadcrumb is a section: neither the site's
// front nor the article itself.
func (x *extraction) isStep(name, ref string) bool {
	if strings.Contains(name, "://") {
		return false
	}
	u, err := weburl.Resolve(x.base, ref)
	return ref == "" || err == nil && !urlshape.IsRoot(u) && !x.isHere(u)
}

// isHere says whether u is the address of this page.
func (x *extraction) isHere(u *url.URL) bool {
	k := weburl.Key(u)
	return k == weburl.Key(x.url) || k == weburl.Key(x.key)
}

// tagKeys are the meta elements with a list of tags each, the best first.
var tagKeys = []string{"news_keywords", "parsely-tags", "sailthru.tags", "tags", "dc.subject", "dcterms.subject"}

// tags fills the tags from the best source that has any.
func (x *extraction) tags() {
	var tags []string
	for v := range x.ld.field("keywords").items() {
		tags = x.appendTags(tags, v.str())
	}
	if x.takeTags(tags, "jsonld") {
		return
	}
	tags = nil
	for v := range x.meta.all("article:tag") {
		tags = x.appendTags(tags, v)
	}
	if x.takeTags(tags, "meta") {
		return
	}
	for _, key := range tagKeys {
		if x.takeTags(x.appendTags(nil, x.meta.get(key)), "meta") {
			return
		}
	}
	if tags = x.appendTags(nil, x.meta.get("keywords")); x.mentions(tags) && x.takeTags(tags, "meta") {
		return
	}
	x.takeTags(x.visibleTags(), "html")
}

// takeTags makes tags those of the article unless there are none for readers.
func (x *extraction) takeTags(tags []string, src string) bool {
	if len(tags) == 0 || areCodes(tags) {
		return false
	}
	x.art.Tags = tags
	x.prov("tags", src, 0.8)
	return true
}

// appendTags adds the items of a list that commas or semicolons part.
func (x *extraction) appendTags(out []string, list string) []string {
	sep := ","
	if !strings.Contains(list, ",") {
		sep = ";"
	}
	for tag := range strings.SplitSeq(list, sep) {
		if tag = strings.Trim(strings.TrimSpace(tag), "#"); !isIn(x.art.Section, tag) {
			out = x.appendTopic(out, tag, maxTags)
		}
	}
	return out
}

// areCodes says whether most of many tags are codes of a newsroom's system
// ("POL", "INDG08").
func areCodes(tags []string) bool {
	n := 0
	for _, tag := range tags {
		if strings.IndexFunc(tag, func(r rune) bool { return !('A' <= r && r <= 'Z' || '0' <= r && r <= '9') }) < 0 {
			n++
		}
	}
	return len(tags) >= 5 && 4*n >= 3*len(tags)
}

// appendTopic adds a section or tag that is not there yet.
func (x *extraction) appendTopic(out []string, s string, limit int) []string {
	if len(s) > maxTopic || !isLabel(s) || x.isSite(s) || strings.EqualFold(s, x.art.Title) {
		return out
	}
	for i := range x.art.Authors {
		if strings.EqualFold(s, x.art.Authors[i].Name) {
			return out
		}
	}
	return appendNew(out, s, limit)
}

// isLabel says whether a topic is for readers, not for programs: none of
// "section:city", "storytype=video", "news_sport", "@front", "[NAME]".
func isLabel(s string) bool {
	if !hasLetter(s) || s[0] == '@' || s[0] == '[' || s[0] == '{' {
		return false
	}
	i := strings.IndexAny(s, ":=_")
	return i < 0 || s[i] == ':' && i+1 < len(s) && s[i+1] == ' ' && strings.LastIndexByte(s, ':') == i
}

// mentions says whether the title or text speaks of at least a third of the
// tags: keywords that are the same on all pages of a site are no tags.
func (x *extraction) mentions(tags []string) bool {
	if len(tags) == 0 {
		return false
	}
	text := strings.ToLower(x.art.Title + "\n" + x.art.Body.Text)
	n := 0
	for _, tag := range tags {
		if strings.Contains(text, strings.ToLower(tag)) {
			if n++; 3*n >= len(tags) {
				return true
			}
		}
	}
	return false
}

// maxTagLinks is how many links a list of the article's tags has at most; a
// longer one is the site's.
const maxTagLinks = 20

// visibleTags returns the links that are marked as tags, or stand in an element
// named so, in the part of the page that belongs to the article.
func (x *extraction) visibleTags() (out []string) {
	t := x.tree
	from, to := x.scope()
	listed := int32(-1) // where the list of tags ends that we are in
	links := 0
	for i := from; i < to; i++ {
		n := &t.nodes[i]
		if n.tag == tagNone {
			continue
		}
		if n.flags&(relatedMark|commentMark|hidden) != 0 || n.tag == tagNav || n.tag == tagFooter {
			i = n.stop - 1
			continue
		}
		if n.flags&tagsMark != 0 {
			listed = max(listed, n.stop)
		}
		if n.tag != tagA || i >= listed && !hasWord(t.attr(i, "rel"), "tag") {
			continue
		}
		if links++; links > maxTagLinks {
			return nil
		}
		if tag := strings.TrimPrefix(t.text(i), "#"); len(tag) <= 60 && !isIn(x.art.Section, tag) {
			out = x.appendTopic(out, tag, maxTags)
		}
	}
	return out
}

// hasWord says whether a list parted by blanks has the word.
func hasWord(list, word string) bool {
	for w := range strings.FieldsSeq(list) {
		if strings.EqualFold(w, word) {
			return true
		}
	}
	return false
}

func isIn(list []string, s string) bool {
	for _, old := range list {
		if strings.EqualFold(old, s) {
			return true
		}
	}
	return false
}

func appendNew(list []string, s string, limit int) []string {
	if s = clean(s); s == "" || len(list) >= limit || len(s) > 200 || isIn(list, s) {
		return list
	}
	return append(list, s)
}
