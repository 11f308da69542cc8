package logging

import (
	"os"
	"strings"
	"testing"
)

// Each way in which a line may differ from the catalogue is found.
func TestCheckLine(t *testing.T) {
	const good = `{"ts":"2026-11-28T23:22:52.75Z","level":"warn","msg":"removed","schema":"log/v1","service":"sink","instance":"h-1",` +
		`"event":"segment.gap","stage":"sink","sink":"lake","partition":5,"first":1,"last":84}`
	for name, tt := range map[string]struct{ old, with, fault string }{
		"as it should be":    {"", "", ""},
		"cut":                {`84}`, `84`, "the line is cut"},
		"no JSON":            {`{"ts"`, `ts`, "no JSON object"},
		"no event":           {`"event":"segment.gap",`, ``, `event "" is not in the catalogue`},
		"unknown event":      {`segment.gap`, `segment.hole`, `event "segment.hole" is not in the catalogue`},
		"no instance":        {`"instance":"h-1",`, ``, "segment.gap has no instance"},
		"a field less":       {`,"last":84`, ``, "segment.gap has no last"},
		"a field more":       {`"last":84`, `"last":84,"words":1`, "the catalogue lists no words for segment.gap"},
		"an unknown field":   {`"last":84`, `"last":84,"hole":1`, "the field hole is not in the catalogue"},
		"twice":              {`"last":84`, `"last":84,"last":85`, "last is there twice"},
		"a number as text":   {`"last":84`, `"last":"84"`, "segment.gap: last: 84 is no integer"},
		"a fraction":         {`"last":84`, `"last":84.5`, "last: 84.5 is no integer"},
		"no time":            {`2026-11-28T23`, `2026-11-28 23`, "is no time"},
		"another schema":     {`log/v1`, `log/v2`, "schema is log/v2"},
		"another level":      {`"warn"`, `"info"`, `segment.gap at level "info"`},
		"another stage":      {`"stage":"sink"`, `"stage":"parser"`, `segment.gap of stage "parser"`},
		"no stage":           {`"stage":"sink",`, ``, `segment.gap of stage "process"`},
		"four decimals":      {`segment.gap","stage":"sink","sink":"lake","partition":5,"first":1,"last":84`, `nats.waiting","error":"e","left_ms":1.2345`, "left_ms: 1.2345 is no number"},
		"negative":           {`segment.gap","stage":"sink","sink":"lake","partition":5,"first":1,"last":84`, `nats.waiting","error":"e","left_ms":-1`, "left_ms: -1 is no number"},
		"an unknown reason":  {`segment.gap","stage":"sink","sink":"lake","partition":5,"first":1,"last":84`, `backpressure.on","stage":"sink","reason":"mood"`, `backpressure.on with reason "mood"`},
		"counts of no count": {`segment.gap","stage":"sink","sink":"lake","partition":5,"first":1,"last":84`, `stage.summary","stage":"sink","failed_by":{"a":"b"}`, "failed_by: a: b is no integer"},
		"strange inside":     {`segment.gap","stage":"sink","sink":"lake","partition":5,"first":1,"last":84`, `stage.summary","stage":"sink","interval":{"x":1}`, "interval: x is not in the catalogue"},
	} {
		err := CheckLine([]byte(strings.Replace(good, tt.old, tt.with, 1)))
		switch {
		case err == nil && tt.fault != "":
			t.Errorf("%s is not found", name)
		case err != nil && (tt.fault == "" || !strings.Contains(err.Error(), tt.fault)):
			t.Errorf("%s: %v, want %q", name, err, tt.fault)
		}
	}
}

// Whatever is checked, it does not panic.
func FuzzCheckLine(f *testing.F) {
	examples, err := os.ReadFile("testdata/examples.jsonl")
	if err != nil {
		f.Fatal(err)
	}
	for line := range strings.Lines(string(examples)) {
		f.Add([]byte(line))
	}
	f.Fuzz(func(_ *testing.T, line []byte) { _ = CheckLine(line) })
}
