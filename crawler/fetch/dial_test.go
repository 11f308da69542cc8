package fetch

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestNamesAreRemembered(t *testing.T) {
	var lookups atomic.Int64
	known := names{"e.example": {{"192.0.2.1"}}}
	r := newResolver(Options{DNSTTL: 50 * time.Millisecond, DNSNegativeTTL: 50 * time.Millisecond, DNSSize: 2, Lookup: func(ctx context.Context, network, host string) ([]netip.Addr, error) {
		lookups.Add(1)
		if host == "broken.example" {
			return nil, &net.DNSError{Err: "server misbehaving", Name: host, IsTemporary: true}
		}
		return known.lookup(ctx, network, host)
	}}.withDefaults())
	for _, c := range []struct {
		host    string
		lookups int64 // of three questions
	}{{"E.example", 1}, {"none.example", 1}, {"broken.example", 3}, {"192.0.2.1", 0}} {
		for range 2 { // again when it is forgotten
			lookups.Store(0)
			for range 3 {
				_, err := r.resolve(t.Context(), c.host)
				if found := strings.ToLower(c.host) == "e.example" || c.lookups == 0; (err == nil) != found {
					t.Errorf("%s: %v", c.host, err)
				}
			}
			if got := lookups.Load(); got != c.lookups {
				t.Errorf("%s was looked up %d times, want %d", c.host, got, c.lookups)
			}
			time.Sleep(60 * time.Millisecond)
		}
	}
	for i := range 10 {
		known[fmt.Sprintf("%d.example", i)] = [][]string{{"192.0.2.1"}}
		if _, err := r.resolve(t.Context(), fmt.Sprintf("%d.example", i)); err != nil {
			t.Error(err)
		}
	}
	if n := r.cache.Len(); n != 2 {
		t.Errorf("%d names are remembered, want 2", n)
	}
}

func TestANameIsLookedUpOnceForAll(t *testing.T) {
	var lookups atomic.Int64
	free := make(chan struct{})
	r := newResolver(Options{Lookup: func(context.Context, string, string) ([]netip.Addr, error) {
		lookups.Add(1)
		<-free
		return []netip.Addr{netip.MustParseAddr("192.0.2.1")}, nil
	}}.withDefaults())
	hasty, giveUp := context.WithCancel(t.Context())
	var first, others sync.WaitGroup
	first.Go(func() { // who asks first does not wait for the answer
		if _, err := r.resolve(hasty, "e.example"); !errors.Is(err, context.Canceled) {
			t.Errorf("the first: %v", err)
		}
	})
	for lookups.Load() == 0 {
		time.Sleep(time.Millisecond)
	}
	for range 20 {
		others.Go(func() {
			if _, err := r.resolve(t.Context(), "e.example"); err != nil {
				t.Error(err)
			}
		})
	}
	giveUp()
	first.Wait()
	time.Sleep(20 * time.Millisecond)
	close(free)
	others.Wait()
	if n := lookups.Load(); n != 1 {
		t.Errorf("%d lookups, want 1", n)
	}
}

func TestAddressesTakeTurns(t *testing.T) {
	for in, want := range map[string]string{
		"192.0.2.1":                              "192.0.2.1",
		"::ffff:192.0.2.1":                       "192.0.2.1",
		"2001:db8::1 2001:db8::2 192.0.2.1":      "2001:db8::1 192.0.2.1 2001:db8::2",
		"192.0.2.1 2001:db8::1 2001:db8::2":      "192.0.2.1 2001:db8::1 2001:db8::2",
		strings.Repeat("192.0.2.1 ", 20):         strings.TrimSpace(strings.Repeat("192.0.2.1 ", 8)),
		"192.0.2.1 192.0.2.2 192.0.2.3 2001::1 ": "192.0.2.1 2001::1 192.0.2.2 192.0.2.3",
	} {
		var addrs []netip.Addr
		for a := range strings.FieldsSeq(in) {
			addrs = append(addrs, netip.MustParseAddr(a))
		}
		if got := strings.Trim(fmt.Sprint(interleave(addrs)), "[]"); got != want {
			t.Errorf("%s: %s, want %s", in, got, want)
		}
	}
}

// happy dials a name with an IPv6 and two IPv4 addresses, of which the ones
// named hang and the others refuse or answer.
func happy(t *testing.T, hang, refuse string) (dialled []string, took time.Duration, err error) {
	t.Helper()
	var mu sync.Mutex
	o := Options{DialTimeout: 2 * time.Second}
	o.Lookup = names{"e.example": {{"2001:4860::1", "93.184.215.14", "93.184.215.15"}}}.lookup
	o.Connect = func(ctx context.Context, _, address string) (net.Conn, error) {
		mu.Lock()
		dialled = append(dialled, address)
		mu.Unlock()
		switch {
		case hang != "" && strings.Contains(address, hang):
			<-ctx.Done()
			return nil, ctx.Err()
		case refuse != "" && strings.Contains(address, refuse):
			return nil, syscall.ECONNREFUSED
		}
		c, other := net.Pipe()
		t.Cleanup(func() { c.Close(); other.Close() })
		return c, nil
	}
	o = o.withDefaults()
	start := time.Now()
	conn, err := newDialer(o, newResolver(o), nil).dial(t.Context(), "tcp", "e.example:443")
	if err == nil && conn == nil {
		t.Error("no connection and no error")
	}
	return dialled, time.Since(start), err
}

func TestTheNextAddressIsTried(t *testing.T) {
	v6, first, second := "[2001:4860::1]:443", "93.184.215.14:443", "93.184.215.15:443"
	for _, c := range []struct {
		name, hang, refuse string
		dialled            []string
		reason             string
	}{
		{"all work", "", "", []string{v6}, ""},
		{"IPv6 is refused", "", "2001", []string{v6, first}, ""},
		{"IPv6 hangs", "2001", "", []string{v6, first}, ""},
		{"IPv6 hangs and one is refused", "2001", ".14", []string{v6, first, second}, ""},
		{"all are refused", "", ":443", []string{v6, first, second}, "refused"},
		{"all hang", ":443", "", []string{v6, first, second}, "timeout"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			dialled, took, err := happy(t, c.hang, c.refuse)
			if !cmp.Equal(dialled, c.dialled) || Classify(err) != c.reason {
				t.Errorf("dialled %v, %v", dialled, err)
			}
			if c.hang == "2001" && took < stagger {
				t.Errorf("the second address was tried after %s", took)
			}
		})
	}
}

// TestIPv6 fetches from a server on ::1, named and by its address.
func TestIPv6(t *testing.T) {
	l, err := net.Listen("tcp", "[::1]:0")
	if err != nil {
		t.Skip("no IPv6 here: ", err)
	}
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, r.Host) }))
	s.Listener.Close()
	s.Listener = l
	s.Start()
	t.Cleanup(s.Close)
	tr := transport(t, Options{
		AllowPrivate: []netip.Prefix{netip.MustParsePrefix("::1/128")},
		Lookup:       names{"six.example": {{"::1"}}}.lookup,
	})
	_, port, _ := net.SplitHostPort(l.Addr().String())
	for _, host := range []string{"[::1]:" + port, "six.example:" + port} {
		if _, body, _, err := get(t, tr, "http://"+host+"/"); err != nil || string(body) != host {
			t.Errorf("%q, %v", body, err)
		}
	}
}

// connections counts what a server sees of connections.
type connections struct {
	mu           sync.Mutex
	opened, open int
}

func (c *connections) watch(_ net.Conn, state http.ConnState) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch state {
	case http.StateNew:
		c.opened++
		c.open++
	case http.StateClosed, http.StateHijacked:
		c.open--
	default:
	}
}

func (c *connections) count() (opened, open int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.opened, c.open
}

func TestConnectionsAreKept(t *testing.T) {
	for _, h2 := range []bool{false, true} {
		t.Run(fmt.Sprint("HTTP/2 ", h2), func(t *testing.T) {
			var conns connections
			s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, text) }))
			s.Config.ConnState = conns.watch
			s.EnableHTTP2 = h2
			s.StartTLS()
			t.Cleanup(s.Close)
			roots := s.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs
			tr := transport(t, Options{RootCAs: roots, IdleTimeout: time.Minute})
			for range 20 {
				if _, _, _, err := get(t, tr, s.URL); err != nil {
					t.Fatal(err)
				}
				time.Sleep(2 * time.Millisecond)
			}
			if opened, _ := conns.count(); opened != 1 {
				t.Errorf("%d connections for 20 requests, want 1", opened)
			}
			tr.CloseIdleConnections()
		})
	}
}

// A body that is cut leaves its connection unusable: it must go, not stay
// open with the rest of the body in it.
func TestCutBodiesLeaveNoConnections(t *testing.T) {
	for _, h2 := range []bool{false, true} {
		t.Run(fmt.Sprint("HTTP/2 ", h2), func(t *testing.T) {
			var conns connections
			s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				for r.Context().Err() == nil {
					if _, err := w.Write(make([]byte, 64<<10)); err != nil {
						return
					}
				}
			}))
			s.Config.ConnState = conns.watch
			s.EnableHTTP2 = h2
			s.StartTLS()
			t.Cleanup(s.Close)
			roots := s.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs
			tr := transport(t, Options{RootCAs: roots, MaxBody: 100_000})
			for range 10 {
				if _, body, trace, err := get(t, tr, s.URL); err != nil || len(body) != 100_000 || !trace.Truncated {
					t.Fatalf("%d bytes, %v", len(body), err)
				}
			}
			for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(5 * time.Millisecond) {
				_, open := conns.count()
				if open <= 1 {
					break
				}
				if time.Now().After(deadline) {
					t.Fatalf("%d connections are open", open)
				}
			}
			if opened, _ := conns.count(); h2 && opened != 1 {
				t.Errorf("%d connections for 10 streams, want 1", opened)
			}
		})
	}
}
