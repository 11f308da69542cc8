// Command rootfs writes what lies in every image beside its program into a
// folder, for the Dockerfile.
package main

import (
	"fmt"
	"os"
	"os/exec"
	"strings"

	"pressmill/tools/images/rootfs"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: rootfs DIR")
		os.Exit(2)
	}
	if err := run(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "rootfs:", err)
		os.Exit(1)
	}
}

func run(dir string) error {
	goroot, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		return fmt.Errorf("run go env: %w", err)
	}
	files, err := rootfs.Files(strings.TrimSpace(string(goroot)))
	if err != nil {
		return err
	}
	return rootfs.Write(dir, files)
}
