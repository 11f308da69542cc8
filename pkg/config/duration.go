package config

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// day is 24 hours: a length, which no change of clocks makes shorter.
const day = 24 * time.Hour

// ParseDuration reads a duration as flags, the file and URLs of stores have it:
// what time.ParseDuration takes, and days in front, as in 7d, 1d12h or 1.5d.
func ParseDuration(s string) (time.Duration, error) {
	wrong := fmt.Errorf("%q is not %s", s, aDuration)
	head, rest, found := strings.Cut(s, "d")
	if !found {
		d, err := time.ParseDuration(s)
		if err != nil {
			return 0, wrong
		}
		return d, nil
	}
	number, negative := strings.CutPrefix(head, "-")
	days, err := strconv.ParseFloat(number, 64)
	if err != nil || strings.Trim(number, "0123456789.") != "" || days*float64(day) >= math.MaxInt64 {
		return 0, wrong
	}
	d := time.Duration(math.Round(days * float64(day)))
	if rest != "" {
		more, err := time.ParseDuration(rest)
		if err != nil || strings.ContainsAny(rest[:1], "+-") || d+more < d {
			return 0, wrong
		}
		d += more
	}
	if negative {
		d = -d
	}
	return d, nil
}

// aDuration says what a duration looks like.
const aDuration = "a duration such as 300ms, 10s, 2h or 7d"
