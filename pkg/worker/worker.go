// Package worker is what every binary shares: subcommands and their flags,
// signals, exit codes, the lifecycle lines in the log, and the health that
// probes ask for. It is the only package that ends the process.
package worker

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"slices"
	"strings"
	"syscall"

	"golang.org/x/term"

	"pressmill/pkg/config"
	"pressmill/pkg/logging/redact"
)

// The exit codes.
const (
	exitOK     = 0
	exitFailed = 1
	exitUsage  = 2 // wrong use or configuration
)

// Command is something that a program can do.
type Command struct {
	// Name is what it is called by; a name of two words ("topology apply")
	// is a command of a group.
	Name  string
	Args  string // as in the usage line: "[flags] [URL...]"
	Short string // one line, without a full stop
	Long  string // whole paragraphs
	// Run does it. Flags are read with env.Flags. A nil error is exit code 0,
	// see Main for the others. On cancel of ctx it finishes what is in flight
	// and returns; context.Cause(ctx) names the signal.
	Run func(ctx context.Context, env *Env, args []string) error
}

// Program is a binary.
type Program struct {
	Name, Short, Long string
	Default           *Command // what runs if the first argument names no command, such as a stage's worker
	Commands          []Command
}

// Env is what a command may touch of the outside.
type Env struct {
	Stdin          io.Reader
	Stdout, Stderr io.Writer
	Terminal       bool // Stderr is a terminal

	program string
	command Command
	levels  <-chan os.Signal // changes of the log's level; nil: there are none
}

// UsageError is a wrong use of a command: exit code 2.
type UsageError struct{ Msg string }

func (e *UsageError) Error() string { return e.Msg }

// Usagef returns a UsageError.
func Usagef(format string, args ...any) error { return &UsageError{fmt.Sprintf(format, args...)} }

// ExitError chooses the exit code. Err is printed if there is one.
type ExitError struct {
	Code int
	Err  error
}

func (e *ExitError) Error() string {
	if e.Err == nil {
		return fmt.Sprintf("exit code %d", e.Code)
	}
	return e.Err.Error()
}

// Unwrap returns Err.
func (e *ExitError) Unwrap() error { return e.Err }

// Main runs the program with the arguments of the process and ends the
// process. The exit code is 0 if all is done, 2 for a UsageError or a
// config.ErrInvalid, that of an ExitError, and 1 for any other error. The
// first SIGINT or SIGTERM cancels the context of the command, the second
// ends the process at once with 1. SIGUSR1 and SIGUSR2 change the level of the
// log, see Env.Logger.
func Main(p Program) { os.Exit(p.main()) }

func (p Program) main() int {
	signals := []os.Signal{os.Interrupt, syscall.SIGTERM}
	ctx, stop := signal.NotifyContext(context.Background(), signals...)
	defer stop()
	impatient := make(chan os.Signal, len(signals))
	signal.Notify(impatient, signals...)
	go func() {
		<-impatient
		fmt.Fprintf(os.Stderr, "%s: second %s, stopping at once\n", p.Name, <-impatient)
		os.Exit(exitFailed)
	}()
	levels := make(chan os.Signal, 16)
	signal.Notify(levels, levelSignals()...)
	return p.start(ctx, os.Args[1:], &Env{Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr, levels: levels})
}

// Run is Main for tests: without signals, and it returns the exit code.
func Run(ctx context.Context, p Program, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	return p.start(ctx, args, &Env{Stdin: stdin, Stdout: stdout, Stderr: stderr})
}

func (p Program) start(ctx context.Context, args []string, env *Env) int {
	p.Commands = append(slices.Clone(p.Commands), levelCommand(), versionCommand())
	env.Terminal, env.program = isTerminal(env.Stderr), p.Name
	return env.exit(ctx, p.run(ctx, env, args))
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

func (p Program) run(ctx context.Context, env *Env, args []string) error {
	if cmd, rest := p.find(args); cmd != nil {
		return cmd.run(ctx, env, rest)
	}
	word := ""
	if len(args) > 0 {
		word = args[0]
	}
	switch {
	case word == "help" && len(args) > 1:
		return p.run(ctx, env, append(args[1:], "-h"))
	case isHelp(word):
		p.help(env.Stdout)
		if p.Default != nil {
			fmt.Fprintln(env.Stdout)
			return p.Default.run(ctx, env, []string{"-h"})
		}
		return flag.ErrHelp
	case p.Default != nil:
		return p.Default.run(ctx, env, args)
	case word == "":
		p.help(env.Stderr)
		return &ExitError{Code: exitUsage}
	}
	return p.unknown(args)
}

func isHelp(word string) bool {
	return word == "help" || word == "-h" || word == "-help" || word == "--help"
}

func (c *Command) run(ctx context.Context, env *Env, args []string) error {
	env.command = *c
	return c.Run(ctx, env, args)
}

// find returns the command with the longest name that args begin with, and
// the arguments after it.
func (p Program) find(args []string) (*Command, []string) {
	var best *Command
	length := 0
	for i := range p.Commands {
		words := strings.Fields(p.Commands[i].Name)
		if len(words) > length && len(args) >= len(words) && slices.Equal(words, args[:len(words)]) {
			best, length = &p.Commands[i], len(words)
		}
	}
	return best, args[length:]
}

func (p Program) unknown(args []string) error {
	var group, all []string
	for _, c := range p.Commands {
		all = append(all, c.Name)
		if strings.HasPrefix(c.Name, args[0]+" ") {
			group = append(group, c.Name)
		}
	}
	if len(group) > 0 {
		return Usagef("%s is one of: %s", args[0], strings.Join(group, ", "))
	}
	if near := config.Nearest(args[0], all); near != "" {
		return Usagef("unknown command %q; did you mean %s?", args[0], near)
	}
	return Usagef("unknown command %q", args[0])
}

func (p Program) help(w io.Writer) {
	fmt.Fprintf(w, "%s: %s\n", p.Name, p.Short)
	if p.Long != "" {
		fmt.Fprintf(w, "\n%s\n", strings.TrimSpace(p.Long))
	}
	fmt.Fprintf(w, "\nCommands (%s COMMAND -h tells more):\n\n", p.Name)
	width := 0
	for _, c := range p.Commands {
		width = max(width, len(c.Name))
	}
	for _, c := range p.Commands {
		fmt.Fprintf(w, "  %-*s  %s\n", width, c.Name, c.Short)
	}
}

func versionCommand() Command {
	return Command{Name: "version", Short: "print the version", Run: func(_ context.Context, env *Env, args []string) error {
		fs := env.Flags()
		if err := fs.Parse(args); err != nil {
			return err
		}
		if err := fs.NoArgs(); err != nil {
			return err
		}
		_, err := fmt.Fprintf(env.Stdout, "%s %s\n", env.program, Version())
		return err
	}}
}

// version is what a build of a release is called; empty in others. The linker
// sets it: -ldflags "-X pressmill/pkg/worker.version=1.2.3".
var version string

// Version is the version of the binary, as Release has it, and Go's.
func Version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return Release()
	}
	return Release() + " " + info.GoVersion
}

// Release is the version of the binary: the one it was built as, or else that of
// the module or the revision, as the Go toolchain stamped it.
func Release() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return cmp.Or(version, "unknown")
	}
	return cmp.Or(version, stamped(info))
}

func stamped(info *debug.BuildInfo) string {
	if v := info.Main.Version; v != "" && v != "(devel)" {
		return v
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" {
			return s.Value[:min(12, len(s.Value))]
		}
	}
	return "devel"
}

// exit tells the error, if any, and gives it its exit code.
func (e *Env) exit(ctx context.Context, err error) int {
	name := strings.TrimSpace(e.program + " " + e.command.Name)
	if exit, ok := errors.AsType[*ExitError](err); ok {
		if exit.Err != nil {
			e.complain(name, exit.Err)
		}
		return exit.Code
	}
	switch {
	case err == nil, errors.Is(err, flag.ErrHelp):
		return exitOK
	case errors.Is(err, config.ErrInvalid):
		e.complain(name, err)
		return exitUsage
	case ctx.Err() != nil && errors.Is(err, context.Canceled):
		e.complain(name, fmt.Errorf("stopped early: %w", context.Cause(ctx)))
		return exitFailed
	}
	e.complain(name, err)
	if _, ok := errors.AsType[*UsageError](err); ok {
		fmt.Fprintf(e.Stderr, "See %s -h.\n", name)
		return exitUsage
	}
	return exitFailed
}

// complain writes an error without its secrets, each line of a joined one under the name.
func (e *Env) complain(name string, err error) {
	for line := range strings.SplitSeq(redact.Text(err.Error()), "\n") {
		fmt.Fprintf(e.Stderr, "%s: %s\n", name, line)
	}
}
