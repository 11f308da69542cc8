package crawler

import (
	"context"

	"pressmill/pkg/config"
	"pressmill/pkg/worker"
)

// Load decodes the section crawler over the defaults.
func Load(f *config.File) (Config, error) {
	cfg := Defaults()
	err := f.Decode("crawler", &cfg)
	return cfg.Settled(), err
}

// Program is the binary crawler.
func Program() worker.Program {
	return worker.Program{
		Name: "crawler", Short: "Fetches pages politely and publishes them",
		Default: worker.StageCommand("crawler", "Run one crawler worker",
			func(f *config.File) (any, error) { return Load(f) },
			func(ctx context.Context, d worker.Deps) error {
				cfg, err := Load(d.Config)
				if err != nil {
					return err
				}
				c, err := New(cfg, d.Bus, d.Log, d.Stage)
				if err != nil {
					return err
				}
				return c.Run(ctx, d.Health.Beat)
			}),
	}
}
