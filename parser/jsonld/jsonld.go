// Package jsonld reads the JSON that pages carry in script elements, broken as
// it often is. A Document is filled in one walk over the page's bytes and can
// be used again for the next page; its Values are places in the page, decoded
// only when they are asked for.
package jsonld

import (
	"bytes"
	"iter"
)

// Kind is what a Value is.
type Kind uint8

// The kinds of values. Absent is the kind of the zero Value.
const (
	Absent Kind = iota
	Null
	Bool
	Number
	String
	Array
	Object
)

// maxDepth bounds how deep values are nested; what lies deeper is left out.
const maxDepth = 64

// maxValues bounds the values of a document; reading ends with the last.
const maxValues = 1 << 17

// node is one value. Nodes lie in document order: the children of node i are
// i+1, its next, and so on, up to the next of i.
type node struct {
	kind           Kind
	next           int32
	keyFrom, keyTo int32 // of a member of an object
	from, to       int32 // the text of a scalar
}

// Document holds the values of one page. Reset makes it ready for another; it
// ends the use of all Values that came from it.
type Document struct {
	src   []byte
	nodes []node
	open  []int32 // arrays and objects that are open, outermost first
}

// Reset forgets all values; those to come are read from src, which must not
// change as long as they are used.
func (d *Document) Reset(src []byte) {
	d.src = src
	d.nodes = d.nodes[:0]
}

// Value is a place in a Document. The zero Value is absent, as is what is asked
// of it.
type Value struct {
	d *Document
	i int32
}

// Kind returns what v is.
func (v Value) Kind() Kind {
	if v.d == nil {
		return Absent
	}
	return v.d.nodes[v.i].kind
}

// Exists says whether v is there and not null.
func (v Value) Exists() bool { return v.Kind() > Null }

// Get returns the member of an object with the key, the last one of several.
func (v Value) Get(key string) Value {
	var out Value
	if v.Kind() != Object {
		return out
	}
	for m := range v.children() {
		n := &v.d.nodes[m.i]
		if int(n.keyTo-n.keyFrom) == len(key) && string(v.d.src[n.keyFrom:n.keyTo]) == key {
			out = m
		}
	}
	return out
}

// Len returns how many items or members v has.
func (v Value) Len() int {
	n := 0
	for range v.children() {
		n++
	}
	return n
}

// List yields the items of an array; of another value that value alone; of null
// and of an absent value nothing.
func (v Value) List() iter.Seq[Value] {
	return func(yield func(Value) bool) { v.list(yield) } // small enough to be inlined, so that a loop allocates nothing
}

func (v Value) list(yield func(Value) bool) {
	switch v.Kind() {
	case Array:
		for item := range v.children() {
			if !yield(item) {
				return
			}
		}
	case Absent, Null:
	default:
		yield(v)
	}
}

func (v Value) children() iter.Seq[Value] {
	return func(yield func(Value) bool) {
		if k := v.Kind(); k != Array && k != Object {
			return
		}
		for i := v.i + 1; i < v.d.nodes[v.i].next; i = v.d.nodes[i].next {
			if !yield(Value{v.d, i}) {
				return
			}
		}
	}
}

// Raw returns the bytes of a scalar as they stand in the page, without quotes
// and with escapes: a part of the page, to be looked at and not kept.
func (v Value) Raw() []byte {
	if v.d == nil {
		return nil
	}
	n := &v.d.nodes[v.i]
	return v.d.src[n.from:n.to]
}

// String returns a copy of the text of a scalar with its escapes decoded, or "".
func (v Value) String() string {
	raw := v.Raw()
	if bytes.IndexByte(raw, '\\') < 0 {
		return string(raw)
	}
	return string(appendDecoded(make([]byte, 0, len(raw)), raw))
}

// Start returns the beginning of the text of a scalar, of n bytes in the page; a
// rune or an escape may be cut.
func (v Value) Start(n int) string {
	raw := v.Raw()
	return string(appendDecoded(nil, raw[:min(n, len(raw))]))
}
