package corpus

import (
	"strings"
	"time"

	"golang.org/x/text/unicode/norm"

	"pressmill/pkg/news"
)

var plainQuotes = strings.NewReplacer("‘", "'", "’", "'", "‚", "'", "‛", "'", "′", "'", "`", "'", "´", "'",
	"“", `"`, "”", `"`, "„", `"`, "‟", `"`, "«", `"`, "»", `"`, "″", `"`, "‹", "'", "›", "'",
	"‐", "-", "‑", "-", "‒", "-", "–", "-", "—", "-", "―", "-", "−", "-")

// foldTitle returns what titles and names are compared by: NFKC, lower case,
// with plain quotes and dashes and single spaces.
func foldTitle(s string) string {
	return singleSpaces(strings.ToLower(plainQuotes.Replace(norm.NFKC.String(s))))
}

// authorsF1 compares two sets of names.
func authorsF1(got []news.Author, want []string) float64 {
	g, w := map[string]bool{}, map[string]bool{}
	for _, a := range got {
		g[foldTitle(a.Name)] = true
	}
	for _, n := range want {
		w[foldTitle(n)] = true
	}
	both := 0.0
	for n := range g {
		if w[n] {
			both++
		}
	}
	return 2 * both / float64(len(g)+len(w))
}

// compareDates says whether a date has the day of the label, in the label's
// zone, and whether it is the same instant within a minute. It is not ok if the
// label's date cannot be read.
func compareDates(got *news.Date, want, precision string) (day, instant, ok bool) {
	truth, err := time.Parse(time.RFC3339, want)
	if err != nil {
		return false, false, false
	}
	if got == nil {
		return false, false, true
	}
	at, err := time.Parse(time.RFC3339, got.At)
	local, _, _ := strings.Cut(got.Local, "T")
	if err == nil && !strings.HasPrefix(precision, "naive") {
		local = at.In(truth.Location()).Format(time.DateOnly)
	}
	return local == truth.Format(time.DateOnly), err == nil && at.Sub(truth).Abs() <= time.Minute, true
}
