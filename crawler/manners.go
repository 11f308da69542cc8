package crawler

import (
	"context"
	"errors"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"time"
)

const (
	maxRetryAfter = 24 * time.Hour         // a longer Retry-After is taken for a mistake
	leastSlowDown = 500 * time.Millisecond // from here on a host is slowed down
	peerTTL       = 5 * time.Minute        // how long a host's address is believed
)

// peer is who answers for a host, as far as manners depend on it.
type peer struct {
	addr netip.Addr // where requests go; the zero value: not known
	open bool       // allow-private opens the address: a site of one's own
	till time.Time
}

// lookUp makes sure that the lane knows its host's address.
func (v *visit) lookUp(ctx context.Context) {
	if time.Now().Before(v.peer.till) {
		return
	}
	v.peer = peer{till: time.Now().Add(peerTTL)}
	name := (&url.URL{Host: v.host}).Hostname()
	addrs, err := v.transport.Resolve(ctx, name)
	if err != nil || len(addrs) == 0 {
		v.peer.till = time.Now().Add(time.Minute)
		return
	}
	v.peer.addr, v.peer.open = addrs[0], true
	for _, a := range addrs {
		v.peer.open = v.peer.open && v.opened(a)
	}
}

// opened says whether allow-private opens an address.
func (c *Crawler) opened(a netip.Addr) bool {
	for _, p := range c.private {
		if p.Contains(a) {
			return true
		}
	}
	return false
}

// floor is the least gap of the host. Strangers who cannot tell whom to write
// to are left more time, whatever the configuration says.
func (v *visit) floor() time.Duration {
	if v.cfg.Contact == "" && !v.peer.open {
		return max(v.cfg.Delay, anonymousDelay)
	}
	return v.cfg.Delay
}

// afterRequest notes what an answer says of the host's load and sets the time
// of the next request, counted from the end of the response.
func (v *visit) afterRequest(resp *response) {
	switch {
	case resp.status == http.StatusTooManyRequests || resp.status == http.StatusServiceUnavailable:
		v.slowDown(v.askedGap(resp))
	case resp.status > 0 && resp.status < 500:
		v.recover(v.askedGap(resp))
	}
	v.setGap(resp)
}

// setGap sets the host's gap: the longest of the floor, the Crawl-delay, the
// multiple of the last request's duration and what the host was slowed down
// to. A Retry-After puts off the next request alone.
func (v *visit) setGap(resp *response) {
	v.state.Slot, v.state.Missed = time.Time{}, 0 // it is used up
	gap := max(v.askedGap(resp), v.state.Slow)
	v.state.Gap = gap
	v.state.NotBefore = resp.end.Add(max(gap+min(gap/10, maxSlack), retryAfter(resp, v.cfg.MaxDelay)))
}

func (v *visit) askedGap(resp *response) time.Duration {
	gap := v.floor()
	if v.rules != nil {
		if d, ok := v.rules.CrawlDelay(); ok {
			gap = max(gap, min(d, v.cfg.MaxDelay))
		}
	}
	return max(gap, v.slowness(resp))
}

// slowness is the gap that a slow answer asks for.
func (v *visit) slowness(resp *response) time.Duration {
	if v.cfg.Delay == 0 {
		return 0 // no delay at all is for benchmarks and one's own sites
	}
	return min(time.Duration(v.cfg.LatencyFactor*float64(resp.latency())), v.cfg.MaxDelay)
}

// slowDown doubles the gap of a host that says that it is asked too often.
func (v *visit) slowDown(asked time.Duration) {
	longest := v.cfg.MaxDelay
	if v.cfg.Once {
		longest = min(longest, onceBackoff)
	}
	v.state.Slow = min(2*max(asked, v.state.Slow, leastSlowDown), longest)
}

// recover takes a tenth off the gap of a host that was slowed down, until it
// is what it would be anyway.
func (v *visit) recover(asked time.Duration) {
	v.state.Slow -= v.state.Slow / 10
	if v.state.Slow <= asked {
		v.state.Slow = 0
	}
}

// retryAfter reads Retry-After (RFC 9110, section 10.2.3), counted from the
// end of the response: seconds or a date. A host that refuses requests may ask
// for a day, any other for as much as longest.
func retryAfter(resp *response, longest time.Duration) time.Duration {
	if resp.status == http.StatusTooManyRequests || resp.status >= 500 {
		longest = maxRetryAfter
	}
	value := resp.header.Get("Retry-After")
	seconds, err := strconv.ParseUint(value, 10, 64)
	if err == nil || errors.Is(err, strconv.ErrRange) {
		return time.Duration(min(seconds, uint64(longest.Seconds()))) * time.Second
	}
	if t, err := http.ParseTime(value); err == nil {
		return min(max(t.Sub(resp.end), 0), longest)
	}
	return 0
}
