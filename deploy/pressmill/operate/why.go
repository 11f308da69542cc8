package operate

import (
	"context"
	"encoding/json"
	"fmt"

	"pressmill/crawler"
	"pressmill/deploy/pressmill/terminal"
	"pressmill/pkg/bus"
	"pressmill/pkg/config"
	"pressmill/pkg/worker"
)

func whyCommand() worker.Command {
	cmd := worker.Command{Name: "why", Args: "[-json] URL", Short: "Say why a URL was fetched or was not, and what will happen"}
	var asJSON *bool
	flags := func(f *worker.Flags) { asJSON = f.Bool("json", false, "print the answer as JSON") }
	return With(cmd, flags, func(ctx context.Context, env *worker.Env, b *bus.Bus, file *config.File, args []string) error {
		if len(args) != 1 {
			return worker.Usagef("name one URL")
		}
		if _, err := crawler.ParseSeed(args[0]); err != nil {
			return worker.Usagef("%s: %v", args[0], err)
		}
		cfg := crawler.Defaults()
		if err := file.Decode("crawler", &cfg); err != nil {
			return err
		}
		why, err := crawler.Explain(ctx, b, cfg, args[0])
		if err != nil {
			return err
		}
		if *asJSON {
			enc := json.NewEncoder(env.Stdout)
			enc.SetIndent("", "  ")
			return enc.Encode(why)
		}
		_, err = fmt.Fprint(env.Stdout, terminal.PrintableLines(why.String()))
		return err
	})
}
