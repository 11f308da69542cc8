package config

import (
	"strings"

	"go.yaml.in/yaml/v4"

	"pressmill/pkg/logging"
)

// Effective is v as the file would have it, for the event config.effective:
// maps and lists under the names of the file, durations and sizes with their
// units, and the userinfo and signatures of URLs redacted.
func Effective(v any) (any, error) {
	data, err := yaml.Dump(v)
	if err != nil {
		return nil, err
	}
	var tree any
	if err := yaml.Load(data, &tree); err != nil {
		return nil, err
	}
	return redact(tree), nil
}

func redact(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for k, inner := range v {
			v[k] = redact(inner)
		}
	case []any:
		for i, inner := range v {
			v[i] = redact(inner)
		}
	case string:
		if strings.Contains(v, "://") {
			return logging.RedactURL(v)
		}
	}
	return v
}
