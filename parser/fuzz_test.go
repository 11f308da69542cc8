package parser

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

func FuzzTree(f *testing.F) {
	f.Add([]byte("<p>a<b>c</p><script>x</script><!-- y --><table><td>z"))
	f.Fuzz(func(t *testing.T, src []byte) {
		tr := parseTree(src)
		defer tr.release()
		for i := range tr.nodes {
			n := &tr.nodes[i]
			if n.parent >= int32(i) || n.stop <= int32(i) || int(n.stop) > len(tr.nodes) || n.start > n.end || int(n.end) > len(src) {
				t.Fatalf("node %d is broken: %+v", i, *n)
			}
			if n.parent >= 0 && n.stop > tr.nodes[n.parent].stop {
				t.Fatalf("node %d reaches out of its parent", i)
			}
		}
	})
}

// fuzzMarkup is what FuzzTreeAgainstHTML makes pages of, one piece for a byte.
// Not in it is what our tree does not follow: text of tables outside of cells,
// which browsers move, and forms, headings and unknown elements in links and
// bold text left open, which they split.
var fuzzMarkup = []string{
	"<div>", "</div>", "<p>", "</p>", "<ul>", "</ul>", "<li>", "</li>", "<section>", "</section>", "<span>", "</span>",
	"<b>", "</b>", "<a>", "</a>", "<dl>", "</dl>", "<dt>", "</dt>", "<dd>", "</dd>",
	"<blockquote>", "</blockquote>", "<br>", "<!-- x -->", "<hr>", "<pre>", "</pre>",
	"<table><tr><td>", "</td></tr></table>", "<td>", "<tr><td>", "<article>", "</article>",
}

// FuzzTreeAgainstHTML wants text in the same place as in the reference parser,
// in pages of the elements that text is made of.
func FuzzTreeAgainstHTML(f *testing.F) {
	f.Add([]byte{0, 2, 12, 2, 1, 6, 0, 6})
	f.Fuzz(func(t *testing.T, picks []byte) {
		var src []byte
		for i, p := range picks[:min(len(picks), 64)] {
			src = append(src, fuzzMarkup[int(p)%len(fuzzMarkup)]...)
			if p >= 128 {
				src = fmt.Appendf(src, " %d ", i)
			}
		}
		if got, want := treeWords(src), htmlWords(t, src); !slices.Equal(got, want) {
			t.Errorf("%s\n got %s\nwant %s", src, got, want)
		}
	})
}

func FuzzStructured(f *testing.F) {
	f.Add([]byte(`<!-- {"@graph":[{"@type":["NewsArticle"],"author":[{"name":["a"]}],}]} -->`))
	f.Fuzz(func(t *testing.T, b []byte) {
		tr := parseTree(append([]byte("<script type=application/ld+json>"), b...))
		defer tr.release()
		s := tr.structured()
		_ = s.article.text("headline")
		_ = s.resolve(s.article.get("author")).str()
	})
}

func FuzzExtract(f *testing.F) {
	files, _ := filepath.Glob("testdata/*/*.html")
	for _, name := range files {
		b, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		a, err := Extract(testPage(b))
		if err != nil {
			return
		}
		if err := a.Validate(); err != nil {
			t.Fatal(err)
		}
	})
}
