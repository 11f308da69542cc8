package logs

import (
	"bytes"
	"encoding/json"
	"flag"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"pressmill/pkg/logging"
)

var update = flag.Bool("update", false, "write the golden files")

// traceFile is where the lines of a real crawl lie, by two crawlers, two
// parsers and two sink workers; hosts and instances got other names.
func traceFile(name string) string { return filepath.Join("testdata", "trace", name) }

// crawlLines returns the lines of the processes with these names, all without a name.
func crawlLines(t testing.TB, processes ...string) string {
	t.Helper()
	files, err := filepath.Glob(traceFile("*.log"))
	if err != nil || len(files) != 6 {
		t.Fatal(files, err)
	}
	var text strings.Builder
	for _, f := range files {
		process, _, _ := strings.Cut(filepath.Base(f), "-")
		if len(processes) > 0 && !slices.Contains(processes, process) {
			continue
		}
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		text.Write(b)
	}
	return text.String()
}

// without leaves out the lines that have all these words in them.
func without(text string, words ...string) string {
	var out strings.Builder
	for line := range strings.Lines(text) {
		if slices.ContainsFunc(words, func(w string) bool { return !strings.Contains(line, w) }) {
			out.WriteString(line)
		}
	}
	return out.String()
}

func traced(t testing.TB, key, text string) []*PageTrace {
	t.Helper()
	tr := NewTracer(key)
	if err := tr.ReadFiles(t.Context(), []string{StandardInput}, strings.NewReader(text)); err != nil {
		t.Fatal(err)
	}
	return tr.Pages()
}

func printed(t testing.TB, pages []*PageTrace, width int) string {
	t.Helper()
	var out strings.Builder
	if err := WriteTrace(&out, pages, width); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	file := traceFile(name)
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", file, diff)
	}
}

const (
	floodGates = "0409595ad8d0e36f"
	pier       = "http://harbour.example/local/pier-vote.html"
)

// TestStories holds what is printed of real lines, and what became of each page.
func TestStories(t *testing.T) {
	whole := crawlLines(t)
	for _, c := range []struct {
		name, key, text string
		states          []string
	}{
		{"retry", floodGates, whole, []string{StateWritten}},
		{"home", "http://news.example", whole, []string{StateRejected}},
		{"feed", "https://news.example/feed.xml", whole, []string{StateFetched, StateSkipped, StateFetched}},
		{"redirect", "http://harbour.example/old/ferry", whole, []string{StateRedirect, StateWritten, StateFetched, StateFetched}},
		{"redirect-open", "http://harbour.example/old/ferry", without(whole, "new-ferry"), []string{StateRedirect}},
		{"redirect-seen", "http://news.example/old/2019/ferry-pier", whole, []string{StateRedirect, StateSkipped}},
		{"robots", "http://news.example/private/drafts/mayor-resigns.html", whole, []string{StateSkipped}},
		{"lost", "http://news.example/local/withdrawn-story.html", whole, []string{StateFailed}},
		{"takedown", pier, whole, []string{StateWritten, StateLeftOut}},
		{"dead", "http://harbour.example/local/always-broken.html", whole, []string{StateDeadLetter}},
		{"attempt", "http://harbour.example/local/always-broken.html", without(whole, "always-broken", `"level":"error"`), []string{StateRetry}},
		{"one-sink", "9eeb411ccd16f327", without(whole, "9eeb411ccd16f327", `"sink":"archive"`), []string{StatePartlyWritten, StateFetched, StateFetched}},
		{"waits-sink", floodGates, crawlLines(t, "crawler", "parser"), []string{StateWaitsSink}},
		{"waits-parser", floodGates, crawlLines(t, "crawler"), []string{StateWaitsParser}},
		{"parsed", floodGates, without(crawlLines(t, "crawler", "parser"), "article.published"), []string{StateParsed}},
		{"no-crawler", floodGates, crawlLines(t, "parser", "sink"), []string{StateWritten}},
		{"clocks", floodGates, slower(t, slower(t, whole, "parser", 5*time.Second), "sink", time.Minute), []string{StateWritten}},
	} {
		t.Run(c.name, func(t *testing.T) {
			pages := traced(t, c.key, c.text)
			var states []string
			for _, p := range pages {
				states = append(states, p.State)
			}
			if diff := cmp.Diff(c.states, states); diff != "" {
				t.Errorf("states (-want +got):\n%s", diff)
			}
			text := printed(t, pages, 100)
			golden(t, c.name+".txt", text)
			for line := range strings.Lines(text) {
				if n := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")); n > 100 {
					t.Errorf("%d columns: %s", n, line)
				}
			}
			if wide := printed(t, pages, 0); strings.Contains(wide, "…") {
				t.Errorf("something is shortened in\n%s", wide)
			}
			for _, p := range pages {
				notNegative(t, p)
			}
		})
	}
}

func notNegative(t *testing.T, p *PageTrace) {
	t.Helper()
	if p.TotalMS < 0 {
		t.Errorf("%s took %v ms", p.PageID, p.TotalMS)
	}
	for _, s := range p.Steps {
		if s.WaitedMS < 0 || s.TookMS < 0 || s.ClockMS < 0 {
			t.Errorf("a negative time: %+v", s)
		}
	}
	for _, s := range p.Times {
		if s.MS <= 0 {
			t.Errorf("%+v", s)
		}
	}
}

// slower turns the clock of a stage's machines back.
func slower(t *testing.T, text, process string, by time.Duration) string {
	t.Helper()
	var out strings.Builder
	for line := range strings.Lines(text) {
		if strings.Contains(line, `"instance":"`+process) {
			_, rest, _ := strings.Cut(line, `"ts":"`)
			ts, _, _ := strings.Cut(rest, `"`)
			at, err := time.Parse(time.RFC3339Nano, ts)
			if err != nil {
				t.Fatal(err)
			}
			line = strings.Replace(line, ts, at.Add(-by).Format(time.RFC3339Nano), 1)
		}
		out.WriteString(line)
	}
	return out.String()
}

// TestClocksThatDiffer are marked on the step that they show on, by at least
// what no order of events explains, and a machine's own steps never are.
func TestClocksThatDiffer(t *testing.T) {
	for _, s := range traced(t, floodGates, crawlLines(t))[0].Steps {
		if s.ClockMS != 0 {
			t.Errorf("clocks agreed: %+v", s)
		}
	}
	behind := map[string]float64{}
	for _, s := range traced(t, floodGates, slower(t, crawlLines(t), "parser", 5*time.Second))[0].Steps {
		if s.ClockMS > 0 {
			behind[s.Event] = s.ClockMS
		}
	}
	if ms := behind[logging.ParseDone]; len(behind) != 1 || ms < 4900 || ms > 5000 {
		t.Errorf("behind: %v", behind)
	}
}

// TestEveryFormTellsTheSame reads the same lines in all the forms in which they may come.
func TestEveryFormTellsTheSame(t *testing.T) {
	text := crawlLines(t)
	for _, key := range []string{floodGates, pier, "http://harbour.example/old/ferry"} {
		want := printed(t, traced(t, key, text), 100)
		for name, form := range map[string]string{
			"ecs":      inPreset(t, logging.PresetECS, text),
			"gcp":      inPreset(t, logging.PresetGCP, text),
			"default":  inPreset(t, logging.PresetDefault, text),
			"mixed":    inPreset(t, logging.PresetECS, crawlLines(t, "crawler")) + crawlLines(t, "parser") + inPreset(t, logging.PresetGCP, crawlLines(t, "sink")),
			"kubectl":  prefixed(text, "[pod/news-crawler-0/crawler] "),
			"times":    prefixed(text, "2026-11-29T01:02:03.000000004Z "),
			"compose":  prefixed(text, "crawler-1  | "),
			"backward": shuffled(text, func(lines []string) { slices.Reverse(lines) }),
			"shuffled": shuffled(text, func(lines []string) {
				rand.New(rand.NewPCG(1, 2)).Shuffle(len(lines), func(i, j int) { lines[i], lines[j] = lines[j], lines[i] })
			}),
			"twice":  text + text,
			"broken": "{\"ts\":\n" + text + "{\"ts\":\"2026-11-29T00:",
		} {
			if diff := cmp.Diff(want, printed(t, traced(t, key, form), 100)); diff != "" {
				t.Errorf("%s, %s (-want +got):\n%s", key, name, diff)
			}
		}
	}
}

// TestFilesAndStandardInputTogether has each process in a file of its own, some
// compressed, and one on standard input.
func TestFilesAndStandardInputTogether(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	write := func(name string, in func(io.Writer) io.WriteCloser, text string) string {
		var b bytes.Buffer
		w := in(&b)
		if _, err := io.WriteString(w, text); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		name = filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(name, b.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
		return name
	}
	sinks := write("sinks.log.gz", func(w io.Writer) io.WriteCloser { return gzip.NewWriter(w) }, crawlLines(t, "sink"))
	parsers := write("parsers.log.zst", func(w io.Writer) io.WriteCloser {
		z, err := zstd.NewWriter(w)
		if err != nil {
			t.Fatal(err)
		}
		return z
	}, crawlLines(t, "parser"))
	tr := NewTracer(pier)
	if err := tr.ReadFiles(t.Context(), []string{sinks, StandardInput, parsers}, strings.NewReader(crawlLines(t, "crawler"))); err != nil {
		t.Fatal(err)
	}
	golden(t, "takedown.txt", printed(t, tr.Pages(), 100))
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

func prefixed(text, prefix string) string {
	var out strings.Builder
	for line := range strings.Lines(text) {
		out.WriteString(prefix + line)
	}
	return out.String()
}

func shuffled(text string, order func([]string)) string {
	lines := slices.Collect(strings.Lines(text))
	order(lines)
	return strings.Join(lines, "")
}

// always is a clock that stands.
type always time.Time

func (a always) Now() time.Time                     { return time.Time(a) }
func (always) NewTicker(time.Duration) *time.Ticker { return nil }

// inPreset has the programs' own logger write the lines anew.
func inPreset(t *testing.T, preset logging.Preset, text string) string {
	t.Helper()
	var out bytes.Buffer
	log, err := logging.New(logging.Config{Format: "json", Preset: preset, Level: "debug"}, "crawler", &out, false)
	if err != nil {
		t.Fatal(err)
	}
	for text := range strings.Lines(text) {
		var l Line
		if l.parse([]byte(text), nil); l.state != good {
			t.Fatal(text)
		}
		level, err := zapcore.ParseLevel(l.Text(Level))
		if err != nil {
			t.Fatal(err)
		}
		var fields []zap.Field
		for key, v := range l.All() {
			var value any
			if err := json.Unmarshal(v, &value); err != nil {
				t.Fatal(err)
			}
			if !slices.Contains([]string{logging.KeyTime, logging.KeyLevel, logging.KeyMessage, logging.KeySchema, logging.KeyService}, key) {
				fields = append(fields, zap.Any(key, value))
			}
		}
		log.WithOptions(zap.WithClock(always(l.When()))).Log(level, l.Text(Message), fields...)
	}
	return out.String()
}

// TestURLsAreFoundInAnySpelling holds what counts as the same URL.
func TestURLsAreFoundInAnySpelling(t *testing.T) {
	for _, key := range []string{
		pier, pier + "#comments", "https://harbour.example/local/pier-vote.html", "HTTP://Harbour.Example:80/local/../local/pier%2Dvote.html",
		pier + "?utm_source=feed", "harbour.example/local/pier-vote.html", "http://user:secret@harbour.example/local/pier-vote.html",
		"c89203ac6b67d5bf", // its article_id
	} {
		if pages := traced(t, key, crawlLines(t)); len(pages) != 2 || pages[0].URL != pier || pages[0].PageID != "035c469b3150dd40" {
			t.Errorf("%s: %d pages", key, len(pages))
		}
	}
	for _, key := range []string{pier + "?page=2", "http://harbour.example/local/pier-vote.html/", "http://news.example/local/pier-vote.html"} {
		if pages := traced(t, key, crawlLines(t)); len(pages) != 0 {
			t.Errorf("%s: %d pages", key, len(pages))
		}
	}
}

// TestURLWithASecret is found by it, though its lines do not have it.
func TestURLWithASecret(t *testing.T) {
	const open = "http://harbour.example/local/pier-vote.html?id=7&access_token=s3cret"
	text := strings.ReplaceAll(crawlLines(t), pier, logging.RedactURL(open))
	if strings.Contains(text, "s3cret") || !strings.Contains(text, "id=7&access_token=REDACTED") {
		t.Fatal("not redacted")
	}
	for _, key := range []string{open, open + "#top", logging.RedactURL(open), "http://harbour.example/local/pier-vote.html?access_token=s3cret&id=7"} {
		pages := traced(t, key, text)
		if len(pages) != 2 {
			t.Errorf("%s: %d pages", key, len(pages))
		}
		if strings.Contains(printed(t, pages, 0), "s3cret") {
			t.Errorf("%s: the secret is shown", key)
		}
	}
}

// TestKilledWriter finds the object of an article whose line its writer could not write.
func TestKilledWriter(t *testing.T) {
	text := crawlLines(t, "crawler", "parser") +
		`{"ts":"2026-11-29T00:46:09Z","level":"info","msg":"object of another","schema":"log/v1","service":"sink","instance":"sink-1-1","stage":"sink","event":"segment.conflict","sink":"articles","partition":6,"key":"articles/o.jsonl.zst","writer":"w","first":1,"last":2,"articles":2,"next_seq":3}` + "\n"
	p := traced(t, floodGates, text)[0]
	if p.State != StateWritten || !strings.Contains(p.End, "it lies in articles/o.jsonl.zst of sink articles") {
		t.Errorf("%s: %s", p.State, p.End)
	}
}

// TestNothingFound says what could help.
func TestNothingFound(t *testing.T) {
	for key, want := range map[string]string{
		"http://news.example/nowhere": "of its host there is http://news.example/",
		"http://other.example/":       "nor of its host; none is of a sink",
		"deadbeefdeadbeef":            "a page_id is 16 digits",
	} {
		tr := NewTracer(key)
		if err := tr.ReadFiles(t.Context(), []string{"-"}, strings.NewReader(crawlLines(t, "crawler", "parser"))); err != nil {
			t.Fatal(err)
		}
		if err := tr.Nothing(); len(tr.Pages()) != 0 || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", key, err)
		}
	}
	if err := NewTracer("x").Nothing(); !strings.Contains(err.Error(), "no line of a log was read") {
		t.Error(err)
	}
}

// TestJSONOfStories holds the names that scripts rely on.
func TestJSONOfStories(t *testing.T) {
	b, err := json.MarshalIndent(traced(t, "http://harbour.example/old/ferry", crawlLines(t))[:2], "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "redirect.json", string(b)+"\n")
}
