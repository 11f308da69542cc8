package crawler

import (
	"context"
	"fmt"
	"net/url"
	"time"

	"pressmill/crawler/backfill"
	"pressmill/pkg/bus"
	"pressmill/pkg/weburl"
)

// maxSitemapLines is how many sitemaps of one robots.txt a back-fill reads.
const maxSitemapLines = 1000

// Backfill has the crawlers fetch a source's articles of some days, which its
// sitemaps list: those that robots.txt names and /sitemap.xml, on every host of
// its seeds. It returns these hosts. What is known already is not fetched
// again.
func Backfill(ctx context.Context, b *bus.Bus, id string, days backfill.Days, crawlID string) (hosts []string, err error) {
	var src Source
	if _, err := b.Source(ctx, id, &src); err != nil {
		return nil, fmt.Errorf("source %s: %w", id, err)
	}
	begun := map[string]bool{}
	for _, seed := range src.Seeds {
		u, err := weburl.Parse(seed)
		if err != nil || weburl.Domain(u.Host) != src.Domain || begun[u.Host] {
			continue
		}
		begun[u.Host] = true
		job := bus.FrontierURL{
			URL: robotsOf(u).String(), Source: id, Seed: true, Foreign: true, CrawlID: crawlID,
			Found: time.Now().UTC(), FoundBy: foundArchive, Backfill: (*bus.Days)(&days),
		}
		if err := b.Push(ctx, u.Host, bus.PriorityFar, job, "backfill:"+crawlID+":"+u.Host); err != nil {
			return hosts, fmt.Errorf("back-fill %s: %w", u.Host, err)
		}
		if err := callOn(ctx, b.Hosts(), u.Host); err != nil {
			return hosts, err
		}
		hosts = append(hosts, u.Host)
	}
	return hosts, nil
}

// begins says whether a URL is not to be fetched, but stands for the beginning
// of a back-fill.
func begins(job bus.FrontierURL, u *url.URL) bool {
	return job.Backfill != nil && *u == *robotsOf(u)
}

// beginBackfill pushes the sitemaps of a host, whose robots.txt is known.
func (v *visit) beginBackfill(ctx context.Context, job *errand) error {
	lines := append([]string{guesses[0]}, v.rules.Sitemaps()...)
	for _, line := range lines[:min(len(lines), maxSitemapLines)] {
		t, err := weburl.Resolve(job.at, line)
		if err != nil || !job.src.owns(t.Host) || !backfill.Days(*job.Backfill).MayHold(t, time.Time{}) {
			continue
		}
		if err := v.pushArchive(ctx, t, job.FrontierURL); err != nil {
			return err
		}
	}
	return v.done(ctx, job.FrontierURL, job.key, "backfill", seedMark(job.FrontierURL, job.key))
}

// pushArchive pushes a sitemap of a back-fill, to be looked at once.
func (v *visit) pushArchive(ctx context.Context, u *url.URL, from bus.FrontierURL) error {
	job := bus.FrontierURL{
		URL: u.String(), Source: from.Source, Seed: true, Foreign: true, Depth: from.Depth + 1, CrawlID: from.CrawlID,
		Found: time.Now().UTC(), FoundBy: foundArchive, Backfill: from.Backfill,
	}
	key := weburl.Key(u)
	if from.Depth > maxNesting || u.Host == v.host && v.seen.Has(seedMark(job, key)) {
		return nil
	}
	_, err := v.push(ctx, u, bus.PriorityFar, job, "poll:"+job.CrawlID+":"+key)
	return err
}
