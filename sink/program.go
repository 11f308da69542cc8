package sink

import (
	"context"
	"errors"
	"sync"

	"pressmill/pkg/bus"
	"pressmill/pkg/config"
	"pressmill/pkg/worker"
)

// Load decodes the section sinks, each with its defaults filled in.
func Load(f *config.File) ([]Config, error) {
	var cfgs []Config
	if err := f.Decode("sinks", &cfgs); err != nil {
		return nil, err
	}
	for i := range cfgs {
		cfgs[i] = cfgs[i].Defaults()
	}
	return cfgs, nil
}

// check reports the faults of the section sinks, also beside the section bus.
func check(f *config.File, cfgs []Config) error {
	on := bus.Defaults()
	if err := f.Decode("bus", &on); err != nil {
		return err
	}
	if err := Check(cfgs, on); err != nil {
		return worker.Usagef("section sinks: %v", err)
	}
	return nil
}

// Check reports the faults of all sinks, with their defaults filled in, also
// beside the section bus.
func Check(cfgs []Config, on bus.Config) error {
	return errors.Join(validateAll(cfgs), FitsBus(cfgs, on))
}

// Program is the binary sink.
func Program() worker.Program {
	return worker.Program{
		Name: "sink", Short: "Writes articles to files or object storage, each exactly once",
		Default: worker.StageCommand("sink", "Run one sink worker",
			func(f *config.File) (any, error) {
				cfgs, err := Load(f)
				if err != nil {
					return nil, err
				}
				return cfgs, check(f, cfgs)
			},
			func(ctx context.Context, d worker.Deps) error {
				cfgs, err := Load(d.Config)
				if err != nil {
					return err
				}
				articles, turns := OnBus(d.Bus, d.Health.Beat)
				s, err := New(cfgs, articles, turns, d.Log, Options{Beat: d.Health.Beat, Stage: d.Stage})
				if err != nil {
					return err
				}
				side, stop := context.WithCancel(ctx)
				var wg sync.WaitGroup
				defer wg.Wait()
				defer stop()
				wg.Go(func() { Trim(side, d.Bus, d.Log) })
				return s.Run(ctx)
			}),
		Commands: []worker.Command{
			{Name: "cat", Args: "URL", Short: "Print the articles that a sink has written, as JSON lines", Run: func(_ context.Context, env *worker.Env, args []string) error {
				if code := RunCat(args, env.Stdout, env.Stderr); code != 0 {
					return &worker.ExitError{Code: code}
				}
				return nil
			}},
		},
	}
}
