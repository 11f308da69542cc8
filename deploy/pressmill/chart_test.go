package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	godiff "github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v4"

	"pressmill/crawler"
	"pressmill/deploy/pressmill/operate"
	"pressmill/pkg/config"
	"pressmill/pkg/worker"
)

const chart = "../helm/pressmill/"

var update = flag.Bool("update", false, "write what the chart says about configuration and values")

// TestChartTakesEveryKeyOfTheConfiguration compares the chart's schema of values
// with what the workers decode.
func TestChartTakesEveryKeyOfTheConfiguration(t *testing.T) {
	t.Parallel()
	path := chart + "values.schema.json"
	var schema map[string]any
	if err := json.Unmarshal(readFile(t, path), &schema); err != nil {
		t.Fatal(err)
	}
	file := operate.ConfigSchema()
	sinks := file["properties"].(map[string]any)["sinks"].(map[string]any)["items"].(map[string]any)
	sinks["required"] = []string{"url"} // the templates look at it
	want := map[string]any{
		"config": map[string]any{"type": "object", "additionalProperties": false, "properties": file["properties"]},
		"source": config.Schema(crawler.Source{}),
	}
	definitions := schema["definitions"].(map[string]any)
	for name, of := range want {
		of := plain(t, of)
		if diff := godiff.Diff(of, definitions[name]); diff != "" && !*update {
			t.Errorf("definitions.%s; -update writes it (-want +got):\n%s", name, diff)
		}
		definitions[name] = of
	}
	if *update {
		var text bytes.Buffer
		enc := json.NewEncoder(&text)
		enc.SetEscapeHTML(false)
		enc.SetIndent("", "  ")
		if err := enc.Encode(schema); err != nil {
			t.Fatal(err)
		}
		writeFile(t, path, text.Bytes())
	}
}

// plain is v as it is read from JSON.
func plain(t *testing.T, v any) (out any) {
	t.Helper()
	data, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, &out); err != nil {
		t.Fatal(err)
	}
	return out
}

// TestChartReadmeListsEveryValue compares the tables of the chart's README with
// values.yaml and its comments.
func TestChartReadmeListsEveryValue(t *testing.T) {
	t.Parallel()
	var doc yaml.Node
	loader, err := yaml.NewLoader(bytes.NewReader(readFile(t, chart+"values.yaml")))
	if err != nil {
		t.Fatal(err)
	}
	if err := loader.Load(&doc); err != nil {
		t.Fatal(err)
	}
	v := valueTables{t: t, said: map[string]string{}}
	v.file(doc.Content[0])

	path := chart + "README.md"
	const heading = "## Values\n"
	text, got, found := strings.Cut(string(readFile(t, path)), heading)
	switch want := "\n" + v.out.String(); {
	case !found:
		t.Fatalf("%s has no line %q", path, heading)
	case *update:
		writeFile(t, path, []byte(text+heading+want))
	case got != want:
		t.Errorf("the tables do not follow from values.yaml; -update writes them:\n%s", godiff.Diff(want, got))
	}
}

// valueTables writes a table for every part of values.yaml: a row for each value
// with its default and its comment. What is not told of other workers and pods
// is as with crawlers.
type valueTables struct {
	t    *testing.T
	out  strings.Builder
	said map[string]string // of crawler, by the path below it
}

func (v *valueTables) file(root *yaml.Node) {
	v.out.WriteString("| value | default | |\n| --- | --- | --- |\n")
	for i := 0; i < len(root.Content); i += 2 {
		if key, value := root.Content[i], root.Content[i+1]; !branches(value) {
			v.row("", key.Value, key, value)
		}
	}
	for i := 0; i < len(root.Content); i += 2 {
		key, value := root.Content[i], root.Content[i+1]
		if !branches(value) {
			continue
		}
		fmt.Fprintf(&v.out, "\n### %s\n\n", key.Value)
		if about := comment(key); about != "" {
			fmt.Fprintf(&v.out, "%s\n\n", about)
		}
		v.out.WriteString("| value | default | |\n| --- | --- | --- |\n")
		v.rows(key.Value, "", value)
	}
}

// rows writes the rows of what lies below a part, whose path within it is given.
func (v *valueTables) rows(part, path string, node *yaml.Node) {
	if node.Kind == yaml.AliasNode {
		node = node.Alias
	}
	for i := 0; i < len(node.Content); i += 2 {
		key, value := node.Content[i], node.Content[i+1]
		at := strings.TrimPrefix(path+"."+key.Value, ".")
		if branches(value) {
			if about := comment(key); about != "" {
				fmt.Fprintf(&v.out, "| `%s.%s` | | %s |\n", part, at, about)
			}
			v.rows(part, at, value)
			continue
		}
		v.row(part, at, key, value)
	}
}

func (v *valueTables) row(part, at string, key, value *yaml.Node) {
	about := comment(key)
	if part == "crawler" {
		v.said[at] = about
	}
	about = cmp.Or(about, v.said[at])
	fmt.Fprintf(&v.out, "| `%s` | `%s` | %s |\n", strings.TrimPrefix(part+"."+at, "."), v.preset(value), about)
}

// branches says whether a value is a mapping with something in it.
func branches(value *yaml.Node) bool {
	if value.Kind == yaml.AliasNode {
		value = value.Alias
	}
	return value.Kind == yaml.MappingNode && len(value.Content) > 0
}

func comment(key *yaml.Node) string {
	lines := strings.Split(key.HeadComment, "\n\n")
	text := strings.ReplaceAll("\n"+lines[len(lines)-1], "\n# ", " ")
	return strings.NewReplacer("|", `\|`, "<", `\<`).Replace(strings.TrimSpace(text))
}

// preset is a value as it can be written in one line.
func (v *valueTables) preset(value *yaml.Node) string {
	var of any
	if err := value.Decode(&of); err != nil {
		v.t.Fatal(err)
	}
	data, err := json.Marshal(of)
	if err != nil {
		v.t.Fatal(err)
	}
	return string(data)
}

func readFile(t *testing.T, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func writeFile(t *testing.T, path string, data []byte) {
	t.Helper()
	if err := os.WriteFile(path, data, 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestSchemaOfTheConfigurationIsPrinted(t *testing.T) {
	t.Parallel()
	var schema struct {
		Properties map[string]struct{ Properties map[string]any }
	}
	if err := json.Unmarshal([]byte(mustRun(t, "schema", "config")), &schema); err != nil {
		t.Fatal(err)
	}
	for _, section := range config.Sections() {
		if _, ok := schema.Properties[section]; !ok {
			t.Errorf("there is no section %s", section)
		}
	}
	if schema.Properties["bus"].Properties["pages_max_bytes"] == nil {
		t.Error("there is no bus.pages_max_bytes")
	}
}

func TestIdleWaitsForItsEnd(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan int, 1)
	go func() {
		ended <- worker.Run(ctx, program(), []string{"idle"}, strings.NewReader(""), io.Discard, io.Discard)
	}()
	select {
	case code := <-ended:
		t.Fatalf("it ended with %d", code)
	case <-time.After(50 * time.Millisecond):
	}
	cancel()
	if code := <-ended; code != 0 {
		t.Errorf("exit code %d", code)
	}
	if code, _, _ := pressmill(t, "idle", "now"); code != 2 {
		t.Errorf("with an argument: exit code %d", code)
	}
}
