package crawler

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"pressmill/crawler/cadence"
	"pressmill/pkg/bus"
	"pressmill/pkg/weburl"
)

const (
	maxSeeds      = 10_000  // of a source on one host: their polls fill half of the host's turn
	maxDefinition = 7 << 20 // bytes of a source on the bus, whose messages have 8 MiB
)

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
	// MaxAge is crawler.max_age for this source; nil: that of the crawler.
	MaxAge *time.Duration `yaml:"max_age" json:"max_age,omitempty"`
	// PageBudget is crawler.page_budget for this source; nil: that of the crawler.
	PageBudget *int `yaml:"page_budget" json:"page_budget,omitempty"`
	// Revisit is crawler.revisit for this source; nil: that of the crawler.
	Revisit []time.Duration `yaml:"revisit" json:"revisit,omitzero"`
	// Proxy is a URL with the scheme http, https or socks5; its user and
	// password stand in ProxyAuth. Default: none.
	Proxy     string `yaml:"proxy" json:"proxy,omitempty"`
	ProxyAuth string `yaml:"proxy_auth" json:"proxy_auth,omitempty"` // env:NAME or file:PATH, which holds user:password
	// Headers are sent to the hosts of Domain. A value may be env:NAME or
	// file:PATH.
	Headers map[string]string `yaml:"headers" json:"headers,omitempty"`
	// Cookies that a host sets are sent back to it, as long as its crawler
	// remembers it.
	Cookies bool `yaml:"cookies" json:"cookies,omitempty"`
	// Poll, PollMin and PollMax are those of the crawler for this source.
	Poll    time.Duration `yaml:"poll" json:"poll,omitempty"`
	PollMin time.Duration `yaml:"poll_min" json:"poll_min,omitempty"`
	PollMax time.Duration `yaml:"poll_max" json:"poll_max,omitempty"`
	// Lists are local files with a URL per line, each fetched once. They are
	// read when the source is applied, by whoever applies it.
	Lists []string `yaml:"lists" json:"-"`
	// Paused keeps the source from being polled or fetched from. Its URLs
	// wait until it is resumed.
	Paused bool `yaml:"paused" json:"paused,omitempty"`
	// Run is runNames of a source that Collect was given, runRests of one that
	// it was not given any more: this one is paused until it is given again.
	Run string `yaml:"-" json:"run,omitempty"`
}

const (
	runNames = "names"
	runRests = "rests"
)

// Normalise fills in what follows from the seeds and reports every fault.
func (s *Source) Normalise() error {
	var errs []error
	if len(s.Seeds) == 0 && (len(s.Lists) == 0 || s.Domain == "") {
		errs = append(errs, fmt.Errorf("source %q: no seeds: name a page, feed or sitemap under seeds, or files under lists and a domain", s.ID))
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
		s.ID = strings.NewReplacer(":", "-", "[", "v6", "]", "").Replace(s.Domain) // an ID begins with a letter or digit
	}
	if !validID.MatchString(s.ID) {
		errs = append(errs, fmt.Errorf("source %q: the id may hold letters, digits, '.', '-' and '_' only", s.ID))
	}
	if s.PageBudget != nil && *s.PageBudget < 0 {
		errs = append(errs, fmt.Errorf("source %q: page_budget: %d is negative", s.ID, *s.PageBudget))
	}
	if s.MaxAge != nil && *s.MaxAge < 0 {
		errs = append(errs, fmt.Errorf("source %q: max_age: %s is negative", s.ID, *s.MaxAge))
	}
	if err := validRevisits(s.Revisit); err != nil {
		errs = append(errs, fmt.Errorf("source %q: revisit: %w", s.ID, err))
	}
	if err := s.checkAccess(); err != nil {
		errs = append(errs, err)
	}
	own := cadence.Bounds{First: s.Poll, Min: s.PollMin, Max: s.PollMax}
	if err := own.Validate(); err != nil {
		errs = append(errs, fmt.Errorf("source %q: %w", s.ID, err))
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
	if size := len(encode(s)); size > maxDefinition {
		errs = append(errs, fmt.Errorf("source %q: %d seeds make a definition of %d bytes, of at most %d: put URLs that are fetched once into a file under lists", s.ID, len(s.Seeds), size, maxDefinition))
	}
	return errors.Join(errs...)
}

// NormalisePolled is Normalise for a source whose seeds are polled until it is
// removed: there may be maxSeeds of them on one host.
func (s *Source) NormalisePolled() error {
	if err := s.Normalise(); err != nil {
		return err
	}
	hosts := map[string]int{}
	for _, seed := range s.Seeds {
		if u, err := ParseSeed(seed); err == nil {
			hosts[u.Host]++
		}
	}
	var errs []error
	for _, host := range slices.Sorted(maps.Keys(hosts)) {
		if n := hosts[host]; n > maxSeeds {
			errs = append(errs, fmt.Errorf("source %q: %d seeds on %s, of which %d can be polled: name its feeds or sitemaps, and put URLs that are fetched once into a file under lists", s.ID, n, host, maxSeeds))
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
	named       map[string]bool // its seeds
	access      *access
	noAccess    error // its secrets cannot be read
	unreadable  error // what is stored of it cannot be read, so that it counts as paused
}

// readScope reads a source by id, or returns bus.ErrNotFound. One that cannot be
// read is none of its host's faults: nothing of it is fetched, or forgotten.
func readScope(ctx context.Context, b *bus.Bus, id string) (*scope, error) {
	src, err := definition(ctx, b, id)
	if err == nil {
		var s *scope
		if s, err = newScope(src); err == nil {
			return s, nil
		}
	} else if !errors.Is(err, bus.ErrUnreadable) {
		return nil, err
	}
	return &scope{Source: Source{ID: id, Paused: true}, unreadable: err}, nil
}

func newScope(s Source) (*scope, error) {
	sc := &scope{Source: s, named: make(map[string]bool, len(s.Seeds))}
	for _, seed := range s.Seeds {
		sc.named[seed] = true
	}
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
	sc.access, sc.noAccess = s.open()
	return sc, nil
}

// rests says whether URLs of the source wait aside, until it is resumed, can be
// read, or its secrets can.
func (s *scope) rests() bool { return s.Paused || s.noAccess != nil }

// owns says whether a host belongs to the source's domain.
func (s *scope) owns(host string) bool {
	if !strings.HasSuffix(host, s.Domain) && !strings.Contains(host, ":") {
		return false // no host of that domain looks so
	}
	return weburl.Domain(host) == s.Domain
}

// admits says whether the source's patterns let a URL through.
func (s *scope) admits(u *url.URL) bool {
	return len(s.deny)+len(s.allow) == 0 || s.refusedBy(u.String()) == ""
}

// refusedBy returns the pattern of deny that keeps a URL out, "allow" if none
// of allow matches, or "" if the URL is let through.
func (s *scope) refusedBy(u string) string {
	for _, re := range s.deny {
		if re.MatchString(u) {
			return re.String()
		}
	}
	for _, re := range s.allow {
		if re.MatchString(u) {
			return ""
		}
	}
	if len(s.allow) > 0 {
		return "allow"
	}
	return ""
}
