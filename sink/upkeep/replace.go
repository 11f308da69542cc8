package upkeep

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"

	"golang.org/x/sync/errgroup"

	"pressmill/sink/segment"
	"pressmill/sink/store"
)

// removalsAtATime hides how long a store takes to answer.
const removalsAtATime = 8

// errMissing says that an object lacks what it should have taken over.
var errMissing = errors.New("it lacks articles")

// part is an object that another one shall replace.
type part struct {
	key  segment.Key
	meta segment.Meta
}

// tally counts articles by their identity.
type tally map[[16]byte]int

// identity of a line without an id is its hash.
func identity(line []byte) [16]byte {
	i := segment.IdentityOf(line)
	if i.ID != "" {
		line = []byte(i.Schema + "\x00" + i.ID + "\x00" + i.Rev)
	}
	sum := sha256.Sum256(line)
	return [16]byte(sum[:16])
}

// add counts the lines of a body that are not buried.
func (t tally) add(body []byte, buried map[string]bool) {
	for line := range segment.Lines(body) {
		if !isBuried(buried, line) {
			t[identity(line)]++
		}
	}
}

// holds says whether t has all lines of a body that are not buried.
func (t tally) holds(body []byte, buried map[string]bool) bool {
	want := tally{}
	want.add(body, buried)
	for id, n := range want {
		if t[id] < n {
			return false
		}
	}
	return true
}

// subtract takes away what a body holds.
func (t tally) subtract(body []byte) {
	for line := range segment.Lines(body) {
		id := identity(line)
		if t[id]--; t[id] <= 0 {
			delete(t, id)
		}
	}
}

func isBuried(buried map[string]bool, line []byte) bool {
	return len(buried) > 0 && buried[segment.IdentityOf(line).ID]
}

// without returns the lines of a body that are not buried, and how many are.
func without(body []byte, buried map[string]bool) (rest []byte, dropped int) {
	if len(buried) == 0 {
		return body, 0
	}
	var out bytes.Buffer
	for line := range bytes.Lines(body) {
		if isBuried(buried, line) {
			dropped++
			continue
		}
		out.Write(line)
	}
	if dropped == 0 {
		return body, 0
	}
	return out.Bytes(), dropped
}

// replace stores the lines of parts, which are neighbours in their order, as
// one object without what is buried, and removes the parts after that object
// was read back and holds the rest of them. When the object is there already,
// another run was faster, and the parts are removed by the same rule.
// store.ErrNotFound means that a part is gone, by another run.
func (r *run) replace(ctx context.Context, into segment.Key, parts []segment.Listed) error {
	buried, err := r.tombstones(ctx)
	if err != nil {
		return err
	}
	if err := r.put(ctx, into, parts, buried); err != nil && !errors.Is(err, store.ErrExists) {
		return err
	}
	return r.retire(ctx, into, parts)
}

// put makes the object. Its body is not kept: it is read back. store.ErrExists
// means that it is there.
func (r *run) put(ctx context.Context, into segment.Key, from []segment.Listed, buried map[string]bool) error {
	var body bytes.Buffer
	var parts []part
	dropped := 0
	for o, err := range segment.Bodies(ctx, r.store, from) {
		if err != nil {
			return err
		}
		rest, n := without(o.Body, buried)
		if len(parts) == 0 {
			body.Grow(about(from, len(rest)))
		}
		body.Write(rest)
		dropped += n
		parts = append(parts, part{o.Key, o.Meta})
	}
	if err := neighbours(into, parts); err != nil {
		return err
	}
	m := joined(parts, dropped)
	m.Writer = r.writer
	m, _, err := segment.Put(ctx, r.store, into, segment.FormatOf(into, m), m, body.Bytes())
	if err != nil {
		return err
	}
	r.report.Deleted += dropped
	step := Step{Action: "rewritten", Key: into.String(), Parts: len(parts), Bytes: m.Bytes}
	if len(parts) == 1 {
		r.report.Rewritten++
	} else {
		r.report.Merged++
		r.report.Parts += len(parts)
		step.Action = "merged"
	}
	r.tell(step)
	return nil
}

// about is how large the bodies of objects are together, by that of the first:
// a buffer that grows takes twice as much.
func about(from []segment.Listed, first int) int {
	var size int64
	for _, l := range from {
		size += l.Size
	}
	if len(from) == 1 || from[0].Size == 0 {
		return first
	}
	return int(min(8, float64(first)/float64(from[0].Size)) * 1.02 * float64(size))
}

// neighbours checks that parts follow each other from the beginning of an
// object's range to its end.
func neighbours(into segment.Key, parts []part) error {
	next := into.Position
	for _, p := range parts {
		if p.meta.Position != next || p.meta.Shape != parts[0].meta.Shape {
			return fmt.Errorf("replace by %s: %s does not follow the object before it", into, p.key)
		}
		next = p.meta.Next
	}
	if next != into.End {
		return fmt.Errorf("replace by %s: the parts end at %d", into, next)
	}
	return nil
}

// joined returns the metadata of an object that takes the place of parts.
func joined(parts []part, dropped int) segment.Meta {
	m := parts[0].meta
	for _, p := range parts[1:] {
		o := p.meta
		m.Merged = max(1, m.Merged) + max(1, o.Merged) // of what a sink wrote
		m.Last, m.Next, m.LastID, m.LastTime, m.Created = o.Last, o.Next, o.LastID, o.LastTime, o.Created
		m.Count += o.Count
		m.Skipped += o.Skipped
		m.Rejected += o.Rejected
		m.Takedowns += o.Takedowns
		m.Filtered += o.Filtered
		m.Deleted += o.Deleted
		m.Gap, m.Overlap = joinGaps(m.Gap, o.Gap), joinOverlaps(m.Overlap, o.Overlap)
	}
	m.Count -= dropped
	m.Deleted += dropped
	return m
}

func joinGaps(a, b *segment.Range) *segment.Range {
	if a == nil || b == nil {
		return firstOf(a, b)
	}
	return &segment.Range{From: min(a.From, b.From), To: max(a.To, b.To)}
}

func joinOverlaps(a, b *segment.Overlap) *segment.Overlap {
	if a == nil || b == nil {
		return firstOf(a, b)
	}
	o := &segment.Overlap{Since: min(a.Since, b.Since), Until: a.Until}
	if b.Until.After(a.Until) {
		o.Until = b.Until
	}
	return o
}

func firstOf[T any](a, b *T) *T {
	if a != nil {
		return a
	}
	return b
}

// retire removes what an object replaces, after reading it back. What was
// buried meanwhile, perhaps unseen by who made the object, is taken out of it:
// who buries an article lists the objects afterwards, and who makes an object
// asks for what is buried afterwards, so that one of them sees the other's.
func (r *run) retire(ctx context.Context, by segment.Key, parts []segment.Listed) error {
	buried, err := r.tombstones(ctx)
	if err != nil {
		return err
	}
	have, late, err := r.tallyOf(ctx, by, buried)
	if err != nil {
		return err
	}
	err = r.removeHeld(ctx, have, parts, buried, func(o segment.Object) error {
		return fmt.Errorf("remove %s in favour of %s: %w", o.Key, by, errMissing)
	})
	if err != nil || late == 0 {
		return err
	}
	return r.rewrite(ctx, segment.Listed{Key: by})
}

// tallyOf counts the articles of an object, and how many of them are buried.
func (r *run) tallyOf(ctx context.Context, k segment.Key, buried map[string]bool) (have tally, late int, err error) {
	_, body, err := segment.Get(ctx, r.store, k)
	if err != nil {
		return nil, 0, err
	}
	have = tally{}
	have.add(body, nil)
	_, late = without(body, buried)
	return have, late, nil
}

// removeHeld removes those of some objects whose articles, but for those
// buried, are among others, several at a time. What is to be done about the
// rest, missing says.
func (r *run) removeHeld(ctx context.Context, have tally, objects []segment.Listed, buried map[string]bool, missing func(segment.Object) error) error {
	var removals errgroup.Group
	removals.SetLimit(removalsAtATime)
	err := func() error {
		for o, err := range segment.Bodies(ctx, r.store, objects) {
			switch {
			case errors.Is(err, store.ErrNotFound): // another run was faster
			case err != nil:
				return err
			case have.holds(o.Body, buried):
				removals.Go(func() error { return r.removeObject(ctx, o.Key, o.Meta) })
			default:
				if err := missing(o); err != nil {
					return err
				}
			}
		}
		return nil
	}()
	return errors.Join(err, removals.Wait())
}

// rewrite takes what is buried out of an object, as often as more is buried
// meanwhile. An object that holds nothing of it stays.
func (r *run) rewrite(ctx context.Context, l segment.Listed) error {
	buried, err := r.tombstones(ctx)
	if err != nil {
		return err
	}
	m, body, err := segment.Get(ctx, r.store, l.Key)
	if err != nil {
		return err
	}
	if _, n := without(body, buried); n == 0 {
		return nil
	}
	into := l.Key
	into.End, into.Rewrite = m.Next, l.Rewrite+1
	return r.replace(ctx, into, []segment.Listed{l})
}

func (u *Keeper) tombstones(ctx context.Context) (map[string]bool, error) {
	return segment.Tombstones(ctx, u.store, u.prefix)
}
