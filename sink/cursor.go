package sink

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"pressmill/pkg/bus"
)

// Cursors is where a sink whose output does not tell its position keeps it, and
// what its receiver did not take; *bus.Bus is one.
type Cursors interface {
	// Cursor returns what PutCursor stored, and its revision, or ErrNotFound.
	Cursor(ctx context.Context, sink string, partition int) (data []byte, revision uint64, err error)
	// PutCursor stores a cursor if the one that is there has the revision, 0 for
	// none, and returns the new revision. Otherwise it returns bus.ErrConflict.
	PutCursor(ctx context.Context, sink string, partition int, data []byte, revision uint64) (uint64, error)
	PublishDead(ctx context.Context, d bus.DeadLetter, msgID string) error
	// Again returns the oldest dead letter of the partition that was replayed, or
	// ErrNotFound.
	Again(ctx context.Context, sink string, partition int) (bus.Again, error)
	DropAgain(ctx context.Context, seq uint64) error
}

// cursor is where a partition of a webhook goes on. It is written before each
// batch, so that a crash is followed by the same batch, and after it.
type cursor struct {
	// Generation counts the streams that the partition was read from.
	Generation int `json:"generation"`
	// Next, Created, LastID and LastTime are as in position: all before Next was
	// taken by the receiver, left out or given up.
	Next     uint64    `json:"next"`
	Created  time.Time `json:"created"`
	LastID   string    `json:"last_id,omitempty"`
	LastTime time.Time `json:"last_time,omitzero"`
	Scanned  uint64    `json:"scanned,omitempty"`
	// Pending is the batch that may be on its way, nil if none is.
	Pending *pending `json:"pending,omitempty"`
}

// pending is the batch of the messages from the cursor's Next to Last.
type pending struct {
	Last uint64 `json:"last"`
	Key  string `json:"key"`
}

func (c cursor) position() position {
	return position{Next: c.Next, Created: c.Created, LastID: c.LastID, LastTime: c.LastTime, Scanned: c.Scanned}
}

// past returns the cursor behind a message that is done with.
func (c cursor) past(m StoredArticle) cursor {
	c.Next, c.LastID, c.LastTime, c.Pending = m.Seq+1, m.MsgID, m.Time, nil
	return c
}

// key names a batch: another for any other range of any stream, any other sink
// and any other content.
func (c cursor) key(sink string, part int, last uint64, articles [][]byte) string {
	hash := sha256.New()
	for _, a := range articles {
		hash.Write(a)
		hash.Write([]byte{'\n'})
	}
	return fmt.Sprintf("%s-p%02d-g%d-%d-%d-%s", sink, part, c.Generation, c.Next, last, hex.EncodeToString(hash.Sum(nil)[:8]))
}

// load reads the cursor, or makes the first one.
func (c *courier) load(ctx context.Context) error {
	data, rev, err := c.cursors.Cursor(ctx, c.cfg.Name, c.part)
	if errors.Is(err, bus.ErrNotFound) {
		return c.create(ctx)
	}
	if err != nil {
		return fmt.Errorf("read cursor: %w", err)
	}
	if err := json.Unmarshal(data, &c.cur); err != nil {
		return fmt.Errorf("read cursor: %w", err)
	}
	c.rev = rev
	return c.settle(ctx)
}

// create writes the cursor of a sink that begins.
func (c *courier) create(ctx context.Context) error {
	st, err := stateOf(ctx, c.bus)
	if err != nil {
		return err
	}
	until, err := c.cfg.From.start(ctx, c.bus)
	if err != nil {
		return err
	}
	first := cursor{Created: st.created, Next: until + 1, Scanned: until + 1}
	if until == 0 {
		first.Scanned = st.first
	} else if last, err := c.bus.ArticleAt(ctx, until); err == nil {
		first.LastID, first.LastTime = last.MsgID, last.Time
	} else if !errors.Is(err, ErrNotFound) {
		return err
	}
	return c.put(ctx, first)
}

// put writes a cursor, if nobody else has written one since it was read, and
// goes on with it. ErrFenced says that somebody has.
func (c *courier) put(ctx context.Context, next cursor) error {
	data, err := json.Marshal(next)
	if err != nil {
		return err
	}
	rev, err := c.cursors.PutCursor(ctx, c.cfg.Name, c.part, data, c.rev)
	if errors.Is(err, bus.ErrConflict) {
		return fmt.Errorf("write cursor: %w", ErrFenced)
	}
	if err != nil {
		return fmt.Errorf("write cursor: %w", err)
	}
	c.cur, c.rev, c.unsaved = next, rev, false
	return nil
}

// settle turns to the stream that there is now, if it is not the one that the
// cursor was written for: a new one, or an older state of it. What was stored
// up to the time of the last message that is done with is done with there too.
func (c *courier) settle(ctx context.Context) error {
	ok, err := continues(ctx, c.bus, c.cur.position())
	if err != nil || ok {
		return err
	}
	st, err := stateOf(ctx, c.bus)
	if err != nil {
		return err
	}
	next := cursor{Generation: c.cur.Generation + 1, Created: st.created, Next: 1, Scanned: st.first, LastTime: c.cur.LastTime}
	if !c.cur.LastTime.IsZero() {
		if next.Next, err = c.bus.ArticleSince(ctx, c.cur.LastTime.Add(time.Nanosecond)); err != nil {
			return fmt.Errorf("find the articles since %s: %w", c.cur.LastTime, err)
		}
		next.Scanned = next.Next
	}
	if next.Next > 1 {
		last, err := c.bus.ArticleAt(ctx, next.Next-1)
		if err != nil && !errors.Is(err, ErrNotFound) {
			return err
		}
		next.LastID = last.MsgID
		if err == nil {
			next.LastTime = last.Time
		}
	}
	c.logEpoch(c.part, c.cur.position(), next.position(), "stream")
	return c.put(ctx, next)
}
