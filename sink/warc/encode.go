package warc

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"time"
	"unicode/utf8"

	"github.com/klauspost/compress/gzip"

	"pressmill/pkg/news"
)

// Records are the records of one page as they lie in a file: gzip members.
type Records struct {
	Data  []byte
	Entry Entry // of the response or revisit; the offset counts from the start of Data, the file has no name yet
}

// Encode returns the records of pages, in their order. It compresses many at a
// time. A page whose payload the memory has of the same URL becomes a revisit
// record; the memory, which may be nil, learns the others.
func Encode(pages []*news.Page, archived *Memory) []Records {
	jobs := make([]job, len(pages))
	inParallel(len(pages), func(i int) {
		jobs[i] = job{Page: pages[i], payload: digestOf(pages[i].Body)}
		jobs[i].id = jobs[i].record(TypeResponse)
	})
	for i := range jobs {
		jobs[i].before = archived.recall(&jobs[i])
	}
	out := make([]Records, len(pages))
	inParallel(len(pages), func(i int) { out[i] = jobs[i].encode() })
	return out
}

// inParallel calls do for 0 to n-1, on as many at a time as there are
// processors.
func inParallel(n int, do func(i int)) {
	var next atomic.Int64
	var wg sync.WaitGroup
	for range min(n, runtime.GOMAXPROCS(0)) {
		wg.Go(func() {
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				do(i)
			}
		})
	}
	wg.Wait()
}

// job is one page in work.
type job struct {
	*news.Page
	id      string // of the response
	payload digest
	before  *original // the record that has the same payload; nil: none
}

// record returns the id of a record of the page.
func (j *job) record(kind string) string {
	return recordID(captureID(j.PageID, j.payload.base32()), kind)
}

func (j *job) encode() Records {
	var out bytes.Buffer
	out.Grow(len(j.Body)/4 + 1<<10)
	kind := TypeResponse
	if j.before != nil {
		kind = TypeRevisit
		j.id = j.record(TypeRevisit)
	}
	writeMember(&out, j.response(kind), j.responseBlock())
	entry := Entry{
		Key: SURT(j.FinalURL), Time: j.FetchedAt, URL: target(j.FinalURL), MIME: mime(j.HeaderValue("Content-Type")), Status: j.Status,
		Digest: j.payload.base32(), Length: int64(out.Len()), PageID: j.PageID,
	}
	if j.before != nil {
		entry.MIME = mimeRevisit
	}
	if j.Request != nil {
		writeMember(&out, j.request(), [][]byte{j.requestHead()})
	}
	return Records{Data: out.Bytes(), Entry: entry}
}

// response returns the fields of the response or revisit record but those of
// its block.
func (j *job) response(kind string) []Field {
	fields := append(j.common(kind, j.id), Field{fieldPayloadDigest, j.payload.String()})
	if j.Request != nil {
		fields = append(fields, Field{fieldConcurrent, "<" + j.record(TypeRequest) + ">"})
	}
	switch {
	case j.before != nil:
		fields = append(fields, Field{fieldProfile, identicalPayload}, Field{fieldRefersTo, "<" + j.before.id + ">"},
			Field{fieldRefersURI, target(j.FinalURL)}, Field{fieldRefersDate, date(j.before.at)}, Field{fieldTruncated, "length"})
	case j.Truncated:
		fields = append(fields, Field{fieldTruncated, "length"})
	case j.Gone: // its body was not kept
		fields = append(fields, Field{fieldTruncated, "unspecified"})
	}
	return append(fields, Field{fieldPage, j.info()}, Field{fieldContentType, "application/http;msgtype=response"})
}

func (j *job) request() []Field {
	return append(j.common(TypeRequest, j.record(TypeRequest)),
		Field{fieldConcurrent, "<" + j.id + ">"}, Field{fieldContentType, "application/http;msgtype=request"})
}

func (j *job) common(kind, id string) []Field {
	fields := make([]Field, 0, 16)
	fields = append(fields, Field{fieldType, kind}, Field{fieldID, "<" + id + ">"}, Field{fieldDate, date(j.FetchedAt)}, Field{fieldTarget, target(j.FinalURL)})
	if j.Remote != "" {
		fields = append(fields, Field{fieldAddress, j.Remote})
	}
	if p := protocol(j.Proto, j.FinalURL); p != "" {
		fields = append(fields, Field{fieldProtocol, p})
	}
	return fields
}

func (j *job) info() string {
	info := pageInfo{
		CrawlID: j.CrawlID, PageID: j.PageID, Source: j.Source, Depth: j.Depth, Hops: j.Hops, Gone: j.Gone, Canonical: j.Canonical,
	}
	if j.RequestedURL != j.FinalURL {
		info.RequestedURL = j.RequestedURL
	}
	data, err := json.Marshal(info)
	if err != nil {
		panic(err) // the type has no value that cannot be encoded
	}
	return ascii(data)
}

// ascii escapes what is beyond ASCII in JSON: some readers take no more.
func ascii(data []byte) string {
	var b strings.Builder
	for len(data) > 0 {
		r, n := utf8.DecodeRune(data)
		switch {
		case r < utf8.RuneSelf:
			b.WriteByte(data[0])
		case r > 0xffff:
			r -= 0x10000
			fmt.Fprintf(&b, `\u%04x\u%04x`, 0xd800+r>>10, 0xdc00+r&0x3ff)
		default:
			fmt.Fprintf(&b, `\u%04x`, r)
		}
		data = data[n:]
	}
	return b.String()
}

// protocol returns the WARC-Protocol of a protocol as net/http names it.
func protocol(proto, target string) string {
	switch {
	case proto == "HTTP/2.0" && strings.HasPrefix(target, "http:"):
		return "h2c"
	case proto == "HTTP/2.0":
		return "h2"
	case proto == "HTTP/1.1" || proto == "HTTP/1.0":
		return strings.ToLower(proto)
	}
	return ""
}

// target returns a URL as a field holds it: without whitespace and controls.
func target(raw string) string {
	if strings.IndexFunc(raw, func(r rune) bool { return r <= ' ' || r == 0x7f }) < 0 {
		return raw
	}
	var b strings.Builder
	for _, c := range []byte(raw) {
		if c <= ' ' || c == 0x7f {
			fmt.Fprintf(&b, "%%%02X", c)
		} else {
			b.WriteByte(c)
		}
	}
	return b.String()
}

// mime returns the media type of a Content-Type, "" if there is none.
func mime(contentType string) string {
	media, _, _ := strings.Cut(contentType, ";")
	return strings.ToLower(strings.TrimSpace(media))
}

// responseBlock returns the HTTP response in two parts; a revisit has no second.
func (j *job) responseBlock() [][]byte {
	var b bytes.Buffer
	proto := "HTTP/1.1" // also of HTTP/2: WARC-Protocol says so
	if j.Proto == "HTTP/1.0" {
		proto = j.Proto
	}
	fmt.Fprintf(&b, "%s %d %s\r\n", proto, j.Status, http.StatusText(j.Status))
	writeHeader(&b, j.Header, len(j.Body))
	if j.before != nil {
		return [][]byte{b.Bytes()}
	}
	return [][]byte{b.Bytes(), j.Body}
}

// requestHead returns the HTTP request, which has no body.
func (j *job) requestHead() []byte {
	var b bytes.Buffer
	host, path := "", "/"
	if u, err := url.Parse(j.FinalURL); err == nil {
		host, path = u.Host, u.RequestURI()
	}
	fmt.Fprintf(&b, "GET %s HTTP/1.1\r\nHost: %s\r\n", target(path), target(host))
	writeHeader(&b, j.Request, -1)
	return b.Bytes()
}

// writeMember writes one record as one gzip member.
func writeMember(out *bytes.Buffer, fields []Field, block [][]byte) {
	zw, _ := writers.Get().(*gzip.Writer)
	if zw == nil {
		zw = gzip.NewWriter(out)
	} else {
		zw.Reset(out)
	}
	defer writers.Put(zw)
	writeRecord(zw, fields, block)
	if err := zw.Close(); err != nil {
		panic(err) // a buffer takes everything
	}
}

var writers sync.Pool // of *gzip.Writer

// writeRecord writes a record (section 4) with the fields of its block added.
// Errors of w show when it is closed.
func writeRecord(w io.Writer, fields []Field, block [][]byte) {
	whole := bytes.Join(block, nil)
	var b bytes.Buffer
	b.WriteString(version + "\r\n")
	for _, f := range fields {
		b.WriteString(f.Name + ": " + oneLine(f.Value) + "\r\n")
	}
	fmt.Fprintf(&b, "%s: %s\r\n%s: %d\r\n\r\n", fieldBlockDigest, digestOf(whole), fieldContentLength, len(whole))
	for _, part := range [][]byte{b.Bytes(), whole, []byte("\r\n\r\n")} {
		_, _ = w.Write(part)
	}
}

// Info describes a file.
type Info struct {
	Filename string
	Date     time.Time
	Software string  // that made it
	Fields   []Field // further ones of the warcinfo block
}

// Write writes a file of the given records and returns its index, in the
// order of the records.
func Write(w io.Writer, info Info, records []Records) ([]Entry, error) {
	head := info.encode()
	if _, err := w.Write(head); err != nil {
		return nil, fmt.Errorf("write warcinfo: %w", err)
	}
	offset := int64(len(head))
	entries := make([]Entry, len(records))
	for i, r := range records {
		if _, err := w.Write(r.Data); err != nil {
			return nil, fmt.Errorf("write records: %w", err)
		}
		entries[i] = r.Entry
		entries[i].Offset += offset
		entries[i].Filename = info.Filename
		offset += int64(len(r.Data))
	}
	return entries, nil
}

// encode returns the warcinfo record (section 6.2).
func (i Info) encode() []byte {
	var block, out bytes.Buffer
	fields := append([]Field{
		{"software", i.Software},
		{"format", "WARC File Format 1.1"},
		{"conformsTo", "https://iipc.github.io/warc-specifications/specifications/warc-format/warc-1.1/"},
	}, i.Fields...)
	for _, f := range fields {
		if f.Value != "" {
			block.WriteString(f.Name + ": " + oneLine(f.Value) + "\r\n")
		}
	}
	record := []Field{
		{fieldType, TypeInfo},
		{fieldID, "<" + recordID(i.Filename+"\x00"+block.String(), TypeInfo) + ">"},
		{fieldDate, date(i.Date)},
		{fieldFilename, i.Filename},
		{fieldContentType, "application/warc-fields"},
	}
	writeMember(&out, record, [][]byte{block.Bytes()})
	return out.Bytes()
}
