package monitoring

import (
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	lua "github.com/yuin/gopher-lua"
	"go.yaml.in/yaml/v4"
)

type fluentBit struct {
	Pipeline struct {
		Filters, Outputs []map[string]any
	}
}

func readFluentBit(t *testing.T) (filter, output map[string]any) {
	t.Helper()
	var f fluentBit
	if err := yaml.Unmarshal(read(t, filepath.Join(folder, "fluent-bit.yaml")), &f); err != nil {
		t.Fatal(err)
	}
	for _, each := range f.Pipeline.Filters {
		if each["name"] == "lua" {
			filter = each
		}
	}
	if filter == nil || len(f.Pipeline.Outputs) != 1 {
		t.Fatalf("%+v", f)
	}
	return filter, f.Pipeline.Outputs[0]
}

// vector is a configuration of Vector as far as its parts refer to each other.
type vector struct {
	Sources    map[string]any
	Transforms map[string]struct {
		Inputs []string
		Source string
	}
	Sinks map[string]struct {
		Inputs     []string
		Labels     map[string]string
		Structured map[string]string `yaml:"structured_metadata"`
	}
	Tests []struct {
		Inputs []struct {
			At string `yaml:"insert_at"`
		}
		Outputs []struct {
			From string `yaml:"extract_from"`
		}
	}
}

func readVector(t *testing.T) vector {
	t.Helper()
	var v vector
	if err := yaml.Unmarshal(read(t, filepath.Join(folder, "vector.yaml")), &v); err != nil {
		t.Fatal(err)
	}
	return v
}

// Parts of vector.yaml name parts that are there, and templates fields that the
// transform sets.
func TestVectorHangsTogether(t *testing.T) {
	v := readVector(t)
	for _, input := range v.Transforms["labelled"].Inputs {
		if _, ok := v.Sources[input]; !ok {
			t.Errorf("there is no source %q", input)
		}
	}
	named := v.Sinks["loki"].Inputs
	for _, test := range v.Tests {
		named = append(named, test.Inputs[0].At, test.Outputs[0].From)
	}
	for _, name := range named {
		if _, ok := v.Transforms[name]; !ok {
			t.Errorf("there is no transform %q", name)
		}
	}
	templates := slices.Concat(slices.Collect(maps.Values(v.Sinks["loki"].Labels)), slices.Collect(maps.Values(v.Sinks["loki"].Structured)))
	for _, template := range templates {
		field, ok := strings.CutPrefix(template, "{{ ")
		if field = strings.TrimSuffix(field, " }}"); ok && !strings.Contains(v.Transforms["labelled"].Source, "."+field+" = ") {
			t.Errorf("nobody sets %s", field)
		}
	}
}

// Both pipelines give a stream the same labels, and no others.
func TestPipelinesSetTheLabelsThatRulesRead(t *testing.T) {
	if got := slices.Sorted(maps.Keys(readVector(t).Sinks["loki"].Labels)); !slices.Equal(got, slices.Sorted(slices.Values(labels))) {
		t.Errorf("vector.yaml: labels %v, want %v", got, labels)
	}
	_, output := readFluentBit(t)
	var got []string
	for pair := range strings.SplitSeq(output["labels"].(string), ", ") {
		name, _, _ := strings.Cut(pair, "=")
		got = append(got, name)
	}
	if !slices.Equal(got, labels) {
		t.Errorf("fluent-bit.yaml: labels %v, want %v", got, labels)
	}
}

func TestPipelinesReadWhatIsLogged(t *testing.T) {
	c := readCatalogue(t)
	for file, pattern := range map[string]string{"vector.yaml": `\bline\.(\w+)`, "fluent-bit.yaml": `record\["(\w+)"\]`} {
		fields := regexp.MustCompile(pattern).FindAllStringSubmatch(string(read(t, filepath.Join(folder, file))), -1)
		if len(fields) < 4 {
			t.Errorf("%s: only %v", file, fields)
		}
		for _, m := range fields {
			// time is ts in Google's preset; log and kubernetes are of Fluent Bit.
			if !c.fields[m[1]] && !slices.Contains([]string{"time", "log", "kubernetes"}, m[1]) {
				t.Errorf("%s reads %q, which is never logged", file, m[1])
			}
		}
	}
}

// The filter of fluent-bit.yaml, run by an interpreter of its language.
func TestFluentBitLabels(t *testing.T) {
	filter, output := readFluentBit(t)
	l := lua.NewState()
	defer l.Close()
	if err := l.DoString(filter["code"].(string)); err != nil {
		t.Fatal(err)
	}
	pod := func(name string) map[string]any {
		return map[string]any{"namespace_name": "news", "labels": map[string]any{"app.kubernetes.io/name": name}}
	}
	line := `{"ts":"2026-11-24T07:00:00.5Z","service":"crawler","event":"fetch.done","page_id":"p1","crawl_id":"c1","host":"example.org"}`
	cases := map[string]struct {
		record, want map[string]any // want nil: dropped
	}{
		"a line of a pod": {
			map[string]any{"log": line, "kubernetes": pod("pressmill"), "service": "crawler", "event": "fetch.done", "page_id": "p1", "crawl_id": "c1", "host": "example.org"},
			map[string]any{"log": line, "namespace": "news", "service": "crawler", "event": "fetch.done", "page_id": "p1", "crawl_id": "c1"},
		},
		"a line of a file": {
			map[string]any{"log": line, "service": "pressmill", "event": "stage.summary"},
			map[string]any{"log": line, "namespace": "local", "service": "pressmill", "event": "stage.summary"},
		},
		"no JSON": {
			map[string]any{"log": "panic: oh", "kubernetes": pod("pressmill")},
			map[string]any{"log": "panic: oh", "namespace": "news", "service": "unknown", "event": unparsed},
		},
		"another program's pod": {map[string]any{"log": line, "kubernetes": pod("ours-not"), "event": "fetch.done"}, nil},
		"a pod of nobody":       {map[string]any{"log": line, "kubernetes": map[string]any{"namespace_name": "news"}}, nil},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			call := lua.P{Fn: l.GetGlobal(filter["call"].(string)), NRet: 3, Protect: true}
			if err := l.CallByParam(call, lua.LString("kube.x"), lua.LNumber(1), toLua(l, c.record)); err != nil {
				t.Fatal(err)
			}
			code, record := l.ToInt(-3), l.ToTable(-1)
			l.Pop(3)
			if c.want == nil {
				if code != -1 {
					t.Errorf("code %d, want it dropped", code)
				}
				return
			}
			got := map[string]any{}
			record.ForEach(func(k, v lua.LValue) { got[k.String()] = v.String() })
			if code != 2 || !maps.Equal(got, c.want) {
				t.Errorf("code %d, %v, want %v", code, got, c.want)
			}
			for pair := range strings.SplitSeq(output["labels"].(string), ", ") {
				if _, field, ok := strings.Cut(pair, "=$"); ok && got[field] == nil {
					t.Errorf("a stream without %s", field)
				}
			}
			// What is left after the keys are removed is the line alone, which is then sent as it is.
			for key := range strings.SplitSeq(output["remove_keys"].(string), ", ") {
				delete(got, key)
			}
			if len(got) != 1 || got["log"] == nil || output["drop_single_key"] != "raw" {
				t.Errorf("not only the line is sent: %v", got)
			}
		})
	}
}

func toLua(l *lua.LState, m map[string]any) *lua.LTable {
	table := l.NewTable()
	for k, v := range m {
		switch v := v.(type) {
		case string:
			table.RawSetString(k, lua.LString(v))
		case map[string]any:
			table.RawSetString(k, toLua(l, v))
		}
	}
	return table
}
