package parser

import (
	"context"
	"fmt"

	"pressmill/parser/rules"
	"pressmill/pkg/config"
	"pressmill/pkg/worker"
)

// Load decodes the section parser.
func Load(f *config.File) (Config, error) {
	var cfg Config
	err := f.Decode("parser", &cfg)
	return cfg, err
}

// Program is the binary parser.
func Program() worker.Program {
	return worker.Program{
		Name: "parser", Short: "Turns pages into articles",
		Default: worker.StageCommand("parser", "Run one parser worker",
			func(f *config.File) (any, error) { return Load(f) },
			func(ctx context.Context, d worker.Deps) error {
				cfg, err := Load(d.Config)
				if err != nil {
					return err
				}
				w, err := NewWorker(cfg, d.Bus, d.Log, d.Stage)
				if err != nil {
					return err
				}
				return w.Run(ctx, d.Health.Beat)
			}),
		Commands: []worker.Command{
			{Name: "extract", Args: "-url URL FILE|-", Short: "Print the article of a page in a file", Run: func(_ context.Context, env *worker.Env, args []string) error {
				return exit(RunExtract(args, env.Stdin, env.Stdout, env.Stderr))
			}},
			{Name: "explain", Args: "-url URL FILE|-", Short: "Write a web page that shows how a page was extracted", Run: func(_ context.Context, env *worker.Env, args []string) error {
				return exit(RunExplain(args, env.Stdin, env.Stdout, env.Stderr))
			}},
			{Name: "evaluate", Args: "-corpus DIR...", Short: "Score the engine on labelled pages", Run: func(_ context.Context, env *worker.Env, args []string) error {
				return exit(RunEvaluate(args, env.Stdout, env.Stderr))
			}},
			{Name: "train", Args: "-o DIR -corpus DIR...", Short: "Train the engine's models on labelled pages", Run: func(_ context.Context, env *worker.Env, args []string) error {
				return exit(RunTrain(args, env.Stdout, env.Stderr))
			}},
			{Name: "rules check", Args: "DIR", Short: "Check a folder of site rules", Run: checkRules},
		},
	}
}

// checkRules is the command "parser rules check".
func checkRules(_ context.Context, env *worker.Env, args []string) error {
	flags := env.Flags()
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() != 1 {
		return worker.Usagef("want one DIR")
	}
	set, err := rules.Load(flags.Arg(0))
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(env.Stdout, "%d site rules are fine\n", set.Len())
	return err
}

func exit(code int) error {
	if code == 0 {
		return nil
	}
	return &worker.ExitError{Code: code}
}
