package logs

import (
	"bytes"
	"slices"

	"pressmill/pkg/logging"
)

// outcome is what a line says became of an item.
type outcome uint8

const (
	none    outcome = iota
	out             // passed on
	in              // worked on, but nothing is passed on by this line
	failed          // given up
	retried         // will be tried again
	skipped         // left out by rule
	dead            // put among the dead letters
	written         // an article in a sink's object
	object          // an object or a delivery with its articles
)

// item is what one line says of one item: what Totals and Series count. It
// borrows from the line.
type item struct {
	stage        int // Crawler, Parser, SinkStage; -1: of none
	outcome      outcome
	alsoIn       bool  // it was taken up by this line, too
	n            int64 // how many items: more than 1 for objects only
	reason, kind []byte
	host, source []byte
	took, waited float64 // milliseconds; -1: not told
	bytes        int64
}

// read takes an item out of a line.
func (it *item) read(l *Line) {
	*it = item{stage: stageOf(l), n: 1, took: -1, waited: -1}
	event := l.Bytes(Event)
	switch string(event) {
	case logging.FetchDone:
		it.stage, it.outcome, it.alsoIn = Crawler, fetched(l.Bytes(Kind)), true
	case logging.FetchFailed:
		it.stage, it.outcome, it.alsoIn = Crawler, failed, true
		if l.Severity() < Severe {
			it.outcome = retried
		}
	case logging.FetchSkipped:
		it.stage, it.outcome, it.alsoIn = Crawler, skipped, true
	case logging.ParseDone:
		it.stage, it.outcome, it.alsoIn = Parser, in, true
	case logging.ParseRejected:
		it.stage, it.outcome, it.alsoIn = Parser, skipped, true
	case logging.ParseFailed:
		it.stage, it.outcome = Parser, retried
	case logging.ArticlePublished, logging.TakedownPublished:
		it.stage, it.outcome = Parser, out
	case logging.ArticleWritten:
		it.stage, it.outcome, it.alsoIn = SinkStage, written, true
	case logging.SegmentCommitted, logging.DeliveryDone:
		it.stage, it.outcome, it.n = SinkStage, object, l.Int(Articles)
	case logging.DeliveryRejected:
		it.stage, it.outcome, it.n = SinkStage, failed, max(l.Int(Articles), 1)
	case logging.DeadLetter:
		it.outcome = dead
	default:
		return
	}
	it.reason, it.kind = l.Bytes(Reason), l.Bytes(Kind)
	it.host, it.source = hostOf(l), l.Bytes(Source)
	it.bytes = l.Int(Size)
	if ms, ok := l.Number(Took); ok && it.outcome != object {
		it.took = ms
	}
	if ms, ok := l.Number(Waited); ok {
		it.waited = ms
	}
}

// fetched tells the answers that a crawler counts as out from those that it
// leaves out: see logging.FetchDone.
func fetched(kind []byte) outcome {
	switch string(kind) {
	case "twin", "withheld":
		return skipped
	}
	return out
}

// stageOf is the stage of a line, by its field or by the program that wrote it; -1 if it is of none.
func stageOf(l *Line) int {
	name := l.Bytes(Stage)
	if name == nil {
		name = l.Bytes(Service)
	}
	for i, stage := range StageNames {
		if string(name) == stage {
			return i
		}
	}
	return -1
}

// hostOf is the host of a line, or else of its URL.
func hostOf(l *Line) []byte {
	if host := l.Bytes(Host); len(host) > 0 {
		return host
	}
	_, rest, ok := bytes.Cut(l.Bytes(URL), []byte("://"))
	if !ok {
		return nil
	}
	if end := bytes.IndexAny(rest, "/?#"); end >= 0 {
		rest = rest[:end]
	}
	return rest
}

// count adds a line and its item.
func (t *Totals) count(l *Line, it *item) {
	if t.Lines == 0 || l.At < t.From {
		t.From = l.At
	}
	t.To = max(t.To, l.At)
	t.Lines++
	t.Levels[l.Severity()]++
	t.Events.add(l.Bytes(Event), 1)
	if it.stage < 0 {
		return
	}
	s := &t.Stages[it.stage]
	s.Lines++
	s.Last = max(s.Last, l.At)
	if it.outcome == none {
		t.ofSource(l)
		return
	}
	s.count(l, it)
	if len(it.source) > 0 {
		t.Sources.at(it.source).count(l, it)
	}
	if len(it.host) > 0 && it.stage != SinkStage {
		t.Hosts.at(it.host).count(l, it)
	}
}

// ofSource adds what a line says of a source as a whole.
func (t *Totals) ofSource(l *Line) {
	source := l.Bytes(Source)
	if len(source) == 0 {
		return
	}
	switch string(l.Bytes(Event)) {
	case logging.SourcePoll:
		s := t.Sources.at(source)
		s.Polls++
		s.New += l.Int(New)
		s.LastPoll = max(s.LastPoll, l.At)
	case logging.SourceCoverage:
		t.Sources.at(source).Coverage.count(l)
	case logging.SourceSilent:
		t.Sources.at(source) // it may have no other line
	}
}

func (c *Coverage) count(l *Line) {
	articles := l.Int(Articles)
	c.Articles += articles
	for name, n := range l.Counts(With) {
		if i := slices.Index(CoverageNames[:], name); i >= 0 {
			c.With[i] += int64(n)
		}
	}
	if words, ok := l.Number(WordsP50); ok && articles > 0 {
		c.Words.add(words, uint32(min(articles, 1<<20)))
	}
}

func (s *StageTotals) count(l *Line, it *item) {
	if it.alsoIn {
		s.In++
	}
	if it.took >= 0 {
		s.Took.Observe(it.took)
	}
	if it.waited >= 0 {
		s.Waited.Observe(it.waited)
	}
	if len(it.kind) > 0 {
		s.Kinds.add(it.kind, 1)
	}
	if status := l.Value(Status); it.stage == Crawler && status != nil {
		s.Statuses.add(status, 1)
	}
	s.Bytes += it.bytes
	switch it.outcome {
	case out:
		s.Out++
	case failed:
		s.Failed += it.n
		s.FailedBy.add(it.reason, it.n)
	case retried:
		s.Retried++
		s.RetriedBy.add(it.reason, 1)
	case skipped:
		s.Skipped++
		s.SkippedBy.add(it.reason, 1)
	case dead:
		s.Dead++
		s.DeadBy.add(it.reason, 1)
		if it.stage == Parser { // it has no other line
			s.Failed++
			s.FailedBy.add(it.reason, 1)
		}
	case written:
		s.Written++
	case object:
		s.Objects++
		s.Out += it.n
	default:
	}
}

func (s *SourceTotals) count(l *Line, it *item) {
	if it.waited >= 0 {
		s.Waited.Observe(it.waited)
	}
	switch {
	case it.outcome == dead:
		s.Dead++
	case it.stage == Crawler && it.outcome == failed:
		s.Failed++
		s.FailedBy.add(it.reason, 1)
	case it.stage == Crawler && it.outcome == retried:
		s.Retried++
		s.FailedBy.add(it.reason, 1)
	case it.stage == Crawler && it.outcome == skipped:
		s.Skipped++
	case it.stage == Crawler && it.alsoIn:
		s.Fetched++
		s.LastFetch = max(s.LastFetch, l.At)
		if it.took >= 0 {
			s.Took.Observe(it.took)
		}
	case it.stage == Parser && it.outcome == out:
		s.Articles++
		s.LastArticle = max(s.LastArticle, l.At)
	case it.stage == Parser && it.outcome == skipped:
		s.Parsed++
		s.NoArticle++
		s.RejectedBy.add(it.reason, 1)
	case it.stage == Parser && it.outcome == in:
		s.Parsed++
	case it.outcome == written:
		s.Wrote++
	}
}

func (h *HostTotals) count(l *Line, it *item) {
	switch {
	case it.stage == Parser && it.outcome == out:
		h.Articles++
		return
	case it.stage != Crawler:
		return
	case it.outcome == failed:
		h.Failed++
		h.FailedBy.add(it.reason, 1)
	case it.outcome == retried:
		h.Retried++
		h.FailedBy.add(it.reason, 1)
	case it.outcome == skipped:
		h.Skipped++
		return
	case it.alsoIn:
		h.Fetched++
	}
	if string(it.reason) == "http_403" || string(it.reason) == "http_429" {
		h.Refused++
	}
	h.Bytes += it.bytes
	h.Last = max(h.Last, l.At)
	if it.took >= 0 {
		h.Took.Observe(it.took)
	}
}
