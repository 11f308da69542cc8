package operate

import (
	"context"
	"errors"
	"fmt"
	"time"

	"pressmill/pkg/bus"
	"pressmill/pkg/config"
	"pressmill/pkg/worker"
)

// topologyCommand is a command that does one thing to the topology; with -wait
// it may begin before there is a NATS server.
func topologyCommand(name, short, done string, act func(*bus.Bus, context.Context) error) worker.Command {
	return worker.Command{
		Name: name, Args: "[-config FILE] [-wait D]", Short: short,
		Run: func(ctx context.Context, env *worker.Env, args []string) error {
			flags := env.Flags()
			path := flags.String("config", "", "`FILE` with the section bus (default: "+bus.Defaults().URL+")")
			wait := flags.Duration("wait", 0, "how long it is tried again, as when NATS is starting")
			if err := flags.Parse(args); err != nil {
				return err
			}
			if err := flags.NoArgs(); err != nil {
				return err
			}
			file, err := config.Load(*path)
			if err != nil {
				return err
			}
			patient := func(b *bus.Bus, ctx context.Context) error {
				return insist(ctx, env, name, func() error { return act(b, ctx) })
			}
			if err := Patiently(ctx, env, *wait, func() error { return OnBus(ctx, file, patient) }); err != nil {
				return err
			}
			fmt.Fprintln(env.Stdout, done)
			return nil
		},
	}
}

// OnBus does something on the bus of a configuration.
func OnBus(ctx context.Context, file *config.File, act func(*bus.Bus, context.Context) error) error {
	b, err := Connect(file)
	if err != nil {
		return err
	}
	defer b.Close()
	return guarded(ctx, b, func(ctx context.Context) error { return act(b, ctx) })
}

// Patiently tries until there is no error, a configuration is wrong, the bus
// refuses something or the time is over, and then returns the last error. Every
// other error is told when it is a new one.
func Patiently(ctx context.Context, env *worker.Env, wait time.Duration, try func() error) error {
	told := ""
	for begun := time.Now(); ; {
		err := try()
		_, denied := errors.AsType[*bus.DeniedError](err)
		if err == nil || denied || errors.Is(err, config.ErrInvalid) || ctx.Err() != nil || time.Since(begun) >= wait {
			return err
		}
		if err.Error() != told {
			told = err.Error()
			fmt.Fprintf(env.Stderr, "trying again: %s\n", told)
		}
		select {
		case <-ctx.Done():
		case <-time.After(500 * time.Millisecond):
		}
	}
}
