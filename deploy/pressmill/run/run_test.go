package run

import (
	"io"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"pressmill/crawler"
	"pressmill/pkg/worker"
)

func TestContactDecidesTheDefaultGap(t *testing.T) {
	for _, c := range []struct {
		args []string
		want time.Duration
	}{
		{nil, 5 * time.Second},
		{[]string{"-contact", "bot@example.org"}, time.Second},
		{[]string{"-contact", "bot@example.org", "-delay", "0s"}, 0},
		{[]string{"-delay", "2s"}, 2 * time.Second},
	} {
		j, err := parseRun(&worker.Env{Stderr: io.Discard}, append(c.args, "example.org"))
		if err != nil {
			t.Fatal(err)
		}
		if j.crawler.Delay != c.want {
			t.Errorf("%v: %s, want %s", c.args, j.crawler.Delay, c.want)
		}
	}
}

func TestExampleConfigurationIsValid(t *testing.T) {
	j, err := loadJob("../../config.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if len(j.sources) == 0 {
		t.Error("it has no sources")
	}
}

// Without a value -allow-private opens one's own networks, but nothing that
// is link-local: clouds keep secrets there.
func TestSourcesHaveIDsOfTheirOwn(t *testing.T) {
	path := filepath.Join(t.TempDir(), "twice.yaml")
	if err := os.WriteFile(path, []byte("sources: [{seeds: [example.org/a]}, {seeds: [www.example.org/b]}]"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Sources(path); err == nil || !strings.Contains(err.Error(), `source "example.org" stands twice`) {
		t.Errorf("%v", err)
	}
}

func TestAllowPrivateOpensNothingLinkLocal(t *testing.T) {
	var open cidrFlag
	if err := open.Set("true"); err != nil {
		t.Fatal(err)
	}
	contains := func(addr string) bool {
		return slices.ContainsFunc(open, func(c string) bool { return netip.MustParsePrefix(c).Contains(netip.MustParseAddr(addr)) })
	}
	for addr, want := range map[string]bool{
		"127.0.0.1": true, "10.0.0.1": true, "172.16.0.1": true, "192.168.0.1": true, "::1": true, "fd00::1": true,
		"169.254.0.1": false, "169.254.169.254": false, "fe80::1": false, "febf::1": false, "0.0.0.0": false, "224.0.0.1": false,
	} {
		if contains(addr) != want {
			t.Errorf("%s is opened: %v", addr, !want)
		}
	}
	for _, c := range open {
		p := netip.MustParsePrefix(c)
		for _, local := range []string{"169.254.0.0/16", "fe80::/10"} {
			if p.Overlaps(netip.MustParsePrefix(local)) {
				t.Errorf("%s overlaps %s", p, local)
			}
		}
	}
}

// TestListensOnLoopbackAlone: the embedded server has no users.
func TestListensOnLoopbackAlone(t *testing.T) {
	for addr, ok := range map[string]bool{
		"": true, "127.0.0.1:4222": true, "[::1]:0": true, "localhost:4222": true,
		":4222": false, "0.0.0.0:4222": false, "[::]:4222": false, "192.0.2.1:4222": false, "4222": false,
	} {
		if err := checkListen(addr); (err == nil) != ok {
			t.Errorf("-listen %q: %v", addr, err)
		}
	}
	dir := t.TempDir()
	args := []string{"run", "-data", dir, "-out", dir, "-listen", ":4222", "https://example.org/"}
	if code := worker.Run(t.Context(), worker.Program{Name: "pressmill", Commands: Commands()}, args, strings.NewReader(""), io.Discard, io.Discard); code != 2 {
		t.Errorf("-listen :4222 ends with %d", code)
	}
}

func TestConfigurationThatIsShownIsBounded(t *testing.T) {
	t.Parallel()
	j := &job{}
	for range 3 * shownSources {
		j.sources = append(j.sources, crawler.Source{Seeds: make([]string, shownSources+7)})
	}
	sections := j.sections()
	shown, _ := sections["sources"].([]crawler.Source)
	if len(shown) != shownSources || len(shown[0].Seeds) != shownSources || len(j.sources[0].Seeds) != shownSources+7 {
		t.Errorf("%d sources are shown, of the first %d seeds", len(shown), len(shown[0].Seeds))
	}
	want := map[string]int{"sources": 2 * shownSources, "seeds_of_the_others": 7 * shownSources}
	if diff := cmp.Diff(want, sections["left_out"]); diff != "" {
		t.Errorf("left out (-want +got):\n%s", diff)
	}
	j.sources = j.sources[:1]
	j.sources[0].Seeds = j.sources[0].Seeds[:2]
	if left, some := j.sections()["left_out"]; some {
		t.Errorf("of one source with two seeds is left out: %v", left)
	}
}
