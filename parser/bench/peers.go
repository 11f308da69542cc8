package main

import (
	"bytes"
	"io"
	"net/url"
	"regexp"
	"strings"
	"time"
	"unicode/utf8"

	readeck "codeberg.org/readeck/go-readability/v2"
	shiori "github.com/go-shiori/go-readability"
	distiller "github.com/markusmobius/go-domdistiller"
	"github.com/markusmobius/go-trafilatura"
	"golang.org/x/net/html"
	"golang.org/x/net/html/charset"

	"pressmill/parser"
	"pressmill/pkg/news"
)

// extractor makes an article of a page.
type extractor func(*news.Page) (*news.Article, error)

// extractors are the parser and its peers by name. A peer runs with its own
// defaults, on a document made by the quickest way that reads every charset;
// of what it returns, what the labels know is kept.
func extractors() map[string]extractor {
	return map[string]extractor{
		"pressmill":               parser.Extract,
		"go-trafilatura":          trafilaturaWith(trafilatura.Options{ExcludeComments: true}),
		"go-trafilatura+fallback": trafilaturaWith(trafilatura.Options{ExcludeComments: true, EnableFallback: true}),
		"readeck":                 readeckReadability,
		"go-shiori":               shioriReadability,
		"go-domdistiller":         domDistiller,
	}
}

// document returns the parsed page and its URL.
func document(p *news.Page) (*html.Node, *url.URL, error) {
	u, err := url.Parse(p.FinalURL)
	if err != nil {
		return nil, nil, err
	}
	var r io.Reader = bytes.NewReader(p.Body)
	if !utf8.Valid(p.Body) {
		if r, err = charset.NewReader(r, "text/html"); err != nil {
			return nil, nil, err
		}
	}
	doc, err := html.Parse(r)
	return doc, u, err
}

func trafilaturaWith(opts trafilatura.Options) extractor {
	return func(p *news.Page) (*news.Article, error) {
		doc, u, err := document(p)
		if err != nil {
			return nil, err
		}
		opts := opts
		opts.OriginalURL = u
		r, err := trafilatura.ExtractDocument(doc, opts)
		if err != nil {
			return nil, err
		}
		return article(p, r.Metadata.Title, r.Metadata.Author, r.Metadata.Date, r.ContentText), nil
	}
}

func readeckReadability(p *news.Page) (*news.Article, error) {
	doc, u, err := document(p)
	if err != nil {
		return nil, err
	}
	a, err := readeck.FromDocument(doc, u)
	if err != nil {
		return nil, err
	}
	var text strings.Builder
	if a.Node != nil {
		if err := a.RenderText(&text); err != nil {
			return nil, err
		}
	}
	at, _ := a.PublishedTime()
	return article(p, a.Title(), a.Byline(), at, text.String()), nil
}

func shioriReadability(p *news.Page) (*news.Article, error) {
	doc, u, err := document(p)
	if err != nil {
		return nil, err
	}
	a, err := shiori.FromDocument(doc, u)
	if err != nil {
		return nil, err
	}
	var at time.Time
	if a.PublishedTime != nil {
		at = *a.PublishedTime
	}
	return article(p, a.Title, a.Byline, at, a.TextContent), nil
}

func domDistiller(p *news.Page) (*news.Article, error) {
	doc, u, err := document(p)
	if err != nil {
		return nil, err
	}
	r, err := distiller.Apply(doc, &distiller.Options{OriginalURL: u, SkipPagination: true})
	if err != nil {
		return nil, err
	}
	at, _ := time.Parse(time.RFC3339, r.MarkupInfo.Article.PublishedTime)
	return article(p, r.Title, r.MarkupInfo.Author, at, r.Text), nil
}

// byAnd separates the names of a byline.
var byAnd = regexp.MustCompile(`\s*[;,|]\s*|\s+(?:and|und|et|&)\s+`)

// article puts what a peer returns into an article. A time of midnight is taken
// for a day.
func article(p *news.Page, title, byline string, at time.Time, text string) *news.Article {
	a := &news.Article{Schema: news.Schema, URL: news.URLs{Requested: p.RequestedURL, Final: p.FinalURL}, Title: title}
	byline = strings.TrimPrefix(strings.TrimPrefix(strings.TrimSpace(byline), "By "), "Von ")
	for _, name := range byAnd.Split(byline, -1) {
		if name != "" {
			a.Authors = append(a.Authors, news.Author{Name: name, Kind: "person", Raw: byline})
		}
	}
	switch {
	case at.IsZero():
	case at.Equal(at.Truncate(24 * time.Hour)):
		a.Published = &news.Date{Local: at.Format(time.DateOnly), Precision: news.PrecisionDay}
	default:
		a.Published = &news.Date{At: at.Format(time.RFC3339), Local: at.Format("2006-01-02T15:04:05"), Precision: news.PrecisionSecond}
	}
	for line := range strings.SplitSeq(text, "\n") {
		if line = strings.TrimSpace(line); line != "" {
			a.Body.Blocks = append(a.Body.Blocks, news.Block{T: news.BlockParagraph, Text: line})
		}
	}
	return a
}
