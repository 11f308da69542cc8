package logs

import (
	"math"
	"slices"
)

// Buckets of a Histogram grow by growth, so that the middle of one is within
// 2 % of whatever fell into it: (1+0.02)/(1-0.02). They reach from 1 µs to
// about a day.
const (
	growth     = 1.02 / 0.98
	maxBuckets = 640
)

var logGrowth = buildLogGrowth()

func buildLogGrowth() float64 { return math.Log(growth) }

// Histogram counts durations in logarithmic buckets: a few kilobytes at most,
// whatever it counts. The zero value is empty.
type Histogram struct {
	counts []uint32 // of the buckets from first
	first  int
	total  int64
	sum    float64
}

// Observe counts a duration in milliseconds; what is no number or negative
// counts as 0.
func (h *Histogram) Observe(ms float64) { h.add(ms, 1) }

// add counts the same duration n times.
func (h *Histogram) add(ms float64, n uint32) {
	if !(ms > 0) {
		ms = 0
	}
	i := 0
	if ms > 0.001 {
		i = min(int(math.Ceil(math.Log(ms*1000)/logGrowth)), maxBuckets-1)
	}
	h.reach(i, i+1)
	h.counts[i-h.first] += n
	h.total += int64(n)
	h.sum += ms * float64(n)
}

// reach makes room for the buckets [from, to).
func (h *Histogram) reach(from, to int) {
	switch {
	case len(h.counts) == 0:
		h.first, h.counts = from, make([]uint32, to-from, to-from+16)
		return
	case from < h.first:
		from = max(0, from-16) // so that it need not be done for every bucket
		h.counts = slices.Concat(make([]uint32, h.first-from), h.counts)
		h.first = from
	}
	if more := to - h.first - len(h.counts); more > 0 {
		h.counts = append(h.counts, make([]uint32, more)...)
	}
}

// Merge counts what another histogram counted, too.
func (h *Histogram) Merge(other *Histogram) {
	if other.total == 0 {
		return
	}
	h.reach(other.first, other.first+len(other.counts))
	for i, n := range other.counts {
		h.counts[other.first-h.first+i] += n
	}
	h.total += other.total
	h.sum += other.sum
}

// Clone returns a histogram that counts on by itself.
func (h *Histogram) Clone() *Histogram {
	c := *h
	c.counts = slices.Clone(h.counts)
	return &c
}

// Count is how many durations were counted.
func (h *Histogram) Count() int64 { return h.total }

// Mean is the mean in milliseconds; 0 of nothing.
func (h *Histogram) Mean() float64 {
	if h.total == 0 {
		return 0
	}
	return h.sum / float64(h.total)
}

// Quantile returns the milliseconds that a share q of all counted durations
// does not exceed, within 2 %; 0 of nothing.
func (h *Histogram) Quantile(q float64) float64 {
	if h.total == 0 {
		return 0
	}
	rank := max(int64(math.Ceil(q*float64(h.total))), 1)
	for i, n := range h.counts {
		if rank -= int64(n); rank <= 0 {
			return 2 * math.Pow(growth, float64(h.first+i)) / (growth + 1) / 1000
		}
	}
	return 0
}
