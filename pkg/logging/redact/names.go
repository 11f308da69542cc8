package redact

import (
	"net/url"
	"slices"
	"strings"
)

// parameter says whether a parameter of a URL carries a secret. In brackets, as
// in token[] and user[password], each part of its name counts.
func parameter(name string) bool {
	if has(name, '%') {
		if plain, err := url.QueryUnescape(name); err == nil {
			name = plain
		}
	}
	if has(name, '[') {
		return slices.ContainsFunc(bracketed(name), parameter)
	}
	switch strings.ToLower(name) {
	case "key", "auth", "sas", "hmac", "pass", "pwd", "jwt", "session", "sessionid", "session_id", "jsessionid", "phpsessid", "sid", "x-amz-credential", "x-goog-credential":
		return true
	}
	return secret(name)
}

// secret says whether a name means a secret wherever it stands.
func secret(name string) bool {
	if len(name) < len("sig") {
		return false
	}
	if has(name, '[') {
		return slices.ContainsFunc(bracketed(name), secret)
	}
	// Names of fields are written in many ways: access_token, AccessToken, x-access-token.
	name = strings.ToLower(name)
	name = name[strings.LastIndexByte(name, '.')+1:]
	switch name {
	case "sig", "passwd", "passphrase", "authorization", "proxy-authorization", "cookie", "set-cookie", "auth_token", "authtoken":
		return true
	}
	for _, end := range [...]string{"token", "secret", "secrets", "password", "signature"} {
		if strings.HasSuffix(name, end) {
			return true
		}
	}
	stem, isKey := strings.CutSuffix(name, "key")
	if !isKey {
		return false
	}
	stem = strings.TrimRight(stem, "-_")
	switch stem[strings.LastIndexAny(stem, "-_")+1:] { // AWS_SECRET_ACCESS_KEY is an access key
	case "api", "access", "secret", "account", "private", "subscription", "shared", "sharedaccess", "secretaccess":
		return true
	}
	return false
}

// bracketed returns the parts of a name with brackets.
func bracketed(name string) []string {
	return strings.FieldsFunc(name, func(r rune) bool { return r == '[' || r == ']' })
}

// header says whether the value of a header is a secret to the end of its line.
func header(name string) bool {
	switch strings.ToLower(name) {
	case "authorization", "proxy-authorization", "cookie", "set-cookie", "x-api-key", "api-key", "apikey",
		"x-auth-token", "x-access-token", "x-amz-security-token", "x-goog-api-key", "webhook-signature", "x-signature", "x-hub-signature-256":
		return true
	}
	return false
}
