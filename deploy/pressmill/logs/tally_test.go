package logs

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"
)

// tallied reads a text into a new tally.
func tallied(t testing.TB, text string) *Tally {
	t.Helper()
	tally := NewTally(time.Hour)
	r := Reader{Each: tally.Add, Told: tally.Input.Add}
	if err := r.Read(t.Context(), strings.NewReader(text)); err != nil {
		t.Fatal(err)
	}
	return tally
}

func TestCountsAreExact(t *testing.T) {
	var text bytes.Buffer
	c := newCrawl(&text, 300)
	c.run(8_000)
	tally := tallied(t, text.String())
	if tally.Input.Lines != int64(c.lines) || tally.Input.Faults() != 0 || tally.Whole.Lines != int64(c.lines) {
		t.Errorf("%d lines, %d of them broken; want %d", tally.Input.Lines, tally.Input.Faults(), c.lines)
	}
	for stage, want := range c.stages {
		got := &tally.Whole.Stages[stage]
		if got.Out != want.Out || got.Failed != want.Failed || got.Retried != want.Retried || got.Skipped != want.Skipped || got.Written != want.Written {
			t.Errorf("%s: out %d failed %d retried %d skipped %d written %d; want %+v", StageNames[stage], got.Out, got.Failed, got.Retried, got.Skipped, got.Written, want)
		}
		told, lines := tally.Instances.Balance(stage)
		if told != lines || told.Out != want.Out || told.Failed != want.Failed {
			t.Errorf("%s: summaries %+v, lines %+v, want %d out", StageNames[stage], told, lines, want.Out)
		}
		var series Point
		for _, p := range tally.Series[stage].Points() {
			mergePoint(&series, p)
		}
		if series.Out != want.Out || series.Failed != want.Failed || tally.Series[stage].Len() > maxPoints {
			t.Errorf("%s: the series adds up to %d out, %d failed in %d points", StageNames[stage], series.Out, series.Failed, tally.Series[stage].Len())
		}
	}
	for host, n := range c.byHost {
		if h := tally.Whole.Hosts.Get(host); h == nil || h.Fetched != n {
			t.Errorf("%s: %+v, want %d", host, h, n)
		}
	}
	if s := tally.Sinks["articles"]; s.Objects != c.objects || s.Articles != c.stages[SinkStage].Out || s.Written != s.Articles {
		t.Errorf("sink: %+v", s)
	}
}

func TestLinesThatWereLostShow(t *testing.T) {
	var text bytes.Buffer
	newCrawl(&text, 10).run(4000)
	lines := strings.SplitAfter(text.String(), "\n")
	lost := int64(0)
	kept := slices.DeleteFunc(lines, func(line string) bool {
		if strings.Contains(line, `"fetch.done"`) && strings.Contains(line, "7-an-article") {
			lost++
			return true
		}
		return false
	})
	told, got := tallied(t, strings.Join(kept, "")).Instances.Balance(Crawler)
	if told.minus(got).Out != lost || lost == 0 {
		t.Errorf("summaries %+v, lines %+v; %d were lost", told, got, lost)
	}
}

func summaryLine(instance string, out int) string {
	return fmt.Sprintf(`{"ts":"2026-11-28T12:00:00Z","level":"info","schema":"log/v1","service":"crawler","instance":%q,"stage":"crawler","event":"stage.summary","out":%d,"failed":0,"lag":7}`+"\n", instance, out)
}

func startLine(instance string) string {
	return fmt.Sprintf(`{"ts":"2026-11-28T12:00:00Z","level":"info","schema":"log/v1","service":"crawler","instance":%q,"event":"service.start"}`+"\n", instance)
}

const fetchLine = `{"ts":"2026-11-28T12:00:00Z","level":"info","schema":"log/v1","service":"crawler","instance":"pod-1","stage":"crawler","event":"fetch.done","kind":"page","host":"a.example"}` + "\n"

func TestSummariesOfRestartedAndUnseenProcessesAddUp(t *testing.T) {
	fetches := func(n int) string { return strings.Repeat(fetchLine, n) }
	for name, c := range map[string]struct {
		text      string
		out, crsh int64
	}{
		"from the start":        {startLine("pod-1") + fetches(3) + summaryLine("pod-1", 3), 3, 0},
		"began before the file": {fetches(2) + summaryLine("pod-1", 1002) + fetches(5) + summaryLine("pod-1", 1007), 5, 0},
		"crashed and restarted": {startLine("pod-1") + fetches(3) + summaryLine("pod-1", 3) + fetches(1) + startLine("pod-1") + fetches(4) + summaryLine("pod-1", 4), 7, 1},
		"after the last one":    {startLine("pod-1") + fetches(3) + summaryLine("pod-1", 3) + fetches(9), 3, 0},
		"twice the same pod without start": {
			fetches(2) + summaryLine("pod-1", 50) + fetches(1) + summaryLine("pod-1", 51) + fetches(2) + summaryLine("pod-1", 2) + fetches(3) + summaryLine("pod-1", 5), 4, 0,
		},
	} {
		tally := tallied(t, c.text)
		told, lines := tally.Instances.Balance(Crawler)
		if told.Out != c.out || lines != told || tally.Instances.Crashes != c.crsh {
			t.Errorf("%s: summaries %+v, lines %+v, %d crashes; want %d out, %d crashes", name, told, lines, tally.Instances.Crashes, c.out, c.crsh)
		}
	}
}

// heap is the memory in use.
func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

func TestMemoryDoesNotGrowWithNames(t *testing.T) {
	tally := NewTally(time.Hour)
	before := heap()
	add := func(from, to int) {
		var l Line
		for i := from; i < to; i++ {
			at := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(i) * 10 * time.Second).Format(time.RFC3339)
			l.parse(fmt.Appendf(nil, `{"ts":%q,"level":"error","schema":"log/v1","service":"crawler","instance":"pod-%d","stage":"crawler","event":"fetch.failed","reason":"r%d","host":"h%d.example","source":"s%d","took_ms":%d}`, at, i, i, i, i, i%5000), nil)
			tally.Add(&l)
		}
	}
	add(0, 6_000)
	first := heap() - before
	add(6_000, 18_000)
	if now := heap() - before; now > first+first/4+2<<20 {
		t.Errorf("%d bytes after 6,000 names, %d after 18,000", first, now)
	}
	sum := tally.Whole.Hosts.Others.Failed
	for _, h := range tally.Whole.Hosts.All() {
		sum += h.Failed
	}
	if sum != 18_000 || tally.Whole.Hosts.Len() > 2*keepHosts || tally.Instances.Len() > 2*keepInstances {
		t.Errorf("the hosts add up to %d; %d hosts, %d instances", sum, tally.Whole.Hosts.Len(), tally.Instances.Len())
	}
	if n := len(tally.Whole.Stages[Crawler].FailedBy); n > maxReasons+1 || len(tally.Failures) > 2*maxFailures || len(tally.Notes) > 2*maxNotes {
		t.Errorf("%d reasons, %d failures, %d notes", n, len(tally.Failures), len(tally.Notes))
	}
	runtime.KeepAlive(tally)
}

func TestQuantilesAreWithinTwoPercent(t *testing.T) {
	var h, odd, even Histogram
	r := rand.New(rand.NewPCG(3, 4))
	var all []float64
	for i := range 20_000 {
		ms := 5 + 300*r.ExpFloat64()
		all = append(all, ms)
		h.Observe(ms)
		[]*Histogram{&even, &odd}[i%2].Observe(ms)
	}
	odd.Merge(&even)
	slices.Sort(all)
	for _, q := range []float64{0.01, 0.5, 0.95, 0.99} {
		want := all[int(q*float64(len(all)))]
		if got := h.Quantile(q); got < want*0.975 || got > want*1.025 || odd.Quantile(q) != got {
			t.Errorf("p%v: %v, merged %v; want %v", 100*q, got, odd.Quantile(q), want)
		}
	}
	var none Histogram
	none.Merge(&Histogram{})
	if none.Quantile(0.5) != 0 || none.Mean() != 0 {
		t.Error("nothing has a median")
	}
}

func TestASeriesKeepsItsSumAndItsBoundInAnyOrder(t *testing.T) {
	add := func(p, o *int) { *p += *o }
	s := newSeries(time.Second, 50, false, add)
	r := rand.New(rand.NewPCG(5, 6))
	begin := time.Date(2026, 11, 28, 0, 0, 0, 0, time.UTC).UnixNano()
	for range 10_000 {
		*s.at(begin + r.Int64N(int64(100*time.Hour)))++
	}
	sum := 0
	for _, p := range s.Points() {
		sum += *p
	}
	if sum != 10_000 || s.Len() > 50 || s.Width < 2*time.Hour || s.Width > 5*time.Hour {
		t.Errorf("%d in %d points of %s", sum, s.Len(), s.Width)
	}
	sliding := newSeries(time.Second, 10, true, add)
	for i := range int64(25) {
		*sliding.at(begin + i*int64(time.Second)) = int(i)
	}
	if sliding.at(begin) != nil || sliding.Len() != 10 || *sliding.at(begin + int64(15*time.Second)) != 15 {
		t.Errorf("%d points", sliding.Len())
	}
}

func TestAWindowForgetsWhatIsOlder(t *testing.T) {
	tally := NewTally(time.Hour)
	begin := time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)
	var l Line
	for minute := range 300 {
		at := begin.Add(time.Duration(minute) * time.Minute).Format(time.RFC3339)
		l.parse([]byte(strings.Replace(fetchLine, "2026-11-28T12:00:00Z", at, 1)), nil)
		tally.Add(&l)
	}
	recent := tally.Recent.Totals(begin.Add(300 * time.Minute))
	if n := recent.Stages[Crawler].Out; n < 50 || n > 70 || recent.Hosts.Get("a.example").Fetched != n {
		t.Errorf("%d in the last hour, want 60 or ten less or more", n)
	}
	if n := tally.Recent.Totals(begin.Add(24 * time.Hour)).Lines; n != 0 {
		t.Errorf("%d lines in an hour without any", n)
	}
	if tally.Whole.Stages[Crawler].Out != 300 {
		t.Error("the whole is not")
	}
}

func TestStandingOfStagesSourcesAndSinks(t *testing.T) {
	head := func(at, level, event string) string {
		return fmt.Sprintf(`{"ts":"2026-11-28T12:%sZ","level":%q,"schema":"log/v1","service":"pressmill","instance":"h-1","event":%q`, at, level, event)
	}
	text := strings.Join([]string{
		head("00:00", "warn", "backpressure.on") + `,"stage":"crawler"}`,
		head("00:01", "warn", "backpressure.on") + `,"stage":"crawler","host":"a.example"}`,
		head("00:02", "warn", "backpressure.on") + `,"stage":"sink","reason":"store","error":"no space"}`,
		head("00:05", "info", "page.published") + `,"stage":"crawler","host":"a.example"}`,
		head("00:10", "info", "backpressure.off") + `,"stage":"crawler"}`,
		head("01:00", "warn", "source.silent") + `,"stage":"crawler","source":"s1"}`,
		head("01:00", "warn", "source.silent") + `,"stage":"crawler","source":"s2"}`,
		head("01:10", "info", "source.back") + `,"stage":"crawler","source":"s1"}`,
		head("02:00", "warn", "source.drift") + `,"stage":"parser","source":"s3","field":"author","share":0.1,"usual":0.9,"articles":40}`,
		head("02:00", "warn", "source.drift") + `,"stage":"parser","source":"s3","field":"date","share":0.2,"usual":0.9,"articles":40}`,
		head("02:30", "info", "source.steady") + `,"stage":"parser","source":"s3","field":"date"}`,
		head("03:00", "info", "source.coverage") + `,"stage":"parser","source":"s3","seconds":600,"articles":10,"with":{"title":10,"author":4},"words_p50":300}`,
		head("03:10", "info", "source.coverage") + `,"stage":"parser","source":"s3","seconds":600,"articles":30,"with":{"title":30,"author":6},"words_p50":300}`,
		head("03:20", "warn", "receiver.down") + `,"stage":"sink","sink":"hook","error":"refused"}`,
		head("03:30", "error", "deadletter.published") + `,"stage":"parser","reason":"extract","source":"s3"}`,
	}, "\n")
	tally := tallied(t, text)
	if open := tally.Waiting(SinkStage); len(tally.Pressure) != 3 || len(open) != 1 || open[0].Reason != "store" || len(tally.Waiting(Crawler)) != 0 {
		t.Errorf("%d periods", len(tally.Pressure))
	}
	if p := tally.Pressure; p[0].To-p[0].From != int64(10*time.Second) || p[1].To-p[1].From != int64(4*time.Second) {
		t.Errorf("%+v, %+v", p[0], p[1])
	}
	if len(tally.Silent) != 1 || tally.Silent["s2"] == 0 {
		t.Errorf("silent: %v", tally.Silent)
	}
	if len(tally.Drifts) != 1 || tally.Drifts[0].Field != "author" || tally.Drifts[0].Usual != 0.9 {
		t.Errorf("drifts: %v", tally.Drifts)
	}
	if c := tally.Whole.Sources.Get("s3").Coverage; c.Articles != 40 || c.Share(0) != 1 || c.Share(1) != 0.25 || c.Words.Count() != 40 {
		t.Errorf("coverage: %+v", c)
	}
	if s := tally.Sinks["hook"]; s.Down == 0 || s.LastError != "refused" {
		t.Errorf("sink: %+v", s)
	}
	if p := tally.Whole.Stages[Parser]; p.Dead != 1 || p.Failed != 1 || p.FailedBy["extract"] != 1 {
		t.Errorf("parser: %+v", p)
	}
	if len(tally.Notes) != 9 || tally.SortedFailures()[0].Count != 2 {
		t.Errorf("%d notes", len(tally.Notes))
	}
}
