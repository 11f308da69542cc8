package links

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"pressmill/pkg/weburl"
)

func base(t testing.TB) *url.URL {
	t.Helper()
	u, err := weburl.Parse("https://e.com/news/index.html")
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// urls returns the links found, those not to follow with "!".
func urls(f Found) (all []string) {
	for _, l := range f.Links {
		text := strings.TrimPrefix(l.URL.String(), "https://e.com")
		if l.NoFollow {
			text = "!" + text
		}
		all = append(all, text)
	}
	return all
}

func TestLinks(t *testing.T) {
	for _, c := range []struct {
		name, html string
		want       []string
	}{
		{"relative", `<a href="a">x</a><A HREF='/b'>y</A><a href=c>z</a>`, []string{"/news/a", "/b", "/news/c"}},
		{"area", `<map><area shape=rect href="/a"></map>`, []string{"/a"}},
		{"other elements", `<abbr href="/a"><article href="/b"><link href="/c">`, nil},
		{"spaces", "<a\n class = \"x\"\thref = \" /a\n/b \" >", []string{"/a/b"}},
		{"duplicates", `<a href="/a"><a href="/a#x"><a href="/a"><a href="/a?b&amp;c"><a href="/a?b&#38;c">`, []string{"/a", "/a?b&c"}},
		{"fragments", `<a href="#top"><a href=""><a name=x>`, nil},
		{"schemes", `<a href="javascript:x()"><a href="mailto:a@b"><a href="tel:1"><a href="data:,x">`, nil},
		{"not to follow", `<a rel="external NoFollow" href=/a><a rel=sponsored href=/b><a rel=ugc href=/c><a rel="nofollowed" href=/d>`, []string{"!/a", "!/b", "!/c", "/d"}},
		{"follow once is enough", `<a rel=nofollow href=/a><a href=/a><a href=/b><a rel=nofollow href=/b>`, []string{"/a", "/b"}},
		{"comment", `<!-- <a href=/a> --><a href=/b><!--><a href=/c><!---><a href=/d><!-- x --!><a href=/e><!----><a href=/f>`, []string{"/b", "/c", "/d", "/e", "/f"}},
		{"comment without end", `<a href=/a><!-- <a href=/b>`, []string{"/a"}},
		{"script", `<script>var s = "<a href=/a>"; if (a</b/) {}</script ><a href=/b>`, []string{"/b"}},
		{"style, title, textarea", `<style><a href=/a></style><title><a href=/b></title><textarea><a href=/c></textarea><a href=/d>`, []string{"/d"}},
		{"noscript", `<noscript><a href=/a></noscript>`, []string{"/a"}},
		{"quotes hold tags", `<img alt="<a href='/a'>"><a title=">" href="/b">`, []string{"/b"}},
		{"end tags have attributes", `</p title="<a href=/a>"><a href=/b>`, []string{"/b"}},
		{"doctype and instructions", `<!DOCTYPE html><?php <a href=/a> ?><a href=/b>`, []string{"/b"}},
		{"stray signs", `a < b <1 <> </> <a href=/a>`, []string{"/a"}},
		{"first attribute", `<a href=/a href=/b>`, []string{"/a"}},
		{"unclosed quote", `<a href=/a><a href="/b>text`, []string{"/a"}},
		{"entities", `<a href="/?a=1&amp;b=2&copy=3&lt;4&#x41;&#66;&sect;">`, []string{"/?a=1&b=2&copy=3%3C4AB%C2%A7"}},
		{"slash", `<a/href="/a"/>`, []string{"/a"}},
		{"other host", `<a href="//Other.com/x">`, []string{"https://other.com/x"}},
	} {
		if diff := cmp.Diff(c.want, urls(Scan([]byte(c.html), base(t), 0, NewMemory(16), all))); diff != "" {
			t.Errorf("%s: %s", c.name, diff)
		}
	}
}

func TestIsHTML(t *testing.T) {
	for body, want := range map[string]bool{
		"<!DOCTYPE html>\n<html>": true, "\xef\xbb\xbf \n<HTML lang=de>": true,
		"": false, "<": false, "text": false, `<?xml version="1.0"?><html>`: false, "<!-- x --><html>": false, "<rss>": false, "<!doctype rss>": false,
	} {
		if got := IsHTML([]byte(body)); got != want {
			t.Errorf("IsHTML(%q) = %v", body, got)
		}
	}
}

func TestLimit(t *testing.T) {
	html := []byte(`<a rel=nofollow href=/a><a href=/b><a href=/c><a href=/a>`)
	if got, want := urls(Scan(html, base(t), 2, NewMemory(16), all)), []string{"/a", "/b"}; !cmp.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

// TestManyLinks has more links than are looked at together, in their order, on
// both sides of a base.
func TestManyLinks(t *testing.T) {
	var html strings.Builder
	var want []string
	known := NewMemory(1 << 10)
	for i := range 1000 {
		if i == 100 {
			html.WriteString(`<base href="/x/">`)
		}
		fmt.Fprintf(&html, `<a class=b title='c>' href="%d" rel>`, i)
		fmt.Fprintf(&html, `<a href="/known/%d">`, i%7)
		want = append(want, fmt.Sprintf("/%s/%d", map[bool]string{true: "news", false: "x"}[i < 100], i))
	}
	for _, l := range Scan([]byte(html.String()), base(t), 0, known, all).Links {
		known.Add(l.Ref)
	}
	if diff := cmp.Diff(want, urls(Scan([]byte(html.String()), base(t), 0, known, all))); diff != "" {
		t.Error(diff)
	}
}

func TestKnownLinksAreLeftOut(t *testing.T) {
	known := NewMemory(1 << 10)
	html := []byte(`<a href=/a><a href="https://other.com/b?c&amp;d"><a href=e><a href="/news/f#g">`)
	first := Scan(html, base(t), 0, known, all)
	for _, l := range first.Links {
		known.Add(l.Ref)
	}
	// What is relative to the page's path leads elsewhere on another page.
	if got := urls(Scan(html, base(t), 0, known, all)); !cmp.Equal(got, []string{"/news/e"}) {
		t.Errorf("left: %v", got)
	}
	for _, other := range []string{"http://e.com/", "https://e.org/"} {
		u, err := weburl.Parse(other)
		if err != nil {
			t.Fatal(err)
		}
		if got := Scan(html, u, 0, known, all).Links; len(got) != len(first.Links) {
			t.Errorf("%d links of the same page at %s, want %d", len(got), other, len(first.Links))
		}
	}
	if got := urls(Scan([]byte(`<base href="https://e.org/"><a href=/a>`), base(t), 0, known, all)); !cmp.Equal(got, []string{"https://e.org/a"}) {
		t.Errorf("with a base: %v", got)
	}
	small := NewMemory(1)
	for range 10 * len(block{}) {
		small.Add(Ref{rand.Uint64(), rand.Uint64()})
	}
	if got := urls(Scan(html, base(t), 0, small, all)); len(got) != 4 {
		t.Errorf("a memory full of others leaves %v", got)
	}
}

func TestHead(t *testing.T) {
	html := `<html><head><base target=_top><base href="/de/"><base href="/fr/">
<link rel="alternate" type="application/rss+xml" href="feed.xml"><link rel=alternate type="application/atom+xml; charset=utf-8" href="https://feeds.e.com/x?a=1&amp;b=2">
<link rel="alternate" type="application/rss+xml" href="/de/feed.xml"><link rel="alternate" hreflang="fr" href="/fr"><link rel="alternate" type="application/json" href="/wp-json/x">
<link rel="feed" type="application/feed+json" href="feed.json">
<link rel="stylesheet" href="x.css"><link rel="Canonical" href="story"><link rel="canonical" href="other">
</head><body><a href=a></body>`
	got := Scan([]byte(html), base(t), 0, NewMemory(16), all)
	if got.Base.String() != "https://e.com/de/" {
		t.Errorf("base %s", got.Base)
	}
	if diff := cmp.Diff([]string{"https://e.com/de/feed.xml", "https://feeds.e.com/x?a=1&b=2", "https://e.com/de/feed.json"}, got.Feeds); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"/de/a"}, urls(got)); diff != "" {
		t.Error(diff)
	}
}

func TestMetas(t *testing.T) {
	html := `<!doctype html><meta charset=utf-8><!-- <meta name=a content=b> --><META NAME="Robots" CONTENT=" index, NOFOLLOW ">
<meta property="og:type" content="article"><script>"<meta name=c content=d>"</script><meta content="a &amp; b" name=tdm-policy><meta name=empty><meta name=other content=x>
<body><a href=/><meta name=robots content=none>`
	var got []string
	for name, content := range Metas([]byte(html), "robots", "tdm-policy", "none", "empty") {
		got = append(got, name+"="+content)
	}
	if diff := cmp.Diff([]string{"robots=index, NOFOLLOW", "tdm-policy=a & b", "empty="}, got); diff != "" {
		t.Error(diff)
	}
	for range Metas([]byte(html), "robots", "tdm-policy") {
		break // may be left at any time
	}
}

func TestUnescape(t *testing.T) {
	for raw, want := range map[string]string{
		"a&amp;amp;b": "a&amp;b", "&": "&", "&&": "&&", "&;": "&;", "&#;": "&#;", "&amp": "&", "&ampx": "&ampx", "&amp=": "&amp=",
		"&copy": "©", "&copy;": "©", "&copyx;": "&copyx;", "&section=1": "&section=1", "&hellip;": "…", "&hellip": "&hellip",
		"&#x2F;": "/", "&#47;a": "/a", "&nosuch;": "&nosuch;", "&semi;": ";",
	} {
		if got := unescape(raw); got != want {
			t.Errorf("unescape(%q) = %q, want %q", raw, got, want)
		}
	}
}

func TestLooksLikeArticle(t *testing.T) {
	ld := func(s string) string { return `<script type="application/ld+json">` + s + `</script>` }
	for _, c := range []struct {
		html string
		want bool
	}{
		{"", false},
		{`<meta property="og:type" content="article">`, true},
		{`<meta content='Article' name=og:type />`, true},
		{`<meta property="og:type" content="website">`, false},
		{`<!-- <meta property="og:type" content="article"> -->`, false},
		{ld(`{"@context":"https://schema.org","@type":"NewsArticle"}`), true},
		{ld(`[{"@type":"Organization"},{"@type":["WebPage","ReportageNewsArticle"]}]`), true},
		{ld(`{"@graph":[{"@type":"WebSite"},{"@type":"https://schema.org/Article"}]}`), true},
		{ld(`{"@type":"WebPage","mainEntity":{"@type":"LiveBlogPosting"}}`), true},
		{ld(`{"@type":"ItemList","itemListElement":[{"item":{"@type":"NewsArticle"}}]}`), false},
		{ld("{\"@type\": \"NewsArticle\", \"headline\": \"a\nb\"}"), true}, // a raw line break
		{ld("{\"@type\": \"WebPage\", \"x\": \"a\nb\", \"y\":{\"@type\":\"NewsArticle\"}}"), false},
		{`<script>{"@type":"NewsArticle"}</script>`, false},
	} {
		if got := LooksLikeArticle([]byte(c.html)); got != c.want {
			t.Errorf("LooksLikeArticle(%s) = %v", c.html, got)
		}
	}
}

func FuzzScan(f *testing.F) {
	for _, s := range []string{
		`<!DOCTYPE html><base href=/x><a href="a&amp;b" rel=nofollow><link rel=alternate type=application/rss+xml href=f>`,
		`<script>x</script><!--><a href='`, `</`, `<!--`, `<!---`, `<a href=`, `<a =x`, `<plaintext><a href=/>`,
		`<script type=application/ld+json>{"@type":"Article"`, `a = "b>" c='>'d/e="f"g=h"i>j">`, `="a>" b/="c>d">`,
	} {
		f.Add([]byte(s), 3)
	}
	f.Fuzz(func(t *testing.T, html []byte, limit int) {
		long, short := scanner{html: html}, scanner{html: html}
		long.attributes()
		if short.skipAttributes(); long.pos != short.pos {
			t.Fatalf("the tag ends at %d, skipped at %d", long.pos, short.pos)
		}
		keep := bytes.Clone(html)
		found := Scan(html, base(t), limit, NewMemory(16), all)
		if found.Article != LooksLikeArticle(html) {
			t.Fatalf("an article: %v, and by itself %v", found.Article, !found.Article)
		}
		if !bytes.Equal(keep, html) {
			t.Fatal("the page was changed")
		}
		if limit > 0 && len(found.Links) > limit {
			t.Fatalf("%d links over the limit of %d", len(found.Links), limit)
		}
		for _, l := range found.Links {
			u, err := weburl.Parse(l.URL.String())
			if err != nil || u.String() != l.URL.String() {
				t.Fatalf("link %q: %v", l.URL, err)
			}
		}
	})
}

func BenchmarkScan(b *testing.B) {
	page := []byte(strings.Repeat(`<div class="teaser"><p>Some text of a teaser that goes on for a while.</p><a class="link" href="/2026/11/24/story-`+"x"+`.html">Title</a></div>`+"\n", 1000))
	u := base(b)
	b.SetBytes(int64(len(page)))
	for b.Loop() {
		Scan(page, u, 1000, NewMemory(16), all)
	}
}

// all wants the links to every host.
func all(string) bool { return true }

func TestLinksThatLeadAway(t *testing.T) {
	html := `<a href="https://e.com/a"><a href="http://Other.com/"><a href="https://other.com/b"><a href="https://other.com">
		<a href="https://other.com:8080/"><a href="https://0x7f.1/"><a href="https://user@other.com/"><a href=/c><a href="http?u=https://other.com/">`
	var asked []string
	got := urls(Scan([]byte(html), base(t), 0, NewMemory(16), func(host string) bool {
		asked = append(asked, host)
		return host == "e.com"
	}))
	if want := []string{"e.com", "other.com"}; !cmp.Equal(asked, want) {
		t.Errorf("asked for %v, want %v", asked, want)
	}
	want := []string{"/a", "http://other.com/", "https://other.com:8080/", "https://127.0.0.1/", "https://other.com/", "/c", "/news/http?u=https://other.com/"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
