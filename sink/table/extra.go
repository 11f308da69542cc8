package table

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
)

// patchOf returns the merge patch (RFC 7396) that makes from into to, two JSON
// objects, or nil when they say the same. A member that is null counts as
// absent.
func patchOf(from, to []byte) (json.RawMessage, error) {
	if bytes.Equal(from, to) {
		return nil, nil
	}
	before, err := object(from)
	if err != nil {
		return nil, err
	}
	after, err := object(to)
	if err != nil {
		return nil, err
	}
	patch := difference(before, after)
	if len(patch) == 0 {
		return nil, nil
	}
	return json.Marshal(patch)
}

// applyPatch returns from with the patch applied to it. A patch that is none
// is ErrCorrupt.
func applyPatch(from, patch []byte) (json.RawMessage, error) {
	if len(patch) == 0 {
		return from, nil
	}
	doc, err := object(from)
	if err != nil {
		return nil, err
	}
	changes, err := object(patch)
	if err != nil {
		return nil, fmt.Errorf("column extra: %w: %w", ErrCorrupt, err)
	}
	return json.Marshal(merge(doc, changes))
}

func difference(from, to map[string]any) map[string]any {
	patch := map[string]any{}
	for key := range from {
		if to[key] == nil {
			patch[key] = nil
		}
	}
	for key, want := range to {
		was, known := from[key]
		if want == nil || known && reflect.DeepEqual(was, want) {
			continue
		}
		inner, ok := want.(map[string]any)
		before, both := was.(map[string]any)
		if !ok || !both {
			patch[key] = want
		} else if changes := difference(before, inner); len(changes) > 0 {
			patch[key] = changes
		}
	}
	return patch
}

// merge is MergePatch of RFC 7396 section 2 for two objects. It changes doc.
func merge(doc, patch map[string]any) map[string]any {
	for key, want := range patch {
		switch want := want.(type) {
		case nil:
			delete(doc, key)
		case map[string]any:
			inner, ok := doc[key].(map[string]any)
			if !ok {
				inner = map[string]any{}
			}
			doc[key] = merge(inner, want)
		default:
			doc[key] = want
		}
	}
	return doc
}

// object reads a JSON object and leaves its numbers as they are written.
func object(data []byte) (map[string]any, error) {
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	var doc map[string]any
	if err := d.Decode(&doc); err != nil {
		return nil, fmt.Errorf("read JSON object: %w", err)
	}
	if doc == nil {
		return nil, fmt.Errorf("read JSON object: it is null")
	}
	return doc, nil
}
