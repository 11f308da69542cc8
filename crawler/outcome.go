package crawler

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"

	"go.uber.org/zap"

	"pressmill/crawler/feeds"
	"pressmill/crawler/fetch"
	"pressmill/crawler/links"
	"pressmill/pkg/bus"
	"pressmill/pkg/logging"
	"pressmill/pkg/news"
	"pressmill/pkg/weburl"
)

// settle decides what a request's result means for its URL.
func (v *visit) settle(ctx context.Context, job *errand, resp *response, err error) error {
	switch {
	case err != nil:
		reason := fetch.Classify(err)
		if reason == "blocked" {
			return v.fail(ctx, job, reason, err.Error())
		}
		return v.retry(ctx, job, reason, err.Error())
	case resp.status == http.StatusTooManyRequests || resp.status >= 500:
		return v.retry(ctx, job, fmt.Sprintf("http_%d", resp.status), http.StatusText(resp.status))
	case resp.status == http.StatusNotModified && !resp.conditional && job.poll == nil:
		return v.retry(ctx, job, "http_304", "answers a request that had no validator")
	case resp.status == http.StatusOK && len(resp.body) == 0 && !resp.streamed:
		return v.retry(ctx, job, "empty", "200 without a body")
	}
	v.answered()
	if job.Revisit != nil {
		return v.settleRevisit(ctx, job, resp)
	}
	switch {
	case resp.status == http.StatusNotModified:
		v.polled(ctx, job, resp)
		v.logFetch(resp, "unchanged")
		return v.done(ctx, job.FrontierURL, job.key, "unchanged")
	case resp.status >= 300 && resp.status < 400 && resp.header.Get("Location") != "":
		v.moved(ctx, job.poll)
		return v.redirect(ctx, job, resp)
	case job.FoundBy == foundGuess && resp.status >= 400:
		return v.notFound(ctx, job)
	case resp.status != http.StatusOK && resp.status != http.StatusNonAuthoritativeInfo:
		return v.fail(ctx, job, fmt.Sprintf("http_%d", resp.status), http.StatusText(resp.status))
	}
	return v.accept(ctx, job, resp)
}

// accept works on a page, feed or sitemap that was fetched.
func (v *visit) accept(ctx context.Context, job *errand, resp *response) error {
	ctype := resp.header.Get("Content-Type")
	kind, withheld := "page", ""
	var err error
	html := links.IsHTML(resp.body)
	switch {
	case resp.streamed:
		kind = "sitemap"
	case !html && job.Backfill == nil && feeds.Sniff(ctype, resp.body):
		kind = "feed"
		err = v.expandFeed(ctx, job, resp)
	case job.FoundBy != "":
		return v.notFound(ctx, job)
	default:
		twins := v.twins(job.FrontierURL, job.at, resp.body)
		if v.hadAs(twins.Canonical) {
			v.logFetch(resp, "twin")
			return v.done(ctx, job.FrontierURL, job.key, "twin")
		}
		if withheld, err = v.offer(ctx, job, resp); err != nil {
			return err
		}
		var article bool
		article, err = v.expandPage(ctx, job, resp)
		if article {
			kind = "article"
		}
		v.brought(job, resp.body, article)
		// Feeds list articles, whatever a page says of itself.
		if (article || job.Priority == bus.PriorityFeed) && withheld == "" && err == nil {
			err = v.revisitLater(ctx, job, resp)
		}
		if article && withheld == "" && err == nil {
			err = v.markTwins(ctx, job.FrontierURL, twins)
		}
	}
	if err != nil {
		return err
	}
	if err := v.discover(ctx, job); err != nil {
		return err
	}
	var marks []uint64
	if withheld != "" {
		marks = append(marks, outcomeMark(withheld, job.key))
	}
	if job.Seed {
		marks = append(marks, seedMark(job.FrontierURL, job.key))
		if kind == "article" && job.src.Depth == 0 && !links.LooksLikeArticle(resp.body) {
			marks = append(marks, unfollowedMark(job.key))
		}
		if kind == "article" && !job.poll.lists() {
			v.endPoll(ctx, job)
		} else {
			v.listed.kind = kind
			v.polled(ctx, job, resp)
		}
	}
	switch {
	case v.listed.broken != "":
		v.logFailed(v.listed.broken, v.listed.why.Error(), zap.Int(logging.KeyEntries, v.listed.entries))
	case withheld != "":
		v.logWithheld(resp, withheld)
	default:
		v.logFetch(resp, kind)
	}
	return v.done(ctx, job.FrontierURL, job.key, kind, marks...)
}

// publish sends a page to the parsers.
func (v *visit) publish(ctx context.Context, job *errand, resp *response) error {
	return v.send(ctx, newPage(job, resp))
}

func newPage(job *errand, resp *response) *news.Page {
	page := &news.Page{
		CrawlID: job.CrawlID, PageID: pageID(job.FrontierURL), RequestedURL: job.Requested, FinalURL: job.at.String(), Hops: job.Trail,
		Source: news.Source{ID: job.src.ID, Domain: job.src.Domain, Name: job.src.Name, Zone: job.src.Zone},
		Depth:  job.Depth, Status: resp.status, Header: resp.header, FetchedAt: resp.end.UTC(),
		Truncated: resp.truncated, Body: resp.body, SHA256: resp.bodySHA256(), Request: resp.sent, Proto: resp.proto,
	}
	if at, err := netip.ParseAddrPort(resp.remote); err == nil && (job.src.access == nil || job.src.access.proxy == nil) {
		page.Remote = at.Addr().Unmap().String()
	}
	if page.RequestedURL == "" {
		page.RequestedURL = page.FinalURL
	}
	return page
}

// send publishes a page, waiting while the parsers are too far behind. A worker
// that is to stop does not wait: another one fetches the page again.
func (v *visit) send(ctx context.Context, page *news.Page) error {
	held, begun := false, time.Now()
	for {
		receipt, err := v.bus.StorePage(ctx, v.host, page)
		if err == nil {
			if held {
				v.log.Info("the stream of pages has room again", logging.Event(logging.BackpressureOff), zap.Duration(logging.KeyAfter, time.Since(begun)))
			}
			v.logPublished(page, receipt, time.Since(begun))
			return nil
		}
		if !isFull(err) {
			return fmt.Errorf("publish page: %w", err)
		}
		if !held {
			held = true
			v.log.Warn("the stream of pages is full; holding the turn", logging.Event(logging.BackpressureOn))
		}
		select {
		case <-v.stop:
			return errStopping
		case <-time.After(time.Second):
		}
		v.beat()
	}
}

func (v *visit) logPublished(page *news.Page, receipt bus.Receipt, took time.Duration) {
	fields := []zap.Field{
		logging.Event(logging.PagePublished), zap.String(logging.KeyCrawlID, page.CrawlID), zap.String(logging.KeyPageID, page.PageID),
		logging.URL(page.FinalURL), zap.String(logging.KeySource, page.Source.ID), zap.Uint64(logging.KeySeq, receipt.Seq),
		zap.Int(logging.KeyBytes, len(page.Body)), zap.Duration(logging.KeyTook, took),
	}
	if !receipt.New {
		fields = append(fields, zap.Bool(logging.KeyDuplicate, true))
	}
	v.log.Info("page published", fields...)
}

// logFetch tells and counts that the URL in work was fetched, as what.
func (v *visit) logFetch(resp *response, kind string) {
	if kind == "twin" {
		v.end(logging.Skipped, kind)
	} else {
		v.end(logging.Passed, kind)
	}
	v.logAnswer(resp, kind)
}

// logWithheld tells and counts that the URL in work was fetched, and asks not to
// be passed on.
func (v *visit) logWithheld(resp *response, reason string) {
	v.end(logging.Skipped, reason)
	v.logAnswer(resp, "withheld", logging.Reason(reason))
}

func (v *visit) logAnswer(resp *response, kind string, more ...zap.Field) {
	v.account.log.Info("fetched", append(append(more, v.account.times()...), logging.Event(logging.FetchDone), zap.String(logging.KeyKind, kind),
		zap.Int(logging.KeyStatus, resp.status), zap.Int(logging.KeyBytes, len(resp.body)), zap.Bool(logging.KeyTruncated, resp.truncated))...)
}

// logFailed tells and counts that the URL in work was given up.
func (v *visit) logFailed(reason, detail string, more ...zap.Field) {
	v.end(logging.Failed, reason)
	v.account.log.Error("gave up", append(append(more, v.account.times()...), logging.Event(logging.FetchFailed),
		logging.Reason(reason), zap.String(logging.KeyError, detail))...)
}

// logAgain tells and counts that the URL in work failed, and will be tried again.
func (v *visit) logAgain(what, reason, detail string, more ...zap.Field) {
	v.end(logging.Again, reason)
	v.account.log.Warn(what, append(append(more, v.account.times()...), logging.Event(logging.FetchFailed),
		logging.Reason(reason), zap.String(logging.KeyError, detail))...)
}

// done marks a URL as seen, with its outcome, and removes it from the frontier,
// in this order: a crash in between fetches nothing twice and loses nothing.
func (v *visit) done(ctx context.Context, job bus.FrontierURL, key, outcome string, marks ...uint64) error {
	if job.Revisit != nil {
		return v.remove(ctx, job) // what became of the first fetch stands there
	}
	marks = append(marks, bus.Fingerprint(key), outcomeMark(outcome, key))
	if err := v.seen.Add(ctx, marks...); err != nil {
		return err
	}
	return v.remove(ctx, job)
}

func (v *visit) remove(ctx context.Context, job bus.FrontierURL) error {
	if job.Revisit != nil {
		return v.removeRevisit(ctx, job)
	}
	if job.Seq == 0 {
		return nil // a poll
	}
	if err := v.bus.Delete(ctx, job.Seq); err != nil {
		return err
	}
	v.state.Taken.Add(job)
	return nil
}

// skip leaves out a URL by rule.
func (v *visit) skip(ctx context.Context, job bus.FrontierURL, reason string) error {
	v.takeUp(job)
	v.end(logging.Skipped, reason)
	v.account.log.Info("not fetched", append(v.account.times(), logging.Event(logging.FetchSkipped), logging.Reason(reason))...)
	if job.Revisit == nil {
		if err := v.note(ctx, job.URL, reason); err != nil {
			return err
		}
	}
	return v.remove(ctx, job)
}

// locked deals with a URL whose source names a secret that cannot be read. That
// is no fault of the host, of which nothing was asked: the URL waits aside, and
// in a crawl that shall end it is given up.
func (v *visit) locked(ctx context.Context, job *errand) error {
	const reason = "credentials"
	detail := job.src.noAccess.Error()
	if job.Revisit != nil {
		return v.missed(ctx, job.FrontierURL, reason, detail)
	}
	v.takeUp(job.FrontierURL)
	if job.poll == nil && v.cfg.Once {
		return v.giveUp(ctx, job.FrontierURL, reason, detail)
	}
	v.logAgain("waits until the secrets of its source can be read", reason, detail)
	if job.poll == nil {
		return v.park(ctx, job.FrontierURL)
	}
	p := job.poll
	p.Fails, p.Error = max(p.Fails, 1), reason // however often: what was found is not gone
	v.postpone(ctx, p)
	v.stand(ctx, job.Source, 0, false)
	return nil
}

// park puts a URL of a source that rests aside. Its source is asked for once more:
// what is parked after the source was resumed waits for the janitor.
func (v *visit) park(ctx context.Context, job bus.FrontierURL) error {
	src, err := v.freshScope(ctx, job.Source)
	if err != nil && !errors.Is(err, bus.ErrNotFound) {
		return err
	}
	if job.Seq == 0 || err != nil || !src.rests() {
		return nil // the next look at it decides anew
	}
	return v.putAside(ctx, job, time.Time{})
}

// putAside moves a URL to those of sources that rest, until its source does not,
// and in any case until a time, which may be zero. If there is no room for it, it
// waits for the next day, unless the crawl shall end. bus.ErrFull says that there
// is none for that either: it stays where it is.
func (v *visit) putAside(ctx context.Context, job bus.FrontierURL, until time.Time) error {
	err := v.bus.Park(ctx, v.host, job, until)
	if isFull(err) && !v.cfg.Once {
		err = v.tomorrow(ctx, job)
	}
	if err != nil {
		return err
	}
	return v.remove(ctx, job)
}

// fail gives up a URL that a later try would not bring.
func (v *visit) fail(ctx context.Context, job *errand, reason, detail string) error {
	v.takeUp(job.FrontierURL)
	v.logFailed(reason, detail)
	if err := v.pollFailed(ctx, job, reason); err != nil {
		return err
	}
	u, err := weburl.Parse(job.URL)
	if err != nil {
		return v.remove(ctx, job.FrontierURL)
	}
	return v.done(ctx, job.FrontierURL, weburl.Key(u), reason)
}

// retry puts a URL back behind its host's back-off, or among the dead letters
// after its last attempt.
func (v *visit) retry(ctx context.Context, job *errand, reason, detail string) error {
	v.takeUp(job.FrontierURL)
	backoff := v.failed()
	if v.hopeless() {
		if job.poll == nil {
			v.drop(reason, detail)
			return v.giveUpDropped(ctx, job.FrontierURL)
		}
		if err := v.pollFailed(ctx, job, reason); err != nil {
			return err
		}
		v.drop(reason, detail)
		v.logAgain("will be tried again", reason, detail, zap.Duration(logging.KeyBackoff, backoff))
		return nil
	}
	if job.Revisit != nil {
		return v.missed(ctx, job.FrontierURL, reason, detail)
	}
	job.Attempts++
	if job.poll != nil {
		if err := v.pollFailed(ctx, job, reason); err != nil {
			return err
		}
	} else if job.Attempts >= v.cfg.Attempts {
		return v.giveUp(ctx, job.FrontierURL, reason, detail)
	}
	if job.poll != nil {
		v.logAgain("will be tried again", reason, detail, zap.Duration(logging.KeyBackoff, backoff))
		return nil
	}
	err := v.bus.Push(ctx, v.host, job.Priority, job.FrontierURL, fmt.Sprintf("retry:%d:%d", job.Seq, job.Attempts))
	if isFull(err) {
		return v.giveUp(ctx, job.FrontierURL, reason, detail)
	}
	if err != nil {
		return err
	}
	v.logAgain("will be tried again", reason, detail, zap.Duration(logging.KeyBackoff, backoff))
	return v.remove(ctx, job.FrontierURL)
}

// redirect puts a redirect's target into the frontier of its host.
func (v *visit) redirect(ctx context.Context, job *errand, resp *response) error {
	target, err := weburl.Resolve(job.at, resp.header.Get("Location"))
	if err != nil || len(job.Trail) >= maxTrail {
		return v.fail(ctx, job, "redirect", fmt.Sprintf("to %q after %d redirects", resp.header.Get("Location"), len(job.Trail)))
	}
	next := job.FrontierURL
	next.URL, next.Attempts, next.Found = target.String(), 0, time.Now().UTC()
	next.Foreign, next.Revisit, next.From = true, nil, pageID(job.FrontierURL)
	next.Trail = append(slices.Clip(next.Trail), news.Hop{URL: job.URL, Status: resp.status})
	if next.Requested == "" {
		next.Requested = job.URL
	}
	next.Seed = job.Seed && job.Revisit == nil && !strings.EqualFold(target.String(), job.URL)
	msgID := fmt.Sprintf("redirect:%d:%016x", job.Seq, bus.Fingerprint(target.String()))
	pushed, err := v.push(ctx, target, job.Priority, next, msgID)
	if err != nil {
		return err
	}
	if !pushed && job.poll == nil { // a poll comes back
		return v.giveUp(ctx, job.FrontierURL, "redirect", fmt.Sprintf("to %q, for which the frontier has no room", next.URL))
	}
	v.logFetch(resp, "redirect")
	return v.done(ctx, job.FrontierURL, job.key, "redirect")
}

// push puts a URL into its host's frontier and calls on the host if it is
// another one. A full frontier is counted, no error: the URL is not pushed then.
func (v *visit) push(ctx context.Context, u *url.URL, priority int, job bus.FrontierURL, msgID string) (pushed bool, err error) {
	err = v.bus.Push(ctx, u.Host, priority, job, msgID)
	if isFull(err) {
		v.stage.LeaveOut("frontier_full")
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("push %s: %w", u.Host, err)
	}
	if u.Host == v.host {
		return true, nil
	}
	return true, callOn(ctx, v.bus.Hosts(), u.Host)
}
