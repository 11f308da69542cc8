package crawler

import (
	"context"
	"fmt"
	"net/url"
	"regexp"
	"time"

	"pressmill/crawler/links"
	"pressmill/crawler/traps"
	"pressmill/pkg/bus"
	"pressmill/pkg/weburl"
)

// A story may have several addresses: for phones, as AMP, for printing. Its
// pages name each other by rel=canonical and rel=amphtml, and whichever of them
// is fetched first is the one that is kept. The others are marked as twins,
// which are not fetched, and one that is fetched all the same is not published.
//
// Pages err about their canonical address: some name the front page or a
// section, all of a site the same one. So another address counts only if it
// shows by its form that it is of the same story. Where it is and does not show
// it, both are fetched, and the id of the article is the same.

// twins returns the other addresses of a page that can be believed.
func (v *visit) twins(job bus.FrontierURL, u *url.URL, body []byte) links.Twins {
	if job.Seed {
		return links.Twins{}
	}
	t := links.TwinsOf(body, u)
	if t.Canonical != nil && !isTwin(u, t.Canonical) {
		t.Canonical = nil
	}
	if t.AMP != nil && !isTwin(u, t.AMP) {
		t.AMP = nil
	}
	return t
}

// formQuery matches queries that ask for another form of the same page.
var formQuery = regexp.MustCompile(`(?i)(^|[=&])(amp|m|mobile|print)([=&]|$)`)

// isTwin says whether two addresses are of one story in two forms. What differs
// by another query alone may be a later edition, or the second page.
func isTwin(u, other *url.URL) bool {
	if u.Host == other.Host && u.Path == other.Path && !formQuery.MatchString(u.RawQuery) && !formQuery.MatchString(other.RawQuery) {
		return false
	}
	return traps.SameStory(u, other) && weburl.SameSite(u, other) && weburl.Key(u) != weburl.Key(other)
}

// hadAs says whether a page is had under its canonical address.
func (v *visit) hadAs(canonical *url.URL) bool {
	if canonical == nil || canonical.Host != v.host {
		return false
	}
	key := weburl.Key(canonical)
	return v.seen.Has(outcomeMark("article", key)) || v.seen.Has(outcomeMark("twin", key))
}

// markTwins marks the other addresses of an article that was published just
// now. Those of another host are left to that host's turn.
func (v *visit) markTwins(ctx context.Context, job bus.FrontierURL, t links.Twins) error {
	var marks []uint64
	for _, other := range []*url.URL{t.Canonical, t.AMP} {
		switch {
		case other == nil:
		case other.Host == v.host:
			marks = append(marks, outcomeMark("twin", weburl.Key(other)))
		case other == t.Canonical:
			if err := v.pushTwin(ctx, job, other); err != nil {
				return err
			}
		}
	}
	return v.seen.Add(ctx, marks...)
}

// pushTwin has the holder of another host's turn mark a URL.
func (v *visit) pushTwin(ctx context.Context, job bus.FrontierURL, other *url.URL) error {
	f := outcomeMark("twin", weburl.Key(other))
	if v.foreign.Contains(f) {
		return nil
	}
	note := bus.FrontierURL{URL: other.String(), Source: job.Source, Foreign: true, Twin: true, CrawlID: job.CrawlID, Found: time.Now().UTC()}
	pushed, err := v.push(ctx, other, bus.PriorityFeed, note, fmt.Sprintf("twin:%016x", f))
	if pushed && err == nil {
		v.foreign.Add(f, struct{}{})
	}
	return err
}
