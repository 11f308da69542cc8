package logging

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
)

var update = flag.Bool("update", false, "write the golden files")

// sample writes one line of each kind.
func sample(log *zap.Logger) {
	page := log.With(zap.String(KeyStage, "crawler"), zap.String(KeyHost, "example.org:8080"), URL("https://u:p@example.org/a?sig=1"))
	page.Info("fetched", Event(FetchDone), zap.Int(KeyStatus, 200), zap.Int(KeyBytes, 51234), zap.Bool(KeyTruncated, false),
		zap.Duration(KeyTook, 123456789*time.Nanosecond), zap.String(KeyPageID, "00112233"))
	page.Warn("it is tried again", Event(FetchFailed), Reason("timeout"), zap.Error(errors.New(`Get "https://example.org/?token=abc": timeout`)))
	page.Error("given up", Event(DeadLetter), Reason("http_500"), zap.Error(errors.New("500")))
	log.Debug("a library says", Event(LibraryLog))
	now := counters{in: 3, out: 2, failed: 1, by: breakdown{KeyFailedBy: map[string]int64{"error": 1}}}
	now.latency.observe(time.Millisecond)
	log.Info("stage summary", Event(StageSummary), zap.Inline(now), zap.Object(KeyInterval, timed{now, time.Second}), zap.Bool(KeyFinal, true))
	log.Info("configuration", Event(ConfigEffective), zap.Any(KeyConfig, map[string]any{"bus": map[string]any{"url": "nats://u:p@h:4222"}}))
}

// lines are what sample writes with a preset, with one time and one instance.
func lines(t testing.TB, preset Preset) []byte {
	t.Helper()
	var out bytes.Buffer
	o, err := Open(Config{Level: "debug", Preset: preset}, Service{"crawler", "1.2.3"}, &out, false)
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 11, 28, 22, 50, 0, 120_000_000, time.FixedZone("", 3600))
	sample(o.Log.WithOptions(zap.WithClock(clock{at})))
	if err := o.Close(); err != nil {
		t.Fatal(err)
	}
	return bytes.ReplaceAll(out.Bytes(), []byte(instanceName()), []byte("host-1"))
}

type clock struct{ at time.Time }

func (c clock) Now() time.Time                       { return c.at }
func (c clock) NewTicker(time.Duration) *time.Ticker { return nil }

func presets() []Preset { return []Preset{PresetDefault, PresetECS, PresetGCP} }

func TestPresetLines(t *testing.T) {
	for _, preset := range presets() {
		got, golden := lines(t, preset), filepath.Join("testdata", string(preset)+".jsonl")
		if *update {
			if err := os.WriteFile(golden, got, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(golden)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(string(got), "\n")); diff != "" {
			t.Errorf("%s (-want +got):\n%s", preset, diff)
		}
	}
}

// TestPresetsMeanTheSame reads the lines of each preset as a reader does.
func TestPresetsMeanTheSame(t *testing.T) {
	canonical := Canonical()
	read := func(text []byte) (all []map[string]any) {
		for line := range bytes.Lines(text) {
			var fields map[string]any
			if err := json.Unmarshal(line, &fields); err != nil {
				t.Fatalf("%s: %v", line, err)
			}
			for _, key := range besides() {
				delete(fields, key)
			}
			got := map[string]any{}
			for key, value := range fields {
				name, known := canonical[key]
				if !known {
					name = strings.TrimPrefix(key, CanonicalPrefix)
				}
				got[name] = value
			}
			got[KeyLevel] = CanonicalLevel(got[KeyLevel].(string))
			all = append(all, got)
		}
		return all
	}
	want := read(lines(t, PresetDefault))
	for _, preset := range presets() {
		if diff := cmp.Diff(want, read(lines(t, preset))); diff != "" {
			t.Errorf("%s (-default +%s):\n%s", preset, preset, diff)
		}
	}
}

// catalogued are the keys of the catalogue, with the type that their comment tells.
func catalogued(t *testing.T) map[string]string {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "events.go", nil, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]string{}
	ast.Inspect(file, func(n ast.Node) bool {
		if spec, ok := n.(*ast.ValueSpec); ok && strings.HasPrefix(spec.Names[0].Name, "Key") {
			key, _ := strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
			_, kind, _ := strings.Cut(spec.Doc.Text(), "Type: ")
			all[key], _, _ = strings.Cut(strings.TrimRight(kind, ".\n"), ",")
		}
		return true
	})
	if len(all) < 50 {
		t.Fatalf("only %d keys found", len(all))
	}
	return all
}

func TestEveryFieldComesBack(t *testing.T) {
	canonical, all := Canonical(), catalogued(t)
	for _, preset := range presets() {
		names, seen := newKeys(preset), map[string]string{}
		for key := range all {
			foreign := names.name(key)
			back, known := canonical[foreign]
			if !known {
				back = strings.TrimPrefix(foreign, CanonicalPrefix)
			}
			if back != key {
				t.Errorf("%s: %s is written as %s, which is read as %s", preset, key, foreign, back)
			}
			if other, twice := seen[foreign]; twice {
				t.Errorf("%s: %s and %s are both written as %s", preset, key, other, foreign)
			}
			seen[foreign] = key
		}
		for _, key := range besides() {
			if _, taken := all[key]; taken || seen[key] != "" {
				t.Errorf("%s: %s is a field of the catalogue, too", preset, key)
			}
		}
	}
}

// ecsTypes are the types that the Elastic Common Schema gives to the fields
// that the preset uses (ECS field reference, 8.11).
func ecsTypes() map[string]string {
	return map[string]string{
		"@timestamp": "date", "log.level": "keyword", "message": "match_only_text", "ecs.version": "keyword",
		"service.name": "keyword", "service.version": "keyword", "service.node.name": "keyword", "process.pid": "long",
		"event.action": "keyword", "event.reason": "keyword", "event.outcome": "keyword", "event.duration": "long",
		"url.full": "wildcard", "url.domain": "keyword", "http.response.status_code": "long", "error.message": "match_only_text",
	}
}

// TestECSHoldsTheTypes compares types, and that no name is an object's and a
// value's at once, which Elasticsearch refuses.
func TestECSHoldsTheTypes(t *testing.T) {
	types, names := ecsTypes(), newKeys(PresetECS)
	ours := map[string]string{"string": "keyword match_only_text wildcard", "time": "date", "integer": "long"}
	var all []string
	for key, kind := range catalogued(t) {
		name := names.name(key)
		all = append(all, name)
		if strings.HasPrefix(name, ecsOwn) {
			continue
		}
		if types[name] == "" || !strings.Contains(ours[kind], types[name]) {
			t.Errorf("%s (%s) is written as %s (%s)", key, kind, name, types[name])
		}
	}
	for _, inner := range all {
		for _, outer := range all {
			if strings.HasPrefix(inner, outer+".") {
				t.Errorf("%s is a value and an object that has %s", outer, inner)
			}
		}
	}
	for line := range bytes.Lines(lines(t, PresetECS)) {
		if want := `{"@timestamp":"2026-11-28T21:50:00.120000000Z","log.level":"`; !bytes.HasPrefix(line, []byte(want)) {
			t.Errorf("%s begins otherwise", line)
		}
		decoder := json.NewDecoder(bytes.NewReader(line))
		var order []string
		for depth := 0; len(order) < 4; {
			token, err := decoder.Token()
			if err == io.EOF {
				break
			}
			if delim, ok := token.(json.Delim); ok {
				depth += map[json.Delim]int{'{': 1, '}': -1}[delim]
				continue
			}
			order = append(order, fmt.Sprint(token))
			_, _ = decoder.Token()
		}
		if diff := cmp.Diff([]string{"@timestamp", "log.level", "message", "ecs.version"}, order); diff != "" {
			t.Errorf("the order of a line's first fields (-want +got):\n%s", diff)
		}
	}
}

// TestLevelsOfPresets reads back what each preset calls a level.
func TestLevelsOfPresets(t *testing.T) {
	for _, level := range []zapcore.Level{zapcore.DebugLevel, zapcore.InfoLevel, zapcore.WarnLevel, zapcore.ErrorLevel} {
		for _, preset := range presets() {
			if got := CanonicalLevel(preset.levelName(level)); got != level.String() {
				t.Errorf("%s: %s comes back as %s", preset, level, got)
			}
		}
	}
}

// TestSecretsOfEveryKindOfField logs a secret in each way that zap has.
func TestSecretsOfEveryKindOfField(t *testing.T) {
	const secret = "nats://u:hunter2@h:4222"
	failure := fmt.Errorf("dial %s: refused", secret)
	for _, preset := range presets() {
		for _, format := range []string{"json", "console"} {
			var out bytes.Buffer
			o, err := Open(Config{Preset: preset, Format: format}, Service{Name: "s"}, &out, false)
			if err != nil {
				t.Fatal(err)
			}
			var none *failing
			o.Log.With(zap.String("with", secret), zap.Error(failure)).Error("msg of "+secret,
				zap.String("a", secret), zap.ByteString("b", []byte(secret)), zap.Strings("c", []string{secret}), zap.Any("d", map[string]string{"x": secret}),
				zap.Stringer("e", stringer(secret)), zap.Errors("f", []error{failure}), zap.NamedError("g", errors.Join(failure, failure)),
				zap.Objects("h", []zapcore.ObjectMarshaler{fields{zap.String("x", secret)}}), zap.Object("i", fields{zap.Strings("x", []string{secret}), zap.Any("y", struct{ S string }{secret})}),
				zap.Inline(fields{zap.String("j", secret), zap.Reflect("k", []string{secret})}), zap.Any("l", struct{ Password string }{"hunter2"}),
				zap.ByteStrings("m", [][]byte{[]byte(secret)}), zap.NamedError("n", none), zap.Float64("o", math.Inf(1)))
			if line := out.String(); strings.Contains(line, "hunter2") || strings.Count(line, "REDACTED") < 15 {
				t.Errorf("%s %s: %s", preset, format, line)
			}
		}
	}
}

type fields []zap.Field

func (f fields) MarshalLogObject(enc zapcore.ObjectEncoder) error {
	for _, field := range f {
		field.AddTo(enc)
	}
	return nil
}

type stringer string

func (s stringer) String() string { return string(s) }

type failing struct{ reason string }

func (f *failing) Error() string { return f.reason }

func TestPresetIsChecked(t *testing.T) {
	err := Config{Preset: "splunk", File: File{Keep: -1, MaxSize: 1, MaxAge: time.Hour}}.Validate()
	for _, part := range []string{"splunk", "file.path", "file.max_size", "file.keep", "file.max_age"} {
		if err == nil || !strings.Contains(err.Error(), part) {
			t.Errorf("%v does not name %s", err, part)
		}
	}
	if got := (Config{}).Settled(); !reflect.DeepEqual(got, Config{Level: "info", Format: "auto", Preset: "default"}) {
		t.Errorf("%+v", got)
	}
}

func BenchmarkLine(b *testing.B) {
	for _, preset := range presets() {
		b.Run(string(preset), func(b *testing.B) {
			o, err := Open(Config{Preset: preset}, Service{"crawler", "1"}, io.Discard, false)
			if err != nil {
				b.Fatal(err)
			}
			log := o.Log.With(zap.String(KeyStage, "crawler"))
			b.ReportAllocs()
			for b.Loop() {
				log.Info("fetched", Event(FetchDone), zap.String(KeyHost, "www.example.org"), URL("https://www.example.org/2026/11/28/old-ferry-pier-reopens-after-repairs"),
					zap.String(KeyCrawlID, "0011223344556677"), zap.String(KeyPageID, "8899aabbccddeeff"), zap.String(KeySource, "example"),
					zap.Int(KeyStatus, 200), zap.Int(KeyBytes, 51234), zap.Bool(KeyTruncated, false), zap.Duration(KeyTook, 123*time.Millisecond))
			}
		})
	}
}
