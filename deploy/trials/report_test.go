//go:build linux

package trials_test

import (
	"cmp"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
)

// report is what a run tells: on the terminal and in report.txt, and each fault
// on a line of faults.jsonl.
type report struct {
	r     *rig
	lines []string
	table string // of a soak
}

func (r *rig) newReport() *report { return &report{r: r} }

func (p *report) line(format string, args ...any) {
	p.lines = append(p.lines, fmt.Sprintf(format, args...))
}

// throughput tells how fast the crawl was.
func (p *report) throughput() {
	took := time.Since(p.r.began).Seconds()
	p.line("seed %d: %d hosts, %d articles in %.0f s: %.1f articles/s, %.1f requests/s", p.r.seed, p.r.hosts, p.r.articles, took,
		float64(p.r.articles)/took, float64(len(p.r.site.Requests()))/took)
}

// write writes the report.
func (p *report) write(done []*injection) {
	orderly, other := p.r.journal.orderly()
	p.line("%d processes of workers ended in good order, %d did not", orderly, other)
	for _, what := range p.r.leftOut {
		p.line("%s", what)
	}
	text := strings.Join(p.lines, "\n") + "\n\n" + table(done)
	p.r.Log("\n" + text)
	var each strings.Builder
	enc := json.NewEncoder(&each)
	text += "\n"
	for _, in := range done {
		text += in.text(p.r.began) + "\n"
		p.r.must(enc.Encode(in.record(p.r.began)))
	}
	p.r.must(os.WriteFile(filepath.Join(p.r.dir, "report.txt"), []byte(text), 0o644))
	p.r.must(os.WriteFile(filepath.Join(p.r.dir, "faults.jsonl"), []byte(each.String()), 0o644))
}

// save writes the report of a soak.
func (p *report) save() error {
	text := strings.Join(p.lines, "\n") + "\n\n" + p.table
	p.r.Log("\n" + text)
	return os.WriteFile(filepath.Join(p.r.dir, "report.txt"), []byte(text), 0o644)
}

// table has a row for each kind of fault.
func table(done []*injection) string {
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "kind\tfaults\trecovery: median\tmax\tof")
	for _, kind := range kinds() {
		var of []*injection
		for _, in := range done {
			if in.Kind == kind && in.Err == nil {
				of = append(of, in)
			}
		}
		if len(of) == 0 {
			continue
		}
		slices.SortFunc(of, func(a, b *injection) int { return cmp.Compare(a.recovery(), b.recovery()) })
		worst := of[len(of)-1]
		fmt.Fprintf(w, "%s\t%d\t%.1f s\t%.1f s\t%s\n", kind, len(of), of[len(of)/2].recovery().Seconds(), worst.recovery().Seconds(), worst.Hit)
	}
	_ = w.Flush() // to memory
	return b.String()
}

// text is a fault on a line for people.
func (in *injection) text(began time.Time) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%6.1f s  %-7s %s", in.Began.Sub(began).Seconds(), in.Kind, in.Hit)
	if in.Target != in.Hit && in.Kind == kindLeader {
		fmt.Fprintf(&b, " (leads %s)", in.Target)
	}
	if in.For > 0 {
		fmt.Fprintf(&b, " for %.1f s", in.For.Seconds())
	}
	if in.Err != nil {
		fmt.Fprintf(&b, ": %v", in.Err)
		return b.String()
	}
	fmt.Fprintf(&b, ": recovered in %.2f s", in.recovery().Seconds())
	if in.Note != "" {
		fmt.Fprintf(&b, " (%s)", in.Note)
	}
	return b.String()
}

// record is a fault as a line of JSON. Times are seconds since the crawl began.
func (in *injection) record(began time.Time) map[string]any {
	rec := map[string]any{
		"kind": in.Kind, "target": in.Target, "hit": in.Hit, "planned_s": in.At.Seconds(), "injected_s": in.Began.Sub(began).Seconds(),
		"time": in.Began, "lasted_s": in.Lifted.Sub(in.Began).Seconds(), "recovery_s": in.recovery().Seconds(), "note": in.Note,
	}
	if in.Err != nil {
		rec["error"] = in.Err.Error()
		delete(rec, "recovery_s")
	}
	return rec
}
