package warc

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"
)

// mimeRevisit stands in an index for the type of a revisit's payload.
const mimeRevisit = "warc/revisit"

// cdxTime is the layout of an index's times, in UTC.
const cdxTime = "20060102150405"

// Entry is one line of a CDXJ index: where the response or revisit record of a
// page lies. The PageID, which other indexes lack, joins it to the articles.
type Entry struct {
	Key            string // the SURT of the URL
	Time           time.Time
	URL            string
	MIME           string
	Status         int // 0 if not known
	Digest         string
	Length, Offset int64
	Filename       string
	PageID         string
}

// entryJSON is the JSON of a line. Numbers are strings, as other indexers have
// them.
type entryJSON struct {
	URL      string `json:"url"`
	MIME     string `json:"mime,omitempty"`
	Status   string `json:"status,omitempty"`
	Digest   string `json:"digest,omitempty"`
	Length   string `json:"length"`
	Offset   string `json:"offset"`
	Filename string `json:"filename"`
	PageID   string `json:"page_id,omitempty"`
}

// CaptureID is that of the page that the line is of.
func (e Entry) CaptureID() string { return captureID(e.PageID, e.Digest) }

// String returns the line, without its end.
func (e Entry) String() string {
	j := entryJSON{
		URL: e.URL, MIME: e.MIME, Digest: e.Digest, Length: strconv.FormatInt(e.Length, 10), Offset: strconv.FormatInt(e.Offset, 10),
		Filename: e.Filename, PageID: e.PageID,
	}
	if e.Status != 0 {
		j.Status = strconv.Itoa(e.Status)
	}
	data, err := json.Marshal(j)
	if err != nil {
		panic(err) // the type has no value that cannot be encoded
	}
	return e.Key + " " + e.Time.UTC().Format(cdxTime) + " " + string(data)
}

// ParseEntry reads a line of an index, without its end.
func ParseEntry(line string) (Entry, error) {
	key, rest, _ := strings.Cut(line, " ")
	stamp, data, ok := strings.Cut(rest, " ")
	if !ok || key == "" {
		return Entry{}, errors.New("index line has not three parts")
	}
	at, err := time.Parse(cdxTime, stamp)
	if err != nil {
		return Entry{}, fmt.Errorf("parse time of index line: %w", err)
	}
	var j entryJSON
	if err := json.Unmarshal([]byte(data), &j); err != nil {
		return Entry{}, fmt.Errorf("parse JSON of index line: %w", err)
	}
	e := Entry{Key: key, Time: at, URL: j.URL, MIME: j.MIME, Digest: j.Digest, Filename: j.Filename, PageID: j.PageID}
	e.Status, _ = strconv.Atoi(j.Status)
	if e.Offset, err = strconv.ParseInt(j.Offset, 10, 64); err != nil {
		return Entry{}, fmt.Errorf("parse offset of index line: %w", err)
	}
	if e.Length, err = strconv.ParseInt(j.Length, 10, 64); err != nil {
		return Entry{}, fmt.Errorf("parse length of index line: %w", err)
	}
	return e, nil
}

// WriteIndex writes entries as lines in the order of their bytes.
func WriteIndex(w io.Writer, entries []Entry) error {
	lines := make([]string, len(entries))
	for i, e := range entries {
		lines[i] = e.String()
	}
	slices.Sort(lines)
	b := bufio.NewWriter(w)
	for _, line := range lines {
		_, _ = b.WriteString(line)
		_ = b.WriteByte('\n')
	}
	if err := b.Flush(); err != nil {
		return fmt.Errorf("write index: %w", err)
	}
	return nil
}

// IndexOf reads a file and returns the entries of its responses and revisits,
// in the file's order.
func IndexOf(r *Reader, filename string) ([]Entry, error) {
	var entries []Entry
	for {
		rec, err := r.Next()
		if errors.Is(err, io.EOF) {
			return entries, nil
		}
		if err != nil {
			return entries, err
		}
		if e, ok := rec.entry(filename); ok {
			entries = append(entries, e)
		}
	}
}

// entry returns the line of a response or revisit record.
func (r *Record) entry(filename string) (Entry, bool) {
	kind := r.Type()
	if kind != TypeResponse && kind != TypeRevisit {
		return Entry{}, false
	}
	e := Entry{URL: r.Target(), Key: SURT(r.Target()), Time: r.Date(), Length: r.Length, Offset: r.Offset, Filename: filename}
	if e.Key == "" {
		return Entry{}, false
	}
	_, e.Digest, _ = strings.Cut(r.Get(fieldPayloadDigest), ":")
	if h, _, ok := parseHead(r.Block); ok {
		e.Status, e.MIME = h.status, mime(h.get("Content-Type"))
	}
	if kind == TypeRevisit {
		e.MIME = mimeRevisit
	}
	if info, ok := r.info(); ok {
		e.PageID = info.PageID
	}
	return e, true
}
