// Package upkeep merges the objects of a sink and takes articles out of them,
// while the sink writes and others read. It rests on one rule: an object is
// made beside the old ones, create-only and over the same range of positions or
// a wider one; the old ones are removed after the new one was read back and
// holds all that they hold. Readers take the widest one at any moment
// (segment.Live), so whoever is killed or frozen anywhere leaves nothing that
// is read twice or not at all, and the next run goes on from there. The newest
// object of a partition tells its sink where to go on and is never touched.
package upkeep

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"pressmill/sink/segment"
	"pressmill/sink/store"
)

// Keeper keeps the objects of one sink.
type Keeper struct {
	store  store.Store
	prefix string
	writer string
	now    func() time.Time
	// Progress is told of each step; nil: nobody is.
	Progress func(Step)
}

// Step is something that was done.
type Step struct {
	Action string // reads, merged, rewritten, removed, kept; would merge
	Key    string
	Parts  int   // merged into it
	Bytes  int64 // of the body
	// Day is the one that is worked on, and Done of Days are through.
	Day        string
	Done, Days int
}

// Report counts what a run has done.
type Report struct {
	Merged    int // objects that came of merging
	Parts     int // objects that were merged into them
	Rewritten int // objects that were rewritten without deleted articles
	Removed   int // objects that were removed because others cover them
	Deleted   int // lines that were taken out
	Pending   int // objects that hold deleted articles, but are the newest of a partition
	Kept      int // objects that no one reads, but that hold what no other object holds
}

// New returns the keeper of the sink with a prefix in a store.
func New(s store.Store, prefix string) *Keeper {
	return &Keeper{store: s, prefix: prefix, writer: "upkeep-" + store.NewWriterID(), now: time.Now}
}

// newest are the newest objects by partition: those a sink goes on behind. They
// were so when they were listed, and what is older now stays older.
type newest map[int]segment.Key

func (n newest) note(k segment.Key) {
	if best, ok := n[k.Partition]; !ok || best.Before(k) {
		n[k.Partition] = k
	}
}

// has says whether k is not to be touched.
func (n newest) has(k segment.Key) bool {
	best, ok := n[k.Partition]
	return !ok || !k.Before(best)
}

// run is one run over a store.
type run struct {
	*Keeper
	days   []segment.Day
	newest newest
	step   Step // with the day

	mu     sync.Mutex // of what follows, and of Progress
	report Report
}

// begin lists all that there is.
func (u *Keeper) begin(ctx context.Context) (*run, error) {
	r := &run{Keeper: u, newest: newest{}}
	return r, r.list(ctx)
}

// list lists the days, and what is on those that were not there before.
func (r *run) list(ctx context.Context) error {
	days, err := segment.Days(ctx, r.store, r.prefix)
	if err != nil {
		return err
	}
	for _, d := range days {
		if slices.ContainsFunc(r.days, func(o segment.Day) bool { return o.Date == d.Date }) {
			continue
		}
		all, err := d.List(ctx, r.store)
		if err != nil {
			return err
		}
		for _, l := range all {
			r.newest.note(l.Key)
		}
	}
	r.days, r.step.Days = days, len(days)
	return nil
}

// each does something for every day up to a date, exclusive; "" is no bound. A
// day that fails does not keep the others from being done.
func (r *run) each(ctx context.Context, before string, do func(context.Context, segment.Day) error) error {
	var errs []error
	for i, d := range r.days {
		if err := ctx.Err(); err != nil {
			return errors.Join(append(errs, err)...)
		}
		if before != "" && d.Date >= before {
			break
		}
		r.step.Day, r.step.Done = d.Date, i
		r.tell(Step{Action: "reads"})
		if err := do(ctx, d); err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", d.Date, err))
		}
	}
	return errors.Join(errs...)
}

func (r *run) tell(s Step) {
	if r.Progress == nil {
		return
	}
	s.Day, s.Done, s.Days = r.step.Day, r.step.Done, r.step.Days
	r.mu.Lock()
	defer r.mu.Unlock()
	r.Progress(s)
}

// removeObject removes an object that others cover.
func (r *run) removeObject(ctx context.Context, k segment.Key, m segment.Meta) error {
	if r.newest.has(k) {
		return fmt.Errorf("remove %s: it is the newest of its partition", k)
	}
	if err := segment.Delete(ctx, r.store, k, m.SHA256); err != nil {
		return err
	}
	r.mu.Lock()
	r.report.Removed++
	r.mu.Unlock()
	r.tell(Step{Action: "removed", Key: k.String()})
	return nil
}
