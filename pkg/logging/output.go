package logging

import (
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
)

// Service is the program that writes a log.
type Service struct{ Name, Version string }

// MarshalLogObject writes it as Error Reporting of Google Cloud has it.
func (s Service) MarshalLogObject(enc zapcore.ObjectEncoder) error {
	enc.AddString("service", s.Name)
	enc.AddString("version", s.Version)
	return nil
}

// Output is the log of a process.
type Output struct {
	Log *zap.Logger

	core  zapcore.Core
	level zap.AtomicLevel
	file  io.Closer // nil: lines go to standard error
}

// Open opens the log of a process: it writes one line per entry, each with a
// single Write, to w or to the file that the configuration names. terminal says
// whether a person watches w. Nothing is sampled or buffered, and secrets are
// redacted in every line. A file that cannot be written stops nobody: lines are
// lost, w is told once, and log.lost says how many when it can be written again.
func Open(cfg Config, program Service, w io.Writer, terminal bool) (*Output, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	level, err := cfg.level()
	if err != nil {
		return nil, err
	}
	o := &Output{level: zap.NewAtomicLevelAt(level)}
	preset, encoder := cfg.Preset, newLineEncoder(cfg.Preset)
	lines := w
	var lost *losses
	switch {
	case cfg.File.Path != "":
		file, err := cfg.File.open(program.Name, instanceName())
		if err != nil {
			return nil, err
		}
		o.file, lines, lost = file, &wholeLines{Writer: file}, &losses{program: program.Name, told: w}
	case cfg.Format == "console" || terminal && cfg.Format != "json":
		preset, encoder = PresetDefault, newConsoleEncoder(terminal)
	}
	out := zapcore.Lock(zapcore.AddSync(lines))
	base := newCore(zapcore.NewCore(encoder, out, o.level), preset, program)
	base.Core = base.Core.With(base.append(presetFields(preset), []zapcore.Field{
		zap.String(KeySchema, Schema), zap.String(KeyService, program.Name), zap.String(KeyInstance, instanceName()),
	}))
	o.core = base
	if lost != nil {
		lost.core = base
		o.core = &lossy{base, lost}
	}
	o.Log = zap.New(o.core, zap.ErrorOutput(zapcore.Lock(zapcore.AddSync(w))))
	return o, nil
}

// instanceName names the process among all that write the same log: in a
// cluster the host's name is the pod's, and the process has the id 1.
func instanceName() string {
	host, err := os.Hostname()
	if err != nil {
		host = "unknown"
	}
	return fmt.Sprintf("%s-%d", host, os.Getpid())
}

// Step changes the level while the process runs: by -1 to the next that says
// more, by 1 to the next that says less. A line of the event log.level is
// written whatever the level, also where there is no further level.
func (o *Output) Step(by int) {
	from := o.level.Level()
	to := min(max(from+zapcore.Level(by), zapcore.DebugLevel), zapcore.ErrorLevel)
	o.level.SetLevel(to)
	_ = o.core.Write(zapcore.Entry{Level: zapcore.InfoLevel, Time: time.Now(), Message: "the level of the log was changed"},
		[]zapcore.Field{Event(LogLevel), zap.String(KeyFrom, from.String()), zap.String(KeyTo, to.String())})
}

// Close writes out what is left. The log is used no more.
func (o *Output) Close() error {
	err := o.Log.Sync() // standard error cannot always be synced
	if o.file == nil {
		return nil
	}
	return errors.Join(err, o.file.Close())
}

// lossy is a core that counts the lines that it cannot write.
type lossy struct {
	zapcore.Core
	lost *losses
}

// Check implements zapcore.Core.
func (c *lossy) Check(e zapcore.Entry, checked *zapcore.CheckedEntry) *zapcore.CheckedEntry {
	if c.Enabled(e.Level) {
		return checked.AddCore(e, c)
	}
	return checked
}

// With implements zapcore.Core.
func (c *lossy) With(fields []zapcore.Field) zapcore.Core { return &lossy{c.Core.With(fields), c.lost} }

// Write implements zapcore.Core.
func (c *lossy) Write(e zapcore.Entry, fields []zapcore.Field) error {
	c.lost.settle(c.Core.Write(e, fields))
	return nil
}

// losses counts lines that could not be written.
type losses struct {
	program string
	told    io.Writer
	core    zapcore.Core // writes log.lost

	mu    sync.Mutex
	lines int64
	first error
	since time.Time
}

// settle counts a line that was lost, for a cause, and tells of the first; after
// one that was written, for which the cause is nil, it writes how many were lost.
func (l *losses) settle(cause error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case cause != nil:
		if l.lines++; l.lines == 1 {
			l.first, l.since = cause, time.Now()
			fmt.Fprintf(l.told, "%s: write log: %v; lines are lost until it can be written again\n", l.program, cause)
		}
	case l.lines > 0:
		now := time.Now()
		err := l.core.Write(zapcore.Entry{Level: zapcore.ErrorLevel, Time: now, Message: "lines of the log were lost, as it could not be written"},
			[]zapcore.Field{Event(LogLost), zap.Int64(KeyLines, l.lines), zap.Float64(KeySeconds, seconds(now.Sub(l.since))), zap.Error(l.first)})
		if err == nil {
			l.lines = 0
		}
	}
}
