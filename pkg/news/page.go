// Package news holds the messages that travel between the stages: Page, a
// fetched page on its way to the parser, Article, a parsed article on its way to
// the sinks, and Takedown, which says that an article's page is gone. It depends on the standard library alone, so that whoever
// reads the output can import it.
package news

import (
	"crypto/sha256"
	"encoding/hex"
	"time"
)

// Page is one fetched page, as the crawler saw it.
type Page struct {
	CrawlID string `json:"crawl_id"`
	// PageID names one fetch: the same fetch repeated after a crash has the
	// same PageID.
	PageID string `json:"page_id"`

	RequestedURL string `json:"url_requested"` // what was asked for
	FinalURL     string `json:"url_final"`     // what answered, after redirects
	Source       Source `json:"source"`
	Depth        int    `json:"depth"` // links followed from the seed, feed item or sitemap entry

	Status int `json:"status"` // HTTP status code
	// Header is the response's header, with canonical keys (Content-Type).
	// Content-Encoding and Content-Length are those of the wire.
	Header map[string][]string `json:"header,omitempty"`
	// Request is the request's header as the crawler made it, without cookies
	// and what the source's configuration adds: these may be secrets.
	Request map[string][]string `json:"request,omitempty"`
	Proto   string              `json:"proto,omitempty"`  // of the response: HTTP/1.1, HTTP/2.0
	Remote  string              `json:"remote,omitempty"` // IP address that answered, unless a proxy was asked
	Hops    []Hop               `json:"hops,omitempty"`   // redirects that were followed, in order

	FetchedAt time.Time `json:"fetched_at"`
	// Truncated says that Body was cut at the crawler's size cap.
	Truncated bool `json:"truncated,omitempty"`

	// SHA256 is that of Body, in hex; "" if nobody has summed it yet.
	SHA256 string `json:"sha256,omitempty"`

	// Gone says that an article's page was asked for again and is not there any
	// more. It has no body then; Canonical is what it gave as its address when
	// it was fetched last, as written.
	Gone      bool   `json:"gone,omitempty"`
	Canonical string `json:"canonical,omitempty"`

	// Archived names the record that the page was read from, if it comes out of
	// an archive and not from the web.
	Archived string `json:"archived,omitempty"`

	// Seq and Stored are the page's sequence in its stream and when it was
	// stored, by the stream's clock; for who takes it from there.
	Seq    uint64    `json:"-"`
	Stored time.Time `json:"-"`

	// Body is the payload with transfer and content encodings removed, in the
	// charset in which the server sent it.
	Body []byte `json:"-"`
}

// Hop is one followed redirect.
type Hop struct {
	URL    string `json:"url"`
	Status int    `json:"status"`
}

// HeaderValue returns the first value of a header field by its canonical key,
// or "".
func (p *Page) HeaderValue(key string) string {
	if v := p.Header[key]; len(v) > 0 {
		return v[0]
	}
	return ""
}

// BodySHA256 returns the SHA-256 of a page's body, in hex (FIPS 180-4).
func BodySHA256(body []byte) string {
	sum := sha256.Sum256(body)
	return hex.EncodeToString(sum[:])
}

// Source is the configured source that a page belongs to.
type Source struct {
	ID     string `json:"id"`
	Domain string `json:"domain"` // registrable domain (eTLD+1), or the host where there is none
	Name   string `json:"name,omitempty"`
	// Zone is the IANA time zone of dates that state none; "" leaves them
	// without an instant.
	Zone string `json:"zone,omitempty"`
}
