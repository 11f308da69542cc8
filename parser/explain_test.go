package parser

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/net/html"

	"pressmill/parser/explain"
	"pressmill/parser/rules"
)

func explained(t *testing.T, body string) *explain.Page {
	t.Helper()
	p, err := (&Extractor{}).Explain(testPage([]byte(body)))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// blocksOf lists the blocks of a page in their order.
func blocksOf(p *explain.Page) []*explain.Block {
	var out []*explain.Block
	var walk func(b *explain.Box)
	walk = func(b *explain.Box) {
		for _, it := range b.Items {
			if it.Box != nil {
				walk(it.Box)
			} else {
				out = append(out, it.Block)
			}
		}
	}
	if p.Root != nil {
		walk(p.Root)
	}
	return out
}

const explainPage = `<html><head><title>Bridge to be repaired</title><script>var a = "<p>no text</p>"</script></head><body>
<nav id="top" class="menu"><ul><li><a href="/a">Politics Sport</a></li></ul></nav>
<main><h1>Bridge to be repaired</h1><p class="byline">By Jane Doe</p>
<div class="story"><figure><img src="/b.jpg" alt="The bridge"><figcaption>The old bridge in the rain</figcaption></figure>
<p>The council met on Tuesday evening and agreed, after a <b>long</b> debate, to repair the <span hidden>secret word</span> old bridge before winter comes.</p>
<h2>The money</h2><p>The mayor said that the money had been set aside for three years and that the work would not need a new tax.</p>
<div class="newsletter"><p>Subscribe to our newsletter and never miss a story about bridges, rivers or the rain that falls on both.</p></div>
<table><tr><th>Year</th><th>Cost</th></tr><tr><td>2025</td><td>one million</td></tr><tr><td>2026</td><td>two million</td></tr></table>
<p>Work is to begin in October, and the road will stay open to buses and bicycles, the town hall said in a statement.</p>
<h3>More on this</h3></div></main>
<div class="comments"><p>What a waste of money this is, as everybody who lives in the town knows very well, says a reader.</p></div>
<footer>All rights reserved</footer></body></html>`

func TestExplain(t *testing.T) {
	p := explained(t, explainPage)
	got := make(map[string]string)
	for _, b := range blocksOf(p) {
		got[strings.Join(strings.Fields(b.Text)[:2], " ")] = string(b.State) + " " + b.Type
		if (b.Why == "") != (b.State == explain.Kept) {
			t.Errorf("%s block %q has the reason %q", b.State, b.Text, b.Why)
		}
	}
	want := map[string]string{
		"Politics Sport": "out list_item",
		"Bridge to":      "used title",
		"By Jane":        "used byline",
		"The bridge":     "used image",
		"The old":        "used caption",
		"The council":    "kept paragraph",
		"secret word":    "out paragraph",
		"The money":      "kept heading",
		"The mayor":      "kept paragraph",
		"Subscribe to":   "out paragraph",
		"Year |":         "kept table",
		"Work is":        "kept paragraph",
		"More on":        "out heading",
		"What a":         "out paragraph",
		"All rights":     "out text",
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("blocks (-want +got):\n%s", d)
	}
	if p.Reject != "" || p.Title != "Bridge to be repaired" || len(p.Fields) < 5 {
		t.Errorf("%q, %q, fields %v", p.Reject, p.Title, p.Fields)
	}
	if n := slices.IndexFunc(p.Candidates, func(c explain.Candidate) bool { return c.Chosen }); n < 0 || p.Candidates[n].ID == 0 {
		t.Errorf("no container among %v", p.Candidates)
	}
}

func TestExplainRule(t *testing.T) {
	set, err := rules.Parse("r.yaml", []byte("domain: example-times.com\ndrop: table\ntags: .none\n"))
	if err != nil {
		t.Fatal(err)
	}
	p, err := (&Extractor{Rules: set}).Explain(testPage([]byte(explainPage)))
	if err != nil {
		t.Fatal(err)
	}
	if p.Rule != "r.yaml#example-times.com" || len(p.Warnings) != 1 {
		t.Errorf("rule %q, warnings %q", p.Rule, p.Warnings)
	}
	for _, b := range blocksOf(p) {
		if b.Text == "one million" && b.Why == "dropped by the site rule" || strings.HasPrefix(b.Path, "table") && b.State == explain.Out {
			return
		}
	}
	t.Error("the table is not shown as dropped by the rule")
}

// TestExplainAll wants the text of every fixture whole, no part of it twice.
func TestExplainAll(t *testing.T) {
	files, _ := filepath.Glob("testdata/*/*.html")
	for _, name := range files {
		body, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		var got, want float32
		for _, b := range blocksOf(explained(t, string(body))) {
			if frame := b.Type == "embed" && b.Score == ""; b.Type != "image" && !frame {
				text := b.Text
				if b.Type == "table" {
					text = strings.ReplaceAll(text, "|", "")
				}
				got += weigh([]byte(text))
			}
		}
		for _, s := range visibleTexts(t, body) {
			want += weigh([]byte(s))
		}
		if got != want {
			t.Errorf("%s: blocks weigh %v, the page %v", name, got, want)
		}
	}
}

func visibleTexts(t *testing.T, body []byte) (out []string) {
	doc, err := html.Parse(bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	var walk func(n *html.Node)
	walk = func(n *html.Node) {
		if n.Type == html.TextNode {
			out = append(out, cleanText(n.Data))
		}
		if n.Type == html.ElementNode && lookupTag([]byte(n.Data)).is(traitNoText) {
			return
		}
		for c := range n.ChildNodes() {
			walk(c)
		}
	}
	walk(doc)
	return out
}

// TestExplainNoArticle wants pages that are none explained as well.
func TestExplainNoArticle(t *testing.T) {
	list, err := os.ReadFile("testdata/golden/teasers.html")
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		body, want string
		blocks     bool
	}{
		"list":     {string(list), ReasonSectionFront, true},
		"no text":  {"<h1>Only a title</h1>", ReasonNoText, true},
		"not html": {"%PDF-1.4", ReasonNotHTML, false},
		"nothing":  {"", ReasonNoText, false},
	} {
		p := explained(t, c.body)
		if !strings.HasPrefix(p.Reject, c.want) || (len(blocksOf(p)) > 0) != c.blocks {
			t.Errorf("%s: %q, %d blocks", name, p.Reject, len(blocksOf(p)))
		}
		var b bytes.Buffer
		if err := explain.Write(&b, p); err != nil || !strings.Contains(b.String(), "No article: "+c.want) {
			t.Errorf("%s: %v in %s", name, err, &b)
		}
	}
	page := testPage([]byte(explainPage))
	page.FinalURL = "mailto:nobody"
	if _, err := (&Extractor{}).Explain(page); err == nil {
		t.Error("a page without a URL must be an error")
	}
}

// TestExplainElsewhere shows text that only the structured data has.
func TestExplainElsewhere(t *testing.T) {
	body, err := os.ReadFile("testdata/golden/script_only.html")
	if err != nil {
		t.Fatal(err)
	}
	if p := explained(t, string(body)); len(p.Elsewhere) == 0 || p.Elsewhere[0].State != explain.Kept {
		t.Errorf("elsewhere %v", p.Elsewhere)
	}
}

// TestExplainHarmless wants nothing of a page to come alive.
func TestExplainHarmless(t *testing.T) {
	const evil = `"><script>alert(1)</script><img src=//evil.example onerror=alert(2)>`
	quoted := html.EscapeString(evil)
	p := explained(t, `<html><head><title>`+quoted+`</title><meta name="author" content="`+quoted+`"></head><body>
<div class="`+quoted+`" id="`+quoted+`" style="background:url(//evil.example)"><h1>`+quoted+`</h1>`+strings.Repeat(para, 3)+`<p>`+quoted+`</p>
<img alt="`+quoted+`" src="x"><x-`+"`"+`onload=alert(3)>`+para+`<iframe title="`+quoted+`" src="//evil.example"></iframe></div></body></html>`)
	p.URL = "javascript:alert(4)"
	var b bytes.Buffer
	if err := explain.Write(&b, p); err != nil {
		t.Fatal(err)
	}
	doc, err := html.Parse(&b)
	if err != nil {
		t.Fatal(err)
	}
	scripts := 0
	for n := range doc.Descendants() {
		if n.Type != html.ElementNode {
			continue
		}
		switch n.Data {
		case "script":
			scripts++
		case "img", "iframe", "link", "object", "embed", "video":
			t.Errorf("element %s", n.Data)
		}
		for _, a := range n.Attr {
			if strings.HasPrefix(a.Key, "on") || a.Key == "src" || a.Key == "style" || a.Key == "href" && strings.HasPrefix(a.Val, "javascript") {
				t.Errorf("%s has %s=%q", n.Data, a.Key, a.Val)
			}
		}
	}
	if scripts != 1 {
		t.Errorf("%d scripts", scripts)
	}
}

func TestExplainCommand(t *testing.T) {
	file := filepath.Join(t.TempDir(), "out.html")
	var out, errs bytes.Buffer
	if code := RunExplain([]string{"-url", "https://a.example/x", "-o", file, "-"}, strings.NewReader(explainPage), &out, &errs); code != 0 {
		t.Errorf("code %d: %s", code, &errs)
	}
	written, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if code := RunExplain([]string{"-url", "https://a.example/x", "-"}, strings.NewReader(explainPage), &out, &errs); code != 0 || !bytes.HasPrefix(out.Bytes(), []byte("<!DOCTYPE html>")) || len(written) != out.Len() {
		t.Errorf("code %d: %s", code, &errs)
	}
	for _, args := range [][]string{{"-"}, {"-url", "https://a.example/x"}, {"-rules", "/absent", "-url", "https://a.example/x", "-"}} {
		if code := RunExplain(args, strings.NewReader(""), &out, &errs); code != 2 {
			t.Errorf("%q: code %d", args, code)
		}
	}
}

func FuzzExplain(f *testing.F) {
	f.Add([]byte(explainPage))
	f.Add([]byte("<table><tr><td>a<td>b<tr><td>c<td>d</table><p>a<br><br>b<i>c<div>d</i>e"))
	f.Fuzz(func(t *testing.T, body []byte) {
		p, err := (&Extractor{}).Explain(testPage(body))
		if err != nil {
			t.Fatal(err)
		}
		if err := explain.Write(io.Discard, p); err != nil {
			t.Error(err)
		}
	})
}
