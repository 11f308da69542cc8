// Package warc writes pages as WARC/1.1 (ISO 28500:2017), indexes them as
// CDXJ, and reads WARC files back as pages: its own, and those of others, Common
// Crawl's news archives among them. It knows pages, nothing of stores.
//
// A file is a warcinfo record and, for each page, a response or revisit record
// and a request record, each a gzip member of its own. A page's payload is
// stored decoded, as it was parsed; the header fields that described it on the
// wire stand under X-Crawler names. What no header of WARC or HTTP can say of a
// page stands in one field of the record, as JSON.
package warc

import (
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base32"
	"encoding/hex"
	"strings"
	"time"

	"pressmill/pkg/news"
)

// The types of records that are written or looked at.
const (
	TypeInfo     = "warcinfo"
	TypeRequest  = "request"
	TypeResponse = "response"
	TypeRevisit  = "revisit"
)

// The fields of records (ISO 28500:2017, section 5).
const (
	fieldType          = "WARC-Type"
	fieldID            = "WARC-Record-ID"
	fieldDate          = "WARC-Date"
	fieldTarget        = "WARC-Target-URI"
	fieldAddress       = "WARC-IP-Address"
	fieldProtocol      = "WARC-Protocol" // an adopted extension of IIPC
	fieldConcurrent    = "WARC-Concurrent-To"
	fieldBlockDigest   = "WARC-Block-Digest"
	fieldPayloadDigest = "WARC-Payload-Digest"
	fieldTruncated     = "WARC-Truncated"
	fieldFilename      = "WARC-Filename"
	fieldProfile       = "WARC-Profile"
	fieldRefersTo      = "WARC-Refers-To"
	fieldRefersURI     = "WARC-Refers-To-Target-URI"
	fieldRefersDate    = "WARC-Refers-To-Date"
	fieldContentType   = "Content-Type"
	fieldContentLength = "Content-Length"
	// fieldPage is ours: the page's pageInfo as JSON in ASCII.
	fieldPage = "Pressmill-Page"
)

const (
	version          = "WARC/1.1"
	identicalPayload = "http://netpreserve.org/warc/1.1/revisit/identical-payload-digest"
)

// pageInfo is what of a page stands in no other field of its record.
type pageInfo struct {
	CrawlID      string      `json:"crawl_id,omitempty"`
	PageID       string      `json:"page_id"`
	RequestedURL string      `json:"url_requested,omitempty"` // absent: as the target
	Source       news.Source `json:"source,omitzero"`
	Depth        int         `json:"depth,omitempty"`
	Hops         []news.Hop  `json:"hops,omitempty"`
	Gone         bool        `json:"gone,omitempty"`
	Canonical    string      `json:"canonical,omitempty"`
}

// Field is one named field of a record or of a warcinfo block.
type Field struct{ Name, Value string }

// CaptureID names a page and what it held: a page that was fetched again, since
// its worker died before it could say that it had it, has the id of the first,
// and may hold something else.
func CaptureID(p *news.Page) string { return captureID(p.PageID, digestOf(p.Body).base32()) }

func captureID(pageID, digest string) string { return pageID + "." + digest }

// recordID returns the id of a record, from the id of a capture or another
// name: the same page has the same records, however often it is written. It is
// a UUID of version 8 (RFC 9562, section 5.8) made from a hash.
func recordID(name, recordType string) string {
	u := sha256.Sum256([]byte(recordType + "\x00" + name))
	u[6], u[8] = u[6]&0x0f|0x80, u[8]&0x3f|0x80
	x := hex.EncodeToString(u[:16])
	return "urn:uuid:" + x[:8] + "-" + x[8:12] + "-" + x[12:16] + "-" + x[16:20] + "-" + x[20:]
}

// digest is SHA-1: what readers of WARC and CDX expect.
type digest [sha1.Size]byte

func digestOf(data []byte) digest { return sha1.Sum(data) }

// base32 returns the digest as CDX has it.
func (d digest) base32() string { return base32.StdEncoding.EncodeToString(d[:]) }

// String returns the labelled digest of a WARC field.
func (d digest) String() string { return "sha1:" + d.base32() }

// date formats a WARC-Date: UTC, to the nanosecond at most (section 5.4).
func date(t time.Time) string { return t.UTC().Format(time.RFC3339Nano) }

// oneLine returns a value without line ends and other control characters.
func oneLine(s string) string {
	if strings.IndexFunc(s, isControl) < 0 {
		return s
	}
	return strings.Map(func(r rune) rune {
		if isControl(r) {
			return ' '
		}
		return r
	}, s)
}

func isControl(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f }
