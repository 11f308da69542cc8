// Package backfill tells by dates in addresses and sitemaps what belongs to a
// range of days that is fetched afterwards. Days are those that a site writes,
// in its own zone, as text: 2026-11-24.
package backfill

import (
	"cmp"
	"fmt"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

	"pressmill/pkg/bus"
)

// Days are those that are filled.
type Days bus.Days

// Parse returns the days from one to another.
func Parse(from, to string) (Days, error) {
	first, err := time.Parse(time.DateOnly, from)
	if err != nil {
		return Days{}, fmt.Errorf("day %q: want one as 2026-11-24", from)
	}
	last, err := time.Parse(time.DateOnly, to)
	if err != nil {
		return Days{}, fmt.Errorf("day %q: want one as 2026-11-24", to)
	}
	if last.Before(first) {
		return Days{}, fmt.Errorf("day %s is before %s", to, from)
	}
	return Days{from, to}, nil
}

// Holds says whether an article belongs to the days: by the date of its
// publication, if its sitemap has one, else by its address, else by when it
// was modified. One without any date does.
func (d Days) Holds(u *url.URL, published, modified time.Time) bool {
	if !published.IsZero() {
		return d.meets(dayOf(published), dayOf(published))
	}
	if first, last, ok := written(u.EscapedPath()); ok {
		return d.meets(first, last)
	}
	return modified.IsZero() || d.meets(dayOf(modified), dayOf(modified))
}

// MayHold says whether a sitemap may list articles of the days: it was not
// modified for the last time before them, and its name has no date that says
// otherwise. A day is allowed for zones.
func (d Days) MayHold(u *url.URL, modified time.Time) bool {
	if !modified.IsZero() && dayOf(modified.AddDate(0, 0, 1)) < d.From {
		return false
	}
	name := u.EscapedPath()
	if u.RawQuery != "" {
		name += "?" + dateOfQuery(u.Query())
	}
	first, last, ok := written(name)
	return !ok || d.meets(first, last)
}

// meets says whether one of some days is one of the range.
func (d Days) meets(first, last string) bool { return first <= d.To && last >= d.From }

func dayOf(t time.Time) string { return t.Format(time.DateOnly) }

// written returns the days of the dates in an address: from the first day of
// the earliest to the last day of the latest.
func written(address string) (first, last string, ok bool) {
	address = strings.ToLower(address)
	for _, form := range forms {
		for rest := address; ; {
			m := form.FindStringSubmatchIndex(rest)
			if m == nil {
				break
			}
			from, to, valid := span(rest[m[2]:m[3]], rest[m[4]:m[5]], rest[m[6]:m[7]])
			rest = rest[m[7]:] // what ends this date may begin the next
			switch {
			case valid && ok:
				first, last = min(first, from), max(last, to)
			case valid:
				first, last, ok = from, to, true
			}
		}
		if ok {
			return first, last, true
		}
	}
	return "", "", false
}

// forms are the ways to write a date in an address, the most exact ones first.
// A number is no part of a longer one.
var forms = []*regexp.Regexp{
	regexp.MustCompile(`(?:^|[^0-9])((?:19|20)[0-9]{2})[-/_.]?` + month + `[-/_.]?([0-9]{2})(?:$|[^0-9])`),
	regexp.MustCompile(`(?:^|[^0-9])((?:19|20)[0-9]{2})[-/_.]` + month + `[-/_.]([0-9]{1,2})(?:$|[^0-9])`),
	regexp.MustCompile(`(?:^|[^0-9])((?:19|20)[0-9]{2})[-/_.]?` + month + `()(?:$|[^0-9a-z])`),
	regexp.MustCompile(`(?:^|[/_-])((?:19|20)[0-9]{2})()()(?:$|[/_.-])`),
}

const month = `([0-9]{1,2}|jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|january|february|march|april|june|july|august|september|october|november|december)`

// span returns the first and the last day of a date; the month, or the day,
// may be "".
func span(year, month, day string) (first, last string, ok bool) {
	y, _ := strconv.Atoi(year)
	m, ok := monthOf(month)
	if !ok {
		return "", "", false
	}
	from := time.Date(y, time.Month(max(m, 1)), 1, 0, 0, 0, 0, time.UTC)
	to := from.AddDate(0, 1, -1)
	if m == 0 {
		to = from.AddDate(1, 0, -1)
	}
	if day != "" {
		n, _ := strconv.Atoi(day)
		if n < 1 || n > to.Day() {
			return "", "", false
		}
		from = from.AddDate(0, 0, n-1)
		to = from
	}
	return dayOf(from), dayOf(to), true
}

func monthOf(s string) (m int, ok bool) {
	if s == "" {
		return 0, true
	}
	if m, err := strconv.Atoi(s); err == nil {
		return m, m >= 1 && m <= 12
	}
	at := strings.Index("janfebmaraprmayjunjulaugsepoctnovdec", s[:3])
	return at/3 + 1, at >= 0
}

// dateOfQuery writes a date whose parts are parameters of their own as one.
func dateOfQuery(q url.Values) string {
	year := cmp.Or(q.Get("yyyy"), q.Get("year"), q.Get("yy"), q.Get("y"))
	if year == "" {
		return q.Encode()
	}
	parts := []string{year}
	for _, part := range []string{cmp.Or(q.Get("mm"), q.Get("month"), q.Get("m")), cmp.Or(q.Get("dd"), q.Get("day"), q.Get("d"))} {
		if part == "" {
			break
		}
		parts = append(parts, fmt.Sprintf("%02s", part))
	}
	return "/" + strings.Join(parts, "-")
}
