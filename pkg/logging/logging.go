// Package logging is the monitor of the pipeline: JSON lines on stderr whose
// events and fields have stable, documented names, and the counters of which
// each stage writes a summary. Nothing is ever sampled, so lines can be
// counted.
package logging

import (
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
)

// Config is the section log of the configuration. Its zero value is info and
// auto.
type Config struct {
	Level  string `yaml:"level"`  // debug, info, warn or error
	Format string `yaml:"format"` // auto, json or console; auto is console on a terminal, else json
}

// Validate reports every fault.
func (c Config) Validate() error {
	var faults []error
	if _, err := c.level(); err != nil {
		faults = append(faults, err)
	}
	switch c.Format {
	case "", "auto", "json", "console":
	default:
		faults = append(faults, fmt.Errorf("format %q is none of auto, json, console", c.Format))
	}
	return errors.Join(faults...)
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

// New returns the logger of a service that writes one
// line per entry to w, each with a single Write. terminal says whether a
// person watches w. Nothing is sampled, buffered or written to anywhere else.
func New(cfg Config, service string, w io.Writer, terminal bool) (*zap.Logger, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	level, err := cfg.level()
	if err != nil {
		return nil, err
	}
	encoder := newJSONEncoder()
	if cfg.Format == "console" || terminal && cfg.Format != "json" {
		encoder = newConsoleEncoder(terminal)
	}
	out := zapcore.Lock(zapcore.AddSync(w))
	core := zapcore.NewCore(encoder, out, level)
	return zap.New(core, zap.ErrorOutput(out)).With(
		zap.String(KeySchema, Schema), zap.String(KeyService, service), zap.String(KeyInstance, instance())), nil
}

// instance names the process among all that write the same log: in a cluster
// the host's name is the pod's, and the process has the id 1.
func instance() string {
	host, err := os.Hostname()
	if err != nil {
		host = "unknown"
	}
	return fmt.Sprintf("%s-%d", host, os.Getpid())
}

func newJSONEncoder() zapcore.Encoder {
	return zapcore.NewJSONEncoder(zapcore.EncoderConfig{
		TimeKey:        KeyTime,
		LevelKey:       KeyLevel,
		MessageKey:     KeyMessage,
		NameKey:        "logger",
		StacktraceKey:  "stack",
		LineEnding:     "\n",
		EncodeTime:     encodeTime,
		EncodeLevel:    zapcore.LowercaseLevelEncoder,
		EncodeDuration: encodeDuration,
	})
}

// encodeTime writes RFC 3339 with nanoseconds in UTC.
func encodeTime(t time.Time, enc zapcore.PrimitiveArrayEncoder) {
	enc.AppendString(t.UTC().Format(time.RFC3339Nano))
}

// encodeDuration writes milliseconds with three decimals at most.
func encodeDuration(d time.Duration, enc zapcore.PrimitiveArrayEncoder) { enc.AppendFloat64(millis(d)) }

func millis(d time.Duration) float64 {
	return math.Round(float64(d)/float64(time.Microsecond)) / 1000
}
