package crawler

import (
	"cmp"
	"context"
	"errors"
	"net/url"
	"slices"
	"strings"
	"time"

	"go.uber.org/zap"

	"pressmill/pkg/bus"
	"pressmill/pkg/logging"
	"pressmill/pkg/weburl"
)

// How a seed was found that nobody named: bus.FrontierURL.FoundBy.
const (
	foundRobots = "robots" // a Sitemap line of robots.txt
	foundHTML   = "html"   // a feed's link in a seed page
	foundIndex  = "index"  // a named sitemap index; what a found one lists is found as it was
	foundGuess  = "guess"  // a place where sitemaps often lie

	foundArchive = "archive" // a sitemap of a back-fill, wherever it was found
)

const (
	// maxFound bounds the feeds and sitemaps of one source on one host that
	// nobody named.
	maxFound = 24
	// foundAge is how old the entries of a sitemap that nobody named may be: a
	// site's past is fetched only if it is asked for.
	foundAge = 72 * time.Hour
	// maxNesting is how deep sitemap indexes may nest. The protocol knows one
	// level; an index that lists itself must end.
	maxNesting = 3
	// maxChildren bounds the changed sitemaps that one poll of an index has
	// fetched; the others are those of its next polls.
	maxChildren = 50
)

// guesses are places where sitemaps often lie, tried one after another until
// one is there, and all but the first only if no feed was found either.
var guesses = []string{"/sitemap.xml", "/news-sitemap.xml", "/sitemap-news.xml"}

// discover looks for what a source did not name but its site has, when a named
// seed was read: the sitemaps that robots.txt names, those of news first, the
// feeds that the seed's page links to, and without any sitemap the places where
// they often lie. It looks once per crawl, and once a day from then on.
func (v *visit) discover(ctx context.Context, job *errand) error {
	if job.src.Depth == 0 || !job.Seed || job.FoundBy != "" || !job.src.owns(job.at.Host) {
		return nil
	}
	mark := discoveryMark(job.src.ID, job.CrawlID)
	first := !v.seen.Has(mark)
	if first {
		for _, s := range v.namedByRobots(job.at, job.src) {
			if err := v.pushFound(ctx, s, job.FrontierURL, foundRobots); err != nil {
				return err
			}
		}
	}
	for _, f := range v.listed.feeds {
		if err := v.pushFound(ctx, f, job.FrontierURL, foundHTML); err != nil {
			return err
		}
	}
	if !first {
		return nil
	}
	if job.CrawlID != pollCrawl && len(v.rules.Sitemaps()) == 0 {
		if err := v.guess(ctx, job.at, job.FrontierURL, guesses[0]); err != nil {
			return err
		}
	}
	marks := []uint64{mark}
	if len(v.listed.feeds) > 0 {
		marks = append(marks, feedsMark(job.src.ID, job.CrawlID))
	}
	return v.seen.Add(ctx, marks...)
}

func discoveryMark(source, crawlID string) uint64 {
	if crawlID == pollCrawl {
		crawlID = time.Now().UTC().Format(time.DateOnly)
	}
	return bus.Fingerprint("discovered " + source + " " + crawlID)
}

// feedsMark says that a source's pages link to feeds.
func feedsMark(source, crawlID string) uint64 {
	return bus.Fingerprint("has feeds " + source + " " + crawlID)
}

// namedByRobots returns the source's sitemaps that robots.txt names, those of
// news first.
func (v *visit) namedByRobots(base *url.URL, src *scope) (found []*url.URL) {
	for _, line := range v.rules.Sitemaps() {
		if u, err := weburl.Resolve(base, line); err == nil && src.owns(u.Host) {
			found = append(found, u)
		}
	}
	slices.SortStableFunc(found, func(a, b *url.URL) int { return cmp.Compare(rank(a), rank(b)) })
	return found[:min(len(found), maxFound)]
}

func rank(u *url.URL) int {
	if strings.Contains(strings.ToLower(u.Path), "news") {
		return 0
	}
	return 1
}

func (v *visit) guess(ctx context.Context, at *url.URL, job bus.FrontierURL, path string) error {
	return v.pushFound(ctx, &url.URL{Scheme: at.Scheme, Host: at.Host, Path: path}, job, foundGuess)
}

// notFound notes that something that nobody named is no feed or sitemap, and
// goes on guessing if it was a guess.
func (v *visit) notFound(ctx context.Context, job *errand) error {
	if err := errors.Join(v.pollFailed(ctx, job, "no_feed"), v.seen.Add(ctx, seedMark(job.FrontierURL, job.key))); err != nil {
		return err
	}
	i := slices.Index(guesses, job.at.Path)
	if job.poll == nil && job.FoundBy == foundGuess && i >= 0 && i+1 < len(guesses) && !v.seen.Has(feedsMark(job.Source, job.CrawlID)) {
		if err := v.guess(ctx, job.at, job.FrontierURL, guesses[i+1]); err != nil {
			return err
		}
	}
	return v.skip(ctx, job.FrontierURL, "no_feed")
}

// pushFound pushes a feed or sitemap that nobody named, to be looked at once
// per crawl and again from then on.
func (v *visit) pushFound(ctx context.Context, u *url.URL, from bus.FrontierURL, by string) error {
	_, err := v.pushSeed(ctx, u, bus.FrontierURL{URL: u.String(), Source: from.Source, FoundBy: by, CrawlID: from.CrawlID, From: pageID(from)})
	return err
}

// pushChild pushes a sitemap of an index. If the index says when the child
// changed, the child is fetched whenever that changes, and is no poll of its
// own. It says whether the child was not known as it is now.
func (v *visit) pushChild(ctx context.Context, u *url.URL, from bus.FrontierURL, changed time.Time) (bool, error) {
	if from.Depth >= maxNesting {
		v.stage.LeaveOut("nesting")
		return false, nil
	}
	return v.pushSeed(ctx, u, bus.FrontierURL{
		URL: u.String(), Source: from.Source, Depth: from.Depth + 1, Dated: changed, CrawlID: from.CrawlID,
		FoundBy: cmp.Or(from.FoundBy, foundIndex), Index: cmp.Or(from.Index, from.URL), From: pageID(from),
	})
}

// pushSeed pushes a seed that nobody named, if it is not known.
func (v *visit) pushSeed(ctx context.Context, u *url.URL, job bus.FrontierURL) (bool, error) {
	job.Seed, job.Foreign, job.Found = true, true, time.Now().UTC()
	key := weburl.Key(u)
	mark := seedMark(job, key)
	if v.seen.Has(mark) || v.isPolled(job) {
		return false, nil
	}
	pushed, err := v.push(ctx, u, bus.PrioritySeed, job, "poll:"+job.Source+":"+job.CrawlID+":"+key+lastChange(job))
	if err == nil && !pushed {
		v.listed.partly = true // so that what lists it is read again
		return false, nil
	}
	if err != nil || u.Host == v.host {
		return true, err // this host's holder marks it when it is fetched
	}
	return true, v.seen.Add(ctx, mark)
}

func (v *visit) isPolled(job bus.FrontierURL) bool {
	return slices.ContainsFunc(v.state.Polls, func(p poll) bool { return p.URL == job.URL && p.Source == job.Source })
}

// seedMark marks what was named or found for a source in one crawl, so that it
// is looked at once. A sitemap that its index says when it changed is looked at once per
// change, whatever the crawl.
func seedMark(job bus.FrontierURL, key string) uint64 {
	if change := lastChange(job); change != "" {
		return bus.Fingerprint("sitemap " + job.Source + " " + key + change)
	}
	return bus.Fingerprint("poll " + job.Source + " " + job.CrawlID + " " + key)
}

func lastChange(job bus.FrontierURL) string {
	if job.Index == "" || job.Dated.IsZero() {
		return ""
	}
	return " " + job.Dated.UTC().Format(time.RFC3339)
}

// makeRoom drops the poll among those of a source that nobody named whose last
// news is the oldest, if there are too many.
func (v *visit) makeRoom(source string) {
	oldest, n := -1, 0
	for i, p := range v.state.Polls {
		if p.Source != source || p.FoundBy == "" {
			continue
		}
		n++
		if oldest < 0 || p.LastNews.Before(v.state.Polls[oldest].LastNews) {
			oldest = i
		}
	}
	if n < maxFound {
		return
	}
	p := v.state.Polls[oldest]
	v.log.Info("more feeds and sitemaps than are looked at; dropping the least productive", logging.Event(logging.PollDropped),
		logging.URL(p.URL), zap.String(logging.KeySource, source), logging.Reason("too_many"), zap.Time(logging.KeyLastNews, p.LastNews))
	v.dropPoll(&p)
}
