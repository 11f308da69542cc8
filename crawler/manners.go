package crawler

import (
	"net/http"
	"strconv"
	"time"
)

// afterRequest sets the host's gap, from the end of the response on.
func (v *visit) afterRequest(resp *response) {
	gap := v.cfg.Delay
	if v.rules != nil {
		if d, ok := v.rules.CrawlDelay(); ok {
			gap = max(gap, min(d, v.cfg.MaxDelay))
		}
	}
	if v.cfg.Delay > 0 { // no delay at all is for benchmarks and one's own sites
		slow := time.Duration(v.cfg.LatencyFactor * float64(resp.end.Sub(resp.start)))
		gap = max(gap, min(slow, v.cfg.MaxDelay))
	}
	if d := retryAfter(resp.header, resp.end); d > 0 {
		gap = max(gap, min(d, v.cfg.MaxDelay))
	}
	v.state.Gap = gap
	v.state.NotBefore = resp.end.Add(gap + min(gap/10, maxSlack))
}

// retryAfter reads Retry-After (RFC 9110, section 10.2.3).
func retryAfter(h http.Header, now time.Time) time.Duration {
	value := h.Get("Retry-After")
	if s, err := strconv.Atoi(value); err == nil && s > 0 {
		return time.Duration(min(s, 1<<20)) * time.Second
	}
	if t, err := http.ParseTime(value); err == nil {
		return t.Sub(now)
	}
	return 0
}
