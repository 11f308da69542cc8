package parser

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/net/html"

	"pressmill/pkg/news"
)

// benchPages are the fixtures, or the corpora in the folders that
// PRESSMILL_CORPUS lists.
func benchPages(b *testing.B) []*news.Page {
	var pages []*news.Page
	for _, dir := range filepath.SplitList(os.Getenv("PRESSMILL_CORPUS")) {
		labels, err := loadCorpus(dir)
		if err != nil {
			b.Fatal(err)
		}
		for i := range labels {
			p, err := labels[i].page()
			if err != nil {
				b.Fatal(err)
			}
			pages = append(pages, p)
		}
	}
	if pages != nil {
		return pages
	}
	files, _ := filepath.Glob("testdata/*/*.html")
	for _, name := range files {
		body, err := os.ReadFile(name)
		if err != nil {
			b.Fatal(err)
		}
		pages = append(pages, testPage(body))
	}
	return pages
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
