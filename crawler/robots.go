package crawler

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"go.uber.org/zap"

	"pressmill/crawler/fetch"
	"pressmill/crawler/robots"
	"pressmill/pkg/bus"
	"pressmill/pkg/logging"
	"pressmill/pkg/weburl"
)

const (
	robotsTTL       = 24 * time.Hour   // RFC 9309, section 2.4
	robotsRetry     = 10 * time.Minute // after an unreachable robots.txt
	robotsRedirects = 5                // RFC 9309, section 2.3.1.2
)

// robotsEntry is what the workers share about a host's robots.txt.
type robotsEntry struct {
	Body    []byte    `json:"body,omitempty"`
	Verdict string    `json:"verdict"` // rules, allow or disallow
	Expires time.Time `json:"expires"`
}

func (e robotsEntry) rules(agent string) *robots.Rules {
	switch e.Verdict {
	case "rules":
		return robots.Parse(e.Body, agent)
	case "allow":
		return robots.AllowAll()
	default:
		return robots.DisallowAll()
	}
}

// refreshRobots makes sure that the lane's rules are those of a robots.txt
// that is fresh enough. It says whether it sent a request, after which the
// host's gap has to pass, or put the URL off.
func (v *visit) refreshRobots(ctx context.Context, u *url.URL, src *scope, job bus.FrontierURL, p *poll) (asked bool, err error) {
	now := time.Now()
	if v.rules != nil && now.Before(v.rulesTill) {
		return false, nil
	}
	var known robotsEntry
	err = v.bus.Robots(ctx, v.host, &known)
	if err != nil && !errors.Is(err, bus.ErrNotFound) {
		return false, err
	}
	if err == nil && now.Before(known.Expires) {
		v.rules, v.rulesTill = known.rules(v.cfg.agentToken()), known.Expires
		return false, nil
	}
	if err := v.t.Check(ctx); err != nil {
		return false, err
	}
	entry, resp, reason, err := v.fetchRobots(ctx, u)
	if err != nil {
		return true, err
	}
	v.afterRequest(resp)
	v.log.Info("robots.txt fetched", logging.Event(logging.RobotsFetched), zap.String("verdict", entry.Verdict),
		zap.Int("status", resp.status), zap.String(logging.KeyReason, reason), zap.Duration("took", resp.end.Sub(resp.start)))
	if reason == "blocked" {
		return true, v.fail(ctx, job, p, reason, "the address is not public; see allow_private")
	}
	if entry.Verdict == "disallow" {
		// Unreachable: nothing may be fetched now. The URL pays an attempt, so
		// that a host that never answers does not wait for ever.
		return true, v.retry(ctx, job, p, "robots_unreachable", reason)
	}
	v.answered()
	if err := v.bus.PutRobots(ctx, v.host, entry); err != nil {
		return true, err
	}
	v.rules, v.rulesTill = entry.rules(v.cfg.agentToken()), entry.Expires
	v.setGap(resp) // with its Crawl-delay
	return true, v.discoverSitemaps(ctx, u, src, job)
}

// fetchRobots asks for robots.txt and follows its redirects (RFC 9309, section
// 2.3.1), also to other hosts. The response is that of the last request.
func (v *visit) fetchRobots(ctx context.Context, u *url.URL) (entry robotsEntry, resp *response, reason string, err error) {
	at := &url.URL{Scheme: u.Scheme, Host: u.Host, Path: "/robots.txt"}
	for range robotsRedirects + 1 {
		resp, err = v.get(ctx, v.lane, at.String(), nil)
		if err != nil {
			return robotsEntry{Verdict: "disallow", Expires: time.Now().Add(robotsRetry)}, resp, fetch.Classify(err), nil
		}
		if resp.status < 300 || resp.status >= 400 {
			break
		}
		if at, err = weburl.Resolve(at, resp.header.Get("Location")); err != nil {
			break
		}
		// A hop is a request like any other.
		slow := time.Duration(v.cfg.LatencyFactor * float64(resp.end.Sub(resp.start)))
		pause(ctx, max(v.floor(), min(slow, v.cfg.MaxDelay)))
		if err := v.t.Check(ctx); err != nil {
			return entry, resp, "", err
		}
	}
	till := time.Now().Add(robotsTTL)
	switch {
	case resp.status >= 200 && resp.status < 300:
		const limit = 500 << 10 // RFC 9309, section 2.5
		return robotsEntry{Body: resp.body[:min(len(resp.body), limit)], Verdict: "rules", Expires: till}, resp, "", nil
	case resp.status == http.StatusTooManyRequests || resp.status >= 500:
		return robotsEntry{Verdict: "disallow", Expires: time.Now().Add(robotsRetry)}, resp, http.StatusText(resp.status), nil
	default:
		return robotsEntry{Verdict: "allow", Expires: till}, resp, http.StatusText(resp.status), nil
	}
}

// discoverSitemaps pushes the news sitemaps that robots.txt names.
func (v *visit) discoverSitemaps(ctx context.Context, base *url.URL, src *scope, job bus.FrontierURL) error {
	if src.Depth == 0 || !src.owns(base.Host) {
		return nil
	}
	for _, line := range v.rules.Sitemaps() {
		u, err := weburl.Resolve(base, line)
		if err != nil || !src.owns(u.Host) || !strings.Contains(strings.ToLower(u.Path), "news") {
			continue
		}
		if err := v.pushPoll(ctx, u, job); err != nil {
			return err
		}
	}
	return nil
}
