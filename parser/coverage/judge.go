package coverage

import (
	"math"
	"slices"
)

// When shares and medians count as different. A difference must be worth
// telling, no chance, and more than the source's own days differ among each
// other.
const (
	// knownFor is how long a source must be known, in hours: a week, before the last
	// day.
	knownFor = day + week

	// A shift: the last day, judged once an hour, is another than the week before.
	minLast   = 25   // articles of the last day
	minUsual  = 60   // articles of the week before
	minPoints = 0.20 // difference of shares
	minZ      = 6.0  // of the two-proportion z-test
	minFactor = 2.0  // between medians
	minDay    = 10   // articles of a day that the last one is held against
	dayPoints = 0.05 // how far a share must lie outside those of all days,
	dayFactor = 1.5  // and a median

	// A break: none of the articles that came last has a field.
	minRun    = 10   // articles of the run
	minBefore = 12   // articles before it
	chance    = 1e-7 // that an article begins a run as long

	// The end of a drift: the share and the median are near again.
	nearPoints = 0.10
	nearFactor = 1.5
	minNear    = 10 // articles
)

// judge tells what has changed. The end of a drift and shifts are looked for once
// an hour, by whoever adds first.
func (r *Record) judge(hour int64) (changes []Change) {
	hourly := r.Judged != hour
	r.Judged = hour
	if hourly {
		changes = r.endings(hour)
	}
	for f := Title; f <= Words; f++ {
		if _, drifts := r.drifts(f); drifts || r.age(f, hour) < knownFor {
			continue
		}
		d, found := r.broken(f, hour)
		if !found && hourly {
			d, found = r.shifted(f, hour)
		}
		if found {
			d.Field, d.Since = f, hour
			r.Drifts = append(r.Drifts, d)
			changes = append(changes, Change{Drift: d})
		}
	}
	return changes
}

// broken says whether the source does not have the field any more: the run
// without it is too long for chance, twice as long as any other, and longer than
// what an hour brings. A run that is most of what is known is how the source is.
func (r *Record) broken(f Field, hour int64) (d Drift, found bool) {
	if f >= shares || r.Runs[f] < minRun {
		return d, false
	}
	all := sum(r.normal(f, 0), f)
	all.addOf(f, r.last(f))
	run := r.Runs[f]
	before := all.of(f) - run
	if before < minBefore || run > 2*before || run < 2*all.Longest[f] || run < before/int(r.age(f, hour)) {
		return d, false
	}
	d = Drift{Usual: float64(all.With[f]) / float64(before), Articles: run, UsualArticles: before}
	return d, d.Usual >= minPoints && all.luck(f, run) <= chance
}

// luck is the probability that an article begins a run without a field which is
// at least as long as the last one is: that one lacks it which follows one that
// has it, and that as many more lack it, each of which follows one that lacks
// it. Both are as they were before the run, and guessed on the careful side of
// few articles.
func (c *Counts) luck(f Field, run int) float64 {
	lack, starts, with := float64(c.of(f)-run-c.With[f]), float64(c.Starts[f]-1), float64(c.With[f])
	begins := (starts + 1) / (with + 2)
	goesOn := (lack - starts + 0.5) / (lack + 2)
	return begins * math.Pow(goesOn, float64(run-1))
}

// shifted says whether the last day differs from the week before.
func (r *Record) shifted(f Field, hour int64) (d Drift, found bool) {
	last, usual := r.last(f), sum(r.normal(f, hour-2*day-week), f)
	d = Drift{Share: last.Share(f), Usual: usual.Share(f), Articles: last.of(f), UsualArticles: usual.of(f)}
	if d.Articles < minLast || d.UsualArticles < minUsual {
		return d, false
	}
	days := r.normal(f, 0)
	lo, hi := span(days, f)
	if f == Words {
		return d, d.Share*minFactor <= d.Usual && d.Share*dayFactor < lo || d.Share >= d.Usual*minFactor && d.Share > hi*dayFactor
	}
	if f == Article && d.Share > d.Usual {
		return d, false // fewer lists among the pages
	}
	apart := math.Abs(d.Share-d.Usual) >= minPoints && (d.Share < lo-dayPoints || d.Share > hi+dayPoints)
	return d, apart && math.Abs(z(last.With[f], d.Articles, usual.With[f], d.UsualArticles)) >= minZ*math.Sqrt(spread(days, f))
}

// span returns the least and the largest share of a field, or median, among
// days.
func span(days []*Counts, f Field) (lo, hi float64) {
	lo, hi = math.Inf(1), math.Inf(-1)
	for _, c := range days {
		if c.of(f) >= minDay {
			lo, hi = min(lo, c.Share(f)), max(hi, c.Share(f))
		}
	}
	return lo, hi
}

// spread is by how much more the shares of days vary than those of random
// samples of the same size would: the sum of squares of chi-squared by its
// degrees of freedom, at least 1.
func spread(days []*Counts, f Field) float64 {
	all := sum(days, f)
	p := (float64(all.With[f]) + 1) / (float64(all.of(f)) + 2)
	squares, n := 0.0, 0
	for _, c := range days {
		if of := float64(c.of(f)); of > 0 {
			off := float64(c.With[f]) - of*p
			squares += off * off / (of * p * (1 - p))
			n++
		}
	}
	return max(squares/float64(max(n-1, 1)), 1)
}

// z is the statistic of the two-proportion z-test, pooled: by how many standard
// deviations two shares differ.
func z(with1, of1, with2, of2 int) float64 {
	n1, n2 := float64(of1), float64(of2)
	pooled := float64(with1+with2) / (n1 + n2)
	deviation := math.Sqrt(pooled * (1 - pooled) * (1/n1 + 1/n2))
	if deviation == 0 {
		return 0
	}
	return (float64(with1)/n1 - float64(with2)/n2) / deviation
}

// endings ends the drifts that are over.
func (r *Record) endings(hour int64) (changes []Change) {
	r.Drifts = slices.DeleteFunc(r.Drifts, func(d Drift) bool {
		f, now := d.Field, r.newest(d.Field)
		share := now.Share(f)
		over := Ending("")
		switch {
		case hour-d.Since >= week:
			over = Usual
			r.From[f] = d.Since
			r.forgive(f)
		case now.of(f) >= minNear && near(f, share, d.Usual) && (f == Words || r.Runs[f] < minRun):
			over = Back
		default:
			return false
		}
		d.Share, d.Articles = share, now.of(f)
		changes = append(changes, Change{Drift: d, Over: over})
		return true
	})
	return changes
}

// forgive takes the time of a drift as normal.
func (r *Record) forgive(f Field) {
	for i := range r.Days {
		r.Days[i].Odd &^= f.bit()
	}
	for i := range r.Hours {
		r.Hours[i].Odd &^= f.bit()
	}
}

// newest returns the counts of the last day, and of as many days before it as it
// takes to have minNear articles.
func (r *Record) newest(f Field) *Counts {
	c := r.last(f)
	for i := len(r.Days) - 1; i >= 0 && c.of(f) < minNear; i-- {
		c.addOf(f, &r.Days[i].Counts)
	}
	return c
}

func near(f Field, a, b float64) bool {
	if f == Words {
		return a <= b*nearFactor && b <= a*nearFactor
	}
	return math.Abs(a-b) <= nearPoints
}
