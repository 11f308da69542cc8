package sink

import (
	"context"
	"fmt"
	"time"
)

// From is where a sink without objects begins: "beginning" or "" (of what the
// stream still holds), "now", or a time as in RFC 3339.
type From string

const (
	fromBeginning From = "beginning"
	fromNow       From = "now"
)

// Validate says what is wrong, or nil.
func (f From) Validate() error {
	if f == "" || f == fromBeginning || f == fromNow {
		return nil
	}
	if _, err := time.Parse(time.RFC3339, string(f)); err != nil {
		return fmt.Errorf("%q is not beginning, now or a time such as 2026-11-28T06:00:00Z", f)
	}
	return nil
}

// start returns the last sequence that a sink leaves out, 0 if it takes all.
func (f From) start(ctx context.Context, b Bus) (uint64, error) {
	switch f {
	case "", fromBeginning:
		return 0, nil
	case fromNow:
		st, err := stateOf(ctx, b)
		return st.last, err
	}
	t, err := time.Parse(time.RFC3339, string(f))
	if err != nil {
		return 0, fmt.Errorf("from: %w", err)
	}
	seq, err := b.ArticleSince(ctx, t)
	if err != nil {
		return 0, fmt.Errorf("find the articles since %s: %w", f, err)
	}
	return seq - 1, nil
}

// begin writes the object that says where a sink begins which leaves out what
// the stream held before: an empty one that covers it. Without it a restart
// before the first article would begin elsewhere. A sink that has objects of
// another stream does not begin: it misses nothing of the new one.
func (d *drain) begin(ctx context.Context, pos position) (position, error) {
	if pos.Key != "" || pos.Next != 1 || pos.Overlap != nil || d.cfg.From == "" || d.cfg.From == fromBeginning {
		return pos, nil
	}
	if _, begun := parsePosition(d.turn.State); begun { // with an empty stream
		return pos, nil
	}
	until, err := d.cfg.From.start(ctx, d.bus)
	if err != nil || until == 0 {
		return pos, err
	}
	st, err := stateOf(ctx, d.bus)
	if err != nil {
		return pos, err
	}
	b := &batch{cfg: d.cfg}
	b.last = StoredArticle{Seq: until, Time: d.now()}
	if last, err := d.bus.ArticleAt(ctx, until); err == nil {
		b.last = last
	} else if next, err := d.bus.ArticleAt(ctx, until+1); err == nil {
		b.last.Time = next.Time
	}
	b.first = StoredArticle{Seq: 1, Time: b.last.Time} // no later day than what follows
	pos.Created = st.created
	return d.commit(ctx, pos, b)
}
