package logging

import (
	_ "embed"
	"encoding/json"
	"slices"
	"sync"
)

// Contents is the catalogue as a table: what events.go says of every event
// and of every field, in its order.
type Contents struct {
	Schema string      `json:"schema"`
	Events []EventInfo `json:"events"`
	Fields []FieldInfo `json:"fields"`
}

// EventInfo is what the catalogue says of an event.
type EventInfo struct {
	Name    string     `json:"name"`
	Group   string     `json:"group"`             // the part of the catalogue that it stands in
	Doc     string     `json:"doc"`               // paragraphs, with an empty line between
	Stages  []string   `json:"stages"`            // crawler, parser, sink; process: lines without a stage
	Levels  []string   `json:"levels"`            // debug, info, warn, error
	Fields  []FieldUse `json:"fields"`            // beyond those of every line
	Reasons []string   `json:"reasons,omitempty"` // what the field reason may say, if that is a small set; NNN is a number
}

// FieldUse is a field of an event.
type FieldUse struct {
	Name     string `json:"name"`
	Optional bool   `json:"optional,omitempty"` // not in every line of the event
}

// FieldInfo is what the catalogue says of a field.
type FieldInfo struct {
	Name  string `json:"name"`
	Group string `json:"group"`
	Doc   string `json:"doc"`            // paragraphs, as of events
	Type  string `json:"type"`           // one of the Type constants
	Unit  string `json:"unit,omitempty"` // in words: milliseconds, bytes
}

// The types of fields, as JSON has them.
const (
	TypeString  = "string"
	TypeBoolean = "boolean"
	TypeInteger = "integer"
	TypeNumber  = "number"
	TypeTime    = "time"   // a string, RFC 3339
	TypeCounts  = "counts" // an object of integers
	TypeFields  = "fields" // an object whose fields are those of the catalogue
	TypeObject  = "object" // any
)

//go:embed catalogue.json
var catalogueJSON []byte

var contents = sync.OnceValue(func() *Contents {
	var c Contents
	if err := json.Unmarshal(catalogueJSON, &c); err != nil {
		panic("logging: the catalogue is broken: " + err.Error()) // a test would have failed
	}
	return &c
})

// Catalogue returns the catalogue. It is shared: nobody changes it.
func Catalogue() *Contents { return contents() }

// Event returns what the catalogue says of an event, or nil.
func (c *Contents) Event(name string) *EventInfo {
	if i := slices.IndexFunc(c.Events, func(e EventInfo) bool { return e.Name == name }); i >= 0 {
		return &c.Events[i]
	}
	return nil
}

// Field returns what the catalogue says of a field, or nil.
func (c *Contents) Field(name string) *FieldInfo {
	if i := slices.IndexFunc(c.Fields, func(f FieldInfo) bool { return f.Name == name }); i >= 0 {
		return &c.Fields[i]
	}
	return nil
}

// Has says whether the event has a field, beyond those of every line.
func (e *EventInfo) Has(field string) bool {
	return slices.ContainsFunc(e.Fields, func(use FieldUse) bool { return use.Name == field })
}
