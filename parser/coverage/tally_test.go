package coverage_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"pressmill/parser/coverage"
	"pressmill/pkg/news"
)

// made is an article of a source that has what its letters say: title, author,
// date, image; and a text of some words.
func made(source, has string, words int) *news.Article {
	a := &news.Article{Source: news.SourceRef{ID: source}, Body: news.Body{Words: words}, Fetch: news.Fetch{At: monday}}
	if strings.Contains(has, "t") {
		a.Title = "A title"
	}
	if strings.Contains(has, "a") {
		a.Authors = []news.Author{{Name: "A Name"}}
	}
	if strings.Contains(has, "d") {
		a.Published = &news.Date{Local: monday.Format(time.DateOnly)}
	}
	if strings.Contains(has, "i") {
		a.Images = []news.Image{{Role: "lead"}}
	}
	return a
}

func TestTallyCountsEachArticleOnce(t *testing.T) {
	t.Parallel()
	var tally coverage.Tally
	const each = 500
	sum := map[string]int{}
	var mu sync.Mutex
	add := func() {
		for source, l := range tally.Lines() {
			mu.Lock()
			sum[source] += l.Articles
			mu.Unlock()
		}
	}
	var wg sync.WaitGroup
	for _, source := range []string{"a", "b", "c"} {
		wg.Go(func() {
			for i := range each {
				tally.Published(made(source, "tad", i))
				if i%100 == 0 {
					add()
				}
			}
		})
	}
	wg.Wait()
	add()
	for _, source := range []string{"a", "b", "c"} {
		if sum[source] != each {
			t.Errorf("%s: %d articles in all lines, want %d", source, sum[source], each)
		}
	}
}

func TestLine(t *testing.T) {
	t.Parallel()
	var tally coverage.Tally
	for _, a := range []*news.Article{made("s", "tadi", 300), made("s", "ta", coverage.MinBody), made("s", "td", coverage.MinBody-1), made("s", "t", 900)} {
		tally.Published(a)
	}
	l := tally.Lines()["s"]
	if l.Articles != 4 || l.With != [5]int{coverage.Title: 4, coverage.Author: 2, coverage.Date: 2, coverage.Image: 1, coverage.Body: 3} || l.Median() != 175 {
		t.Errorf("%+v with a median of %.1f", l, l.Median())
	}
	if more := tally.Lines(); len(more) > 0 {
		t.Errorf("counted twice: %v", more)
	}
}

// TestOldArticlesTellNothing leaves back-fills and archives out of what says how
// a source is now, and not out of what was published.
func TestOldArticlesTellNothing(t *testing.T) {
	t.Parallel()
	old, archived := made("s", "td", 300), made("s", "t", 300)
	old.Published.Local = monday.AddDate(0, 0, -8).Format(time.DateOnly)
	archived.Raw.WARC = "record"
	var tally coverage.Tally
	for _, a := range []*news.Article{old, archived, made("s", "td", 300), made("s", "t", 300)} {
		tally.Published(a)
	}
	if n := tally.Lines()["s"].Articles; n != 4 {
		t.Errorf("%d articles published, want 4", n)
	}
	if n := tally.Batches()["s"].Articles; n != 2 {
		t.Errorf("%d articles tell how the source is, want 2", n)
	}
}

func TestSourcesAreBounded(t *testing.T) {
	t.Parallel()
	var tally coverage.Tally
	const sources, bound = 12_000, 10_000
	for i := range sources {
		tally.Published(made(fmt.Sprint("s", i), "t", 1))
	}
	lines, sum := tally.Lines(), 0
	for _, l := range lines {
		sum += l.Articles
	}
	if len(lines) != bound+1 || sum != sources || lines[coverage.Others].Articles != sources-bound {
		t.Errorf("%d lines with %d articles, of others %+v", len(lines), sum, lines[coverage.Others])
	}
	if n := len(tally.Batches()); n != bound {
		t.Errorf("%d batches, want %d", n, bound)
	}
}
