package crawler

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"go.uber.org/zap"

	"pressmill/crawler/fetch"
	"pressmill/crawler/traps"
	"pressmill/pkg/bus"
	"pressmill/pkg/bus/turn"
	"pressmill/pkg/logging"
	"pressmill/pkg/weburl"
)

const (
	holdBelow = time.Second           // a gap shorter than this is waited for with the turn in hand
	holdRest  = 20 * time.Millisecond // and so is the rest of any gap: two clocks differ by as much
	holdURLs  = 200                   // the turn is kept for this many URLs
	holdFor   = 10 * time.Second      // or this long
	maxTrail  = 10                    // redirects in a row

	// maxSlack bounds what is added to a gap, a tenth of it: a busy server
	// counts the end of its response later than we read it.
	maxSlack = 100 * time.Millisecond
)

// hostState is the body of a turn: what the next holder has to know.
type hostState struct {
	NotBefore time.Time     `json:"not_before,omitzero"` // end of the last response plus the gap
	Gap       time.Duration `json:"gap,omitempty"`
	Taken     bus.Taken     `json:"taken,omitzero"`
	Seen      uint64        `json:"seen,omitempty"`   // last write to the set of seen URLs
	Seeks     int           `json:"seeks,omitempty"`  // polls and seeds in a row
	Slow      time.Duration `json:"slow,omitempty"`   // gap that 429 and 503 slowed the host down to
	Robots    robotsHop     `json:"robots,omitzero"`  // a robots.txt that is on its way
	Slot      time.Time     `json:"slot,omitzero"`    // the time that the host's groups gave it for its next request
	Missed    int           `json:"missed,omitempty"` // such times that were not used
	Alone     time.Time     `json:"alone,omitzero"`   // until then no other host is known in its groups
	Polls     []poll        `json:"polls,omitempty"`

	Failures     int       `json:"failures,omitempty"`     // requests in a row that brought nothing
	FailingSince time.Time `json:"failing_since,omitzero"` // the first of them
	FailedAt     time.Time `json:"failed_at,omitzero"`     // and the last
	Dropped      time.Time `json:"dropped,omitzero"`       // when the host was given up, or last asked since

	Overdue bool `json:"overdue,omitempty"` // URLs may wait for a day that has begun

	Traps     traps.Counters      `json:"traps,omitzero"`
	Standings map[string]Standing `json:"standings,omitempty"` // of the polls' sources, by id

	// Revisits says, by class, when the first revisit is due; nil if that has
	// to be read from the bus.
	Revisits  map[time.Duration]time.Time `json:"revisits,omitzero"`
	Revisited bool                        `json:"revisited,omitempty"` // the last fetch was a revisit
}

// visit is one turn in work.
type visit struct {
	*Crawler
	*lane
	t     *turn.Turn
	stop  <-chan struct{} // is closed when the worker is to stop
	state hostState
	began time.Time
	urls  int
	log   *zap.Logger
	// account is the URL in work.
	account account
	// listed is what the response in work lists.
	listed listing
}

// visit works on a host for one turn. Whatever happens, the turn is handed on,
// given up, or left to be delivered again.
func (c *Crawler) visit(stop context.Context, t *turn.Turn) {
	host, err := bus.ParseHostToken(t.Key)
	if err != nil {
		c.log.Error("turn of a host that cannot be", logging.Event(logging.HostFenced), zap.Error(err))
		return
	}
	l := c.lanes.get(host, c.newLane)
	l.mu.Lock()
	defer l.mu.Unlock()
	defer func() { c.lanes.weigh(l, l.seen.Len()) }()
	ctx := context.WithoutCancel(stop)
	release := t.Hold(ctx)
	defer release()
	l.fresh, l.bounded = t.Fresh, untilStop(stop, c.stopGrace)
	v := &visit{Crawler: c, lane: l, t: t, stop: stop.Done(), began: time.Now(), log: c.log.With(zap.String(logging.KeyHost, host))}
	err = v.run(ctx, stop)
	if errors.Is(err, bus.ErrDeadFull) || isFull(err) {
		err = v.rest(ctx, err)
	}
	if err != nil {
		c.lanes.remove(host)
		if errors.Is(err, turn.ErrFenced) || errors.Is(err, bus.ErrConflict) {
			v.log.Warn("another worker has this host now", logging.Event(logging.HostFenced), zap.Error(err))
			return
		}
		v.log.Warn("turn left to be delivered again", logging.Event(logging.HostDelayed), zap.Error(err))
		v.giveBack(ctx)
	}
}

// returnFor is how long servers that are away are waited for, to give a turn
// back: about as long as one takes to start again. After it the turn waits out
// AckWait.
const returnFor = 30 * time.Second

// giveBack gives the turn back, to be worked on again when the host may be asked
// again.
func (v *visit) giveBack(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, returnFor)
	defer cancel()
	if err := v.t.Return(ctx, v.state.NotBefore); err != nil {
		v.log.Debug("turn waits until another worker may have it", logging.Event(logging.HostDelayed), zap.Error(err))
	}
}

// run works until the gap is too long to wait for, nothing waits, or the
// turn's share is used up.
func (v *visit) run(ctx, stop context.Context) error {
	v.state, v.left = v.left, hostState{}
	if len(v.t.State) > 0 {
		v.state = hostState{}
		if err := json.Unmarshal(v.t.State, &v.state); err != nil {
			v.log.Warn("turn with a broken state; starting afresh", logging.Event(logging.HostDelayed), zap.Error(err))
			v.state = hostState{}
		}
	}
	v.lookUp(ctx)
	if err := v.waitAfterCrash(ctx); err != nil {
		return err
	}
	if v.state.Traps.NewDay(time.Now()) || v.cfg.Once {
		v.state.Overdue = true
	}
	if err := v.reviewPolls(ctx); err != nil {
		return err
	}
	if err := v.refreshSeen(ctx); err != nil {
		return err
	}
	if v.state.Overdue {
		if err := v.bringBack(ctx); err != nil {
			return err
		}
	}
	for {
		v.beat()
		if wait := time.Until(v.state.NotBefore); wait > 0 {
			if !v.holdsFor(wait) || v.urls >= holdURLs || time.Since(v.began) > holdFor || stop.Err() != nil {
				return v.handOn(ctx)
			}
			pause(stop, wait)
			continue
		}
		if stop.Err() != nil || v.urls >= holdURLs || time.Since(v.began) > holdFor {
			return v.handOn(ctx)
		}
		job, p, err := v.next(ctx)
		if errors.Is(err, bus.ErrNotFound) {
			return v.handOn(ctx)
		}
		if _, broken := errors.AsType[*bus.PermanentError](err); broken {
			err = v.bury(ctx, job, err)
			if err == nil {
				continue
			}
		}
		if err != nil {
			return err
		}
		if p == nil && v.isDropped(job) {
			err = v.giveUpDropped(ctx, job)
		} else {
			err = v.work(ctx, job, p)
		}
		v.leave(err)
		if errors.Is(err, errStopping) {
			v.log.Info("the worker stops; the URL stays where it was", append(aboutPage(job), logging.Event(logging.HostDelayed), logging.Reason("stop"))...)
			return v.handOn(ctx)
		}
		if err != nil {
			return err
		}
	}
}

// holdsFor says whether what is left of a gap is waited for with the turn in
// hand. Of a long gap it is not, however late it is by now: on a busy machine
// all slots would be taken by who waits, while other hosts are due.
func (v *visit) holdsFor(wait time.Duration) bool {
	return wait <= holdRest || wait < holdBelow && max(v.floor(), v.state.Gap) < holdBelow
}

// refreshSeen reads what others added to the set of seen URLs, unless this
// worker was the last to do so and told it with the turn.
func (v *visit) refreshSeen(ctx context.Context) error {
	if last := v.seen.Last(); last > 0 && last == v.state.Seen && v.t.Deliveries == 1 {
		return nil
	}
	return v.seen.Refresh(ctx)
}

// waitAfterCrash keeps a full gap when an earlier holder may have sent a
// request that this state knows nothing of.
func (v *visit) waitAfterCrash(ctx context.Context) error {
	gap := max(v.floor(), v.state.Gap)
	crashed := time.Time{}
	if v.t.Deliveries > 1 {
		crashed = time.Now()
	} else if v.t.Since.Before(v.started) && len(v.t.State) > 0 {
		crashed = v.started
	}
	if !crashed.IsZero() {
		v.state.Revisits = nil // that holder may have pushed some
	}
	if !crashed.IsZero() && v.state.Gap == 0 { // that of the holder's request is not known
		asked, err := v.knownDelay(ctx)
		if err != nil {
			return err
		}
		gap = max(gap, asked)
	}
	if until := crashed.Add(gap); !crashed.IsZero() && until.After(v.state.NotBefore) {
		v.state.NotBefore = until
	}
	return nil
}

// bury puts a frontier message that cannot be read among the dead letters.
func (v *visit) bury(ctx context.Context, job bus.FrontierURL, cause error) error {
	const reason = "bad_message"
	if err := v.bus.PushDead(ctx, v.host, job, pageID(job), reason, cause.Error()); err != nil {
		return err
	}
	v.takeUp(job)
	v.logFailed(reason, cause.Error())
	return v.remove(ctx, job)
}

// handOn makes the next turn, or gives the turn up if the host has nothing to
// do.
func (v *visit) handOn(ctx context.Context) error {
	v.state.Seen = v.seen.Last()
	at, ok, err := v.nextDue(ctx)
	if err != nil {
		return err
	}
	if !ok {
		if err := v.t.Finish(ctx); err != nil {
			return err
		}
		v.left = v.state
		v.left.Revisits = nil // others may push some
		v.left.Seen = 0       // or add to the set, and hand no state on either
		// Whoever pushed a URL while the turn was still there could not arm.
		if waits, err := v.bus.Waits(ctx, v.host, bus.Taken{}); waits || err != nil {
			_, err = v.bus.Hosts().Arm(ctx, v.t.Key, v.encodeState(ctx), v.state.NotBefore)
			return err
		}
		return nil
	}
	return v.t.HandOn(ctx, at, v.state.NotBefore, v.encodeState(ctx))
}

func (v *visit) nextDue(ctx context.Context) (at time.Time, ok bool, err error) {
	waits, err := v.bus.Waits(ctx, v.host, v.state.Taken)
	if waits = waits || v.state.Overdue; err != nil || waits {
		return v.state.NotBefore, waits, err
	}
	if v.cfg.Once {
		return at, false, nil
	}
	if _, at, ok, err = v.nextRevisit(ctx); err != nil {
		return at, false, err
	}
	if poll, polls := v.nextPoll(ctx); polls && (!ok || poll.Before(at)) {
		at, ok = poll, true
	}
	tomorrow := time.Now().UTC().Truncate(24 * time.Hour).Add(24 * time.Hour)
	if !ok && v.state.Traps.Holds(v.cfg.PatternBudget) || v.state.Traps.Refused && tomorrow.Before(at) {
		at, ok = tomorrow, true
	}
	if at.Before(v.state.NotBefore) {
		at = v.state.NotBefore
	}
	// Whoever gives the host a URL before its gap has passed finds the turn.
	return at, ok || at.After(time.Now()), nil
}

// encodeState returns the body of the next turn. If there is more to remember
// than it may hold, some polls are given up.
func (v *visit) encodeState(ctx context.Context) []byte {
	data := encode(v.state)
	if over := len(data) - v.maxState; over > 0 {
		v.shed(ctx, over)
		data = encode(v.state)
	}
	return data
}

func encode(v any) []byte {
	data, err := json.Marshal(v)
	if err != nil {
		panic(err) // states and polls have no value that cannot be encoded
	}
	return data
}

// errand is one URL in work, with what is known of it by now.
type errand struct {
	bus.FrontierURL
	poll *poll    // whose look it is; nil for a URL of the frontier
	at   *url.URL // FrontierURL.URL, parsed
	key  string   // what the URL counts as seen under
	src  *scope   // its source
}

// work deals with one URL to its end: fetched, skipped, or put back.
func (v *visit) work(ctx context.Context, next bus.FrontierURL, p *poll) (err error) {
	job := &errand{FrontierURL: next, poll: p}
	if job.at, err = weburl.Parse(job.URL); err != nil || job.at.Host != v.host {
		v.dropPoll(p)
		return v.skip(ctx, next, "bad_url")
	}
	job.key = weburl.Key(job.at)
	job.src, err = v.scope(ctx, job.Source)
	if errors.Is(err, bus.ErrNotFound) {
		v.dropPoll(p)
		return v.skip(ctx, next, "source_removed")
	}
	if err != nil {
		return err
	}
	if job.src.Paused && job.Revisit == nil {
		return v.park(ctx, next)
	}
	if reason := v.unwanted(job); reason != "" {
		return v.skip(ctx, next, reason)
	}
	if job.src.noAccess != nil {
		return v.locked(ctx, job)
	}
	return v.mayFetch(job.src.access.with(ctx), job)
}

// unwanted says why a URL is not fetched, by its source and by what became of
// it and of URLs like it before.
func (v *visit) unwanted(job *errand) string {
	switch {
	case job.src.Paused:
		return "paused"
	case job.poll == nil && v.known(job):
		return "seen"
	case job.Twin:
		return "twin"
	case job.Revisit != nil && time.Since(job.Revisit.First) > lastRevisit:
		return "late"
	case job.Seed:
		return ""
	case !job.src.admits(job.at):
		return "scope"
	case job.Revisit == nil && v.tooOld(job.src, job.Dated):
		if v.seen.Has(outcomeMark("age", job.key)) {
			return "seen"
		}
		return "age"
	}
	return ""
}

// mayFetch fetches a URL that is wanted, if it is the host's time, its
// robots.txt allows it, and it is within the limits.
func (v *visit) mayFetch(ctx context.Context, job *errand) error {
	if later, err := v.reserve(ctx); err != nil || later {
		return err
	}
	if asked, err := v.refreshRobots(ctx, job); err != nil || asked {
		return err // the gap after robots.txt comes first
	}
	if !v.rules.Allowed(job.at) {
		if err := v.pollFailed(ctx, job, "robots"); err != nil {
			return err
		}
		return v.skip(ctx, job.FrontierURL, "robots")
	}
	if begins(job.FrontierURL, job.at) {
		return v.beginBackfill(ctx, job)
	}
	switch reason := v.overLimit(job); reason {
	case "":
	case traps.Budget:
		return v.later(ctx, job.FrontierURL)
	default:
		return v.skip(ctx, job.FrontierURL, reason)
	}
	v.took(job.FrontierURL)
	v.asked(job)
	v.takeUp(job.FrontierURL)
	if err := v.t.Check(ctx); err != nil {
		return err
	}
	return v.fetch(ctx, job)
}

// fetch sends the request, and works on what comes.
func (v *visit) fetch(ctx context.Context, job *errand) error {
	v.listed = listing{}
	entries := &sitemapStream{visit: v, job: job, since: hadBefore(job.poll)}
	resp, err := v.get(fetch.WithTaker(ctx, entries.taker(ctx)), v.lane, job.URL, job.validators())
	defer resp.free()
	if letGo(err) {
		return v.lost(resp, err)
	}
	v.account.took = resp.end.Sub(resp.start)
	v.stage.Observe(v.account.took)
	v.afterRequest(resp)
	if entries.fatal != nil {
		return entries.fatal
	}
	if err == nil && entries.broken != nil {
		v.listed.broken, v.listed.entries, v.listed.why = "bad_sitemap", entries.entries, entries.broken
	}
	return v.settle(ctx, job, resp, err)
}

// lost keeps the gap after a request that the stop of the worker ended, and
// returns its error.
func (v *visit) lost(resp *response, err error) error {
	if errors.Is(err, errStopping) {
		v.afterRequest(resp)
	}
	return err
}

// validators returns the header fields that make the request conditional, if
// the URL was fetched before (RFC 9110, section 13.1).
func (job *errand) validators() http.Header {
	header := http.Header{}
	switch {
	case job.poll != nil:
		setIf(header, "If-None-Match", job.poll.ETag)
		setIf(header, "If-Modified-Since", job.poll.LastModified)
	case job.Revisit != nil:
		setIf(header, "If-None-Match", job.Revisit.ETag)
		setIf(header, "If-Modified-Since", job.Revisit.LastModified)
	}
	return header
}

// maxValidator is the longest validator in bytes that is kept: those of a host's
// polls lie in its turn, and have to fit in there.
const maxValidator = 1 << 10

// validator returns a header field that makes a later request conditional; "" if
// there is none, or none of a sensible length.
func (r *response) validator(field string) string {
	value := r.header.Get(field)
	if len(value) > maxValidator {
		return ""
	}
	return value
}

func setIf(h http.Header, key, value string) {
	if value != "" {
		h.Set(key, value)
	}
}

// known says whether a URL of the frontier needs no fetch. A named seed is
// fetched once per crawl unless it is a page whose content was already had, and
// its links too, if they are wanted by now.
func (v *visit) known(job *errand) bool {
	key := job.key
	if job.Attempts > 0 || job.Revisit != nil {
		return false
	}
	if job.Seed {
		article := v.seen.Has(outcomeMark("article", key)) && !(job.src.Depth > 0 && v.seen.Has(unfollowedMark(key)))
		return article || v.seen.Has(seedMark(job.FrontierURL, key))
	}
	if v.seen.Has(outcomeMark("twin", key)) {
		return true
	}
	if !job.Foreign || !v.seen.Has(bus.Fingerprint(key)) {
		return false
	}
	// A redirect to another form of its own URL was marked by its first hop.
	for _, hop := range job.Trail {
		if h, err := weburl.Parse(hop.URL); err == nil && weburl.Key(h) == key {
			return false
		}
	}
	return true
}

// pageID names the page that a URL leads to. All attempts to fetch it have the
// same one, since they keep when the URL was found; whenever it is found again it
// has another.
func pageID(job bus.FrontierURL) string {
	once := uint64(job.Found.UnixNano()) // any bits will do
	if job.Found.IsZero() {
		once = job.Seq
	}
	sum := sha256.Sum256(fmt.Appendf(nil, "%s %s %d %s", job.CrawlID, job.Source, once, job.URL))
	return hex.EncodeToString(sum[:8])
}
