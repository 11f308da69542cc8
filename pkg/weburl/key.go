package weburl

import (
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// Key returns the normalised form of a URL under which it counts as seen and
// from which an article's id is made; it is never fetched. http and https are
// alike, tracking parameters and session ids are gone, percent-encoding has one
// form (RFC 3986, section 6.2.2), and parameters are sorted by name where their
// order cannot matter. Nothing is guessed: a trailing slash, "index.html" and
// "www." stay, since servers tell such URLs apart.
func Key(u *url.URL) string {
	if u.RawQuery == "" && u.RawPath == "" && plainPath(u.Path) {
		return "https://" + strings.TrimSuffix(u.Host, ":443") + u.Path
	}
	return key(u)
}

func key(u *url.URL) string {
	path := dropPathSession(normaliseEscapes(u.EscapedPath()))
	query := normaliseQuery(u.RawQuery)
	var b strings.Builder
	b.Grow(len("https://?") + len(u.Host) + len(path) + len(query))
	b.WriteString("https://")
	b.WriteString(strings.TrimSuffix(u.Host, ":443"))
	b.WriteString(path)
	if query != "" {
		b.WriteByte('?')
		b.WriteString(query)
	}
	return b.String()
}

// Sessions in paths: parameters of servlet containers and PHP, and the segment
// that ASP.NET writes for browsers without cookies.
var (
	pathSession   = regexp.MustCompile(`(?i);(?:jsessionid|phpsessid|sid)=[^/;]*`)
	aspNetSession = regexp.MustCompile(`^(?:/\((?:[AFSX]\([0-9A-Za-z_-]{20,}\))+\))+/`)
)

func dropPathSession(path string) string {
	if strings.Contains(path, ";") {
		path = pathSession.ReplaceAllString(path, "")
	}
	if strings.HasPrefix(path, "/(") {
		path = aspNetSession.ReplaceAllString(path, "/")
	}
	return path
}

// normaliseQuery keeps the order of a query in which something has no name:
// it may be a path or a list in disguise.
func normaliseQuery(raw string) string {
	if raw == "" {
		return ""
	}
	sortable := true
	params := slices.DeleteFunc(strings.Split(normaliseEscapes(raw), "&"), func(p string) bool {
		name, value, named := strings.Cut(p, "=")
		if p == "" || isTracking(name) || isSession(name, value) {
			return true
		}
		sortable = sortable && named && name != ""
		return false
	})
	if sortable {
		slices.SortStableFunc(params, func(a, b string) int {
			an, _, _ := strings.Cut(a, "=")
			bn, _, _ := strings.Cut(b, "=")
			return strings.Compare(an, bn)
		})
	}
	return strings.Join(params, "&")
}

const upperHex = "0123456789ABCDEF"

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
