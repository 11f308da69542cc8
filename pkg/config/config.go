// Package config reads the one YAML file that all workers share. Each worker
// decodes the sections that are its own over its defaults; what the file says
// beyond that is an error that names the line, the key and the nearest key
// that exists.
//
// Secrets never stand in the file: where one is needed the file has the path
// of a file that holds it, or a reference (IsReference).
package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"
)

// ErrInvalid is what every fault of a configuration is: errors.Is tells it
// from a file that cannot be read, which is invalid as well, and from a
// failure at work, which is not.
var ErrInvalid = errors.New("invalid configuration")

// Error is one fault.
type Error struct {
	File string // as given to Load or Parse
	Line int    // 1-based; 0 where the fault has no line of its own
	Path string // the key, such as "crawler.delay" or "sinks[0].url"; may be ""
	Msg  string
}

func (e *Error) Error() string {
	var b strings.Builder
	if e.File != "" {
		b.WriteString(e.File)
		if e.Line > 0 {
			fmt.Fprintf(&b, ":%d", e.Line)
		}
		b.WriteString(": ")
	}
	if e.Path != "" {
		b.WriteString(e.Path + ": ")
	}
	b.WriteString(e.Msg)
	return b.String()
}

// Is makes every Error an ErrInvalid.
func (e *Error) Is(target error) bool { return target == ErrInvalid }

// Sections are the top-level keys of the file, in the order in which they are
// documented.
func Sections() []string {
	return []string{"bus", "log", "crawler", "parser", "sinks", "sources"}
}

// File is a parsed configuration file whose sections wait to be decoded.
type File struct {
	name     string
	sections map[string]*yaml.Node
}

// Load reads the file at path. An empty path is an empty file: every worker
// runs on its defaults.
func Load(path string) (*File, error) {
	if path == "" {
		return &File{}, nil
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	return Parse(path, data)
}

// Parse is Load for a file that is in memory already; name stands for it in
// errors. Every unknown section is reported.
func Parse(name string, data []byte) (*File, error) {
	f := &File{name: name, sections: map[string]*yaml.Node{}}
	loader, err := yaml.NewLoader(bytes.NewReader(data))
	if err != nil {
		return nil, fmt.Errorf("load %s: %w", name, err)
	}
	var doc, second yaml.Node
	switch err := loader.Load(&doc); {
	case errors.Is(err, io.EOF) || err == nil && len(doc.Content) == 0:
		return f, nil
	case err != nil:
		return nil, f.syntaxError(err)
	}
	switch err := loader.Load(&second); {
	case err == nil:
		return nil, &Error{File: name, Line: second.Line, Msg: "a second document begins; there must be one"}
	case !errors.Is(err, io.EOF):
		return nil, f.syntaxError(err)
	}
	d := &decoder{file: name}
	root := doc.Content[0]
	if isNull(root) {
		return f, nil
	}
	for _, e := range d.entries(root, "") {
		if !slices.Contains(Sections(), e.key) {
			d.unknown(e.line, "", e.key, Sections())
			continue
		}
		f.sections[e.key] = e.value
	}
	if err := d.err(); err != nil {
		return nil, err
	}
	return f, nil
}

// Decode lays a section over what into points at: a struct that holds the
// defaults, or a slice, whose elements begin at their zero values. A section
// that the file does not have changes nothing. If into has a method
// Validate() error it is called at the end, also without a section. All
// faults come back at once, joined, and each is an ErrInvalid.
func (f *File) Decode(section string, into any) error {
	if !slices.Contains(Sections(), section) {
		panic("config: no section is called " + section)
	}
	d := &decoder{file: f.name}
	if n := f.sections[section]; n != nil {
		d.decode(n, section, into)
	}
	if v, ok := into.(interface{ Validate() error }); ok {
		d.validate(section, v.Validate())
	}
	return d.err()
}

// Invalid makes what a later check of a section found, such as one that needs
// defaults filled in first, faults of the file: each is an ErrInvalid. A nil
// error stays nil.
func (f *File) Invalid(section string, err error) error {
	d := &decoder{file: f.name}
	d.validate(section, err)
	return d.err()
}

// syntaxError turns what the YAML parser says into an Error with its line.
func (f *File) syntaxError(err error) error {
	if errs, ok := errors.AsType[*yaml.LoadErrors](err); ok && len(errs.Errors) > 0 {
		return &Error{File: f.name, Line: errs.Errors[0].Mark.Line, Msg: errs.Errors[0].Message}
	}
	if e, ok := errors.AsType[*yaml.LoadError](err); ok {
		return &Error{File: f.name, Line: e.Mark.Line, Msg: e.Message}
	}
	return &Error{File: f.name, Msg: strings.TrimPrefix(err.Error(), "yaml: ")}
}
