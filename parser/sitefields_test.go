package parser

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"pressmill/parser/rules"
	"pressmill/pkg/news"
	"pressmill/pkg/worker"
)

// ruledExtract extracts a page of example-times.com with a rule for it.
func ruledExtract(t *testing.T, rule, body string) *news.Article {
	t.Helper()
	set, err := rules.Parse("test.yaml", []byte("domain: example-times.com\n"+rule))
	if err != nil {
		t.Fatal(err)
	}
	a, err := (&Extractor{Rules: set}).Extract(testPage([]byte(body)))
	if err != nil {
		t.Fatal(err)
	}
	if err := a.Validate(); err != nil {
		t.Error(err)
	}
	return a
}

const ruledPage = `<html lang="en"><head><title>Bridge - Example Times</title>
<meta name="author" content="Web Desk of Nobody"><meta name="stamp" content="27.02.2026 18:05"><meta name="channel" content="Local &amp; Region">
<script type="application/ld+json">{"@type":"NewsArticle","headline":"Bridge","datePublished":"2020-01-01T00:00:00Z","author":{"name":"Wrong Person"}}</script></head>
<body><div class="top"><h1>Bridge</h1><h2 class="real-title big">Town to repair old bridge</h2><p class="x-lead">The work begins in October.</p>
<span class="who">By Jane Doe</span><span class="who">Joe Bloggs</span></div>
<div class="col-1"><p>The council met on Tuesday evening and agreed, after a long debate, to repair the old bridge before winter comes.</p></div>
<div class="offer"><p>Our readers can now order the bridge calendar, with twelve fine pictures of it, at a price that is hard to refuse.</p></div>
<div class="col-2"><p>The mayor said that the money had been set aside for three years and that the work would not need a new tax.</p>
<aside class="numbers"><p>The bridge is 120 metres long and was built of oak and stone in the year 1742.</p></aside></div>
<div class="longer"><p>` + "A wholly different text stands here, one that is far longer than the story and which the engine would have to take for it. " +
	`</p></div><ul class="labels"><li>Bridges</li><li>Town hall</li></ul><img class="shot" data-src="/bridge.jpg" src="x.gif"></body></html>`

const wholeRule = `
title: h2.real-title
standfirst: [.absent, .x-lead]
body: "body > [class^=col-]"
authors: span.who
published: meta[name=stamp]@content
section: meta[name=channel]
tags: ul.labels > li
image: img.shot
drop: .offer
keep: aside.numbers
zone: Europe/Berlin
lang: de
`

func TestSiteRule(t *testing.T) {
	a := ruledExtract(t, wholeRule, ruledPage)
	var authors, blocks []string
	for _, au := range a.Authors {
		authors = append(authors, au.Name)
	}
	for _, b := range a.Body.Blocks {
		blocks = append(blocks, string(b.T)+" "+b.Text[:10])
	}
	got := map[string]any{
		"title": a.Title, "blocks": blocks, "authors": authors, "published": a.Published.At, "section": a.Section, "tags": a.Tags,
		"image": a.Images[0].Role + " " + a.Images[0].URL, "declared": a.LangDeclared, "rules": a.Extraction.Rules, "warnings": a.Extraction.Warnings,
	}
	want := map[string]any{
		"title":     "Town to repair old bridge",
		"blocks":    []string{"standfirst The work b", "paragraph The counci", "paragraph The mayor ", "paragraph The bridge"},
		"authors":   []string{"Jane Doe", "Joe Bloggs"},
		"published": "2026-02-27T18:05:00+01:00",
		"section":   []string{"Local & Region"},
		"tags":      []string{"Bridges", "Town hall"},
		"image":     "lead https://www.example-times.com/bridge.jpg",
		"declared":  "de",
		"rules":     "test.yaml#example-times.com",
		"warnings":  []string(nil),
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("article (-want +got):\n%s", d)
	}
	for _, field := range []string{"title", "standfirst", "body", "authors", "published", "section", "tags", "images"} {
		if src := a.Prov[field].Src; src != "rule" {
			t.Errorf("%s comes from %q", field, src)
		}
	}
}

// TestRuledBody wants what a rule names as the text, whatever it looks like, and
// nothing else.
func TestRuledBody(t *testing.T) {
	list := "<ul class=wares>" + strings.Repeat("<li>Ferry times <li>Bus 12, hourly", 3) + "</ul>"
	page := "<title>Ways across</title><h1>Ways across the river</h1><article>" + strings.Repeat(para, 4) + "</article><div>" + list + "</div>"
	a := ruledExtract(t, "body: .wares\n", page)
	if want := "Ferry times\n\nBus 12, hourly\n\nFerry times"; !strings.HasPrefix(a.Body.Text, want) || strings.Contains(a.Body.Text, "council") {
		t.Errorf("text %q", a.Body.Text)
	}
	page = strings.Replace(page, "</article><div>", "<div class=promo>", 1) + "</article>"
	for rule, kept := range map[string]bool{"": false, "keep: .promo\n": true} {
		a = ruledExtract(t, rule, page)
		if !strings.Contains(a.Body.Text, "council") || strings.Contains(a.Body.Text, "Ferry") != kept {
			t.Errorf("rule %q: text %q", rule, a.Body.Text)
		}
	}
}

// TestSiteRuleWarnings wants a warning for each key that finds nothing, and what
// the engine finds in its place.
func TestSiteRuleWarnings(t *testing.T) {
	rule := "title: .none\nbody: [.none, '#no']\nstandfirst: .none\nauthors: .none\npublished: [.none]\nmodified: h1\nsection: .none\ntags: .none\nimage: .none\ndrop: .none\nkeep: .none\n"
	a := ruledExtract(t, rule, ruledPage)
	b, err := Extract(testPage([]byte(ruledPage)))
	if err != nil {
		t.Fatal(err)
	}
	if a.Title != b.Title || a.Body.Text != b.Body.Text || !slices.Equal(a.Authors, b.Authors) || a.Published.Raw != b.Published.Raw {
		t.Errorf("a rule that finds nothing changed the article: %+v", a)
	}
	want := []string{"body matches nothing: .none, #no", `modified finds no date in "Bridge"`}
	for _, key := range []string{"title", "standfirst", "authors", "published", "section", "tags", "image", "drop", "keep"} {
		want = append(want, key+" matches nothing: .none")
	}
	slices.Sort(want)
	var got []string
	for _, w := range a.Extraction.Warnings {
		got = append(got, strings.TrimPrefix(w, "site rule "))
	}
	slices.Sort(got)
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("warnings (-want +got):\n%s", d)
	}
}

// TestRuledAuthorsWithoutNames wants a warning when what a rule takes for the
// authors names nobody.
func TestRuledAuthorsWithoutNames(t *testing.T) {
	page := strings.Replace(ruledPage, "<h1", `<p class=nobody>3 min read</p><h1`, 1)
	a := ruledExtract(t, "authors: .nobody\n", page)
	if want := `site rule authors finds no author in "3 min read"`; !slices.Contains(a.Extraction.Warnings, want) {
		t.Errorf("warnings %q, want %s", a.Extraction.Warnings, want)
	}
}

func TestSelectors(t *testing.T) {
	const page = `<html><body id="top"><div class="a b"><p>one</p><P class='c'>two</P></div>
<my-box data-x="1 2"><span><p>three</p></span></my-box><section><div><p title="x&amp;y">four</p></div></section></body></html>`
	tr := parseTree([]byte(page))
	defer tr.release()
	for text, want := range map[string]string{
		"p":                        "one two three four",
		"div p":                    "one two four",
		".a > p":                   "one two",
		".b.a p.c":                 "two",
		"my-box p":                 "three",
		"my-box > p":               "",
		"[data-x~='2'] > span p":   "three",
		"p[title='x&y']":           "four",
		"[title^=x],.c":            "two four",
		"p:first-child":            "one three four",
		"div > p:first-child":      "one four",
		"section > div p":          "four",
		"body#top > section p":     "four",
		"section > p":              "",
		"html > body > div > .c":   "two",
		"#other p":                 "",
		"body div > p.c, my-box":   "two three",
		"*[class] > p:first-child": "one",
	} {
		sel, err := rules.ParseSelector(text)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, p := range tr.picks(&sel) {
			got = append(got, p.value)
		}
		if s := strings.Join(got, " "); s != want {
			t.Errorf("%s: %q, want %q", text, s, want)
		}
	}
}

// TestSelectorDepth wants a long chain of ancestors that fails to be tried once,
// not in all its combinations.
func TestSelectorDepth(t *testing.T) {
	tr := parseTree([]byte(strings.Repeat("<div>", 400) + strings.Repeat("<p>x", 100)))
	defer tr.release()
	sel, err := rules.ParseSelector(".absent div div div div div div div p")
	if err != nil {
		t.Fatal(err)
	}
	if got := tr.picks(&sel); got != nil { // would not end in a lifetime
		t.Errorf("%v", got)
	}
}

func TestRulesFlag(t *testing.T) {
	dir, page := t.TempDir(), filepath.Join(t.TempDir(), "page.html")
	for name, text := range map[string]string{filepath.Join(dir, "a.yaml"): "domain: a.example\ntitle: h2\n", page: ruledPage} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var out, errs bytes.Buffer
	if code := RunExtract([]string{"-rules", dir, "-url", "https://a.example/x", page}, nil, &out, &errs); code != 0 || !strings.Contains(out.String(), `"title": "Town to repair old bridge"`) {
		t.Errorf("code %d: %s%s", code, &out, &errs)
	}
	if err := os.WriteFile(filepath.Join(dir, "b.yaml"), []byte("domian: b.example\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, run := range map[string]func() int{
		"extract": func() int {
			return RunExtract([]string{"-rules", dir, "-url", "https://a.example/x", page}, nil, &out, &errs)
		},
		"evaluate": func() int { return RunEvaluate([]string{"-rules", dir, "-corpus", dir}, &out, &errs) },
	} {
		if code := run(); code != 2 || !strings.Contains(errs.String(), "b.yaml:1: unknown key domian; did you mean domain?\n") {
			t.Errorf("%s: code %d: %s", name, code, &errs)
		}
		errs.Reset()
	}
	if code := worker.Run(t.Context(), Program(), []string{"rules", "check", dir}, nil, &out, &errs); code != 2 || !strings.Contains(errs.String(), "b.yaml:1: ") {
		t.Errorf("rules check: code %d: %s", code, &errs)
	}
	if code := worker.Run(t.Context(), Program(), []string{"rules", "check", "../deploy/rules"}, nil, &out, &errs); code != 0 || !strings.HasSuffix(out.String(), "2 site rules are fine\n") {
		t.Errorf("rules check: code %d: %s", code, &errs)
	}
	cfg := Config{Rules: dir, Workers: -1}
	if err := cfg.Validate(); err == nil || !strings.Contains(err.Error(), "did you mean domain") || !strings.Contains(err.Error(), "workers") {
		t.Errorf("Validate: %v", err)
	}
}
