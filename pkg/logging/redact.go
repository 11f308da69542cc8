package logging

import "strings"

func redactQuery(raw string) string {
	if raw == "" {
		return ""
	}
	params := strings.Split(raw, "&")
	for i, p := range params {
		name, _, found := strings.Cut(p, "=")
		if found && secretName(strings.ToLower(name)) {
			params[i] = name + "=REDACTED"
		}
	}
	return strings.Join(params, "&")
}

func secretName(name string) bool {
	switch name {
	case "token", "access_token", "id_token", "sig", "signature", "x-amz-signature", "x-amz-credential",
		"x-amz-security-token", "x-goog-signature", "x-goog-credential", "apikey", "api_key", "key", "password", "auth", "secret":
		return true
	}
	return false
}
