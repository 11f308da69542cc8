// Command colly is what a user would write without Pressmill: Colly follows the
// links of the front pages, go-trafilatura extracts, and each article is a JSON
// line.
package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"flag"
	"log"
	"net/url"
	"os"
	"sync"

	"github.com/gocolly/colly/v2"
	"github.com/markusmobius/go-trafilatura"
)

// article is what a line holds.
type article struct {
	URL    string `json:"url"`
	Title  string `json:"title"`
	Author string `json:"author"`
	Date   string `json:"date"`
	Text   string `json:"text"`
}

func main() {
	out := flag.String("o", "articles.jsonl", "`file` to write")
	parallel := flag.Int("parallel", 16, "requests at the same time")
	flag.Parse()
	file, err := os.Create(*out)
	if err != nil {
		log.Fatal(err)
	}
	lines := &writer{out: bufio.NewWriter(file)}

	c := colly.NewCollector(colly.Async(true), colly.MaxDepth(2), colly.AllowedDomains("127.0.0.1"))
	if err := c.Limit(&colly.LimitRule{DomainGlob: "*", Parallelism: *parallel}); err != nil {
		log.Fatal(err)
	}
	c.OnHTML("a[href]", func(e *colly.HTMLElement) {
		_ = e.Request.Visit(e.Attr("href")) // it was visited, is too deep or elsewhere
	})
	c.OnResponse(func(r *colly.Response) {
		if r.Request.Depth == 1 {
			return // a front page
		}
		if a, ok := extract(r.Body, r.Request.URL); ok {
			lines.write(a)
		}
	})
	for _, seed := range flag.Args() {
		if err := c.Visit(seed); err != nil {
			log.Fatal(err)
		}
	}
	c.Wait()
	if err := lines.close(file); err != nil {
		log.Fatal(err)
	}
}

func extract(body []byte, u *url.URL) (article, bool) {
	result, err := trafilatura.Extract(bytes.NewReader(body), trafilatura.Options{OriginalURL: u})
	if err != nil || result == nil || result.ContentText == "" {
		return article{}, false
	}
	m := result.Metadata
	a := article{URL: u.String(), Title: m.Title, Author: m.Author, Text: result.ContentText}
	if !m.Date.IsZero() {
		a.Date = m.Date.Format("2006-01-02")
	}
	return a, true
}

// writer writes lines one at a time, and keeps the first error.
type writer struct {
	mu  sync.Mutex
	out *bufio.Writer
	err error
}

func (w *writer) write(a article) {
	line, err := json.Marshal(a)
	w.mu.Lock()
	defer w.mu.Unlock()
	if err == nil {
		_, err = w.out.Write(append(line, '\n'))
	}
	if w.err == nil {
		w.err = err
	}
}

func (w *writer) close(file *os.File) error {
	if w.err != nil {
		return w.err
	}
	if err := w.out.Flush(); err != nil {
		return err
	}
	return file.Close()
}
