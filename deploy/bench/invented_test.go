package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"
	"pressmill/pkg/news"
)

// ask fetches a page of the site.
func ask(t *testing.T, url string) string {
	t.Helper()
	resp, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("%s: %s, %v", url, resp.Status, err)
	}
	return string(body)
}

// links returns what the page's list links.
func links(page string) (paths []string) {
	for _, part := range strings.Split(page, `<li><a href="`)[1:] {
		path, _, _ := strings.Cut(part, `"`)
		paths = append(paths, path)
	}
	return paths
}

// store writes articles as a sink does.
func store(t *testing.T, articles []news.Article) (dir string) {
	t.Helper()
	dir = t.TempDir()
	var lines []byte
	for _, a := range articles {
		line, err := json.Marshal(a)
		if err != nil {
			t.Fatal(err)
		}
		lines = append(append(lines, line...), '\n')
	}
	packer, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "e1-p00-1-2.jsonl.zst"), packer.EncodeAll(lines, nil), 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestCheckKnowsWhatBecameOfEachPage(t *testing.T) {
	site, err := invent(t.Context(), 3, 2*listed+4) // so that lists are several
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(site.stop)
	var articles []news.Article
	texts := map[string]bool{}
	for _, origin := range site.origins {
		for _, list := range links(ask(t, origin+"/")) {
			for _, path := range links(ask(t, origin+list)) {
				page := ask(t, origin+path)
				texts[page[strings.Index(page, "<article>"):]] = true
				articles = append(articles, news.Article{URL: news.URLs{Requested: origin + path}})
				if number := len(articles); number == 1 {
					if again := string(newStory(0, 0).page(origin)); again != page {
						t.Errorf("the page is another one when it is made again:\n%s\n%s", page, again)
					}
				}
			}
		}
	}
	if len(articles) != 2*listed+4 || len(texts) != len(articles) {
		t.Fatalf("%d articles with %d texts, want %d", len(articles), len(texts), 2*listed+4)
	}
	hosts := site.hosts()
	for i := range articles {
		host, number, err := site.find(hosts, articles[i].URL.Requested)
		if err != nil {
			t.Fatal(err)
		}
		articles[i].Title = newStory(host, number).title
	}
	expect := func(articles []news.Article, want string) {
		t.Helper()
		if got := fmt.Sprint(site.check(store(t, articles))); !strings.Contains(got, want) {
			t.Errorf("check says %q, want %q", got, want)
		}
	}
	expect(articles, "<nil>")
	expect(articles[1:], "of 504 articles 503 were written, 0 of them again")
	expect(append(articles[1:], articles[1]), "of 504 articles 503 were written, 1 of them again")
	changed := append([]news.Article{}, articles...)
	changed[7].Title = "Another one"
	expect(changed, `has the title "Another one"`)
	changed[7] = articles[7]
	changed[7].URL.Requested = site.origins[0] + "/about"
	expect(changed, "is no article's URL")
	ask(t, articles[5].URL.Requested)
	expect(articles, "of 504 articles 504 were fetched, 1 of them more than once")
}
