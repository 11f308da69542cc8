package parser

import (
	"strings"
	"testing"

	"pressmill/pkg/news"
)

func TestTakedownHasTheIDOfTheArticle(t *testing.T) {
	text := "<h1>The harbour is closed</h1>" + strings.Repeat("<p>The harbour of the town was closed on Monday after a storm had moved its piers, the master said.</p>", 8)
	for name, c := range map[string]struct {
		head, canonical string
		candidates      int
	}{
		"none":              {"", "", 0},
		"itself":            {`<link rel="canonical" href="/news/harbour">`, "/news/harbour", 0},
		"another":           {`<link rel="canonical" href="https://www.example.com/harbour">`, "https://www.example.com/harbour", 1},
		"of open graph":     {`<meta property="og:url" content="https://example.com/h?id=1">`, "https://example.com/h?id=1", 1},
		"of another domain": {`<link rel="canonical" href="https://example.org/harbour">`, "https://example.org/harbour", 0},
		"the root":          {`<link rel="canonical" href="/">`, "/", 0},
	} {
		page := &news.Page{
			PageID: "p", FinalURL: "https://example.com/news/harbour?utm_source=x", Status: 200,
			Body: []byte("<html><head><title>The harbour is closed</title>" + c.head + "</head><body><article>" + text + "</article></body></html>"),
		}
		a, err := Extract(page)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		down, err := Takedown(&news.Page{
			PageID: "q", CrawlID: "c", FinalURL: page.FinalURL, Status: 410, Gone: true, Canonical: c.canonical,
			Source: news.Source{ID: "s", Domain: "example.com"},
		})
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if down.ID != a.ID {
			t.Errorf("%s: id %s, want the article's %s", name, down.ID, a.ID)
		}
		if len(down.Candidates) != c.candidates {
			t.Errorf("%s: candidates %v, want %d", name, down.Candidates, c.candidates)
		}
		if down.Schema != news.TakedownSchema || down.URL != page.FinalURL || down.Status != 410 || down.Source.ID != "s" || down.Trace.PageID != "q" {
			t.Errorf("%s: %+v", name, down)
		}
	}
	if _, err := Takedown(&news.Page{FinalURL: "mailto:x"}); err == nil {
		t.Error("a page without an address: no error")
	}
}
