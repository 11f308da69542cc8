package fetch

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// refused are addresses that no crawler may dial, in all forms that a URL or a
// resolver may give them.
var refused = []string{
	"127.0.0.1", "127.255.255.254", "::1", // loopback
	"10.0.0.1", "10.255.255.255", "172.16.0.1", "172.31.255.255", "192.168.0.1", "192.168.255.255", // private
	"100.64.0.1", "100.127.255.255", // shared
	"fc00::1", "fdff::1", // unique local
	"169.254.0.1", "169.254.1.1", "fe80::1", "febf::1", "fe80::1%eth0", // link-local
	"169.254.169.254", "169.254.170.2", "fd00:ec2::254", "100.100.100.200", "192.0.0.192", "168.63.129.16", // metadata
	"224.0.0.1", "239.255.255.250", "ff02::1", "ff0e::1", // multicast
	"255.255.255.255", "240.0.0.1", // broadcast, reserved
	"0.0.0.0", "0.1.2.3", "::", // unspecified
	"192.0.2.1", "198.51.100.1", "203.0.113.1", "198.18.0.1", "2001:db8::1", "3fff::1", // documentation, benchmarks
	"::ffff:10.0.0.1", "::ffff:127.0.0.1", "::ffff:169.254.169.254", "::ffff:93.184.215.14", // IPv4-mapped, even of a public address
	"::10.0.0.1", "::7f00:1", // IPv4-compatible
	"2002:a00:1::1", "2002:7f00:1::", "2002:a9fe:a9fe::", // 6to4
	"64:ff9b::a00:1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::a00:1", // NAT64
	"2001::1", "2001:0:4136:e378:8000:63bf:f5ff:fffe", // Teredo
	"fec0::1", "100::1", // site-local, discard
}

var public = []string{"93.184.215.14", "2606:2800:21f:cb07:6820:80da:af6b:8b2c"}

func TestGuard(t *testing.T) {
	for _, addr := range refused {
		if err := newGuard(nil).check(netip.MustParseAddr(addr)); !errors.Is(err, ErrBlocked) {
			t.Errorf("%s: %v", addr, err)
		}
	}
	for _, addr := range public {
		if err := newGuard(nil).check(netip.MustParseAddr(addr)); err != nil {
			t.Errorf("%s: %v", addr, err)
		}
	}
}

func TestRangesThatAreOpened(t *testing.T) {
	for _, c := range []struct {
		addr, allow string
		open        bool
	}{
		{"10.0.0.1", "10.0.0.0/8", true},
		{"10.0.0.1", "10.0.1.0/24", false},
		{"127.0.0.1", "10.0.0.0/8", false},
		{"::ffff:10.0.0.1", "10.0.0.0/8", false},
		{"2002:a00:1::1", "10.0.0.0/8", false},
		{"::1", "::1/128", true},
		{"::1", "0.0.0.0/0", false},
		{"fd00::1", "fc00::/7", true},
		{"169.254.1.1", "169.254.0.0/16", true},
		{"169.254.169.254", "169.254.0.0/16", false},
		{"169.254.169.254", "0.0.0.0/0", false},
		{"169.254.169.254", "169.254.169.254/32", true},
		{"fd00:ec2::254", "fc00::/7", false},
		{"100.100.100.200", "100.64.0.0/10", false},
	} {
		err := newGuard([]netip.Prefix{netip.MustParsePrefix(c.allow)}).check(netip.MustParseAddr(c.addr))
		if (err == nil) != c.open {
			t.Errorf("%s with %s open: %v", c.addr, c.allow, err)
		}
	}
}

// The last wall stands in the kernel's way: it sees what is connected to.
func TestGuardSeesTheAddressOfTheSocket(t *testing.T) {
	control := newGuard(nil).control
	for _, c := range []struct {
		network, address string
		open             bool
	}{
		{"tcp4", "93.184.215.14:8443", true},
		{"tcp6", "[2606:2800:21f:cb07:6820:80da:af6b:8b2c]:443", true},
		{"tcp4", "10.0.0.1:80", false},
		{"tcp4", "168.63.129.16:80", false},
		{"tcp6", "[::1]:80", false},
		{"udp4", "93.184.215.14:80", false},
		{"tcp4", "example.com:80", false}, // no address: nothing was resolved
	} {
		if err := control(c.network, c.address, nil); (err == nil) != c.open || errors.Is(err, ErrBlocked) == c.open {
			t.Errorf("%s %s: %v", c.network, c.address, err)
		}
	}
}

// recorder is a network that can reach nothing and writes down what is dialled.
type recorder struct {
	mu      sync.Mutex
	dialled []string
}

func (r *recorder) connect(_ context.Context, _, address string) (net.Conn, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.dialled = append(r.dialled, address)
	return nil, syscall.ECONNREFUSED
}

func (r *recorder) taken() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	taken := r.dialled
	r.dialled = nil
	return taken
}

// names is a resolver that knows some names. Each takes its answers in turn,
// the last one again and again.
type names map[string][][]string

func (n names) lookup(_ context.Context, _, host string) ([]netip.Addr, error) {
	turns := n[host]
	if len(turns) == 0 {
		return nil, &net.DNSError{Err: "no such host", Name: host, IsNotFound: true}
	}
	if len(turns) > 1 {
		n[host] = turns[1:]
	}
	var addrs []netip.Addr
	for _, a := range turns[0] {
		addrs = append(addrs, netip.MustParseAddr(a))
	}
	return addrs, nil
}

// fetchBlocked fetches a URL over a network that can reach nothing and checks
// that the guard refused it before anything was dialled.
func fetchBlocked(t *testing.T, tr *Transport, network *recorder, url string) {
	t.Helper()
	_, _, _, err := get(t, tr, url)
	if Classify(err) != "blocked" {
		t.Errorf("%s: %v", url, err)
	}
	if dialled := network.taken(); len(dialled) > 0 {
		t.Errorf("%s: dialled %v", url, dialled)
	}
}

func TestNothingIsDialledThatIsNotPublic(t *testing.T) {
	network, known := &recorder{}, names{}
	tr := NewTransport(Options{Connect: network.connect, Lookup: known.lookup})
	for _, addr := range refused {
		a := netip.MustParseAddr(addr)
		host := a.String()
		if a.Is6() {
			host = "[" + strings.ReplaceAll(host, "%", "%25") + "]"
		}
		fetchBlocked(t, tr, network, "http://"+host+"/")
		fetchBlocked(t, tr, network, "https://"+host+":8443/")
		if a.Is4In6() {
			continue // a resolver means the IPv4 address by it
		}
		name := strings.NewReplacer(":", "-", ".", "-", "%", "-").Replace(addr) + ".example"
		known[name] = [][]string{{addr}}
		fetchBlocked(t, tr, network, "http://"+name+"/")
	}
	for _, host := range []string{
		"2130706433", "0x7f000001", "0x7F.1", "0177.0.0.1", "017700000001", "127.1", "127.0.1", "0", "0x", // loopback and unspecified
		"2852039166", "0xa9fea9fe", "0xa9.0xfe.0xa9.0xfe", "0251.0376.0251.0376", "169.16689662", "169.254.43518", // metadata
		"10.1", "0xa000001", "012.0.0.1", "192.168.257", "127.0.0.1.", "0x7f000001.", // private, and with the root's dot
		"256.1.1.1", "1.2.3.4.5", "0x1ffffffff", "08.0.0.1", "foo.1", // no address, and no name either
	} {
		fetchBlocked(t, tr, network, "http://"+host+"/")
	}
	for _, addr := range public {
		known["public.example"] = [][]string{{addr}}
		tr.names.forget("public.example")
		if _, _, _, err := get(t, tr, "http://public.example/"); Classify(err) != "refused" {
			t.Errorf("%s: %v", addr, err)
		}
		if got, want := network.taken(), []string{net.JoinHostPort(addr, "80")}; !cmp.Equal(got, want) {
			t.Errorf("dialled %v, want %v", got, want)
		}
	}
}

// TestRebinding resolves a name to a public address first and to a private one
// later.
func TestRebinding(t *testing.T) {
	network := &recorder{}
	known := names{"e.com": {{"93.184.215.14"}, {"169.254.169.254"}, {"10.0.0.1", "93.184.215.14"}}}
	tr := NewTransport(Options{Connect: network.connect, Lookup: known.lookup, DNSTTL: time.Nanosecond})
	if _, _, _, err := get(t, tr, "http://e.com/"); Classify(err) != "refused" {
		t.Error(err)
	}
	if got := network.taken(); !cmp.Equal(got, []string{"93.184.215.14:80"}) {
		t.Errorf("dialled %v", got)
	}
	fetchBlocked(t, tr, network, "http://e.com/")
	if _, _, _, err := get(t, tr, "http://e.com/"); Classify(err) != "refused" {
		t.Errorf("a name with a public address among others: %v", err)
	}
	if got := network.taken(); !cmp.Equal(got, []string{"93.184.215.14:80"}) {
		t.Errorf("dialled %v", got)
	}
}

// TestBlockedLoopback has a server that must not be reached, over the real
// network.
func TestBlockedLoopback(t *testing.T) {
	hits := 0
	s := serve(t, func(http.ResponseWriter, *http.Request) { hits++ })
	_, _, _, err := get(t, transport(t, Options{AllowPrivate: []netip.Prefix{}}), s.URL)
	if Classify(err) != "blocked" || hits != 0 {
		t.Errorf("%v, %d hits", err, hits)
	}
}
