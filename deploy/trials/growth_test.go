//go:build linux

package trials_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// The things that are measured.
const (
	ofRSS         = "rss"         // bytes of a process that are resident
	ofHeap        = "heap"        // bytes that were reachable at its last garbage collection
	ofGoroutines  = "goroutines"  // of a process
	ofDescriptors = "descriptors" // files, sockets and the like that a process has open
	ofMessages    = "messages"    // of a stream
	ofBytes       = "bytes"       // of a stream, by its leader's count
	ofPending     = "pending"     // messages that a consumer has not acknowledged
	ofDisk        = "disk"        // bytes of the disk that a server's store takes
)

// series is what was measured of one thing over time.
type series struct {
	Of   string // a process, a stream, or one with its consumer
	What string
	At   []float64 // seconds since the crawl began
	Is   []float64
}

const day = 24 * 60 * 60

// limit is by how much a series may grow in a day, if it was measured for so many
// days while so many articles a day were crawled.
//
// Workers have 512 MiB or more and are restarted by updates: what grows by 32 MiB
// a day is below that for a week. A connection or a goroutine too many an hour is
// not noticed before that either. What waits may not: one article in a hundred
// that stays would be no end.
//
// Some things grow by design. With the articles: servers keep in memory the ids
// of an article's and a page's messages, as long as these count as the same (26
// hours), and SEEN keeps a fingerprint of every URL (seen_max_age), in messages
// of their own until 64 of a host are merged; the store of a server has both. And
// until it is warm: a server keeps the newest block of every stream, and of every
// log of its replication, in memory and on disk, and there are some 20 of them
// that fill up to 8 MB, the busy ones within minutes. So the shorter a soak, the
// larger is what it cannot tell from that.
func (s series) limit(articles, days float64) float64 {
	server := stageOf(s.Of) == "nats"
	switch s.What {
	case ofGoroutines, ofDescriptors:
		return 24
	case ofRSS, ofHeap:
		if server {
			return 32<<20 + 512*articles + 64<<20/days
		}
		return 32<<20 + 1<<20/days
	case ofDisk:
		return 32<<20 + 512*articles + 64<<20/days
	case ofBytes:
		if s.Of == "SEEN" {
			return 512 * articles
		}
		return 64 * articles
	default:
		if s.Of == "SEEN" {
			return articles * 2
		}
		return articles / 100
	}
}

// growth is how a series changes in a day if it goes on so.
type growth struct {
	series
	First, Last float64 // medians of the first and the last tenth
	Day         float64 // the change in a day,
	Low, High   float64 // and within which bounds it lies, but for one series in ten thousand
	Limit       float64
}

// told says whether there are points enough to tell.
func (g growth) told() bool { return !math.IsInf(g.Low, 0) }

// grows says whether a series grows by more than it may, without doubt.
func (g growth) grows() bool { return g.Low > g.Limit }

const (
	blocks = 40   // a series is cut into so many, of which the medians count
	sure   = 3.72 // standard deviations, of one case in 10,000
)

// growthOf judges a series from a time on: by the slope of Theil and Sen, the
// median of the slopes between any two points, and Sen's bounds for it, which
// follow from how Kendall's S is distributed where nothing grows. Neither cares
// how the noise is distributed, nor about a few points that lie far away. The
// points are medians of blocks, as neighbours in time depend on each other.
func growthOf(s series, from, articles float64) growth {
	g := growth{series: s, Low: math.Inf(-1), High: math.Inf(1)}
	at, is := s.thinned(from)
	n := len(at)
	if n < 3 {
		return g
	}
	g.Limit = s.limit(articles, (at[n-1]-at[0])/day)
	tenth := max(1, n/10)
	g.First, g.Last = median(is[:tenth]), median(is[n-tenth:])
	var slopes []float64
	for i := range n {
		for j := range i {
			slopes = append(slopes, (is[i]-is[j])/(at[i]-at[j])*day)
		}
	}
	slices.Sort(slopes)
	g.Day = median(slopes)
	off := sure * math.Sqrt(float64(n*(n-1)*(2*n+5))/18)
	low := int(math.Floor((float64(len(slopes)) - off) / 2))
	if low >= 0 {
		g.Low, g.High = slopes[low], slopes[len(slopes)-1-low]
	}
	return g
}

// thinned returns the medians of blocks of a series from a time on.
func (s series) thinned(from float64) (at, is []float64) {
	begin, _ := slices.BinarySearch(s.At, from)
	n := len(s.At) - begin
	for b := range min(n, blocks) {
		i, j := begin+b*n/min(n, blocks), begin+(b+1)*n/min(n, blocks)
		at, is = append(at, median(s.At[i:j])), append(is, median(s.Is[i:j]))
	}
	return at, is
}

func median(of []float64) float64 {
	sorted := slices.Sorted(slices.Values(of))
	n := len(sorted)
	return (sorted[n/2] + sorted[(n-1)/2]) / 2
}

// Leaks that are planted are found, and what only moves up and down is not.
func TestGrowthIsJudged(t *testing.T) {
	t.Parallel()
	const length, every, rate = 3600.0, 5.0, 2.0 // seconds, and articles in one
	chance := rand.New(rand.NewPCG(1, 2))
	noise := func(of float64) float64 { return chance.NormFloat64() * of }
	for _, c := range []struct {
		name, what, of string
		value          func(at float64) float64
		grows          bool
	}{
		{"level", ofRSS, "parser-1", func(float64) float64 { return 90<<20 + noise(3<<20) }, false},
		{"2 KB of each article stay", ofRSS, "parser-1", func(at float64) float64 { return 90<<20 + noise(3<<20) + 2048*rate*at }, true},
		{"a page of each article stays at a server", ofRSS, "nats-1", func(at float64) float64 { return 90<<20 + noise(3<<20) + 20_000*rate*at }, true},
		{"an id of each article stays at a server", ofRSS, "nats-1", func(at float64) float64 { return 90<<20 + noise(3<<20) + 200*rate*at }, false},
		{"it becomes warm", ofRSS, "sink-1", func(at float64) float64 { return 90<<20 - 50<<20*math.Exp(-at/120) + noise(2<<20) }, false},
		{"a saw", ofBytes, "ARTICLES", func(at float64) float64 { return 6000 * rate * math.Mod(at, 90) }, false},
		{"a saw that rises", ofBytes, "ARTICLES", func(at float64) float64 { return 6000*rate*math.Mod(at, 90) + 300*rate*at }, true},
		{"a goroutine in a hundred articles", ofGoroutines, "crawler-1", func(at float64) float64 { return 200 + math.Floor(rate*at/100) + noise(2) }, true},
		{"connections come and go", ofDescriptors, "crawler-1", func(float64) float64 { return 60 + math.Floor(noise(4)) }, false},
		{"one more connection", ofDescriptors, "crawler-1", func(at float64) float64 { return 60 + math.Floor(at/2000) }, false},
		{"a few far away", ofDescriptors, "crawler-1", func(at float64) float64 {
			if math.Mod(at, 200) > 180 {
				return at
			}
			return 60
		}, false},
		{"one article in fifty is not read", ofPending, "PAGES/parser", func(at float64) float64 { return math.Floor(rate*at/50) + math.Abs(noise(3)) }, true},
	} {
		s := series{Of: c.of, What: c.what}
		for at := 0.0; at < length; at += every {
			s.At, s.Is = append(s.At, at), append(s.Is, c.value(at))
		}
		g := growthOf(s, length/4, rate*day)
		if g.grows() != c.grows {
			t.Errorf("%s: %v in a day, between %v and %v, limit %v", c.name, g.Day, g.Low, g.High, g.Limit)
		}
	}
}

func TestSlopeIsThatOfTheMiddle(t *testing.T) {
	t.Parallel()
	s := series{What: ofPending}
	for i := range 30 {
		s.At, s.Is = append(s.At, float64(i)), append(s.Is, float64(3*i))
	}
	s.Is[7], s.Is[20] = 1e9, -1e9
	if g := growthOf(s, 0, 0); g.Day != 3*day || g.Low > 3*day || g.High < 3*day || g.First != 3 || g.Last != 84 {
		t.Errorf("%+v", g)
	}
	if g := growthOf(s, 28, 0); g.grows() {
		t.Errorf("two points tell nothing: %+v", g)
	}
}
