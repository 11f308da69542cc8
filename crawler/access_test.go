package crawler

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"pressmill/crawler/fetch"
	"pressmill/pkg/bus"
	"pressmill/pkg/logging"
)

func TestHeadersGoToTheSourceAlone(t *testing.T) {
	t.Parallel()
	r, s, other := newRig(t, patience), newSite(t), newSite(t)
	var mu sync.Mutex
	got := map[string]http.Header{}
	note := func(next http.HandlerFunc) http.HandlerFunc {
		return func(w http.ResponseWriter, req *http.Request) {
			mu.Lock()
			got[req.URL.Path] = req.Header
			mu.Unlock()
			next(w, req)
		}
	}
	token := filepath.Join(t.TempDir(), "token")
	must(t, os.WriteFile(token, []byte("Bearer 123\n"), 0o600))
	s.on("/feed", note(feed(s.URL+"/own", other.URL+"/other")))
	s.on("/own", note(page()))
	other.on("/other", note(page()))
	r.enqueue(t, "c1", Source{
		Seeds:   []string{s.URL + "/feed"},
		Headers: map[string]string{"accept-language": "de", "Authorization": "file:" + token},
	})
	r.crawl(t)
	for path, want := range map[string]string{"/feed": "Bearer 123", "/own": "Bearer 123", "/other": ""} {
		if h := got[path]; h.Get("Authorization") != want || (h.Get("Accept-Language") == "de") != (want != "") || h.Get("User-Agent") != "testbot/1.0" {
			t.Errorf("%s: header %v", path, h)
		}
	}
	same(t, "the request that goes with the page", http.Header(r.page(t, s.URL+"/own").Request), http.Header{
		"User-Agent": {"testbot/1.0"}, "Accept-Encoding": {fetch.AcceptEncoding}, "Accept": {got["/own"].Get("Accept")},
	})
}

func TestCookiesAreKeptIfAsked(t *testing.T) {
	t.Parallel()
	for _, asked := range []bool{false, true} {
		r, s := newRig(t, patience), newSite(t)
		var mu sync.Mutex
		var sent []string
		for _, path := range []string{"/a", "/b"} {
			s.on(path, func(w http.ResponseWriter, req *http.Request) {
				mu.Lock()
				defer mu.Unlock()
				sent = append(sent, req.Header.Get("Cookie"))
				http.SetCookie(w, &http.Cookie{Name: "id", Value: req.URL.Path[1:]})
				page()(w, req)
			})
		}
		r.enqueue(t, "c1", Source{Seeds: []string{s.URL + "/a", s.URL + "/b"}, Cookies: asked})
		r.crawl(t)
		want := []string{"", ""}
		if asked {
			want[1] = "id=a"
		}
		same(t, fmt.Sprint("cookies, asked for: ", asked), sent, want)
		p := r.page(t, s.URL+"/b")
		same(t, "what goes with the page", []string{http.Header(p.Request).Get("Cookie"), p.Proto, p.Remote}, []string{"", "HTTP/1.1", "127.0.0.1"})
	}
}

func TestCookiesAreBounded(t *testing.T) {
	t.Parallel()
	var c cookies
	u := &url.URL{Scheme: "https", Host: "e.example", Path: "/"}
	for i := range 10_000 {
		c.take(u, http.Header{"Set-Cookie": {
			fmt.Sprintf("c%d=%s", i, strings.Repeat("x", 1000)), "long=" + strings.Repeat("x", maxCookie), "nonsense", "foreign=1; Domain=other.example",
		}})
	}
	header := http.Header{"Cookie": {"own=1"}}
	c.addTo(header, u)
	sent := header.Get("Cookie")
	if len(sent) > maxCookies || !strings.Contains(sent, "; c9999=") || !strings.HasPrefix(sent, "own=1; ") || strings.Contains(sent, "long") || strings.Contains(sent, "foreign") {
		t.Errorf("%d bytes are sent", len(sent))
	}
}

// A source's proxy carries its robots.txt, pages and redirects, and no other
// source's.
func TestProxyOfASource(t *testing.T) {
	t.Parallel()
	r, s, other := newRig(t, patience), newSite(t), newSite(t)
	s.on("/a", redirect("/b"))
	s.on("/b", page())
	other.on("/c", page())
	var mu sync.Mutex
	var asked []string
	proxy := newConnSite(t, nil, func(conn net.Conn) {
		req, err := http.ReadRequest(bufio.NewReader(conn))
		if err != nil {
			return
		}
		mu.Lock()
		asked = append(asked, req.Method+" "+req.Host+" "+req.Header.Get("Proxy-Authorization"))
		mu.Unlock()
		server, err := net.Dial("tcp", req.Host)
		if err != nil {
			return
		}
		defer server.Close()
		_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\n\r\n")
		go func() { _, _ = io.Copy(server, conn); server.Close() }()
		_, _ = io.Copy(conn, server)
	})
	auth := filepath.Join(t.TempDir(), "auth")
	must(t, os.WriteFile(auth, []byte("user:pw"), 0o600))
	r.cfg.AllowPrivateProxies = []string{"127.0.0.0/8"}
	r.enqueue(t, "c1",
		Source{Seeds: []string{s.URL + "/a"}, Proxy: proxy.url(), ProxyAuth: "file:" + auth}, Source{Seeds: []string{other.URL + "/c"}})
	r.crawl(t)
	same(t, "pages", r.urls(s), []string{"/b", other.URL + "/c"})
	same(t, "addresses, none behind a proxy", []string{r.page(t, s.URL+"/b").Remote, r.page(t, other.URL+"/c").Remote}, []string{"", "127.0.0.1"})
	mu.Lock()
	defer mu.Unlock()
	same(t, "the proxy was asked for", asked, []string{"CONNECT " + s.host() + " Basic dXNlcjpwdw=="})
}

// What a source keeps secret is not there: its hosts are left alone, and its
// URLs become dead letters.
func TestSecretsThatAreMissing(t *testing.T) {
	t.Parallel()
	r, s := newRig(t, patience), newSite(t)
	s.on("/a", page())
	r.enqueue(t, "c1", Source{Seeds: []string{s.URL + "/a"}, Headers: map[string]string{"Authorization": "env:PRESSMILL_NO_SUCH_VARIABLE"}})
	r.crawl(t)
	if n := len(s.log()); n > 0 {
		t.Errorf("%d requests: %v", n, s.paths())
	}
	same(t, "reasons", r.reasons(logging.FetchFailed, s.URL+"/a"), []string{"credentials"})
	if letters := r.letters(t); len(letters) != 1 || letters[0].Reason != "credentials" {
		t.Errorf("dead letters: %+v", letters)
	}
}

// The URLs of such a source wait until its secrets are there. No request was
// made for them, so that other sources of the host are not held up.
func TestMissingSecretsHoldUpTheirSourceAlone(t *testing.T) {
	t.Parallel()
	r, s := live(t, time.Hour), newSite(t)
	secret := filepath.Join(t.TempDir(), "secret")
	s.on("/feed", feed(s.URL+"/a"))
	s.on("/a", page())
	s.on("/locked", feed(s.URL+"/b"))
	s.on("/b", page())
	locked := Source{ID: "locked", Seeds: []string{s.URL + "/locked"}, Headers: map[string]string{"Authorization": "file:" + secret}}
	r.apply(t, locked)
	for range 20 {
		must(t, r.Push(t.Context(), s.host(), bus.PrioritySeed, bus.FrontierURL{URL: s.URL + "/locked", Source: "locked", Seed: true}, ""))
	}
	r.apply(t, Source{ID: "open", Seeds: []string{s.URL + "/feed"}})
	r.start(t)
	eventually(t, 5*time.Second, "the other source", func() bool { return s.asked("/a") == 1 })
	eventually(t, 20*time.Second, "an empty frontier", func() bool { return r.state(t).Frontier == 0 })
	if got := r.report(t, "locked"); got.Parked != 21 || s.asked("/locked") > 0 || len(r.letters(t)) > 0 {
		t.Errorf("%d URLs wait aside, %d dead letters; want 21 and none", got.Parked, len(r.letters(t)))
	}
	must(t, unparkResumed(t.Context(), r.Bus))
	if got := r.report(t, "locked"); got.Parked != 21 {
		t.Errorf("%d URLs wait aside, want all while there is no secret", got.Parked)
	}
	must(t, os.WriteFile(secret, []byte("Bearer x"), 0o600))
	must(t, unparkResumed(t.Context(), r.Bus))
	eventually(t, 20*time.Second, "its item", func() bool { return s.asked("/b") == 1 })
}

func TestAccessIsChecked(t *testing.T) {
	t.Parallel()
	good := Source{
		ID: "s", Seeds: []string{"https://e.example/"}, Proxy: "socks5://10.0.0.1:1080", ProxyAuth: "env:PROXY", Cookies: true,
		Headers: map[string]string{"Accept-Language": "de", "Authorization": "env:TOKEN", "Cookie": "file:/run/cookie"},
	}
	must(t, good.Normalise())
	bad := Source{
		ID: "s", Seeds: []string{"https://e.example/"}, Proxy: "http://user:pw@p:1", ProxyAuth: "user:pw",
		Headers: map[string]string{"user-agent": "x", "Bad Name": "x", "X-Bad": "a\nb", "Authorization": "Bearer 1", "range": "bytes=0-"},
	}
	err := bad.Normalise()
	if err == nil {
		t.Fatal("no error")
	}
	for _, part := range []string{"belong into proxy_auth", "proxy_auth: must be env", "User-Agent is set", "Range is set", `"Bad Name"`, `"X-Bad"`, "Authorization must be env"} {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("nothing about %s in:\n%v", part, err)
		}
	}
	alone := Source{Seeds: []string{"https://e.example/"}, ProxyAuth: "env:X"}
	if err := alone.Normalise(); err == nil || !strings.Contains(err.Error(), "there is no proxy") {
		t.Errorf("proxy_auth without a proxy: %v", err)
	}
	ftp := Source{Seeds: []string{"https://e.example/"}, Proxy: "ftp://p"}
	if err := ftp.Normalise(); err == nil || !strings.Contains(err.Error(), "proxy scheme") {
		t.Errorf("a proxy that cannot be: %v", err)
	}
}

func TestRangesOfProxiesAndTLSAreChecked(t *testing.T) {
	t.Parallel()
	cfg := Defaults()
	cfg.AllowPrivateProxies, cfg.MinTLS = []string{"10.0.0.1"}, "0.9"
	err := cfg.Validate()
	if err == nil || !strings.Contains(err.Error(), "crawler.allow_private_proxies:") || !strings.Contains(err.Error(), "crawler.min_tls:") {
		t.Errorf("faults: %v", err)
	}
}
