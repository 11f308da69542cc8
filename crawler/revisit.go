package crawler

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"go.uber.org/zap"

	"pressmill/crawler/links"
	"pressmill/pkg/bus"
	"pressmill/pkg/logging"
	"pressmill/pkg/urlshape"
	"pressmill/pkg/weburl"
)

const (
	// lastRevisit is how long after its first fetch an article is looked at
	// again at most: the bus knows an unchanged one for an hour longer.
	lastRevisit = 25 * time.Hour
	// confirmAfter is when a page that answers 404 is asked for again, at most.
	confirmAfter = 5 * time.Minute

	maxCanonical = 2 << 10 // bytes of an address that a page gives itself
)

// An article is looked at again some time after its first fetch, by default
// after 15 minutes, 2 hours and 24 hours, with a conditional request. If its
// body has changed it is published as a page once more, and if the parser finds
// another title or text in it, it is a new version of the article. Revisits lie
// on the bus, and the turn says when each of its host's classes is due next:
//
//	fetched -> revisit -> revisit -> ... -> gone, redirected, or the last look
//
// The next revisit is pushed before the one at hand is removed: a crash in
// between has the page looked at twice, which does no harm.

// revisits returns how long after its first fetch an article of a source is
// looked at again.
func (v *visit) revisits(src *scope) []time.Duration {
	if src.Revisit != nil {
		return src.Revisit
	}
	return v.cfg.Revisit
}

// revisitDelay returns the time between a look and the one of the given step,
// if there is one.
func revisitDelay(after []time.Duration, step int) (time.Duration, bool) {
	switch {
	case step >= len(after):
		return 0, false
	case step == 0:
		return after[0], true
	default:
		return after[step] - after[step-1], true
	}
}

// validRevisits says what is wrong with a list of revisits.
func validRevisits(after []time.Duration) error {
	before := time.Duration(0)
	for _, d := range after {
		if d < before+time.Second {
			return fmt.Errorf("%s is not at least 1s after %s", d, before)
		}
		before = d
	}
	if before > lastRevisit {
		return fmt.Errorf("%s is more than %s", before, lastRevisit)
	}
	return nil
}

// dueRevisit returns the host's revisit that has been due longest, or
// bus.ErrNotFound.
func (v *visit) dueRevisit(ctx context.Context) (bus.FrontierURL, error) {
	class, due, ok, err := v.nextRevisit(ctx)
	if err != nil {
		return bus.FrontierURL{}, err
	}
	if !ok || time.Now().Before(due) {
		return bus.FrontierURL{}, bus.ErrNotFound
	}
	job, err := v.bus.FirstRevisit(ctx, v.host, class)
	if job.Revisit == nil {
		if !errors.Is(err, bus.ErrNotFound) {
			return job, err
		}
		delete(v.state.Revisits, class)
		return v.dueRevisit(ctx)
	}
	job.Found, job.Priority = job.Revisit.Due, bus.PriorityFeed
	return job, err
}

// nextRevisit returns the class whose first revisit is due first, and when.
func (v *visit) nextRevisit(ctx context.Context) (class time.Duration, due time.Time, ok bool, err error) {
	if v.cfg.Once {
		return 0, time.Time{}, false, nil
	}
	if v.state.Revisits == nil {
		if err := v.learnRevisits(ctx); err != nil {
			return 0, time.Time{}, false, err
		}
	}
	for c, at := range v.state.Revisits {
		if !ok || at.Before(due) {
			class, due, ok = c, at, true
		}
	}
	return class, due, ok, nil
}

// learnRevisits reads from the bus when the host's revisits are due.
func (v *visit) learnRevisits(ctx context.Context) error {
	classes, err := v.bus.RevisitClasses(ctx, v.host)
	if err != nil {
		return err
	}
	v.state.Revisits = map[time.Duration]time.Time{}
	for _, c := range classes {
		if err := v.learnClass(ctx, c); err != nil {
			return err
		}
	}
	return nil
}

func (v *visit) learnClass(ctx context.Context, class time.Duration) error {
	job, err := v.bus.FirstRevisit(ctx, v.host, class)
	if _, broken := errors.AsType[*bus.PermanentError](err); err != nil && !broken {
		delete(v.state.Revisits, class)
		if errors.Is(err, bus.ErrNotFound) {
			return nil
		}
		return err
	}
	v.state.Revisits[class] = job.Revisit.Due
	return nil
}

// revisitLater has an article looked at again that was fetched just now.
func (v *visit) revisitLater(ctx context.Context, job *errand, resp *response) error {
	delay, ok := revisitDelay(v.revisits(job.src), 0)
	if !ok || v.cfg.Once || job.Backfill != nil {
		return nil
	}
	look := bus.Revisit{First: resp.end.UTC(), Page: pageID(job.FrontierURL)}
	remember(&look, resp)
	return v.pushRevisit(ctx, job.FrontierURL, look, delay)
}

// pushRevisit has a URL looked at again after a delay.
func (v *visit) pushRevisit(ctx context.Context, job bus.FrontierURL, look bus.Revisit, delay time.Duration) error {
	look.Delay, look.Due = delay, time.Now().Add(delay).UTC()
	job.Revisit, job.Foreign, job.Attempts = &look, false, 0
	msgID := fmt.Sprintf("%s:%d:%d:%016x", look.Page, look.Step, look.Missing, bus.Fingerprint(job.URL))
	if err := v.bus.PushRevisit(ctx, v.host, job, msgID); err != nil {
		return err
	}
	if at, known := v.state.Revisits[delay]; v.state.Revisits != nil && (!known || look.Due.Before(at)) {
		v.state.Revisits[delay] = look.Due
	}
	return nil
}

func (v *visit) removeRevisit(ctx context.Context, job bus.FrontierURL) error {
	if err := v.bus.DeleteRevisit(ctx, job.Revisit.Seq); err != nil {
		return err
	}
	return v.learnClass(ctx, job.Revisit.Delay)
}

// settleRevisit decides what the answer to a revisit means.
func (v *visit) settleRevisit(ctx context.Context, job *errand, resp *response) error {
	look := job.Revisit
	ok := resp.status == http.StatusOK || resp.status == http.StatusNonAuthoritativeInfo
	if resp.status == http.StatusGone || resp.status == http.StatusNotFound {
		if at := v.elsewhere(job.at, look.Canonical); at != nil {
			job.URL = at.String()
			return v.confirm(ctx, job, resp)
		}
	}
	switch {
	case resp.status == http.StatusGone || resp.status == http.StatusNotFound && look.Missing == http.StatusNotFound:
		return v.gone(ctx, job, resp)
	case resp.status == http.StatusNotFound:
		return v.confirm(ctx, job, resp)
	case resp.status >= 300 && resp.status < 400 && resp.header.Get("Location") != "":
		return v.redirect(ctx, job, resp)
	case resp.status == http.StatusNotModified || ok && bodyMark(resp) == look.Body:
		v.logFetch(resp, "unchanged")
	case ok:
		withheld, err := v.offer(ctx, job, resp)
		if err != nil {
			return err
		}
		if withheld != "" {
			v.logWithheld(resp, withheld)
		} else {
			v.logFetch(resp, "changed")
		}
	default:
		return v.missed(ctx, job.FrontierURL, fmt.Sprintf("http_%d", resp.status), http.StatusText(resp.status))
	}
	return v.nextLook(ctx, job, resp)
}

// nextLook pushes the next revisit of an article, if there is one, and removes
// this one.
func (v *visit) nextLook(ctx context.Context, job *errand, resp *response) error {
	look := *job.Revisit
	look.Step, look.Missing = look.Step+1, 0
	if resp != nil {
		remember(&look, resp)
	}
	delay, ok := revisitDelay(v.revisits(job.src), look.Step)
	if ok && time.Now().Add(delay).Sub(look.First) <= lastRevisit {
		if err := v.pushRevisit(ctx, job.FrontierURL, look, delay); err != nil {
			return err
		}
	}
	return v.removeRevisit(ctx, job.FrontierURL)
}

// missed gives up a look that failed: the next one comes in its place, unless
// the source is gone.
func (v *visit) missed(ctx context.Context, job bus.FrontierURL, reason, detail string) error {
	src, err := v.scope(ctx, job.Source)
	if errors.Is(err, bus.ErrNotFound) {
		return v.skip(ctx, job, "source_removed")
	}
	if err != nil {
		return err
	}
	v.takeUp(job)
	v.logAgain("revisit failed; the next one comes in its place", reason, detail)
	return v.nextLook(ctx, &errand{FrontierURL: job, src: src}, nil)
}

// elsewhere returns the address that a page gave as its own, if it is another
// one of the same host and can be that of the same story: the article is not gone
// while it stands there.
func (v *visit) elsewhere(u *url.URL, canonical string) *url.URL {
	at, err := weburl.Resolve(u, canonical)
	if canonical == "" || err != nil || at.Host != v.host || weburl.Key(at) == weburl.Key(u) || !urlshape.StandsFor(at, u) {
		return nil
	}
	return at
}

// confirm has a page that is missing asked for again soon.
func (v *visit) confirm(ctx context.Context, job *errand, resp *response) error {
	v.logFetch(resp, "missing")
	look := *job.Revisit
	look.Missing = http.StatusNotFound
	delay := confirmAfter
	if next, ok := revisitDelay(v.revisits(job.src), look.Step+1); ok {
		delay = min(delay, next)
	}
	if err := v.pushRevisit(ctx, job.FrontierURL, look, delay); err != nil {
		return err
	}
	return v.removeRevisit(ctx, job.FrontierURL)
}

// gone passes on that an article's page is not there any more, and ends its
// revisits.
func (v *visit) gone(ctx context.Context, job *errand, resp *response) error {
	v.log.Warn("the page is gone", append(aboutPage(job.FrontierURL), logging.Event(logging.PageGone),
		zap.String(logging.KeyFromPage, job.Revisit.Page), zap.Int(logging.KeyStatus, resp.status))...)
	page := newPage(job, resp)
	page.Gone, page.Canonical, page.Body, page.SHA256 = true, job.Revisit.Canonical, nil, ""
	if err := v.send(ctx, page); err != nil {
		return err
	}
	v.logFetch(resp, "gone")
	if err := v.seen.Add(ctx, outcomeMark("gone", job.key)); err != nil {
		return err
	}
	return v.removeRevisit(ctx, job.FrontierURL)
}

// remember keeps of a response what tells later whether the page has changed,
// and which article was made of it.
func remember(look *bus.Revisit, resp *response) {
	if resp.status < 300 {
		look.ETag, look.LastModified, look.Body = resp.validator("ETag"), resp.validator("Last-Modified"), bodyMark(resp)
		if look.Canonical = links.Canonical(resp.body); len(look.Canonical) > maxCanonical {
			look.Canonical = ""
		}
	}
}

// bodyMark tells bodies apart: the first 8 bytes of the SHA-256, in hex.
func bodyMark(resp *response) string { return resp.bodySHA256()[:16] }
