package logs

import (
	"cmp"
	"slices"

	"pressmill/pkg/logging"
)

// Period is a time in which a stage waited for the next one.
type Period struct {
	Instance, Stage string
	Host            string // of a crawler that waits with one host; else empty
	Reason          string // of a sink: store or spool
	From, To        int64  // nanoseconds since 1970; To is 0 while it lasts
}

// waits notes that a stage began to wait. The oldest periods that are over are
// forgotten when there are too many.
func (t *Tally) waits(l *Line, it *item, instance string) {
	p := &Period{Instance: instance, Stage: stageName(it.stage), Host: l.Text(Host), Reason: l.Text(Reason), From: l.At}
	if slices.ContainsFunc(t.Pressure, func(o *Period) bool {
		return o.To == 0 && o.Instance == p.Instance && o.Stage == p.Stage && o.Host == p.Host && o.Reason == p.Reason
	}) {
		return
	}
	if len(t.Pressure) >= maxPeriods {
		t.Pressure = slices.Delete(t.Pressure, 0, 1)
	}
	t.Pressure = append(t.Pressure, p)
}

// ends ends those of an instance's open periods that match.
func (t *Tally) ends(instance string, at int64, match func(*Period) bool) {
	for _, p := range t.Pressure {
		if p.To == 0 && p.Instance == instance && match(p) {
			p.To = max(at, p.From+1)
		}
	}
}

// hostsWait says whether an instance waits with a host.
func (t *Tally) hostsWait(instance string) bool {
	return slices.ContainsFunc(t.Pressure, func(p *Period) bool { return p.To == 0 && p.Host != "" && p.Instance == instance })
}

// Waiting returns the periods of a stage that last.
func (t *Tally) Waiting(stage int) (open []*Period) {
	for _, p := range t.Pressure {
		if p.To == 0 && p.Stage == StageNames[stage] {
			open = append(open, p)
		}
	}
	return open
}

// SinkTotals is what one sink wrote.
type SinkTotals struct {
	Objects, Articles, Bytes int64 // committed objects or deliveries
	Written                  int64 // articles by lines of their own
	Skipped, Rejected        int64 // articles left out of objects
	Conflicts, Gaps, Epochs  int64
	Refused                  int64 // batches that a receiver did not take
	First, Last              int64 // when the first and last object was committed; 0: none
	Down                     int64 // since when its receiver takes nothing; 0: it does
	Waited                   Histogram
	LastError, Reason        string
}

func (t *Tally) sink(l *Line, it *item) {
	name := l.Bytes(Sink)
	s := t.Sinks[string(name)]
	if s == nil {
		if len(t.Sinks) >= maxSinks {
			return
		}
		s = &SinkTotals{}
		t.Sinks[string(name)] = s
	}
	switch string(l.Bytes(Event)) {
	case logging.ArticleWritten:
		s.Written++
		if it.waited >= 0 {
			s.Waited.Observe(it.waited)
		}
	case logging.SegmentCommitted, logging.DeliveryDone:
		s.commit(l)
	case logging.SegmentConflict:
		s.Conflicts++
	case logging.SegmentGap:
		s.Gaps++
	case logging.EpochBegun:
		s.Epochs++
	case logging.DeliveryRejected:
		s.Refused++
		s.LastError = clip(l.Bytes(Error))
	case logging.ReceiverDown, logging.ReceiverGone:
		s.Down, s.LastError = l.At, clip(l.Bytes(Error))
	case logging.ReceiverUp:
		s.Down = 0
	}
}

func (s *SinkTotals) commit(l *Line) {
	s.Objects++
	s.Articles += l.Int(Articles)
	s.Bytes += l.Int(Size)
	s.Skipped += l.Int(Skipped)
	s.Rejected += l.Int(Rejected)
	if s.First == 0 {
		s.First = l.At
	}
	s.Last = max(s.Last, l.At)
}

// Drift is a field of a source that differs from the week before.
type Drift struct {
	Source, Field string
	Share, Usual  float64 // of the articles that have it; of words, the median
	Articles      int64
	At            int64
}

func (t *Tally) drift(l *Line) {
	d := Drift{Source: l.Text(Source), Field: l.Text(Name), Articles: l.Int(Articles), At: l.At}
	d.Share, _ = l.Number(Share)
	d.Usual, _ = l.Number(Usual)
	t.Drifts = slices.DeleteFunc(t.Drifts, func(o Drift) bool {
		return o.Source == d.Source && (o.Field == d.Field || d.Field == "" && l.Is(Event, logging.SourceSteady))
	})
	if l.Is(Event, logging.SourceDrift) && len(t.Drifts) < maxDrifts {
		t.Drifts = append(t.Drifts, d)
	}
}

// FailureKey tells failures apart.
type FailureKey struct {
	Stage, Event, Reason string
	Level                Severity
}

// Failure is one way in which things went wrong, with the latest example.
type Failure struct {
	FailureKey
	Count       int64
	First, Last int64
	Host, URL   string
	Source      string
	PageID      string
	Text        string // the message and the error
}

// Note is a warning or an error.
type Note struct {
	At                             int64
	Level                          Severity
	Event, Stage, Instance, Reason string
	Host, Source, URL, PageID      string
	Text                           string
}

// note keeps a warning or an error, and an item that was given up.
func (t *Tally) note(l *Line, it *item, process *Process) {
	n := Note{
		At: l.At, Level: l.Severity(), Event: l.Text(Event), Stage: stageName(it.stage), Instance: process.Name, Reason: clip(l.Bytes(Reason)),
		Host: string(hostOf(l)), Source: l.Text(Source), URL: clip(l.Bytes(URL)), PageID: l.Text(PageID), Text: told(l),
	}
	if len(t.Notes) >= 2*maxNotes {
		t.Notes = append(t.Notes[:0], t.Notes[maxNotes:]...)
	}
	t.Notes = append(t.Notes, n)
	key := FailureKey{n.Stage, n.Event, n.Reason, n.Level}
	f := t.Failures[key]
	if f == nil {
		if len(t.Failures) >= maxFailures {
			key.Reason = "other"
		}
		if f = t.Failures[key]; f == nil && len(t.Failures) >= 2*maxFailures {
			return
		}
		if f == nil {
			f = &Failure{FailureKey: key, First: n.At}
			t.Failures[key] = f
		}
	}
	f.Count++
	f.First = min(f.First, n.At)
	f.Last, f.Host, f.URL, f.Source, f.PageID, f.Text = n.At, n.Host, n.URL, n.Source, n.PageID, n.Text
}

// told is what a line says to people.
func told(l *Line) string {
	text := clip(l.Bytes(Message))
	if cause := l.Bytes(Error); len(cause) > 0 {
		text += ": " + clip(cause)
	}
	return text
}

// SortedFailures returns the failures, the most frequent first.
func (t *Tally) SortedFailures() []*Failure {
	all := make([]*Failure, 0, len(t.Failures))
	for _, f := range t.Failures {
		all = append(all, f)
	}
	slices.SortFunc(all, func(a, b *Failure) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(b.Last, a.Last), cmp.Compare(a.Event, b.Event), cmp.Compare(a.Reason, b.Reason), cmp.Compare(a.Stage, b.Stage))
	})
	return all
}
