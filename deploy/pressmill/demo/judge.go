package demo

import (
	"cmp"
	"slices"
	"strings"

	"pressmill/pkg/news"
)

// Differences tells where what was written is not what a site has, each article
// once, with its title and its text: URLs of articles that were not written, and
// of what was written and should not have been, with the reason before them.
func Differences(truth []Truth, articles []news.Article) (lost, wrong []string) {
	want := make(map[string]Truth, len(truth))
	for _, a := range truth {
		want[a.URL] = a
	}
	ids, urls := map[string]bool{}, map[string]bool{}
	for _, a := range articles {
		u := cmp.Or(a.URL.Canonical, a.URL.Final)
		t, known := want[u]
		switch {
		case !known:
			wrong = append(wrong, "no article: "+u)
		case a.Title != t.Title || TextSHA256(paragraphs(a)) != t.SHA256:
			wrong = append(wrong, "another text: "+u)
		}
		if ids[a.ID] {
			wrong = append(wrong, "written twice: "+u)
		}
		ids[a.ID], urls[u] = true, true
	}
	for u := range want {
		if !urls[u] {
			lost = append(lost, u)
		}
	}
	slices.Sort(lost)
	return lost, wrong
}

func paragraphs(a news.Article) (text []string) {
	for _, b := range a.Body.Blocks {
		if b.T == news.BlockParagraph {
			text = append(text, b.Text)
		}
	}
	return text
}

// URL is what was asked for, without the query.
func (r Request) URL() string {
	path, _, _ := strings.Cut(r.Path, "?")
	return "http://" + r.Host + path
}

// By says whether a request was made by the client whose User-Agent holds a mark.
func (r Request) By(mark string) bool { return strings.Contains(r.Agent, mark) }
