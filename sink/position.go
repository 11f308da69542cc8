package sink

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"pressmill/sink/segment"
	"pressmill/sink/store"
)

// position is where a partition of a sink goes on. It is a function of the
// objects in the store and of the stream, never of acknowledgements; as the
// state of a turn it is a hint that saves deriving it.
type position struct {
	Epoch segment.Epoch `json:"epoch"`
	// Shape is that of the objects of the epoch.
	Shape string `json:"shape"`
	// Next is the sequence to read from: the last one committed + 1.
	Next uint64 `json:"next"`
	// Key is the object before the position, "" at the start of an epoch.
	Key string `json:"key,omitempty"`
	// Created, LastID and LastTime are of the stream and of the message before
	// the position. They tell this stream from another.
	Created  time.Time        `json:"created"`
	LastID   string           `json:"last_id,omitempty"`
	LastTime time.Time        `json:"last_time,omitzero"`
	Overlap  *segment.Overlap `json:"overlap,omitempty"`
	// Carry is what was read from Next on and holds nothing to write.
	Carry *carry `json:"carry,omitempty"`
	// Scanned says that from Next up to here, exclusive, the stream had no
	// message of this partition but those carried; for finding gaps only.
	Scanned uint64         `json:"scanned,omitempty"`
	Gap     *segment.Range `json:"gap,omitempty"` // found, not yet in an object
}

func parsePosition(state []byte) (position, bool) {
	var p position
	if len(state) == 0 || json.Unmarshal(state, &p) != nil || p.Next == 0 {
		return position{}, false
	}
	return p, true
}

// from is the sequence to read from.
func (p position) from() uint64 {
	if p.Carry != nil {
		return p.Carry.Last.Seq + 1
	}
	return p.Next
}

func (p position) state() []byte {
	data, err := json.Marshal(p)
	if err != nil {
		return nil // without a hint the position is derived
	}
	return data
}

// after returns the position after an object.
func after(k segment.Key, m segment.Meta) position {
	return position{
		Epoch: k.Epoch, Shape: m.Shape, Next: m.Next, Key: k.String(), Created: m.Created,
		LastID: m.LastID, LastTime: m.LastTime, Overlap: m.Overlap,
	}
}

// same says whether two positions are the same place behind the same object.
func (p position) same(o position) bool {
	return p.Epoch == o.Epoch && p.Shape == o.Shape && p.Next == o.Next && p.Key == o.Key
}

// streamState is what the bus says about the stream of articles.
type streamState struct {
	created     time.Time
	first, last uint64
}

func stateOf(ctx context.Context, b Bus) (streamState, error) {
	var st streamState
	var err error
	if st.created, st.first, st.last, err = b.ArticlesState(ctx); err != nil {
		return st, fmt.Errorf("read stream state: %w", err)
	}
	return st, nil
}

// resolve returns where to go on. The hint is trusted when this process has
// seen the object it stands behind; otherwise the store is asked. A stream
// that is not the one the position was read from begins a new epoch.
func (o *output) resolve(ctx context.Context, b Bus, part int, state []byte) (position, error) {
	p, err := o.locate(ctx, b, part, state)
	if err != nil {
		return p, err
	}
	return o.settle(ctx, b, part, p)
}

// settle begins a new epoch where one is due.
func (o *output) settle(ctx context.Context, b Bus, part int, p position) (position, error) {
	reason := ""
	ok, err := continues(ctx, b, p)
	switch {
	case err != nil:
		return p, err
	case !ok:
		reason = "stream" // it is another one than the objects were read from
	case p.Shape != o.cfg.shape():
		reason = "format" // or the layout of the objects has changed
	default:
		return p, nil
	}
	if p, err = o.beginEpoch(ctx, b, part, p, reason); err != nil {
		return p, fmt.Errorf("begin epoch: %w", err)
	}
	return p, nil
}

// locate finds the position without a look at the stream's content.
func (o *output) locate(ctx context.Context, b Bus, part int, state []byte) (position, error) {
	known, seen := o.known(part)
	hint, hinted := parsePosition(state)
	if hinted && seen && hint.same(known) {
		return hint, nil
	}
	if hinted && seen && hint.Epoch == known.Epoch && hint.Next < known.Next {
		return known, nil // the hint is of a turn that could not be handed on
	}
	if hinted && hint.Key != "" {
		ok, err := o.confirms(ctx, part, hint)
		if err != nil {
			return hint, err
		}
		if ok {
			return hint, nil
		}
	}
	p, err := o.newest(ctx, b, part)
	if err != nil || !hinted || hint.Carry == nil || !hint.same(p) {
		return p, err
	}
	// The hint knows more: what was read behind that place, and told of.
	ok, err := holds(ctx, b, hint.Carry.Last.Seq, hint.Carry.Last.MsgID, hint.Carry.Last.Time, hint.Created)
	if err != nil || !ok {
		return p, err
	}
	return hint, nil
}

// confirms says whether the object that a hint stands behind is in the store.
func (o *output) confirms(ctx context.Context, part int, hint position) (bool, error) {
	k, err := segment.ParseKey(hint.Key)
	if err != nil || k.Partition != part || !k.Below(o.cfg.Prefix) {
		return false, nil //nolint:nilerr // a hint that cannot be read is none
	}
	m, err := segment.GetMeta(ctx, o.store, k)
	if errors.Is(err, store.ErrNotFound) {
		return false, nil
	}
	return err == nil && after(k, m).same(hint), err
}

// newest derives the position from the newest object of the partition.
func (o *output) newest(ctx context.Context, b Bus, part int) (position, error) {
	found, err := o.scan(ctx)
	if err != nil {
		return position{}, fmt.Errorf("list objects: %w", err)
	}
	k := found[part]
	if k == nil {
		st, err := stateOf(ctx, b)
		if err != nil {
			return position{}, err
		}
		p := position{Epoch: segment.Epoch{}.Next(st.created), Shape: o.cfg.shape(), Next: 1, Created: st.created}
		if o.cfg.Archives() {
			p.Scanned = st.first // pages of before were not held
		}
		return p, nil
	}
	m, err := segment.GetMeta(ctx, o.store, *k)
	if err != nil {
		return position{}, err
	}
	return after(*k, m), nil
}

// continues says whether the stream still has the past that led to p.
func continues(ctx context.Context, b Bus, p position) (bool, error) {
	if p.Next == 1 {
		st, err := stateOf(ctx, b)
		return p.Created.Equal(st.created), err
	}
	return holds(ctx, b, p.Next-1, p.LastID, p.LastTime, p.Created)
}

// holds says whether the stream has this message at this sequence. Where the
// message is gone, the stream must be as old and at least as long. The
// stream is asked after the message was known, never before: it grows.
func holds(ctx context.Context, b Bus, seq uint64, id string, at, created time.Time) (bool, error) {
	msg, err := b.ArticleAt(ctx, seq)
	if err == nil {
		return msg.MsgID == id && msg.Time.Equal(at), nil
	}
	if !errors.Is(err, ErrNotFound) {
		return false, fmt.Errorf("read message %d: %w", seq, err)
	}
	st, err := stateOf(ctx, b)
	return st.last >= seq && created.Equal(st.created), err
}

// gapBefore returns the messages that were removed before they were read, nil
// if there are none. The sequences are shared by all partitions, so the range
// bounds what may be missing.
func (p position) gapBefore(st streamState) *segment.Range {
	if from := max(p.Next, p.Scanned); st.first > from {
		return &segment.Range{From: from, To: st.first - 1}
	}
	return nil
}

// past returns p with a gap noted, which the next object's metadata carries.
func (p position) past(gap segment.Range) position {
	p.Scanned = gap.To + 1
	if p.Gap != nil {
		gap.From = p.Gap.From
	}
	p.Gap = &gap
	return p
}
