package report

import (
	"time"

	"pressmill/pkg/logging"
)

// Report returns what the lines so far add up to.
func (b *Builder) Report(title string) *Report {
	r := &Report{Title: title, Files: b.files, Outside: b.outside, Totals: b.totals}
	if b.totals.Lines == 0 {
		b.from, b.to = 0, 0
	} else {
		r.From, r.To = time.Unix(0, b.from).UTC(), time.Unix(0, b.to).UTC()
	}
	if b.outside > 0 {
		r.Beyond = [2]time.Time{time.Unix(0, b.beyond[0]).UTC(), time.Unix(0, b.beyond[1]).UTC()}
	}
	r.Lives = b.tellLives()
	r.Times = b.times()
	for i := range stages {
		r.Stages = append(r.Stages, b.tellStage(i, r.Times))
	}
	r.Sources = b.tellSources()
	r.Hosts, r.Statuses = b.tellHosts()
	r.Sinks = b.tellSinks()
	r.Dead = b.dead.tell()
	t := &r.Totals
	t.Fetched, t.Articles = r.Stages[crawler].Out+sum(r.Stages[crawler].Idle), r.Stages[parser].Out-t.Takedowns
	t.Written = r.Stages[sink].Out
	for _, s := range r.Stages {
		t.GivenUp += sum(s.Failed)
		t.Retries += sum(s.Retried)
	}
	t.Dead, t.Hosts, t.Sources = b.dead.n, len(b.hosts.by), len(b.sources.by)
	r.Verdict = b.judge(r)
	return r
}

func (b *Builder) times() Times {
	if len(b.moments.at) == 0 {
		return Times{}
	}
	width := b.moments.width()
	return Times{Start: time.Unix(0, b.moments.min*width).UTC(), Width: time.Duration(width), N: int(b.moments.max - b.moments.min + 1)}
}

// tellStage takes the counts of a stage from the lines of its items, or from
// its summaries where those lines are not there.
func (b *Builder) tellStage(i int, times Times) Stage {
	s := &b.stages[i]
	t := Stage{
		Name: stageNames[i], Seen: s.lines > 0, Out: s.out,
		Failed: s.failed.list(), Retried: s.retried.list(), Skipped: s.skipped.list(), Idle: s.idle.list(),
		Took: s.took.tell(), Waited: s.waited.tell(),
	}
	told, lines := b.tally.Instances.Balance(i)
	t.Missing = max(0, told.Out-lines.Out) + max(0, told.Failed-lines.Failed)
	summed := s.out == 0 && s.sumOut > 0
	if summed {
		t.Out, t.Failed, t.Skipped = s.sumOut, s.sumFailed.list(), s.sumSkipped.list()
	}
	for _, m := range b.moments.all() {
		if m == nil {
			m = &moment{}
		}
		out, failed := m.out[i], m.failed[i]
		if summed {
			out, failed = m.sumOut[i], m.sumFailed[i]
		}
		t.OutIn = append(t.OutIn, out)
		t.FailedIn = append(t.FailedIn, failed)
		t.LagIn = append(t.LagIn, m.lag[i]-1)
		t.TookP95 = append(t.TookP95, p95(m.took[i]))
		t.WaitedP95 = append(t.WaitedP95, p95(m.waited[i]))
	}
	t.PressureIn = b.pressure(i, times)
	return t
}

func p95(s *spread) float64 {
	if s == nil || s.Count() == 0 {
		return unknown
	}
	return s.quantile(0.95)
}

// pressure marks the bins in which a stage waited for the one behind it.
func (b *Builder) pressure(i int, times Times) []bool {
	in := make([]bool, times.N)
	for key, t := range b.toggles {
		if key.event != logging.BackpressureOn || key.stage != i {
			continue
		}
		for _, span := range b.spans(key, t) {
			for n := range in {
				from := times.At(n).UnixNano()
				in[n] = in[n] || span[0] < from+int64(times.Width) && span[1] >= from
			}
		}
	}
	return in
}
