// Package weburl has the URL rules that the crawler and the parser share: what
// makes two URLs the same page, and two hosts the same site.
package weburl

import (
	"errors"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
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

// Parse parses an absolute http or https URL. It puts scheme and host into
// lower case and the host into punycode, drops the default port, the fragment
// and the userinfo, removes dot segments, and percent-encodes what may not
// stand in a path or query. What browsers forgive it forgives: white space
// around and line breaks within, backslashes for slashes, a "%" that encodes
// nothing. What it returns is what is fetched; parsed again, it stays as it is.
func Parse(raw string) (*url.URL, error) {
	raw, err := tidy(raw)
	if err != nil {
		return nil, err
	}
	u, err := url.Parse(raw)
	if err != nil {
		return nil, err
	}
	return clean(u)
}

// Resolve resolves a reference found on the page at base, which is as Parse
// returns it, or nil; the result is too.
func Resolve(base *url.URL, ref string) (*url.URL, error) {
	if u, ok := resolvePlain(base, ref); ok {
		return u, nil
	}
	return resolve(base, ref)
}

func resolve(base *url.URL, ref string) (*url.URL, error) {
	ref, err := tidy(ref)
	if err != nil {
		return nil, err
	}
	u, err := url.Parse(ref)
	if err != nil {
		return nil, err
	}
	if base != nil && !u.IsAbs() {
		u = base.ResolveReference(u)
	}
	return clean(u)
}

// maxRaw is the longest reference that is looked at: fragments and white space
// may make it longer than what stays of it.
const maxRaw = 4 * MaxLength

// tidy does what the URL standard does before and while it parses
// (url.spec.whatwg.org, section 4.4), where net/url gives up.
func tidy(raw string) (string, error) {
	raw = strings.TrimFunc(raw, func(r rune) bool { return r <= ' ' || r == '\u00a0' })
	if len(raw) > maxRaw {
		return "", ErrTooLong
	}
	raw, _, _ = strings.Cut(raw, "#")
	if !needsTidying(raw) {
		return raw, nil
	}
	var b strings.Builder
	inQuery := false
	for i := range len(raw) {
		switch c := raw[i]; {
		case c == '\t', c == '\n', c == '\r':
		case c == '\\' && !inQuery:
			b.WriteByte('/')
		case c == '%' && !isEscape(raw[i:]):
			b.WriteString("%25")
		case c < ' ', c == 0x7f:
			b.Write([]byte{'%', upperHex[c>>4], upperHex[c&15]})
		default:
			inQuery = inQuery || c == '?'
			b.WriteByte(c)
		}
	}
	return b.String(), nil
}

func needsTidying(raw string) bool {
	for i := range len(raw) {
		if c := raw[i]; c < ' ' || c == 0x7f || c == '\\' || c == '%' {
			return true
		}
	}
	return false
}

func clean(u *url.URL) (*url.URL, error) {
	u.Scheme = strings.ToLower(u.Scheme)
	if u.Scheme != "http" && u.Scheme != "https" {
		return nil, ErrScheme
	}
	host, err := cleanHost(u.Hostname())
	if err != nil {
		return nil, err
	}
	port, err := cleanPort(u.Port(), u.Scheme)
	if err != nil {
		return nil, err
	}
	u.Host, u.User, u.Fragment, u.RawFragment = host+port, nil, "", ""
	if mayHoldDots(u) {
		u = new(url.URL).ResolveReference(decodeDots(u)) // removes dot segments
	}
	if u.Path == "" {
		u.Path = "/"
	}
	if u.RawPath != u.EscapedPath() { // only a valid one is sent
		u.RawPath = ""
	}
	u.RawQuery = escapeQuery(u.RawQuery)
	if longest(u) > MaxLength && len(u.String()) > MaxLength {
		return nil, ErrTooLong
	}
	return u, nil
}

// mayHoldDots says whether the path of u may have dot segments, or does not
// begin with a slash.
func mayHoldDots(u *url.URL) bool {
	return u.Path != "" && u.Path[0] != '/' || strings.Contains(u.Path, "/.") || strings.Contains(u.RawPath, "%2")
}

// longest returns a length that u does not exceed, without writing it: each
// byte of the path may be percent-encoded.
func longest(u *url.URL) int {
	return len(u.Scheme) + len("://") + len(u.Host) + 3*len(u.Path) + len("?") + len(u.RawQuery)
}

// decodeDots decodes dots in the path: "%2e%2e" is a dot segment too.
func decodeDots(u *url.URL) *url.URL {
	if strings.Contains(u.RawPath, "%2") {
		u.RawPath = strings.NewReplacer("%2e", ".", "%2E", ".").Replace(u.RawPath)
	}
	return u
}

// cleanHost returns a host name in punycode or an IP address as they stand in
// a URL, brackets included.
func cleanHost(host string) (string, error) {
	if strings.Contains(host, ":") {
		addr, err := netip.ParseAddr(host)
		if err != nil || addr.Zone() != "" {
			return "", ErrHost
		}
		return "[" + addr.String() + "]", nil
	}
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	if !isASCII(host) {
		var err error
		if host, err = idna.Lookup.ToASCII(host); err != nil {
			return "", ErrHost
		}
	}
	if !validHost(host) {
		return "", ErrHost
	}
	return host, nil
}

// validHost takes what resolves, so names with underscores too.
func validHost(host string) bool {
	if len(host) > 253 {
		return false
	}
	for label := range strings.SplitSeq(host, ".") {
		if label == "" || len(label) > 63 {
			return false
		}
		for i := range len(label) {
			if c := label[i]; (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' && c != '_' {
				return false
			}
		}
	}
	return true
}

// cleanPort returns a port with its colon, or "" for the scheme's own.
func cleanPort(port, scheme string) (string, error) {
	if port == "" {
		return "", nil
	}
	n, err := strconv.ParseUint(port, 10, 16)
	if err != nil || n == 0 {
		return "", ErrHost
	}
	if n == 443 && scheme == "https" || n == 80 && scheme == "http" {
		return "", nil
	}
	return ":" + strconv.FormatUint(n, 10), nil
}

const upperHex = "0123456789ABCDEF"

// escapeQuery percent-encodes what must not stand in a query (the special-query
// percent-encode set of the URL standard).
func escapeQuery(q string) string {
	bad := func(c byte) bool { return c <= ' ' || c >= 0x7f || strings.IndexByte("\"#<>'", c) >= 0 }
	n := 0
	for i := range len(q) {
		if bad(q[i]) {
			n++
		}
	}
	if n == 0 {
		return q
	}
	b := make([]byte, 0, len(q)+2*n)
	for i := range len(q) {
		if c := q[i]; bad(c) {
			b = append(b, '%', upperHex[c>>4], upperHex[c&15])
		} else {
			b = append(b, c)
		}
	}
	return string(b)
}

// Key returns the normalised form of a URL under which it counts as seen and
// from which an article's id is made: as Parse, without tracking parameters
// and session ids, the rest sorted by name, http and https alike, and
// percent-encoding in one form (RFC 3986, section 6.2.2).
func Key(u *url.URL) string {
	if u.RawQuery == "" && u.RawPath == "" && plainPath(u.Path) {
		return "https://" + strings.TrimSuffix(u.Host, ":443") + u.Path
	}
	return key(u)
}

func key(u *url.URL) string {
	k := *u
	path := normaliseEscapes(dropSession(u.EscapedPath()))
	if k.Path, k.RawPath = path, ""; strings.Contains(path, "%") {
		if decoded, err := url.PathUnescape(path); err == nil {
			k.Path, k.RawPath = decoded, path
		}
	}
	k.Scheme, k.Host = "https", strings.TrimSuffix(u.Host, ":443")
	k.RawQuery = normaliseQuery(u.RawQuery)
	k.ForceQuery = false
	return k.String()
}

// dropSession cuts the session id that servlet containers put into paths.
func dropSession(path string) string {
	const mark = ";jsessionid="
	for i := strings.IndexByte(path, ';'); i >= 0 && i+len(mark) <= len(path); i++ {
		if strings.EqualFold(path[i:i+len(mark)], mark) {
			return path[:i]
		}
	}
	return path
}

func normaliseQuery(raw string) string {
	if raw == "" {
		return ""
	}
	params := slices.DeleteFunc(strings.Split(normaliseEscapes(raw), "&"), func(p string) bool {
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

// normaliseEscapes puts the hex digits of percent-encoding into upper case and
// decodes unreserved characters.
func normaliseEscapes(s string) string {
	if !strings.Contains(s, "%") {
		return s
	}
	b := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if !isEscape(s[i:]) {
			b = append(b, s[i])
			continue
		}
		if c := hexValue(s[i+1])<<4 | hexValue(s[i+2]); isUnreserved(c) {
			b = append(b, c)
		} else {
			b = append(b, '%', upperHex[c>>4], upperHex[c&15])
		}
		i += 2
	}
	return string(b)
}

// isEscape says whether s begins with "%" and two hex digits.
func isEscape(s string) bool {
	return len(s) > 2 && s[0] == '%' && isHex(s[1]) && isHex(s[2])
}

func isHex(c byte) bool { return c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'f' }

func hexValue(c byte) byte {
	if c <= '9' {
		return c - '0'
	}
	return c | 0x20 - 'a' + 10
}

func isUnreserved(c byte) bool {
	return c|0x20 >= 'a' && c|0x20 <= 'z' || c >= '0' && c <= '9' || strings.IndexByte("-._~", c) >= 0
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}

// isTracking says whether a query parameter, in lower case, only follows the
// reader around.
func isTracking(name string) bool {
	switch name {
	case "fbclid", "gclid", "dclid", "gbraid", "wbraid", "msclkid", "yclid",
		"twclid", "igshid", "ttclid", "li_fat_id", "gclsrc", "_ga", "_gl",
		"ocid", "cmpid", "ncid", "guccounter", "guce_referrer", "guce_referrer_sig",
		"s_cid", "icid", "spm", "trk", "vero_id", "wickedid", "oly_enc_id",
		"jsessionid", "phpsessid":
		return true
	}
	for _, prefix := range [...]string{"utm_", "mtm_", "pk_", "at_medium", "at_campaign", "wt.", "xtor", "hsa_", "_hs", "mc_"} {
		if strings.HasPrefix(name, prefix) {
			return true
		}
	}
	return false
}

// Domain returns the registrable domain (eTLD+1) of a host with or without a
// port. Where there is none, as for an IP address or a name like localhost, it
// is the host itself with its port, which then tells sites apart.
func Domain(host string) string {
	lower := strings.ToLower(host)
	h := strings.TrimSuffix((&url.URL{Host: lower}).Hostname(), ".")
	if mayBeAddress(h) {
		if _, err := netip.ParseAddr(h); err == nil {
			return lower
		}
	}
	d, err := publicsuffix.EffectiveTLDPlusOne(h)
	if err != nil {
		return lower
	}
	return d
}

// mayBeAddress says cheaply whether a host can be an IP address: it ends in a
// digit or has a colon.
func mayBeAddress(h string) bool {
	return h != "" && '0' <= h[len(h)-1] && h[len(h)-1] <= '9' || strings.Contains(h, ":")
}
