package segment

import (
	"context"
	"iter"

	"pressmill/sink/store"
)

// Bodies reads listed objects, several at a time, and yields them in their
// order. An error stands for one object, whose key is told; store.ErrNotFound is
// one of them.
func Bodies(ctx context.Context, s store.Store, list []Listed) iter.Seq2[Object, error] {
	return inParallel(ctx, list, func(ctx context.Context, k Key) (Object, error) {
		m, body, err := Get(ctx, s, k)
		return Object{Key: k, Meta: m, Body: body}, err
	})
}

// Metas is Bodies without the bodies.
func Metas(ctx context.Context, s store.Store, list []Listed) iter.Seq2[Object, error] {
	return inParallel(ctx, list, func(ctx context.Context, k Key) (Object, error) {
		m, err := GetMeta(ctx, s, k)
		return Object{Key: k, Meta: m}, err
	})
}

func inParallel(ctx context.Context, list []Listed, read func(context.Context, Key) (Object, error)) iter.Seq2[Object, error] {
	return func(yield func(Object, error) bool) {
		a := newAhead(ctx, aheadCount, inOrder(list), read)
		defer a.stop()
		for {
			_, o, err, ok := a.next()
			if !ok || !yield(o, err) {
				return
			}
		}
	}
}
