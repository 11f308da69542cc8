package logging

import (
	"net/url"
	"strings"
)

const redacted = "REDACTED"

// RedactURL replaces the userinfo and the values of query parameters that
// carry signatures or tokens by "REDACTED". What is no URL is treated the
// same way as far as its parts can be told.
func RedactURL(raw string) string {
	u, err := url.Parse(raw)
	if err != nil {
		return redactText(raw)
	}
	if u.User == nil && u.RawQuery == "" && u.Fragment == "" {
		return raw
	}
	if u.User != nil {
		u.User = url.User(redacted)
	}
	u.RawQuery = redactQuery(u.RawQuery)
	if fragment := redactQuery(u.EscapedFragment()); fragment != u.EscapedFragment() {
		u.Fragment, u.RawFragment = fragment, ""
	}
	return u.String()
}

// redactText redacts what url.Parse refuses.
func redactText(raw string) string {
	head, query, hasQuery := strings.Cut(raw, "?")
	if scheme, rest, ok := strings.Cut(head, "://"); ok {
		authority, path, hasPath := strings.Cut(rest, "/")
		if at := strings.LastIndexByte(authority, '@'); at >= 0 {
			authority = redacted + authority[at:]
		}
		head = scheme + "://" + authority
		if hasPath {
			head += "/" + path
		}
	}
	if hasQuery {
		head += "?" + redactQuery(query)
	}
	return head
}

func redactQuery(raw string) string {
	if raw == "" {
		return ""
	}
	params := strings.Split(raw, "&")
	for i, p := range params {
		name, _, found := strings.Cut(p, "=")
		if found && secretName(name) {
			params[i] = name + "=" + redacted
		}
	}
	return strings.Join(params, "&")
}

func secretName(name string) bool {
	if plain, err := url.QueryUnescape(name); err == nil {
		name = plain
	}
	switch strings.ToLower(name) {
	case "token", "access_token", "id_token", "sig", "signature", "x-amz-signature", "x-amz-credential",
		"x-amz-security-token", "x-goog-signature", "x-goog-credential", "apikey", "api_key", "key", "password", "auth", "secret":
		return true
	}
	return false
}
