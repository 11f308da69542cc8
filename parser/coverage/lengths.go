package coverage

import "math"

// Lengths is a coarse histogram of lengths in words. The first bucket holds those
// below shortest, and each further one reaches to the square root of two times
// the end of the one before it; the last holds all longer ones. Buckets at the
// end that hold nothing may be missing.
type Lengths []int

const (
	shortest   = 10.0
	maxBuckets = 24 // the last begins at some 20,000 words
)

func (l *Lengths) count(words int) {
	i := 0
	if words >= shortest {
		i = min(1+int(2*math.Log2(float64(words)/shortest)), maxBuckets-1)
	}
	l.grow(i + 1)
	(*l)[i]++
}

func (l *Lengths) grow(n int) {
	for len(*l) < n {
		*l = append(*l, 0)
	}
}

func (l *Lengths) add(o Lengths) {
	l.grow(len(o))
	for i, n := range o {
		(*l)[i] += n
	}
}

// Median returns the median, read off inside its bucket: within a sixth, mostly
// much closer. Of nothing it is 0.
func (l Lengths) Median() float64 {
	total := 0
	for _, n := range l {
		total += n
	}
	rank := float64(total) / 2
	for i, n := range l {
		if n > 0 && rank <= float64(n) {
			return inside(i, rank/float64(n))
		}
		rank -= float64(n)
	}
	return 0
}

// inside returns the length at a part of a bucket.
func inside(bucket int, part float64) float64 {
	if bucket == 0 {
		return shortest * part
	}
	return shortest * math.Exp2((float64(bucket-1)+part)/2)
}
