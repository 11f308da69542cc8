package logging

import (
	"net/url"
	"strings"
)

const redacted = "REDACTED"

// RedactURL replaces the userinfo and the values of query and fragment
// parameters that carry signatures or tokens by "REDACTED"; all else stays as
// it is, byte for byte. It also takes what is no URL, or several of them.
func RedactURL(raw string) string {
	if !strings.ContainsAny(raw, "@?#") {
		return raw
	}
	ends := "/?#" // of the authority
	if _, err := url.Parse(raw); err != nil {
		ends = "/" // a password may have ? and #, written as they are
	}
	head, fragment, hasFragment := strings.Cut(redactUserinfo(raw, ends), "#")
	head, query, hasQuery := strings.Cut(head, "?")
	if hasQuery {
		head += "?" + redactQuery(query)
	}
	if hasFragment {
		head += "#" + redactQuery(fragment)
	}
	return head
}

// redactUserinfo redacts what stands before the last @ of every authority.
func redactUserinfo(raw, ends string) string {
	parts := strings.Split(raw, "://")
	for i, part := range parts[1:] {
		end := strings.IndexAny(part, ends)
		if end < 0 {
			end = len(part)
		}
		if at := strings.LastIndexByte(part[:end], '@'); at >= 0 {
			parts[i+1] = redacted + part[at:]
		}
	}
	return strings.Join(parts, "://")
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
