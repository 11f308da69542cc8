// Command bench measures the whole pipeline: beside what people write without
// it, and how it does when there is more to do or more to do it with. Each
// experiment is a command of its own and makes its own site on 127.0.0.1.
//
// It is a module of its own, so that nobody who uses Pressmill depends on
// Pressmill's peers.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"text/tabwriter"
)

// experiment is one of the commands.
type experiment struct {
	name  string
	args  string // beside the flags
	short string
	long  string
	// flags declares the experiment's own flags and returns what runs it, once
	// they are parsed.
	flags func(fs *flag.FlagSet) func(ctx context.Context, o options, args []string) error
}

// options are common to all experiments.
type options struct {
	bin   string // folder of the binaries, an absolute path
	plots string // folder for the pictures; "": none
	out   io.Writer
}

func experiments() []experiment {
	return []experiment{compareExperiment(), growthExperiment(), workersExperiment(), stagesExperiment(), latencyExperiment(), soakExperiment()}
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	err := run(ctx, os.Args[1:])
	switch {
	case errors.Is(err, flag.ErrHelp):
	case errors.Is(err, errUsage):
		os.Exit(2)
	case err != nil:
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// errUsage says that the command line is wrong; the user has been told.
var errUsage = errors.New("wrong use")

func run(ctx context.Context, args []string) error {
	if len(args) == 0 {
		list(os.Stderr)
		return errUsage
	}
	i := slices.IndexFunc(experiments(), func(e experiment) bool { return e.name == args[0] })
	switch {
	case i >= 0:
		return experiments()[i].run(ctx, args[1:])
	case slices.Contains([]string{"help", "-h", "-help", "--help"}, args[0]):
		list(os.Stdout)
		return nil
	default:
		fmt.Fprintf(os.Stderr, "bench: there is no experiment %q\n\n", args[0])
		list(os.Stderr)
		return errUsage
	}
}

func list(w io.Writer) {
	fmt.Fprint(w, "usage: bench EXPERIMENT [flags]\n\nMeasures the pipeline in bin/ on sites of its own, on this machine.\n\n")
	out := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, e := range experiments() {
		fmt.Fprintf(out, "  %s\t%s\n", e.name, e.short)
	}
	_ = out.Flush()
	fmt.Fprint(w, "\n`bench EXPERIMENT -h` explains one.\n")
}

func (e experiment) run(ctx context.Context, args []string) error {
	fs := flag.NewFlagSet(e.name, flag.ContinueOnError)
	fs.Usage = func() {
		fmt.Fprintf(fs.Output(), "usage: bench %s [flags] %s\n\n%s\n\n", e.name, e.args, e.long)
		fs.PrintDefaults()
	}
	o := options{out: os.Stdout}
	fs.StringVar(&o.bin, "bin", "bin", "`folder` of the binaries")
	fs.StringVar(&o.plots, "plots", "", "draw the result into this `folder`, for light grounds and for dark ones")
	measure := e.flags(fs)
	if err := fs.Parse(args); errors.Is(err, flag.ErrHelp) {
		return err
	} else if err != nil {
		return errUsage
	}
	bin, err := filepath.Abs(o.bin)
	if err != nil {
		return fmt.Errorf("find binaries: %w", err)
	}
	o.bin = bin
	return measure(ctx, o, fs.Args())
}
