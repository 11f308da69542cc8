package store

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"
)

// memStores holds the mem:// stores by name: whoever opens the same name in
// one process sees the same objects, as the URL promises.
var memStores sync.Map //nolint:gochecknoglobals // the process is the scope of a mem:// URL

type memStore struct {
	mu      sync.RWMutex
	objects map[string]memObject
}

type memObject struct {
	body []byte
	made time.Time
}

func newMemStore() *memStore { return &memStore{objects: map[string]memObject{}} }

func memStoreOf(name string) *memStore {
	s, _ := memStores.LoadOrStore(name, newMemStore())
	return s.(*memStore)
}

func (s *memStore) Create(ctx context.Context, key string, data []byte) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("create %s: %w", key, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, ok := s.objects[key]; ok {
		return fmt.Errorf("create %s: %w", key, ErrExists)
	}
	s.objects[key] = memObject{bytes.Clone(data), time.Now()}
	return nil
}

func (s *memStore) Open(_ context.Context, key string) (io.ReadCloser, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	data, ok := s.objects[key]
	if !ok {
		return nil, fmt.Errorf("open %s: %w", key, ErrNotFound)
	}
	return io.NopCloser(bytes.NewReader(data.body)), nil
}

func (s *memStore) OpenTail(_ context.Context, key string, n int64) (tail []byte, size int64, err error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	data, ok := s.objects[key]
	if !ok {
		return nil, 0, fmt.Errorf("open %s: %w", key, ErrNotFound)
	}
	return bytes.Clone(data.body[max(0, len(data.body)-int(n)):]), int64(len(data.body)), nil
}

func (s *memStore) ReadDir(ctx context.Context, dir string) ([]Entry, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	below := ""
	if dir != "." {
		below = dir + "/"
	}
	found := map[string]Entry{}
	for key, o := range s.objects {
		rest, ok := strings.CutPrefix(key, below)
		if !ok {
			continue
		}
		name, _, isDir := strings.Cut(rest, "/")
		if found[name] = (Entry{Name: name, Dir: true}); !isDir {
			found[name] = Entry{Name: name, Size: int64(len(o.body)), Time: o.made}
		}
	}
	return slices.SortedFunc(maps.Values(found), func(a, b Entry) int { return strings.Compare(a.Name, b.Name) }), nil
}

func (s *memStore) Delete(_ context.Context, key string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.objects, key)
	return nil
}

func (s *memStore) Close() error { return nil }
