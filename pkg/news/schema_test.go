package news_test

import (
	"encoding/json"
	"slices"
	"testing"

	"pressmill/pkg/news"
)

func TestJSONSchemaKnowsEveryFieldOfAnArticle(t *testing.T) {
	a := valid()
	a.Published = &news.Date{Local: "2026-01-02", Precision: news.PrecisionDay, Zone: news.ZoneUnknown, Raw: "2 Jan"}
	a.Images, a.Prov = []news.Image{{Role: "lead", FilePhoto: new(true)}}, map[string]news.Provenance{"title": {Src: "html", Conf: 1}}
	data, err := json.Marshal(a)
	if err != nil {
		t.Fatal(err)
	}
	var value any
	if err := json.Unmarshal(data, &value); err != nil {
		t.Fatal(err)
	}
	data, err = json.Marshal(news.JSONSchema())
	if err != nil {
		t.Fatal(err)
	}
	var schema map[string]any
	if err := json.Unmarshal(data, &schema); err != nil {
		t.Fatal(err)
	}
	conforms(t, "article", value, schema)
}

// conforms checks types, required and unknown fields, and enums.
func conforms(t *testing.T, at string, value any, schema map[string]any) {
	t.Helper()
	if values, ok := schema["enum"].([]any); ok && !slices.Contains(values, value) {
		t.Errorf("%s: %v is none of %v", at, value, values)
	}
	switch v := value.(type) {
	case map[string]any:
		properties, _ := schema["properties"].(map[string]any)
		additional, _ := schema["additionalProperties"].(map[string]any)
		required, _ := schema["required"].([]any)
		for _, r := range required {
			if _, ok := v[r.(string)]; !ok {
				t.Errorf("%s: %s is required and absent", at, r)
			}
		}
		for key, field := range v {
			sub, ok := properties[key].(map[string]any)
			if !ok {
				sub, ok = additional, additional != nil
			}
			if !ok {
				t.Errorf("%s: %s is not in the schema", at, key)
				continue
			}
			conforms(t, at+"."+key, field, sub)
		}
	case []any:
		items, _ := schema["items"].(map[string]any)
		for _, item := range v {
			conforms(t, at+"[]", item, items)
		}
	case string:
		if schema["type"] != "string" && schema["const"] == nil {
			t.Errorf("%s: a string, want %v", at, schema["type"])
		}
	case float64:
		if schema["type"] != "number" && schema["type"] != "integer" {
			t.Errorf("%s: a number, want %v", at, schema["type"])
		}
	case bool:
		if schema["type"] != "boolean" {
			t.Errorf("%s: a boolean, want %v", at, schema["type"])
		}
	}
}
