package explain

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

func testPage() *Page {
	return &Page{
		URL: "https://a.example/x", Title: "Bridge & road", Engine: "test 1", Rule: "a.yaml#a.example", Warnings: []string{"a warning"},
		Fields:     []Field{{Name: "title", Value: "Bridge & road", Src: "html", Conf: 0.875}, {Name: "kind", Value: "news"}},
		Candidates: []Candidate{{ID: 2, Path: "main > div", Score: 1, Chosen: true}, {Path: "body", Score: 0.25}},
		Elsewhere:  []Block{{Type: "paragraph", State: Kept, Text: "from data"}},
		Root: &Box{Items: []Item{
			{Block: &Block{Type: "title", State: Used, Why: "the title", Text: "Bridge & road", Path: "h1"}},
			{Box: &Box{ID: 2, Path: "main > div", Chosen: true, Items: []Item{
				{Block: &Block{Type: "paragraph", State: Kept, Score: "weight 12", Text: "kept text"}},
				{Box: &Box{ID: 3, Path: "aside", Why: "furniture", Folded: true, Items: []Item{
					{Block: &Block{Type: "list_item", State: Out, Why: "furniture", Text: "left out", Path: "ul > li"}},
				}}},
			}}},
		}},
	}
}

func write(t *testing.T, p *Page) string {
	t.Helper()
	var b bytes.Buffer
	if err := Write(&b, p); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestWrite(t *testing.T) {
	got := write(t, testPage())
	for _, want := range []string{
		"<b>2</b> in the text, <b>1</b> read for a field, <b>1</b> left out",
		`value="88"`, "Bridge &amp; road", "a warning", "a.yaml#a.example",
		`<details class="box chosen" id="n2" data-path="main &gt; div" open>`,
		`<details class="box out" id="n3" data-path="aside">`,
		`<a href="#n2"><code dir="ltr">main &gt; div</code></a>`,
		`class="bar b20"`, `class="bar b5"`,
		`<li class="t-paragraph">paragraph 2</li>`,
		"Not on the page",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("no %s in\n%s", want, got)
		}
	}
	if empty := write(t, &Page{Reject: "not_html"}); !strings.Contains(empty, "No article: not_html") || !strings.Contains(empty, "There is no page to show.") {
		t.Errorf("a page that could not be read:\n%s", empty)
	}
}

// TestWellFormed wants every element closed, in order.
func TestWellFormed(t *testing.T) {
	void := []string{"meta", "input", "br"}
	var open []string
	for z := html.NewTokenizer(strings.NewReader(write(t, testPage()))); z.Next() != html.ErrorToken; {
		switch tok := z.Token(); tok.Type {
		case html.StartTagToken:
			if !slices.Contains(void, tok.Data) {
				open = append(open, tok.Data)
			}
		case html.EndTagToken:
			if len(open) == 0 || open[len(open)-1] != tok.Data {
				t.Fatalf("</%s> in %v", tok.Data, open)
			}
			open = open[:len(open)-1]
		default:
		}
	}
	if len(open) > 0 {
		t.Errorf("%v are not closed", open)
	}
}

// TestPolicy wants the policy to let the page's own style and script through,
// as they stand in it.
func TestPolicy(t *testing.T) {
	doc, err := html.Parse(strings.NewReader(write(t, testPage())))
	if err != nil {
		t.Fatal(err)
	}
	policy, seen := "", 0
	for n := range doc.Descendants() {
		if n.Data == "meta" && slices.Contains(n.Attr, html.Attribute{Key: "http-equiv", Val: "Content-Security-Policy"}) {
			policy = n.Attr[1].Val
		}
		if n.Data != "style" && n.Data != "script" {
			continue
		}
		seen++
		sum := sha256.Sum256([]byte(n.FirstChild.Data))
		if want := n.Data + "-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"; !strings.Contains(policy, want) {
			t.Errorf("no %s in %s", want, policy)
		}
	}
	if seen != 2 || !strings.HasPrefix(policy, "default-src 'none'") {
		t.Errorf("%d, %s", seen, policy)
	}
}
