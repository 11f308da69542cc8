package robots

import (
	"net/url"
	"strings"
)

const upperHex = "0123456789ABCDEF"

// pathOf returns the path and query that rules are compared with, encoded.
func pathOf(u *url.URL) string {
	path := u.RawPath
	if path == "" {
		path = u.EscapedPath()
	}
	if path == "" || path[0] != '/' {
		path = "/" + path
	}
	if u.ForceQuery || u.RawQuery != "" {
		path += "?" + u.RawQuery
	}
	return upperEscapes(path)
}

// Match says whether a pattern matches a prefix of a path: "*" stands
// for any octets and a "$" at the end for the end of the path (RFC 9309,
// section 2.2.3). It takes time linear in path and pattern, since the first
// place where a piece between two stars fits is as good as any.
func Match(pattern, path string) bool {
	pattern, anchored := strings.CutSuffix(pattern, "$")
	piece, pattern, more := strings.Cut(pattern, "*")
	if !strings.HasPrefix(path, piece) {
		return false
	}
	path = path[len(piece):]
	if !more {
		return !anchored || path == ""
	}
	for {
		piece, pattern, more = strings.Cut(pattern, "*")
		if !more && anchored {
			return strings.HasSuffix(path, piece)
		}
		at := strings.Index(path, piece)
		if at < 0 {
			return false
		}
		if !more {
			return true
		}
		path = path[at+len(piece):]
	}
}

// encode percent-encodes octets outside ASCII (RFC 9309, section 2.2.2) and
// puts the hex digits of what is encoded into upper case.
func encode(s string) string {
	if isASCII(s) {
		return upperEscapes(s)
	}
	var b strings.Builder
	for i := range len(s) {
		if c := s[i]; c < 0x80 {
			b.WriteByte(c)
		} else {
			b.Write([]byte{'%', upperHex[c>>4], upperHex[c&15]})
		}
	}
	return upperEscapes(b.String())
}

func upperEscapes(s string) string {
	return mapEscapes(s, func(c byte) string { return string([]byte{'%', upperHex[c>>4], upperHex[c&15]}) })
}

// decodeUnreserved also encodes what is outside ASCII and decodes
// percent-encoded unreserved characters (RFC 3986, section 2.3).
func decodeUnreserved(s string) string {
	return mapEscapes(encode(s), func(c byte) string {
		if isUnreserved(c) {
			return string(rune(c))
		}
		return string([]byte{'%', upperHex[c>>4], upperHex[c&15]})
	})
}

// mapEscapes replaces each valid %XX by what to returns for its octet.
func mapEscapes(s string, to func(byte) string) string {
	if !strings.Contains(s, "%") {
		return s
	}
	var b strings.Builder
	b.Grow(len(s))
	for i := 0; i < len(s); i++ {
		if s[i] == '%' && i+2 < len(s) && isHex(s[i+1]) && isHex(s[i+2]) {
			b.WriteString(to(hexValue(s[i+1])<<4 | hexValue(s[i+2])))
			i += 2
			continue
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}

func isUnreserved(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte("-._~", c) >= 0
}

func isHex(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F'
}

func hexValue(c byte) byte {
	switch {
	case c >= 'a':
		return c - 'a' + 10
	case c >= 'A':
		return c - 'A' + 10
	}
	return c - '0'
}
