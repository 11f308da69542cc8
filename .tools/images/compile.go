package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// A program is what one image holds.
type program struct {
	name        string // of the image, of the binary and of the file it is at
	pkg         string // its main package, seen from the root of the repository
	description string
	version     string
	tags        []string
}

const server = "github.com/nats-io/nats-server/v2"

func known() []program {
	return []program{
		{name: "crawler", pkg: "./crawler/cmd/crawler", description: "Crawler worker of Pressmill: takes turns of hosts, fetches pages politely"},
		{name: "parser", pkg: "./parser/cmd/parser", description: "Parser worker of Pressmill: turns pages into articles"},
		{name: "sink", pkg: "./sink/cmd/sink", description: "Sink worker of Pressmill: writes every article once"},
		{name: "pressmill", pkg: "./deploy/pressmill", description: "All of Pressmill in one process, and the operator's commands"},
		{name: "nats-server", pkg: server, description: "NATS server of the version that Pressmill is tested with"},
	}
}

// choose returns the programs that are asked for, or all, with their versions.
// The NATS server has one of its own, by which its image is found too.
func choose(ctx context.Context, opts options) ([]program, error) {
	programs := known()
	for _, name := range opts.names {
		if !slices.ContainsFunc(programs, func(p program) bool { return p.name == name }) {
			return nil, fmt.Errorf("there is no image %q", name)
		}
	}
	var chosen []program
	for _, p := range programs {
		if len(opts.names) > 0 && !slices.Contains(opts.names, p.name) {
			continue
		}
		p.version, p.tags = opts.release.version, []string{opts.release.version}
		if p.pkg == server {
			version, err := moduleVersion(ctx, opts.root, server)
			if err != nil {
				return nil, err
			}
			p.version = strings.TrimPrefix(version, "v")
			p.tags = slices.Compact([]string{opts.release.version, p.version})
		}
		chosen = append(chosen, p)
	}
	return chosen, nil
}

// moduleVersion is the version of a module that the module in dir builds with.
func moduleVersion(ctx context.Context, dir, module string) (string, error) {
	cmd := exec.CommandContext(ctx, "go", "list", "-m", "-f", "{{.Version}}", module)
	cmd.Dir = dir
	return output(cmd)
}

// toolchain is the Go that builds.
type toolchain struct {
	goroot   string
	timezone string // version of its time zones, as 2026a
}

func findToolchain(ctx context.Context, root string) (toolchain, error) {
	cmd := exec.CommandContext(ctx, "go", "env", "GOROOT")
	cmd.Dir = root
	goroot, err := output(cmd)
	if err != nil {
		return toolchain{}, err
	}
	tools := toolchain{goroot: goroot}
	tools.timezone, err = zoneVersion(goroot)
	return tools, err
}

// zoneVersion reads it from the script that made the time zones of a Go tree,
// the only place where it stands.
func zoneVersion(goroot string) (string, error) {
	script, err := os.ReadFile(filepath.Join(goroot, "lib", "time", "update.bash"))
	if err != nil {
		return "", err
	}
	m := regexp.MustCompile(`(?m)^DATA=(\S+)$`).FindSubmatch(script)
	if m == nil {
		return "", errors.New("read version of the time zones: no line DATA= in lib/time/update.bash")
	}
	return string(m[1]), nil
}

// compile leaves a binary of each program at dir/ARCH/NAME.
func compile(ctx context.Context, opts options, programs []program, dir string) error {
	for _, arch := range opts.archs {
		out := filepath.Join(dir, arch)
		if err := os.MkdirAll(out, 0o755); err != nil {
			return err
		}
		args := []string{
			"build", "-trimpath", "-buildvcs=false",
			"-ldflags", linkerFlags(opts.release.version),
			"-o", out + string(filepath.Separator),
		}
		for _, p := range programs {
			args = append(args, p.pkg)
		}
		cmd := exec.CommandContext(ctx, "go", args...)
		cmd.Dir, cmd.Env = opts.root, buildEnv(arch)
		if _, err := output(cmd); err != nil {
			return fmt.Errorf("compile for %s: %w", arch, err)
		}
	}
	return nil
}

// linkerFlags leave out what debuggers need, and tell the binary its version.
func linkerFlags(version string) string {
	return "-s -w -X pressmill/pkg/worker.version=" + version
}

// buildEnv pins what would otherwise let a machine's settings into a binary.
func buildEnv(arch string) []string {
	return append(os.Environ(),
		"CGO_ENABLED=0", "GOOS=linux", "GOARCH="+arch, "GOAMD64=v1", "GOARM64=v8.0",
		"GOFLAGS=", "GOEXPERIMENT=", "GOFIPS140=off", "GOWORK=off")
}
