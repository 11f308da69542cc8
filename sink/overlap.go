package sink

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"

	"pressmill/pkg/news"
	"pressmill/sink/segment"
	"pressmill/sink/store"
)

const (
	day = 24 * time.Hour
	// overlapAge is how far back earlier epochs are looked at, and how long a
	// new epoch skips what they have: the replay window of the stream.
	overlapAge = 7 * day
	// scanDates is how many further dates are listed when every partition is
	// found: a new epoch on a restored stream has older dates than the last.
	scanDates = 8
	// scanFresh is how long one listing serves the other partitions at start.
	scanFresh = time.Minute
	// tombstonesFresh is how long it may take until a deleted article is kept out.
	tombstonesFresh = 30 * time.Second
)

// newestKeys are the newest objects by partition, nil where there is none.
type newestKeys [Partitions]*segment.Key

// scan lists the newest objects of all partitions. Listings are shared by the
// partitions for a minute: a stale one costs a conflict, which leads on.
func (o *output) scan(ctx context.Context) (newestKeys, error) {
	o.scanMu.Lock()
	defer o.scanMu.Unlock()
	if !o.scanned.IsZero() && time.Since(o.scanned) < scanFresh {
		return o.scanKeys, nil
	}
	found, err := listNewest(ctx, o.store, o.cfg.Prefix, o.cfg.partitions())
	if err == nil {
		o.scanKeys, o.scanned = found, time.Now()
	}
	return found, err
}

// rescan forgets the shared listing.
func (o *output) rescan() {
	o.scanMu.Lock()
	defer o.scanMu.Unlock()
	o.scanned = time.Time{}
}

// listNewest lists dates from the newest on until every partition is found,
// for each layout that there is. A partition that has no object yet makes it
// list them all.
func listNewest(ctx context.Context, s store.Store, prefix string, partitions int) (found newestKeys, err error) {
	layouts, err := layoutsOf(ctx, s, prefix)
	for _, folders := range layouts {
		if err = found.look(ctx, s, folders, partitions); err != nil {
			break
		}
	}
	return found, err
}

// layoutsOf returns the folders below a prefix, from the last to the first, by
// their layout: those whose names differ only in their digits.
func layoutsOf(ctx context.Context, s store.Store, prefix string) (map[string][]string, error) {
	entries, err := s.ReadDir(ctx, prefix)
	if err != nil {
		return nil, fmt.Errorf("list %s: %w", prefix, err)
	}
	layouts := map[string][]string{}
	for _, e := range slices.Backward(entries) {
		if e.Dir && !strings.HasPrefix(e.Name, ".") {
			stem := strings.Map(maskDigit, e.Name)
			layouts[stem] = append(layouts[stem], prefix+"/"+e.Name+"/")
		}
	}
	return layouts, nil
}

func maskDigit(r rune) rune {
	if r >= '0' && r <= '9' {
		return '#'
	}
	return r
}

// look notes the newest objects of one layout.
func (found *newestKeys) look(ctx context.Context, s store.Store, folders []string, partitions int) error {
	var here [Partitions]bool
	missing, further, date := partitions, 0, ""
	for _, folder := range folders {
		for name, err := range store.List(ctx, s, folder) {
			if err != nil {
				return err
			}
			k, err := segment.ParseKey(name)
			if err != nil || k.Partition >= partitions {
				continue // not ours
			}
			if k.Date != date && missing == 0 {
				if further++; further > scanDates {
					return nil
				}
			}
			if date = k.Date; !here[k.Partition] {
				here[k.Partition] = true
				missing--
			}
			if best := found[k.Partition]; best == nil || best.Before(k) {
				found[k.Partition] = &k
			}
		}
	}
	return nil
}

// beginEpoch returns the start of the epoch after p's. It lies after the newest
// object whose last message the stream still has; what later objects hold is
// skipped when it comes again. Without such an object the epoch starts at the
// stream's beginning and skips what the last days of the old epochs hold.
func (o *output) beginEpoch(ctx context.Context, b Bus, part int, p position, reason string) (position, error) {
	st, err := stateOf(ctx, b)
	if err != nil {
		return p, err
	}
	n := position{
		Epoch: p.Epoch.Next(st.created), Shape: o.cfg.shape(), Next: 1, Created: st.created,
	}
	since, oldest := "", ""
	for k, err := range o.partitionKeys(ctx, part, "") {
		if err != nil {
			return p, err
		}
		if !k.Epoch.Less(n.Epoch) {
			continue
		}
		if oldest == "" {
			oldest = daysBefore(k.Date, overlapAge)
		}
		if k.Date < oldest {
			break
		}
		m, err := segment.GetMeta(ctx, o.store, k)
		if err != nil {
			return p, err
		}
		since = k.Date
		ok, err := holds(ctx, b, m.Last, m.LastID, m.LastTime, m.Created)
		if err != nil {
			return p, err
		}
		if ok {
			n.Next, n.LastID, n.LastTime = m.Next, m.LastID, m.LastTime
			break
		}
	}
	if p.Overlap != nil && p.Overlap.Since < since && o.now().Before(p.Overlap.Until) {
		since = p.Overlap.Since
	}
	if since != "" {
		n.Overlap = &segment.Overlap{Since: since, Until: o.now().Add(overlapAge)}
	}
	o.logEpoch(part, p, n, reason)
	return n, nil
}

// skips returns the articles that an epoch does not write again: those in the
// objects of earlier epochs of this partition from the overlap's date on.
func (o *output) skips(ctx context.Context, part int, p position) (skipSet, error) {
	if p.Overlap == nil {
		return nil, nil
	}
	set := skipSet{}
	for k, err := range o.partitionKeys(ctx, part, p.Overlap.Since) {
		if err != nil {
			return nil, err
		}
		if !k.Epoch.Less(p.Epoch) {
			continue
		}
		_, body, err := segment.Get(ctx, o.store, k)
		if err != nil {
			return nil, err
		}
		add := set.addAll
		if k.IsArchive() {
			add = set.addPages
		}
		if err := add(body); err != nil {
			return nil, fmt.Errorf("read %s: %w", k, err)
		}
	}
	return set, nil
}

// partitionKeys yields the objects of a partition from the newest down to a
// date.
func (o *output) partitionKeys(ctx context.Context, part int, since string) iter.Seq2[segment.Key, error] {
	return func(yield func(segment.Key, error) bool) {
		layouts, err := layoutsOf(ctx, o.store, o.cfg.Prefix)
		if err != nil {
			yield(segment.Key{}, err)
			return
		}
		var heads []*head
		for _, folders := range layouts {
			next, stop := iter.Pull2(keysSince(ctx, o.store, folders, since))
			defer stop()
			h := &head{next: next, part: part}
			h.advance()
			heads = append(heads, h)
		}
		for {
			h := newest(heads)
			if h == nil || !yield(h.key, h.err) || h.err != nil {
				return
			}
			h.advance()
		}
	}
}

// head is the next key of one layout.
type head struct {
	next func() (segment.Key, error, bool)
	part int
	key  segment.Key
	err  error
	ok   bool
}

func (h *head) advance() {
	for {
		h.key, h.err, h.ok = h.next()
		if !h.ok || h.err != nil || h.key.Partition == h.part {
			return
		}
	}
}

// newest returns the head to take next, nil if there is none. One with an error
// goes first.
func newest(heads []*head) (best *head) {
	for _, h := range heads {
		if h.ok && (best == nil || h.err != nil || best.err == nil && best.key.Before(h.key)) {
			best = h
		}
	}
	return best
}

// keysSince yields the objects in the folders of one layout down to a date.
func keysSince(ctx context.Context, s store.Store, folders []string, since string) iter.Seq2[segment.Key, error] {
	return func(yield func(segment.Key, error) bool) {
		for _, folder := range folders {
			for name, err := range store.List(ctx, s, folder) {
				if err != nil {
					yield(segment.Key{}, fmt.Errorf("list objects: %w", err))
					return
				}
				k, err := segment.ParseKey(name)
				if err != nil {
					continue // not ours
				}
				if k.Date < since || !yield(k, nil) {
					return
				}
			}
		}
	}
}

// skipSet holds message ids by their hash.
type skipSet map[[16]byte]struct{}

func (s skipSet) has(msgID string) bool {
	if len(s) == 0 {
		return false
	}
	_, ok := s[hashID(msgID)]
	return ok
}

func (s skipSet) addAll(body []byte) error {
	for line := range bytes.Lines(body) {
		var a struct {
			Schema string `json:"schema"`
			ID     string `json:"id"`
			Rev    string `json:"rev"`
		}
		if err := json.Unmarshal(line, &a); err != nil {
			return errors.Join(segment.ErrCorrupt, err)
		}
		msgID := a.ID + "." + a.Rev
		if a.Schema == news.TakedownSchema {
			msgID = news.TakedownMsgID(a.ID)
		}
		s[hashID(msgID)] = struct{}{}
	}
	return nil
}

func hashID(msgID string) [16]byte {
	sum := sha256.Sum256([]byte(msgID))
	return [16]byte(sum[:16])
}

func dateOf(t time.Time) string { return t.UTC().Format(time.DateOnly) }

// daysBefore returns the date that lies an age before another.
func daysBefore(date string, age time.Duration) string {
	t, err := time.Parse(time.DateOnly, date)
	if err != nil {
		return date
	}
	return dateOf(t.Add(-age))
}
