package cadence

import (
	"cmp"
	"time"
)

// patience is how many usual gaps pass before a source without news is silent.
const patience = 3

// Rhythm is how often a source brings news, learned by looking at it.
type Rhythm struct {
	LastNews time.Time     `json:"last_news,omitzero"` // or when it was looked at first
	LastLook time.Time     `json:"last_look,omitzero"`
	Gap      time.Duration `json:"usual_gap,omitempty"` // between looks that brought news
	Silent   bool          `json:"silent,omitempty"`
}

// Heard notes a look, with or without news. It says whether the source became
// silent by it, or is no longer so: a source is silent after three times its
// usual gap, but not before floor has passed. Time in which nobody looked, such
// as that of a paused source, does not count.
func (r *Rhythm) Heard(now time.Time, news bool, floor time.Duration) (changed bool) {
	limit := max(patience*cmp.Or(r.Gap, floor), floor)
	watched := !r.LastLook.IsZero() && now.Sub(r.LastLook) <= limit
	r.LastLook = now
	switch {
	case news:
		changed = r.Silent
		if watched && !r.Silent {
			r.learn(now.Sub(r.LastNews))
		}
		r.LastNews, r.Silent = now, false
	case !watched && !r.Silent:
		r.LastNews = now
	case !r.Silent && now.Sub(r.LastNews) > limit:
		r.Silent, changed = true, true
	}
	return changed
}

// learn moves the usual gap a quarter of the way to a gap.
func (r *Rhythm) learn(gap time.Duration) {
	if r.Gap == 0 {
		r.Gap = gap
	}
	r.Gap += (gap - r.Gap) / 4
}
