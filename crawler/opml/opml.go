// Package opml reads the lists of feeds that feed readers export
// (opml.org/spec2.opml).
package opml

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"

	"golang.org/x/net/html/charset"
)

// ErrNotOPML is a document that is no OPML.
var ErrNotOPML = errors.New("not an OPML file: its root is not <opml>")

// Feed is one outline that has a feed.
type Feed struct {
	URL   string // xmlUrl
	Site  string // htmlUrl, "" if there is none
	Title string // title or text, "" if there is neither
}

// Parse returns the feeds of all outlines, however deep they are nested, in the
// order of the document and each URL once. Outlines without xmlUrl are folders
// or links and do not count.
func Parse(r io.Reader) ([]Feed, error) {
	d := xml.NewDecoder(r)
	d.Strict = false
	d.Entity = xml.HTMLEntity
	d.CharsetReader = charset.NewReaderLabel
	var (
		feeds []Feed
		seen  = map[string]bool{}
		root  = true
	)
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) && !root {
			return feeds, nil
		}
		if errors.Is(err, io.EOF) {
			return nil, ErrNotOPML
		}
		if err != nil {
			return nil, fmt.Errorf("parse OPML: %w", err)
		}
		start, ok := token.(xml.StartElement)
		if !ok {
			continue
		}
		if root && !strings.EqualFold(start.Name.Local, "opml") {
			return nil, ErrNotOPML
		}
		root = false
		if f := outline(start); f.URL != "" && !seen[f.URL] {
			seen[f.URL] = true
			feeds = append(feeds, f)
		}
	}
}

func outline(e xml.StartElement) (f Feed) {
	if !strings.EqualFold(e.Name.Local, "outline") {
		return f
	}
	text := ""
	for _, a := range e.Attr {
		value := strings.TrimSpace(a.Value)
		switch strings.ToLower(a.Name.Local) {
		case "xmlurl":
			f.URL = value
		case "htmlurl":
			f.Site = value
		case "title":
			f.Title = value
		case "text":
			text = value
		}
	}
	if f.Title == "" {
		f.Title = text
	}
	return f
}
