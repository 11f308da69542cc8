package commands

import (
	"context"
	"encoding/json"

	"pressmill/deploy/pressmill/logs"
	"pressmill/deploy/pressmill/terminal"
	"pressmill/pkg/worker"
)

func traceCommand() worker.Command {
	return worker.Command{
		Name: "trace", Args: "[-json] [-wide] PAGE_ID|URL [FILE...]",
		Short: "Tell the story of one page, from the seed to the object, by the logs of all processes",
		Long: "FILEs are logs of any processes in any order, as they are or compressed (gzip, zstd), under any preset, with what\n" +
			"kubectl logs and others write in front; without FILE standard input is read. A URL is found in any of its\n" +
			"spellings, with or without scheme, fragment and tracking parameters: all fetches of it are told of, each apart, and\n" +
			"what its redirects and later looks led to. An article_id tells of all pages of the article.\n\n" +
			"Each step has its time in the queue before it and that of its work; the last lines say what they add up to, what\n" +
			"became of the page, and where it waits, which line is missing. A clock that is behind that of the machine before\n" +
			"is marked. Exit code 1: no line tells of it.\n\n" +
			"-json prints a list of pages: page_id, crawl_id, url, source, found_by, from_page_id, from_url, from_kind, led_to\n" +
			"(page_id, url), steps (at, event, level, instance, what, waited_ms, took_ms, clock_ms), times (name, wait, ms),\n" +
			"total_ms, state (written, partly, left_out, refused, dead_letter, rejected, duplicate, waits_sink, parsed,\n" +
			"waits_parser, fetched, redirect, skipped, withheld, waits_attempt, failed, started) and end, which is state in words.",
		Run: func(ctx context.Context, env *worker.Env, args []string) error {
			flags := env.Flags()
			asJSON := flags.Bool("json", false, "print JSON")
			wide := flags.Bool("wide", false, "shorten nothing on a terminal")
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
				return t.Nothing()
			}
			if *asJSON {
				enc := json.NewEncoder(env.Stdout)
				enc.SetIndent("", "  ")
				return enc.Encode(pages)
			}
			width := 0
			if columns := terminal.Width(env.Stdout); columns > 0 && !*wide {
				width = min(max(columns, 80), 100)
			}
			return logs.WriteTrace(env.Stdout, pages, width)
		},
	}
}
