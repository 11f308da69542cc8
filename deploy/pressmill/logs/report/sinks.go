package report

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"pressmill/deploy/pressmill/logs"
	"pressmill/pkg/logging"
)

// sinkCount counts what a sink wrote.
type sinkCount struct {
	objects, articles, bytes, conflicts, gaps, rejected int64
	last                                                int64
	took, waited                                        spread
	delivers                                            bool
}

func (b *Builder) sunk(l *logs.Line) {
	s := b.sinks.of(l.Bytes(logs.Sink))
	switch string(l.Bytes(logs.Event)) {
	case logging.SegmentCommitted:
		b.committed(l, s)
	case logging.DeliveryDone:
		s.delivers = true
		b.committed(l, s)
	case logging.ArticleWritten:
		b.waited(l, sink)
		if ms, ok := l.Number(logs.Waited); ok {
			s.waited.add(ms)
		}
	case logging.ArticleRejected:
		s.rejected++
		b.failed(l, sink, []byte("no JSON"))
	case logging.DeliveryRejected:
		s.delivers = true
		s.rejected++
	case logging.SegmentConflict:
		s.conflicts++
	case logging.SegmentGap:
		s.gaps++
		b.note(l)
	case logging.PartitionDelayed:
		if l.Severity() >= logs.Warn {
			b.stages[sink].retried.add([]byte("partition tried again"), 1)
		}
	}
}

func (b *Builder) committed(l *logs.Line, s *sinkCount) {
	n, size := l.Int(logs.Articles), l.Int(logs.Size)
	s.objects++
	s.articles += n
	s.bytes += size
	s.last = max(s.last, l.At)
	b.totals.Objects++
	b.totals.Written += n
	b.totals.Bytes += size
	b.done(l, sink, n)
	b.took(l, sink)
	if ms, ok := l.Number(logs.Took); ok {
		s.took.add(ms)
	}
	b.stages[sink].skipped.add([]byte("written before"), l.Int(logs.Skipped))
}

func (b *Builder) tellSinks() []Sink {
	list := make([]Sink, 0, len(b.sinks.by))
	for name, s := range b.sinks.by {
		t := Sink{
			Name: cmp.Or(short(name), "unnamed"), Objects: s.objects, Articles: s.articles, Bytes: s.bytes, Conflicts: s.conflicts,
			Gaps: s.gaps, Rejected: s.rejected, Took: s.took.tell(), Waited: s.waited.tell(), Delivers: s.delivers,
		}
		if s.last > 0 {
			t.Last = time.Unix(0, s.last).UTC()
		}
		list = append(list, t)
	}
	slices.SortFunc(list, func(a, b Sink) int {
		return cmp.Or(cmp.Compare(b.Articles, a.Articles), strings.Compare(a.Name, b.Name))
	})
	return list
}
