package warc

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/zlib"
	"github.com/klauspost/compress/zstd"
)

func ids(all []*Record) (ids []string) {
	for _, rec := range all {
		ids = append(ids, rec.ID())
	}
	return ids
}

// A file may be plain text, one big member, or read in drops.
func TestFormsOfFiles(t *testing.T) {
	data, _ := file(t, examplePages(), nil)
	want := ids(records(t, NewReader(bytes.NewReader(data))))
	plain := unzip(t, data)
	for name, r := range map[string]io.Reader{
		"plain":         bytes.NewReader(plain),
		"bare newlines": strings.NewReader(strings.ReplaceAll(string(plain), "\r\n\r\nWARC/", "\n\nWARC/")),
		"one member":    bytes.NewReader(zip(plain)),
		"in drops":      iotest.OneByteReader(bytes.NewReader(data)),
		"two files":     io.MultiReader(bytes.NewReader(data), bytes.NewReader(nil)),
	} {
		got := NewReader(r)
		same(t, name, ids(records(t, got)), want)
		if n, damages := got.Damages(); n != 0 {
			t.Errorf("%s: %v", name, damages)
		}
	}
}

func TestPlainRecordsLieAtTheirOffsets(t *testing.T) {
	data, _ := file(t, examplePages(), nil)
	plain := unzip(t, data)
	for _, rec := range records(t, NewReader(bytes.NewReader(plain))) {
		got := records(t, NewReader(io.NewSectionReader(bytes.NewReader(plain), rec.Offset, rec.Length)))
		same(t, "record by itself", ids(got), []string{rec.ID()})
	}
	r := NewReader(bytes.NewReader(plain))
	r.Base = 1000
	rec, err := r.Next()
	if err != nil || rec.Offset != 1000 || r.Offset() != 1000+rec.Length {
		t.Errorf("offset %d, next %d, %v", rec.Offset, r.Offset(), err)
	}
}

// Whatever happens to one record, those behind it are read.
func TestDamageIsPassedOver(t *testing.T) {
	data, entries := file(t, examplePages(), nil)
	plain := unzip(t, data)
	all := ids(records(t, NewReader(bytes.NewReader(data))))
	second := entries[1]
	without := slices.Delete(slices.Clone(all), 3, 4) // the second response
	damage := func(data []byte, at int64, with string) []byte {
		data = bytes.Clone(data)
		copy(data[at:], with)
		return data
	}
	at := int64(bytes.Index(plain, []byte("WARC-Target-URI: https://tidewick.example/b")))
	start := int64(bytes.LastIndex(plain[:at], []byte("WARC/1.1")))
	length := start + int64(bytes.Index(plain[start:], []byte("\r\nContent-Length: ")))
	for name, c := range map[string]struct {
		data []byte
		want []string
		n    int64
	}{
		"no gzip header":   {damage(data, second.Offset, "xxxx"), without, 1},
		"broken deflate":   {damage(data, second.Offset+20, "\xff\xff\xff\xff\xff\xff\xff\xff"), without, 1},
		"wrong checksum":   {damage(data, second.Offset+second.Length-8, "xxxx"), without, 1},
		"garbage between":  {slices.Concat(data[:second.Offset], []byte("garbage"), data[second.Offset:]), all, 1},
		"cut at the end":   {data[:len(data)-3], all[:len(all)-1], 1},
		"cut in a header":  {data[:entries[4].Offset+5], all[:len(all)-2], 1},
		"padded":           {append(bytes.Clone(data), 0, 0, 0), all, 1},
		"no version":       {damage(plain, start, "CRAW"), without, 1},
		"no length":        {damage(plain, length+2, "Kontent"), without, 1},
		"size of nothing":  {damage(plain, length+18, "x"), without, 1},
		"length too small": {damage(plain, length+18, "0"), all, 1},
		"in one member":    {zip(damage(plain, start, "CRAW")), without, 1},
		"plain and cut":    {plain[:len(plain)-10], all[:len(all)-1], 1},
	} {
		t.Run(name, func(t *testing.T) {
			r := NewReader(bytes.NewReader(c.data))
			got := ids(records(t, r))
			n, damages := r.Damages()
			if name == "length too small" {
				got = slices.Compact(got) // its beginning is a record too
			}
			same(t, "records", got, c.want)
			if n != c.n || len(damages) != int(n) {
				t.Errorf("%d damages, want %d: %v", n, c.n, damages)
			}
		})
	}
}

func TestWhatIsNoWARC(t *testing.T) {
	for name, data := range map[string][]byte{
		"HTML": []byte("<!doctype html>\n<p>text"), "zipped HTML": zip([]byte("<!doctype html>\n<p>text")), "cut gzip": zip([]byte("WARC/1.0\r\n"))[:12],
		"a long line": bytes.Repeat([]byte("WARC/"), 100_000),
	} {
		if rec, err := NewReader(bytes.NewReader(data)).Next(); !errors.Is(err, ErrNotWARC) {
			t.Errorf("%s: %v, %v", name, rec, err)
		}
	}
	if _, err := NewReader(strings.NewReader("")).Next(); !errors.Is(err, io.EOF) {
		t.Errorf("an empty file: %v", err)
	}
	broken := errors.New("disk on fire")
	data, _ := file(t, examplePages(), nil)
	r := NewReader(io.MultiReader(bytes.NewReader(data[:len(data)-20]), iotest.ErrReader(broken)))
	var err error
	for err == nil {
		_, err = r.Next()
	}
	if !errors.Is(err, broken) {
		t.Errorf("a reader that fails: %v", err)
	}
}

func TestBlocksAreBounded(t *testing.T) {
	data, _ := file(t, examplePages(), nil)
	r := NewReader(bytes.NewReader(data))
	r.MaxBlock = 300
	all := records(t, r)
	same(t, "number of records", len(all), 10)
	for _, rec := range all {
		if len(rec.Block) > 300 || rec.Cut != (rec.Get("Content-Length") != "" && len(rec.Get("Content-Length")) > 3) {
			t.Errorf("%s: %d bytes of %s, cut: %v", rec.Type(), len(rec.Block), rec.Get("Content-Length"), rec.Cut)
		}
	}
	if page, err := all[1].Page(1 << 20); err != nil || !page.Truncated {
		t.Errorf("page of a block that was cut: %v, %v", page, err)
	}
	if page, err := records(t, NewReader(bytes.NewReader(data)))[1].Page(10); err != nil || !page.Truncated || len(page.Body) != 10 {
		t.Errorf("page over the limit: %v, %v", page, err)
	}
}

// foreign returns a response record as other crawlers write it.
func foreign(httpHead, payload string) string {
	block := httpHead + payload
	return "WARC/1.0\r\nWARC-Type: response\r\nWARC-Record-ID: <urn:uuid:5b1b2c1e-6a0f-4c5b-9d3b-0f6f1c7b5f10>\r\nWARC-Date: 2019-03-01T12:00:00Z\r\n" +
		"WARC-Target-URI: <https://news.example/a>\r\nContent-Type: application/http; msgtype=response\r\nContent-Length: " +
		strconv.Itoa(len(block)) + "\r\n\r\n" + block + "\r\n\r\n"
}

func TestForeignRecords(t *testing.T) {
	const text = "<!doctype html>\n<html><body><p>A story of some length, with ünïcode.</p></body></html>\n"
	gz, zs, br, zl := string(zip([]byte(text))), &bytes.Buffer{}, &bytes.Buffer{}, &bytes.Buffer{}
	for _, w := range []io.WriteCloser{zlib.NewWriter(zl), brotli.NewWriter(br), newZstd(zs)} {
		io.WriteString(w, text)
		w.Close()
	}
	chunked := "20\r\n" + text[:32] + "\r\n" + hex16(len(text)-32) + ";x=y\r\n" + text[32:] + "\r\n0\r\n\r\n"
	for name, c := range map[string]struct {
		head, payload, want string
		cut                 bool
	}{
		"plain":                    {"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n", text, text, false},
		"bare newlines":            {"HTTP/1.1 200 OK\nContent-Type: text/html\n\n", text, text, false},
		"no reason":                {"HTTP/1.1 200\r\n\r\n", text, text, false},
		"lines that are none":      {"HTTP/1.1 200 OK\r\nnonsense\r\nBad Name: x\r\nA: b\r\n c\r\n\r\n", text, text, false},
		"gzip":                     {"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n", gz, text, false},
		"gzip, decoded already":    {"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n", text, text, false},
		"gzip, cut":                {"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n", gz[:len(gz)-12], "", true},
		"br":                       {"HTTP/1.1 200 OK\r\ncontent-encoding: BR\r\n\r\n", br.String(), text, false},
		"br, decoded already":      {"HTTP/1.1 200 OK\r\nContent-Encoding: br\r\n\r\n", text, text, false},
		"zstd":                     {"HTTP/1.1 200 OK\r\nContent-Encoding: zstd\r\n\r\n", zs.String(), text, false},
		"zstd, decoded already":    {"HTTP/1.1 200 OK\r\nContent-Encoding: zstd\r\n\r\n", text, text, false},
		"deflate":                  {"HTTP/1.1 200 OK\r\nContent-Encoding: deflate\r\n\r\n", zl.String(), text, false},
		"raw deflate":              {"HTTP/1.1 200 OK\r\nContent-Encoding: deflate\r\n\r\n", zl.String()[2 : zl.Len()-4], text, false},
		"deflate, decoded already": {"HTTP/1.1 200 OK\r\nContent-Encoding: deflate\r\n\r\n", text, text, false},
		"unknown encoding":         {"HTTP/1.1 200 OK\r\nContent-Encoding: x-own\r\n\r\n", text, text, false},
		"two encodings":            {"HTTP/1.1 200 OK\r\nContent-Encoding: br, gzip\r\n\r\n", string(zip(br.Bytes())), text, false},
		"chunked":                  {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", chunked, text, false},
		"chunked, joined already":  {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", text, text, false},
		"chunked, cut":             {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", chunked[:60], text[:32] + chunked[len("20\r\n")+34+len("37;x=y\r\n"):60], true},
		"chunked gzip": {
			"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Encoding: gzip\r\n\r\n",
			hex16(len(gz)) + "\r\n" + gz + "\r\n0\r\n\r\n", text, false,
		},
		"renamed": {"HTTP/1.1 200 OK\r\nX-Crawler-Content-Encoding: gzip\r\nX-Crawler-Transfer-Encoding: chunked\r\nContent-Length: 9\r\n\r\n", text, text, false},
		"empty":   {"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n", "", "", false},
	} {
		t.Run(name, func(t *testing.T) {
			rec := records(t, NewReader(strings.NewReader(foreign(c.head, c.payload))))[0]
			page, err := rec.Page(1 << 20)
			if err != nil {
				t.Fatal(err)
			}
			if body := string(page.Body); body != c.want && (c.want != "" || !c.cut || !strings.HasPrefix(text, body)) || page.Truncated != c.cut {
				t.Errorf("body %q, cut: %v", body, page.Truncated)
			}
			same(t, "URL, status and archive", []any{page.FinalURL, page.Status, page.Archived},
				[]any{"https://news.example/a", 200, "urn:uuid:5b1b2c1e-6a0f-4c5b-9d3b-0f6f1c7b5f10"})
			if len(page.PageID) != 16 || page.FetchedAt.Format("2006-01-02") != "2019-03-01" {
				t.Errorf("page id %q, fetched %v", page.PageID, page.FetchedAt)
			}
		})
	}
}

// A small record must not unfold into a large page.
func TestBombs(t *testing.T) {
	zeros := make([]byte, 20<<20)
	for name, payload := range map[string][]byte{"gzip": zip(zeros), "gzip, gzip": zip(zip(zeros))} {
		rec := records(t, NewReader(strings.NewReader(foreign("HTTP/1.1 200 OK\r\nContent-Encoding: "+name+"\r\n\r\n", string(payload)))))[0]
		page, err := rec.Page(1 << 20)
		if err != nil || len(page.Body) != 1<<20 || !page.Truncated {
			t.Errorf("%s: %d bytes, cut: %v, %v", name, len(page.Body), page.Truncated, err)
		}
	}
}

func TestRecordsWithoutAPage(t *testing.T) {
	ok := foreign("HTTP/1.1 200 OK\r\n\r\n", "x")
	for name, data := range map[string]string{
		"a request": strings.Replace(ok, "response", "request", 1), "no HTTP": strings.Replace(ok, "application/http", "text/dns", 1),
		"no status": strings.Replace(ok, "HTTP/1.1 200", "HTTP/1.1 abc", 1),
	} {
		if page, err := records(t, NewReader(strings.NewReader(data)))[0].Page(100); !errors.Is(err, ErrNoPage) {
			t.Errorf("%s: %v, %v", name, page, err)
		}
	}
}

func FuzzReader(f *testing.F) {
	f.Add([]byte(foreign("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n", "3\r\nabc\r\n0\r\n\r\n")))
	f.Add(zip([]byte(foreign("HTTP/1.0 404\n\n", "<p>"))))
	f.Add([]byte("WARC/1.1\nContent-Length: 0\n\n\n\nWARC/1.1\nContent-Length: 9\n\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		r := NewReader(bytes.NewReader(data))
		r.MaxBlock = 1 << 16
		last := int64(-1)
		for {
			rec, err := r.Next()
			if err != nil {
				if n, d := r.Damages(); n < int64(len(d)) {
					t.Errorf("%d damages, %d described", n, len(d))
				}
				return
			}
			if rec.Offset < last || rec.Offset+rec.Length > int64(len(data)) || len(rec.Block) > r.MaxBlock {
				t.Fatalf("record at %d+%d after %d, block of %d", rec.Offset, rec.Length, last, len(rec.Block))
			}
			last = rec.Offset
			if page, err := rec.Page(1000); err == nil && (len(page.Body) > 1000 || page.PageID == "") {
				t.Fatalf("page %q with %d bytes", page.PageID, len(page.Body))
			}
			if e, ok := rec.entry("x"); ok {
				if back, err := ParseEntry(e.String()); err != nil || back.Key != e.Key {
					t.Fatalf("index line %s: %v", e, err)
				}
			}
		}
	})
}

func FuzzParseEntry(f *testing.F) {
	f.Add(`com,example)/a 20261123102030 {"url":"https://example.com/a","mime":"text/html","status":"200","length":"1","offset":"2","filename":"f"}`)
	f.Fuzz(func(t *testing.T, line string) {
		e, err := ParseEntry(line)
		if err != nil {
			return
		}
		back, err := ParseEntry(e.String())
		if err != nil || back.String() != e.String() {
			t.Errorf("%q came back as %q: %v", e, back, err)
		}
	})
}

func newZstd(w io.Writer) io.WriteCloser {
	zw, err := zstd.NewWriter(w)
	if err != nil {
		panic(err)
	}
	return zw
}

func hex16(n int) string { return strconv.FormatInt(int64(n), 16) }

// Neither many lines nor long ones make a header costly.
func TestHostileHeaders(t *testing.T) {
	began := time.Now()
	folded := strings.Repeat(" x\r\n", 500_000)
	rec := records(t, NewReader(strings.NewReader(foreign("HTTP/1.1 200 OK\r\nA: b\r\n"+folded+strings.Repeat("B: c\r\n", 500_000)+"\r\n", "text"))))[0]
	page, err := rec.Page(100)
	if err != nil || string(page.Body) != "text" {
		t.Errorf("page %v, %v", page, err)
	}
	size := 0
	for _, values := range page.Header {
		for _, v := range values {
			size += len(v)
		}
	}
	if size > maxHead {
		t.Errorf("%d bytes of header are kept", size)
	}
	r := NewReader(strings.NewReader("WARC/1.0\r\nA: b\r\n" + strings.Repeat(" x\r\n", 50_000) + "\r\n"))
	if rec, err := r.Next(); err == nil {
		t.Errorf("a record without a length: %v", rec)
	}
	if took := time.Since(began); took > time.Minute {
		t.Errorf("took %v", took)
	}
}
