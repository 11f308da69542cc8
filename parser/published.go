package parser

import (
	"bytes"
	"strings"
	"time"

	"pressmill/parser/dates"
	"pressmill/parser/jsonld"
	"pressmill/pkg/news"
)

// publishedKeys are the meta elements, properties and itemprops that tell when
// a page was published, the surest first, and vagueKeys those that tell a date
// and leave open whether it is the article's.
var (
	publishedKeys = []string{
		"article:published_time", "og:article:published_time", "datepublished", "article.published", "article:published", "parsely-pub-date",
		"sailthru.date", "cxenseparse:recs:publishtime", "og:published_time", "article_date_original", "citation_publication_date",
		"publishdate", "publish-date", "publish_date", "publicationdate", "publication_date", "pubdate", "og:pubdate", "bt:pubdate", "rnews:datepublished",
		"dc.date.issued", "dcterms.issued", "dcterms.available", "date.available", "originalpublicationdate", "shareaholic:article_published_time",
		"published_time", "published", "published-date", "published_date", "posted", "release_date", "citation_date", "citation_online_date", "vr:published_time",
	}
	vagueKeys = []string{
		"dc.date", "dcterms.date", "dc.date.created", "dcterms.created", "datecreated", "date.created", "article:created", "created", "creation_date",
		"date", "time", "last-modified-date",
	}
)

var modifiedKeys = []string{
	"article:modified_time", "og:article:modified_time", "datemodified", "article:modified", "og:updated_time", "article.updated", "article:updated",
	"rnews:datemodified", "dcterms.modified", "dc.date.modified", "dc.modified", "moddate", "modified_time", "modified", "updated", "updated_time",
	"last-modified", "lastmod", "last_modified", "cxenseparse:recs:moditime", "revised",
}

// dates finds when the article was published and modified.
//
// A page that tells no more than when it was last changed was published then or
// before; the provenance says so.
func (x *extraction) dates() {
	l := timeline{where: x.locale()}
	if at := x.page.FetchedAt; !at.IsZero() {
		l.latest = at.UTC().Add(48 * time.Hour)
	}
	x.ldDates(&l)
	x.metaDates(&l)
	x.visibleDates(&l)
	x.urlDate(&l)
	zone := x.zone()
	published := x.ruledDate(&l, "published", x.rule.Published)
	if published == nil {
		published = l.firstPublished()
	}
	modified := x.ruledDate(&l, "modified", x.rule.Modified)
	if modified == nil {
		modified = l.lastModified(published)
	}
	if published == nil && modified != nil {
		published = &dated{Date: modified.Date, raw: modified.raw, src: "modified", conf: 0.3}
	}
	x.art.Published = x.stated(published, "published", zone)
	x.art.Modified = x.stated(modified, "modified", zone)
}

// stated returns a date as articles have it, and notes where it comes from.
func (x *extraction) stated(d *dated, field string, zone *time.Location) *news.Date {
	if d == nil {
		return nil
	}
	x.prov(field, d.src, d.conf)
	return newsDate(d.Date, d.raw, zone)
}

// read adds the date in a text to a list, if there is one.
func (l *timeline) read(list *[]dated, raw, src string, conf float64) bool {
	d, ok := l.find(raw, src, conf)
	if ok {
		*list = append(*list, d)
	}
	return ok
}

// find returns the date in a text, if there is one.
func (l *timeline) find(raw, src string, conf float64) (dated, bool) {
	if raw == "" {
		return dated{}, false
	}
	d, ok := dates.Find(raw, l.where)
	if ok && l.tooLate(d) && d.Ambiguous {
		d = d.Swapped()
	}
	if !ok || l.tooLate(d) {
		return dated{}, false
	}
	return dated{Date: d, raw: raw, src: src, conf: conf}, true
}

// tooLate says whether a date lies after the page was fetched.
func (l *timeline) tooLate(d dates.Date) bool { return !l.latest.IsZero() && l.latest.Before(dayOf(d)) }

func (x *extraction) ldDates(l *timeline) {
	for _, key := range []string{"datePublished", "dateCreated", "uploadDate"} {
		if l.read(&l.published, ldDate(x.ld.article, key), "jsonld", 0.95) {
			break
		}
	}
	l.read(&l.modified, ldDate(x.ld.article, "dateModified"), "jsonld", 0.95)
}

// pageDates adds the dates of what else the structured data describes: the
// page, its video.
func (x *extraction) pageDates(l *timeline) {
	for _, o := range x.ld.all {
		if !o.is("WebPage", "ItemPage", "CreativeWork", "VideoObject", "AudioObject", "PodcastEpisode", "MedicalWebPage", "AboutPage") {
			continue
		}
		for _, key := range []string{"datePublished", "uploadDate", "dateCreated"} {
			if l.read(&l.published, ldDate(o, key), "jsonld", 0.7) {
				break
			}
		}
	}
}

// ldDate returns a date of structured data, also one written as a number.
func ldDate(o object, key string) string {
	if v := o.get(key); v.Kind() == jsonld.Number {
		return string(v.Raw())
	}
	return o.text(key)
}

// metaDates adds the dates of the meta elements, in the order of their keys.
func (x *extraction) metaDates(l *timeline) {
	for _, key := range publishedKeys {
		if l.read(&l.published, x.meta.get(key), "meta", 0.9) {
			l.published[len(l.published)-1].sure = true
		}
	}
	for _, key := range vagueKeys {
		l.read(&l.published, x.meta.get(key), "meta", 0.9)
	}
	for _, key := range modifiedKeys {
		l.read(&l.modified, x.meta.get(key), "meta", 0.9)
	}
	if len(l.published) == 0 {
		x.pageDates(l)
	}
}

// settled says whether nothing else is needed to tell when the article was
// published: an instant, on the clock of the site.
func (l *timeline) settled() bool {
	if len(l.published) == 0 {
		return false
	}
	d := &l.published[0]
	return d.Zoned && d.Offset != 0 && !d.midnight() && !l.afterModified(d)
}

// urlDate reads the day in the page's URL. Alone it is not believed when the
// page has a label for its date with nothing behind it: then a script fills it
// in, the page as fetched tells no date, and that in the URL is the one of its
// folder.
func (x *extraction) urlDate(l *timeline) {
	path := x.url.EscapedPath()
	d, ok := dates.FromURL(path)
	if !ok && len(l.published) == 0 {
		d, ok = dates.FromSegment(path, l.where)
	}
	if ok && !l.tooLate(d) && (len(l.published) > 0 || !x.emptyDateLabel()) {
		l.url = dated{Date: d, raw: path[d.From:d.To], src: "url", conf: 0.6}
	}
}

// emptyDateLabel says whether a text near the article labels a date that does
// not follow.
func (x *extraction) emptyDateLabel() bool {
	t := x.tree
	from, to := x.scope()
	for i := from; i < to; i++ {
		n := &t.nodes[i]
		if n.tag != tagNone || n.end-n.start > maxLabel || n.parent < 0 || t.nodes[n.parent].tag.is(traitNoText) {
			continue
		}
		s := bytes.TrimSpace(t.bytes(i))
		if !bytes.HasSuffix(s, []byte(":")) || !x.dateTries.more(maxTries) {
			continue
		}
		if dates.LabelOf(string(s)) != dates.NoLabel && !dateLike(t.nextText(i)) {
			return true
		}
	}
	return false
}

// dateLike says whether a text can be a date, also a relative one.
func dateLike(s string) bool { return len(s) < maxLabel && dates.MayHold(s) }

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
