// Command sink is one sink worker, and reads what sinks have written.
package main

import (
	"pressmill/pkg/worker"
	"pressmill/sink"
)

func main() { worker.Main(sink.Program()) }
