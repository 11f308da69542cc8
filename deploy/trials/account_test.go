//go:build linux

package trials_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pressmill/deploy/pressmill/demo"
	"pressmill/pkg/logging"
)

// spell is a time in which a worker, or any if it has no name, may have been
// interrupted.
type spell struct {
	worker   string
	from, to time.Time
}

// election is how long a stream may be without a leader when its server is
// healthy again: each stream elects its own, NATS waits up to nine seconds for it,
// and a crawler whose page found none leaves the turn to be delivered again.
const election = 9 * time.Second

// spells are those of all faults, and of the deaths of parsers by poison.
func (r *rig) spells(done []*injection) (all []spell) {
	for _, in := range done {
		switch s := (spell{from: in.Began, to: in.Recovered}); in.Kind {
		case kindKill, kindLeader, kindFreeze, kindRestart, kindCut:
			if r.health[in.Hit] != "" {
				s.worker = in.Hit
			} else {
				s.to = s.to.Add(election)
			}
			all = append(all, s)
		}
	}
	for _, name := range workers() {
		for _, l := range r.journal.livesOf(name) {
			if !l.died.IsZero() {
				all = append(all, spell{name, l.died.Add(-time.Second), l.died})
			}
		}
	}
	return all
}

// account is what has to be accounted for, and by what.
type account struct {
	lines    []line
	requests []demo.Request
	spells   []spell
	poison   []string
	truth    []demo.Truth
}

// finding is what came of one check.
type finding struct {
	name, text string
	faults     []string
}

func (a account) judge() []finding {
	return []finding{a.repeats(), a.failures(), a.pages(), a.articles(), a.writings()}
}

// interrupted says whether a worker may have been interrupted within a time.
func (a account) interrupted(worker string, from, to time.Time) bool {
	return slices.ContainsFunc(a.spells, func(s spell) bool {
		return (s.worker == "" || s.worker == worker) && s.from.Before(to) && s.to.After(from)
	})
}

// repeats wants an article asked for again only if the crawler that had asked
// before was interrupted before it could hand on what it had got.
func (a account) repeats() finding {
	f := finding{name: "articles fetched again without a reason"}
	articles, last, n := map[string]bool{}, map[string]demo.Request{}, 0
	revised := map[string]bool{} // hosts, whose articles are looked at again
	for _, t := range a.truth {
		revised[hostOf(t.URL)] = revised[hostOf(t.URL)] || t.Second != ""
	}
	for _, t := range a.truth {
		articles[t.URL] = !revised[hostOf(t.URL)]
	}
	for _, q := range a.requests {
		url := q.URL()
		before, again := last[url]
		last[url] = q
		if !articles[url] || !again {
			continue
		}
		n++
		by := stageOf("crawler") + "-" + crawlerOf(before)
		if !a.interrupted(by, before.Start.Add(-time.Second), q.Start) {
			f.faults = append(f.faults, fmt.Sprintf("%s by %s at %s and by crawler-%s at %s", url, by, before.Start.Format(time.StampMilli), crawlerOf(q), q.Start.Format(time.StampMilli)))
		}
	}
	f.text = fmt.Sprintf("%d articles were fetched again, %d of them without a reason", n, len(f.faults))
	return f
}

// hostOf is the host of a site's URL, with its port.
func hostOf(siteURL string) string { return strings.SplitN(siteURL+"///", "/", 4)[2] }

// crawlerOf is the number of the crawler that made a request.
func crawlerOf(q demo.Request) string {
	_, rest, _ := strings.Cut(q.Agent, "crawler-")
	number, _, _ := strings.Cut(rest, "@")
	return number
}

// failures wants every fetch that failed to have been repaired by a later one.
func (a account) failures() finding {
	f := finding{name: "fetches failed and were not repaired"}
	fetched, by, n := map[string]time.Time{}, map[string]int{}, 0
	for _, l := range a.lines {
		if l.Event == logging.FetchDone && l.Time.After(fetched[l.URL]) {
			fetched[l.URL] = l.Time
		}
	}
	for _, l := range a.lines {
		if l.Event != logging.FetchFailed {
			continue
		}
		n++
		by[l.Reason]++
		if l.Level != "warn" || !fetched[l.URL].After(l.Time) {
			f.faults = append(f.faults, fmt.Sprintf("%s by %s at %s: %s", l.URL, l.worker, l.Time.Format(time.StampMilli), l.Reason))
		}
	}
	f.text = fmt.Sprintf("%d fetches failed %v, %d of them were not repaired", n, by, len(f.faults))
	return f
}

// pages wants every page that was published to have become something, by the
// parsers' own lines: they tell before they publish.
func (a account) pages() finding {
	f := finding{name: "pages were published and came to nothing"}
	parsed, n := map[string]bool{}, 0
	for _, l := range a.lines {
		if l.Event == logging.ParseDone || l.Event == logging.ParseRejected {
			parsed[l.Page] = true
		}
	}
	for _, l := range a.lines {
		if l.Event != logging.PagePublished {
			continue
		}
		n++
		if !parsed[l.Page] && !slices.Contains(a.poison, l.URL) {
			f.faults = append(f.faults, fmt.Sprintf("%s, page %s of %s", l.URL, l.Page, l.worker))
		}
	}
	f.text = fmt.Sprintf("%d pages were published, %d of them came to nothing", n, len(f.faults))
	return f
}

// articles wants each version of an article published once by the parsers' lines,
// or none at all if the parser that had it was interrupted.
func (a account) articles() finding {
	f := finding{name: "articles were published not once"}
	published, parsed, silent := map[string]map[string]int{}, map[string]line{}, 0
	for _, l := range a.lines {
		switch l.Event {
		case logging.ArticlePublished:
			if published[l.URL] == nil {
				published[l.URL] = map[string]int{}
			}
			published[l.URL][l.Rev]++
		case logging.ParseDone:
			if _, earlier := parsed[l.URL]; !earlier {
				parsed[l.URL] = l
			}
		}
	}
	for _, t := range a.truth {
		for rev, n := range published[t.URL] {
			if n > 1 {
				f.faults = append(f.faults, fmt.Sprintf("%s, version %s: %d times", t.URL, rev, n))
			}
		}
		if first := parsed[t.URL]; len(published[t.URL]) == 0 {
			silent++
			if !a.interrupted(first.worker, first.Time.Add(-time.Second), first.Time.Add(tellFor)) {
				f.faults = append(f.faults, t.URL+": not once, and its parser was not interrupted")
			}
		}
	}
	f.text = fmt.Sprintf("of %d articles %d were published by parsers that had no time to tell; %d not once", len(a.truth), silent, len(f.faults))
	return f
}

// writings wants each article written once to each sink by the sinks' lines, or
// not at all if a sink was interrupted after it had written.
func (a account) writings() finding {
	f := finding{name: "articles were written not once"}
	written, articles, interrupted := map[string]map[string]int{}, map[string]bool{}, false
	for _, l := range a.lines {
		switch l.Event {
		case logging.ArticlePublished:
			articles[l.Article+" "+l.Rev] = true
		case logging.ArticleWritten:
			if written[l.Sink] == nil {
				written[l.Sink] = map[string]int{}
			}
			written[l.Sink][l.Article+" "+l.Rev]++
		}
	}
	for _, s := range a.spells {
		interrupted = interrupted || s.worker == "" || stageOf(s.worker) == "sink"
	}
	silent := 0
	for sink, times := range written {
		for id := range articles {
			switch n := times[id]; {
			case n == 0 && interrupted:
				silent++
			case n != 1:
				f.faults = append(f.faults, fmt.Sprintf("%s by sink %s: %d times", id, sink, n))
			}
		}
	}
	f.text = fmt.Sprintf("%d versions of articles in %d sinks; of %d writings no sink had time to tell; %d not once", len(articles), len(written), silent, len(f.faults))
	return f
}

// tellFor is how long a parser tries to publish an article.
const tellFor = 30 * time.Second

func TestAccountsAreJudged(t *testing.T) {
	t.Parallel()
	at := func(s int) time.Time { return time.Unix(int64(1000+s), 0) }
	ask := func(path string, crawler, s int) demo.Request {
		return demo.Request{Host: "a", Path: path, Agent: fmt.Sprintf("Pressmill/1 (+crawler-%d@chaos)", crawler), Start: at(s), End: at(s)}
	}
	tell := func(event, path, worker string, s int) line {
		return line{Event: event, URL: "http://a" + path, Page: path, Article: path, Sink: "files", Level: "warn", worker: worker, Time: at(s)}
	}
	a := account{
		truth: []demo.Truth{{URL: "http://a/1"}, {URL: "http://a/2"}},
		lines: []line{
			tell(logging.FetchFailed, "/1", "crawler-1", 1), tell(logging.FetchDone, "/1", "crawler-1", 9), tell(logging.FetchDone, "/2", "crawler-1", 9),
			tell(logging.PagePublished, "/1", "crawler-1", 9), tell(logging.PagePublished, "/2", "crawler-2", 9), tell(logging.PagePublished, "/3", "crawler-1", 9),
			tell(logging.ParseDone, "/1", "parser-1", 10), tell(logging.ParseDone, "/2", "parser-1", 10), tell(logging.ArticlePublished, "/1", "parser-1", 10),
			tell(logging.ArticleWritten, "/1", "sink-1", 11),
		},
		requests: []demo.Request{ask("/1", 1, 0), ask("/2", 1, 3), ask("/1", 2, 6)},
		spells:   []spell{{"crawler-1", at(4), at(5)}, {"parser-1", at(11), at(12)}},
		poison:   []string{"http://a/3"},
	}
	for _, f := range a.judge() {
		if len(f.faults) > 0 {
			t.Errorf("%s: %v", f.name, f.faults)
		}
	}
	a.spells, a.poison = nil, nil
	a.lines = append(a.lines, tell(logging.FetchFailed, "/2", "crawler-1", 20), tell(logging.ArticleWritten, "/1", "sink-2", 21))
	for _, f := range a.judge() {
		if len(f.faults) != 1 {
			t.Errorf("%s: %v, want one", f.name, f.faults)
		}
	}
}
