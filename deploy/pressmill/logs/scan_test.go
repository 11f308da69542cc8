package logs

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

const plain = `{"level":"info","ts":"2026-11-28T22:49:48.174727163Z","msg":"fetched","schema":"log/v1","service":"crawler","instance":"web1-77","stage":"crawler","host":"example.org","event":"fetch.done","url.full":"https://example.org/caf\u00e9","status":200,"took_ms":1.677}`

// read reads a text and returns a line for every line that is ours.
func read(t *testing.T, text string) (got []string, in Input) {
	t.Helper()
	r := Reader{
		Each: func(l *Line) {
			n, _ := l.Number(Took)
			got = append(got, fmt.Sprintf("%s %s %s %s %s %s %g", l.When().Format(time.RFC3339Nano), l.Severity(), l.Bytes(Service), l.Bytes(Event), l.Bytes(Host), l.Bytes(URL), n))
		},
		Told: func(i Input) { in.Add(i) },
	}
	if err := r.Read(t.Context(), strings.NewReader(text)); err != nil {
		t.Fatal(err)
	}
	return got, in
}

func TestEveryShapeOfALineReadsTheSame(t *testing.T) {
	ecs := strings.NewReplacer(`"level"`, `"log.level"`, `"ts"`, `"@timestamp"`, `"msg"`, `"message"`, `"service"`, `"service.name"`, `"instance"`, `"service.node.name"`,
		`"event"`, `"event.action"`, `"host"`, `"url.domain"`, `"schema"`, `"pressmill.schema"`, `"stage"`, `"pressmill.stage"`, `"took_ms"`, `"pressmill.took_ms"`).Replace(plain)
	gcp := strings.NewReplacer(`"level":"info"`, `"severity":"INFO"`, `"ts"`, `"time"`, `"msg"`, `"message"`).Replace(plain)
	quote := func(s string) string { b, _ := json.Marshal(s); return string(b) }
	shapes := map[string]string{
		"plain":               plain,
		"ecs":                 ecs,
		"gcp":                 gcp,
		"spaces":              " " + strings.ReplaceAll(strings.ReplaceAll(plain, `":`, `" : `), `,"`, " ,\t\""),
		"CRLF":                plain + "\r",
		"byte order mark":     "\ufeff" + plain,
		"kubectl --prefix":    "[pod/news-crawler-0/crawler] " + plain,
		"kubectl timestamps":  "2026-11-28T22:49:48.174727163Z " + plain,
		"kubectl both":        "[pod/news-crawler-0/crawler] 2026-11-28T22:49:48.174727163Z " + plain,
		"compose":             "crawler-1  | " + plain,
		"syslog":              "Nov 28 22:49:48 web1 crawler[77]: " + plain,
		"CRI":                 "2026-11-28T22:49:48.2+01:00 stderr F " + plain,
		"CRI in parts":        "2026-11-28T22:49:48.2Z stderr P " + plain[:40] + "\n2026-11-28T22:49:48.2Z stdout F noise\n2026-11-28T22:49:48.2Z stderr P " + plain[40:90] + "\n2026-11-28T22:49:48.2Z stderr F " + plain[90:],
		"Docker":              `{"log":` + quote(plain+"\n") + `,"stream":"stderr","time":"2026-11-28T22:49:48.2Z"}`,
		"Docker in parts":     `{"log":` + quote(plain[:50]) + `,"stream":"stderr","time":"2026-11-28T22:49:48.2Z"}` + "\n" + `{"log":` + quote(plain[50:]+"\n") + `,"stream":"stderr","time":"2026-11-28T22:49:48.2Z"}`,
		"Docker without end":  `{"log":` + quote(plain) + `,"stream":"stderr","time":"2026-11-28T22:49:48.2Z"}`,
		"journald":            `{"__REALTIME_TIMESTAMP":"1764370188174727","PRIORITY":"6","MESSAGE":` + quote(plain) + `,"_PID":"77"}`,
		"Loki":                `{"labels":{"app":"crawler"},"line":` + quote(plain) + `,"timestamp":"2026-11-28T22:49:48.2Z"}`,
		"Loki with labels":    `2026-11-28T22:49:48Z {app="crawler", pod="x"} ` + plain,
		"Vector":              `{"file":"x.log","message":` + quote(plain) + `,"timestamp":"2026-11-28T22:49:48.2Z"}`,
		"CRI of Vector":       `2026-11-28T22:49:48.2Z stdout F {"message":` + quote(plain) + `}`,
		"the last of a twin":  strings.Replace(plain, `{`, `{"host":"other.example","took_ms":"x",`, 1),
		"with what we ignore": strings.Replace(plain, `{`, `{"config":{"a":[1,{"event":"x"}],"b":"}"},`, 1),
	}
	want := []string{"2026-11-28T22:49:48.174727163Z info crawler fetch.done example.org https://example.org/café 1.677"}
	for name, text := range shapes {
		got, in := read(t, text+"\n")
		if !cmp.Equal(got, want) {
			t.Errorf("%s: %q, %+v", name, got, in)
		}
	}
}

func TestBrokenLinesAreCountedByKindAndNeverEndTheReading(t *testing.T) {
	long := `{"event":"` + strings.Repeat("x", MaxLine+blockSize) + `"}`
	text := strings.Join([]string{
		plain, "panic: runtime error", "", "goroutine 1 [running]:", plain[:100], `{"event":"x",}`, plain + "x", long,
		strings.Replace(plain, "log/v1", "log/v9", 1), `{"level":"info","msg":"of another program"}`, strings.Replace(plain, "2026-11-28T", "yesterday ", 1), "\x1b[31m", plain,
	}, "\n")
	got, in := read(t, text)
	if len(got) != 2 {
		t.Errorf("%d lines are ours, want 2", len(got))
	}
	counts := map[string]int64{}
	for kind, f := range in.Broken {
		if counts[Broken(kind).String()] = f.Lines; f.Lines > 0 && (f.Example == "" || len(f.Example) > maxExample+4) {
			t.Errorf("%s: example %q", Broken(kind), f.Example)
		}
	}
	want := map[string]int64{"not JSON": 5, "cut off": 1, "unknown schema version": 1, "no event": 1, "no time": 1, "too long": 1, "unreadable file": 0}
	if diff := cmp.Diff(want, counts); diff != "" {
		t.Error(diff)
	}
	if in.Lines != 12 || in.Bytes != int64(len(text)) {
		t.Errorf("%d lines of %d bytes, want 12 of %d", in.Lines, in.Bytes, len(text))
	}
}

func TestLinesComeInOrderFromReadsOfAnySize(t *testing.T) {
	var text bytes.Buffer
	var want []string
	for i := range 5000 {
		fmt.Fprintf(&text, `{"ts":"2026-11-28T22:49:48Z","event":"e%d","pad":%q}`+"\n", i, strings.Repeat("x", i%700))
		want = append(want, fmt.Sprint("e", i))
	}
	for _, size := range []int{13, 4096, blockSize} {
		var got []string
		r := Reader{Each: func(l *Line) { got = append(got, l.Text(Event)) }}
		if err := r.Read(t.Context(), &slow{text.Bytes(), size}); err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(got, want) {
			t.Errorf("reads of %d bytes: %d lines, or not in order", size, len(got))
		}
	}
}

// slow gives a text in reads of at most so many bytes.
type slow struct {
	rest []byte
	most int
}

func (s *slow) Read(p []byte) (int, error) {
	r := bytes.NewReader(s.rest)
	n, err := r.Read(p[:min(len(p), s.most)])
	s.rest = s.rest[n:]
	return n, err
}

func TestTimesAreThoseOfTheStandardLibrary(t *testing.T) {
	for _, text := range []string{
		"2026-11-28T22:49:48.174727163Z", "2026-02-28T00:00:00Z", "2028-02-29T23:59:59.5Z", "1970-01-01T00:00:00Z", "2000-03-01T12:00:00.000000001Z",
		"2026-02-29T00:00:00Z", "2026-13-01T00:00:00Z", "2026-00-01T00:00:00Z", "2026-01-00T00:00:00Z", "2026-11-28T24:00:00Z", "2026-11-28T22:60:00Z",
		"2026-11-28T22:49:48.Z", "2026-11-28T22:49:48.1234567891Z", "2026-11-28T22:49:48+01:00", "2026-11-28 22:49:48Z", "", "x",
	} {
		want, err := time.Parse(time.RFC3339Nano, text)
		got, ok := parseTime([]byte(text))
		if ok != (err == nil) || ok && got != want.UnixNano() {
			t.Errorf("%q: %d, %v; want %d, %v", text, got, ok, want.UnixNano(), err)
		}
	}
}

func TestWhatIsInsideALine(t *testing.T) {
	var l, interval Line
	l.parse([]byte(`{"ts":"2026-11-28T22:49:48Z","event":"stage.summary","failed_by":{"timeout":3,"a\"b":1,"x":"y"},"interval":{"in":7,"p50_ms":0.5},"final":true,"pressmill.odd":[1]}`), nil)
	by := maps.Collect(l.Counts(FailedBy))
	if diff := cmp.Diff(map[string]float64{"timeout": 3, `a"b`: 1}, by); diff != "" {
		t.Error(diff)
	}
	if !l.Inner(Interval, &interval) || interval.Int(In) != 7 || !l.True(Final) || string(l.Lookup("odd")) != "[1]" || l.Lookup("none") != nil {
		t.Errorf("interval %d, final %v, odd %s", interval.Int(In), l.True(Final), l.Lookup("odd"))
	}
	if c := l.Clone(); &c.Raw[0] == &l.Raw[0] || c.Text(Event) != "stage.summary" {
		t.Error("the copy is none")
	}
}

// FuzzObject holds the scanner against encoding/json: what it accepts must be
// JSON, with the same values, and what encoding/json accepts it must, too, if
// it is an object that is not too deep.
func FuzzObject(f *testing.F) {
	for _, seed := range []string{
		plain, `{"ts":1e5,"took_ms":-0.5E-3,"host":"\ud83d\ude00 \ud800 é","host":null}`, `{"bytes":12345678901234567890,"failed_by":{"a":[true,false,null,{}]}} `, `{"a`, `{}`,
		"{\"host\":\"\xff\"}", `{"status":01}`, `{"event":"a\u00zz"}`, `{"interval":[[[[]]]],"x":-}`, `{"status":1.}`, `{"status":1e}`, `{"status":-0}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) == 0 || data[0] != '{' {
			return
		}
		var l Line
		var want map[string]any
		end := l.object(data)
		_ = json.Unmarshal(data, &want) // numbers may be too large for it
		whole := end > 0 && len(bytes.TrimLeft(data[end:], " \t\r\n")) == 0
		if whole != json.Valid(data) && bytes.Count(data, []byte("["))+bytes.Count(data, []byte("{")) < maxDepth {
			t.Fatalf("%q: end %d of %d, but encoding/json: %v", data, end, len(data), json.Valid(data))
		}
		if end == ended && json.Valid(data) {
			t.Fatalf("%q is whole", data)
		}
		if !whole {
			return
		}
		for key, v := range want {
			f, known := fieldOf([]byte(key))
			if !known || twin(want, f) {
				continue
			}
			same(t, &l, f, v)
		}
	})
}

// twin says whether a field is there under more than one of its names.
func twin(m map[string]any, f Field) bool {
	n := 0
	for key := range m {
		if g, ok := fieldOf([]byte(key)); ok && g == f {
			n++
		}
	}
	return n > 1
}

func same(t *testing.T, l *Line, f Field, want any) {
	t.Helper()
	switch want := want.(type) {
	case string:
		if l.Text(f) != want {
			t.Errorf("%s of %q: %q, want %q", f, l.Raw, l.Text(f), want)
		}
	case float64:
		if n, ok := l.Number(f); !ok || n != want {
			t.Errorf("%s of %q: %v, want %v", f, l.Raw, n, want)
		}
	case map[string]any:
		got := maps.Collect(l.Counts(f))
		for key, v := range want {
			if n, ok := v.(float64); ok && got[key] != n {
				t.Errorf("%s of %q: %v, want %v", f, l.Raw, got, want)
			}
		}
	case bool:
		if l.True(f) != want {
			t.Errorf("%s of %q: %v", f, l.Raw, want)
		}
	}
}
