package feeds

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"pressmill/crawler/markup"
)

// maxDepth is how deep elements are told apart; what is deeper is passed over.
const maxDepth = 32

// spaces are the usual prefixes of the namespaces that matter. A feed may
// declare others for them, or none.
var spaces = map[string]string{
	"http://www.w3.org/2005/Atom":                  "atom",
	"http://purl.org/atom/ns#":                     "atom",
	"http://purl.org/rss/1.0/":                     "",
	"http://purl.org/dc/elements/1.1/":             "dc",
	"http://purl.org/dc/terms/":                    "dcterms",
	"http://purl.org/rss/1.0/modules/syndication/": "sy",
	"http://rssnamespace.org/feedburner/ext/1.0":   "feedburner",
}

// xmlFeed turns the tokens of a feed into items. One element follows from
// another by its name alone, so that RSS, RDF and Atom are read alike.
type xmlFeed struct {
	feed     Feed
	items    newest
	prefixes map[string]string // declared prefix -> usual prefix
	path     []element
	deeper   int // open elements beyond the path
	text     []byte
	item     *xmlItem // nil: outside of items
	freq     int      // sy:updateFrequency
}

// element is an open element.
type element struct {
	written, name string // the name as written and with its usual prefix, if any
	base          string // xml:base in force
	permalink     bool   // of a guid
	href          bool   // of a link that has its address as an attribute
}

// xmlItem is an item with what may stand for what it lacks.
type xmlItem struct {
	Item
	depth              int // of its element in the path
	original, guid     string
	about              string // rdf:about
	created, dublinDay time.Time
}

func parseXML(r io.Reader) (Feed, error) {
	x := xmlFeed{prefixes: map[string]string{}}
	s := markup.NewScanner(fromProlog(r))
	for {
		token, err := s.Next()
		if err != nil {
			return x.end(err)
		}
		switch token.Kind {
		case markup.Start:
			if len(x.path) == 0 && !isRoot(token.Name) {
				return Feed{}, ErrNotFeed
			}
			if x.start(token); len(x.path) == 0 {
				return x.end(nil) // a root without anything in it
			}
		case markup.Text:
			x.read(token.Text)
		case markup.End:
			if x.close(token.Name); len(x.path) == 0 && token.Name != "" && isRoot(token.Name) {
				return x.end(nil)
			}
		}
	}
}

// fromProlog leaves out what stands before an XML declaration, such as the
// warnings of a script.
func fromProlog(r io.Reader) io.Reader {
	br := bufio.NewReaderSize(r, headSize)
	head, _ := br.Peek(headSize) // an error comes again with the reading
	if at := bytes.Index(head, []byte("<?xml ")); at > 0 {
		_, _ = br.Discard(at)
	}
	return br
}

// end returns the feed; err is what ended it, nil for the end of its root.
func (x *xmlFeed) end(err error) (Feed, error) {
	f := x.feed
	f.Items = x.items.all()
	f.Cut = err != nil
	if x.freq > 1 {
		f.TTL /= time.Duration(x.freq)
	}
	f.TTL = min(f.TTL, maxTTL)
	switch {
	case err == nil || len(f.Items) > 0:
		return f, nil
	case errors.Is(err, io.EOF) && len(x.path) == 0:
		return Feed{}, ErrNotFeed
	case errors.Is(err, io.EOF):
		err = io.ErrUnexpectedEOF
	}
	return Feed{}, err
}

// start opens an element. Items and what has text only do not nest: what was
// not closed is.
func (x *xmlFeed) start(t markup.Token) {
	if x.deeper > 0 || len(x.path) >= maxDepth {
		if !t.Empty {
			x.deeper++
		}
		return
	}
	e := element{written: t.Name, base: x.base()}
	x.declare(t, &e)
	e.name = x.nameOf(t)
	switch {
	case isItem(e.name) && x.item != nil:
		x.closeTo(x.item.depth)
	case len(x.path) > 0 && textOnly[x.top().name] && known[e.name]:
		x.closeTo(len(x.path) - 1)
	}
	if isItem(e.name) {
		x.item = &xmlItem{depth: len(x.path), about: t.Attribute("rdf:about")}
	}
	x.path = append(x.path, e)
	if !x.withinTitle() {
		x.text = x.text[:0]
	}
	x.attributes(t)
	if t.Empty {
		x.closeTo(len(x.path) - 1)
	}
}

func (x *xmlFeed) top() *element { return &x.path[len(x.path)-1] }

func (x *xmlFeed) base() string {
	if len(x.path) == 0 {
		return ""
	}
	return x.top().base
}

// declare notes the namespaces and the base that a start tag declares.
func (x *xmlFeed) declare(t markup.Token, e *element) {
	for name, value := range t.Attributes {
		prefix, isSpace := strings.CutPrefix(name, "xmlns:")
		usual, matters := spaces[strings.TrimSpace(value)]
		switch {
		case name == "xml:base":
			e.base = resolve(e.base, value)
		case isSpace && matters && len(x.prefixes) < maxDepth:
			x.prefixes[prefix] = usual
		}
	}
}

// nameOf returns an element's name with the usual prefix of its namespace.
// Atom's is left out in Atom.
func (x *xmlFeed) nameOf(t markup.Token) string {
	space, declared := x.prefixes[t.Space]
	if !declared {
		space = t.Space
	}
	switch {
	case space == "", space == "rss", space == "rdf":
		return t.Name
	case space == "atom" && (len(x.path) == 0 || x.path[0].name == "feed"):
		return t.Name
	}
	return space + ":" + t.Name
}

func isItem(name string) bool { return name == "item" || name == "entry" }

// textOnly are elements that hold nothing but text, so that another element
// that is known ends them; known are the elements that are read.
var (
	textOnly = map[string]bool{
		"link": true, "guid": true, "pubdate": true, "dc:date": true, "title": true, "ttl": true, "hour": true, "day": true,
		"published": true, "updated": true, "modified": true, "issued": true, "created": true,
	}
	known = map[string]bool{
		"item": true, "entry": true, "link": true, "guid": true, "pubdate": true, "dc:date": true, "title": true, "description": true, "category": true, "author": true,
		"published": true, "updated": true, "modified": true, "issued": true, "id": true, "summary": true, "content": true,
		"content:encoded": true, "dc:creator": true, "hour": true, "day": true,
	}
)

// read keeps the text of the open element.
func (x *xmlFeed) read(text []byte) {
	if x.deeper == 0 || x.withinTitle() {
		x.text = append(x.text, text[:min(len(text), max(maxURL+1-len(x.text), 0))]...)
	}
}

// withinTitle says whether the open element lies in a title, as of XHTML.
func (x *xmlFeed) withinTitle() bool {
	for i := len(x.path) - 2; i >= 0; i-- {
		if x.path[i].name == "title" {
			return true
		}
	}
	return false
}

// close ends the innermost open element of a name, and those in it that were
// left open. The end of an element that is not open is passed over.
func (x *xmlFeed) close(name string) {
	if x.deeper > 0 {
		if x.deeper--; !isItem(name) && !isRoot(name) {
			return
		}
		x.deeper = 0 // whatever was left open in it
	}
	for i := len(x.path) - 1; i >= 0; i-- {
		if x.path[i].written == name {
			x.closeTo(i)
			return
		}
	}
}

func (x *xmlFeed) closeTo(depth int) {
	for len(x.path) > depth {
		x.ended()
		x.path = x.path[:len(x.path)-1]
		if len(x.path) == 0 || x.top().name != "title" && !x.withinTitle() {
			x.text = x.text[:0]
		}
	}
}

// ended notes what the innermost element says, which ends.
func (x *xmlFeed) ended() {
	depth := len(x.path) - 1
	switch {
	case x.item != nil && depth == x.item.depth:
		x.items.add(x.item.whole())
		x.item = nil
	case x.item != nil && depth == x.item.depth+1:
		x.ofItem(*x.top(), strings.TrimSpace(string(x.text)))
	case x.item == nil && depth > 0 && depth <= 3:
		x.ofFeed(*x.top(), strings.TrimSpace(string(x.text)))
	}
}

func (x *xmlFeed) ofItem(e element, text string) {
	i := x.item
	switch e.name {
	case "title", "dc:title":
		setOnce(&i.Title, plain(text))
	case "link":
		if !e.href {
			setOnce(&i.URL, resolve(e.base, text))
		}
	case "guid":
		if e.permalink {
			setOnce(&i.guid, text)
		}
	case "feedburner:origlink", "pheedo:origlink":
		setOnce(&i.original, text)
	case "pubdate", "published", "issued", "dcterms:issued":
		setTime(&i.Published, text)
	case "created", "dcterms:created":
		setTime(&i.created, text)
	case "dc:date":
		setTime(&i.dublinDay, text)
	case "updated", "modified", "atom:updated", "dcterms:modified":
		setTime(&i.Updated, text)
	}
}

func setOnce(s *string, value string) {
	if *s == "" {
		*s = value
	}
}

func setTime(t *time.Time, text string) {
	if t.IsZero() {
		*t = parseDate(text)
	}
}

// whole returns the item with what stands for what it lacks.
func (i *xmlItem) whole() Item {
	item := i.Item
	if isHTTP(i.original) {
		item.URL = i.original // a feed service keeps the publisher's own address
	}
	for _, other := range []string{i.guid, i.about} {
		if item.URL == "" && isHTTP(other) {
			item.URL = other
		}
	}
	for _, other := range []time.Time{i.dublinDay, i.created} {
		if item.Published.IsZero() {
			item.Published = other
		}
	}
	return item
}

func isHTTP(s string) bool {
	return strings.HasPrefix(s, "http://") || strings.HasPrefix(s, "https://")
}

func (x *xmlFeed) ofFeed(e element, text string) {
	f := &x.feed
	if parent := x.path[len(x.path)-2].name; parent == "image" || parent == "textinput" || parent == "author" {
		return
	}
	switch e.name {
	case "title":
		setOnce(&f.Title, plain(text))
	case "link":
		if !e.href {
			setOnce(&f.Link, resolve(e.base, text))
		}
	case "ttl":
		if n, err := strconv.Atoi(text); err == nil && n > 0 {
			f.TTL = time.Duration(min(n, int(maxTTL.Minutes()))) * time.Minute
		}
	case "sy:updateperiod":
		if f.TTL == 0 {
			f.TTL = periods[strings.ToLower(text)]
		}
	case "sy:updatefrequency":
		x.freq, _ = strconv.Atoi(text)
	case "hour":
		if n, err := strconv.Atoi(text); err == nil && n >= 0 && n <= 24 && !slices.Contains(f.SkipHours, n%24) {
			f.SkipHours = append(f.SkipHours, n%24)
		}
	case "day":
		if d, ok := weekdays[strings.ToLower(text)]; ok && !slices.Contains(f.SkipDays, d) {
			f.SkipDays = append(f.SkipDays, d)
		}
	}
}

var periods = map[string]time.Duration{
	"hourly": time.Hour, "daily": 24 * time.Hour, "weekly": 7 * 24 * time.Hour, "monthly": 30 * 24 * time.Hour, "yearly": 365 * 24 * time.Hour,
}

var weekdays = map[string]time.Weekday{
	"sunday": time.Sunday, "monday": time.Monday, "tuesday": time.Tuesday, "wednesday": time.Wednesday,
	"thursday": time.Thursday, "friday": time.Friday, "saturday": time.Saturday,
}

// attributes notes what the attributes of the innermost element say.
func (x *xmlFeed) attributes(t markup.Token) {
	e := x.top()
	switch e.name {
	case "guid":
		e.permalink = !strings.EqualFold(strings.TrimSpace(t.Attribute("ispermalink")), "false")
	case "link", "atom:link":
		href := strings.TrimSpace(t.Attribute("href"))
		if href == "" {
			return
		}
		e.href = true
		x.link(strings.ToLower(t.Attribute("rel")), resolve(e.base, href))
	}
}

// link notes a link by its relation (RFC 4287, section 4.2.7.2; WebSub).
func (x *xmlFeed) link(rel, href string) {
	inItem := x.item != nil && len(x.path)-1 == x.item.depth+1
	switch {
	case inItem && (rel == "" || rel == "alternate"):
		setOnce(&x.item.URL, href)
	case x.item != nil:
	case rel == "" || rel == "alternate":
		setOnce(&x.feed.Link, href)
	case rel == "self":
		setOnce(&x.feed.Self, href)
	case rel == "hub" && len(x.feed.Hubs) < 8:
		x.feed.Hubs = append(x.feed.Hubs, href)
	}
}

// resolve returns a reference as its base has it; without a base, or if it
// cannot be read, as it is.
func resolve(base, ref string) string {
	ref = strings.TrimSpace(ref)
	if base == "" || ref == "" || isHTTP(ref) {
		return ref
	}
	b, err := url.Parse(base)
	if err != nil {
		return ref
	}
	r, err := url.Parse(ref)
	if err != nil {
		return ref
	}
	return b.ResolveReference(r).String()
}
