package logging

import (
	"bytes"
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// What is made of events.go is as it would be made now.
func TestCatalogueIsGenerated(t *testing.T) {
	source, err := os.ReadFile("events.go")
	if err != nil {
		t.Fatal(err)
	}
	c := readCatalogue(t, string(source))
	for path, want := range map[string][]byte{
		"catalogue.json":       writeTable(t, c),
		"../../deploy/LOGS.md": writeGuide(t, c),
	} {
		if *update {
			if err := os.WriteFile(path, want, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		got, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), string(got)); diff != "" {
			t.Errorf("%s is stale: go generate ./pkg/logging (-want +got):\n%s", path, diff)
		}
	}
}

// Whatever is said of a URL is found by its page, but for what the crawler
// decides of a feed without looking at it.
func TestEventsOfURLsHaveTheIDsOfTheirPage(t *testing.T) {
	for _, e := range Catalogue().Events {
		if e.Has(KeyURL) && e.Name != PollDropped && !(e.Has(KeyCrawlID) && e.Has(KeyPageID)) {
			t.Errorf("%s has %s, and lacks %s or %s", e.Name, KeyURL, KeyCrawlID, KeyPageID)
		}
	}
}

// writeTable makes catalogue.json, with a line for each event and field.
func writeTable(t *testing.T, c *Contents) []byte {
	t.Helper()
	var out bytes.Buffer
	row := func(before string, v any) {
		out.WriteString(before)
		enc := json.NewEncoder(&out)
		enc.SetEscapeHTML(false)
		if err := enc.Encode(v); err != nil {
			t.Fatal(err)
		}
		out.Truncate(out.Len() - 1) // the line's end
	}
	row("{\"schema\": ", c.Schema)
	before := ",\n\"events\": [\n"
	for _, e := range c.Events {
		row(before, e)
		before = ",\n"
	}
	before = "\n],\n\"fields\": [\n"
	for _, f := range c.Fields {
		row(before, f)
		before = ",\n"
	}
	out.WriteString("\n]}\n")
	return out.Bytes()
}

// What a comment lacks is found.
func TestCatalogueNeedsItsComments(t *testing.T) {
	const event = "// Done says so.\n// Stage: sink. Level: info. Fields: seq.\nDone = \"done\"\n"
	const field = "// KeySeq counts.\n// Type: integer.\nKeySeq = \"seq\"\n"
	for name, tt := range map[string]struct{ source, fault string }{
		"all well":          {event + field, ""},
		"no comment":        {field + "Done = \"done\"\n", "Done has no comment that begins with its name"},
		"no last line":      {field + "// Done says so.\nDone = \"done\"\n", "Done: the comment's last line"},
		"unknown field":     {event, "Done: seq is no field of the catalogue"},
		"unknown stage":     {field + strings.Replace(event, "sink", "kitchen", 1), "Done: stage kitchen"},
		"unknown level":     {field + strings.Replace(event, "info", "loud", 1), "Done: level loud"},
		"unknown type":      {event + strings.Replace(field, "integer", "blob", 1), "KeySeq: type blob"},
		"milliseconds":      {event + strings.Replace(field, "integer", "number, milliseconds", 1), "KeySeq: milliseconds without _ms"},
		"twice":             {event + field + strings.ReplaceAll(field, "KeySeq ", "KeyNo "), "seq is there twice"},
		"reasons of nobody": {field + strings.Replace(event, "// Stage", "// Reasons: those of nothing.\n// Stage", 1), "Done: reasons of nothing"},
	} {
		_, faults := parseCatalogue("package logging\n// A group.\nconst (\n" + tt.source + ")\n")
		if got := strings.Join(faults, "\n"); (got == "") != (tt.fault == "") || !strings.Contains(got, tt.fault) {
			t.Errorf("%s: faults are %q, want %q", name, got, tt.fault)
		}
	}
}

func readCatalogue(t *testing.T, source string) *Contents {
	t.Helper()
	c, faults := parseCatalogue(source)
	for _, fault := range faults {
		t.Error(fault)
	}
	return c
}

var (
	eventLine = regexp.MustCompile(`^Stage: ([^.]+)\. Level: ([^.]+)\. Fields: (.+)\.$`)
	fieldLine = regexp.MustCompile(`^Type: ([a-z]+)(?:, ([a-z ]+))?\.$`)
)

// parseCatalogue reads constants and their comments.
func parseCatalogue(source string) (c *Contents, faults []string) {
	r := &catalogueReader{c: &Contents{Schema: Schema}}
	file, err := parser.ParseFile(token.NewFileSet(), "events.go", source, parser.ParseComments)
	if err != nil {
		return r.c, []string{err.Error()}
	}
	for _, decl := range file.Decls {
		if block, ok := decl.(*ast.GenDecl); ok && block.Tok == token.CONST {
			r.group = plain(block.Doc.Text())
			for _, spec := range block.Specs {
				r.constant(spec.(*ast.ValueSpec))
			}
		}
	}
	r.finish()
	return r.c, r.faults
}

type catalogueReader struct {
	c      *Contents
	group  string
	faults []string
	seen   []string
}

func (r *catalogueReader) fault(parts ...string) {
	r.faults = append(r.faults, strings.Join(parts, ""))
}

func (r *catalogueReader) constant(spec *ast.ValueSpec) {
	name := spec.Names[0].Name
	value, err := strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
	if err != nil {
		r.fault(name, ": ", err.Error())
	}
	if slices.Contains(r.seen, value) {
		r.fault(value, " is there twice")
	}
	r.seen = append(r.seen, value)
	lines := strings.Split(strings.TrimSpace(spec.Doc.Text()), "\n")
	if !strings.HasPrefix(lines[0], name+" ") {
		r.fault(name, " has no comment that begins with its name")
	}
	lines[0] = strings.TrimPrefix(lines[0], name+" ")
	last := lines[len(lines)-1]
	lines = lines[:len(lines)-1]
	if strings.HasPrefix(name, "Key") {
		r.field(name, value, lines, last)
	} else {
		r.event(name, value, lines, last)
	}
}

func (r *catalogueReader) field(name, value string, doc []string, last string) {
	m := fieldLine.FindStringSubmatch(last)
	if m == nil {
		r.fault(name, ": the comment's last line is not Type: T, unit.")
		return
	}
	if !slices.Contains([]string{TypeString, TypeBoolean, TypeInteger, TypeNumber, TypeTime, TypeCounts, TypeFields, TypeObject}, m[1]) {
		r.fault(name, ": type ", m[1])
	}
	if (m[2] == "milliseconds") != strings.HasSuffix(value, "_ms") {
		r.fault(name, ": milliseconds without _ms, or _ms without milliseconds")
	}
	r.c.Fields = append(r.c.Fields, FieldInfo{Name: value, Group: r.group, Doc: sentence(strings.Join(doc, "\n")), Type: m[1], Unit: m[2]})
}

func (r *catalogueReader) event(name, value string, doc []string, last string) {
	m := eventLine.FindStringSubmatch(last)
	if m == nil {
		r.fault(name, ": the comment's last line is not Stage: S. Level: L. Fields: F.")
		return
	}
	e := EventInfo{Name: value, Group: r.group, Stages: list(m[1]), Levels: list(m[2]), Fields: []FieldUse{}}
	if i := slices.IndexFunc(doc, func(line string) bool { return strings.HasPrefix(line, "Reasons: ") }); i >= 0 {
		e.Reasons = list(strings.TrimPrefix(strings.TrimSuffix(plain(strings.Join(doc[i:], "\n")), "."), "Reasons: "))
		doc = doc[:i]
	}
	e.Doc = sentence(strings.Join(doc, "\n"))
	for _, field := range list(m[3]) {
		if field != "none" {
			plainName, optional := strings.CutSuffix(field, "?")
			e.Fields = append(e.Fields, FieldUse{Name: plainName, Optional: optional})
		}
	}
	for _, stage := range e.Stages {
		if !slices.Contains([]string{StageProcess, "crawler", "parser", "sink"}, stage) {
			r.fault(name, ": stage ", stage)
		}
	}
	for _, level := range e.Levels {
		if !slices.Contains([]string{"debug", "info", "warn", "error"}, level) {
			r.fault(name, ": level ", level)
		}
	}
	r.c.Events = append(r.c.Events, e)
}

// finish looks up what events say of others and of fields.
func (r *catalogueReader) finish() {
	for i := range r.c.Events {
		e := &r.c.Events[i]
		e.Reasons = r.reasons(e)
		for _, use := range e.Fields {
			if r.c.Field(use.Name) == nil {
				r.fault(exported(e.Name), ": ", use.Name, " is no field of the catalogue")
			}
		}
	}
}

func (r *catalogueReader) reasons(e *EventInfo) (all []string) {
	for _, reason := range e.Reasons {
		_, of, others := strings.Cut(reason, "those of ")
		switch other := r.c.Event(of); {
		case !others:
			all = append(all, reason)
		case other == nil:
			r.fault(exported(e.Name), ": reasons of ", of)
		default:
			all = append(all, other.Reasons...)
		}
	}
	return all
}

// sentence is a comment without the constant's name and the verb after it.
func sentence(doc string) string {
	paragraphs := strings.Split(strings.TrimSpace(doc), "\n\n")
	for i, paragraph := range paragraphs {
		paragraphs[i] = plain(paragraph)
	}
	doc = strings.Join(paragraphs, "\n\n")
	for _, verb := range []string{"is ", "are ", "says that "} {
		if rest, ok := strings.CutPrefix(doc, verb); ok {
			return exported(rest)
		}
	}
	return exported(doc)
}

func exported(name string) string { return strings.ToUpper(name[:1]) + name[1:] }

func list(text string) []string { return strings.Split(text, ", ") }

func plain(text string) string { return strings.Join(strings.Fields(text), " ") }
