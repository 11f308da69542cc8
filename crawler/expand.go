package crawler

import (
	"context"
	"fmt"
	"net/url"
	"time"

	"go.uber.org/zap"

	"pressmill/crawler/feeds"
	"pressmill/crawler/links"
	"pressmill/crawler/sitemap"
	"pressmill/pkg/bus"
	"pressmill/pkg/logging"
	"pressmill/pkg/weburl"
)

const (
	maxLinks   = 5000   // of one page
	maxEntries = 50_000 // of one sitemap (sitemaps.org)
)

// expandFeed pushes a feed's items. Items on other domains are fetched and
// keep their source.
func (v *visit) expandFeed(ctx context.Context, job bus.FrontierURL, u *url.URL, src *scope, resp *response) error {
	feed, err := feeds.Parse(resp.body)
	if err != nil {
		v.stage.Fail("bad_feed")
		v.log.Error("feed cannot be read", logging.Event(logging.FetchFailed), logging.URL(job.URL), zap.String(logging.KeyReason, "bad_feed"), zap.Error(err))
		return nil
	}
	targets := make([]target, 0, len(feed.Items))
	for _, item := range feed.Items {
		if t, err := weburl.Resolve(u, item.URL); err == nil && item.URL != "" {
			targets = append(targets, target{t, 0, bus.PriorityFeed, latest(item.Published, item.Updated)})
		}
	}
	return v.pushAll(ctx, job, src, targets)
}

// expandSitemap pushes a sitemap's entries, or the sitemaps of an index, that
// lie in the source's domain.
func (v *visit) expandSitemap(ctx context.Context, job bus.FrontierURL, u *url.URL, src *scope, resp *response) error {
	m, err := sitemap.Parse(resp.body, maxEntries)
	if err != nil {
		v.stage.Fail("bad_sitemap")
		v.log.Error("sitemap is broken; taking what could be read", logging.Event(logging.FetchFailed), logging.URL(job.URL),
			zap.String(logging.KeyReason, "bad_sitemap"), zap.Int("entries", len(m.URLs)+len(m.Index)), zap.Error(err))
	}
	for _, e := range m.Index {
		if t, err := weburl.Resolve(u, e.URL); err == nil && src.owns(t.Host) {
			if err := v.pushPoll(ctx, t, job); err != nil {
				return err
			}
		}
	}
	targets := make([]target, 0, len(m.URLs))
	for _, e := range m.URLs {
		t, err := weburl.Resolve(u, e.URL)
		if err != nil || !src.owns(t.Host) {
			continue
		}
		priority := bus.PriorityNear
		if e.News {
			priority = bus.PriorityFeed
		}
		targets = append(targets, target{t, 0, priority, latest(e.Published, e.LastMod)})
	}
	return v.pushAll(ctx, job, src, targets)
}

// expandPage pushes a page's links and, from a seed, its feeds. It says
// whether the page is taken for an article, which is not fetched again.
func (v *visit) expandPage(ctx context.Context, job bus.FrontierURL, u *url.URL, src *scope, resp *response) (article bool, err error) {
	article = src.Depth == 0 || links.LooksLikeArticle(resp.body)
	if job.Depth >= src.Depth || !src.owns(u.Host) {
		return article, nil
	}
	found := links.Scan(resp.body, u, maxLinks)
	if job.Seed {
		for _, f := range found.Feeds {
			if t, err := weburl.Parse(f); err == nil && src.owns(t.Host) {
				if err := v.pushPoll(ctx, t, job); err != nil {
					return article, err
				}
			}
		}
	}
	if found.NoFollow {
		return article, nil
	}
	priority := bus.PriorityNear
	if job.Depth > 0 {
		priority = bus.PriorityFar
	}
	targets := make([]target, 0, len(found.Links))
	for _, l := range found.Links {
		if own := l.URL.Host == u.Host || src.owns(l.URL.Host); own && !l.NoFollow && src.admits(l.URL) {
			targets = append(targets, target{u: l.URL, depth: job.Depth + 1, priority: priority})
		}
	}
	return article, v.pushAll(ctx, job, src, targets)
}

// pushPoll pushes a feed or sitemap that was discovered, to be looked at once
// per crawl and again from then on.
func (v *visit) pushPoll(ctx context.Context, u *url.URL, from bus.FrontierURL) error {
	key := weburl.Key(u)
	if u.Host == v.host && v.seen.Has(pollMark(from.CrawlID, key)) {
		return nil
	}
	job := bus.FrontierURL{URL: u.String(), Source: from.Source, Seed: true, Foreign: true, CrawlID: from.CrawlID, Found: time.Now().UTC()}
	return v.push(ctx, u, bus.PrioritySeed, job, "poll:"+from.CrawlID+":"+key)
}

// pushAll pushes what is neither known yet nor too old, first into the frontier, then into the
// set of seen URLs: a crash in between loses no URL.
func (v *visit) pushAll(ctx context.Context, from bus.FrontierURL, src *scope, targets []target) error {
	var (
		marks  []uint64
		pushed = map[uint64]bool{}
	)
	for _, t := range inPushOrder(targets) {
		key := weburl.Key(t.u)
		f := bus.Fingerprint(key)
		if pushed[f] {
			continue
		}
		pushed[f] = true
		own := t.u.Host == v.host
		if own && v.seen.Has(f) || !own && v.foreign.Contains(f) {
			continue
		}
		if own && v.tooOld(src, t.dated) {
			if old := outcomeMark("age", key); !v.seen.Has(old) {
				v.stage.Skip("age")
				marks = append(marks, old)
			}
			continue
		}
		job := bus.FrontierURL{
			URL: t.u.String(), Source: from.Source, Depth: t.depth, Foreign: !own, CrawlID: from.CrawlID,
			Found: time.Now().UTC(), Dated: t.dated,
		}
		err := v.bus.Push(ctx, t.u.Host, t.priority, job, fmt.Sprintf("%s:%016x", from.CrawlID, f))
		switch {
		case isFull(err):
			v.stage.Skip("frontier_full")
			continue
		case err != nil:
			return fmt.Errorf("push %s: %w", t.u.Host, err)
		case own:
			marks = append(marks, f)
		default:
			v.foreign.Add(f, struct{}{})
			if err := callOn(ctx, v.bus.Hosts(), t.u.Host); err != nil {
				return err
			}
		}
	}
	return v.seen.Add(ctx, marks...)
}
