package report

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// number writes a count with its thousands apart.
func number(n int64) string {
	digits := strconv.FormatInt(n, 10)
	var s strings.Builder
	for i, d := range digits {
		if i > 0 && (len(digits)-i)%3 == 0 && digits[i-1] != '-' {
			s.WriteByte(',')
		}
		s.WriteRune(d)
	}
	return s.String()
}

func plural(n int64, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return number(n) + " " + what + "s"
}

// isAre is a number with the words that fit it.
func isAre(n int, one, more string) string {
	if n == 1 {
		return "1 " + one
	}
	return number(int64(n)) + " " + more
}

func times(n int64) string {
	if n == 1 {
		return "once"
	}
	return number(n) + " times"
}

// percent writes a share; what is not quite all or nothing does not look so.
func percent(share float64) string {
	switch p := share * 100; {
	case p == 0 || p == 100:
		return fmt.Sprintf("%.0f %%", p)
	case p < 1:
		return "< 1 %"
	case p > 99:
		return "> 99 %"
	default:
		return fmt.Sprintf("%.0f %%", p)
	}
}

// lasted writes a duration with its two largest units.
func lasted(d time.Duration) string {
	switch {
	case d < 0:
		return "0 s"
	case d < 10*time.Second:
		return strconv.FormatFloat(math.Round(d.Seconds()*10)/10, 'f', -1, 64) + " s"
	case d < time.Minute:
		return fmt.Sprintf("%.0f s", d.Seconds())
	case d < time.Hour:
		return units(d, time.Minute, "min", time.Second, "s")
	case d < 24*time.Hour:
		return units(d, time.Hour, "h", time.Minute, "min")
	}
	return units(d, 24*time.Hour, "d", time.Hour, "h")
}

func units(d, large time.Duration, name string, small time.Duration, smallName string) string {
	d = d.Round(small)
	s := fmt.Sprintf("%d %s", d/large, name)
	if rest := d % large / small; rest > 0 {
		s += fmt.Sprintf(" %d %s", rest, smallName)
	}
	return s
}

// millis writes milliseconds as people say them.
func millis(ms float64) string {
	switch {
	case ms < 0:
		return "–"
	case ms < 1000:
		return digits(ms) + " ms"
	case ms < 60_000:
		return digits(ms/1000) + " s"
	}
	return lasted(time.Duration(ms * 1e6))
}

// digits writes three significant digits.
func digits(f float64) string {
	switch {
	case f >= 100:
		return number(int64(math.Round(f)))
	case f >= 10:
		return strconv.FormatFloat(math.Round(f*10)/10, 'f', -1, 64)
	}
	return strconv.FormatFloat(math.Round(f*100)/100, 'f', -1, 64)
}

func size(bytes int64) string {
	f, unit := float64(bytes), 0
	for f >= 1000 && unit < 5 {
		f /= 1000
		unit++
	}
	return digits(f) + " " + [...]string{"B", "kB", "MB", "GB", "TB", "PB"}[unit]
}
