package segment

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"slices"

	"pressmill/sink/store"
)

// Object is one object, read back and checked.
type Object struct {
	Key  Key
	Meta Meta
	Body []byte // JSON lines
}

// Objects yields all objects of a store, of every prefix, day by day and in the
// order of their keys, while others merge and rewrite them. Of one that came in
// the place of others the body has what these did not have. An object that does
// not hold what its metadata says is ErrCorrupt; the iteration goes on after it,
// but ends when the store cannot be listed.
func Objects(ctx context.Context, s store.Store) iter.Seq2[Object, error] {
	return func(yield func(Object, error) bool) {
		days, err := Days(ctx, s, "")
		if err != nil {
			yield(Object{}, err)
			return
		}
		for _, d := range days {
			all, err := d.List(ctx, s)
			if err != nil {
				yield(Object{}, err)
				return
			}
			live := LiveOf(all)
			slices.SortFunc(live, func(a, b Listed) int { return cmp.Compare(a.String(), b.String()) })
			if !yieldObjects(ctx, s, d, inOrder(live), yield) {
				return
			}
		}
	}
}

// yieldObjects yields objects of one day; false ends it.
func yieldObjects(ctx context.Context, s store.Store, d Day, source func() (Listed, bool), yield func(Object, error) bool) bool {
	r := newReader(s, d)
	a := newAhead(ctx, aheadCount, source, r.get)
	defer a.stop()
	for {
		of, o, err, ok := a.next()
		if !ok {
			return true
		}
		if o, ok, err = r.settle(ctx, of.Key, o, err); ok && !yield(o, err) {
			return false
		}
	}
}

// Read yields the articles of all objects of a store in the order of Objects,
// without those that were deleted. An error stands for one object, none of
// whose articles are yielded.
func Read(ctx context.Context, s store.Store) iter.Seq2[json.RawMessage, error] {
	return func(yield func(json.RawMessage, error) bool) {
		graves := newGraves(s)
		for o, err := range Objects(ctx, s) {
			var buried map[string]bool
			if err == nil {
				buried, err = graves.of(ctx, o.Key)
			}
			if err != nil {
				if !yield(nil, err) {
					return
				}
				continue
			}
			for line := range Lines(o.Body) {
				if !isBuried(buried, line) && !yield(line, nil) {
					return
				}
			}
		}
	}
}

// ReadURL is Read for the store at a URL.
func ReadURL(ctx context.Context, rawURL string) iter.Seq2[json.RawMessage, error] {
	return func(yield func(json.RawMessage, error) bool) {
		s, err := store.Open(rawURL)
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

// Lines yields the lines of a body without their ends.
func Lines(body []byte) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		for line := range bytes.Lines(body) {
			if !yield(bytes.TrimSuffix(line, []byte{'\n'})) {
				return
			}
		}
	}
}
