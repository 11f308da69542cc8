package operate

import (
	"context"
	"errors"
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"pressmill/pkg/bus"
	"pressmill/pkg/config"
	"pressmill/pkg/worker"
)

func sinkCommands() []worker.Command {
	return []worker.Command{
		With(worker.Command{
			Name: "sinks list", Short: "Show the sinks that articles wait for",
			Long: "Columns: BEHIND is the number of articles in the stream that the sink has not written; OLDEST how long the\nfirst of these has waited. Sinks of pages are not listed.",
		}, nil, listSinks),
		With(worker.Command{
			Name: "sinks forget", Args: "NAME...", Short: "Let go what waits for sinks that were taken away",
			Long: "Articles wait for every sink that has ever run. One that is not configured any more is to be forgotten, or the\narticles fill their stream in the end, and the parsers wait. A sink that still runs comes back by itself,\nand goes on where it was.",
		}, nil, forgetSinks),
	}
}

func listSinks(ctx context.Context, env *worker.Env, b *bus.Bus, _ *config.File, args []string) error {
	if len(args) > 0 {
		return worker.Usagef("unexpected argument %q", args[0])
	}
	all, err := b.Sinks(ctx)
	if err != nil {
		return err
	}
	return printSinks(env.Stdout, all, time.Now())
}

func printSinks(out io.Writer, all []bus.SinkState, now time.Time) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "NAME\tBEHIND\tOLDEST")
	for _, s := range all {
		age := "-"
		if !s.Oldest.IsZero() {
			age = max(0, now.Sub(s.Oldest)).Round(time.Second).String()
		}
		fmt.Fprintf(w, "%s\t%d\t%s\n", s.Name, s.Behind, age)
	}
	return w.Flush()
}

func forgetSinks(ctx context.Context, env *worker.Env, b *bus.Bus, _ *config.File, args []string) error {
	if len(args) == 0 {
		return worker.Usagef("name the sinks to forget; `pressmill sinks list` shows them")
	}
	var errs []error
	for _, name := range args {
		switch err := b.ForgetSink(ctx, name); {
		case errors.Is(err, bus.ErrNotFound):
			errs = append(errs, fmt.Errorf("there is no sink %q; `pressmill sinks list` shows them", name))
		case err != nil:
			errs = append(errs, err)
		default:
			fmt.Fprintf(env.Stdout, "%s forgotten\n", name)
		}
	}
	return errors.Join(errs...)
}
