package report

import (
	"fmt"
	"strings"
	"time"
)

// view is a Report as the template needs it.
type view struct {
	*Report
	Tiles      []tile
	Throughput []panel
	Lag        []panel
	Latency    latencyView
	Outcomes   []outcome
	HeatMost   int64
	Hosts      hostsView
	Timeline   timeline
}

// tile is a total.
type tile struct {
	Label, Value, Note string
	Class              string
	Link               string // to where it is told in full
}

func newView(r *Report) *view {
	v := &view{Report: r}
	v.Tiles = tiles(r)
	works := [stages]string{"documents passed on", "articles published", "articles written"}
	for i, s := range r.Stages {
		v.Throughput = append(v.Throughput, throughput(s, r.Times, works[i]))
		v.Lag = append(v.Lag, lag(s, r.Times))
	}
	v.Latency = latencies(r)
	v.Outcomes = outcomes(r)
	for _, s := range append([]Source{r.Sources.More}, r.Sources.List...) {
		for _, n := range s.In {
			v.HeatMost = max(v.HeatMost, n)
		}
	}
	v.Hosts = viewHosts(r)
	v.Timeline = lifelines(r)
	return v
}

func tiles(r *Report) []tile {
	t := r.Totals
	alarm := func(n int64) string {
		if n > 0 {
			return "bad"
		}
		return ""
	}
	of := func(n, all int64, what string) string {
		if all == 0 {
			return ""
		}
		return percent(share(n, all)) + " " + what
	}
	return []tile{
		{Label: "Fetched", Value: number(t.Fetched), Note: "from " + plural(int64(t.Hosts), "host"), Class: "crawler", Link: "#hosts"},
		{Label: "Pages", Value: number(t.Pages), Note: "to the parsers", Class: "crawler", Link: "#throughput"},
		{Label: "Articles", Value: number(t.Articles), Note: of(t.Articles, t.Pages, "of the pages"), Class: "parser", Link: "#sources"},
		{Label: "Written", Value: number(t.Written), Note: "by " + plural(int64(len(r.Sinks)), "sink"), Class: "sink", Link: "#sinks"},
		{Label: "Objects", Value: number(t.Objects), Note: size(t.Bytes), Class: "sink", Link: "#sinks"},
		{Label: "Sources", Value: number(int64(t.Sources)), Note: silentNote(r), Class: alarm(int64(r.Sources.silent())), Link: "#sources"},
		{Label: "Given up", Value: number(t.GivenUp), Note: "after " + plural2(t.Retries, "retry", "retries"), Class: alarm(t.GivenUp), Link: "#outcomes"},
		{Label: "Dead letters", Value: number(t.Dead), Note: "put aside", Class: alarm(t.Dead), Link: "#dead"},
	}
}

func plural2(n int64, one, more string) string {
	if n == 1 {
		return "1 " + one
	}
	return number(n) + " " + more
}

// latencyView shows how durations are spread, and their p95 over time.
type latencyView struct {
	Rows   []latencyRow
	Ticks  []tick
	Panels []panel
}

// latencyRow is a bar from p50 to p99, in per cent of the axis.
type latencyRow struct {
	Class, Name, Field string
	Spread
	From, Mid, To, End float64 // p50, p95, p99, max
	Title              string
}

var (
	tookNames   = [stages]string{"fetch a document", "parse a page", "write an object"}
	waitedNames = [stages]string{"a URL waits, once it is due", "a page waits for a parser", "an article waits to be written"}
)

func latencies(r *Report) (v latencyView) {
	least, most := 1e12, 0.0
	add := func(s Stage, name, field string, all Spread, values []float64) {
		v.Rows = append(v.Rows, latencyRow{Class: s.Name, Name: name, Field: field, Spread: all})
		if all.N > 0 {
			least, most = min(least, all.P50), max(most, all.Max)
			v.Panels = append(v.Panels, latency(s.Name, name, values, all, r.Times))
		}
	}
	for i, s := range r.Stages {
		add(s, tookNames[i], "took_ms", s.Took, s.TookP95)
	}
	for i, s := range r.Stages {
		add(s, waitedNames[i], "waited_ms", s.Waited, s.WaitedP95)
	}
	if most == 0 {
		return v
	}
	x := logarithmic(least, most)
	v.Ticks = x.Ticks
	for i := range v.Rows {
		row := &v.Rows[i]
		row.From, row.Mid, row.To, row.End = x.at(row.P50), x.at(row.P95), x.at(row.P99), x.at(row.Max)
		row.Title = fmt.Sprintf("%s: p50 %s, p95 %s, p99 %s, longest %s, of %s", row.Name, millis(row.P50), millis(row.P95), millis(row.P99), millis(row.Max), number(row.N))
	}
	return v
}

// outcome is what became of the items of a stage, as parts of a whole.
type outcome struct {
	Name, Done             string
	Out, Skip, Fail, Again int64
	SkipWord               string
	Parts                  []part
	Reasons                []reason
	Rest                   int
}

// part is a piece of a bar, in per cent.
type part struct {
	Class, Label string
	N            int64
	From, Width  float64
}

// reason is a bar of its own, in per cent of the longest.
type reason struct {
	Class, Kind, Name string
	N                 int64
	Width             float64
}

func outcomes(r *Report) (list []outcome) {
	done := [stages]string{"passed on", "published", "written"}
	skip := [stages]string{"skipped", "rejected", "skipped"}
	for i, s := range r.Stages {
		if !s.Seen {
			continue
		}
		o := outcome{Name: s.Name, Done: done[i], SkipWord: skip[i], Out: s.Out, Skip: sum(s.Skipped), Fail: sum(s.Failed), Again: sum(s.Retried)}
		o.Parts = parts([]part{
			{Class: s.Name, Label: done[i], N: o.Out}, {Class: "quiet", Label: skip[i] + ", or nothing to pass on", N: o.Skip + sum(s.Idle)}, {Class: "bad", Label: "failed", N: o.Fail},
		})
		for _, c := range s.Failed {
			o.Reasons = append(o.Reasons, reason{Class: "bad", Kind: "failed", Name: c.Name, N: c.N})
		}
		for _, c := range s.Skipped {
			o.Reasons = append(o.Reasons, reason{Class: "quiet", Kind: skip[i], Name: c.Name, N: c.N})
		}
		for _, c := range s.Idle {
			o.Reasons = append(o.Reasons, reason{Class: "quiet", Kind: "nothing to pass on", Name: c.Name, N: c.N})
		}
		for _, c := range s.Retried {
			o.Reasons = append(o.Reasons, reason{Class: "warn", Kind: "tried again", Name: c.Name, N: c.N})
		}
		most := int64(0)
		for _, re := range o.Reasons {
			most = max(most, re.N)
		}
		for k := range o.Reasons {
			o.Reasons[k].Width = 100 * share(o.Reasons[k].N, most)
		}
		list = append(list, o)
	}
	return list
}

// parts lays pieces side by side; each that is not empty can be seen.
func parts(list []part) []part {
	all := int64(0)
	for _, p := range list {
		all += p.N
	}
	from := 0.0
	for i := range list {
		list[i].Width = 100 * share(list[i].N, all)
		list[i].From = from
		from += list[i].Width
	}
	return list
}

// hostsView shows the answers of all and of single hosts.
type hostsView struct {
	Hosts
	All     []part
	Busy    []hostRow
	Slow    []slowRow
	Bad     []hostRow
	Ticks   []tick
	Answers int64
}

// hostRow is a bar of the classes of answers.
type hostRow struct {
	Host
	Parts []part
}

type slowRow struct {
	Host
	At, Mean, End float64 // p95, mean, max, in per cent of the axis
}

// classStyles are the colours of the classes of answers.
var classStyles = [classes]string{"ok", "refused", "quiet", "bad", "mute"}

func viewHosts(r *Report) hostsView {
	v := hostsView{Hosts: r.Hosts, All: nil, Answers: sum(r.Statuses)}
	for i, c := range r.Statuses {
		v.All = append(v.All, part{Class: classStyles[i], Label: c.Name, N: c.N})
	}
	v.All = parts(v.All)
	row := func(h Host) hostRow {
		var list []part
		for i, n := range h.Classes {
			list = append(list, part{Class: classStyles[i], Label: classNames[i], N: n})
		}
		return hostRow{h, parts(list)}
	}
	for _, h := range r.Hosts.Busiest {
		v.Busy = append(v.Busy, row(h))
	}
	for _, h := range r.Hosts.Worst {
		v.Bad = append(v.Bad, row(h))
	}
	least, most := 1e12, 0.0
	for _, h := range r.Hosts.Slowest[:min(shownHosts, len(r.Hosts.Slowest))] {
		least, most = min(least, h.Mean), max(most, h.Max)
	}
	if most > 0 {
		x := logarithmic(least, most)
		v.Ticks = x.Ticks
		for _, h := range r.Hosts.Slowest {
			v.Slow = append(v.Slow, slowRow{h, x.at(h.P95), x.at(h.Mean), x.at(h.Max)})
		}
	}
	return v
}

// text is a run in words.
func (r Run) text() string {
	from := "seen from"
	if r.Started {
		from = "started"
	}
	s := fmt.Sprintf("%s %s, %s %s, after %s", from, clock(r.From), r.End, clock(r.To), lasted(r.To.Sub(r.From)))
	if r.End == Running {
		s = fmt.Sprintf("%s %s, running at the end", from, clock(r.From))
	}
	if r.Reason != "" {
		s += ": " + r.Reason
	}
	return s
}

func clock(t time.Time) string {
	if t.IsZero() {
		return "never"
	}
	return t.UTC().Format("2 Jan 15:04:05")
}

func day(t time.Time) string {
	if t.IsZero() {
		return "–"
	}
	return t.UTC().Format("2 January 2006, 15:04:05")
}

// heat is the depth of a cell's colour, 0 to 1, on a scale on which small
// numbers can still be told from none.
func heat(n, most int64) float64 {
	if n <= 0 || most <= 0 {
		return 0
	}
	return 0.12 + 0.88*pow(share(n, most), 0.6)
}

func initial(s string) string { return strings.ToUpper(s[:min(1, len(s))]) + s[min(1, len(s)):] }
