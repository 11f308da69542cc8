package links

import (
	"net/url"
	"strings"
	"testing"
)

func TestHasProse(t *testing.T) {
	long := strings.Repeat("words and ", 15)
	paragraph := "<p class=x>" + long + "<b>" + long + "</b></P>\n"
	for name, c := range map[string]struct {
		html string
		want bool
	}{
		"an article":           {strings.Repeat(paragraph, 3), true},
		"paragraphs left open": {strings.Repeat("<P>"+long, 4), true},
		"two paragraphs":       {strings.Repeat(paragraph, 2), false},
		"a list of links":      {strings.Repeat("<p><a href=x>"+long+"</a></p>", 50), false},
		"short ones":           {strings.Repeat("<p>November 24</p>", 50), false},
		"a table":              {strings.Repeat("<td>"+long+"</td>", 50), false},
		"lines with breaks":    {"<div>" + strings.Repeat(long+"<br/>\n", 4), true},
		"with links inside":    {strings.Repeat("<p>"+long+"<a href=x>a word</a>"+long+"</p>", 3), true},
		"with a list between":  {strings.Repeat(paragraph, 2) + "<ul><li>x</ul>" + strings.Repeat(paragraph, 3), true},
		"teasers":              {strings.Repeat("<h3><a href=x>title</a></h3>"+paragraph, 50), false},
		"teasers and links":    {strings.Repeat("<a href=x>title</a>"+paragraph, 50), false},
		"teasers with breaks":  {strings.Repeat("<a href=x>title</a><br>"+long+"<br>", 50), false},
		"teasers and more":     {strings.Repeat("<p>"+long+"</p><p><a href=x>more</a></p>", 50), false},
		"nothing":              {"", false},
		"a broken tag":         {strings.Repeat(paragraph, 2) + "<p", false},
	} {
		if got := HasProse([]byte(c.html)); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func TestTwinsOf(t *testing.T) {
	base := &url.URL{Scheme: "https", Host: "e.com", Path: "/a/story"}
	for _, c := range []struct{ html, canonical, amp string }{
		{`<link rel="canonical" href="/b"><link rel=amphtml href="amp"><link rel=canonical href=/c>`, "https://e.com/b", "https://e.com/a/amp"},
		{`<base href="https://www.e.com/x/"><LINK HREF='b?x=1&amp;y=2' REL='Canonical'>`, "https://www.e.com/x/b?x=1&y=2", ""},
		{`<link rel=canonical href=""><link rel=canonical href="javascript:x">`, "", ""},
		{`<!-- <link rel=canonical href=/b> --><script>"<link rel=canonical href=/b>"</script>`, "", ""},
		{`canonical amphtml <link rel="alternate" href="/b">`, "", ""},
	} {
		got := TwinsOf([]byte(c.html), base)
		for what, pair := range map[string]struct {
			got  *url.URL
			want string
		}{"canonical": {got.Canonical, c.canonical}, "amp": {got.AMP, c.amp}} {
			text := ""
			if pair.got != nil {
				text = pair.got.String()
			}
			if text != pair.want {
				t.Errorf("%s of %s: %q, want %q", what, c.html, text, pair.want)
			}
		}
	}
}

func FuzzPage(f *testing.F) {
	f.Add([]byte(`<p>text <a href=x>link</a></p><link rel="canonical amphtml" href="/b"><base href=//e>`))
	base := &url.URL{Scheme: "https", Host: "e.com", Path: "/"}
	f.Fuzz(func(_ *testing.T, html []byte) {
		HasProse(html)
		TwinsOf(html, base)
	})
}
