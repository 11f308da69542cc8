// Package weburl has the URL rules that the crawler and the parser share: what
// makes two URLs the same page, and two hosts the same site.
package weburl

import (
	"errors"
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"golang.org/x/net/idna"
	"golang.org/x/net/publicsuffix"
)

// MaxLength is the longest URL in bytes that Pressmill works on.
const MaxLength = 2048

// The ways in which a URL is refused.
var (
	ErrScheme  = errors.New("scheme is neither http nor https")
	ErrHost    = errors.New("no valid host")
	ErrTooLong = errors.New("URL is longer than 2048 bytes")
)

// Parse parses an absolute http or https URL and puts scheme and host into
// lower case, the host into punycode, and drops the default port, the fragment
// and the userinfo. What it returns is what is fetched.
func Parse(raw string) (*url.URL, error) {
	return clean(url.Parse(strings.TrimSpace(raw)))
}

// Resolve resolves a reference found on the page at base, as Parse.
func Resolve(base *url.URL, ref string) (*url.URL, error) {
	return clean(base.Parse(strings.TrimSpace(ref)))
}

func clean(u *url.URL, err error) (*url.URL, error) {
	if err != nil {
		return nil, err
	}
	u.Scheme = strings.ToLower(u.Scheme)
	if u.Scheme != "http" && u.Scheme != "https" {
		return nil, ErrScheme
	}
	host := u.Hostname()
	if !strings.Contains(host, ":") {
		if host, err = idna.Lookup.ToASCII(strings.TrimSuffix(host, ".")); err != nil {
			// Names with underscores exist in the wild and resolve.
			host = strings.ToLower(strings.TrimSuffix(u.Hostname(), "."))
		}
	}
	if host == "" || strings.ContainsAny(host, " /\\@") {
		return nil, ErrHost
	}
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	if port := u.Port(); port != "" && port != defaultPort(u.Scheme) {
		host += ":" + port
	}
	u.Host, u.User, u.Fragment, u.RawFragment = host, nil, "", ""
	if u.Path == "" {
		u.Path = "/"
	}
	if len(u.String()) > MaxLength {
		return nil, ErrTooLong
	}
	return u, nil
}

func defaultPort(scheme string) string {
	if scheme == "https" {
		return "443"
	}
	return "80"
}

// Key returns the normalised form of a URL under which it counts as seen and
// from which an article's id is made: as Parse, without tracking parameters,
// the rest sorted by name, and http and https alike.
func Key(u *url.URL) string {
	k := *u
	k.Scheme = "https"
	k.RawQuery = normaliseQuery(u.RawQuery)
	k.ForceQuery = false
	return k.String()
}

func normaliseQuery(raw string) string {
	if raw == "" {
		return ""
	}
	params := slices.DeleteFunc(strings.Split(raw, "&"), func(p string) bool {
		name, _, _ := strings.Cut(p, "=")
		return p == "" || isTracking(strings.ToLower(name))
	})
	slices.SortStableFunc(params, func(a, b string) int {
		an, _, _ := strings.Cut(a, "=")
		bn, _, _ := strings.Cut(b, "=")
		return strings.Compare(an, bn)
	})
	return strings.Join(params, "&")
}

var trackingPrefixes = []string{"utm_", "mtm_", "pk_", "at_medium", "at_campaign", "wt.", "xtor", "hsa_", "_hs", "mc_"}

var trackingNames = map[string]bool{
	"fbclid": true, "gclid": true, "dclid": true, "gbraid": true, "wbraid": true, "msclkid": true, "yclid": true,
	"twclid": true, "igshid": true, "ttclid": true, "li_fat_id": true, "gclsrc": true, "_ga": true, "_gl": true,
	"ocid": true, "cmpid": true, "ncid": true, "guccounter": true, "guce_referrer": true, "guce_referrer_sig": true,
	"s_cid": true, "icid": true, "spm": true, "trk": true, "vero_id": true, "wickedid": true, "oly_enc_id": true,
	"jsessionid": true, "phpsessid": true,
}

func isTracking(name string) bool {
	if trackingNames[name] {
		return true
	}
	return slices.ContainsFunc(trackingPrefixes, func(p string) bool { return strings.HasPrefix(name, p) })
}

// Domain returns the registrable domain (eTLD+1) of a host with or without a
// port, or the host itself where there is none, as for an IP address.
func Domain(host string) string {
	h := strings.ToLower((&url.URL{Host: host}).Hostname())
	if _, err := netip.ParseAddr(h); err == nil {
		return host
	}
	d, err := publicsuffix.EffectiveTLDPlusOne(h)
	if err != nil {
		return h
	}
	return d
}
