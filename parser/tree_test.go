package parser

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/net/html"

	"pressmill/parser/corpus"
	"pressmill/pkg/news"
)

// TestTreeAgainstHTML compares where text stands with the reference parser.
func TestTreeAgainstHTML(t *testing.T) {
	for name, src := range map[string]string{
		"items":                  `<ul><li>a<li>b<ul><li>c</ul><li>d</ul>`,
		"items around blocks":    `<ul><li><div>a<li>b<section>c<li>d</ul>`,
		"end of item in list":    `<ul><li>a<ul>b</li>c</ul>d</ul>`,
		"paragraphs":             `<p>a<p>b<div>c<p>d</div>e`,
		"paragraph in button":    `<p>a<button>b<div>c</p>d</div></button>e</p>f`,
		"paragraph around name":  `<p>a<x-y>b<div>c</div>d`,
		"terms":                  `<dl><dt>a<dd>b<dt>c<dd>d<div>e<dt>f</dl>`,
		"cells":                  `<table><tr><td>a<td>b<tr><th>c<td>d</table>`,
		"cells without row":      `<table><td>a<td>b</table>`,
		"blocks left in cells":   `<table><tr><td><div>a<td><p>b<tr><td><ul><li>c</table>d`,
		"crossed cells":          `<table><tr><td><div>a</td></div><td>b</table>c`,
		"tables in cells":        `<table><tr><td><table><tr><td>a</table>b<td>c</table>d`,
		"inner table left open":  `<table><tr><td><table><tr><td>a</td></tr></td></tr></table>b`,
		"tables in a row":        `<table><tr><td>a</td><table><tr><td>b</table>c`,
		"parts without table":    `<div><td>a</td><tr>b<caption>c</caption></div>d`,
		"caption":                `<table><caption>a<p>b</caption><tr><td>c</table>`,
		"form in table":          `<table><form><tr><td>a</td></form></tr></table>b`,
		"table in paragraph":     `<!DOCTYPE html><p>a<table><tr><td>b</table>c`,
		"table in old paragraph": `<p>a<table><tr><td>b</table>c`,
		"options":                `<select><option>a<option>b</select><p>x`,
		"select ended by input":  `<div><select><option>a<input>b</div>c`,
		"inline left open":       `<div><span>a</div>b</span>c`,
		"bold left open":         `<p>a<b>b<p>c</b>d`,
		"bold around block":      `<b>a<div>b</b>c</div>d`,
		"link around block":      `<div><a>a<div>b</a>c</div>d</div>e`,
		"link in link":           `<p><a>a<a>b</a>c</p>d`,
		"names":                  `<x-a>a<div>b</x-a>c</div>d<foo>e</bar>f</foo>g`,
		"comments":               `a<!-- <p>no --> b<!x>c<?y>d<!-->e<!-- <p> --!>f<!--->g`,
		"end tags of nothing":    `a</>b</ p>c</3>d</div>e</p>f`,
		"attributes of end tag":  `<div>a</div title=">">b`,
		"script":                 `<script>if (a</b) "<p>"</script><p>x</p>`,
		"script in script":       `<script><!-- <script>a</script> <p> --></script><p>b</p>`,
		"script without end":     `<p>a<script><!-- </script>b`,
		"name begins as script":  `<script>a</scripts>b</script >c`,
		"headings":               `<h1>a<h2>b</h2>c`,
		"other heading's end":    `<div><h1>a<span>b</h3>c</div>d`,
		"text":                   `x < y <3 z`,
		"bracket in value":       `<a href="x>y">l</a>m`,
		"form in form":           `<form><div>a<form><p>b</form>c</div>d`,
		"form ends early":        `<div><form><div>a</form>b</div>c</div>d`,
		"form after form":        `<section><form>a</section>b<form>c</form><form>d<p>e<form>f</form>g`,
		"link in link in name":   `<div><a>a<dialog>b<a>c</div>d`,
		"button in button":       `<div><button>a<p>b<button>c</button>d</div>e`,
		"button left open":       `<div><button>a</div>b`,
		"noscript":               `<div><noscript><div>a</noscript>b</div>c`,
		"template":               `<div><template><div>a</div></template>b</div>c`,
		"svg left open":          `<div><svg><path><g><p>a</p></div>b`,
		"svg title":              `<div><svg><title>a</title><style>b{}</style></svg>c</div>`,
		"svg of one tag":         `<div><svg/>a</div>b`,
		"foreign object":         `<div><svg><foreignObject><div>a</div></foreignObject></svg>b</div>c`,
		"cdata":                  `<div><svg><![CDATA[<p>a]]></svg>b</div>c`,
		"math":                   `<p>a<math><mi>x</mi><mo>=</mo></math>b<p>c`,
		"document in document":   `<html><body><div>a<html><head></head><body><p>b</body></html></div>c`,
		"ruby":                   `<p><ruby>a<rp>(<rt>b<rp>)</ruby>c<p>d`,
		"plaintext":              `<div>a<plaintext>b</div>c`,
		"frames":                 `<noframes><p>a</noframes><p>b<noembed><p>c</noembed>d`,
		"head":                   `<head><title>a</title><meta><div>b</div></head>c`,
		"textarea":               `<div><textarea><p>a</textarea>b</div>c`,
		"definition in item":     `<ul><li><dl><dd>a<li>b</ul>c`,
		"dialog":                 `<p>a<dialog>b<p>c</dialog>d`,
		"object":                 `<div><object><div>a</object>b</div>c`,
		"white space alone":      "<div> <p>\n<b>a</b> <i>b</i>\t<u>c</u><i>d</i> <!-- --> <u>e</u></p> f<br> <b>g</b> </div> <span>h</span>",
		"white space at tags":    "<p>a<span> </span>b <i> </i><b>c</b> <script> </script>d<img> e<wbr>f</p>",
	} {
		if got, want := treeWords([]byte(src)), htmlWords(t, []byte(src)); !slices.Equal(got, want) {
			t.Errorf("%s: %s\n got %s\nwant %s", name, src, got, want)
		}
	}
}

// TestTreeOfPages wants nearly all visible text of whole pages under the same
// block elements as in the reference parser's tree.
func TestTreeOfPages(t *testing.T) {
	pages := testPages(t)
	bad := 0
	for _, p := range pages {
		src, err := decode(p)
		if err != nil {
			t.Fatal(err)
		}
		want, got := htmlWords(t, src), treeWords(src)
		if share := agreement(want, got); share < 0.97 {
			bad++
			t.Logf("%s: %.3f of the text; first difference %s", p.FinalURL, share, firstDifference(want, got))
		}
	}
	if bad*100 > len(pages) {
		t.Errorf("%d of %d pages differ from the reference", bad, len(pages))
	}
}

// testPages are the fixtures and the pages of the corpora.
func testPages(t testing.TB) []*news.Page {
	return append(fixturePages(t), corpusPages(t)...)
}

func fixturePages(t testing.TB) []*news.Page {
	var pages []*news.Page
	files, _ := filepath.Glob("testdata/*/*.html")
	for _, name := range files {
		body, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		pages = append(pages, testPage(body))
	}
	return pages
}

// corpusPages are the pages of the corpora in the folders that PRESSMILL_CORPUS
// lists.
func corpusPages(t testing.TB) []*news.Page {
	var pages []*news.Page
	for _, dir := range filepath.SplitList(os.Getenv("PRESSMILL_CORPUS")) {
		set, err := corpus.Load(dir)
		if err != nil {
			t.Fatal(err)
		}
		for i := range set.Labels {
			p, err := set.Labels[i].Page()
			if err != nil {
				t.Fatal(err)
			}
			pages = append(pages, p)
		}
	}
	return pages
}

// wordList gathers words, each with the word before it in the same block and
// with the names of the block elements around it.
type wordList struct {
	words []string
	text  strings.Builder // of the block so far
	block any
	path  string
}

func (l *wordList) add(text, path string, block any) {
	if strings.TrimSpace(text) == "" && block != l.block {
		return
	}
	if block != l.block {
		l.flush()
	}
	l.text.WriteString(text)
	l.block, l.path = block, path
}

func (l *wordList) flush() []string {
	last := ""
	for w := range strings.FieldsSeq(l.text.String()) {
		l.words = append(l.words, last+"+"+w+l.path)
		last = w
	}
	l.text.Reset()
	return l.words
}

func treeWords(src []byte) []string {
	tr := parseTree(src)
	defer tr.release()
	var l wordList
	gap := false
	for i := range tr.nodes {
		n := &tr.nodes[i]
		gap = gap || n.flags&spaced != 0
		if n.tag == tagNone {
			if gap {
				l.text.WriteByte(' ')
			}
			gap = false
			if path, block, visible := tr.path(n.parent); visible {
				l.add(html.UnescapeString(string(tr.bytes(int32(i)))), path, block)
			}
		}
	}
	return l.flush()
}

func (t *tree) path(i int32) (path string, block int32, visible bool) {
	block = -1
	for ; i >= 0; i = t.nodes[i].parent {
		x := t.nodes[i].tag
		if x.is(traitNoText) {
			return "", 0, false
		}
		if inPath(x) {
			if block < 0 {
				block = i
			}
			path += "<" + tagEntries[x].name
		}
	}
	return path, block, true
}

func inPath(t tag) bool {
	return t.is(traitBlock) && t != tagHTML && t != tagBody && t != tagHead && t != tagTbody
}

func htmlWords(t testing.TB, src []byte) []string {
	doc, err := html.Parse(bytes.NewReader(src))
	if err != nil {
		t.Skip(err)
	}
	var l wordList
	for n := range doc.Descendants() {
		if n.Type == html.TextNode {
			if path, block, visible := htmlPath(n.Parent); visible {
				l.add(strings.ReplaceAll(n.Data, "\x00", ""), path, block)
			}
		}
	}
	return l.flush()
}

func htmlPath(n *html.Node) (path string, block *html.Node, visible bool) {
	for ; n != nil; n = n.Parent {
		if n.Type != html.ElementNode {
			continue
		}
		x := lookupTag([]byte(n.Data))
		if x.is(traitNoText) {
			return "", nil, false
		}
		if inPath(x) {
			if block == nil {
				block = n
			}
			path += "<" + tagEntries[x].name
		}
	}
	return path, block, true
}

// agreement returns the share of words in either list that the other has too.
func agreement(a, b []string) float64 {
	if len(a)+len(b) == 0 {
		return 1
	}
	count := make(map[string]int)
	for _, w := range a {
		count[w]++
	}
	both := 0
	for _, w := range b {
		if count[w] > 0 {
			count[w]--
			both++
		}
	}
	return 2 * float64(both) / float64(len(a)+len(b))
}

func firstDifference(want, got []string) string {
	i := 0
	for i < min(len(want), len(got)) && want[i] == got[i] {
		i++
	}
	return "want " + strings.Join(want[i:min(i+3, len(want))], " ") + " got " + strings.Join(got[i:min(i+3, len(got))], " ")
}

// TestIndentationChangesNothing has the same pages with white space in front of
// what begins a line anyway, as some sites write it and others leave it out.
func TestIndentationChangesNothing(t *testing.T) {
	for _, p := range fixturePages(t) {
		indented := *p
		indented.Body = indent(p.Body)
		indented.SHA256 = ""
		if diff := cmp.Diff(essence(p), essence(&indented)); diff != "" {
			t.Errorf("%s: %s", p.FinalURL, diff)
		}
	}
}

// indent puts a line break in front of each start tag that begins a line.
func indent(src []byte) []byte {
	var out []byte
	for z := html.NewTokenizer(bytes.NewReader(src)); z.Next() != html.ErrorToken; {
		if raw := z.Raw(); len(raw) > 1 && raw[0] == '<' && isLetter(raw[1]) {
			if name, _ := z.TagName(); lookupTag(name).is(traitBlock) {
				out = append(out, "\n\t\t"...)
			}
		}
		out = append(out, z.Raw()...)
	}
	return out
}

// essence is what of an article does not depend on the bytes of its page.
func essence(p *news.Page) *news.Article {
	a, err := Extract(p)
	if err != nil {
		return &news.Article{Title: err.Error()}
	}
	a.Hash.RawSHA256, a.Raw.Bytes = "", 0
	a.Extraction.At = time.Time{}
	return a
}
