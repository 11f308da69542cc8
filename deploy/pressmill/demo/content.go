package demo

import (
	"bytes"
	"embed"
	"encoding/json"
	"html/template"
	"slices"
	"sort"
	"time"
)

//go:embed pages
var files embed.FS

// Want is what a crawl must make of one article.
type Want struct {
	Path       string // canonical, without query
	Title      string
	Lang       string   // BCP 47
	Paragraphs []string // the body's paragraphs in order
	Authors    []string // names of persons
	// Published is RFC 3339 with offset, or "" where the page states no date
	// or one without a zone.
	Published string
}

// Articles returns the articles that a crawl of / and /feed.xml with depth 1
// must find, each once. Of the article that changes it tells the first version.
func (s *Site) Articles() []Want {
	wants := make([]Want, 0, len(s.content.articles))
	for _, a := range s.content.articles {
		wants = append(wants, a.want())
	}
	return wants
}

// Update returns the second version of the article that changes: the site
// shows it from the second GET on.
func (s *Site) Update() Want {
	i := slices.IndexFunc(s.content.articles, func(a *article) bool { return a.second != nil })
	return s.content.articles[i].second.want()
}

// NotArticles returns the paths of HTML pages that are served with 200 and are
// linked, but are no articles.
func (s *Site) NotArticles() []string {
	return []string{"/", "/world/", "/tag/harbour/", "/about.html", "/subscribe.html"}
}

// article is one entry of pages/articles.json.
type article struct {
	Path       string   `json:"path"`
	Template   string   `json:"template"` // a file of pages, without .html
	Title      string   `json:"title"`
	Lang       string   `json:"lang"`
	Section    string   `json:"section"`
	Tags       []string `json:"tags"`
	Authors    []string `json:"authors"`
	Age        string   `json:"age"`     // a time.Duration before the site's now
	Undated    bool     `json:"undated"` // the page states no date, or one without a zone
	Standfirst string   `json:"standfirst"`
	Image      string   `json:"image"`
	Alt        string   `json:"alt"`
	Caption    string   `json:"caption"`
	Captions   []string `json:"captions"` // of a gallery
	Heading    string   `json:"heading"`  // between the paragraphs
	Paragraphs []string `json:"paragraphs"`

	Update   *update `json:"update"`
	Charset  string  `json:"charset"`   // windows-1252, or "" for UTF-8
	ETag     bool    `json:"etag"`      // answers 304
	Gzip     bool    `json:"gzip"`      // encoded when that is accepted
	Flaky    bool    `json:"flaky"`     // the first GET answers 500
	FeedOnly bool    `json:"feed_only"` // not on the front page
	Unlisted bool    `json:"unlisted"`  // neither in the feed nor in the sitemap

	Published time.Time `json:"-"`
	Modified  time.Time `json:"-"`
	second    *article
	rail      []*article // of a Load's article
}

// update is what differs in the second version.
type update struct {
	Title      string   `json:"title"`
	Paragraphs []string `json:"paragraphs"`
}

func (a *article) want() Want {
	w := Want{
		Path:       a.Path,
		Title:      a.Title,
		Lang:       a.Lang,
		Paragraphs: slices.Clone(a.Paragraphs),
		Authors:    slices.Clone(a.Authors),
	}
	if !a.Undated {
		w.Published = a.Published.Format(time.RFC3339)
	}
	return w
}

// content is the site's text: immutable once loaded.
type content struct {
	now       time.Time
	live      bool // articles appear when they are published: see LoadConfig
	templates *template.Template
	articles  []*article // newest first
}

// shown returns the articles that have appeared, newest first.
func (c *content) shown() []*article {
	if !c.live {
		return c.articles
	}
	return c.articles[c.newestAt(time.Now()):]
}

// newestAt is the place of the newest article at a time, of those that appear one
// after the other.
func (c *content) newestAt(t time.Time) int {
	return sort.Search(len(c.articles), func(i int) bool { return !c.articles[i].Published.After(t) })
}

// loadContent reads the embedded files. What is wrong with them is a bug of
// this package, so it panics.
func loadContent(now time.Time) content {
	now = now.In(time.FixedZone("", 3600)).Truncate(time.Minute)
	c := content{now: now, templates: template.Must(template.ParseFS(files, "pages/*.html"))}
	raw, err := files.ReadFile("pages/articles.json")
	if err != nil {
		panic("read articles: " + err.Error())
	}
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&c.articles); err != nil {
		panic("decode articles: " + err.Error())
	}
	for _, a := range c.articles {
		a.date(now)
	}
	return c
}

// date turns the article's age into dates and prepares its second version.
func (a *article) date(now time.Time) {
	age, err := time.ParseDuration(a.Age)
	if err != nil {
		panic("date article: " + err.Error())
	}
	a.Published = now.Add(-age)
	a.Modified = a.Published
	if a.Update != nil {
		second := *a
		second.Title, second.Paragraphs = a.Update.Title, a.Update.Paragraphs
		second.Modified = now
		a.second = &second
	}
}

// view is what a template sees.
type view struct {
	*article

	Site    string
	Base    string // scheme and host
	URL     string // canonical and absolute
	Lead    *article
	Teasers []*article
	Rail    []*article // the related rail of an article
}

// Charset is the charset that the page declares.
func (v view) Charset() string {
	if v.article.Charset != "" {
		return v.article.Charset
	}
	return "utf-8"
}

// JSONLD is the article as schema.org's NewsArticle.
func (v view) JSONLD() map[string]any {
	kind := "NewsArticle"
	if v.Section == "Opinion" {
		kind = "OpinionNewsArticle"
	}
	authors := make([]map[string]string, 0, len(v.Authors))
	for _, name := range v.Authors {
		authors = append(authors, map[string]string{"@type": "Person", "name": name})
	}
	ld := map[string]any{
		"@context":            "https://schema.org",
		"@type":               kind,
		"mainEntityOfPage":    v.URL,
		"headline":            v.Title,
		"articleSection":      v.Section,
		"keywords":            v.Tags,
		"inLanguage":          v.Lang,
		"datePublished":       v.Published.Format(time.RFC3339),
		"dateModified":        v.Modified.Format(time.RFC3339),
		"author":              authors,
		"image":               []string{v.Base + "/img/" + v.Image + ".svg"},
		"publisher":           map[string]string{"@type": "Organization", "name": v.Site, "url": v.Base + "/"},
		"isAccessibleForFree": true,
	}
	if v.Standfirst != "" {
		ld["description"] = v.Standfirst
	}
	return ld
}

func (c *content) render(name string, v view) []byte {
	var buf bytes.Buffer
	if err := c.templates.ExecuteTemplate(&buf, name+".html", v); err != nil {
		panic("render page: " + err.Error()) // a broken template, not a broken request
	}
	return buf.Bytes()
}

func (c *content) articleView(a *article, base string) view {
	return view{article: a, Site: Name, Base: base, URL: base + a.Path, Rail: c.rail(a)}
}

// rail returns the three articles after a, round the end, unless it has a rail
// of its own.
func (c *content) rail(a *article) []*article {
	if a.rail != nil {
		return a.rail
	}
	i := slices.IndexFunc(c.articles, func(b *article) bool { return b.Path == a.Path })
	rail := make([]*article, 0, 3)
	for n := 1; len(rail) < cap(rail); n++ {
		if b := c.articles[(i+n)%len(c.articles)]; !b.Unlisted && !b.FeedOnly {
			rail = append(rail, b)
		}
	}
	return rail
}

func (c *content) plainView(title, path, base string) view {
	return view{article: &article{Title: title, Path: path}, Site: Name, Base: base, URL: base + path}
}

func (c *content) sectionView(title, path, base string, member func(*article) bool) view {
	v := c.plainView(title, path, base)
	for _, a := range c.shown() {
		if member(a) {
			v.Teasers = append(v.Teasers, a)
		}
	}
	return v
}

// frontView leads with the pier, whose link carries tracking parameters.
func (c *content) frontView(base string) view {
	v := c.sectionView("News from Tidewick", "/", base, func(a *article) bool { return !a.FeedOnly })
	v.Lead = v.Teasers[1]
	v.Teasers = slices.Delete(v.Teasers, 1, 2)
	return v
}
