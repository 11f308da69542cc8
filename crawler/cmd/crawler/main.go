// Command crawler is one crawler worker.
package main

import (
	"pressmill/crawler"
	"pressmill/pkg/worker"
)

func main() { worker.Main(crawler.Program()) }
