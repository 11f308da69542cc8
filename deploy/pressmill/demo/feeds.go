package demo

import (
	"bytes"
	"crypto/sha256"
	"encoding/xml"
	"fmt"
	"hash/fnv"
	"net/http"
	"time"
)

// feedItems is how many of the newest articles the feed holds.
const feedItems = 8

func (s *Site) robots(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	write(w, http.StatusOK, fmt.Appendf(nil, "User-agent: *\nDisallow: %s\n\nSitemap: %s/news-sitemap.xml\n", privatePrefix, base(r)))
}

// RSS 2.0 (rssboard.org/rss-specification) with the Atom self link.
type (
	rss struct {
		XMLName xml.Name   `xml:"rss"`
		Version string     `xml:"version,attr"`
		Atom    string     `xml:"xmlns:atom,attr"`
		DC      string     `xml:"xmlns:dc,attr"`
		Channel rssChannel `xml:"channel"`
	}
	rssChannel struct {
		Title         string    `xml:"title"`
		Link          string    `xml:"link"`
		Description   string    `xml:"description"`
		Language      string    `xml:"language"`
		LastBuildDate string    `xml:"lastBuildDate"`
		Self          atomLink  `xml:"atom:link"`
		Items         []rssItem `xml:"item"`
	}
	atomLink struct {
		Href string `xml:"href,attr"`
		Rel  string `xml:"rel,attr"`
		Type string `xml:"type,attr"`
	}
	rssItem struct {
		Title       string   `xml:"title"`
		Link        string   `xml:"link"`
		GUID        string   `xml:"guid"`
		PubDate     string   `xml:"pubDate"`
		Description string   `xml:"description,omitempty"`
		Creators    []string `xml:"dc:creator"`
		Category    string   `xml:"category"`
	}
)

// feed lists the newest articles. The newest one's link carries tracking
// parameters, as the links of many feeds do. It answers 304.
func (s *Site) feed(w http.ResponseWriter, r *http.Request) {
	host := base(r)
	channel := rssChannel{
		Title:         Name,
		Link:          host + "/",
		Description:   "All the news between the hill and the harbour",
		Language:      "en",
		LastBuildDate: s.content.now.Format(time.RFC1123Z),
		Self:          atomLink{Href: host + "/feed.xml", Rel: "self", Type: "application/rss+xml"},
	}
	for i, a := range s.content.newest() {
		item := rssItem{
			Title:       a.Title,
			Link:        host + a.Path,
			GUID:        host + a.Path,
			PubDate:     a.Published.Format(time.RFC1123Z),
			Description: a.Standfirst,
			Creators:    a.Authors,
			Category:    a.Section,
		}
		if i == 0 {
			item.Link += "?utm_source=rss&utm_medium=feed"
		}
		channel.Items = append(channel.Items, item)
	}
	doc := rss{Version: "2.0", Atom: "http://www.w3.org/2005/Atom", DC: "http://purl.org/dc/elements/1.1/", Channel: channel}
	w.Header().Set("Content-Type", "application/rss+xml; charset=utf-8")
	serveTagged(w, r, s.content.now, marshal(doc))
}

// A sitemap (sitemaps.org) with Google's news extension.
type (
	urlSet struct {
		XMLName xml.Name     `xml:"urlset"`
		NS      string       `xml:"xmlns,attr"`
		News    string       `xml:"xmlns:news,attr"`
		URLs    []sitemapURL `xml:"url"`
	}
	sitemapURL struct {
		Loc  string      `xml:"loc"`
		News sitemapNews `xml:"news:news"`
	}
	sitemapNews struct {
		Name     string `xml:"news:publication>news:name"`
		Language string `xml:"news:publication>news:language"`
		Date     string `xml:"news:publication_date"`
		Title    string `xml:"news:title"`
	}
)

// sitemap lists the articles that are not unlisted.
func (s *Site) sitemap(w http.ResponseWriter, r *http.Request) {
	doc := urlSet{NS: "http://www.sitemaps.org/schemas/sitemap/0.9", News: "http://www.google.com/schemas/sitemap-news/0.9"}
	for _, a := range s.content.listed() {
		news := sitemapNews{Name: Name, Language: a.Lang, Date: a.Published.Format(time.RFC3339), Title: a.Title}
		doc.URLs = append(doc.URLs, sitemapURL{Loc: base(r) + a.Path, News: news})
	}
	w.Header().Set("Content-Type", "application/xml; charset=utf-8")
	write(w, http.StatusOK, marshal(doc))
}

// inSitemap is how many of the newest articles the sitemap holds, of those that
// appear one after the other.
const inSitemap = 100

// listed returns the articles of the feed and the sitemap, newest first.
func (c *content) listed() (all []*article) {
	for _, a := range c.shown() {
		if c.live && len(all) == inSitemap {
			break
		}
		if !a.Unlisted {
			all = append(all, a)
		}
	}
	return all
}

// newest returns the articles of the feed.
func (c *content) newest() []*article {
	listed := c.listed()
	return listed[:min(len(listed), feedItems)]
}

func marshal(doc any) []byte {
	out, err := xml.MarshalIndent(doc, "", "  ")
	if err != nil {
		panic("marshal XML: " + err.Error()) // a type of this file that XML cannot express
	}
	return append([]byte(xml.Header), out...)
}

// serveTagged sends body with an ETag and Last-Modified, or 304.
func serveTagged(w http.ResponseWriter, r *http.Request, modified time.Time, body []byte) {
	w.Header().Set("ETag", fmt.Sprintf("%q", fmt.Sprintf("%x", sha256.Sum256(body))[:16]))
	http.ServeContent(w, r, "", modified, bytes.NewReader(body))
}

// image draws hills before a sky, coloured by the picture's name.
func (s *Site) image(w http.ResponseWriter, r *http.Request) {
	h := fnv.New32a()
	_, _ = h.Write([]byte(r.PathValue("name")))
	sum := h.Sum32()
	hue, left, right := sum%360, 120+sum>>9%160, 120+sum>>18%160
	w.Header().Set("Content-Type", "image/svg+xml")
	w.Header().Set("Cache-Control", "max-age=86400")
	write(w, http.StatusOK, fmt.Appendf(nil, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 640 360">
<rect width="640" height="360" fill="hsl(%d 45%% 80%%)"/>
<circle cx="%d" cy="90" r="36" fill="hsl(45 80%% 88%%)"/>
<path d="M0 %d Q160 %d 320 240 T640 %d V360 H0Z" fill="hsl(%d 30%% 55%%)"/>
<path d="M0 300 Q200 240 400 310 T640 280 V360 H0Z" fill="hsl(%d 35%% 35%%)"/>
</svg>
`, hue, left*2, left+60, right, left+40, hue, (hue+20)%360))
}
