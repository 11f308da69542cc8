package coverage

import (
	"slices"
	"time"
)

// Record is what all processes together know of a source: some kilobytes, which
// do not grow with its articles. Its zero value knows nothing.
type Record struct {
	Hours []Slot `json:"hours,omitempty"` // the last day: this hour and the 23 before, in order; those without anything are missing
	Days  []Slot `json:"days,omitempty"`  // up to four weeks before it, by the days of UTC
	// Runs is the number of articles since the last one that had a field.
	Runs [shares]int `json:"runs"`
	// From is since when a field is as it is: the time before tells nothing of it.
	From   [Words + 1]int64 `json:"from,omitzero"`
	Drifts []Drift          `json:"drifts,omitempty"` // those that go on
	Judged int64            `json:"judged"`           // the hour in which it was judged last
}

// Slot is an hour or a day.
type Slot struct {
	At  int64 // the first hour of it, counted since 1970
	Odd uint8 // a bit for each field that drifted then
	Counts
}

// Drift is a difference between the last day of a source and its week before.
type Drift struct {
	Field Field `json:"field"`
	Since int64 `json:"since"` // the hour in which it was found, counted since 1970
	// Share is the share of the articles that had the field when the drift was
	// found, Usual that of the time before; the medians of Words.
	Share float64 `json:"share"`
	Usual float64 `json:"usual"`
	// Articles and UsualArticles are how many articles that is said of; of the
	// field Article, how many pages.
	Articles      int `json:"articles"`
	UsualArticles int `json:"usual_articles"`
}

// Change is a drift that begins or ends.
type Change struct {
	Drift
	Over Ending // "" if it begins
}

// Ending is how a drift ends.
type Ending string

// The endings.
const (
	Back  Ending = "back"  // the source is as it was
	Usual Ending = "usual" // a week has gone by: that is how it is now
)

// In hours.
const (
	day  = 24
	week = 7 * day
	kept = 4 * week // days, after they have left the last day
	// burst is how long a drift must go on for its articles to be none of the
	// source's own ways.
	burst = 6
)

// hourOf counts hours since 1970.
func hourOf(t time.Time) int64 { return t.Unix() / 3600 }

// Add adds what a process has seen until now, and judges: it returns the drifts
// that begin with it and those that end.
func (r *Record) Add(b *Batch, now time.Time) []Change {
	hour := hourOf(now)
	r.fold(hour)
	slot := r.slot(hour)
	slot.add(&b.Counts)
	for f := range shares {
		run := b.runs[f]
		if run.head > 0 && r.Runs[f] == 0 {
			slot.Starts[f]++
		}
		r.Runs[f] += run.head
		if b.With[f] == 0 {
			continue
		}
		if since, drifts := r.drifts(f); !drifts || hour-since < burst {
			slot.Longest[f] = max(slot.Longest[f], r.Runs[f])
		}
		r.Runs[f] = run.tail
	}
	for _, d := range r.Drifts {
		slot.Odd |= d.Field.bit()
	}
	return r.judge(hour)
}

// fold moves hours that are older than a day into their days, and forgets old
// days.
func (r *Record) fold(hour int64) {
	for len(r.Hours) > 0 && r.Hours[0].At <= hour-day {
		h := r.Hours[0]
		h.At -= h.At % day
		if n := len(r.Days); n > 0 && r.Days[n-1].At >= h.At {
			r.Days[n-1].add(&h.Counts)
			r.Days[n-1].Odd |= h.Odd
		} else {
			r.Days = append(r.Days, h)
		}
		r.Hours = slices.Delete(r.Hours, 0, 1)
	}
	r.Days = slices.DeleteFunc(r.Days, func(s Slot) bool { return s.At <= hour-2*day-kept })
}

// slot returns the slot of an hour. Processes whose clock is behind add to the
// newest.
func (r *Record) slot(hour int64) *Slot {
	if n := len(r.Hours); n == 0 || r.Hours[n-1].At < hour {
		r.Hours = append(r.Hours, Slot{At: hour})
	}
	return &r.Hours[len(r.Hours)-1]
}

// Last returns the counts of the last day before now.
func (r *Record) Last(now time.Time) *Counts {
	var c Counts
	for i := range r.Hours {
		if r.Hours[i].At > hourOf(now)-day {
			c.add(&r.Hours[i].Counts)
		}
	}
	return &c
}

// last returns of the last day what tells of one field.
func (r *Record) last(f Field) *Counts {
	var c Counts
	for i := range r.Hours {
		c.addOf(f, &r.Hours[i].Counts)
	}
	return &c
}

// normal returns the days of which a field tells how the source is, from an
// hour on: those since which it is as it is, without a drift.
func (r *Record) normal(f Field, from int64) (days []*Counts) {
	for i := range r.Days {
		if s := &r.Days[i]; s.At >= max(from, r.From[f]) && s.Odd&f.bit() == 0 {
			days = append(days, &s.Counts)
		}
	}
	return days
}

// sum returns what days tell together of a field.
func sum(days []*Counts, f Field) *Counts {
	var c Counts
	for _, d := range days {
		c.addOf(f, d)
	}
	return &c
}

// age is for how long the field of the source is known, in hours.
func (r *Record) age(f Field, hour int64) int64 {
	if len(r.Days) == 0 {
		return 0
	}
	return hour - max(r.Days[0].At, r.From[f])
}

// drifts says whether a drift of the field goes on, and since when.
func (r *Record) drifts(f Field) (since int64, yes bool) {
	for _, d := range r.Drifts {
		if d.Field == f {
			return d.Since, true
		}
	}
	return 0, false
}

func (f Field) bit() uint8 { return 1 << f }
