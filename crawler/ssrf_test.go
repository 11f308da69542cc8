package crawler

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"pressmill/crawler/fetch"
)

// inside are hosts that lie inside a network or a machine, as URLs write them.
var inside = []string{
	"10.0.0.1", "172.16.0.1", "192.168.0.1", "100.64.0.1", // private
	"169.254.1.1", "169.254.169.254", "[fd00:ec2::254]", // link-local, metadata
	"224.0.0.1", "255.255.255.255", "0.0.0.0", "[::]", "[ff02::1]", "[fe80::1]", "[fc00::1]", "[::1]",
	"[::ffff:10.0.0.1]", "[::ffff:127.0.0.1]", "[::10.0.0.1]", "[2002:a00:1::1]", "[64:ff9b::a00:1]", "[2001::1]", // IPv4 in IPv6
	"167772161", "0xa000001", "012.0.0.1", "10.1", "0xa9fea9fe", // 10.0.0.1 and metadata in other spellings
	"inside.test", "mapped.test", // by name
}

// resolver knows the names of the tests, and counts what it is asked for.
type resolver struct {
	mu    sync.Mutex
	asked map[string]int
}

func (r *resolver) lookup(_ context.Context, _, host string) ([]netip.Addr, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.asked == nil {
		r.asked = map[string]int{}
	}
	r.asked[host]++
	switch {
	case host == "inside.test":
		return []netip.Addr{netip.MustParseAddr("10.0.0.1"), netip.MustParseAddr("fd00:ec2::254")}, nil
	case host == "mapped.test":
		return []netip.Addr{netip.MustParseAddr("::ffff:169.254.169.254")}, nil
	case host == "rebound.test" && r.asked[host] > 3:
		return []netip.Addr{netip.MustParseAddr("10.0.0.1")}, nil
	case host == "rebound.test":
		return []netip.Addr{netip.MustParseAddr("127.0.0.1")}, nil
	}
	return nil, &net.DNSError{Err: "no such host", Name: host, IsNotFound: true}
}

// guarded is a crawler on a network that ends at loopback, of which only
// 127.0.0.0/8 is open.
func guarded(t *testing.T) (*rig, *loopbackOnly) {
	t.Helper()
	r, network, names := newRig(t, patience), &loopbackOnly{}, &resolver{}
	r.cfg.Slots, r.cfg.Attempts = 256, 2
	r.cfg.AllowPrivateProxies = []string{"127.0.0.0/8"}
	r.tune = func(c *Crawler) {
		o, err := c.cfg.fetchOptions()
		must(t, err)
		o.Connect, o.Lookup, o.DNSTTL = network.connect, names.lookup, time.Nanosecond
		c.transport = fetch.NewTransport(o)
	}
	return r, network
}

// TestNothingInsideIsDialled leads a crawler to addresses inside in every way
// that there is. All are blocked at once, without a second try.
func TestNothingInsideIsDialled(t *testing.T) {
	t.Parallel()
	r, network := guarded(t)
	s := newSite(t)
	var items, pages, maps strings.Builder
	for i, host := range inside {
		fmt.Fprintf(&items, "<item><link>http://%s:1/item</link></item>", host)
		fmt.Fprintf(&pages, "<a href='http://%s:2/link'>x</a>", host)
		fmt.Fprintf(&maps, "<url><loc>http://%s:3/entry</loc></url>", host)
		from := fmt.Sprintf("/redirect/%d", i)
		s.on(from, redirect("https://"+host+":4/target"))
		r.enqueue(t, "c1", Source{ID: fmt.Sprint("redirect", i), Seeds: []string{s.URL + from}}, Source{ID: fmt.Sprint("seed", i), Seeds: []string{"http://" + host + ":5/seed"}})
	}
	s.on("/feed", text("application/rss+xml", `<rss version="2.0"><channel>`+items.String()+`</channel></rss>`))
	s.on("/page", text("text/html", "<html><body>"+pages.String()+"</body></html>"))
	s.on("/map", text("application/xml", "<urlset>"+maps.String()+"</urlset>"))
	s.on("/index", text("application/xml", "<sitemapindex><sitemap><loc>http://10.0.0.1:3/map</loc></sitemap></sitemapindex>"))
	r.enqueue(t, "c1", Source{ID: "all", Depth: 2, Seeds: []string{s.URL + "/feed", s.URL + "/page", s.URL + "/map", s.URL + "/index"}})
	r.crawl(t)
	if dialled := network.refused(); len(dialled) > 0 {
		t.Errorf("dialled %v", dialled)
	}
	got := r.outcomes()
	for _, host := range inside {
		addr := host
		if u, err := ParseSeed("http://" + host + "/"); err == nil {
			addr = u.Host
		}
		for port, what := range map[string]string{"1": "feed item", "4": "target of a redirect", "5": "seed"} {
			// Two spellings of one address are one host.
			if out := got[addr+":"+port]; strings.Trim(out, "0123456789x ") != "lost blocked" {
				t.Errorf("%s %s: %q, want it blocked once", what, host, out)
			}
		}
		for port, what := range map[string]string{"2": "link", "3": "sitemap entry"} {
			if out := got[addr+":"+port]; out != "" {
				t.Errorf("%s %s: %q, want it left where it is", what, host, out)
			}
		}
	}
	if n := len(r.letters(t)); n > 0 {
		t.Errorf("%d dead letters", n)
	}
}

// A robots.txt that leads inside is no reason to ask for it with every page.
func TestRobotsThatLeadsInside(t *testing.T) {
	t.Parallel()
	r, network := guarded(t)
	s := newSite(t)
	s.on("/robots.txt", redirect("http://169.254.169.254/robots.txt"))
	var seeds []string
	for i := range 5 {
		seeds = append(seeds, fmt.Sprintf("%s/%d", s.URL, i))
	}
	r.enqueue(t, "c1", Source{Seeds: seeds})
	r.crawl(t)
	if dialled := network.refused(); len(dialled) > 0 {
		t.Errorf("dialled %v", dialled)
	}
	same(t, "outcomes", r.outcomes()[s.host()], "lost blocked, 4x skip robots")
	same(t, "requests", s.paths(), []string{"/robots.txt"})
}

// A name that is public at first and inside later is blocked from then on.
func TestRebinding(t *testing.T) {
	t.Parallel()
	r, network := guarded(t)
	s := newSite(t)
	port := s.host()[strings.LastIndex(s.host(), ":"):]
	for _, path := range []string{"/a", "/b", "/c"} {
		// The connection is closed, so that every request dials.
		s.on(path, func(w http.ResponseWriter, req *http.Request) { w.Header().Set("Connection", "close"); page()(w, req) })
	}
	r.enqueue(t, "c1", Source{Seeds: []string{"http://rebound.test" + port + "/a", "http://rebound.test" + port + "/b", "http://rebound.test" + port + "/c"}})
	r.crawl(t)
	if dialled := network.refused(); len(dialled) > 0 {
		t.Errorf("dialled %v", dialled)
	}
	if out := r.outcomes()["rebound.test"+port]; !strings.Contains(out, "article") || !strings.HasSuffix(out, "lost blocked") {
		t.Errorf("outcomes: %s", out)
	}
}

// A proxy is not asked for what lies inside.
func TestProxyIsNotAskedForWhatLiesInside(t *testing.T) {
	t.Parallel()
	r, network := guarded(t)
	var mu sync.Mutex
	var asked []string
	proxy := newConnSite(t, nil, func(conn net.Conn) {
		if req, err := http.ReadRequest(bufio.NewReader(conn)); err == nil {
			mu.Lock()
			asked = append(asked, req.Host)
			mu.Unlock()
		}
	})
	for i, host := range inside {
		r.enqueue(t, "c1", Source{ID: fmt.Sprint("s", i), Seeds: []string{"https://" + host + "/seed"}, Proxy: (&url.URL{Scheme: "http", Host: proxy.Addr().String()}).String()})
	}
	r.crawl(t)
	mu.Lock()
	defer mu.Unlock()
	if dialled := network.refused(); len(dialled)+len(asked) > 0 {
		t.Errorf("dialled %v, asked the proxy for %v", dialled, asked)
	}
	for host, out := range r.outcomes() {
		if strings.Trim(out, "0123456789x ") != "lost blocked" {
			t.Errorf("%s: %s", host, out)
		}
	}
}
