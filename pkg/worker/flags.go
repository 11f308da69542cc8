package worker

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"strings"
	"time"

	"pressmill/pkg/config"
)

// Flags is the flag set of a command. It differs from flag.FlagSet in that
// flags may also follow arguments ("run URL -once"), that wrong use is a
// UsageError and that help goes to standard output.
type Flags struct {
	*flag.FlagSet
	env  *Env
	args []string
}

// Flags returns an empty flag set for the command that runs. Its Parse answers
// -h and --help with the usage line, the long text and the flags.
func (e *Env) Flags() *Flags {
	fs := flag.NewFlagSet(e.command.Name, flag.ContinueOnError)
	fs.SetOutput(io.Discard)
	fs.Usage = func() {}
	return &Flags{FlagSet: fs, env: e}
}

// Parse reads the flags out of args; what is left is in Args. After "--"
// nothing is a flag. The error is a *UsageError, or flag.ErrHelp after help
// has been printed: the command returns either as it is.
func (f *Flags) Parse(args []string) error {
	f.args = nil
	for {
		err := f.FlagSet.Parse(args)
		if errors.Is(err, flag.ErrHelp) {
			f.help()
			return err
		}
		if err != nil {
			return &UsageError{err.Error()}
		}
		rest := f.FlagSet.Args()
		taken := len(args) - len(rest)
		if len(rest) == 0 || taken > 0 && args[taken-1] == "--" {
			f.args = append(f.args, rest...)
			return nil
		}
		f.args = append(f.args, rest[0])
		args = rest[1:]
	}
}

// DurationVar is flag.FlagSet's, for durations as config.ParseDuration reads them.
func (f *Flags) DurationVar(p *time.Duration, name string, value time.Duration, usage string) {
	*p = value
	f.Var((*duration)(p), name, usage)
}

// Duration is DurationVar with a variable of its own.
func (f *Flags) Duration(name string, value time.Duration, usage string) *time.Duration {
	p := new(time.Duration)
	f.DurationVar(p, name, value, usage)
	return p
}

// duration is the value of a flag.
type duration time.Duration

func (d *duration) Set(s string) error {
	read, err := config.ParseDuration(s)
	if err == nil {
		*d = duration(read)
	}
	return err
}

func (d *duration) String() string { return time.Duration(*d).String() }

// Args are the arguments that are no flags.
func (f *Flags) Args() []string { return f.args }

// NArg is the number of Args.
func (f *Flags) NArg() int { return len(f.args) }

// Arg returns the i-th of Args, or "".
func (f *Flags) Arg(i int) string {
	if i < 0 || i >= len(f.args) {
		return ""
	}
	return f.args[i]
}

// NoArgs returns a UsageError if there are arguments.
func (f *Flags) NoArgs() error {
	if len(f.args) > 0 {
		return Usagef("unexpected argument %q", f.args[0])
	}
	return nil
}

func (f *Flags) help() {
	w, cmd := f.env.Stdout, f.env.command
	fmt.Fprintf(w, "Usage: %s\n", strings.Join(strings.Fields(f.env.program+" "+cmd.Name+" "+cmd.Args), " "))
	if cmd.Short != "" {
		fmt.Fprintf(w, "\n%s.\n", cmd.Short)
	}
	if cmd.Long != "" {
		fmt.Fprintf(w, "\n%s\n", strings.TrimSpace(cmd.Long))
	}
	some := false
	f.VisitAll(func(*flag.Flag) { some = true })
	if some {
		fmt.Fprint(w, "\nFlags:\n\n")
		f.SetOutput(w)
		f.PrintDefaults()
		f.SetOutput(io.Discard)
	}
}
