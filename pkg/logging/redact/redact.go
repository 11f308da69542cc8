// Package redact takes secrets out of text that is to be shown: the userinfo of
// URLs, the values of parameters, headers and fields that carry signatures,
// tokens or passwords, and what is a secret by its form (JSON Web Tokens, the
// seeds of NATS' keys, private keys in PEM). What it leaves out becomes Mark;
// all else stays byte for byte, and to redact twice is to redact once.
package redact

import (
	"net/url"
	"strings"
)

// Mark stands where a secret was.
const Mark = "REDACTED"

// Text redacts whatever a line may hold: a URL, several of them, an error of a
// library with a URL in it, headers as they are printed, JSON. Text without
// secrets costs a few searches for single bytes and is returned as it is.
func Text(s string) string {
	if has(s, ' ') {
		s = schemes(ports(s))
	}
	if has(s, '=') || has(s, '@') {
		s = pairs(urls(s))
	}
	if has(s, ':') && !colonsOfURL(s) {
		s = headers(s)
	}
	if has(s, 'J') || has(s, 'S') || has(s, '_') || has(s, '-') && has(s, ' ') {
		s = forms(s)
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
	head, fragment, hasFragment := strings.Cut(userinfo(raw), "#")
	head, rawQuery, hasQuery := strings.Cut(head, "?")
	if hasQuery {
		head += "?" + query(rawQuery)
	}
	if hasFragment {
		head += "#" + query(fragment)
	}
	return head
}

// userinfo redacts what stands before the last @ of every authority.
func userinfo(raw string) string {
	if strings.IndexByte(raw, '@') < 0 {
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

func query(raw string) string {
	if strings.IndexByte(raw, '=') < 0 {
		return raw
	}
	params := strings.Split(raw, "&")
	for i, p := range params {
		name, value, found := strings.Cut(p, "=")
		switch {
		case !found:
		case parameter(name):
			params[i] = name + "=" + Mark
		default:
			params[i] = name + "=" + inner(value)
		}
	}
	return strings.Join(params, "&")
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
