package crawler

import (
	"context"
	"errors"
	"math/rand/v2"
	"net/http"
	"slices"
	"time"

	"go.uber.org/zap"

	"pressmill/crawler/cadence"
	"pressmill/pkg/bus"
	"pressmill/pkg/logging"
	"pressmill/pkg/weburl"
)

const (
	// pollCrawl is the crawl id of what polls find.
	pollCrawl = "poll"
	// pausedLook is how often a host is looked after that has nothing to do but
	// polls of paused sources. Resuming a source calls on its hosts.
	pausedLook = 5 * time.Minute
	// maxFails is how often in a row a poll may fail that nobody named.
	maxFails = 5
	// maxState is how many bytes the body of a turn may have: some 20,000 polls.
	// A message may have 8 MiB; a source's status is one too, and is written
	// before the turn is made to fit.
	maxState = 6 << 20
)

// poll is a seed page, feed or sitemap that is looked at again. It lies in the
// turn of its host, so that it outlives workers.
type poll struct {
	URL    string `json:"url"`
	Source string `json:"source"`
	// Named is the seed that led here by redirects, if it is another URL.
	Named   string `json:"named,omitempty"`
	FoundBy string `json:"found_by,omitempty"` // as in bus.FrontierURL
	Kind    string `json:"kind,omitempty"`     // feed, sitemap, page or article, as it was last taken for

	wishes

	Due          time.Time     `json:"due"`
	Every        time.Duration `json:"every,omitempty"` // the interval that its news led to
	ETag         string        `json:"etag,omitempty"`
	LastModified string        `json:"last_modified,omitempty"`

	LastSuccess time.Time `json:"last_success,omitzero"`
	LastNews    time.Time `json:"last_news,omitzero"`
	LastWhole   time.Time `json:"last_whole,omitzero"` // when all that it lists was taken
	Found       int       `json:"found,omitempty"`     // URLs that were new
	Credit      int       `json:"credit,omitempty"`    // those that sitemaps of an index brought since it was looked at
	Fails       int       `json:"fails,omitempty"`     // in a row
	Error       string    `json:"error,omitempty"`     // why the last one failed
}

// seed is the seed that a poll stands for.
func (p *poll) seed() string {
	if p.Named != "" {
		return p.Named
	}
	return p.URL
}

// duePoll returns a poll that is due, or nil.
func (v *visit) duePoll(ctx context.Context) *poll {
	if v.cfg.Once {
		return nil
	}
	for i := range v.state.Polls {
		if p := &v.state.Polls[i]; !time.Now().Before(p.Due) && !v.paused(ctx, p.Source) {
			return p
		}
	}
	return nil
}

// job is the URL of a poll that is due.
func (p *poll) job() bus.FrontierURL {
	return bus.FrontierURL{URL: p.URL, Source: p.Source, Seed: true, FoundBy: p.FoundBy, CrawlID: pollCrawl, Found: p.Due}
}

// nextPoll returns when the host has to be visited for its polls.
func (v *visit) nextPoll(ctx context.Context) (at time.Time, ok bool) {
	for i := range v.state.Polls {
		p := &v.state.Polls[i]
		due := p.Due
		if look := time.Now().Add(pausedLook); due.Before(look) && v.paused(ctx, p.Source) {
			due = look
		}
		if !ok || due.Before(at) {
			at, ok = due, true
		}
	}
	return at, ok
}

// paused says whether a source is paused. What cannot be read is not: that
// shows when its URL is worked on.
func (v *visit) paused(ctx context.Context, source string) bool {
	s, err := v.scope(ctx, source)
	return err == nil && s.Paused
}

// reviewPolls brings the polls in line with the sources as they are now: it
// forgets those of sources and seeds that are gone, and keeps within the
// intervals of the others.
func (v *visit) reviewPolls(ctx context.Context) error {
	if v.cfg.Once {
		return nil
	}
	sources, err := v.pollSources(ctx)
	if err != nil {
		return err
	}
	shrunk := map[string]bool{}
	v.state.Polls = slices.DeleteFunc(v.state.Polls, func(p poll) bool {
		src := sources[p.Source]
		if src != nil && (src.unreadable != nil || p.FoundBy != "" || src.named[p.seed()]) {
			return false
		}
		shrunk[p.Source] = src != nil
		return true
	})
	for i := range v.state.Polls {
		p := &v.state.Polls[i]
		if latest := time.Now().Add(v.bounds(sources[p.Source]).Max * 11 / 10); v.state.Dropped.IsZero() && p.Due.After(latest) {
			p.Due = latest
		}
	}
	for id, known := range shrunk {
		if known {
			v.writeStatus(ctx, id)
		} else if err := v.bus.RemoveStatus(ctx, id, v.host); err != nil { // who removed the source cannot know what was written since
			return err
		}
	}
	for id := range v.state.Standings {
		if sources[id] == nil {
			delete(v.state.Standings, id)
		}
	}
	return nil
}

// pollSources returns the sources of the polls as they are now, by id; one that
// is gone is nil.
func (v *visit) pollSources(ctx context.Context) (map[string]*scope, error) {
	sources := map[string]*scope{}
	for _, p := range v.state.Polls {
		if _, known := sources[p.Source]; known {
			continue
		}
		src, err := v.freshScope(ctx, p.Source)
		if err != nil && !errors.Is(err, bus.ErrNotFound) {
			return nil, err
		}
		sources[p.Source] = src
	}
	return sources, nil
}

// shed drops polls that take so many bytes of the host's turn: those that nobody
// named first, the latest first. A source that is applied again has its seeds
// polled again, once there is room.
func (v *visit) shed(ctx context.Context, size int) {
	shrunk := map[string]bool{}
	for _, named := range []bool{false, true} {
		for i := len(v.state.Polls) - 1; i >= 0 && size > 0; i-- {
			p := v.state.Polls[i]
			if (p.FoundBy == "") != named {
				continue
			}
			size -= len(encode(p))
			v.log.Warn("the host's turn has no room for so many polls; this one is looked at no more", logging.Event(logging.PollDropped),
				logging.URL(p.URL), zap.String(logging.KeySource, p.Source), logging.Reason("turn_full"))
			v.state.Polls = slices.Delete(v.state.Polls, i, i+1)
			shrunk[p.Source] = true
		}
	}
	for id := range shrunk {
		v.writeStatus(ctx, id)
	}
}

// bounds are the intervals of a source's polls. One that the source sets goes
// before one that it does not set.
func (v *visit) bounds(src *scope) cadence.Bounds {
	own := cadence.Bounds{First: src.Poll, Min: src.PollMin, Max: src.PollMax}
	if own.First != 0 {
		own = own.WithDefaults()
	}
	all := own.Or(v.cfg.bounds())
	if own.Max == 0 {
		all.Max = max(all.Max, all.Min)
	}
	if own.Min == 0 {
		all.Min = min(all.Min, all.Max)
	}
	return all
}

// pollOf returns the poll of a seed, making one if it has none yet; nil if
// there are no polls.
func (v *visit) pollOf(job *errand) *poll {
	if job.poll != nil || v.cfg.Once || !job.Seed || job.Backfill != nil || lastChange(job.FrontierURL) != "" {
		return job.poll
	}
	for i := range v.state.Polls {
		if known := &v.state.Polls[i]; known.URL == job.URL && known.Source == job.Source {
			return known
		}
	}
	fresh := poll{URL: job.URL, Source: job.Source, FoundBy: job.FoundBy}
	if job.Requested != job.URL {
		fresh.Named = job.Requested
	}
	if fresh.FoundBy != "" {
		v.makeRoom(job.Source)
	}
	v.state.Polls = append(v.state.Polls, fresh)
	return &v.state.Polls[len(v.state.Polls)-1]
}

// polled notes what a look at a seed brought, and when the next one is.
func (v *visit) polled(ctx context.Context, job *errand, resp *response) {
	if v.cfg.Once || !job.Seed || job.Backfill != nil {
		return
	}
	p := v.pollOf(job)
	if p == nil {
		v.credit(ctx, job.FrontierURL)
		return
	}
	now, listed := time.Now(), v.listed
	bounds := v.bounds(job.src)
	news := listed.fresh+p.Credit > 0
	if listed.kind != "" {
		p.Kind, p.wishes = listed.kind, listed.asks // what is unchanged still asks for the same
	}
	if p.LastSuccess.IsZero() {
		p.Every = bounds.Clamp(0) // whatever it lists is new
	} else {
		p.Every = bounds.After(p.Every, news)
	}
	if news {
		p.LastNews = now.UTC()
	}
	p.Due = bounds.Next(now, p.Every, p.hints(resp, now, news), rand.Float64())
	p.LastSuccess, p.Fails, p.Error = now.UTC(), 0, ""
	p.Found, p.Credit = p.Found+listed.fresh, 0
	p.validate(resp, listed)
	if !listed.partly && !resp.truncated {
		p.LastWhole = now.UTC()
	}
	v.log.With(aboutPage(job.FrontierURL)...).Info("polled", logging.Event(logging.SourcePoll),
		zap.String(logging.KeyKind, p.Kind), zap.Int(logging.KeyNew, listed.fresh), zap.Duration(logging.KeyEvery, p.Every), zap.Time(logging.KeyNext, p.Due))
	v.stand(ctx, job.Source, listed.fresh, true)
}

// hints are what the feed and its server say about the next look. A feed that
// has news knows better than its ttl, which often is what the software came with.
func (p *poll) hints(resp *response, now time.Time, news bool) cadence.Hints {
	h := cadence.Hints{Fresh: cadence.Freshness(resp.header, now), SkipHours: p.SkipHours, SkipDays: p.SkipDays}
	if !news {
		h.Fresh = max(h.Fresh, p.TTL)
	}
	return h
}

// credit gives the index that lists a sitemap what the sitemap brought: the
// index is looked at as often as its sitemaps have news.
func (v *visit) credit(ctx context.Context, job bus.FrontierURL) {
	for i := range v.state.Polls {
		if p := &v.state.Polls[i]; p.URL == job.Index && p.Source == job.Source {
			p.Credit += v.listed.fresh
			p.Found += v.listed.fresh
		}
	}
	v.stand(ctx, job.Source, v.listed.fresh, true)
}

// validate keeps the validators of what was read. Of what was not read whole,
// or found no room in the frontier, it keeps none: the next look has to see it
// again.
func (p *poll) validate(resp *response, listed listing) {
	switch {
	case resp.status == http.StatusNotModified:
		if etag := resp.validator("ETag"); etag != "" {
			p.ETag = etag
		}
	case listed.partly || resp.truncated:
		p.ETag, p.LastModified = "", ""
	default:
		p.ETag, p.LastModified = resp.validator("ETag"), resp.validator("Last-Modified")
	}
}

// pollFailed notes that a seed could not be read. One that was named is tried
// again for as long as its source names it; one that was found is not found again
// in the same crawl.
func (v *visit) pollFailed(ctx context.Context, job *errand, reason string) error {
	if job.poll == nil && job.FoundBy != "" {
		return v.forgo(ctx, job.FrontierURL)
	}
	p := v.pollOf(job)
	if p == nil {
		return nil
	}
	p.Fails, p.Error = p.Fails+1, reason
	if p.FoundBy != "" && p.Fails >= maxFails {
		v.log.Info("a feed or sitemap that was found is gone", logging.Event(logging.PollDropped), logging.URL(p.URL),
			zap.String(logging.KeySource, p.Source), zap.String(logging.KeyReason, reason))
		v.dropPoll(p)
		if err := v.forgo(ctx, job.FrontierURL); err != nil {
			return err
		}
	} else {
		v.postpone(ctx, p)
	}
	v.stand(ctx, job.Source, 0, false)
	return nil
}

// forgo marks a seed as had.
func (v *visit) forgo(ctx context.Context, job bus.FrontierURL) error {
	u, err := weburl.Parse(job.URL)
	if err != nil {
		return nil //nolint:nilerr // nothing has its key
	}
	return v.seen.Add(ctx, seedMark(job, weburl.Key(u)))
}

// lists says whether a poll has shown to list articles: it goes on although its
// page may call itself one.
func (p *poll) lists() bool { return p != nil && !p.LastSuccess.IsZero() }

// endPoll notes that a seed is an article, which is not polled.
func (v *visit) endPoll(ctx context.Context, job *errand) {
	v.dropPoll(job.poll)
	if !v.cfg.Once {
		v.stand(ctx, job.Source, 0, true)
	}
}

// moved notes that a poll leads elsewhere: what is there is looked at as a poll
// of its own.
func (v *visit) moved(ctx context.Context, p *poll) {
	if p == nil {
		return
	}
	p.LastSuccess, p.Fails, p.Error = time.Now().UTC(), 0, ""
	v.postpone(ctx, p)
	v.stand(ctx, p.Source, 0, true)
}

// postpone makes a poll wait longer than the last time.
func (v *visit) postpone(ctx context.Context, p *poll) {
	if p == nil {
		return
	}
	src, err := v.scope(ctx, p.Source)
	if err != nil {
		src = &scope{} // removed meanwhile: the next visit forgets the poll
	}
	bounds := v.bounds(src)
	p.Every = bounds.After(p.Every, false)
	p.Due = bounds.Next(time.Now(), p.Every, cadence.Hints{}, rand.Float64())
	if p.Due.Before(v.state.NotBefore) {
		p.Due = v.state.NotBefore
	}
}

func (v *visit) dropPoll(p *poll) {
	if p == nil {
		return
	}
	gone := *p
	v.state.Polls = slices.DeleteFunc(v.state.Polls, func(other poll) bool {
		return other.URL == gone.URL && other.Source == gone.Source
	})
}
