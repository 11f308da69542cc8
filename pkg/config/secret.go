package config

import (
	"fmt"
	"os"
	"strings"
)

// IsReference says whether a value names a secret instead of being one:
// env:NAME is an environment variable, file:PATH what a file holds.
func IsReference(value string) bool {
	return strings.HasPrefix(value, "env:") || strings.HasPrefix(value, "file:")
}

// Dereference returns what a reference stands for now, a file's text without
// the space around it, or the value itself if it is no reference.
func Dereference(value string) (string, error) {
	if name, ok := strings.CutPrefix(value, "env:"); ok {
		secret, ok := os.LookupEnv(name)
		if !ok {
			return "", fmt.Errorf("environment variable %s is not set", name)
		}
		return secret, nil
	}
	if path, ok := strings.CutPrefix(value, "file:"); ok {
		secret, err := os.ReadFile(path)
		return strings.TrimSpace(string(secret)), err
	}
	return value, nil
}
