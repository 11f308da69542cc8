package coverage_test

import (
	"math"
	"math/rand/v2"
	"time"

	"pressmill/parser/coverage"
)

// monday is when all sites of the tests begin.
var monday = time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)

// site is a made-up source whose articles come as those of news sites do: by
// day and hour, fewer at weekends, from agencies in bursts, and at night from a
// machine without a byline.
type site struct {
	rng      *rand.Rand
	perDay   float64
	weekend  float64              // of perDay
	share    [6]float64           // of the fields, on weekdays
	weekends [6]float64           // on Saturdays and Sundays
	burst    [6]float64           // the chance that the next article lacks a field if this one does, in addition
	machine  int                  // articles without author and image, in one go at three in the night
	median   float64              // words
	spread   float64              // of their logarithm
	lacks    [6]bool              // the article before lacked it
	unread   bool                 // none of its pages is an article any more
	changed  func(*coverage.Seen) // a redesign
}

// randomSite returns a site as there are many.
func randomSite(rng *rand.Rand) *site {
	s := &site{rng: rng, weekend: 0.2 + 0.8*rng.Float64(), median: 150 + 600*rng.Float64(), spread: 0.4 + 0.5*rng.Float64()}
	s.perDay = 2 * math.Exp(rng.Float64()*math.Log(400)) // 2 to 800
	for f := range s.share {
		s.share[f] = 1 - math.Pow(rng.Float64(), 3)
		if rng.IntN(3) == 0 {
			s.share[f] = 0.97 + 0.03*rng.Float64()
		}
		if f == int(coverage.Article) {
			s.share[f] = max(s.share[f], 0.5) // of what has the URL of a story
		}
		s.weekends[f] = s.share[f]
		if rng.IntN(3) == 0 {
			s.weekends[f] *= 0.3 + 0.7*rng.Float64()
		}
		s.burst[f] = 0.6 * rng.Float64()
	}
	s.share[coverage.Title], s.weekends[coverage.Title] = 1, 1
	if rng.IntN(5) == 0 && s.perDay > 50 {
		s.machine = 5 + rng.IntN(40)
	}
	return s
}

// profile is the part of a day's articles that an hour brings, times 24.
func profile(hour int) float64 { return 1 - 0.9*math.Cos(2*math.Pi*float64(hour-2)/24) }

// hour adds what an hour brings to a batch.
func (s *site) hour(at time.Time) *coverage.Batch {
	b := new(coverage.Batch)
	rate, share := s.perDay/24*profile(at.Hour()), &s.share
	if d := at.Weekday(); d == time.Saturday || d == time.Sunday {
		rate, share = rate*s.weekend, &s.weekends
	}
	for range s.poisson(rate) {
		s.article(b, share)
	}
	if at.Hour() == 3 {
		for range s.machine {
			seen := coverage.Seen{Words: 120}
			seen.Has[coverage.Title], seen.Has[coverage.Date], seen.Has[coverage.Body] = true, true, true
			s.put(b, seen)
		}
	}
	return b
}

func (s *site) article(b *coverage.Batch, share *[6]float64) {
	var has [6]bool
	for f := range has {
		// The chance to lack it depends on the article before, and is the site's share over all.
		lack := (1 - share[f]) * (1 - s.burst[f])
		if s.lacks[f] {
			lack += s.burst[f]
		}
		has[f] = s.rng.Float64() >= lack
		s.lacks[f] = !has[f]
	}
	if !has[coverage.Article] || s.unread {
		b.Page(false)
		return
	}
	seen := coverage.Seen{Words: int(s.median * math.Exp(s.spread*s.rng.NormFloat64()))}
	copy(seen.Has[:], has[:5])
	s.put(b, seen)
}

func (s *site) put(b *coverage.Batch, seen coverage.Seen) {
	if s.changed != nil {
		s.changed(&seen)
	}
	b.Page(true)
	b.Article(seen)
}

func (s *site) poisson(mean float64) int {
	n, p := 0, s.rng.Float64()
	for limit := math.Exp(-mean); p > limit; n++ {
		p *= s.rng.Float64()
	}
	return n
}

// told is a change, and when it was told.
type told struct {
	coverage.Change
	at time.Time
}

// live runs a site for some hours, with a batch an hour.
func (s *site) live(r *coverage.Record, from time.Time, hours int) (all []told) {
	for h := range hours {
		at := from.Add(time.Duration(h) * time.Hour)
		b := s.hour(at)
		if b.Tried == 0 {
			continue
		}
		for _, c := range r.Add(b, at.Add(59*time.Minute)) {
			all = append(all, told{c, at})
		}
	}
	return all
}
