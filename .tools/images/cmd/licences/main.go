// Command licences writes the licences of what a program is made of into a file,
// for the Dockerfile.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"

	"pressmill/tools/images/licences"
)

func main() {
	out := flag.String("o", "LICENSES", "output `file`")
	arch := flag.String("arch", "amd64", "`architecture` of the program")
	flag.Parse()
	if flag.NArg() != 2 {
		fmt.Fprintln(os.Stderr, "usage: licences [-o FILE] [-arch ARCH] ROOT PACKAGE")
		os.Exit(2)
	}
	if err := run(*out, *arch, flag.Arg(0), flag.Arg(1)); err != nil {
		fmt.Fprintln(os.Stderr, "licences:", err)
		os.Exit(1)
	}
}

func run(out, arch, root, pkg string) error {
	env := append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux", "GOARCH="+arch)
	modules, err := licences.Of(context.Background(), root, env, pkg)
	if err != nil {
		return err
	}
	texts, err := licences.Texts(modules)
	if err != nil {
		return err
	}
	return os.WriteFile(out, texts, 0o644)
}
