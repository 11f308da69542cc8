// Package sitemap reads sitemaps: lists of URLs, lists of sitemaps, the news
// extension, text files, packed or not (sitemaps.org/protocol.html). It reads
// them as they come, in a memory that does not grow with them.
package sitemap

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"iter"
	"strings"
	"time"

	"pressmill/crawler/markup"
)

const (
	// MaxSize is how many bytes of an unpacked sitemap are read (the
	// protocol's limit of 50 MB).
	MaxSize = 50 << 20
	// MaxEntries is the protocol's limit of entries in one sitemap.
	MaxEntries = 50_000
	// HeadSize is how much of a body Sniff wants to see, if there is so much.
	HeadSize = 4 << 10
	// maxDepth is how deep elements may nest; the protocol needs five.
	maxDepth = 64
	// maxURL is the longest address in bytes; the protocol allows 2,048.
	maxURL = 8 << 10
)

var (
	// ErrNotSitemap is a body that is no sitemap.
	ErrNotSitemap = errors.New("not a sitemap")
	// ErrTooLarge is a sitemap of more than MaxSize bytes.
	ErrTooLarge = errors.New("sitemap is longer than 50 MB")
	// ErrTooMany is a sitemap of more entries than are read.
	ErrTooMany = errors.New("sitemap has too many entries")
)

// Entry is one page or sitemap.
type Entry struct {
	URL       string    // as written, trimmed
	Index     bool      // it is a sitemap
	Text      bool      // it is a line of a text
	LastMod   time.Time // zero if absent or not readable
	News      bool      // it has the news extension
	Published time.Time // of the news extension; zero if absent
}

// Sniff says whether a body is a sitemap, by its beginning; the Content-Type
// only tells a text sitemap from other text.
func Sniff(contentType string, head []byte) bool {
	if isGzip(head) {
		head = unpackedHead(head)
	}
	head = markup.UTF8Head(head[:min(len(head), HeadSize)], contentType)
	if isTextMap(head) {
		return strings.HasPrefix(strings.ToLower(strings.TrimSpace(contentType)), "text/plain")
	}
	return isRoot(markup.Root(head))
}

// Entries reads a sitemap, gzip or not, entry by entry, at most limit of them
// (MaxEntries if it is not positive). Namespaces do not matter, and broken
// markup is read as it was meant. If the sitemap breaks off or is over a limit,
// the last pair is an error; the entries before it count.
func Entries(r io.Reader, limit int) iter.Seq2[Entry, error] {
	if limit <= 0 {
		limit = MaxEntries
	}
	return func(yield func(Entry, error) bool) {
		n := 0
		err := read(r, func(e Entry) bool {
			n++
			return n <= limit && yield(e, nil)
		})
		switch {
		case n > limit:
			err = ErrTooMany
		case errors.Is(err, errStopped):
			return
		}
		if err != nil {
			yield(Entry{}, fmt.Errorf("read sitemap: %w", err))
		}
	}
}

// errStopped ends the reading when nobody wants to have more.
var errStopped = errors.New("stopped")

func read(r io.Reader, add func(Entry) bool) error {
	r, err := unpacked(r)
	if err != nil {
		return err
	}
	br := bufio.NewReaderSize(markup.UTF8(r, ""), HeadSize)
	if head, _ := br.Peek(HeadSize); isTextMap(head) {
		return readText(br, add)
	}
	p := parser{add: add}
	return p.run(markup.NewScanner(br))
}

// isTextMap says whether the beginning of a body is a list of URLs. Lines that
// begin with # before the first one are comments.
func isTextMap(head []byte) bool {
	for line := range bytes.Lines(head) {
		if line = bytes.TrimSpace(line); len(line) > 0 && line[0] != '#' {
			return isURL(string(line))
		}
	}
	return false
}

func isURL(s string) bool {
	return (strings.HasPrefix(s, "http://") || strings.HasPrefix(s, "https://")) && !strings.ContainsAny(s, " \t<>\"")
}

// readText reads a text sitemap: a line is an URL, and what is longer than the
// buffer is none.
func readText(br *bufio.Reader, add func(Entry) bool) error {
	tooLong := false
	for {
		line, err := br.ReadSlice('\n')
		if text := string(bytes.TrimSpace(line)); !tooLong && (err == nil || errors.Is(err, io.EOF)) && isURL(text) {
			if !add(Entry{URL: text, Text: true}) {
				return errStopped
			}
		}
		tooLong = errors.Is(err, bufio.ErrBufferFull)
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil && !tooLong:
			return err
		}
	}
}

// parser turns the tokens of a sitemap into entries.
type parser struct {
	add   func(Entry) bool
	path  []string // names of the open elements
	text  []byte
	entry Entry
}

func (p *parser) run(s *markup.Scanner) error {
	for {
		token, err := s.Next()
		if errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF // reading ends with the root's end
			if len(p.path) == 0 {
				err = ErrNotSitemap
			}
		}
		if err != nil {
			return err
		}
		switch token.Kind {
		case markup.Start:
			err = p.start(token)
		case markup.Text:
			if p.wanted() && len(p.text) < maxURL {
				p.text = append(p.text, token.Text...)
			}
		case markup.End:
			err = p.end(token.Name)
		}
		if errors.Is(err, errDone) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// errDone ends the reading after the root's end tag.
var errDone = errors.New("done")

func (p *parser) start(t markup.Token) error {
	if len(p.path) == 0 && !isRoot(t.Name) {
		return fmt.Errorf("%w: its root is <%.100s>", ErrNotSitemap, t.Name)
	}
	if len(p.path) > 1 && isEntry(t.Name) { // the last one was not closed
		if err := p.end(p.path[1]); err != nil {
			return err
		}
	}
	if len(p.path) >= maxDepth {
		return fmt.Errorf("elements nest deeper than %d", maxDepth)
	}
	name := t.Name
	if t.Space == "image" || t.Space == "video" {
		name = t.Space + ":" + name // their <loc> is not the page's
	}
	p.path, p.text = append(p.path, name), p.text[:0]
	if len(p.path) == 2 {
		p.entry = Entry{}
	} else if name == "news" {
		p.entry.News = true
	}
	if t.Empty {
		return p.close()
	}
	return nil
}

// end closes an element and those in it that were left open. The end of an
// element that is not open is passed over.
func (p *parser) end(name string) error {
	for i := len(p.path) - 1; i >= 0; i-- {
		if open := p.path[i]; open == name || strings.HasSuffix(open, ":"+name) {
			for len(p.path) > i {
				if err := p.close(); err != nil {
					return err
				}
			}
			return nil
		}
	}
	return nil
}

// close ends the innermost element.
func (p *parser) close() error {
	name := p.path[len(p.path)-1]
	if p.wanted() {
		text := strings.TrimSpace(string(p.text))
		switch name {
		case "loc":
			p.entry.URL = text
		case "lastmod":
			p.entry.LastMod = parseTime(text)
		case "publication_date":
			p.entry.Published = parseTime(text)
		}
	}
	p.text = p.text[:0]
	p.path = p.path[:len(p.path)-1]
	switch len(p.path) {
	case 0:
		return errDone
	case 1:
		return p.finish(name)
	}
	return nil
}

func (p *parser) finish(name string) error {
	e := p.entry
	p.entry = Entry{}
	if !isEntry(name) || e.URL == "" || len(e.URL) >= maxURL {
		return nil
	}
	e.Index = name == "sitemap"
	if !p.add(e) {
		return errStopped
	}
	return nil
}

// wanted says whether the text of the open element belongs to the entry.
func (p *parser) wanted() bool {
	if len(p.path) < 3 {
		return false
	}
	switch p.path[len(p.path)-1] {
	case "loc", "lastmod":
		return len(p.path) == 3
	case "publication_date":
		return p.path[len(p.path)-2] == "news"
	}
	return false
}

func isRoot(name string) bool { return name == "urlset" || name == "sitemapindex" }

func isEntry(name string) bool { return name == "url" || name == "sitemap" }

// parseTime reads a W3C date and time (www.w3.org/TR/NOTE-datetime) and what
// is often written instead. Without a zone it is UTC; what cannot be read is
// zero, and so is what could not be written as RFC 3339 has it, since its zone is
// a day away.
func parseTime(s string) time.Time {
	for _, layout := range []string{
		time.RFC3339, "2006-01-02", "2006-01-02T15:04Z07:00", "2006-01-02T15:04:05", "2006-01-02T15:04:05Z0700",
		"2006-01-02T15:04", "2006-01-02 15:04:05", "2006-01-02 15:04:05Z07:00", "2006-01-02 15:04:05 Z0700", "2006-01-02 15:04:05 MST",
		"2006-01-02 15:04", "2006/01/02", "20060102", time.RFC1123Z, time.RFC1123, time.UnixDate, "2006-01", "2006",
	} {
		t, err := time.Parse(layout, s)
		if _, east := t.Zone(); err == nil && max(east, -east) < 24*3600 {
			return t
		}
	}
	return time.Time{}
}
