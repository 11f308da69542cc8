package warc

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"testing"

	"pressmill/pkg/news"
)

// benchPages are pages of some 180 KB that compress about as news pages do.
func benchPages(n int) (pages []*news.Page, size int64) {
	random := rand.New(rand.NewPCG(1, 2))
	for i := range n {
		var b strings.Builder
		for b.Len() < 180_000 {
			fmt.Fprintf(&b, "<div class=\"teaser teaser-%d\"><a href=\"/news/%d/story-%x.html\">%s</a></div>\n",
				random.IntN(9), random.IntN(1e6), random.Uint32(), strings.Repeat("word ", random.IntN(20)))
		}
		page := *examplePages()[0]
		page.PageID, page.FinalURL, page.Body = fmt.Sprint("p", i), fmt.Sprint("https://h.example/", i), []byte(b.String())
		pages, size = append(pages, &page), size+int64(b.Len())
	}
	return pages, size
}

func BenchmarkEncode(b *testing.B) {
	pages, size := benchPages(16)
	b.SetBytes(size)
	for b.Loop() {
		Encode(pages, nil)
	}
}

func BenchmarkRead(b *testing.B) {
	pages, size := benchPages(16)
	var file bytes.Buffer
	if _, err := Write(&file, Info{}, Encode(pages, nil)); err != nil {
		b.Fatal(err)
	}
	b.SetBytes(size)
	for b.Loop() {
		r := NewReader(bytes.NewReader(file.Bytes()))
		for {
			rec, err := r.Next()
			if err == io.EOF { //nolint:errorlint // as Next documents it
				break
			}
			if _, err := rec.Page(6 << 20); err != nil && rec.Type() == TypeResponse {
				b.Fatal(err)
			}
		}
	}
	b.ReportMetric(float64(file.Len())/16/1024, "KB/page")
}
