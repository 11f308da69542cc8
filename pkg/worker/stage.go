package worker

import (
	"context"
	"sync"
	"time"

	"go.uber.org/zap"

	"pressmill/pkg/bus"
	"pressmill/pkg/config"
	"pressmill/pkg/logging"
)

// Deps is what a stage works with.
type Deps struct {
	Config *config.File
	Bus    *bus.Bus
	Log    *zap.Logger
	Stage  *logging.Stage
	Health *Health
}

// StageCommand returns the command that runs a stage as one worker against
// NATS: it connects, waits for the topology, serves its health, and calls run,
// which blocks until its context is cancelled and then finishes what is in
// flight. load decodes the stage's section, so that a bad one ends the worker
// before it connects; what it returns is logged as config.effective.
func StageCommand(name, short string, load func(*config.File) (any, error), run func(ctx context.Context, d Deps) error) *Command {
	return &Command{
		Args: "-config FILE", Short: short,
		Long: "It connects to the NATS servers of the section bus and waits for the topology, which\n" +
			"`pressmill topology apply` makes. SIGTERM or Ctrl-C finish what is in flight.",
		Run: func(ctx context.Context, env *Env, args []string) error {
			flags := env.Flags()
			path := flags.String("config", "", "`FILE` with the sections bus, log and those of the stage (YAML)")
			health := flags.String("health", "", "`ADDRESS` to answer /livez and /readyz on, as in :8080")
			wait := flags.Duration("wait", time.Minute, "how long to wait for NATS' topology")
			if err := flags.Parse(args); err != nil {
				return err
			}
			if err := flags.NoArgs(); err != nil {
				return err
			}
			return runStage(ctx, env, name, *path, *health, *wait, load, run)
		},
	}
}

func runStage(ctx context.Context, env *Env, name, path, health string, wait time.Duration, load func(*config.File) (any, error), run func(context.Context, Deps) error) error {
	file, err := config.Load(path)
	if err != nil {
		return err
	}
	var logCfg logging.Config
	busCfg := bus.Defaults()
	for section, into := range map[string]any{"log": &logCfg, "bus": &busCfg} {
		if err := file.Decode(section, into); err != nil {
			return err
		}
	}
	section, err := load(file)
	if err != nil {
		return err
	}
	log, err := env.Logger(logCfg)
	if err != nil {
		return err
	}
	defer func() { _ = log.Sync() }() // stderr cannot always be synced
	return Service(ctx, log, func(ctx context.Context) error {
		LogConfig(log, map[string]any{"log": logCfg, "bus": busCfg, name: section})
		b, err := bus.Connect(busCfg, name, log)
		if err != nil {
			return err
		}
		defer b.Close()
		if err := b.WaitReady(ctx, wait); err != nil {
			return err
		}
		d := Deps{Config: file, Bus: b, Log: log, Stage: logging.NewStage(log, name), Health: NewHealth(time.Minute)}
		d.Health.Beat()
		d.Health.SetReady(true)
		side, stop := context.WithCancel(context.WithoutCancel(ctx))
		var wg sync.WaitGroup
		defer wg.Wait()
		defer stop()
		wg.Go(func() { d.Stage.Run(side) })
		if health != "" {
			wg.Go(func() {
				if err := d.Health.Serve(side, health); err != nil {
					log.Error("serve health", logging.Event(logging.ServiceStop), zap.Error(err))
				}
			})
		}
		log.Info("ready", logging.Event(logging.ServiceReady))
		return run(ctx, d)
	})
}

// LogConfig logs the configuration that is in force, redacted.
func LogConfig(log *zap.Logger, sections map[string]any) {
	effective, err := config.Effective(sections)
	if err != nil {
		log.Error("show the configuration", logging.Event(logging.ConfigEffective), zap.Error(err))
		return
	}
	log.Info("configuration", logging.Event(logging.ConfigEffective), zap.Any("config", effective))
}
