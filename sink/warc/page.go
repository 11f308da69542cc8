package warc

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"pressmill/pkg/news"
)

// ErrNoPage says that a record holds no page: it is of another type, or refers
// to one that holds it.
var ErrNoPage = errors.New("record holds no page")

// Page returns the page of a response record, with at most limit bytes of its
// body. Content and transfer encodings are removed if they are there. Pages of
// our own files have the ids and the source that they had; others have no
// source, and an id that follows from the record's.
func (r *Record) Page(limit int) (*news.Page, error) {
	if r.Type() != TypeResponse || !strings.HasPrefix(mime(r.Get(fieldContentType)), "application/http") {
		return nil, ErrNoPage
	}
	h, payload, ok := parseHead(r.Block)
	if !ok {
		return nil, fmt.Errorf("%w: record %s has no HTTP status", ErrNoPage, r.ID())
	}
	page := &news.Page{
		FinalURL: r.Target(), Status: h.status, Header: h.header, FetchedAt: r.Date(), Proto: r.proto(h),
		Remote: r.Get(fieldAddress), Archived: r.ID(),
	}
	page.RequestedURL = page.FinalURL
	info, own := r.info()
	if own {
		delete(h.header, "Content-Length") // of the decoded payload
		page.CrawlID, page.PageID, page.Source, page.Depth = info.CrawlID, info.PageID, info.Source, info.Depth
		page.Hops, page.Gone, page.Canonical = info.Hops, info.Gone, info.Canonical
		if info.RequestedURL != "" {
			page.RequestedURL = info.RequestedURL
		}
	} else {
		page.PageID = r.foreignID()
	}
	var cut bool
	if h.takeMoved() || own {
		payload, cut = payload[:min(len(payload), limit)], len(payload) > limit
		page.Body = bytes.Clone(payload)
	} else {
		payload, cut = decode(payload, h, limit)
		page.Body = bytes.Clone(payload)
	}
	page.Truncated = (cut || r.Cut || r.Get(fieldTruncated) != "") && !page.Gone
	return page, nil
}

// Target returns the URL that the record is of, without brackets that older
// writers put around it.
func (r *Record) Target() string { return bare(r.Get(fieldTarget)) }

// Date returns the WARC-Date, or the zero time.
func (r *Record) Date() time.Time {
	t, err := time.Parse(time.RFC3339, r.Get(fieldDate))
	if err != nil {
		return time.Time{}
	}
	return t.UTC()
}

// proto returns the protocol as net/http names it.
func (r *Record) proto(h head) string {
	switch p := strings.ToLower(r.Get(fieldProtocol)); p {
	case "h2", "h2c":
		return "HTTP/2.0"
	case "http/1.0", "http/1.1":
		return strings.ToUpper(p)
	}
	return h.proto
}

// info returns what our own records say of their page.
func (r *Record) info() (info pageInfo, ok bool) {
	raw := r.Get(fieldPage)
	return info, raw != "" && json.Unmarshal([]byte(raw), &info) == nil && info.PageID != ""
}

// foreignID returns the id of a page that had none: 16 hex digits that follow
// from the record's id, or from what it is of.
func (r *Record) foreignID() string {
	name := r.ID()
	if name == "" {
		name = r.Target() + "\x00" + r.Get(fieldDate) + "\x00" + digestOf(r.Block).String()
	}
	sum := sha256.Sum256([]byte("warc\x00" + name))
	return hex.EncodeToString(sum[:8])
}

// InfoFields returns the fields of a warcinfo block.
func (r *Record) InfoFields() []Field {
	var fields []Field
	for line := range bytes.Lines(r.Block) {
		if name, value, ok := strings.Cut(string(line), ":"); ok {
			fields = append(fields, Field{strings.TrimSpace(name), strings.TrimSpace(value)})
		}
	}
	return fields
}
