package operate

import (
	"fmt"
	"math"
	"strings"
	"time"

	"pressmill/crawler"
	"pressmill/parser/coverage"
)

// sourceLine is what `sources list` says of a source.
type sourceLine struct {
	crawler.Report

	Coverage *lastDay `json:"coverage,omitempty"` // nil: nothing is known of its articles
}

// lastDay is what the articles of a source's last day have.
type lastDay struct {
	Articles int              `json:"articles"`
	With     map[string]int   `json:"with,omitempty"` // by field, how many have it
	Words    float64          `json:"words_p50,omitempty"`
	Drifts   []coverage.Drift `json:"drifts,omitempty"`
}

// sourceLines adds to reports what is known of their articles.
func sourceLines(reports []crawler.Report, known map[string]coverage.Record, now time.Time) []sourceLine {
	lines := make([]sourceLine, len(reports))
	for i, r := range reports {
		lines[i].Report = r
		record, ok := known[r.ID]
		if !ok {
			continue
		}
		last := record.Last(now)
		day := &lastDay{Articles: last.Articles, Words: math.Round(last.Share(coverage.Words)), Drifts: record.Drifts}
		if day.Articles > 0 {
			day.With = map[string]int{}
			for f := coverage.Title; f <= coverage.Body; f++ {
				day.With[f.String()] = last.With[f]
			}
		}
		lines[i].Coverage = day
	}
	return lines
}

// columns returns the number of articles, the shares of four fields, and the
// drifts.
func (d *lastDay) columns() string {
	if d == nil {
		return "-\t-\t-\t-\t-\t-"
	}
	columns := []string{fmt.Sprint(d.Articles)}
	for f := coverage.Author; f <= coverage.Body; f++ {
		share := "-"
		if d.Articles > 0 {
			share = fmt.Sprintf("%d%%", 100*d.With[f.String()]/d.Articles)
		}
		columns = append(columns, share)
	}
	drifts := "-"
	if len(d.Drifts) > 0 {
		drifts = driftText(d.Drifts)
	}
	return strings.Join(append(columns, drifts), "\t")
}

// driftText is as "author 0% (97%), words 60 (420)": how it was when the drift was
// found, and usually.
func driftText(drifts []coverage.Drift) string {
	all := make([]string, len(drifts))
	for i, d := range drifts {
		format, now, usual := "%s %.0f%% (%.0f%%)", 100*d.Share, 100*d.Usual
		if d.Field == coverage.Words {
			format, now, usual = "%s %.0f (%.0f)", d.Share, d.Usual
		}
		all[i] = fmt.Sprintf(format, d.Field, now, usual)
	}
	return strings.Join(all, ", ")
}
