package redact

import "strings"

// Tree redacts every string of what JSON or YAML was decoded into, and those
// below a key that means a secret altogether, unless they are references to one
// (env:NAME, file:PATH). It changes maps and lists in place.
func Tree(v any) any { return tree(v, false) }

func tree(v any, hidden bool) any {
	switch v := v.(type) {
	case map[string]any:
		for key, inner := range v {
			v[key] = tree(inner, hidden || secretKey(key))
		}
	case []any:
		for i, inner := range v {
			v[i] = tree(inner, hidden)
		}
	case string:
		if hidden && v != "" && !strings.HasPrefix(v, "env:") && !strings.HasPrefix(v, "file:") {
			return Mark
		}
		if name := nameBefore(v, max(strings.Index(v, "://"), 0)); name != "" && strings.HasPrefix(v, name) {
			v = URL(v) // as a whole, whatever its password holds
		}
		return Text(v)
	}
	return v
}

// secretKey says whether the key of a mapping, such as one of headers, means a
// secret.
func secretKey(name string) bool {
	return secret(name) || header(name) || strings.HasSuffix(strings.ToLower(name), "auth")
}
