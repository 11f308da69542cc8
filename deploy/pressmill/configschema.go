package main

import (
	"pressmill/crawler"
	"pressmill/parser"
	"pressmill/pkg/bus"
	"pressmill/pkg/config"
	"pressmill/pkg/logging"
	"pressmill/sink"
)

// configSchema is the JSON Schema of the configuration file.
func configSchema() map[string]any {
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
