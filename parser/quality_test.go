package parser

import (
	"os"
	"testing"

	"pressmill/pkg/news"
)

// TestRejectedStoriesCount counts rejected pages only where a story was to be
// expected, under the source that their article would have.
func TestRejectedStoriesCount(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		page   news.Page
		source string // "" if it does not count
	}{
		"story":             {news.Page{FinalURL: "https://www.example.org/2026/11/council-repairs-old-bridge.html", Source: news.Source{ID: "paper", Domain: "example.org"}}, "paper"},
		"no source":         {news.Page{FinalURL: "https://www.example.org/2026/11/council-repairs-old-bridge.html"}, "example.org"},
		"front":             {news.Page{FinalURL: "https://www.example.org/", Source: news.Source{ID: "paper"}}, ""},
		"section":           {news.Page{FinalURL: "https://www.example.org/politics", Source: news.Source{ID: "paper"}}, ""},
		"topic":             {news.Page{FinalURL: "https://www.example.org/tag/old-bridges-and-rivers", Source: news.Source{ID: "paper"}}, ""},
		"out of an archive": {news.Page{FinalURL: "https://www.example.org/2026/11/council-repairs-old-bridge.html", Archived: "record", Source: news.Source{ID: "paper"}}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var q quality
			q.rejected(&c.page)
			batches := q.Batches()
			b, counted := batches[c.source]
			switch {
			case c.source == "" && len(batches) > 0:
				t.Errorf("counted: %v", batches)
			case c.source != "" && (!counted || b.Tried != 1 || b.Articles != 0):
				t.Errorf("want one page of %s: %v", c.source, batches)
			}
		})
	}
}

// TestSourceOfArticleAndRejected holds the source of a rejected page against that
// of an article on the same page.
func TestSourceOfArticleAndRejected(t *testing.T) {
	t.Parallel()
	for _, source := range []news.Source{{ID: "paper", Domain: "example.org"}, {Domain: "example.net"}, {}} {
		p := goldenStory(t)
		p.Source = source
		a, err := Extract(p)
		if err != nil {
			t.Fatal(err)
		}
		var q quality
		q.rejected(p)
		q.published(p, a, false)
		if b := q.Batches()[a.Source.ID]; b == nil || b.Tried != 2 || b.Articles != 0 {
			t.Errorf("%+v: not both under %q", source, a.Source.ID)
		}
	}
}

// goldenStory is an article at the URL of one.
func goldenStory(t *testing.T) *news.Page {
	t.Helper()
	body, err := os.ReadFile("testdata/golden/structured.html")
	if err != nil {
		t.Fatal(err)
	}
	p := testPage(body)
	p.FinalURL = "https://www.example-times.com/2026/03/town-to-repair-old-bridge.html"
	return p
}
