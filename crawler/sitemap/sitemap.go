// Package sitemap reads sitemaps: lists of URLs, lists of sitemaps, the news
// extension, text files, packed or not (sitemaps.org/protocol.html).
package sitemap

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"golang.org/x/net/html/charset"
)

const (
	// MaxSize is how many bytes of an unpacked sitemap are read (the
	// protocol's limit of 50 MB).
	MaxSize = 50 << 20
	// MaxEntries is the protocol's limit of entries in one sitemap.
	MaxEntries = 50_000
	// maxDepth is how deep elements may nest; the protocol needs five.
	maxDepth = 64
)

var (
	// ErrNotSitemap is a body that is no sitemap.
	ErrNotSitemap = errors.New("not a sitemap")
	// ErrTooLarge is a sitemap of more than MaxSize bytes.
	ErrTooLarge = errors.New("sitemap is longer than 50 MB")
)

// Sitemap is what a sitemap lists.
type Sitemap struct {
	Index []Entry // other sitemaps
	URLs  []Entry // pages
}

// Entry is one page or sitemap.
type Entry struct {
	URL       string    // as written, trimmed
	LastMod   time.Time // zero if absent or not readable
	News      bool      // it has the news extension
	Published time.Time // of the news extension; zero if absent
}

// Sniff says whether a body is a sitemap, by its content; the Content-Type
// only tells a text sitemap from other text.
func Sniff(contentType string, body []byte) bool {
	head := head(body)
	if isTextMap(head) {
		return strings.HasPrefix(strings.ToLower(strings.TrimSpace(contentType)), "text/plain")
	}
	if !bytes.Contains(head, []byte("urlset")) && !bytes.Contains(head, []byte("sitemapindex")) {
		return false
	}
	d := newDecoder(bytes.NewReader(head))
	for {
		token, err := d.Token()
		if err != nil {
			return false
		}
		if start, ok := token.(xml.StartElement); ok {
			return isRoot(nameOf(start.Name))
		}
	}
}

// Parse reads a sitemap, gzip or not, of at most limit entries (MaxEntries if
// it is not positive). Namespaces do not matter. A sitemap with a broken tail
// gives what could be read together with the error.
func Parse(body []byte, limit int) (Sitemap, error) {
	if limit <= 0 {
		limit = MaxEntries
	}
	if isTextMap(head(body)) {
		return parseText(unpacked(body), limit)
	}
	p := parser{limit: limit}
	err := p.run(newDecoder(unpacked(body)))
	if err != nil {
		err = fmt.Errorf("parse sitemap: %w", err)
	}
	return p.sitemap, err
}

func parseText(r io.Reader, limit int) (s Sitemap, err error) {
	// A line is an URL: what is longer than the buffer is none.
	lines := newLines(r)
	for len(s.URLs) < limit && lines.Scan() {
		if text := strings.TrimSpace(lines.Text()); isURL(text) {
			s.URLs = append(s.URLs, Entry{URL: text})
		}
	}
	if err = lines.Err(); err != nil {
		err = fmt.Errorf("parse text sitemap: %w", err)
	}
	return s, err
}

func newDecoder(r io.Reader) *xml.Decoder {
	r, passthrough := toUTF8(r)
	d := xml.NewDecoder(r)
	d.Strict = false
	d.Entity = xml.HTMLEntity
	d.CharsetReader = func(label string, input io.Reader) (io.Reader, error) {
		if passthrough {
			return input, nil
		}
		return charset.NewReaderLabel(label, input)
	}
	return d
}

// parser turns the tokens of a sitemap into entries.
type parser struct {
	limit   int
	sitemap Sitemap
	path    []string // names of the open elements
	text    strings.Builder
	entry   Entry
}

func (p *parser) run(d *xml.Decoder) error {
	for len(p.sitemap.URLs)+len(p.sitemap.Index) < p.limit {
		token, err := d.Token()
		if errors.Is(err, io.EOF) && len(p.path) == 0 {
			return ErrNotSitemap // it has no root: reading ends with the root's end
		}
		if err == nil {
			err = p.token(token)
		}
		if errors.Is(err, errDone) {
			return nil
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// errDone ends the reading after the root's end tag.
var errDone = errors.New("done")

func (p *parser) token(token xml.Token) error {
	switch t := token.(type) {
	case xml.StartElement:
		return p.start(nameOf(t.Name))
	case xml.CharData:
		if p.wanted() {
			p.text.Write(t)
		}
	case xml.EndElement:
		p.end()
		if len(p.path) == 0 {
			return errDone
		}
	}
	return nil
}

func (p *parser) start(name string) error {
	if len(p.path) == 0 && !isRoot(name) {
		return fmt.Errorf("%w: its root is <%s>", ErrNotSitemap, name)
	}
	if len(p.path) >= maxDepth {
		return fmt.Errorf("elements nest deeper than %d", maxDepth)
	}
	p.path = append(p.path, name)
	p.text.Reset()
	switch {
	case len(p.path) == 2:
		p.entry = Entry{}
	case name == "news" && p.parent() == "url":
		p.entry.News = true
	}
	return nil
}

func (p *parser) end() {
	name := p.path[len(p.path)-1]
	text := strings.TrimSpace(p.text.String())
	switch {
	case !p.wanted():
	case name == "loc":
		p.entry.URL = text
	case name == "lastmod":
		p.entry.LastMod = parseTime(text)
	case name == "publication_date":
		p.entry.Published = parseTime(text)
	}
	p.text.Reset()
	p.path = p.path[:len(p.path)-1]
	if len(p.path) == 1 && p.entry.URL != "" {
		p.add(name)
	}
}

func (p *parser) add(name string) {
	switch name {
	case "url":
		p.sitemap.URLs = append(p.sitemap.URLs, p.entry)
	case "sitemap":
		p.sitemap.Index = append(p.sitemap.Index, p.entry)
	}
	p.entry = Entry{}
}

// wanted says whether the text of the open element belongs to the entry: an
// <image:loc> does not.
func (p *parser) wanted() bool {
	if len(p.path) == 0 {
		return false
	}
	switch name := p.path[len(p.path)-1]; name {
	case "loc", "lastmod":
		return len(p.path) == 3
	case "publication_date":
		return len(p.path) == 4 && p.parent() == "news"
	}
	return false
}

func (p *parser) parent() string {
	if len(p.path) < 2 {
		return ""
	}
	return p.path[len(p.path)-2]
}

func isRoot(name string) bool { return name == "urlset" || name == "sitemapindex" }

// nameOf returns the local name of an element. A colon is left in it only if
// its namespace has no declaration, which Decoder takes care of.
func nameOf(n xml.Name) string { return strings.ToLower(n.Local) }

// parseTime reads a W3C date and time (www.w3.org/TR/NOTE-datetime) and what
// is often written instead. Without a zone it is UTC; what cannot be read is
// zero.
func parseTime(s string) time.Time {
	for _, layout := range []string{
		time.RFC3339, "2006-01-02", "2006-01-02T15:04Z07:00", "2006-01-02T15:04:05", "2006-01-02T15:04:05Z0700",
		"2006-01-02T15:04", "2006-01-02 15:04:05", "2006-01-02 15:04:05Z07:00", "2006-01-02 15:04:05 Z0700",
		"2006-01-02 15:04", time.RFC1123Z, time.RFC1123, "2006-01", "2006",
	} {
		if t, err := time.Parse(layout, s); err == nil {
			return t
		}
	}
	return time.Time{}
}
