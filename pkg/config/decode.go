package config

import (
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"
)

const (
	maxDepth = 64 // bounds aliases that contain themselves
	// maxAliased bounds the values that aliases stand for: aliases of aliases of
	// aliases make a small file say without end.
	maxAliased = 100_000
)

// decoder walks a YAML tree and a Go value together and collects the faults.
// It does structs, pointers, slices and maps itself, so that it knows the path
// and the line of each fault, and leaves scalars to the YAML package.
type decoder struct {
	file   string
	faults []error
	depth  int

	within  int // how many aliases and merges the value in work lies within
	aliased int // values within such, so far
}

func (d *decoder) decode(n *yaml.Node, path string, into any) {
	v := reflect.ValueOf(into)
	if v.Kind() != reflect.Pointer || v.IsNil() {
		panic(fmt.Sprintf("config: decode into %T, which is no pointer", into))
	}
	d.value(n, path, v.Elem())
}

// err joins the faults found so far.
func (d *decoder) err() error { return errors.Join(d.faults...) }

// tooMany counts the values within aliases, and says whether there were more
// than maxAliased, which is one fault.
func (d *decoder) tooMany(n *yaml.Node, values int) bool {
	if d.within == 0 {
		return false
	}
	before := d.aliased
	if d.aliased += values; d.aliased <= maxAliased {
		return false
	}
	if before <= maxAliased {
		d.fault(n.Line, "", "the file's aliases stand for more than %d values", maxAliased)
	}
	return true
}

func (d *decoder) fault(line int, path, format string, args ...any) {
	d.faults = append(d.faults, &Error{File: d.file, Line: line, Path: path, Msg: fmt.Sprintf(format, args...)})
}

func (d *decoder) unknown(line int, path, key string, known []string) {
	full := key
	if path != "" {
		full = path + "." + key
	}
	msg := "unknown key " + full
	if path == "" {
		msg = "unknown section " + full
	}
	if near := Nearest(key, known); near != "" {
		msg += "; did you mean " + near + "?"
	} else if len(known) > 0 {
		msg += "; known are " + strings.Join(known, ", ")
	}
	d.fault(line, "", "%s", msg)
}

// validate adds what a Validate method reports, fault by fault.
func (d *decoder) validate(section string, err error) {
	if err == nil {
		return
	}
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		for _, e := range joined.Unwrap() {
			d.validate(section, e)
		}
		return
	}
	d.faults = append(d.faults, &validationError{&Error{File: d.file, Path: section, Msg: err.Error()}, err})
}

// validationError is an Error that keeps its cause.
type validationError struct {
	fault *Error
	cause error
}

func (e *validationError) Error() string   { return e.fault.Error() }
func (e *validationError) Unwrap() []error { return []error{e.fault, e.cause} }

func (d *decoder) value(n *yaml.Node, path string, v reflect.Value) {
	if d.depth++; d.depth > maxDepth {
		d.fault(n.Line, path, "nested deeper than %d levels", maxDepth)
		return
	}
	defer func() { d.depth-- }()
	if n.Kind == yaml.AliasNode {
		d.within++
		defer func() { d.within-- }()
	}
	if n = resolve(n); d.tooMany(n, 1) {
		return
	}
	switch {
	case isNull(n): // "crawler:" with nothing below keeps the defaults
	case v.Addr().Type().Implements(unmarshaler) || v.Addr().Type().Implements(textUnmarshaler):
		d.leaf(n, path, v)
	case v.Kind() == reflect.Pointer:
		if v.IsNil() {
			v.Set(reflect.New(v.Type().Elem()))
		}
		d.value(n, path, v.Elem())
	case v.Kind() == reflect.Struct:
		d.structure(n, path, v)
	case v.Kind() == reflect.Slice:
		d.slice(n, path, v)
	case v.Kind() == reflect.Map && v.Type().Key().Kind() == reflect.String:
		d.mapping(n, path, v)
	default:
		d.leaf(n, path, v)
	}
}

func (d *decoder) structure(n *yaml.Node, path string, v reflect.Value) {
	fields := fieldsOf(v)
	for _, e := range d.entries(n, path) {
		f, ok := fields[e.key]
		if !ok {
			d.unknown(e.line, path, e.key, names(v))
			continue
		}
		d.value(e.value, path+"."+e.key, f)
	}
}

func (d *decoder) slice(n *yaml.Node, path string, v reflect.Value) {
	if n.Kind != yaml.SequenceNode {
		d.fault(n.Line, path, "must be a list")
		return
	}
	out := reflect.MakeSlice(v.Type(), len(n.Content), len(n.Content))
	for i, item := range n.Content {
		d.value(item, path+"["+strconv.Itoa(i)+"]", out.Index(i))
	}
	v.Set(out)
}

// mapping adds to the map that v holds; an element that exists already is
// decoded over.
func (d *decoder) mapping(n *yaml.Node, path string, v reflect.Value) {
	out := reflect.MakeMap(v.Type())
	for _, key := range v.MapKeys() {
		out.SetMapIndex(key, v.MapIndex(key))
	}
	for _, e := range d.entries(n, path) {
		key := reflect.ValueOf(e.key).Convert(v.Type().Key())
		item := reflect.New(v.Type().Elem()).Elem()
		if old := out.MapIndex(key); old.IsValid() {
			item.Set(old)
		}
		d.value(e.value, path+"."+e.key, item)
		out.SetMapIndex(key, item)
	}
	v.Set(out)
}

// leaf decodes a scalar or a type that decodes itself.
func (d *decoder) leaf(n *yaml.Node, path string, v reflect.Value) {
	if v.Type() == durationType && n.Kind == yaml.ScalarNode && n.ShortTag() != "!!str" && n.Value != "0" {
		d.fault(n.Line, path, "%s has no unit; write %s", n.Value, aDuration)
		return
	}
	if v.Type() == durationType && n.Kind == yaml.ScalarNode && n.ShortTag() == "!!str" {
		if duration, err := ParseDuration(n.Value); err == nil {
			v.SetInt(int64(duration))
			return
		}
		d.fault(n.Line, path, "%q is not %s", n.Value, aDuration)
		return
	}
	err := n.Decode(v.Addr().Interface())
	if err == nil {
		return
	}
	if n.Kind == yaml.ScalarNode && !v.Addr().Type().Implements(unmarshaler) {
		d.fault(n.Line, path, "%q is not %s", n.Value, wanted(v.Type()))
		return
	}
	line, msg := n.Line, strings.TrimPrefix(err.Error(), "yaml: ")
	if errs, ok := errors.AsType[*yaml.LoadErrors](err); ok && len(errs.Errors) > 0 {
		line, msg = errs.Errors[0].Mark.Line, errs.Errors[0].Message
	}
	d.fault(line, path, "%s", msg)
}

// wanted says in words what a scalar of type t looks like.
func wanted(t reflect.Type) string {
	switch {
	case t == durationType:
		return aDuration
	case t.Kind() == reflect.Bool:
		return "true or false"
	case t.Kind() >= reflect.Int && t.Kind() <= reflect.Int64:
		return "a whole number" + width(t)
	case t.Kind() >= reflect.Uint && t.Kind() <= reflect.Uint64:
		return "a whole number from 0 up" + width(t)
	case t.Kind() == reflect.Float32 || t.Kind() == reflect.Float64:
		return "a number"
	default:
		return "a " + t.String()
	}
}

func width(t reflect.Type) string {
	if t.Bits() == 64 {
		return ""
	}
	return fmt.Sprintf(" of %d bits", t.Bits())
}

type entry struct {
	key   string
	line  int
	value *yaml.Node
}

// entries lists what a mapping holds: merged mappings (<<) first, so that what
// stands in the mapping itself wins.
func (d *decoder) entries(n *yaml.Node, path string) []entry {
	n = resolve(n)
	if n.Kind != yaml.MappingNode {
		d.fault(n.Line, path, "must be a mapping of keys to values")
		return nil
	}
	if d.tooMany(n, len(n.Content)/2) {
		return nil
	}
	var merged, own []entry
	seen := map[string]int{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		if key.Value == "<<" {
			merged = append(merged, d.merge(value, path)...)
			continue
		}
		if first, twice := seen[key.Value]; twice {
			d.fault(key.Line, "", "key %s stands twice, first in line %d", strings.TrimPrefix(path+"."+key.Value, "."), first)
			continue
		}
		seen[key.Value] = key.Line
		own = append(own, entry{key.Value, key.Line, value})
	}
	return append(merged, own...)
}

func (d *decoder) merge(n *yaml.Node, path string) []entry {
	if d.depth++; d.depth > maxDepth {
		d.fault(n.Line, path, "nested deeper than %d levels", maxDepth)
		return nil
	}
	d.within++
	defer func() { d.depth--; d.within-- }()
	if n = resolve(n); n.Kind != yaml.SequenceNode {
		return d.entries(n, path)
	}
	var all []entry
	for _, m := range slices.Backward(n.Content) { // the first of several wins
		if d.tooMany(m, 1) {
			break
		}
		all = append(all, d.entries(m, path)...)
	}
	return all
}

var (
	unmarshaler     = reflect.TypeFor[yaml.Unmarshaler]()
	textUnmarshaler = reflect.TypeFor[interface{ UnmarshalText([]byte) error }]()
	durationType    = reflect.TypeFor[time.Duration]()
)

func resolve(n *yaml.Node) *yaml.Node {
	for n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	return n
}

func isNull(n *yaml.Node) bool { return n.Kind == yaml.ScalarNode && n.ShortTag() == "!!null" }

// fieldsOf maps the YAML names of a struct's exported fields, inlined structs
// included, to the fields.
func fieldsOf(v reflect.Value) map[string]reflect.Value {
	fields := map[string]reflect.Value{}
	for sf, f := range v.Fields() {
		name, inline := yamlName(sf)
		switch {
		case name == "-" || !sf.IsExported():
		case inline:
			maps.Copy(fields, fieldsOf(f))
		default:
			fields[name] = f
		}
	}
	return fields
}

// names lists the YAML names of a struct's fields in their order.
func names(v reflect.Value) []string {
	var all []string
	for sf, f := range v.Fields() {
		name, inline := yamlName(sf)
		switch {
		case name == "-" || !sf.IsExported():
		case inline:
			all = append(all, names(f)...)
		default:
			all = append(all, name)
		}
	}
	return all
}

func yamlName(sf reflect.StructField) (name string, inline bool) {
	name, opts, _ := strings.Cut(sf.Tag.Get("yaml"), ",")
	if name == "" {
		name = strings.ToLower(sf.Name)
	}
	return name, strings.Contains(opts, "inline")
}
