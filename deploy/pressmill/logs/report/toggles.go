package report

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"pressmill/deploy/pressmill/logs"
	"pressmill/pkg/logging"
)

// subject is what something goes on and off for.
type subject struct {
	event string // that says on
	stage int
	of    string // a source, host, sink or process
	by    string // the process that said so, if it is its own affair
}

// toggle is what was said of a subject.
type toggle struct {
	ons      int64
	on, off  int64 // the latest of each
	marks    []mark
	reason   string
	detail   string
	last     time.Time     // news of a source
	usualGap time.Duration // between them
}

type mark struct {
	at int64
	on bool
}

// maxMarks bounds the times that are kept of one subject.
const maxMarks = 400

// note counts events that are not over when something else happens.
type note struct {
	n      int64
	last   int64
	detail string
	of     counts
}

// told counts the events that say how the whole goes.
func (b *Builder) told(l *logs.Line, at int) {
	process := l.Text(logs.Instance)
	switch event := string(l.Bytes(logs.Event)); event {
	case logging.BackpressureOn, logging.BackpressureOff:
		b.toggle(l, subject{logging.BackpressureOn, at, l.Text(logs.Sink), process}, event == logging.BackpressureOn)
	case logging.SourceSilent, logging.SourceBack:
		b.toggle(l, subject{logging.SourceSilent, at, cmp.Or(l.Text(logs.Source), l.Text(logs.Host)), ""}, event == logging.SourceSilent)
	case logging.HostDropped, logging.HostRecovered:
		b.toggle(l, subject{logging.HostDropped, at, l.Text(logs.Host), ""}, event == logging.HostDropped)
	case logging.ReceiverDown, logging.ReceiverUp:
		b.toggle(l, subject{logging.ReceiverDown, at, l.Text(logs.Sink), process}, event == logging.ReceiverDown)
	case logging.NATSDisconnected, logging.NATSReconnected:
		b.toggle(l, subject{logging.NATSDisconnected, stages, process, process}, event == logging.NATSDisconnected)
	case logging.NATSDenied, logging.NATSWaiting, logging.ReceiverGone, logging.EpochBegun, logging.PageGone, logging.TakedownPublished,
		logging.ContactMissing, logging.SinkUnknown, logging.DeadLetterDropped, logging.DeadLetterRefused,
		logging.ParkedRefused:
		b.note(l)
	}
}

func (b *Builder) toggle(l *logs.Line, key subject, on bool) {
	t := b.toggles[key]
	if t == nil {
		if len(b.toggles) >= maxToggles {
			return
		}
		t = &toggle{}
		b.toggles[key] = t
	}
	if len(t.marks) < maxMarks {
		t.marks = append(t.marks, mark{l.At, on})
	}
	if !on {
		t.off = max(t.off, l.At)
		return
	}
	t.ons++
	if l.At < t.on {
		return
	}
	t.on, t.reason, t.detail = l.At, cut(l.Text(logs.Reason), 60), cut(l.Text(logs.Error), 160)
	if key.event == logging.SourceSilent {
		t.last, _ = time.Parse(time.RFC3339Nano, strings.Trim(string(l.Lookup(logging.KeyLastNews)), `"`))
		t.usualGap = usualGap(l)
	}
}

// usualGap is the time that usually lies between two news of a source.
func usualGap(l *logs.Line) time.Duration {
	ms, _ := time.ParseDuration(string(l.Lookup(logging.KeyUsualGap)) + "ms")
	return ms
}

func (b *Builder) note(l *logs.Line) {
	event := l.Text(logs.Event)
	n := b.noted[event]
	if n == nil {
		n = &note{}
		b.noted[event] = n
	}
	n.n++
	if name := cmp.Or(l.Text(logs.Sink), l.Text(logs.Host), l.Text(logs.Instance)); name != "" {
		n.of.add([]byte(name), 1)
	}
	if l.At >= n.last {
		n.last, n.detail = l.At, cut(l.Text(logs.Error), 160)
	}
}

// state is a subject that is on, or was.
type state struct {
	subject
	*toggle
	open   bool
	lasted time.Duration // in all, until the end of the lines
}

// states returns the subjects of an event, those that are open and the latest first.
// What a process said of itself is over when the process is.
func (b *Builder) states(event string) []state {
	var list []state
	for key, t := range b.toggles {
		if key.event != event || t.ons == 0 {
			continue
		}
		s := state{subject: key, toggle: t}
		for _, span := range b.spans(key, t) {
			s.lasted += time.Duration(span[1] - span[0])
		}
		s.open = t.on > t.off && b.endOf(key.by, t.on) == b.to
		list = append(list, s)
	}
	slices.SortFunc(list, func(a, b state) int {
		if a.open != b.open {
			if a.open {
				return -1
			}
			return 1
		}
		return cmp.Or(cmp.Compare(b.on, a.on), strings.Compare(a.of, b.of), strings.Compare(a.by, b.by))
	})
	return list
}

// spans are the times between on and off.
func (b *Builder) spans(key subject, t *toggle) (list [][2]int64) {
	marks := slices.Clone(t.marks)
	slices.SortStableFunc(marks, func(a, b mark) int { return cmp.Compare(a.at, b.at) })
	var since int64
	for _, m := range marks {
		switch {
		case m.on && since == 0:
			since = m.at
		case !m.on && since != 0:
			list = append(list, [2]int64{since, m.at})
			since = 0
		}
	}
	if since != 0 {
		list = append(list, [2]int64{since, max(since, b.endOf(key.by, since))})
	}
	return list
}

// endOf is when the run of a process that was there at a time ended: with the
// lines, if it did not.
func (b *Builder) endOf(name string, at int64) int64 {
	if name == "" {
		return b.to
	}
	for _, p := range b.processes.by {
		if p.name != name {
			continue
		}
		for _, r := range p.runs(b.to) {
			if r.End != Running && r.From.UnixNano() <= at && at <= r.To.UnixNano() {
				return r.To.UnixNano()
			}
		}
	}
	return b.to
}

func (b *Builder) silences() map[string]Silence {
	list := map[string]Silence{}
	for _, s := range b.states(logging.SourceSilent) {
		if s.open {
			list[s.of] = Silence{Since: time.Unix(0, s.on).UTC(), Last: s.last, Usual: s.usualGap}
		}
	}
	return list
}
