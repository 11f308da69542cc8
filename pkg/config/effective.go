package config

import (
	"go.yaml.in/yaml/v4"

	"pressmill/pkg/logging/redact"
)

// Effective is v as the file would have it, for the event config.effective:
// maps and lists under the names of the file, durations and sizes with their
// units, and without secrets.
func Effective(v any) (any, error) {
	data, err := yaml.Dump(v)
	if err != nil {
		return nil, err
	}
	var tree any
	if err := yaml.Load(data, &tree); err != nil {
		return nil, err
	}
	return redact.Tree(tree), nil
}
