package operate

import (
	"context"
	"encoding/json"
	"slices"

	"pressmill/crawler"
	"pressmill/parser"
	"pressmill/pkg/bus"
	"pressmill/pkg/config"
	"pressmill/pkg/logging"
	"pressmill/pkg/news"
	"pressmill/pkg/worker"
	"pressmill/sink"
)

// ConfigSchema is the JSON Schema of the configuration file.
func ConfigSchema() map[string]any {
	sections := map[string]any{
		"bus": bus.Config{}, "log": logging.Config{}, "crawler": crawler.Config{}, "parser": parser.Config{},
		"sinks": []sink.Config{}, "sources": []crawler.Source{},
	}
	for name, section := range sections {
		sections[name] = config.Schema(section)
	}
	return map[string]any{
		"$schema": "http://json-schema.org/draft-07/schema#", "title": "Configuration of Pressmill",
		"type": "object", "additionalProperties": false, "properties": sections,
	}
}

func printSchema(_ context.Context, env *worker.Env, args []string) error {
	flags := env.Flags()
	if err := flags.Parse(args); err != nil {
		return err
	}
	schema := news.JSONSchema()
	switch args := flags.Args(); {
	case slices.Equal(args, []string{"takedown"}):
		schema = news.TakedownJSONSchema()
	case slices.Equal(args, []string{"config"}):
		schema = ConfigSchema()
	case len(args) > 0 && !slices.Equal(args, []string{"article"}):
		return worker.Usagef("there are the schemas article, takedown and config")
	}
	enc := json.NewEncoder(env.Stdout)
	enc.SetIndent("", "  ")
	return enc.Encode(schema)
}
