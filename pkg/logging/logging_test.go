package logging

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"
)

func TestJSONLines(t *testing.T) {
	var out bytes.Buffer
	log, err := New(Config{}, "crawler", &out, false)
	if err != nil {
		t.Fatal(err)
	}
	log.Debug("not at this level")
	for range 500 { // sampling would drop most of these
		log.Info("fetched\n\x1b[2J\xff", Event(FetchDone), URL("https://u:p@example.org/a?sig=1&x=2"),
			zap.Duration("took_ms", 1500*time.Microsecond), zap.Float64("odd", math.NaN()), zap.Error(errors.New("a\nb")))
	}
	lines := strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n")
	if len(lines) != 500 {
		t.Fatalf("%d lines, want 500", len(lines))
	}
	for _, line := range lines {
		var got map[string]any
		if err := json.Unmarshal([]byte(line), &got); err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		at, err := time.Parse(time.RFC3339Nano, got[KeyTime].(string))
		if err != nil || time.Since(at) > time.Minute || !strings.HasSuffix(got[KeyTime].(string), "Z") {
			t.Fatalf("ts %v: %v", got[KeyTime], err)
		}
		delete(got, KeyTime)
		host, _ := os.Hostname()
		want := map[string]any{
			"level": "info", "msg": "fetched\n\x1b[2J\ufffd", "event": "fetch.done", "service": "crawler",
			"schema": "log/v1", "instance": fmt.Sprintf("%s-%d", host, os.Getpid()),
			"url.full": "https://REDACTED@example.org/a?sig=REDACTED&x=2", "took_ms": 1.5, "odd": "NaN", "error": "a\nb",
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("(-want +got):\n%s", diff)
		}
	}
}

func TestConsole(t *testing.T) {
	var out bytes.Buffer
	log, err := New(Config{Level: "debug", Format: "console"}, "pressmill", &out, false)
	if err != nil {
		t.Fatal(err)
	}
	log = log.With(zap.String(KeyHost, "example.org"))
	log.Warn("slow\x1b[2J", Event(HostDelayed), Reason("too many"), zap.Duration("wait", 2*time.Second),
		zap.Any("by", map[string]int{"b": 2, "a": 1}), zap.Strings("urls", []string{"x", "y z"}))
	log.Debug("plain")
	lines := strings.Split(out.String(), "\n")
	const stamp = len("15:04:05.000 ")
	want := `WARN  host.delayed  "slow\x1b[2J"  host=example.org reason="too many" wait=2s by={a=1 b=2} urls=[x "y z"]`
	if got := lines[0][stamp:]; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if got := lines[1][stamp:]; got != "DEBUG plain  host=example.org" {
		t.Errorf("got %s", got)
	}
}

func TestFormats(t *testing.T) {
	for _, tt := range []struct {
		format   string
		terminal bool
		json     bool
	}{{"", false, true}, {"auto", true, false}, {"json", true, true}, {"console", false, false}} {
		var out bytes.Buffer
		log, err := New(Config{Format: tt.format}, "s", &out, tt.terminal)
		if err != nil {
			t.Fatal(err)
		}
		log.Info("hello")
		if json.Valid(out.Bytes()) != tt.json {
			t.Errorf("%+v wrote %s", tt, out.String())
		}
	}
	err := Config{Level: "loud", Format: "xml"}.Validate()
	if err == nil || !strings.Contains(err.Error(), "loud") || !strings.Contains(err.Error(), "xml") {
		t.Errorf("both faults must be named: %v", err)
	}
	if _, err := New(Config{Level: "loud"}, "s", &bytes.Buffer{}, false); err == nil {
		t.Error("a wrong level must be refused")
	}
}

func TestRedaction(t *testing.T) {
	core, seen := observer.New(zap.InfoLevel)
	log := zap.New(core)
	tests := map[string]string{
		"https://example.org/a?b=c#d":                     "https://example.org/a?b=c#d",
		"https://u:p@example.org/":                        "https://REDACTED@example.org/",
		"https://example.org/?X-Amz-Signature=ab&a=1":     "https://example.org/?X-Amz-Signature=REDACTED&a=1",
		"https://example.org/?%74oken=ab":                 "https://example.org/?%74oken=REDACTED",
		"https://example.org/#access_token=ab&state=1":    "https://example.org/#access_token=REDACTED&state=1",
		"nats://u:p@h1:4222,nats://u:p@h2:4222":           "nats://REDACTED@h1:4222,nats://REDACTED@h2:4222",
		"http://u:p%@example.org/x?key=s%zz":              "http://REDACTED@example.org/x?key=REDACTED",
		"http://u:p?#@example.org/x":                      "http://REDACTED@example.org/x",
		"https://example.org?mail=a@b.c&auth=1":           "https://example.org?mail=a@b.c&auth=REDACTED",
		"https://example.org//@user/a%20b?q=a+b":          "https://example.org//@user/a%20b?q=a+b",
		"::not a url?token=abc":                           "::not a url?token=REDACTED",
		"https://example.org/?keyword=x&tokens=2&monkey=": "https://example.org/?keyword=x&tokens=2&monkey=",
	}
	for raw, want := range tests {
		log.Info("x", URL(raw))
		got := seen.TakeAll()[0].ContextMap()[KeyURL]
		if got != want {
			t.Errorf("%s became %s, want %s", raw, got, want)
		}
	}
}

func FuzzRedactURL(f *testing.F) {
	f.Add("https://u:hunter2@example.org/?token=hunter2#key=hunter2")
	f.Fuzz(func(t *testing.T, raw string) {
		once := RedactURL(raw)
		if twice := RedactURL(once); once != twice {
			t.Errorf("%q: %q, then %q", raw, once, twice)
		}
	})
}
