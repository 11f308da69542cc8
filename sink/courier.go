package sink

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"go.uber.org/zap"

	"pressmill/pkg/bus"
	"pressmill/pkg/logging"
	"pressmill/sink/webhook"
)

const (
	// lastWord is how long a request may go on when the worker is to stop.
	lastWord = 5 * time.Second
	// beatEvery is how often a worker that waits for a receiver says it is alive.
	beatEvery = 10 * time.Second
	// maxLetter is the largest dead letter that holds its articles.
	maxLetter = 7 << 20
)

// errWaiting says that the receiver took nothing as long as the turn lasted.
var errWaiting = errors.New("the receiver takes nothing")

// courier is one turn's work on one partition of a webhook. It writes to the
// cursor which messages make the next batch, sends it, and writes that it was
// taken. A crash between any two steps is followed by the same batch with the
// same key; a twin that wakes up cannot write, because the cursor was changed.
type courier struct {
	*drain
	*hook
	cur     cursor
	rev     uint64 // of cur as it is stored
	unsaved bool   // cur is ahead of it, past messages that are left out
}

// hook is what the partitions of a webhook share.
type hook struct {
	cursors Cursors
	client  *webhook.Client
	// limit is the size of a body in bytes that the receiver may take, since it
	// has refused a larger one; 0: none is known.
	limit    atomic.Int64
	goneOnce sync.Once
}

func newHook(cfg Config, b Bus, log *zap.Logger) (*hook, error) {
	cursors, ok := b.(Cursors)
	if !ok {
		return nil, errors.New("this bus keeps no cursors")
	}
	receiver := cfg.receiver()
	receiver.Changed = func(err error) {
		if err == nil {
			log.Info("the receiver takes batches again", logging.Event(logging.ReceiverUp))
			return
		}
		log.Warn("the receiver takes nothing; waiting for it", logging.Event(logging.ReceiverDown), zap.Error(err))
	}
	client, err := webhook.New(receiver)
	return &hook{cursors: cursors, client: client}, err
}

// parcel is a batch with its messages.
type parcel struct {
	*batch
	articles [][]byte
	last     StoredArticle // of the range, without its data
}

// run delivers batches until the partition is drained, the turn has lasted long
// enough or ctx ends. It returns as drain.run does.
func (c *courier) run(ctx, work context.Context) (pos position, more bool, err error) {
	if c.client.Gone() {
		return c.leave(work)
	}
	if err := c.load(work); err != nil {
		return position{}, false, err
	}
	c.setKnown(c.part, c.cur.position())
	c.readsOf(c.part, strconv.Itoa(c.cur.Generation))
	if err := c.again(ctx, work); err != nil {
		return c.end(work, err)
	}
	end := time.Now().Add(turnTime)
	for n := 0; ctx.Err() == nil; n++ {
		c.opt.Beat()
		if n == turnBatches || time.Now().After(end) {
			return c.cur.position(), true, c.save(work)
		}
		idle, err := c.step(ctx, work)
		if err != nil {
			return c.end(work, err)
		}
		c.setKnown(c.part, c.cur.position())
		if idle || !c.unsaved {
			if err := c.save(work); err != nil {
				return c.cur.position(), false, err
			}
			c.mirror(work, c.cur.position())
		}
		if idle {
			return c.cur.position(), false, nil
		}
	}
	return c.cur.position(), false, c.save(work)
}

// end returns what run returns after an error.
func (c *courier) end(work context.Context, err error) (position, bool, error) {
	if errors.Is(err, webhook.ErrGone) {
		return c.leave(work)
	}
	return c.cur.position(), false, err
}

// leave lets a partition go whose receiver wants no more: it holds nothing in
// the stream, and counts as drained.
func (c *courier) leave(ctx context.Context) (position, bool, error) {
	c.goneOnce.Do(func() {
		c.log.Error("the receiver wants no more (410); this sink stops until the process starts again", logging.Event(logging.ReceiverGone))
	})
	st, err := stateOf(ctx, c.bus)
	if err != nil {
		return position{}, false, err
	}
	pos := position{Next: st.last + 1}
	c.setKnown(c.part, pos)
	c.mirror(ctx, pos)
	return position{}, false, webhook.ErrGone
}

// save writes a cursor that is ahead of what is stored.
func (c *courier) save(ctx context.Context) error {
	if !c.unsaved {
		return nil
	}
	return c.put(ctx, c.cur)
}

// step delivers one batch: the one that may have been on its way, or the next.
func (c *courier) step(ctx, work context.Context) (idle bool, err error) {
	p, err := c.next(ctx, work)
	if p != nil {
		defer c.spool.give(p.held)
	}
	if err != nil || p == nil {
		return err == nil, err
	}
	if p.Count == 0 {
		c.cur, c.unsaved = c.cur.past(p.last), true
		c.done(p, nil)
		return false, nil
	}
	if err := c.turn.Check(work); err != nil {
		return false, fmt.Errorf("check turn: %w", err)
	}
	c.opt.at("before the request")
	begun := time.Now()
	err = c.send(ctx, work, webhook.Batch{Key: c.cur.Pending.Key, Articles: p.articles})
	took := time.Since(begun)
	c.opt.at("after the request")
	if rejected, ok := errors.AsType[*webhook.RejectedError](err); ok {
		return false, c.refused(work, p, rejected)
	}
	if err != nil {
		return false, err
	}
	key := c.cur.Pending.Key
	if err := c.put(work, c.cur.past(p.last)); err != nil {
		return false, err
	}
	c.opt.at("after the cursor")
	c.logDelivered(p, key, took)
	c.tellWritten(c.part, p.batch, p.last.Seq, key)
	c.done(p, nil)
	return false, nil
}

// next returns the batch that the cursor names, or the next one that the stream
// has, named by the cursor by then unless it is empty; nil if there is nothing.
func (c *courier) next(ctx, work context.Context) (*parcel, error) {
	if c.cur.Pending != nil {
		p, err := c.rebuild(work)
		if err != nil || p != nil {
			return p, err
		}
	}
	st, err := stateOf(work, c.bus)
	if err != nil {
		return nil, err
	}
	if gap := c.cur.position().gapBefore(st); gap != nil {
		if err := c.turn.Check(work); err != nil { // a frozen twin sees gaps where there are none
			return nil, fmt.Errorf("check turn: %w", err)
		}
		c.logGap(c.part, *gap)
		c.cur.Scanned, c.unsaved = gap.To+1, true
	}
	b, err := c.collect(ctx, c.cur.position())
	if err != nil {
		return nil, err
	}
	if b.read == 0 {
		if ctx.Err() == nil {
			c.unsaved = c.unsaved || st.last >= c.cur.Scanned
			c.cur.Scanned = max(c.cur.Scanned, st.last+1)
		}
		return nil, nil
	}
	p := newParcel(b)
	if n := p.fitting(c.limit.Load()); n < p.Count {
		c.spool.give(p.held) // what is read again for the smaller batch is not counted
		return c.cut(work, p, n)
	}
	return p, c.name(work, p)
}

func newParcel(b *batch) *parcel {
	p := &parcel{batch: b, last: b.last}
	for line := range bytes.Lines(b.body.Bytes()) {
		p.articles = append(p.articles, bytes.TrimSuffix(line, []byte{'\n'}))
	}
	return p
}

// fitting is how many articles of a parcel, at least one, stay below a size of
// the body in bytes; 0 is no bound.
func (p *parcel) fitting(limit int64) int {
	if limit == 0 {
		return p.Count
	}
	for n, a := range p.articles {
		if limit -= int64(len(a)) + 1; limit < 0 && n > 0 {
			return n
		}
	}
	return p.Count
}

// name writes to the cursor that a batch is about to be sent.
func (c *courier) name(ctx context.Context, p *parcel) error {
	if p.Count == 0 {
		return nil
	}
	next := c.cur
	next.Pending = &pending{Last: p.last.Seq, Key: c.cur.key(c.cfg.Name, c.part, p.last.Seq, p.articles)}
	c.opt.at("before the cursor")
	return c.put(ctx, next)
}

// rebuild reads the batch that the cursor names. If it is not to be had as it
// was, because messages were removed or the configuration was changed, it is
// given up: nil, and what is there makes a batch with another key.
func (c *courier) rebuild(ctx context.Context) (*parcel, error) {
	b, from := &batch{cfg: c.cfg}, c.cur.Next
	for from <= c.cur.Pending.Last {
		msgs, err := c.bus.ReadArticles(ctx, c.part, from, readSize, time.Millisecond)
		if err != nil {
			return nil, fmt.Errorf("read articles: %w", err)
		}
		if len(msgs) == 0 {
			break
		}
		for _, m := range msgs {
			if from = m.Seq + 1; m.Seq <= c.cur.Pending.Last {
				c.add(b, m, c.cur.position())
			}
		}
	}
	p := newParcel(b)
	if p.last.Seq == c.cur.Pending.Last && c.cur.key(c.cfg.Name, c.part, p.last.Seq, p.articles) == c.cur.Pending.Key {
		return p, nil
	}
	c.log.Warn("the batch that was on its way cannot be made again; its articles get another key",
		logging.Event(logging.DeliveryChanged), zap.Int(logging.KeyPartition, c.part), zap.String(logging.KeyKey, c.cur.Pending.Key))
	c.cur.Pending = nil
	return nil, nil
}

// send delivers while the turn lasts, and one attempt longer.
func (c *courier) send(ctx, work context.Context, b webhook.Batch) error {
	var wg sync.WaitGroup
	defer wg.Wait()
	sending, cancel := context.WithTimeoutCause(work, turnTime+c.cfg.Webhook.Timeout, errWaiting)
	defer cancel()
	defer context.AfterFunc(ctx, func() { time.AfterFunc(lastWord, cancel) })()
	wg.Go(func() {
		for ; sending.Err() == nil; pause(sending, beatEvery) {
			c.opt.Beat()
		}
	})
	err := c.client.Send(sending, b)
	if sending.Err() != nil && err != nil && !errors.Is(err, errWaiting) {
		return fmt.Errorf("%w: %w", errWaiting, err)
	}
	return err
}

// refused makes a batch smaller that was too large, and puts away any other.
func (c *courier) refused(ctx context.Context, p *parcel, why *webhook.RejectedError) error {
	if why.TooLarge() && p.Count > 1 {
		c.lower(int64(p.body.Len() / 2))
		_, err := c.cut(ctx, p, p.Count/2)
		return err
	}
	key := c.cur.Pending.Key
	if err := c.bury(ctx, why, newLetter(key, p.articles), key); err != nil {
		return err
	}
	c.opt.at("after the dead letter")
	if err := c.put(ctx, c.cur.past(p.last)); err != nil {
		return err
	}
	c.tellRefused(c.part, p.batch, key, reasonOf(why))
	c.done(p, why)
	return nil
}

// lower notes what size of a body the receiver may take.
func (h *hook) lower(limit int64) {
	for old := h.limit.Load(); old == 0 || old > limit; old = h.limit.Load() {
		if h.limit.CompareAndSwap(old, limit) {
			return
		}
	}
}

// cut makes the first n articles of a parcel the next batch.
func (c *courier) cut(ctx context.Context, p *parcel, n int) (*parcel, error) {
	last := p.seqs[n-1]
	next := c.cur
	next.Pending = &pending{Last: last, Key: c.cur.key(c.cfg.Name, c.part, last, p.articles[:n])}
	if err := c.put(ctx, next); err != nil {
		return nil, err
	}
	return c.rebuild(ctx)
}

// letter is a batch among the dead letters.
type letter struct {
	Key      string            `json:"key"`
	Articles []json.RawMessage `json:"articles"`
	// Omitted says that there are too many bytes of articles to keep them.
	Omitted int `json:"omitted,omitempty"`
}

func newLetter(key string, articles [][]byte) letter {
	l, size := letter{Key: key}, 0
	for _, a := range articles {
		l.Articles = append(l.Articles, a)
		size += len(a) + 1
	}
	if size > maxLetter {
		l.Articles, l.Omitted = nil, len(articles)
	}
	return l
}

// bury puts a batch that was sent with a key among the dead letters. While there
// is no room for it the partition stays in front of it, and the batch is sent
// once more each time that it is tried again.
func (c *courier) bury(ctx context.Context, why *webhook.RejectedError, l letter, key string) error {
	data, err := json.Marshal(l)
	if err != nil {
		return err
	}
	err = c.cursors.PublishDead(ctx, bus.DeadLetter{
		Stage: "sink", Key: c.cfg.Name + "." + bus.PartitionName(c.part), Subject: bus.AgainSubject(c.cfg.Name, c.part),
		Reason: reasonOf(why), Error: why.Error(), Data: data,
	}, key)
	if err != nil {
		return fmt.Errorf("give up the batch %s (%s): %w", key, why.Error(), err)
	}
	c.log.Warn("the receiver does not take a batch", append(event(logging.DeliveryRejected, c.part),
		zap.String(logging.KeyKey, key), zap.Int(logging.KeyArticles, max(len(l.Articles), l.Omitted)), zap.Int(logging.KeyStatus, why.Status), zap.String(logging.KeyAnswer, why.Detail))...)
	return nil
}

func reasonOf(why *webhook.RejectedError) string { return fmt.Sprintf("http_%d", why.Status) }

// again delivers the dead letters that were replayed. Their keys are new ones:
// a receiver may remember what it answered to the old.
func (c *courier) again(ctx, work context.Context) error {
	for ctx.Err() == nil {
		m, err := c.cursors.Again(work, c.cfg.Name, c.part)
		if errors.Is(err, bus.ErrNotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := c.turn.Check(work); err != nil {
			return fmt.Errorf("check turn: %w", err)
		}
		if err := c.sendAgain(ctx, work, m); err != nil {
			return err
		}
		if err := c.cursors.DropAgain(work, m.Seq); err != nil {
			return err
		}
	}
	return nil
}

func (c *courier) sendAgain(ctx, work context.Context, m bus.Again) error {
	var l letter
	if err := json.Unmarshal(m.Data, &l); err != nil || len(l.Articles) == 0 {
		c.log.Error("a replayed dead letter holds no articles and is dropped", logging.Event(logging.DeadLetterDropped),
			zap.Int(logging.KeyPartition, c.part), zap.String(logging.KeyKey, l.Key), zap.Error(err))
		return nil
	}
	b := webhook.Batch{Key: fmt.Sprintf("%s-again%d", l.Key, m.Seq)}
	for _, a := range l.Articles {
		b.Articles = append(b.Articles, a)
	}
	err := c.send(ctx, work, b)
	if rejected, ok := errors.AsType[*webhook.RejectedError](err); ok {
		if err := c.bury(work, rejected, l, b.Key); err != nil {
			return err
		}
		c.tellRefusedAgain(b, reasonOf(rejected))
		return nil
	}
	if err == nil {
		c.log.Info("replayed batch delivered", append(event(logging.DeliveryDone, c.part), zap.String(logging.KeyKey, b.Key), zap.Int(logging.KeyArticles, len(b.Articles)))...)
		c.tellAgain(b)
	}
	return err
}

// tellAgain tells and counts that the articles of a replayed batch were taken.
// Their sequences are not known any more.
func (c *courier) tellAgain(b webhook.Batch) {
	if c.stage != nil {
		c.stage.Settled(logging.Passed, "", len(b.Articles))
	}
	for _, a := range b.Articles {
		c.log.Info("article written", append(tellOf(a).fields(nil, time.Time{}), logging.Event(logging.ArticleWritten),
			zap.Int(logging.KeyPartition, c.part), zap.String(logging.KeyKey, b.Key))...)
	}
}

// tellRefusedAgain tells and counts that they were not.
func (c *courier) tellRefusedAgain(b webhook.Batch, reason string) {
	if c.stage != nil {
		c.stage.Settled(logging.Failed, "rejected", len(b.Articles))
	}
	for _, a := range b.Articles {
		c.log.Error("article not taken", append(tellOf(a).fields(nil, time.Time{}), logging.Event(logging.ArticleRefused), logging.Reason(reason),
			zap.Int(logging.KeyPartition, c.part), zap.String(logging.KeyKey, b.Key))...)
	}
}

func (c *courier) logDelivered(p *parcel, key string, took time.Duration) {
	c.objects.Add(1)
	c.bytes.Add(int64(p.body.Len()))
	c.log.Info("batch delivered", append(event(logging.DeliveryDone, c.part), zap.String(logging.KeyKey, key),
		zap.Uint64(logging.KeyFirst, p.first.Seq), zap.Uint64(logging.KeyLast, p.last.Seq), zap.Int(logging.KeyArticles, p.Count),
		zap.Int(logging.KeyFiltered, p.Filtered), zap.Int(logging.KeyRejected, p.Rejected), zap.Int(logging.KeyBytes, p.body.Len()),
		zap.Duration(logging.KeyTook, took))...)
}

// done counts the messages of a batch that was delivered, or rejected.
func (c *courier) done(p *parcel, rejected *webhook.RejectedError) {
	m := p.tally
	if rejected != nil {
		m.Count = 0
	}
	if rejected != nil && c.stage != nil {
		c.stage.Settled(logging.Failed, "rejected", p.Count)
	}
	c.count(m, p.oldest)
}
