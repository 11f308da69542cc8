package parser

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// lists are pages of stories under the URLs that such pages have.
func lists() (out []fixture) {
	for _, c := range []struct {
		sort, path string
		reasons    []string
	}{
		{"front", "/", []string{ReasonHomepage}},
		{"edition", "/en/", []string{ReasonHomepage}},
		{"section", "/local", []string{ReasonSectionFront}},
		{"deep section", "/news/local-and-region/", []string{ReasonSectionFront}},
		{"category", "/category/local/", []string{ReasonSectionFront}},
		{"tag", "/tag/pier", []string{ReasonTagPage}},
		{"author", "/author/anna-lind", []string{ReasonAuthorPage}},
		{"search", "/search?q=pier", []string{ReasonSearchPage}},
		{"further page", "/local/page/3", []string{ReasonSectionFront}},
	} {
		for way, show := range teasers {
			for i := range tongues {
				g := &tongues[i]
				title := g.section
				if c.sort == "front" {
					title = g.site
				}
				for head, says := range g.heads(title) {
					for _, n := range []int{6, 24} {
						content := `<main><h1>` + title + `</h1>` + g.list(show, n) + `</main><aside>` + g.list(teasers["list"], 5) + `</aside>`
						out = append(out, fixture{
							name: fmt.Sprintf("%s of %d %s, %s, %s", c.sort, n, way, head, g.lang), url: testSite + c.path,
							html: g.page(says, content), reasons: c.reasons,
						})
					}
				}
			}
		}
	}
	return out
}

// articles are stories with what makes them look like lists.
func articles() (out []fixture) {
	const slug = "/local/the-harbour-board-rebuilds-the-pier-41234.html"
	for i := range tongues {
		g := &tongues[i]
		title := g.headline(3)
		h1 := `<h1>` + title + `</h1>`
		bare := `<title>` + title + ` - ` + g.site + `</title>`
		wrong := bare + `<meta property="og:type" content="website"><script type="application/ld+json">[{"@type":"CollectionPage"},{"@type":"ItemList","itemListElement":[` + g.items(6) + `]}]</script>`
		byline := `<p class="byline">Anna Lind, 27.02.2026</p>`
		var listicle, linked string
		for j := range 8 {
			listicle += `<h2><a href="https://other.example/` + fmt.Sprint(j) + `">` + g.headline(j) + `</a></h2><p>` + g.prose(j, 3) + `</p>`
			linked += `<p>` + g.prose(j, 3) + `</p><p><a href="` + href(j) + `">` + g.headline(j) + `</a></p>`
		}
		for name, html := range map[string]string{
			"plain":                   g.page(g.story(title), `<main><article>`+h1+byline+g.paragraphs(6)+`</article></main>`),
			"bare":                    g.page(bare, `<div>`+h1+g.paragraphs(6)+`</div>`),
			"bare and short":          g.page(bare, `<div>`+h1+g.paragraphs(2)+`</div>`),
			"brief":                   g.page(g.story(title), `<main><article>`+h1+g.paragraphs(1)+`</article></main>`),
			"brief with a long rail":  g.page(g.story(title), `<main><article>`+h1+byline+g.paragraphs(1)+`</article>`+g.rail(30)+`</main>`),
			"long rail, bare":         g.page(bare, `<main><div>`+h1+byline+g.paragraphs(5)+`</div>`+g.rail(30)+`</main>`),
			"rail of teasers within":  g.page(g.story(title), `<main><article>`+h1+byline+g.paragraphs(5)+g.list(teasers["cards"], 8)+`</article></main>`),
			"listed with links":       g.page(g.story(title), `<main><article>`+h1+byline+g.paragraphs(1)+listicle+`</article></main>`),
			"links between the lines": g.page(g.story(title), `<main><article>`+h1+byline+linked+`</article></main>`),
			"calls itself a list":     g.page(wrong, `<main><article>`+h1+byline+g.paragraphs(5)+`</article>`+g.rail(6)+`</main>`),
			"breaks":                  g.page(bare, `<table><tr><td>`+h1+g.prose(1, 5)+`<br><br>`+g.prose(2, 5)+`<br><br>`+g.prose(3, 4)+`</td></tr></table>`),
		} {
			out = append(out, fixture{name: name + ", " + g.lang, url: testSite + slug, html: html})
		}
		out = append(out,
			fixture{name: "short URL, " + g.lang, url: testSite + "/pier", html: g.page(bare, `<div>`+h1+byline+g.paragraphs(6)+`</div>`)},
			fixture{name: "under a topic, " + g.lang, url: testSite + "/topic/pier", html: g.page(g.story(title), `<div>`+h1+byline+g.paragraphs(6)+`</div>`)},
			fixture{name: "second page, " + g.lang, url: testSite + slug + "?page=2", html: g.page(g.story(title), `<div>`+h1+byline+g.paragraphs(6)+`</div>`)},
		)
	}
	return out
}

// files are the pages in testdata/kinds: each begins with its URL in a comment
// and lies in a folder named after what must come of it.
func files(t *testing.T) (out []fixture) {
	names, err := filepath.Glob("testdata/kinds/*/*.html")
	if err != nil || len(names) < 50 {
		t.Fatalf("%d pages, error %v", len(names), err)
	}
	for _, name := range names {
		body, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		first, _, _ := strings.Cut(string(body), "\n")
		want := filepath.Base(filepath.Dir(name))
		f := fixture{name: want + "/" + filepath.Base(name), url: strings.Trim(first, "<!-> "), html: string(body)}
		if want != "article" {
			f.reasons = []string{want}
		}
		out = append(out, f)
	}
	return out
}

// sample takes every n-th page, in the order of their names.
func sample(pages []fixture, n int) (out []fixture) {
	slices.SortFunc(pages, func(a, b fixture) int { return strings.Compare(a.name, b.name) })
	for i := 0; i < len(pages); i += n {
		out = append(out, pages[i])
	}
	return out
}

// TestArticleOrNot measures how well articles are told from all else, and the
// rest apart.
func TestArticleOrNot(t *testing.T) {
	pages := slices.Concat(sample(lists(), 31), articles(), files(t))
	var kept, lost, let, other int
	for _, f := range pages {
		got := reasonFor(f)
		switch {
		case got == "" && f.reasons == nil:
			kept++
		case got == "":
			let++
			t.Errorf("%s: an article, want %v", f.name, f.reasons)
		case f.reasons == nil:
			lost++
			t.Errorf("%s: %s, want an article", f.name, got)
		case !slices.Contains(f.reasons, got):
			other++
			t.Errorf("%s: %s, want %v", f.name, got, f.reasons)
		}
	}
	t.Logf("%d pages: precision %.3f, recall %.3f, %d with another reason", len(pages),
		float64(kept)/float64(kept+let), float64(kept)/float64(kept+lost), other)
}

// reasonFor returns why a page is no article, or "".
func reasonFor(f fixture) string {
	p := testPage([]byte(f.html))
	p.FinalURL, p.RequestedURL = f.url, f.url
	_, err := Extract(p)
	if rejected, ok := errors.AsType[*RejectError](err); ok {
		return rejected.Reason
	}
	return errText(err)
}

// TestGrounds wants a rejection to say what was weighed.
func TestGrounds(t *testing.T) {
	g := &tongues[0]
	p := testPage([]byte(g.page(g.heads("Local")["website"], `<main><h1>Local</h1>`+g.list(teasers["cards"], 12)+`</main>`)))
	p.FinalURL = testSite + "/tag/pier"
	_, err := Extract(p)
	rejected, ok := errors.AsType[*RejectError](err)
	if !ok || !strings.Contains(rejected.Grounds, "URL of a topic -3.0") || !strings.Contains(rejected.Grounds, "og:type website -1.0") {
		t.Errorf("error %+v", err)
	}
}

// TestHeadlinesOfWalls wants stories whose headlines say what walls say, and
// nothing but the headline does, to be articles, and walls that say it twice none.
func TestHeadlinesOfWalls(t *testing.T) {
	page := func(title, text string) fixture {
		html := `<html><head><title>` + title + ` - Tidewick Courier</title></head><body><h1>` + title + `</h1>` + text + `</body></html>`
		return fixture{url: testSite + "/local/7123456.html", html: html}
	}
	story := tongues[0].paragraphs(2)
	for _, title := range []string{
		"How it works", "Index of prices", "Coming soon: a bridge", "Under construction", "One more step", "Große Zustimmung", "Leiche nicht gefunden",
		"Anmeldung läuft", "Dader niet gevonden", "Nie ma zgody", "Nie znaleziono ciała", "No se encontró nada", "橋は工事中",
	} {
		if got := reasonFor(page(title, story)); got != "" {
			t.Errorf("%s: %s, want an article", title, got)
		}
	}
	for title, want := range map[string]string{"Page not found": ReasonSoft404, "Oops, not found on this server": ReasonSoft404, "Access denied": ReasonBotWall} {
		wall := page(title, `<p>Sorry, the page you requested is not there. You have been blocked, or nothing was found. Try the front page of our site.</p>`+story)
		if got := reasonFor(wall); got != want {
			t.Errorf("%s: %q, want %s", title, got, want)
		}
	}
}

// TestTitleInURL wants a brief beside a long rail, without any data, to be an
// article when its URL is made of its title, and a topic's list to be none.
func TestTitleInURL(t *testing.T) {
	g := &tongues[0]
	const title = "Mayor of Tidewick wants to close the upper road"
	page := func(path, title, text string) fixture {
		return fixture{url: testSite + path, html: g.page(`<title>`+title+`</title>`, `<div><h1>`+title+`</h1>`+text+`</div>`+g.rail(10))}
	}
	for path, want := range map[string]string{"/mayor-of-tidewick-wants-to-close-the-upper-road": "", "/local/a71": ReasonSectionFront} {
		if got := reasonFor(page(path, title, g.paragraphs(1))); got != want {
			t.Errorf("%s: %q, want %q", path, got, want)
		}
	}
	list := page("/close-the-upper-road-now", "Close the upper road now", g.list(teasers["cards"], 8))
	if got := reasonFor(list); got == "" {
		t.Error("a list of stories on a topic is an article")
	}
}

// TestBriefsBesideForms wants a brief without data to be an article although the
// page lets readers log in or subscribe, and one that is said to be free to be none
// of a paywall's stubs.
func TestBriefsBesideForms(t *testing.T) {
	g := &tongues[0]
	login := `<div><a href="/l">Log in</a> <a href="/s">Sign up</a> <a href="/c">Create an account</a> <a href="/p">Forgot your password?</a> <label>Email address</label></div>`
	brief := `<div><h1>` + g.headline(3) + `</h1>` + g.paragraphs(1) + `</div>`
	bare := `<title>` + g.headline(3) + ` - ` + g.site + `</title>`
	pay := `<div><p>Already a subscriber? Log in. Become a subscriber today, and subscribe now to read all that we write.</p></div>`
	short := `<div><h1>` + g.headline(3) + `</h1><p>` + g.sentence(1) + " " + g.sentence(2) + `</p></div>`
	free := strings.Replace(g.story(g.headline(3)), `"@type":"NewsArticle"`, `"@type":"NewsArticle","isAccessibleForFree":true`, 1)
	if !strings.Contains(free, "isAccessibleForFree") {
		t.Fatal("the story has no data to change")
	}
	for name, html := range map[string]string{
		"login links": g.page(bare, login+brief),
		"free":        g.page(free, short+pay),
	} {
		if got := reasonFor(fixture{url: testSite + "/local/7123456.html", html: html}); got != "" {
			t.Errorf("%s: %s, want an article", name, got)
		}
	}
	stub := g.page(g.story(g.headline(3)), short+pay)
	if got := reasonFor(fixture{url: testSite + "/local/7123456.html", html: stub}); got != ReasonPaywallStub {
		t.Errorf("stub: %q, want %s", got, ReasonPaywallStub)
	}
}
