package loki

import (
	"maps"
	"regexp"
	"slices"
	"testing"
	"time"

	"go.yaml.in/yaml/v4"
)

type rule struct {
	Record, Alert, Expr, For string
	Labels, Annotations      map[string]string
}

// name tells the alerts of one name apart.
func (r rule) name() string {
	if field := r.Labels["field"]; field != "" {
		return r.Alert + "/" + field
	}
	return r.Alert + r.Record
}

func readRules(t *testing.T) []rule {
	t.Helper()
	var file struct{ Groups []struct{ Rules []rule } }
	if err := yaml.Unmarshal(read(t, "loki", "rules.yaml"), &file); err != nil {
		t.Fatal(err)
	}
	var all []rule
	for _, g := range file.Groups {
		all = append(all, g.Rules...)
	}
	return all
}

// firing returns the alerts that fire at a moment, by namespace: those whose
// condition has held for as long as they ask, for the same series.
func (s *server) firing(t *testing.T, rules []rule, at time.Time, patient bool) map[string][]string {
	t.Helper()
	found := map[string]map[string]bool{}
	for _, r := range rules {
		if r.Alert == "" {
			continue
		}
		var since time.Duration
		if patient && r.For != "" {
			var err error
			if since, err = time.ParseDuration(r.For); err != nil {
				t.Fatal(err)
			}
		}
		steps := int(since/time.Minute) + 1
		for _, each := range s.query(t, r.Expr, at.Add(-since), at, time.Minute) {
			if steps > 1 && len(each.Values) < steps {
				continue
			}
			namespace := each.Metric["namespace"]
			if found[namespace] == nil {
				found[namespace] = map[string]bool{}
			}
			found[namespace][r.name()] = true
		}
	}
	sorted := map[string][]string{}
	for namespace, alerts := range found {
		sorted[namespace] = slices.Sorted(maps.Keys(alerts))
	}
	return sorted
}

// Each fault is put into a day that went well, in a namespace of its own. Its
// alerts fire, after the time they ask for, and no others; on the day itself
// none does.
func TestEachFaultFiresItsAlerts(t *testing.T) {
	s, rules, now := startLoki(t, hasty(read(t, "loki", "rules.yaml"))), readRules(t), time.Now().Truncate(time.Minute)
	fired := map[string]bool{}
	for name, f := range faults() {
		s.push(t, name, f.lines(now))
	}
	got := s.firing(t, rules, now, true)
	for name, f := range faults() {
		if !slices.Equal(got[name], f.fires) {
			t.Errorf("%s: %v fire, want %v", name, got[name], f.fires)
		}
		for _, alert := range f.fires {
			fired[alert] = true
		}
	}
	if alerts := got[""]; len(alerts) > 0 {
		t.Errorf("without a namespace: %v", alerts)
	}
	if alerts := s.firing(t, rules, now.Add(time.Hour), true)[""]; !slices.Equal(alerts, []string{"PressmillNoLines"}) {
		t.Errorf("an hour after the last line: %v", alerts)
	}
	for _, r := range rules {
		if r.Alert != "" && !fired[r.name()] && r.Alert != "PressmillNoLines" {
			t.Errorf("%s: no fault shows that it fires", r.name())
		}
	}
	t.Run("ruler", func(t *testing.T) { checkRuler(t, s, len(rules)) })
	t.Run("recordings", func(t *testing.T) { checkRecordings(t, s, rules, now) })
	t.Run("dashboard", func(t *testing.T) { checkDashboard(t, s, now) })
}

// hasty has the ruler evaluate often and alerts not wait, as a test cannot.
func hasty(rules []byte) []byte {
	rules = regexp.MustCompile(`(?m)^    interval: .*$`).ReplaceAll(rules, []byte("    interval: 15s"))
	return regexp.MustCompile(`(?m)^        for: .*$`).ReplaceAll(rules, []byte("        for: 0s"))
}

// checkRuler waits until Loki's ruler has evaluated each rule without an error,
// and fires each alert.
func checkRuler(t *testing.T, s *server, rules int) {
	var answer struct {
		Data struct {
			Groups []struct {
				Rules []struct{ Name, Type, Health, LastError, State string }
			}
		}
	}
	var waiting []string
	for end := time.Now().Add(2 * time.Minute); time.Now().Before(end); time.Sleep(time.Second) {
		s.get(t, "/prometheus/api/v1/rules", &answer, "the rules of the ruler")
		known := 0
		waiting = nil
		for _, g := range answer.Data.Groups {
			known += len(g.Rules)
			for _, r := range g.Rules {
				if r.Health == "err" {
					t.Fatalf("%s: %s", r.Name, r.LastError)
				}
				if r.Health != "ok" || r.Type == "alerting" && r.State != "firing" && r.Name != "PressmillNoLines" {
					waiting = append(waiting, r.Name)
				}
			}
		}
		if known == rules && len(waiting) == 0 {
			return
		}
	}
	t.Errorf("the ruler has not evaluated, or does not fire: %v", waiting)
}

func checkRecordings(t *testing.T, s *server, rules []rule, now time.Time) {
	for _, r := range rules {
		if r.Record == "" {
			continue
		}
		namespaces := map[string]bool{}
		for _, each := range s.query(t, r.Expr, now, now, 0) {
			namespaces[each.Metric["namespace"]] = true
		}
		if !namespaces["calm"] {
			t.Errorf("%s: nothing of a day with everything in it", r.Record)
		}
	}
}
