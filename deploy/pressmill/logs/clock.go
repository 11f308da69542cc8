package logs

import "time"

// parseTime reads RFC 3339 into nanoseconds since 1970. What the programs
// write, which is UTC with a Z, takes a short way.
func parseTime(b []byte) (int64, bool) {
	if n, ok := parseUTC(b); ok {
		return n, true
	}
	t, err := time.Parse(time.RFC3339Nano, string(b))
	if err != nil || t.Year() < 1678 || t.Year() > 2261 { // all that nanoseconds can say
		return 0, false
	}
	return t.UnixNano(), true
}

// parseUTC reads "2006-01-02T15:04:05.999999999Z" with up to nine decimals.
func parseUTC(b []byte) (int64, bool) {
	if len(b) < len("2006-01-02T15:04:05Z") || b[4] != '-' || b[7] != '-' || b[10] != 'T' || b[13] != ':' || b[16] != ':' || b[len(b)-1] != 'Z' {
		return 0, false
	}
	bad := false
	two := func(i int) int64 {
		hi, lo := b[i]-'0', b[i+1]-'0'
		bad = bad || hi > 9 || lo > 9
		return int64(hi)*10 + int64(lo)
	}
	year, month, day := two(0)*100+two(2), two(5), two(8)
	hour, minute, second := two(11), two(14), two(17)
	fraction, ok := nanos(b[19 : len(b)-1])
	if bad || !ok || year < 1970 || year > 2261 || month < 1 || month > 12 || day < 1 || day > 28 && day > monthDays(year, month) ||
		hour > 23 || minute > 59 || second > 59 {
		return 0, false
	}
	return ((days(year, month, day)*24+hour)*60+minute)*60*1e9 + second*1e9 + fraction, true
}

// nanos reads ".123" as nanoseconds; nothing is 0.
func nanos(b []byte) (n int64, ok bool) {
	if len(b) == 0 {
		return 0, true
	}
	if b[0] != '.' || len(b) < 2 || len(b) > 10 {
		return 0, false
	}
	for i := 1; i < 10; i++ {
		n *= 10
		if i < len(b) {
			if b[i]-'0' > 9 {
				return 0, false
			}
			n += int64(b[i] - '0')
		}
	}
	return n, true
}

func monthDays(year, month int64) int64 {
	return int64(time.Date(int(year), time.Month(month+1), 0, 0, 0, 0, 0, time.UTC).Day())
}

// days counts the days from 1970-01-01 in the Gregorian calendar: years begin
// in March, so that the day that leap years have more is their last.
func days(year, month, day int64) int64 {
	if month <= 2 {
		year--
		month += 12
	}
	ofYear := (153*(month-3)+2)/5 + day - 1
	return year*365 + year/4 - year/100 + year/400 + ofYear - 719468
}
