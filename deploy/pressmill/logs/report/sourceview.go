package report

import (
	"fmt"
)

func silentNote(r *Report) string {
	if n := r.Sources.silent(); n > 0 {
		return number(int64(n)) + " silent"
	}
	return "none silent"
}

// silent is how many sources are silent at the end.
func (s Sources) silent() (n int) {
	for _, source := range s.List {
		if source.Silent != nil {
			n++
		}
	}
	return n
}

// Drifting returns what a field drifts to, or nil.
func (s Source) Drifting(field string) *Drift {
	for i, d := range s.Drifts {
		if d.Field == field && !d.Over {
			return &s.Drifts[i]
		}
	}
	return nil
}

// Mark is a drift in few words.
func (d Drift) Mark() string {
	sign := "▼"
	if d.Share > d.Usual {
		sign = "▲"
	}
	if d.Field == "words" {
		return fmt.Sprintf("%s %.0f → %.0f", sign, d.Usual, d.Share)
	}
	return fmt.Sprintf("%s %s → %s", sign, percent(d.Usual), percent(d.Share))
}

// Notes are what is to be known of a source.
func (s Source) Notes() (list []string) {
	if s.Silent != nil {
		note := "silent: no news"
		if !s.Silent.Last.IsZero() {
			note += " since " + clock(s.Silent.Last)
		}
		if s.Silent.Usual > 0 {
			note += ", usually every " + lasted(s.Silent.Usual)
		}
		list = append(list, note)
	}
	for _, d := range s.Drifts {
		switch {
		case d.Over:
			list = append(list, d.Field+" drifted, and is steady again")
		case d.Field == "words":
			list = append(list, "drift of words: "+d.Mark())
		default:
			list = append(list, "drift of "+d.Field+" since "+clock(d.At))
		}
	}
	return list
}
