package parser

import (
	"regexp"
	"strings"
	"time"

	"pressmill/parser/dates"
	"pressmill/pkg/news"
)

var publishedKeys = []string{
	"article:published_time", "og:article:published_time", "datepublished", "article.published", "parsely-pub-date",
	"sailthru.date", "cxenseparse:recs:publishtime", "og:published_time", "article_date_original", "publishdate", "publish_date",
	"publication_date", "pubdate", "dc.date.issued", "dcterms.created", "dcterms.date", "dc.date", "dc.date.created", "dcterms.issued",
	"date.created", "originalpublicationdate", "creation_date", "last-modified-date", "date", "article:published", "citation_date",
	"bt:pubdate", "shareaholic:article_published_time", "og:pubdate", "published_time", "time",
}

var modifiedKeys = []string{
	"article:modified_time", "og:article:modified_time", "datemodified", "og:updated_time", "dcterms.modified", "dc.date.modified",
	"last-modified", "lastmod", "article.updated", "modified_time",
}

var urlDate = regexp.MustCompile(`/(20\d\d)[/-]?(\d\d)[/-]?(\d\d)(?:[/_.-]|$)`)

// dates finds when the article was published and modified: in the structured
// data, the meta elements, time elements, named elements near the text, and
// last in the URL.
func (x *extraction) dates() {
	zone := x.zone()
	where := x.locale()
	read := func(s, src string, conf float64, field string) *news.Date {
		d := parseDate(s, zone, where)
		if d == nil || inFuture(d, x.page.FetchedAt) {
			return nil
		}
		x.prov(field, src, conf)
		return d
	}
	x.art.Published = x.published(read)
	x.art.Modified = x.modified(read)
}

type dateReader func(s, src string, conf float64, field string) *news.Date

func (x *extraction) published(read dateReader) *news.Date {
	const field = "published"
	if d := x.ruledDate(read, field, x.rule.Published); d != nil {
		return d
	}
	for _, key := range []string{"datePublished", "dateCreated", "uploadDate"} {
		if d := read(x.ld.article.text(key), "jsonld", 0.95, field); d != nil {
			return d
		}
	}
	for _, key := range publishedKeys {
		if d := read(x.meta.get(key), "meta", 0.9, field); d != nil {
			return d
		}
	}
	for _, o := range x.ld.all {
		if d := read(o.text("datePublished"), "jsonld", 0.7, field); d != nil {
			return d
		}
	}
	if d := x.visibleDate(read, field); d != nil {
		return d
	}
	if d := x.lineDate(read, field); d != nil {
		return d
	}
	if m := urlDate.FindStringSubmatch(x.page.FinalURL); m != nil && !x.emptyDateLabel() {
		return read(m[1]+"-"+m[2]+"-"+m[3], "url", 0.6, field)
	}
	return nil
}

var dateLabels = map[string]bool{
	"published": true, "published updated": true, "updated": true, "published on": true, "last updated": true,
	"veröffentlicht": true, "aktualisiert": true, "publié le": true, "publicado": true, "pubblicato": true,
}

// emptyDateLabel says whether the page has a label for its date with nothing
// behind it: a script fills it in, so the page as fetched tells no date, and
// that in the URL is the one of its folder.
func (x *extraction) emptyDateLabel() bool {
	t := x.tree
	from, to := x.scope()
	for i := from; i < to; i++ {
		n := &t.nodes[i]
		if n.tag == tagNone || n.stop-i > 12 || n.tag.is(traitNoText) || !n.tag.is(traitBlock) {
			continue
		}
		if s := t.text(i); len(s) < 60 && strings.Contains(s, ":") && dateLabels[fold(s)] {
			return true
		}
	}
	return false
}

func (x *extraction) modified(read dateReader) *news.Date {
	const field = "modified"
	if d := x.ruledDate(read, field, x.rule.Modified); d != nil {
		return d
	}
	if d := read(x.ld.article.text("dateModified"), "jsonld", 0.95, field); d != nil {
		return d
	}
	for _, key := range modifiedKeys {
		if d := read(x.meta.get(key), "meta", 0.9, field); d != nil {
			return d
		}
	}
	return nil
}

// visibleDate looks at time elements and elements named as dates, those next
// to the text first.
func (x *extraction) visibleDate(read dateReader, field string) *news.Date {
	t := x.tree
	from, to := x.scope()
	for _, span := range [][2]int32{{from, to}, {0, int32(len(t.nodes))}} {
		var d *news.Date
		for i := span[0]; i < span[1] && d == nil; i++ {
			d = x.dateAt(i, read, field)
		}
		if d != nil {
			return d
		}
	}
	return nil
}

func (x *extraction) dateAt(i int32, read dateReader, field string) *news.Date {
	t := x.tree
	n := &t.nodes[i]
	if n.tag != tagTime && n.flags&dateMark == 0 || n.tag == tagNone || n.stop-i > 60 {
		return nil
	}
	if n.flags&(commentMark|relatedMark|hidden) != 0 || n.flags&inJunk != 0 && n.tag != tagTime || t.within(i, tagAside, tagNav, tagFooter) {
		return nil
	}
	for _, key := range []string{"datetime", "content"} {
		if d := read(t.attr(i, key), "html", 0.8, field); d != nil {
			return d
		}
	}
	s := t.text(i)
	if len(s) > 160 {
		return nil
	}
	return read(s, "html", 0.7, field)
}

// maxDateLine is the length, folded, up to which a line is a date with at most
// a word or two around it.
const maxDateLine = 48

// lineDate looks for a line near the text that says little but a date.
func (x *extraction) lineDate(read dateReader, field string) *news.Date {
	for _, line := range x.bylines {
		if d := read(line, "text", 0.6, field); d != nil {
			return d
		}
	}
	t := x.tree
	from, to := x.scope()
	for i := from; i < to; i++ {
		n := &t.nodes[i]
		if n.tag != tagNone || n.end-n.start < 6 || n.end-n.start > 200 || n.parent < 0 || t.nodes[n.parent].tag.is(traitNoText) {
			continue
		}
		s := cleanText(string(t.bytes(i)))
		if len(fold(s)) > maxDateLine || t.inMarked(i, commentMark|relatedMark|captionMark|hidden) || t.within(i, tagFigure, tagNav, tagFooter) {
			continue
		}
		if d := read(s, "text", 0.5, field); d != nil {
			return d
		}
	}
	return nil
}

// zone returns the zone of the site's rule, that of the source, or nil.
func (x *extraction) zone() *time.Location {
	if x.rule.Zone != nil {
		return x.rule.Zone
	}
	if x.page.Source.Zone == "" {
		return nil
	}
	loc, err := time.LoadLocation(x.page.Source.Zone)
	if err != nil {
		x.warn("source zone %q is unknown", x.page.Source.Zone)
		return nil
	}
	return loc
}

// locale returns who writes the page's dates.
func (x *extraction) locale() dates.Locale {
	tag := x.meta.lang
	if tag == "" {
		tag = x.meta.get("og:locale", "content-language", "language")
	}
	host := x.url.Hostname()
	return dates.LocaleOf(tag, host[strings.LastIndexByte(host, '.')+1:])
}

// inFuture says whether a date lies more than two days after the fetch.
func inFuture(d *news.Date, fetched time.Time) bool {
	if fetched.IsZero() {
		return false
	}
	return d.Local[:len(time.DateOnly)] > fetched.Add(48*time.Hour).UTC().Format(time.DateOnly)
}
