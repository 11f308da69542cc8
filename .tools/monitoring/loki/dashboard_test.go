package loki

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// checkDashboard evaluates every query of the dashboard, with its variables as
// they are when it is opened, on the calm day. Those that stay empty are about
// what a calm day does not have.
func checkDashboard(t *testing.T, s *server, now time.Time) {
	var d struct{ Panels []drawn }
	if err := json.Unmarshal(read(t, "grafana", "dashboard.json"), &d); err != nil {
		t.Fatal(err)
	}
	variables := strings.NewReplacer("$__auto", "2m", "$__range", "2h", "$namespace", "calm", "$stage", ".+", "$source", ".*", "$host", ".*", "$page", "page-17")
	queries := 0
	for _, p := range all(d.Panels) {
		for _, target := range p.Targets {
			queries++
			expr := variables.Replace(target.Expr)
			if strings.Contains(expr, "$") {
				t.Errorf("%s: a variable that is not known: %s", p.Title, expr)
			}
			from := now.Add(-2 * time.Hour)
			if target.QueryType == "instant" {
				from = now
			}
			found := s.query(t, expr, from, now, 2*time.Minute)
			if len(found) == 0 && !slices.Contains([]string{"nothing"}, p.Title) {
				t.Errorf("%s: nothing on a day with everything in it: %s", p.Title, expr)
			}
		}
	}
	if queries < 60 {
		t.Errorf("only %d queries", queries)
	}
	checkFigures(t, s, now, variables, all(d.Panels))
}

// checkFigures compares figures with what the day has.
func checkFigures(t *testing.T, s *server, now time.Time, variables *strings.Replacer, panels []drawn) {
	want := map[string]string{
		"Pages fetched": fmt.Sprint(240 * perSummary), "Articles": fmt.Sprint(240 * perSummary), "Articles written": fmt.Sprint(240 * perSummary),
		"Sources with articles": "2", "Dead letters": "1",
	}
	for _, p := range panels {
		figure, ok := want[p.Title]
		if !ok || p.Type != "stat" {
			continue
		}
		found := s.query(t, variables.Replace(p.Targets[0].Expr), now, now, 0)
		if len(found) != 1 || found[0].Value[1] != figure {
			t.Errorf("%s: %v, want %s", p.Title, found, figure)
		}
		delete(want, p.Title)
	}
	if len(want) > 0 {
		t.Errorf("no panels %v", want)
	}
}

type drawn struct {
	Title, Type string
	Targets     []struct{ Expr, QueryType string }
	Panels      []drawn
}

func all(panels []drawn) []drawn {
	var found []drawn
	for _, p := range panels {
		found = append(append(found, p), p.Panels...)
	}
	return found
}
