//go:build linux

package trials_test

import (
	"context"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"text/tabwriter"
	"time"
)

const (
	soakHosts   = 24
	soakPublish = 12 * time.Second // between two articles of a host
	soakFeed    = 8                // articles that each host begins with
	warmShare   = 3                // a third of the time is for becoming warm
)

// newSoakSettings keep nothing for long that is kept for a while by design: URLs
// are looked at again after a minute, and articles that the sink has leave their
// stream after one.
func newSoakSettings(t *testing.T) (s settings, lasts time.Duration) {
	lasts = setting[time.Duration]("for")
	s = settings{
		seed: setting[uint64]("seed"), hosts: soakHosts, articles: soakHosts * (soakFeed + int(lasts/soakPublish)),
		delay: time.Second, ackWait: ackWait, revisit: time.Minute, revisitAll: true, publish: soakPublish,
		busKeys: ", articles_replay: 1m", crawlerKeys: ", poll: 20s, poll_min: 15s, poll_max: 20s",
		bin: os.Getenv(envBin), artifacts: os.Getenv(envArtifacts),
	}
	if s.artifacts == "" {
		s.artifacts = t.TempDir()
	}
	return s, lasts
}

// TestSoak crawls a local web that publishes articles at a steady rate, without
// faults, and wants nothing of the cluster to grow, every article once, manners
// kept and no process ended.
func TestSoak(t *testing.T) {
	if os.Getenv(envBin) == "" {
		t.Skip("needs binaries and time: make soak")
	}
	s, lasts := newSoakSettings(t)
	r := start(t, s)
	report := r.newReport()
	r.began = time.Now()
	r.must(r.applySeeds(&injection{}))
	r.Logf("%d hosts publish %d articles within %s", r.hosts, r.articles, lasts)
	all, faults := r.soak(lasts)
	complete := r.awaitAll()
	report.throughput()
	r.judgeLives(report)
	r.stopWorkers()
	r.judgeGrowth(report, all, faults, lasts)
	r.judgeSoak(report, complete)
	r.must(report.save())
}

// soak measures for a while.
func (r *rig) soak(lasts time.Duration) (all []series, faults []string) {
	stop := r.sayProgress()
	defer stop()
	ctx, cancel := context.WithTimeout(r.Context(), lasts)
	defer cancel()
	g := r.newGauge()
	g.run(ctx)
	return g.finish(), g.faults
}

// judgeLives wants each worker to be the process that was started, and each
// server too.
func (r *rig) judgeLives(report *report) {
	again := 0
	for _, name := range workers() {
		if n := len(r.journal.livesOf(name)); n != 1 {
			again++
			r.Errorf("%s has had %d lives", name, n)
		}
	}
	for _, name := range servers() {
		if n := r.cluster.starts(name); n != 1 {
			again++
			r.Errorf("%s was started %d times", name, n)
		}
	}
	report.line("%d processes, %d of them started again", len(workers())+len(servers()), again)
}

// judgeGrowth wants no series to grow by more than it may.
func (r *rig) judgeGrowth(report *report, all []series, faults []string, lasts time.Duration) {
	r.must(writeSeries(filepath.Join(r.dir, "samples.csv"), all))
	r.none("measurements failed", faults)
	r.none("things were not measured", missing(all))
	perDay := float64(r.hosts) * day / r.publish.Seconds()
	from := lasts.Seconds() / warmShare
	var table strings.Builder
	w := tabwriter.NewWriter(&table, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "what\tof\tfirst\tlast\ta day\tat least\tat most\tmay grow by\tan article\t\t")
	untold, grow := 0, 0
	for _, s := range all {
		g := growthOf(s, from, perDay)
		verdict := ""
		switch {
		case !g.told():
			untold++
			verdict = "too few points to tell"
		case g.grows():
			grow++
			verdict = "GROWS"
			r.Errorf("%s of %s grows by %s a day, by %s at least; it may by %s", g.What, g.Of, human(g.Day), human(g.Low), human(g.Limit))
		}
		row := []string{g.What, g.Of}
		for _, x := range []float64{g.First, g.Last, g.Day, g.Low, g.High, g.Limit, g.Day / perDay} {
			row = append(row, human(x))
		}
		fmt.Fprintln(w, strings.Join(append(row, verdict), "\t")+"\t")
	}
	_ = w.Flush() // to memory
	report.line("%d series from second %.0f to %.0f, at %.0f articles a day: %d grow by more than they may, of %d there are too few points to tell",
		len(all), from, lasts.Seconds(), perDay, grow, untold)
	report.table = table.String()
}

// missing names what was not measured of a process.
func missing(all []series) (what []string) {
	for _, name := range append(workers(), servers()...) {
		for _, of := range []string{ofRSS, ofHeap, ofGoroutines, ofDescriptors} {
			if !slices.ContainsFunc(all, func(s series) bool { return s.Of == name && s.What == of }) {
				what = append(what, of+" of "+name)
			}
		}
	}
	return what
}

// human is a number that people can read.
func human(x float64) string {
	if math.IsInf(x, 0) {
		return "?"
	}
	for _, unit := range []struct {
		of   float64
		name string
	}{{1e9, "G"}, {1e6, "M"}, {1e3, "k"}} {
		if x >= unit.of || x <= -unit.of {
			return strconv.FormatFloat(x/unit.of, 'f', 1, 64) + unit.name
		}
	}
	return strconv.FormatFloat(math.Round(x)+0, 'f', 0, 64) // no -0
}

// judgeSoak wants what chaos wants, and each article asked for once and looked at
// again once.
func (r *rig) judgeSoak(report *report, complete bool) {
	if !complete {
		r.Errorf("not all articles were written: %s", r.state())
	}
	r.judgeWritten(report)
	r.judgeManners(report, nil)
	r.judgeDead(report)
	a := account{lines: r.journal.since(0), requests: r.site.Requests(), truth: r.truth}
	for _, what := range []finding{a.looks(2), a.failures(), a.pages(), a.articles(), a.writings()} {
		r.none(what.name, what.faults)
		report.line("%s", what.text)
	}
	r.judgeSummaries(report)
}

// looks wants no article asked for more often than it is to be looked at.
func (a account) looks(most int) finding {
	f := finding{name: "articles were asked for too often"}
	times, n := map[string]int{}, 0
	for _, q := range a.requests {
		times[q.URL()]++
	}
	for _, t := range a.truth {
		n += times[t.URL]
		if times[t.URL] > most {
			f.faults = append(f.faults, fmt.Sprintf("%s: %d times", t.URL, times[t.URL]))
		}
	}
	f.text = fmt.Sprintf("%d articles were asked for %d times; %d more than %d times each", len(a.truth), n, len(f.faults), most)
	return f
}
