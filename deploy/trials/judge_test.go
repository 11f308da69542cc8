//go:build linux

package trials_test

import (
	"encoding/json"
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"pressmill/deploy/pressmill/demo"
	"pressmill/deploy/pressmill/logs"
	"pressmill/pkg/news"
	"pressmill/sink/segment"
)

const (
	stuckFor  = 3 * time.Minute // beyond the time of a revisit, without another article, and the crawl has failed
	lookEvery = 5 * time.Second
	stopFor   = 45 * time.Second // as Kubernetes is told
	// onWire is how soon after it was woken a frozen crawler's request that was
	// about to be sent reaches the site.
	onWire = time.Second
)

// healthy is the articles that are to be written: all but the poisonous ones.
func (r *rig) healthy() []demo.Truth {
	return slices.DeleteFunc(slices.Clone(r.truth), func(a demo.Truth) bool { return slices.Contains(r.poison.urls, a.URL) })
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
		looked, fewest, missing := time.Now(), math.MaxInt, 0
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
		if time.Since(since) > r.revisit+stuckFor {
			return false
		}
		time.Sleep(max(lookEvery, 5*time.Since(looked)))
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
	r.judgeWritten(report)
	r.judgeManners(report, done)
	r.judgeDead(report)
	a := account{lines: r.journal.since(0), requests: r.site.Requests(), spells: r.spells(done), poison: r.poison.urls, truth: r.healthy()}
	for _, what := range a.judge() {
		r.none(what.name, what.faults)
		report.line("%s", what.text)
	}
	r.judgeSummaries(report)
}

// judgeWritten wants every article once in each sink.
func (r *rig) judgeWritten(report *report) {
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

// judgeSummaries wants the last summary of every process to tell what its lines
// add up to by then.
func (r *rig) judgeSummaries(report *report) {
	tally := logs.NewTally(time.Minute)
	var names, differ []string
	for _, name := range workers() {
		names = append(names, filepath.Join(r.cluster.dir, "logs", name+".log"))
	}
	if err := (&logs.Reader{Each: tally.Add}).ReadFiles(r.Context(), names, nil); err != nil {
		r.Errorf("read logs: %v", err)
	}
	n := 0
	for _, p := range tally.Instances.Sorted() {
		for stage := range p.Stages {
			g := &p.Stages[stage]
			n += int(g.Summaries)
			if g.Told != g.Lines {
				differ = append(differ, fmt.Sprintf("%s: %+v, and its lines %+v", p.Name, g.Told, g.Lines))
			}
		}
	}
	r.none("processes whose summaries tell something else than their lines", differ)
	report.line("%d summaries of %d processes; %d tell something else than the lines", n, tally.Instances.Len(), len(differ))
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
