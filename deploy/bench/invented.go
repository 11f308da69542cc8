package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"pressmill/pkg/freeport"
)

// invented is a site of many hosts, each of which is a port of 127.0.0.1. Its
// articles are invented when they are asked for, from their host and number
// alone, so that a million of them take no memory but a counter each, and hardly
// any processor time.
type invented struct {
	latency time.Duration // between a request and its answer
	origins []string      // http://127.0.0.1:PORT
	asked   [][]atomic.Uint32
	served  atomic.Int64 // articles, each time that one was asked for
	all     atomic.Int64 // requests, also for robots.txt, sitemaps and lists
	servers []*http.Server
}

const (
	listed = 250 // articles on a list; the front page of a host links its lists
	// newsPath is the folder of all articles, whose names end with their numbers.
	newsPath = "/news/2026/11/"
)

// invent serves so many articles on so many hosts, as evenly as can be.
func invent(ctx context.Context, hosts, articles int) (*invented, error) {
	s := &invented{}
	for i := range hosts {
		// Not port 0: the system looks long for one when it has given thousands.
		addr, err := freeport.Address()
		if err != nil {
			s.stop()
			return nil, err
		}
		ln, err := new(net.ListenConfig).Listen(ctx, "tcp", addr)
		if err != nil {
			s.stop()
			return nil, fmt.Errorf("serve host %d of %d: %w", i+1, hosts, err)
		}
		n := articles / hosts
		if i < articles%hosts {
			n++
		}
		s.origins = append(s.origins, "http://"+ln.Addr().String())
		s.asked = append(s.asked, make([]atomic.Uint32, n))
		server := &http.Server{Handler: s.host(i)}
		s.servers = append(s.servers, server)
		go func() { _ = server.Serve(ln) }()
	}
	return s, nil
}

func (s *invented) stop() {
	for _, server := range s.servers {
		_ = server.Close()
	}
}

// host answers for one host.
func (s *invented) host(host int) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		time.Sleep(s.latency)
		s.all.Add(1)
		path := r.URL.Path
		number, err := strconv.Atoi(path[strings.LastIndexAny(path, "-/")+1:])
		known := err == nil && number < len(s.asked[host])
		var page []byte
		switch {
		case path == "/":
			page = s.front(host)
		case strings.HasPrefix(path, "/archive/") && known:
			page = s.list(host, number)
		case known && path == newStory(host, number).path:
			s.served.Add(1)
			s.asked[host][number].Add(1)
			page = newStory(host, number).page(s.origins[host])
		default:
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = w.Write(page)
	})
}

func (s *invented) front(host int) []byte {
	page := head("The "+one(rand.New(rand.NewPCG(uint64(host), 0)), places)+" Courier", "")
	for first := 0; first < len(s.asked[host]); first += listed {
		page = fmt.Appendf(page, "<li><a href=\"/archive/%d\">Stories from number %d on</a></li>\n", first, first)
	}
	return append(page, "</ul></body></html>\n"...)
}

func (s *invented) list(host, first int) []byte {
	page := head("Archive", "")
	for n := first; n < min(first+listed, len(s.asked[host])); n++ {
		a := newStory(host, n)
		page = fmt.Appendf(page, "<li><a href=\"%s\">%s</a></li>\n", a.path, a.title)
	}
	return append(page, "</ul></body></html>\n"...)
}

func head(title, more string) []byte {
	return fmt.Appendf(nil, "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>%s</title>%s</head>\n<body><ul>\n", title, more)
}

// articles is how many the site has.
func (s *invented) articles() (n int) {
	for _, host := range s.asked {
		n += len(host)
	}
	return n
}

// requests returns how many articles were asked for, and how many of them more
// than once.
func (s *invented) requests() (asked, again int) {
	for _, host := range s.asked {
		for n := range host {
			if times := host[n].Load(); times > 0 {
				asked++
				if times > 1 {
					again++
				}
			}
		}
	}
	return asked, again
}

// find returns the host and the number of the article with this URL.
func (s *invented) find(hosts map[string]int, url string) (host, number int, err error) {
	origin, rest, ok := strings.Cut(url, newsPath)
	host, known := hosts[origin]
	if !ok || !known {
		return 0, 0, fmt.Errorf("%s is no article's URL", url)
	}
	number, err = strconv.Atoi(rest[strings.LastIndexByte(rest, '-')+1:])
	if err != nil || number >= len(s.asked[host]) || newStory(host, number).path != newsPath+rest {
		return 0, 0, errors.Join(fmt.Errorf("%s is no article's URL", url), err)
	}
	return host, number, nil
}

// hosts returns the number of each origin.
func (s *invented) hosts() map[string]int {
	hosts := make(map[string]int, len(s.origins))
	for i, origin := range s.origins {
		hosts[origin] = i
	}
	return hosts
}

// story is an article.
type story struct {
	random      *rand.Rand
	number      int
	path, title string
}

func newStory(host, number int) story {
	random := rand.New(rand.NewPCG(uint64(host), uint64(number)))
	s := story{random: random, number: number}
	s.title = one(random, places) + " " + one(random, deeds) + " " + one(random, things) + " after " + strconv.Itoa(2+random.IntN(998)) + " " + one(random, measures)
	s.path = newsPath + strings.ToLower(strings.ReplaceAll(s.title, " ", "-")) + "-" + strconv.Itoa(number)
	return s
}

// page is the story's page. It must be the first that is asked of the story.
func (s story) page(origin string) []byte {
	b := make([]byte, 0, 6<<10)
	b = fmt.Appendf(b, "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>%s</title>\n<link rel=\"canonical\" href=\"%s%s\">\n", s.title, origin, s.path)
	b = fmt.Appendf(b, "<meta property=\"og:type\" content=\"article\">\n<meta property=\"article:published_time\" content=\"2026-11-%02dT%02d:%02d:00Z\"></head>\n",
		1+s.random.IntN(28), s.random.IntN(24), s.random.IntN(60))
	b = append(b, "<body>\n<nav><a href=\"/\">Front page</a></nav>\n<article>\n<h1>"...)
	b = append(b, s.title...)
	b = append(b, "</h1>\n<p class=\"byline\">By "...)
	b = append(append(append(b, one(s.random, givenNames)...), ' '), one(s.random, surnames)...)
	b = append(b, "</p>\n"...)
	for range 6 + s.random.IntN(5) {
		b = append(b, "<p>"...)
		for range 3 + s.random.IntN(3) {
			b = append(s.sentence(b), ' ')
		}
		b = append(b, "</p>\n"...)
	}
	return append(b, "</article>\n<footer><a href=\"/\">All stories</a></footer>\n</body></html>\n"...)
}

// sentence appends a sentence, which hardly any other story has.
func (s story) sentence(b []byte) []byte {
	add := func(words ...string) {
		for _, w := range words {
			b = append(b, w...)
		}
	}
	r := s.random
	number := func() string { return strconv.Itoa(2 + r.IntN(9998)) }
	switch r.IntN(5) {
	case 0:
		add(one(r, givenNames), " ", one(r, surnames), " of ", one(r, places), " told the council that ", one(r, things), " had cost ", number(), " crowns, ", number(), " more than was agreed.")
	case 1:
		add("In ", one(r, places), " ", number(), " ", one(r, measures), " went by before ", one(r, things), " was mentioned again, and then only by ", one(r, givenNames), " ", one(r, surnames), ".")
	case 2:
		add("“Whoever ", one(r, deeds), " ", one(r, things), " must answer to ", one(r, places), ",” said ", one(r, surnames), ", who counted ", number(), " letters on the matter.")
	case 3:
		add("According to ", one(r, givenNames), " ", one(r, surnames), ", ", number(), " people had signed for ", one(r, things), " by noon, among them ", number(), " from ", one(r, places), ".")
	default:
		add("The road between ", one(r, places), " and ", one(r, places), " stays closed for ", number(), " ", one(r, measures), ", as ", one(r, things), " needs the room.")
	}
	return b
}

func one(r *rand.Rand, words []string) string { return words[r.IntN(len(words))] }
