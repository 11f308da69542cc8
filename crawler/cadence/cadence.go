// Package cadence decides when a feed, a sitemap or a front page is looked at
// again: sooner while it brings news, later while it does not, and no sooner
// than its server says that it changes. It knows no clock but the one it is
// given.
package cadence

import (
	"cmp"
	"fmt"
	"time"
)

// jitter is how far a look is moved at most, as a part of the interval: looks
// that began together drift apart.
const jitter = 0.1

// longest bounds the intervals, so that no sum or product of them overflows.
const longest = 10 * 365 * 24 * time.Hour

// Bounds are the intervals between looks.
type Bounds struct{ First, Min, Max time.Duration }

// Or fills in what is not set from others.
func (b Bounds) Or(others Bounds) Bounds {
	return Bounds{cmp.Or(b.First, others.First), cmp.Or(b.Min, others.Min), cmp.Or(b.Max, others.Max)}
}

// WithDefaults fills in what follows from the first interval: no shorter than a
// third of it (but a second), no longer than 24 times.
func (b Bounds) WithDefaults() Bounds {
	return b.Or(Bounds{Min: max(b.First/3, min(b.First, time.Second)), Max: min(24*min(b.First, longest), longest)})
}

// Validate reports the first fault of bounds, of which some may not be set.
func (b Bounds) Validate() error {
	for _, set := range []struct {
		name  string
		value time.Duration
	}{{"poll", b.First}, {"poll_min", b.Min}, {"poll_max", b.Max}} {
		if set.value != 0 && set.value < time.Second {
			return fmt.Errorf("%s: %s is below 1s", set.name, set.value)
		}
		if set.value > longest {
			return fmt.Errorf("%s: %s is above %s", set.name, set.value, longest)
		}
	}
	if b.Min != 0 && b.First != 0 && b.Min > b.First {
		return fmt.Errorf("poll_min: %s is above poll, %s", b.Min, b.First)
	}
	if last := max(b.Min, b.First); b.Max != 0 && b.Max < last {
		return fmt.Errorf("poll_max: %s is below poll or poll_min, %s", b.Max, last)
	}
	return nil
}

// Clamp returns the interval within the bounds that is nearest to another. That
// of something never looked at, zero, is the first.
func (b Bounds) Clamp(every time.Duration) time.Duration {
	return min(max(cmp.Or(every, b.First), b.Min), b.Max)
}

// After returns the interval after a look: a fifth shorter if it brought news,
// half as long again if it brought none.
func (b Bounds) After(every time.Duration, news bool) time.Duration {
	every = b.Clamp(every)
	if news {
		return b.Clamp(every / 5 * 4)
	}
	return b.Clamp(every / 2 * 3)
}

// Next returns when to look again. at is within [0, 1) and places the look
// within its jitter.
func (b Bounds) Next(now time.Time, every time.Duration, h Hints, at float64) time.Time {
	wait := min(max(every, h.Fresh), b.Max)
	wait += time.Duration(float64(wait) * jitter * (2*at - 1))
	return h.skip(now.Add(max(wait, b.Min)), now.Add(b.Max))
}
