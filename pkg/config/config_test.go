package config

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v4"
)

type crawlerConfig struct {
	UserAgent string        `yaml:"user_agent"`
	Delay     time.Duration `yaml:"delay"`
	MaxBody   Bytes         `yaml:"max_body"`
	Lanes     int           `yaml:"lanes"`
	Robots    struct {
		Obey bool          `yaml:"obey"`
		TTL  time.Duration `yaml:"ttl"`
	} `yaml:"robots"`
	Labels map[string]string     `yaml:"labels"`
	Hosts  map[string]hostConfig `yaml:"hosts"`
	Proxy  *proxyConfig          `yaml:"proxy"`
	hidden int
}

type hostConfig struct {
	Delay time.Duration `yaml:"delay"`
	Lanes int           `yaml:"lanes"`
}

type proxyConfig struct {
	URL string `yaml:"url"`
}

func (c *crawlerConfig) Validate() error {
	var faults []error
	if c.Delay < 0 {
		faults = append(faults, errors.New("delay must not be negative"))
	}
	if c.Lanes <= 0 {
		faults = append(faults, errNoLanes)
	}
	return errors.Join(faults...)
}

var errNoLanes = errors.New("lanes must be positive")

type sinkConfig struct {
	URL   string        `yaml:"url"`
	Every time.Duration `yaml:"every"`
}

func defaults() crawlerConfig {
	return crawlerConfig{UserAgent: "test", Delay: time.Second, MaxBody: 6 * MB, Lanes: 4, hidden: 7}
}

func TestDecodeKeepsDefaults(t *testing.T) {
	f := parse(t, `
crawler:
  delay: 300ms
  max_body: 512KiB
  robots: {obey: true}
  proxy: {url: "http://proxy:3128"}
  labels: {team: news}
parser:
sinks:
  - url: file:///a
    every: 1m
  - {url: "s3://b"}
`)
	got := defaults()
	if err := f.Decode("crawler", &got); err != nil {
		t.Fatal(err)
	}
	want := defaults()
	want.Delay, want.MaxBody = 300*time.Millisecond, 512*KiB
	want.Robots.Obey = true
	want.Proxy, want.Labels = &proxyConfig{"http://proxy:3128"}, map[string]string{"team": "news"}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(crawlerConfig{})); diff != "" {
		t.Errorf("crawler (-want +got):\n%s", diff)
	}
	sinks := []sinkConfig{{URL: "gone", Every: time.Hour}}
	if err := f.Decode("sinks", &sinks); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]sinkConfig{{"file:///a", time.Minute}, {URL: "s3://b"}}, sinks); diff != "" {
		t.Errorf("sinks (-want +got):\n%s", diff)
	}
	if parser := defaults(); f.Decode("parser", &parser) != nil || parser.Lanes != 4 {
		t.Error("an empty section must change nothing")
	}
}

func TestEmptyFiles(t *testing.T) {
	for _, text := range []string{"", "# nothing\n", "---\n", "{}", "null"} {
		got := defaults()
		if err := parse(t, text).Decode("crawler", &got); err != nil || got.Lanes != 4 {
			t.Errorf("%q: %v, %+v", text, err, got)
		}
	}
	f, err := Load("")
	if err != nil {
		t.Fatal(err)
	}
	bad := crawlerConfig{}
	if err := f.Decode("crawler", &bad); !errors.Is(err, errNoLanes) {
		t.Errorf("Validate must run without a section, got %v", err)
	}
}

func TestFaults(t *testing.T) {
	tests := map[string]struct {
		text string
		want []string
	}{
		"unknown key": {"crawler:\n  usr_agent: x\n", []string{"f.yaml:2: unknown key crawler.usr_agent; did you mean user_agent?"}},
		"far key":     {"crawler: {robots: {zzzzzz: 1}}", []string{"f.yaml:1: unknown key crawler.robots.zzzzzz; known are obey, ttl"}},
		"every fault": {
			"crawler:\n  delay: 10\n  lanes: many\n  max_body: 6XB\n  robots: 3\n  labels: [a]\n  user_agent: [x]\n",
			[]string{
				"f.yaml:2: crawler.delay: 10 has no unit; write a duration such as 300ms, 10s, 2h or 7d",
				`f.yaml:3: crawler.lanes: "many" is not a whole number`,
				`f.yaml:4: crawler.max_body: "6XB" is not a size such as 512KiB or 6MB`,
				"f.yaml:5: crawler.robots: must be a mapping of keys to values",
				"f.yaml:6: crawler.labels: must be a mapping of keys to values",
				"f.yaml:7: crawler.user_agent: cannot construct !!seq into string",
			},
		},
		"bad duration": {"crawler: {delay: 10x}", []string{`f.yaml:1: crawler.delay: "10x" is not a duration such as 300ms, 10s, 2h or 7d`}},
		"twice":        {"crawler:\n  lanes: 1\n  lanes: 2\n", []string{"f.yaml:3: key crawler.lanes stands twice, first in line 2"}},
		"validate":     {"crawler: {delay: -1s, lanes: -1}", []string{"f.yaml: crawler: delay must not be negative", "f.yaml: crawler: lanes must be positive"}},
		"list":         {"crawler: [a]", []string{"f.yaml:1: crawler: must be a mapping of keys to values"}},
		"unexported":   {"crawler: {hidden: 1}", []string{"f.yaml:1: unknown key crawler.hidden; known are user_agent, delay, max_body, lanes, robots, labels, hosts, proxy"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got := defaults()
			err := parse(t, tt.text).Decode("crawler", &got)
			if !errors.Is(err, ErrInvalid) {
				t.Errorf("%v is not ErrInvalid", err)
			}
			if diff := cmp.Diff(tt.want, lines(err)); diff != "" {
				t.Errorf("faults (-want +got):\n%s", diff)
			}
		})
	}
}

func TestFaultsOfTheFile(t *testing.T) {
	tests := map[string]struct {
		text string
		want []string
	}{
		"unknown sections": {"crawlr: {}\nquux:\n", []string{
			"f.yaml:1: unknown section crawlr; did you mean crawler?",
			"f.yaml:2: unknown section quux; known are bus, log, crawler, parser, sinks, sources",
		}},
		"section twice": {"bus:\nbus:\n", []string{"f.yaml:2: key bus stands twice, first in line 1"}},
		"no mapping":    {"- a\n", []string{"f.yaml:1: must be a mapping of keys to values"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := Parse("f.yaml", []byte(tt.text))
			if diff := cmp.Diff(tt.want, lines(err)); diff != "" || !errors.Is(err, ErrInvalid) {
				t.Errorf("faults (-want +got):\n%s", diff)
			}
		})
	}
	for _, text := range []string{"bus: [", "a: b: c", "bus: {}\n---\nlog: {}\n", "\x00"} {
		if _, err := Parse("f.yaml", []byte(text)); !errors.Is(err, ErrInvalid) || !strings.HasPrefix(err.Error(), "f.yaml:") {
			t.Errorf("%q: %v", text, err)
		}
	}
	if _, err := Load(t.TempDir() + "/absent.yaml"); !errors.Is(err, ErrInvalid) {
		t.Errorf("absent file: %v", err)
	}
}

func TestInvalid(t *testing.T) {
	f := parse(t, "sinks: [{url: x}]")
	err := f.Invalid("sinks[0]", errors.Join(errNoLanes, errors.New("url has no scheme")))
	want := []string{"f.yaml: sinks[0]: lanes must be positive", "f.yaml: sinks[0]: url has no scheme"}
	if diff := cmp.Diff(want, lines(err)); diff != "" {
		t.Errorf("faults (-want +got):\n%s", diff)
	}
	if !errors.Is(err, ErrInvalid) || !errors.Is(err, errNoLanes) {
		t.Error("the faults must be ErrInvalid and keep their cause")
	}
	if err := f.Invalid("sinks", nil); err != nil {
		t.Errorf("no fault became %v", err)
	}
}

func TestFaultsInLists(t *testing.T) {
	var sinks []sinkConfig
	err := parse(t, "sinks:\n  - url: a\n  - ulr: b\n    every: [1]\n").Decode("sinks", &sinks)
	want := []string{
		"f.yaml:3: unknown key sinks[1].ulr; did you mean url?",
		"f.yaml:4: sinks[1].every: cannot construct !!seq into time.Duration",
	}
	if diff := cmp.Diff(want, lines(err)); diff != "" {
		t.Errorf("faults (-want +got):\n%s", diff)
	}
	if e, ok := errors.AsType[*Error](err); !ok || e.Line != 3 {
		t.Errorf("first fault: %+v", e)
	}
}

func TestMaps(t *testing.T) {
	got := defaults()
	got.Hosts = map[string]hostConfig{"a.org": {Lanes: 2}, "b.org": {Lanes: 3}}
	before := got.Hosts
	err := parse(t, "crawler:\n  hosts:\n    a.org: {delay: 2s}\n    c.org: {lanes: 1}\n").Decode("crawler", &got)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]hostConfig{"a.org": {2 * time.Second, 2}, "b.org": {Lanes: 3}, "c.org": {Lanes: 1}}
	if diff := cmp.Diff(want, got.Hosts); diff != "" || len(before) != 2 {
		t.Errorf("hosts (-want +got), shared defaults must stay:\n%s", diff)
	}
	err = parse(t, "crawler:\n  hosts:\n    a.org: {dely: 2s}\n    b.org: {delay: 5}\n").Decode("crawler", &got)
	faults := []string{
		"f.yaml:3: unknown key crawler.hosts.a.org.dely; did you mean delay?",
		"f.yaml:4: crawler.hosts.b.org.delay: 5 has no unit; write a duration such as 300ms, 10s, 2h or 7d",
	}
	if diff := cmp.Diff(faults, lines(err)); diff != "" {
		t.Errorf("faults (-want +got):\n%s", diff)
	}
}

func TestAliasesAndMerges(t *testing.T) {
	f := parse(t, `
crawler: &base
  delay: 2s
  lanes: 9
parser:
  <<: *base
  lanes: 3
sinks:
  - &one {url: a, every: 5s}
  - <<: [*one]
    url: b
  - *one
`)
	got := defaults()
	if err := f.Decode("parser", &got); err != nil || got.Delay != 2*time.Second || got.Lanes != 3 {
		t.Errorf("merge: %v, %+v", err, got)
	}
	var sinks []sinkConfig
	if err := f.Decode("sinks", &sinks); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]sinkConfig{{"a", 5 * time.Second}, {"b", 5 * time.Second}, {"a", 5 * time.Second}}, sinks); diff != "" {
		t.Errorf("sinks (-want +got):\n%s", diff)
	}
}

func TestBytes(t *testing.T) {
	tests := map[string]Bytes{
		"0": 0, "17": 17, "17B": 17, "6MB": 6e6, "512KiB": 512 << 10, "1.5 GiB": 3 << 29, "2tb": 2e12, " 8 MiB ": 8 << 20, "1000KB": 1e6,
	}
	for text, want := range tests {
		got, err := ParseBytes(text)
		if err != nil || got != want {
			t.Errorf("%q = %d, %v; want %d", text, got, err, want)
		}
		if again, err := ParseBytes(got.String()); err != nil || again != got {
			t.Errorf("%d as %q = %d, %v", got, got.String(), again, err)
		}
	}
	for _, bad := range []string{"", "MB", "-1MB", "1.2.3", "5 apples", "9999999TiB", "1e3", "∞"} {
		if got, err := ParseBytes(bad); err == nil {
			t.Errorf("%q = %d, want an error", bad, got)
		}
	}
	out, err := yaml.Dump(map[string]Bytes{"size": 6 * MB})
	if err != nil || string(out) != "size: 6MB\n" {
		t.Errorf("%s, %v", out, err)
	}
}

func TestEffective(t *testing.T) {
	type bus struct {
		Servers string        `yaml:"servers"`
		Seeds   []string      `yaml:"seeds"`
		Wait    time.Duration `yaml:"wait"`
		Size    Bytes         `yaml:"size"`
	}
	got, err := Effective(bus{
		"nats://u:pw@a:4222,nats://u:pw@b:4222", []string{"https://example.org/feed?token=abc&page=2"}, 90 * time.Second, 8 * MiB,
	})
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]any{
		"servers": "nats://REDACTED@a:4222,nats://REDACTED@b:4222",
		"seeds":   []any{"https://example.org/feed?token=REDACTED&page=2"},
		"wait":    "1m30s", "size": "8MiB",
	}
	if diff := cmp.Diff(any(want), got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestNearest(t *testing.T) {
	known := []string{"url", "delay", "user_agent", "max_body"}
	for key, want := range map[string]string{
		"ulr": "url", "dealy": "delay", "useragent": "user_agent", "usr_agnt": "user_agent", "Delay": "delay", "xyz": "", "": "",
	} {
		if got := Nearest(key, known); got != want {
			t.Errorf("Nearest(%q) = %q, want %q", key, got, want)
		}
	}
}

// TestAliasesThatMultiply: a small file that stands for a huge one is refused
// before it takes up memory.
func TestAliasesThatMultiply(t *testing.T) {
	for name, link := range map[string]string{"merged": "&a%d {<<: [*a%d, *a%d]}", "merged beside keys": "&a%d {<<: [*a%d, *a%d], user_agent: x}"} {
		var text strings.Builder
		text.WriteString("crawler:\n  labels:\n    a0: &a0 {user_agent: x}\n")
		for i := range 40 {
			fmt.Fprintf(&text, "    a%d: "+link+"\n", i+1, i+1, i, i)
		}
		text.WriteString("  <<: *a40\n")
		got := defaults()
		err := parse(t, text.String()).Decode("crawler", &got)
		if !errors.Is(err, ErrInvalid) || !strings.Contains(err.Error(), "aliases stand for more than 100000 values") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Whatever the file holds, it is decoded or refused as invalid.
func FuzzDecode(f *testing.F) {
	f.Add("crawler: {delay: 1s, robots: {obey: yes}}")
	f.Add("crawler: {hosts: {x: {delay: 1s}}, labels: {a: 1, ? b : c}}")
	f.Add("crawler: &a\n  proxy: *a\n")
	f.Add("sinks: &s [*s, {<<: *s}]")
	f.Fuzz(func(t *testing.T, text string) {
		file, err := Parse("f.yaml", []byte(text))
		if err == nil {
			var sinks []sinkConfig
			got := defaults()
			err = errors.Join(file.Decode("crawler", &got), file.Decode("sinks", &sinks))
		}
		if err != nil && !errors.Is(err, ErrInvalid) {
			t.Errorf("%q: %v is not ErrInvalid", text, err)
		}
	})
}

func parse(t *testing.T, text string) *File {
	t.Helper()
	f, err := Parse("f.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func lines(err error) []string {
	if err == nil {
		return nil
	}
	return strings.Split(err.Error(), "\n")
}

func ExampleFile_Decode() {
	f, err := Parse("config.yaml", []byte("crawler:\n  usr_agent: pressmill\n"))
	if err != nil {
		fmt.Println(err)
		return
	}
	cfg := defaults()
	fmt.Println(f.Decode("crawler", &cfg))
	// Output: config.yaml:2: unknown key crawler.usr_agent; did you mean user_agent?
}
