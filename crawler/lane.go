package crawler

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/gocolly/colly/v2"

	"pressmill/crawler/fetch"
	"pressmill/crawler/robots"
	"pressmill/crawler/usage"
	"pressmill/pkg/bus"
	"pressmill/pkg/bus/turn"
	"pressmill/pkg/news"
)

// lane is what a worker remembers of one host: a Colly collector of its own,
// the rules of its robots.txt and its seen URLs. Whoever holds the host's turn
// uses it, one at a time.
type lane struct {
	mu        sync.Mutex
	host      string
	agent     string // the name that robots.txt and pages know the crawler by
	collector *colly.Collector
	at        *url.URL      // that the collector fetches
	job       *response     // and what that brings
	rules     *robots.Rules // nil: not known yet
	rulesTill time.Time
	reserved  usage.Reservations // of text and data mining, if these are obeyed
	askedTDM  bool               // and whether they were asked for
	seen      *bus.Seen
	peer      peer
	left      hostState    // of a turn that was given up, for one that comes without a state
	fresh     func() error // turn.ErrFenced when the turn in work has run out
	// bounded returns the context of a request, which ends some time after the
	// worker was told to stop.
	bounded func(context.Context) (context.Context, context.CancelFunc)
	cookies cookies // of sources that ask for them
	weight  int     // its share of lanes.seen, which guards it
}

func (c *Crawler) newLane(host string) *lane {
	l := &lane{host: host, agent: c.cfg.agentToken(), collector: c.newCollector(), seen: c.bus.Seen(host)}
	// Colly parses a URL and writes it out several times. It is given the root
	// of the host, and the rest, which is parsed and normalised already, here.
	l.collector.OnRequest(func(r *colly.Request) {
		r.URL.Path, r.URL.RawPath, r.URL.RawQuery = l.at.Path, l.at.RawPath, l.at.RawQuery
	})
	l.collector.OnResponse(func(r *colly.Response) { l.job.status, l.job.header = r.StatusCode, *r.Headers })
	return l
}

// newCollector returns a collector that fetches and calls back, and leaves
// timing, robots.txt, deduplication, decoding, limits and retries to us.
func (c *Crawler) newCollector() *colly.Collector {
	col := colly.NewCollector()
	// Assigned, not given as options: environment variables override options.
	col.UserAgent = c.cfg.UserAgent
	col.AllowURLRevisit = true
	col.ParseHTTPErrorResponse = true
	col.IgnoreRobotsTxt = true
	col.MaxBodySize, col.MaxDepth, col.MaxRequests = 0, 0, 0
	col.AllowedDomains, col.DisallowedDomains = nil, nil
	col.CacheDir, col.DetectCharset, col.Async, col.TraceHTTP = "", false, false, false
	col.DisableCookies()
	col.WithTransport(bodyTap{c.transport})
	col.SetRequestTimeout(0) // the transport has its own
	// A redirect goes back into the frontier: its target's robots.txt, gap and
	// turn count like those of any URL.
	col.SetRedirectHandler(func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse })
	if err := col.Limit(&colly.LimitRule{DomainGlob: "*", Parallelism: 1}); err != nil {
		panic(err) // the rule is a constant
	}
	return col
}

// response is what one request brought.
type response struct {
	fresh     func() error // asked last before the wire; nil: not asked
	asked     bool         // the request was sent, as far as it got
	status    int
	header    http.Header
	sent      http.Header // with the request, without secrets
	proto     string
	remote    string // address and port; "" if none answered
	body      []byte // until free
	release   func()
	sum       string // of the body; "": see bodySHA256
	truncated bool
	// streamed says that who took the body over has read it, and streaming for
	// how long.
	streamed  bool
	streaming time.Duration
	// conditional says that only what changed was asked for; 304 answers nothing else.
	conditional bool
	asks        usage.Signals // what the page says about its use
	start, end  time.Time
	failure     error // why there is no answer, of one to robots.txt
}

// detail says why there is no answer, or else what it says.
func (r *response) detail(said string) string {
	if r.failure != nil {
		return r.failure.Error()
	}
	return said
}

// latency is how long the server took, without what reading it by and by took.
func (r *response) latency() time.Duration { return r.end.Sub(r.start) - r.streaming }

// bodySHA256 returns the SHA-256 of the body in hex, which is summed once for
// the look at whether it changed, the next look, and the page.
func (r *response) bodySHA256() string {
	if r.sum == "" {
		r.sum = news.BodySHA256(r.body)
	}
	return r.sum
}

type tapKey struct{}

// bodyTap hands the decoded body to the job in the request's context instead
// of to Colly, which would decode the charset and gzipped XML once more, the
// latter without a cap. Before that it sees to it that the turn has not run
// out since it was checked, as it does when the process is frozen in between.
type bodyTap struct{ next http.RoundTripper }

func (t bodyTap) RoundTrip(req *http.Request) (*http.Response, error) {
	into, tapped := req.Context().Value(tapKey{}).(*response)
	if tapped && into.fresh != nil {
		if err := into.fresh(); err != nil {
			return nil, err
		}
	}
	if tapped {
		into.asked = true
	}
	resp, err := t.next.RoundTrip(req)
	if err != nil || !tapped {
		return resp, err
	}
	body, ok := resp.Body.(fetch.Body)
	if !ok {
		return resp, fmt.Errorf("body of %T is not in memory", resp.Body)
	}
	into.proto = resp.Proto
	into.body, into.release = body.Bytes(), func() { body.Close() }
	resp.Body = http.NoBody
	return resp, nil
}

// free gives the body's memory back for the next page: of all garbage that
// fetching makes it would be the most. Nobody may hold on to the body.
func (r *response) free() {
	if r.release != nil {
		r.release()
	}
	r.body, r.release = nil, nil
}

// errStopping says that a request was given up, or what it brought, because the
// worker is to stop.
var errStopping = errors.New("the worker stops")

// untilStop returns who bounds requests: they end with errStopping when the
// worker was told to stop and the grace is over.
func untilStop(stop context.Context, grace time.Duration) func(context.Context) (context.Context, context.CancelFunc) {
	return func(ctx context.Context) (context.Context, context.CancelFunc) {
		ctx, cancel := context.WithCancelCause(ctx)
		unwatch := context.AfterFunc(stop, func() { time.AfterFunc(grace, func() { cancel(errStopping) }) })
		return ctx, func() { unwatch(); cancel(nil) }
	}
}

// letGo says whether an error ends the turn's work without a verdict on what was
// asked for.
func letGo(err error) bool { return errors.Is(err, turn.ErrFenced) || errors.Is(err, errStopping) }

// get fetches a URL once, without following redirects. Any status is a
// response; an error is of the network or the decoding (fetch.Classify), or one
// that letGo knows.
func (c *Crawler) get(ctx context.Context, l *lane, rawURL string, header http.Header) (resp *response, err error) {
	resp = &response{start: time.Now(), fresh: l.fresh}
	defer func() {
		if resp.asked {
			c.stage.Requests(1)
		}
		if r := recover(); r != nil {
			resp.end, err = time.Now(), fmt.Errorf("panic while fetching: %v", r)
		}
	}()
	u, err := url.Parse(rawURL)
	if err != nil {
		resp.end = time.Now()
		return resp, fmt.Errorf("parse URL: %w", err)
	}
	if l.bounded != nil {
		var done context.CancelFunc
		ctx, done = l.bounded(ctx)
		defer done()
	}
	var trace fetch.Trace
	l.at, l.job, l.collector.Context = u, resp, context.WithValue(fetch.WithTrace(ctx, &trace), tapKey{}, resp)
	defer func() { l.at, l.job, l.collector.Context = nil, nil, context.Background() }()
	if header == nil {
		header = http.Header{}
	}
	resp.conditional = header.Get("If-None-Match") != "" || header.Get("If-Modified-Since") != ""
	header.Set("User-Agent", c.cfg.UserAgent)
	header.Set("Accept", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8")
	header.Set("Accept-Encoding", fetch.AcceptEncoding)
	resp.sent = header
	err = l.collector.Request(http.MethodGet, u.Scheme+"://"+u.Host+"/", nil, nil, equip(ctx, l, u, header))
	resp.end, resp.remote = time.Now(), trace.Remote
	resp.streamed, resp.streaming = trace.Streamed, trace.Streaming
	if err != nil && errors.Is(context.Cause(ctx), errStopping) {
		err = errStopping
	}
	if err != nil {
		return resp, err
	}
	if resp.status == 0 {
		return resp, errors.New("no response")
	}
	resp.truncated = trace.Truncated
	restoreHeader(resp.header)
	keepCookies(ctx, l, u, resp.header)
	return resp, nil
}

// restoreHeader gives the header back the fields of the wire that the
// transport moved aside when it decoded the body.
func restoreHeader(h http.Header) {
	h.Del(fetch.HeaderTruncated)
	for _, field := range [...]struct{ moved, original string }{
		{fetch.HeaderContentEncoding, "Content-Encoding"},
		{fetch.HeaderContentLength, "Content-Length"},
		{fetch.HeaderTransferEncoding, "Transfer-Encoding"},
	} {
		if v, ok := h[field.moved]; ok {
			delete(h, field.moved)
			h[field.original] = v
		}
	}
}
