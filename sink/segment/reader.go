package segment

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"hash/maphash"

	"pressmill/sink/store"
)

// reader reads the objects of one day while others merge and rewrite them: no
// line is yielded twice or left out because its object was replaced meanwhile.
type reader struct {
	store store.Store
	day   Day
	seed  maphash.Seed
	// lines are the hashes of those yielded, by chain and epoch.
	lines map[string]map[uint64]struct{}
	// instead are objects that were read in the place of others.
	instead []Key
}

func newReader(s store.Store, d Day) *reader {
	return &reader{store: s, day: d, seed: maphash.MakeSeed(), lines: map[string]map[uint64]struct{}{}}
}

// get reads an object.
func (r *reader) get(ctx context.Context, k Key) (Object, error) {
	m, body, err := Get(ctx, r.store, k)
	return Object{Key: k, Meta: m, Body: body}, err
}

// settle makes of what get returned for k what is to be yielded. ok is false
// when there is nothing, because another object had it already.
func (r *reader) settle(ctx context.Context, k Key, o Object, err error) (_ Object, ok bool, _ error) {
	for _, other := range r.instead {
		if other.Covers(k) {
			return o, false, nil
		}
	}
	if errors.Is(err, store.ErrNotFound) {
		if o, err = r.replacement(ctx, k); err == nil {
			o.Body = r.unseen(o)
			r.instead = append(r.instead, o.Key)
		}
	}
	if err != nil {
		return Object{Key: k, Meta: o.Meta}, true, err
	}
	seen := r.seen(k)
	for line := range Lines(o.Body) {
		seen[maphash.Bytes(r.seed, line)] = struct{}{}
	}
	return o, true, nil
}

// replacement reads the object that holds what k held.
func (r *reader) replacement(ctx context.Context, k Key) (o Object, err error) {
	for range listings {
		all, err := r.day.List(ctx, r.store)
		if err != nil {
			return o, err
		}
		by, found := coverOf(LiveOf(all), k)
		if !found {
			break
		}
		if o, err = r.get(ctx, by); !errors.Is(err, store.ErrNotFound) {
			return o, err
		}
	}
	return o, fmt.Errorf("read %s: %w", k, store.ErrNotFound)
}

func coverOf(live []Listed, k Key) (Key, bool) {
	for _, l := range live {
		if l.Covers(k) {
			return l.Key, true
		}
	}
	return Key{}, false
}

// unseen returns the lines of an object that were not yielded out of others.
func (r *reader) unseen(o Object) []byte {
	seen := r.seen(o.Key)
	var rest bytes.Buffer
	for line := range bytes.Lines(o.Body) {
		if _, ok := seen[maphash.Bytes(r.seed, bytes.TrimSuffix(line, []byte{'\n'}))]; !ok {
			rest.Write(line)
		}
	}
	return rest.Bytes()
}

func (r *reader) seen(k Key) map[uint64]struct{} {
	name := k.Chain() + k.Epoch.String()
	if r.lines[name] == nil {
		r.lines[name] = map[uint64]struct{}{}
	}
	return r.lines[name]
}
