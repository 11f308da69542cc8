package sink

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"go.uber.org/zap"

	"pressmill/pkg/logging"
	"pressmill/pkg/news"
	"pressmill/sink/segment"
	"pressmill/sink/store"
)

const (
	// readSize is how many messages are asked for at once.
	readSize = 64
	// turnTime and turnBatches bound one turn, so that workers can share.
	turnTime    = time.Minute
	turnBatches = 16
	// carrySize is how many messages that are not written are read in a row
	// before the position takes note of it.
	carrySize = 4096
	// gather is the pause after a read that was not full, so that a trickle of
	// articles is not read one by one.
	gather = 50 * time.Millisecond
	// onceAge is the most of MaxAge of those who wait for a run that ends by itself:
	// they see what it has brought, and it holds less in memory.
	onceAge = 10 * time.Second
	// mirrorEvery is how often the position of a quiet partition is mirrored.
	mirrorEvery = 30 * time.Second
)

// drain is one turn's work on one partition of one sink.
type drain struct {
	*output
	part      int
	bus       Bus
	turn      Turn
	opt       Options
	writer    string
	skip      skipSet
	buried    map[string]bool
	conflicts int // in a row
}

// run commits objects until the partition is drained, the turn has lasted long
// enough or ctx ends. It returns where to go on, and whether more waits. The
// position is valid, beyond its zero value, even with an error.
func (d *drain) run(ctx, work context.Context) (pos position, more bool, err error) {
	if pos, err = d.resolve(work, d.bus, d.part, d.turn.State); err != nil {
		return position{}, false, err
	}
	if pos, err = d.begin(work, pos); err != nil {
		return position{}, false, err
	}
	if err = d.index(work, pos); err != nil {
		return position{}, false, err
	}
	d.setKnown(d.part, pos)
	end := time.Now().Add(turnTime)
	for n := 0; ctx.Err() == nil; n++ {
		d.opt.Beat()
		if n == turnBatches || time.Now().After(end) {
			return pos, true, nil
		}
		next, idle, err := d.step(ctx, work, pos)
		if err == nil {
			err = d.index(work, next)
		}
		if err != nil {
			return pos, false, err
		}
		pos = next
		d.setKnown(d.part, pos)
		d.mirror(work, pos)
		if idle {
			return pos, false, nil
		}
	}
	return pos, false, nil
}

// step collects one batch and commits it.
func (d *drain) step(ctx, work context.Context, pos position) (next position, idle bool, err error) {
	st, err := stateOf(work, d.bus)
	if err != nil {
		return pos, false, err
	}
	if gap := pos.gapBefore(st); gap != nil {
		// A frozen twin sees a gap where others have committed.
		if err := d.turn.Check(work); err != nil {
			return pos, false, fmt.Errorf("check turn: %w", err)
		}
		d.logGap(d.part, *gap)
		pos = pos.past(*gap)
	}
	d.readsOf(d.part, pos.Epoch.String())
	if pos.Overlap != nil && pos.LastTime.After(pos.Overlap.Until) {
		pos.Overlap = nil
	}
	if d.skip, err = d.skipsOf(work, d.part, pos); err != nil {
		return pos, false, fmt.Errorf("read what earlier epochs hold: %w", err)
	}
	if d.buried, err = d.tombstones(work); err != nil {
		return pos, false, err
	}
	b, err := d.collect(ctx, pos)
	defer d.spool.give(b.held)
	if err == nil {
		err = d.dropDeleted(work, b)
	}
	if err != nil {
		return pos, false, err
	}
	switch {
	case b.read == 0 && !b.done:
		if ctx.Err() == nil {
			pos.Scanned = max(pos.Scanned, st.last+1)
		}
		return pos, true, nil
	case b.written() == 0 && !b.done:
		d.count(b.minus(pos.Carry), b.oldest)
		pos.Carry, pos.Scanned = b.carry(), b.last.Seq+1
		return pos, false, nil
	}
	next, err = d.commit(work, pos, b)
	return next, false, err
}

// collect reads messages until the batch is full or old enough, the partition
// has no more or ctx ends. An error comes back only with an empty batch.
func (d *drain) collect(ctx context.Context, pos position) (*batch, error) {
	b := newBatch(d.cfg, pos)
	from, wait := pos.from(), d.opt.Wait
	var deadline time.Time
	for ctx.Err() == nil {
		d.opt.Beat()
		if !d.room(ctx, b) {
			return b, nil
		}
		n := min(b.readSize(), d.cfg.MaxCount-b.written())
		msgs, err := d.bus.ReadArticles(ctx, d.part, from, n, wait)
		if err != nil {
			if b.read == 0 && ctx.Err() == nil {
				return b, fmt.Errorf("read articles: %w", err)
			}
			return b, nil // what was read is committed; the next read meets the error
		}
		for _, m := range msgs {
			if b.full(m) {
				return b, nil
			}
			d.take(b, m, pos)
			from = m.Seq + 1
		}
		drained := len(msgs) < n
		switch {
		case b.written() == 0:
			if drained || b.read >= carrySize {
				return b, nil
			}
			continue
		case b.written() >= d.cfg.MaxCount, len(msgs) == 0 && d.opt.ending():
			return b, nil
		case deadline.IsZero():
			deadline = d.deadline(b.oldest)
		}
		if drained && !time.Now().Before(deadline) {
			return b, nil
		}
		if drained && !d.opt.ending() {
			pause(ctx, min(gather, time.Until(deadline)))
		}
		if wait = min(max(time.Millisecond, time.Until(deadline)), beatEvery); d.opt.Once {
			wait = min(wait, gather) // so that the end is noticed
		}
	}
	return b, nil
}

// deadline is when an article is to be committed. The clock of the stream may
// be ahead of ours.
func (d *drain) deadline(stored time.Time) time.Time {
	now := time.Now()
	if stored.After(now) {
		stored = now
	}
	age := d.cfg.MaxAge
	if d.opt.Once {
		age = min(age, onceAge)
	}
	return now.Add(age - now.Sub(stored))
}

// take adds a message and counts what the batch grows by, twice: the object that
// is made of it lies beside it.
func (d *drain) take(b *batch, m StoredArticle, pos position) {
	before := b.body.Len()
	b.readBytes += int64(len(m.Data))
	d.add(b, m, pos)
	grown := 2 * int64(b.body.Len()-before)
	b.held += grown
	d.spool.grow(grown)
}

func (d *drain) add(b *batch, m StoredArticle, pos position) {
	switch {
	case d.cfg.Archives() && len(m.Data) == 0: // out of an archive, or broken
		b.pass(m, &b.Filtered)
		d.leaveOut(d.part, m, "archived")
	case !d.cfg.Takedowns && news.IsTakedown(m.MsgID):
		b.pass(m, &b.Takedowns)
		d.leaveOut(d.part, m, "takedown")
	case pos.Overlap != nil && m.Time.Before(pos.Overlap.Until) && d.skip.has(m.MsgID):
		b.pass(m, &b.Skipped)
		d.leaveOut(d.part, m, "overlap")
	case d.buried[articleID(m.MsgID)]:
		b.pass(m, &b.Filtered)
		d.leaveOut(d.part, m, "deleted")
	case d.filters(m):
		b.pass(m, &b.Filtered)
		d.leaveOut(d.part, m, "filter")
	case !b.add(m):
		if b.written() == 0 {
			b.oldest = m.Time
		}
		b.pass(m, &b.Rejected)
		d.reject(d.part, m)
	}
}

// dropDeleted takes out of a batch what was deleted while it was collected, which
// may be minutes: upkeep looks no more for an article whose tombstone is older
// than every sink needs to see it.
func (d *drain) dropDeleted(ctx context.Context, b *batch) error {
	if b.Count == 0 || d.cfg.Archives() {
		return nil
	}
	buried, err := d.tombstones(ctx)
	if err != nil || len(buried) == len(d.buried) { // they only grow in number
		return err
	}
	for _, m := range b.drop(func(line []byte) bool { return buried[segment.IdentityOf(line).ID] }) {
		d.tellLeftOut(d.part, m, "deleted")
	}
	d.leftFirst(d.part, b.last.Seq) // after an error, what is before it comes again
	return nil
}

// filters says whether the sink's filter keeps a message out. What is no JSON
// gets through, to be rejected.
func (d *drain) filters(m StoredArticle) bool {
	take, err := d.cfg.Filter.Match(m.Data)
	return err == nil && !take
}

// articleID returns the id of the article that a message is about.
func articleID(msgID string) string {
	id, _, _ := strings.Cut(msgID, ".")
	return id
}

// commit stores a batch as the object at pos and returns the position after
// it. When the position is taken, it returns the one after the object that is
// there, and the batch is void.
func (d *drain) commit(ctx context.Context, pos position, b *batch) (position, error) {
	if err := d.turn.Check(ctx); err != nil {
		return pos, fmt.Errorf("check turn: %w", err)
	}
	f := d.cfg.format()
	k := segment.NewKey(d.cfg.Prefix, d.cfg.Layout, dateOf(b.first.Time), pos.Epoch, d.part, pos.Next, f.Ext())
	if other, err := d.taken(ctx, pos, k); err != nil {
		return pos, err
	} else if other != nil {
		return d.follow(ctx, *other, pos.Carry, b)
	}
	begun := time.Now()
	m, size, err := segment.Put(ctx, d.store, k, f, d.meta(pos, b), b.body.Bytes())
	if errors.Is(err, store.ErrExists) {
		if was, err := segment.GetMeta(ctx, d.store, k); err != nil || was.Writer != d.writer || was.SHA256 != m.SHA256 || was.Last != m.Last {
			return d.follow(ctx, k, pos.Carry, b)
		}
		// A write whose answer was lost, or another turn of this process that ran
		// out under it and wrote the same: the object is ours.
	} else if err != nil {
		return pos, err
	}
	d.conflicts = 0
	if d.firstTime(d.part, k) {
		d.logCommitted(k, m, size, time.Since(begun))
		d.tellWritten(d.part, b, m.Last, k.String())
		d.count(b.minus(pos.Carry), b.oldest)
	}
	return after(k, m), nil
}

func (d *drain) meta(pos position, b *batch) segment.Meta {
	return segment.Meta{
		Epoch: pos.Epoch.String(), Shape: pos.Shape, Partition: d.part, Position: pos.Next,
		First: b.first.Seq, Last: b.last.Seq, Next: b.last.Seq + 1,
		Count: b.Count, Skipped: b.Skipped, Rejected: b.Rejected, Takedowns: b.Takedowns, Filtered: b.Filtered,
		Writer: d.writer, LastID: b.last.MsgID, LastTime: b.last.Time,
		Created: pos.Created, Gap: pos.Gap, Overlap: pos.Overlap,
	}
}

// taken looks for an object at the position under an earlier date. There is
// one when a twin committed it and its messages have been removed since, so
// that the first message is a later one for us. It matters only at the change
// of a day; where many days lie between, the partition is listed.
func (d *drain) taken(ctx context.Context, pos position, k segment.Key) (*segment.Key, error) {
	before := pos.LastTime
	if before.IsZero() {
		before = pos.Created
	}
	date := dateOf(before)
	if daysBefore(k.Date, scanDates*day) > date {
		return d.takenListed(ctx, k)
	}
	for ; date < k.Date; date = daysBefore(date, -day) {
		other := segment.NewKey(d.cfg.Prefix, d.cfg.Layout, date, k.Epoch, k.Partition, k.Position, k.Ext)
		_, err := segment.GetMeta(ctx, d.store, other)
		if err == nil {
			return &other, nil
		}
		if !errors.Is(err, store.ErrNotFound) {
			return nil, err
		}
	}
	return nil, nil
}

func (d *drain) takenListed(ctx context.Context, k segment.Key) (*segment.Key, error) {
	d.rescan()
	found, err := d.scan(ctx)
	if err != nil {
		return nil, fmt.Errorf("list objects: %w", err)
	}
	if n := found[d.part]; n != nil && n.Epoch == k.Epoch && n.Position >= k.Position {
		return n, nil
	}
	return nil, nil
}

// follow returns the position after an object that is there already. An object
// that was read from another stream, or a second one in a row, has the
// position derived from the newest objects. b is what was to be written there.
func (d *drain) follow(ctx context.Context, k segment.Key, counted *carry, b *batch) (position, error) {
	m, err := segment.GetMeta(ctx, d.store, k)
	if err != nil {
		return position{}, err
	}
	switch {
	case m.Writer != d.writer:
		d.logConflict(k, m)
	case d.firstTime(d.part, k):
		// Our own, whose answer was lost; meanwhile more had come for it.
		d.logCommitted(k, m, int(m.Bytes), 0)
		d.tellWritten(d.part, b, m.Last, k.String())
		d.count(tallyOf(m).minus(counted), m.LastTime)
	}
	pos := after(k, m)
	ok, err := continues(ctx, d.bus, pos)
	if err != nil {
		return pos, err
	}
	if d.conflicts++; ok && d.conflicts == 1 {
		return pos, nil
	}
	d.rescan()
	if pos, err = d.newest(ctx, d.bus, d.part); err != nil {
		return pos, err
	}
	return d.settle(ctx, d.bus, d.part, pos)
}

// mirror tells the bus how far the partition is committed. A quiet partition
// is past all that the stream held before the last wait.
func (d *drain) mirror(ctx context.Context, pos position) {
	if !d.mirrorDue(d.part, pos) {
		return
	}
	next := max(pos.Next, pos.Scanned)
	if d.cfg.Archives() {
		next = pos.from() // pages are released: none that was only looked for
	}
	if err := d.bus.PutPosition(ctx, d.cfg.Name, d.part, next); err != nil {
		d.log.Warn("cannot mirror position", logging.Event(logging.NATSError), zap.Int(logging.KeyPartition, d.part), zap.Error(err))
	}
}
