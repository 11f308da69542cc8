//go:build linux

package chaos_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pressmill/deploy/pressmill/demo"
	"pressmill/pkg/logging"
	"pressmill/pkg/news"
	"pressmill/sink/segment"
)

const (
	stuckFor  = 3 * time.Minute // without another article, and the crawl has failed
	lookEvery = 5 * time.Second
	stopFor   = 45 * time.Second // as Kubernetes is told
	// onWire is how soon after it was woken a frozen crawler's request that was
	// about to be sent reaches the site.
	onWire = time.Second
)

// healthy is the articles that are to be written: all but the poisonous ones.
func (r *rig) healthy() []demo.Truth {
	return slices.DeleteFunc(r.site.Truth(), func(a demo.Truth) bool { return slices.Contains(r.poison.urls, a.URL) })
}

// written reads what a sink has written.
func (r *rig) written(sink string) (all []news.Article, err error) {
	for data, err := range segment.ReadURL(r.Context(), r.sinks[sink]) {
		if err != nil {
			return nil, err
		}
		var a news.Article
		if err := json.Unmarshal(data, &a); err != nil {
			return nil, err
		}
		all = append(all, a)
	}
	return all, nil
}

// awaitAll waits until every sink has written every article. It gives up when
// none was added for a while.
func (r *rig) awaitAll() bool {
	most, since := 0, time.Now()
	for {
		fewest, missing := r.articles, 0
		for sink := range r.sinks {
			articles, err := r.written(sink)
			if err != nil {
				r.Logf("read what %s has written: %v", sink, err)
				articles = nil
			}
			lost, _ := demo.Differences(r.healthy(), articles)
			fewest, missing = min(fewest, len(articles)), missing+len(lost)
		}
		if missing == 0 {
			return true
		}
		if fewest > most {
			most, since = fewest, time.Now()
		}
		if time.Since(since) > stuckFor {
			return false
		}
		time.Sleep(lookEvery)
	}
}

// stopWorkers stops all workers, which end in good order.
func (r *rig) stopWorkers() {
	for _, late := range r.group.Stop(stopFor, workers()...) {
		r.Errorf("%s did not end within %s", late, stopFor)
	}
}

// judge fails the test for everything that is not as it should be.
func (r *rig) judge(report *report, done []*injection, complete bool) {
	if !complete {
		r.Errorf("not all articles were written: %s", r.state())
	}
	count := map[string]int{}
	for _, in := range done {
		if in.Err != nil {
			r.Errorf("%s of %s: %v", in.Kind, in.Hit, in.Err)
			continue
		}
		count[in.Kind]++
	}
	for _, kind := range r.kinds {
		if count[kind] < r.faults {
			r.Errorf("%d of %d faults of the kind %s were injected", count[kind], r.faults, kind)
		}
	}
	for sink := range r.sinks {
		articles, err := r.written(sink)
		if err != nil {
			r.Errorf("read what %s has written: %v", sink, err)
		}
		lost, wrong := demo.Differences(r.healthy(), articles)
		r.none(sink+": lost", lost)
		r.none(sink+": wrong", wrong)
		report.line("sink %s: %d articles, %d lost, %d wrong", sink, len(articles), len(lost), len(wrong))
	}
	r.judgeManners(report, done)
	r.judgeDead(report)
	a := account{lines: r.journal.since(0), requests: r.site.Requests(), spells: r.spells(done), poison: r.poison.urls, truth: r.healthy()}
	for _, what := range a.judge() {
		r.none(what.name, what.faults)
		report.line("%s", what.text)
	}
}

// none fails the test for each of some things, of which it shows the first.
func (r *rig) none(what string, which []string) {
	r.Helper()
	if len(which) > 0 {
		r.Errorf("%d %s:\n%s", len(which), what, strings.Join(which[:min(len(which), 20)], "\n"))
	}
}

// judgeManners wants no impolite request but those that were on the wire when
// their crawler was frozen.
func (r *rig) judgeManners(report *report, done []*injection) {
	faults := r.site.Faults(r.delay)
	rude := slices.DeleteFunc(slices.Clone(faults), func(f demo.Fault) bool { return excused(f, done) })
	var texts []string
	for _, f := range rude {
		texts = append(texts, fmt.Sprintf("%s: %s%s by %s at %s, %s after %+v", f.Kind, f.Host, f.Path, f.Agent, f.Start.Format(time.StampMicro), f.Gap, f.Before))
	}
	r.none("impolite requests", texts)
	report.line("%d requests; %d impolite, and %d that were on the wire of a frozen crawler", len(r.site.Requests()), len(rude), len(faults)-len(rude))
}

// excused says whether one of the two requests whose gap was not kept is one of
// a crawler that was frozen when it sent it.
func excused(f demo.Fault, done []*injection) bool {
	if f.Kind != demo.FaultGap && f.Kind != demo.FaultOverlap {
		return false
	}
	return slices.ContainsFunc(done, func(in *injection) bool {
		held := func(q demo.Request) bool {
			return q.By(in.Hit+"@") && q.Start.After(in.Began) && q.Start.Before(in.Lifted.Add(onWire))
		}
		return in.Kind == kindFreeze && (held(f.Request) || held(*f.Before))
	})
}

// judgeDead wants one dead letter for each poisonous page, and no other.
func (r *rig) judgeDead(report *report) {
	letters, err := r.deadLetters()
	if err != nil {
		r.Errorf("read dead letters: %v", err)
	}
	times := map[string]int{}
	var innocent []string
	for _, d := range letters {
		if times[d.url]++; !slices.Contains(r.poison.urls, d.url) || times[d.url] > 1 {
			innocent = append(innocent, fmt.Sprintf("%s %s %q: %s: %s", d.Stage, d.Key, d.url, d.Reason, d.Error))
		}
	}
	r.none("dead letters that should not be", innocent)
	for _, url := range r.poison.urls {
		if times[url] == 0 {
			r.Errorf("a poisonous page is no dead letter: %s", url)
		}
	}
	report.line("%d dead letters of %d poisonous pages, %d others", len(letters)-len(innocent), len(r.poison.urls), len(innocent))
}

// spell is a time in which a worker, or any if it has no name, may have been
// interrupted.
type spell struct {
	worker   string
	from, to time.Time
}

// spells are those of all faults, and of the deaths of parsers by poison.
func (r *rig) spells(done []*injection) (all []spell) {
	for _, in := range done {
		switch s := (spell{from: in.Began, to: in.Recovered}); in.Kind {
		case kindKill, kindLeader, kindFreeze, kindRestart, kindCut:
			if r.health[in.Hit] != "" {
				s.worker = in.Hit
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
	return []finding{a.repeats(), a.failures(), a.pages(), a.articles()}
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
	for _, t := range a.truth {
		articles[t.URL] = true
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

// articles wants each article published once by the parsers' lines, or not at
// all if the parser that had it was interrupted.
func (a account) articles() finding {
	f := finding{name: "articles were published not once"}
	published, parsed, silent := map[string]int{}, map[string]line{}, 0
	for _, l := range a.lines {
		switch l.Event {
		case logging.ArticlePublished:
			published[l.URL]++
		case logging.ParseDone:
			if _, earlier := parsed[l.URL]; !earlier {
				parsed[l.URL] = l
			}
		}
	}
	for _, t := range a.truth {
		switch first := parsed[t.URL]; {
		case published[t.URL] > 1:
			f.faults = append(f.faults, fmt.Sprintf("%s: %d times", t.URL, published[t.URL]))
		case published[t.URL] == 0:
			silent++
			if !a.interrupted(first.worker, first.Time.Add(-time.Second), first.Time.Add(tellFor)) {
				f.faults = append(f.faults, t.URL+": not once, and its parser was not interrupted")
			}
		}
	}
	f.text = fmt.Sprintf("of %d articles %d were published by parsers that had no time to tell; %d not once", len(a.truth), silent, len(f.faults))
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
		return line{Event: event, URL: "http://a" + path, Page: path, Level: "warn", worker: worker, Time: at(s)}
	}
	a := account{
		truth: []demo.Truth{{URL: "http://a/1"}, {URL: "http://a/2"}},
		lines: []line{
			tell(logging.FetchFailed, "/1", "crawler-1", 1), tell(logging.FetchDone, "/1", "crawler-1", 9), tell(logging.FetchDone, "/2", "crawler-1", 9),
			tell(logging.PagePublished, "/1", "crawler-1", 9), tell(logging.PagePublished, "/2", "crawler-2", 9), tell(logging.PagePublished, "/3", "crawler-1", 9),
			tell(logging.ParseDone, "/1", "parser-1", 10), tell(logging.ParseDone, "/2", "parser-1", 10), tell(logging.ArticlePublished, "/1", "parser-1", 10),
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
	a.lines = append(a.lines, tell(logging.FetchFailed, "/2", "crawler-1", 20))
	for _, f := range a.judge() {
		if len(f.faults) != 1 {
			t.Errorf("%s: %v, want one", f.name, f.faults)
		}
	}
}

func TestOnlyAFrozenCrawlersRequestIsExcused(t *testing.T) {
	t.Parallel()
	at := func(s int) time.Time { return time.Unix(int64(1000+s), 0) }
	by := func(name string, s int) demo.Request {
		return demo.Request{Agent: "Pressmill/1 (+" + name + "@chaos)", Start: at(s), End: at(s)}
	}
	frozen := []*injection{{fault: fault{Kind: kindFreeze}, Hit: "crawler-1", Began: at(10), Lifted: at(20)}}
	before := by("crawler-2", 19)
	for _, c := range []struct {
		fault demo.Fault
		want  bool
	}{
		{demo.Fault{Kind: demo.FaultGap, Request: by("crawler-1", 20), Before: &before}, true},
		{demo.Fault{Kind: demo.FaultGap, Request: by("crawler-1", 22), Before: &before}, false},
		{demo.Fault{Kind: demo.FaultGap, Request: by("crawler-3", 20), Before: &before}, false},
		{demo.Fault{Kind: demo.FaultDisallowed, Request: by("crawler-1", 20)}, false},
	} {
		if got := excused(c.fault, frozen); got != c.want {
			t.Errorf("%s by %s at %s: %v", c.fault.Kind, c.fault.Agent, c.fault.Start, got)
		}
	}
}
