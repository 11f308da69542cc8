package crawler

import (
	"context"
	"errors"
	"fmt"
	"net/url"

	"pressmill/crawler/links"
	"pressmill/crawler/traps"
	"pressmill/pkg/bus"
	"pressmill/pkg/weburl"
)

// A URL that was found passes these limits twice: whoever finds it looks at its
// form, and the holder of its host's turn at what URLs like it have brought and
// at the pages of the day, when it pushes the URL or, if another host's holder
// has pushed it, when it takes it. What is refused for the day's pages when it is
// pushed is not marked as seen, so that it comes back when it is found again. When
// it is taken, nobody who finds it again would know: it waits for the next day.

// misshapen says why a URL is a trap by its form. Feeds and news sitemaps name
// articles, whatever these look like.
func (c *Crawler) misshapen(u *url.URL, priority int) string {
	if isNews(priority) {
		return ""
	}
	return traps.Check(u, c.cfg.MaxLink)
}

func isNews(priority int) bool { return priority <= bus.PriorityFeed }

// fruitless says whether URLs of a kind have brought no article for too long.
func (v *visit) fruitless(u *url.URL, priority int) string {
	if isNews(priority) {
		return ""
	}
	if v.state.Traps.Cut(traps.KindOf(u), v.cfg.PatternBudget) || v.state.Traps.Turns(u) {
		return traps.Pattern
	}
	return ""
}

// admit counts a page of the host against its day's budget.
func (v *visit) admit(src *scope, priority int) string {
	if !v.state.Traps.Admit(v.pageBudget(src), isNews(priority)) {
		return traps.Budget
	}
	return ""
}

func (v *visit) pageBudget(src *scope) int {
	if src.PageBudget != nil {
		return *src.PageBudget
	}
	return v.cfg.PageBudget
}

// refused says why a URL that was found is not pushed.
func (v *visit) refused(u *url.URL, priority int, src *scope) string {
	reason := v.misshapen(u, priority)
	if reason == "" && u.Host == v.host {
		reason = v.fruitless(u, priority)
		if reason == "" {
			reason = v.admit(src, priority)
		}
	}
	return reason
}

// overLimit says why a URL that was taken from the frontier is not fetched.
// Seeds, revisits, back-fills and what is tried again have no limits.
func (v *visit) overLimit(job *errand) string {
	if job.Seed || job.Revisit != nil || job.Backfill != nil || job.Attempts > 0 {
		return ""
	}
	reason := v.misshapen(job.at, job.Priority)
	if reason == "" {
		reason = v.fruitless(job.at, job.Priority)
	}
	if reason == "" && job.Foreign {
		reason = v.admit(job.src, job.Priority)
	}
	return reason
}

// later puts a URL that is too many for the day aside until the next one. If
// there is no room for it, or the crawl shall end, it is left out.
func (v *visit) later(ctx context.Context, job bus.FrontierURL) error {
	if !v.cfg.Once {
		if err := v.tomorrow(ctx, job); err != nil && !isFull(err) {
			return err
		}
	}
	return v.skip(ctx, job, traps.Budget)
}

// tomorrow has a URL of the frontier wait there for the next day. The caller
// removes it from where it was.
func (v *visit) tomorrow(ctx context.Context, job bus.FrontierURL) error {
	v.state.Traps.Refused = true
	job.Later = bus.Later{Day: v.state.Traps.Day, Priority: job.Priority}
	return v.bus.Push(ctx, v.host, bus.PriorityLater, job, fmt.Sprintf("later:%d", job.Seq))
}

// bringBack moves URLs that waited for this day to where they were, and notes
// when there are no more of them. In a crawl that shall end none waits.
func (v *visit) bringBack(ctx context.Context) error {
	for range holdURLs {
		job, err := v.bus.Next(ctx, v.host, v.state.Taken, bus.PriorityLater)
		if errors.Is(err, bus.ErrNotFound) || err == nil && job.Later.Day == v.state.Traps.Day && !v.cfg.Once {
			v.state.Overdue = false
			return nil
		}
		if _, broken := errors.AsType[*bus.PermanentError](err); broken {
			err = v.bury(ctx, job, err)
		} else if err == nil {
			err = v.back(ctx, job)
		}
		if isFull(err) {
			return nil // the next turn has room
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (v *visit) back(ctx context.Context, job bus.FrontierURL) error {
	again := job
	again.Later = bus.Later{}
	if err := v.bus.Push(ctx, v.host, job.Later.Priority, again, fmt.Sprintf("back:%d", job.Seq)); err != nil {
		return err
	}
	return v.remove(ctx, job)
}

// asked counts a request against the budget of its URL's kind.
func (v *visit) asked(job *errand) {
	if !isNews(job.Priority) && job.Revisit == nil {
		v.state.Traps.Asked(traps.KindOf(job.at))
	}
}

// brought notes what a page says of its URL's kind and of the kind of the page
// that led to it: that they bring articles, or nothing new. Pages that do not
// call themselves articles may be articles all the same.
func (v *visit) brought(job *errand, body []byte, article bool) {
	if job.Seed {
		return
	}
	if !isNews(job.Priority) {
		v.state.Traps.Saw(job.at, body)
	}
	if article || isNews(job.Priority) || links.HasProse(body) {
		v.state.Traps.Brought(traps.KindOf(job.at))
		v.state.Traps.Brought(traps.Kind(job.Via))
	}
}

// via returns the kind of the page at hand, to be told what its links bring.
func (v *visit) via(from bus.FrontierURL) traps.Kind {
	u, err := weburl.Parse(from.URL)
	if err != nil || from.Seed {
		return traps.Kind{}
	}
	return traps.KindOf(u)
}
