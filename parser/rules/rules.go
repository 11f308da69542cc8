// Package rules reads site rules: which elements of a site's pages hold its
// title, its text, its dates, and which are in the way. A rule is written where
// the engine alone is wrong about a site.
//
// Rules lie in YAML files of one folder. A file holds one site, or a list of
// them:
//
//	domain: example.com             # and its subdomains
//	path: /news/*                   # only pages whose path matches; * is any run of characters
//	body: article .text             # a selector, or a list of which the first that matches counts
//	published: [time@datetime, meta[name=date]@content]
//	drop: [.promo, aside.shop]
//	zone: Europe/Berlin             # of dates that state none
//
// Of the rules that match a page the most specific is used, alone: that with
// the longest domain, then that with the longest path.
package rules

import (
	"net/url"
	"strings"
	"time"
)

// Site is one rule.
type Site struct {
	Name   string // its file, domain and path, as in "press.yaml#example.com/news/*"
	Domain string
	Path   string // a pattern, or ""

	// Where each field is. The first selector of a list that matches counts.
	Title, Standfirst, Authors, Published, Modified, Section, Tags, Image []Selector

	Body []Selector // the elements that hold the text, in place of the engine's choice
	Drop []Selector // elements that are no part of the article; all of them count
	Keep []Selector // elements of the text that the engine would leave out; all of them count

	Zone *time.Location // of dates that state none, or nil
	Lang string         // BCP 47: the language of the site's pages, whatever they declare; or ""
}

// Set is the rules of many sites. The nil Set has none.
type Set struct {
	sites map[string][]*Site // by domain, the longest path first
	count int
}

// Len returns how many rules there are.
func (s *Set) Len() int {
	if s == nil {
		return 0
	}
	return s.count
}

// Find returns the rule for the page at u, a URL as weburl.Parse returns it, or
// nil.
func (s *Set) Find(u *url.URL) *Site {
	if s == nil {
		return nil
	}
	for host := u.Hostname(); host != ""; {
		for _, site := range s.sites[host] {
			if site.Path == "" || matchPath(site.Path, u.Path) {
				return site
			}
		}
		_, host, _ = strings.Cut(host, ".")
	}
	return nil
}

// matchPath says whether a path matches a pattern, in which * stands for any
// run of characters.
func matchPath(pattern, path string) bool {
	parts := strings.Split(pattern, "*")
	rest, ok := strings.CutPrefix(path, parts[0])
	if len(parts) == 1 {
		return ok && rest == ""
	}
	if !ok {
		return false
	}
	for _, part := range parts[1 : len(parts)-1] {
		_, after, found := strings.Cut(rest, part)
		if !found {
			return false
		}
		rest = after
	}
	return strings.HasSuffix(rest, parts[len(parts)-1])
}
