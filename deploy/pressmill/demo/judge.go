package demo

import (
	"cmp"
	"slices"
	"strings"

	"pressmill/pkg/news"
)

// Differences tells where what was written is not what a site has, each version
// of an article once, with its title and its text: URLs of articles that were not
// written, or not as they were last, and of what was written and should not have
// been, with the reason before them.
func Differences(truth []Truth, articles []news.Article) (lost, wrong []string) {
	want := make(map[string]Truth, len(truth))
	for _, a := range truth {
		want[a.URL] = a
	}
	type version struct{ id, rev string }
	times, last := map[version]int{}, map[string]bool{}
	for _, a := range articles {
		u := cmp.Or(a.URL.Canonical, a.URL.Final)
		t, known := want[u]
		sum := TextSHA256(paragraphs(a))
		switch {
		case !known:
			wrong = append(wrong, "no article: "+u)
		case a.Title != t.Title || sum != t.SHA256 && sum != t.Second:
			wrong = append(wrong, "another text: "+u)
		}
		v := version{a.ID, a.Rev}
		if times[v]++; times[v] > 1 {
			wrong = append(wrong, "written twice: "+u)
		}
		last[u] = last[u] || sum == cmp.Or(t.Second, t.SHA256)
	}
	for u := range want {
		if !last[u] {
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
