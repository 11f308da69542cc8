package webhook

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"time"

	"golang.org/x/net/http/httpguts"

	"pressmill/pkg/config"
	"pressmill/pkg/logging"
)

// Format is how articles become a body.
type Format string

// The formats: a line for each article, or one array of all.
const (
	Lines Format = "ndjson"
	Array Format = "json"
)

func (f Format) contentType() string {
	switch f {
	case Lines:
		return "application/x-ndjson"
	case Array:
		return "application/json"
	}
	return ""
}

// Compression is the content coding of the body.
type Compression string

// The content codings (RFC 9110, section 8.4.1; RFC 8878).
const (
	None Compression = "none"
	Gzip Compression = "gzip"
	Zstd Compression = "zstd"
)

// FromEnvironment as the proxy means HTTPS_PROXY, HTTP_PROXY and NO_PROXY.
const FromEnvironment = "environment"

// Config is one receiver. Zero values are the defaults.
type Config struct {
	// URL is https://..., or http://... to a loopback address or with Insecure.
	// It holds no user and password.
	URL string `yaml:"-"`
	// Insecure allows plain HTTP to any address.
	Insecure bool `yaml:"insecure"`
	// Format is ndjson (default) or json.
	Format Format `yaml:"format"`
	// Compression is none (default), gzip or zstd.
	Compression Compression `yaml:"compression"`
	// Secrets sign: each is env:NAME or file:PATH of "whsec_" and the base64 of
	// 24 to 64 bytes. Several stand side by side while they are exchanged.
	// Without one, nothing is signed.
	Secrets []string `yaml:"secrets"`
	// Headers are sent with each request. A value may be env:NAME or file:PATH;
	// that of Authorization must be.
	Headers map[string]string `yaml:"headers"`
	// Timeout bounds one attempt, from dialling to the answer. Default 30 s.
	Timeout time.Duration `yaml:"timeout"`
	// Parallel is how many requests a worker has on their way at a time.
	// Default 4.
	Parallel int `yaml:"parallel"`
	// Attempts is how often a batch is tried that the receiver refuses. Default 5.
	Attempts int `yaml:"attempts"`
	// MinBackoff and MaxBackoff bound the pause between attempts: a random time
	// up to MinBackoff, doubled with each failure up to MaxBackoff. Defaults
	// 1 s and 5 min.
	MinBackoff time.Duration `yaml:"min_backoff"`
	MaxBackoff time.Duration `yaml:"max_backoff"`
	// MaxRetryAfter is the longest Retry-After that is kept. Default 1 h.
	MaxRetryAfter time.Duration `yaml:"max_retry_after"`
	// CAFile holds PEM certificates; they alone are trusted then.
	CAFile string `yaml:"ca_file"`
	// MinTLS is 1.2 (default) or 1.3.
	MinTLS string `yaml:"min_tls"`
	// Proxy is a URL with the scheme http, https or socks5, "environment", or ""
	// for none (default). ProxyAuth is env:NAME or file:PATH of user:password.
	Proxy     string `yaml:"proxy"`
	ProxyAuth string `yaml:"proxy_auth"`
	// Changed is called with an error when the receiver stops taking batches,
	// and with nil when it takes them again; it may be nil.
	Changed func(err error) `yaml:"-"`
}

// Defaults returns the configuration with what is unset filled in.
func (c Config) Defaults() Config {
	setDefault(&c.Format, Lines)
	setDefault(&c.Compression, None)
	setDefault(&c.Timeout, 30*time.Second)
	setDefault(&c.Parallel, 4)
	setDefault(&c.Attempts, 5)
	setDefault(&c.MinBackoff, time.Second)
	setDefault(&c.MaxBackoff, 5*time.Minute)
	setDefault(&c.MaxRetryAfter, time.Hour)
	setDefault(&c.MinTLS, "1.2")
	return c
}

func setDefault[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}

var tlsVersions = map[string]uint16{"1.2": tls.VersionTLS12, "1.3": tls.VersionTLS13}

// Headers that say what a request carries, and those whose values are secrets.
var (
	ownHeaders = []string{
		"Host", "Content-Type", "Content-Encoding", "Content-Length", "Transfer-Encoding", "Connection", "Te", "Upgrade", "Trailer",
		"Idempotency-Key", "Webhook-Id", "Webhook-Timestamp", "Webhook-Signature", "Proxy-Authorization", "Expect",
	}
	secretHeaders = []string{"Authorization", "Cookie"}
)

// Validate reports every fault of a configuration with its defaults filled in,
// joined into one error, or nil. It reads no secrets.
func (c Config) Validate() error {
	var errs []error
	fault := func(bad bool, format string, args ...any) {
		if bad {
			errs = append(errs, fmt.Errorf(format, args...))
		}
	}
	err := c.checkURL()
	fault(err != nil, "url: %w", err)
	fault(c.Format.contentType() == "", "format: %q is not ndjson or json", c.Format)
	fault(c.Compression != None && c.Compression != Gzip && c.Compression != Zstd, "compression: %q is not zstd, gzip or none", c.Compression)
	for i, s := range c.Secrets {
		fault(!config.IsReference(s), "secrets[%d]: must be env:NAME or file:PATH", i)
	}
	for name, value := range c.Headers {
		canonical := http.CanonicalHeaderKey(name)
		fault(!httpguts.ValidHeaderFieldName(name) || !httpguts.ValidHeaderFieldValue(value), "headers: %q is no valid header", name)
		fault(slices.Contains(ownHeaders, canonical), "headers: %s is set by the sink", canonical)
		fault(slices.Contains(secretHeaders, canonical) && !config.IsReference(value), "headers: %s must be env:NAME or file:PATH", canonical)
	}
	fault(c.Timeout < 0, "timeout: %s is negative", c.Timeout)
	fault(c.Parallel < 1, "parallel: %d is not positive", c.Parallel)
	fault(c.Attempts < 1, "attempts: %d is not positive", c.Attempts)
	fault(c.MinBackoff < 0, "min_backoff: %s is negative", c.MinBackoff)
	fault(c.MaxBackoff < c.MinBackoff, "max_backoff: %s is below min_backoff %s", c.MaxBackoff, c.MinBackoff)
	fault(c.MaxRetryAfter < 0, "max_retry_after: %s is negative", c.MaxRetryAfter)
	fault(tlsVersions[c.MinTLS] == 0, "min_tls: %q is not 1.2 or 1.3", c.MinTLS)
	return errors.Join(append(errs, c.checkProxy()...)...)
}

func (c Config) checkURL() error {
	u, err := url.Parse(c.URL)
	if e, ok := errors.AsType[*url.Error](err); ok {
		err = e.Err
	}
	shown := logging.RedactURL(c.URL)
	switch {
	case err != nil:
		return fmt.Errorf("%q: %w", shown, err)
	case u.Scheme != "https" && u.Scheme != "http" || u.Hostname() == "":
		return fmt.Errorf("%q is neither https://host/path nor http://host/path", shown)
	case u.User != nil:
		return fmt.Errorf("%q has a user; credentials belong into headers, as env:NAME or file:PATH", shown)
	case u.Fragment != "":
		return fmt.Errorf("%q has a fragment", shown)
	case u.Scheme == "http" && !c.Insecure && !isLoopback(u.Hostname()):
		return fmt.Errorf("%q would send articles in the clear; use https, or set insecure: true", shown)
	}
	return nil
}

func isLoopback(host string) bool {
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.IsLoopback()
}

func (c Config) checkProxy() (errs []error) {
	if c.ProxyAuth != "" && !config.IsReference(c.ProxyAuth) {
		errs = append(errs, errors.New("proxy_auth: must be env:NAME or file:PATH, which holds user:password"))
	}
	if c.Proxy == "" || c.Proxy == FromEnvironment {
		if c.ProxyAuth != "" {
			errs = append(errs, errors.New("proxy_auth: there is no proxy"))
		}
		return errs
	}
	u, err := url.Parse(c.Proxy)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" && u.Scheme != "socks5" {
		return append(errs, fmt.Errorf("proxy: %q is no URL with the scheme http, https or socks5", logging.RedactURL(c.Proxy)))
	}
	if u.User != nil {
		errs = append(errs, errors.New("proxy: user and password belong into proxy_auth"))
	}
	return errs
}
