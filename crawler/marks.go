package crawler

import (
	"context"

	"pressmill/pkg/bus"
	"pressmill/pkg/weburl"
)

// What became of a URL stays in its host's set of seen URLs as a mark, a
// fingerprint of the outcome and the URL's key, so that `pressmill why` can
// say it later. The outcome is the kind of what was fetched (article, page,
// feed, sitemap, redirect, unchanged) or the reason for which nothing was, as
// it stands in logs and counters.
func outcomeMark(outcome, key string) uint64 { return bus.Fingerprint(outcome + " " + key) }

// unfollowedMark marks a seed that is an article only because its source had the
// depth 0, which takes every page for one and follows no link.
func unfollowedMark(key string) uint64 { return outcomeMark("unfollowed", key) }

// note marks what became of a URL. Nothing is noted of a URL that cannot be
// parsed, nor of one that is left out because it is seen: its first outcome
// stands there already.
func (v *visit) note(ctx context.Context, rawURL, outcome string) error {
	u, err := weburl.Parse(rawURL)
	if err != nil || outcome == "seen" {
		return nil
	}
	return v.seen.Add(ctx, outcomeMark(outcome, weburl.Key(u)))
}
