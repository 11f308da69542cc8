package articles

import (
	"bytes"
	"container/heap"
	"context"
	"slices"
	"time"

	"pressmill/sink/store"
)

// Page is some articles, the newest first.
type Page struct {
	Articles []Found
	// More says that there are older ones, and Next where they begin.
	More bool
	Next Cursor
}

// Find returns the newest articles behind a cursor, as many as limit. It reads
// from the newest object down, since a revision counts only if there is no newer
// one, and ends where older objects cannot hold what is newer. The page is
// valid with an error, which stands for objects that were left out.
func Find(ctx context.Context, s store.Store, prefix string, q Query, after Cursor, limit int) (Page, error) {
	best := &newestFound{}
	w := walker{
		Query: q,
		visit: func(f Found) bool {
			if after.ID == "" || f.cursor().compare(after) > 0 {
				best.offer(f, limit+1)
			}
			return true
		},
		enough: func(last time.Time) bool { return len(*best) > limit && (*best)[0].Collected.After(last) },
	}
	err := w.walk(ctx, s, prefix)
	page := Page{Articles: slices.SortedFunc(slices.Values(*best), func(a, b Found) int { return a.cursor().compare(b.cursor()) })}
	if len(page.Articles) > limit {
		page.Articles, page.More = page.Articles[:limit], true
		page.Next = page.Articles[limit-1].cursor()
	}
	return page, err
}

// newestFound is a heap of articles with the oldest on top.
type newestFound []Found

func (n newestFound) Len() int           { return len(n) }
func (n newestFound) Less(i, j int) bool { return n[i].cursor().compare(n[j].cursor()) > 0 }
func (n newestFound) Swap(i, j int)      { n[i], n[j] = n[j], n[i] }

// Push is heap.Interface.
func (n *newestFound) Push(x any) { *n = append(*n, x.(Found)) }

// Pop is heap.Interface.
func (n *newestFound) Pop() any {
	last := (*n)[len(*n)-1]
	*n = (*n)[:len(*n)-1]
	return last
}

// offer takes an article if it is among the newest of a number. Its line is
// copied, so that its object is not held.
func (n *newestFound) offer(f Found, number int) {
	if len(*n) == number && f.cursor().compare((*n)[0].cursor()) > 0 {
		return
	}
	f.Line = bytes.Clone(f.Line)
	heap.Push(n, f)
	if len(*n) > number {
		heap.Pop(n)
	}
}
