package logging

import (
	"bytes"
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"
	"text/template"
)

// look is what an operator looks for first.
var look = []struct{ Where, Says string }{
	{"`source.silent`", "a source brought nothing for three times its usual gap: it moved, blocks us, or was redesigned"},
	{"`source.drift`", "its articles lack what they used to have: the site was redesigned"},
	{"`level` `error`, by `event` and `reason`", "what was given up, and why; `deadletter.published` can be replayed"},
	{"the last `stage.summary` of each stage", "`lag` grows: the stage is too slow or stands still; `failed_by`: what goes wrong most"},
	{"`backpressure.on` without `backpressure.off`", "a stage waits: the parsers for the sinks, the crawlers for the parsers, a sink for its store (`error`)"},
	{"`nats.waiting`, `nats.denied`", "the bus cannot be reached, or refuses what is needed (`error` says what helps)"},
	{"`service.start` again and again", "a process that crashes: `service.stop` before it has `reason` and `error`, or is missing where it was killed"},
	{"`segment.gap`", "articles were removed before a sink had read them, and are lost"},
}

type guideGroup struct {
	Title  string
	Events []EventInfo
}

// writeGuide makes deploy/LOGS.md.
func writeGuide(t *testing.T, c *Contents) []byte {
	t.Helper()
	examples := readExamples(t)
	guide, err := template.New("LOGS.md.tmpl").Funcs(template.FuncMap{
		"example":   func(event string) string { return examples[event] },
		"everyLine": func() []FieldInfo { return onlyFields(c, append(everyLine(), KeyStage)) },
		"presets":   presetNames,
		"look":      func() any { return look },
		"groups":    func() []guideGroup { return groups(c) },
		"anchor":    func(event string) string { return strings.ReplaceAll(event, ".", "") },
		"line":      plain, // of a table
		"uses":      uses,
		"fields":    func() []FieldInfo { return sorted(c) },
		"where":     func(field string) string { return where(c, field) },
	}).ParseFiles("testdata/LOGS.md.tmpl")
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := guide.Execute(&out, c); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// presetName is how a field is called under each preset.
type presetName struct{ Canonical, ECS, GCP string }

func presetNames() (all []presetName) {
	ecs, gcp := newKeys(PresetECS), newKeys(PresetGCP)
	for _, n := range table() {
		all = append(all, presetName{n.canonical, ecs.name(n.canonical), gcp.name(n.canonical)})
	}
	return all
}

// readExamples returns lines that were really written, by event.
func readExamples(t *testing.T) map[string]string {
	t.Helper()
	data, err := os.ReadFile("testdata/examples.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	examples := map[string]string{}
	for line := range strings.Lines(string(data)) {
		var l struct{ Event string }
		if err := json.Unmarshal([]byte(line), &l); err != nil {
			t.Fatal(err)
		}
		examples[l.Event] = strings.TrimSpace(line)
	}
	return examples
}

// The examples of the guide are as the catalogue says.
func TestExamples(t *testing.T) {
	for _, line := range readExamples(t) {
		if err := CheckLine([]byte(line)); err != nil {
			t.Errorf("%s\n%v", line, err)
		}
	}
}

func onlyFields(c *Contents, names []string) (fields []FieldInfo) {
	for _, name := range names {
		fields = append(fields, *c.Field(name))
	}
	return fields
}

func groups(c *Contents) (all []guideGroup) {
	for _, e := range c.Events {
		title := strings.TrimSuffix(strings.TrimPrefix(e.Group, "Events "), ".")
		title = exported(strings.TrimPrefix(title, "of "))
		if len(all) == 0 || all[len(all)-1].Title != title {
			all = append(all, guideGroup{Title: title})
		}
		g := &all[len(all)-1]
		g.Events = append(g.Events, e)
	}
	return all
}

// uses tells an event's levels, stages, fields and reasons.
func uses(e EventInfo) string {
	var always, sometimes []string
	for _, use := range e.Fields {
		if use.Optional {
			sometimes = append(sometimes, "*"+use.Name+"*")
		} else {
			always = append(always, "`"+use.Name+"`")
		}
	}
	fields := strings.Join(append(always, sometimes...), " ")
	if fields == "" {
		fields = "none beyond those of every line"
	}
	rows := [][2]string{{"level", strings.Join(e.Levels, ", ")}, {"stage", strings.Join(e.Stages, ", ")}, {"fields", fields}}
	if len(e.Reasons) > 0 {
		rows = append(rows, [2]string{"reasons", "`" + strings.Join(e.Reasons, "` `") + "`"})
	}
	var text strings.Builder
	text.WriteString("| | |\n| --- | --- |\n")
	for _, row := range rows {
		text.WriteString("| " + row[0] + " | " + row[1] + " |\n")
	}
	return strings.TrimSuffix(text.String(), "\n")
}

func sorted(c *Contents) []FieldInfo {
	return slices.SortedFunc(slices.Values(c.Fields), func(a, b FieldInfo) int { return strings.Compare(a.Name, b.Name) })
}

// where names the events that have a field, unless they are many.
func where(c *Contents, field string) string {
	if slices.Contains(everyLine(), field) {
		return "every line"
	}
	var names []string
	for _, e := range c.Events {
		if e.Has(field) {
			names = append(names, "`"+e.Name+"`")
		}
	}
	switch {
	case field == KeyStage:
		return "lines of a stage"
	case len(names) == 0:
		return "inside others"
	case len(names) > 6:
		return strings.Join(names[:4], ", ") + " and more"
	}
	return strings.Join(names, ", ")
}
