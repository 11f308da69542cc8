package segment

import (
	"errors"
	"fmt"
	"strings"
)

// Kind is what the articles of an object are written as.
type Kind string

// The kinds.
const (
	JSONL Kind = "jsonl"
)

// Format is how the articles of an object are written.
type Format struct {
	Kind        Kind
	Compression Compression
}

// Validate says what is wrong with the format, or nil.
func (f Format) Validate() error {
	var errs []error
	if f.Kind != JSONL && f.Kind != WARC {
		errs = append(errs, fmt.Errorf("format: %q is not jsonl or warc", f.Kind))
	}
	if f.Kind == WARC && f.Compression != Gzip {
		errs = append(errs, fmt.Errorf("compression: %q is not gzip, as the format warc wants it", f.Compression))
	}
	if _, ok := f.Compression.ext(); !ok {
		errs = append(errs, fmt.Errorf("compression: %q is not zstd, gzip or none", f.Compression))
	}
	return errors.Join(errs...)
}

// Ext is the extension of the format's objects, with its dot.
func (f Format) Ext() string {
	ext, _ := f.Compression.ext()
	return "." + string(f.Kind) + ext
}

// Shape names all of the format that a reader may rely on within an epoch.
func (f Format) Shape() string { return f.Ext() }

// render returns the body of an object that holds the JSON lines.
func (f Format) render(lines []byte) ([]byte, error) { return lines, nil }

// parse returns the JSON lines of a body.
func parse(ext string, body []byte) ([]byte, error) {
	kind, _, _ := strings.Cut(strings.TrimPrefix(ext, "."), ".")
	if Kind(kind) != JSONL {
		return nil, fmt.Errorf("format %q is unknown", ext)
	}
	return body, nil
}
