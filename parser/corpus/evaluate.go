package corpus

import (
	"fmt"
	"io"
)

// Report is what Evaluate writes besides a row of scores for each set.
type Report struct {
	Worst  int  // list that many pages with the lowest body or snippet score
	Halves bool // a row for each half of the sites; the worst are of the open half
}

// Evaluate writes one row of scores for what an engine makes of the pages of
// each folder.
func Evaluate(w io.Writer, report Report, engine Engine, dirs ...string) error {
	fmt.Fprintln(w, Header)
	var worst []*Scores
	for _, dir := range dirs {
		set, err := Load(dir)
		if err != nil {
			return err
		}
		all, open, held := set.Scores(""), set.Scores(" open"), set.Scores(" held")
		err = set.Run(engine, func(r Result) error {
			all.Add(r)
			if r.Label.HeldOut() {
				held.Add(r)
			} else {
				open.Add(r)
			}
			return nil
		})
		if err != nil {
			return err
		}
		fmt.Fprintln(w, all)
		if report.Halves {
			fmt.Fprintln(w, open)
			fmt.Fprintln(w, held)
			all = open
		}
		worst = append(worst, all)
	}
	for _, s := range worst {
		s.writeWorst(w, report.Worst)
	}
	return nil
}
