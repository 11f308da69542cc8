// Package weburl has the URL rules that the crawler and the parser share: how
// a URL is read, what makes two URLs the same page, and two hosts the same
// site.
package weburl

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"strings"
	"unicode/utf8"

	whatwgerrors "github.com/nlnwa/whatwg-url/errors"
	whatwg "github.com/nlnwa/whatwg-url/url"
	"golang.org/x/net/publicsuffix"
)

// MaxLength is the longest URL in bytes that Pressmill works on.
const MaxLength = 2048

// maxRaw is the longest reference that is looked at: its fragment may make it
// longer than what stays of it.
const maxRaw = 4 * MaxLength

// maxParts bounds the slashes and "@" of a reference: the time to parse it grows
// with the square of their number.
const maxParts = 200

// The ways in which a URL is refused.
var (
	ErrScheme  = errors.New("scheme is neither http nor https")
	ErrHost    = errors.New("no valid host")
	ErrTooLong = errors.New("URL is longer than 2048 bytes")
)

// Parse parses an absolute http or https URL as browsers do, by the URL
// standard (url.spec.whatwg.org): the host comes out in lower case and
// punycode, or as the IP address that its numbers stand for, the default port
// and dot segments are gone, and what may not stand in a path or query is
// percent-encoded. Parsed again, the result stays as it is.
//
// It is the URL that a browser would fetch, with these differences: fragment,
// userinfo and the dot at the end of a host are dropped; names that no resolver
// takes, port 0 and URLs above MaxLength are refused; in a path, "|" and a "%"
// that encodes nothing come out as "%7C" and "%25", because net/url cannot hold
// them, and bytes that are no UTF-8 are encoded as they are.
func Parse(raw string) (*url.URL, error) { return Resolve(nil, raw) }

// Resolve resolves a reference found on the page at base, which is as Parse
// returns it, or nil; the result is too.
func Resolve(base *url.URL, ref string) (*url.URL, error) {
	if u, ok := resolvePlain(base, ref); ok {
		return u, nil
	}
	return resolve(base, ref)
}

func resolve(base *url.URL, ref string) (*url.URL, error) {
	ref = strings.TrimFunc(ref, func(r rune) bool { return r <= ' ' })
	if len(ref) > maxRaw {
		return nil, ErrTooLong
	}
	written, _, _ := strings.Cut(ref, "#")
	if len(written) > MaxLength || countParts(written) > maxParts {
		return nil, ErrTooLong
	}
	u, ok := quick(base, written)
	if !ok {
		var err error
		if u, err = thorough(base, ref); err != nil {
			return nil, err
		}
	}
	if longest(u) > MaxLength && len(u.String()) > MaxLength {
		return nil, ErrTooLong
	}
	return u, nil
}

func countParts(ref string) (n int) {
	for i := range len(ref) {
		if c := ref[i]; c == '/' || c == '\\' || c == '@' {
			n++
		}
	}
	return n
}

// longest returns a length that u does not exceed, without writing it: each
// byte of the path may be percent-encoded.
func longest(u *url.URL) int {
	return len(u.Scheme) + len("://") + len(u.Host) + 3*len(u.Path) + len("?") + len(u.RawQuery)
}

// parser is the standard's, with "^" in the path percent-encode set, which it
// joined after the library was written.
func buildParser() whatwg.Parser {
	return whatwg.NewParser(whatwg.WithPathPercentEncodeSet(whatwg.PathPercentEncodeSet.Set('^')))
}

var parser = buildParser()

// thorough parses whatever comes.
func thorough(base *url.URL, ref string) (*url.URL, error) {
	from := ""
	if base != nil {
		from = base.String()
	}
	w, err := parser.ParseRef(from, encodeInvalid(ref))
	if invalid, ok := errors.AsType[*whatwgerrors.ValidationError](err); ok && invalid.Type() == whatwgerrors.MissingSchemeNonRelativeURL {
		return nil, ErrScheme
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrHost, err)
	}
	return fromStandard(w)
}

// encodeInvalid percent-encodes the bytes of s that are no UTF-8.
func encodeInvalid(s string) string {
	if utf8.ValidString(s) {
		return s
	}
	var b strings.Builder
	for len(s) > 0 {
		r, n := utf8.DecodeRuneInString(s)
		if r == utf8.RuneError && n == 1 {
			b.Write([]byte{'%', upperHex[s[0]>>4], upperHex[s[0]&15]})
		} else {
			b.WriteString(s[:n])
		}
		s = s[n:]
	}
	return b.String()
}

func fromStandard(w *whatwg.Url) (*url.URL, error) {
	u := &url.URL{Scheme: strings.TrimSuffix(w.Protocol(), ":")}
	if u.Scheme != "http" && u.Scheme != "https" {
		return nil, ErrScheme
	}
	u.Host = strings.TrimSuffix(w.Hostname(), ".")
	if !w.IsIPv6() && !validHost(u.Host) || w.Port() == "0" {
		return nil, ErrHost
	}
	if w.Port() != "" {
		u.Host += ":" + w.Port()
	}
	setPath(u, encodeStray(w.Pathname()))
	u.RawQuery = w.Query()
	u.ForceQuery = u.RawQuery == "" && strings.HasSuffix(w.Href(true), "?")
	return u, nil
}

// setPath sets a path that is percent-encoded already.
func setPath(u *url.URL, escaped string) {
	u.Path, u.RawPath = escaped, ""
	if strings.Contains(escaped, "%") {
		u.Path, _ = url.PathUnescape(escaped) // every "%" in it encodes something
	}
	if u.EscapedPath() != escaped {
		u.RawPath = escaped
	}
}

// encodeStray percent-encodes what the standard leaves in a path and net/url
// does not.
func encodeStray(path string) string {
	var b strings.Builder
	done := 0
	for i := range len(path) {
		if c := path[i]; c == '|' || c == '%' && !isEscape(path[i:]) {
			b.WriteString(path[done:i])
			b.Write([]byte{'%', upperHex[c>>4], upperHex[c&15]})
			done = i + 1
		}
	}
	if done == 0 {
		return path
	}
	return b.String() + path[done:]
}

// validHost takes what resolves, so names with underscores too. A last label
// that begins with a hyphen is no name and no number.
func validHost(host string) bool {
	if len(host) > 253 || strings.HasPrefix(host[strings.LastIndexByte(host, '.')+1:], "-") {
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

// SameSite says whether two URLs are on one registrable domain.
func SameSite(a, b *url.URL) bool { return a.Host == b.Host || Domain(a.Host) == Domain(b.Host) }

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
