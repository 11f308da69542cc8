package crawler

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"time"

	"pressmill/crawler/feeds"
	"pressmill/crawler/links"
	"pressmill/crawler/traps"
	"pressmill/crawler/usage"
	"pressmill/pkg/bus"
	"pressmill/pkg/weburl"
)

const (
	maxLinks   = 5000   // of one page
	maxEntries = 50_000 // of one sitemap (sitemaps.org)
	pushBatch  = 512    // URLs that go into the frontier without waiting for one another
)

// listing is what a seed page, feed or sitemap lists.
type listing struct {
	kind   string     // feed, sitemap or page
	fresh  int        // URLs that were not known
	partly bool       // it could not be read whole, or the frontier had no room
	asks   wishes     // of a feed
	feeds  []*url.URL // that a page links to

	broken  string // why what lists could not be read, or not to its end; "" if it could
	why     error
	entries int // that could be read
}

// wishes are what a feed says about when to look at it.
type wishes struct {
	TTL       time.Duration  `json:"ttl,omitempty"` // how long to leave it alone
	SkipHours []int          `json:"skip_hours,omitempty"`
	SkipDays  []time.Weekday `json:"skip_days,omitempty"`
}

// expandFeed pushes a feed's items. Items on other domains are fetched and
// keep their source.
func (v *visit) expandFeed(ctx context.Context, job *errand, resp *response) error {
	feed, err := feeds.Parse(resp.header.Get("Content-Type"), resp.body)
	if err != nil {
		v.listed.partly = true
		v.listed.broken, v.listed.why = "bad_feed", err
		return nil
	}
	v.listed.partly, v.listed.asks = feed.Cut, wishes{feed.TTL, feed.SkipHours, feed.SkipDays}
	targets := make([]target, 0, len(feed.Items))
	for _, item := range feed.Items {
		if t, err := weburl.Resolve(job.at, item.URL); err == nil {
			targets = append(targets, target{u: t, priority: bus.PriorityFeed, dated: latest(item.Published, item.Updated)})
		}
	}
	return v.pushAll(ctx, job.FrontierURL, job.src, targets)
}

// expandPage pushes a page's links and, from a seed, its feeds. It says
// whether the page is taken for an article, which is not fetched again.
func (v *visit) expandPage(ctx context.Context, job *errand, resp *response) (article bool, err error) {
	if job.Depth >= job.src.Depth || !job.src.owns(job.at.Host) {
		return job.src.Depth == 0 || links.LooksLikeArticle(resp.body), nil
	}
	own := func(host string) bool { return host == job.at.Host || job.src.owns(host) }
	found := links.Scan(resp.body, job.at, maxLinks, v.links, own)
	article = found.Article
	if job.Seed {
		v.listed.feeds = ownFeeds(found.Feeds, job.src)
	}
	if resp.asks&v.obeyed&usage.NoFollow != 0 {
		v.stage.LeaveOut("nofollow")
		return article, nil
	}
	priority := bus.PriorityNear
	if job.Depth > 0 {
		priority = bus.PriorityFar
	}
	targets := make([]target, 0, len(found.Links))
	for _, l := range found.Links {
		if own(l.URL.Host) && !l.NoFollow && job.src.admits(l.URL) {
			targets = append(targets, target{u: l.URL, depth: job.Depth + 1, priority: priority, ref: l.Ref})
		}
	}
	return article, v.pushAll(ctx, job.FrontierURL, job.src, targets)
}

// ownFeeds returns the feeds on the source's domain, no more than are looked at.
func ownFeeds(found []string, src *scope) (feeds []*url.URL) {
	for _, f := range found {
		if u, err := weburl.Parse(f); err == nil && src.owns(u.Host) && len(feeds) < maxFound {
			feeds = append(feeds, u)
		}
	}
	return feeds
}

// pushAll pushes what is neither known yet nor too old, batch by batch.
func (v *visit) pushAll(ctx context.Context, from bus.FrontierURL, src *scope, targets []target) error {
	for batch := range slices.Chunk(inPushOrder(targets), pushBatch) {
		if err := v.pushBatch(ctx, from, src, batch); err != nil {
			return err
		}
	}
	return nil
}

// pushBatch pushes first into the frontier, then into the set of seen URLs: a
// crash in between loses no URL. A full frontier is counted, no error.
func (v *visit) pushBatch(ctx context.Context, from bus.FrontierURL, src *scope, targets []target) error {
	batch, fingerprints, marks := v.unknown(from, src, targets)
	refused, err := v.bus.PushAll(ctx, batch)
	if err != nil {
		return err
	}
	v.listed.partly = v.listed.partly || len(refused) > 0
	for _, i := range refused {
		v.stage.LeaveOut("frontier_full")
		batch[i].Host = ""
	}
	others := map[string]bool{}
	for i, q := range batch {
		switch q.Host {
		case "":
		case v.host:
			v.listed.fresh++
			marks = append(marks, fingerprints[i])
		default:
			v.foreign.Add(fingerprints[i], struct{}{})
			others[q.Host] = true
			if mark := foreignMark(fingerprints[i]); from.Seed && !v.seen.Has(mark) {
				v.listed.fresh++
				marks = append(marks, mark)
			}
		}
	}
	for host := range others {
		if err := callOn(ctx, v.bus.Hosts(), host); err != nil {
			return err
		}
	}
	return v.seen.Add(ctx, marks...)
}

// foreignMark marks what a seed of this host lists on another one, so that it
// is news once. Whether it is fetched is for its own host to say.
func foreignMark(f uint64) uint64 { return bus.Fingerprint(fmt.Sprintf("foreign %016x", f)) }

// unknown returns what is to be pushed of targets, with its fingerprints, and
// the marks of what is not.
func (v *visit) unknown(from bus.FrontierURL, src *scope, targets []target) (batch []bus.Queued, fingerprints, marks []uint64) {
	taken := map[uint64]bool{}
	via, parent := v.via(from), pageID(from)
	for _, t := range targets {
		key := weburl.Key(t.u)
		f := bus.Fingerprint(key)
		own := t.u.Host == v.host
		if own && v.seen.Has(f) {
			v.links.Add(t.ref)
			continue
		}
		if taken[f] || own && v.seen.Has(outcomeMark("twin", key)) || !own && v.foreign.Contains(f) {
			continue
		}
		taken[f] = true
		reason := ""
		switch {
		case from.Backfill != nil:
			reason = v.misshapen(t.u, t.priority)
		case own && v.tooOld(src, t.dated):
			reason = "age"
		default:
			reason = v.refused(t.u, t.priority, src)
		}
		if reason != "" {
			v.listed.partly = v.listed.partly || reason == traps.Budget
			marks = v.leaveOut(marks, own, reason, key)
			continue
		}
		job := bus.FrontierURL{
			URL: t.u.String(), Source: from.Source, Depth: t.depth, Foreign: !own, CrawlID: from.CrawlID,
			Found: time.Now().UTC(), Dated: t.dated, Via: via, Backfill: from.Backfill, From: parent,
		}
		batch = append(batch, bus.Queued{Host: t.u.Host, Priority: t.priority, URL: job, MsgID: fmt.Sprintf("%s:%016x", from.CrawlID, f)})
		fingerprints = append(fingerprints, f)
	}
	return batch, fingerprints, marks
}

// leaveOut counts a URL that is not pushed, once, and returns the marks with
// its own. Only URLs of the turn's host can be marked.
func (v *visit) leaveOut(marks []uint64, own bool, reason, key string) []uint64 {
	mark := outcomeMark(reason, key)
	if !own {
		if found, _ := v.foreign.ContainsOrAdd(mark, struct{}{}); !found {
			v.stage.LeaveOut(reason)
		}
		return marks
	}
	if v.seen.Has(mark) {
		return marks
	}
	v.stage.LeaveOut(reason)
	return append(marks, mark)
}
