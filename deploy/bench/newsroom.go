package main

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

// newsroom is a site of many hosts, each of which is a port of 127.0.0.1 and has
// a feed. Stories appear in the feeds while it is crawled, and it notes when.
type newsroom struct {
	origins []string
	hosts   map[string]int // by origin
	servers []*http.Server

	mu     sync.Mutex
	papers []paper
	looked int                      // papers whose feed was asked for
	puts   map[string]time.Duration // how long it took to write an object, by its key
}

// paper is one host.
type paper struct {
	looked bool
	items  []*item
}

// item is a story on its way.
type item struct {
	level     int  // at which load it appeared
	counts    bool // it is one of those that are looked at
	appeared  time.Time
	listed    time.Time // in a feed that was asked for
	asked     time.Time // first
	pageAt    time.Time // stored on the bus
	parsed    time.Time // by a parser, and taken by it parseTook before
	parseTook time.Duration
	storedAt  time.Time // its article, on the bus
	key       string    // of the object
	putTook   time.Duration
	read      time.Time // out of the object
}

// inFeed is how many items a feed lists at most.
const inFeed = 40

func openNewsroom(ctx context.Context, hosts int) (*newsroom, error) {
	s := &newsroom{hosts: map[string]int{}, puts: map[string]time.Duration{}, papers: make([]paper, hosts)}
	for i := range hosts {
		ln, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
		if err != nil {
			s.close()
			return nil, fmt.Errorf("serve host %d of %d: %w", i+1, hosts, err)
		}
		origin := "http://" + ln.Addr().String()
		s.origins, s.hosts[origin] = append(s.origins, origin), i
		mux := http.NewServeMux()
		mux.HandleFunc("/feed", func(w http.ResponseWriter, r *http.Request) { s.feed(w, r, i) })
		mux.HandleFunc(newsPath, func(w http.ResponseWriter, r *http.Request) { s.story(w, r, i) })
		server := &http.Server{Handler: mux}
		s.servers = append(s.servers, server)
		go func() { _ = server.Serve(ln) }()
	}
	return s, nil
}

func (s *newsroom) close() {
	for _, server := range s.servers {
		_ = server.Close()
	}
}

// publish has a story appear in a host's feed.
func (s *newsroom) publish(host, level int, counts bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := &s.papers[host]
	p.items = append(p.items, &item{level: level, counts: counts, appeared: time.Now()})
}

// feed answers as servers with validators do: a feed that has not changed is not sent.
func (s *newsroom) feed(w http.ResponseWriter, r *http.Request, host int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := &s.papers[host]
	if !p.looked {
		p.looked = true
		s.looked++
	}
	tag := `"` + strconv.Itoa(len(p.items)) + `"`
	w.Header().Set("ETag", tag)
	if r.Header.Get("If-None-Match") == tag {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	w.Header().Set("Content-Type", "application/rss+xml")
	fmt.Fprintf(w, `<?xml version="1.0"?><rss version="2.0"><channel><title>Paper %d</title><link>%s/</link><description>News</description>`, host, s.origins[host])
	for n := len(p.items) - 1; n >= max(0, len(p.items)-inFeed); n-- {
		it, story := p.items[n], newStory(host, n)
		fmt.Fprintf(w, "<item><title>%s</title><link>%s%s</link><pubDate>%s</pubDate></item>", story.title, s.origins[host], story.path, it.appeared.UTC().Format(time.RFC1123Z))
		if it.listed.IsZero() {
			it.listed = time.Now()
		}
	}
	_, _ = w.Write([]byte("</channel></rss>"))
}

func (s *newsroom) story(w http.ResponseWriter, r *http.Request, host int) {
	var page []byte
	known := s.with(s.origins[host]+r.URL.Path, func(it *item, number int) {
		if it.asked.IsZero() {
			it.asked = time.Now()
		}
		page = bytes.Replace(newStory(host, number).page(s.origins[host]), []byte("<article>"), furniture(), 1)
	})
	if !known {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = w.Write(page)
}

// furniture is what pages of news sites have around a story, up to its beginning:
// as a page of the web has at the median, some 100 KB.
var furniture = sync.OnceValue(func() []byte {
	b := []byte("<ul>\n")
	for i := range 300 {
		b = fmt.Appendf(b, "<li class=\"nav-item nav-item--%d\"><a class=\"nav-link\" href=\"/section/%d/\">%s</a></li>\n", i, i, places[i%len(places)])
	}
	b = append(b, "</ul>\n<script>\n"...)
	for i := 0; len(b) < 100_000; i++ {
		b = fmt.Appendf(b, "window.state[%d] = {\"key\": \"%x\", \"on\": true};\n", i, uint64(i)*0x9e3779b97f4a7c15)
	}
	return append(b, "</script>\n<article>"...)
})

// with calls do for the story of a URL, if there is one.
func (s *newsroom) with(url string, do func(it *item, number int)) (known bool) {
	origin, rest, ok := strings.Cut(url, newsPath)
	host, ours := s.hosts[origin]
	number, err := strconv.Atoi(rest[strings.LastIndexByte(rest, '-')+1:])
	if !ok || !ours || err != nil {
		return false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if number < 0 || number >= len(s.papers[host].items) {
		return false
	}
	do(s.papers[host].items[number], number)
	return true
}

// allLooked says whether every feed was asked for.
func (s *newsroom) allLooked() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.looked == len(s.papers)
}

// counted returns copies of the items of a level that count.
func (s *newsroom) counted(level int) (items []item) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, p := range s.papers {
		for _, it := range p.items {
			if it.counts && it.level == level {
				it.putTook = s.puts[it.key]
				items = append(items, *it)
			}
		}
	}
	return items
}

// unread is how many stories of a level have not come out yet.
func (s *newsroom) unread(level int) (n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, p := range s.papers {
		for _, it := range p.items {
			if it.level == level && it.read.IsZero() {
				n++
			}
		}
	}
	return n
}

// desk has stories appear: on the hosts from quiet on as load, so many a second at
// times that know nothing of each other, and on those before it one in each period.
type desk struct {
	room   *newsroom
	quiet  int
	period time.Duration
	next   []time.Time // of the quiet hosts
	load   time.Time   // of the others
}

func newDesk(room *newsroom, quiet int, period time.Duration) *desk {
	d := &desk{room: room, quiet: quiet, period: period, load: time.Now()}
	for range quiet {
		d.next = append(d.next, time.Now().Add(time.Duration(rand.Float64()*float64(period))))
	}
	return d
}

// work works until a time, or until ctx is cancelled. counts says whether the
// stories of the quiet hosts count from now on.
func (d *desk) work(ctx context.Context, until time.Time, level int, rate float64, counts bool) error {
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	d.load = time.Now()
	for now := range tick.C {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if now.After(until) {
			return nil
		}
		for ; rate > 0 && d.load.Before(now); d.load = d.load.Add(time.Duration(rand.ExpFloat64() / rate * float64(time.Second))) {
			d.room.publish(d.quiet+rand.IntN(len(d.room.papers)-d.quiet), level, false)
		}
		for host := range d.next {
			for d.next[host].Before(now) {
				d.room.publish(host, level, counts)
				d.next[host] = d.next[host].Add(d.period)
			}
		}
	}
	return nil
}
