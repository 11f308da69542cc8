package crawler

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"go.uber.org/zap"

	"pressmill/crawler/fetch"
	"pressmill/crawler/groups"
	"pressmill/crawler/robots"
	"pressmill/crawler/usage"
	"pressmill/pkg/bus"
	"pressmill/pkg/logging"
	"pressmill/pkg/weburl"
)

const (
	robotsRedirects = 5                // RFC 9309, section 2.3.1.2
	robotsLongest   = 24 * time.Hour   // that a robots.txt is believed: RFC 9309, section 2.4
	robotsShortest  = 10 * time.Minute // even if it says that it must not be kept
	maxReservations = 64 << 10         // bytes of a file of reservations that are read
)

// robotsEntry is what the workers share about a host's robots.txt.
type robotsEntry struct {
	Body    []byte    `json:"body,omitempty"`
	Verdict string    `json:"verdict"` // rules, allow or disallow
	Expires time.Time `json:"expires"`
	// TDM is the host's file of reservations, which is asked for if these are
	// obeyed.
	TDM      []byte `json:"tdm,omitempty"`
	AskedTDM bool   `json:"asked_tdm,omitempty"`
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

// robotsHop is where the redirects of a robots.txt have led to so far. Each of
// them is a request like any other, which the host's gap comes before.
type robotsHop struct {
	URL  string    `json:"url"`
	Hops int       `json:"hops"`
	Slot time.Time `json:"slot,omitzero"` // when another host may be asked for it
}

// refreshRobots makes sure that the lane's rules are those of a robots.txt
// that is fresh enough. It says whether it sent a request, after which the
// host's gap has to pass, or put the URL off.
func (v *visit) refreshRobots(ctx context.Context, job *errand) (asked bool, err error) {
	now := time.Now()
	if v.rules != nil && now.Before(v.rulesTill) && !v.lacksReservations() {
		return false, nil
	}
	var known robotsEntry
	err = v.bus.Robots(ctx, v.host, &known)
	if err != nil && !errors.Is(err, bus.ErrNotFound) {
		return false, err
	}
	if err == nil && now.Before(known.Expires) {
		v.learn(known)
		if v.lacksReservations() {
			return true, v.fetchReservations(ctx, job.at, known)
		}
		return false, nil
	}
	entry, resp, reason, err := v.fetchRobots(ctx, job.at)
	if err != nil || entry.Verdict == "" {
		return true, err
	}
	v.log.Info("robots.txt fetched", logging.Event(logging.RobotsFetched), zap.String(logging.KeyCrawlID, job.CrawlID), zap.String(logging.KeyPageID, pageID(job.FrontierURL)), zap.String(logging.KeyVerdict, entry.Verdict),
		zap.Int(logging.KeyStatus, resp.status), zap.String(logging.KeyReason, reason), zap.Duration(logging.KeyTook, resp.end.Sub(resp.start)))
	return true, v.settleRobots(ctx, job, entry, resp, reason)
}

// settleRobots decides what a robots.txt means for the host, and for the URL
// that it was asked for.
func (v *visit) settleRobots(ctx context.Context, job *errand, entry robotsEntry, resp *response, reason string) error {
	if entry.Verdict == "disallow" && entry.Expires.IsZero() && reason != "blocked" {
		// Unreachable: nothing may be fetched now, whatever an older robots.txt
		// said (RFC 9309, section 2.3.1.4, would let it be used). The URL pays
		// an attempt, so that a host that never answers does not wait for ever.
		return v.retry(ctx, job, "robots_unreachable", resp.detail(reason))
	}
	if !entry.Expires.IsZero() {
		v.learn(entry)
		if err := v.bus.PutRobots(ctx, v.host, entry); err != nil {
			return err
		}
	}
	if reason == "blocked" {
		return v.fail(ctx, job, reason, "the address is not public; see allow_private")
	}
	v.answered()
	v.setGap(resp) // with its Crawl-delay
	return nil
}

// knownDelay is the Crawl-delay of the host, as far as the workers know it.
func (v *visit) knownDelay(ctx context.Context) (time.Duration, error) {
	var known robotsEntry
	err := v.bus.Robots(ctx, v.host, &known)
	if errors.Is(err, bus.ErrNotFound) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	asked, _ := known.rules(v.agent).CrawlDelay()
	return min(asked, v.cfg.MaxDelay), nil
}

func (l *lane) learn(e robotsEntry) {
	l.rules, l.rulesTill = e.rules(l.agent), e.Expires
	l.reserved, l.askedTDM = usage.ParseReservations(e.TDM), e.AskedTDM
}

func (v *visit) lacksReservations() bool { return v.obeyed&usage.TDM != 0 && !v.askedTDM }

// fetchReservations asks for the host's file of reservations. What cannot be
// had reserves nothing.
func (v *visit) fetchReservations(ctx context.Context, u *url.URL, entry robotsEntry) error {
	at := &url.URL{Scheme: u.Scheme, Host: u.Host, Path: usage.TDMFile}
	if v.rules.Allowed(at) {
		if err := v.t.Check(ctx); err != nil {
			return err
		}
		resp, err := v.get(fetch.WithMaxBody(ctx, maxReservations), v.lane, at.String(), nil)
		if letGo(err) {
			return v.lost(resp, err)
		}
		v.afterRequest(resp)
		if err == nil && resp.status == http.StatusOK {
			entry.TDM = resp.body
		}
	}
	entry.AskedTDM = true
	v.learn(entry)
	return v.bus.PutRobots(ctx, v.host, entry)
}

func robotsOf(u *url.URL) *url.URL {
	return &url.URL{Scheme: u.Scheme, Host: u.Host, Path: "/robots.txt"}
}

// fetchRobots asks for robots.txt, or for what its redirects have led to so
// far (RFC 9309, section 2.3.1), also on other hosts. An entry without a
// verdict says that there is more to ask for.
func (v *visit) fetchRobots(ctx context.Context, u *url.URL) (entry robotsEntry, resp *response, reason string, err error) {
	at, hop := robotsOf(u), v.state.Robots
	if hop.URL != "" {
		if at, err = weburl.Parse(hop.URL); err != nil {
			return entry, nil, "", err
		}
	}
	if at.Host != v.host {
		entry, later, err := v.otherRobots(ctx, at)
		if err != nil || later {
			return robotsEntry{}, nil, "", err
		}
		if entry.Verdict != "" {
			v.state.Robots = robotsHop{}
			entry.TDM, entry.AskedTDM = nil, false // are that host's
			return entry, &response{start: time.Now(), end: time.Now()}, "known", nil
		}
	}
	if err := v.t.Check(ctx); err != nil {
		return robotsEntry{}, nil, "", err
	}
	v.state.Robots = robotsHop{}
	resp, err = v.get(fetch.WithMaxBody(ctx, robots.MaxSize), v.lane, at.String(), nil)
	if letGo(err) {
		hop.Slot = time.Time{} // it is used up
		v.state.Robots = hop
		return robotsEntry{}, nil, "", v.lost(resp, err)
	}
	v.afterRequest(resp)
	if err != nil {
		entry, resp.failure = robotsEntry{Verdict: "disallow"}, err
		if at.Host != v.host && errors.Is(err, fetch.ErrBlocked) { // the host shall not be asked again for that
			entry.Expires = time.Now().Add(robotsShortest)
		}
		return entry, resp, fetch.Classify(err), nil
	}
	if to := location(at, resp); to != nil && hop.Hops < robotsRedirects {
		v.state.Robots = robotsHop{URL: to.String(), Hops: hop.Hops + 1}
		return robotsEntry{}, resp, "", nil
	}
	return robotsVerdict(resp), resp, http.StatusText(resp.status), nil
}

// location returns where a response redirects to, or nil.
func location(from *url.URL, resp *response) *url.URL {
	to := resp.header.Get("Location")
	if resp.status < 300 || resp.status >= 400 || to == "" {
		return nil
	}
	u, err := weburl.Resolve(from, to)
	if err != nil {
		return nil
	}
	return u
}

// otherRobots returns what is known of a robots.txt of another host. If it has
// to be asked for, that may have to wait: a thousand hosts may lead to the same
// one, and ask it no more often than one would.
func (v *visit) otherRobots(ctx context.Context, at *url.URL) (entry robotsEntry, later bool, err error) {
	if entry, err = v.knownRobots(ctx, at); err != nil || entry.Verdict != "" {
		return entry, false, err
	}
	if v.state.Robots.Slot.IsZero() {
		_, slot, err := v.takeFrom(ctx, membership{"robots.txt of " + at.Host, groups.Limit{Interval: v.floor() + maxSlack}})
		if err != nil {
			return entry, false, err
		}
		v.state.Robots.Slot = slot
	}
	return entry, v.putOff(v.state.Robots.Slot), nil
}

// knownRobots returns the robots.txt at a URL if it is known from its host's
// turn holder.
func (v *visit) knownRobots(ctx context.Context, at *url.URL) (entry robotsEntry, err error) {
	if at.Path != "/robots.txt" || at.RawQuery != "" {
		return entry, nil
	}
	err = v.bus.Robots(ctx, at.Host, &entry)
	if err != nil && !errors.Is(err, bus.ErrNotFound) {
		return entry, err
	}
	if !time.Now().Before(entry.Expires) {
		return robotsEntry{}, nil
	}
	return entry, nil
}

// robotsVerdict decides what an answer to the request for robots.txt means
// (RFC 9309, section 2.3.1): 429 is a server that is busy, like 5xx, and what
// is no answer at all says that there is no robots.txt.
func robotsVerdict(resp *response) robotsEntry {
	switch {
	case resp.status >= 200 && resp.status < 300:
		return robotsEntry{Verdict: "rules", Body: resp.body, Expires: resp.end.Add(robotsLife(resp.header))}
	case resp.status == http.StatusTooManyRequests || resp.status >= 500:
		return robotsEntry{Verdict: "disallow"}
	default:
		return robotsEntry{Verdict: "allow", Expires: resp.end.Add(robotsLife(resp.header))}
	}
}

// robotsLife returns how long a robots.txt is believed: as long as its
// Cache-Control says (RFC 9309, section 2.4), within bounds.
func robotsLife(h http.Header) time.Duration {
	life := robotsLongest
	for d := range strings.SplitSeq(strings.ToLower(strings.Join(h.Values("Cache-Control"), ",")), ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(d), "=")
		switch name {
		case "no-store", "no-cache":
			return robotsShortest
		case "max-age":
			seconds, err := strconv.ParseUint(strings.Trim(value, `"`), 10, 32)
			if err == nil {
				life = min(life, time.Duration(seconds)*time.Second)
			}
		}
	}
	return max(life, robotsShortest)
}
