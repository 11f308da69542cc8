package sink

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"net/url"
	"os"
)

// ErrExists says that there is an object with this key already.
var ErrExists = errors.New("object exists")

// Store keeps objects under keys, which are relative slash-separated paths.
// Objects are never changed. Names that begin with a dot are the writers' own
// and are not listed.
type Store interface {
	// Create stores an object, durably and as a whole, or returns an error.
	// ErrExists means that the key is taken; of several writers of one key
	// exactly one succeeds. After any other error the object may exist or not.
	Create(ctx context.Context, key string, data []byte) error
	// Open reads an object, or returns ErrNotFound.
	Open(ctx context.Context, key string) (io.ReadCloser, error)
	// List yields the keys that begin with prefix in descending order. It
	// reads as far as the caller does, and ends after an error.
	List(ctx context.Context, prefix string) iter.Seq2[string, error]
	// Close ends the use of the store.
	Close() error
}

// OpenStore opens the store at a URL, file:///absolute/dir or mem://name. A
// folder that does not exist is fs.ErrNotExist.
func OpenStore(rawURL string) (Store, error) {
	if err := validURL(rawURL); err != nil {
		return nil, fmt.Errorf("open store: %w", err)
	}
	u, err := url.Parse(rawURL)
	if err != nil {
		return nil, fmt.Errorf("open store: %w", err)
	}
	if u.Scheme == "mem" {
		return memStoreOf(u.Host), nil
	}
	return openFileStore(u.Path)
}

// CreateStore opens a store and makes its folder when that does not exist.
func CreateStore(rawURL string) (Store, error) {
	s, err := OpenStore(rawURL)
	if !errors.Is(err, fs.ErrNotExist) {
		return s, err
	}
	u, err := url.Parse(rawURL)
	if err != nil {
		return nil, fmt.Errorf("create store: %w", err)
	}
	if err := os.MkdirAll(u.Path, 0o755); err != nil {
		return nil, fmt.Errorf("create store: %w", err)
	}
	return OpenStore(rawURL)
}
