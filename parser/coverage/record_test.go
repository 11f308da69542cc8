package coverage_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"pressmill/parser/coverage"
)

// plainSite is a source that has everything, every day alike.
func plainSite(perDay float64) *site {
	s := &site{rng: rand.New(rand.NewPCG(1, 3)), perDay: perDay, weekend: 1, median: 400, spread: 0.5}
	for f := range s.share {
		s.share[f], s.weekends[f] = 1, 1
	}
	return s
}

// change is how a site is from a day on.
type change struct {
	day int
	how func(*site)
}

func lacks(fields ...coverage.Field) func(*site) {
	return func(s *site) {
		s.changed = func(seen *coverage.Seen) {
			for _, f := range fields {
				seen.Has[f] = false
			}
		}
	}
}

func whole(s *site)       { s.changed, s.unread, s.perDay = nil, false, 200 }
func rejected(s *site)    { s.unread = true }
func silent(s *site)      { s.perDay = 0 }
func halfImages(s *site)  { s.share[coverage.Image], s.weekends[coverage.Image] = 0.5, 0.5 }
func teasers(s *site)     { s.median = 150 }
func agencyRuns(s *site)  { s.weekends[coverage.Author] = 0.5 }
func unsure(s *site)      { s.share[coverage.Date], s.weekends[coverage.Date] = 0.85, 0.85 }
func nightReport(s *site) { s.machine = 30 }

func TestDrifts(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		perDay float64
		days   int
		then   []change
		want   []string // field, ending, days from the beginning on
	}{
		"as ever":                      {200, 60, nil, nil},
		"weekends are others":          {200, 60, []change{{0, agencyRuns}}, nil},
		"a machine at night":           {200, 60, []change{{0, nightReport}}, nil},
		"a little less":                {200, 60, []change{{30, unsure}}, nil},
		"redesign without authors":     {200, 21, []change{{20, lacks(coverage.Author)}}, []string{"author begins on day 20"}},
		"two fields at once":           {200, 21, []change{{20, lacks(coverage.Date, coverage.Image)}}, []string{"date begins on day 20", "image begins on day 20"}},
		"half of the images":           {200, 21, []change{{20, halfImages}}, []string{"image begins on day 20"}},
		"texts become teasers":         {200, 21, []change{{20, teasers}}, []string{"words begins on day 20"}},
		"every page is another":        {200, 21, []change{{20, rejected}}, []string{"article begins on day 20"}},
		"mended after two days":        {200, 40, []change{{20, lacks(coverage.Author)}, {22, whole}}, []string{"author begins on day 20", "author back on day 22"}},
		"and broken again":             {200, 40, []change{{20, lacks(coverage.Author)}, {22, whole}, {26, lacks(coverage.Author)}, {27, whole}}, []string{"author begins on day 20", "author back on day 22", "author begins on day 26", "author back on day 27"}},
		"nobody mends it":              {200, 90, []change{{20, lacks(coverage.Author)}}, []string{"author begins on day 20", "author usual on day 27"}},
		"mended when it was usual":     {200, 90, []change{{20, lacks(coverage.Author)}, {50, whole}}, []string{"author begins on day 20", "author usual on day 27", "author begins on day 50", "author usual on day 57"}},
		"too new to judge":             {200, 8, []change{{3, lacks(coverage.Author)}}, nil},
		"judged when it is old enough": {200, 12, []change{{3, lacks(coverage.Author)}}, []string{"author begins on day 8"}},
		"silent for a week":            {200, 40, []change{{20, silent}, {27, whole}}, nil},
		"another after the silence":    {200, 28, []change{{20, silent}, {27, whole}, {27, lacks(coverage.Image)}}, []string{"image begins on day 27"}},
		"two articles a day":           {2, 60, nil, nil},
		"two articles a day, redesign": {2, 40, []change{{20, lacks(coverage.Date)}}, []string{"date begins on day 25", "date usual on day 33"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, r := plainSite(c.perDay), new(coverage.Record)
			var got []string
			for day := range c.days {
				for _, ch := range c.then {
					if ch.day == day {
						ch.how(s)
					}
				}
				for _, told := range s.live(r, monday.AddDate(0, 0, day), 24) {
					how := "begins"
					if told.Over != "" {
						how = string(told.Over)
					}
					got = append(got, fmt.Sprintf("%s %s on day %d", told.Field, how, day))
				}
				r = stored(t, r)
			}
			if d := cmp.Diff(c.want, got); d != "" {
				t.Errorf("changes (-want +got):\n%s", d)
			}
		})
	}
}

// stored returns a record as another process reads it.
func stored(t *testing.T, r *coverage.Record) *coverage.Record {
	t.Helper()
	data, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	if len(data) > 12<<10 {
		t.Errorf("a record of %d bytes", len(data))
	}
	again := new(coverage.Record)
	if err := json.Unmarshal(data, again); err != nil {
		t.Fatal(err)
	}
	return again
}

// TestDriftOfManyProcesses has five processes see a fifth of the articles each:
// one of them tells.
func TestDriftOfManyProcesses(t *testing.T) {
	t.Parallel()
	s, r := plainSite(200), new(coverage.Record)
	s.live(r, monday, 20*24)
	began := 0
	for i := range 60 {
		var b coverage.Batch
		b.Page(true)
		b.Article(coverage.Seen{Has: [5]bool{coverage.Title: true, coverage.Author: true, coverage.Image: true, coverage.Body: true}, Words: 400})
		for _, c := range r.Add(&b, monday.AddDate(0, 0, 20).Add(time.Duration(i)*time.Minute)) {
			if began++; c.Field != coverage.Date || c.Over != "" || c.Share != 0 || c.Usual != 1 || c.Articles < 10 || c.Articles > 15 {
				t.Errorf("article %d: %+v", i, c)
			}
		}
	}
	if began != 1 {
		t.Errorf("told %d times", began)
	}
}

// TestRuns counts articles without a field that follow each other, over the
// borders of batches.
func TestRuns(t *testing.T) {
	t.Parallel()
	var r coverage.Record
	for _, batch := range []string{"aa.a", "..", "", "..a...aa.", ".", "a..", "...", "a"} {
		var b coverage.Batch
		for _, c := range batch {
			b.Article(coverage.Seen{Has: [5]bool{coverage.Author: c == 'a'}})
		}
		r.Add(&b, monday)
	}
	last := r.Last(monday)
	if last.Longest[coverage.Author] != 5 || last.Starts[coverage.Author] != 5 || r.Runs[coverage.Author] != 0 || last.With[coverage.Author] != 8 || last.Articles != 23 {
		t.Errorf("%+v", last)
	}
}

func TestMedian(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(5, 5))
	for _, median := range []int{20, 60, 150, 400, 2500} {
		var b coverage.Batch
		for range 500 {
			b.Article(coverage.Seen{Words: int(float64(median) * (0.5 + rng.Float64()))})
		}
		if got := b.Share(coverage.Words); got < float64(median)*5/6 || got > float64(median)*6/5 {
			t.Errorf("median %.0f, want about %d", got, median)
		}
	}
}
