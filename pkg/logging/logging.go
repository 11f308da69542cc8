// Package logging is the monitor of the pipeline: JSON lines on stderr, or in a
// file, whose events and fields have stable, documented names, and the counters
// of which each stage writes a summary. Nothing is ever sampled, so lines can be
// counted.
package logging

import (
	"cmp"
	"errors"
	"fmt"
	"io"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
)

// Config is the section log of the configuration. Its zero value is info and
// auto, on standard error.
type Config struct {
	Level  string `yaml:"level"`  // debug, info, warn or error
	Format string `yaml:"format"` // auto, json or console; auto is console on a terminal, else json
	Preset Preset `yaml:"preset"` // how the fields of JSON are called: default, ecs or gcp
	File   File   `yaml:"file"`   // where JSON goes instead of standard error
}

// Validate reports every fault.
func (c Config) Validate() error {
	var faults []error
	if _, err := c.level(); err != nil {
		faults = append(faults, err)
	}
	switch c.Format {
	case "", "auto", "json":
	case "console":
		if c.File.Path != "" {
			faults = append(faults, errors.New("format console is none of files, which hold JSON"))
		}
	default:
		faults = append(faults, fmt.Errorf("format %q is none of auto, json, console", c.Format))
	}
	return errors.Join(append(faults, c.Preset.validate(), c.File.validate())...)
}

// Settled fills in what is not set.
func (c Config) Settled() Config {
	return Config{cmp.Or(c.Level, "info"), cmp.Or(c.Format, "auto"), cmp.Or(c.Preset, PresetDefault), c.File.settled()}
}

func (c Config) level() (zapcore.Level, error) {
	switch c.Level {
	case "":
		return zapcore.InfoLevel, nil
	case "debug", "info", "warn", "error":
		return zapcore.ParseLevel(c.Level)
	}
	return 0, fmt.Errorf("level %q is none of debug, info, warn, error", c.Level)
}

// New is Open for a log that lasts as long as the process, on its standard error.
func New(cfg Config, service string, w io.Writer, terminal bool) (*zap.Logger, error) {
	o, err := Open(cfg, Service{Name: service}, w, terminal)
	if err != nil {
		return nil, err
	}
	return o.Log, nil
}
