package parser

import (
	"strings"
	"time"

	"pressmill/parser/dates"
	"pressmill/pkg/news"
)

// parseDate reads the first date in raw, or nil. zone is the site's zone or
// nil.
func parseDate(raw string, zone *time.Location, where dates.Locale) *news.Date {
	d, ok := dates.Find(raw, where)
	if !ok {
		return nil
	}
	return newsDate(d, raw, zone)
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
