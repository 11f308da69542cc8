package parser

import (
	"slices"
	"strings"
	"time"

	"pressmill/parser/dates"
	"pressmill/pkg/news"
)

// dated is a date with the place where it was found.
type dated struct {
	dates.Date
	raw, src string
	conf     float64
	sure     bool  // said to be that of publication
	node     int32 // the element that shows it, or 0
}

// timeline collects what a page says of when it was published and modified, the
// best sources first.
type timeline struct {
	where               dates.Locale
	latest              time.Time // no date is later; zero for any
	published, modified []dated
	url                 dated // raw is "" when there is none
}

// add adds the dates of another timeline.
func (l *timeline) add(o *timeline) {
	l.published = append(l.published, o.published...)
	l.modified = append(l.modified, o.modified...)
}

// holdsDate says whether a text holds a date.
func holdsDate(s string) bool {
	_, ok := dates.Find(s, dates.Locale{})
	return ok
}

// maxRaw is how much of the text around a date is kept with it, in bytes.
const maxRaw = dates.MaxText

// newsDate returns a date as articles have it. Only a time of day has a zone.
func newsDate(c dates.Date, raw string, zone *time.Location) *news.Date {
	d := &news.Date{Precision: c.Precision, Zone: news.ZoneUnknown, Raw: cut(strings.TrimSpace(raw), maxRaw)}
	loc := time.UTC
	switch {
	case c.Precision == news.PrecisionDay:
	case c.Zoned:
		d.Zone = news.ZoneExplicit
		loc = time.FixedZone("", c.Offset)
	case zone != nil:
		d.Zone = news.ZoneSiteDefault
		loc = zone
	}
	t := time.Date(c.Year, time.Month(c.Month), c.Day, c.Hour, c.Minute, c.Second, 0, loc)
	if d.Zone != news.ZoneUnknown {
		d.At = t.Format(time.RFC3339)
	}
	if c.Precision == news.PrecisionDay {
		d.Local = t.Format(time.DateOnly)
	} else {
		d.Local = t.Format("2006-01-02T15:04:05")
	}
	return d
}

// cut returns the first n bytes of s, without a broken character at the end.
func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return strings.ToValidUTF8(s[:n], "")
}

// dayOf returns the day of a date, on its own clock.
func dayOf(d dates.Date) time.Time {
	return time.Date(d.Year, time.Month(d.Month), d.Day, 0, 0, 0, 0, time.UTC)
}

// wall returns what the clock of a date shows, as if it were one of UTC.
func (d *dated) wall() time.Time {
	return dayOf(d.Date).Add(time.Duration(d.Hour)*time.Hour + time.Duration(d.Minute)*time.Minute + time.Duration(d.Second)*time.Second)
}

// instant returns when a date with a zone was, in UTC.
func (d *dated) instant() time.Time { return d.wall().Add(-time.Duration(d.Offset) * time.Second) }

// declared says whether the date was written for machines.
func (d *dated) declared() bool { return d.src == "jsonld" || d.src == "meta" }

// midnight says whether the date tells no more than its day.
func (d *dated) midnight() bool {
	return d.Precision == news.PrecisionDay || d.Hour == 0 && d.Minute == 0 && d.Second == 0
}

// oneDay is how far apart the days of the same instant can be in two zones.
const oneDay = 24 * time.Hour

// daysApart returns by how much the day of d is later than that of o.
func (d *dated) daysApart(o *dated) time.Duration { return dayOf(d.Date).Sub(dayOf(o.Date)) }

// join takes from another date of the same event what d lacks: the time of day,
// the zone, the clock of the site. What UTC shows of a day without a time is the
// midnight of the site's zone, on the evening before in the east.
func (d *dated) join(o *dated) {
	switch {
	case o.midnight():
		if d.Zoned && d.Offset == 0 && d.Second == 0 && o.Precision == news.PrecisionDay && o.daysApart(d) == oneDay {
			if off, ok := offsetBetween(o, d); ok {
				d.moveTo(off)
			}
		}
	case d.midnight():
		if d.daysApart(o) == 0 && !(d.Zoned && o.Zoned && d.instant().Equal(o.instant())) {
			d.takeTime(o)
		}
	case o.Zoned && !d.Zoned:
		if off, ok := offsetBetween(d, o); ok && (o.Offset == 0 || o.Offset == off) {
			d.Zoned, d.Offset = true, off
		}
	case d.Zoned && d.Offset == 0 && !o.Zoned:
		if off, ok := offsetBetween(o, d); ok && off != 0 {
			d.moveTo(off)
		}
	}
}

// takeTime takes the time of another date of the same day. The zone of a
// midnight is only believed when somebody chose it.
func (d *dated) takeTime(o *dated) {
	was := d.Date
	d.Date, d.raw = o.Date, o.raw
	if !o.Zoned && was.Zoned && was.Offset != 0 {
		d.Zoned, d.Offset = true, was.Offset
	}
}

// moveTo shows the same instant on a clock off seconds east of UTC.
func (d *dated) moveTo(off int) {
	t := d.wall().Add(time.Duration(off-d.Offset) * time.Second)
	d.Year, d.Month, d.Day = t.Year(), int(t.Month()), t.Day()
	d.Hour, d.Minute, d.Second = t.Hour(), t.Minute(), t.Second()
	d.Offset = off
}

// offsetBetween returns the offset of the clock that shows local at the instant
// of zoned, in seconds east of UTC. There is none unless both are the same
// minute in a zone that exists, to the half hour.
func offsetBetween(local, zoned *dated) (int, bool) {
	off := local.wall().Truncate(time.Minute).Sub(zoned.instant().Truncate(time.Minute))
	return int(off / time.Second), off%(30*time.Minute) == 0 && off >= -12*time.Hour && off <= 14*time.Hour
}

// firstPublished returns when the article was published, or nil.
func (l *timeline) firstPublished() *dated {
	best := l.trusted()
	if best == nil {
		if l.url.raw == "" {
			return nil
		}
		return &l.url
	}
	if l.url.raw != "" {
		best = l.againstURL(best)
	}
	for i := range l.published {
		if o := &l.published[i]; o != best {
			best.join(o)
		}
	}
	return best
}

// trusted returns the best date of publication that is not after the last
// modification, or else the best one, or nil.
func (l *timeline) trusted() *dated {
	for i := range l.published {
		if d := &l.published[i]; !l.afterModified(d) && (i == 0 || d.declared()) {
			return d
		}
	}
	if len(l.published) == 0 {
		return nil
	}
	l.published[0].conf /= 2
	return &l.published[0]
}

func (l *timeline) afterModified(d *dated) bool {
	return len(l.modified) > 0 && d.daysApart(&l.modified[0]) > oneDay
}

// doubtful says whether the date of publication that the meta elements tell may
// be another one: they do not say that it is, or it is after the last
// modification, as when a system dates anew what it moves or builds.
func (l *timeline) doubtful() bool {
	if len(l.published) == 0 || l.published[0].src != "meta" {
		return false
	}
	d := &l.published[0]
	return !d.sure || len(l.modified) > 0 && !l.modified[0].midnight() && d.instant().After(l.modified[0].instant())
}

// holdAgainst holds a doubtful date against the day that readers are shown below
// the headline and in front of node text, or elsewhere as that of publication. A
// day in front of the headline may be that of the visit, which is not earlier.
// What is shown does not count when it is declared, too, or when it is not one
// day.
func (l *timeline) holdAgainst(shown []dated, headline, text int32) {
	var day *dated
	for i := range shown {
		d := &shown[i]
		if l.declares(d) {
			return
		}
		if !d.sure && (d.node >= text || d.node < headline && d.daysApart(&l.published[0]) > 0) {
			continue
		}
		if day != nil && d.daysApart(day) != 0 {
			return
		}
		day = d
	}
	if day != nil {
		l.published = slices.Insert(l.published, 0, *day)
	}
}

// declares says whether the page declares a date, as that of publication or of
// a modification. Its day differs by one at most if only the zones do.
func (l *timeline) declares(d *dated) bool {
	same := func(o dated) bool {
		apart := o.daysApart(d).Abs()
		return o.declared() && (apart == 0 || o.Zoned && apart <= oneDay)
	}
	return slices.ContainsFunc(l.published, same) || slices.ContainsFunc(l.modified, same)
}

// againstURL holds a date against the day in the URL, which nobody changes: it
// was written when the article was. A site that moves or edits its articles may
// date them anew, and a date in the text may be that of something else.
func (l *timeline) againstURL(best *dated) *dated {
	apart := best.daysApart(&l.url)
	if apart.Abs() <= oneDay {
		return best
	}
	if best.Ambiguous {
		if d := best.Swapped(); dayOf(d).Equal(dayOf(l.url.Date)) {
			best.Date = d
			return best
		}
	}
	for i := range l.published {
		if d := &l.published[i]; d.daysApart(&l.url).Abs() <= oneDay {
			return d
		}
	}
	if apart > 0 || !best.declared() {
		return &l.url
	}
	return best
}

// lastModified returns when an article with the date of publication was last
// modified, or nil.
func (l *timeline) lastModified(published *dated) *dated {
	var best *dated
	for i := range l.modified {
		switch d := &l.modified[i]; {
		case published != nil && published.daysApart(d) > oneDay:
		case best == nil:
			best = d
		default:
			best.join(d)
		}
	}
	return best
}
