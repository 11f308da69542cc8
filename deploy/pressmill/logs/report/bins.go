package report

import "math"

// widths are those that bins may have, in seconds; each divides the next.
var widths = [...]int64{1, 5, 15, 30, 60, 300, 900, 1800, 3600, 10800, 21600, 43200, 86400, 604800, 2419200, 31449600}

// bins are values by time, at most limit of them side by side: they widen when
// the range does. They begin at multiples of their width since 1970.
type bins[T any] struct {
	limit    int64
	join     func(into, from *T)
	level    int // of widths
	at       map[int64]*T
	min, max int64
}

func newBins[T any](limit int64, join func(into, from *T)) *bins[T] {
	return &bins[T]{limit: limit, join: join, at: map[int64]*T{}, min: math.MaxInt64, max: math.MinInt64}
}

// width is that of a bin, in nanoseconds.
func (b *bins[T]) width() int64 { return widths[b.level] * 1e9 }

// get returns the bin of a time, in nanoseconds since 1970.
func (b *bins[T]) get(at int64) *T {
	i := floor(at, b.width())
	if v := b.at[i]; v != nil {
		return v
	}
	low, high := min(b.min, i), max(b.max, i)
	for high-low >= b.limit && b.level < len(widths)-1 {
		low, high = b.widen(low), b.widen(high)
		b.fold()
	}
	b.min, b.max = low, high
	i = floor(at, b.width())
	if b.at[i] == nil {
		b.at[i] = new(T)
	}
	return b.at[i]
}

func (b *bins[T]) factor() int64       { return widths[b.level+1] / widths[b.level] }
func (b *bins[T]) widen(i int64) int64 { return floor(i, b.factor()) }

// fold makes bins of the next width.
func (b *bins[T]) fold() {
	wider := make(map[int64]*T, len(b.at))
	for i, v := range b.at {
		if into := wider[b.widen(i)]; into != nil {
			b.join(into, v)
		} else {
			wider[b.widen(i)] = v
		}
	}
	b.at = wider
	b.level++
}

// all returns the bins from one time to another in order; nil where nothing was.
func (b *bins[T]) all() []*T {
	if len(b.at) == 0 {
		return nil
	}
	list := make([]*T, b.max-b.min+1)
	for i, v := range b.at {
		list[i-b.min] = v
	}
	return list
}

// floor is a divided by b, towards minus infinity.
func floor(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}
