package sink

import (
	"context"
	"io"
	"sync"
	"time"

	"pressmill/sink/store"
)

// slowestWrite is the rate, in bytes a second, below which a write does not count
// as work that goes on: that below which a bucket gives it up.
const slowestWrite = 256 << 10

// beatingStore beats with every step of a store that is used. What an epoch skips
// are the objects of a week, and no partition may get on before it has read them:
// a worker that says nothing meanwhile is taken for dead, and its next one again.
type beatingStore struct {
	store.Store
	beat func()
}

func (s beatingStore) Create(ctx context.Context, key string, data []byte) error {
	beating, stop := context.WithTimeout(ctx, time.Minute+time.Duration(len(data))*time.Second/slowestWrite)
	var wg sync.WaitGroup
	defer wg.Wait()
	defer stop()
	wg.Go(func() {
		for ; beating.Err() == nil; pause(beating, beatEvery) {
			s.beat()
		}
	})
	return s.Store.Create(ctx, key, data)
}

func (s beatingStore) Open(ctx context.Context, key string) (io.ReadCloser, error) {
	s.beat()
	r, err := s.Store.Open(ctx, key)
	if err != nil {
		return nil, err
	}
	return beatingReader{r, s.beat}, nil
}

func (s beatingStore) ReadDir(ctx context.Context, dir string) ([]store.Entry, error) {
	s.beat()
	return s.Store.ReadDir(ctx, dir)
}

func (s beatingStore) OpenTail(ctx context.Context, key string, n int64) (tail []byte, size int64, err error) {
	s.beat()
	return s.Store.OpenTail(ctx, key, n)
}

type beatingReader struct {
	io.ReadCloser
	beat func()
}

func (r beatingReader) Read(p []byte) (int, error) {
	r.beat()
	return r.ReadCloser.Read(p)
}
