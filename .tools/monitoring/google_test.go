package monitoring

import (
	"bytes"
	"encoding/json"
	"fmt"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"go.einride.tech/aip/filtering"
	"go.yaml.in/yaml/v4"
	"google.golang.org/api/logging/v2"
	"google.golang.org/api/monitoring/v3"
)

// What gcloud sends is what the file says, so the API's own types have to take
// it, and its filters have to be in the language that the API documents.
func TestGoogleFilesFitTheAPI(t *testing.T) {
	c, metrics := readCatalogue(t), map[string]bool{}
	files, err := filepath.Glob(filepath.Join(folder, "google", "*.yaml"))
	if err != nil || len(files) < 8 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		if name := filepath.Base(file); !strings.HasPrefix(name, "alert-") {
			t.Run(name, func(t *testing.T) { metrics[checkMetric(t, c, file)] = true })
		}
	}
	for _, file := range files {
		if name := filepath.Base(file); strings.HasPrefix(name, "alert-") {
			t.Run(name, func(t *testing.T) { checkPolicy(t, c, metrics, file) })
		}
	}
}

// checkMetric returns the metric's name.
func checkMetric(t *testing.T, c catalogue, file string) string {
	var m logging.LogMetric
	decodeStrictly(t, file, &m)
	checkFilter(t, c, m.Filter)
	d := m.MetricDescriptor
	if m.Name == "" || m.Description == "" || d == nil || d.MetricKind != "DELTA" {
		t.Fatalf("%+v is no metric of Pressmill", m)
	}
	if distribution := d.ValueType == "DISTRIBUTION"; distribution != (m.ValueExtractor != "") || distribution != (m.BucketOptions != nil) {
		t.Errorf("a %s extracts %q", d.ValueType, m.ValueExtractor)
	}
	for _, label := range d.Labels {
		checkExtractor(t, c, m.LabelExtractors[label.Key])
	}
	if len(d.Labels) != len(m.LabelExtractors) {
		t.Errorf("%d labels, %d extractors", len(d.Labels), len(m.LabelExtractors))
	}
	if m.ValueExtractor != "" {
		checkExtractor(t, c, m.ValueExtractor)
	}
	if want := fmt.Sprintf("# gcloud logging metrics create %s --config-from-file=%s\n", m.Name, filepath.Base(file)); !bytes.HasPrefix(read(t, file), []byte(want)) {
		t.Errorf("it does not begin with %s", want)
	}
	return m.Name
}

func checkPolicy(t *testing.T, c catalogue, metrics map[string]bool, file string) {
	var p monitoring.AlertPolicy
	decodeStrictly(t, file, &p)
	for _, condition := range p.Conditions {
		switch {
		case condition.ConditionAbsent != nil:
			filter := condition.ConditionAbsent.Filter
			parseFilter(t, filter)
			name := regexp.MustCompile(`metric\.type="logging\.googleapis\.com/user/([^"]+)"`).FindStringSubmatch(filter)
			if name == nil || !metrics[name[1]] {
				t.Errorf("no file makes the metric of %s", filter)
			}
		case condition.ConditionMatchedLog != nil:
			checkFilter(t, c, condition.ConditionMatchedLog.Filter)
			for _, extractor := range condition.ConditionMatchedLog.LabelExtractors {
				checkExtractor(t, c, extractor)
			}
		default:
			t.Errorf("an unknown condition: %+v", condition)
		}
	}
	if len(p.Conditions) == 0 || p.Documentation == nil {
		t.Error("no condition, or no word on what to do")
	}
}

func checkExtractor(t *testing.T, c catalogue, extractor string) {
	t.Helper()
	field := regexp.MustCompile(`^EXTRACT\(jsonPayload\.(\w+)\)$`).FindStringSubmatch(extractor)
	if field == nil || !c.fields[field[1]] {
		t.Errorf("%q extracts no field of the catalogue", extractor)
	}
}

// checkFilter also wants the schema to be named, so that other programs' lines are left alone.
func checkFilter(t *testing.T, c catalogue, filter string) {
	t.Helper()
	parseFilter(t, filter)
	if !strings.HasPrefix(filter, `jsonPayload.schema="log/v1" AND `) {
		t.Errorf("%s does not ask for the schema", filter)
	}
	for _, m := range regexp.MustCompile(`jsonPayload\.(\w+)(?:="([^"]*)")?`).FindAllStringSubmatch(filter, -1) {
		if !c.fields[m[1]] {
			t.Errorf("there is no field %q", m[1])
		}
		if _, known := c.events[m[2]]; m[1] == "event" && !known {
			t.Errorf("there is no event %q", m[2])
		}
	}
}

// parseFilter reads the common core of Google's filter languages (AIP-160).
func parseFilter(t *testing.T, filter string) {
	t.Helper()
	var p filtering.Parser
	p.Init(filter)
	if _, err := p.Parse(); err != nil {
		t.Errorf("%s: %v", filter, err)
	}
}

// decodeStrictly reads a file as gcloud does, and takes no field that the API does not have.
func decodeStrictly(t *testing.T, file string, into any) {
	t.Helper()
	var loose any
	if err := yaml.Unmarshal(read(t, file), &loose); err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(loose)
	if err != nil {
		t.Fatal(fmt.Errorf("encode %s: %w", file, err))
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		t.Fatal(err)
	}
}
