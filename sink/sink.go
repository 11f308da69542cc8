package sink

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

	"go.uber.org/zap"

	"pressmill/pkg/bus"
	"pressmill/pkg/bus/turn"
	"pressmill/pkg/logging"
	"pressmill/sink/store"
	"pressmill/sink/webhook"
)

const (
	armEvery  = time.Minute
	pullWait  = time.Second
	stopGrace = 20 * time.Second // how long a worker that is to stop goes on committing
	lastHands = 5 * time.Second  // and how long each of its turns may take to be handed on after that
	returnFor = 30 * time.Second // how long a bus that is away is waited for, to give a turn back
	// strangerWait is when a turn of a sink that is not configured here is
	// offered again.
	strangerWait = time.Minute
)

// Options are how the sinks of a process run. Zero values are the defaults.
type Options struct {
	// Once commits what there is as soon as a partition is drained and More says
	// no, without waiting for MaxAge.
	Once bool
	// More says whether articles may still come; nil: they may not.
	More func() bool
	// Workers is how many partitions are worked on at once; by default all of
	// every sink.
	Workers int
	// Wait is how long the holder of a drained partition waits for articles
	// before it hands the turn on; by default 5 s, and next to nothing with
	// fewer workers than partitions.
	Wait time.Duration
	// Poll is the time from handing on a drained partition to its next turn;
	// by default 250 ms.
	Poll time.Duration
	// Retry is the time to the next turn after an error; by default 5 s. It
	// doubles with every error in a row, up to a minute.
	Retry time.Duration
	// Beat is called now and then as long as work goes on; it may be nil.
	Beat func()
	// Stage counts messages in, articles out and the time from the stream to
	// the object; it may be nil.
	Stage *logging.Stage
	probe func(point string) // called by tests between two steps
}

func (o Options) at(point string) {
	if o.probe != nil {
		o.probe(point)
	}
}

// ending says whether a drained partition is at its end.
func (o Options) ending() bool { return o.Once && (o.More == nil || !o.More()) }

func (o Options) defaults(turns int) Options {
	o.Workers = cmp.Or(o.Workers, turns)
	if o.Wait == 0 {
		o.Wait = 5 * time.Second
		if o.ending() || o.Workers < turns {
			o.Wait = 100 * time.Millisecond
		}
	}
	o.Poll = cmp.Or(o.Poll, 250*time.Millisecond)
	o.Retry = cmp.Or(o.Retry, 5*time.Second)
	if o.Beat == nil {
		o.Beat = func() {}
	}
	return o
}

// Sink is the sinks of one worker.
type Sink struct {
	opt     Options
	bus     Bus
	turns   Turns
	log     *zap.Logger
	writer  string
	outputs []*output

	strangers sync.Map // the names of sinks that are not configured here
}

// New returns the sinks with their stores opened. The faults of all
// configurations come back in one error. Run or Close must follow.
func New(cfgs []Config, b Bus, turns Turns, log *zap.Logger, opt Options) (*Sink, error) {
	full := make([]Config, len(cfgs))
	for i, c := range cfgs {
		full[i] = c.Defaults()
	}
	if err := validateAll(full); err != nil {
		return nil, err
	}
	s := &Sink{
		bus: b, turns: turns, log: log, writer: store.NewWriterID(),
	}
	turnsInAll := 0
	for _, c := range full {
		o, err := openOutput(c, b, log, opt)
		if err != nil {
			return nil, errors.Join(fmt.Errorf("sink %q: %w", c.Name, err), s.Close())
		}
		s.outputs = append(s.outputs, o)
		turnsInAll += c.partitions()
	}
	s.opt = opt.defaults(turnsInAll)
	return s, nil
}

// Close closes the stores, and the connections to receivers.
func (s *Sink) Close() error {
	var errs []error
	for _, o := range s.outputs {
		errs = append(errs, o.close())
	}
	return errors.Join(errs...)
}

// Run works until ctx is cancelled. Then it commits what it has read, hands
// its turns on, closes the stores and returns nil.
func (s *Sink) Run(ctx context.Context) error {
	work, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	context.AfterFunc(ctx, func() { time.AfterFunc(stopGrace, stop) })

	var wg sync.WaitGroup
	wg.Go(func() { s.arm(ctx) })
	slots := turn.NewSlots(s.opt.Workers)
	for ctx.Err() == nil {
		s.opt.Beat()
		n := slots.Take(ctx)
		if n == 0 {
			break
		}
		turns, err := s.turns.Pull(ctx, n, pullWait)
		if err != nil && ctx.Err() == nil {
			s.log.Warn("cannot pull turns", logging.Event(logging.NATSError), zap.Error(err))
			pause(ctx, s.opt.Retry)
		}
		slots.Give(n - len(turns))
		for _, t := range turns {
			wg.Go(func() {
				defer slots.Give(1)
				s.serve(ctx, work, t)
			})
		}
	}
	wg.Wait()
	return s.Close()
}

// arm makes the turns of all partitions, and makes missing ones again.
func (s *Sink) arm(ctx context.Context) {
	for ctx.Err() == nil {
		var failed error
		for _, o := range s.outputs {
			for part := range o.cfg.partitions() {
				if _, err := s.turns.Arm(ctx, turnKey(o.cfg.Name, part), nil, time.Now()); err != nil {
					failed = err
				}
			}
		}
		next := armEvery
		if failed != nil && ctx.Err() == nil {
			s.log.Warn("cannot arm turns", logging.Event(logging.NATSError), zap.Error(failed))
			next = s.opt.Retry
		}
		pause(ctx, next)
	}
}

// serve works on one turn and hands it on. Reading ends with ctx; what was
// read is still committed and handed on under work.
func (s *Sink) serve(ctx, work context.Context, t Turn) {
	release := t.Hold(work)
	o, part, ok := s.find(t.Key)
	if !ok {
		s.logStranger(t.Key)
		release()
		s.handOn(work, t, time.Now().Add(strangerWait), t.State)
		return
	}
	d := &drain{output: o, part: part, bus: o.bus, turn: t, opt: s.opt, writer: s.writer}
	run := d.run
	if o.hook != nil {
		run = (&courier{drain: d, hook: o.hook}).run
	}
	pos, more, err := run(ctx, work)
	release()
	state, at := t.State, time.Now().Add(s.opt.Poll)
	if pos.Next > 0 {
		state = pos.state()
	}
	if errors.Is(err, ErrFenced) {
		s.log.Debug("turn was taken over", logging.Event(logging.PartitionFenced), zap.String(logging.KeyTurn, t.Key))
		return
	}
	switch {
	case errors.Is(err, webhook.ErrGone):
		at = time.Now().Add(strangerWait)
	case errors.Is(err, errWaiting): // which was told when it began
		at = time.Now()
	case err != nil:
		s.tell(o, part, t.Deliveries, err)
		at = time.Now().Add(o.retryAfter(part, err, s.opt.Retry))
	case more || ctx.Err() != nil:
		at = time.Now()
	}
	if err == nil {
		o.pressure.off(part, reasonStore)
		o.retryAfter(part, nil, 0)
	}
	s.handOn(work, t, at, state)
}

// logStranger tells of a sink that is not configured here, once.
func (s *Sink) logStranger(key string) {
	name := key[:max(0, strings.LastIndex(key, "-p"))]
	if _, told := s.strangers.LoadOrStore(name, true); !told {
		s.log.Warn("turns of a sink that is not configured here; if no worker has it any more, `pressmill sinks forget` lets its articles go",
			logging.Event(logging.SinkUnknown), zap.String(logging.KeySink, name), zap.String(logging.KeyTurn, key))
	}
}

// tell logs an error that ended a turn: one of the store once for all that
// follow until it is over. Of dead letters without room the bus tells.
func (s *Sink) tell(o *output, part, deliveries int, err error) {
	level := zap.WarnLevel
	if _, ok := errors.AsType[storeError](err); ok {
		o.pressure.on(part, reasonStore, err)
		level = zap.DebugLevel
	}
	if errors.Is(err, bus.ErrDeadFull) {
		level = zap.DebugLevel
	}
	o.log.Log(level, "partition will be tried again", logging.Event(logging.PartitionDelayed),
		zap.Int(logging.KeyPartition, part), zap.Int(logging.KeyDeliveries, deliveries), zap.Error(err))
}

func (s *Sink) handOn(ctx context.Context, t Turn, at time.Time, state []byte) {
	if ctx.Err() != nil {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(context.WithoutCancel(ctx), lastHands)
		defer cancel()
	}
	err := t.HandOn(ctx, at, state)
	if err == nil || errors.Is(err, ErrFenced) {
		return
	}
	s.log.Debug("cannot hand a turn on; giving it back", logging.Event(logging.NATSError), zap.String(logging.KeyTurn, t.Key), zap.Error(err))
	ctx, cancel := context.WithTimeout(ctx, returnFor)
	defer cancel()
	if err := t.Return(ctx); err != nil && !errors.Is(err, ErrFenced) {
		s.log.Warn("cannot give a turn back; it comes back when it runs out", logging.Event(logging.NATSError), zap.String(logging.KeyTurn, t.Key), zap.Error(err))
	}
}

// Drained says whether every partition of every sink has been committed to
// its end, as far as this process has worked on it: a partition that another
// worker serves counts as it was when it was here last.
func (s *Sink) Drained(ctx context.Context) (bool, error) {
	for part := range Partitions {
		last, err := s.bus.LastArticle(ctx, part)
		if err != nil {
			return false, fmt.Errorf("read end of partition %d: %w", part, err)
		}
		for _, o := range s.outputs {
			if !o.cfg.Archives() && !o.past(part, last) {
				return false, nil
			}
		}
	}
	for _, o := range s.outputs {
		if !o.cfg.Archives() {
			continue
		}
		if last, err := o.bus.LastArticle(ctx, 0); err != nil || !o.past(0, last) {
			return false, err
		}
	}
	return true, nil
}

// Stats returns the counters of each sink by its name.
func (s *Sink) Stats() map[string]Stats {
	all := make(map[string]Stats, len(s.outputs))
	for _, o := range s.outputs {
		all[o.cfg.Name] = o.stats()
	}
	return all
}

func turnKey(sink string, part int) string { return fmt.Sprintf("%s-p%02d", sink, part) }

func (s *Sink) find(key string) (*output, int, bool) {
	i := strings.LastIndex(key, "-p")
	if i < 0 {
		return nil, 0, false
	}
	part, err := strconv.Atoi(key[i+2:])
	if err != nil || part < 0 {
		return nil, 0, false
	}
	for _, o := range s.outputs {
		if o.cfg.Name == key[:i] && part < o.cfg.partitions() {
			return o, part, true
		}
	}
	return nil, 0, false
}

func pause(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	}
}

// event is the fields that every line of a sink about one partition has.
func event(name string, part int) []zap.Field {
	return []zap.Field{logging.Event(name), zap.Int(logging.KeyPartition, part)}
}
