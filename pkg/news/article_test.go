package news_test

import (
	"strings"
	"testing"
	"time"

	"pressmill/pkg/news"
)

// valid returns the smallest valid article.
func valid() *news.Article {
	hex := strings.Repeat("0f", 32)
	return &news.Article{
		Schema: news.Schema, ID: news.ArticleID("https://h.example/a"), Rev: news.Revision("t", "x"),
		URL:    news.URLs{Requested: "https://h.example/a", Final: "https://h.example/a"},
		Source: news.SourceRef{ID: "h", Domain: "h.example"}, Kind: news.KindNews, Title: "t",
		Body: news.Body{Text: "x", Blocks: []news.Block{{T: news.BlockParagraph, Text: "x"}}, Words: 1},
		Hash: news.Hash{RawSHA256: hex, TextSHA256: hex, SimHash64: hex[:16]},
		Raw:  news.Raw{Ref: "p"}, Fetch: news.Fetch{At: time.Unix(1, 0), Status: 200},
		Extraction: news.Extraction{Engine: "e", Version: "1", Quality: 1},
	}
}

func TestValidate(t *testing.T) {
	if err := valid().Validate(); err != nil {
		t.Fatalf("the smallest valid article: %v", err)
	}
	for says, breaks := range map[string]func(*news.Article){
		"schema":             func(a *news.Article) { a.Schema = "article/v2" },
		"id":                 func(a *news.Article) { a.ID = "short" },
		"title: missing":     func(a *news.Article) { a.Title = "" },
		"kind":               func(a *news.Article) { a.Kind = "rumour" },
		"body.text: missing": func(a *news.Article) { a.Body.Text = "" },
		"body.blocks[0].t":   func(a *news.Article) { a.Body.Blocks[0].T = "aside" },
		"authors[0].kind":    func(a *news.Article) { a.Authors = []news.Author{{Name: "A", Kind: "robot"}} },
		"agencies[0].name":   func(a *news.Article) { a.Agencies = []news.Agency{{Role: "source"}} },
		"published":          func(a *news.Article) { a.Published = &news.Date{Precision: news.PrecisionDay, Zone: news.ZoneUnknown} },
		"modified.at: set although": func(a *news.Article) {
			a.Modified = &news.Date{At: "2026-01-02T03:04:05Z", Precision: news.PrecisionSecond, Zone: news.ZoneUnknown}
		},
		"hash.raw_sha256":    func(a *news.Article) { a.Hash.RawSHA256 = "zz" },
		"extraction.quality": func(a *news.Article) { a.Extraction.Quality = 1.5 },
	} {
		a := valid()
		breaks(a)
		if err := a.Validate(); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: got %v", says, err)
		}
	}
	a := valid()
	a.ID, a.Title = "", ""
	if err := a.Validate(); err == nil || !strings.Contains(err.Error(), "id:") || !strings.Contains(err.Error(), "title:") {
		t.Errorf("two faults: got %v, want both", err)
	}
}

// Ids are in every reader's database: they never change.
func TestIdentityIsFixed(t *testing.T) {
	if got := news.ArticleID("https://example.com/a"); got != "2dce0a4c50441bfc" {
		t.Errorf("ArticleID = %s", got)
	}
	if news.Revision("a", "bc") == news.Revision("ab", "c") {
		t.Error("title and text run together in the revision")
	}
	a := valid()
	if a.MsgID() != a.ID+"."+a.Rev {
		t.Errorf("MsgID = %s", a.MsgID())
	}
}
