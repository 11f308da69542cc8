package fetch

import (
	"fmt"
	"net/netip"
	"slices"
	"syscall"

	"code.dny.dev/ssrf"
)

// metadata are the addresses at which clouds hand out the secrets of a
// machine. A range does not open them, only a prefix of that one address.
var metadata = map[netip.Addr]bool{
	netip.MustParseAddr("169.254.169.254"): true, // most clouds
	netip.MustParseAddr("169.254.170.2"):   true, // AWS, of containers
	netip.MustParseAddr("169.254.170.23"):  true, // AWS, of pods
	netip.MustParseAddr("100.100.100.200"): true, // Alibaba
	netip.MustParseAddr("192.0.0.192"):     true, // Oracle
	netip.MustParseAddr("168.63.129.16"):   true, // Azure, a public address
	netip.MustParseAddr("fd00:ec2::254"):   true, // AWS
	netip.MustParseAddr("fd00:ec2::23"):    true, // AWS, of pods
	netip.MustParseAddr("fd20:ce::254"):    true, // Google
}

// guard says which addresses may be dialled: those of the public internet and
// those in the allowed prefixes. An IPv4 address inside an IPv6 one is neither,
// unless an IPv6 prefix opens it.
type guard struct {
	public *ssrf.Guardian
	allow  []netip.Prefix
}

func newGuard(allow []netip.Prefix) *guard {
	var v4, v6 []netip.Prefix
	for _, p := range allow {
		if p.Addr().Is4() {
			v4 = append(v4, p)
		} else {
			v6 = append(v6, p)
		}
	}
	return &guard{
		public: ssrf.New(ssrf.WithAnyPort(), ssrf.WithAllowedV4Prefixes(v4...), ssrf.WithAllowedV6Prefixes(v6...)),
		allow:  allow,
	}
}

// check returns an ErrBlocked for an address that may not be dialled.
func (g *guard) check(addr netip.Addr) error {
	if metadata[addr] && !slices.Contains(g.allow, netip.PrefixFrom(addr, addr.BitLen())) {
		return fmt.Errorf("%w: %s hands out secrets of machines", ErrBlocked, addr)
	}
	if err := g.public.SafeAddr(addr); err != nil {
		return fmt.Errorf("%w: %w", ErrBlocked, err)
	}
	return nil
}

// control is a net.Dialer.Control: whatever led to a dial, it sees the address
// that is about to be connected to.
func (g *guard) control(network, address string, c syscall.RawConn) error {
	if err := g.public.Safe(network, address, c); err != nil {
		return fmt.Errorf("%w: %w", ErrBlocked, err)
	}
	to, err := netip.ParseAddrPort(address)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrBlocked, err)
	}
	return g.check(to.Addr())
}

// permitted returns those of the addresses that may be dialled, or an
// ErrBlocked if there are none.
func (g *guard) permitted(addrs []netip.Addr) (open []netip.Addr, err error) {
	for _, addr := range addrs {
		if refused := g.check(addr); refused == nil {
			open = append(open, addr)
		} else if err == nil {
			err = refused
		}
	}
	if len(open) > 0 {
		return open, nil
	}
	return nil, err
}
