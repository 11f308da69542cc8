package news

import (
	"reflect"
	"strings"
	"time"
)

// JSONSchema returns the JSON Schema (draft 2020-12) of an article, made from
// the type itself: fields that may be absent are not required, and readers
// have to accept fields that are not there yet.
func JSONSchema() map[string]any {
	s := messageSchema(reflect.TypeFor[Article](), Schema, "id", "rev")
	s["title"] = "A news article, " + Schema
	s["description"] = "What a sink writes, one a line. A sink with takedowns writes messages of the schema " + TakedownSchema + " between them."
	return s
}

// TakedownJSONSchema returns the JSON Schema of a takedown.
func TakedownJSONSchema() map[string]any {
	s := messageSchema(reflect.TypeFor[Takedown](), TakedownSchema, "id")
	s["title"] = "An article's page is gone, " + TakedownSchema
	return s
}

// messageSchema returns the schema of a message with the given name, whose
// named fields are ids.
func messageSchema(t reflect.Type, name string, ids ...string) map[string]any {
	s := schemaOf(t)
	s["$schema"] = "https://json-schema.org/draft/2020-12/schema"
	s["$id"] = "urn:pressmill:" + name
	properties, _ := s["properties"].(map[string]any)
	properties["schema"] = map[string]any{"const": name}
	for _, id := range ids {
		properties[id] = map[string]any{"type": "string", "pattern": "^[0-9a-f]{16}$"}
	}
	return s
}

// enum returns the values of a type that has a closed set of them, or nil.
func enum(t reflect.Type) []string {
	switch t {
	case reflect.TypeFor[Kind]():
		return []string{string(KindNews), string(KindOpinion), string(KindLiveblog), string(KindGallery), string(KindVideo), string(KindUnknown)}
	case reflect.TypeFor[BlockType]():
		return []string{
			string(BlockStandfirst), string(BlockParagraph), string(BlockHeading), string(BlockListItem),
			string(BlockQuote), string(BlockTable), string(BlockEmbed), string(BlockFactBox),
		}
	case reflect.TypeFor[Precision]():
		return []string{string(PrecisionSecond), string(PrecisionMinute), string(PrecisionDay)}
	case reflect.TypeFor[ZoneSource]():
		return []string{string(ZoneExplicit), string(ZoneSiteDefault), string(ZoneUnknown)}
	}
	return nil
}

func schemaOf(t reflect.Type) map[string]any {
	if values := enum(t); values != nil {
		return map[string]any{"type": "string", "enum": values}
	}
	if t == reflect.TypeFor[time.Time]() {
		return map[string]any{"type": "string", "format": "date-time"}
	}
	switch t.Kind() {
	case reflect.Pointer:
		return schemaOf(t.Elem())
	case reflect.Slice:
		return map[string]any{"type": "array", "items": schemaOf(t.Elem())}
	case reflect.Map:
		return map[string]any{"type": "object", "additionalProperties": schemaOf(t.Elem())}
	case reflect.Struct:
		return objectSchema(t)
	case reflect.Bool:
		return map[string]any{"type": "boolean"}
	case reflect.Int:
		return map[string]any{"type": "integer"}
	case reflect.Float64:
		return map[string]any{"type": "number"}
	default:
		return map[string]any{"type": "string"}
	}
}

func objectSchema(t reflect.Type) map[string]any {
	properties, required := map[string]any{}, []string{}
	for f := range t.Fields() {
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		properties[name] = schemaOf(f.Type)
		if !strings.Contains(options, "omitempty") && !strings.Contains(options, "omitzero") {
			required = append(required, name)
		}
	}
	return map[string]any{"type": "object", "properties": properties, "required": required}
}
