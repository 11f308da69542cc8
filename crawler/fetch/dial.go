package fetch

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"syscall"
	"time"

	"code.dny.dev/ssrf"
	lru "github.com/hashicorp/golang-lru/v2"
)

// control is the type of net.Dialer.Control.
type control func(network, address string, _ syscall.RawConn) error

// guard returns the check that every dial passes with the address that it is
// about to connect to: any port, but only addresses of the public internet or
// in the allowed prefixes. What it refuses is an ErrBlocked.
func guard(allow []netip.Prefix) control {
	var v4, v6 []netip.Prefix
	for _, p := range allow {
		if p.Addr().Is4() {
			v4 = append(v4, p)
		} else {
			v6 = append(v6, p)
		}
	}
	g := ssrf.New(ssrf.WithAnyPort(), ssrf.WithAllowedV4Prefixes(v4...), ssrf.WithAllowedV6Prefixes(v6...))
	return func(network, address string, c syscall.RawConn) error {
		if err := g.Safe(network, address, c); err != nil {
			return fmt.Errorf("%w: %w", ErrBlocked, err)
		}
		return nil
	}
}

// dialer resolves names through a cache and connects under the guard.
type dialer struct {
	timeout time.Duration
	ttl     time.Duration
	cache   *lru.Cache[string, answer]
	lookup  func(ctx context.Context, network, host string) ([]netip.Addr, error)
	connect func(ctx context.Context, network, address string) (net.Conn, error)
}

// answer is what the resolver said.
type answer struct {
	addrs   []netip.Addr
	expires time.Time
}

func newDialer(o Options) *dialer {
	cache, err := lru.New[string, answer](o.DNSSize)
	if err != nil {
		panic(err) // the size is positive: withDefaults
	}
	d := &net.Dialer{KeepAlive: 30 * time.Second, Control: guard(o.AllowPrivate)}
	return &dialer{
		timeout: o.DialTimeout,
		ttl:     o.DNSTTL,
		cache:   cache,
		lookup:  net.DefaultResolver.LookupNetIP,
		connect: d.DialContext,
	}
}

// dial connects to the first address of the host that answers, in the
// resolver's order, giving each its share of the timeout.
func (d *dialer) dial(ctx context.Context, network, address string) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, d.timeout)
	defer cancel()
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	addrs, err := d.resolve(ctx, host)
	if err != nil {
		return nil, err
	}
	var first error
	for i, addr := range addrs {
		conn, err := d.try(ctx, network, net.JoinHostPort(addr.String(), port), len(addrs)-i)
		if err == nil {
			return conn, nil
		}
		if first == nil {
			first = err
		}
	}
	d.cache.Remove(host)
	return nil, first
}

// try connects to one of n addresses that are left.
func (d *dialer) try(ctx context.Context, network, address string, n int) (net.Conn, error) {
	deadline, _ := ctx.Deadline()
	ctx, cancel := context.WithTimeout(ctx, max(time.Until(deadline)/time.Duration(n), 2*time.Second))
	defer cancel()
	return d.connect(ctx, network, address)
}

func (d *dialer) resolve(ctx context.Context, host string) ([]netip.Addr, error) {
	if addr, err := netip.ParseAddr(host); err == nil {
		return []netip.Addr{addr}, nil
	}
	host = strings.ToLower(host)
	if a, ok := d.cache.Get(host); ok && time.Now().Before(a.expires) {
		return a.addrs, nil
	}
	addrs, err := d.lookup(ctx, "ip", host)
	if err != nil {
		return nil, err
	}
	if len(addrs) == 0 {
		return nil, &net.DNSError{Err: "no addresses", Name: host, IsNotFound: true}
	}
	for i := range addrs {
		addrs[i] = addrs[i].Unmap()
	}
	d.cache.Add(host, answer{addrs: addrs, expires: time.Now().Add(d.ttl)})
	return addrs, nil
}
