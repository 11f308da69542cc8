// Package store keeps objects where a URL says: in files, in memory, or in a
// bucket. Objects are made once and never changed, so that of several writers
// of one key exactly one succeeds.
package store

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"path"
	"slices"
	"strings"
	"time"
)

// ErrExists says that there is an object with this key already.
var ErrExists = errors.New("object exists")

// ErrNotFound says that there is no such object.
var ErrNotFound = errors.New("object not found")

// Store keeps objects under keys, which are relative slash-separated paths.
type Store interface {
	// Create stores an object, durably and as a whole, or returns an error.
	// ErrExists means that the key is taken; of several writers of one key
	// exactly one succeeds. After any other error the object may exist or not.
	Create(ctx context.Context, key string, data []byte) error
	// Open reads an object, or returns ErrNotFound.
	Open(ctx context.Context, key string) (io.ReadCloser, error)
	// OpenTail returns the last n bytes of an object, all of them if it is
	// shorter, and its size, or returns ErrNotFound.
	OpenTail(ctx context.Context, key string, n int64) (tail []byte, size int64, err error)
	// ReadDir returns what lies directly in a folder, by name in ascending
	// order; "." is the root. A folder that is not there is empty.
	ReadDir(ctx context.Context, dir string) ([]Entry, error)
	// Delete removes an object. One that is not there is no error.
	Delete(ctx context.Context, key string) error
	// Close ends the use of the store.
	Close() error
}

// Entry is an object or a folder.
type Entry struct {
	Name string // without the path
	Dir  bool
	Size int64     // bytes; of an object
	Time time.Time // when the object was made
}

// List yields the keys that begin with prefix in descending order. Names that
// begin with a dot are the writers' own and are left out. It reads as far as
// the caller does, and ends after an error.
func List(ctx context.Context, s Store, prefix string) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		dir := path.Dir(prefix)
		if strings.HasSuffix(prefix, "/") {
			dir = path.Clean(prefix)
		}
		walk(ctx, s, dir, prefix, yield)
	}
}

// walk yields the objects under dir in descending order; false ends it.
func walk(ctx context.Context, s Store, dir, prefix string, yield func(string, error) bool) bool {
	entries, err := s.ReadDir(ctx, dir)
	if err != nil {
		yield("", fmt.Errorf("list %s: %w", prefix, err))
		return false
	}
	for _, e := range slices.Backward(entries) {
		key := path.Join(dir, e.Name)
		switch {
		case strings.HasPrefix(e.Name, "."):
		case e.Dir:
			if !strings.HasPrefix(key+"/", prefix) && !strings.HasPrefix(prefix, key+"/") {
				continue
			}
			if !walk(ctx, s, key, prefix, yield) {
				return false
			}
		case strings.HasPrefix(key, prefix):
			if !yield(key, nil) {
				return false
			}
		}
	}
	return true
}

// ReadAll returns a whole object, or ErrNotFound.
func ReadAll(ctx context.Context, s Store, key string) ([]byte, error) {
	r, err := s.Open(ctx, key)
	if err != nil {
		return nil, err
	}
	data, err := io.ReadAll(r)
	if err := errors.Join(err, r.Close()); err != nil {
		return nil, fmt.Errorf("read %s: %w", key, err)
	}
	return data, nil
}
