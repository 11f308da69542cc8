package segment

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"

	"pressmill/sink/table"
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
	// Fields are the columns of a CSV table, by their paths in the JSON, or none
	// for table.DefaultFields. Spreadsheet says that spreadsheets will open it.
	Fields      []string
	Spreadsheet bool
}

// Validate says what is wrong with the format, or nil.
func (f Format) Validate() error {
	var errs []error
	if !slices.Contains([]Kind{JSONL, Parquet, CSV, WARC}, f.Kind) {
		errs = append(errs, fmt.Errorf("format: %q is not jsonl, parquet, csv or warc", f.Kind))
	}
	errs = append(errs, f.validateTable()...)
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
	if f.Kind == Parquet {
		return parquetExt
	}
	ext, _ := f.Compression.ext()
	return "." + string(f.Kind) + ext
}

// Shape names all of the format that a reader may rely on within an epoch, in
// one word.
func (f Format) Shape() string {
	shape := f.Ext()
	if len(f.Fields) > 0 {
		shape += "[" + strings.Join(f.Fields, ",") + "]"
	}
	if f.Spreadsheet {
		shape += "+spreadsheet"
	}
	return shape
}

// FormatOf returns the format of an object, by its key and metadata.
func FormatOf(k Key, m Meta) Format {
	kind, _, _ := strings.Cut(strings.TrimPrefix(k.Ext, "."), ".")
	f := Format{Kind: Kind(kind), Compression: compressionOf(k.Ext)}
	switch f.Kind {
	case Parquet:
		f.Compression = Zstd
	case CSV:
		shape, _, _ := strings.Cut(m.Shape, " ")
		shape, f.Spreadsheet = strings.CutSuffix(shape, "+spreadsheet")
		if _, names, ok := strings.Cut(shape, "["); ok {
			f.Fields = strings.Split(strings.TrimSuffix(names, "]"), ",")
		}
	default:
	}
	return f
}

// render returns the body of an object that holds the JSON lines.
func (f Format) render(lines []byte) ([]byte, error) {
	if f.Kind != CSV {
		return lines, nil
	}
	c, err := f.csv()
	if err != nil {
		return nil, err
	}
	var body bytes.Buffer
	_, err = c.Encode(&body, Lines(lines))
	return body.Bytes(), err
}

// parse returns the JSON lines of a body.
func parse(ext string, body []byte) ([]byte, error) {
	kind, _, _ := strings.Cut(strings.TrimPrefix(ext, "."), ".")
	switch Kind(kind) {
	case JSONL:
		return body, nil
	case CSV:
		lines, _, err := joined(table.DecodeCSV(bytes.NewReader(body)))
		return lines, err
	default:
		return nil, fmt.Errorf("format %q is unknown", ext)
	}
}
