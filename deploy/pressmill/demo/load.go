package demo

import (
	"context"
	"errors"
	"fmt"
	"html/template"
	"net"
	"net/http"
	"slices"
	"strconv"
	"time"
)

const (
	listed     = 100                 // teasers on a front page or a section, at most
	unlistedIn = 9                   // one article in so many is linked only from another one
	revisedIn  = 4                   // one host in so many revises its articles, if any does
	spread     = 20 * 24 * time.Hour // over which the articles were published
	newest     = time.Hour           // the age of the latest
)

// Load is a site of many hosts, for crawls that are to last: the hosts have
// invented articles in the demo site's markup, a front page, sections, a feed,
// a sitemap and a robots.txt, and link each other's articles. One article in
// nine stands in no list and is linked from another article only: a crawl from
// the front pages finds all of them at depth 2. The text follows from the seed
// alone, so that a site that starts anew is the same.
type Load struct {
	LoadConfig

	hosts []*Site
}

// LoadConfig says how large a Load is.
type LoadConfig struct {
	Hosts    int
	Articles int // of all hosts together
	Seed     uint64
	Latency  time.Duration // from a request to its answer, at least
	// Revise has one host in four show each article that is marked as one with a
	// paragraph more from this long after it was first asked for; 0: never.
	Revise time.Duration
	// Publish is how often each host has a new article, from the moment on that
	// it is served: it begins with as many as its feed holds, and what has not
	// appeared yet is nowhere linked and not found. The hosts take turns. 0: all
	// articles are there at once.
	Publish time.Duration
	// Name is the name or the address by which the hosts are reached; the ports
	// tell them apart. ServeLoad takes that of its address where it is empty.
	Name string
}

// newLoad makes the hosts of the given authorities (host:port).
func newLoad(cfg LoadConfig, authorities []string, now time.Time) *Load {
	l := &Load{LoadConfig: cfg}
	templates := template.Must(template.ParseFS(files, "pages/*.html"))
	served := now.In(time.FixedZone("", 3600))
	now = served.Truncate(time.Minute)
	for i, authority := range authorities {
		count := cfg.Articles / cfg.Hosts
		if i < cfg.Articles%cfg.Hosts {
			count++
		}
		s := &Site{
			base:    "http://" + authority,
			latency: cfg.Latency,
			content: content{now: now, templates: templates, articles: invent(cfg.Seed, i, count, now)},
			mux:     http.NewServeMux(),
			fetches: map[string]int{},
			first:   map[string]time.Time{},
		}
		if cfg.Publish > 0 {
			s.content.publish(served.Add(cfg.Publish*time.Duration(i)/time.Duration(cfg.Hosts)), cfg.Publish)
		}
		if cfg.Revise > 0 && i%revisedIn == 0 {
			s.revise = cfg.Revise
			reviseAll(s.content.articles, cfg.Seed, i)
		}
		l.hosts = append(l.hosts, s)
	}
	for i, s := range l.hosts {
		s.linkRails(l.hosts[(i+1)%len(l.hosts)])
		s.routeLoad()
	}
	return l
}

// invent returns the articles of a host, newest first.
func invent(seed uint64, host, count int, now time.Time) []*article {
	articles, had := make([]*article, 0, count), map[string]bool{}
	for n := uint64(0); len(articles) < count; n++ {
		a := newProse(seed, uint64(host), n).article()
		if had[a.Title] {
			continue
		}
		had[a.Title] = true
		i := len(articles)
		a.Published = now.Add(-newest - spread*time.Duration(i)/time.Duration(count))
		a.Modified = a.Published
		a.Unlisted = i%unlistedIn == unlistedIn-1
		articles = append(articles, a)
	}
	return articles
}

// publish has articles appear one after the other, at the times that they say
// that they were published at, but for as many as the feed holds.
func (c *content) publish(began time.Time, every time.Duration) {
	c.live = true
	for i, a := range c.articles {
		a.Published = began.Add(every * time.Duration(len(c.articles)-feedItems-i))
		a.Modified = a.Published
	}
}

// reviseAll gives each article of a host a second version, but for those that
// nothing in the markup tells from other pages: a crawler does not look at them
// again.
func reviseAll(articles []*article, seed uint64, host int) {
	for i, a := range articles {
		if a.Undated {
			continue
		}
		second := *a
		second.Paragraphs = append(slices.Clone(a.Paragraphs), newProse(^seed, uint64(host), uint64(i)).paragraph())
		a.second = &second
	}
}

// linkRails gives each article the two that follow it and one of another host.
// Where articles appear one after the other, these are older.
func (s *Site) linkRails(other *Site) {
	own, others := s.content.articles, other.content.articles
	for i, a := range own {
		a.rail = []*article{} // also where nothing is older
		for n := 1; n <= 2; n++ {
			if !s.content.live || i+n < len(own) {
				a.rail = append(a.rail, own[(i+n)%len(own)])
			}
		}
		j := i
		if s.content.live {
			j = other.content.newestAt(a.Published)
		}
		if other != s && len(others) > 0 && (!s.content.live || j < len(others)) {
			abroad := *others[j%len(others)]
			if !abroad.Unlisted {
				abroad.Path = other.base + abroad.Path
				a.rail = append(a.rail, &abroad)
			}
		}
	}
}

func (s *Site) routeLoad() {
	s.mux.HandleFunc("/robots.txt", s.robots)
	s.mux.HandleFunc("/feed.xml", s.feed)
	s.mux.HandleFunc("/news-sitemap.xml", s.sitemap)
	s.mux.HandleFunc("/style.css", s.style)
	s.mux.HandleFunc("/img/{name}", s.image)
	s.mux.HandleFunc("/{$}", s.list("News", func(*article) bool { return true }))
	s.mux.HandleFunc("/world/{$}", s.list("World", func(a *article) bool { return a.Section == "World" }))
	s.mux.HandleFunc("/tag/harbour/{$}", s.list("Harbour", func(*article) bool { return true }))
	s.mux.HandleFunc("/about.html", s.plain("about", "About us", http.StatusOK))
	s.mux.HandleFunc("/subscribe.html", s.plain("subscribe", "Subscribe", http.StatusOK))
	s.mux.HandleFunc(privatePrefix, s.plain("private", "Not for robots", http.StatusOK))
	s.mux.HandleFunc("/", s.plain("missing", "Page not found", http.StatusNotFound))
	for _, a := range s.content.articles {
		s.mux.HandleFunc(a.Path, s.article(a))
	}
}

// list is a section with its newest articles and one page that robots.txt
// disallows.
func (s *Site) list(title string, member func(*article) bool) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		v := s.content.sectionView(title, r.URL.Path, base(r), func(a *article) bool { return !a.Unlisted && member(a) })
		v.Teasers = append(v.Teasers[:min(len(v.Teasers), listed)], &article{
			Path: privatePrefix + "drafts/mayor-resigns.html", Title: "Preview: tomorrow’s front page", Image: "ferry-pier",
		})
		s.html(w, http.StatusOK, "section", v)
	}
}

// ServeLoad serves a Load on cfg.Hosts ports of addr's host, the first of which
// is addr's; from port 0 each is a free one. It ends as Serve does.
func ServeLoad(ctx context.Context, addr string, cfg LoadConfig) (l *Load, stop func(), err error) {
	if cfg.Hosts < 1 || cfg.Articles < cfg.Hosts {
		return nil, nil, fmt.Errorf("serve load site: %d articles for %d hosts", cfg.Articles, cfg.Hosts)
	}
	listeners, err := listen(ctx, addr, cfg.Hosts)
	if err != nil {
		return nil, nil, fmt.Errorf("serve load site: %w", err)
	}
	authorities := make([]string, len(listeners))
	for i, ln := range listeners {
		host, port, _ := net.SplitHostPort(ln.Addr().String())
		if cfg.Name != "" {
			host = cfg.Name
		}
		authorities[i] = net.JoinHostPort(host, port)
	}
	l = newLoad(cfg, authorities, time.Now())
	stops := make([]func(), len(listeners))
	for i, ln := range listeners {
		stops[i] = serveOn(ctx, ln, l.hosts[i])
	}
	return l, func() {
		for _, stop := range stops {
			stop()
		}
	}, nil
}

// listen opens n ports of an address, beginning with its own.
func listen(ctx context.Context, addr string, n int) (listeners []net.Listener, err error) {
	host, first, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, err
	}
	port, err := strconv.Atoi(first)
	if err != nil {
		return nil, fmt.Errorf("port %q is no number", first)
	}
	for i := range n {
		p := port
		if port > 0 {
			p += i
		}
		ln, err := new(net.ListenConfig).Listen(ctx, "tcp", net.JoinHostPort(host, strconv.Itoa(p)))
		if err != nil {
			for _, open := range listeners {
				err = errors.Join(err, open.Close())
			}
			return nil, err
		}
		listeners = append(listeners, ln)
	}
	return listeners, nil
}

// URLs returns the front pages of the hosts.
func (l *Load) URLs() []string {
	urls := make([]string, len(l.hosts))
	for i, s := range l.hosts {
		urls[i] = s.base + "/"
	}
	return urls
}

// Truth returns all articles of all hosts.
func (l *Load) Truth() (truth []Truth) {
	for _, s := range l.hosts {
		truth = append(truth, s.Truth()...)
	}
	return truth
}

// Requests returns the requests that all hosts have answered so far, in the
// order in which they began.
func (l *Load) Requests() (requests []Request) {
	for _, s := range l.hosts {
		requests = append(requests, s.Requests()...)
	}
	slices.SortFunc(requests, byStart)
	return requests
}

// Faults returns what the crawlers did wrong at any host.
func (l *Load) Faults(gap time.Duration) (faults []Fault) {
	for _, s := range l.hosts {
		faults = append(faults, s.Faults(gap)...)
	}
	return faults
}
