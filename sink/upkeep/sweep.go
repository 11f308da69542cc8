package upkeep

import (
	"context"
	"errors"

	"pressmill/sink/segment"
	"pressmill/sink/store"
)

// sweep removes the objects of a day that no one reads any more: parts that an
// earlier run left, and what a sink wrote that woke up at a position which was
// merged meanwhile. Each is read first: one that holds what its covers do not
// stays.
func (r *run) sweep(ctx context.Context, d segment.Day) error {
	all, err := d.List(ctx, r.store)
	if err != nil {
		return err
	}
	live := segment.LiveOf(all)
	buried, err := r.tombstones(ctx)
	if err != nil {
		return err
	}
	dead := unread(all, live)
	for i, l := range live {
		var under []segment.Listed
		for _, o := range dead {
			if l.Covers(o.Key) {
				under = append(under, o)
			}
		}
		if len(under) == 0 {
			continue
		}
		if err := r.sweepUnder(ctx, live[i:], under, buried); err != nil && !errors.Is(err, store.ErrNotFound) {
			return err
		}
	}
	return nil
}

// unread returns the objects that are not live.
func unread(all, live []segment.Listed) []segment.Listed {
	isLive := make(map[segment.Key]bool, len(live))
	for _, l := range live {
		isLive[l.Key] = true
	}
	var dead []segment.Listed
	for _, o := range all {
		if !isLive[o.Key] {
			dead = append(dead, o)
		}
	}
	return dead
}

// sweepUnder removes the objects under the first of some covers, which follow
// each other. store.ErrNotFound: another run was here, and may go on.
func (r *run) sweepUnder(ctx context.Context, covers, dead []segment.Listed, buried map[string]bool) error {
	have, _, err := r.tallyOf(ctx, covers[0].Key, nil)
	if err != nil {
		return err
	}
	return r.removeHeld(ctx, have, dead, buried, func(o segment.Object) error {
		return r.removeAcross(ctx, covers, o, buried)
	})
}

// removeAcross removes an object that reaches over several covers, or counts it
// as kept.
func (r *run) removeAcross(ctx context.Context, covers []segment.Listed, o segment.Object, buried map[string]bool) error {
	want := tally{}
	want.add(o.Body, buried)
	for _, c := range covers {
		if len(want) == 0 || c.Chain() != o.Key.Chain() || c.Epoch != o.Key.Epoch || c.Position >= o.Meta.Next {
			break
		}
		_, body, err := segment.Get(ctx, r.store, c.Key)
		if err != nil {
			return err
		}
		want.subtract(body)
	}
	if len(want) > 0 {
		r.report.Kept++
		r.tell(Step{Action: "kept", Key: o.Key.String()})
		return nil
	}
	return r.removeObject(ctx, o.Key, o.Meta)
}
