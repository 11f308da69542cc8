// Package dates reads dates as news sites write them: in metadata, in running
// languages, in the scripts and calendars of their readers. It knows text only,
// no pages.
package dates

import (
	"pressmill/pkg/news"
)

// Date is a date as written, on the clock of whoever wrote it. Of a date of day
// precision only the day is set.
type Date struct {
	Year, Month, Day     int
	Hour, Minute, Second int
	Precision            news.Precision
	Offset               int  // seconds east of UTC, when Zoned
	Zoned                bool // the text states the zone
	Ambiguous            bool // day and month could be the other way round
	From, To             int  // the bytes of the text that were read
}

// MaxText is how much of a text is searched, in bytes.
const MaxText = 200

// Find returns the first date in a text. The date is valid: its day exists, in
// a year from 1990 to 2100. A day without a year is none, nor is "yesterday".
func Find(text string, where Locale) (Date, bool) {
	if d, ok := timestamp(text); ok {
		return d, true
	}
	s := scanner{s: text[:min(len(text), MaxText)]}
	s.scan()
	r := reader{text: text, toks: s.toks[:s.n], where: where}
	for i := range r.toks {
		if d, next := r.day(i); next > 0 && d.valid() {
			r.clockNear(&d, i, next)
			return d, true
		}
	}
	return Date{}, false
}

// Swapped returns an ambiguous date read the other way round.
func (d Date) Swapped() Date {
	d.Day, d.Month = d.Month, d.Day
	return d
}

// reader reads the words and numbers of one text.
type reader struct {
	text  string
	toks  []token
	where Locale
}

// at returns token i, or an empty one outside of the text.
func (r *reader) at(i int) token {
	if i < 0 || i >= len(r.toks) {
		return token{}
	}
	return r.toks[i]
}

// word returns the text of token i.
func (r *reader) word(i int) string { return r.text[r.toks[i].from:r.toks[i].to] }

// day reads a day that begins at token i. It returns the index behind it, 0
// when there is none.
func (r *reader) day(i int) (Date, int) {
	t := r.toks[i]
	if t.is(era) {
		return r.eraDay(i)
	}
	if t.digits == 0 {
		if m, next := r.month(i); m.val > 0 {
			return r.monthDay(i, m, next)
		}
		return Date{}, 0
	}
	if r.inNumber(i) {
		return Date{}, 0
	}
	if d, next := r.compact(i); next > 0 {
		return d, next
	}
	if d, next := r.yearFirst(i); next > 0 {
		return d, next
	}
	if d, next := r.numeric(i); next > 0 {
		return d, next
	}
	return r.dayMonth(i)
}

// inNumber says whether the number at i goes on to the left, as that of a
// version or an address does.
func (r *reader) inNumber(i int) bool {
	p := r.at(i - 1)
	return (p.c == '.' || p.c == '/' || p.c == '-') && p.to == r.toks[i].from && r.at(i-2).digits > 0 && r.at(i-2).to == p.from
}

// inWord says whether a Latin letter stands at the number i, as in an identifier.
func (r *reader) inWord(i int) bool {
	from, to := int(r.toks[i].from), int(r.toks[i].to)
	return from > 0 && isLetter(r.text[from-1]) || to < len(r.text) && isLetter(r.text[to]) && !r.at(i+1).is(timeMark)
}

func isLetter(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' }

// date returns a day that was read from tokens i to next.
func (r *reader) date(i, next, year, month, day int) Date {
	return Date{Year: year, Month: month, Day: day, Precision: news.PrecisionDay, From: int(r.toks[i].from), To: int(r.at(next - 1).to)}
}

// compact reads 20240503, 20240503154742 and 20240503T1547.
func (r *reader) compact(i int) (Date, int) {
	t := r.toks[i]
	if t.digits != 8 && t.digits != 12 && t.digits != 14 || r.inWord(i) {
		return Date{}, 0
	}
	n, clock := t.num, int64(0)
	switch t.digits {
	case 12:
		n, clock = n/1e4, n%1e4*100
	case 14:
		n, clock = n/1e6, n%1e6
	}
	d := r.date(i, i+1, int(n/10000), int(n/100%100), int(n%100))
	if t.digits > 8 {
		d.setClock(int(clock/10000), int(clock/100%100), int(clock%100), t.digits == 14)
	}
	return d, i + 1
}

// eraDay reads a year of an era in front of month and day, as in 令和6年5月3日.
func (r *reader) eraDay(i int) (Date, int) {
	n := r.at(i + 1)
	if n.digits == 0 && n.c != '元' || n.digits > 4 {
		return Date{}, 0
	}
	year := max(int(n.num), 1) + int(r.toks[i].val)
	return r.restOfYear(i, year, i+2)
}

// yearFirst reads 2024-05-03, 2024年5月3日, 2024. május 3.
func (r *reader) yearFirst(i int) (Date, int) {
	t := r.toks[i]
	if t.digits != 4 {
		return Date{}, 0
	}
	return r.restOfYear(i, int(t.num), i+1)
}

// restOfYear reads the month and the day behind a year that ends before next.
func (r *reader) restOfYear(i, year, next int) (Date, int) {
	at := r.gap(next)
	if m, behind := r.month(at); m.val > 0 {
		return r.dayBehind(i, year, m, behind)
	}
	if r.at(at).dayLike() && r.at(at-1).is(yearUnit) { // 2024. gada 3. maijs
		if m, behind := r.month(r.gap(at + 1)); m.val > 0 {
			return r.date(i, behind, year, int(m.val), int(r.at(at).num)), behind
		}
	}
	sep, unit := r.at(next), false
	if sep.is(yearUnit) {
		unit = true
	} else if sep.c != '-' && sep.c != '/' && sep.c != '.' {
		return Date{}, 0
	}
	m, sep2, day := r.at(next+1), r.at(next+2), r.at(next+3)
	if m.digits < 1 || m.digits > 2 || !day.dayLike() {
		return Date{}, 0
	}
	if unit && !sep2.is(monthUnit) || !unit && sep2.c != sep.c {
		return Date{}, 0
	}
	month := word{class: monthName, val: int16(m.num)}
	if year < jalaliEnd && year > jalaliStart {
		month.calendar = jalali
	}
	next += 4
	if r.at(next).is(dayUnit) {
		next++
	}
	year, mon, dom := toGregorian(year, month, int(day.num))
	return r.date(i, next, year, mon, dom), next
}

// dayBehind reads the day behind a year and a month that ends before next.
func (r *reader) dayBehind(i, year int, m word, next int) (Date, int) {
	at := r.gap(next)
	day := r.at(at)
	if !day.dayLike() || r.at(at+1).c == ':' || r.at(r.gap(at+1)).digits == 4 {
		return Date{}, 0
	}
	year, month, dom := toGregorian(year, m, int(day.num))
	return r.date(i, at+1, year, month, dom), at + 1
}

// numeric reads 3.5.2024, 03/05/24 and 3-5-2024.
func (r *reader) numeric(i int) (Date, int) {
	a, s1, b, s2, y := r.at(i), r.at(i+1), r.at(i+2), r.at(i+3), r.at(i+4)
	if s1.c != '.' && s1.c != '/' && s1.c != '-' || s2.c != s1.c || !a.dayLike() || !b.dayLike() {
		return Date{}, 0
	}
	if y.digits != 4 && y.digits != 2 || y.digits == 2 && (y.from != s2.to || r.goesOn(i+4)) {
		return Date{}, 0
	}
	day, month := int(a.num), int(b.num)
	if s1.c != '.' && r.where.monthFirst() && day <= 12 || month > 12 {
		day, month = month, day
	}
	d := r.date(i, i+5, fullYear(y, y.digits == 2), month, day)
	d.Ambiguous = s1.c != '.' && day <= 12 && month <= 12
	return d, i + 5
}

// goesOn says whether the number at i is a part of a longer one.
func (r *reader) goesOn(i int) bool {
	n := r.at(i + 1)
	return (n.c == '.' || n.c == '/' || n.c == '-' || n.c == ':') && n.from == r.toks[i].to && r.at(i+2).digits > 0 && r.at(i+2).from == n.to
}

func fullYear(t token, short bool) int {
	switch y := int(t.num); {
	case !short:
		if y > buddhistStart {
			return y - buddhistYears
		}
		return y
	case y < 70:
		return 2000 + y
	default:
		return 1900 + y
	}
}

// dayMonth reads 3 May 2024 and 3 мая, 15:47, 2024.
func (r *reader) dayMonth(i int) (Date, int) {
	if !r.toks[i].dayLike() {
		return Date{}, 0
	}
	m, next := r.month(r.gap(i + 1))
	if m.val == 0 {
		return Date{}, 0
	}
	return r.yearBehind(i, m, int(r.toks[i].num), next)
}

// monthDay reads May 3, 2024 and May 3 15:47:42 CEST 2024, with the month
// before next.
func (r *reader) monthDay(i int, m word, next int) (Date, int) {
	at := r.gap(next)
	day := r.at(at)
	if !day.dayLike() {
		return Date{}, 0
	}
	return r.yearBehind(i, m, int(day.num), at+1)
}

// yearBehind reads the year of a day and a month, with or without a time of day
// in front of it.
func (r *reader) yearBehind(i int, m word, day, next int) (Date, int) {
	at := r.gap(next)
	if year, end := r.year(at, m); end > 0 {
		y, month, dom := toGregorian(year, m, day)
		return r.date(i, end, y, month, dom), end
	}
	d := Date{Month: int(m.val), Day: day}
	behind := r.clock(&d, at)
	if behind == 0 {
		return Date{}, 0
	}
	at = r.gap(behind)
	year, end := r.year(at, m)
	if end == 0 || r.at(at).digits != 4 {
		return Date{}, 0
	}
	clock := d
	y, month, dom := toGregorian(year, m, day)
	d = r.date(i, end, y, month, dom)
	d.Hour, d.Minute, d.Second, d.Precision = clock.Hour, clock.Minute, clock.Second, clock.Precision
	d.Offset, d.Zoned = clock.Offset, clock.Zoned
	return d, end
}

// year returns the year at token i and the index behind it, which is 0 when
// there is none. Two digits are a year only where nothing else can be meant.
func (r *reader) year(i int, m word) (year, next int) {
	t := r.at(i)
	switch {
	case t.is(era):
		at := r.gap(i + 1)
		if n := r.at(at); n.digits > 0 && n.digits <= 4 {
			return int(n.num) + int(t.val), at + 1
		}
	case t.digits == 4:
		if r.at(i+1).c == ':' && r.at(i+1).from == t.to {
			return 0, 0
		}
		if m.calendar == jalali {
			return int(t.num), i + 1
		}
		return fullYear(t, false), i + 1
	case t.digits == 2 && m.calendar == thai:
		return 2500 - buddhistYears + int(t.num), i + 1
	case t.digits == 2 && r.shortYear(i):
		return fullYear(t, true), i + 1
	}
	return 0, 0
}

// shortYear says whether the two digits at i are a year: a mark before them, or
// nothing but a time behind them, says so.
func (r *reader) shortYear(i int) bool {
	before, behind := r.at(i-1), r.at(i+1)
	if behind.c == ':' {
		return false
	}
	if before.c == '\'' || before.c == '-' || before.c == '/' || i+1 == len(r.toks) {
		return true
	}
	var d Date
	return behind.digits > 0 && r.clock(&d, i+1) > 0
}

// maxGap is how many marks and small words may stand between the parts of a
// date.
const maxGap = 4

// gap skips the marks and small words between the parts of a date.
func (r *reader) gap(i int) int {
	for n := 0; n < maxGap && i < len(r.toks); n++ {
		t := r.toks[i]
		if t.digits > 0 || t.c == 0 && !t.is(glue|ordinal|yearUnit|dayUnit) || t.is(monthName) || t.c != 0 && !isJoint(t.c) {
			break
		}
		i++
	}
	return i
}

func isJoint(c rune) bool {
	switch c {
	case '.', ',', '-', '/', '\'', '°', '،', '、', '(', ')':
		return true
	}
	return false
}

// month reads the name of a month at token i, of one word or two, and numbered
// months ("tháng 5").
func (r *reader) month(i int) (word, int) {
	t := r.at(i)
	if t.is(monthHead) {
		next := r.at(i + 1)
		if next.digits > 0 && next.digits <= 2 && t.is(monthUnit) {
			return word{class: monthName, val: int16(next.num)}, i + 2
		}
		if m, next := r.twoWords(t.val, i+1); m > 0 {
			return word{class: monthName, val: m}, next
		}
	}
	if !t.is(monthName) {
		return word{}, 0
	}
	w := t.word
	if r.where.Lang != "" {
		w.val = r.where.month(w.val, r.word(i))
	}
	next := i + 1
	if r.at(next).c == '/' && r.at(next+1).is(monthName) && r.at(next+1).val == w.val { // مايو/أيار
		next += 2
	}
	return w, next
}

// twoWords returns the month that a first word means together with the ones
// from token i on.
func (r *reader) twoWords(head int16, i int) (month int16, next int) {
	tail := r.at(i)
	if !tail.is(monthTail) {
		return 0, 0
	}
	if head != numberedMonth {
		return monthPairs[[2]int16{head, tail.val}], i + 1
	}
	if more := r.at(i + 1); tail.val == 10 && more.is(monthTail) && more.val < 3 {
		return 10 + more.val, i + 2
	}
	return tail.val, i + 1
}
