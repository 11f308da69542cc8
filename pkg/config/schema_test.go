package config

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestSchemaHasTheKeysThatAreDecoded(t *testing.T) {
	text := map[string]any{"type": "string"}
	number := map[string]any{"type": "integer"}
	object := func(keys map[string]any) map[string]any {
		return map[string]any{"type": "object", "additionalProperties": false, "properties": keys}
	}
	got := Schema(crawlerConfig{})
	keys := got["properties"].(map[string]any)
	duration := keys["delay"]
	want := object(map[string]any{
		"user_agent": text, "delay": duration, "max_body": keys["max_body"], "lanes": number,
		"robots": object(map[string]any{"obey": map[string]any{"type": "boolean"}, "ttl": duration}),
		"labels": map[string]any{"type": "object", "additionalProperties": text},
		"hosts":  map[string]any{"type": "object", "additionalProperties": object(map[string]any{"delay": duration, "lanes": number})},
		"proxy":  object(map[string]any{"url": text}),
	})
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
