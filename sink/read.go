package sink

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"slices"
)

// Object is one object, read back and checked.
type Object struct {
	Key  string
	Meta Meta
	Body []byte // JSON lines
}

// Objects yields all objects of a store, of every prefix, in the order of their
// keys. An object that does not hold what its metadata says is ErrCorrupt; the
// iteration goes on after it, but ends when the store cannot be listed.
func Objects(ctx context.Context, s Store) iter.Seq2[Object, error] {
	return func(yield func(Object, error) bool) {
		var keys []objectKey
		for name, err := range s.List(ctx, "") {
			if err != nil {
				yield(Object{}, err)
				return
			}
			if k, err := parseKey(name); err == nil {
				keys = append(keys, k)
			}
		}
		for _, k := range slices.Backward(keys) {
			m, body, err := getObject(ctx, s, k)
			if !yield(Object{Key: k.String(), Meta: m, Body: body}, err) {
				return
			}
		}
	}
}

// Read yields the articles of all objects of a store in the order of Objects.
// An error stands for one object, none of whose articles are yielded.
func Read(ctx context.Context, s Store) iter.Seq2[json.RawMessage, error] {
	return func(yield func(json.RawMessage, error) bool) {
		for o, err := range Objects(ctx, s) {
			if err != nil {
				if !yield(nil, err) {
					return
				}
				continue
			}
			for line := range lines(o.Body) {
				if !yield(line, nil) {
					return
				}
			}
		}
	}
}

// ReadURL is Read for the store at a URL.
func ReadURL(ctx context.Context, rawURL string) iter.Seq2[json.RawMessage, error] {
	return func(yield func(json.RawMessage, error) bool) {
		s, err := OpenStore(rawURL)
		if err != nil {
			yield(nil, err)
			return
		}
		defer func() { _ = s.Close() }()
		for a, err := range Read(ctx, s) {
			if err != nil {
				err = fmt.Errorf("read %s: %w", rawURL, err)
			}
			if !yield(a, err) {
				return
			}
		}
	}
}
