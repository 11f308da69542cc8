// Package feeds reads RSS, Atom, RDF and JSON feeds.
package feeds

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/mmcdole/gofeed"
	"github.com/mmcdole/gofeed/atom"
	ext "github.com/mmcdole/gofeed/extensions"
	"github.com/mmcdole/gofeed/json"
	"github.com/mmcdole/gofeed/rss"
)

// ErrNotFeed is a body that is no feed.
var ErrNotFeed = errors.New("not a feed")

// maxTTL bounds Feed.TTL.
const maxTTL = 7 * 24 * time.Hour

// Feed is what the crawler needs of a feed.
type Feed struct {
	Title, Link string
	// TTL is how long the feed asks to be left alone (RSS ttl, or the
	// syndication module's period); zero if it does not say.
	TTL   time.Duration
	Items []Item
}

// Item is one item of a feed.
type Item struct {
	// URL is the item's link as written: it may be relative to the feed's
	// URL. It is the guid where there is no link and the guid is an http or
	// https permalink, and "" where there is neither.
	URL                string
	Title              string
	Published, Updated time.Time // zero if absent or not readable
}

// Sniff says whether a body is a feed, by its content; the Content-Type only
// tells a JSON feed without a version from other JSON.
func Sniff(contentType string, body []byte) bool {
	head := toUTF8(body[:min(len(body), headSize)])
	if bytes.HasPrefix(head, []byte("{")) {
		return bytes.Contains(head, []byte("jsonfeed.org/version")) || bytes.Contains(head, []byte(`jsonfeed.org\/version`)) ||
			strings.HasPrefix(strings.ToLower(contentType), "application/feed+json")
	}
	switch root(head) {
	case "rss", "feed", "rdf":
		return true
	}
	return false
}

// root returns the name of a document's first element in lower case, or "".
func root(head []byte) string {
	d := xml.NewDecoder(bytes.NewReader(head))
	d.Strict = false
	d.CharsetReader = func(_ string, r io.Reader) (io.Reader, error) { return r, nil }
	for {
		token, err := d.Token()
		if err != nil {
			return ""
		}
		if start, ok := token.(xml.StartElement); ok {
			return strings.ToLower(start.Name.Local)
		}
	}
}

// Parse reads a feed. Bytes that are invalid in its encoding, and characters
// that XML does not allow, are repaired first; of a feed that breaks off, the
// whole items are read.
func Parse(body []byte) (Feed, error) {
	text := toUTF8(body)
	if !bytes.HasPrefix(text, []byte("{")) {
		text = repair(text)
		if depth(text) > maxDepth {
			return Feed{}, fmt.Errorf("parse feed: elements nest deeper than %d", maxDepth)
		}
	}
	f, err := parse(text)
	if err != nil {
		if whole := salvage(text); whole != nil {
			if f, err2 := parse(whole); err2 == nil {
				return f, nil
			}
		}
		if errors.Is(err, gofeed.ErrFeedTypeNotDetected) {
			err = ErrNotFeed
		}
		return Feed{}, fmt.Errorf("parse feed: %w", err)
	}
	return f, nil
}

// parse keeps a fault of the library from ending the process.
func parse(text []byte) (f Feed, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("parser panics: %v", r)
		}
	}()
	p := gofeed.NewParser()
	p.KeepOriginalFeed = true
	parsed, err := p.Parse(bytes.NewReader(text))
	if err != nil {
		return Feed{}, err
	}
	return convert(parsed), nil
}

func convert(parsed *gofeed.Feed) Feed {
	f := Feed{Title: strings.TrimSpace(parsed.Title), Link: strings.TrimSpace(parsed.Link), TTL: ttl(parsed)}
	permalinks := permalinksOf(parsed.OriginalFeed())
	for i, it := range parsed.Items {
		if it == nil {
			continue
		}
		item := Item{URL: link(it), Title: strings.TrimSpace(it.Title)}
		if item.URL == "" && i < len(permalinks) && isHTTP(permalinks[i]) {
			item.URL = permalinks[i]
		}
		if it.PublishedParsed != nil {
			item.Published = *it.PublishedParsed
		}
		if it.UpdatedParsed != nil {
			item.Updated = *it.UpdatedParsed
		}
		f.Items = append(f.Items, item)
	}
	return f
}

// link prefers the address that a feed service keeps of the publisher's own.
func link(it *gofeed.Item) string {
	if orig := strings.TrimSpace(extension(it.Extensions, "feedburner", "origLink")); isHTTP(orig) {
		return orig
	}
	return strings.TrimSpace(it.Link)
}

// permalinksOf returns for each item the id that may stand for its link, or "".
func permalinksOf(original any) (ids []string) {
	switch f := original.(type) {
	case *rss.Feed:
		for _, it := range f.Items {
			id := ""
			// A guid is a permalink unless it says otherwise (RSS 2.0).
			if it != nil && it.GUID != nil && !strings.EqualFold(strings.TrimSpace(it.GUID.IsPermalink), "false") {
				id = strings.TrimSpace(it.GUID.Value)
			}
			ids = append(ids, id)
		}
	case *json.Feed:
		for _, it := range f.Items {
			id := ""
			if it != nil {
				id = strings.TrimSpace(it.ID)
			}
			ids = append(ids, id)
		}
	case *atom.Feed: // an id is a name, never an address
	}
	return ids
}

func isHTTP(s string) bool {
	return strings.HasPrefix(s, "http://") || strings.HasPrefix(s, "https://")
}

func ttl(parsed *gofeed.Feed) time.Duration {
	if f, ok := parsed.OriginalFeed().(*rss.Feed); ok {
		if minutes, err := strconv.Atoi(strings.TrimSpace(f.TTL)); err == nil && minutes > 0 {
			return time.Duration(min(minutes, int(maxTTL.Minutes()))) * time.Minute
		}
	}
	period, ok := map[string]time.Duration{
		"hourly": time.Hour, "daily": 24 * time.Hour, "weekly": 7 * 24 * time.Hour,
		"monthly": maxTTL, "yearly": maxTTL,
	}[strings.ToLower(strings.TrimSpace(extension(parsed.Extensions, "sy", "updatePeriod")))]
	if !ok {
		return 0
	}
	if n, err := strconv.Atoi(strings.TrimSpace(extension(parsed.Extensions, "sy", "updateFrequency"))); err == nil && n > 1 {
		period /= time.Duration(n)
	}
	return period
}

func extension(all ext.Extensions, space, name string) string {
	if found := all[space][name]; len(found) > 0 {
		return found[0].Value
	}
	return ""
}
