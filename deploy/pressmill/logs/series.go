package logs

import (
	"iter"
	"time"
)

// Series is a row of points in time, each for all that happened within Width.
// There are never more than a fixed number of them: when the time that they
// span grows, points are put together two by two and Width doubles; a series
// that slides drops the oldest ones in the place of that.
type Series[P any] struct {
	Width time.Duration

	most   int
	slides bool
	start  int64 // of the first point, in Widths since 1970
	points []P
	merge  func(into, from *P)
}

func newSeries[P any](width time.Duration, most int, slides bool, merge func(into, from *P)) Series[P] {
	return Series[P]{Width: width, most: most, slides: slides, merge: merge}
}

// at returns the point for a time in nanoseconds since 1970, or nil if the
// series has slid past it.
func (s *Series[P]) at(t int64) *P {
	i := floorDiv(t, int64(s.Width))
	if len(s.points) == 0 {
		s.start = i
	}
	for !s.slides && max(i, s.last())-min(i, s.start) >= int64(s.most) {
		s.halve()
		i = floorDiv(t, int64(s.Width))
	}
	if s.slides && !s.slide(i) {
		return nil
	}
	if before := s.start - i; before > 0 {
		s.points = append(make([]P, before), s.points...)
		s.start = i
	}
	for s.last() < i {
		s.points = append(s.points, *new(P))
	}
	return &s.points[i-s.start]
}

func (s *Series[P]) last() int64 { return s.start + int64(len(s.points)) - 1 }

// halve puts points together two by two.
func (s *Series[P]) halve() {
	s.Width *= 2
	start := floorDiv(s.start, 2)
	half := make([]P, 0, s.most)
	for i := range s.points {
		at := floorDiv(s.start+int64(i), 2) - start
		if int(at) == len(half) {
			half = append(half, *new(P))
		}
		s.merge(&half[at], &s.points[i])
	}
	s.start, s.points = start, half
}

// slide drops what is too old for a point at i, and says whether i is not.
func (s *Series[P]) slide(i int64) bool {
	if i <= s.last()-int64(s.most) {
		return false
	}
	if drop := i - int64(s.most) + 1 - s.start; drop >= int64(len(s.points)) {
		s.points, s.start = s.points[:0], i
	} else if drop > 0 {
		n := copy(s.points, s.points[drop:])
		clear(s.points[n:])
		s.points, s.start = s.points[:n], s.start+drop
	}
	return true
}

// Len is how many points there are, those between the first and the last in
// which nothing happened among them.
func (s *Series[P]) Len() int { return len(s.points) }

// Points returns the points with the times at which they begin.
func (s *Series[P]) Points() iter.Seq2[time.Time, *P] {
	return func(yield func(time.Time, *P) bool) {
		for i := range s.points {
			at := time.Unix(0, (s.start+int64(i))*int64(s.Width)).UTC()
			if !yield(at, &s.points[i]) {
				return
			}
		}
	}
}

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}
