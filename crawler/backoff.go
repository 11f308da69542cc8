package crawler

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"go.uber.org/zap"

	"pressmill/pkg/bus"
	"pressmill/pkg/logging"
)

const (
	onceBackoff  = 5 * time.Second // longest pause of a failing host when the crawl shall end
	onceFailures = 20              // and the failures in a row after which such a host is dropped

	dropFailures = 10             // a host that is asked seldom is not dropped for less
	probeEvery   = 24 * time.Hour // how often a dropped host is asked
	rowEnds      = 25 * time.Hour // a failure so long after the one before begins a new row
)

// failed notes that a request brought nothing and puts the next one off: the
// longer, the more failed in a row, and never by the same time for all hosts
// that failed together.
func (v *visit) failed() (backoff time.Duration) {
	s := &v.state
	now := time.Now().UTC()
	if s.Failures == 0 || now.Sub(s.FailedAt) > rowEnds { // nobody has asked meanwhile
		s.Failures, s.FailingSince = 0, now
	}
	s.Failures, s.FailedAt = s.Failures+1, now
	longest := v.cfg.Backoff
	if v.cfg.Once {
		longest = onceBackoff
	}
	backoff = min(max(s.Gap, leastSlowDown)<<min(s.Failures, 12), longest)
	backoff -= rand.N(backoff/2 + 1)
	if next := time.Now().Add(backoff); next.After(s.NotBefore) {
		s.NotBefore = next
	}
	return max(time.Until(s.NotBefore), 0)
}

// answered ends a row of failures.
func (v *visit) answered() {
	s := &v.state
	if !s.Dropped.IsZero() {
		v.log.Info("a host that was dropped answers again", logging.Event(logging.HostRecovered), zap.Time(logging.KeyDropped, s.Dropped))
		for i := range s.Polls {
			s.Polls[i].Due = earlier(s.Polls[i].Due, time.Now().Add(v.cfg.Poll))
		}
	}
	s.Failures, s.FailingSince, s.FailedAt, s.Dropped = 0, time.Time{}, time.Time{}, time.Time{}
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

// hopeless says whether the host has failed for too long. A crawl that shall
// end does not wait for a host that fails all the time, or that asks for more
// patience than there is.
func (v *visit) hopeless() bool {
	s := &v.state
	if v.cfg.Once {
		return s.Failures >= onceFailures || time.Until(s.NotBefore) > max(v.cfg.MaxDelay, s.Gap)+maxSlack
	}
	return v.cfg.DropAfter > 0 && s.Failures >= dropFailures && time.Since(s.FailingSince) >= v.cfg.DropAfter
}

// drop gives the host up: from now on its URLs become dead letters, until one
// of its polls, made once a day, or a seed that is named again is answered.
func (v *visit) drop(reason, detail string) {
	s := &v.state
	if s.Dropped.IsZero() {
		v.log.Error("the host failed for too long; what waits of it becomes dead letters", logging.Event(logging.HostDropped),
			logging.Reason(reason), zap.Int(logging.KeyFailures, s.Failures), zap.Time(logging.KeySince, s.FailingSince), zap.String(logging.KeyError, detail))
	}
	s.Dropped = time.Now().UTC()
	v.slowPolls()
	// No request is sent until then, so that a new seed need not wait.
	s.NotBefore = time.Now().Add(s.Gap)
}

// slowPolls puts the polls of a dropped host off until it is tried again.
func (v *visit) slowPolls() {
	probe := v.state.Dropped.Add(v.probeAfter())
	for i := range v.state.Polls {
		if p := &v.state.Polls[i]; p.Due.Before(probe) {
			p.Due = probe
		}
	}
}

func (v *visit) probeAfter() time.Duration { return min(probeEvery, max(v.cfg.DropAfter, v.cfg.Poll)) }

// isDropped says whether a URL of the frontier is given up with its host. One
// that comes a day later is a try like a poll.
func (v *visit) isDropped(job bus.FrontierURL) bool {
	dropped := v.state.Dropped
	if dropped.IsZero() || time.Since(dropped) > v.probeAfter() {
		return false
	}
	return job.Revisit != nil || !job.Seed || !job.Found.After(dropped)
}

// giveUpDropped gives up a URL with its host: a revisit comes to its next one,
// a seed stays a poll.
func (v *visit) giveUpDropped(ctx context.Context, job bus.FrontierURL) error {
	const reason, detail = "host_dropped", "the host failed for too long"
	if job.Revisit != nil {
		return v.missed(ctx, job, reason, detail)
	}
	err := v.giveUp(ctx, job, reason, detail)
	v.slowPolls() // a seed has become one
	return err
}

// giveUp puts a URL among the dead letters. A revisit is left out instead: its
// page is there already. A URL whose letter finds no room is set aside, so that
// others of its host go on; where a host was dropped none does, and the URLs stay
// where they are, unless the crawl shall end.
func (v *visit) giveUp(ctx context.Context, job bus.FrontierURL, reason, detail string) error {
	if job.Revisit != nil {
		return v.skip(ctx, job, reason)
	}
	letter := job
	letter.Foreign = false // a replay is fetched although its URL is seen by then
	err := v.bus.PushDead(ctx, v.host, letter, pageID(job), reason, detail)
	if errors.Is(err, bus.ErrDeadFull) && (v.state.Dropped.IsZero() || v.cfg.Once) {
		return v.setAside(ctx, job, reason, detail)
	}
	if err != nil {
		return err
	}
	return v.fail(ctx, &errand{FrontierURL: job}, reason, detail)
}

// setAside puts a URL, which is to be given up when there is room for that, to
// those of sources that rest. The janitor, which finds that its source does not,
// puts it back later, and it is tried once more.
func (v *visit) setAside(ctx context.Context, job bus.FrontierURL, reason, detail string) error {
	err := v.putAside(ctx, job, time.Now().Add(v.asideFor))
	if isFull(err) {
		return bus.ErrDeadFull
	}
	if err != nil {
		return err
	}
	v.takeUp(job)
	v.logAgain("there is no room for its dead letter; will be tried again", reason, detail)
	return nil
}

// rest hands the turn on of a host whose URL finds no room where it is to go, be it
// among the dead letters or aside. It stays where it was, and the host is left
// alone for a while.
func (v *visit) rest(ctx context.Context, why error) error {
	v.log.Debug("the host rests until there is room on the bus", logging.Event(logging.HostDelayed), zap.Error(why))
	v.state.NotBefore = latest(v.state.NotBefore, time.Now().Add(v.restFor))
	return v.handOn(ctx)
}
