package crawler

import (
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
)

// newSiteOn is a site on an address of its own, with the number of connections
// that were made to it.
func newSiteOn(t *testing.T, address string) (s *site, opened *atomic.Int64) {
	t.Helper()
	l, err := net.Listen("tcp", net.JoinHostPort(address, "0"))
	if err != nil {
		t.Skipf("no address %s here: %v", address, err)
	}
	s, opened = &site{answers: map[string]http.HandlerFunc{}}, new(atomic.Int64)
	s.Server = httptest.NewUnstartedServer(s)
	s.Listener.Close()
	s.Listener = l
	s.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			opened.Add(1)
		}
	}
	s.Start()
	t.Cleanup(s.Close)
	return s, opened
}

// A host's pages come over one connection, on IPv6 as well.
func TestOneConnectionPerHost(t *testing.T) {
	t.Parallel()
	for _, address := range []string{"127.0.0.1", "::1"} {
		t.Run(address, func(t *testing.T) {
			t.Parallel()
			s, opened := newSiteOn(t, address)
			r := newRig(t, patience)
			r.cfg.AllowPrivate = []string{"127.0.0.1/32", "::1/128"}
			var items []string
			for i := range 8 {
				path := fmt.Sprintf("/%d", i)
				s.on(path, page())
				items = append(items, s.URL+path)
			}
			s.on("/feed", feed(items...))
			s.on("/moved", redirect("/feed"))
			r.enqueue(t, "c1", Source{Seeds: []string{s.URL + "/moved"}})
			r.crawl(t)
			if n := len(r.pages()); n != len(items) {
				t.Errorf("%d pages, want %d", n, len(items))
			}
			if n := opened.Load(); n != 1 {
				t.Errorf("%d connections for %d requests, want 1", n, len(s.log()))
			}
			for _, p := range r.pages() {
				if !strings.HasPrefix(p.FinalURL, s.URL) {
					t.Errorf("a page of %s, want one of %s", p.FinalURL, s.URL)
				}
			}
		})
	}
}
