package dates

import "pressmill/pkg/news"

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
