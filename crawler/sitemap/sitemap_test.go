package sitemap

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"pressmill/pkg/race"
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

func collect(body []byte, limit int) (entries []Entry, err error) {
	for e, failed := range Entries(bytes.NewReader(body), limit) {
		if failed != nil {
			err = failed
		} else {
			entries = append(entries, e)
		}
	}
	return entries, err
}

func TestEntries(t *testing.T) {
	one := []Entry{{URL: "https://e.com/a"}}
	for _, c := range []struct {
		name string
		body []byte
		want []Entry
	}{
		{"news", []byte(newsMap), newsEntries()},
		{"gzip", pack(newsMap), newsEntries()},
		{"gzip twice", pack(string(pack(newsMap))), newsEntries()},
		{"gzip and then other bytes", append(pack(newsMap), "padding"...), newsEntries()},
		{"BOM and white space", []byte("\ufeff \n" + newsMap), newsEntries()},
		{
			"index", []byte(`<sitemapindex xmlns="x"><sitemap><loc>https://e.com/1.xml</loc><lastmod>2026-11</lastmod></sitemap><sitemap><loc>https://e.com/2.xml.gz</loc></sitemap></sitemapindex>`),
			[]Entry{{URL: "https://e.com/1.xml", Index: true, LastMod: at("2026-11-01T00:00:00Z")}, {URL: "https://e.com/2.xml.gz", Index: true}},
		},
		{"no namespace", []byte(`<urlset><url><loc>https://e.com/a</loc></url></urlset>`), one},
		{"the wrong namespace", []byte(`<urlset xmlns="https://e.com/"><url xmlns="x"><loc>https://e.com/a</loc></url></urlset>`), one},
		{"a prefix", []byte(`<s:urlset xmlns:s="x"><s:url><s:loc>https://e.com/a</s:loc></s:url></s:urlset>`), one},
		{"a prefix that is not declared", []byte(`<s:urlset><s:url><s:loc>https://e.com/a</s:loc></s:url></s:urlset>`), one},
		{"capitals", []byte(`<URLSET><Url><LOC>https://e.com/a</LOC></Url></URLSET>`), one},
		{"comment and instruction", []byte(`<?xml version="1.0"?><?xml-stylesheet href="x"?><!-- x --><urlset><url><!-- y --><loc>https://e.com/<!-- z -->a</loc></url></urlset>`), one},
		{"after the root", []byte(`<urlset><url><loc>https://e.com/a</loc></url></urlset><script>`), one},
		{"UTF-16", utf16(`<?xml version="1.0" encoding="UTF-16"?><urlset><url><loc>https://e.com/a</loc></url></urlset>`), one},
		{"ISO 8859-1", []byte("<?xml version='1.0' encoding='ISO-8859-1'?><urlset><url><loc>https://e.com/\xe4</loc></url></urlset>"), []Entry{{URL: "https://e.com/ä"}}},
		{"UTF-8 that says it is not", []byte("<?xml version='1.0' encoding='ISO-8859-1'?><urlset><url><loc>https://e.com/ä</loc></url></urlset>"), []Entry{{URL: "https://e.com/ä"}}},
		{"control and invalid bytes", []byte("<urlset><url><x>\x01\xff</x><loc>https://e.com/a</loc></url></urlset>"), one},
		{"entities of HTML", []byte(`<urlset><url><x>&nbsp;&bogus;</x><loc>https://e.com/a</loc></url></urlset>`), one},
		{"bare ampersands", []byte(`<urlset><url><loc>https://e.com/?a=1&copy=2</loc></url></urlset>`), []Entry{{URL: "https://e.com/?a=1&copy=2"}}},
		{"tags left open", []byte(`<urlset><url><loc>https://e.com/a</url><url><loc>https://e.com/b</loc><url><loc>https://e.com/c</loc></urlset>`), []Entry{{URL: "https://e.com/a"}, {URL: "https://e.com/b"}, {URL: "https://e.com/c"}}},
		{"ends of what is not open", []byte(`<urlset></x><url></y><loc>https://e.com/a</loc></z></url></urlset>`), one},
		{"images in the wrong place", []byte(`<urlset><url><image:loc>https://e.com/i</image:loc><loc>https://e.com/a</loc><image:image><image:loc>https://e.com/j</image:loc></image:image></url></urlset>`), one},
		{"empty elements", []byte(`<urlset><url/><url><loc/></url><url><loc></loc></url><url><loc>https://e.com/a</loc><lastmod/></url></urlset>`), one},
		{"an address that is too long", []byte(`<urlset><url><loc>https://e.com/` + strings.Repeat("x", maxURL) + `</loc></url><url><loc>https://e.com/a</loc></url></urlset>`), one},
		{"text", []byte("\ufeffhttps://e.com/a\r\n\r\nnot a URL\nhttp://e.com/b\n"), []Entry{{URL: "https://e.com/a", Text: true}, {URL: "http://e.com/b", Text: true}}},
		{"a line that is too long", []byte("https://e.com/a\nhttps://e.com/" + strings.Repeat("x", 3*HeadSize) + "\nhttps://e.com/b"), []Entry{{URL: "https://e.com/a", Text: true}, {URL: "https://e.com/b", Text: true}}},
		{"packed text", pack("https://e.com/a"), []Entry{{URL: "https://e.com/a", Text: true}}},
		{"text with comments", []byte("# mine\n\n# of today\nhttps://e.com/a\n"), []Entry{{URL: "https://e.com/a", Text: true}}},
		{"empty set", []byte(`<urlset></urlset>`), nil},
		{"empty element", []byte(`<urlset/>`), nil},
	} {
		got, err := collect(c.body, 0)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s: %s", c.name, diff)
		}
	}
}

func TestEntriesOfBroken(t *testing.T) {
	var many strings.Builder
	for i := range 20_000 {
		fmt.Fprintf(&many, "<url><loc>https://e.com/%d</loc></url>", i*i)
	}
	packed := pack("<urlset>" + many.String())
	bomb := `<!DOCTYPE x [<!ENTITY a "https://e.com/"><!ENTITY b "&a;&a;&a;&a;"><!ENTITY c SYSTEM "file:///etc/passwd">]><urlset><url><loc>&b;&c;</loc></url>`
	for _, c := range []struct {
		name string
		body []byte
		n    int // -1: many
		want error
	}{
		{"cut in an entry", []byte(newsMap[:strings.Index(newsMap, "yesterday")]), 2, io.ErrUnexpectedEOF},
		{"cut between entries", []byte(newsMap[:strings.Index(newsMap, "<url><lastmod>")]), 2, io.ErrUnexpectedEOF},
		{"cut in a tag", []byte(newsMap[:strings.Index(newsMap, "lastmod>yesterday")]), 2, io.ErrUnexpectedEOF},
		{"cut gzip", packed[:len(packed)/2], -1, io.ErrUnexpectedEOF},
		{"no gzip", []byte("\x1f\x8b\x00"), 0, io.ErrUnexpectedEOF},
		{"HTML", []byte("<!DOCTYPE html><html><p>404"), 0, ErrNotSitemap},
		{"feed", []byte("<rss><channel></channel></rss>"), 0, ErrNotSitemap},
		{"empty", nil, 0, ErrNotSitemap},
		{"words", []byte("not found"), 0, ErrNotSitemap},
		{"declared entities", []byte(bomb), 1, io.ErrUnexpectedEOF},
	} {
		got, err := collect(c.body, 0)
		if !errors.Is(err, c.want) || len(got) != c.n && (c.n >= 0 || len(got) < 1000) {
			t.Errorf("%s: %v, %v", c.name, got, err)
		}
	}
	if _, err := collect([]byte("<urlset>"+strings.Repeat("<a>", 100_000)), 0); err == nil {
		t.Error("nested deeply: no error")
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
		if got, err := collect([]byte(body), 2); !errors.Is(err, ErrTooMany) || len(got) != 2 {
			t.Errorf("%v, %v", got, err)
		}
		if got, err := collect([]byte(body), 3); err != nil || len(got) != 3 {
			t.Errorf("%v, %v", got, err)
		}
	}
}

func TestStop(t *testing.T) {
	for e, err := range Entries(strings.NewReader(newsMap), 0) {
		if e.URL == "" || err != nil {
			t.Fatalf("%v, %v", e, err)
		}
		break
	}
}

// generated is a sitemap of n entries of about 1 KB each, made as it is read.
type generated struct {
	n, made int
	left    string
}

func (g *generated) Read(p []byte) (int, error) {
	if g.left == "" {
		switch g.made {
		case g.n + 1:
			return 0, io.EOF
		case g.n:
			g.left = "</urlset>"
		case 0:
			g.left = "<urlset>"
			fallthrough
		default:
			g.left += fmt.Sprintf("<url><loc>https://e.com/%d</loc><lastmod>2026-11-24</lastmod><image:image><image:caption>%s</image:caption></image:image></url>\n", g.made, strings.Repeat("x", 900))
		}
		g.made++
	}
	n := copy(p, g.left)
	g.left = g.left[n:]
	return n, nil
}

// What is kept of a sitemap of 50 MB while it is read is less than 1 MB.
func TestMemory(t *testing.T) {
	entries := MaxEntries
	if race.Enabled {
		entries /= 10
	}
	heap := func() uint64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	piped := func() io.Reader {
		r, w := io.Pipe()
		go func() {
			zw := gzip.NewWriter(w)
			_, err := io.Copy(zw, &generated{n: entries})
			w.CloseWithError(errors.Join(err, zw.Close()))
		}()
		return r
	}
	for name, r := range map[string]io.Reader{"plain": &generated{n: entries}, "gzip": piped()} {
		before, n, highest := heap(), 0, uint64(0)
		for e, err := range Entries(r, 0) {
			if err != nil {
				t.Fatalf("%s: %v after %d entries", name, err, n)
			}
			if e.URL != fmt.Sprintf("https://e.com/%d", n) {
				t.Fatalf("%s: entry %d is %v", name, n, e)
			}
			if n++; n%(entries/10) == 0 {
				highest = max(highest, heap())
			}
		}
		if n != entries {
			t.Errorf("%s: %d entries", name, n)
		}
		if highest > before+2<<20 {
			t.Errorf("%s: the heap grew by %d KB", name, (highest-before)>>10)
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

func TestLastMod(t *testing.T) {
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

func FuzzEntries(f *testing.F) {
	f.Add([]byte(newsMap))
	f.Add(pack(newsMap))
	f.Add([]byte("https://e.com/a\nhttps://e.com/b"))
	f.Add([]byte("<?xml encoding='latin1'?><sitemapindex><sitemap><loc>\xff&#1;</loc>"))
	f.Fuzz(func(t *testing.T, body []byte) {
		Sniff("text/plain", body)
		entries, _ := collect(body, 10)
		if len(entries) > 10 {
			t.Fatal("over the limit")
		}
		for _, e := range entries {
			if e.URL == "" {
				t.Fatal("an entry without URL")
			}
		}
	})
}

func BenchmarkEntries(b *testing.B) {
	b.ReportAllocs()
	b.SetBytes(1000 * 1024)
	for b.Loop() {
		for _, err := range Entries(&generated{n: 1000}, 0) {
			if err != nil {
				b.Fatal(err)
			}
		}
	}
}
