package config

import (
	"regexp"
	"strings"
	"testing"
	"time"
)

func TestParseDuration(t *testing.T) {
	pattern := regexp.MustCompile(schemaOf(durationType)["anyOf"].([]any)[0].(map[string]any)["pattern"].(string))
	for s, want := range map[string]time.Duration{
		"0": 0, "300ms": 300 * time.Millisecond, "1h30m": 90 * time.Minute, "-5s": -5 * time.Second,
		"7d": 168 * time.Hour, "1d12h": 36 * time.Hour, "1.5d": 36 * time.Hour, "-2d": -48 * time.Hour, "0d": 0, "-1d1h": -25 * time.Hour,
	} {
		if got, err := ParseDuration(s); err != nil || got != want {
			t.Errorf("%s is %s, %v; want %s", s, got, err, want)
		}
		if !pattern.MatchString(s) {
			t.Errorf("the schema refuses %s", s)
		}
	}
	for _, s := range []string{"", "d", "7", "7 d", "1e3d", "infd", "nand", "0x1d", "1d-1h", "1d+1h", "1h1d", "1d2d", "200000d", "106751d24h", "+1d", "--1d", "1d7"} {
		if got, err := ParseDuration(s); err == nil {
			t.Errorf("%q is taken for %s", s, got)
		} else if !strings.Contains(err.Error(), "7d") {
			t.Errorf("%q: %v does not say what is wanted", s, err)
		}
		if tooLong := strings.HasSuffix(s, "0d") || strings.HasSuffix(s, "24h"); !tooLong && pattern.MatchString(s) {
			t.Errorf("the schema takes %q", s)
		}
	}
}

func TestDaysInTheFile(t *testing.T) {
	f, err := Parse("c.yaml", []byte("crawler:\n  lanes: 1\n  delay: 7d\n  robots: {ttl: 1d12h}\n"))
	if err != nil {
		t.Fatal(err)
	}
	var c crawlerConfig
	if err := f.Decode("crawler", &c); err != nil || c.Delay != 7*24*time.Hour || c.Robots.TTL != 36*time.Hour {
		t.Errorf("delay %s, ttl %s: %v", c.Delay, c.Robots.TTL, err)
	}
}
