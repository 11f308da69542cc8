package operate

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"pressmill/crawler"
	"pressmill/deploy/pressmill/programtest"
)

func TestSourcesFromApplyToRemove(t *testing.T) {
	t.Parallel()
	config := programtest.Server(t)
	file := programtest.File(t, "sources.yaml", "sources:\n  - id: paper\n    seeds: [https://www.example.org/feed]\n    poll: 10m\n  - seeds: [example.com]\n    depth: 1\n")
	if got := mustRun(t, "sources", "apply", "-config", config, "-f", file); got != "2 added, 0 changed, 0 unchanged\n" {
		t.Errorf("apply: %q", got)
	}
	if got := mustRun(t, "sources", "pause", "-config", config, "paper"); got != "paper paused\n" {
		t.Errorf("pause: %q", got)
	}
	if got := mustRun(t, "sources", "apply", "-f", file, "-config", config); !strings.Contains(got, "0 added, 0 changed, 2 unchanged\n") || !strings.Contains(got, "still paused: paper;") {
		t.Errorf("apply again: %q", got)
	}
	lines := strings.Split(mustRun(t, "sources", "list", "-config", config), "\n")
	for i, want := range []string{"ID STATE LAST SUCCESS NEXT POLL FOUND POLLS DOMAIN ARTICLES AUTHOR DATE IMAGE BODY DRIFT", "example.com active - - 0 0 example.com - - - - - -", "paper paused - - 0 0 example.org - - - - - -"} {
		if got := strings.Join(strings.Fields(lines[i]), " "); got != want {
			t.Errorf("list, line %d: %q, want %q", i, got, want)
		}
	}
	var report crawler.Report
	first, _, _ := strings.Cut(mustRun(t, "sources", "list", "-json", "-config", config), "\n")
	if err := json.Unmarshal([]byte(first), &report); err != nil || report.ID != "example.com" || report.State != "active" || report.Depth != 1 {
		t.Errorf("list -json: %+v, %v", report, err)
	}
	mustRun(t, "sources", "resume", "-config", config, "paper")
	mustRun(t, "sources", "remove", "-config", config, "paper", "example.com")
	code, stdout, stderr := pressmill(t, "sources", "list", "-config", config)
	if code != 0 || strings.Count(stdout, "\n") != 1 || !strings.Contains(stderr, "sources apply -f") {
		t.Errorf("list of nothing: %d, %q, %q", code, stdout, stderr)
	}
}

func TestSourcesApplyPrunesWhatTheFileLacks(t *testing.T) {
	t.Parallel()
	config := programtest.Server(t)
	mustRun(t, "sources", "apply", "-config", config, "-f", programtest.File(t, "two.yaml", "sources: [{id: one, seeds: [example.org]}, {id: two, seeds: [example.com]}]"))
	only := programtest.File(t, "one.yaml", "sources: [{id: one, seeds: [example.org]}]")
	if got := mustRun(t, "sources", "apply", "-config", config, "-f", only); strings.Contains(got, "removed") {
		t.Errorf("without -prune: %q", got)
	}
	if got := mustRun(t, "sources", "apply", "-config", config, "-prune", "-f", only); got != "0 added, 0 changed, 1 unchanged\ntwo removed\n" {
		t.Errorf("with -prune: %q", got)
	}
	if left := mustRun(t, "sources", "list", "-config", config); !strings.Contains(left, "one ") || strings.Contains(left, "two ") {
		t.Errorf("left:\n%s", left)
	}
}

func TestSourcesErrorsNameTheFix(t *testing.T) {
	t.Parallel()
	config := programtest.Server(t)
	mustRun(t, "sources", "apply", "-config", config, "-f", programtest.File(t, "s.yaml", "sources: [{id: paper, seeds: [example.org]}]"))
	twice := programtest.File(t, "twice.yaml", "sources:\n  - {id: a, seeds: [example.org], depht: 2}\n")
	faults := programtest.File(t, "faults.yaml", "sources:\n  - {id: a, seeds: [ftp://x.example]}\n  - {id: a, seeds: [example.org], poll: 1m, poll_min: 2m}\n")
	for _, c := range []struct {
		args []string
		code int
		want []string
	}{
		{[]string{"sources", "pause", "papre"}, 1, []string{`no source "papre"`, "did you mean paper?"}},
		{[]string{"sources", "remove", "other"}, 1, []string{`no source "other"`, "pressmill sources list"}},
		{[]string{"sources", "resume"}, 2, []string{"by id"}},
		{[]string{"sources", "apply"}, 2, []string{"-f FILE"}},
		{[]string{"sources", "apply", twice}, 2, []string{"-f"}},
		{[]string{"sources", "apply", "-f", twice}, 2, []string{"twice.yaml:2", "did you mean depth?"}},
		{[]string{"sources", "apply", "-f", faults}, 2, []string{"ftp://x.example", `"a" stands twice`, "poll_min: 2m0s is above poll"}},
		{[]string{"sources", "apply", "-f", "/nowhere.yaml"}, 2, []string{"/nowhere.yaml"}},
		{[]string{"sources", "import"}, 2, []string{"OPML"}},
		{[]string{"sources", "import", twice}, 1, []string{"not an OPML file"}},
	} {
		args := c.args
		if c.args[1] != "import" {
			args = append(args, "-config", config)
		}
		code, _, stderr := pressmill(t, args...)
		if code != c.code {
			t.Errorf("%v: exit code %d, want %d: %s", c.args, code, c.code, stderr)
		}
		for _, part := range c.want {
			if !strings.Contains(stderr, part) {
				t.Errorf("%v: nothing about %q in %q", c.args, part, stderr)
			}
		}
	}
	if help := mustRun(t, "sources", "apply", "-h"); !strings.Contains(help, "seeds:") || !strings.Contains(help, "-f FILE") {
		t.Errorf("-h does not teach:\n%s", help)
	}
}

func TestSourcesImport(t *testing.T) {
	t.Parallel()
	file := programtest.File(t, "feeds.opml", `<opml version="2.0"><body><outline text="papers">
<outline text="The &quot;Paper&quot;: world" xmlUrl="https://feeds.service.example/paper" htmlUrl="https://www.paper.example/"/>
<outline text="Paper, sport" xmlUrl="https://www.paper.example/sport.xml#x"/>
<outline text="same" xmlUrl="https://www.paper.example/sport.xml"/>
<outline text="bad" xmlUrl="feed:x"/></outline></body></opml>`)
	code, stdout, stderr := pressmill(t, "sources", "import", file)
	const want = `sources:
  - id: "paper.example"
    domain: "paper.example"
    name: "The \"Paper\": world"
    seeds:
      - "https://feeds.service.example/paper"
      - "https://www.paper.example/sport.xml"
`
	if code != 0 || stdout != want {
		t.Errorf("exit code %d, printed:\n%s\nwant:\n%s", code, stdout, want)
	}
	if !strings.Contains(stderr, `left out "feed:x"`) {
		t.Errorf("nothing about the feed without an address: %q", stderr)
	}
	config := programtest.Server(t)
	printed := programtest.File(t, "sources.yaml", stdout)
	for _, args := range [][]string{{"sources", "apply", "-f", printed}, {"sources", "import", "-apply", file}} {
		code, stdout, stderr = pressmill(t, append(args, "-config", config)...)
		if code != 0 {
			t.Errorf("%v: %s", args, stderr)
		}
	}
	if stdout != "0 added, 0 changed, 1 unchanged\n" {
		t.Errorf("what was printed and what is applied at once differ: %q", stdout)
	}
}

func TestRelativeTimes(t *testing.T) {
	t.Parallel()
	now := time.Now()
	for d, want := range map[time.Duration]string{
		-5 * time.Second: "5s ago", 90 * time.Second: "in 90s", -3 * time.Minute: "3m ago", 26 * time.Hour: "in 26h", 72 * time.Hour: "in 3d",
	} {
		if got := relative(now.Add(d), now); got != want {
			t.Errorf("%s: %q, want %q", d, got, want)
		}
	}
	if got := relative(time.Time{}, now); got != "-" {
		t.Errorf("never: %q", got)
	}
}
