package parser

import (
	"strings"
	"testing"
)

// dataPage is a page with structured data and a text.
func dataPage(data, text string) []byte {
	return []byte(`<html><head><script type="application/ld+json">` + data + `</script></head><body><h1>The old bridge is closed</h1>` + text + `</body></html>`)
}

// TestReferencesAreNoNames wants an object of which nothing but an identifier or an
// address is known to have no name.
func TestReferencesAreNoNames(t *testing.T) {
	for _, ref := range []string{`{"@id":"#owner"}`, `{"@id":"/#owner"}`, `{"@id":"_:b0"}`, `{"@type":"Thing","url":"https://www.example-times.com/owner"}`, `{"@id":"a"}`} {
		data := `{"@graph":[{"@id":"a","@type":"NewsArticle","headline":"The old bridge is closed","publisher":` + ref + `,"author":` + ref + `,"articleSection":` + ref + `,"keywords":[` + ref + `]}]}`
		a, err := Extract(testPage(dataPage(data, strings.Repeat(para, 3))))
		if err != nil {
			t.Fatal(err)
		}
		if a.Publisher != nil || a.Authors != nil || a.Section != nil || a.Tags != nil {
			t.Errorf("%s: publisher %+v, authors %+v, section %q, tags %q", ref, a.Publisher, a.Authors, a.Section, a.Tags)
		}
	}
}

// TestAuthorInTwoParts wants a person whose name comes in parts to be an author.
func TestAuthorInTwoParts(t *testing.T) {
	a, err := Extract(testPage(dataPage(`{"@type":"NewsArticle","author":{"@type":"Person","givenName":"Anna","familyName":"Lind"}}`, strings.Repeat(para, 3))))
	if err != nil || len(a.Authors) != 1 || a.Authors[0].Name != "Anna Lind" {
		t.Errorf("authors %+v, error %v", a.Authors, err)
	}
}

// TestMarkupInArticleBody wants a text in the structured data that is markup to be
// cut into its paragraphs, without what its elements hold besides.
func TestMarkupInArticleBody(t *testing.T) {
	one, two := strings.Repeat("The council closed the old bridge. ", 5), strings.Repeat("A new one is built next year. ", 5)
	want := strings.TrimSpace(one) + "\n\n" + strings.TrimSpace(two)
	for name, body := range map[string]string{
		"lines":            one + `\n\n` + two,
		"one line":         "<p>" + one + "</p><p>" + two + "</p>",
		"escaped":          "&lt;p&gt;" + one + "&lt;/p&gt;&lt;p&gt;" + two + "&lt;/p&gt;",
		"elements in rows": `<p class=\"a\"\n id=\"b\">` + one + `</p>\n<p>` + two + `</p><style>p {\n color: red }</style>`,
		"breaks":           one + "<br/><br/>" + two,
	} {
		a, err := Extract(testPage(dataPage(`{"@type":"NewsArticle","articleBody":"`+body+`"}`, "")))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if a.Body.Text != want {
			t.Errorf("%s: text %q", name, a.Body.Text)
		}
	}
}
