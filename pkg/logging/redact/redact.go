// Package redact takes secrets out of text that is to be shown: the userinfo of
// URLs, the values of parameters, headers and fields that carry signatures,
// tokens or passwords, and what is a secret by its form (JSON Web Tokens, keys
// of GitHub, AWS, Google, Slack and Stripe, the seeds of NATS' keys, private
// keys in PEM). What it leaves out becomes Mark; all else stays byte for byte,
// and to redact twice is to redact once.
package redact

import (
	"net/url"
	"strings"
)

// Mark stands where a secret was.
const Mark = "REDACTED"

// Text redacts whatever a line may hold: a URL, several of them, an error of a
// library with a URL in it, headers as they are printed, JSON, settings. Text
// without secrets costs a few searches for single bytes and is returned as it is.
func Text(s string) string { return settled(s, text) }

func text(s string) string {
	if has(s, ' ') {
		s = schemes(ports(s))
	}
	if has(s, '=') || has(s, '@') {
		s = pairs(bare(urls(s)))
	}
	if has(s, ':') && !colonsOfURL(s) {
		s = headers(s)
	}
	return forms(s)
}

// settled redacts until nothing is left to be redacted: a mark may end where the
// secret went on, and be followed by what looks like one only now. Every pass
// leaves less, so that there are few; their number is bounded all the same.
func settled(s string, pass func(string) string) string {
	for range 8 {
		next := pass(s)
		if next == s {
			break
		}
		s = next
	}
	return s
}

func has(s string, c byte) bool { return strings.IndexByte(s, c) >= 0 }

// colonsOfURL says whether a text is a URL whose colons are that of the scheme
// and that of a port, so that it holds no header.
func colonsOfURL(s string) bool {
	_, rest, found := strings.Cut(s, "://")
	return found && strings.Count(rest, ":") <= 1 && !has(s, ' ') && !has(s, '"') && !has(s, '[') && !has(s, '{')
}

// URL replaces the userinfo and the values of query and fragment parameters
// that carry signatures or tokens. It also takes what is no URL, or several of
// them.
func URL(raw string) string {
	if !strings.ContainsAny(raw, "@?#") {
		return raw
	}
	return settled(raw, parts)
}

// parts redacts the parts of a URL, one with the scheme of the page that it
// stands on (RFC 3986, section 4.2) among them.
func parts(raw string) string {
	if strings.HasPrefix(raw, "//") {
		return strings.TrimPrefix(parts("x:"+raw), "x:")
	}
	raw = userinfo(raw)
	at := strings.IndexAny(raw, "?#")
	if at < 0 {
		return raw
	}
	rest := raw[at+1:]
	if clean := query(rest); clean != rest {
		return raw[:at+1] + clean
	}
	return raw
}

// userinfo redacts what stands before the last @ of every authority.
func userinfo(raw string) string {
	if !has(raw, '@') {
		return raw
	}
	ends := "/?#" // of the authority
	if _, err := url.Parse(raw); err != nil {
		ends = "/" // a password may have ? and #, written as they are
	}
	parts := strings.Split(raw, "://")
	for i, part := range parts[1:] {
		end := strings.IndexAny(part, ends)
		if end < 0 || cutPassword(part[:end]) {
			end = len(part)
		}
		if at := strings.LastIndexByte(part[:end], '@'); at >= 0 {
			parts[i+1] = Mark + part[at:]
		}
	}
	return strings.Join(parts, "://")
}

// cutPassword says whether an authority is user:password up to a slash in the
// password: it names no user, and what looks like its port is no number.
func cutPassword(authority string) bool {
	_, port, found := strings.Cut(authority, ":")
	return found && !strings.ContainsAny(authority, "@[") && strings.Trim(port, "0123456789") != ""
}

// query redacts the parameters of a query, and of the fragment behind it.
func query(raw string) string {
	if !has(raw, '=') {
		return raw
	}
	var out strings.Builder
	done := 0
	for from := 0; from < len(raw); {
		end := len(raw)
		if n := strings.IndexAny(raw[from:], "&#"); n >= 0 {
			end = from + n
		}
		name, value, found := strings.Cut(raw[from:end], "=")
		clean := value
		switch {
		case !found:
		case parameter(name):
			clean = Mark
		default:
			clean = inner(value)
		}
		if clean != value {
			out.WriteString(raw[done : end-len(value)])
			out.WriteString(clean)
			done = end
		}
		from = end + 1
	}
	if done == 0 {
		return raw
	}
	out.WriteString(raw[done:])
	return out.String()
}

// inner redacts a URL that is the value of a parameter, such as where a login
// leads back to.
func inner(value string) string {
	if strings.IndexByte(value, '%') < 0 {
		return value
	}
	plain, err := url.QueryUnescape(value)
	if err != nil || plain == value {
		return value
	}
	if clean := URL(plain); clean != plain {
		return url.QueryEscape(clean)
	}
	return value
}

// urls redacts every URL in a text.
func urls(s string) string {
	var out strings.Builder
	done, next := 0, 0
	for {
		colon := strings.Index(s[next:], "://")
		if colon < 0 {
			break
		}
		start, end := extent(s, next+colon)
		if clean := URL(s[start:end]); clean != s[start:end] {
			out.WriteString(s[done:start])
			out.WriteString(clean)
			done = end
		}
		next = end
	}
	if done == 0 {
		return s
	}
	out.WriteString(s[done:])
	return out.String()
}

// bare redacts the userinfo of what has an authority and no scheme, as in
// //user:password@host.
func bare(s string) string {
	return before(s, '@', func(s string, at int) (from int) {
		window := s[max(0, at-longest):at]
		slashes := strings.LastIndex(window, "//")
		if slashes < 0 || strings.ContainsAny(window[slashes+2:], " \t\r\n\"'`<>/?#") {
			return at
		}
		from = at - len(window) + slashes
		if from > 0 && strings.IndexByte(" \t\r\n\"'`<>([{=,|", s[from-1]) < 0 {
			return at // a path, or behind a scheme
		}
		return from + len("//")
	})
}

// extent is where the URL begins and ends whose scheme ends at colon. One in
// quotes ends with these, whatever it holds.
func extent(s string, colon int) (start, end int) {
	start = colon
	for start > 0 && isName(s[start-1]) {
		start--
	}
	from := colon + len("://")
	if start > 0 {
		if q := s[start-1]; q == '"' || q == '\'' || q == '`' {
			return start, from + closing(s[from:], q, start > 1 && s[start-2] == '\\')
		}
	}
	end = len(s)
	if i := strings.IndexAny(s[from:], " \t\r\n\"<>"); i >= 0 {
		end = from + i
	}
	for end > from && strings.IndexByte(").,;:'`!]}\\", s[end-1]) >= 0 {
		end--
	}
	return start, end
}

// closing is the length of s up to the quote that closes it: an escaped one, if
// it was opened by one, or else one that is not.
func closing(s string, quote byte, escaped bool) int {
	for i := range len(s) {
		if s[i] == quote && (i > 0 && s[i-1] == '\\') == escaped {
			if escaped {
				return i - 1
			}
			return i
		}
	}
	return len(s)
}

// isName says whether a byte may be part of the name of a scheme, parameter,
// header or field.
func isName(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' || c == '-' || c == '.' || c == '%'
}
