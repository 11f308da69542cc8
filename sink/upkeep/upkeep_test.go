package upkeep

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"pressmill/sink/segment"
	"pressmill/sink/store"
)

const (
	prefix = "articles"
	today  = "2026-11-27"
)

// shelf is a store with objects of a sink, and what it must show.
type shelf struct {
	store.Store
	t      *testing.T
	want   map[string]bool // ids that must be read, each once
	unsure map[string]bool // that may be read
}

func newShelf(t *testing.T, url string) *shelf {
	s, err := store.Create(url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return &shelf{Store: s, t: t, want: map[string]bool{}, unsure: map[string]bool{}}
}

func article(id string) string {
	return fmt.Sprintf(`{"schema":"article/v1","id":%q,"rev":"0001","title":"Article %s"}`, id, id)
}

var zstd = segment.Format{Kind: segment.JSONL, Compression: segment.Zstd}

// chainOf is where the objects of one partition, epoch and format are put.
type chainOf struct {
	part  int
	epoch segment.Epoch
	f     segment.Format
	next  uint64
}

func testChain(t *testing.T, part, generation int, f segment.Format) *chainOf {
	e, err := segment.ParseEpoch(fmt.Sprintf("e20261101000000g%03d", generation))
	if err != nil {
		t.Fatal(err)
	}
	return &chainOf{part: part, epoch: e, f: f, next: 1}
}

// object makes the body and the key of an object of n articles at a position.
func (c *chainOf) object(date string, position uint64, n int) (segment.Key, segment.Meta, []string) {
	k := segment.NewKey(prefix, segment.DefaultLayout, date, c.epoch, c.part, position, c.f.Ext())
	day, _ := time.Parse(time.DateOnly, date)
	var ids []string
	for i := range n {
		ids = append(ids, fmt.Sprintf("%02d%s%06d", c.part, c.epoch.String()[15:], int(position)+i))
	}
	m := segment.Meta{
		Epoch: c.epoch.String(), Shape: c.f.Shape(), Partition: c.part, Position: position, First: position,
		Last: position + uint64(max(n, 1)) - 1, Next: position + uint64(max(n, 1)), Count: n, Writer: "sink",
		LastID: fmt.Sprintf("last%d", position), LastTime: day.Add(time.Duration(position) * time.Second), Created: day,
	}
	return k, m, ids
}

// add writes objects of n articles each, one after the other, as a sink does.
func (s *shelf) add(c *chainOf, date string, counts ...int) {
	s.t.Helper()
	for _, n := range counts {
		k, m, ids := c.object(date, c.next, n)
		c.next = m.Next
		if _, _, err := segment.Put(s.t.Context(), s.Store, k, c.f, m, body(ids)); err != nil {
			s.t.Fatal(err)
		}
		for _, id := range ids {
			s.want[id] = true
		}
	}
}

func body(ids []string) []byte {
	var b strings.Builder
	for _, id := range ids {
		b.WriteString(article(id) + "\n")
	}
	return []byte(b.String())
}

// check reads everything and compares it with what must be there.
func (s *shelf) check(when string) {
	s.t.Helper()
	got := map[string]int{}
	for line, err := range segment.Read(context.Background(), s.Store) {
		if err != nil {
			s.t.Fatalf("%s: %v", when, err)
		}
		got[segment.IdentityOf(line).ID]++
	}
	for id := range s.want {
		if got[id] != 1 && !s.unsure[id] {
			s.t.Errorf("%s: %s is read %d times", when, id, got[id])
		}
		delete(got, id)
	}
	if len(got) > 0 {
		s.t.Errorf("%s: too much is read: %v", when, got)
	}
	if s.t.Failed() {
		s.t.Fatalf("objects:\n%s", strings.Join(s.names(), "\n"))
	}
}

// keys returns all objects, also those that are not read.
func (s *shelf) keys() (keys []segment.Listed) {
	days, err := segment.Days(context.Background(), s.Store, prefix)
	if err != nil {
		s.t.Fatal(err)
	}
	for _, d := range days {
		all, err := d.List(context.Background(), s.Store)
		if err != nil {
			s.t.Fatal(err)
		}
		keys = append(keys, all...)
	}
	return keys
}

func (s *shelf) names() (names []string) {
	for _, k := range s.keys() {
		names = append(names, strings.TrimPrefix(k.String(), prefix+"/ingest_date="))
	}
	return names
}

// checkSettled checks that nothing is left over, and what every object says.
func (s *shelf) checkSettled() {
	s.t.Helper()
	all := s.keys()
	if n := len(segment.LiveOf(all)); n != len(all) {
		s.t.Errorf("%d of %d objects are read:\n%s", n, len(all), strings.Join(s.names(), "\n"))
	}
	slices.SortFunc(all, func(a, b segment.Listed) int {
		return cmp.Or(cmp.Compare(a.Chain(), b.Chain()), cmp.Compare(a.Epoch.String(), b.Epoch.String()), cmp.Compare(a.Position, b.Position))
	})
	var last segment.Key
	var next uint64
	for _, l := range all {
		m, _, err := segment.Get(context.Background(), s.Store, l.Key)
		if err != nil {
			s.t.Fatal(err)
		}
		if l.Chain() == last.Chain() && l.Epoch == last.Epoch && l.Position != next {
			s.t.Errorf("%s does not begin at %d", l.Key, next)
		}
		last, next = l.Key, m.Next
	}
}

// keeper is one whose today is after all test data.
func keeper(s store.Store) *Keeper {
	u := New(s, prefix)
	u.now = func() time.Time { t, _ := time.Parse(time.DateOnly, today); return t }
	return u
}

var errKilled = errors.New("killed")

// fragile is a store of a process that dies at its n-th change.
type fragile struct {
	store.Store
	mu    sync.Mutex
	left  int  // changes until then
	late  bool // the last change is done, but not told
	after func()
}

func (f *fragile) change(do func() error) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.left--
	switch {
	case f.left < 0:
		return errKilled
	case f.left == 0 && !f.late:
		return errKilled
	}
	err := do()
	if f.after != nil {
		f.after()
	}
	if f.left == 0 {
		return errKilled
	}
	return err
}

func (f *fragile) Create(ctx context.Context, key string, data []byte) error {
	return f.change(func() error { return f.Store.Create(ctx, key, data) })
}

func (f *fragile) Delete(ctx context.Context, key string) error {
	return f.change(func() error { return f.Store.Delete(ctx, key) })
}

// killedEverywhere runs what has to be done on a fresh shelf each time, killed
// at the first change, at the second and so on, until it comes through. After
// every change everything must be read once; after another run, nothing may be
// left to do.
func killedEverywhere(t *testing.T, fill func(*shelf), do func(*Keeper) error, done func(*shelf)) {
	t.Helper()
	for n := 1; ; n++ {
		for _, late := range []bool{false, true} {
			s := newShelf(t, "mem://"+store.NewWriterID())
			fill(s)
			err := do(keeper(&fragile{Store: s.Store, left: n, late: late}))
			s.check(fmt.Sprintf("late %v, killed at %d: %v", late, n, err))
			if err != nil && !errors.Is(err, errKilled) {
				t.Fatal(err)
			}
			again := &fragile{Store: s.Store, left: 1 << 30}
			if late {
				again.after = func() { s.check("second run") }
			}
			if err := do(keeper(again)); err != nil {
				t.Fatalf("again after %d: %v", n, err)
			}
			s.checkSettled()
			done(s)
			if err == nil {
				if n < 8 {
					t.Errorf("only %d changes", n)
				}
				return
			}
		}
	}
}

func formats() []segment.Format {
	return []segment.Format{
		zstd,
		{Kind: segment.JSONL, Compression: segment.Gzip},
		{Kind: segment.JSONL, Compression: segment.None},
		{Kind: segment.Parquet, Compression: segment.Zstd},
		{Kind: segment.CSV, Compression: segment.Gzip, Fields: []string{"id", "rev", "title"}},
	}
}

// fillSome makes three days of one partition in two epochs, and another one.
func fillSome(t *testing.T, f segment.Format) func(*shelf) {
	return func(s *shelf) {
		c := testChain(t, 0, 0, f)
		s.add(c, "2026-11-24", 2, 1, 3, 0)
		s.add(c, "2026-11-25", 2)
		s.add(c, "2026-11-26", 1, 1)
		s.add(testChain(t, 0, 1, f), "2026-11-26", 1, 2, 1)
		s.add(testChain(t, 1, 0, zstd), "2026-11-24", 1, 1, 1)
	}
}

func TestCompactKilledEverywhere(t *testing.T) {
	t.Parallel()
	compact := func(u *Keeper) error {
		_, err := u.Compact(t.Context(), Options{Target: 1 << 20})
		return err
	}
	for _, f := range []segment.Format{zstd, formats()[2]} {
		killedEverywhere(t, fillSome(t, f), compact, func(s *shelf) {
			if n := len(s.keys()); n != 5+2 { // a day and epoch each, and the newest
				s.t.Errorf("%d objects:\n%s", n, strings.Join(s.names(), "\n"))
			}
		})
	}
}

func TestDeleteKilledEverywhere(t *testing.T) {
	t.Parallel()
	gone := []string{"00g000000001", "00g000000002", "00g000000009", "00g001000002", "00g001000004"}
	const pending = "00g001000004" // in a newest object
	remove := func(u *Keeper) error {
		var stones []segment.Tombstone
		for _, id := range gone {
			stones = append(stones, segment.Tombstone{ID: id})
		}
		_, err := u.Delete(t.Context(), stones)
		return err
	}
	for _, f := range []segment.Format{zstd, formats()[2]} {
		fill := func(s *shelf) {
			fillSome(t, f)(s)
			for _, id := range gone {
				if !s.want[id] {
					t.Fatalf("%s is not there: %v", id, slices.Sorted(maps.Keys(s.want)))
				}
				s.unsure[id] = true
			}
		}
		killedEverywhere(t, fill, remove, func(s *shelf) {
			for _, k := range s.keys() {
				m, lines, err := segment.Get(t.Context(), s.Store, k.Key)
				if err != nil {
					t.Fatal(err)
				}
				for line := range segment.Lines(lines) {
					if id := segment.IdentityOf(line).ID; slices.Contains(gone, id) && id != pending {
						s.t.Errorf("%s is still in %s", id, k)
					}
				}
				if k.Rewrite > 0 && (m.Deleted == 0 || m.Count+m.Deleted != int(m.Next-m.Position)) {
					s.t.Errorf("%s: %d articles and %d deleted", k, m.Count, m.Deleted)
				}
			}
			for line, err := range segment.Read(t.Context(), s.Store) {
				if id := segment.IdentityOf(line).ID; err != nil || slices.Contains(gone, id) {
					s.t.Errorf("%s is read, error %v", id, err)
				}
			}
		})
	}
}

func TestEveryFormat(t *testing.T) {
	t.Parallel()
	for _, f := range formats() {
		s := newShelf(t, "mem://"+store.NewWriterID())
		fillSome(t, f)(s)
		for range 2 {
			if _, err := keeper(s.Store).Compact(t.Context(), Options{Target: 1 << 20}); err != nil {
				t.Fatal(err)
			}
			s.check("compacted")
			s.checkSettled()
			if n := len(s.keys()); n != 5+2 {
				t.Errorf("%s: %d objects:\n%s", f.Ext(), n, strings.Join(s.names(), "\n"))
			}
		}
		const id = "00g000000003"
		delete(s.want, id)
		if r, err := keeper(s.Store).Delete(t.Context(), []segment.Tombstone{{ID: id}}); err != nil || r.Deleted != 1 || r.Removed != 1 {
			t.Errorf("%s: %+v, error %v", f.Ext(), r, err)
		}
		s.check("deleted")
		s.checkSettled()
	}
}

// TestPendingIsFinished: what the newest object of a partition holds is taken
// out when it is not the newest any more; then nothing is looked for again.
func TestPendingIsFinished(t *testing.T) {
	t.Parallel()
	s := newShelf(t, "mem://"+store.NewWriterID())
	c := testChain(t, 0, 0, zstd)
	s.add(c, "2026-11-24", 2, 2)
	later := func() *Keeper {
		u := New(s.Store, prefix)
		u.now = func() time.Time { return time.Now().Add(2 * settled) } // of when the tombstone was left
		return u
	}
	delete(s.want, "00g000000003")
	r, err := keeper(s.Store).Delete(t.Context(), []segment.Tombstone{{ID: "00g000000003"}, {ID: "eeee"}})
	if err != nil || r.Pending != 1 || r.Deleted != 0 {
		t.Errorf("%+v, error %v", r, err)
	}
	s.check("hidden")
	for _, want := range []Report{{Pending: 1}, {Deleted: 1, Rewritten: 1, Removed: 1}, {}} {
		r, err := later().Finish(t.Context())
		if err != nil || r != want {
			t.Errorf("%+v, want %+v, error %v", r, want, err)
		}
		s.check("finished")
		open, err := segment.Unswept(t.Context(), s.Store, prefix)
		if pending := want.Pending > 0; err != nil || (len(open) > 0) != pending {
			t.Errorf("open: %v, error %v", open, err)
		}
		if want.Pending > 0 {
			s.add(c, "2026-11-25", 1)
		}
	}
	if buried, err := segment.Tombstones(t.Context(), s.Store, prefix); err != nil || len(buried) != 2 {
		t.Errorf("tombstones: %v, error %v", buried, err)
	}
}

// TestDeletedOnADayThatBegins: an article of a day that has begun since a run
// listed them, and which was deleted during that run, is not taken for gone.
func TestDeletedOnADayThatBegins(t *testing.T) {
	t.Parallel()
	s := newShelf(t, "mem://"+store.NewWriterID())
	c := testChain(t, 0, 0, zstd)
	s.add(c, "2026-11-24", 2, 2, 2)
	later := func() *Keeper {
		u := New(s.Store, prefix)
		u.now = func() time.Time { return time.Now().Add(2 * settled) } // of when the tombstone was left
		return u
	}
	const id = "00g000000007"
	u, begun := later(), false
	u.Progress = func(Step) {
		if begun {
			return
		}
		begun = true
		s.add(c, "2026-11-25", 1)
		if err := segment.Bury(t.Context(), s.Store, prefix, segment.Tombstone{ID: id}); err != nil {
			t.Error(err)
		}
		delete(s.want, id)
	}
	if r, err := u.Compact(t.Context(), Options{Target: 1 << 20}); err != nil || r.Pending != 1 || r.Merged != 1 {
		t.Errorf("%+v, error %v", r, err)
	}
	s.check("hidden")
	s.add(c, "2026-11-25", 1)
	if r, err := later().Finish(t.Context()); err != nil || r.Deleted != 1 {
		t.Errorf("%+v, error %v", r, err)
	}
	s.check("finished")
}

// TestCompactTwiceAtATime has one run stop at each of its changes while another
// one, with another target, does everything.
func TestCompactTwiceAtATime(t *testing.T) {
	t.Parallel()
	for n := 1; ; n++ {
		s := newShelf(t, "mem://"+store.NewWriterID())
		fillSome(t, formats()[n%3])(s)
		check := func() { s.check(fmt.Sprintf("stopped at %d", n)) }
		changes := 0
		slow := &fragile{Store: s.Store, left: 1 << 30}
		slow.after = func() {
			check()
			if changes++; changes != n {
				return
			}
			// It was frozen right behind this change.
			other := &fragile{Store: s.Store, left: 1 << 30, after: check}
			if _, err := keeper(other).Compact(t.Context(), Options{Target: 1 << 20}); err != nil {
				t.Error(err)
			}
		}
		if _, err := keeper(slow).Compact(t.Context(), Options{Target: 200}); err != nil {
			t.Fatal(err)
		}
		if _, err := keeper(s.Store).Compact(t.Context(), Options{Target: 1 << 20}); err != nil {
			t.Fatal(err)
		}
		check()
		s.checkSettled()
		if changes < n {
			break
		}
	}
}

func TestCompactAndDeleteAtATime(t *testing.T) {
	t.Parallel()
	const id = "00g000000003"
	for n := 1; ; n++ {
		s := newShelf(t, "mem://"+store.NewWriterID())
		fillSome(t, formats()[n%3])(s)
		changes := 0
		slow := &fragile{Store: s.Store, left: 1 << 30}
		slow.after = func() {
			s.check(fmt.Sprintf("stopped at %d", n))
			if changes++; changes != n {
				return
			}
			s.unsure[id] = true
			if _, err := keeper(s.Store).Delete(t.Context(), []segment.Tombstone{{ID: id}}); err != nil {
				t.Error(err)
			}
			delete(s.want, id)
		}
		if _, err := keeper(slow).Compact(t.Context(), Options{Target: 1 << 20}); err != nil {
			t.Fatal(err)
		}
		s.check("done")
		s.checkSettled()
		if changes < n {
			break
		}
		for _, k := range s.keys() {
			if _, lines, err := segment.Get(t.Context(), s.Store, k.Key); err != nil || strings.Contains(string(lines), id) {
				t.Fatalf("stopped at %d: %s is still in %s, error %v", n, id, k, err)
			}
		}
	}
}

// TestReadersDuringCompaction reads files all the time while they are merged.
func TestReadersDuringCompaction(t *testing.T) {
	t.Parallel()
	s := newShelf(t, "file://"+t.TempDir())
	chains := []*chainOf{testChain(t, 1, 0, zstd), testChain(t, 2, 0, formats()[2])}
	for _, c := range chains {
		for range 15 {
			s.add(c, "2026-11-24", 2)
		}
	}
	done := make(chan struct{})
	var wg sync.WaitGroup
	reads := 0
	wg.Go(func() {
		for {
			s.check("while it is compacted")
			reads++
			select {
			case <-done:
				return
			default:
			}
		}
	})
	for target := int64(300); target < 1<<20; target *= 3 {
		if _, err := keeper(s.Store).Compact(t.Context(), Options{Target: target}); err != nil {
			t.Error(err)
		}
	}
	close(done)
	wg.Wait()
	s.checkSettled()
	if n := len(s.keys()); n != 4 || reads < 5 {
		t.Errorf("%d objects, %d reads", n, reads)
	}
}

// TestFrozenTwin: a sink that wakes up at a position that was merged meanwhile
// makes an object there that nobody reads; compaction removes it, also if it
// reaches over the end of the merged one.
func TestFrozenTwin(t *testing.T) {
	t.Parallel()
	for _, n := range []int{2, 3, 5} {
		s := newShelf(t, "mem://"+store.NewWriterID())
		c := testChain(t, 3, 0, zstd)
		s.add(c, "2026-11-24", 2, 2, 2)
		s.add(c, "2026-11-24", 1)
		if _, err := keeper(s.Store).Compact(t.Context(), Options{Target: 1 << 20}); err != nil {
			t.Fatal(err)
		}
		k, m, ids := c.object("2026-11-24", 3, n) // positions 3 and 4 were an object; 7 is the newest
		if _, _, err := segment.Put(t.Context(), s.Store, k, c.f, m, body(ids)); err != nil {
			t.Fatal(err)
		}
		s.check("twin awake")
		r, err := keeper(s.Store).Compact(t.Context(), Options{Target: 1 << 20})
		if err != nil || r.Removed != 1 {
			t.Errorf("of %d: %+v, error %v", n, r, err)
		}
		s.check("twin's object removed")
		s.checkSettled()
	}
	// What nobody else holds is kept.
	s := newShelf(t, "mem://"+store.NewWriterID())
	c := testChain(t, 3, 0, zstd)
	s.add(c, "2026-11-24", 2, 2, 1)
	if _, err := keeper(s.Store).Compact(t.Context(), Options{Target: 1 << 20}); err != nil {
		t.Fatal(err)
	}
	k, m, _ := c.object("2026-11-24", 3, 2)
	if _, _, err := segment.Put(t.Context(), s.Store, k, c.f, m, body([]string{"unknown", "alien"})); err != nil {
		t.Fatal(err)
	}
	if r, err := keeper(s.Store).Compact(t.Context(), Options{Target: 1 << 20}); err != nil || r.Removed != 0 || r.Kept != 1 {
		t.Errorf("%+v, error %v", r, err)
	}
}
