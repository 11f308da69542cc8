package crawler

import (
	"crypto/tls"
	"errors"
	"fmt"
	"math"
	"net/mail"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"pressmill/crawler/cadence"
	"pressmill/crawler/fetch"
	"pressmill/crawler/usage"
	"pressmill/pkg/config"
	"pressmill/pkg/weburl"
	"pressmill/pkg/worker"
)

const (
	contactDelay   = time.Second     // default gap of a crawler that says whom to write to
	anonymousDelay = 5 * time.Second // and of one that does not

	// DelayByContact is the Delay that was not set: one second with a Contact,
	// five without.
	DelayByContact = time.Duration(math.MinInt64)
)

// Config is the section crawler of the configuration.
type Config struct {
	// Contact is a URL or a mail address where site owners reach whoever runs
	// the crawler. Without one, hosts of the public internet are asked no more
	// often than every five seconds, whatever Delay says.
	Contact string `yaml:"contact"`
	// UserAgent is sent with every request; its first token is the name that
	// robots.txt is asked for. Default: "Pressmill/<version> (+<contact>)".
	UserAgent string `yaml:"user_agent"`
	// Delay is the least gap between the end of a response and the next
	// request to the same host.
	Delay time.Duration `yaml:"delay"`
	// LatencyFactor makes the gap grow with slow hosts: at least this many
	// times the last request's duration, up to MaxDelay.
	LatencyFactor float64       `yaml:"latency_factor"`
	MaxDelay      time.Duration `yaml:"max_delay"` // upper bound of what hosts may ask for
	Timeout       time.Duration `yaml:"timeout"`   // of one request, body included
	MaxBody       config.Bytes  `yaml:"max_body"`  // decoded; longer bodies are cut and marked
	Slots         int           `yaml:"slots"`     // hosts worked on at the same time by one worker
	Attempts      int           `yaml:"attempts"`  // fetches of one URL before it becomes a dead letter
	// Poll is the first interval between looks at a seed page, feed or sitemap.
	// It grows shorter while they bring news, down to PollMin (default: a third
	// of Poll), and longer while not, up to PollMax (default: 24 times Poll).
	Poll    time.Duration `yaml:"poll"`
	PollMin time.Duration `yaml:"poll_min"`
	PollMax time.Duration `yaml:"poll_max"`
	// SilentAfter is the least time without news after which a source is
	// silent; otherwise it is three times the usual one.
	SilentAfter time.Duration `yaml:"silent_after"`
	Backoff     time.Duration `yaml:"backoff"` // longest pause of a host that fails
	// MaxAge is how old an item may be, by what its feed or sitemap says, to be
	// fetched. Items without a date are; 0: there is no limit.
	MaxAge time.Duration `yaml:"max_age"`
	// MaxLink is the longest URL in bytes that is followed as a link or entry of
	// a sitemap; 0: any that can be worked on.
	MaxLink int `yaml:"max_link"`
	// PatternBudget is how many requests URLs of one pattern get that bring no
	// article, as those of calendars and combined filters; 0: as many as come.
	PatternBudget int `yaml:"pattern_budget"`
	// PageBudget is how many pages of one host are taken up in a day (UTC), a
	// tenth of them of feeds and news sitemaps only; 0: as many as come.
	PageBudget int `yaml:"page_budget"`
	// DropAfter is how long a host may fail before what waits of it becomes
	// dead letters and it is asked once a day; 0: for ever.
	DropAfter time.Duration `yaml:"drop_after"`
	// Revisit says how long after its first fetch an article is looked at again;
	// none: never.
	Revisit []time.Duration `yaml:"revisit"`
	// DomainRate and AddressRate are how many requests a second all hosts of a
	// registrable domain, and all behind one address, get together; 0: as many
	// as come. Addresses that AllowPrivate opens have no such limit.
	DomainRate  float64 `yaml:"domain_rate"`
	AddressRate float64 `yaml:"address_rate"`
	// Obey lists what of that which pages say about their use is obeyed:
	// nofollow for their links; noindex, noarchive, noai and tdm (a
	// reservation of text and data mining) keep them from being published.
	// All of it is recorded with an article in any case.
	Obey []string `yaml:"obey"`
	// AllowPrivate lists the private, loopback or link-local ranges (CIDR)
	// that may be dialled. All others are refused.
	AllowPrivate []string `yaml:"allow_private"`
	// AllowPrivateProxies lists the ranges in which proxies may lie.
	AllowPrivateProxies []string `yaml:"allow_private_proxies"`
	// MinTLS is the oldest version of TLS that is spoken: 1.0, 1.1, 1.2 or 1.3.
	MinTLS string `yaml:"min_tls"`

	// Once ends the crawl of a host when nothing of it waits: no polls, no
	// revisits.
	Once bool `yaml:"-"`
}

// Defaults returns the configuration of a polite crawler.
func Defaults() Config {
	return Config{
		Delay:         DelayByContact,
		LatencyFactor: 5,
		MaxDelay:      120 * time.Second,
		Timeout:       30 * time.Second,
		MaxBody:       6 << 20,
		Slots:         512,
		Attempts:      4,
		Poll:          15 * time.Minute,
		SilentAfter:   24 * time.Hour,
		Backoff:       time.Hour,
		MaxAge:        30 * 24 * time.Hour,
		MaxLink:       1024,
		PatternBudget: 200,
		PageBudget:    50_000,
		DropAfter:     72 * time.Hour,
		Revisit:       []time.Duration{15 * time.Minute, 2 * time.Hour, 24 * time.Hour},
		DomainRate:    4,
		AddressRate:   10,
		Obey:          []string{"nofollow"},
		MinTLS:        "1.2",
	}
}

// Settled returns the configuration with what follows from Contact filled in.
func (c Config) Settled() Config {
	if c.Delay == DelayByContact {
		c.Delay = contactDelay
		if c.Contact == "" {
			c.Delay = anonymousDelay
		}
	}
	if c.UserAgent == "" {
		c.UserAgent = product(worker.Release())
		if c.Contact != "" {
			c.UserAgent += " (+" + c.Contact + ")"
		}
	}
	return c
}

// product is the name of the program with its version, as a token (RFC 9110,
// sections 5.6.2 and 10.1.5).
func product(version string) string {
	return "Pressmill/" + strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("!#$%&'*+-.^_`|~", r) {
			return r
		}
		return '-'
	}, strings.TrimPrefix(version, "v"))
}

// Validate reports every fault of the section at once.
func (c *Config) Validate() error {
	var errs []error
	fault := func(bad bool, format string, args ...any) {
		if bad {
			errs = append(errs, fmt.Errorf(format, args...))
		}
	}
	fault(c.Contact != "" && !isContact(c.Contact), "crawler.contact: %q is neither a URL nor a mail address, as in https://example.org/bot", c.Contact)
	fault(c.UserAgent != "" && c.agentToken() == "", "crawler.user_agent: must begin with the crawler's name, as in \"examplebot/1.0 (+https://example.org/bot)\"")
	fault(c.Delay < 0 && c.Delay != DelayByContact, "crawler.delay: %s is negative", c.Delay)
	fault(c.LatencyFactor < 0, "crawler.latency_factor: %v is negative", c.LatencyFactor)
	fault(c.MaxDelay < c.Delay, "crawler.max_delay: %s is below delay %s", c.MaxDelay, c.Delay)
	fault(c.Timeout <= 0, "crawler.timeout: must be positive")
	fault(c.MaxBody < 1<<10 || c.MaxBody > 7<<20, "crawler.max_body: %s is not within 1KiB..7MiB", c.MaxBody)
	fault(c.Slots < 1 || c.Slots > 10000, "crawler.slots: %d is not within 1..10000", c.Slots)
	fault(c.Attempts < 1, "crawler.attempts: must be positive")
	fault(!isRate(c.DomainRate), "crawler.domain_rate: %v is neither 0 nor within 0.01..1000", c.DomainRate)
	fault(!isRate(c.AddressRate), "crawler.address_rate: %v is neither 0 nor within 0.01..1000", c.AddressRate)
	fault(c.MaxLink < 0 || c.MaxLink > weburl.MaxLength, "crawler.max_link: %d is not within 0..%d", c.MaxLink, weburl.MaxLength)
	fault(c.PatternBudget < 0, "crawler.pattern_budget: %d is negative", c.PatternBudget)
	fault(c.PageBudget < 0, "crawler.page_budget: %d is negative", c.PageBudget)
	fault(c.Backoff < 0, "crawler.backoff: %s is negative", c.Backoff)
	fault(c.DropAfter < 0, "crawler.drop_after: %s is negative", c.DropAfter)
	fault(c.Poll < time.Second, "crawler.poll: %s is below 1s", c.Poll)
	fault(c.MaxAge < 0, "crawler.max_age: %s is negative", c.MaxAge)
	fault(c.SilentAfter <= 0, "crawler.silent_after: must be positive")
	if c.Poll >= time.Second {
		err := c.bounds().Validate()
		fault(err != nil, "crawler.%v", err)
	}
	err := validRevisits(c.Revisit)
	fault(err != nil, "crawler.revisit: %v", err)
	_, err = usage.Parse(c.Obey)
	fault(err != nil, "crawler.obey: %v", err)
	_, err = prefixes(c.AllowPrivate)
	fault(err != nil, "crawler.allow_private: %v", err)
	_, err = prefixes(c.AllowPrivateProxies)
	fault(err != nil, "crawler.allow_private_proxies: %v", err)
	fault(tlsVersions[c.MinTLS] == 0, "crawler.min_tls: %q is none of 1.0, 1.1, 1.2, 1.3", c.MinTLS)
	return errors.Join(errs...)
}

func isRate(r float64) bool { return r == 0 || r >= 0.01 && r <= 1000 }

// isContact says whether s can stand in a User-Agent's comment and tells site
// owners where to turn.
func isContact(s string) bool {
	if strings.ContainsAny(s, " ()\\\"<>") {
		return false
	}
	if a, err := mail.ParseAddress(s); err == nil {
		return a.Address == s
	}
	u, err := url.Parse(s)
	return err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Host != ""
}

var tlsVersions = map[string]uint16{"1.0": tls.VersionTLS10, "1.1": tls.VersionTLS11, "1.2": tls.VersionTLS12, "1.3": tls.VersionTLS13}

// fetchOptions are those of the transport that all hosts share.
func (c *Config) fetchOptions() (o fetch.Options, err error) {
	o = fetch.Options{UserAgent: c.UserAgent, MaxBody: int64(c.MaxBody), Timeout: c.Timeout, MinTLS: tlsVersions[c.MinTLS]}
	if o.AllowPrivate, err = prefixes(c.AllowPrivate); err != nil {
		return o, err
	}
	o.AllowPrivateProxies, err = prefixes(c.AllowPrivateProxies)
	return o, err
}

// bounds are the intervals of polls.
func (c *Config) bounds() cadence.Bounds {
	return cadence.Bounds{First: c.Poll, Min: c.PollMin, Max: c.PollMax}.WithDefaults()
}

func prefixes(list []string) ([]netip.Prefix, error) {
	parsed := make([]netip.Prefix, 0, len(list))
	for _, s := range list {
		p, err := netip.ParsePrefix(s)
		if err != nil {
			return nil, err
		}
		parsed = append(parsed, p)
	}
	return parsed, nil
}

// agentToken is the product token of the user agent (RFC 9309, section 2.2.1).
func (c *Config) agentToken() string {
	end := strings.IndexFunc(c.UserAgent, func(r rune) bool {
		return !(r == '-' || r == '_' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z')
	})
	if end < 0 {
		end = len(c.UserAgent)
	}
	return c.UserAgent[:end]
}
