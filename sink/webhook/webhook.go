// Package webhook delivers batches of articles to one URL: as the body of a
// POST, signed after the Standard Webhooks specification 1.0.0, tried again
// until the receiver has them. It knows HTTP alone: which articles make up a
// batch, and what its key is, the caller says.
//
// A batch is sent at least once, always with the same key and the same bytes;
// a receiver that keeps the keys that it has seen takes each batch once.
package webhook

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"

	"pressmill/pkg/config"
	"pressmill/pkg/logging"
)

// Batch is what one request carries.
type Batch struct {
	// Key names the batch: the same for every attempt, another for any other
	// batch. It is made of ASCII letters, digits, "-" and "_".
	Key string
	// Articles are JSON objects, each without line ends.
	Articles [][]byte
}

// Client delivers batches to one receiver. It is safe for concurrent use;
// batches that are sent at the same time share what is known of the receiver.
type Client struct {
	cfg      Config
	http     *http.Client
	receiver receiver
	slots    chan struct{} // one for each request that may be on its way
}

// New returns a client. Every fault of the configuration comes back at once;
// secrets must be there now, and are read again for every attempt.
func New(cfg Config) (*Client, error) {
	cfg = cfg.Defaults()
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	c := &Client{cfg: cfg, receiver: receiver{changed: cfg.Changed}, slots: make(chan struct{}, cfg.Parallel)}
	transport, err := cfg.transport()
	if err != nil {
		return nil, err
	}
	if _, err := cfg.header("probe", nil, time.Now()); err != nil {
		return nil, err
	}
	c.http = &http.Client{Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	return c, nil
}

func (c Config) transport() (*http.Transport, error) {
	t := &http.Transport{
		TLSClientConfig: &tls.Config{MinVersion: tlsVersions[c.MinTLS]}, ForceAttemptHTTP2: true,
		MaxIdleConnsPerHost: c.Parallel, IdleConnTimeout: 90 * time.Second, MaxResponseHeaderBytes: 64 << 10,
		ExpectContinueTimeout: continueTime,
	}
	if c.CAFile != "" {
		pem, err := os.ReadFile(c.CAFile)
		if err != nil {
			return nil, fmt.Errorf("read ca_file: %w", err)
		}
		t.TLSClientConfig.RootCAs = x509.NewCertPool()
		if !t.TLSClientConfig.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("read ca_file %s: there is no PEM certificate in it", c.CAFile)
		}
	}
	switch c.Proxy {
	case "":
	case FromEnvironment:
		t.Proxy = http.ProxyFromEnvironment
	default:
		u, err := c.proxy()
		if err != nil {
			return nil, err
		}
		t.Proxy = http.ProxyURL(u)
	}
	return t, nil
}

// proxy returns the proxy's URL with its user and password, read once.
func (c Config) proxy() (*url.URL, error) {
	u, err := url.Parse(c.Proxy)
	if err != nil || c.ProxyAuth == "" {
		return u, err
	}
	auth, err := config.Dereference(c.ProxyAuth)
	if err != nil {
		return nil, fmt.Errorf("read proxy_auth: %w", err)
	}
	user, password, _ := strings.Cut(auth, ":")
	u.User = url.UserPassword(user, password)
	return u, nil
}

// Close closes the connections that wait for further batches.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// Gone says whether the receiver has answered that it wants no more.
func (c *Client) Gone() bool { return c.receiver.isGone() }

// Send delivers a batch and returns nil when the receiver has answered with
// 2xx. Until then it tries again, as long as ctx allows, while the receiver
// cannot be reached, is busy or broken, or refuses what has nothing to do with
// the batch. A *RejectedError says that it wants something else than this
// batch, ErrGone that it wants nothing any more. When ctx ends, the error wraps
// its cause and says what the last attempt met.
func (c *Client) Send(ctx context.Context, b Batch) error {
	body, err := c.cfg.body(b)
	if err != nil {
		return fmt.Errorf("encode batch %s: %w", b.Key, err)
	}
	var last error
	cut := false // the last attempt got no answer
	for refused := 0; ; {
		if err := c.receiver.wait(ctx); errors.Is(err, ErrGone) {
			return err
		} else if err != nil {
			return c.gaveUp(ctx, b, last)
		}
		start := time.Now()
		answer, err := c.attempt(ctx, b.Key, body, cut)
		cut = err != nil
		switch {
		case err == nil && answer.done():
			c.receiver.succeeded()
			return nil
		case err == nil && answer.status == http.StatusGone:
			return c.receiver.leave(answer)
		case err == nil && answer.aboutBatch():
			c.receiver.succeeded()
			if refused++; answer.final() || refused >= c.cfg.Attempts {
				return &RejectedError{Key: b.Key, Status: answer.status, Attempts: refused, Detail: answer.detail}
			}
			last = answer
			if pause(ctx, max(c.cfg.backoff(refused), min(answer.retryAfter, c.cfg.MaxRetryAfter))) != nil {
				return c.gaveUp(ctx, b, last)
			}
			continue
		case err == nil:
			err = answer
		case ctx.Err() != nil:
			return c.gaveUp(ctx, b, errors.Join(last, err))
		}
		last = err
		if pause(ctx, c.receiver.failed(start, answer.retryAfter, err, c.cfg)) != nil {
			return c.gaveUp(ctx, b, last)
		}
	}
}

func (c *Client) gaveUp(ctx context.Context, b Batch, last error) error {
	err := context.Cause(ctx)
	if last != nil {
		return fmt.Errorf("deliver batch %s: %w; the last attempt met: %w", b.Key, err, last)
	}
	return fmt.Errorf("deliver batch %s: %w", b.Key, err)
}

// attempt is one request. An error is one of the network or of a secret. With
// ask, the body is sent when the receiver is willing to read it (RFC 9110,
// section 10.1.1): one that refuses it early, as too large, may close the
// connection before its answer is read.
func (c *Client) attempt(ctx context.Context, key string, body []byte, ask bool) (answer, error) {
	select {
	case c.slots <- struct{}{}:
		defer func() { <-c.slots }()
	case <-ctx.Done():
		return answer{}, context.Cause(ctx)
	}
	ctx, cancel := context.WithTimeoutCause(ctx, c.cfg.Timeout, errTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.cfg.URL, bytes.NewReader(body))
	if err != nil {
		return answer{}, redact(err)
	}
	if req.Header, err = c.cfg.header(key, body, time.Now()); err != nil {
		return answer{}, err
	}
	if ask {
		req.Header.Set("Expect", "100-continue")
	}
	resp, err := c.http.Do(req)
	if err != nil {
		if context.Cause(ctx) == errTimeout { //nolint:errorlint // it is compared, not wrapped
			err = errTimeout
		}
		return answer{}, redact(err)
	}
	defer func() { _ = resp.Body.Close() }()
	defer time.AfterFunc(answerTime, cancel).Stop() // whatever still comes: the status is the answer
	a := answer{status: resp.StatusCode, retryAfter: retryAfter(resp.Header.Get("Retry-After"), time.Now())}
	head, _ := io.ReadAll(io.LimitReader(resp.Body, maxDetail))
	if a.detail = plain(head); a.status/100 == 3 {
		a.detail = "redirects are not followed; it points to " + logging.RedactURL(plain([]byte(resp.Header.Get("Location"))))
	}
	_, _ = io.Copy(io.Discard, io.LimitReader(resp.Body, maxDrain)) // so that the connection serves again
	return a, nil
}

const (
	maxDetail = 300      // bytes of an answer that are kept
	maxDrain  = 64 << 10 // and that are read at most

	// answerTime is how long the body of an answer may take, and continueTime how
	// long a receiver may think before it is sent a body without being willing.
	answerTime   = time.Second
	continueTime = 2 * time.Second
)

// header returns the headers of one attempt at a batch.
func (c Config) header(key string, body []byte, at time.Time) (http.Header, error) {
	h := http.Header{}
	for name, value := range c.Headers {
		value, err := config.Dereference(value)
		if err != nil {
			return nil, fmt.Errorf("read header %s: %w", name, err)
		}
		h.Set(name, value)
	}
	if h.Get("User-Agent") == "" {
		h.Set("User-Agent", "Pressmill")
	}
	h.Set("Content-Type", c.Format.contentType())
	if c.Compression != None {
		h.Set("Content-Encoding", string(c.Compression))
	}
	stamp := strconv.FormatInt(at.Unix(), 10)
	h.Set("Idempotency-Key", key)
	h.Set("Webhook-Id", key)
	h.Set("Webhook-Timestamp", stamp)
	keys, err := c.keys()
	if err != nil {
		return nil, err
	}
	if len(keys) > 0 {
		h.Set("Webhook-Signature", signatures(keys, key, stamp, body))
	}
	return h, nil
}

// redact is an error of net/http without the URL, which may hold a token.
func redact(err error) error {
	if e, ok := errors.AsType[*url.Error](err); ok {
		return fmt.Errorf("%s %s: %w", strings.ToUpper(e.Op), logging.RedactURL(e.URL), e.Err)
	}
	return err
}
