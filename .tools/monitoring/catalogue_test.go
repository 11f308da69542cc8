package monitoring

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// catalogue is what pkg/logging names: every event and every field that is ever logged.
type catalogue struct{ events, fields map[string]bool }

func readCatalogue(t *testing.T) catalogue {
	t.Helper()
	c := catalogue{events: map[string]bool{}, fields: map[string]bool{}}
	files, err := filepath.Glob("../../pkg/logging/*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if !strings.HasSuffix(file, "_test.go") {
			c.add(t, file)
		}
	}
	if !c.events["fetch.done"] || !c.fields["host"] {
		t.Fatalf("no catalogue in %v", files)
	}
	return c
}

// add takes the exported constants of a file: fields are called Key..., events have a dot in them.
func (c catalogue) add(t *testing.T, file string) {
	t.Helper()
	f, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	for n := range ast.Preorder(f) {
		spec, ok := n.(*ast.ValueSpec)
		if !ok || len(spec.Values) != 1 || !spec.Names[0].IsExported() {
			continue
		}
		lit, ok := spec.Values[0].(*ast.BasicLit)
		if !ok || lit.Kind != token.STRING {
			continue
		}
		switch value, _ := strconv.Unquote(lit.Value); {
		case strings.HasPrefix(spec.Names[0].Name, "Key"):
			c.fields[value] = true
		case strings.Contains(value, "."):
			c.events[value] = true
		}
	}
}

// check reports what an expression of LogQL asks for that is never logged, and
// labels that nobody sets.
func (c catalogue) check(t *testing.T, where, expr string) {
	t.Helper()
	for _, event := range eventsOf(expr) {
		if !c.events[event] && event != unparsed {
			t.Errorf("%s: there is no event %q", where, event)
		}
	}
	for _, field := range fieldsOf(expr) {
		// With dots: the parts of interval and with; their inner fields may be counts of other things.
		outer, inner, _ := strings.Cut(field, ".")
		if !c.fields[field] && (!c.fields[outer] || outer == "interval" && !c.fields[inner]) {
			t.Errorf("%s: there is no field %q", where, field)
		}
	}
	for _, label := range labelsOf(expr) {
		if !slices.Contains(labels, label) {
			t.Errorf("%s: pipelines set no label %q, only %v", where, label, labels)
		}
	}
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
	templates  = regexp.MustCompile(`eq \.event "([^"]*)"`)
)

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
