package logs

import (
	"cmp"
	"slices"

	"pressmill/pkg/logging"
)

// keepInstances is how many instances are told apart; when there are twice as
// many, those that were seen last longest ago are put into one.
const keepInstances = 500

// Process is what one instance did: a process, or in a cluster a pod
// with the processes that followed each other in it.
type Process struct {
	Name, Service, Version string
	First, Last            int64 // when its lines were written, in nanoseconds since 1970
	Lines, Warnings        int64
	Errors                 int64
	// Starts, Stops count service.start and service.stop. Crashes counts the
	// starts that followed another one without a stop in between.
	Starts, Stops, Crashes int64
	Started, Stopped       int64 // the last of them; 0: not told
	Ready                  bool
	StopReason             string
	RSS                    int64 // bytes, as of its last summary
	Stages                 [Stages]Ledger
}

// Running says whether the instance is not known to have stopped.
func (i *Process) Running() bool { return i.Stopped == 0 || i.Started > i.Stopped }

// Has says whether the instance works, or worked, on a stage.
func (i *Process) Has(stage int) bool {
	g := &i.Stages[stage]
	return g.Summaries > 0 || g.seen != Balance{} || i.Service == StageNames[stage]
}

// Ledger holds the counts of one stage of one instance against each other: what
// its summaries say, and what its lines add up to as of the last summary. Lives
// of the process before the last one are in it with their last summaries. What
// a process did before the first line that was read counts for neither.
type Ledger struct {
	Summaries           int64 // how many there were
	At                  int64 // when the last was written; 0: none
	Told, Lines         Balance
	Rate                float64 // items a second that went out, in the last interval
	InFlight, Lag       int64   // as of the last summary; Lag is -1 if it is not known
	P50, P95, P99       float64 // milliseconds, since the start of the process
	Skipped             int64   // as summaries have it: many of what is skipped have no line
	base, past, seen    Balance // the first summary of a process that began unseen; lives before; all lines so far
	seenAtBase, counted Balance
	based               bool
}

// Balance is what summaries and lines both tell, of a stage: items passed on,
// and given up.
type Balance struct{ Out, Failed int64 }

func (b Balance) plus(o Balance) Balance  { return Balance{b.Out + o.Out, b.Failed + o.Failed} }
func (b Balance) minus(o Balance) Balance { return Balance{b.Out - o.Out, b.Failed - o.Failed} }

// item counts an item's line.
func (g *Ledger) item(it *item) {
	switch {
	case it.outcome == out:
		g.seen.Out++
	case it.outcome == object:
		g.seen.Out += it.n
	case it.outcome == failed && it.stage != SinkStage:
		g.seen.Failed++
	case it.outcome == dead && it.stage == Parser:
		g.seen.Failed++
	}
}

// begin says that a process began whose first line was read: it counts from 0.
func (g *Ledger) begin() {
	g.past, g.counted = g.Told, g.Lines
	g.base, g.seenAtBase, g.based = Balance{}, g.seen, true
}

// summary takes a stage.summary.
func (g *Ledger) summary(l *Line) {
	total := Balance{l.Int(Out), l.Int(Failed)}
	if !g.based || total.Out < g.base.Out {
		g.past, g.counted = g.Told, g.Lines
		g.base, g.seenAtBase, g.based = total, g.seen, true
	}
	g.Summaries++
	g.At = l.At
	g.Told = g.past.plus(total.minus(g.base))
	g.Lines = g.counted.plus(g.seen.minus(g.seenAtBase))
	g.InFlight, g.Skipped, g.Lag = l.Int(InFlight), l.Int(Skipped), -1
	if l.Has(Lag) {
		g.Lag = l.Int(Lag)
	}
	g.Rate, _ = l.Number(Rate)
	g.P50, _ = l.Number(P50)
	g.P95, _ = l.Number(P95)
	g.P99, _ = l.Number(P99)
}

// Instances are the instances by name; see keepInstances.
type Instances struct {
	// Forgotten is the number of those that were put away, with their counts in Gone.
	Forgotten int64
	Gone      [Stages]struct{ Told, Lines Balance }
	Crashes   int64 // of all, those put away among them

	byName map[string]*Process
	last   *Process // of the line before: most lines have the same
}

// Sorted returns the instances by service and name.
func (in *Instances) Sorted() []*Process {
	all := make([]*Process, 0, len(in.byName))
	for _, i := range in.byName {
		all = append(all, i)
	}
	slices.SortFunc(all, func(a, b *Process) int { return cmp.Or(cmp.Compare(a.Service, b.Service), cmp.Compare(a.Name, b.Name)) })
	return all
}

// Len is how many instances are known.
func (in *Instances) Len() int { return len(in.byName) }

// Balance is the sum of a stage's ledgers: what its summaries tell, and what
// its lines add up to. Lines that were lost on their way are the difference.
func (in *Instances) Balance(stage int) (told, lines Balance) {
	told, lines = in.Gone[stage].Told, in.Gone[stage].Lines
	for _, i := range in.byName {
		told, lines = told.plus(i.Stages[stage].Told), lines.plus(i.Stages[stage].Lines)
	}
	return told, lines
}

// at returns the instance that wrote a line.
func (in *Instances) at(l *Line) *Process {
	name := l.Bytes(Instance)
	if len(name) == 0 {
		name = l.Origin
	}
	if len(name) == 0 {
		name = l.Bytes(Service)
	}
	if in.last != nil && in.last.Name == string(name) {
		return in.last
	}
	i := in.byName[string(name)]
	if i == nil {
		if len(in.byName) >= 2*keepInstances {
			in.forget()
		}
		i = &Process{Name: string(name), Service: l.Text(Service), First: l.At}
		in.byName[i.Name] = i
	}
	in.last = i
	return i
}

// forget puts away the half that was seen last longest ago.
func (in *Instances) forget() {
	all := in.Sorted()
	slices.SortStableFunc(all, func(a, b *Process) int { return cmp.Compare(b.Last, a.Last) })
	for _, i := range all[min(keepInstances, len(all)):] {
		for s := range i.Stages {
			g := &in.Gone[s]
			g.Told, g.Lines = g.Told.plus(i.Stages[s].Told), g.Lines.plus(i.Stages[s].Lines)
		}
		in.Forgotten++
		delete(in.byName, i.Name)
	}
	in.last = nil
}

// count takes a line of an instance.
func (in *Instances) count(l *Line, it *item) *Process {
	i := in.at(l)
	i.Lines++
	i.First, i.Last = min(i.First, l.At), max(i.Last, l.At)
	switch l.Severity() {
	case Warn:
		i.Warnings++
	case Severe:
		i.Errors++
	default:
	}
	switch string(l.Bytes(Event)) {
	case logging.ServiceStart:
		in.start(i, l)
	case logging.ServiceReady:
		i.Ready = true
	case logging.ServiceStop:
		i.Stops++
		i.Stopped, i.StopReason, i.Ready = l.At, l.Text(Reason), false
	case logging.StageSummary:
		i.RSS = max(l.Int(RSS), 0)
		if it.stage >= 0 {
			i.Stages[it.stage].summary(l)
		}
	}
	if it.stage >= 0 {
		i.Stages[it.stage].item(it)
	}
	return i
}

func (in *Instances) start(i *Process, l *Line) {
	if i.Starts > 0 && i.Running() {
		i.Crashes++
		in.Crashes++
	}
	i.Starts++
	i.Started, i.Version, i.Ready = l.At, l.Text(Version), false
	for s := range i.Stages {
		i.Stages[s].begin()
	}
}
