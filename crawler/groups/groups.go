// Package groups keeps hosts that belong together to one rate of requests: the
// hosts of a registrable domain, or those behind one address. It holds no
// clock and no store: a State is what the workers share about one group.
package groups

import (
	"math"
	"net/netip"
	"time"
)

const (
	// Recheck is how long a host that has found itself alone in a group may go
	// on without asking.
	Recheck = time.Minute
	// late is how late a reserved time may be used.
	late = 5 * time.Second

	present = 2 * Recheck // how long a host counts as one of the group after it asked
)

// Limit is how fast a group may be asked: a request every Interval, of which
// those of a Burst may come at once.
type Limit struct{ Interval, Burst time.Duration }

// PerSecond returns the limit of so many requests a second, as many of which
// as that is may come at once.
func PerSecond(rate float64) Limit {
	interval := time.Duration(float64(time.Second) / rate)
	return Limit{interval, interval * time.Duration(math.Ceil(rate)-1)}
}

// Late is how late a reserved time may be used by a host that missed so many
// before. What waited for longer, as behind a worker that stood still, is
// reserved anew, so that no burst follows; that a worker is always slow must
// not keep a host waiting for ever.
func Late(missed int) time.Duration { return late << min(missed, 10) }

// State is what is shared about a group. It is the generic cell rate algorithm
// (ITU-T I.371) with a memory of who asked.
type State struct {
	Next   time.Time `json:"next,omitzero"`   // when the next request would be due if all came evenly
	Host   string    `json:"host,omitempty"`  // who asked last
	Asked  time.Time `json:"asked,omitzero"`  // and when
	Shared time.Time `json:"shared,omitzero"` // when the group was last seen to have two hosts
}

// Reserve returns when the host may send its next request, now or later. The
// time is the host's from then on.
func (s *State) Reserve(host string, now time.Time, limit Limit) time.Time {
	if s.Host != "" && s.Host != host && now.Sub(s.Asked) < present {
		s.Shared = now
	}
	s.Host, s.Asked = host, now
	due := s.Next
	if due.Before(now) {
		due = now
	}
	s.Next = due.Add(limit.Interval)
	if at := due.Add(-limit.Burst); at.After(now) {
		return at
	}
	return now
}

// Alone says whether the host that asked last is the only one of its group.
func (s *State) Alone() bool { return s.Asked.Sub(s.Shared) >= present }

// OfAddress names the group of an address: IPv6 addresses of one /64 belong to
// one customer.
func OfAddress(addr netip.Addr) string {
	addr = addr.Unmap().WithZone("")
	if addr.Is6() {
		if p, err := addr.Prefix(64); err == nil {
			return "address " + p.String()
		}
	}
	return "address " + addr.String()
}

// OfDomain names the group of a registrable domain.
func OfDomain(domain string) string { return "domain " + domain }
