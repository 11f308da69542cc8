package fetch

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"
	"golang.org/x/sync/singleflight"
)

// resolver finds the addresses of hosts. It remembers a bounded number of
// names, those that do not exist for a shorter time, and asks for a name once,
// however many wait for it.
type resolver struct {
	timeout  time.Duration // of one lookup
	ttl      time.Duration
	negative time.Duration
	cache    *lru.Cache[string, answer]
	flight   singleflight.Group
	lookup   func(ctx context.Context, network, host string) ([]netip.Addr, error)
}

// answer is what was found out about a name.
type answer struct {
	addrs   []netip.Addr
	err     error // the name does not exist
	expires time.Time
}

func newResolver(o Options) *resolver {
	cache, err := lru.New[string, answer](o.DNSSize)
	if err != nil {
		panic(err) // the size is positive: withDefaults
	}
	return &resolver{timeout: o.DialTimeout, ttl: o.DNSTTL, negative: o.DNSNegativeTTL, cache: cache, lookup: o.Lookup}
}

// resolve returns the addresses of a host, at least one, in the order in which
// they should be tried. A host that is an address is not asked for.
func (r *resolver) resolve(ctx context.Context, host string) ([]netip.Addr, error) {
	if addr, ok, err := literal(host); ok {
		return []netip.Addr{addr}, err
	}
	host = strings.ToLower(host)
	if a, ok := r.cache.Get(host); ok && time.Now().Before(a.expires) {
		return a.addrs, a.err
	}
	// Who waits may give up; the lookup goes on for the others.
	detached := context.WithoutCancel(ctx)
	done := r.flight.DoChan(host, func() (any, error) { return r.ask(detached, host) })
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case res := <-done:
		addrs, _ := res.Val.([]netip.Addr)
		return addrs, res.Err
	}
}

func (r *resolver) ask(ctx context.Context, host string) ([]netip.Addr, error) {
	ctx, cancel := context.WithTimeout(ctx, r.timeout)
	defer cancel()
	addrs, err := r.lookup(ctx, "ip", host)
	if err == nil && len(addrs) == 0 {
		err = &net.DNSError{Err: "no addresses", Name: host, IsNotFound: true}
	}
	if err != nil {
		if gone, ok := errors.AsType[*net.DNSError](err); ok && gone.IsNotFound {
			r.cache.Add(host, answer{err: err, expires: time.Now().Add(r.negative)})
		}
		return nil, err
	}
	addrs = interleave(addrs)
	r.cache.Add(host, answer{addrs: addrs, expires: time.Now().Add(r.ttl)})
	return addrs, nil
}

// forget makes the next resolve ask again for a name that had addresses.
func (r *resolver) forget(host string) { r.cache.Remove(strings.ToLower(host)) }

// maxAddrs is how many addresses of one name are tried.
const maxAddrs = 8

// interleave orders addresses so that IPv6 and IPv4 take turns, beginning with
// the kind that the resolver put first (RFC 8305, section 4).
func interleave(addrs []netip.Addr) []netip.Addr {
	var first, second []netip.Addr
	for _, addr := range addrs {
		if addr = addr.Unmap(); addr.Is4() == addrs[0].Unmap().Is4() {
			first = append(first, addr)
		} else {
			second = append(second, addr)
		}
	}
	mixed := make([]netip.Addr, 0, len(addrs))
	for i := range first {
		mixed = append(mixed, first[i])
		if i < len(second) {
			mixed = append(mixed, second[i])
		}
	}
	mixed = append(mixed, second[min(len(first), len(second)):]...)
	return mixed[:min(len(mixed), maxAddrs)]
}

// literal reads a host that is an IP address. The URL standard
// (url.spec.whatwg.org, section 3.5) takes a name whose last label is a number
// for one: "127.1", "0x7f000001" and "0177.0.0.1" are all 127.0.0.1, so none
// of them is left to a resolver to make something of. What looks like one and
// is none is an ErrBlocked.
func literal(host string) (addr netip.Addr, ok bool, err error) {
	if addr, err := netip.ParseAddr(host); err == nil {
		return addr, true, nil
	}
	labels := strings.Split(strings.TrimSuffix(host, "."), ".")
	if !looksLikeNumber(labels[len(labels)-1]) {
		return addr, false, nil
	}
	if len(labels) > 4 {
		return addr, true, fmt.Errorf("%w: %q is no address", ErrBlocked, host)
	}
	var whole uint64
	for i, label := range labels {
		room := 8 // bits of this number; the last one fills what is left
		if i == len(labels)-1 {
			room = 8 * (4 - i)
		}
		n, err := strconv.ParseUint(numeral(label), 0, room)
		if err != nil {
			return addr, true, fmt.Errorf("%w: %q is no address", ErrBlocked, host)
		}
		whole = whole<<room | n
	}
	return netip.AddrFrom4([4]byte{byte(whole >> 24), byte(whole >> 16), byte(whole >> 8), byte(whole)}), true, nil
}

// looksLikeNumber says whether a label ends a host that is an address.
func looksLikeNumber(label string) bool {
	if label == "" {
		return false
	}
	if strings.Trim(label, "0123456789") == "" {
		return true
	}
	lower := strings.ToLower(label)
	return strings.HasPrefix(lower, "0x") && strings.Trim(lower[2:], "0123456789abcdef") == ""
}

// numeral returns a label as strconv reads it: an empty hexadecimal number is
// zero, and underscores and other prefixes are no numbers.
func numeral(label string) string {
	switch {
	case !looksLikeNumber(label):
		return ""
	case strings.EqualFold(label, "0x"):
		return "0"
	}
	return label
}
