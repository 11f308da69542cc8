package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"go.uber.org/zap"

	"pressmill/deploy/pressmill/terminal"
	"pressmill/pkg/bus"
	"pressmill/pkg/config"
	"pressmill/pkg/news"
	"pressmill/pkg/worker"
)

// operate is what a command does on the bus of a configuration.
type operate func(ctx context.Context, env *worker.Env, b *bus.Bus, file *config.File, args []string) error

// operator is a command that works on the bus of a configuration.
func operator(name, args, short string, run operate) worker.Command {
	return operatorWith(worker.Command{Name: name, Args: args, Short: short}, nil, run)
}

// operatorWith is operator for a command that has a long text, and more flags
// than -config, which define sets up.
func operatorWith(cmd worker.Command, define func(*worker.Flags), run operate) worker.Command {
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
		b, err := connect(file)
		if err != nil {
			return err
		}
		defer b.Close()
		return guarded(ctx, b, func(ctx context.Context) error { return run(ctx, env, b, file, flags.Args()) })
	}
	return cmd
}

// connect connects to the bus of a configuration.
func connect(file *config.File) (*bus.Bus, error) {
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

func operatorCommands() []worker.Command {
	commands := []worker.Command{
		topologyCommand("topology apply", "Make or update the streams, consumers and buckets", "topology applied", (*bus.Bus).Apply),
		topologyCommand("topology check", "Compare the server's topology with the definition", "topology is right", (*bus.Bus).Check),
		operator("deadletters list", "[STAGE]", "List what could not be worked on", listDead),
		operator("deadletters show", "SEQ", "Print the payload of a dead letter", showDead),
		operator("deadletters replay", "SEQ...|all", "Put dead letters back where they came from", replayDead),
		whyCommand(),
		reparseCommand(),
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
	return slices.Concat(commands, busCommands(), sourceCommands(), sinkCommands(), articleCommands())
}

func printSchema(_ context.Context, env *worker.Env, args []string) error {
	flags := env.Flags()
	if err := flags.Parse(args); err != nil {
		return err
	}
	schema := news.JSONSchema()
	switch args := flags.Args(); {
	case slices.Equal(args, []string{"takedown"}):
		schema = news.TakedownJSONSchema()
	case slices.Equal(args, []string{"config"}):
		schema = configSchema()
	case len(args) > 0 && !slices.Equal(args, []string{"article"}):
		return worker.Usagef("there are the schemas article, takedown and config")
	}
	enc := json.NewEncoder(env.Stdout)
	enc.SetIndent("", "  ")
	return enc.Encode(schema)
}

func listDead(ctx context.Context, env *worker.Env, b *bus.Bus, _ *config.File, args []string) error {
	stage := ""
	if len(args) > 0 {
		stage = args[0]
	}
	return b.DeadLetters(ctx, stage, func(d bus.DeadLetter) bool {
		_, err := fmt.Fprintln(env.Stdout, deadLine(d))
		return err == nil
	})
}

// deadLine is a dead letter as one line. What it says of itself may come from a
// page.
func deadLine(d bus.DeadLetter) string {
	return fmt.Sprintf("%d\t%s\t%s\t%s\t%s\t%s", d.Seq, d.Time.UTC().Format(time.RFC3339), terminal.Printable(d.Stage), terminal.Printable(d.Key), terminal.Printable(d.Reason), terminal.Printable(d.Error))
}

func showDead(ctx context.Context, env *worker.Env, b *bus.Bus, _ *config.File, args []string) error {
	if len(args) != 1 {
		return worker.Usagef("name one dead letter by its number")
	}
	d, err := findDead(ctx, b, args[0])
	if err != nil {
		return err
	}
	data := d.Data
	if terminal.Width(env.Stdout) > 0 { // a page's bytes are for files and pipes
		data = []byte(terminal.PrintableLines(string(data)))
	}
	if json.Valid(d.Data) {
		data = append(bytes.Clone(data), '\n')
	}
	_, err = env.Stdout.Write(data)
	return err
}

func findDead(ctx context.Context, b *bus.Bus, seq string) (found bus.DeadLetter, err error) {
	want, err := strconv.ParseUint(seq, 10, 64)
	if err != nil {
		return found, worker.Usagef("%q is not a number", seq)
	}
	err = b.DeadLetters(ctx, "", func(d bus.DeadLetter) bool {
		if d.Seq == want {
			found = d
		}
		return d.Seq < want
	})
	if err == nil && found.Seq == 0 {
		err = fmt.Errorf("dead letter %d: %w", want, bus.ErrNotFound)
	}
	return found, err
}

func replayDead(ctx context.Context, env *worker.Env, b *bus.Bus, _ *config.File, args []string) error {
	var seqs []uint64
	if len(args) == 1 && args[0] == "all" {
		if err := b.DeadLetters(ctx, "", func(d bus.DeadLetter) bool { seqs = append(seqs, d.Seq); return true }); err != nil {
			return err
		}
	} else {
		for _, a := range args {
			n, err := strconv.ParseUint(a, 10, 64)
			if err != nil {
				return worker.Usagef("%q is not a number", a)
			}
			seqs = append(seqs, n)
		}
	}
	for _, n := range seqs {
		tries := 0
		err := insist(ctx, env, fmt.Sprintf("replay %d", n), func() error {
			tries++
			return b.Replay(ctx, n)
		})
		if errors.Is(err, bus.ErrNotFound) && tries > 1 {
			err = nil // it was replayed, and the answer was lost
		}
		if err != nil {
			return err
		}
	}
	fmt.Fprintf(env.Stdout, "%d replayed\n", len(seqs))
	return nil
}
