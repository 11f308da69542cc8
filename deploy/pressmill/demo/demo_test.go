package demo

import (
	"compress/gzip"
	"context"
	"encoding/json"
	"encoding/xml"
	"io"
	"maps"
	"net/http"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/net/html"
	"golang.org/x/text/encoding/charmap"
)

const (
	stormPath   = "/local/storm-warning-for-the-bay.html"
	pierPath    = "/local/old-ferry-pier-reopens.html"
	flakyPath   = "/local/flood-gates-pass-their-test.html"
	latinPath   = "/culture/cafe-leopold-saves-its-piano.html"
	gzipPath    = "/world/sister-town-signs-water-treaty.html"
	taggedPath  = "/business/lantern-works-takes-on-apprentices.html"
	seedPath    = "/News/world/2021/08/16/Russia-China-embassies-are-only-diplomatic-missions-functioning-in-Afghanistan.html"
	privatePath = "/private/drafts/mayor-resigns.html"
)

func TestArticlesStateWhatIsWanted(t *testing.T) {
	url, site := serve(t)
	wants := site.Articles()
	if len(wants) != 13 {
		t.Fatalf("got %d articles, want 13", len(wants))
	}
	for _, want := range wants {
		t.Run(want.Path, func(t *testing.T) {
			if want.Path == flakyPath {
				get(t, url+want.Path, nil)
			}
			checkShows(t, get(t, url+want.Path, nil), want)
		})
	}
}

func TestUpdatedArticleShowsSecondVersionFromSecondFetch(t *testing.T) {
	url, site := serve(t)
	if first := get(t, url+stormPath+"?utm_source=rss", nil); !strings.Contains(text(t, first), "Storm warning issued") {
		t.Error("the first fetch does not show the first version")
	}
	for range 2 {
		checkShows(t, get(t, url+stormPath, nil), site.Update())
	}
	other, site2 := serve(t)
	checkShows(t, get(t, other+stormPath, nil), site2.Articles()[0])
}

func TestStatuses(t *testing.T) {
	url, site := serve(t)
	for _, path := range site.NotArticles() {
		if got := get(t, url+path, nil).status; got != http.StatusOK {
			t.Errorf("GET %s: status %d", path, got)
		}
	}
	for _, c := range []struct {
		path string
		want int
	}{
		{"/style.css", http.StatusOK},
		{"/img/ferry-pier.svg", http.StatusOK},
		{"/local/withdrawn-story.html", http.StatusNotFound},
		{"/News/world/2021/08/16/France-s-Macron-says.html", http.StatusNotFound},
		{"/world/no-such-story.html", http.StatusNotFound},
		{flakyPath, http.StatusInternalServerError},
		{flakyPath, http.StatusOK},
		{flakyPath, http.StatusOK},
	} {
		if got := get(t, url+c.path, nil).status; got != c.want {
			t.Errorf("GET %s: status %d, want %d", c.path, got, c.want)
		}
	}
	old := get(t, url+"/old/2019/ferry-pier", nil)
	if old.status != http.StatusMovedPermanently || old.header.Get("Location") != pierPath {
		t.Errorf("redirect: status %d to %q", old.status, old.header.Get("Location"))
	}
	resp, err := http.Post(url+"/subscribe.html", "text/plain", nil)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if resp.StatusCode != http.StatusMethodNotAllowed {
		t.Errorf("POST: status %d", resp.StatusCode)
	}
}

func TestFrontPageLinksTheTraps(t *testing.T) {
	url, _ := serve(t)
	front := string(get(t, url+"/", nil).body)
	for _, link := range []string{
		pierPath + "?utm_source=front-page&amp;utm_medium=teaser&amp;utm_campaign=morning",
		"/old/2019/ferry-pier", "/local/withdrawn-story.html", privatePath, seedPath, "/world/",
	} {
		if !strings.Contains(front, `href="`+link+`"`) {
			t.Errorf("the front page does not link %s", link)
		}
	}
}

// Every wanted article is linked from the front page or the feed.
func TestArticlesAreWithinDepthOne(t *testing.T) {
	url, site := serve(t)
	linked := string(get(t, url+"/", nil).body) + string(get(t, url+"/feed.xml", nil).body)
	for _, want := range site.Articles() {
		if !strings.Contains(linked, want.Path) {
			t.Errorf("%s is linked from neither / nor /feed.xml", want.Path)
		}
	}
}

func TestFeedAndSitemapNameTheRequestsHost(t *testing.T) {
	url, site := serve(t)
	var feed struct {
		Items []struct {
			Title   string `xml:"title"`
			Link    string `xml:"link"`
			PubDate string `xml:"pubDate"`
		} `xml:"channel>item"`
	}
	parseXML(t, get(t, url+"/feed.xml", nil), &feed)
	if len(feed.Items) != feedItems {
		t.Errorf("feed: got %d items, want %d", len(feed.Items), feedItems)
	}
	for i, item := range feed.Items {
		want := site.Articles()[i]
		if path, _, _ := strings.Cut(item.Link, "?"); path != url+want.Path || item.Title != want.Title {
			t.Errorf("feed item %d: %q at %s", i, item.Title, item.Link)
		}
		if at, err := time.Parse(time.RFC1123Z, item.PubDate); err != nil || time.Since(at) > 48*time.Hour {
			t.Errorf("feed item %d: published %q: %v", i, item.PubDate, err)
		}
	}
	var sitemap struct {
		Locs  []string `xml:"http://www.sitemaps.org/schemas/sitemap/0.9 url>loc"`
		Names []string `xml:"url>news>publication>name"`
	}
	parseXML(t, get(t, url+"/news-sitemap.xml", nil), &sitemap)
	if len(sitemap.Locs) != len(site.Articles())-1 || sitemap.Locs[0] != url+stormPath {
		t.Errorf("sitemap: got %q", sitemap.Locs)
	}
	if len(sitemap.Names) != len(sitemap.Locs) || sitemap.Names[0] != Name {
		t.Errorf("sitemap: got publications %q", sitemap.Names)
	}
	want := "User-agent: *\nDisallow: /private/\n\nSitemap: " + url + "/news-sitemap.xml\n"
	if diff := cmp.Diff(want, string(get(t, url+"/robots.txt", nil).body)); diff != "" {
		t.Errorf("robots.txt (-want +got):\n%s", diff)
	}
}

func TestGzipOnlyWhenAccepted(t *testing.T) {
	url, _ := serve(t)
	plain := get(t, url+gzipPath, nil)
	packed := get(t, url+gzipPath, http.Header{"Accept-Encoding": {"gzip, br"}})
	if plain.header.Get("Content-Encoding") != "" || packed.header.Get("Content-Encoding") != "gzip" {
		t.Fatalf("encodings %q and %q", plain.header.Get("Content-Encoding"), packed.header.Get("Content-Encoding"))
	}
	zr, err := gzip.NewReader(strings.NewReader(string(packed.body)))
	if err != nil {
		t.Fatal(err)
	}
	got, err := io.ReadAll(zr)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(plain.body), string(got)); diff != "" {
		t.Errorf("decoded page (-plain +gzip):\n%s", diff)
	}
}

func TestValidatorsAnswer304(t *testing.T) {
	url, _ := serve(t)
	for _, path := range []string{taggedPath, "/feed.xml"} {
		first := get(t, url+path, nil)
		tag := first.header.Get("ETag")
		if tag == "" || first.header.Get("Last-Modified") == "" {
			t.Errorf("GET %s: no validators", path)
		}
		if again := get(t, url+path, http.Header{"If-None-Match": {tag}}); again.status != http.StatusNotModified || len(again.body) > 0 {
			t.Errorf("GET %s again: status %d, %d bytes", path, again.status, len(again.body))
		}
	}
}

func TestLatinPageIsWindows1252(t *testing.T) {
	url, _ := serve(t)
	page := get(t, url+latinPath, nil)
	if got := page.header.Get("Content-Type"); got != "text/html" {
		t.Errorf("Content-Type %q", got)
	}
	for _, want := range []string{`<meta charset="windows-1252">`, "Caf\xe9 L\xe9opold", "\x93It begins", "\xa33,150"} {
		if !strings.Contains(string(page.body), want) {
			t.Errorf("the page lacks %q", want)
		}
	}
}

// The page's visible text is the seed's, line by line and nothing else.
func TestEmbassiesPageShowsTheSeedsText(t *testing.T) {
	url, _ := serve(t)
	seed, err := os.ReadFile("testdata/embassies.txt")
	if err != nil {
		t.Fatal(err)
	}
	want := words(strings.ReplaceAll(string(seed), "•", " ")) // bullets are the style's
	if diff := cmp.Diff(want, text(t, get(t, url+seedPath, nil))); diff != "" {
		t.Errorf("visible text (-seed +page):\n%s", diff)
	}
}

func TestRequestsAreRecorded(t *testing.T) {
	url, site := serve(t)
	get(t, url+"/robots.txt", http.Header{"User-Agent": {"tester/1"}})
	get(t, url+"/world/?page=2", nil)
	get(t, url+privatePath, nil)
	var got []string
	for _, r := range site.Requests() {
		if r.Start.IsZero() || r.End.Before(r.Start) {
			t.Errorf("%s: from %v to %v", r.Path, r.Start, r.End)
		}
		got = append(got, r.Method+" "+r.Path)
	}
	if diff := cmp.Diff([]string{"GET /robots.txt", "GET /world/?page=2", "GET " + privatePath}, got); diff != "" {
		t.Errorf("requests (-want +got):\n%s", diff)
	}
	if agent := site.Requests()[0].Agent; agent != "tester/1" {
		t.Errorf("agent %q", agent)
	}
	if v := site.Violations(); len(v) != 1 || v[0].Path != privatePath || v[0].Status != http.StatusOK {
		t.Errorf("violations %+v", v)
	}
}

func TestJSONLDIsJSON(t *testing.T) {
	url, _ := serve(t)
	_, rest, _ := strings.Cut(string(get(t, url+pierPath, nil).body), `<script type="application/ld+json">`)
	block, _, _ := strings.Cut(rest, "</script>")
	var ld struct {
		Type     string `json:"@type"`
		Headline string `json:"headline"`
	}
	if err := json.Unmarshal([]byte(block), &ld); err != nil {
		t.Fatal(err)
	}
	if ld.Type != "NewsArticle" || !strings.HasPrefix(ld.Headline, "Old ferry pier") {
		t.Errorf("got %+v", ld)
	}
}

func TestServeEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	url, _, stop, err := Serve(ctx, "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	get(t, url+"/", nil)
	cancel()
	stop()
	stop()
	if resp, err := http.Get(url + "/"); err == nil {
		_ = resp.Body.Close()
		t.Error("the server still answers")
	}
	if _, _, _, err := Serve(t.Context(), "256.0.0.1:0"); err == nil {
		t.Error("an impossible address is no error")
	}
}

// answer is a response read to its end.
type answer struct {
	status int
	header http.Header
	body   []byte
}

func serve(t *testing.T) (string, *Site) {
	t.Helper()
	url, site, stop, err := Serve(t.Context(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(stop)
	return url, site
}

// get follows no redirect, decodes nothing and leaves no connection open.
func get(t *testing.T, url string, header http.Header) answer {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	maps.Copy(req.Header, header)
	req.Close = true
	resp, err := (&http.Transport{DisableCompression: true}).RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer{status: resp.StatusCode, header: resp.Header, body: body}
}

// checkShows wants title, authors and paragraphs in the visible text, the
// paragraphs in order, and the date and language in the markup.
func checkShows(t *testing.T, page answer, want Want) {
	t.Helper()
	if page.status != http.StatusOK {
		t.Errorf("GET %s: status %d", want.Path, page.status)
	}
	rest := text(t, page)
	for _, s := range append([]string{want.Title}, want.Authors...) {
		if !strings.Contains(rest, s) {
			t.Errorf("%s does not show %q", want.Path, s)
		}
	}
	for _, p := range want.Paragraphs {
		_, after, found := strings.Cut(rest, words(p))
		if !found {
			t.Fatalf("%s does not show %q in its place", want.Path, p)
		}
		rest = after
	}
	markup := html.UnescapeString(string(page.body))
	if !strings.Contains(markup, want.Published) {
		t.Errorf("%s does not state %s", want.Path, want.Published)
	}
	if want.Published == "" && regexp.MustCompile(`\d\d:\d\d:\d\d`).MatchString(markup) {
		t.Errorf("%s states a date", want.Path)
	}
	if !strings.Contains(markup, `<html lang="`+want.Lang+`"`) && strings.Contains(markup, "<html lang") {
		t.Errorf("%s does not declare %s", want.Path, want.Lang)
	}
}

// text returns what a reader of the page sees, alternative texts included,
// with single spaces.
func text(t *testing.T, page answer) string {
	t.Helper()
	body := string(page.body)
	if strings.Contains(body, "windows-1252") {
		var err error
		if body, err = charmap.Windows1252.NewDecoder().String(body); err != nil {
			t.Fatal(err)
		}
	}
	doc, err := html.Parse(strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for n := range doc.Descendants() {
		switch {
		case n.Type == html.ElementNode && n.Data == "img":
			for _, a := range n.Attr {
				if a.Key == "alt" {
					b.WriteString(" " + a.Val + " ")
				}
			}
		case n.Type == html.TextNode && n.Parent.Data != "script" && n.Parent.Data != "title":
			b.WriteString(n.Data)
		}
	}
	return words(b.String())
}

func words(s string) string { return strings.Join(strings.Fields(s), " ") }

func parseXML(t *testing.T, page answer, into any) {
	t.Helper()
	if err := xml.Unmarshal(page.body, into); err != nil {
		t.Fatalf("parse XML: %v", err)
	}
}
