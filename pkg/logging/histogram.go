package logging

import (
	"math"
	"time"
)

// The buckets grow by gamma, so that the middle of a bucket is within 2 % of
// whatever fell into it: gamma = (1+0.02)/(1-0.02). They reach from 1 µs to
// about a day.
const (
	gamma   = 1.02 / 0.98
	buckets = 640
)

// histogram counts durations in a fixed number of logarithmic buckets.
type histogram struct {
	counts [buckets]uint64
	total  uint64
}

func (h *histogram) observe(d time.Duration) {
	h.counts[bucket(d)]++
	h.total++
}

// minus is what was counted since earlier.
func (h *histogram) minus(earlier *histogram) *histogram {
	diff := &histogram{total: h.total - earlier.total}
	for i := range h.counts {
		diff.counts[i] = h.counts[i] - earlier.counts[i]
	}
	return diff
}

// quantile returns the duration that a share q of all counted ones does not
// exceed, within 2 %, or 0 if there are none.
func (h *histogram) quantile(q float64) time.Duration {
	if h.total == 0 {
		return 0
	}
	rank := max(uint64(math.Ceil(q*float64(h.total))), 1)
	for i, n := range h.counts {
		if n >= rank {
			return middle(i)
		}
		rank -= n
	}
	return middle(buckets - 1)
}

// bucket i holds the durations in (gamma^(i-1), gamma^i] microseconds.
func bucket(d time.Duration) int {
	micros := float64(d) / float64(time.Microsecond)
	if micros <= 1 {
		return 0
	}
	return min(int(math.Ceil(math.Log(micros)/math.Log(gamma))), buckets-1)
}

func middle(i int) time.Duration {
	return time.Duration(2 * math.Pow(gamma, float64(i)) / (gamma + 1) * float64(time.Microsecond))
}
