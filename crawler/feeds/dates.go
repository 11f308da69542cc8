package feeds

import (
	"regexp"
	"strconv"
	"strings"
	"time"
)

// The parts of a date, in any order and with anything between them.
var (
	clock    = regexp.MustCompile(`(?:^|[^0-9])([0-9]{1,2})[:.h]([0-9]{2})(?:[:.]([0-9]{2})(?:[.,][0-9]+)?)?(?: ?([ap])\.?m\.?)?`)
	offset   = regexp.MustCompile(`(?:^|[^0-9-])(?:gmt|utc)?\s?([+-])([0-9]{1,2}):?([0-9]{2})?\b`)
	zoneName = regexp.MustCompile(`\b(z|ut|msk|[a-z]{2,4}t)\b`)

	iso      = regexp.MustCompile(`(?:^|[^0-9])([0-9]{4})[-/.]([0-9]{1,2})[-/.]([0-9]{1,2})`)
	compact  = regexp.MustCompile(`^([0-9]{4})([0-9]{2})([0-9]{2})(?:t([0-9]{2})([0-9]{2})([0-9]{2})?)?`)
	dayFirst = regexp.MustCompile(`(?:^|[^0-9])([0-9]{1,2})(?:st|nd|rd|th|er|\.)?[ -]+(?:de |of )?(\pL{3,})\.?,?[ -]+(?:de |of )?([0-9]{4}|[0-9]{2})\b`)
	monthDay = regexp.MustCompile(`(\pL{3,})\.? ([0-9]{1,2})(?:st|nd|rd|th)?,? (?:.* )?([0-9]{4})\b`)
	numbers  = regexp.MustCompile(`(?:^|[^0-9])([0-9]{1,2})([./-])([0-9]{1,2})[./-]([0-9]{4})`)
)

// parseDate reads a date as feeds write them. Without a zone, or with one that
// is not known, it is UTC. What cannot be read, or read in two ways, is zero.
func parseDate(s string) time.Time {
	s = strings.TrimSpace(s)
	for _, layout := range []string{time.RFC3339, time.RFC1123Z, time.RFC1123} {
		t, err := time.Parse(layout, s)
		if err == nil && (layout != time.RFC1123 || t.Location() == time.UTC || strings.HasSuffix(s, "GMT")) {
			return likely(t)
		}
	}
	if len(s) < 6 || len(s) > 100 {
		return time.Time{}
	}
	return likely(parseParts(strings.ToLower(s)))
}

// likely returns a time, or zero for one that no article has, or no place: in a
// zone that is a day away it could not be written as RFC 3339 has it.
func likely(t time.Time) time.Time {
	if _, east := t.Zone(); t.Year() < 1980 || t.Year() > 2100 || max(east, -east) >= 24*3600 {
		return time.Time{}
	}
	return t
}

func parseParts(s string) time.Time {
	if n, err := strconv.ParseInt(s, 10, 64); err == nil && len(s) != 8 {
		return parseUnix(n, len(s))
	}
	if m := compact.FindStringSubmatch(s); m != nil {
		return build(num(m[1]), num(m[2]), num(m[3]), [3]int{num(m[4]), num(m[5]), num(m[6])}, zoneOf(s[len(m[0]):]))
	}
	year, month, day, rest := parseDay(s)
	if year == 0 {
		return time.Time{}
	}
	at, after := parseClock(rest)
	return build(year, month, day, at, zoneOf(after))
}

func parseUnix(n int64, digits int) time.Time {
	switch digits {
	case 9, 10:
		return time.Unix(n, 0).UTC()
	case 12, 13:
		return time.UnixMilli(n).UTC()
	}
	return time.Time{}
}

// parseDay returns the day, and what is left of the text without it.
func parseDay(s string) (year, month, day int, rest string) {
	without := func(m []int) string { return s[:m[2]] + " " + s[m[1]:] }
	part := func(m []int, n int) string { return s[m[2*n]:m[2*n+1]] }
	if m := iso.FindStringSubmatchIndex(s); m != nil {
		return num(part(m, 1)), num(part(m, 2)), num(part(m, 3)), without(m)
	}
	if m := dayFirst.FindStringSubmatchIndex(s); m != nil && monthNamed(part(m, 2)) > 0 {
		return century(part(m, 3)), monthNamed(part(m, 2)), num(part(m, 1)), without(m)
	}
	if m := numbers.FindStringSubmatchIndex(s); m != nil {
		day, month := num(part(m, 1)), num(part(m, 3))
		switch {
		case part(m, 2) == "." || day > 12 || day == month:
		case month > 12:
			day, month = month, day
		default:
			return 0, 0, 0, "" // of one country or the other
		}
		return num(part(m, 4)), month, day, without(m)
	}
	if m := monthDay.FindStringSubmatchIndex(s); m != nil {
		between := s[m[5]:m[6]] // as in "Nov 24 10:00:00 CET 2026"
		return num(part(m, 3)), monthNamed(part(m, 1)), num(part(m, 2)), between + " " + s[m[1]:]
	}
	return 0, 0, 0, ""
}

func parseClock(s string) (at [3]int, after string) {
	m := clock.FindStringSubmatchIndex(s)
	if m == nil {
		return at, ""
	}
	for i := range at {
		if m[2*i+2] >= 0 {
			at[i] = num(s[m[2*i+2]:m[2*i+3]])
		}
	}
	if m[8] >= 0 && at[0] <= 12 {
		at[0] %= 12
		if s[m[8]:m[9]] == "p" {
			at[0] += 12
		}
	}
	return at, s[m[1]:]
}

// build returns a time, or zero if there is none such.
func build(year, month, day int, at [3]int, zone *time.Location) time.Time {
	t := time.Date(year, time.Month(month), day, 0, 0, 0, 0, zone)
	if month < 1 || month > 12 || t.Day() != day || at[0] > 24 || at[1] > 59 || at[2] > 60 {
		return time.Time{}
	}
	return time.Date(year, time.Month(month), day, at[0], at[1], at[2], 0, zone)
}

func num(s string) int {
	n, _ := strconv.Atoi(s)
	return n
}

// century completes a year of two digits (RFC 2822, section 4.3).
func century(s string) int {
	n := num(s)
	switch {
	case len(s) > 2:
		return n
	case n < 50:
		return 2000 + n
	}
	return 1900 + n
}

// monthNamed returns a month by the beginning of its name in some languages, 0
// if it is none.
func monthNamed(name string) int {
	for n := min(len(name), 4); n >= 3; n-- {
		if m := months[name[:n]]; m != 0 {
			return m
		}
	}
	return 0
}

var months = map[string]int{
	"jan": 1, "feb": 2, "mar": 3, "apr": 4, "may": 5, "jun": 6, "jul": 7, "aug": 8, "sep": 9, "oct": 10, "nov": 11, "dec": 12,
	"mai": 5, "okt": 10, "dez": 12, "mär": 3, "fév": 2, "fev": 2, "avr": 4, "juin": 6, "juil": 7, "aoû": 8, "aou": 8, "déc": 12,
	"ene": 1, "abr": 4, "ago": 8, "dic": 12, "gen": 1, "mag": 5, "giu": 6, "lug": 7, "set": 9, "ott": 10, "out": 10, "maj": 5, "mei": 5, "mrt": 3,
}

// zoneOf returns the zone that the end of a date names, or UTC.
func zoneOf(s string) *time.Location {
	if m := offset.FindStringSubmatch(s); m != nil {
		hours, minutes := num(m[2]), num(m[3])
		if seconds := hours*3600 + minutes*60; hours <= 14 && seconds != 0 {
			if m[1] == "-" {
				seconds = -seconds
			}
			return time.FixedZone("", seconds)
		}
		return time.UTC
	}
	if m := zoneName.FindStringSubmatch(s); m != nil {
		if hours, ok := zones[m[1]]; ok && hours != 0 {
			return time.FixedZone("", int(hours*3600))
		}
	}
	return time.UTC
}

// zones are the names of zones that stand in feeds, in hours east of UTC (RFC
// 2822, section 4.3, and what else is common and has one meaning).
var zones = map[string]float64{
	"est": -5, "edt": -4, "cst": -6, "cdt": -5, "mst": -7, "mdt": -6, "pst": -8, "pdt": -7, "akst": -9, "akdt": -8, "hst": -10,
	"bst": 1, "wet": 0, "west": 1, "cet": 1, "cest": 2, "met": 1, "mest": 2, "eet": 2, "eest": 3, "msk": 3, "trt": 3, "sast": 2,
	"ist": 5.5, "pkt": 5, "ict": 7, "hkt": 8, "sgt": 8, "jst": 9, "kst": 9, "aest": 10, "aedt": 11, "nzst": 12, "nzdt": 13, "brt": -3, "art": -3,
}
