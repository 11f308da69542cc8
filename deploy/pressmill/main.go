// Command pressmill runs the whole pipeline in one process, with a NATS server
// inside, and holds the operator's commands for a distributed one.
package main

import (
	"slices"

	"pressmill/deploy/pressmill/cluster"
	"pressmill/deploy/pressmill/logs/commands"
	"pressmill/deploy/pressmill/operate"
	"pressmill/deploy/pressmill/run"
	"pressmill/deploy/pressmill/stored"
	"pressmill/pkg/worker"
)

func main() { worker.Main(program()) }

func program() worker.Program {
	return worker.Program{
		Name:  "pressmill",
		Short: "Collects news: pages in, articles out",
		Long: "`pressmill demo` shows it on a built-in site; `pressmill run URL...` collects from the web,\n" +
			"in this one process. The other commands operate a pipeline of workers over NATS.",
		Commands: slices.Concat(
			run.Commands(),
			cluster.Commands(),
			commands.All(), // on logs
			operate.Commands(),
			stored.Commands(),
		),
	}
}
