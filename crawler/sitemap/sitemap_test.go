package sitemap

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

const newsMap = `<?xml version="1.0" encoding="UTF-8"?>
<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:news="http://www.google.com/schemas/sitemap-news/0.9" xmlns:image="http://www.google.com/schemas/sitemap-image/1.1">
<url><loc> https://e.com/a?x=1&amp;y=2 </loc><lastmod>2026-11-24T10:00:00+01:00</lastmod>
<image:image><image:loc>https://img.e.com/1.jpg</image:loc></image:image>
<news:news><news:publication><news:name>E</news:name></news:publication><news:publication_date>2026-11-24T09:00Z</news:publication_date><news:title>T</news:title></news:news></url>
<url><loc><![CDATA[https://e.com/b]]></loc><lastmod>2026-11-23</lastmod></url>
<url><lastmod>2026-11-23</lastmod></url>
<url><loc>https://e.com/c</loc><lastmod>yesterday</lastmod></url>
</urlset>`

func at(s string) time.Time {
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		panic(err)
	}
	return t
}

func newsEntries() []Entry {
	return []Entry{
		{URL: "https://e.com/a?x=1&y=2", LastMod: at("2026-11-24T10:00:00+01:00"), News: true, Published: at("2026-11-24T09:00:00Z")},
		{URL: "https://e.com/b", LastMod: at("2026-11-23T00:00:00Z")},
		{URL: "https://e.com/c"},
	}
}

func pack(data string) []byte {
	var buf bytes.Buffer
	w := gzip.NewWriter(&buf)
	w.Write([]byte(data))
	w.Close()
	return buf.Bytes()
}

func utf16(s string) []byte {
	b := []byte{0xff, 0xfe}
	for _, r := range s {
		b = append(b, byte(r), byte(r>>8))
	}
	return b
}

func TestParse(t *testing.T) {
	one := Sitemap{URLs: []Entry{{URL: "https://e.com/a"}}}
	for _, c := range []struct {
		name string
		body []byte
		want Sitemap
	}{
		{"news", []byte(newsMap), Sitemap{URLs: newsEntries()}},
		{"gzip", pack(newsMap), Sitemap{URLs: newsEntries()}},
		{"BOM and white space", []byte("\ufeff \n" + newsMap), Sitemap{URLs: newsEntries()}},
		{
			"index", []byte(`<sitemapindex xmlns="x"><sitemap><loc>https://e.com/1.xml</loc><lastmod>2026-11</lastmod></sitemap><sitemap><loc>https://e.com/2.xml.gz</loc></sitemap></sitemapindex>`),
			Sitemap{Index: []Entry{{URL: "https://e.com/1.xml", LastMod: at("2026-11-01T00:00:00Z")}, {URL: "https://e.com/2.xml.gz"}}},
		},
		{"no namespace", []byte(`<urlset><url><loc>https://e.com/a</loc></url></urlset>`), one},
		{"a prefix that is not declared", []byte(`<s:urlset><s:url><s:loc>https://e.com/a</s:loc></s:url></s:urlset>`), one},
		{"capitals", []byte(`<URLSET><Url><LOC>https://e.com/a</LOC></Url></URLSET>`), one},
		{"comment and instruction", []byte(`<?xml version="1.0"?><?xml-stylesheet href="x"?><!-- x --><urlset><url><!-- y --><loc>https://e.com/<!-- z -->a</loc></url></urlset>`), one},
		{"after the root", []byte(`<urlset><url><loc>https://e.com/a</loc></url></urlset><script>`), one},
		{"UTF-16", utf16(`<?xml version="1.0" encoding="UTF-16"?><urlset><url><loc>https://e.com/a</loc></url></urlset>`), one},
		{"ISO 8859-1", []byte("<?xml version='1.0' encoding='ISO-8859-1'?><urlset><url><loc>https://e.com/\xe4</loc></url></urlset>"), Sitemap{URLs: []Entry{{URL: "https://e.com/ä"}}}},
		{"control and invalid bytes", []byte("<urlset><url><x>\x01\xff</x><loc>https://e.com/a</loc></url></urlset>"), one},
		{"entities of HTML", []byte(`<urlset><url><x>&nbsp;&bogus;</x><loc>https://e.com/a</loc></url></urlset>`), one},
		{"text", []byte("\ufeffhttps://e.com/a\r\n\r\nnot a URL\nhttp://e.com/b\n"), Sitemap{URLs: []Entry{{URL: "https://e.com/a"}, {URL: "http://e.com/b"}}}},
		{"packed text", pack("https://e.com/a"), one},
		{"empty set", []byte(`<urlset></urlset>`), Sitemap{}},
	} {
		got, err := Parse(c.body, 0)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s: %s", c.name, diff)
		}
	}
}

func TestParseBroken(t *testing.T) {
	packed := pack(newsMap + strings.Repeat(" ", 10) + newsMap)
	for _, c := range []struct {
		name string
		body []byte
		n    int
		want error // nil stands for any
	}{
		{"cut in an entry", []byte(newsMap[:strings.Index(newsMap, "yesterday")]), 2, nil},
		{"cut between entries", []byte(newsMap[:strings.Index(newsMap, "<url><lastmod>")]), 2, nil},
		{"cut gzip", packed[:len(packed)-20], -1, nil},
		{"no gzip", []byte("\x1f\x8b\x00"), 0, nil},
		{"HTML", []byte("<!DOCTYPE html><html><p>404"), 0, ErrNotSitemap},
		{"feed", []byte("<rss><channel></channel></rss>"), 0, ErrNotSitemap},
		{"empty", nil, 0, ErrNotSitemap},
		{"words", []byte("not found"), 0, ErrNotSitemap},
		{"nested", []byte("<urlset>" + strings.Repeat("<a>", 100_000)), 0, nil},
	} {
		got, err := Parse(c.body, 0)
		if err == nil && c.name != "cut gzip" || c.want != nil && !errors.Is(err, c.want) {
			t.Errorf("%s: error %v", c.name, err)
		}
		if c.n >= 0 && len(got.URLs) != c.n {
			t.Errorf("%s: %v", c.name, got.URLs)
		}
	}
}

func TestMaxSize(t *testing.T) {
	for size, want := range map[int]error{99: nil, 100: nil, 101: ErrTooLarge} {
		n, err := io.Copy(io.Discard, &limited{r: strings.NewReader(strings.Repeat("x", size)), left: 100})
		if n != int64(min(size, 100)) || !errors.Is(err, want) {
			t.Errorf("of %d bytes %d are read, %v", size, n, err)
		}
	}
}

func TestLimit(t *testing.T) {
	for _, body := range []string{newsMap, "https://e.com/1\nhttps://e.com/2\nhttps://e.com/3\n"} {
		if got, err := Parse([]byte(body), 2); err != nil || len(got.URLs) != 2 {
			t.Errorf("%v, %v", got, err)
		}
	}
}

func TestSniff(t *testing.T) {
	for _, c := range []struct {
		contentType, body string
		want              bool
	}{
		{"text/html", newsMap, true},
		{"", string(pack(newsMap)), true},
		{"", "\ufeff<sitemapindex>", true},
		{"", "<html><body>urlset", false},
		{"application/xml", "<rss><channel><title>urlset", false},
		{"text/plain; charset=utf-8", "https://e.com/a\nhttps://e.com/b", true},
		{"text/html", "https://e.com/a", false},
		{"text/plain", "Hello https://e.com/", false},
		{"", "", false},
		{"", "\x1f\x8b", false},
	} {
		if got := Sniff(c.contentType, []byte(c.body)); got != c.want {
			t.Errorf("Sniff(%q, %.40q) = %v", c.contentType, c.body, got)
		}
	}
}

func TestParseTime(t *testing.T) {
	for s, want := range map[string]string{
		"2026-11-24T10:00:00.5Z": "2026-11-24T10:00:00.5Z", "2026-11-24T10:00:00+0100": "2026-11-24T10:00:00+01:00",
		"2026-11-24T10:00": "2026-11-24T10:00:00Z", "2026-11-24 10:00:00": "2026-11-24T10:00:00Z", "2026": "2026-01-01T00:00:00Z",
	} {
		if got := parseTime(s); !got.Equal(at(want)) {
			t.Errorf("parseTime(%s) = %v", s, got)
		}
	}
	if got := parseTime("tomorrow"); !got.IsZero() {
		t.Errorf("parseTime(tomorrow) = %v", got)
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(newsMap))
	f.Add(pack(newsMap))
	f.Add([]byte("https://e.com/a\nhttps://e.com/b"))
	f.Add([]byte("<?xml encoding='latin1'?><sitemapindex><sitemap><loc>\xff&#1;</loc>"))
	f.Fuzz(func(t *testing.T, body []byte) {
		Sniff("text/plain", body)
		s, _ := Parse(body, 10)
		if len(s.URLs)+len(s.Index) > 10 {
			t.Fatal("over the limit")
		}
		for _, e := range append(s.URLs, s.Index...) {
			if e.URL == "" {
				t.Fatal("an entry without URL")
			}
		}
	})
}
