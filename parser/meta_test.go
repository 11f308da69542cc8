package parser

import (
	"testing"

	"pressmill/pkg/news"
)

// TestCanonicalThatStandsForAll wants an address that a page gives as its own not
// to be believed where it can only be that of many pages, and to be believed else.
func TestCanonicalThatStandsForAll(t *testing.T) {
	const site = "https://www.example-times.com"
	for _, c := range []struct {
		page, canonical string
		want            bool
	}{
		{"/news/bridge-1.html", "/", false},
		{"/news/bridge-1.html", "/index.html", false},
		{"/en/the-old-bridge-is-closed", "/en/", false},
		{"/article.php?id=7", "/article.php", false},
		{"/index.php?view=article&id=7", "/index.php", false},
		{"/news/?newsid=12", "/news/", false},
		{"/news/old-bridge-closed", "/news/", false},
		{"/news/local/old-bridge-7123456.html", "/news/local", false},
		{"/news/old-bridge", "/undefined", false},
		{"/news/old-bridge", "/%7B%7Burl%7D%7D", false},
		{"/news/old-bridge", "https://other.example/news/old-bridge", false},

		{"/", "/", true},
		{"/?p=123", "/2026/05/old-bridge", true},
		{"/news/old-bridge?page=2", "/news/old-bridge", true},
		{"/news/the-old-bridge?id=7", "/news/the-old-bridge", true},
		{"/article.php?id=7&print=1", "/article.php?id=7", true},
		{"/news/old-bridge/amp", "/news/old-bridge", true},
		{"/pier/print", "/pier", true},
		{"/live/storm/post-7123456", "/live/storm-over-the-harbour", true},
		{"/local/the-old-bridge-is-closed", "/news/bridge", true},
		{"/r/4711", "https://m.example-times.com/news/bridge", true},
		{"/en", "/en/", true},
	} {
		p := testPage([]byte(`<link rel=canonical href="` + c.canonical + `"><p>x</p>`))
		p.RequestedURL, p.FinalURL = site+c.page, site+c.page
		tr := parseTree(p.Body)
		m := tr.meta()
		urls, _, err := m.urls(p)
		if err != nil {
			t.Fatal(err)
		}
		if got := urls.Canonical != ""; got != c.want {
			t.Errorf("%s gives %s: believed %t", c.page, c.canonical, got)
		}
		tr.release()
		gone := &news.Page{FinalURL: p.FinalURL, Canonical: c.canonical, Status: 410}
		if down, err := Takedown(gone); err != nil || (down.Candidates != nil) && !c.want {
			t.Errorf("%s gives %s: takedown %+v, error %v", c.page, c.canonical, down, err)
		}
	}
}
