package parser

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"pressmill/parser/corpus"
	"pressmill/parser/dates"
	"pressmill/pkg/news"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func errText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// testPage is a page fetched at a fixed time.
func testPage(body []byte) *news.Page {
	p := corpus.SavedPage("https://www.example-times.com/world/story-1.html", "p1", body)
	p.CrawlID = "c1"
	p.FetchedAt = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	p.Source = news.Source{ID: "example-times", Domain: "example-times.com"}
	return p
}

// golden is what a golden file keeps: the article or why there is none.
type golden struct {
	Article *news.Article `json:"article,omitempty"`
	Error   string        `json:"error,omitempty"`
}

func TestGolden(t *testing.T) {
	files, _ := filepath.Glob("testdata/golden/*.html")
	if len(files) == 0 {
		t.Fatal("no golden pages")
	}
	for _, name := range files {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".html"), func(t *testing.T) {
			t.Parallel()
			body, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			a, err := Extract(testPage(body))
			g := golden{Article: a, Error: errText(err)}
			if a != nil {
				if err := a.Validate(); err != nil {
					t.Error(err)
				}
				a.Extraction.At, a.Extraction.Version = time.Time{}, "" // they change without the article
			}
			got := encode(t, g)
			file := strings.TrimSuffix(name, ".html") + ".json"
			if *update {
				if err := os.WriteFile(file, got, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(string(want), string(got)); d != "" {
				t.Errorf("article (-want +got):\n%s", d)
			}
		})
	}
}

func encode(t *testing.T, v any) []byte {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(v); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

const para = "<p>The council met on Tuesday evening and agreed, after a long debate, to repair the old bridge before winter comes.</p>"

func TestRejects(t *testing.T) {
	long := strings.Repeat(para, 5)
	teaser := `<div class="item"><h3><a href="/a">A headline of another story that is long enough to read</a></h3><p>A short text on what the story is about.</p></div>`
	var excerpts strings.Builder
	for _, n := range []string{"one", "two", "three", "four", "five"} {
		excerpts.WriteString(`<article><h2><a href="/` + n + `">A headline of story ` + n + `</a></h2><p>` + strings.Repeat("The council met again to speak of part "+n+" of its plan. ", 6) + `</p></article>`)
	}
	for name, c := range map[string]struct {
		body, ctype, url string
		status           int
		want             string
	}{
		"plain text":    {body: "just text " + long, ctype: "text/plain", want: ReasonNotHTML},
		"pdf":           {body: "%PDF-1.4 <p>", want: ReasonNotHTML},
		"feed":          {body: `<?xml version="1.0"?><rss><channel></channel></rss>`, want: ReasonNotHTML},
		"error page":    {body: "<h1>Not found</h1>" + long, status: 404, want: ReasonErrorPage},
		"soft error":    {body: "<title>Page not found</title><h1>Page not found</h1>" + para, want: ReasonSoft404},
		"empty":         {body: "<html><body><h1>Title</h1></body></html>", want: ReasonNoText},
		"nothing":       {body: "<", want: ReasonNoText},
		"bot wall":      {body: "<title>Just a moment...</title><h1>example-times.com</h1>" + para, want: ReasonBotWall},
		"section front": {body: "<title>World</title><main><h1>World</h1>" + strings.Repeat(teaser, 20) + "</main>", want: ReasonSectionFront},
		"short front":   {body: "<title>World</title><main><h1>World</h1>" + strings.Repeat(teaser, 4) + "</main>", want: ReasonSectionFront},
		"blog front":    {body: "<title>World</title><main><h1>World</h1>" + strings.Repeat(`<article><h2><a href="/a">A headline of another story</a></h2>`+long+"</article>", 1) + excerpts.String() + "</main>", want: ReasonSectionFront},
		"list items":    {body: "<title>World</title><main><h1>World</h1><ul>" + strings.Repeat(`<li><a href="/a">A headline of another story that is long</a> and a text that says what it is about, in one sentence.</li>`, 6) + "</ul></main>", want: ReasonSectionFront},
		"tag page":      {body: "<title>Bridges</title><main><h1>Bridges</h1>" + strings.Repeat(teaser, 20) + "</main>", url: "https://example-times.com/tag/bridges", want: ReasonTagPage},
		"no title":      {body: long, want: ReasonNoTitle},
	} {
		t.Run(name, func(t *testing.T) {
			p := testPage([]byte(c.body))
			if c.ctype != "" {
				p.Header["Content-Type"] = []string{c.ctype}
			}
			if c.status != 0 {
				p.Status = c.status
			}
			if c.url != "" {
				p.FinalURL = c.url
			}
			_, err := Extract(p)
			if rej, ok := errors.AsType[*RejectError](err); !ok || rej.Reason != c.want || !errors.Is(err, ErrNotArticle) {
				t.Errorf("error %v, want %s", err, c.want)
			}
		})
	}
}

func TestParseDate(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		raw       string
		zone      *time.Location
		where     dates.Locale
		at, local string
		precision news.Precision
	}{
		{raw: "2024-05-03T15:47:42.389+00:00", at: "2024-05-03T15:47:42Z", local: "2024-05-03T15:47:42", precision: news.PrecisionSecond},
		{raw: "2024-05-03T15:47:42+0200", at: "2024-05-03T15:47:42+02:00", local: "2024-05-03T15:47:42", precision: news.PrecisionSecond},
		{raw: "2024-05-03T15:47", local: "2024-05-03T15:47:00", precision: news.PrecisionMinute},
		{raw: "2024-05-03 15:47", zone: berlin, at: "2024-05-03T15:47:00+02:00", local: "2024-05-03T15:47:00", precision: news.PrecisionMinute},
		{raw: "2024-05-03", zone: berlin, local: "2024-05-03", precision: news.PrecisionDay},
		{raw: "20240503T154742Z", at: "2024-05-03T15:47:42Z", local: "2024-05-03T15:47:42", precision: news.PrecisionSecond},
		{raw: "Fri, 03 May 2024 15:47:42 GMT", at: "2024-05-03T15:47:42Z", local: "2024-05-03T15:47:42", precision: news.PrecisionSecond},
		{raw: "May 3, 2024, 3:47 p.m.", local: "2024-05-03T15:47:00", precision: news.PrecisionMinute},
		{raw: "Stand: 3. Mai 2024, 15:47 Uhr", local: "2024-05-03T15:47:00", precision: news.PrecisionMinute},
		{raw: "3 de mayo de 2024", local: "2024-05-03", precision: news.PrecisionDay},
		{raw: "03.05.2024", local: "2024-05-03", precision: news.PrecisionDay},
		{raw: "05/03/2024", where: dates.Locale{Lang: "en"}, local: "2024-05-03", precision: news.PrecisionDay},
		{raw: "03/05/2024", local: "2024-05-03", precision: news.PrecisionDay},
		{raw: "2024年5月3日", local: "2024-05-03", precision: news.PrecisionDay},
		{raw: "1714751262", at: "2024-05-03T15:47:42Z", local: "2024-05-03T15:47:42", precision: news.PrecisionSecond},
		{raw: "2024-02-31"},
		{raw: "Published: Updated:"},
		{raw: ""},
		{raw: "32.13.2024"},
	} {
		var d *news.Date
		if found, ok := dates.Find(c.raw, c.where); ok {
			d = newsDate(found, c.raw, c.zone)
		}
		if c.local == "" {
			if d != nil {
				t.Errorf("%q: got %+v", c.raw, d)
			}
			continue
		}
		if d == nil || d.At != c.at || d.Local != c.local || d.Precision != c.precision {
			t.Errorf("%q: got %+v", c.raw, d)
		}
	}
}
