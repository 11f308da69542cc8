package crawler

import (
	"cmp"
	"errors"
	"time"

	"go.uber.org/zap"

	"pressmill/pkg/bus"
	"pressmill/pkg/bus/turn"
	"pressmill/pkg/logging"
)

// account is the URL in work as counters and lines know it: it is counted in
// once, when it is taken up, and out once, with what became of it. The zero
// value is that of no URL.
type account struct {
	open bool
	log  *zap.Logger // of the lines about it
	// waited is how long the URL was due before it was taken up, and late the end
	// of that time for which the host's turn was due as well.
	waited, late time.Duration
	took         time.Duration // of the request; 0: none was sent
}

// takeUp counts a URL as taken up, unless it was before.
func (v *visit) takeUp(job bus.FrontierURL) {
	if v.account.open {
		return
	}
	now := time.Now()
	since := job.Stored
	if since.IsZero() { // a poll or a revisit, found when it was due
		since = job.Found
	}
	due := latest(since, latest(v.state.NotBefore, v.t.Since))
	v.account = account{
		open: true, log: v.log.With(aboutURL(job)...),
		waited: max(0, now.Sub(since)), late: max(0, now.Sub(due)),
	}
	v.stage.Take()
}

// end counts what became of the URL in work.
func (v *visit) end(o logging.Outcome, why string) {
	v.account.open = false
	v.stage.End(o, why)
}

// leave counts a URL that was taken up and stays where it was.
func (v *visit) leave(err error) {
	if !v.account.open {
		return
	}
	switch {
	case errors.Is(err, errStopping):
		v.end(logging.Again, "stop")
	case errors.Is(err, turn.ErrFenced), errors.Is(err, bus.ErrConflict):
		v.end(logging.Again, "fenced")
	case errors.Is(err, bus.ErrDeadFull):
		v.end(logging.Again, "dead_letters")
	default:
		v.end(logging.Again, "bus")
	}
}

// times is how long the URL in work has waited and, if it was asked for, has
// taken.
func (a *account) times() []zap.Field {
	fields := []zap.Field{zap.Duration(logging.KeyWaited, a.waited), zap.Duration(logging.KeyTurnWaited, a.late)}
	if a.took > 0 {
		fields = append(fields, zap.Duration(logging.KeyTook, a.took))
	}
	return fields
}

// aboutURL is the fields that each line about a URL has.
func aboutURL(job bus.FrontierURL) []zap.Field {
	fields := append(aboutPage(job), zap.Int(logging.KeyAttempt, job.Attempts+1), zap.String(logging.KeyFoundBy, foundBy(job)))
	if from := from(job); from != "" {
		fields = append(fields, zap.String(logging.KeyFromPage, from))
	}
	return fields
}

// aboutPage is the fields by which a page is followed, but for its host.
func aboutPage(job bus.FrontierURL) []zap.Field {
	return []zap.Field{
		zap.String(logging.KeyCrawlID, job.CrawlID), zap.String(logging.KeyPageID, pageID(job)),
		logging.URL(job.URL), zap.String(logging.KeySource, job.Source),
	}
}

// from returns the page id of what led to a URL; "" if nothing did.
func from(job bus.FrontierURL) string {
	if job.Revisit != nil {
		return job.Revisit.Page
	}
	return job.From
}

// foundBy says how a URL was found.
func foundBy(job bus.FrontierURL) string {
	switch {
	case job.Revisit != nil:
		return "revisit"
	case job.Seq == 0:
		return "poll"
	case len(job.Trail) > 0:
		return "redirect"
	case job.Seed:
		return cmp.Or(job.FoundBy, "seed")
	case job.Backfill != nil:
		return "backfill"
	case job.Priority == bus.PriorityFeed:
		return "feed"
	default:
		return "link"
	}
}
