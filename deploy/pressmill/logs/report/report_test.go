package report_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"pressmill/deploy/pressmill/logs"
	"pressmill/deploy/pressmill/logs/report"
)

var update = flag.Bool("update", false, "write the golden files")

// collect reads lines into a report.
func collect(t *testing.T, lines string, change func(*report.Builder)) *report.Report {
	t.Helper()
	b := report.NewBuilder()
	if change != nil {
		change(b)
	}
	var in logs.Input
	reader := logs.Reader{Each: b.Add, Told: in.Add}
	if err := reader.Read(t.Context(), strings.NewReader(lines)); err != nil {
		t.Fatal(err)
	}
	b.File("lines.jsonl", in)
	return b.Report("A day")
}

// page writes a report. PRESSMILL_PAGES names a folder to keep it in, to look at it in a browser.
func page(t *testing.T, r *report.Report) string {
	t.Helper()
	var out bytes.Buffer
	if err := report.Write(&out, r); err != nil {
		t.Fatal(err)
	}
	if dir := os.Getenv("PRESSMILL_PAGES"); dir != "" {
		if err := os.WriteFile(filepath.Join(dir, strings.ReplaceAll(t.Name(), "/", "-")+".html"), out.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	wellFormed(t, out.String())
	alone(t, out.String())
	return out.String()
}

func bad(t *testing.T) string {
	t.Helper()
	var lines bytes.Buffer
	writeBadDay(t, &lines)
	return lines.String()
}

func TestBadDay(t *testing.T) {
	lines := bad(t)
	r := collect(t, lines, nil)
	written := page(t, r)
	if len(written) > 1<<20 {
		t.Errorf("the page has %d bytes", len(written))
	}
	type alert struct{ urgency, event, name string }
	var got []alert
	for _, a := range r.Verdict.Alerts {
		name := ""
		if len(a.Names) > 0 {
			name = a.Names[0]
		}
		got = append(got, alert{a.Urgency.String(), a.Event, name})
	}
	want := []alert{
		{"act", "service.start", "parser on news-parser-6c9f1"},
		{"act", "backpressure.on", "crawler · news-crawler-6c9f0-1 · still, for 1 h 33 min"},
		{"act", "source.silent", "harbour-post"},
		{"act", "source.drift", "valley-herald: author 8 %, usually 97 %"},
		{"look", "deadletter.published", "crawler · timeout: 69"},
		{"look", "stage.summary lag", ""},
		{"look", "fetch.failed http_403, http_429", "www.brinebridge-news.example"},
		{"look", "nats.disconnected", "news-crawler-6c9f0-1"},
		{"look", "host.dropped", "www.greywater-review.example"},
	}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(alert{})); diff != "" {
		t.Error(diff)
	}
	for _, text := range []string{r.Verdict.Headline, "harbour-post", "▼ 97 % → 8 %", "ended without a word", "permission denied"} {
		if !strings.Contains(written, text) {
			t.Errorf("the page lacks %q", text)
		}
	}
	counts(t, lines, r)
	agrees(t, lines, r)
}

// agrees holds the figures against those that the live view shows of the same lines.
func agrees(t *testing.T, lines string, r *report.Report) {
	t.Helper()
	tally := logs.NewTally(0)
	reader := logs.Reader{Each: tally.Add}
	if err := reader.Read(t.Context(), strings.NewReader(lines)); err != nil {
		t.Fatal(err)
	}
	type figures struct {
		Out, Retried int64
		Skipped      map[string]int64
		P95          string
	}
	for i, s := range r.Stages {
		there := tally.Whole.Stages[i]
		want := figures{there.Out, there.Retried, there.SkippedBy, fmt.Sprintf("%.3g", there.Waited.Quantile(0.95))}
		got := figures{Out: s.Out, P95: fmt.Sprintf("%.3g", s.Waited.P95)}
		for _, c := range s.Retried {
			got.Retried += c.N
		}
		for _, c := range s.Skipped {
			if got.Skipped == nil {
				got.Skipped = map[string]int64{}
			}
			got.Skipped[c.Name] = c.N
		}
		if diff := cmp.Diff(want, got, cmp.Comparer(func(a, b logs.Reasons) bool { return maps.Equal(a, b) })); diff != "" {
			t.Errorf("%s: %s", s.Name, diff)
		}
	}
}

// TestMissingLines has summaries that count more than the lines do.
func TestMissingLines(t *testing.T) {
	line := `{"ts":"2026-11-27T10:0%d:00Z","level":"info","msg":"x","service":"parser","instance":"mill-1","stage":"parser","event":"%s"%s}` + "\n"
	lines := fmt.Sprintf(line, 0, "service.start", "") + fmt.Sprintf(line, 1, "article.published", `,"source":"a"`) +
		fmt.Sprintf(line, 2, "stage.summary", `,"seconds":60,"in":9,"out":5,"failed":2,"interval":{"seconds":60,"out":5,"failed":2}`)
	r := collect(t, lines, nil)
	if r.Stages[1].Missing != 6 || !strings.Contains(page(t, r), "Summaries count more items than there are lines") {
		t.Errorf("%d lines are missing: %q", r.Stages[1].Missing, r.Verdict.Headline)
	}
}

// TestLives has two workers of one host, of which one is killed and started again, and a pod that dies.
func TestLives(t *testing.T) {
	var lines strings.Builder
	say := func(second int, service, instance, event string) {
		fmt.Fprintf(&lines, `{"ts":"%s","level":"info","msg":"x","service":"%s","instance":"%s","event":"%s"}`+"\n",
			midnight.Add(time.Duration(second)*time.Second).Format(time.RFC3339), service, instance, event)
	}
	for second := 0; second < 100; second += 5 {
		say(second, "parser", "mill-10", "parse.done")
		if second < 40 {
			say(second, "parser", "mill-11", "parse.done")
		} else {
			say(second+1, "parser", "mill-12", "parse.done")
		}
	}
	say(40, "parser", "mill-12", "service.start")
	say(100, "parser", "mill-10", "service.stop")
	say(3, "sink", "news-sink-0-1", "service.start")
	say(50, "sink", "news-sink-0-1", "service.start")
	say(99, "sink", "news-sink-0-1", "service.stop")
	r := collect(t, lines.String(), nil)
	var got []string
	for _, life := range r.Lives.Rows {
		var row strings.Builder
		row.WriteString(life.Service + " " + life.Name + ":")
		for _, run := range life.Runs {
			fmt.Fprintf(&row, " %.0f-%.0f %s", run.From.Sub(midnight).Seconds(), run.To.Sub(midnight).Seconds(), run.End)
		}
		got = append(got, row.String())
	}
	want := []string{
		"parser mill: 0-100 stopped", "parser mill: 0-35 ended without a word 40-96 running",
		"sink news-sink-0: 3-3 ended without a word 50-99 stopped",
	}
	slices.Sort(got)
	slices.Sort(want)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// TestSummariesAlone has the lines of a process whose items were below the level of its log.
func TestSummariesAlone(t *testing.T) {
	line := `{"ts":"2026-11-27T10:0%d:00Z","level":"info","msg":"x","service":"crawler","instance":"mill-1","stage":"crawler","event":"stage.summary",` +
		`"seconds":60,"in":9,"out":%d,"failed":0,"lag":3,"interval":{"seconds":60,"out":4,"failed":1,"failed_by":{"timeout":1}}}` + "\n"
	r := collect(t, fmt.Sprintf(line, 1, 4)+fmt.Sprintf(line, 2, 8), nil)
	s := r.Stages[0]
	if s.Out != 8 || r.Totals.Fetched != 8 || len(s.Failed) != 1 || s.Failed[0] != (report.Count{Name: "timeout", N: 2}) {
		t.Errorf("got %+v", s)
	}
	page(t, r)
}

// counts compares totals with those of the lines, counted another way.
func counts(t *testing.T, lines string, r *report.Report) {
	t.Helper()
	of := func(pattern string) int64 {
		return int64(len(regexp.MustCompile(pattern).FindAllString(lines, -1)))
	}
	for _, c := range []struct {
		what      string
		got, want int64
	}{
		{"fetched", r.Totals.Fetched, of(`"fetch\.done"`)},
		{"pages", r.Totals.Pages, of(`"page\.published"`)},
		{"articles", r.Totals.Articles, of(`"article\.published"`)},
		{"objects", r.Totals.Objects, of(`"(segment\.committed|delivery\.done)"`)},
		{"dead letters", r.Totals.Dead, of(`"deadletter\.published"`)},
		{"lines", r.Totals.Lines, of(`(?m)^{`)},
		{"broken lines", r.Files[0].Faults(), of(`(?m)^goroutine`)},
	} {
		if c.got != c.want || c.want == 0 {
			t.Errorf("%s: %d, the lines have %d", c.what, c.got, c.want)
		}
	}
	for i, s := range r.Stages {
		sum := int64(0)
		for _, n := range s.OutIn {
			sum += n
		}
		if sum != s.Out {
			t.Errorf("the bins of the %s have %d of %d", r.Stages[i].Name, sum, s.Out)
		}
	}
	in := int64(0)
	for _, s := range append(r.Sources.List, r.Sources.More) {
		for _, n := range s.In {
			in += n
		}
	}
	if in != r.Totals.Articles {
		t.Errorf("the sources have %d articles of %d", in, r.Totals.Articles)
	}
}

// TestReport holds the figures of a few lines against a golden file.
func TestReport(t *testing.T) {
	lines, err := os.ReadFile("testdata/lines.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	r := collect(t, string(lines), nil)
	page(t, r)
	got, err := json.MarshalIndent(r, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	got = append(got, '\n')
	if *update {
		if err := os.WriteFile("testdata/report.json", got, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile("testdata/report.json")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Error(diff)
	}
}

func TestNoLineAndOne(t *testing.T) {
	for name, tt := range map[string]struct {
		lines string
		want  report.Urgency
	}{
		"nothing":  {"", report.Nobody},
		"no line":  {"panic: oh\n\ngoroutine 1\n", report.Nobody},
		"an event": {`{"ts":"2026-11-27T10:00:00Z","level":"info","msg":"x","service":"crawler","event":"fetch.done","stage":"crawler"}`, report.Fine},
		"a start":  {`{"ts":"2026-11-27T10:00:00Z","level":"info","msg":"x","service":"crawler","event":"service.start"}`, report.Fine},
		"unknown":  {`{"ts":"2026-11-27T10:00:00Z","level":"info","msg":"x","event":"no.such"}`, report.Fine},
	} {
		t.Run(name, func(t *testing.T) {
			r := collect(t, tt.lines, nil)
			if r.Verdict.Urgency != tt.want {
				t.Errorf("got %q", r.Verdict.Headline)
			}
			if !strings.Contains(page(t, r), r.Verdict.Headline) {
				t.Error("the page lacks its headline")
			}
		})
	}
}

// TestTimeIsBounded has lines before and after the time that was asked for.
func TestTimeIsBounded(t *testing.T) {
	r := collect(t, bad(t), func(b *report.Builder) { b.Since, b.Until = hours(10), hours(11) })
	if r.From.Before(hours(10)) || !r.To.Before(hours(11)) || r.Outside == 0 || r.Totals.Articles == 0 {
		t.Errorf("from %s to %s, %d outside, %d articles", r.From, r.To, r.Outside, r.Totals.Articles)
	}
}

// TestOrderOfLines has the lines of files in another order, as they come of several processes.
func TestOrderOfLines(t *testing.T) {
	lines := strings.SplitAfter(bad(t), "\n")
	there := collect(t, strings.Join(lines, ""), nil)
	slices.Reverse(lines)
	back := collect(t, strings.Join(lines, ""), nil)
	if diff := cmp.Diff(there.Verdict, back.Verdict); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(there.Stages, back.Stages); diff != "" {
		t.Error(diff)
	}
}

// attack is what sites and others may put into lines.
const attack = `</script></style><img src=//evil.example onerror=alert(1)>"'--><svg/onload=alert(2)>{{.}}` + "\u202e\x00\ufffd"

// hostile has an attack in every field of lines of many events.
func hostile(t *testing.T) string {
	t.Helper()
	var lines strings.Builder
	for event := range strings.FieldsSeq(`fetch.done fetch.failed parse.rejected article.published deadletter.published source.silent source.drift
		source.coverage segment.committed backpressure.on host.dropped service.start service.stop receiver.down nats.denied deadletter.refused parked.refused`) {
		for _, stage := range []string{"crawler", "parser", "sink"} {
			line := fieldsOf{
				"ts": "2026-11-27T10:00:00Z", "level": "error", "event": event, "stage": stage, "articles": 3, "share": 0.1, "usual": 0.9,
				"with": fieldsOf{attack: 1, "title": 3}, "took_ms": 10,
			}
			for name := range strings.FieldsSeq("msg service instance host source reason error sink field key") {
				line[name] = name + attack
			}
			line["url.full"] = "javascript:alert(3)//" + attack
			b, err := json.Marshal(line)
			if err != nil {
				t.Fatal(err)
			}
			lines.Write(append(b, '\n'))
		}
	}
	return lines.String() + attack + "\n"
}

func TestHostileLines(t *testing.T) {
	r := collect(t, hostile(t), nil)
	r.Title = attack
	r.Files[0].Name = attack
	page(t, r)
}

// TestManyNames has more of everything than is kept, with long names; the page stays small.
func TestManyNames(t *testing.T) {
	b := report.NewBuilder()
	reader := logs.Reader{Each: b.Add}
	out, in := io.Pipe()
	go func() {
		others := []string{"fetch.failed", "service.start", "source.silent", "source.drift", "deadletter.published", "segment.committed", "backpressure.on"}
		long := strings.Repeat("ä", 110)
		for i := range 5_200 {
			at := midnight.Add(time.Duration(i) * 5 * time.Minute).Format(time.RFC3339)
			for _, event := range []string{"article.published", others[i%len(others)]} {
				fmt.Fprintf(in, `{"ts":"%s","level":"error","msg":"m","service":"s%d","instance":"i%d%s","event":"%s","stage":"crawler","host":"h%d%s","source":"s%d%s","reason":"r%d%s","error":"%[7]s","sink":"%[2]d%[7]s","field":"f%[2]d","took_ms":%[2]d,"articles":1,"share":0.1,"usual":0.9}`+"\n",
					at, i, i, long, event, i, long, i, long, i, long)
			}
		}
		in.Close()
	}()
	if err := reader.Read(t.Context(), out); err != nil {
		t.Fatal(err)
	}
	if n := len(page(t, b.Report("Many"))); n > 2<<20 {
		t.Errorf("the page has %d bytes", n)
	}
}
