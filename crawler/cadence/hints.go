package cadence

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Hints are what a server and a feed say about when to look again. They count
// within the bounds only.
type Hints struct {
	// Fresh is how long a look would bring nothing else.
	Fresh time.Duration
	// SkipHours and SkipDays are when nobody should look, in UTC.
	SkipHours []int
	SkipDays  []time.Weekday
}

// skip moves a time to the next hour in which one may look, but not beyond a
// limit.
func (h Hints) skip(due, limit time.Time) time.Time {
	if limit.Before(due) {
		limit = due
	}
	for !h.allows(due) {
		if due = due.Truncate(time.Hour).Add(time.Hour); !due.Before(limit) {
			return limit
		}
	}
	return due
}

func (h Hints) allows(t time.Time) bool {
	t = t.UTC()
	for _, hour := range h.SkipHours {
		if hour%24 == t.Hour() { // some feeds count from 1 to 24
			return false
		}
	}
	for _, day := range h.SkipDays {
		if day == t.Weekday() {
			return false
		}
	}
	return true
}

// Freshness returns how long a response stays fresh by its Cache-Control or,
// without one, its Expires (RFC 9111, section 4.2); zero if it does not say.
func Freshness(h http.Header, now time.Time) time.Duration {
	control := strings.ToLower(strings.Join(h.Values("Cache-Control"), ","))
	if control == "" {
		expires, err := http.ParseTime(h.Get("Expires"))
		if err != nil {
			return 0
		}
		if date, err := http.ParseTime(h.Get("Date")); err == nil {
			now = date // the server's clock may be wrong, but it is the same for both
		}
		return max(0, expires.Sub(now))
	}
	fresh := time.Duration(0)
	for directive := range strings.SplitSeq(control, ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(directive), "=")
		switch name {
		case "no-cache", "no-store":
			return 0
		case "max-age":
			fresh = seconds(strings.Trim(value, `"`))
		}
	}
	return max(0, fresh-seconds(h.Get("Age")))
}

// maxSeconds keeps numbers that are too large from overflowing.
const maxSeconds = 365 * 24 * 3600

func seconds(s string) time.Duration {
	n, err := strconv.Atoi(strings.TrimSpace(s))
	if err != nil || n < 0 {
		return 0
	}
	return time.Duration(min(n, maxSeconds)) * time.Second
}
