package main

import (
	"fmt"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"pressmill/crawler"
	"pressmill/deploy/pressmill/operate"
	"pressmill/pkg/bus"
	"pressmill/pkg/config"
)

const example = "../config.yaml"

// TestExampleNamesEveryKey holds the example to the configuration: each key
// stands in its section, used or in a comment.
func TestExampleNamesEveryKey(t *testing.T) {
	t.Parallel()
	sections := sectionsOf(string(readFile(t, example)))
	for section, schema := range operate.ConfigSchema()["properties"].(map[string]any) {
		for _, key := range keysOf(schema.(map[string]any)) {
			if !regexp.MustCompile(`(?:^|[\s{#])` + key + `:`).MatchString(sections[section]) {
				t.Errorf("section %s: the key %s is missing", section, key)
			}
		}
	}
}

// sectionsOf cuts the example into its sections, each with the comment that
// stands before it.
func sectionsOf(text string) map[string]string {
	sections, comment, name := map[string]string{}, "", ""
	top := regexp.MustCompile(`^(?:# )?([a-z]+):`)
	for line := range strings.Lines(text) {
		switch m := top.FindStringSubmatch(line); {
		case m != nil:
			name = m[1]
			sections[name] = comment + line
			comment = ""
		case strings.HasPrefix(line, "# "):
			comment += line
			sections[name] += line
		default:
			sections[name] += line
		}
	}
	return sections
}

// keysOf returns the keys of an object, or of the objects of a list, and of those
// within.
func keysOf(schema map[string]any) (keys []string) {
	if items, ok := schema["items"].(map[string]any); ok {
		return keysOf(items)
	}
	properties, _ := schema["properties"].(map[string]any)
	for _, key := range slices.Sorted(maps.Keys(properties)) {
		keys = append(append(keys, key), keysOf(properties[key].(map[string]any))...)
	}
	return keys
}

// TestExampleTellsTheDefaults reads the comments of the sections bus and crawler
// as if they were none: what has a default has that.
func TestExampleTellsTheDefaults(t *testing.T) {
	t.Parallel()
	text := regexp.MustCompile(`(?m)^  # ([a-z_]+: )`).ReplaceAllString(string(readFile(t, example)), "  $1")
	text = text[:strings.Index(text, "\n# Every sink")]
	text = strings.Replace(text, "  creds_file:", "  # creds_file:", 1) // it excludes nkey_file
	file, err := config.Parse("example", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	var (
		b bus.Config
		c crawler.Config
	)
	for section, into := range map[string]any{"bus": &b, "crawler": &c} {
		if err := file.Decode(section, into); err != nil {
			t.Fatal(err)
		}
	}
	told := crawler.Defaults()
	told.Contact = c.Contact
	sameDefaults(t, "bus", bus.Defaults(), b)
	sameDefaults(t, "crawler", told.Settled(), c)
}

// sameDefaults compares what has a default. The rest of the example is made up.
func sameDefaults(t *testing.T, section string, defaults, example any) {
	t.Helper()
	want, got := reflect.ValueOf(defaults), reflect.ValueOf(example)
	for i := range want.NumField() {
		key := want.Type().Field(i).Tag.Get("yaml")
		if a, b := fmt.Sprint(want.Field(i)), fmt.Sprint(got.Field(i)); !want.Field(i).IsZero() && key != "user_agent" && a != b {
			t.Errorf("%s.%s: the example says %s, the default is %s", section, key, b, a)
		}
	}
}
