package config

import (
	"reflect"
)

// Schema is the JSON Schema (draft 7) of what Decode takes for a value of v's
// type: keys that it does not know are refused.
func Schema(v any) map[string]any { return schemaOf(reflect.TypeOf(v)) }

var bytesType = reflect.TypeFor[Bytes]()

func schemaOf(t reflect.Type) map[string]any {
	switch {
	case t == durationType:
		return either(map[string]any{"type": "string", "pattern": `^(0|-?([0-9]+(\.[0-9]*)?d([0-9]+(\.[0-9]*)?(ns|us|µs|ms|s|m|h))*|([0-9]+(\.[0-9]*)?(ns|us|µs|ms|s|m|h))+))$`}, map[string]any{"const": 0})
	case t == bytesType:
		return either(map[string]any{"type": "string", "pattern": `^\s*[0-9.]+\s*([KkMmGgTt][Ii]?)?[Bb]?\s*$`}, map[string]any{"type": "integer"})
	}
	switch t.Kind() {
	case reflect.Pointer:
		return schemaOf(t.Elem())
	case reflect.Struct:
		keys := map[string]any{}
		addKeys(keys, t)
		return map[string]any{"type": "object", "additionalProperties": false, "properties": keys}
	case reflect.Slice:
		return map[string]any{"type": "array", "items": schemaOf(t.Elem())}
	case reflect.Map:
		return map[string]any{"type": "object", "additionalProperties": schemaOf(t.Elem())}
	case reflect.String:
		return map[string]any{"type": "string"}
	case reflect.Bool:
		return map[string]any{"type": "boolean"}
	case reflect.Float32, reflect.Float64:
		return map[string]any{"type": "number"}
	default:
		return map[string]any{"type": "integer"}
	}
}

func either(schemas ...any) map[string]any { return map[string]any{"anyOf": schemas} }

// addKeys adds the keys of a struct, as fieldsOf has them.
func addKeys(keys map[string]any, t reflect.Type) {
	for sf := range t.Fields() {
		name, inline := yamlName(sf)
		switch {
		case name == "-" || !sf.IsExported():
		case inline:
			addKeys(keys, sf.Type)
		default:
			keys[name] = schemaOf(sf.Type)
		}
	}
}
