package monitoring

import (
	"encoding/json"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// catalogue is what pkg/logging knows: every event and every field that is ever logged.
type catalogue struct {
	events map[string]event
	fields map[string]bool
}

// event has the fields that its lines may have, those of every line included.
type event struct {
	fields  map[string]bool
	reasons []string
}

func readCatalogue(t *testing.T) catalogue {
	t.Helper()
	var table struct {
		Events []struct {
			Name    string
			Fields  []struct{ Name string }
			Reasons []string
		}
		Fields []struct{ Name, Group string }
	}
	if err := json.Unmarshal(read(t, filepath.Join("..", "..", "pkg", "logging", "catalogue.json")), &table); err != nil {
		t.Fatal(err)
	}
	c := catalogue{events: map[string]event{}, fields: map[string]bool{}}
	for _, f := range table.Fields {
		c.fields[f.Name] = true
	}
	for _, e := range table.Events {
		c.events[e.Name] = event{map[string]bool{}, e.Reasons}
		for _, always := range []string{"level", "service", "instance", "event", "stage"} {
			c.events[e.Name].fields[always] = c.fields[always]
		}
		for _, f := range e.Fields {
			c.events[e.Name].fields[f.Name] = true
		}
	}
	return c
}

// check reports what an expression of LogQL asks for that is never logged, and
// labels that nobody sets.
func (c catalogue) check(t *testing.T, where, expr string) {
	t.Helper()
	for _, pipeline := range pipelines(expr) {
		c.checkPipeline(t, where, eventsOf(pipeline), pipeline)
	}
	for _, label := range labelsOf(expr) {
		if !slices.Contains(labels, label) {
			t.Errorf("%s: pipelines set no label %q, only %v", where, label, labels)
		}
	}
}

func (c catalogue) checkPipeline(t *testing.T, where string, events []string, pipeline string) {
	t.Helper()
	for _, name := range events {
		if _, known := c.events[name]; !known && name != unparsed {
			t.Errorf("%s: there is no event %q", where, name)
		}
	}
	for _, field := range fieldsOf(pipeline) {
		// With dots: a part of interval, which holds what the summary itself does, or of with, which holds counts.
		outer, inner, nested := strings.Cut(field, ".")
		has := func(name string) bool {
			f := c.events[name].fields
			return f[field] || nested && f[outer] && (f[inner] || c.fields[inner])
		}
		if len(events) > 0 && !slices.ContainsFunc(events, has) || len(events) == 0 && !c.fields[field] {
			t.Errorf("%s: lines of %v have no field %q", where, events, field)
		}
	}
	for _, m := range reasons.FindAllStringSubmatch(pipeline, -1) {
		for reason := range strings.SplitSeq(m[1], "|") {
			if !slices.ContainsFunc(events, func(name string) bool { return c.events[name].gives(reason) }) {
				t.Errorf("%s: lines of %v never have the reason %q", where, events, reason)
			}
		}
	}
}

// gives says whether the event may have a reason; NNN in the catalogue is a number.
func (e event) gives(reason string) bool {
	return slices.ContainsFunc(e.reasons, func(known string) bool {
		return known == reason || regexp.MustCompile("^"+strings.ReplaceAll(known, "NNN", "[0-9]{3}")+"$").MatchString(reason)
	})
}

// labels are those that the pipelines set, and all that a stream has.
var labels = []string{"app", "namespace", "service", "event"}

// unparsed is the event of lines that have none.
const unparsed = "none"

var (
	selectors  = regexp.MustCompile(`\{app="pressmill"[^}]*\}`)
	matchers   = regexp.MustCompile(`(\w+)(=~|!=|!~|=)"([^"]*)"`)
	extracted  = regexp.MustCompile(`\| json ((?:\w+="[^"]*"(?:, )?)+)`)
	extraction = regexp.MustCompile(`\w+="([^"]*)"`)
	reasons    = regexp.MustCompile(`\| reason(?:=~|!=|=)"([^"]*)"`)
	templates  = regexp.MustCompile(`eq \.event "([^"]*)"`)
)

// pipelines cuts an expression into what belongs to each selector.
func pipelines(expr string) []string {
	var cut []string
	at := selectors.FindAllStringIndex(expr, -1)
	for i, from := range at {
		until := len(expr)
		if i+1 < len(at) {
			until = at[i+1][0]
		}
		cut = append(cut, expr[from[0]:until])
	}
	return cut
}

func eventsOf(expr string) []string {
	var events []string
	for _, selector := range selectors.FindAllString(expr, -1) {
		for _, m := range matchers.FindAllStringSubmatch(selector, -1) {
			if m[1] == "event" {
				events = append(events, strings.Split(m[3], "|")...)
			}
		}
	}
	for _, m := range templates.FindAllStringSubmatch(expr, -1) {
		events = append(events, m[1])
	}
	return events
}

func fieldsOf(expr string) []string {
	var fields []string
	for _, list := range extracted.FindAllStringSubmatch(strings.Join(strings.Fields(expr), " "), -1) {
		for _, m := range extraction.FindAllStringSubmatch(list[1], -1) {
			fields = append(fields, strings.Trim(m[1], `[]"\`))
		}
	}
	return fields
}

func labelsOf(expr string) []string {
	var names []string
	for _, selector := range selectors.FindAllString(expr, -1) {
		for _, m := range matchers.FindAllStringSubmatch(selector, -1) {
			names = append(names, m[1])
		}
	}
	return names
}

func TestDashboardAsksForWhatIsLogged(t *testing.T) {
	c, n := readCatalogue(t), 0
	for _, p := range panelsOf(t) {
		for _, q := range p.Targets {
			c.check(t, p.Title, q.Expr)
			n++
		}
	}
	if n < 50 {
		t.Errorf("only %d queries were found", n)
	}
}
