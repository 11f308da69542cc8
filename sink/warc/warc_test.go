package warc

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/klauspost/compress/gzip"

	"pressmill/pkg/news"
)

var fetched = time.Date(2026, 11, 23, 10, 20, 30, 123456789, time.UTC)

// examplePages are pages of every sort: plain, truncated, redirected, over
// HTTP/2 and gone.
func examplePages() []*news.Page {
	html := func(s string) []byte {
		return []byte("<!doctype html><title>" + s + "</title><p>" + strings.Repeat(s+" ", 300))
	}
	source := news.Source{ID: "tidewick", Domain: "tidewick.example", Name: "Tidewick Post – «Abend» 🌊", Zone: "Europe/Berlin"}
	page := func(id, at string) *news.Page {
		return &news.Page{
			CrawlID: "c1", PageID: id, RequestedURL: at, FinalURL: at, Source: source, Depth: 1, Status: http.StatusOK,
			Header:  map[string][]string{"Content-Type": {"text/html; charset=utf-8"}, "Vary": {"Accept", "Cookie"}},
			Request: map[string][]string{"User-Agent": {"Pressmill/1 (+https://press.example/)"}, "Accept": {"text/html"}},
			Proto:   "HTTP/1.1", Remote: "192.0.2.7", FetchedAt: fetched, Body: html(id),
		}
	}
	plain, moved, cut, second, gone := page("p1", "https://www.tidewick.example/a?y=2&x=1"), page("p2", "https://tidewick.example/b"),
		page("p3", "https://tidewick.example/c/"), page("p4", "https://tidewick.example/d"), page("p5", "https://tidewick.example/e")
	moved.RequestedURL, moved.Hops = "https://tidewick.example/old", []news.Hop{{URL: "https://tidewick.example/old", Status: 301}}
	moved.Header["Content-Encoding"], moved.Header["Content-Length"], moved.Header["Transfer-Encoding"] = []string{"gzip"}, []string{"321"}, []string{"chunked"}
	cut.Truncated = true
	second.Proto, second.Remote, second.Request = "HTTP/2.0", "2001:db8::7", nil
	gone.Gone, gone.Status, gone.Body, gone.Canonical, gone.Header = true, http.StatusGone, nil, "/e?id=ü", map[string][]string{"Content-Length": {"17"}}
	return []*news.Page{plain, moved, cut, second, gone}
}

// file writes pages as one file.
func file(t *testing.T, pages []*news.Page, archived *Memory) ([]byte, []Entry) {
	t.Helper()
	var b bytes.Buffer
	info := Info{Filename: "x.warc.gz", Date: fetched, Software: "Pressmill", Fields: []Field{{"pressmill-segment", `{"next":5}`}}}
	entries, err := Write(&b, info, Encode(pages, archived))
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes(), entries
}

// records reads a file. Blocks are copied.
func records(t *testing.T, r *Reader) (all []*Record) {
	t.Helper()
	for {
		rec, err := r.Next()
		if errors.Is(err, io.EOF) {
			return all
		}
		if err != nil {
			t.Fatal(err)
		}
		rec.Block = bytes.Clone(rec.Block)
		all = append(all, rec)
	}
}

func pagesOf(t *testing.T, all []*Record) (pages []*news.Page) {
	t.Helper()
	for _, rec := range all {
		page, err := rec.Page(6 << 20)
		if errors.Is(err, ErrNoPage) {
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		pages = append(pages, page)
	}
	return pages
}

func same(t *testing.T, what string, got, want any) {
	t.Helper()
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("%s (-want +got):\n%s", what, d)
	}
}

func TestPagesComeBack(t *testing.T) {
	data, _ := file(t, examplePages(), nil)
	r := NewReader(bytes.NewReader(data))
	got := pagesOf(t, records(t, r))
	want := examplePages()
	for _, p := range want {
		p.Request, p.Archived = nil, recordID(CaptureID(p), TypeResponse)
		if p.Body == nil {
			p.Body = []byte{}
		}
	}
	same(t, "pages", got, want)
	if n, _ := r.Damages(); n != 0 {
		t.Errorf("%d damages", n)
	}
}

func TestRecordsSayWhatTheyHold(t *testing.T) {
	data, _ := file(t, examplePages(), nil)
	all := records(t, NewReader(bytes.NewReader(data)))
	var types []string
	for _, rec := range all {
		types = append(types, rec.Type())
		if d := digestOf(rec.Block).String(); rec.Get("WARC-Block-Digest") != d {
			t.Errorf("%s: block digest %s, want %s", rec.ID(), rec.Get("WARC-Block-Digest"), d)
		}
		if !regexp.MustCompile(`^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`).MatchString(rec.ID()) {
			t.Errorf("record id %q", rec.ID())
		}
		for _, f := range rec.Fields {
			if strings.IndexFunc(f.Value, func(r rune) bool { return r >= 0x80 || r < ' ' }) >= 0 {
				t.Errorf("%s: %s is not ASCII: %q", rec.ID(), f.Name, f.Value)
			}
		}
	}
	same(t, "types", types, []string{
		"warcinfo", "response", "request", "response", "request", "response", "request", "response", "response", "request",
	})
	same(t, "fields of warcinfo", all[0].InfoFields()[3:], []Field{{"pressmill-segment", `{"next":5}`}})

	response, request := all[3], all[4]
	head, payload, _ := bytes.Cut(response.Block, []byte("\r\n\r\n"))
	same(t, "HTTP head", string(head), strings.Join([]string{
		"HTTP/1.1 200 OK", "X-Crawler-Content-Encoding: gzip", "X-Crawler-Content-Length: 321",
		"Content-Type: text/html; charset=utf-8", "X-Crawler-Transfer-Encoding: chunked", "Vary: Accept", "Vary: Cookie",
		fmt.Sprint("Content-Length: ", len(payload)),
	}, "\r\n"))
	same(t, "request", string(request.Block), "GET /b HTTP/1.1\r\nHost: tidewick.example\r\nAccept: text/html\r\n"+
		"User-Agent: Pressmill/1 (+https://press.example/)\r\n\r\n")
	for name, want := range map[string]string{
		"WARC-Target-URI": "https://tidewick.example/b", "WARC-Date": "2026-11-23T10:20:30.123456789Z", "WARC-IP-Address": "192.0.2.7",
		"WARC-Payload-Digest": digestOf(payload).String(), "WARC-Concurrent-To": request.Get("WARC-Record-ID"), "WARC-Truncated": "",
	} {
		same(t, name, response.Get(name), want)
	}
	same(t, "the request's partner", request.Get("WARC-Concurrent-To"), response.Get("WARC-Record-ID"))
	same(t, "cut", all[5].Get("WARC-Truncated"), "length")
	same(t, "over HTTP/2", []string{all[7].Get("WARC-Protocol"), string(all[7].Block[:15])}, []string{"h2", "HTTP/1.1 200 OK"})
	same(t, "gone", []string{all[8].Get("WARC-Truncated"), string(all[8].Block)},
		[]string{"unspecified", "HTTP/1.1 410 Gone\r\nX-Crawler-Content-Length: 17\r\nContent-Length: 0\r\n\r\n"})
}

func TestSecretsAreNotArchived(t *testing.T) {
	p := examplePages()[0]
	p.Header["Set-Cookie"], p.Request["Cookie"], p.Request["Authorization"] = []string{"s=secret"}, []string{"s=secret"}, []string{"Bearer secret"}
	p.Header["X-Two-Lines"], p.Header["Bad Name"] = []string{"a\r\nInjected: b"}, []string{"c"}
	for _, rec := range records(t, NewReader(bytes.NewReader(must(file(t, []*news.Page{p}, nil))))) {
		if s := string(rec.Block); strings.Contains(s, "secret") || strings.Contains(s, "\nInjected") || strings.Contains(s, "Bad Name") {
			t.Errorf("block: %s", s)
		}
	}
}

func must(data []byte, _ []Entry) []byte { return data }

func TestSamePagesMakeTheSameFile(t *testing.T) {
	one, _ := file(t, examplePages(), nil)
	two, _ := file(t, examplePages(), nil)
	if !bytes.Equal(one, two) {
		t.Error("the same pages came out differently")
	}
}

func TestRevisits(t *testing.T) {
	memory := NewMemory(10)
	first, again, other := examplePages()[0], examplePages()[0], examplePages()[0]
	again.PageID, again.FetchedAt = "p1b", fetched.Add(time.Hour)
	other.PageID, other.FinalURL = "p1c", "https://tidewick.example/other"
	changed, cut := examplePages()[0], examplePages()[2]
	changed.PageID, changed.Body = "p1d", []byte("<p>new")
	file(t, []*news.Page{first, cut}, memory)
	data, entries := file(t, []*news.Page{again, other, changed, cut}, memory)
	all := records(t, NewReader(bytes.NewReader(data)))
	var types []string
	for _, rec := range all {
		types = append(types, rec.Type())
	}
	same(t, "types", types, []string{"warcinfo", "revisit", "request", "response", "request", "response", "request", "response", "request"})
	for name, want := range map[string]string{
		"WARC-Profile": identicalPayload, "WARC-Refers-To": "<" + recordID(CaptureID(first), TypeResponse) + ">", "WARC-Refers-To-Target-URI": first.FinalURL,
		"WARC-Refers-To-Date": date(fetched), "WARC-Payload-Digest": digestOf(first.Body).String(), "WARC-Truncated": "length",
	} {
		same(t, name, all[1].Get(name), want)
	}
	if !bytes.HasSuffix(all[1].Block, []byte("\r\n\r\n")) || bytes.Contains(all[1].Block, []byte("<p>")) {
		t.Errorf("block of the revisit: %q", all[1].Block)
	}
	if _, err := all[1].Page(100); !errors.Is(err, ErrNoPage) {
		t.Errorf("page of a revisit: %v", err)
	}
	same(t, "type in the index", []string{entries[0].MIME, entries[1].MIME}, []string{"warc/revisit", "text/html"})
}

// A batch that could not be written is read again: its pages are whole again,
// and what repeats them refers to what is there.
func TestPagesThatAreReadAgainAreNoRevisits(t *testing.T) {
	memory := NewMemory(10)
	body := []byte("<p>the pier</p>")
	first := &news.Page{PageID: "p1", FinalURL: "https://example.com/a", Status: 200, Body: body}
	later := &news.Page{PageID: "p2", FinalURL: first.FinalURL, Status: 200, Body: body}
	for range 2 {
		records := Encode([]*news.Page{first, later}, memory)
		if kinds := []string{records[0].Entry.MIME, records[1].Entry.MIME}; kinds[0] == mimeRevisit || kinds[1] != mimeRevisit {
			t.Errorf("records of %v, want a response and a revisit", kinds)
		}
	}
}

func TestMemoryIsBounded(t *testing.T) {
	memory := NewMemory(2)
	for i := range 5 {
		p := examplePages()[0]
		p.FinalURL += fmt.Sprint("&n=", i)
		Encode([]*news.Page{p, p}, memory)
	}
	if n := memory.of.Len(); n != 2 {
		t.Errorf("%d remembered, want 2", n)
	}
}

func TestIndex(t *testing.T) {
	pages := examplePages()
	data, entries := file(t, pages, nil)
	var b bytes.Buffer
	if err := WriteIndex(&b, entries); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSuffix(b.String(), "\n"), "\n")
	if len(lines) != len(pages) || !slices.IsSorted(lines) {
		t.Errorf("%d lines, sorted: %v", len(lines), slices.IsSorted(lines))
	}
	if want := `example,tidewick)/a?x=1&y=2 20261123102030 {"url":"https://www.tidewick.example/a?y=2`; !strings.HasPrefix(lines[0], want) {
		t.Errorf("first line %s, want %s…", lines[0], want)
	}
	for _, line := range lines {
		e, err := ParseEntry(line)
		if err != nil {
			t.Fatal(err)
		}
		same(t, "line", e.String(), line)
		part := NewReader(io.NewSectionReader(bytes.NewReader(data), e.Offset, e.Length))
		got := pagesOf(t, records(t, part))
		if len(got) != 1 || got[0].PageID != e.PageID || got[0].FinalURL != e.URL || got[0].Status != e.Status || digestOf(got[0].Body).base32() != e.Digest {
			t.Errorf("at %d: %v, want %s", e.Offset, got, line)
		}
	}
	found, err := IndexOf(NewReader(bytes.NewReader(data)), "x.warc.gz")
	if err != nil {
		t.Fatal(err)
	}
	for i := range entries {
		entries[i].Time = entries[i].Time.Truncate(time.Nanosecond)
	}
	same(t, "index of the file", found, entries)
}

func TestBadIndexLines(t *testing.T) {
	for _, line := range []string{
		"", "a", "a 20261123102030", "a 2026 {}", "a 20261123102030 {", `a 20261123102030 {"offset":"x","length":"1"}`,
		`a 20261123102030 {"offset":"1","length":""}`, ` 20261123102030 {"offset":"1","length":"1"}`,
	} {
		if e, err := ParseEntry(line); err == nil {
			t.Errorf("%q: %v", line, e)
		}
	}
}

// unzip returns all members of a gzip file.
func unzip(t *testing.T, data []byte) []byte {
	t.Helper()
	zr, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	plain, err := io.ReadAll(zr)
	if err != nil {
		t.Fatal(err)
	}
	return plain
}

func zip(data []byte) []byte {
	var b bytes.Buffer
	zw := gzip.NewWriter(&b)
	zw.Write(data)
	zw.Close()
	return b.Bytes()
}

// FuzzEncode: whatever a page's fields hold, none of them breaks out of its
// record: the page comes back, and it alone.
func FuzzEncode(f *testing.F) {
	f.Add("https://tidewick.example/a", "Content-Type", "text/html", "HTTP/1.1", []byte("<p>pier"))
	f.Add("https://tidewick.example/\r\nWARC-Type: x\r\n\r\n", "X\r\nY: z", "a\r\n\r\nWARC/1.1\r\n", "HTTP/1.1 200\r\n", []byte("\r\n\r\nWARC/1.1\r\n"))
	f.Fuzz(func(t *testing.T, url, name, value, proto string, body []byte) {
		field := map[string][]string{name: {value}}
		page := &news.Page{
			CrawlID: value, PageID: "p" + name, RequestedURL: value, FinalURL: url, Status: 200, Header: field, Request: field,
			Proto: proto, Remote: value, Canonical: url, FetchedAt: fetched, Body: body,
		}
		data, entries := file(t, []*news.Page{page}, nil)
		all := records(t, NewReader(bytes.NewReader(data)))
		if len(all) != 3 || len(entries) != 1 {
			t.Fatalf("%d records, %d entries", len(all), len(entries))
		}
		back, err := all[1].Page(1 << 20)
		if err != nil || !bytes.Equal(back.Body, body) || back.FinalURL != strings.TrimSpace(target(url)) && utf8.ValidString(url) {
			t.Errorf("%+v: %v", back, err)
		}
		if index, err := ParseEntry(entries[0].String()); err != nil || index.Offset != entries[0].Offset || strings.ContainsAny(entries[0].String(), "\r\n") {
			t.Errorf("index line %q: %v", entries[0], err)
		}
	})
}
