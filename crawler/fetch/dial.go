package fetch

import (
	"context"
	"net"
	"net/netip"
	"sync"
	"time"
)

// stagger is how long one address has for itself before the next one is tried
// beside it (RFC 8305, section 5).
const stagger = 250 * time.Millisecond

// dialer connects to hosts under a guard.
type dialer struct {
	timeout time.Duration // of name resolution and connect
	names   *resolver
	guard   *guard
	connect connect
}

// connect connects to an address and a port that the guard has let through.
type connect func(ctx context.Context, network, address string) (net.Conn, error)

// newDialer returns a dialer whose guard opens these prefixes.
func newDialer(o Options, names *resolver, allow []netip.Prefix) *dialer {
	g := newGuard(allow)
	d := &dialer{timeout: o.DialTimeout, names: names, guard: g, connect: o.Connect}
	if d.connect == nil {
		d.connect = (&net.Dialer{KeepAlive: 30 * time.Second, Control: g.control}).DialContext
	}
	return d
}

// dial connects to the address of a host that answers first. Addresses that
// the guard refuses are left out; if there are no others, the error is an
// ErrBlocked.
func (d *dialer) dial(ctx context.Context, network, address string) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, d.timeout)
	defer cancel()
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	addrs, err := d.names.resolve(ctx, host)
	if err != nil {
		return nil, err
	}
	if addrs, err = d.guard.permitted(addrs); err != nil {
		return nil, err
	}
	conn, err := d.race(ctx, network, addrs, port)
	if err != nil {
		d.names.forget(host) // it may have moved
	}
	return conn, err
}

// race connects to the addresses in order. The next one is tried when the one
// before failed or has had its time; the first connection wins. The error is
// that of the first address.
func (d *dialer) race(ctx context.Context, network string, addrs []netip.Addr, port string) (net.Conn, error) {
	if len(addrs) == 1 {
		return d.connect(ctx, network, net.JoinHostPort(addrs[0].String(), port))
	}
	var attempts sync.WaitGroup
	defer attempts.Wait()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	won, failed := make(chan net.Conn), make(chan int, len(addrs))
	errs := make([]error, len(addrs))
	try := func(i int) {
		conn, err := d.connect(ctx, network, net.JoinHostPort(addrs[i].String(), port))
		if err != nil {
			errs[i] = err
			failed <- i
			return
		}
		select {
		case won <- conn:
		case <-ctx.Done():
			conn.Close()
		}
	}
	for i, failures := 0, 0; failures < len(addrs); {
		var next <-chan time.Time
		if i < len(addrs) {
			n := i
			attempts.Go(func() { try(n) })
			i++
		}
		if i < len(addrs) {
			next = time.After(stagger)
		}
		select {
		case conn := <-won:
			return conn, nil
		case <-failed:
			failures++
		case <-next:
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
	return nil, errs[0]
}
