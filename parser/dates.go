package parser

import (
	"regexp"
	"strconv"
	"strings"
	"time"

	"pressmill/pkg/news"
)

var (
	isoDate    = regexp.MustCompile(`\b(\d{4})[-/.年]\s?(\d{1,2})[-/.月]\s?(\d{1,2})`)
	isoCompact = regexp.MustCompile(`^(\d{4})(\d{2})(\d{2})(?:T?(\d{2})(\d{2})(\d{2})?(Z|[+-]\d{4})?)?$`)
	dayFirst   = regexp.MustCompile(`\b(\d{1,2})([./-])\s?(\d{1,2})[./-]\s?(\d{4}|\d{2})\b`)
	dayName    = regexp.MustCompile(`(?i)(\d{1,2})(?:st|nd|rd|th|er|º|\.)?[\s-]+(?:de\s+|of\s+)?(\pL{3,12})\.?,?[\s-]+(?:de\s+|del\s+)?(\d{4})`)
	nameDay    = regexp.MustCompile(`(?i)(\pL{3,12})\.?\s+(\d{1,2})(?:st|nd|rd|th)?,?\s+(\d{4})`)
	clockTime  = regexp.MustCompile(`(?i)(\d{1,2})[:.h時](\d{2})(?::(\d{2})(?:[.,]\d+)?)?\s*([ap]\.?m\b\.?)?`)
	zoneOffset = regexp.MustCompile(`^\s*(?:UTC|GMT)?\s?([+-])(\d{1,2}):?(\d{2})?`)
	zoneName   = regexp.MustCompile(`^[\s(]*([A-Z]{1,4})\b`)
	unixTime   = regexp.MustCompile(`^1\d{9}(\d{3})?$`)
)

var monthNumbers = buildMonths(
	`january jan januar januari janvier janv enero ene gennaio gen janeiro stycznia styczen ocak oca tammikuuta januára ledna jänner`,
	`february feb februar februari février févr fév fevrier febrero febbraio fevereiro fev lutego şubat şub helmikuuta února feber`,
	`march mar märz mrz mars marzo março marco maart marca mart maaliskuuta března maret mär`,
	`april apr avril avr abril abr aprile kwietnia nisan nis huhtikuuta dubna`,
	`may mai mayo maggio mag maio mei maja mayıs toukokuuta května maj`,
	`june jun juni juin junio giugno giu junho czerwca haziran haz kesäkuuta června`,
	`july jul juli juillet juil julio luglio lug julho lipca temmuz tem heinäkuuta července`,
	`august aug août aout agosto ago augustus augusti sierpnia ağustos ağu elokuuta srpna agustus agu`,
	`september sep sept septembre septiembre settembre setembro set wrzesnia września eylül eyl syyskuuta září`,
	`october oct oktober okt octobre octubre ottobre outubro out pazdziernika października ekim eki lokakuuta října`,
	`november nov novembre noviembre novembro listopada kasım kas marraskuuta listopadu`,
	`december dec dezember dez décembre déc diciembre dic dicembre dezembro grudnia aralık ara joulukuuta prosince desember des`,
)

func buildMonths(lists ...string) map[string]time.Month {
	m := make(map[string]time.Month)
	for i, l := range lists {
		for name := range strings.FieldsSeq(l) {
			m[name] = time.Month(i + 1)
		}
	}
	return m
}

var zoneSeconds = map[string]int{
	"Z": 0, "UTC": 0, "GMT": 0, "WET": 0, "BST": 3600, "CET": 3600, "MEZ": 3600, "WEST": 3600, "CEST": 7200, "MESZ": 7200, "EET": 7200, "EEST": 10800,
	"MSK": 10800, "EST": -18000, "EDT": -14400, "CDT": -18000, "PST": -28800, "PDT": -25200, "MDT": -21600,
	"JST": 32400, "KST": 32400, "AEST": 36000, "AEDT": 39600, "NZST": 43200, "NZDT": 46800,
}

// maxDateText is how much of a text is searched for a date.
const maxDateText = 200

// civil is a date as read, before its zone is known.
type civil struct {
	year, month, day int
	hour, min, sec   int
	precision        news.Precision
	offset           int // seconds east of UTC
	zoned            bool
}

// parseDate reads the first date in raw. monthFirst says how 3/4/2021 is read.
// zone is the site's zone or nil. It returns nil where there is no valid date.
func parseDate(raw string, zone *time.Location, monthFirst bool) *news.Date {
	raw = strings.TrimSpace(raw)
	s := raw
	if len(s) > maxDateText {
		s = s[:maxDateText]
	}
	c, ok := readUnix(s)
	if !ok {
		c, ok = readCivil(s, monthFirst)
	}
	if !ok || !c.valid() {
		return nil
	}
	return c.date(s, zone)
}

func readUnix(s string) (civil, bool) {
	if !unixTime.MatchString(s) {
		return civil{}, false
	}
	n, _ := strconv.ParseInt(s[:10], 10, 64)
	t := time.Unix(n, 0).UTC()
	return civil{t.Year(), int(t.Month()), t.Day(), t.Hour(), t.Minute(), t.Second(), news.PrecisionSecond, 0, true}, true
}

func readCivil(s string, monthFirst bool) (civil, bool) {
	if m := isoCompact.FindStringSubmatch(s); m != nil {
		c := civil{year: atoi(m[1]), month: atoi(m[2]), day: atoi(m[3]), precision: news.PrecisionDay}
		if m[4] != "" {
			sec := m[6]
			if sec == "" {
				sec = "00"
			}
			c.readClock(m[4] + ":" + m[5] + ":" + sec + m[7])
		}
		return c, true
	}
	for _, read := range []func(string, bool) (civil, int){readISO, readDayName, readNameDay, readDayFirst} {
		if c, end := read(s, monthFirst); end > 0 {
			if !c.readClock(s[end:]) {
				c.clockBefore(s[:end])
			}
			return c, true
		}
	}
	return civil{}, false
}

func readISO(s string, _ bool) (civil, int) {
	m := isoDate.FindStringSubmatchIndex(s)
	if m == nil {
		return civil{}, 0
	}
	return day(s[m[2]:m[3]], s[m[4]:m[5]], s[m[6]:m[7]]), m[1]
}

func day(y, m, d string) civil {
	return civil{year: atoi(y), month: atoi(m), day: atoi(d), precision: news.PrecisionDay}
}

func readDayName(s string, _ bool) (civil, int) {
	for _, m := range dayName.FindAllStringSubmatchIndex(s, 4) {
		if mon := monthNumbers[strings.ToLower(s[m[4]:m[5]])]; mon > 0 {
			return day(s[m[6]:m[7]], strconv.Itoa(int(mon)), s[m[2]:m[3]]), m[1]
		}
	}
	return civil{}, 0
}

func readNameDay(s string, _ bool) (civil, int) {
	for _, m := range nameDay.FindAllStringSubmatchIndex(s, 4) {
		if mon := monthNumbers[strings.ToLower(s[m[2]:m[3]])]; mon > 0 {
			return day(s[m[6]:m[7]], strconv.Itoa(int(mon)), s[m[4]:m[5]]), m[1]
		}
	}
	return civil{}, 0
}

func readDayFirst(s string, monthFirst bool) (civil, int) {
	m := dayFirst.FindStringSubmatchIndex(s)
	if m == nil {
		return civil{}, 0
	}
	y := s[m[8]:m[9]]
	if len(y) == 2 {
		y = "20" + y
	}
	c := day(y, s[m[6]:m[7]], s[m[2]:m[3]])
	if sep := s[m[4]:m[5]]; sep != "." && (monthFirst && c.day <= 12 || c.month > 12) {
		c.day, c.month = c.month, c.day
	}
	return c, m[1]
}

// clockReach is how far behind its date a time of day may stand, in bytes.
const clockReach = 24

func (c *civil) readClock(rest string) bool {
	m := clockTime.FindStringSubmatchIndex(rest)
	if m == nil || m[0] > clockReach {
		return false
	}
	h, mi := atoi(rest[m[2]:m[3]]), atoi(rest[m[4]:m[5]])
	if m[8] >= 0 {
		pm := rest[m[8]] == 'p' || rest[m[8]] == 'P'
		if h == 12 {
			h = 0
		}
		if pm {
			h += 12
		}
	}
	if h > 23 || mi > 59 {
		return false
	}
	c.hour, c.min, c.precision = h, mi, news.PrecisionMinute
	if m[6] >= 0 {
		c.sec, c.precision = atoi(rest[m[6]:m[7]]), news.PrecisionSecond
	}
	c.readZone(rest[m[1]:])
	return true
}

// clockBefore reads a time that stands before the date, as in "18:30, 2 May 2024".
func (c *civil) clockBefore(s string) {
	m := clockTime.FindStringSubmatch(s)
	if m == nil || !strings.Contains(m[0], ":") {
		return
	}
	if i := strings.Index(s, m[0]); i >= 0 {
		c.readClock(m[0])
		if rest := s[i+len(m[0]):]; c.precision != news.PrecisionDay {
			c.readZone(rest)
		}
	}
}

func (c *civil) readZone(rest string) {
	if m := zoneOffset.FindStringSubmatch(rest); m != nil {
		c.offset = atoi(m[2])*3600 + atoi(m[3])*60
		if m[1] == "-" {
			c.offset = -c.offset
		}
		c.zoned = c.offset > -15*3600 && c.offset < 15*3600
		return
	}
	if m := zoneName.FindStringSubmatch(rest); m != nil {
		c.offset, c.zoned = zoneSeconds[m[1]]
	}
}

func (c *civil) valid() bool {
	if c.year < 1990 || c.year > 2100 || c.month < 1 || c.month > 12 || c.day < 1 || c.sec > 60 {
		return false
	}
	t := time.Date(c.year, time.Month(c.month), c.day, 0, 0, 0, 0, time.UTC)
	return t.Day() == c.day
}

func (c *civil) date(raw string, zone *time.Location) *news.Date {
	d := &news.Date{Precision: c.precision, Zone: news.ZoneUnknown, Raw: raw}
	loc := time.UTC
	switch {
	case c.precision == news.PrecisionDay:
	case c.zoned:
		d.Zone = news.ZoneExplicit
		loc = time.FixedZone("", c.offset)
	case zone != nil:
		d.Zone = news.ZoneSiteDefault
		loc = zone
	}
	t := time.Date(c.year, time.Month(c.month), c.day, c.hour, c.min, c.sec, 0, loc)
	if d.Zone != news.ZoneUnknown {
		d.At = t.Format(time.RFC3339)
	}
	if c.precision == news.PrecisionDay {
		d.Local = t.Format(time.DateOnly)
	} else {
		d.Local = t.Format("2006-01-02T15:04:05")
	}
	return d
}

// atoi reads a short run of digits; "" is 0.
func atoi(s string) int {
	n, _ := strconv.Atoi(s)
	return n
}
