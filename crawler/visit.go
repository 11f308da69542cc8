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
	"slices"
	"strconv"
	"strings"
	"time"

	"go.uber.org/zap"

	"pressmill/crawler/feeds"
	"pressmill/crawler/fetch"
	"pressmill/crawler/sitemap"
	"pressmill/pkg/bus"
	"pressmill/pkg/bus/turn"
	"pressmill/pkg/logging"
	"pressmill/pkg/news"
	"pressmill/pkg/weburl"
)

const (
	holdBelow = time.Second      // a gap shorter than this is waited for with the turn in hand
	holdURLs  = 200              // and so is the turn, for this many URLs
	holdFor   = 10 * time.Second // or this long
	maxTrail  = 10               // redirects in a row

	// maxSlack bounds what is added to a gap, a tenth of it: a busy server
	// counts the end of its response later than we read it.
	maxSlack = 100 * time.Millisecond

	onceBackoff = 5 * time.Second // longest pause of a failing host when the crawl shall end
)

// hostState is the body of a turn: what the next holder has to know.
type hostState struct {
	NotBefore time.Time     `json:"not_before,omitzero"` // end of the last response plus the gap
	Gap       time.Duration `json:"gap,omitempty"`
	After     [4]uint64     `json:"after,omitzero"` // last frontier sequences taken, by priority
	Failures  int           `json:"failures,omitempty"`
	Polls     []poll        `json:"polls,omitempty"`
}

// poll is a seed, feed or sitemap that is looked at again.
type poll struct {
	URL          string    `json:"url"`
	Source       string    `json:"source"`
	Due          time.Time `json:"due"`
	ETag         string    `json:"etag,omitempty"`
	LastModified string    `json:"last_modified,omitempty"`
}

// visit is one turn in work.
type visit struct {
	*Crawler
	*lane
	t     *turn.Turn
	state hostState
	began time.Time
	urls  int
	log   *zap.Logger
}

// visit works on a host for one turn. Whatever happens, the turn is handed on,
// given up, or left to be delivered again.
func (c *Crawler) visit(stop context.Context, t *turn.Turn) {
	host, err := bus.ParseHostToken(t.Key)
	if err != nil {
		c.log.Error("turn of a host that cannot be", logging.Event(logging.HostFenced), zap.Error(err))
		return
	}
	l, ok := c.lanes.Get(host)
	if !ok {
		l = c.newLane(host)
		c.lanes.Add(host, l)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	ctx := context.WithoutCancel(stop)
	release := t.Hold(ctx)
	defer release()
	v := &visit{Crawler: c, lane: l, t: t, began: time.Now(), log: c.log.With(zap.String(logging.KeyHost, host))}
	c.stage.InFlight(1)
	defer c.stage.InFlight(-1)
	if err := v.run(ctx, stop); err != nil {
		c.lanes.Remove(host)
		if errors.Is(err, turn.ErrFenced) || errors.Is(err, bus.ErrConflict) {
			v.log.Warn("another worker has this host now", logging.Event(logging.HostFenced), zap.Error(err))
			return
		}
		v.log.Warn("turn left to be delivered again", logging.Event(logging.HostDelayed), zap.Error(err))
	}
}

// run works until the gap is too long to wait for, nothing waits, or the
// turn's share is used up.
func (v *visit) run(ctx, stop context.Context) error {
	if len(v.t.State) > 0 {
		if err := json.Unmarshal(v.t.State, &v.state); err != nil {
			v.log.Warn("turn with a broken state; starting afresh", logging.Event(logging.HostDelayed), zap.Error(err))
			v.state = hostState{}
		}
	}
	v.waitAfterCrash()
	if err := v.seen.Refresh(ctx); err != nil {
		return err
	}
	for {
		if wait := time.Until(v.state.NotBefore); wait > 0 {
			if wait >= holdBelow || v.urls >= holdURLs || time.Since(v.began) > holdFor || stop.Err() != nil {
				return v.handOn(ctx)
			}
			pause(stop, wait)
			continue
		}
		if stop.Err() != nil || v.urls >= holdURLs || time.Since(v.began) > holdFor {
			return v.handOn(ctx)
		}
		job, isPoll, err := v.next(ctx)
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
		if err := v.work(ctx, job, isPoll); err != nil {
			return err
		}
	}
}

// waitAfterCrash keeps a full gap when an earlier holder may have sent a
// request that this state knows nothing of.
func (v *visit) waitAfterCrash() {
	gap := max(v.cfg.Delay, v.state.Gap)
	crashed := time.Time{}
	if v.t.Deliveries > 1 {
		crashed = time.Now()
	} else if v.t.Since.Before(v.started) && len(v.t.State) > 0 {
		crashed = v.started
	}
	if until := crashed.Add(gap); !crashed.IsZero() && until.After(v.state.NotBefore) {
		v.state.NotBefore = until
	}
}

// next returns the poll that is due, or the next URL of the frontier.
func (v *visit) next(ctx context.Context) (bus.FrontierURL, *poll, error) {
	if !v.cfg.Once {
		for i := range v.state.Polls {
			if p := &v.state.Polls[i]; !time.Now().Before(p.Due) {
				return bus.FrontierURL{URL: p.URL, Source: p.Source, Seed: true, CrawlID: "poll", Found: p.Due}, p, nil
			}
		}
	}
	job, err := v.bus.Next(ctx, v.host, v.state.After)
	return job, nil, err
}

// bury puts a frontier message that cannot be read among the dead letters.
func (v *visit) bury(ctx context.Context, job bus.FrontierURL, cause error) error {
	v.stage.Fail("bad_message")
	if err := v.bus.PushDead(ctx, v.host, job, "bad_message", cause.Error()); err != nil {
		return err
	}
	return v.remove(ctx, job)
}

// handOn makes the next turn, or gives the turn up if the host has nothing to
// do.
func (v *visit) handOn(ctx context.Context) error {
	at, ok, err := v.nextDue(ctx)
	if err != nil {
		return err
	}
	if !ok {
		if err := v.t.Finish(ctx); err != nil {
			return err
		}
		// Whoever pushed a URL while the turn was still there could not arm.
		if _, err := v.bus.Next(ctx, v.host, [4]uint64{}); !errors.Is(err, bus.ErrNotFound) {
			_, err = v.bus.Hosts().Arm(ctx, v.t.Key, v.encodeState(), v.state.NotBefore)
			return err
		}
		return nil
	}
	return v.t.HandOn(ctx, at, v.state.NotBefore, v.encodeState())
}

func (v *visit) nextDue(ctx context.Context) (at time.Time, ok bool, err error) {
	_, err = v.bus.Next(ctx, v.host, v.state.After)
	if err != nil && !errors.Is(err, bus.ErrNotFound) {
		return at, false, err
	}
	if err == nil {
		return v.state.NotBefore, true, nil
	}
	if v.cfg.Once {
		return at, false, nil
	}
	for _, p := range v.state.Polls {
		if !ok || p.Due.Before(at) {
			at, ok = p.Due, true
		}
	}
	if at.Before(v.state.NotBefore) {
		at = v.state.NotBefore
	}
	return at, ok, nil
}

func (v *visit) encodeState() []byte {
	data, err := json.Marshal(v.state)
	if err != nil {
		panic(err) // the type has no value that cannot be encoded
	}
	return data
}

// work deals with one URL to its end: fetched, skipped, or put back.
func (v *visit) work(ctx context.Context, job bus.FrontierURL, p *poll) error {
	u, err := weburl.Parse(job.URL)
	if err != nil || u.Host != v.host {
		return v.skip(ctx, job, "bad_url")
	}
	src, err := v.scope(ctx, job.Source)
	if errors.Is(err, bus.ErrNotFound) {
		v.dropPoll(p)
		return v.skip(ctx, job, "source_removed")
	}
	if err != nil {
		return err
	}
	key := weburl.Key(u)
	if p == nil && v.known(job, key) {
		return v.skip(ctx, job, "seen")
	}
	if !job.Seed && !src.admits(job.URL) {
		return v.skip(ctx, job, "scope")
	}
	fetched, err := v.refreshRobots(ctx, u, src, job, p)
	if err != nil || fetched {
		return err // the gap after robots.txt comes first
	}
	if !v.rules.Allowed(u) {
		v.dropPoll(p)
		return v.skip(ctx, job, "robots")
	}
	v.urls++
	v.stage.In(1)
	if err := v.t.Check(ctx); err != nil {
		return err
	}
	header := http.Header{}
	if p != nil {
		setIf(header, "If-None-Match", p.ETag)
		setIf(header, "If-Modified-Since", p.LastModified)
	}
	resp, err := v.get(ctx, v.lane, job.URL, header)
	v.stage.Observe(resp.end.Sub(resp.start))
	v.afterRequest(resp)
	return v.settle(ctx, job, p, u, key, src, resp, err)
}

func setIf(h http.Header, key, value string) {
	if value != "" {
		h.Set(key, value)
	}
}

// known says whether a URL of the frontier needs no fetch. A named seed is
// fetched once per crawl unless it is a page whose content was already had.
func (v *visit) known(job bus.FrontierURL, key string) bool {
	if job.Attempts > 0 {
		return false
	}
	if job.Seed {
		return v.seen.Has(articleMark(key)) || v.seen.Has(pollMark(job.CrawlID, key))
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

// Two more kinds of fingerprints lie in the set: of pages that are had, so
// that a seed is not fetched again, and of polls within one crawl.
func articleMark(key string) uint64       { return bus.Fingerprint("article " + key) }
func pollMark(crawlID, key string) uint64 { return bus.Fingerprint("poll " + crawlID + " " + key) }
func pageID(job bus.FrontierURL) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%s %d %d %s", job.CrawlID, job.Seq, job.Found.UnixNano(), job.URL))
	return hex.EncodeToString(sum[:8])
}

// afterRequest sets the host's gap, from the end of the response on.
func (v *visit) afterRequest(resp *response) {
	gap := v.cfg.Delay
	if v.rules != nil {
		if d, ok := v.rules.CrawlDelay(); ok {
			gap = max(gap, min(d, v.cfg.MaxDelay))
		}
	}
	if v.cfg.Delay > 0 { // no delay at all is for benchmarks and one's own sites
		slow := time.Duration(v.cfg.LatencyFactor * float64(resp.end.Sub(resp.start)))
		gap = max(gap, min(slow, v.cfg.MaxDelay))
	}
	if d := retryAfter(resp.header, resp.end); d > 0 {
		gap = max(gap, min(d, v.cfg.MaxDelay))
	}
	v.state.Gap = gap
	v.state.NotBefore = resp.end.Add(gap + min(gap/10, maxSlack))
}

// retryAfter reads Retry-After (RFC 9110, section 10.2.3).
func retryAfter(h http.Header, now time.Time) time.Duration {
	value := h.Get("Retry-After")
	if s, err := strconv.Atoi(value); err == nil && s > 0 {
		return time.Duration(min(s, 1<<20)) * time.Second
	}
	if t, err := http.ParseTime(value); err == nil {
		return t.Sub(now)
	}
	return 0
}

// settle decides what a request's result means for its URL.
func (v *visit) settle(ctx context.Context, job bus.FrontierURL, p *poll, u *url.URL, key string, src *scope, resp *response, err error) error {
	switch {
	case err != nil:
		reason := fetch.Classify(err)
		if reason == "blocked" {
			return v.fail(ctx, job, p, reason, err.Error())
		}
		return v.retry(ctx, job, p, reason, err.Error())
	case resp.status == http.StatusTooManyRequests || resp.status >= 500:
		return v.retry(ctx, job, p, fmt.Sprintf("http_%d", resp.status), http.StatusText(resp.status))
	}
	v.state.Failures = 0
	switch {
	case resp.status == http.StatusNotModified:
		v.polled(job, p, resp)
		v.logFetch(job, resp, "unchanged")
		return v.done(ctx, job, key)
	case resp.status >= 300 && resp.status < 400 && resp.header.Get("Location") != "":
		v.logFetch(job, resp, "redirect")
		v.postpone(p)
		return v.redirect(ctx, job, u, key, resp)
	case resp.status >= 300 || resp.status < 200:
		return v.fail(ctx, job, p, fmt.Sprintf("http_%d", resp.status), http.StatusText(resp.status))
	}
	return v.accept(ctx, job, p, u, key, src, resp)
}

// accept works on a page, feed or sitemap that was fetched.
func (v *visit) accept(ctx context.Context, job bus.FrontierURL, p *poll, u *url.URL, key string, src *scope, resp *response) error {
	ctype := resp.header.Get("Content-Type")
	marks := []uint64{bus.Fingerprint(key)}
	kind := "page"
	var err error
	switch {
	case sitemap.Sniff(ctype, resp.body):
		kind = "sitemap"
		err = v.expandSitemap(ctx, job, u, src, resp)
	case feeds.Sniff(ctype, resp.body):
		kind = "feed"
		err = v.expandFeed(ctx, job, u, resp)
	default:
		if err = v.publish(ctx, job, u, src, resp); err != nil {
			return err
		}
		var article bool
		article, err = v.expandPage(ctx, job, u, src, resp)
		if article {
			marks = append(marks, articleMark(key))
			kind = "article"
		}
	}
	if err != nil {
		return err
	}
	if job.Seed {
		marks = append(marks, pollMark(job.CrawlID, key))
		if kind != "article" {
			v.polled(job, p, resp)
		} else {
			v.dropPoll(p)
		}
	}
	v.logFetch(job, resp, kind)
	v.stage.Out(1)
	return v.done(ctx, job, key, marks...)
}

// publish sends a page to the parsers, waiting while they are too far behind.
func (v *visit) publish(ctx context.Context, job bus.FrontierURL, u *url.URL, src *scope, resp *response) error {
	page := &news.Page{
		CrawlID: job.CrawlID, PageID: pageID(job), RequestedURL: job.Requested, FinalURL: u.String(), Hops: job.Trail,
		Source: news.Source{ID: src.ID, Domain: src.Domain, Name: src.Name, Zone: src.Zone},
		Depth:  job.Depth, Status: resp.status, Header: resp.header, FetchedAt: resp.end.UTC(),
		Truncated: resp.truncated, Body: resp.body,
	}
	if page.RequestedURL == "" {
		page.RequestedURL = page.FinalURL
	}
	held := false
	for {
		err := v.bus.PublishPage(ctx, v.host, page)
		if err == nil {
			v.log.Info("page published", logging.Event(logging.PagePublished), logging.URL(page.FinalURL),
				zap.String(logging.KeyCrawlID, page.CrawlID), zap.String(logging.KeyPageID, page.PageID), zap.Int("bytes", len(page.Body)))
			return nil
		}
		if !isFull(err) {
			return fmt.Errorf("publish page: %w", err)
		}
		if !held {
			held = true
			v.log.Warn("the stream of pages is full; holding the turn", logging.Event(logging.BackpressureOn))
		}
		pause(ctx, time.Second)
	}
}

func (v *visit) logFetch(job bus.FrontierURL, resp *response, kind string) {
	v.log.Info("fetched", logging.Event(logging.FetchDone), logging.URL(job.URL), zap.String(logging.KeyCrawlID, job.CrawlID),
		zap.String(logging.KeyPageID, pageID(job)), zap.String(logging.KeySource, job.Source), zap.String("kind", kind),
		zap.Int("status", resp.status), zap.Int("bytes", len(resp.body)), zap.Bool("truncated", resp.truncated),
		zap.Duration("took", resp.end.Sub(resp.start)))
}

// polled notes when a seed is looked at again.
func (v *visit) polled(job bus.FrontierURL, p *poll, resp *response) {
	if v.cfg.Once || !job.Seed {
		return
	}
	if p == nil {
		for i := range v.state.Polls {
			if v.state.Polls[i].URL == job.URL {
				p = &v.state.Polls[i]
			}
		}
	}
	if p == nil {
		v.state.Polls = append(v.state.Polls, poll{URL: job.URL, Source: job.Source})
		p = &v.state.Polls[len(v.state.Polls)-1]
	}
	p.Due = time.Now().Add(v.cfg.Poll)
	if resp.status == http.StatusOK {
		p.ETag, p.LastModified = resp.header.Get("ETag"), resp.header.Get("Last-Modified")
	}
	v.log.Info("polled", logging.Event(logging.SourcePoll), logging.URL(job.URL), zap.String(logging.KeySource, job.Source), zap.Time("next", p.Due))
}

func (v *visit) dropPoll(p *poll) {
	if p == nil {
		return
	}
	for i := range v.state.Polls {
		if &v.state.Polls[i] == p {
			v.state.Polls = append(v.state.Polls[:i], v.state.Polls[i+1:]...)
			return
		}
	}
}

// done marks a URL as seen and removes it from the frontier, in this order: a
// crash in between fetches nothing twice and loses nothing.
func (v *visit) done(ctx context.Context, job bus.FrontierURL, key string, marks ...uint64) error {
	if len(marks) == 0 {
		marks = []uint64{bus.Fingerprint(key)}
	}
	if err := v.seen.Add(ctx, marks...); err != nil {
		return err
	}
	return v.remove(ctx, job)
}

func (v *visit) remove(ctx context.Context, job bus.FrontierURL) error {
	if job.Seq == 0 {
		return nil // a poll
	}
	if err := v.bus.Delete(ctx, job.Seq); err != nil {
		return err
	}
	v.state.After[job.Priority] = job.Seq
	return nil
}

func (v *visit) skip(ctx context.Context, job bus.FrontierURL, reason string) error {
	v.stage.Skip(reason)
	v.log.Info("not fetched", logging.Event(logging.FetchSkipped), logging.URL(job.URL), zap.String(logging.KeyReason, reason),
		zap.String(logging.KeyCrawlID, job.CrawlID), zap.String(logging.KeySource, job.Source))
	return v.remove(ctx, job)
}

// fail gives up a URL that a later try would not bring.
func (v *visit) fail(ctx context.Context, job bus.FrontierURL, p *poll, reason, detail string) error {
	v.stage.Fail(reason)
	v.log.Error("gave up", logging.Event(logging.FetchFailed), logging.URL(job.URL), zap.String(logging.KeyReason, reason),
		zap.String(logging.KeyCrawlID, job.CrawlID), zap.String(logging.KeySource, job.Source), zap.String("error", detail))
	v.postpone(p)
	u, err := weburl.Parse(job.URL)
	if err != nil {
		return v.remove(ctx, job)
	}
	return v.done(ctx, job, weburl.Key(u))
}

func (v *visit) postpone(p *poll) {
	if p != nil {
		p.Due = time.Now().Add(v.cfg.Poll)
	}
}

// retry puts a URL back behind its host's back-off, or among the dead letters
// after its last attempt.
func (v *visit) retry(ctx context.Context, job bus.FrontierURL, p *poll, reason, detail string) error {
	v.state.Failures++
	longest := v.cfg.Backoff
	if v.cfg.Once {
		longest = onceBackoff
	}
	backoff := min(max(v.state.Gap, 500*time.Millisecond)<<min(v.state.Failures, 12), max(longest, v.state.Gap))
	v.state.NotBefore = time.Now().Add(backoff)
	job.Attempts++
	if p != nil {
		p.Due = time.Now().Add(max(backoff, v.cfg.Poll))
	} else if job.Attempts >= v.cfg.Attempts {
		letter := job
		letter.Foreign = false // a replay is fetched although its URL is seen by then
		if err := v.bus.PushDead(ctx, v.host, letter, reason, detail); err != nil {
			return err
		}
		return v.fail(ctx, job, p, reason, detail)
	}
	v.log.Warn("will be tried again", logging.Event(logging.FetchFailed), logging.URL(job.URL), zap.String(logging.KeyReason, reason),
		zap.String(logging.KeyCrawlID, job.CrawlID), zap.String(logging.KeySource, job.Source),
		zap.Int("attempt", job.Attempts), zap.Duration("backoff", backoff), zap.String("error", detail))
	if p != nil {
		return nil
	}
	old := job
	err := v.bus.Push(ctx, v.host, job.Priority, job, fmt.Sprintf("retry:%d:%d", job.Seq, job.Attempts))
	if isFull(err) {
		v.stage.Skip("frontier_full")
	} else if err != nil {
		return err
	}
	return v.remove(ctx, old)
}

// redirect puts a redirect's target into the frontier of its host.
func (v *visit) redirect(ctx context.Context, job bus.FrontierURL, u *url.URL, key string, resp *response) error {
	target, err := weburl.Resolve(u, resp.header.Get("Location"))
	if err != nil || len(job.Trail) >= maxTrail {
		return v.fail(ctx, job, nil, "redirect", fmt.Sprintf("to %q after %d redirects", resp.header.Get("Location"), len(job.Trail)))
	}
	next := job
	next.URL, next.Attempts, next.Found = target.String(), 0, time.Now().UTC()
	next.Foreign = true
	next.Trail = append(slices.Clip(next.Trail), news.Hop{URL: job.URL, Status: resp.status})
	if next.Requested == "" {
		next.Requested = job.URL
	}
	next.Seed = job.Seed && !strings.EqualFold(target.String(), job.URL)
	msgID := fmt.Sprintf("redirect:%d:%016x", job.Seq, bus.Fingerprint(target.String()))
	if err := v.push(ctx, target, job.Priority, next, msgID); err != nil {
		return err
	}
	return v.done(ctx, job, key)
}

// push puts a URL into its host's frontier and calls on the host if it is
// another one. A full frontier is counted, no error.
func (v *visit) push(ctx context.Context, u *url.URL, priority int, job bus.FrontierURL, msgID string) error {
	err := v.bus.Push(ctx, u.Host, priority, job, msgID)
	if isFull(err) {
		v.stage.Skip("frontier_full")
		return nil
	}
	if err != nil {
		return fmt.Errorf("push %s: %w", u.Host, err)
	}
	if u.Host == v.host {
		return nil
	}
	return callOn(ctx, v.bus.Hosts(), u.Host)
}
