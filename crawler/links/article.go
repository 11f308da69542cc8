package links

import (
	"encoding/json"
	"slices"
	"strings"
)

// maxJSONLD is the largest JSON-LD script that is read.
const maxJSONLD = 1 << 20

// LooksLikeArticle says whether a page calls itself an article, by
// <meta property="og:type" content="article"> or a JSON-LD item of an article's
// type. Articles in the lists of a front page do not count.
func LooksLikeArticle(html []byte) bool {
	s := scanner{html: html}
	for s.next() {
		switch {
		case s.tag == tagMeta && isArticleMeta(&s), s.tag == tagScript && isArticleScript(&s):
			return true
		}
	}
	return false
}

func isArticleMeta(s *scanner) bool {
	property, ok := s.attr("property")
	if !ok {
		property, _ = s.attr("name")
	}
	content, _ := s.attr("content")
	return equalFold(property, "og:type") && (equalFold(content, "article") || equalFold(content, "newsarticle") || equalFold(content, "news.article"))
}

func isArticleScript(s *scanner) bool {
	typ, _ := s.attr("type")
	if len(s.text) > maxJSONLD || !strings.HasPrefix(strings.ToLower(string(typ)), "application/ld+json") {
		return false
	}
	text := strings.ToValidUTF8(string(s.text), "\ufffd")
	var v any
	if json.Unmarshal([]byte(text), &v) != nil {
		return isArticleText(text)
	}
	return isArticleItem(v, 0)
}

// isArticleItem looks at items, at the lists and graphs that hold them, and at
// what a page says it is mainly about.
func isArticleItem(v any, depth int) bool {
	if depth > 4 {
		return false
	}
	switch v := v.(type) {
	case []any:
		for _, item := range v {
			if isArticleItem(item, depth+1) {
				return true
			}
		}
	case map[string]any:
		return isArticleType(v["@type"]) || isArticleItem(v["@graph"], depth+1) || isArticleItem(v["mainEntity"], depth+1)
	}
	return false
}

func isArticleType(v any) bool {
	switch v := v.(type) {
	case string:
		name := v[strings.LastIndexAny(v, "/:#")+1:]
		return strings.HasSuffix(name, "Article") || name == "BlogPosting" || name == "LiveBlogPosting" || name == "Report"
	case []any:
		return slices.ContainsFunc(v, isArticleType)
	}
	return false
}

// isArticleText looks at the first @type of JSON that does not parse.
func isArticleText(text string) bool {
	_, rest, ok := strings.Cut(text, `"@type"`)
	if !ok {
		return false
	}
	rest = strings.TrimLeft(rest, " \t\r\n:[")
	if !strings.HasPrefix(rest, `"`) {
		return false
	}
	name, _, ok := strings.Cut(rest[1:], `"`)
	return ok && isArticleType(name)
}
