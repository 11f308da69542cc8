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
		"structured data, other articles alone": {
			head: `<script type="application/ld+json">{"@type":"ItemList","itemListElement":[{"@type":"NewsArticle","headline":"Another","datePublished":"2024-01-01T15:47:42+02:00"}]}</script>`,
		},
		"labelled in elements of one line": {
			above: `<div><span>Published 3 May 2024</span> <span>Updated</span> <span>4 May 2024</span></div>`, published: "2024-05-03", modified: "2024-05-04",
		},
		"cards of other stories":              {below: card},
		"cards of other stories with bylines": {below: strings.Replace(card, "News", "By Tom Hask", 1)},
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

		"caption below the headline": {above: `<p class="text-caption">3 May 2024 | The desk</p>`, published: "2024-05-03"},
		"labelled among credits":     {below: `<ul class="credits"><li><p>Published</p><p>3 May 2024</p></li><li><p>Recorded</p><p>1 and 2 April 24</p></li></ul>`, published: "2024-05-03"},
		"labelled in a teaser":       {below: `<div class="sidebar"><a href="/a">Another story</a><p>Published</p><p>3 May 2024</p></div>`},
		"latest stories":             {below: `<div class="sidebar"><p><a href="/a">Another story</a> <small>05-03-2024</small></p></div>`},
		"entry of a blog": {
			below: `<p>This entry was posted on Friday, May 3rd, 2024 at 3:47 pm and is filed under <a href="/news" rel="category tag">News</a>. ` +
				`You can follow what others say about it through the feed. You can also go to the end and leave a response, or a link from your own site.</p>`,
			published: "2024-05-03T15:47:00",
		},
		"entry of a blog, de": {
			below:     `</article><div class="sidebar"><p><a href="/world/story-1.html" rel="bookmark">The old bridge</a> wurde am <nobr>3. Mai 2024</nobr> um <nobr>15:47</nobr> Uhr gepostet.</p></div>`,
			published: "2024-05-03T15:47:00",
		},
		"another entry of a blog":    {below: `</article><div class="sidebar"><p><a href="/world/story-2.html" rel="bookmark">The new bridge</a> was posted on 3 May 2024.</p></div>`},
		"first post of a forum":      {above: `<div class="comment"><span>3 May 2024</span>`, below: `</div><div class="comment"><span>4 May 2024</span><p>And the old one?</p></div>`, published: "2024-05-03"},
		"footer of the article":      {below: `<footer><a href="/news">News</a> <time datetime="2024-05-03T15:47:42+02:00">3 May 2024</time></footer>`, published: "2024-05-03T15:47:42+02:00"},
		"footer of the page":         {below: `</article><footer><time datetime="2024-05-03">3 May 2024</time></footer>`},
		"headline in a figure":       {head: `</head><body><figure><img src=a.jpg><figcaption>Foto: Ann Example</figcaption><span class="date">3 May 2024</span><h1>The old bridge is repaired</h1></figure>`, published: "2024-05-03"},
		"parts beside each other":    {above: `<div><span>Jan 04</span> <span>15:47</span> <span>2024</span></div>`, published: "2024-01-04T15:47:00"},
		"parts of one line":          {above: `<div><b>03</b> <span>May</span> <i>2024</i></div>`, published: "2024-05-03"},
		"url in the order of people": {url: "https://www.example-times.com/news/23-05-2024-bridge/1.html", published: "2024-05-23"},
		"url of a story about a day": {head: ld(`"datePublished":"2024-05-27T15:47:42+02:00"`), url: "https://www.example-times.com/news/23-05-2024-bridge", published: "2024-05-27T15:47:42+02:00"},
		"midnight of the readers":    {head: `<meta property="article:published_time" content="2024-05-02T22:00Z">`, above: `<span class="date">3 May 2024</span>`, published: "2024-05-03T00:00:00+02:00"},

		// A meta element that does not say what its date is.
		"day below the headline":     {head: `<meta name="date" content="2024-04-12T10:00:00+02:00">`, above: `<span class="date">03.05.2024</span>`, published: "2024-05-03"},
		"day of the printed edition": {head: `<meta name="date" content="2024-05-04">`, above: `<time>3 May 2024, 15:47</time>`, published: "2024-05-03T15:47:00"},
		"day labelled elsewhere":     {head: `<meta name="date" content="2024-04-12T10:00:00+02:00">`, above: para + `<div class="date">Published: 3 May 2024</div>`, published: "2024-05-03"},
		"line that is labelled":      {head: `<meta name="date" content="2024-05-05">`, above: `<p>Published on:</p><h2>3 May 2024</h2>`, published: "2024-05-03"},
		"day of the visit":           {head: `<meta name="date" content="2024-04-12T10:00:00+02:00"></head><body><div class="date">3 May 2024</div>`, published: "2024-04-12T10:00:00+02:00"},
		"day of the change":          {head: `<meta name="date" content="2024-04-12T10:00:00+02:00"><meta name="last-modified" content="2024-05-03">`, above: `<span class="date">3 May 2024</span>`, published: "2024-04-12T10:00:00+02:00", modified: "2024-05-03"},
		"several days":               {head: `<meta name="date" content="2024-04-12T10:00:00+02:00">`, above: `<span class="date">3 May 2024</span><span class="date">4 May 2024</span>`, published: "2024-04-12T10:00:00+02:00"},
		"built anew": {
			head:      `<meta property="article:published_time" content="2025-05-04T10:33:13Z"><meta property="article:modified_time" content="2025-05-04T10:32:18Z">`,
			above:     `<time datetime="2024-05-03">3 May 2024</time>`,
			published: "2024-05-03", modified: "2025-05-04T10:32:18Z",
		},
		"not built anew": {
			head:      `<meta property="article:published_time" content="2025-05-04T10:32:18Z"><meta property="article:modified_time" content="2025-05-04T10:33:13Z">`,
			above:     `<time datetime="2024-05-03">3 May 2024</time>`,
			published: "2025-05-04T10:32:18Z", modified: "2025-05-04T10:33:13Z",
		},
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

// TestDateAtTheHeadline wants the date at the h1 that says the title, not at the
// last one.
func TestDateAtTheHeadline(t *testing.T) {
	const title = "The old bridge is repaired"
	page := "<html lang=en><head><title>" + title + `</title><meta property="article:published_time" content="2024-05-02T22:00Z"></head>` +
		"<body><div><h1>" + title + `</h1><span class="date">3 May 2024</span></div>` + strings.Repeat("<br>", headlineReach) +
		"<main><h1>Networks</h1>" + strings.Repeat(para, 5) + "</main></body></html>"
	a, err := Extract(testPage([]byte(page)))
	if err != nil {
		t.Fatal(err)
	}
	if got := shownDate(a.Published); got != "2024-05-03T00:00:00+02:00" {
		t.Errorf("published %q", got)
	}
}
