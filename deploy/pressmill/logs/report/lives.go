package report

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"

	"pressmill/deploy/pressmill/logs"
	"pressmill/pkg/logging"
)

const (
	maxProcesses = 2_000
	// maxStretches bounds the bins of one process in which its lines are told apart.
	maxStretches = 60
	// rows is the number of lives that are shown.
	rows = 40
	// vanishedAfter is how long a process that writes summaries every 30 s may
	// write nothing before it counts as gone.
	vanishedAfter = 3 * time.Minute
	// replacedAfter is the same for one in whose place another process was started.
	replacedAfter = 10 * time.Second
	// looping is the number of deaths of a life that make a crash loop.
	looping = 3
)

// process is what one instance of a service wrote; its process ids may have
// been used again, as in pods.
type process struct {
	name, service string
	stage         [stages]bool
	lines         int64
	summaries     bool
	starts        []int64
	stops         []stop
	stretches     *bins[stretch]
}

type stop struct {
	at     int64
	failed bool
	reason string
}

// stretch is from the first to the last line of a bin.
type stretch struct{ from, to int64 }

func joinStretches(into, from *stretch) {
	into.from, into.to = min(into.from, from.from), max(into.to, from.to)
}

// process returns the record of the process that wrote a line.
func (b *Builder) process(l *logs.Line, at int) *process {
	name, service := l.Bytes(logs.Instance), l.Bytes(logs.Service)
	if len(name) == 0 {
		name = l.Origin
	}
	key := append(append(b.key[:0], service...), 0)
	key = append(key, name...)
	b.key = key
	p := b.processes.of(key)
	if p.stretches == nil {
		p.name, p.service = string(name), string(service)
		p.stretches = newBins(maxStretches, joinStretches)
	}
	p.lines++
	if at < stages {
		p.stage[at] = true
	}
	s := p.stretches.get(l.At)
	if s.from == 0 || l.At < s.from {
		s.from = l.At
	}
	s.to = max(s.to, l.At)
	return p
}

// mark keeps a start or a stop.
func (p *process) mark(l *logs.Line) {
	if l.Is(logs.Event, logging.ServiceStart) {
		if len(p.starts) < maxMarks {
			p.starts = append(p.starts, l.At)
		}
		return
	}
	if len(p.stops) < maxMarks {
		failed := l.Severity() >= logs.Severe || l.Is(logs.Reason, "error")
		p.stops = append(p.stops, stop{l.At, failed, cut(cmp.Or(l.Text(logs.Error), l.Text(logs.Reason)), 120)})
	}
}

// runs are those of a process, in order, when the lines of all end at a time.
func (p *process) runs(end int64) []Run {
	if p.stretches == nil {
		return nil
	}
	starts := slices.Sorted(slices.Values(p.starts))
	stretches := slices.DeleteFunc(p.stretches.all(), func(s *stretch) bool { return s == nil })
	first, last := stretches[0].from, stretches[len(stretches)-1].to
	var runs []Run
	if len(starts) == 0 || first < starts[0] {
		starts = slices.Insert(starts, 0, first)
	}
	for i, from := range starts {
		next := last + 1
		if i+1 < len(starts) {
			next = starts[i+1]
		}
		r := Run{From: time.Unix(0, from).UTC(), Started: slices.Contains(p.starts, from)}
		r.To, r.End, r.Reason = p.end(from, next, i+1 == len(starts), end)
		runs = append(runs, r)
	}
	return runs
}

// end says how the run between two starts ended.
func (p *process) end(from, next int64, final bool, end int64) (time.Time, End, string) {
	for _, s := range p.stops {
		if s.at >= from && s.at < next {
			if s.failed {
				return time.Unix(0, s.at).UTC(), Failed, s.reason
			}
			return time.Unix(0, s.at).UTC(), Stopped, s.reason
		}
	}
	last := from
	for _, s := range p.stretches.all() {
		if s != nil && s.from < next {
			last = max(last, min(s.to, next-1))
		}
	}
	switch {
	case !final, p.summaries && time.Duration(end-last) > vanishedAfter:
		return time.Unix(0, last).UTC(), Vanished, ""
	}
	return time.Unix(0, max(last, from)).UTC(), Running, ""
}

// tellLives packs runs into rows: those of one service on one host that
// followed each other share one.
func (b *Builder) tellLives() Lives {
	var t Lives
	type group struct{ service, host string }
	lanes := map[group][]*Life{}
	for _, key := range slices.Sorted(maps.Keys(b.processes.by)) {
		p := b.processes.by[key]
		g := group{p.service, hostname(p.name)}
		runs := p.runs(b.to)
		lane := laneFor(lanes[g], runs)
		if lane == nil {
			lane = &Life{Name: cmp.Or(short(g.host), "unnamed"), Service: short(p.service), Stage: p.only()}
			lanes[g] = append(lanes[g], lane)
		}
		lane.Lines += p.lines
		lane.Runs = append(lane.Runs, runs...)
		slices.SortFunc(lane.Runs, func(a, b Run) int { return a.From.Compare(b.From) })
		t.Starts += int64(len(p.starts))
		t.Stops += int64(len(p.stops))
	}
	for _, g := range lanes {
		for _, lane := range g {
			lane.replaced(b.to)
			t.Rows = append(t.Rows, *lane)
			deaths := lane.deaths()
			t.Deaths += int64(deaths)
			if deaths >= looping {
				t.Crashing = append(t.Crashing, lane.Service+" on "+lane.Name)
			}
		}
	}
	slices.Sort(t.Crashing)
	slices.SortFunc(t.Rows, func(a, b Life) int {
		return cmp.Or(cmp.Compare(b.deaths(), a.deaths()), cmp.Compare(b.Lines, a.Lines), strings.Compare(a.Name, b.Name))
	})
	if len(t.Rows) > rows {
		t.Rows, t.Rest = t.Rows[:rows], len(t.Rows)-rows
	}
	slices.SortStableFunc(t.Rows, func(a, b Life) int {
		return cmp.Or(strings.Compare(a.Service, b.Service), strings.Compare(a.Stage, b.Stage), strings.Compare(a.Name, b.Name))
	})
	return t
}

// replaced finds runs that another process of the same service on the same
// host took the place of, and that have written nothing since.
func (l *Life) replaced(end int64) {
	for i := range l.Runs[:max(0, len(l.Runs)-1)] {
		r := &l.Runs[i]
		if r.End == Running && l.Runs[i+1].Started && time.Duration(end-r.To.UnixNano()) > replacedAfter {
			r.End = Vanished
		}
	}
}

// laneFor is a row in which runs have room behind those that are there.
func laneFor(lanes []*Life, runs []Run) *Life {
	for _, lane := range lanes {
		if !slices.ContainsFunc(lane.Runs, func(there Run) bool {
			return slices.ContainsFunc(runs, func(r Run) bool { return !r.From.After(there.To) && !there.From.After(r.To) })
		}) {
			return lane
		}
	}
	return nil
}

// deaths counts the runs that ended as none should.
func (l Life) deaths() (n int) {
	for _, r := range l.Runs {
		if r.End == Failed || r.End == Vanished {
			n++
		}
	}
	return n
}

// hostname is an instance without its process id.
func hostname(instance string) string {
	if i := strings.LastIndexByte(instance, '-'); i > 0 && strings.Trim(instance[i+1:], "0123456789") == "" {
		return instance[:i]
	}
	return instance
}

// only is the stage that all lines of a process are of, if there is one.
func (p *process) only() (name string) {
	for i, is := range p.stage {
		if is && name != "" {
			return ""
		}
		if is {
			name = stageNames[i]
		}
	}
	return name
}
