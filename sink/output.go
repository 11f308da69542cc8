package sink

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"go.uber.org/zap"

	"pressmill/pkg/logging"
	"pressmill/sink/segment"
	"pressmill/sink/store"
)

// Stats counts what a sink has done since the process started.
type Stats struct {
	Articles  int64 // written
	Objects   int64 // created
	Bytes     int64 // of the objects, as stored
	Conflicts int64 // objects that another writer had created before
	Skipped   int64 // articles that an earlier epoch had written
	Rejected  int64 // messages that were no JSON
	Filtered  int64 // articles that the filter keeps out, or that were deleted before
	Gaps      int64 // ranges of messages removed before they were read
	Epochs    int64 // begun on a changed stream or format
}

// output is one configured sink with its store or its receiver.
type output struct {
	cfg   Config
	bus   Bus // that it reads
	store store.Store
	hook  *hook // nil: there is a store
	log   *zap.Logger
	stage *logging.Stage // nil: not counted there
	now   func() time.Time
	parts [Partitions]partState

	pressure pressure
	spool    *spool

	scanMu   sync.Mutex
	scanned  time.Time
	scanKeys newestKeys

	buriedMu sync.Mutex
	buried   map[string]bool
	buriedAt time.Time

	articles, objects, bytes, conflicts, skipped, rejected, gaps, epochs, filtered atomic.Int64
}

// partState is what this process remembers of a partition between turns.
type partState struct {
	mu     sync.Mutex
	pos    position
	skip   skipSet
	skipOf segment.Epoch

	counted segment.Key // the last object that was counted
	indexed string      // the newest object of an archive that has its index

	failures int // turns in a row that ended with an error

	left   uint64 // the last message that was told of as left out
	leftOf string // and the epoch, or the generation, whose sequence that is

	mirrored   time.Time // when the position was mirrored last
	mirroredTo uint64    // position.from at that time
}

func newOutput(cfg Config, store store.Store, log *zap.Logger, stage *logging.Stage) *output {
	log = log.With(zap.String(logging.KeySink, cfg.Name))
	return &output{
		cfg: cfg, store: store, log: log, stage: stage, now: time.Now,
		pressure: pressure{log: log}, spool: newSpool(int64(cfg.Spool.MaxBytes)),
	}
}

// openOutput opens what a configuration names.
func openOutput(cfg Config, b Bus, log *zap.Logger, opt Options) (*output, error) {
	o := newOutput(cfg, nil, log, opt.Stage)
	var err error
	if o.bus, err = sourceOf(b, cfg); err != nil {
		return o, err
	}
	if cfg.isWebhook() {
		o.hook, err = newHook(cfg, b, o.log)
	} else {
		var s store.Store
		s, err = store.Create(cfg.URL)
		o.store = markedStore{s}
		if opt.Beat != nil {
			o.store = beatingStore{o.store, opt.Beat}
		}
	}
	return o, err
}

func (o *output) close() error {
	if o.hook != nil {
		o.hook.client.Close()
		return nil
	}
	return o.store.Close()
}

// known returns the position that this process saw last.
func (o *output) known(part int) (position, bool) {
	s := &o.parts[part]
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.pos, s.pos.Next > 0
}

// past says whether a partition is committed to a sequence, as far as known.
func (o *output) past(part int, last uint64) bool {
	pos, _ := o.known(part)
	return last == 0 || pos.from() > last
}

func (o *output) setKnown(part int, p position) {
	s := &o.parts[part]
	s.mu.Lock()
	defer s.mu.Unlock()
	s.pos = p
}

// skipsOf returns what the epoch of p skips, read once an epoch.
func (o *output) skipsOf(ctx context.Context, part int, p position) (skipSet, error) {
	s := &o.parts[part]
	s.mu.Lock()
	if p.Overlap == nil { // or over: what was to be skipped is not held any more
		s.skip = nil
	}
	set, of := s.skip, s.skipOf
	s.mu.Unlock()
	if p.Overlap == nil || (set != nil && of == p.Epoch) {
		return set, nil
	}
	set, err := o.skips(ctx, part, p)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.skip, s.skipOf = set, p.Epoch
	return set, nil
}

// tombstones returns the articles that were deleted from the store, as of the
// last half minute. The set is shared: it is not to be changed.
func (o *output) tombstones(ctx context.Context) (map[string]bool, error) {
	o.buriedMu.Lock()
	defer o.buriedMu.Unlock()
	if o.buried != nil && o.now().Sub(o.buriedAt) < tombstonesFresh {
		return o.buried, nil
	}
	buried, err := segment.Tombstones(ctx, o.store, o.cfg.Prefix)
	if err == nil {
		o.buried, o.buriedAt = buried, o.now()
	}
	return buried, err
}

// firstTime says whether an object of this process was not counted yet.
func (o *output) firstTime(part int, k segment.Key) bool {
	s := &o.parts[part]
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.counted.Before(k) {
		return false
	}
	s.counted = k
	return true
}

// mirrorDue says whether a position is to be mirrored: when it is a new one,
// and now and then for a partition without new objects.
func (o *output) mirrorDue(part int, p position) bool {
	s := &o.parts[part]
	s.mu.Lock()
	defer s.mu.Unlock()
	if p.from() == s.mirroredTo && o.now().Sub(s.mirrored) < mirrorEvery {
		return false
	}
	s.mirrored, s.mirroredTo = o.now(), p.from()
	return true
}

func (o *output) stats() Stats {
	return Stats{
		Articles: o.articles.Load(), Objects: o.objects.Load(), Bytes: o.bytes.Load(),
		Conflicts: o.conflicts.Load(), Skipped: o.skipped.Load(), Rejected: o.rejected.Load(), Filtered: o.filtered.Load(),
		Gaps: o.gaps.Load(), Epochs: o.epochs.Load(),
	}
}

// logCommitted tells of an object. took is 0 if it is not known.
func (o *output) logCommitted(k segment.Key, m segment.Meta, size int, took time.Duration) {
	o.objects.Add(1)
	o.bytes.Add(int64(size))
	fields := append(event(logging.SegmentCommitted, k.Partition),
		zap.String(logging.KeyKey, k.String()), zap.Uint64(logging.KeyFirst, m.First), zap.Uint64(logging.KeyLast, m.Last),
		zap.Int(logging.KeyArticles, m.Count), zap.Int(logging.KeySkipped, m.Skipped), zap.Int(logging.KeyRejected, m.Rejected), zap.Int(logging.KeyBytes, size))
	if took > 0 {
		fields = append(fields, zap.Duration(logging.KeyTook, took))
	}
	o.log.Info("object committed", fields...)
}

// count adds what became of messages just now to the counters, and those that
// are written to the stage's summary: the others are there since they were left
// out. oldest is when the stream stored the first of those written.
func (o *output) count(m tally, oldest time.Time) {
	o.articles.Add(int64(m.Count))
	o.skipped.Add(int64(m.Skipped))
	o.rejected.Add(int64(m.Rejected))
	o.filtered.Add(int64(m.Filtered))
	if o.stage == nil {
		return
	}
	o.stage.Settled(logging.Passed, "", m.Count)
	if m.Count > 0 {
		o.stage.Observe(max(0, o.now().Sub(oldest)))
	}
}

func (o *output) logConflict(k segment.Key, m segment.Meta) {
	o.conflicts.Add(1)
	o.log.Info("another worker has committed this position; going on after its object",
		append(event(logging.SegmentConflict, k.Partition), zap.String(logging.KeyKey, k.String()),
			zap.String(logging.KeyWriter, m.Writer), zap.Uint64(logging.KeyFirst, m.First), zap.Uint64(logging.KeyLast, m.Last),
			zap.Int(logging.KeyArticles, m.Count), zap.Uint64(logging.KeyNextSeq, m.Next))...)
}

func (o *output) logGap(part int, gap segment.Range) {
	o.gaps.Add(1)
	o.log.Warn("messages were removed from the stream before this sink read them; those of this partition are missing",
		append(event(logging.SegmentGap, part), zap.Uint64(logging.KeyFirst, gap.From), zap.Uint64(logging.KeyLast, gap.To))...)
}

func (o *output) logEpoch(part int, old, begun position, reason string) {
	o.epochs.Add(1)
	o.log.Warn("a new epoch begins", append(event(logging.EpochBegun, part), zap.String(logging.KeyReason, reason),
		zap.String(logging.KeyEpoch, begun.Epoch.String()), zap.String(logging.KeyOldEpoch, old.Epoch.String()), zap.Uint64(logging.KeyPosition, begun.Next))...)
}

func (o *output) logRejected(part int, msg StoredArticle) {
	o.log.Error("message is no JSON and is left out", logging.Event(logging.ArticleRejected), zap.Int(logging.KeyPartition, part),
		zap.Uint64(logging.KeySeq, msg.Seq), zap.String(logging.KeyMsgID, msg.MsgID),
		zap.Error(errors.New("invalid JSON")))
}
