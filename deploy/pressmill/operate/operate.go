// Package operate holds the commands that operate a pipeline over NATS: its
// topology, access, sources, sinks and dead letters.
package operate

import (
	"context"
	"slices"

	"go.uber.org/zap"

	"pressmill/pkg/bus"
	"pressmill/pkg/config"
	"pressmill/pkg/worker"
)

// operate is what a command does on the bus of a configuration.
type operate func(ctx context.Context, env *worker.Env, b *bus.Bus, file *config.File, args []string) error

// command is a command that works on the bus of a configuration.
func command(name, args, short string, run operate) worker.Command {
	return With(worker.Command{Name: name, Args: args, Short: short}, nil, run)
}

// With completes a command that works on the bus of a configuration: it has the
// flag -config, and those that define, if there is one, sets up.
func With(cmd worker.Command, define func(*worker.Flags), run operate) worker.Command {
	cmd.Args = "[-config FILE] " + cmd.Args
	cmd.Run = func(ctx context.Context, env *worker.Env, argv []string) error {
		flags := env.Flags()
		path := flags.String("config", "", "`FILE` with the section bus (default: "+bus.Defaults().URL+")")
		if define != nil {
			define(flags)
		}
		if err := flags.Parse(argv); err != nil {
			return err
		}
		file, err := config.Load(*path)
		if err != nil {
			return err
		}
		b, err := Connect(file)
		if err != nil {
			return err
		}
		defer b.Close()
		return guarded(ctx, b, func(ctx context.Context) error { return run(ctx, env, b, file, flags.Args()) })
	}
	return cmd
}

// Connect connects to the bus of a configuration.
func Connect(file *config.File) (*bus.Bus, error) {
	cfg := bus.Defaults()
	if err := file.Decode("bus", &cfg); err != nil {
		return nil, err
	}
	return bus.Connect(cfg, "operator", zap.NewNop())
}

// guarded does something on a bus until that refuses it, which is the error
// then: from afar it looks as if there was no answer.
func guarded(ctx context.Context, b *bus.Bus, do func(context.Context) error) error {
	ctx, stop := b.Guard(ctx)
	defer stop()
	err := do(ctx)
	if denied := b.Denied(); denied != nil {
		return denied
	}
	return err
}

// Commands returns the commands.
func Commands() []worker.Command {
	commands := []worker.Command{
		topologyCommand("topology apply", "Make or update the streams, consumers and buckets", "topology applied", (*bus.Bus).Apply),
		topologyCommand("topology check", "Compare the server's topology with the definition", "topology is right", (*bus.Bus).Check),
		command("deadletters list", "[STAGE]", "List what could not be worked on", listDead),
		command("deadletters show", "SEQ", "Print the payload of a dead letter", showDead),
		command("deadletters replay", "SEQ...|all", "Put dead letters back where they came from", replayDead),
		command("deadletters delete", "SEQ...|all", "Remove dead letters for good", deleteDead),
		whyCommand(),
		{Name: "schema", Args: "[article|takedown|config]", Short: "Print the JSON Schema of an article, of a takedown, or of the configuration", Run: printSchema},
		{
			Name: "idle", Short: "Do nothing until SIGTERM or Ctrl-C, as in a pod in which the other commands are run",
			Run: func(ctx context.Context, env *worker.Env, args []string) error {
				flags := env.Flags()
				if err := flags.Parse(args); err != nil {
					return err
				}
				if err := flags.NoArgs(); err != nil {
					return err
				}
				<-ctx.Done()
				return nil
			},
		},
	}
	return slices.Concat(commands, busCommands(), sourceCommands(), sinkCommands())
}
