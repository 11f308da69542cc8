package crawler

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"sync"
	"testing"
	"time"

	"go.uber.org/zap"

	"pressmill/crawler/fetch"
	"pressmill/crawler/groups"
	"pressmill/pkg/bus"
)

// crowd is a server behind many names.
type crowd struct {
	*httptest.Server
	mu     sync.Mutex
	starts []time.Time
	hosts  map[string]int
}

func newCrowd(t *testing.T) *crowd {
	t.Helper()
	c := &crowd{hosts: map[string]int{}}
	c.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		c.mu.Lock()
		c.starts = append(c.starts, time.Now())
		c.hosts[req.Host]++
		c.mu.Unlock()
		if req.URL.Path == "/robots.txt" {
			http.NotFound(w, req)
			return
		}
		page()(w, req)
	}))
	t.Cleanup(c.Close)
	return c
}

// startGrouped runs a crawler that takes every name for one of loopback, whose
// addresses have groups like any other.
func (r *rig) startGrouped(t *testing.T) {
	t.Helper()
	c, err := New(r.cfg, r.Bus, zap.New(r.core), r.stage)
	must(t, err)
	c.groupAll = true
	c.transport = fetch.NewTransport(fetch.Options{
		AllowPrivate: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")},
		Lookup: func(context.Context, string, string) ([]netip.Addr, error) {
			return []netip.Addr{netip.MustParseAddr("127.0.0.1")}, nil
		},
	})
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := c.Run(ctx, func() {}); err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(func() { cancel(); wg.Wait() })
}

// A thousand subdomains on one server are not a flood, nor are the names of
// many domains behind one address, however many workers there are.
func TestGroupsKeepTheirRate(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		host    string
		domain  float64
		address float64
	}{
		"domain":  {"h%d.flood.example", 60, 0},
		"address": {"www.flood%d.example", 4, 60},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			const hosts, rate = 150, 60
			r, server := newRig(t, patience), newCrowd(t)
			r.cfg.DomainRate, r.cfg.AddressRate, r.cfg.Slots = c.domain, c.address, hosts
			port := server.Listener.Addr().(interface{ AddrPort() netip.AddrPort }).AddrPort().Port()
			src := Source{ID: "flood", Domain: "flood.example"}
			for i := range hosts {
				src.Seeds = append(src.Seeds, fmt.Sprintf("http://"+c.host+":%d/", i, port))
			}
			r.enqueue(t, "c1", src)
			r.startGrouped(t)
			r.startGrouped(t)
			eventually(t, 150*time.Second, "all pages", func() bool { return len(r.pages()) == hosts })
			server.mu.Lock()
			defer server.mu.Unlock()
			slices.SortFunc(server.starts, time.Time.Compare)
			if n := len(server.starts); n != 2*hosts || len(server.hosts) != hosts {
				t.Errorf("%d requests to %d hosts, want two to each of %d", n, len(server.hosts), hosts)
			}
			// The first request may have been under way for a second, and the
			// first host took itself for the only one.
			const ahead = rate + rate + 2
			for i, start := range server.starts {
				if most := rate*start.Sub(server.starts[0]).Seconds() + ahead; float64(i) > most {
					t.Fatalf("%d requests within %s, want at most %d a second", i, start.Sub(server.starts[0]), rate)
				}
			}
		})
	}
}

// Who is alone in its groups pays for it once a minute.
func TestHostAloneInItsGroupsAsksSeldom(t *testing.T) {
	t.Parallel()
	r, server := newRig(t, patience), newCrowd(t)
	r.cfg.DomainRate, r.cfg.AddressRate = 0.01, 0 // a second request that paid would wait for 100 seconds
	port := server.Listener.Addr().(interface{ AddrPort() netip.AddrPort }).AddrPort().Port()
	src := Source{}
	for i := range 8 {
		src.Seeds = append(src.Seeds, fmt.Sprintf("http://www.alone.example:%d/%d", port, i))
	}
	r.enqueue(t, "c1", src)
	r.startGrouped(t)
	eventually(t, 60*time.Second, "all pages", func() bool { return len(r.pages()) == 8 })
	state, err := bus.UpdateGroup(t.Context(), r.Bus, groups.OfDomain("alone.example"), func(*groups.State) {})
	must(t, err)
	if !state.Alone() || state.Host != fmt.Sprintf("www.alone.example:%d", port) {
		t.Errorf("the group is %+v", state)
	}
}

func TestReservedTimeIsTheTurnsUntilItIsTooLate(t *testing.T) {
	t.Parallel()
	r := newRig(t, patience)
	r.cfg.DomainRate = 0.1
	c, err := New(r.cfg, r.Bus, zap.NewNop(), r.stage)
	must(t, err)
	visitOf := func(host string) *visit {
		return &visit{Crawler: c, lane: &lane{host: host}}
	}
	_, err = visitOf("other.example").reserve(t.Context())
	must(t, err)
	v := visitOf("www.other.example")
	later, err := v.reserve(t.Context())
	must(t, err)
	slot := v.state.Slot
	if !later || !slot.After(time.Now()) || !v.state.NotBefore.Equal(slot) {
		t.Fatalf("later %v, slot %s", later, slot)
	}
	again, err := v.reserve(t.Context())
	must(t, err)
	if !again || !v.state.Slot.Equal(slot) {
		t.Errorf("the time became %s, want %s", v.state.Slot, slot)
	}
	v.state.Slot = time.Now().Add(-groups.Late(0) / 2)
	if later, err := v.reserve(t.Context()); err != nil || later {
		t.Errorf("a time that has come: later %v, %v", later, err)
	}
	long := time.Now().Add(-3 * groups.Late(0))
	v.state.Slot = long
	if later, err := v.reserve(t.Context()); err != nil || !later {
		t.Errorf("a time long gone: later %v, %v", later, err)
	}
	v.state.Missed, v.state.Slot = 2, long
	if later, err := v.reserve(t.Context()); err != nil || later {
		t.Errorf("a time long gone of a host that waits all the time: later %v, %v", later, err)
	}
	v.afterRequest(&response{status: http.StatusOK, end: time.Now()})
	if !v.state.Slot.IsZero() {
		t.Error("a request did not use its time up")
	}
}
