package segment

import (
	"context"
	"iter"
	"slices"

	"pressmill/sink/store"
)

// NewestFirst yields the objects of a day by the times of their last messages,
// the latest first, while others merge and rewrite them (see Objects). It reads
// little further than the caller does.
func (d Day) NewestFirst(ctx context.Context, s store.Store) iter.Seq2[Object, error] {
	return func(yield func(Object, error) bool) {
		all, err := d.List(ctx, s)
		if err != nil {
			yield(Object{}, err)
			return
		}
		var t tops
		defer func() { t.stop() }() // of those that it has by then
		live := LiveOf(all)
		for len(live) > 0 {
			n := 1
			for n < len(live) && live[n].Chain() == live[0].Chain() && live[n].Epoch == live[0].Epoch {
				n++
			}
			chain := slices.Clone(live[:n])
			slices.Reverse(chain)
			t = append(t, newTop(ctx, s, chain))
			live = live[n:]
		}
		yieldObjects(ctx, s, d, t.next, yield)
	}
}

// tops are the newest objects of each chain and epoch that were not taken yet.
type tops []*top

// top reads the metadata of one chain, from the newest object down.
type top struct {
	metas *ahead[Meta]
	of    Listed
	meta  Meta
	err   error
	state topState
}

type topState int

const (
	unread topState = iota
	ready
	ended
)

func newTop(ctx context.Context, s store.Store, chain []Listed) *top {
	t := &top{metas: newAhead(ctx, 2, inOrder(chain), func(ctx context.Context, k Key) (Meta, error) { return GetMeta(ctx, s, k) })}
	t.metas.fill()
	return t
}

// next takes the newest object. One whose metadata cannot be read goes first:
// who reads all of it meets the error.
func (ts tops) next() (Listed, bool) {
	var best *top
	for _, t := range ts {
		if t.state == unread {
			t.advance()
		}
		if t.state == ready && (best == nil || best.err == nil && (t.err != nil || t.meta.LastTime.After(best.meta.LastTime))) {
			best = t
		}
	}
	if best == nil {
		return Listed{}, false
	}
	best.state = unread
	return best.of, true
}

func (t *top) advance() {
	var ok bool
	t.state = ready
	if t.of, t.meta, t.err, ok = t.metas.next(); !ok {
		t.state = ended
	}
	t.metas.fill()
}

func (ts tops) stop() {
	for _, t := range ts {
		t.metas.stop()
	}
}
