package parser

import (
	"bytes"
	"testing"

	"golang.org/x/net/html"

	"pressmill/pkg/news"
)

// benchPages are the pages of the corpora, or else the fixtures.
func benchPages(b *testing.B) []*news.Page {
	if pages := corpusPages(b); pages != nil {
		return pages
	}
	return fixturePages(b)
}

func eachPage(b *testing.B, fn func(p *news.Page)) {
	pages := benchPages(b)
	size := 0
	for _, p := range pages {
		size += len(p.Body)
	}
	b.SetBytes(int64(size / len(pages)))
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		fn(pages[i%len(pages)])
		i++
	}
}

func BenchmarkExtract(b *testing.B) {
	eachPage(b, func(p *news.Page) { _, _ = Extract(p) })
}

func BenchmarkTree(b *testing.B) {
	eachPage(b, func(p *news.Page) { parseTree(p.Body).release() })
}

func BenchmarkHTMLParse(b *testing.B) {
	eachPage(b, func(p *news.Page) { _, _ = html.Parse(bytes.NewReader(p.Body)) })
}
