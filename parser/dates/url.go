package dates

import (
	"strings"

	"pressmill/pkg/news"
)

// FromURL returns the day in the path of a URL: /2024/05/03/, /2024/may/3/,
// -2024-05-03, /20240503, A20240503154700123. A year and a month alone are none.
func FromURL(path string) (Date, bool) {
	for i := 0; i+7 < len(path); i++ {
		if c := path[i]; c != '1' && c != '2' {
			continue
		}
		if i == 0 || !isURLWord(path[i-1]) {
			if d, ok := urlDay(path, i); ok {
				return d, true
			}
		}
		if d, ok := stampedDay(path, i); ok {
			return d, true
		}
	}
	return Date{}, false
}

// FromSegment returns the day with which a part of a URL's path begins, in the
// order in which people write it: /23-01-2022-the-headline. The story may be
// about that day and be of another.
func FromSegment(path string, where Locale) (Date, bool) {
	for from := 0; from < len(path); from++ {
		rest := path[from:]
		if from > 0 && path[from-1] == '/' && isDay(rest) {
			segment, _, _ := strings.Cut(rest, "/")
			d, ok := Find(segment[:min(len(segment), len("23-01-2022"))], where)
			if ok && d.From == 0 && isNumber(segment[d.To-4:d.To]) && (d.To == len(segment) || !isURLWord(segment[d.To])) {
				d.From, d.To, d.Precision = from, from+d.To, news.PrecisionDay
				return d, true
			}
		}
	}
	return Date{}, false
}

// isDay says whether one digit or two begin a text, and a mark follows.
func isDay(s string) bool {
	_, n := urlNumber(s, 0, 3)
	return (n == 1 || n == 2) && n < len(s) && (s[n] == '-' || s[n] == '.')
}

func isNumber(s string) bool {
	_, n := urlNumber(s, 0, len(s))
	return n == len(s)
}

// stampedDay reads the day of an identifier that a clock made: a day and a time
// of day, and what follows of the number, behind a letter or a dash. One that is
// a part of the path of its own is when an archive took the page.
func stampedDay(s string, i int) (Date, bool) {
	if i == 0 || !isLetter(s[i-1]) && s[i-1] != '-' && s[i-1] != '_' {
		return Date{}, false
	}
	day, n := urlNumber(s, i, 8)
	clock, m := urlNumber(s, i+n, 4)
	if n+m != 12 || clock/100 > 23 || clock%100 > 59 {
		return Date{}, false
	}
	d := Date{Year: day / 10000, Month: day / 100 % 100, Day: day % 100, Precision: news.PrecisionDay, From: i, To: i + n}
	return d, d.valid()
}

func isURLWord(c byte) bool { return isLetter(c) || '0' <= c && c <= '9' || c == '.' || c == '%' }

func urlDay(s string, i int) (Date, bool) {
	year, n := urlNumber(s, i, 4)
	if n != 4 {
		return Date{}, false
	}
	at, sep := i+4, byte(0)
	if c := s[at]; c == '/' || c == '-' || c == '_' {
		at, sep = at+1, c
	}
	month, n := urlMonth(s, at)
	if n == 0 || sep == 0 && n != 2 {
		return Date{}, false
	}
	at += n
	joined := sep == 0
	if at < len(s) && (s[at] == sep || s[at] == '/') {
		if joined {
			return Date{}, false
		}
		at++
	} else if sep != '/' && !joined { // but /2024/0503/
		return Date{}, false
	}
	day, n := urlNumber(s, at, 2)
	if n == 0 || n == 1 && (s[at-1] != sep || at+n < len(s) && s[at+n] != '/') || at+n < len(s) && isURLWord(s[at+n]) && s[at+n] != '.' {
		return Date{}, false
	}
	d := Date{Year: year, Month: month, Day: day, Precision: news.PrecisionDay, From: i, To: at + n}
	return d, d.valid()
}

// urlNumber reads up to most digits at i and returns how many there were.
func urlNumber(s string, i, most int) (v, n int) {
	for n < most && i+n < len(s) && '0' <= s[i+n] && s[i+n] <= '9' {
		v = v*10 + int(s[i+n]-'0')
		n++
	}
	return v, n
}

// urlMonth reads a month as one digit or two, or as a name.
func urlMonth(s string, i int) (month, n int) {
	if v, n := urlNumber(s, i, 2); n > 0 {
		return v, n
	}
	for i+n < len(s) && isLetter(s[i+n]) {
		n++
	}
	if n > maxWord {
		return 0, 0
	}
	w := words[fold(s[i:i+n])]
	if w.class&monthName == 0 {
		return 0, 0
	}
	return int(w.val), n
}
