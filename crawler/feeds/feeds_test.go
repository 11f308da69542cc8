package feeds

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

const rssFeed = `<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0" xmlns:feedburner="http://rssnamespace.org/feedburner/ext/1.0" xmlns:dc="http://purl.org/dc/elements/1.1/">
<channel><title> The &amp; News </title><link>https://e.com/</link><ttl>15</ttl>
<item><title>One</title><link>
 https://e.com/1 </link><guid isPermaLink="false">1</guid><pubDate>Tue, 24 Nov 2026 10:00:00 +0100</pubDate></item>
<item><title>Two</title><guid>https://e.com/2</guid></item>
<item><title>Three</title><guid isPermaLink="false">https://e.com/3</guid></item>
<item><title>Four</title><guid isPermaLink="true">tag:4</guid></item>
<item><title>Five</title><link>/five?a=1&amp;b=2</link><dc:date>2026-11-24T09:00:00Z</dc:date></item>
<item><title>Six</title><link>https://feeds.example/6</link><feedburner:origLink>https://e.com/6</feedburner:origLink></item>
</channel></rss>`

const atomFeed = `<feed xmlns="http://www.w3.org/2005/Atom"><title>A</title><link href="https://e.com/"/>
<entry><id>https://e.com/id</id><title>One</title><link rel="alternate" href="https://e.com/1"/><published>2026-11-24T10:00:00Z</published><updated>2026-11-24T11:00:00Z</updated></entry>
<entry><id>https://e.com/id2</id><title>Two</title></entry></feed>`

const rdfFeed = `<?xml version="1.0"?><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/" xmlns:sy="http://purl.org/rss/1.0/modules/syndication/" xmlns:dc="http://purl.org/dc/elements/1.1/">
<channel><title>R</title><link>https://e.com/</link><sy:updatePeriod>hourly</sy:updatePeriod><sy:updateFrequency>2</sy:updateFrequency></channel>
<item><title>One</title><link>https://e.com/1</link><dc:date>2026-11-24T10:00:00+01:00</dc:date></item></rdf:RDF>`

const jsonFeed = `{"version": "https://jsonfeed.org/version/1.1", "title": "J", "home_page_url": "https://e.com/",
"items": [{"id": "1", "url": "https://e.com/1", "title": "One", "date_published": "2026-11-24T10:00:00Z"}, {"id": "https://e.com/2"}, {"id": "3"}]}`

func at(s string) time.Time {
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		panic(err)
	}
	return t
}

func equalTimes(a, b time.Time) bool { return a.Equal(b) }

func TestParse(t *testing.T) {
	for _, c := range []struct {
		name, body string
		want       Feed
	}{
		{"rss", rssFeed, Feed{Title: "The & News", Link: "https://e.com/", TTL: 15 * time.Minute, Items: []Item{
			{URL: "https://e.com/1", Title: "One", Published: at("2026-11-24T10:00:00+01:00")},
			{URL: "https://e.com/2", Title: "Two"},
			{Title: "Three"},
			{Title: "Four"},
			{URL: "/five?a=1&b=2", Title: "Five", Published: at("2026-11-24T09:00:00Z"), Updated: at("2026-11-24T09:00:00Z")},
			{URL: "https://e.com/6", Title: "Six"},
		}}},
		{"atom", atomFeed, Feed{Title: "A", Link: "https://e.com/", Items: []Item{
			{URL: "https://e.com/1", Title: "One", Published: at("2026-11-24T10:00:00Z"), Updated: at("2026-11-24T11:00:00Z")},
			{Title: "Two"},
		}}},
		{"rdf", rdfFeed, Feed{Title: "R", Link: "https://e.com/", TTL: 30 * time.Minute, Items: []Item{
			{URL: "https://e.com/1", Title: "One", Published: at("2026-11-24T10:00:00+01:00"), Updated: at("2026-11-24T10:00:00+01:00")},
		}}},
		{"json", jsonFeed, Feed{Title: "J", Link: "https://e.com/", Items: []Item{
			{URL: "https://e.com/1", Title: "One", Published: at("2026-11-24T10:00:00Z")},
			{URL: "https://e.com/2"},
			{},
		}}},
	} {
		got, err := Parse([]byte(c.body))
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
		}
		if diff := cmp.Diff(c.want, got, cmp.Comparer(equalTimes)); diff != "" {
			t.Errorf("%s: %s", c.name, diff)
		}
	}
}

// titled is a feed of one item in an encoding.
func titled(encoding, title string) string {
	return `<?xml version="1.0" encoding="` + encoding + `"?><rss version="2.0"><channel><item><title>` + title + `</title><link>https://e.com/1</link></item></channel></rss>`
}

func utf16(s string) string {
	b := []byte{0xfe, 0xff}
	for _, r := range s {
		b = append(b, byte(r>>8), byte(r))
	}
	return string(b)
}

func TestRepair(t *testing.T) {
	for _, c := range []struct{ name, body, want string }{
		{"plain", titled("UTF-8", "Zürich"), "Zürich"},
		{"invalid UTF-8", titled("UTF-8", "Z\xfcrich"), "Z\ufffdrich"},
		{"ISO 8859-1", titled("ISO-8859-1", "Z\xfcrich"), "Zürich"},
		{"windows-1252", titled("windows-1252", "\x93Z\x94"), "“Z”"},
		{"KOI8-R", titled("koi8-r", "\xed\xc9\xd2"), "Мир"},
		{"UTF-8 that says it is not", titled("ISO-8859-1", "Zürich"), "Zürich"},
		{"unknown encoding", titled("x-none", "Zürich"), "Zürich"},
		{"UTF-16", utf16(titled("UTF-16", "Zürich")), "Zürich"},
		{"BOM", "\ufeff" + titled("utf-8", "x"), "x"},
		{"white space first", "\n\n  " + titled("utf-8", "x"), "x"},
		{"words first", "Warning: x in y.php\n" + titled("utf-8", "x"), "x"},
		{"control characters", titled("utf-8", "a\x00b\x0bc\x1fd"), "abcd"},
		{"references to them", titled("utf-8", "a&#0;b&#x1F;c&#xFFFF;d&#65;"), "abcdA"},
		{"entities of HTML", titled("utf-8", "a&nbsp;b &eacute; &amp; c"), "a\u00a0b é & c"},
		{"bare ampersand", titled("utf-8", "R&D & S"), "R&D & S"},
	} {
		f, err := Parse([]byte(c.body))
		if err != nil || len(f.Items) != 1 {
			t.Errorf("%s: %+v, %v", c.name, f, err)
		} else if got := f.Items[0].Title; got != c.want {
			t.Errorf("%s: title %q, want %q", c.name, got, c.want)
		}
	}
}

func TestParseBroken(t *testing.T) {
	for _, c := range []struct {
		name, body string
		items      int
		want       error // nil stands for any, where there are no items
	}{
		{"rss cut in an item", rssFeed[:strings.Index(rssFeed, "Three")], 2, nil},
		{"rss cut between items", rssFeed[:strings.Index(rssFeed, "<item><title>Three")], 2, nil},
		{"atom cut", atomFeed[:strings.Index(atomFeed, "id2")], 1, nil},
		{"rdf cut", rdfFeed[:strings.Index(rdfFeed, "</rdf:RDF>")], 1, nil},
		{"json cut", jsonFeed[:200], 0, nil},
		{"cut before any item", rssFeed[:300], 0, nil},
		{"HTML", "<!DOCTYPE html><html><body>404", 0, ErrNotFeed},
		{"empty", "", 0, ErrNotFeed},
		{"other JSON", `[1]`, 0, ErrNotFeed},
		{"nested", "<rss><channel><item>" + strings.Repeat("<x:a>", 1_000_000), 0, nil},
		{"nested JSON", `{"version":"https://jsonfeed.org/version/1","items":` + strings.Repeat("[", 1_000_000), 0, nil},
	} {
		f, err := Parse([]byte(c.body))
		if len(f.Items) != c.items || (err == nil) != (c.items > 0) || c.want != nil && !errors.Is(err, c.want) {
			t.Errorf("%s: %d items, %v", c.name, len(f.Items), err)
		}
	}
}

func TestSniff(t *testing.T) {
	for _, c := range []struct {
		contentType, body string
		want              bool
	}{
		{"text/html", rssFeed, true},
		{"", atomFeed, true},
		{"", rdfFeed, true},
		{"application/json", jsonFeed, true},
		{"application/feed+json", `{"title":"x"}`, true},
		{"application/json", `{"title":"x"}`, false},
		{"", utf16(rssFeed), true},
		{"", "\ufeff\n<?xml version='1.0'?><!-- x --><?xml-stylesheet?><rss>", true},
		{"", `<a:feed xmlns:a="http://www.w3.org/2005/Atom">`, true},
		{"application/rss+xml", "<!DOCTYPE html><html><head><title>rss</title>", false},
		{"application/xml", "<urlset>", false},
		{"", "", false},
		{"", "rss", false},
	} {
		if got := Sniff(c.contentType, []byte(c.body)); got != c.want {
			t.Errorf("Sniff(%q, %.40q) = %v", c.contentType, c.body, got)
		}
	}
}

func TestTTL(t *testing.T) {
	for value, want := range map[string]time.Duration{"60": time.Hour, "": 0, "-5": 0, "soon": 0, "99999999": maxTTL} {
		f, err := Parse([]byte("<rss version='2.0'><channel><ttl>" + value + "</ttl></channel></rss>"))
		if err != nil || f.TTL != want {
			t.Errorf("ttl %q: %v, %v, want %v", value, f.TTL, err, want)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{rssFeed, atomFeed, rdfFeed, jsonFeed, titled("koi8-r", "\xed&#0;&nbsp;"), utf16(rssFeed)} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		Sniff("", body)
		feed, err := Parse(body)
		if err != nil && strings.Contains(err.Error(), "panics") {
			t.Fatal(err)
		}
		if feed.TTL < 0 || feed.TTL > maxTTL {
			t.Fatalf("TTL %v", feed.TTL)
		}
	})
}
