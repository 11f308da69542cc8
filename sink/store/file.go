package store

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

const (
	tmpDir = ".tmp"
	// tmpAge is how old the leftovers of a dead writer must be.
	tmpAge = time.Minute
	// strayAge is how old a temporary file without a writer's lock must be.
	strayAge = 24 * time.Hour
)

// fileStore keeps objects as files under one folder. An object is written to
// a temporary file in the same file system, synced, and then linked to its
// name: link(2) fails when the name exists, so a name appears once, and whole.
//
// The temporary files of a writer begin with its id, and the writer holds a
// flock on .tmp/<id>.lock as long as it lives, so that leftovers are known.
type fileStore struct {
	root *os.Root

	mu   sync.Mutex
	lock *os.File // nil before the first Create
	id   string
	next atomic.Uint64
}

func openFileStore(dir string) (*fileStore, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	return &fileStore{root: root}, nil
}

func (s *fileStore) Create(ctx context.Context, key string, data []byte) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("create %s: %w", key, err)
	}
	if err := s.begin(); err != nil {
		return fmt.Errorf("create %s: %w", key, err)
	}
	// An object that exists spares the write; the link decides all the same.
	if _, err := s.root.Lstat(key); err == nil {
		return s.exists(key)
	}
	tmp := fmt.Sprintf("%s/%s.%d", tmpDir, s.id, s.next.Add(1))
	defer func() { _ = s.root.Remove(tmp) }()
	if err := s.writeSynced(tmp, data); err != nil {
		return fmt.Errorf("create %s: %w", key, err)
	}
	if err := s.mkdirSynced(path.Dir(key)); err != nil {
		return fmt.Errorf("create %s: %w", key, err)
	}
	if err := s.root.Link(tmp, key); errors.Is(err, fs.ErrExist) {
		return s.exists(key)
	} else if err != nil {
		return fmt.Errorf("create %s: %w", key, err)
	}
	if err := s.syncDir(path.Dir(key)); err != nil {
		return fmt.Errorf("create %s: %w", key, err)
	}
	return nil
}

// exists makes sure of the name that another writer linked, because that
// writer may have died before it did, and the caller will build on it.
func (s *fileStore) exists(key string) error {
	if err := s.syncDir(path.Dir(key)); err != nil {
		return fmt.Errorf("create %s: %w", key, err)
	}
	return fmt.Errorf("create %s: %w", key, ErrExists)
}

func (s *fileStore) writeSynced(name string, data []byte) error {
	f, err := s.root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if err == nil {
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}

// mkdirSynced makes a folder and its parents, each of them durable.
func (s *fileStore) mkdirSynced(dir string) error {
	if info, err := s.root.Stat(dir); err == nil && info.IsDir() {
		return nil
	}
	if parent := path.Dir(dir); parent != dir {
		if err := s.mkdirSynced(parent); err != nil {
			return err
		}
	}
	if err := s.root.Mkdir(dir, 0o755); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return s.syncDir(path.Dir(dir))
}

func (s *fileStore) syncDir(dir string) error {
	f, err := s.root.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// begin takes the writer's lock, once, and clears what dead writers left.
func (s *fileStore) begin() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.lock != nil {
		return nil
	}
	if err := s.root.MkdirAll(tmpDir, 0o755); err != nil {
		return err
	}
	for {
		id := NewWriterID()
		f, err := s.takeLock(id)
		if err != nil {
			return err
		}
		if f != nil {
			s.lock, s.id = f, id
			break
		}
	}
	s.clean(time.Now())
	return nil
}

// takeLock makes and locks the lock file of id. It returns nil without an
// error when a cleaner was faster and took the file for a dead writer's.
func (s *fileStore) takeLock(id string) (*os.File, error) {
	name := lockName(id)
	f, err := s.root.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, f.Close()
		}
		return nil, errors.Join(fmt.Errorf("lock %s: %w", name, err), f.Close())
	}
	mine, err := f.Stat()
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	if there, err := s.root.Stat(name); err != nil || !os.SameFile(mine, there) {
		return nil, f.Close()
	}
	return f, nil
}

// clean removes the temporary files of writers that are dead for certain:
// their lock is old and free. It is only tidiness, so errors are left alone.
func (s *fileStore) clean(now time.Time) {
	entries, err := fs.ReadDir(s.root.FS(), tmpDir)
	if err != nil {
		return
	}
	locked := map[string]bool{}
	for _, e := range entries {
		if id, ok := strings.CutSuffix(e.Name(), ".lock"); ok {
			locked[id] = id == s.id || !s.dead(id, now)
		}
	}
	for _, e := range entries {
		id, _, _ := strings.Cut(e.Name(), ".")
		alive, known := locked[id]
		if alive || (!known && !s.olderThan(e, now, strayAge)) {
			continue
		}
		_ = s.root.Remove(tmpDir + "/" + e.Name())
	}
}

func (s *fileStore) dead(id string, now time.Time) bool {
	f, err := s.root.OpenFile(lockName(id), os.O_RDWR, 0)
	if err != nil {
		return false
	}
	defer func() { _ = f.Close() }()
	info, err := f.Stat()
	if err != nil || now.Sub(info.ModTime()) < tmpAge {
		return false
	}
	return syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) == nil
}

func (*fileStore) olderThan(e fs.DirEntry, now time.Time, age time.Duration) bool {
	info, err := e.Info()
	return err == nil && now.Sub(info.ModTime()) > age
}

func (s *fileStore) Open(_ context.Context, key string) (io.ReadCloser, error) {
	f, err := s.root.Open(key)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("open %s: %w", key, ErrNotFound)
	}
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", key, err)
	}
	return f, nil
}

func (s *fileStore) OpenTail(_ context.Context, key string, n int64) (tail []byte, size int64, err error) {
	f, err := s.root.Open(key)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, 0, fmt.Errorf("open %s: %w", key, ErrNotFound)
	}
	if err != nil {
		return nil, 0, fmt.Errorf("open %s: %w", key, err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, 0, fmt.Errorf("open %s: %w", key, err)
	}
	tail = make([]byte, min(n, info.Size()))
	if _, err := f.ReadAt(tail, info.Size()-int64(len(tail))); err != nil {
		return nil, 0, fmt.Errorf("read %s: %w", key, err)
	}
	return tail, info.Size(), nil
}

func (s *fileStore) ReadDir(ctx context.Context, dir string) ([]Entry, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	found, err := fs.ReadDir(s.root.FS(), dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	entries := make([]Entry, 0, len(found))
	for _, f := range found {
		if f.Name() == tmpDir {
			continue
		}
		info, err := f.Info()
		if errors.Is(err, fs.ErrNotExist) {
			continue // deleted meanwhile
		}
		if err != nil {
			return nil, err
		}
		entries = append(entries, Entry{Name: f.Name(), Dir: f.IsDir(), Size: info.Size(), Time: info.ModTime()})
	}
	return entries, nil
}

func (s *fileStore) Delete(_ context.Context, key string) error {
	err := s.root.Remove(key)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err == nil {
		err = s.syncDir(path.Dir(key))
	}
	if err != nil {
		return fmt.Errorf("delete %s: %w", key, err)
	}
	return nil
}

func (s *fileStore) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var err error
	if s.lock != nil {
		_ = s.root.Remove(lockName(s.id))
		err = s.lock.Close()
		s.lock = nil
	}
	return errors.Join(err, s.root.Close())
}

func lockName(id string) string { return tmpDir + "/" + id + ".lock" }

// NewWriterID returns a name that no other writer has, without dots.
func NewWriterID() string {
	host, err := os.Hostname()
	if err != nil {
		host = "unknown"
	}
	var b [6]byte
	_, _ = rand.Read(b[:]) // never fails
	host = strings.Map(func(r rune) rune {
		if r == '.' || r == '/' {
			return '_'
		}
		return r
	}, host)
	return fmt.Sprintf("%s-%d-%s", host, os.Getpid(), hex.EncodeToString(b[:]))
}
