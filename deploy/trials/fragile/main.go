// Command fragile is a parser that some pages crash, as a fault of the
// extraction would that no recover takes back: the process is gone in the middle
// of the page, after the extraction and before anything of it is published. The
// pages are those whose URL, without its query, stands on a line of its own in the file that
// PRESSMILL_POISON names; it is read for every page.
package main

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"syscall"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"pressmill/parser"
	"pressmill/pkg/config"
	"pressmill/pkg/logging"
	"pressmill/pkg/worker"
)

func main() {
	p := parser.Program()
	p.Default = worker.StageCommand("parser", "Run one parser worker that some pages crash",
		func(f *config.File) (any, error) { return parser.Load(f) }, run)
	worker.Main(p)
}

func run(ctx context.Context, d worker.Deps) error {
	cfg, err := parser.Load(d.Config)
	if err != nil {
		return err
	}
	log := d.Log.WithOptions(zap.WrapCore(func(c zapcore.Core) zapcore.Core {
		return &core{Core: c, poison: os.Getenv("PRESSMILL_POISON")}
	}))
	w, err := parser.NewWorker(cfg, d.Bus, log, d.Stage)
	if err != nil {
		return err
	}
	return w.Run(ctx, d.Health.Beat)
}

// core crashes the process when it is to write that a poisonous page was parsed.
type core struct {
	zapcore.Core
	poison string // the file
	url    string // of the page, once it is known
}

// With keeps the page's URL.
func (c *core) With(fields []zapcore.Field) zapcore.Core {
	next := &core{Core: c.Core.With(fields), poison: c.poison, url: c.url}
	if url := field(fields, logging.KeyURL); url != "" {
		next.url = url
	}
	return next
}

// Check has Write called here, where the wrapped core would have its own called.
func (c *core) Check(e zapcore.Entry, ce *zapcore.CheckedEntry) *zapcore.CheckedEntry {
	if c.Enabled(e.Level) {
		return ce.AddCore(e, c)
	}
	return ce
}

// Write writes, or crashes.
func (c *core) Write(e zapcore.Entry, fields []zapcore.Field) error {
	if field(fields, logging.KeyEvent) == logging.ParseDone && c.poisonous() {
		fmt.Fprintf(os.Stderr, "{\"event\":%q,%q:%q}\n", "chaos.crash", logging.KeyURL, c.url)
		_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
		select {} // nothing of the page may go on
	}
	return c.Core.Write(e, fields)
}

func (c *core) poisonous() bool {
	list, err := os.ReadFile(c.poison)
	page, _, _ := strings.Cut(c.url, "?")
	return err == nil && page != "" && slices.Contains(strings.Fields(string(list)), page)
}

func field(fields []zapcore.Field, key string) string {
	for _, f := range fields {
		if f.Key == key {
			return f.String
		}
	}
	return ""
}
