// Package robots reads robots.txt as RFC 9309 has it and says which URLs of a
// host may be fetched. It does not fetch: what a status code or a network
// error means for a host is decided by who does.
package robots

import (
	"bytes"
	"math"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// MaxSize is how many bytes of a robots.txt are read; what follows is ignored
// (RFC 9309, section 2.5: at least 500 KiB).
const MaxSize = 500 << 10

const (
	// maxLine is how many bytes of a line are read: eight times the longest
	// URL that browsers once took, as in Google's parser.
	maxLine = 2083*8 - 1
	// maxSitemaps bounds Sitemaps.
	maxSitemaps = 1000
	// maxDelay bounds CrawlDelay, so that no number overflows a Duration.
	maxDelay = 24 * time.Hour
)

// Rules are the rules of one host for one agent. They are immutable and safe
// for concurrent use.
type Rules struct {
	rules    []rule
	delay    time.Duration
	hasDelay bool
	sitemaps []string
}

// AllowAll returns rules that allow every URL, as for a host without a
// robots.txt (RFC 9309, section 2.3.1.3).
func AllowAll() *Rules { return &Rules{} }

// DisallowAll returns rules that allow no URL but /robots.txt, as for a host
// whose robots.txt is unreachable (RFC 9309, section 2.3.1.4).
func DisallowAll() *Rules { return &Rules{rules: []rule{newRule("/", false, 0)}} }

// Parse reads a robots.txt for the agent with this product token. Groups that
// name the agent are merged; without one, those for "*" hold (RFC 9309,
// section 2.2.1). Lines that are no rules are ignored: every body parses.
func Parse(body []byte, agent string) *Rules {
	if len(body) > MaxSize {
		body = body[:MaxSize]
	}
	p := parser{agent: agent}
	body = bytes.TrimPrefix(body, []byte("\ufeff"))
	for len(body) > 0 {
		var line []byte
		line, body = cutLine(body)
		p.line++
		if key, value, ok := splitLine(line); ok {
			p.record(key, value)
		}
	}
	return p.result()
}

// Allowed says whether the URL may be fetched: the longest rule that matches
// its path and query decides, an allow wins over a disallow as long, and what
// no rule matches is allowed (RFC 9309, section 2.2.2). /robots.txt itself is
// always allowed.
//
// The RFC compares percent-encoded unreserved characters decoded, Google's
// parser compares them as written. Where the two differ, a URL is allowed only
// if both readings allow it.
func (r *Rules) Allowed(u *url.URL) bool {
	if len(r.rules) == 0 {
		return true
	}
	written := pathOf(u)
	if written == "/robots.txt" {
		return true
	}
	if x := r.decide(written, func(x *rule) string { return x.written }); x != nil && !x.allow {
		return false
	}
	decoded := decodeUnreserved(written)
	if decoded == "/robots.txt" {
		return true
	}
	x := r.decide(decoded, func(x *rule) string { return x.decoded })
	return x == nil || x.allow
}

// Line returns the number of the line that decides on a URL, from 1, or 0 if
// none does.
func (r *Rules) Line(u *url.URL) int {
	written := pathOf(u)
	x := r.decide(written, func(x *rule) string { return x.written })
	if x == nil || x.allow {
		if y := r.decide(decodeUnreserved(written), func(x *rule) string { return x.decoded }); y != nil {
			x = y
		}
	}
	if x == nil {
		return 0
	}
	return x.line
}

// decide returns the rule that holds for a path in one reading, or nil.
func (r *Rules) decide(path string, reading func(*rule) string) (decides *rule) {
	longest, allow := 0, true
	for i := range r.rules {
		x := &r.rules[i]
		pattern := reading(x)
		if len(pattern) < longest || (len(pattern) == longest && (allow || !x.allow)) {
			continue
		}
		if Match(pattern, path) {
			longest, allow, decides = len(pattern), x.allow, x
		}
	}
	return decides
}

// CrawlDelay returns the pause that the host asks for between requests, at
// most a day, and whether it asks for one. Crawl-delay is no part of RFC 9309;
// of several in the agent's groups the longest counts.
func (r *Rules) CrawlDelay() (time.Duration, bool) { return r.delay, r.hasDelay }

// Sitemaps returns the values of the Sitemap lines, which belong to no group,
// in order and without duplicates.
func (r *Rules) Sitemaps() []string { return slices.Clone(r.sitemaps) }

// rule is one allow or disallow line in both readings of its pattern.
type rule struct {
	written string // non-ASCII percent-encoded, hex digits in upper case
	decoded string // also with unreserved characters decoded
	allow   bool
	line    int
}

func newRule(pattern string, allow bool, line int) rule {
	written := encode(pattern)
	return rule{written: written, decoded: decodeUnreserved(written), allow: allow, line: line}
}

// parser holds the state between lines (RFC 9309, section 2.2).
type parser struct {
	agent string
	line  int // the number of the line being read, from 1

	// What the group being read is for, and whether it has had a rule: the
	// next user-agent line then starts another group.
	forAgent, forAll, closed bool

	agentSeen   bool // a group names the agent
	own, global group
	sitemaps    []string
}

type group struct {
	rules    []rule
	delay    time.Duration
	hasDelay bool
}

func (p *parser) record(key, value string) {
	switch directiveOf(key) {
	case userAgent:
		p.userAgent(value)
	case allowRule:
		p.rule(value, true)
	case disallowRule:
		p.rule(value, false)
	case crawlDelay:
		p.crawlDelay(value)
	case sitemap:
		if value != "" && len(p.sitemaps) < maxSitemaps && !slices.Contains(p.sitemaps, value) {
			p.sitemaps = append(p.sitemaps, strings.Clone(value))
		}
	case unknown:
	}
}

func (p *parser) userAgent(value string) {
	if p.closed {
		p.forAgent, p.forAll, p.closed = false, false, false
	}
	if value == "*" || strings.HasPrefix(value, "* ") || strings.HasPrefix(value, "*\t") {
		p.forAll = true
		return
	}
	if token := productToken(value); token != "" && strings.EqualFold(token, p.agent) {
		p.forAgent, p.agentSeen = true, true
	}
}

// current returns the group that a line belongs to, or nil.
func (p *parser) current() *group {
	switch {
	case p.forAgent:
		return &p.own
	case p.forAll:
		return &p.global
	}
	return nil
}

func (p *parser) rule(pattern string, allow bool) {
	p.closed = true
	g := p.current()
	if g == nil || pattern == "" {
		return
	}
	g.rules = append(g.rules, newRule(pattern, allow, p.line))
	// "Allow: /dir/index.html" allows the directory too, as at Google.
	if slash := strings.LastIndexByte(pattern, '/'); allow && slash >= 0 && strings.HasPrefix(pattern[slash:], "/index.htm") {
		g.rules = append(g.rules, newRule(pattern[:slash+1]+"$", true, p.line))
	}
}

// crawlDelay does not close a group: lines outside the RFC must not change
// what belongs to one (RFC 9309, section 2.2.4).
func (p *parser) crawlDelay(value string) {
	g := p.current()
	seconds, err := strconv.ParseFloat(value, 64)
	if g == nil || err != nil || math.IsNaN(seconds) || seconds < 0 {
		return
	}
	d := maxDelay
	if seconds < maxDelay.Seconds() {
		d = time.Duration(seconds * float64(time.Second))
	}
	g.delay, g.hasDelay = max(g.delay, d), true
}

func (p *parser) result() *Rules {
	g := p.global
	if p.agentSeen {
		g = p.own
	}
	return &Rules{rules: g.rules, delay: g.delay, hasDelay: g.hasDelay, sitemaps: p.sitemaps}
}

// directive is what a line says.
type directive int

const (
	unknown directive = iota
	userAgent
	allowRule
	disallowRule
	crawlDelay
	sitemap
)

// directiveOf reads a key leniently, with the misspellings that Google's
// parser takes.
func directiveOf(key string) directive {
	key = strings.ToLower(key)
	switch {
	case hasAnyPrefix(key, "user-agent", "useragent", "user agent"):
		return userAgent
	case strings.HasPrefix(key, "allow"):
		return allowRule
	case hasAnyPrefix(key, "disallow", "dissallow", "dissalow", "disalow", "diasllow", "disallaw"):
		return disallowRule
	case hasAnyPrefix(key, "crawl-delay", "crawldelay", "crawl delay"):
		return crawlDelay
	case hasAnyPrefix(key, "sitemap", "site-map"):
		return sitemap
	}
	return unknown
}

func hasAnyPrefix(s string, prefixes ...string) bool {
	return slices.ContainsFunc(prefixes, func(p string) bool { return strings.HasPrefix(s, p) })
}

// cutLine returns the first line, which ends with CR, LF, CR LF or the end of
// the body, cut at maxLine, and what follows it.
func cutLine(body []byte) (line, rest []byte) {
	end := bytes.IndexAny(body, "\r\n")
	if end < 0 {
		line = body
	} else {
		line, rest = body[:end], body[end+1:]
		if body[end] == '\r' {
			rest = bytes.TrimPrefix(rest, []byte("\n"))
		}
	}
	return line[:min(len(line), maxLine)], rest
}

// splitLine splits a line without its comment into key and value. Where the
// colon is missing, white space between exactly two words stands for it.
func splitLine(line []byte) (key, value string, ok bool) {
	line, _, _ = bytes.Cut(line, []byte("#"))
	text := strings.TrimSpace(string(line))
	key, value, ok = strings.Cut(text, ":")
	if !ok {
		words := strings.Fields(text)
		if len(words) != 2 {
			return "", "", false
		}
		key, value = words[0], words[1]
	}
	key, value = strings.TrimSpace(key), strings.TrimSpace(value)
	return key, value, key != ""
}

// productToken returns the leading letters, "_" and "-" of a user-agent line
// (RFC 9309, section 2.2.1).
func productToken(s string) string {
	end := strings.IndexFunc(s, func(c rune) bool {
		return (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && c != '_' && c != '-'
	})
	if end < 0 {
		return s
	}
	return s[:end]
}
