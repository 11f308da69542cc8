package weburl

import (
	"net/netip"
	"net/url"
	"strconv"
	"strings"
)

// quick parses a reference without a fragment, if it is written as most URLs
// are, with the result that thorough has, at a fraction of its cost. ok says
// whether it could.
func quick(base *url.URL, ref string) (u *url.URL, ok bool) {
	var scheme, host, rest string
	switch {
	case strings.HasPrefix(ref, "https://"), strings.HasPrefix(ref, "http://"):
		scheme, rest, _ = strings.Cut(ref, "://")
		host, rest, ok = cutHost(scheme, rest)
	case base == nil:
	case strings.HasPrefix(ref, "//"):
		scheme = base.Scheme
		host, rest, ok = cutHost(scheme, ref[len("//"):])
	default:
		scheme, host = base.Scheme, base.Host
		rest, ok = underBase(base, ref)
	}
	path, query, forced := strings.Cut(rest, "?")
	if !ok || !ordinaryPath(path) || !ordinaryQuery(query) {
		return nil, false
	}
	u = &url.URL{Scheme: scheme, Host: host}
	setPath(u, encode(encodeStray(path), &pathSet))
	u.RawQuery, u.ForceQuery = encode(query, &querySet), forced && query == ""
	return u, true
}

// cutHost parts what follows "//" into the host and path and query.
func cutHost(scheme, s string) (host, rest string, ok bool) {
	end := strings.IndexAny(s, "/?")
	if end < 0 {
		end = len(s)
	}
	host, rest = s[:end], s[end:]
	if rest == "" || rest[0] == '?' {
		rest = "/" + rest
	}
	return host, rest, ordinaryHost(host, scheme)
}

// underBase returns path and query of a reference without scheme and host.
func underBase(base *url.URL, ref string) (rest string, ok bool) {
	if ref != "" && ref[0] == '/' {
		return ref, true
	}
	path := base.EscapedPath()
	if path == "" || path[0] != '/' {
		return "", false
	}
	switch {
	case ref == "":
		return strings.TrimPrefix(base.RequestURI(), "//"), !strings.HasPrefix(path, "//")
	case ref[0] == '?':
		return path + ref, true
	case strings.Contains(ref, ":"): // it may be a scheme
		return "", false
	}
	folder, ref := upFrom(path[:strings.LastIndexByte(path, '/')+1], ref)
	return folder + ref, true
}

// upFrom follows the "./" and "../" that a reference begins with, from a folder
// that ends in "/" and has no dot segments.
func upFrom(folder, ref string) (from, rest string) {
	for {
		var up bool
		if ref, up = strings.CutPrefix(ref, "../"); up {
			above := strings.TrimSuffix(folder, "/")
			folder = folder[:max(1, strings.LastIndexByte(above, '/')+1)]
			continue
		}
		if ref, up = strings.CutPrefix(ref, "./"); !up {
			return folder, ref
		}
	}
}

// ordinaryHost takes host names in lower case without punycode, and IPv4
// addresses as they are written, with or without a port other than the
// scheme's.
func ordinaryHost(host, scheme string) bool {
	name, port, hasPort := strings.Cut(host, ":")
	if hasPort && !ordinaryPort(port, scheme) || !validHost(name) || strings.Contains(name, "xn--") {
		return false
	}
	if last := name[strings.LastIndexByte(name, '.')+1:]; last[0] >= '0' && last[0] <= '9' {
		addr, err := netip.ParseAddr(name)
		return err == nil && addr.Is4()
	}
	return true
}

func ordinaryPort(port, scheme string) bool {
	n, err := strconv.ParseUint(port, 10, 16)
	return err == nil && n > 0 && port[0] != '0' && !(port == "80" && scheme == "http") && !(port == "443" && scheme == "https")
}

// ordinaryPath takes paths without dot segments and without what the standard
// reads in a way of its own.
func ordinaryPath(path string) bool {
	for i := range len(path) {
		switch c := path[i]; {
		case c < ' ' || c == '\\':
			return false
		case c == '.' && i > 0 && path[i-1] == '/':
			return false
		case c == '%' && i+3 <= len(path) && strings.EqualFold(path[i:i+3], "%2e"):
			return false
		}
	}
	return true
}

func ordinaryQuery(query string) bool {
	for i := range len(query) {
		if query[i] < ' ' {
			return false
		}
	}
	return true
}

// The path and the special-query percent-encode set.
var (
	pathSet  = buildSet("\"<>^`{}")
	querySet = buildSet("\"'<>")
)

func buildSet(chars string) (set [256]bool) {
	for c := range set {
		set[c] = c <= ' ' || c >= 0x7f || strings.IndexByte(chars, byte(c)) >= 0
	}
	return set
}

func encode(s string, set *[256]bool) string {
	clean := 0
	for clean < len(s) && !set[s[clean]] {
		clean++
	}
	if clean == len(s) {
		return s
	}
	b := make([]byte, clean, 3*len(s))
	copy(b, s)
	for ; clean < len(s); clean++ {
		if c := s[clean]; set[c] {
			b = append(b, '%', upperHex[c>>4], upperHex[c&15])
		} else {
			b = append(b, c)
		}
	}
	return string(b)
}
