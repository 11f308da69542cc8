package weburl

import (
	"net/url"
	"strings"
)

// resolvePlain resolves the references that most links are: a path from the
// root, or a URL on the base's own scheme and host, of characters that stay as
// they are. It builds the URL from its parts, which is several times faster
// than to parse it. The base must be as Parse returns it.
func resolvePlain(base *url.URL, ref string) (*url.URL, bool) {
	if base == nil || base.Opaque != "" {
		return nil, false
	}
	rest, ok := strings.CutPrefix(ref, base.Scheme)
	if ok {
		rest, ok = strings.CutPrefix(rest, "://")
	}
	if ok {
		rest, ok = strings.CutPrefix(rest, base.Host)
	}
	if ok {
		ref = rest
	}
	path, query, hasQuery := strings.Cut(ref, "?")
	if !plainPath(path) || hasQuery && !plainQuery(query) || len(base.Host)+len(ref)+len("https://") > MaxLength {
		return nil, false
	}
	return &url.URL{Scheme: base.Scheme, Host: base.Host, Path: path, RawQuery: query}, true
}

// plainPath says whether a path begins at the root, has no empty or dot
// segments, and only characters that are written as they are.
func plainPath(path string) bool {
	if path == "" || path[0] != '/' {
		return false
	}
	for i := 1; i < len(path); i++ {
		if c := path[i]; !plain[c] || path[i-1] == '/' && (c == '/' || c == '.') {
			return false
		}
	}
	return true
}

func plainQuery(query string) bool {
	for i := range len(query) {
		if !plain[query[i]] {
			return false
		}
	}
	return query != ""
}

// plain says which bytes stay as they are in paths and queries.
var plain = buildPlain("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.~/,:=&+@$")

func buildPlain(chars string) (set [256]bool) {
	for i := range len(chars) {
		set[chars[i]] = true
	}
	return set
}
