package crawler

import (
	"context"
	"errors"
	"hash/maphash"
	"net/netip"
	"slices"
	"sync"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"
	"go.uber.org/zap"

	"pressmill/crawler/fetch"
	"pressmill/crawler/links"
	"pressmill/crawler/usage"
	"pressmill/pkg/bus"
	"pressmill/pkg/bus/turn"
	"pressmill/pkg/logging"
)

const (
	maxLanes     = 20_000
	maxSeen      = 8 << 20 // fingerprints of seen URLs that all lanes hold, some 30 bytes each
	maxForeign   = 200_000 // fingerprints of links to other hosts that were pushed lately
	maxLinkRefs  = 4 << 20 // references of links that are known to be seen
	janitorEvery = 2 * time.Minute
	rouseAtOnce  = 1000                   // hosts that it looks at each time, whether they sleep
	asleep       = time.Minute            // from when on a turn that is not due yet is looked upon as asleep
	armAtOnce    = 256                    // hosts that the janitor does not arm one after the other
	pressureFor  = 250 * time.Millisecond // how long what is known of the pages' stream counts
	stopGrace    = 20 * time.Second       // how long requests under way may go on when the worker is to stop
	scopeTTL     = 5 * time.Second        // how long a source's definition is not asked for again
	restFor      = time.Minute            // how long a host rests for whose URL there is no room where it is to go
	asideFor     = 10 * time.Minute       // and a URL lies aside
)

// Crawler is one crawler worker.
type Crawler struct {
	cfg       Config
	private   []netip.Prefix // what AllowPrivate opens
	obeyed    usage.Signals
	bus       *bus.Bus
	log       *zap.Logger
	stage     *logging.Stage
	transport *fetch.Transport
	started   time.Time
	beat      func() // says that work goes on
	stopGrace time.Duration
	restFor   time.Duration
	asideFor  time.Duration
	maxState  int

	lanes   *lanes
	foreign *lru.Cache[uint64, struct{}]
	scopes  *lru.Cache[string, cachedScope]
	links   *links.Memory // those that are in the sets of seen URLs

	groupAll   bool // opened addresses are in groups too: for tests, whose sites all are
	groupSeed  maphash.Seed
	groupLocks [64]sync.Mutex
}

type cachedScope struct {
	*scope
	till time.Time
}

// New returns a crawler worker on a bus whose topology is ready.
func New(cfg Config, b *bus.Bus, log *zap.Logger, stage *logging.Stage) (*Crawler, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	cfg = cfg.Settled()
	options, err := cfg.fetchOptions()
	if err != nil {
		return nil, err
	}
	obeyed, err := usage.Parse(cfg.Obey)
	if err != nil {
		return nil, err
	}
	c := &Crawler{
		cfg: cfg, private: options.AllowPrivate, obeyed: obeyed, bus: b, log: log, stage: stage, started: time.Now(), groupSeed: maphash.MakeSeed(),
		beat: func() {}, stopGrace: stopGrace, restFor: restFor, asideFor: asideFor, maxState: maxState,
		transport: fetch.NewTransport(options), links: links.NewMemory(maxLinkRefs),
	}
	if c.lanes, err = newLanes(maxLanes, maxSeen); err != nil {
		return nil, err
	}
	if c.foreign, err = lru.New[uint64, struct{}](maxForeign); err != nil {
		return nil, err
	}
	if c.scopes, err = lru.New[string, cachedScope](maxLanes); err != nil {
		return nil, err
	}
	return c, nil
}

// Run takes turns until ctx is cancelled; it then finishes the requests under
// way, hands their turns on, and returns nil. A request that goes on for longer
// than stopGrace is given up, and its URL stays where it was. beat is called
// whenever the loop goes round, and by its visits while it waits for a free one.
func (c *Crawler) Run(ctx context.Context, beat func()) error {
	c.beat = beat
	var wg sync.WaitGroup
	defer wg.Wait()
	wg.Go(func() { c.janitor(ctx) })
	if c.cfg.Contact == "" {
		c.log.Warn("site owners cannot tell whose crawler this is, so it asks a host no more often than every five seconds; "+
			"set crawler.contact (or -contact) to a URL or mail address", logging.Event(logging.ContactMissing))
	}
	slots := turn.NewSlots(c.cfg.Slots)
	full, asked := false, time.Time{}
	for ctx.Err() == nil {
		beat()
		if time.Since(asked) > pressureFor {
			full, asked = c.backPressure(ctx, full), time.Now()
		}
		if full {
			pause(ctx, time.Second)
			continue
		}
		free := slots.Take(ctx)
		if free == 0 {
			break
		}
		turns, err := c.bus.Hosts().Pull(ctx, free, 500*time.Millisecond)
		if err != nil && ctx.Err() == nil {
			c.log.Warn("pull turns", logging.Event(logging.NATSError), zap.Error(err))
			pause(ctx, 500*time.Millisecond)
		}
		for _, t := range turns {
			wg.Go(func() {
				defer slots.Give(1)
				c.visit(ctx, t)
			})
		}
		slots.Give(free - len(turns))
	}
	return nil
}

func pause(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

// backPressure says whether the parsers are too far behind to fetch more.
func (c *Crawler) backPressure(ctx context.Context, was bool) bool {
	full, err := c.bus.PagesFull(ctx)
	if err != nil {
		return was
	}
	switch {
	case full && !was:
		c.log.Warn("too many pages wait for the parsers; taking no turns", logging.Event(logging.BackpressureOn))
	case was && !full:
		c.log.Info("the parsers caught up; taking turns again", logging.Event(logging.BackpressureOff))
	}
	return full
}

// janitor arms every host that has URLs or revisits waiting and no turn, wakes
// those that sleep although URLs wait, and puts URLs back that are parked although their source is not paused. But for those whose
// dead letters found no room, there should be none; it heals what a crash, a
// restored stream or a crawl that ended by itself left.
func (c *Crawler) janitor(ctx context.Context) {
	tick := time.NewTicker(janitorEvery)
	defer tick.Stop()
	for {
		if n, err := c.armAll(ctx); err != nil {
			if ctx.Err() == nil {
				c.log.Warn("arm waiting hosts", logging.Event(logging.NATSError), zap.Error(err))
			}
		} else if n > 0 {
			c.log.Info("armed hosts that had no turn or slept", logging.Event(logging.JanitorArmed), zap.Int(logging.KeyHosts, n))
		}
		if err := unparkResumed(ctx, c.bus); err != nil && ctx.Err() == nil {
			c.log.Warn("put parked URLs back", logging.Event(logging.NATSError), zap.Error(err))
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

func (c *Crawler) armAll(ctx context.Context) (armed int, err error) {
	armed, err = ArmWaiting(ctx, c.bus)
	if err != nil || c.cfg.Once {
		return armed, err
	}
	hosts, err := c.bus.RevisitHosts(ctx)
	if err != nil {
		return armed, err
	}
	more, err := arm(ctx, c.bus, hosts)
	return armed + more, err
}

// ArmWaiting arms every host with URLs in the frontier, wakes those that sleep,
// and returns how many there were.
func ArmWaiting(ctx context.Context, b *bus.Bus) (armed int, err error) {
	hosts, err := b.WaitingHosts(ctx)
	if err != nil {
		return 0, err
	}
	if armed, err = arm(ctx, b, hosts); err != nil {
		return armed, err
	}
	woken, err := rouse(ctx, b, hosts)
	return armed + woken, err
}

// rouse makes the turns of those hosts due that sleep although they could be
// asked for the URLs that they have. Whoever handed such a turn on was told that
// nothing waits: servers that have just started say so now and then. Of many
// hosts each call looks at some, whichever.
func rouse(ctx context.Context, b *bus.Bus, hosts map[string]uint64) (woken int, err error) {
	looked := 0
	for host, waiting := range hosts {
		if waiting == 0 {
			continue
		}
		if looked++; looked > rouseAtOnce {
			break
		}
		token := bus.HostToken(host)
		turn, err := b.Hosts().Look(ctx, token)
		if err != nil {
			return woken, err
		}
		now := time.Now()
		if turn.Due.Before(now.Add(asleep)) || turn.NotBefore.After(now) {
			continue
		}
		changed, err := b.Hosts().Wake(ctx, token)
		if err != nil {
			return woken, err
		}
		if changed {
			woken++
		}
	}
	return woken, nil
}

// arm arms those of the hosts that have no turn.
func arm(ctx context.Context, b *bus.Bus, hosts map[string]uint64) (armed int, err error) {
	if len(hosts) == 0 {
		return 0, nil
	}
	keys, err := b.Hosts().Keys(ctx)
	if err != nil {
		return 0, err
	}
	var idle []string
	for host := range hosts {
		token := bus.HostToken(host)
		if _, has := slices.BinarySearch(keys, token); !has {
			idle = append(idle, token)
		}
	}
	for batch := range slices.Chunk(idle, armAtOnce) {
		n, err := b.Hosts().ArmAll(ctx, batch)
		if armed += n; err != nil {
			return armed, err
		}
	}
	return armed, nil
}

// callOn makes sure that a host with new URLs gets a turn soon.
func callOn(ctx context.Context, q *turn.Queue, host string) error {
	token := bus.HostToken(host)
	armed, err := q.Arm(ctx, token, nil, time.Time{})
	if err != nil || armed {
		return err
	}
	_, err = q.Wake(ctx, token)
	return err
}

// scope returns a source by id, as it was a few seconds ago at the earliest;
// what is not known any more yields bus.ErrNotFound.
func (c *Crawler) scope(ctx context.Context, id string) (*scope, error) {
	if s, ok := c.scopes.Get(id); ok && time.Now().Before(s.till) {
		return s.scope, nil
	}
	return c.freshScope(ctx, id)
}

// freshScope is scope for a definition as it is now.
func (c *Crawler) freshScope(ctx context.Context, id string) (*scope, error) {
	s, err := readScope(ctx, c.bus, id)
	if err != nil {
		if errors.Is(err, bus.ErrNotFound) {
			c.scopes.Remove(id)
		}
		return nil, err
	}
	if last, known := c.scopes.Peek(id); s.unreadable != nil && (!known || last.unreadable == nil) {
		c.log.Error("what is stored of a source cannot be read; it counts as paused", logging.Event(logging.SourceUnreadable),
			zap.String(logging.KeySource, id), zap.Error(s.unreadable))
	}
	c.scopes.Add(id, cachedScope{s, time.Now().Add(scopeTTL)})
	return s, nil
}

func isFull(err error) bool { return errors.Is(err, bus.ErrFull) }
