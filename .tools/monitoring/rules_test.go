package monitoring

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v4"
)

type ruleFile struct {
	Groups []struct {
		Name     string
		Interval string
		Rules    []rule
	}
}

type rule struct {
	Record, Alert, Expr, For string
	Labels, Annotations      map[string]string
}

func readRules(t *testing.T) []rule {
	t.Helper()
	f, err := os.Open(filepath.Join(folder, "loki", "rules.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var file ruleFile
	d := yaml.NewDecoder(f)
	d.KnownFields(true)
	if err := d.Decode(&file); err != nil {
		t.Fatal(err)
	}
	var all []rule
	for _, g := range file.Groups {
		all = append(all, g.Rules...)
	}
	return all
}

func TestRulesAskForWhatIsLogged(t *testing.T) {
	c := readCatalogue(t)
	for _, r := range readRules(t) {
		c.check(t, r.Alert+r.Record, r.Expr)
		if len(eventsOf(r.Expr)) == 0 && r.Alert != "PressmillNoLines" {
			t.Errorf("%s%s reads every line there is", r.Alert, r.Record)
		}
	}
}

// What a series may be told apart by. A page or a URL would make one for each
// line; an instance is for states alone, which few processes are in.
var groupings = []string{"namespace", "service", "stage", "reason", "source", "host", "sink", "field", "instance", "place"}

func TestRulesKeepSeriesFew(t *testing.T) {
	by := regexp.MustCompile(`\b(?:by|on) \(([^)]*)\)`)
	for _, r := range readRules(t) {
		for _, m := range by.FindAllStringSubmatch(r.Expr, -1) {
			for label := range strings.SplitSeq(m[1], ", ") {
				if !slices.Contains(groupings, label) {
					t.Errorf("%s%s: a series for each %s", r.Alert, r.Record, label)
				}
				if label == "instance" && r.Record != "" {
					t.Errorf("%s: a recording for each process", r.Record)
				}
			}
		}
	}
}

// Whoever is woken is told how bad it is, what it means, and where to read on.
func TestAlertsSayWhatToDo(t *testing.T) {
	alerts := 0
	for _, r := range readRules(t) {
		if r.Alert == "" {
			continue
		}
		alerts++
		if !slices.Contains([]string{"critical", "warning", "info"}, r.Labels["severity"]) {
			t.Errorf("%s: severity %q", r.Alert, r.Labels["severity"])
		}
		if len(r.Annotations["summary"]) < 20 || len(r.Annotations["description"]) < 60 {
			t.Errorf("%s says too little", r.Alert)
		}
		checkLink(t, r.Alert, r.Annotations["runbook"])
		checkLink(t, r.Alert, r.Annotations["log"])
	}
	if alerts < 20 {
		t.Errorf("%d alerts", alerts)
	}
}

// The README lists every alert, in the row of its severity.
func TestREADMEListsTheAlerts(t *testing.T) {
	rows := map[string]string{}
	for line := range strings.Lines(string(read(t, filepath.Join(folder, "README.md")))) {
		if severity, _, ok := strings.Cut(strings.TrimPrefix(line, "| "), " "); ok {
			rows[strings.TrimSuffix(severity, ":")] = line
		}
	}
	for _, r := range readRules(t) {
		if r.Alert != "" && !strings.Contains(rows[r.Labels["severity"]], "`"+r.Alert+"`") {
			t.Errorf("README.md does not list %s as %s", r.Alert, r.Labels["severity"])
		}
	}
}

// checkLink looks for the heading that a link into the repository names.
func checkLink(t *testing.T, where, link string) {
	t.Helper()
	file, anchor, ok := strings.Cut(link, "#")
	if !ok {
		t.Errorf("%s: the link %q names no heading", where, link)
		return
	}
	for line := range strings.SplitSeq(string(read(t, filepath.Join("..", "..", file))), "\n") {
		if strings.HasPrefix(line, "#") && anchorOf(line) == anchor {
			return
		}
	}
	t.Errorf("%s: %s has no heading %q", where, file, anchor)
}

// anchorOf returns a heading's anchor as GitHub and GitLab make it.
func anchorOf(heading string) string {
	heading = strings.ToLower(strings.TrimSpace(strings.TrimLeft(heading, "#")))
	return strings.ReplaceAll(regexp.MustCompile(`[^\p{L}\p{N}\- ]`).ReplaceAllString(heading, ""), " ", "-")
}
