package dates

import "time"

// The years of the Buddhist era are ahead of the common one.
const (
	buddhistYears = 543
	buddhistStart = 2400 // greater years are of that era
)

// jalaliStart and jalaliEnd bound the years that are read as Jalali ones.
const (
	jalaliStart = 1360
	jalaliEnd   = 1480
)

// toGregorian returns a day of a month's calendar as one of the Gregorian one.
func toGregorian(year int, m word, day int) (y, month, d int) {
	switch {
	case m.calendar == jalali && year > jalaliStart && year < jalaliEnd && day <= 31:
		return fromJalali(year, int(m.val), day)
	case year > buddhistStart:
		return year - buddhistYears, int(m.val), day
	}
	if m.calendar == jalali {
		return 0, 0, 0
	}
	return year, int(m.val), day
}

// fromJalali converts by the 33-year cycle of leap years, which holds from 1244
// to 1472.
func fromJalali(year, month, day int) (y, m, d int) {
	days := 365*(year-1) + leapsBefore(year) + day
	if month <= 7 {
		days += 31 * (month - 1)
	} else {
		days += 30*(month-1) + 6
	}
	start := 365*1402 + leapsBefore(1403) + 1 // 1 Farvardin 1403 was 20 March 2024
	t := time.Date(2024, time.March, 20, 0, 0, 0, 0, time.UTC).AddDate(0, 0, days-start)
	return t.Year(), int(t.Month()), t.Day()
}

// leapsBefore counts the leap years in front of a Jalali year: eight in 33, in
// the years that leave 1, 5, 9, 13, 17, 22, 26 or 30.
func leapsBefore(year int) int {
	n := (year - 1) / 33 * 8
	for _, leap := range []int{1, 5, 9, 13, 17, 22, 26, 30} {
		if leap <= (year-1)%33 {
			n++
		}
	}
	return n
}

// valid says whether the day exists and its time does.
func (d *Date) valid() bool {
	if d.Year < 1990 || d.Year > 2100 || d.Month < 1 || d.Month > 12 || d.Day < 1 || d.Day > 31 || d.Hour > 23 || d.Minute > 59 || d.Second > 60 {
		return false
	}
	return time.Date(d.Year, time.Month(d.Month), d.Day, 0, 0, 0, 0, time.UTC).Day() == d.Day
}
