package parser

import (
	"bytes"
	"math"
	"strings"
	"sync"
	"testing"
	"time"

	"pressmill/pkg/news"
)

// poolPages are pages that differ in size, script and structured data.
func poolPages(t *testing.T) []*news.Page {
	pages := testPages(t)
	if len(pages) > 60 {
		pages = pages[:60]
	}
	for lang, s := range stories {
		ld := `<script type="application/ld+json">{"@type":"NewsArticle","headline":"` + s.title + `","articleSection":"` + lang + `"}</script>`
		pages = append(pages, testPage([]byte(s.page(ld, lang))))
	}
	return pages
}

// articleJSON is what Extract gives for a page, in JSON, but for the time.
func articleJSON(t *testing.T, p *news.Page) []byte {
	a, err := Extract(p)
	return resultOf(t, a, err)
}

func resultOf(t *testing.T, a *news.Article, err error) []byte {
	if a != nil {
		b := *a
		b.Extraction.At = time.Time{}
		b.Fetch.At = time.Time{}
		a = &b
	}
	return encode(t, golden{Article: a, Error: errText(err)})
}

// TestPoolsKeepPagesApart wants every page to give the same article whatever
// pages were read before it or are read beside it.
func TestPoolsKeepPagesApart(t *testing.T) {
	pages := poolPages(t)
	want := make([][]byte, len(pages))
	for i, p := range pages {
		dirtyPool()
		want[i] = articleJSON(t, p)
	}
	check := func(i int) {
		if got := articleJSON(t, pages[i]); !bytes.Equal(got, want[i]) {
			t.Errorf("page %d gives another article after other pages:\n%s\nbefore:\n%s", i, got, want[i])
		}
	}
	for i := range pages {
		check(len(pages) - 1 - i)
	}
	var wg sync.WaitGroup
	for w := range 4 {
		wg.Go(func() {
			for i := range pages {
				check((i*7 + w*13) % len(pages))
			}
		})
	}
	wg.Wait()
}

// dirtyPool leaves a tree in the pool that is full of what no page has.
func dirtyPool() {
	tr := spareTree()
	tr.nodes = tr.nodes[:cap(tr.nodes)]
	for i := range tr.nodes {
		tr.nodes[i] = node{parent: 7, stop: 9, start: 3, end: 5, tag: tagTitle, flags: math.MaxUint32 >> 1, own: 1e6, good: 1e6}
	}
	for _, b := range [][]byte{tr.buf, tr.texts} {
		copy(b[:cap(b)], bytes.Repeat([]byte("other page "), cap(b)/11+1))
	}
	for i := range tr.spare[:cap(tr.spare)] {
		tr.spare[:cap(tr.spare)][i] = 1e6
	}
	tr.release()
}

// TestArticlesOutliveTheirPages wants nothing of an article to lie in the
// page's bytes or in what the next page is read into.
func TestArticlesOutliveTheirPages(t *testing.T) {
	for _, p := range poolPages(t) {
		page := *p
		page.Body = bytes.Clone(p.Body)
		a, err := Extract(&page)
		want := resultOf(t, a, err)
		for i := range page.Body {
			page.Body[i] = 'X'
		}
		dirtyPool()
		_, _ = Extract(testPage(bytes.Repeat([]byte("<p>Quite another text stands here, and it is long.</p>"), 200)))
		if got := resultOf(t, a, err); !bytes.Equal(got, want) {
			t.Errorf("article changed with its page:\n%s\nbefore:\n%s", got, want)
		}
	}
}

func TestRawSumIsThatOfThePage(t *testing.T) {
	page := *poolPages(t)[0]
	want := news.BodySHA256(page.Body)
	for _, sent := range []string{"", want} {
		page.SHA256 = sent
		if a, err := Extract(&page); err != nil || a.Hash.RawSHA256 != want {
			t.Errorf("page sent with the sum %q: article %+v, error %v, want the sum %s", sent, a.Hash, err, want)
		}
	}
}

func TestLargePagesLeaveNoMemory(t *testing.T) {
	for name, c := range map[string]struct {
		page   string
		pooled int
	}{
		"small":         {"<p>text", 1},
		"long":          {"<p>" + strings.Repeat("text ", maxPooledPage/5), 0},
		"many elements": {strings.Repeat("<p>a", maxPooledNodes), 0},
	} {
		for len(treePool) > 0 {
			<-treePool
		}
		parseTree([]byte(c.page)).release()
		if got := len(treePool); got != c.pooled {
			t.Errorf("%s: the pool holds %d trees, want %d", name, got, c.pooled)
		}
	}
}
