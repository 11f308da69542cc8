package crawler

import (
	"context"
	"io"
	"net/http"
	"slices"
	"time"

	"pressmill/crawler/backfill"
	"pressmill/crawler/fetch"
	"pressmill/crawler/links"
	"pressmill/crawler/sitemap"
	"pressmill/pkg/bus"
	"pressmill/pkg/weburl"
)

// sitemapBatch is how many entries of a sitemap are kept before they are
// pushed: more than a news sitemap has, so that its newest are pushed last.
const sitemapBatch = 1024

// sitemapMargin is how much later than its last change an entry may turn up in
// a sitemap that is polled: sitemaps are made now and then, and a date without
// a time stands for the whole day, in any zone.
const sitemapMargin = 48 * time.Hour

// sitemapStream puts the entries of a sitemap into the frontier while they
// come from the wire: a sitemap may have 50 MB, and a worker many hosts.
type sitemapStream struct {
	*visit
	job *errand
	// since is when what did not change since then was taken at an earlier look.
	since time.Time

	batch    []target
	children []target // the sitemaps of an index
	entries  int
	broken   error // what is wrong with the sitemap, or with the wire
	fatal    error // of the bus: the turn is left
}

// hadBefore returns since when the entries of a polled sitemap may be new; zero
// if it was not yet read whole.
func hadBefore(p *poll) time.Time {
	if p == nil || p.LastWhole.IsZero() {
		return time.Time{}
	}
	return p.LastWhole.Add(-sitemapMargin)
}

// taker returns what takes over the bodies of sitemaps.
func (s *sitemapStream) taker(ctx context.Context) fetch.Taker {
	return func(resp *http.Response, head []byte) func(io.Reader) error {
		if resp.StatusCode != http.StatusOK || s.job.Revisit != nil || links.IsHTML(head) || !sitemap.Sniff(resp.Header.Get("Content-Type"), head) {
			return nil
		}
		return func(body io.Reader) error { return s.read(ctx, body) }
	}
}

// read pushes what a sitemap lists. What could be read of a broken one counts.
// An error is of the bus; the caller knows those of the wire.
func (s *sitemapStream) read(ctx context.Context, body io.Reader) error {
	for e, err := range sitemap.Entries(body, maxEntries) {
		if err != nil {
			s.broken, s.listed.partly = err, true
			break
		}
		s.entries++
		s.beat()
		if s.fatal = s.add(ctx, e); s.fatal != nil {
			return s.fatal
		}
	}
	if s.fatal = s.flush(ctx); s.fatal == nil {
		s.fatal = s.pushChildren(ctx, s.job.FrontierURL, s.children)
	}
	return s.fatal
}

// add notes an entry that lies in the source's domain. A list of URLs that was
// named may point anywhere.
func (s *sitemapStream) add(ctx context.Context, e sitemap.Entry) error {
	if s.job.Backfill != nil {
		return s.addPast(ctx, e)
	}
	dated := latest(e.Published, e.LastMod)
	if s.tooOld(s.job.src, dated) {
		return nil // an archive has millions of them: they leave no mark
	}
	if !e.Index && !e.LastMod.IsZero() && e.LastMod.Before(s.since) {
		return nil
	}
	u, err := weburl.Resolve(s.job.at, e.URL)
	if err != nil || !s.job.src.owns(u.Host) && !(e.Text && s.job.FoundBy == "") {
		return nil //nolint:nilerr // it lists what is not for us
	}
	priority := bus.PriorityNear
	switch {
	case e.Index:
		s.children = append(s.children, target{u: u, dated: dated})
		return nil
	case e.News:
		priority = bus.PriorityFeed
	case !wanted(s.job.FrontierURL, dated):
		return nil
	}
	return s.queue(ctx, target{u: u, priority: priority, dated: dated})
}

// addPast notes an entry of a back-fill: after all else, never too old, and
// leading no further.
func (s *sitemapStream) addPast(ctx context.Context, e sitemap.Entry) error {
	u, err := weburl.Resolve(s.job.at, e.URL)
	if err != nil || !s.job.src.owns(u.Host) {
		return nil //nolint:nilerr // it lists what is not for us
	}
	days := backfill.Days(*s.job.Backfill)
	switch {
	case e.Index && days.MayHold(u, e.LastMod):
		return s.pushArchive(ctx, u, s.job.FrontierURL)
	case !e.Index && days.Holds(u, e.Published, e.LastMod):
		return s.queue(ctx, target{u: u, depth: s.job.src.Depth, priority: bus.PriorityFar})
	}
	return nil
}

func (s *sitemapStream) queue(ctx context.Context, t target) error {
	s.batch = append(s.batch, t)
	if len(s.batch) < sitemapBatch {
		return nil
	}
	return s.flush(ctx)
}

func (s *sitemapStream) flush(ctx context.Context) error {
	err := s.pushAll(ctx, s.job.FrontierURL, s.job.src, s.batch)
	s.batch = s.batch[:0]
	return err
}

// wanted says whether an entry, or a sitemap of an index, is taken by its date.
// Of what was named, all are; of what the crawler found, the recent ones.
func wanted(job bus.FrontierURL, dated time.Time) bool {
	return job.FoundBy == "" || job.FoundBy == foundIndex || time.Since(dated) < foundAge
}

// pushChildren pushes the sitemaps of an index, those that changed last first.
// Of an index that is polled or that was found, there is a limit.
func (v *visit) pushChildren(ctx context.Context, job bus.FrontierURL, children []target) error {
	slices.SortStableFunc(children, func(a, b target) int { return b.dated.Compare(a.dated) })
	pushed := 0
	for _, c := range children {
		if !c.dated.IsZero() && !wanted(job, c.dated) {
			v.stage.LeaveOut("age")
			continue
		}
		fresh, err := v.pushChild(ctx, c.u, job, c.dated)
		if err != nil {
			return err
		}
		if fresh {
			pushed++
		}
		if pushed >= maxChildren && (job.CrawlID == pollCrawl || job.FoundBy != "") {
			v.listed.partly = true
			break
		}
	}
	return nil
}
