package upkeep

import (
	"context"
	"errors"
	"fmt"
	"time"

	"pressmill/sink/segment"
	"pressmill/sink/store"
)

// settled is how old a tombstone must be before every sink is sure to honour it.
const settled = 2 * time.Minute

// attempts is how often a day is begun anew that others change.
const attempts = 8

// Delete leaves tombstones, which hide the articles from all readers at once
// and keep sinks from writing them again, and then does what Finish does.
func (u *Keeper) Delete(ctx context.Context, articles []segment.Tombstone) (Report, error) {
	for _, t := range articles {
		if err := segment.Bury(ctx, u.store, u.prefix, t); err != nil {
			return Report{}, err
		}
	}
	return u.Finish(ctx)
}

// Finish takes all articles that were deleted out of the objects that hold
// them, but for the newest object of each partition: these are left for a
// later run, and counted as pending.
func (u *Keeper) Finish(ctx context.Context) (Report, error) {
	open, err := segment.Unswept(ctx, u.store, u.prefix)
	if err != nil || len(open) == 0 {
		return Report{}, err
	}
	r, err := u.begin(ctx)
	if err != nil {
		return Report{}, err
	}
	err = r.purge(ctx)
	return r.report, err
}

// purge does it for all days, and notes which articles are gone for good.
func (r *run) purge(ctx context.Context) error {
	began := r.now()
	open, err := segment.Unswept(ctx, r.store, r.prefix)
	if err != nil || len(open) == 0 {
		return err
	}
	if err := r.list(ctx); err != nil { // merging takes hours, and a day may have begun
		return err
	}
	pending := map[string]bool{}
	if err := r.each(ctx, "", func(ctx context.Context, d segment.Day) error { return r.purgeDay(ctx, d, pending) }); err != nil {
		return err
	}
	for id, at := range open {
		if pending[id] || r.report.Kept > 0 || began.Sub(at) < settled {
			continue
		}
		if err := segment.Swept(ctx, r.store, r.prefix, id); err != nil {
			return err
		}
	}
	return nil
}

func (r *run) purgeDay(ctx context.Context, d segment.Day, pending map[string]bool) error {
	for range attempts {
		err := r.purgeListed(ctx, d, pending)
		if !errors.Is(err, store.ErrNotFound) {
			return errors.Join(err, r.sweep(ctx, d))
		}
	}
	return fmt.Errorf("%w: others change its objects all the time", store.ErrNotFound)
}

// purgeListed rewrites the objects of a day that hold what is buried.
// store.ErrNotFound: one of them is gone, and the day is to be listed again.
func (r *run) purgeListed(ctx context.Context, d segment.Day, pending map[string]bool) error {
	all, err := d.List(ctx, r.store)
	if err != nil {
		return err
	}
	buried, err := r.tombstones(ctx)
	if err != nil {
		return err
	}
	var errs []error
	for o, err := range segment.Bodies(ctx, r.store, segment.LiveOf(all)) {
		if errors.Is(err, store.ErrNotFound) {
			return err
		}
		if err == nil {
			err = r.purgeObject(ctx, o, buried, pending)
		}
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

func (r *run) purgeObject(ctx context.Context, o segment.Object, buried, pending map[string]bool) error {
	if _, n := without(o.Body, buried); n == 0 {
		return nil
	}
	if !r.newest.has(o.Key) {
		return r.rewrite(ctx, segment.Listed{Key: o.Key})
	}
	r.report.Pending++
	for line := range segment.Lines(o.Body) {
		if isBuried(buried, line) {
			pending[segment.IdentityOf(line).ID] = true
		}
	}
	return nil
}
