package crawler

import (
	"cmp"
	"context"
	"errors"
	"net/url"
	"slices"
	"time"

	"pressmill/crawler/links"
	"pressmill/pkg/bus"
)

// maxSeeks is how many polls and seeds may follow one another while items or
// links wait. Many of them must not keep their own items waiting.
const maxSeeks = 2

// next returns what to fetch next: a poll that is due, a seed, the newest item
// of a feed, a revisit that is due, a link, in this order. It returns
// bus.ErrNotFound if nothing waits.
func (v *visit) next(ctx context.Context) (bus.FrontierURL, *poll, error) {
	if v.state.Seeks >= maxSeeks {
		if job, err := v.nextItem(ctx); !errors.Is(err, bus.ErrNotFound) {
			return job, nil, err
		}
	}
	if p := v.duePoll(ctx); p != nil {
		return p.job(), p, nil
	}
	job, err := v.bus.Next(ctx, v.host, v.state.Taken, bus.PrioritySeed)
	if errors.Is(err, bus.ErrNotFound) {
		job, err = v.nextItem(ctx)
	}
	return job, nil, err
}

// nextItem returns the next of what polls and seeds have brought. Revisits and
// links take turns.
func (v *visit) nextItem(ctx context.Context) (bus.FrontierURL, error) {
	waiting := func(priorities ...int) func(context.Context) (bus.FrontierURL, error) {
		return func(ctx context.Context) (bus.FrontierURL, error) {
			return v.bus.Next(ctx, v.host, v.state.Taken, priorities...)
		}
	}
	items, links := waiting(bus.PriorityFeed), waiting(bus.PriorityNear, bus.PriorityFar)
	order := []func(context.Context) (bus.FrontierURL, error){items, v.dueRevisit, links}
	if v.state.Revisited {
		order[1], order[2] = links, v.dueRevisit
	}
	for _, read := range order {
		if job, err := read(ctx); !errors.Is(err, bus.ErrNotFound) {
			return job, err
		}
	}
	return bus.FrontierURL{}, bus.ErrNotFound
}

// took counts what is fetched, for the order of what comes next.
func (v *visit) took(job bus.FrontierURL) {
	v.urls++
	v.state.Revisited = job.Revisit != nil
	if job.Seed && !v.state.Revisited {
		v.state.Seeks++
	} else {
		v.state.Seeks = 0
	}
}

// target is a URL that was found.
type target struct {
	u        *url.URL
	depth    int
	priority int
	dated    time.Time // zero if what lists it does not say
	ref      links.Ref // of a link
}

// inPushOrder sorts targets so that the newest is fetched first. Those without
// a date keep their order, behind those that have one. Items of feeds are read
// from the end of their row, so they are pushed the other way round.
func inPushOrder(targets []target) []target {
	sorted := slices.Clone(targets)
	slices.SortStableFunc(sorted, func(a, b target) int {
		if c := cmp.Compare(a.priority, b.priority); c != 0 {
			return c
		}
		return b.dated.Compare(a.dated)
	})
	items := 0
	for items < len(sorted) && sorted[items].priority <= bus.PriorityFeed {
		items++
	}
	slices.Reverse(sorted[:items])
	return sorted
}

// tooOld says whether an item's date is beyond the age limit. One without a
// date never is.
func (v *visit) tooOld(src *scope, dated time.Time) bool {
	limit := v.cfg.MaxAge
	if src.MaxAge != nil {
		limit = *src.MaxAge
	}
	return limit > 0 && !dated.IsZero() && time.Since(dated) > limit
}

// latest returns the later of two times, either of which may be zero.
func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
