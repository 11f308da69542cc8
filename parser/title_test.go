package parser

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"pressmill/pkg/news"
)

func TestTitle(t *testing.T) {
	long := strings.Repeat(para, 3)
	og := func(s string) string { return `<meta property="og:title" content="` + s + `">` }
	for name, c := range map[string]struct{ head, body, want string }{
		"h1 and suffixed title": {
			head: "<title>Bridge to be repaired - Example Times</title>" + og("Bridge to be repaired"), body: "<h1>Bridge to be repaired</h1>",
			want: "Bridge to be repaired",
		},
		"site behind a section": {
			head: "<title>Bridge to be repaired | City | Example Times</title>", body: "<h1>Bridge to be repaired</h1>",
			want: "Bridge to be repaired",
		},
		"site in front":               {head: "<title>Example Times: Bridge to be repaired</title>", want: "Bridge to be repaired"},
		"site by its domain":          {head: "<title>Bridge to be repaired – example-times.com</title>", want: "Bridge to be repaired"},
		"dash inside":                 {head: og("Bridge to be repaired – at last"), want: "Bridge to be repaired – at last"},
		"branding in h1":              {head: "<title>Bridge to be repaired » The Daily Wash</title>", body: `<h1><a href="/">The Daily Wash</a></h1><h2>Bridge to be repaired</h2>`, want: "Bridge to be repaired"},
		"headline links to itself":    {body: `<h1><a href="/world/story-1.html">Bridge to be repaired</a></h1>`, want: "Bridge to be repaired"},
		"headline links to a variant": {head: "<title>Bridge to be repaired - The Wash</title>", body: `<h1><a href="/?p=17">Bridge to be repaired</a></h1>`, want: "Bridge to be repaired"},
		"nearest of two h1":           {body: "<h1>City desk</h1><h1>Bridge to be repaired</h1>", want: "Bridge to be repaired"},
		"h1 below the text":           {head: og("Bridge to be repaired"), body: long + "<h1>More from the city</h1>", want: "Bridge to be repaired"},
		"heading before search title": {head: "<title>The best bridge of 2026</title>" + og("The best bridge of 2026"), body: "<h1>Why the bridge is being repaired</h1>", want: "Why the bridge is being repaired"},
		"label for a heading":         {head: "<title>Bridge to be repaired</title>" + og("Bridge to be repaired"), body: "<h1>Details</h1>", want: "Bridge to be repaired"},
		"heading of one word":         {head: "<title>Landslide - The Wash</title>" + og("What we know of the landslide"), body: "<h1>Landslide</h1>", want: "Landslide"},
		"two sources before heading": {
			head: og("Council repairs bridge") + `<script type="application/ld+json">{"@type":"NewsArticle","headline":"Council repairs bridge"}</script>`,
			body: "<h1>Bridge to be repaired</h1>", want: "Council repairs bridge",
		},
		"kicker by its name":        {body: `<h1><span class="overline">Winter</span> Bridge to be repaired</h1>`, want: "Bridge to be repaired"},
		"kicker in small print":     {body: `<h1><small>Winter</small> Bridge to be repaired</h1>`, want: "Bridge to be repaired"},
		"headline by its name":      {body: `<h1><div class="x"><a href="/city">City | </a></div><span class="post-title">Bridge to be repaired</span></h1>`, want: "Bridge to be repaired"},
		"kicker joined by a colon":  {body: `<h1><span class="kicker">Winter</span><span class="visually-hidden">: </span><span>Bridge to be repaired</span></h1>`, want: "Winter: Bridge to be repaired"},
		"kicker that others repeat": {head: og("Winter: Bridge to be repaired") + `<script type="application/ld+json">{"@type":"NewsArticle","headline":"Winter: Bridge to be repaired"}</script>`, body: "<h1>Bridge to be repaired</h1>", want: "Winter: Bridge to be repaired"},
		"parts without a blank":     {body: `<h1><span class="a">Winter is near:</span><span class="b">Bridge to be repaired</span></h1>`, want: "Winter is near: Bridge to be repaired"},
		"initial set apart":         {body: `<h1><span class="a">B</span>ridge to be repaired</h1>`, want: "Bridge to be repaired"},
		"date in h1":                {body: `<h1>Bridge to be repaired <small class="date">1 March 2026</small></h1>`, want: "Bridge to be repaired"},
		"cut short":                 {head: "<title>Bridge to be repaired before …</title>" + og("Bridge to be repaired before winter comes"), want: "Bridge to be repaired before winter comes"},
		"entities encoded twice":    {head: og("Mills &amp;amp; bridges"), want: "Mills & bridges"},
		"bar without blanks":        {head: "<title>Bridge to be repaired|example-times.com</title>", want: "Bridge to be repaired"},
		"Korean separators": {
			head: "<title>옛 다리, 겨울 전에 고친다-사회ㅣ보기신문</title>" + og("옛 다리, 겨울 전에 고친다-사회ㅣ보기신문") + `<meta name="parsely-title" content="옛 다리, 겨울 전에 고친다"><meta property="og:site_name" content="보기신문">`,
			want: "옛 다리, 겨울 전에 고친다",
		},
		"Chinese separators": {head: "<title>旧桥将在冬季前修复_示例时报</title><meta property=\"og:site_name\" content=\"示例时报\">", want: "旧桥将在冬季前修复"},
	} {
		t.Run(name, func(t *testing.T) {
			a, err := Extract(testPage([]byte("<head>" + c.head + "</head><body>" + c.body + "<article>" + long + "</article>")))
			if err != nil {
				t.Fatal(err)
			}
			if a.Title != c.want {
				t.Errorf("title %q, want %q", a.Title, c.want)
			}
		})
	}
}

func TestHeadlines(t *testing.T) {
	a, err := Extract(testPage([]byte(`<head><title>Old bridge repair date | Example Times</title>
		<meta property="og:title" content="You will not believe when the bridge is repaired"></head>
		<h1><span class="kicker">City:</span> Bridge to be repaired</h1><article>` + strings.Repeat(para, 3))))
	if err != nil {
		t.Fatal(err)
	}
	want := []news.Headline{
		{Role: "kicker", Text: "City"},
		{Role: "social", Text: "You will not believe when the bridge is repaired"},
		{Role: "seo", Text: "Old bridge repair date"},
	}
	if d := cmp.Diff(want, a.Headlines); d != "" {
		t.Errorf("headlines (-want +got):\n%s", d)
	}
}
