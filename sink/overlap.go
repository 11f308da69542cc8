package sink

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"pressmill/pkg/news"
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
)

// newestKeys are the newest objects by partition, nil where there is none.
type newestKeys [Partitions]*objectKey

// scan lists the newest objects of all partitions. Listings are shared by the
// partitions for a minute: a stale one costs a conflict, which leads on.
func (o *output) scan(ctx context.Context) (newestKeys, error) {
	o.scanMu.Lock()
	defer o.scanMu.Unlock()
	if !o.scanned.IsZero() && time.Since(o.scanned) < scanFresh {
		return o.scanKeys, nil
	}
	found, err := listNewest(ctx, o.store, o.cfg.Prefix)
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

// listNewest lists dates from the newest on until every partition is found. A
// partition that has no object yet makes it list them all.
func listNewest(ctx context.Context, s Store, prefix string) (found newestKeys, err error) {
	missing, further, date := Partitions, 0, ""
	for name, err := range s.List(ctx, prefix+"/"+dateFolder) {
		if err != nil {
			return found, err
		}
		k, err := parseKey(name)
		if err != nil || k.prefix != prefix {
			continue // not ours
		}
		if k.date != date && missing == 0 {
			if further++; further > scanDates {
				return found, nil
			}
		}
		date = k.date
		if best := found[k.partition]; best == nil {
			missing--
		} else if !best.before(k) {
			continue
		}
		found[k.partition] = &k
	}
	return found, nil
}

// before says whether k is older than o of the same partition.
func (k objectKey) before(o objectKey) bool {
	if k.epoch != o.epoch {
		return k.epoch.less(o.epoch)
	}
	return k.position < o.position
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
		Epoch: p.Epoch.next(st.created), Ext: o.cfg.Compression.ext(), Next: 1, Created: st.created,
	}
	since, oldest := "", ""
	for k, err := range o.partitionKeys(ctx, part, "") {
		if err != nil {
			return p, err
		}
		if !k.epoch.less(n.Epoch) {
			continue
		}
		if oldest == "" {
			oldest = daysBefore(k.date, overlapAge)
		}
		if k.date < oldest {
			break
		}
		m, err := getMeta(ctx, o.store, k)
		if err != nil {
			return p, err
		}
		since = k.date
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
		n.Overlap = &Overlap{Since: since, Until: o.now().Add(overlapAge)}
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
		if !k.epoch.less(p.Epoch) {
			continue
		}
		_, body, err := getObject(ctx, o.store, k)
		if err != nil {
			return nil, err
		}
		if err := set.addAll(body); err != nil {
			return nil, fmt.Errorf("read %s: %w", k, err)
		}
	}
	return set, nil
}

// partitionKeys yields the objects of a partition from the newest date down to
// the one given.
func (o *output) partitionKeys(ctx context.Context, part int, since string) func(func(objectKey, error) bool) {
	return func(yield func(objectKey, error) bool) {
		for name, err := range o.store.List(ctx, o.cfg.Prefix+"/"+dateFolder) {
			if err != nil {
				yield(objectKey{}, fmt.Errorf("list objects: %w", err))
				return
			}
			k, err := parseKey(name)
			if err != nil || k.prefix != o.cfg.Prefix {
				continue
			}
			if k.date < since {
				return
			}
			if k.partition == part && !yield(k, nil) {
				return
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
			return errors.Join(ErrCorrupt, err)
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
