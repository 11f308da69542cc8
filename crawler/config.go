package crawler

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"regexp"
	"strings"
	"time"

	"pressmill/pkg/config"
	"pressmill/pkg/weburl"
)

// Config is the section crawler of the configuration.
type Config struct {
	// UserAgent is sent with every request; its first token is the name that
	// robots.txt is asked for.
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
	Poll          time.Duration `yaml:"poll"`      // how often seeds, feeds and sitemaps are looked at again
	Backoff       time.Duration `yaml:"backoff"`   // longest pause of a host that fails
	// AllowPrivate lists the private, loopback or link-local ranges (CIDR)
	// that may be dialled. All others are refused.
	AllowPrivate []string `yaml:"allow_private"`

	// Once ends the crawl of a host when nothing of it waits: no polls.
	Once bool `yaml:"-"`
}

// Defaults returns the configuration of a polite crawler.
func Defaults() Config {
	return Config{
		UserAgent:     "pressmill/0.1 (operator unknown: crawler.user_agent is not set)",
		Delay:         time.Second,
		LatencyFactor: 5,
		MaxDelay:      120 * time.Second,
		Timeout:       30 * time.Second,
		MaxBody:       6 << 20,
		Slots:         512,
		Attempts:      4,
		Poll:          15 * time.Minute,
		Backoff:       time.Hour,
	}
}

// Validate reports every fault of the section at once.
func (c *Config) Validate() error {
	var errs []error
	fault := func(bad bool, format string, args ...any) {
		if bad {
			errs = append(errs, fmt.Errorf(format, args...))
		}
	}
	fault(c.agentToken() == "", "crawler.user_agent: must begin with the crawler's name, as in \"examplebot/1.0 (+https://example.org/bot)\"")
	fault(c.Delay < 0, "crawler.delay: %s is negative", c.Delay)
	fault(c.LatencyFactor < 0, "crawler.latency_factor: %v is negative", c.LatencyFactor)
	fault(c.MaxDelay < c.Delay, "crawler.max_delay: %s is below delay %s", c.MaxDelay, c.Delay)
	fault(c.Timeout <= 0, "crawler.timeout: must be positive")
	fault(c.MaxBody < 1<<10 || c.MaxBody > 7<<20, "crawler.max_body: %s is not within 1KiB..7MiB", c.MaxBody)
	fault(c.Slots < 1 || c.Slots > 10000, "crawler.slots: %d is not within 1..10000", c.Slots)
	fault(c.Attempts < 1, "crawler.attempts: must be positive")
	fault(c.Poll < time.Second, "crawler.poll: %s is below 1s", c.Poll)
	_, err := c.allowPrivate()
	fault(err != nil, "crawler.allow_private: %v", err)
	return errors.Join(errs...)
}

func (c *Config) allowPrivate() ([]netip.Prefix, error) {
	prefixes := make([]netip.Prefix, 0, len(c.AllowPrivate))
	for _, s := range c.AllowPrivate {
		p, err := netip.ParsePrefix(s)
		if err != nil {
			return nil, err
		}
		prefixes = append(prefixes, p)
	}
	return prefixes, nil
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

// Source is something to collect news from: an element of the section sources.
type Source struct {
	ID     string   `yaml:"id" json:"id"`         // default: the domain of the first seed
	Domain string   `yaml:"domain" json:"domain"` // default: the registrable domain of the first seed
	Name   string   `yaml:"name" json:"name,omitempty"`
	Seeds  []string `yaml:"seeds" json:"seeds"` // pages, feeds or sitemaps
	// Depth is how far links are followed from seeds, feed items and sitemap
	// entries, inside the domain; 0: not at all, and nothing is discovered.
	Depth int      `yaml:"depth" json:"depth"`
	Allow []string `yaml:"allow" json:"allow,omitempty"` // regular expressions; a link must match one, if there are any
	Deny  []string `yaml:"deny" json:"deny,omitempty"`   // regular expressions; a link must match none
	Zone  string   `yaml:"zone" json:"zone,omitempty"`   // IANA time zone of dates that state none
}

// Normalise fills in what follows from the seeds and reports every fault.
func (s *Source) Normalise() error {
	var errs []error
	if len(s.Seeds) == 0 {
		errs = append(errs, fmt.Errorf("source %q: no seeds", s.ID))
	}
	for i, seed := range s.Seeds {
		u, err := ParseSeed(seed)
		if err != nil {
			errs = append(errs, fmt.Errorf("source %q: seed %q: %w", s.ID, seed, err))
			continue
		}
		s.Seeds[i] = u.String()
		if s.Domain == "" {
			s.Domain = weburl.Domain(u.Host)
		}
	}
	if s.ID == "" {
		s.ID = strings.NewReplacer(":", "-", "[", "", "]", "").Replace(s.Domain)
	}
	if !validID.MatchString(s.ID) {
		errs = append(errs, fmt.Errorf("source %q: the id may hold letters, digits, '.', '-' and '_' only", s.ID))
	}
	for _, p := range append(append([]string{}, s.Allow...), s.Deny...) {
		if _, err := regexp.Compile(p); err != nil {
			errs = append(errs, fmt.Errorf("source %q: pattern %q: %w", s.ID, p, err))
		}
	}
	if s.Zone != "" {
		if _, err := time.LoadLocation(s.Zone); err != nil {
			errs = append(errs, fmt.Errorf("source %q: zone: %w", s.ID, err))
		}
	}
	return errors.Join(errs...)
}

var validID = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]*$`)

// otherScheme matches "mailto:x", not "example.org:8080".
var otherScheme = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9+-]*:[^0-9]`)

// ParseSeed parses a seed; without a scheme it is https.
func ParseSeed(seed string) (*url.URL, error) {
	seed = strings.TrimSpace(seed)
	if !strings.Contains(seed, "://") {
		if otherScheme.MatchString(seed) {
			return nil, weburl.ErrScheme
		}
		seed = "https://" + seed
	}
	return weburl.Parse(seed)
}

// Sources groups seeds by registrable domain into sources.
func Sources(seeds []string, depth int) ([]Source, error) {
	var (
		sources []Source
		index   = map[string]int{}
		errs    []error
	)
	for _, seed := range seeds {
		u, err := ParseSeed(seed)
		if err != nil {
			errs = append(errs, fmt.Errorf("seed %q: %w", seed, err))
			continue
		}
		domain := weburl.Domain(u.Host)
		i, ok := index[domain]
		if !ok {
			i = len(sources)
			index[domain] = i
			sources = append(sources, Source{Domain: domain, Depth: depth})
		}
		sources[i].Seeds = append(sources[i].Seeds, u.String())
	}
	for i := range sources {
		if err := sources[i].Normalise(); err != nil {
			errs = append(errs, err)
		}
	}
	return sources, errors.Join(errs...)
}

// scope is a source with its patterns compiled.
type scope struct {
	Source
	allow, deny []*regexp.Regexp
}

func newScope(s Source) (*scope, error) {
	sc := &scope{Source: s}
	for _, list := range []struct {
		patterns []string
		into     *[]*regexp.Regexp
	}{{s.Allow, &sc.allow}, {s.Deny, &sc.deny}} {
		for _, p := range list.patterns {
			re, err := regexp.Compile(p)
			if err != nil {
				return nil, fmt.Errorf("source %s: pattern %q: %w", s.ID, p, err)
			}
			*list.into = append(*list.into, re)
		}
	}
	return sc, nil
}

// owns says whether a host belongs to the source's domain.
func (s *scope) owns(host string) bool { return weburl.Domain(host) == s.Domain }

// admits says whether the source's patterns let a URL through.
func (s *scope) admits(u string) bool {
	for _, re := range s.deny {
		if re.MatchString(u) {
			return false
		}
	}
	for _, re := range s.allow {
		if re.MatchString(u) {
			return true
		}
	}
	return len(s.allow) == 0
}
