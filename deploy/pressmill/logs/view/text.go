package view

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/charmbracelet/x/ansi"
)

// clean makes one line of what stood in a log, without what a terminal would act upon.
func clean(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case unicode.IsPrint(r):
			return r
		}
		return -1
	}, s)
}

// fit makes a text of exactly so many columns, cut with a sign that it is.
func fit(s string, width int, right bool) string {
	if width <= 0 {
		return ""
	}
	s = ansi.Truncate(s, width, "…")
	gap := strings.Repeat(" ", max(0, width-ansi.StringWidth(s)))
	if right {
		return gap + s
	}
	return s + gap
}

// count is a whole number in at most six columns: 0, 12,345, 123k, 1.23M.
func count(n int64) string {
	switch f := float64(n); {
	case n < 0:
		return "-" + count(-n)
	case n < 1000:
		return strconv.FormatInt(n, 10)
	case n < 100_000:
		return fmt.Sprintf("%d,%03d", n/1000, n%1000)
	case n < 999_500:
		return fmt.Sprintf("%.0fk", f/1e3)
	case n < 999_500_000:
		return short(f/1e6) + "M"
	default:
		return short(f/1e9) + "G"
	}
}

// orBlank is count, but nothing for 0.
func orBlank(n int64) string {
	if n == 0 {
		return ""
	}
	return count(n)
}

// short is a number with three digits.
func short(f float64) string {
	switch {
	case f >= 99.95:
		return fmt.Sprintf("%.0f", f)
	case f >= 9.995:
		return fmt.Sprintf("%.1f", f)
	}
	return fmt.Sprintf("%.2f", f)
}

// grouped is a whole number in full: 1,234,567.
func grouped(n int64) string {
	s := strconv.FormatInt(n, 10)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// perSecond is a rate.
func perSecond(f float64) string {
	if f == 0 || math.IsNaN(f) || math.IsInf(f, 0) {
		return "0"
	}
	if f < 0.01 {
		return "<0.01"
	}
	if f >= 1000 {
		return count(int64(f))
	}
	return short(f)
}

// millis is a duration in milliseconds: 0.5ms, 34ms, 1.23s, 4m05s, 3h10m.
func millis(ms float64) string {
	switch {
	case ms <= 0:
		return ""
	case ms < 1:
		return fmt.Sprintf("%.1fms", max(ms, 0.1))
	case ms < 999.5:
		return fmt.Sprintf("%.0fms", ms)
	case ms < 59_950:
		return short(ms/1000) + "s"
	}
	return span(time.Duration(ms) * time.Millisecond)
}

// span is a length of time in at most six columns.
func span(d time.Duration) string {
	switch s := int64(d.Round(time.Second) / time.Second); {
	case s < 0:
		return "0s"
	case s < 60:
		return fmt.Sprintf("%ds", s)
	case s < 3600:
		return fmt.Sprintf("%dm%02ds", s/60, s%60)
	case s < 48*3600:
		return fmt.Sprintf("%dh%02dm", s/3600, s/60%60)
	default:
		return fmt.Sprintf("%dd%02dh", s/86400, s/3600%24)
	}
}

// ago is how long ago a time in nanoseconds since 1970 was; nothing for 0.
func ago(at int64, now time.Time) string {
	if at == 0 {
		return ""
	}
	return span(now.Sub(time.Unix(0, at)))
}

// size is a number of bytes.
func size(n int64) string {
	switch f := float64(n); {
	case n < 1000:
		return fmt.Sprintf("%d B", n)
	case n < 999_500:
		return short(f/1e3) + " kB"
	case n < 999_500_000:
		return short(f/1e6) + " MB"
	default:
		return short(f/1e9) + " GB"
	}
}

// percent is a share.
func percent(part, whole int64) string {
	if whole == 0 {
		return ""
	}
	share := 100 * float64(part) / float64(whole)
	if share > 0 && share < 1 {
		return "<1%"
	}
	return fmt.Sprintf("%.0f%%", share)
}

var bars = []rune("▁▂▃▄▅▆▇█")

// spark draws values as bars of at most eight steps, the last ones if there are
// more than the width; values of 0 are blank.
func spark(values []float64, width int) string {
	if len(values) > width {
		values = values[len(values)-width:]
	}
	most := 0.0
	for _, v := range values {
		most = max(most, v)
	}
	var line strings.Builder
	for _, v := range values {
		if v <= 0 {
			line.WriteByte(' ')
			continue
		}
		line.WriteRune(bars[min(int(v/most*float64(len(bars))), len(bars)-1)])
	}
	return line.String()
}

// plural is a number with its word.
func plural(n int64, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return grouped(n) + " " + many
}
