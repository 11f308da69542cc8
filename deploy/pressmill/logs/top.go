package logs

import (
	"cmp"
	"iter"
	"slices"
)

// maxReasons bounds the reasons that are told apart; more are counted as "other".
const maxReasons = 200

// Reasons counts by reason, or by any word of a small set.
type Reasons map[string]int64

func (r *Reasons) add(reason []byte, n int64) {
	if *r == nil {
		*r = Reasons{}
	}
	if _, known := (*r)[string(reason)]; !known && len(*r) >= maxReasons {
		(*r)["other"] += n
		return
	}
	(*r)[string(reason)] += n
}

func (r *Reasons) merge(other Reasons) {
	for reason, n := range other {
		r.add([]byte(reason), n)
	}
}

// Count is a reason and how often it came.
type Count struct {
	Reason string
	N      int64
}

// Sorted returns the reasons, the most frequent first.
func (r Reasons) Sorted() []Count {
	all := make([]Count, 0, len(r))
	for reason, n := range r {
		all = append(all, Count{reason, n})
	}
	slices.SortFunc(all, func(a, b Count) int { return cmp.Or(cmp.Compare(b.N, a.N), cmp.Compare(a.Reason, b.Reason)) })
	return all
}

// Top holds what is counted for each of any number of names in bounded memory.
// When there are twice as many names as it keeps, those with the fewest lines
// are put together into Others. So the sum of all is exact; a name that was put
// away and came again may have up to Missed lines more than it says, of which
// none had more when it was put away.
type Top[T any] struct {
	Others T     // the names that are not kept
	Put    int64 // how many times a name was put into Others
	Missed int64

	keep  int
	born  uint64
	names map[string]*ranked[T]
	merge func(into, from *T)
}

type ranked[T any] struct {
	lines int64
	born  uint64 // in the order of their coming
	value T
}

func newTop[T any](keep int, merge func(into, from *T)) Top[T] {
	return Top[T]{keep: keep, names: map[string]*ranked[T]{}, merge: merge}
}

// at returns what is counted for a name, to which one line is added.
func (t *Top[T]) at(name []byte) *T {
	r := t.names[string(name)]
	if r == nil {
		if len(t.names) >= 2*t.keep {
			t.shrink()
		}
		t.born++
		r = &ranked[T]{born: t.born}
		t.names[string(name)] = r
	}
	r.lines++
	return &r.value
}

// shrink puts away all but the names to keep: of those with as many lines, the older ones go.
func (t *Top[T]) shrink() {
	ranks := make([]uint64, 0, len(t.names))
	for _, r := range t.names {
		ranks = append(ranks, r.rank())
	}
	slices.Sort(ranks)
	least := ranks[max(0, len(ranks)-t.keep)]
	for name, r := range t.names {
		if r.rank() < least {
			t.merge(&t.Others, &r.value)
			t.Missed = max(t.Missed, r.lines)
			t.Put++
			delete(t.names, name)
		}
	}
}

// rank orders names by their lines, and then by their age.
func (r *ranked[T]) rank() uint64 { return uint64(min(r.lines, 1<<31))<<32 | r.born&(1<<32-1) }

func (t *Top[T]) add(other *Top[T]) {
	for name, r := range other.names {
		t.merge(t.at([]byte(name)), &r.value)
		t.names[name].lines += r.lines - 1
	}
	t.merge(&t.Others, &other.Others)
	t.Put += other.Put
	t.Missed = max(t.Missed, other.Missed)
}

// Get returns what is counted for a name, or nil.
func (t *Top[T]) Get(name string) *T {
	if r := t.names[name]; r != nil {
		return &r.value
	}
	return nil
}

// Len is how many names are kept.
func (t *Top[T]) Len() int { return len(t.names) }

// All returns the names that are kept, in no order.
func (t *Top[T]) All() iter.Seq2[string, *T] {
	return func(yield func(string, *T) bool) {
		for name, r := range t.names {
			if !yield(name, &r.value) {
				return
			}
		}
	}
}
