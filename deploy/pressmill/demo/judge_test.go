package demo

import (
	"slices"
	"testing"

	"pressmill/pkg/news"
)

func TestDifferences(t *testing.T) {
	t.Parallel()
	truth := []Truth{
		{URL: "http://a/1", Title: "One", SHA256: TextSHA256([]string{"first", "second"})},
		{URL: "http://a/2", Title: "Two", SHA256: TextSHA256([]string{"text"})},
		{URL: "http://a/3", Title: "Three", SHA256: TextSHA256(nil)},
		{URL: "http://a/5", Title: "Five", SHA256: TextSHA256([]string{"old"}), Second: TextSHA256([]string{"new"})},
		{URL: "http://a/6", Title: "Six", SHA256: TextSHA256([]string{"old"}), Second: TextSHA256([]string{"new"})},
	}
	article := func(id, url, title string, paragraphs ...string) (a news.Article) {
		a.ID, a.URL.Final, a.Title = id, url, title
		a.Body.Blocks = []news.Block{{T: news.BlockHeading, Text: "no paragraph"}}
		for _, p := range paragraphs {
			a.Body.Blocks = append(a.Body.Blocks, news.Block{T: news.BlockParagraph, Text: p})
		}
		return a
	}
	one := article("i1", "http://a/1?from=feed", "One", "first", "second")
	one.URL.Canonical = "http://a/1"
	second := article("i5", "http://a/5", "Five", "new")
	second.Rev = "2"
	lost, wrong := Differences(truth, []news.Article{
		one, one, article("i2", "http://a/2", "Two", "text"), article("i2", "http://a/2", "Two", "other"), article("i4", "http://a/4", "Four"),
		article("i5", "http://a/5", "Five", "old"), second, article("i6", "http://a/6", "Six", "old"),
	})
	if !slices.Equal(lost, []string{"http://a/3", "http://a/6"}) {
		t.Errorf("lost %v", lost)
	}
	if want := []string{"written twice: http://a/1", "another text: http://a/2", "written twice: http://a/2", "no article: http://a/4"}; !slices.Equal(wrong, want) {
		t.Errorf("wrong %v, want %v", wrong, want)
	}
}
