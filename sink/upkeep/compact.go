package upkeep

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path"
	"time"

	"pressmill/sink/segment"
	"pressmill/sink/store"
)

// Options says what is merged.
type Options struct {
	// Before is the first day that is left alone, "": today (UTC).
	Before string
	// Target is the size, in bytes of the body before compression, that an object
	// is merged up to. Two to three times as much memory is used.
	Target int64
	// DryRun changes nothing and tells what would be merged.
	DryRun bool
}

// Compact merges the objects of each day up to a target size, chain by chain and
// epoch by epoch, and takes out what was deleted. The newest object of each
// partition stays as it is.
//
// What is merged is planned first, in an object of its own that is made
// create-only, and a plan joins whole objects of the plan before it: so the
// ranges of any two objects are one within the other, or apart, whoever made
// them and however late.
func (u *Keeper) Compact(ctx context.Context, o Options) (Report, error) {
	if o.Before == "" {
		o.Before = u.now().UTC().Format(time.DateOnly)
	}
	r, err := u.begin(ctx)
	if err != nil {
		return Report{}, err
	}
	c := compaction{run: r, Options: o}
	if c.plans, err = c.lastPlans(ctx); err != nil {
		return r.report, err
	}
	err = r.each(ctx, o.Before, c.day)
	if !o.DryRun {
		err = errors.Join(err, r.purge(ctx))
	}
	return r.report, err
}

type compaction struct {
	*run
	Options
	plans map[string]int // the number of the last plan by date
}

// plan is what is to be merged: the keys of the objects that shall be.
type plan struct {
	Objects []segment.Key `json:"-"`
	Keys    []string      `json:"objects"`
}

const planDir = ".compact"

func (c *compaction) planKey(date string, n int) string {
	return path.Join(c.prefix, planDir, fmt.Sprintf("%s-%06d.json", date, n))
}

// lastPlans lists the plans.
func (c *compaction) lastPlans(ctx context.Context) (map[string]int, error) {
	entries, err := c.store.ReadDir(ctx, path.Join(c.prefix, planDir))
	if err != nil {
		return nil, fmt.Errorf("list plans: %w", err)
	}
	last := map[string]int{}
	for _, e := range entries {
		var n int
		if len(e.Name) <= len(time.DateOnly) {
			continue
		}
		date, rest := e.Name[:len(time.DateOnly)], e.Name[len(time.DateOnly):]
		if _, err := fmt.Sscanf(rest, "-%06d.json", &n); err == nil {
			last[date] = max(last[date], n)
		}
	}
	return last, nil
}

// lastPlan reads the last plan of a day; 0 is the number of none.
func (c *compaction) lastPlan(ctx context.Context, date string) (n int, p plan, err error) {
	for n = max(1, c.plans[date]); ; n++ {
		data, err := store.ReadAll(ctx, c.store, c.planKey(date, n))
		if errors.Is(err, store.ErrNotFound) {
			c.plans[date] = n - 1
			return n - 1, p, nil
		}
		if err != nil {
			return n, p, err
		}
		if p, err = parsePlan(data); err != nil {
			return n, p, fmt.Errorf("read %s: %w", c.planKey(date, n), err)
		}
	}
}

func parsePlan(data []byte) (p plan, err error) {
	if err := json.Unmarshal(data, &p); err != nil {
		return p, err
	}
	for _, s := range p.Keys {
		k, err := segment.ParseKey(s)
		if err != nil {
			return p, err
		}
		p.Objects = append(p.Objects, k)
	}
	return p, nil
}

// makePlan stores a plan, or returns store.ErrExists if there is one of this
// number.
func (c *compaction) makePlan(ctx context.Context, date string, n int, objects []segment.Key) error {
	p := plan{}
	for _, k := range objects {
		p.Keys = append(p.Keys, k.String())
	}
	data, err := json.Marshal(p)
	if err != nil {
		return err
	}
	return c.store.Create(ctx, c.planKey(date, n), append(data, '\n'))
}

// day does what was planned for a day and is not done, and then plans what can
// be merged beyond that, and does it.
func (c *compaction) day(ctx context.Context, d segment.Day) error {
	for range attempts {
		again, err := c.round(ctx, d)
		if again {
			continue
		}
		if c.DryRun {
			return err
		}
		return errors.Join(err, c.sweep(ctx, d))
	}
	return errors.New("others plan for this day all the time")
}

// round says whether another run has planned meanwhile.
func (c *compaction) round(ctx context.Context, d segment.Day) (again bool, err error) {
	n, p, err := c.lastPlan(ctx, d.Date)
	if err != nil {
		return false, err
	}
	var open []segment.Key
	if c.DryRun {
		p = plan{} // what it still has to merge is proposed again
	}
	for _, into := range p.Objects {
		if e := c.merge(ctx, d, into); e != nil {
			open, err = append(open, into), errors.Join(err, e)
		}
	}
	next, e := c.propose(ctx, d, open)
	if errors.Is(e, store.ErrNotFound) {
		return true, nil
	}
	if err = errors.Join(err, e); e != nil || len(next) == 0 || c.DryRun {
		return false, err
	}
	if e := c.makePlan(ctx, d.Date, n+1, next); errors.Is(e, store.ErrExists) {
		return true, nil
	} else if e != nil {
		return false, errors.Join(err, e)
	}
	for _, into := range next {
		err = errors.Join(err, c.merge(ctx, d, into))
	}
	return false, err
}

// merge makes an object that was planned, unless it or a wider one is there.
func (c *compaction) merge(ctx context.Context, d segment.Day, into segment.Key) error {
	for range attempts {
		all, err := d.List(ctx, c.store)
		if err != nil {
			return err
		}
		parts, done := c.partsOf(segment.LiveOf(all), into)
		if done || len(parts) == 0 {
			return nil
		}
		for _, p := range parts {
			if c.newest.has(p.Key) {
				return fmt.Errorf("merge %s: %s was the newest object when this run began", into, p.Key)
			}
		}
		if err := c.replace(ctx, into, parts); !errors.Is(err, store.ErrNotFound) {
			return err
		}
	}
	return fmt.Errorf("merge %s: parts vanish all the time", into)
}

// partsOf returns the objects that a planned one is made of; done says that it,
// or a wider one, is there.
func (*compaction) partsOf(live []segment.Listed, into segment.Key) (parts []segment.Listed, done bool) {
	for _, l := range live {
		switch {
		case l.Covers(into) && l.End >= into.End:
			return nil, true
		case into.Covers(l.Key):
			parts = append(parts, l)
		}
	}
	return parts, false
}

// propose returns what can be merged of a day's objects, but for those that an
// open plan still has to join.
func (c *compaction) propose(ctx context.Context, d segment.Day, open []segment.Key) ([]segment.Key, error) {
	all, err := d.List(ctx, c.store)
	if err != nil {
		return nil, err
	}
	var plan []segment.Key
	g := group{target: c.Target}
	flush := func() {
		if into, ok := g.object(); ok {
			plan = append(plan, into)
			if c.DryRun {
				c.tell(Step{Action: "would merge", Key: into.String(), Parts: len(g.parts), Bytes: g.bytes})
				c.report.Merged++
				c.report.Parts += len(g.parts)
			}
		}
		g.parts, g.bytes = nil, 0
	}
	for o, err := range segment.Metas(ctx, c.store, c.candidates(all, open)) {
		if err != nil {
			return nil, err
		}
		p := part{o.Key, o.Meta}
		if !g.takes(p) {
			flush()
		}
		g.parts, g.bytes = append(g.parts, p), g.bytes+p.meta.Bytes
	}
	flush()
	return plan, nil
}

// candidates returns the live objects that may be merged, if they have a
// neighbour.
func (c *compaction) candidates(all []segment.Listed, open []segment.Key) []segment.Listed {
	var free []segment.Listed
	for _, l := range segment.LiveOf(all) {
		planned := c.newest.has(l.Key)
		for _, into := range open {
			planned = planned || into.Covers(l.Key)
		}
		if !planned {
			free = append(free, l)
		}
	}
	var list []segment.Listed
	near := func(i, j int) bool { return j >= 0 && j < len(free) && alike(free[i].Key, free[j].Key) }
	for i, l := range free {
		if near(i, i-1) || near(i, i+1) {
			list = append(list, l)
		}
	}
	return list
}

// alike says whether two objects can be parts of one.
func alike(a, b segment.Key) bool {
	return a.Dir == b.Dir && a.Ext == b.Ext && a.Partition == b.Partition && a.Epoch == b.Epoch
}

// group is what becomes one object.
type group struct {
	target int64
	parts  []part
	bytes  int64
}

func (g *group) takes(p part) bool {
	if len(g.parts) == 0 {
		return true
	}
	last := g.parts[len(g.parts)-1]
	return alike(last.key, p.key) && last.meta.Shape == p.meta.Shape &&
		last.meta.Next == p.meta.Position && g.bytes+p.meta.Bytes <= g.target
}

// object returns the key of the object that a group becomes, if it has several
// parts.
func (g *group) object() (segment.Key, bool) {
	if len(g.parts) < 2 {
		return segment.Key{}, false
	}
	k := g.parts[0].key
	k.End, k.Rewrite = g.parts[len(g.parts)-1].meta.Next, 0
	return k, true
}
