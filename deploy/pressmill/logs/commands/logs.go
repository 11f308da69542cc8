// Package commands holds the commands that read logs: logs, logs report, logs
// events and trace.
package commands

import (
	"context"
	"os"

	"golang.org/x/term"

	"pressmill/deploy/pressmill/logs/view"
	"pressmill/deploy/pressmill/timeflag"
	"pressmill/pkg/worker"
)

// All returns the commands.
func All() []worker.Command {
	return []worker.Command{logsCommand(), reportCommand(), eventsCommand(), traceCommand()}
}

func logsCommand() worker.Command {
	return worker.Command{
		Name: "logs", Args: "[-f] [-once] [-since TIME] [FILE...]",
		Short: "Show what log lines add up to, live or once",
		Long: "It reads the log lines of any of the programs and shows per stage, source, host and instance what came\n" +
			"in, went out, failed and why, how fast, how long it took and waited, and what asks for attention:\n\n" +
			"  kubectl logs -f -l app.kubernetes.io/name=pressmill --prefix --max-log-requests=20 | pressmill logs\n" +
			"  pressmill logs -f /var/log/pressmill/*.log\n" +
			"  pressmill logs -once yesterday.log.gz | less\n" +
			"  journalctl -u 'pressmill-*' -o cat --since -1h | pressmill logs -once\n\n" +
			"FILEs are read whatever carried the lines (kubectl, CRI, Docker, journald, Loki), of every preset of key\n" +
			"names, plain, gzip or zstd; - is standard input, which is also read without FILE. Lines that cannot be\n" +
			"read are counted. On a terminal it is a live view: ? tells its keys, q leaves it. With -once, or where the\n" +
			"output is no terminal, it prints a summary when the input ends.",
		Run: func(ctx context.Context, env *worker.Env, args []string) error {
			session := view.Session{Stdin: env.Stdin, Stdout: env.Stdout}
			flags := env.Flags()
			flags.BoolVar(&session.Follow, "f", false, "go on as FILEs grow and are rotated, until Ctrl-C")
			flags.BoolVar(&session.Once, "once", false, "print a summary at the end of the input, and no live view")
			var since timeflag.Flag
			flags.Var(&since, "since", "only lines from `TIME` on: a date, a time (RFC 3339), or an age such as 90m, 24h or 7d")
			if err := flags.Parse(args); err != nil {
				return err
			}
			session.Since = since.At
			if in, ok := env.Stdin.(*os.File); flags.NArg() == 0 && ok && term.IsTerminal(int(in.Fd())) {
				return worker.Usagef("name log files, or pipe log lines in: `pressmill logs FILE...`, `kubectl logs ... | pressmill logs`")
			}
			session.Files = flags.Args()
			return session.Run(ctx)
		},
	}
}
