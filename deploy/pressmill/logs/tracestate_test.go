package logs

import (
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

const longURL = "https://harbour.example/local/"

// onePage makes lines about one page, a second apart, of "stage event fields".
func onePage(url string, lines ...string) string {
	var text strings.Builder
	at := time.Date(2026, 11, 29, 1, 0, 0, 0, time.UTC)
	for i, l := range lines {
		level := "info"
		if rest, failed := strings.CutPrefix(l, "error "); failed {
			level, l = "error", rest
		}
		stage, l, _ := strings.Cut(l, " ")
		event, fields, _ := strings.Cut(l, " ")
		fmt.Fprintf(&text, `{"ts":%q,"level":%q,"msg":"m","schema":"log/v1","service":%q,"instance":"%s-0-1","stage":%q,"event":%q,"crawl_id":"c","page_id":"00112233aabbccdd","host":"harbour.example","url.full":%q%s}`+"\n",
			at.Add(time.Duration(i)*time.Second).Format(time.RFC3339Nano), level, stage, stage, stage, event, url, fields)
	}
	return text.String()
}

// TestStates holds what pages come to that the real crawl had none of.
func TestStates(t *testing.T) {
	const (
		published = `crawler page.published ,"seq":7,"took_ms":1`
		done      = `crawler fetch.done ,"kind":"article","status":200,"attempt":1,"found_by":"link","took_ms":1,"waited_ms":2`
		parse     = `parser parse.done ,"kind":"news","seq":7,"took_ms":1,"waited_ms":2`
		article   = `parser article.published ,"partition":3,"seq":9,"took_ms":1`
		written   = `sink article.written ,"kind":"article","sink":"files","partition":3,"seq":9,"waited_ms":5`
	)
	for _, c := range []struct {
		state, end string
		lines      []string
	}{
		{StateDuplicate, "had this version", []string{published, done, parse, `parser article.duplicate ,"partition":3,"seq":4`}},
		{StateDeadLetter, "given up (extract)", []string{published, done, `error parser deadletter.published ,"reason":"extract","error":"x"`}},
		{StateWritten, "written to files", []string{published, done, `error parser deadletter.published ,"reason":"extract","error":"x"`, parse, article, written}},
		{StateRefused, "refused by hook (http_422)", []string{published, done, parse, article, `error sink article.refused ,"kind":"article","sink":"hook","reason":"http_422","partition":3,"seq":9`}},
		{StateLeftOut, "left out by files (filter)", []string{published, done, parse, article, `sink article.skipped ,"sink":"files","reason":"filter","partition":3,"seq":9`}},
		{StateWithheld, "asks for that: noindex", []string{`crawler page.withheld ,"reason":"noindex"`, `crawler fetch.done ,"kind":"withheld","reason":"noindex","status":200,"attempt":1`}},
		{StateFetched, "page.published is missing", []string{done}},
		{StateStarted, "fetch.done, fetch.failed or fetch.skipped is missing", []string{`crawler robots.fetched ,"verdict":"rules","status":200,"reason":"OK","took_ms":1`}},
		{StateWaitsParser, "after parse.failed", []string{published, done, `parser parse.failed ,"seq":7,"backoff_ms":1000,"error":"x"`}},
		{StateFetched, "asked for once more", []string{`crawler fetch.done ,"kind":"missing","status":404,"attempt":1`}},
	} {
		pages := traced(t, "00112233aabbccdd", onePage(longURL, c.lines...))
		if len(pages) != 1 || pages[0].State != c.state || !strings.Contains(pages[0].End, c.end) {
			t.Errorf("want %s (%s): %+v", c.state, c.end, pages)
		}
		notNegative(t, pages[0])
	}
}

// TestParsedTwice keeps the two ways of a page apart that was put through the pipeline again.
func TestParsedTwice(t *testing.T) {
	var got []string
	for _, s := range traced(t, "00112233aabbccdd", onePage(longURL, `parser parse.done ,"seq":7`, `parser article.published ,"partition":3,"seq":9`,
		`sink article.written ,"sink":"files","partition":3,"seq":9`, `parser parse.done ,"seq":8`, `parser article.published ,"partition":3,"seq":10`,
		`sink article.written ,"sink":"files","partition":3,"seq":10`))[0].Steps {
		got = append(got, s.Event)
	}
	if want := "parse.done article.published article.written parse.done article.published article.written"; strings.Join(got, " ") != want {
		t.Errorf("%v", got)
	}
}

// TestLongNames are shortened in the middle where columns are few, and hold
// nothing that a terminal would act upon.
func TestLongNames(t *testing.T) {
	url := longURL + strings.Repeat("a-long-way/", 30) + "end.html"
	pages := traced(t, url, onePage(url, `crawler fetch.failed ,"reason":"tls","attempt":1,"error":"`+strings.Repeat("x", 200)+`\u001b[31m\nred"`))
	text := printed(t, pages, 100)
	for line := range strings.Lines(text) {
		if utf8.RuneCountInString(line) > 101 {
			t.Errorf("too long: %s", line)
		}
	}
	if !strings.HasPrefix(text, longURL) || !strings.Contains(text, "…") || !strings.Contains(text, "end.html\n") || strings.Contains(text, "\x1b") {
		t.Error(text)
	}
	if wide := printed(t, pages, 0); !strings.Contains(wide, url) || strings.Count(wide, "\n") != 8 || strings.Contains(wide, "\x1b") {
		t.Error(wide)
	}
}
