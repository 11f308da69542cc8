// Command parser is one parser worker, and extracts articles from files.
package main

import (
	"pressmill/parser"
	"pressmill/pkg/worker"
)

func main() { worker.Main(parser.Program()) }
