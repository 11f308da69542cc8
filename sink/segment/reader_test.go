package segment

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"pressmill/sink/store"
)

// distant is a store whose answers take 30 ms.
type distant struct{ store.Store }

func (d distant) Open(ctx context.Context, key string) (io.ReadCloser, error) {
	time.Sleep(30 * time.Millisecond)
	return d.Store.Open(ctx, key)
}

func (d distant) ReadDir(ctx context.Context, dir string) ([]store.Entry, error) {
	time.Sleep(30 * time.Millisecond)
	return d.Store.ReadDir(ctx, dir)
}

// shelve puts n objects of two lines each into partitions by turns.
func shelve(t *testing.T, n, parts int) store.Store {
	t.Helper()
	s, err := store.Open("mem://" + store.NewWriterID())
	if err != nil {
		t.Fatal(err)
	}
	f := Format{Kind: JSONL, Compression: Gzip} // the decoders of zstd are shared by all tests
	for i := range n {
		k := NewKey("articles", DefaultLayout, "2026-11-24", Epoch{1_790_000_000, 0}, i%parts, uint64(2*(i/parts)+1), f.Ext())
		m := Meta{
			Epoch: k.Epoch.String(), Partition: k.Partition, Position: k.Position, First: k.Position, Last: k.Position + 1, Next: k.Position + 2,
			Count: 2, LastTime: time.Date(2026, 11, 24, 1, 0, i, 0, time.UTC),
		}
		if _, _, err := Put(t.Context(), s, k, f, m, fmt.Appendf(nil, "{\"id\":\"%da\"}\n{\"id\":\"%db\"}\n", i, i)); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

func TestObjectsComeInOrderAndHideTheStoresLatency(t *testing.T) {
	const n = 160
	s := shelve(t, n, 16)
	synctest.Test(t, func(t *testing.T) {
		begun, got, last := time.Now(), 0, ""
		for o, err := range Objects(t.Context(), distant{s}) {
			if err != nil || o.Key.String() <= last {
				t.Fatalf("%s comes after %s, error %v", o.Key, last, err)
			}
			got, last = got+1, o.Key.String()
		}
		if took := time.Since(begun); got != n || took > 30*time.Millisecond*(n/aheadCount+10) {
			t.Errorf("%d objects in %v", got, took)
		}

		begun, got = time.Now(), 0
		at := time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC)
		day := Day{"2026-11-24", []string{"articles/ingest_date=2026-11-24"}}
		for o, err := range day.NewestFirst(t.Context(), distant{s}) {
			if err != nil || o.Meta.LastTime.After(at) {
				t.Fatalf("%v comes after %v, error %v", o.Meta.LastTime, at, err)
			}
			if got, at = got+1, o.Meta.LastTime; got == 20 {
				break
			}
		}
		if took := time.Since(begun); got != 20 || took > 400*time.Millisecond {
			t.Errorf("%d objects in %v", got, took)
		}
	})
}

// stuck is a store that answers nothing about one object.
type stuck struct {
	store.Store
	at    string
	asked chan struct{} // is closed when it is asked for
	left  chan struct{} // is closed when nobody waits for the answer any more
}

func (s stuck) Open(ctx context.Context, key string) (io.ReadCloser, error) {
	if key != s.at {
		return s.Store.Open(ctx, key)
	}
	close(s.asked)
	defer close(s.left)
	<-ctx.Done()
	return nil, ctx.Err()
}

// TestNothingIsReadForWhoHasEnough: reads ahead end with the loop that they are for.
func TestNothingIsReadForWhoHasEnough(t *testing.T) {
	const n = aheadCount + 4
	s := stuck{shelve(t, n, 1), "", make(chan struct{}), make(chan struct{})}
	day := Day{"2026-11-24", []string{"articles/ingest_date=2026-11-24"}}
	all, err := day.List(t.Context(), s)
	if err != nil || len(all) != n {
		t.Fatalf("%d objects, %v", len(all), err)
	}
	s.at = all[n-1-aheadCount-1].String() // its metadata is read ahead of the objects that are
	for o, err := range day.NewestFirst(t.Context(), s) {
		if err != nil || o.Key != all[n-1].Key {
			t.Fatalf("%s comes first, error %v", o.Key, err)
		}
		<-s.asked
		break
	}
	select {
	case <-s.left:
	default:
		t.Error("metadata is read on")
	}
}

// TestReplacedWhileRead: an object that is gone when its turn comes is read out
// of the one that took its place, and nothing of that one twice.
func TestReplacedWhileRead(t *testing.T) {
	for _, newest := range []bool{false, true} {
		s := shelve(t, 40, 1)
		var keys []Key
		var all strings.Builder
		for o, err := range Objects(t.Context(), s) {
			if err != nil {
				t.Fatal(err)
			}
			keys = append(keys, o.Key)
			all.Write(o.Body)
		}
		merge := func() {
			m, err := GetMeta(t.Context(), s, keys[39])
			if err != nil {
				t.Fatal(err)
			}
			k := keys[0]
			k.End = m.Next
			m.Position, m.First, m.Count = k.Position, k.Position, 80
			if _, _, err := Put(t.Context(), s, k, FormatOf(k, m), m, []byte(all.String())); err != nil {
				t.Fatal(err)
			}
			for _, k := range keys {
				if err := s.Delete(t.Context(), k.String()); err != nil {
					t.Fatal(err)
				}
			}
		}
		seen, objects := map[string]int{}, Objects(t.Context(), s)
		if newest {
			objects = Day{"2026-11-24", []string{"articles/ingest_date=2026-11-24"}}.NewestFirst(t.Context(), s)
		}
		n := 0
		for o, err := range objects {
			if err != nil {
				t.Fatal(err)
			}
			for line := range Lines(o.Body) {
				seen[string(line)]++
			}
			if n++; n == 5 {
				merge()
			}
		}
		for line, times := range seen {
			if times != 1 {
				t.Errorf("%s is read %d times", line, times)
			}
		}
		if len(seen) != 80 || n >= 40 {
			t.Errorf("newest first %v: %d lines of %d objects", newest, len(seen), n)
		}
	}
}

// TestWhatIsGoneIsAnError: an object that vanished without another in its place
// is not passed over.
func TestWhatIsGoneIsAnError(t *testing.T) {
	s := shelve(t, 20, 1)
	n, gone := 0, 0
	for o, err := range Objects(t.Context(), s) {
		switch {
		case errors.Is(err, store.ErrNotFound):
			gone++
		case err != nil:
			t.Fatal(err)
		}
		if n++; n == 1 {
			k := o.Key
			k.Position = 39
			if err := s.Delete(t.Context(), k.String()); err != nil {
				t.Fatal(err)
			}
		}
	}
	if n != 20 || gone != 1 {
		t.Errorf("%d of %d objects are gone", gone, n)
	}
}
