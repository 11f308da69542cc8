package warc

import (
	"net/url"
	"regexp"
	"slices"
	"strings"

	"pressmill/pkg/weburl"
)

// www is a prefix of hosts that says nothing.
var www = regexp.MustCompile(`^www\d*\.`)

// SURT returns the key under which an index sorts a URL (Sort-friendly URI
// Reordering Transform): the host's labels from right to left, then port, path
// and query. As other indexers have it, scheme, userinfo, fragment, a default
// port, "www." and a slash at the end of a path are left out, letters are
// lower case, parameters are sorted, and the numbers of an IPv4 address are
// reversed too. What is no web URL comes out as it is, in lower case.
func SURT(raw string) string {
	u, err := weburl.Parse(raw)
	switch {
	case raw == "":
		return "-"
	case err != nil:
		return strings.ToLower(target(raw))
	}
	var b strings.Builder
	b.WriteString(surtHost(u))
	b.WriteByte(')')
	path := u.EscapedPath()
	if path = strings.TrimSuffix(path, "/"); path == "" {
		path = "/"
	}
	b.WriteString(path)
	if u.RawQuery != "" {
		b.WriteByte('?')
		params := strings.Split(strings.ToLower(u.RawQuery), "&")
		slices.Sort(params)
		b.WriteString(strings.Join(params, "&"))
	}
	return strings.ToLower(b.String())
}

// surtHost returns the host of a URL as weburl.Parse returns it, which is in
// lower case and punycode.
func surtHost(u *url.URL) string {
	host := u.Hostname()
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	} else {
		labels := strings.Split(withoutWWW(host), ".")
		slices.Reverse(labels)
		host = strings.Join(labels, ",")
	}
	if port := u.Port(); port != "" {
		host += ":" + port
	}
	return host
}

// withoutWWW leaves a host alone of which only a top-level domain would stay.
func withoutWWW(host string) string {
	if short := host[len(www.FindString(host)):]; strings.Contains(short, ".") {
		return short
	}
	return host
}
