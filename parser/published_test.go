package parser

import (
	"strings"
	"testing"

	"pressmill/pkg/news"
)

// datedPage is a page with something in its head, above and below its text.
func datedPage(head, above, below string) string {
	return "<html lang=en><head><title>The old bridge is repaired</title>" + head + "</head><body><article><h1>The old bridge is repaired</h1>" +
		above + strings.Repeat(para, 5) + below + "</article></body></html>"
}

func ld(fields string) string {
	return `<script type="application/ld+json">{"@type":"NewsArticle","headline":"The old bridge is repaired",` + fields + `}</script>`
}

func shownDate(d *news.Date) string {
	switch {
	case d == nil:
		return ""
	case d.At != "":
		return d.At
	}
	return d.Local
}

// TestPublishedFromModified wants a page that tells only when it was changed to
// say that its date is that one.
func TestPublishedFromModified(t *testing.T) {
	a, err := Extract(testPage([]byte(datedPage("", `<p>Last updated: <span>4 May 2024</span></p>`, ""))))
	if err != nil {
		t.Fatal(err)
	}
	if p := a.Prov["published"]; a.Published == nil || a.Published.Local != "2024-05-04" || p.Src != "modified" {
		t.Errorf("published %v from %v", a.Published, p)
	}
}

// TestDates has one page for each place where a page can tell its dates.
func TestDates(t *testing.T) {
	const story = "https://www.example-times.com/world/story-1.html"
	for name, c := range map[string]struct {
		head, above, below, url string
		published, modified     string
	}{
		"structured data": {
			head:      ld(`"datePublished":"2024-05-03T15:47:42+02:00","dateModified":"2024-05-04T09:00:00+02:00"`),
			published: "2024-05-03T15:47:42+02:00", modified: "2024-05-04T09:00:00+02:00",
		},
		"structured data, a number":     {head: ld(`"datePublished":1714745262`), published: "2024-05-03T14:07:42Z"},
		"structured data, made on":      {head: ld(`"dateCreated":"2024-05-03T15:47:42+02:00"`), published: "2024-05-03T15:47:42+02:00"},
		"structured data, the web page": {head: `<script type="application/ld+json">{"@graph":[{"@type":"WebPage","datePublished":"2024-05-03T15:47:42+02:00"}]}</script>`, published: "2024-05-03T15:47:42+02:00"},
		"structured data, other articles": {
			head: `<script type="application/ld+json">{"@type":"ItemList","itemListElement":[{"@type":"NewsArticle","headline":"Another","datePublished":"2024-01-01T15:47:42+02:00"}]}</script>` +
				ld(`"datePublished":"2024-05-03T15:47:42+02:00","author":"Ann Writer"`),
			published: "2024-05-03T15:47:42+02:00",
		},
		"open graph": {
			head:      `<meta property="article:published_time" content="2024-05-03T15:47:42+02:00"><meta property="article:modified_time" content="2024-05-04T09:00:00+02:00">`,
			published: "2024-05-03T15:47:42+02:00", modified: "2024-05-04T09:00:00+02:00",
		},
		"dublin core":       {head: `<meta name="DC.date.issued" content="2024-05-03"><meta name="DCTERMS.modified" content="2024-05-04">`, published: "2024-05-03", modified: "2024-05-04"},
		"parsely":           {head: `<meta name="parsely-pub-date" content="2024-05-03T13:47:42Z">`, published: "2024-05-03T13:47:42Z"},
		"sailthru":          {head: `<meta name="sailthru.date" content="Fri, 03 May 2024 15:47:42 +0200">`, published: "2024-05-03T15:47:42+02:00"},
		"citation":          {head: `<meta name="citation_publication_date" content="2024/05/03">`, published: "2024-05-03"},
		"microdata meta":    {above: `<meta itemprop="datePublished" content="2024-05-03T15:47:42+02:00">`, published: "2024-05-03T15:47:42+02:00"},
		"microdata element": {above: `<span itemprop="datePublished" content="2024-05-03T15:47:42+02:00">Friday</span>`, published: "2024-05-03T15:47:42+02:00"},
		"microdata pair":    {above: `<span itemprop="dateModified" content="2024-05-04">Saturday</span><span itemprop="datePublished" content="2024-05-03">Friday</span>`, published: "2024-05-03", modified: "2024-05-04"},
		"time element":      {above: `<time datetime="2024-05-03T15:47">3 May</time>`, published: "2024-05-03T15:47:00"},
		"time as text":      {above: `<time>3 May 2024, 15:47</time>`, published: "2024-05-03T15:47:00"},
		"time in data":      {above: `<time data-timestamp="1714745262">3 May</time>`, published: "2024-05-03T14:07:42Z"},
		"hatom":             {above: `<abbr class="published" title="2024-05-03T15:47:42+02:00">Friday</abbr>`, published: "2024-05-03T15:47:42+02:00"},
		"time in a named element": {
			above:     `<div class="article-date">3 May 2024 · <span>Ann Writer</span> <time datetime="2024-05-03T15:47:42+02:00">3 May 2024</time></div>`,
			published: "2024-05-03T15:47:42+02:00",
		},
		"two times in a named element": {
			above:     `<div class="article-date"><time class="published" datetime="2024-05-03T15:47:42+02:00">3 May 2024</time> <time class="updated" datetime="2024-05-04T09:00:00+02:00">4 May 2024</time></div>`,
			published: "2024-05-03T15:47:42+02:00", modified: "2024-05-04T09:00:00+02:00",
		},
		"clock in the time element":     {above: `<time datetime="2024-05-03T13:47:42Z">3 May 2024, 15:47</time>`, published: "2024-05-03T15:47:42+02:00"},
		"clock around the time element": {above: `<div class="article-date">3 May 2024, <time datetime="2024-05-03T13:47:42Z">15:47</time></div>`, published: "2024-05-03T15:47:42+02:00"},
		"date in parts":                 {above: `<div class="date"><span>May</span><span>03</span><span>2024</span></div>`, published: "2024-05-03"},
		"named element":                 {above: `<div class="article-date">3 May 2024</div>`, published: "2024-05-03"},
		"byline":                        {above: `<p>By Ann Writer | 3 May 2024</p>`, published: "2024-05-03"},
		"plain line":                    {above: `<p>Friday, May 3, 2024</p>`, published: "2024-05-03"},
		"plain line below":              {below: `<p>May 3, 2024</p>`, published: "2024-05-03"},
		"dateline":                      {above: `<p>Springfield, May 3, 2024 (News Desk) - The council met on Tuesday evening and agreed, after a long debate, to repair the old bridge.</p>`, published: "2024-05-03"},
		"url":                           {url: "https://www.example-times.com/2024/05/03/bridge", published: "2024-05-03"},
		"two times, labelled":           {above: `<p>Updated <time>4 May 2024</time> Published <time>3 May 2024</time></p>`, published: "2024-05-03", modified: "2024-05-04"},
		"one line, both":                {above: `<p>Published 3 May 2024 15:47 | Updated 4 May 2024 9:00</p>`, published: "2024-05-03T15:47:00", modified: "2024-05-04T09:00:00"},
		"only updated":                  {above: `<p>Last updated: <span>4 May 2024</span></p>`, modified: "2024-05-04"},
		"only updated, de":              {above: `<p>Stand: 4. Mai 2024</p>`, modified: "2024-05-04"},
		"only updated, fr":              {above: `<div class="date">Mis à jour le 4 mai 2024</div>`, modified: "2024-05-04"},
		"only updated, ja":              {above: `<p>最終更新日：2024年5月4日</p>`, modified: "2024-05-04"},
		"label before":                  {above: `<dl><dt>Mise à jour</dt><dd class="date">4 mai 2024</dd><dt>Publié</dt><dd class="date">3 mai 2024</dd></dl>`, published: "2024-05-03", modified: "2024-05-04"},

		"zone from another source":      {head: ld(`"datePublished":"2024-05-03T15:47:42"`) + `<meta property="article:published_time" content="2024-05-03T15:47:42+02:00">`, published: "2024-05-03T15:47:42+02:00"},
		"zone by the same instant":      {head: ld(`"datePublished":"2024-05-03 15:47"`) + `<meta property="article:published_time" content="2024-05-03T13:47:42Z">`, published: "2024-05-03T15:47:00+02:00"},
		"no zone from another instant":  {head: ld(`"datePublished":"2024-05-03 15:47"`) + `<meta property="article:published_time" content="2024-05-03T13:58:42Z">`, published: "2024-05-03T15:47:00"},
		"time from another source":      {head: ld(`"datePublished":"2024-05-03"`) + `<meta property="article:published_time" content="2024-05-03T15:47:42+02:00">`, published: "2024-05-03T15:47:42+02:00"},
		"midnight is no time":           {head: ld(`"datePublished":"2024-05-03T00:00:00+02:00"`), above: `<time>3 May 2024, 15:47</time>`, published: "2024-05-03T15:47:00+02:00"},
		"clock of the readers":          {head: ld(`"datePublished":"2024-05-04T00:25:56Z"`), above: `<time>3 May 2024</time> <time datetime="2024-05-03 21:25">21:25</time>`, published: "2024-05-03T21:25:56-03:00"},
		"url before a new date":         {head: ld(`"datePublished":"2026-02-01T10:00:00Z"`), url: "https://www.example-times.com/2024/5/3/bridge", published: "2024-05-03"},
		"url a day off":                 {head: ld(`"datePublished":"2024-05-04T01:00:00+02:00"`), url: "https://www.example-times.com/2024/05/03/bridge", published: "2024-05-04T01:00:00+02:00"},
		"url tells day from month":      {above: `<p>03/05/2024</p>`, url: "https://www.example-times.com/2024/05/03/bridge", published: "2024-05-03"},
		"fetch tells day from month":    {above: `<p>04/02/2026</p>`, published: "2026-02-04"},
		"published after modified":      {head: ld(`"datePublished":"2025-05-03T15:47:42+02:00","dateModified":"2024-05-04T09:00:00+02:00"`) + `<meta name="date" content="2024-05-03">`, published: "2024-05-03", modified: "2024-05-04T09:00:00+02:00"},
		"in the future":                 {head: ld(`"datePublished":"2027-05-03T15:47:42+02:00"`)},
		"modified long before":          {head: ld(`"datePublished":"2024-05-03T15:47:42+02:00","dateModified":"2020-05-04T09:00:00+02:00"`), published: "2024-05-03T15:47:42+02:00"},
		"broken date, then a good one":  {head: ld(`"datePublished":"0000-00-00"`) + `<meta name="date" content="2024-05-03">`, published: "2024-05-03"},
		"label without date":            {above: `<p>Published: Updated:</p>`, url: "https://www.example-times.com/2024/05/03/bridge"},
		"label with a relative date":    {above: `<p>Published: 3 hours ago</p>`, url: "https://www.example-times.com/2024/05/03/bridge", published: "2024-05-03"},
		"above the headline":            {above: "", url: story, head: `</head><body><div class="news-bar"><time datetime="2024-05-03">3 May 2024</time></div>`, below: `<ul><li><time datetime="2024-01-01">1 January 2024</time> <a href="/a">Another story</a></li></ul>`, published: "2024-05-03"},
		"caption":                       {above: `<figure><img src=a.jpg><figcaption>The bridge on <time>3 May 2024</time></figcaption></figure><div class="caption"><p>3 May 2024</p></div>`},
		"comment":                       {below: `<div class="comments"><p>Reader</p><time datetime="2024-05-03">3 May 2024</time><p>3 May 2024</p></div>`},
		"related story":                 {below: `<div class="related-articles"><a href="/a">Another story</a> <time datetime="2024-05-03">3 May 2024</time></div><aside><time>3 May 2024</time></aside>`},
		"event in the text":             {above: `<p>The council meets again on <time datetime="2024-05-03">3 May 2024</time> to speak of the bridge, the school, the park and what else there is to speak of in a town that has so many old things to repair before the winter comes again, as it does.</p>`},
		"sentence that begins so":       {above: `<p>On 3 May 2024 the council met in the evening and agreed, after a long debate, to repair the old bridge.</p>`},
		"event by its name":             {above: `<time class="event-date">3 May 2024</time>`},
		"copyright":                     {below: `<p>© 3 May 2024 Example Times</p><footer><p>3 May 2024</p></footer>`},
		"picture's date in the heading": {above: `<p>Foto: Ann Example</p><time>3 May 2024</time>`, published: "2024-05-03"},
		"script state":                  {below: `<script>window.state = {"publisher":"2020","story":{"id":20240101,"published_at":"2024-05-03T15:47:42+02:00"}}</script>`, published: "2024-05-03T15:47:42+02:00"},
		"script state, escaped":         {below: `<div data-state="{&quot;publishedAt&quot;:&quot;2024-05-03T15:47:42+02:00&quot;}"></div>`, published: "2024-05-03T15:47:42+02:00"},
		"rdfa":                          {above: `<span property="dc:date dc:created" content="2024-05-03T15:47:42+02:00">Friday</span>`, published: "2024-05-03T15:47:42+02:00"},
		"label behind":                  {above: `<p>2024年5月4日 更新</p>`, modified: "2024-05-04"},
		"same instant, other clock":     {head: ld(`"datePublished":"2024-05-03T00:00:00Z"`), above: `<time>Fri May 03 2024 02:00:00 GMT+0200</time>`, published: "2024-05-03T00:00:00Z"},
		"relative":                      {above: `<time>3 hours ago</time>`},
	} {
		t.Run(name, func(t *testing.T) {
			p := testPage([]byte(datedPage(c.head, c.above, c.below)))
			p.FinalURL = story
			if c.url != "" {
				p.FinalURL = c.url
			}
			a, err := Extract(p)
			if err != nil {
				t.Fatal(err)
			}
			if err := a.Validate(); err != nil {
				t.Error(err)
			}
			if a.Prov["published"].Src == "modified" { // the page tells no other
				c.published = c.modified
			}
			if got := shownDate(a.Published); got != c.published {
				t.Errorf("published %q, want %q (%v)", got, c.published, a.Prov["published"])
			}
			if got := shownDate(a.Modified); got != c.modified {
				t.Errorf("modified %q, want %q (%v)", got, c.modified, a.Prov["modified"])
			}
		})
	}
}
