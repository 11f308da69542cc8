package parser

import (
	"errors"
	"fmt"
	"math"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"pressmill/pkg/news"
	"pressmill/pkg/race"
)

// hostilePages are pages of about size bytes that are built to cost much.
func hostilePages(size int) map[string]string {
	fill := func(s string) string { return strings.Repeat(s, size/len(s)+1) }
	count := func(format string) string {
		var b strings.Builder
		for i := 0; b.Len() < size; i++ {
			fmt.Fprintf(&b, format, i)
		}
		return b.String()
	}
	ld := func(s string) string { return `<script type="application/ld+json">` + s + `</script>` + para }
	text := "<h1>A title of five words</h1>" + strings.Repeat(para, 3)
	return map[string]string{
		"open div":          fill("<div>") + para,
		"open span":         text + fill("<span>"),
		"open p b":          fill("<p><b>"),
		"open p b text":     text + fill("<p>a<b>b"),
		"open a":            text + fill("<a href=x>y"),
		"open block in a":   text + fill("<a><div>x"),
		"open form":         text + fill("<form>x"),
		"open li":           text + fill("<ul><li>x"),
		"open h1":           text + fill("<h1>x"),
		"open section":      text + fill("<section class=body>x"),
		"open p then div":   "<p>" + strings.Repeat("<span>", 400) + fill("<div>x</p>"),
		"end tags in depth": strings.Repeat("<b>", 1) + "<div>" + strings.Repeat("<span>", 400) + fill("</b>"),
		"names in depth":    strings.Repeat("<foo>", 400) + fill("</bar>"),
		"closed div":        text + fill("<div>x</div>"),
		"closed deep":       text + strings.Repeat("<div>", 400) + fill("<div>x</div>"),
		"closed p":          text + fill("<p>x</p>"),
		"paragraphs":        text + count("<p>The council met again, and it spoke of part %d of its plan.</p>"),
		"equal paragraphs":  text + fill(para),
		"tables":            text + fill("<table><tr><td>"),
		"rows":              text + "<table>" + fill("<tr><td>x"),
		"attributes":        text + "<p " + count(`a%d="b" `) + ">x",
		"attributes of all": text + fill(`<p class="a b" id=c itemprop=d data-x='e'>x</p>`),
		"class names":       text + count(`<div class="x%d y">x</div>`),
		"class":             text + `<div class="` + fill("abc ") + `">x</div>`,
		"class of furniture": text + strings.Repeat("<div class=comments>", 400) +
			fill(`<div class="related">x</div>`),
		"attribute tags open": text + fill("<a "),
		"attribute quotes":    text + fill(`<a b="`),
		"attribute equals":    text + "<a " + fill("="),
		"comments":            text + fill("<!-- "),
		"comment dashes":      text + "<!--" + fill("->"),
		"closed comments":     text + fill("<!---->"),
		"declarations":        text + fill("<!x>"),
		"scripts":             text + fill("<script></scrip"),
		"scripts in comment":  text + "<script>" + fill("<!--<script>"),
		"script ends":         text + "<script><!--" + fill("<script></script>"),
		"closed scripts":      text + fill("<script></script>"),
		"styles":              text + fill("<style></st"),
		"posts":               live + fill("<div><time>9:05</time><p>x</p></div>"),
		"posts in depth":      live + fill("<div><time>9:05"),
		"svg":                 text + fill("<svg><path>"),
		"svg left by text":    text + fill("<svg><p>x"),
		"brackets":            text + fill("<"),
		"bytes":               text + fill("\x00\xff"),
		"tiny texts":          text + fill("x<br>"),
		"tiny inline":         text + "<p>" + fill("x<i>y</i>"),
		"lines":               text + fill("One line of text that stands here.<br><br>"),
		"entities":            text + "<p>" + fill("&amp;&#x41;&"),
		"spaces":              text + "<p>" + fill(" \u00a0"),
		"one text":            text + "<p>" + fill("word "),
		"one word":            text + "<p>" + fill("x"),
		"han":                 text + "<p>" + fill("議会"),
		"title":               "<title>" + fill("A title - ") + "</title>" + text,
		"h1 long":             text + "<h1>" + fill("A title | ") + "</h1>",
		"h1":                  text + fill("<h1>A title of words</h1>"),
		"headings":            text + fill(`<h2><a href=x>A title of another story</a></h2>`),
		"headings and text":   text + fill(`<h2>A title of a part</h2>`+para),
		"named titles":        text + fill(`<div class=headline>x</div>`),
		"links":               text + fill(`<p><a href="/x">Read more</a></p>`),
		"related":             text + fill(`<p>Read more:</p><p><a href="/x">Another story of today</a></p>`),
		"promos":              text + fill(`<p>Sign up for our newsletter</p>`),
		"list items":          text + "<ul>" + fill(`<li>One item of words</li>`),
		"quotes":              text + fill(`<blockquote>x</blockquote>`),
		"bylines":             text + fill(`<p class=byline>By Anna Arden</p>`),
		"author links":        text + fill(`<a rel=author href=x>Anna Arden</a> `),
		"times":               text + fill(`<time>yesterday</time>`),
		"dates":               text + fill(`<p>12 May 2021, 12:00</p>`),
		"date names":          text + fill(`<span class=date>x</span>`),
		"dates in depth":      text + strings.Repeat("<div>", 400) + fill(`<span class=date>x</span>`),
		"images":              text + fill(`<img src=x.jpg alt="some words that are here">`),
		"figures":             text + fill(`<figure><img src=x.jpg><figcaption>some words that are here</figcaption></figure>`),
		"open figures":        text + strings.Repeat("<figure>", 400) + fill(`<img src=x alt="some words that are here"><p class=byline>By A</p>`),
		"captions":            text + fill(`<figure><img src=x.jpg></figure><p class=caption>some words here</p>`),
		"meta":                fill(`<meta name=author content="Anna Arden">`) + text,
		"meta names":          count(`<meta name="n%d" content="x">`) + text,
		"links in head":       fill(`<link rel=alternate href=x>`) + text,
		"description":         `<meta name=description content="` + fill("The council met. ") + `">` + text,
		"leads":               text + fill(`<div class=standfirst>The council met on Tuesday evening and agreed.</div>`),
		"json brackets":       ld(fill("[")),
		"json objects":        ld(fill(`{"@type":"NewsArticle","headline":"x"},`)),
		"json ids":            ld(count(`{"@id":"x%d","name":"x"},`)),
		"json authors":        ld(`{"@type":"NewsArticle","author":[` + fill(`{"@id":"x"},`)),
		"json names":          ld(`{"@type":"NewsArticle","author":[` + count(`{"name":"Anna Arden %d"},`)),
		"json keywords":       ld(`{"@type":"NewsArticle","keywords":"` + count(`word %d,`) + `"}`),
		"json body":           ld(`{"@type":"NewsArticle","articleBody":"` + fill(`The council met\nagain. `) + `"}`),
		"json strings":        ld(`["` + fill(`a "b", `) + `"]`),
		"open bylines":        text + fill("<div>By Anna Arden "),
		"bylines beside text": text + "<div>By <i>" + fill("word ")[:size/2] + "</i>" + fill("<i>By x</i>"),
		"images in a link":    text + "<a href=x>" + fill(`<img src=x.jpg alt="some words that are here">`),
		"images in links":     text + fill(`<a href=x><div><img src=x.jpg>`),
		"images in a picture": text + "<picture>" + fill(`<img src=x.jpg alt="some words that are here">`),
		"text in a figure":    text + "<figure>" + strings.Repeat("<img src=x.jpg>", 70) + fill("word "),
		"leads above": "<body><header>" + fill(`<p class=standfirst>The council met on Tuesday</p>`) + "</header><article>" +
			strings.Repeat(`<figure><img src=x.jpg><figcaption>some words that are here</figcaption></figure>`+para, 20),
		"robots":            `<meta name=robots content="` + count("a%d,") + `">` + text,
		"json houses":       ld(`{"@type":"NewsArticle","headline":"The bridge","author":[` + count(`{"@type":"Organization","name":"House %d"},`)),
		"json one id":       ld(`{"@id":"x",` + fill(`"a":1,`)[:size/2] + `},` + fill(`{"@id":"x","a":1},`)[:size/2] + `{"@type":"NewsArticle","author":{"@id":"x"}}`),
		"json types":        ld(`{"@type":["NewsArticle",` + fill(`"a",`) + `"b"],"headline":"The bridge"}`),
		"h1 in depth":       strings.Repeat("<div>", 400) + "<h1>" + fill("<b>x</b>") + "</h1>" + text,
		"names in sentence": text + "<p>" + para + fill("<span class=ad>x"),
		"svg in depth":      text + "<svg>" + strings.Repeat("<g>", 500) + fill("<x/>"),
		"json scripts":      fill(`<script type="application/ld+json">{"@type":"NewsArticle","headline":"x"}</script>`) + para,
	}
}

// TestHostile wants pages that are built to hurt to end without a panic, in a
// valid article or a rejection, and to take no more memory than a small multiple
// of the page. The bound holds for empty pools: the race detector empties them
// at random.
func TestHostile(t *testing.T) {
	const most = 300
	size := 300_000
	if race.Enabled {
		size /= 5
	}
	for name, s := range hostilePages(size) {
		t.Run(name, func(t *testing.T) {
			page := testPage([]byte("<html><body>" + s))
			a, err := Extract(page)
			switch {
			case err == nil:
				err = a.Validate()
			case errors.Is(err, ErrNotArticle):
				err = nil
			}
			if err != nil {
				t.Error(err)
			}
			if n := allocated(page) / uint64(len(page.Body)); n > most {
				t.Errorf("%d bytes allocated for each byte of the page", n)
			}
		})
	}
}

// TestListsAreBounded wants lists that each may hold once what they hold to be cut:
// each of their entries is held against those before. BenchmarkHostile has the costs.
func TestListsAreBounded(t *testing.T) {
	pages := hostilePages(100_000)
	if a, err := Extract(testPage([]byte("<html><body>" + pages["robots"]))); err != nil || len(a.Usage.Robots) != maxDirectives {
		t.Errorf("robots: %v, %v", a, err)
	}
	a, err := Extract(testPage([]byte("<html><body>" + pages["json houses"])))
	if err != nil || len(a.Authors) == 0 || len(a.Authors) > maxBylines {
		t.Errorf("houses: %v, %v", a, err)
	}
}

// TestHostileMemory wants the largest pages that are fetched to take no more
// memory than a worker has, also when no pool is filled.
func TestHostileMemory(t *testing.T) {
	size, most := 6<<20, uint64(200<<20)
	if race.Enabled {
		size, most = size/3, most/2 // some of it does not grow with the page
	}
	fill := func(s string) string { return strings.Repeat(s, size/len(s)) }
	for name, s := range map[string]string{
		"elements":   fill("<p>x</p>"),
		"paragraphs": fill(para),
		"rows":       "<table>" + fill("<tr><td>x"),
		"text":       "<p>" + fill("word "),
		"meta":       fill("<meta name=author content=x>") + para,
		"json body":  `<script type="application/ld+json">{"@type":"NewsArticle","articleBody":"` + fill(`The council met\nagain. `) + `"}</script>`,
	} {
		t.Run(name, func(t *testing.T) {
			if n := allocated(testPage([]byte("<html><body><h1>The bridge</h1>" + s))); n > most {
				t.Errorf("%d MB allocated", n>>20)
			}
		})
	}
}

// allocated returns how many bytes Extract allocates for a page.
func allocated(page *news.Page) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, _ = Extract(page)
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// live makes a page one that is looked through for posts.
const live = `<script type="application/ld+json">{"@type":"LiveBlogPosting","headline":"x"}</script><h1>x</h1>` + para

// BenchmarkHostile reports the CPU time that a byte of each hostile page costs,
// and how much more that is than a byte of the pages of BenchmarkExtract: the
// least of all runs, and of some over those pages. The first run, for which
// memory is grown, is reported apart.
func BenchmarkHostile(b *testing.B) {
	pages := benchPages(b)
	normal := extractAll(pages)
	for range 3 {
		normal = min(normal, extractAll(pages))
	}
	for name, s := range hostilePages(1 << 20) {
		b.Run(name, func(b *testing.B) {
			page := testPage([]byte("<html><body>" + s))
			first := extractAll([]*news.Page{page})
			cost := math.Inf(1)
			for b.Loop() {
				cost = min(cost, extractAll([]*news.Page{page}))
			}
			b.ReportMetric(cost, "cpu-ns/byte")
			b.ReportMetric(cost/normal, "x-normal")
			b.ReportMetric(first/normal, "x-first")
		})
	}
}

// extractAll returns the CPU nanoseconds that Extract takes for a byte of pages.
func extractAll(pages []*news.Page) float64 {
	size := 0
	start := cpuTime()
	for _, p := range pages {
		_, _ = Extract(p)
		size += len(p.Body)
	}
	return float64(cpuTime()-start) / float64(size)
}

// cpuTime returns the CPU time that the process has used.
func cpuTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// TestHugePage wants pages of more than is read to end in articles that say so.
func TestHugePage(t *testing.T) {
	text := "<h1>The bridge</h1>" + strings.Repeat(para, 4)
	body := strings.Repeat(`The council met again and spoke of the bridge.\n`, maxBlocks+1)
	for warning, s := range map[string]string{
		fmt.Sprintf("page cut at %d elements", maxNodes): text + strings.Repeat("<i>x</i>", maxNodes),
		fmt.Sprintf("text cut at %d bytes", maxText):     "<h1>The bridge</h1><p>" + strings.Repeat("The council met. ", maxText/16),
		fmt.Sprintf("page cut at %d blocks", maxBlocks):  text + strings.Repeat("<p>The council met again.</p>", maxBlocks),
		fmt.Sprintf("text cut at %d blocks", maxBlocks): `<h1>The bridge</h1><script type="application/ld+json">` +
			`{"@type":"NewsArticle","headline":"The bridge","articleBody":"` + body + `"}</script>`,
	} {
		a, err := Extract(testPage([]byte("<html><body>" + s)))
		if err != nil {
			t.Fatalf("%s: %v", warning, err)
		}
		if w := a.Extraction.Warnings; !slices.Contains(w, warning) {
			t.Errorf("warnings %q, want %q", w, warning)
		}
		if n := len(a.Body.Blocks); n > maxBlocks {
			t.Errorf("%s: %d blocks", warning, n)
		}
	}
}
