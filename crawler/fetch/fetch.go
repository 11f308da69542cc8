// Package fetch is the RoundTripper under Colly: it dials only public
// addresses, decodes bodies under a cap on decoded bytes, and says when an
// exchange began and ended. Redirects, robots.txt and timing between requests
// are not its business.
package fetch

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"
)

// The response header fields that a Transport sets. What a server sends under
// these names is dropped.
const (
	HeaderTruncated        = "X-Pressmill-Truncated"       // "1" if the body was cut at a cap
	HeaderContentEncoding  = "X-Crawler-Content-Encoding"  // Content-Encoding as sent
	HeaderContentLength    = "X-Crawler-Content-Length"    // Content-Length as sent
	HeaderTransferEncoding = "X-Crawler-Transfer-Encoding" // Transfer-Encoding as sent
)

// AcceptEncoding is the Accept-Encoding of every request.
const AcceptEncoding = "gzip, br, zstd"

// Options configure a Transport. Zero values stand for the defaults.
type Options struct {
	// UserAgent replaces the User-Agent of every request unless it is "".
	UserAgent string
	// MaxBody caps the decoded body in bytes. Default 6 MB (6 << 20).
	MaxBody int64
	// MaxWire caps the body as sent, in bytes. Default MaxBody.
	MaxWire int64
	// AllowPrivate are the prefixes outside the public internet that may be
	// dialled. Default none.
	AllowPrivate []netip.Prefix
	// AllowPrivateProxies are those in which proxies may lie. Default none.
	AllowPrivateProxies []netip.Prefix

	// MaxStream caps the decoded body that a Taker reads, and that body as
	// sent. Default 50 MB (50 << 20).
	MaxStream int64

	Timeout       time.Duration // of one exchange, from dial to the last byte. Default 60 s
	StreamTimeout time.Duration // of one whose body a Taker reads. Default 10 min
	DialTimeout   time.Duration // of name resolution and connect. Default 10 s
	TLSTimeout    time.Duration // of the TLS handshake. Default 10 s
	HeaderTimeout time.Duration // from the request to the response's header. Default 30 s
	IdleTimeout   time.Duration // of an unused connection. Default 30 s

	MaxIdle        int // unused connections in all. Default 512
	MaxIdlePerHost int // unused connections per host. Default 2

	DNSTTL         time.Duration // how long an address is believed. Default 5 min
	DNSNegativeTTL time.Duration // and that a name does not exist. Default 30 s
	DNSSize        int           // how many names are remembered. Default 10,000
	// Lookup finds the addresses of a name, as net.Resolver.LookupNetIP.
	// Default the system's resolver.
	Lookup func(ctx context.Context, network, host string) ([]netip.Addr, error)
	// Connect connects to an address that the guard has let through, as
	// net.Dialer.DialContext. Default the network.
	Connect func(ctx context.Context, network, address string) (net.Conn, error)

	// RootCAs replace the system's.
	RootCAs *x509.CertPool
	// MinTLS is the oldest version of TLS. Default tls.VersionTLS12.
	MinTLS uint16
}

func (o Options) withDefaults() Options {
	setDefault(&o.MaxBody, 6<<20)
	setDefault(&o.MaxWire, o.MaxBody)
	setDefault(&o.MaxStream, 50<<20)
	setDefault(&o.Timeout, time.Minute)
	setDefault(&o.StreamTimeout, 10*time.Minute)
	setDefault(&o.DialTimeout, 10*time.Second)
	setDefault(&o.TLSTimeout, 10*time.Second)
	setDefault(&o.HeaderTimeout, 30*time.Second)
	setDefault(&o.IdleTimeout, 30*time.Second)
	setDefault(&o.MaxIdle, 512)
	setDefault(&o.MaxIdlePerHost, 2)
	setDefault(&o.DNSTTL, 5*time.Minute)
	setDefault(&o.DNSNegativeTTL, 30*time.Second)
	setDefault(&o.DNSSize, 10_000)
	setDefault(&o.MinTLS, tls.VersionTLS12)
	if o.Lookup == nil {
		o.Lookup = net.DefaultResolver.LookupNetIP
	}
	return o
}

func setDefault[T uint16 | int | int64 | time.Duration](v *T, def T) {
	if *v <= 0 {
		*v = def
	}
}

// Transport is an http.RoundTripper, safe for concurrent use. Make it with
// NewTransport and share it: it holds the idle connections and the DNS cache.
type Transport struct {
	opts    Options
	names   *resolver
	decoder *decoder
	direct  *http.Transport
	proxied *lru.Cache[string, *http.Transport] // by the URL of the proxy
}

// maxProxies is how many proxies are remembered with their connections.
const maxProxies = 64

// NewTransport makes a Transport. TLS roots are the system's, as
// SSL_CERT_FILE and SSL_CERT_DIR say, unless the options name others. Proxies
// of the environment are not used: see WithProxy.
func NewTransport(o Options) *Transport {
	o = o.withDefaults()
	t := &Transport{opts: o, names: newResolver(o), decoder: newDecoder(o.MaxBody, o.MaxWire, o.MaxStream)}
	t.direct = t.newBase(newDialer(o, t.names, o.AllowPrivate))
	var err error
	t.proxied, err = lru.NewWithEvict(maxProxies, func(_ string, base *http.Transport) { base.CloseIdleConnections() })
	if err != nil {
		panic(err) // the size is positive
	}
	return t
}

func (t *Transport) newBase(d *dialer) *http.Transport {
	return &http.Transport{
		DialContext:            d.dial,
		ForceAttemptHTTP2:      true,
		DisableCompression:     true, // encodings are decoded here, under a cap
		TLSClientConfig:        t.opts.tls(),
		TLSHandshakeTimeout:    t.opts.TLSTimeout,
		ResponseHeaderTimeout:  t.opts.HeaderTimeout,
		IdleConnTimeout:        t.opts.IdleTimeout,
		MaxIdleConns:           t.opts.MaxIdle,
		MaxIdleConnsPerHost:    t.opts.MaxIdlePerHost,
		MaxResponseHeaderBytes: maxHeader,
		HTTP2:                  &http.HTTP2Config{SendPingTimeout: 15 * time.Second, PingTimeout: 10 * time.Second},
	}
}

func (o Options) tls() *tls.Config { return &tls.Config{RootCAs: o.RootCAs, MinVersion: o.MinTLS} }

// base returns the transport of the context's proxy, or the one without: each
// has connections of its own.
func (t *Transport) base(ctx context.Context) *http.Transport {
	proxy, _ := ctx.Value(proxyKey{}).(*url.URL)
	if proxy == nil {
		return t.direct
	}
	key := proxy.String()
	if base, ok := t.proxied.Get(key); ok {
		return base
	}
	d := newDialer(t.opts, t.names, t.opts.AllowPrivate)
	d.connect = through(proxy, newDialer(t.opts, t.names, t.opts.AllowPrivateProxies), t.opts.tls())
	base := t.newBase(d)
	if before, ok, _ := t.proxied.PeekOrAdd(key, base); ok {
		return before
	}
	return base
}

// Resolve returns the addresses of a host in the order in which they would be
// dialled, from the cache if it has them.
func (t *Transport) Resolve(ctx context.Context, host string) ([]netip.Addr, error) {
	return t.names.resolve(ctx, host)
}

// CloseIdleConnections closes the connections that no request uses.
func (t *Transport) CloseIdleConnections() {
	t.direct.CloseIdleConnections()
	for _, base := range t.proxied.Values() {
		base.CloseIdleConnections()
	}
}

// Trace receives what happened on the wire. One Trace belongs to one request
// and the redirects that follow from it; read it when the request is done.
type Trace struct {
	// Of the last exchange: whether the body was cut at a cap, and the address
	// that answered ("" if none).
	Truncated bool
	Remote    string
	// Streamed says that a Taker took the body over, and Streaming how long it
	// read.
	Streamed  bool
	Streaming time.Duration
}

// maxHeader is the longest header of a response in bytes: it goes with its page.
const maxHeader = 256 << 10

type traceKey struct{}

// WithTrace returns a context whose requests report to the trace.
func WithTrace(ctx context.Context, t *Trace) context.Context {
	return context.WithValue(ctx, traceKey{}, t)
}

type maxBodyKey struct{}

// WithMaxBody returns a context whose requests read at most so many bytes of a
// body, on the wire and decoded.
func WithMaxBody(ctx context.Context, n int64) context.Context {
	return context.WithValue(ctx, maxBodyKey{}, n)
}

// Body is the body of a Transport's response: it lies in memory.
type Body interface {
	io.ReadCloser
	// Bytes returns the whole body, decoded. It is valid until Close, after
	// which the next response uses its memory.
	Bytes() []byte
}

// RoundTrip does one exchange, body included: when it returns, the last byte
// has been read and decoded. The response has neither Content-Encoding nor
// Content-Length; they stand in the X-Crawler fields. A body over a cap is cut
// and marked with HeaderTruncated. Errors are told apart by Classify.
func (t *Transport) RoundTrip(req *http.Request) (*http.Response, error) {
	trace, _ := req.Context().Value(traceKey{}).(*Trace)
	if trace == nil {
		trace = new(Trace)
	}
	*trace = Trace{}
	return t.exchange(req, trace)
}

func (t *Transport) exchange(req *http.Request, trace *Trace) (*http.Response, error) {
	ctx, till := withDeadline(req.Context(), t.opts.Timeout, t.opts.StreamTimeout)
	defer till.stop()
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GotConn: func(info httptrace.GotConnInfo) { trace.Remote = info.Conn.RemoteAddr().String() },
	})
	resp, err := t.base(ctx).RoundTrip(t.outgoing(ctx, req))
	if err != nil {
		return nil, causeOf(ctx, err)
	}
	defer resp.Body.Close()
	encodings := rename(resp)
	decoder := t.decoder
	if n, ok := ctx.Value(maxBodyKey{}).(int64); ok {
		decoder = newDecoder(n, n, n)
	}
	read, err := decoder.read(ctx, resp.Body, encodings, sizeHint(resp), takerOf(ctx, resp), till.putOff)
	trace.Truncated, trace.Streamed, trace.Streaming = read.truncated, read.streamed, read.streaming
	if err != nil {
		return nil, fmt.Errorf("read body of %s: %w", req.URL.Redacted(), causeOf(ctx, err))
	}
	if read.truncated {
		resp.Header.Set(HeaderTruncated, "1")
	}
	resp.Body, resp.ContentLength, resp.Uncompressed = read.body, int64(read.body.Len()), true
	resp.Request = req
	return resp, nil
}

// outgoing returns the request as it is sent: a RoundTripper must not change
// the one it is given.
func (t *Transport) outgoing(ctx context.Context, req *http.Request) *http.Request {
	out := req.WithContext(ctx)
	agent := t.opts.UserAgent
	if isOnly(out.Header["Accept-Encoding"], AcceptEncoding) && (agent == "" || isOnly(out.Header["User-Agent"], agent)) {
		return out
	}
	if out.Header = req.Header.Clone(); out.Header == nil {
		out.Header = make(http.Header)
	}
	out.Header.Set("Accept-Encoding", AcceptEncoding)
	if agent != "" {
		out.Header.Set("User-Agent", agent)
	}
	return out
}

func isOnly(values []string, value string) bool { return len(values) == 1 && values[0] == value }

// rename moves the header fields that describe the body on the wire to their
// X-Crawler names and returns the content encodings in the order in which
// they were applied.
func rename(resp *http.Response) (encodings []string) {
	h := resp.Header
	for _, name := range []string{HeaderTruncated, HeaderContentEncoding, HeaderContentLength, HeaderTransferEncoding} {
		h.Del(name)
	}
	if values := h.Values("Content-Encoding"); len(values) > 0 {
		all := strings.Join(values, ", ")
		h.Set(HeaderContentEncoding, all)
		for e := range strings.SplitSeq(all, ",") {
			if e = strings.ToLower(strings.TrimSpace(e)); e != "" && e != "identity" {
				encodings = append(encodings, e)
			}
		}
	}
	if resp.ContentLength >= 0 && h.Get("Content-Length") != "" {
		h.Set(HeaderContentLength, strconv.FormatInt(resp.ContentLength, 10))
	}
	if len(resp.TransferEncoding) > 0 {
		h.Set(HeaderTransferEncoding, strings.Join(resp.TransferEncoding, ", "))
	}
	h.Del("Content-Encoding")
	h.Del("Content-Length")
	return encodings
}

// sizeHint returns the size to expect of a body, or 0.
func sizeHint(resp *http.Response) int64 { return max(resp.ContentLength, 0) }
