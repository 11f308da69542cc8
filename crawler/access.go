package crawler

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"slices"
	"strings"

	"golang.org/x/net/http/httpguts"
	"golang.org/x/net/publicsuffix"

	"pressmill/crawler/fetch"
	"pressmill/pkg/config"
	"pressmill/pkg/weburl"
)

// access is how a source wants to be fetched, beyond what is the same for all:
// its proxy, headers and cookies with the secrets filled in.
type access struct {
	domain  string
	proxy   *url.URL // nil: none
	header  http.Header
	cookies bool
}

// checkAccess reports every fault of what the source says of its access. It
// reads no secrets: they lie where the crawlers run.
func (s *Source) checkAccess() error {
	var errs []error
	fault := func(bad bool, format string, args ...any) {
		if bad {
			errs = append(errs, fmt.Errorf("source %q: "+format, append([]any{s.ID}, args...)...))
		}
	}
	if s.Proxy != "" {
		u, err := url.Parse(s.Proxy)
		if err == nil {
			err = fetch.CheckProxy(u)
		}
		fault(err != nil, "proxy: %v", err)
		fault(err == nil && u.User != nil, "proxy: user and password belong into proxy_auth")
	}
	fault(s.ProxyAuth != "" && s.Proxy == "", "proxy_auth: there is no proxy")
	fault(s.ProxyAuth != "" && !config.IsReference(s.ProxyAuth), "proxy_auth: must be env:NAME or file:PATH, which holds user:password")
	for name, value := range s.Headers {
		canonical := http.CanonicalHeaderKey(name)
		fault(!httpguts.ValidHeaderFieldName(name) || !httpguts.ValidHeaderFieldValue(value), "headers: %q is no valid header", name)
		fault(slices.Contains(ownHeaders, canonical), "headers: %s is set by the crawler", canonical)
		fault(slices.Contains(secretHeaders, canonical) && !config.IsReference(value), "headers: %s must be env:NAME or file:PATH", canonical)
	}
	return errors.Join(errs...)
}

// Headers that say who asks and what for, and those whose values are secrets.
var (
	ownHeaders = []string{
		"Host", "User-Agent", "Accept-Encoding", "Connection", "Content-Length", "Transfer-Encoding", "Te", "Upgrade",
		"If-None-Match", "If-Modified-Since", "Range", "Proxy-Authorization",
	}
	secretHeaders = []string{"Authorization", "Cookie"}
)

// open returns the source's access with its secrets as they are now.
func (s *Source) open() (*access, error) {
	a := &access{domain: s.Domain, cookies: s.Cookies}
	if s.Proxy != "" {
		var err error
		if a.proxy, err = url.Parse(s.Proxy); err != nil {
			return nil, fmt.Errorf("proxy: %w", err)
		}
		if s.ProxyAuth != "" {
			auth, err := config.Dereference(s.ProxyAuth)
			if err != nil {
				return nil, fmt.Errorf("read proxy_auth: %w", err)
			}
			user, password, _ := strings.Cut(auth, ":")
			a.proxy.User = url.UserPassword(user, password)
		}
	}
	for name, value := range s.Headers {
		value, err := config.Dereference(value)
		if err != nil {
			return nil, fmt.Errorf("read header %s: %w", name, err)
		}
		if a.header == nil {
			a.header = http.Header{}
		}
		a.header.Set(name, value)
	}
	return a, nil
}

type accessKey struct{}

// with returns a context whose requests have this access.
func (a *access) with(ctx context.Context) context.Context {
	if a.proxy != nil {
		ctx = fetch.WithProxy(ctx, a.proxy)
	}
	if a.header == nil && !a.cookies {
		return ctx
	}
	return context.WithValue(ctx, accessKey{}, a)
}

// equip returns a request's header with what the context's access has for its
// URL: headers for the source's own hosts, and the cookies that the lane was
// given. The header it was given goes with the page, and has none of these.
func equip(ctx context.Context, l *lane, u *url.URL, header http.Header) http.Header {
	a, _ := ctx.Value(accessKey{}).(*access)
	if a == nil {
		return header
	}
	header = header.Clone()
	if weburl.Domain(u.Host) == a.domain {
		maps.Copy(header, a.header)
	}
	if a.cookies {
		l.cookies.addTo(header, u)
	}
	return header
}

// keepCookies gives the lane the cookies of a response, if the context's access
// wants them.
func keepCookies(ctx context.Context, l *lane, u *url.URL, header http.Header) {
	if a, _ := ctx.Value(accessKey{}).(*access); a != nil && a.cookies {
		l.cookies.take(u, header)
	}
}

const (
	maxCookie  = 4 << 10  // the longest cookie in bytes
	maxCookies = 64 << 10 // and all that a host sets until they are forgotten
)

// cookies are those of one lane. The zero value has none.
type cookies struct {
	jar  *cookiejar.Jar
	size int // of what was put in
}

func (c *cookies) addTo(header http.Header, u *url.URL) {
	if c.jar == nil {
		return
	}
	for _, cookie := range c.jar.Cookies(u) {
		pair := cookie.Name + "=" + cookie.Value
		if before := header.Get("Cookie"); before != "" {
			pair = before + "; " + pair
		}
		header.Set("Cookie", pair)
	}
}

// take stores what a response sets. Cookies that are too long are not kept, and
// a host that sets more and more begins anew.
func (c *cookies) take(u *url.URL, header http.Header) {
	for _, line := range header.Values("Set-Cookie") {
		cookie, err := http.ParseSetCookie(line)
		if err != nil || len(line) > maxCookie {
			continue
		}
		if c.size += len(line); c.jar == nil || c.size > maxCookies {
			c.jar, _ = cookiejar.New(&cookiejar.Options{PublicSuffixList: publicsuffix.List}) // never an error
			c.size = len(line)
		}
		c.jar.SetCookies(u, []*http.Cookie{cookie})
	}
}
