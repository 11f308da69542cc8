// Package feeds reads RSS, RDF, Atom and JSON feeds as they are found in the
// wild: broken, cut, in the wrong encoding, or far too long. It makes one pass,
// looks nothing up, and keeps no more than the newest items.
package feeds

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"time"

	"pressmill/crawler/markup"
)

// ErrNotFeed is a body that is no feed.
var ErrNotFeed = errors.New("not a feed")

const (
	// MaxItems is how many items a feed has at most: of more, the newest.
	MaxItems = 2000
	// headSize is how much of a body tells what it is.
	headSize = 4 << 10

	maxTTL   = 7 * 24 * time.Hour // bounds Feed.TTL
	maxURL   = 8 << 10            // in bytes; an item with a longer one has none
	maxTitle = 1 << 10            // in bytes; longer ones are cut
)

// Feed is what the crawler needs of a feed.
type Feed struct {
	Title string
	Link  string // of the site
	Self  string // the feed's own address, as it says; "" if it does not
	Hubs  []string
	// TTL is how long the feed asks to be left alone (RSS ttl, or the
	// syndication module's period); zero if it does not say.
	TTL time.Duration
	// SkipHours and SkipDays are when the feed asks not to be read, in UTC.
	SkipHours []int
	SkipDays  []time.Weekday
	// Items are the feed's items that have an address, each address once, in
	// the feed's order.
	Items []Item
	// Cut says that the feed breaks off: there may be more items.
	Cut bool
}

// Item is one item of a feed.
type Item struct {
	// URL is the item's link, resolved against what xml:base says, otherwise as
	// written: it may be relative to the feed's URL. It is the guid where there
	// is no link and the guid is an http or https permalink.
	URL                string
	Title              string    // as text
	Published, Updated time.Time // zero if absent or not readable
}

// dated is when something last happened to an item, as far as it says.
func (i Item) dated() time.Time {
	if i.Updated.After(i.Published) {
		return i.Updated
	}
	return i.Published
}

// Sniff says whether a body is a feed, by its content; the Content-Type only
// tells a JSON feed without a version from other JSON.
func Sniff(contentType string, body []byte) bool {
	head := bytes.TrimLeft(markup.UTF8Head(body[:min(len(body), headSize)], contentType), " \t\r\n")
	if bytes.HasPrefix(head, []byte("{")) {
		return bytes.Contains(head, []byte("jsonfeed.org/version")) || bytes.Contains(head, []byte(`jsonfeed.org\/version`)) ||
			strings.HasPrefix(strings.ToLower(contentType), "application/feed+json")
	}
	return isRoot(markup.Root(head))
}

func isRoot(name string) bool { return name == "rss" || name == "feed" || name == "rdf" }

// Parse reads a feed. What is broken is read as it was most likely meant; of a
// feed that breaks off, the whole items are read. The Content-Type, which may
// be "", counts where the feed says nothing of its encoding.
func Parse(contentType string, body []byte) (f Feed, err error) {
	r := markup.UTF8(bytes.NewReader(body), contentType)
	if isJSON(body, contentType) {
		f, err = parseJSON(r)
	} else {
		f, err = parseXML(r)
	}
	if err != nil {
		return Feed{}, fmt.Errorf("parse feed: %w", err)
	}
	return f, nil
}

func isJSON(body []byte, contentType string) bool {
	head := markup.UTF8Head(body[:min(len(body), headSize)], contentType)
	return bytes.HasPrefix(bytes.TrimLeft(head, " \t\r\n"), []byte("{"))
}
