package parser

import (
	"strings"

	"pressmill/pkg/news"
	"pressmill/pkg/weburl"
)

// relatedLink is a link that stood behind a label such as "Read more:".
type relatedLink struct {
	title, href string
}

// relatedLinks returns the editorial links once each, resolved.
func (x *extraction) relatedLinks() []news.Related {
	var out []news.Related
	seen := map[string]bool{fold(x.art.Title): true}
	for _, l := range x.related {
		f := fold(l.title)
		if f == "" || seen[f] || len(f) < 8 || isPromo(f, 0) || noiseLines[f] {
			continue
		}
		seen[f] = true
		r := news.Related{Title: clean(l.title)}
		if u, err := weburl.Resolve(x.base, l.href); l.href != "" && err == nil {
			r.URL = u.String()
		}
		out = append(out, r)
	}
	return out
}

// sections fills section, tags, dateline and the list of other headlines.
func (x *extraction) sections() {
	a := x.art
	o := x.ld.article
	for v := range o.list("articleSection") {
		a.Section = appendNew(a.Section, v.str(), 5)
	}
	for v := range o.list("keywords") {
		for k := range strings.SplitSeq(v.str(), ",") {
			a.Tags = appendNew(a.Tags, strings.TrimSpace(k), 30)
		}
	}
	if a.Section == nil {
		a.Section = appendNew(a.Section, x.meta.get("article:section", "parsely-section", "section"), 5)
	}
	for v := range x.meta.all("article:tag") {
		a.Tags = appendNew(a.Tags, v, 30)
	}
	if a.Tags == nil {
		for k := range strings.SplitSeq(x.meta.get("news_keywords", "keywords"), ",") {
			a.Tags = appendNew(a.Tags, strings.TrimSpace(k), 30)
		}
	}
}

func appendNew(list []string, s string, limit int) []string {
	if s = clean(s); s == "" || len(list) >= limit || len(s) > 200 {
		return list
	}
	for _, old := range list {
		if strings.EqualFold(old, s) {
			return list
		}
	}
	return append(list, s)
}

// access says whether the text is free and whether a live blog still runs.
func (x *extraction) access() {
	v := x.ld.article.get("isAccessibleForFree")
	switch free := strings.ToLower(v.String()); free {
	case "true", "false":
		x.art.Access = &news.Access{Free: new(free == "true")}
	}
}
