package main

import (
	"context"
	"encoding/json"
	"fmt"

	"pressmill/deploy/pressmill/logs"
	"pressmill/pkg/worker"
)

func traceCommand() worker.Command {
	return worker.Command{
		Name: "trace", Args: "[-json] PAGE_ID|URL [FILE...]",
		Short: "Tell the story of one page, from the seed to the object, by the logs of all processes",
		Long: "FILEs are logs of any processes in any order, as they are or compressed; without FILE standard input is\n" +
			"read. By a URL all fetches of it are told of, and what its redirects and later looks led to. Exit code 1: no\n" +
			"line tells of it.",
		Run: func(ctx context.Context, env *worker.Env, args []string) error {
			flags := env.Flags()
			asJSON := flags.Bool("json", false, "print JSON")
			if err := flags.Parse(args); err != nil {
				return err
			}
			if flags.NArg() == 0 {
				return worker.Usagef("want a PAGE_ID or a URL")
			}
			names := flags.Args()[1:]
			if len(names) == 0 {
				names = []string{"-"}
			}
			t := logs.NewTracer(flags.Arg(0))
			if err := t.ReadFiles(ctx, names, env.Stdin); err != nil {
				return err
			}
			pages := t.Pages()
			if len(pages) == 0 {
				return nothing(t)
			}
			if *asJSON {
				return json.NewEncoder(env.Stdout).Encode(pages)
			}
			return logs.WriteTrace(env.Stdout, pages)
		},
	}
}

func nothing(t *logs.Tracer) error {
	if near := t.Nearest(); near != "" {
		return fmt.Errorf("trace %s: no line tells of it; of its host there is %s", t.Key, near)
	}
	return fmt.Errorf("trace %s: no line tells of it; are the logs of the crawlers among these?", t.Key)
}
