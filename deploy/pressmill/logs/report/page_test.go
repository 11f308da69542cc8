package report_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

// wellFormed checks that every element is closed where it should be, and that ids are single.
func wellFormed(t *testing.T, text string) {
	t.Helper()
	void := []string{"meta", "br", "img", "input", "hr", "link"}
	var open []string
	ids := map[string]bool{}
	z := html.NewTokenizer(strings.NewReader(text))
	for {
		switch z.Next() {
		case html.ErrorToken:
			if len(open) > 0 {
				t.Errorf("open at the end: %v", open)
			}
			return
		case html.StartTagToken:
			token := z.Token()
			if !slices.Contains(void, token.Data) {
				open = append(open, token.Data)
			}
			for _, a := range token.Attr {
				if a.Key == "id" && ids[a.Val] {
					t.Errorf("two have the id %s", a.Val)
				}
				ids[a.Val] = ids[a.Val] || a.Key == "id"
			}
		case html.EndTagToken:
			name := z.Token().Data
			if len(open) == 0 || open[len(open)-1] != name {
				t.Fatalf("</%s> closes %v", name, open)
			}
			open = open[:len(open)-1]
		default:
		}
	}
}

// alone checks that a page loads nothing and runs nothing but its own script.
func alone(t *testing.T, text string) {
	t.Helper()
	root, err := html.Parse(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	scripts := 0
	for n := range root.Descendants() {
		if n.Type != html.ElementNode {
			continue
		}
		switch n.Data {
		case "script":
			scripts++
		case "img", "iframe", "object", "embed", "link", "base", "form", "image", "use", "foreignobject", "audio", "video", "template":
			t.Errorf("there is a %s", n.Data)
		}
		for _, a := range n.Attr {
			switch {
			case strings.HasPrefix(a.Key, "on"), a.Key == "src", a.Key == "srcset", a.Key == "action":
				t.Errorf("%s has %s=%q", n.Data, a.Key, a.Val)
			case a.Key == "href" && !strings.HasPrefix(a.Val, "#"):
				t.Errorf("a link leads to %q", a.Val)
			case a.Key == "style" && !regexp.MustCompile(`^(--v:[0-9.e-]+|(left|width|bottom):[0-9.]+%|;)+$`).MatchString(a.Val):
				t.Errorf("%s has the style %q", n.Data, a.Val)
			}
		}
	}
	if scripts != 1 || strings.Contains(text, "ZgotmplZ") || regexp.MustCompile(`(?i)@import|url\(`).MatchString(text) {
		t.Errorf("%d scripts, or something that was replaced or is loaded", scripts)
	}
}
