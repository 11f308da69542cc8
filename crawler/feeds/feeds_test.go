package feeds

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"pressmill/pkg/race"
)

var update = flag.Bool("update", false, "write the golden files of testdata")

// What is read of each feed in testdata stands beside it.
func TestGolden(t *testing.T) {
	files, err := filepath.Glob("testdata/*.*")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if filepath.Ext(file) == ".json" {
			continue
		}
		t.Run(filepath.Base(file), func(t *testing.T) {
			body, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if !Sniff("", body) {
				t.Error("it is not known as a feed")
			}
			feed, err := Parse("", body)
			if err != nil {
				t.Fatal(err)
			}
			got, err := json.MarshalIndent(goldenOf(feed), "", "  ")
			if err != nil {
				t.Fatal(err)
			}
			golden := strings.TrimSuffix(file, filepath.Ext(file)) + ".json"
			if *update {
				if err := os.WriteFile(golden, append(got, '\n'), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(strings.TrimSpace(string(want)), string(got)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// golden is a feed without what it lacks.
type golden struct {
	Title     string         `json:",omitempty"`
	Link      string         `json:",omitempty"`
	Self      string         `json:",omitempty"`
	Hubs      []string       `json:",omitempty"`
	TTL       string         `json:",omitempty"`
	SkipHours []int          `json:",omitempty"`
	SkipDays  []time.Weekday `json:",omitempty"`
	Cut       bool           `json:",omitempty"`
	Items     []goldenItem
}

type goldenItem struct {
	URL       string
	Title     string    `json:",omitempty"`
	Published time.Time `json:",omitzero"`
	Updated   time.Time `json:",omitzero"`
}

func goldenOf(f Feed) golden {
	g := golden{Title: f.Title, Link: f.Link, Self: f.Self, Hubs: f.Hubs, SkipHours: f.SkipHours, SkipDays: f.SkipDays, Cut: f.Cut}
	if f.TTL > 0 {
		g.TTL = f.TTL.String()
	}
	for _, i := range f.Items {
		g.Items = append(g.Items, goldenItem(i))
	}
	return g
}

func TestCharsetOfTheHeaderCounts(t *testing.T) {
	f, err := Parse("text/xml; charset=koi8-r", []byte("<rss><channel><title>\xed\xc9\xd2</title></channel></rss>"))
	if err != nil || f.Title != "Мир" {
		t.Errorf("%q, %v", f.Title, err)
	}
}

func TestWhatIsNoFeed(t *testing.T) {
	for _, c := range []struct {
		name, body string
		want       error
	}{
		{"HTML", "<!DOCTYPE html><html><body>404", ErrNotFeed},
		{"empty", "", ErrNotFeed},
		{"words", "not found", ErrNotFeed},
		{"other JSON", `[1]`, ErrNotFeed},
		{"cut before any item", "<rss><channel><title>x</title><item><title>", io.ErrUnexpectedEOF},
		{"JSON cut before any item", `{"version":"https://jsonfeed.org/version/1","items":[{"id":`, io.ErrUnexpectedEOF},
		{"items that are none", `{"version":"https://jsonfeed.org/version/1","items":{}}`, errNoItems},
		{"nested", "<rss><channel><item>" + strings.Repeat("<x:a>", 100_000), io.ErrUnexpectedEOF},
	} {
		if f, err := Parse("", []byte(c.body)); !errors.Is(err, c.want) || len(f.Items) > 0 {
			t.Errorf("%s: %d items, %v", c.name, len(f.Items), err)
		}
	}
	if _, err := Parse("", []byte(`{"version":"https://jsonfeed.org/version/1","items":`+strings.Repeat("[", 1_000_000))); err == nil {
		t.Error("nested JSON: no error")
	}
	if f, err := Parse("", []byte("<rss/>")); err != nil || len(f.Items) > 0 {
		t.Errorf("an empty feed: %v, %v", f, err)
	}
}

func TestSniff(t *testing.T) {
	for _, c := range []struct {
		contentType, body string
		want              bool
	}{
		{"text/html", "<rss version='2.0'>", true},
		{"application/feed+json", `{"title":"x"}`, true},
		{"application/json", `{"title":"x"}`, false},
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
	for elements, want := range map[string]time.Duration{
		"<ttl>60</ttl>": time.Hour, "": 0, "<ttl>-5</ttl>": 0, "<ttl>soon</ttl>": 0, "<ttl>99999999</ttl>": maxTTL,
		"<sy:updatePeriod>yearly</sy:updatePeriod>": maxTTL, "<sy:updatePeriod> Daily </sy:updatePeriod><sy:updateFrequency>24</sy:updateFrequency>": time.Hour,
		"<sy:updatePeriod>daily</sy:updatePeriod><sy:updateFrequency>0</sy:updateFrequency>": 24 * time.Hour,
	} {
		f, err := Parse("", []byte("<rss version='2.0'><channel>"+elements+"</channel></rss>"))
		if err != nil || f.TTL != want {
			t.Errorf("%s: %v, %v, want %v", elements, f.TTL, err, want)
		}
	}
}

// Of a feed of a million items, the newest are kept, in their order, and it
// costs little more than reading it.
func TestMillionItems(t *testing.T) {
	n := 1_000_000
	if race.Enabled {
		n = 50_000
	}
	var b strings.Builder
	b.WriteString("<rss version='2.0'><channel><title>long</title>")
	day := time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)
	for i := range n {
		fmt.Fprintf(&b, "<item><link>https://e.com/%d</link><pubDate>%s</pubDate></item>", i, day.Add(time.Duration(i*7919%n)*time.Minute).Format(time.RFC3339))
	}
	b.WriteString("</channel></rss>")
	body := []byte(b.String())
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f, err := Parse("", body)
	runtime.ReadMemStats(&after)
	if err != nil || len(f.Items) != MaxItems || f.Cut {
		t.Fatalf("%d items, %v", len(f.Items), err)
	}
	oldest := day.Add(time.Duration(n-MaxItems) * time.Minute)
	for i, item := range f.Items {
		if item.Published.Before(oldest) {
			t.Fatalf("item %d of %s is not among the newest", i, item.Published)
		}
	}
	if mb := (after.HeapAlloc - min(before.HeapAlloc, after.HeapAlloc)) >> 20; mb > 64 {
		t.Errorf("%d MB more on the heap", mb)
	}
}

// A long list without dates is cut after its first items: feeds begin with the
// newest.
func TestManyItemsWithoutDates(t *testing.T) {
	var b strings.Builder
	for i := range 3 * MaxItems {
		fmt.Fprintf(&b, `{"url": "https://e.com/%d"},`, i)
	}
	f, err := Parse("", []byte(`{"version":"https://jsonfeed.org/version/1","items":[`+b.String()+`{"url":"https://e.com/dated","date_published":"2026-11-24T10:00:00Z"}]}`))
	if err != nil || len(f.Items) != MaxItems {
		t.Fatalf("%d items, %v", len(f.Items), err)
	}
	if first, last := f.Items[0].URL, f.Items[MaxItems-1].URL; first != "https://e.com/0" || last != "https://e.com/dated" {
		t.Errorf("from %s to %s", first, last)
	}
}

func TestLongTexts(t *testing.T) {
	long := strings.Repeat("x", 100_000)
	f, err := Parse("", []byte("<rss><channel><item><title>"+long+"</title><link>https://e.com/1</link></item><item><link>https://e.com/"+long+"</link></item></channel></rss>"))
	if err != nil || len(f.Items) != 1 || len(f.Items[0].Title) != maxTitle {
		t.Errorf("%d items, %v", len(f.Items), err)
	}
}

func TestParseDate(t *testing.T) {
	for s, want := range map[string]string{
		"Tue, 24 Nov 2026 10:00:00 +0100":       "2026-11-24T09:00:00Z",
		"Tue, 24 Nov 2026 10:00:00 GMT":         "2026-11-24T10:00:00Z",
		"Tue, 24 Nov 2026 10:00:00 EST":         "2026-11-24T15:00:00Z",
		"Tue, 24 Nov 2026 10:00 CEST":           "2026-11-24T08:00:00Z",
		"Tue, 24 Nov 2026 10:00:00 MSK":         "2026-11-24T07:00:00Z",
		"Tue, 24 Nov 2026 10:00:00 IST":         "2026-11-24T04:30:00Z",
		"Tue, 24 Nov 2026 10:00:00 XYZ":         "2026-11-24T10:00:00Z",
		"Tue, 24 Nov 2026 10:00:00 UT":          "2026-11-24T10:00:00Z",
		"Tue, 24 Nov 2026 10:00:00 GMT+0300":    "2026-11-24T07:00:00Z",
		"Tue, 24 Nov 2026 10:00:00 +01:00":      "2026-11-24T09:00:00Z",
		"Tue, 24 Nov 2026 10:00:00":             "2026-11-24T10:00:00Z",
		"Tuesday, 24 November 2026 10:00:00 Z":  "2026-11-24T10:00:00Z",
		"24 Nov 26 10:00 GMT":                   "2026-11-24T10:00:00Z",
		"Die, 24 Nov 2026 10:00:00 +0100":       "2026-11-24T09:00:00Z",
		"Di, 3 Dez 2026 10:00:00 +0100":         "2026-12-03T09:00:00Z",
		"24. März 2026 10:00":                   "2026-03-24T10:00:00Z",
		"mar., 24 févr. 2026 10:00:00 +0100":    "2026-02-24T09:00:00Z",
		"24 de noviembre de 2026":               "2026-11-24T00:00:00Z",
		"Nov 24, 2026 10:00 PM EST":             "2026-11-25T03:00:00Z",
		"November 24th, 2026":                   "2026-11-24T00:00:00Z",
		"Tue Nov 24 10:00:00 CET 2026":          "2026-11-24T09:00:00Z",
		"Tue Nov 24 10:00:00 2026":              "2026-11-24T10:00:00Z",
		"2026-11-24T10:00:00Z":                  "2026-11-24T10:00:00Z",
		"2026-11-24T10:00:00.123456+01:00":      "2026-11-24T09:00:00Z",
		"2026-11-24T10:00:00+0100":              "2026-11-24T09:00:00Z",
		"2026-11-24T10:00+01":                   "2026-11-24T09:00:00Z",
		"2026-11-24 10:00:00":                   "2026-11-24T10:00:00Z",
		"2026-11-24 10:00:00 -0500":             "2026-11-24T15:00:00Z",
		"2026-11-24":                            "2026-11-24T00:00:00Z",
		"2026/11/24 10:00":                      "2026-11-24T10:00:00Z",
		"20261124T100000Z":                      "2026-11-24T10:00:00Z",
		"20261124":                              "2026-11-24T00:00:00Z",
		"24.11.2026 10:00":                      "2026-11-24T10:00:00Z",
		"3.4.2026":                              "2026-04-03T00:00:00Z",
		"24/11/2026 10:00":                      "2026-11-24T10:00:00Z",
		"11/24/2026 10:00:00 AM":                "2026-11-24T10:00:00Z",
		"11/24/2026 12:05:00 AM":                "2026-11-24T00:05:00Z",
		"1795514400":                            "2026-11-24T10:00:00Z",
		"1795514400000":                         "2026-11-24T10:00:00Z",
		"Tue, 24 Nov 2026 24:00:00 GMT":         "2026-11-25T00:00:00Z",
		"  \n Tue,  24 Nov 2026 10:00:00 +0100": "2026-11-24T09:00:00Z",
		"3/4/2026":                              "", // March or April
		"31 Feb 2026":                           "",
		"24 Foo 2026":                           "",
		"2026-13-01":                            "",
		"0000-00-00 00:00:00":                   "",
		"Thu, 01 Jan 1970 00:00:00 GMT":         "",
		"yesterday":                             "",
		"":                                      "",
	} {
		got := ""
		if at := parseDate(s); !at.IsZero() {
			got = at.UTC().Truncate(time.Second).Format(time.RFC3339)
		}
		if got != want {
			t.Errorf("%q is %s, want %s", s, got, want)
		}
	}
}

func FuzzParse(f *testing.F) {
	files, err := filepath.Glob("testdata/*.*")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		body, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(body)
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		Sniff("", body)
		feed, err := Parse("", body)
		if err != nil && len(feed.Items) > 0 {
			t.Fatal("items beside an error")
		}
		if feed.TTL < 0 || feed.TTL > maxTTL || len(feed.Items) > MaxItems {
			t.Fatalf("TTL %v, %d items", feed.TTL, len(feed.Items))
		}
		known := map[string]bool{}
		for _, i := range feed.Items {
			if i.URL == "" || known[i.URL] {
				t.Fatalf("item %+v", i)
			}
			known[i.URL] = true
		}
	})
}
