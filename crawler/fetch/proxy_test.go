package fetch

import (
	"bufio"
	"context"
	"crypto/tls"
	"encoding/base64"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// testProxy is a proxy that writes down what it is asked to connect to. All of
// it is one server on loopback, whatever the address.
type testProxy struct {
	net.Listener
	to string

	mu    sync.Mutex
	asked []string
	users []string
}

func newTestProxy(t *testing.T, serve func(p *testProxy, conn net.Conn), to string) *testProxy {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &testProxy{Listener: l, to: to}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go serve(p, conn)
		}
	}()
	return p
}

func (p *testProxy) note(address, user string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.asked, p.users = append(p.asked, address), append(p.users, user)
}

func (p *testProxy) seen() (asked, users []string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.asked), slices.Clone(p.users)
}

// join copies between a client and the server until one of them ends.
func (p *testProxy) join(conn net.Conn) {
	defer conn.Close()
	server, err := net.Dial("tcp", p.to)
	if err != nil {
		return
	}
	defer server.Close()
	go func() { _, _ = io.Copy(server, conn); server.Close() }()
	_, _ = io.Copy(conn, server)
}

func serveConnect(p *testProxy, conn net.Conn) {
	req, err := http.ReadRequest(bufio.NewReader(conn))
	if err != nil || req.Method != http.MethodConnect {
		conn.Close()
		return
	}
	user, _ := base64.StdEncoding.DecodeString(strings.TrimPrefix(req.Header.Get("Proxy-Authorization"), "Basic "))
	p.note(req.Host, string(user))
	if strings.HasSuffix(string(user), ":wrong") {
		fmt.Fprint(conn, "HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")
		conn.Close()
		return
	}
	fmt.Fprint(conn, "HTTP/1.1 200 OK\r\n\r\n")
	p.join(conn)
}

// serveSocks speaks as much of RFC 1928 and RFC 1929 as the test needs.
func serveSocks(p *testProxy, conn net.Conn) {
	r := bufio.NewReader(conn)
	read := func(n int) []byte {
		b := make([]byte, n)
		_, _ = io.ReadFull(r, b)
		return b
	}
	methods := read(int(read(2)[1]))
	user := ""
	if slices.Contains(methods, 2) {
		conn.Write([]byte{5, 2})
		name := read(int(read(2)[1]))
		user = string(name) + ":" + string(read(int(read(1)[0])))
		conn.Write([]byte{1, 0})
	} else {
		conn.Write([]byte{5, 0})
	}
	head := read(4)
	host := ""
	switch head[3] {
	case 1:
		host = netip.AddrFrom4([4]byte(read(4))).String()
	case 3:
		host = string(read(int(read(1)[0])))
	case 4:
		host = netip.AddrFrom16([16]byte(read(16))).String()
	}
	port := read(2)
	p.note(net.JoinHostPort(host, fmt.Sprint(int(port[0])<<8|int(port[1]))), user)
	conn.Write([]byte{5, 0, 0, 1, 0, 0, 0, 0, 0, 0})
	p.join(conn)
}

// viaProxy does one exchange through a proxy.
func viaProxy(t *testing.T, tr *Transport, proxy, target string) (body string, err error) {
	t.Helper()
	u, err := url.Parse(proxy)
	if err != nil {
		t.Fatal(err)
	}
	if err := CheckProxy(u); err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(WithProxy(t.Context(), u), http.MethodGet, target, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := tr.RoundTrip(req)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	return string(data), err
}

// secureSite is a server for "example.com" that says which protocol it speaks.
func secureSite(t *testing.T, conns *connections) (site *httptest.Server, o Options) {
	t.Helper()
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, r.Proto, " ", r.Host) }))
	s.Config.ConnState = conns.watch
	s.EnableHTTP2 = true
	s.StartTLS()
	t.Cleanup(s.Close)
	return s, Options{
		RootCAs:             s.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs,
		Lookup:              names{"example.com": {{"93.184.215.14"}}, "proxy.test": {{"127.0.0.1"}}, "inside.example": {{"10.0.0.1"}}, "mixed.example": {{"10.0.0.1", "93.184.215.14"}}}.lookup,
		AllowPrivate:        []netip.Prefix{},
		AllowPrivateProxies: loopback(),
	}
}

func TestProxies(t *testing.T) {
	for scheme, serve := range map[string]func(*testProxy, net.Conn){"http": serveConnect, "socks5": serveSocks} {
		t.Run(scheme, func(t *testing.T) {
			var conns connections
			site, o := secureSite(t, &conns)
			p := newTestProxy(t, serve, site.Listener.Addr().String())
			_, port, _ := net.SplitHostPort(p.Addr().String())
			tr := transport(t, o)
			for range 3 {
				body, err := viaProxy(t, tr, scheme+"://user:secret@proxy.test:"+port, "https://example.com/")
				if err != nil || body != "HTTP/2.0 example.com" {
					t.Fatalf("%q, %v", body, err)
				}
			}
			asked, users := p.seen()
			if !cmp.Equal(asked, []string{"93.184.215.14:443"}) || !cmp.Equal(users, []string{"user:secret"}) {
				t.Errorf("asked for %v by %v, want the address once: connections are kept", asked, users)
			}
			if opened, _ := conns.count(); opened != 1 {
				t.Errorf("%d connections", opened)
			}
			if _, err := viaProxy(t, tr, scheme+"://other:secret@proxy.test:"+port, "https://example.com/"); err != nil {
				t.Error(err)
			}
			if asked, _ := p.seen(); len(asked) != 2 {
				t.Error("another user shares the connection")
			}
		})
	}
}

func TestProxyOverTLSAndPlainSites(t *testing.T) {
	plain := serve(t, func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, r.Host, r.RequestURI) })
	var asked []string
	p := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, r.Method+" "+r.Host)
		w.WriteHeader(http.StatusOK)
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		(&testProxy{to: plain.Listener.Addr().String()}).join(conn)
	}))
	t.Cleanup(p.CloseClientConnections)
	_, o := secureSite(t, &connections{})
	o.RootCAs = p.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs
	body, err := viaProxy(t, transport(t, o), p.URL, "http://example.com/a?b")
	if err != nil || body != "example.com/a?b" || !cmp.Equal(asked, []string{"CONNECT 93.184.215.14:80"}) {
		t.Errorf("%q, %v, asked %v", body, err, asked)
	}
}

// The guard holds behind a proxy: it is not even asked.
func TestGuardBehindAProxy(t *testing.T) {
	for scheme, serve := range map[string]func(*testProxy, net.Conn){"http": serveConnect, "socks5": serveSocks} {
		site, o := secureSite(t, &connections{})
		p := newTestProxy(t, serve, site.Listener.Addr().String())
		proxy := scheme + "://" + p.Addr().String()
		tr := transport(t, o)
		targets := []string{"inside.example", "2130706433", "0x7f.1"}
		for _, addr := range refused {
			if a := netip.MustParseAddr(addr); a.Zone() == "" {
				targets = append(targets, strings.TrimSuffix(net.JoinHostPort(addr, ""), ":"))
			}
		}
		for _, host := range targets {
			if _, err := viaProxy(t, tr, proxy, "http://"+host+"/"); Classify(err) != "blocked" {
				t.Errorf("%s through %s: %v", host, scheme, err)
			}
		}
		if _, err := viaProxy(t, tr, proxy, "https://mixed.example/"); Classify(err) != "tls" { // the certificate is another's
			t.Error(err)
		}
		if asked, _ := p.seen(); !cmp.Equal(asked, []string{"93.184.215.14:443"}) {
			t.Errorf("%s was asked for %v", scheme, asked)
		}
	}
}

func TestProxiesThatDoNotWork(t *testing.T) {
	site, o := secureSite(t, &connections{})
	p := newTestProxy(t, serveConnect, site.Listener.Addr().String())
	closed := newTestProxy(t, serveConnect, "")
	closed.Close()
	noProxy := strings.TrimPrefix(rawServer(t, "220 mail.example\r\n"), "http://")
	early := strings.TrimPrefix(rawServer(t, "HTTP/1.1 200 OK\r\n\r\nhello"), "http://")
	endless := newTestProxy(t, func(_ *testProxy, conn net.Conn) {
		for {
			if _, err := io.WriteString(conn, "HTTP/1.1 200 OK\r\nX: "+strings.Repeat("x", 1000)); err != nil {
				return
			}
		}
	}, "")
	tr := transport(t, o)
	for _, proxy := range []string{
		"http://user:wrong@" + p.Addr().String(), "http://" + closed.Addr().String(), "socks5://" + closed.Addr().String(),
		"https://" + p.Addr().String(), "http://" + noProxy, "http://" + early, "socks5://" + early, "http://" + endless.Addr().String(),
		"http://nowhere.test:3128",
	} {
		if _, err := viaProxy(t, tr, proxy, "https://example.com/"); Classify(err) != "proxy" {
			t.Errorf("%s: %v", proxy, err)
		}
	}
	// A private address of a proxy needs to be opened by name: that of pages does not count.
	o.AllowPrivate, o.AllowPrivateProxies = loopback(), nil
	asked, _ := p.seen()
	if _, err := viaProxy(t, transport(t, o), "http://"+p.Addr().String(), "https://example.com/"); Classify(err) != "proxy" {
		t.Error(err)
	}
	if again, _ := p.seen(); len(again) != len(asked) {
		t.Error("the proxy was dialled")
	}
}

func TestProxyThatHangs(t *testing.T) {
	_, o := secureSite(t, &connections{})
	p := newTestProxy(t, func(_ *testProxy, conn net.Conn) { _, _ = io.Copy(io.Discard, conn) }, "")
	ctx, cancel := context.WithCancel(t.Context())
	u := &url.URL{Scheme: "http", Host: p.Addr().String()}
	d := newDialer(o.withDefaults(), newResolver(o.withDefaults()), loopback())
	done := make(chan error)
	go func() {
		_, err := through(u, d, nil)(ctx, "tcp", "93.184.215.14:443")
		done <- err
	}()
	cancel()
	if err := <-done; err == nil {
		t.Error("no error")
	}
}

func TestCheckProxy(t *testing.T) {
	for raw, good := range map[string]bool{
		"http://p:3128": true, "https://p": true, "socks5://[::1]:1080/": true, "http://user:pw@p:1": true,
		"ftp://p": false, "p:3128": false, "http://": false, "http://p/path": false, "http://p?q": false, "socks4://p": false,
	} {
		u, err := url.Parse(raw)
		if err != nil {
			t.Fatal(err)
		}
		if err := CheckProxy(u); (err == nil) != good {
			t.Errorf("%s: %v", raw, err)
		}
	}
}

func TestTLSVersions(t *testing.T) {
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	s.TLS = &tls.Config{MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11}
	s.StartTLS()
	t.Cleanup(s.Close)
	roots := s.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs
	for version, want := range map[uint16]string{0: "tls", tls.VersionTLS11: "", tls.VersionTLS13: "tls"} {
		if _, _, _, err := get(t, transport(t, Options{RootCAs: roots, MinTLS: version}), s.URL); Classify(err) != want {
			t.Errorf("at least %x: %v", version, err)
		}
	}
}
