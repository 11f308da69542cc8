package report

import (
	"math"

	"pressmill/deploy/pressmill/logs"
)

// spread counts durations in milliseconds.
type spread struct {
	logs.Histogram
	max float64
}

func (s *spread) add(ms float64) {
	s.Observe(ms)
	s.max = max(s.max, ms)
}

func (s *spread) join(other *spread) {
	s.Merge(&other.Histogram)
	s.max = max(s.max, other.max)
}

// quantile is the duration that a share q does not exceed, within 2 %.
func (s *spread) quantile(q float64) float64 { return round(min(s.max, s.Quantile(q))) }

func (s *spread) tell() Spread {
	return Spread{N: s.Count(), P50: s.quantile(0.5), P95: s.quantile(0.95), P99: s.quantile(0.99), Max: round(s.max)}
}

// round keeps three significant digits.
func round(f float64) float64 {
	if !(f > 0) || math.IsInf(f, 0) {
		return 0
	}
	scale := math.Pow(10, 2-math.Floor(math.Log10(f)))
	return math.Round(f*scale) / scale
}
