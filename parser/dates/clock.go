package dates

import (
	"strconv"
	"strings"
	"time"

	"pressmill/pkg/news"
)

func (d *Date) setClock(h, m, s int, seconds bool) {
	d.Hour, d.Minute, d.Second, d.Precision = h, m, s, news.PrecisionMinute
	if seconds {
		d.Precision = news.PrecisionSecond
	}
}

// clockReach is how far from its day a time may stand, in bytes, and maxBetween
// how many words and marks may stand between.
const (
	clockReach = 36
	maxBetween = 6
)

// clockNear reads the time of day that stands behind the day, at tokens from to
// next, or else in front of it.
func (r *reader) clockNear(d *Date, from, next int) {
	if d.Precision != news.PrecisionDay {
		d.To = r.zoneTo(d, next)
		return
	}
	for i := next; i < len(r.toks) && i < next+maxBetween && int(r.toks[i].from)-d.To < clockReach; i++ {
		c := *d
		if behind := r.clock(&c, i); behind > 0 {
			if i > next && LabelOf(r.text[d.To:r.toks[i].from]) != NoLabel {
				break // of another date: "15:47, 3 May 2024 | Updated: 16:02"
			}
			c.To = int(r.toks[behind-1].to)
			if c.valid() {
				*d = c
			}
			return
		}
		if r.toks[i].digits > 0 {
			break
		}
	}
	r.clockBefore(d, from)
}

// zoneTo reads the zone behind a compact date and returns where it ends.
func (r *reader) zoneTo(d *Date, next int) int {
	if behind := r.zone(d, next, true); behind > next {
		return int(r.toks[behind-1].to)
	}
	return d.To
}

// clockBefore reads a time in front of the day, as in "18:30, 2 May 2024".
func (r *reader) clockBefore(d *Date, from int) {
	for i := from - 1; i >= 0 && i > from-3*maxBetween; i-- {
		if d.From-int(r.toks[i].to) > clockReach {
			return
		}
		c := *d
		before := reader{text: r.text, toks: r.toks[:from], where: r.where}
		behind := before.clock(&c, i)
		if behind == 0 || r.at(i-1).c == ':' && r.at(i-2).digits > 0 || r.at(i-1).digits > 0 {
			continue
		}
		if !c.valid() || !r.surelyClock(i, behind) {
			continue
		}
		for j := behind; j < from; j++ {
			if r.toks[j].digits > 0 {
				return
			}
		}
		c.From = int(r.toks[i].from)
		*d = c
		return
	}
}

// surelyClock says whether what was read as a time from i to next is one also
// without a day in front of it: 15.47 alone may be any number.
func (r *reader) surelyClock(i, next int) bool {
	if r.toks[i].digits == 0 || r.at(i+1).c == ':' || r.at(i+1).is(hourUnit) || r.at(next-1).is(clockMark|forenoon|afternoon|minuteUnit) {
		return true
	}
	return r.at(i-1).is(clockLead) || r.at(i-1).c == ':' || r.at(i-1).c == '.' && r.at(i-2).is(clockLead)
}

// clock reads a time of day at token i into d, with its zone. It returns the
// index behind it, 0 when there is none.
func (r *reader) clock(d *Date, i int) int {
	iso := false
	if r.at(i).is(timeMark) && r.at(i).from == r.at(i-1).to && r.at(i-1).digits > 0 {
		i++
		iso = true
	}
	half := class(0)
	if t := r.at(i); t.is(forenoon|afternoon) && r.at(i+1).digits > 0 {
		half = t.class
		i++
	}
	h := r.at(i)
	if iso && (h.digits == 4 || h.digits == 6) {
		return r.compactClock(d, i)
	}
	if h.digits < 1 || h.digits > 2 || h.num > 24 {
		return 0
	}
	next, ok := r.minutes(d, i, half != 0)
	if !ok {
		return 0
	}
	if t := r.at(next); half == 0 && t.is(forenoon|afternoon) {
		half = t.class
		next++
		if r.at(next).c == '.' {
			next++
		}
	}
	switch {
	case half&afternoon != 0 && d.Hour < 12:
		d.Hour += 12
	case half&forenoon != 0 && d.Hour == 12:
		d.Hour = 0
	}
	return r.zone(d, next, iso || d.Precision == news.PrecisionSecond)
}

func (r *reader) compactClock(d *Date, i int) int {
	t := r.at(i)
	n := int(t.num)
	if t.digits == 4 {
		n *= 100
	}
	d.setClock(n/10000, n/100%100, n%100, t.digits == 6)
	return r.zone(d, i+1, true)
}

// minutes reads hour, minute and second from token i on. An hour alone is a
// time when something says so.
func (r *reader) minutes(d *Date, i int, half bool) (next int, ok bool) {
	h, sep, m := r.toks[i], r.at(i+1), r.at(i+2)
	switch {
	case sep.c == ':' && m.digits == 2, sep.c == '.' && m.digits == 2 && m.from == sep.to && sep.from == h.to:
		return r.seconds(d, i+2, sep.c), true
	case sep.is(hourUnit) && m.digits > 0 && m.digits <= 2 && m.num < 60:
		d.setClock(int(h.num), int(m.num), 0, false)
		next = i + 3
		if r.at(next).is(minuteUnit) {
			next++
			if s := r.at(next); s.digits > 0 && s.digits <= 2 && r.at(next+1).is(secondUnit) {
				d.setClock(int(h.num), int(m.num), int(s.num), true)
				next += 2
			}
		}
		return next, true
	case sep.is(hourUnit|clockMark) || half || sep.is(forenoon|afternoon):
		d.setClock(int(h.num), 0, 0, false)
		if sep.is(hourUnit | clockMark) {
			return i + 2, true
		}
		return i + 1, true
	}
	return 0, false
}

// seconds sets the time from the hour two tokens in front of the minute at i,
// and the seconds behind it.
func (r *reader) seconds(d *Date, i int, sep rune) int {
	h, m := int(r.toks[i-2].num), int(r.toks[i].num)
	s := r.at(i + 2)
	next := i + 1
	if r.at(next).c != sep || s.digits != 2 || sep == '.' && s.num > 59 {
		d.setClock(h, m, 0, false)
	} else {
		d.setClock(h, m, int(s.num), true)
		next = i + 3
		if f := r.at(next); (f.c == '.' || f.c == ',') && f.from == s.to && r.at(next+1).digits > 0 && r.at(next+1).from == f.to {
			next += 2
		}
	}
	for r.at(next).is(clockMark) && r.at(next).class&(forenoon|afternoon) == 0 {
		next++
	}
	return next
}

// timestamp reads a text that is nothing but a Unix time in seconds or
// milliseconds, as a number or as /Date(1714745262000+0200)/.
func timestamp(text string) (Date, bool) {
	s := strings.TrimSpace(text)
	if in, ok := strings.CutPrefix(strings.Trim(s, `/\`), "Date("); ok {
		s = strings.TrimSuffix(in, ")")
		if i := strings.IndexAny(s, "+-"); i > 0 {
			s = s[:i]
		}
	}
	if whole, part, ok := strings.Cut(s, "."); ok && len(whole) == 10 && strings.Trim(part, "0123456789") == "" {
		s = whole
	}
	if len(s) != 10 && len(s) != 13 || s[0] != '1' { // from 2001 to 2033
		return Date{}, false
	}
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		return Date{}, false
	}
	if len(s) == 13 {
		n /= 1000
	}
	t := time.Unix(n, 0).UTC()
	d := Date{Year: t.Year(), Month: int(t.Month()), Day: t.Day(), Zoned: true, To: len(text)}
	d.setClock(t.Hour(), t.Minute(), t.Second(), true)
	return d, d.valid()
}
