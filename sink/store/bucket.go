package store

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"path"
	"slices"
	"strings"
	"sync"
	"time"

	"gocloud.dev/blob"
	"gocloud.dev/gcerrors"
)

// MaxObject is the size of the largest object that is put into a bucket: one
// request carries it whole, because parts that are never completed would stay.
const MaxObject = 1 << 30

// createTries is how often an object is put whose place another request holds.
const createTries = 6

// bucketStore keeps objects in a bucket of a provider, below a prefix. Every
// operation ends within a time that follows from its size.
type bucketStore struct {
	target
	bucket  *blob.Bucket // below the prefix
	timeout time.Duration
	// put makes an object that does not exist, in one request.
	put func(ctx context.Context, key, mediaType string, data []byte) error
	// credentials says why there are none, or nil; it may be nil.
	credentials func(ctx context.Context) error
	close       func() error // may be nil

	// checking says that the bucket is to be checked before it is written to, and
	// checked that it was.
	checking bool
	checkMu  sync.Mutex
	checked  bool
}

func openBucket(ctx context.Context, t target) (*bucketStore, error) {
	s := &bucketStore{target: t, timeout: t.timeout()}
	openers := map[string]func(context.Context, *bucketStore) error{"s3": openS3, "gs": openGCS, "azblob": openAzure}
	if err := openers[t.scheme](ctx, s); err != nil {
		return nil, fmt.Errorf("%s: %w", s, err)
	}
	if t.path != "" {
		s.bucket = blob.PrefixedBucket(s.bucket, t.path+"/")
	}
	return s, nil
}

// String names the store without its parameters.
func (s *bucketStore) String() string {
	return strings.TrimSuffix(s.scheme+"://"+path.Join(s.name, s.path), "/")
}

// within bounds an operation on so many bytes.
func (s *bucketStore) within(ctx context.Context, size int) (context.Context, context.CancelFunc) {
	return context.WithTimeoutCause(ctx, s.timeout+time.Duration(size)*time.Second/slowest,
		fmt.Errorf("%s did not answer within %v", s, s.timeout))
}

func (s *bucketStore) Create(ctx context.Context, key string, data []byte) error {
	if len(data) > MaxObject {
		return fmt.Errorf("create %s: %d bytes are more than a request may carry, which is %d", key, len(data), MaxObject)
	}
	err := s.ensure(ctx)
	if err == nil {
		err = s.create(ctx, key, data)
	}
	if err != nil {
		return fmt.Errorf("create %s: %w", key, err)
	}
	return nil
}

func (s *bucketStore) create(ctx context.Context, key string, data []byte) error {
	ctx, cancel := s.within(ctx, len(data))
	defer cancel()
	if err := s.putAgain(ctx, key, data); err != nil {
		return s.reason(ctx, err)
	}
	return nil
}

// putAgain tries again when requests for one key have met. When one of our own
// tries has succeeded without our knowing, the next one finds the object.
func (s *bucketStore) putAgain(ctx context.Context, key string, data []byte) error {
	for try := range createTries {
		err := s.put(ctx, key, mediaType(key), data)
		if err == nil {
			return nil
		}
		if gcerrors.Code(err) == gcerrors.FailedPrecondition || statusOf(err) == 412 {
			return ErrExists
		}
		if statusOf(err) != 409 || try == createTries-1 {
			return err
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(rand.N(20 * time.Millisecond << try)):
		}
	}
	return nil
}

func (s *bucketStore) Open(ctx context.Context, key string) (io.ReadCloser, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	watch := time.AfterFunc(s.timeout, func() { cancel(fmt.Errorf("%s sent nothing for %v", s, s.timeout)) })
	r, err := s.bucket.NewReader(ctx, key, nil)
	watch.Stop()
	if err != nil {
		err = s.reason(ctx, err)
		cancel(nil)
		return nil, fmt.Errorf("open %s: %w", key, err)
	}
	return &watchedReader{r: r, watch: watch, limit: s.timeout, cause: func() error { return context.Cause(ctx) }, cancel: cancel}, nil
}

// watchedReader gives up when a read takes too long.
type watchedReader struct {
	r      io.ReadCloser
	watch  *time.Timer // runs during a read
	limit  time.Duration
	cause  func() error // why the reading was given up, or nil
	cancel context.CancelCauseFunc
}

func (w *watchedReader) Read(p []byte) (int, error) {
	w.watch.Reset(w.limit)
	n, err := w.r.Read(p)
	w.watch.Stop()
	if cause := w.cause(); err != nil && !errors.Is(err, io.EOF) && cause != nil {
		err = cause
	}
	return n, err
}

func (w *watchedReader) Close() error {
	err := w.r.Close()
	w.cancel(nil)
	return err
}

func (s *bucketStore) OpenTail(ctx context.Context, key string, n int64) (tail []byte, size int64, err error) {
	ctx, cancel := s.within(ctx, int(n))
	defer cancel()
	if tail, size, err = s.readTail(ctx, key, n); err != nil {
		return nil, 0, fmt.Errorf("read %s: %w", key, s.reason(ctx, err))
	}
	return tail, size, nil
}

func (s *bucketStore) readTail(ctx context.Context, key string, n int64) (tail []byte, size int64, err error) {
	about, err := s.bucket.Attributes(ctx, key)
	if err != nil {
		return nil, 0, err
	}
	n = min(n, about.Size)
	r, err := s.bucket.NewRangeReader(ctx, key, about.Size-n, n, nil)
	if err != nil {
		return nil, 0, err
	}
	tail = make([]byte, n)
	_, err = io.ReadFull(r, tail)
	return tail, about.Size, errors.Join(err, r.Close())
}

func (s *bucketStore) ReadDir(ctx context.Context, dir string) ([]Entry, error) {
	prefix := dir + "/"
	if dir == "." {
		prefix = ""
	}
	var entries []Entry
	for token := blob.FirstPageToken; token != nil; {
		page, next, err := s.readPage(ctx, prefix, token)
		if err != nil {
			return nil, err
		}
		for _, o := range page {
			name := strings.TrimSuffix(strings.TrimPrefix(o.Key, prefix), "/")
			if name == "" {
				continue // what consoles make for a folder
			}
			entries = append(entries, Entry{Name: name, Dir: o.IsDir, Size: o.Size, Time: o.ModTime})
		}
		token = next
	}
	slices.SortFunc(entries, func(a, b Entry) int { return strings.Compare(a.Name, b.Name) })
	return entries, nil
}

func (s *bucketStore) readPage(ctx context.Context, prefix string, token []byte) (page []*blob.ListObject, next []byte, err error) {
	ctx, cancel := s.within(ctx, 0)
	defer cancel()
	page, next, err = s.bucket.ListPage(ctx, token, 1000, &blob.ListOptions{Prefix: prefix, Delimiter: "/"})
	if err == nil {
		return page, next, nil
	}
	if err = s.reason(ctx, err); errors.Is(err, ErrNotFound) {
		err = errNoBucket // an empty folder is no error
	}
	return nil, nil, err
}

func (s *bucketStore) Delete(ctx context.Context, key string) error {
	ctx, cancel := s.within(ctx, 0)
	defer cancel()
	err := s.bucket.Delete(ctx, key)
	if err == nil {
		return nil
	}
	if err = s.reason(ctx, err); errors.Is(err, ErrNotFound) {
		return nil
	}
	return fmt.Errorf("delete %s: %w", key, err)
}

func (s *bucketStore) Close() error {
	err := s.bucket.Close()
	if s.close != nil {
		err = errors.Join(err, s.close())
	}
	return err
}
