package store

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"pressmill/sink/store/storetest"
)

// TestStores is the suite that every store must pass.
func TestStores(t *testing.T) {
	stores := map[string]func(t *testing.T) string{
		"file": func(t *testing.T) string { return "file://" + t.TempDir() },
		"mem":  func(t *testing.T) string { return "mem://" + NewWriterID() },
	}
	rounds := 40
	if os.Getenv(storetest.EnvServers) != "" {
		rounds = 500
	}
	for name, newURL := range stores {
		t.Run(name, func(t *testing.T) {
			t.Run("create only", func(t *testing.T) { testCreateOnly(t, newURL(t), rounds) })
			t.Run("whole", func(t *testing.T) { testWhole(t, newURL(t)) })
			t.Run("list", func(t *testing.T) { testList(t, newURL(t)) })
			t.Run("tail and delete", func(t *testing.T) { testTailAndDelete(t, newURL(t)) })
		})
	}
}

func openTestStore(t *testing.T, url string) Store {
	t.Helper()
	s, err := Create(url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// testCreateOnly has writers race for one key after the other.
func testCreateOnly(t *testing.T, url string, rounds int) {
	const writers = 16
	stores := make([]Store, writers)
	for i := range stores {
		stores[i] = openTestStore(t, url)
	}
	for round := range rounds {
		key := fmt.Sprintf("a/b%d/object", round%7+round)
		var won atomic.Int64
		won.Store(-1)
		var wg sync.WaitGroup
		for i, s := range stores {
			wg.Go(func() {
				err := s.Create(t.Context(), key, fmt.Appendf(nil, "writer %d", i))
				switch {
				case err == nil:
					if !won.CompareAndSwap(-1, int64(i)) {
						t.Errorf("%s: %d and %d have both created it", key, won.Load(), i)
					}
				case !errors.Is(err, ErrExists):
					t.Errorf("%s: %v", key, err)
				}
			})
		}
		wg.Wait()
		got, err := ReadAll(t.Context(), stores[0], key)
		if err != nil {
			t.Fatal(err)
		}
		if want := fmt.Sprintf("writer %d", won.Load()); string(got) != want {
			t.Fatalf("%s holds %q, want %q", key, got, want)
		}
	}
}

func testWhole(t *testing.T, url string) {
	s := openTestStore(t, url)
	data := bytes.Repeat([]byte("0123456789abcdef"), 1<<16)
	done := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			for key, err := range List(t.Context(), s, "") {
				if err != nil {
					t.Error(err)
					break
				}
				if got, err := ReadAll(t.Context(), s, key); err != nil || len(got) != len(data) {
					t.Errorf("%s has %d of %d bytes, error %v", key, len(got), len(data), err)
				}
			}
			select {
			case <-done:
				return
			default:
			}
		}
	})
	for i := range 10 {
		if err := s.Create(t.Context(), fmt.Sprintf("big/%d", i), data); err != nil {
			t.Error(err)
		}
	}
	close(done)
	wg.Wait()
}

func testList(t *testing.T, url string) {
	s := openTestStore(t, url)
	keys := []string{"x/d=1/a", "x/d=1/b", "x/d=2/a", "x/d=10/c", "y/d=1/a", "x/.meta/d=1/a", "x/d=2/.hidden"}
	for _, key := range keys {
		if err := s.Create(t.Context(), key, []byte(key)); err != nil {
			t.Fatal(err)
		}
	}
	for prefix, want := range map[string][]string{
		"":      {"y/d=1/a", "x/d=2/a", "x/d=10/c", "x/d=1/b", "x/d=1/a"},
		"x/d=":  {"x/d=2/a", "x/d=10/c", "x/d=1/b", "x/d=1/a"},
		"x/d=1": {"x/d=10/c", "x/d=1/b", "x/d=1/a"},
		"x/":    {"x/d=2/a", "x/d=10/c", "x/d=1/b", "x/d=1/a"},
		"z/":    nil,
	} {
		var got []string
		for key, err := range List(t.Context(), s, prefix) {
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, key)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("list %q (-want +got):\n%s", prefix, diff)
		}
	}
	for key, err := range List(t.Context(), s, "x/") {
		if key != "x/d=2/a" || err != nil {
			t.Errorf("first key is %s, error %v", key, err)
		}
		break
	}
	if _, err := s.Open(t.Context(), "x/d=1/none"); !errors.Is(err, ErrNotFound) {
		t.Errorf("open what is not there: %v", err)
	}
}

func testTailAndDelete(t *testing.T, url string) {
	s := openTestStore(t, url)
	if err := s.Create(t.Context(), "d/a", []byte("0123456789")); err != nil {
		t.Fatal(err)
	}
	for n, want := range map[int64]string{3: "789", 10: "0123456789", 99: "0123456789"} {
		tail, size, err := s.OpenTail(t.Context(), "d/a", n)
		if err != nil || size != 10 || string(tail) != want {
			t.Errorf("tail of %d: %q of %d, error %v", n, tail, size, err)
		}
	}
	for range 2 {
		if err := s.Delete(t.Context(), "d/a"); err != nil {
			t.Fatal(err)
		}
	}
	if _, _, err := s.OpenTail(t.Context(), "d/a", 1); !errors.Is(err, ErrNotFound) {
		t.Errorf("tail of what was deleted: %v", err)
	}
	if err := s.Create(t.Context(), "d/a", nil); err != nil {
		t.Errorf("create what was deleted: %v", err)
	}
}

func TestFileStoreCleansUpAfterDeadWritersOnly(t *testing.T) {
	dir := t.TempDir()
	alive := openTestStore(t, "file://"+dir).(*fileStore)
	if err := alive.Create(t.Context(), "a", nil); err != nil {
		t.Fatal(err)
	}
	old := time.Now().Add(-2 * tmpAge)
	for _, name := range []string{alive.id + ".9", "dead-1.lock", "dead-1.1", "young-1.lock", "young-1.1", "stray-1.1"} {
		if err := os.WriteFile(filepath.Join(dir, tmpDir, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{alive.id + ".lock", "dead-1.lock"} {
		if err := os.Chtimes(filepath.Join(dir, tmpDir, name), old, old); err != nil {
			t.Fatal(err)
		}
	}
	second := openTestStore(t, "file://"+dir).(*fileStore)
	if err := second.Create(t.Context(), "b", nil); err != nil {
		t.Fatal(err)
	}
	var got []string
	entries, err := os.ReadDir(filepath.Join(dir, tmpDir))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		got = append(got, e.Name())
	}
	want := []string{alive.id + ".9", alive.id + ".lock", second.id + ".lock", "young-1.lock", "young-1.1", "stray-1.1"}
	slices.Sort(want)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("temporary files (-want +got):\n%s", diff)
	}
}
