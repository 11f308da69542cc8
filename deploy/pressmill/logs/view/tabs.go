package view

import (
	"fmt"
	"iter"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"pressmill/deploy/pressmill/logs"
	"pressmill/pkg/logging"
)

// The tabs, in the order of their keys from 1.
const (
	overviewTab = iota
	sourcesTab
	hostsTab
	failuresTab
	instancesTab
	messagesTab
	tabs
)

var tabNames = [tabs]string{"Overview", "Sources", "Hosts", "Failures", "Instances", "Messages"}

// tabSorts is the column that each is sorted by at first, and whether the smallest comes first.
var tabSorts = [tabs]struct {
	by int
	up bool
}{sourcesTab: {4, false}, hostsTab: {6, false}, failuresTab: {0, false}, instancesTab: {0, true}, messagesTab: {-1, false}}

func (s *shot) sources(t *logs.Tally, totals *logs.Totals) table {
	tb := table{
		empty: "No line names a source yet.",
		columns: []column{
			{title: "SOURCE", width: 14, grow: true, most: 44},
			{title: "FETCHED", width: 8, right: true},
			{title: "FAILED", width: 7, right: true},
			{title: "NEW", width: 6, right: true, need: 5},
			{title: "ARTICLES", width: 9, right: true},
			{title: "NO ART.", width: 8, right: true, need: 3},
			{title: "WRITTEN", width: 8, right: true, need: 4},
			{title: "FETCH p95", width: 10, right: true, need: 6},
			{title: "AUTHOR", width: 7, right: true, need: 8},
			{title: "DATE", width: 6, right: true, need: 7},
			{title: "IMAGE", width: 6, right: true, need: 9},
			{title: "LAST ART.", width: 10, right: true, need: 1},
			{title: "STATE", width: 14},
		},
	}
	for name, c := range named(&totals.Sources) {
		tb.rows = append(tb.rows, row{
			cells: []cell{
				word(name), number(c.Fetched), toned(number(c.Failed), warning, c.Failed > 0), number(c.New), number(c.Articles), number(c.NoArticle),
				number(c.Wrote), latency(&c.Took, .95), covered(&c.Coverage, 1), covered(&c.Coverage, 2), covered(&c.Coverage, 3),
				{text: ago(c.LastArticle, s.now), rank: -float64(c.LastArticle)},
				s.sourceState(t, name, c),
			},
			detail: sourceDetail(t, name, c),
		})
	}
	return tb
}

func (s *shot) sourceState(t *logs.Tally, name string, c *logs.SourceTotals) cell {
	if since := t.Silent[name]; since > 0 {
		return cell{text: "silent " + ago(since, s.now), rank: 3, tone: warning}
	}
	if slices.ContainsFunc(t.Drifts, func(d logs.Drift) bool { return d.Source == name }) {
		return cell{text: "drift", rank: 2, tone: warning}
	}
	if c.Failed+c.Retried > c.Fetched {
		return cell{text: "failing", rank: 4, tone: alarm}
	}
	return cell{text: "ok", rank: 1}
}

func sourceDetail(t *logs.Tally, name string, c *logs.SourceTotals) (lines []string) {
	if c.Coverage.Articles > 0 {
		var with []string
		for i, field := range logs.CoverageNames {
			with = append(with, fmt.Sprintf("%s %.0f%%", field, 100*c.Coverage.Share(i)))
		}
		lines = append(lines, fmt.Sprintf("of %s: %s, %.0f words", plural(c.Coverage.Articles, "article", "articles"), strings.Join(with, ", "), 1000*c.Coverage.Words.Quantile(.5)/1000))
	}
	for _, d := range t.Drifts {
		if d.Source == name {
			lines = append(lines, drifted(d))
		}
	}
	if len(c.FailedBy) > 0 {
		lines = append(lines, "failed: "+reasons(c.FailedBy))
	}
	if len(c.RejectedBy) > 0 {
		lines = append(lines, "no article: "+reasons(c.RejectedBy))
	}
	if c.Waited.Count() > 0 {
		lines = append(lines, fmt.Sprintf("waits in queues: p50 %s, p95 %s", millis(c.Waited.Quantile(.5)), millis(c.Waited.Quantile(.95))))
	}
	return lines
}

func (s *shot) hosts(totals *logs.Totals) table {
	tb := table{
		empty: "No line names a host yet.",
		columns: []column{
			{title: "HOST", width: 16, grow: true, most: 44},
			{title: "FETCHED", width: 8, right: true},
			{title: "FAILED", width: 7, right: true},
			{title: "RETRIED", width: 8, right: true, need: 3},
			{title: "403/429", width: 8, right: true, need: 2},
			{title: "p50", width: 6, right: true},
			{title: "p95", width: 6, right: true},
			{title: "p99", width: 6, right: true, need: 4},
			{title: "ARTICLES", width: 9, right: true, need: 5},
			{title: "BYTES", width: 8, right: true, need: 6},
			{title: "LAST", width: 6, right: true, need: 1},
		},
	}
	for name, c := range named(&totals.Hosts) {
		var detail []string
		if len(c.FailedBy) > 0 {
			detail = append(detail, "failed or put off: "+reasons(c.FailedBy))
		}
		tb.rows = append(tb.rows, row{
			cells: []cell{
				word(name), number(c.Fetched), toned(number(c.Failed), warning, c.Failed > 0), number(c.Retried), toned(number(c.Refused), warning, c.Refused > 0),
				latency(&c.Took, .5), latency(&c.Took, .95), latency(&c.Took, .99), number(c.Articles),
				{text: size(c.Bytes), rank: float64(c.Bytes)},
				{text: ago(c.Last, s.now), rank: -float64(c.Last)},
			},
			detail: detail,
		})
	}
	return tb
}

// failures is what failed, by event and reason, and what was left out by rule.
func (s *shot) failures(t *logs.Tally, totals *logs.Totals) table {
	tb := table{
		empty: "Nothing failed, and nothing was left out.",
		columns: []column{
			{title: "COUNT", width: 7, right: true},
			{title: "LEVEL", width: 5},
			{title: "STAGE", width: 7, need: 2},
			{title: "EVENT", width: 20},
			{title: "REASON", width: 14},
			{title: "LAST", width: 6, right: true, need: 1},
			{title: "WHAT", width: 16, grow: true},
		},
	}
	for _, f := range t.SortedFailures() {
		tb.rows = append(tb.rows, row{
			cells: []cell{
				number(f.Count), level(f.Level), word(f.Stage), word(f.Event), word(f.Reason), {text: ago(f.Last, s.now), rank: -float64(f.Last)}, word(gist(f.Text)),
			},
			detail: example(f.Text, f.URL, f.Host, f.Source, f.PageID),
		})
	}
	for i, by := range [...]struct{ event, what string }{{logging.FetchSkipped, "not fetched, by rule"}, {logging.ParseRejected, "no article"}} {
		for _, c := range totals.Stages[i].SkippedBy.Sorted() {
			tb.rows = append(tb.rows, row{cells: []cell{
				number(c.N), level(logs.Info), word(logs.StageNames[i]), word(by.event), word(c.Reason), {}, word(by.what),
			}})
		}
	}
	return tb
}

func (s *shot) instances(t *logs.Tally) table {
	tb := table{
		empty: "No line names an instance yet.",
		columns: []column{
			{title: "INSTANCE", width: 18, grow: true, most: 44},
			{title: "SERVICE", width: 9, need: 3},
			{title: "STATE", width: 12},
			{title: "UP", width: 6, right: true, need: 4},
			{title: "STARTS", width: 7, right: true, need: 5},
			{title: "CRASHED", width: 8, right: true, need: 1},
			{title: "OUT", width: 6, right: true},
			{title: "RATE/s", width: 7, right: true, need: 2},
			{title: "LINES", width: 6, right: true, need: 6},
			{title: "WARN", width: 5, right: true},
			{title: "ERROR", width: 5, right: true},
			{title: "MEMORY", width: 8, right: true, need: 7},
			{title: "LAST", width: 6, right: true, need: 2},
		},
	}
	for _, p := range t.Instances.Sorted() {
		var passed, missing int64
		var rate float64
		for i := range p.Stages {
			g := &p.Stages[i]
			passed += g.Told.Out
			missing += g.Told.Out + g.Told.Failed - g.Lines.Out - g.Lines.Failed
			rate += g.Rate
		}
		up := ""
		if p.Running() {
			up = ago(p.Started, s.now)
		}
		tb.rows = append(tb.rows, row{
			cells: []cell{
				word(p.Name), word(p.Service), s.instanceState(p),
				{text: up, rank: -float64(p.Started)},
				number(p.Starts),
				toned(number(p.Crashes), alarm, p.Crashes > 0), number(passed),
				{text: perSecond(rate), rank: rate},
				number(p.Lines),
				toned(number(p.Warnings), warning, p.Warnings > 0), toned(number(p.Errors), alarm, p.Errors > 0),
				{text: memory(p.RSS), rank: float64(p.RSS)},
				{text: ago(p.Last, s.now), rank: -float64(p.Last)},
			},
			detail: instanceDetail(p, missing),
		})
	}
	return tb
}

func (s *shot) instanceState(p *logs.Process) cell {
	switch {
	case !p.Running() && p.StopReason == "error":
		return cell{text: "failed", rank: 4, tone: alarm}
	case !p.Running():
		return cell{text: "stopped", rank: 0, tone: faint}
	case s.vanished(p):
		return cell{text: "vanished", rank: 3, tone: alarm}
	case p.Starts > 0 && !p.Ready:
		return cell{text: "starting", rank: 2, tone: warning}
	}
	return cell{text: "running", rank: 1, tone: good}
}

// vanished says whether an instance has written no line for a while and did
// not stop: it was killed, it hangs, or its lines do not come here any more.
func (s *shot) vanished(p *logs.Process) bool {
	return p.Running() && s.now.Sub(time.Unix(0, p.Last)) > quiet
}

func instanceDetail(p *logs.Process, missing int64) (lines []string) {
	if p.Version != "" {
		lines = append(lines, "version "+clean(p.Version))
	}
	if p.StopReason != "" {
		lines = append(lines, "stopped: "+clean(p.StopReason))
	}
	for i, name := range logs.StageNames {
		if g := &p.Stages[i]; g.Summaries > 0 {
			lines = append(lines, fmt.Sprintf("%s: its summaries tell %s out and %s failed, its lines %s and %s", name,
				grouped(g.Told.Out), grouped(g.Told.Failed), grouped(g.Lines.Out), grouped(g.Lines.Failed)))
		}
	}
	if missing > 0 {
		lines = append(lines, plural(missing, "line is", "lines are")+" missing")
	}
	return lines
}

func (s *shot) messages(t *logs.Tally) table {
	tb := table{
		sortBy: -1, empty: "No warning and no error.",
		columns: []column{
			{title: "TIME", width: 8},
			{title: "LEVEL", width: 5},
			{title: "STAGE", width: 7, need: 2},
			{title: "EVENT", width: 20, need: 1},
			{title: "HOST OR SOURCE", width: 22, need: 3},
			{title: "WHAT", width: 20, grow: true},
		},
	}
	for _, n := range slices.Backward(t.Notes) {
		about := n.Host
		if about == "" {
			about = n.Source
		}
		tb.rows = append(tb.rows, row{
			cells:  []cell{{text: time.Unix(0, n.At).UTC().Format("15:04:05"), rank: float64(n.At)}, level(n.Level), word(n.Stage), word(n.Event), word(about), word(because(n.Reason, n.Text))},
			detail: append(example(n.Text, n.URL, n.Host, n.Source, n.PageID), "by "+clean(n.Instance)),
		})
	}
	return tb
}

// because is why, and in short what.
func because(reason, text string) string {
	if reason == "" {
		return gist(text)
	}
	return reason + ": " + gist(text)
}

// request is what net/http writes before the cause of an error: the URL is told beside it.
var request = regexp.MustCompile(`(Get|Head|Post|Put) "[^"]*": `)

// gist is a text without what stands in other columns.
func gist(text string) string { return request.ReplaceAllString(text, "") }

func example(text, url, host, source, page string) (lines []string) {
	lines = append(lines, clean(text))
	switch {
	case url != "":
		lines = append(lines, clean(url))
	case host != "":
		lines = append(lines, "host "+clean(host))
	}
	var ids []string
	if source != "" {
		ids = append(ids, "source "+clean(source))
	}
	if page != "" {
		ids = append(ids, "`pressmill trace "+clean(page)+" FILE...` tells its story")
	}
	if len(ids) > 0 {
		lines = append(lines, strings.Join(ids, "; "))
	}
	return lines
}

func level(l logs.Severity) cell {
	c := cell{text: l.String(), rank: float64(l)}
	return toned(toned(c, warning, l == logs.Warn), alarm, l == logs.Severe)
}

func latency(h *logs.Histogram, q float64) cell {
	ms := h.Quantile(q)
	return cell{text: millis(ms), rank: ms}
}

func covered(c *logs.Coverage, i int) cell {
	if c.Articles == 0 {
		return cell{rank: -1}
	}
	return cell{text: fmt.Sprintf("%.0f%%", 100*c.Share(i)), rank: c.Share(i)}
}

func memory(n int64) string {
	if n == 0 {
		return ""
	}
	return size(n)
}

// reasons is the most frequent ones.
func reasons(r logs.Reasons) string {
	var parts []string
	for i, c := range r.Sorted() {
		if i == 6 {
			parts = append(parts, "…")
			break
		}
		parts = append(parts, grouped(c.N)+" "+clean(c.Reason))
	}
	return strings.Join(parts, ", ")
}

// restName is the row of the names that were put together.
const restName = "(the rest, put together)"

// named is what a Top holds, by name, and at the end what it put together.
func named[T any](t *logs.Top[T]) iter.Seq2[string, *T] {
	return func(yield func(string, *T) bool) {
		all := maps.Collect(t.All())
		for _, name := range slices.Sorted(maps.Keys(all)) {
			if !yield(name, all[name]) {
				return
			}
		}
		if t.Put > 0 {
			yield(restName, &t.Others)
		}
	}
}
