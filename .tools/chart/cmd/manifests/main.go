// Command manifests prints what the chart renders to, for those without Helm:
// what is Helm's alone is left out, and objects come in the order in which they
// are to be applied.
package main

import (
	"flag"
	"fmt"
	"os"

	"pressmill/chart"
)

func main() {
	dir := flag.String("chart", "", "`DIR` of the chart")
	values := flag.String("values", "", "`FILE` with values")
	namespace := flag.String("namespace", "pressmill", "`NAME` of the namespace")
	flag.Parse()
	text, err := chart.Manifests(*dir, *values, *namespace)
	if err == nil {
		_, err = os.Stdout.Write(text)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
