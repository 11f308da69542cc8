package coverage_test

import (
	"math/rand/v2"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"pressmill/parser/coverage"
	"pressmill/pkg/race"
)

// TestStableSourcesAreLeftAlone lets sources of all sorts go on for ninety days
// as they are: fewer than one day of a source in a thousand brings a drift of
// any of its seven fields.
func TestStableSourcesAreLeftAlone(t *testing.T) {
	t.Parallel()
	const days = 90
	sources := 200
	if race.Enabled {
		sources = 15
	}
	var drifts atomic.Int64
	atOnce(sources, func(i int) {
		var r coverage.Record
		s := randomSite(rand.New(rand.NewPCG(uint64(i), 1)))
		for _, c := range s.live(&r, monday, days*24) {
			if c.Over == "" {
				drifts.Add(1)
				t.Logf("source %d with %.0f articles a day, %s: %+v", i, s.perDay, c.at.Format("Mon Jan 2 15h"), c.Drift)
			}
		}
	})
	t.Logf("%d drifts in %d days of sources", drifts.Load(), sources*days)
	if limit := int64(sources) * days / 1000; drifts.Load() > limit {
		t.Errorf("%d drifts of sources that are as ever in %d days, want at most %d", drifts.Load(), sources*days, limit)
	}
}

// TestBreaksAreFoundSoon takes a field away that more than nine in ten articles
// had, on a morning of the fifth week. Most sources show it with the next ten or
// twenty articles, and those that bring as many in an hour mostly within two.
func TestBreaksAreFoundSoon(t *testing.T) {
	t.Parallel()
	sources := 200
	if race.Enabled {
		sources = 15
	}
	articles := make([]int, sources)
	var busy, soon atomic.Int64
	atOnce(sources, func(i int) {
		s, f, begun := sourceWith(rand.New(rand.NewPCG(uint64(i), 2)))
		var r coverage.Record
		s.live(&r, monday, int(begun.Sub(monday)/time.Hour))
		s.changed = func(seen *coverage.Seen) { seen.Has[f] = false }
		for _, c := range s.live(&r, begun, 21*24) {
			if c.Field != f || c.Over != "" || articles[i] > 0 {
				continue
			}
			articles[i] = c.Articles
			if s.perDay >= 240 && c.at.Sub(begun) < 2*time.Hour {
				soon.Add(1)
			}
		}
		if articles[i] == 0 {
			t.Errorf("source %d with %.1f articles a day, %s of %.2f: not found", i, s.perDay, f, s.share[f])
		}
		if s.perDay >= 240 {
			busy.Add(1)
		}
	})
	slices.Sort(articles)
	half, most := articles[sources/2], articles[sources*95/100]
	t.Logf("after %d articles in half of the sources, %d in 95 of 100; %d of %d busy ones within two hours", half, most, soon.Load(), busy.Load())
	if half > 20 || most > 50 || soon.Load()*10 < busy.Load()*9 {
		t.Error("that is late")
	}
}

// sourceWith returns a source of which more than nine in ten articles have a field,
// and ten in the morning of a day in its fifth week.
func sourceWith(rng *rand.Rand) (s *site, f coverage.Field, begun time.Time) {
	s, f = randomSite(rng), coverage.Field(1+rng.IntN(3)) // author, date or image
	s.share[f], s.machine = 0.9+0.1*rng.Float64(), 0
	s.weekends[f] = s.share[f]
	return s, f, monday.AddDate(0, 0, 28+rng.IntN(7)).Add(10 * time.Hour)
}

// atOnce calls do for each of n numbers, on two cores.
func atOnce(n int, do func(i int)) {
	next := atomic.Int64{}
	done := make(chan bool)
	for range 2 {
		go func() {
			defer func() { done <- true }()
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				do(i)
			}
		}()
	}
	<-done
	<-done
}
