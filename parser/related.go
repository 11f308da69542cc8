package parser

import (
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
	seen := map[string]bool{x.fold(x.art.Title): true}
	for _, l := range x.related {
		f := x.fold(l.title)
		if f == "" || seen[f] || len(f) < 8 || isPromo(f, 0) || noiseLines.has(f) {
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
