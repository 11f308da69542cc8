package sink

import (
	"encoding/json"
	"testing"

	"pressmill/pkg/news"
)

// FuzzTold: what is told of a message is what a decoder finds in it, wherever a
// text looks like a part of it.
func FuzzTold(f *testing.F) {
	f.Add("4be7", "https://example.org/", `"trace":{"page_id":"x"}`, []byte(`{"trace":{`))
	f.Add(`\"trace\":{"`, "", "}", []byte(`{"schema":"takedown/v1","url":[],"trace":{"page_id":1}}`))
	f.Fuzz(func(t *testing.T, id, url, text string, message []byte) {
		tellOf(message)
		a := news.Article{Schema: news.Schema, ID: id, Title: text, URL: news.URLs{Final: url}, Body: news.Body{Text: text}, Trace: &news.Trace{CrawlID: url, PageID: id}}
		data, err := json.Marshal(a)
		if err != nil {
			t.Fatal(err)
		}
		var want news.Article
		if err := json.Unmarshal(data, &want); err != nil {
			t.Fatal(err)
		}
		got := tellOf(data)
		if got.id != want.ID || got.url != want.URL.Final || got.crawlID != want.Trace.CrawlID || got.pageID != want.Trace.PageID {
			t.Errorf("%s: %+v", data, got)
		}
	})
}
