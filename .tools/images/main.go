// Command images builds Pressmill's container images without a daemon: one for
// each program, from scratch, for amd64 and arm64, the same bytes wherever it is
// run with the same version of Go.
//
// For each program NAME it leaves in the output folder
//
//	NAME/                  an OCI image layout: the index of all architectures under its tag,
//	                       and a software bill of materials that refers to each image
//	NAME-ARCH.tar          one image, for `docker load`, `podman load`, `ctr images import`, `kind load`
//	NAME-ARCH.cdx.json     its bill of materials, CycloneDX
//	digests.txt            a line for each index: REPOSITORY:TAG@DIGEST
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"text/tabwriter"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// repository is what archives and digests call the images that were not pushed.
const repository = "pressmill"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "images:", err)
		os.Exit(1)
	}
}

// options are what is built and where it goes.
type options struct {
	root  string // of the repository
	out   string
	names []string
	archs []string
	push  string // registry and path; "" for none

	release release
}

func run(ctx context.Context, args []string, stdout io.Writer) error {
	opts, err := parse(ctx, args)
	if err != nil {
		return err
	}
	tools, err := findToolchain(ctx, opts.root)
	if err != nil {
		return err
	}
	programs, err := choose(ctx, opts)
	if err != nil {
		return err
	}
	return build(ctx, opts, tools, programs, stdout)
}

func parse(ctx context.Context, args []string) (options, error) {
	var opts options
	fs := flag.NewFlagSet("images", flag.ContinueOnError)
	fs.StringVar(&opts.root, "root", "../..", "the repository")
	fs.StringVar(&opts.out, "o", "", "output folder; default bin/images of the repository")
	names := fs.String("names", "", "only these `images`, separated by commas")
	archs := fs.String("arch", "", "only these `architectures`; default amd64,arm64")
	version := fs.String("version", "", "what this version is called; default: from git")
	source := fs.String("source", "", "`URL` of the repository, for the label")
	fs.StringVar(&opts.push, "push", "", "push to `REGISTRY/PATH`, with docker's credentials")
	if err := fs.Parse(args); err != nil {
		return opts, err
	}
	if fs.NArg() > 0 {
		return opts, fmt.Errorf("%q is one argument too many", fs.Arg(0))
	}
	var err error
	if opts.root, err = filepath.Abs(opts.root); err != nil {
		return opts, err
	}
	if opts.out == "" {
		opts.out = filepath.Join(opts.root, "bin", "images")
	}
	opts.names = fields(*names)
	if opts.archs = fields(*archs); len(opts.archs) == 0 {
		opts.archs = []string{"amd64", "arm64"}
	}
	opts.release, err = findRelease(ctx, opts.root, *version, *source)
	return opts, err
}

// fields takes lists with commas, spaces or both, as make and people write them.
func fields(list string) []string {
	return strings.FieldsFunc(list, func(r rune) bool { return r == ',' || r == ' ' })
}

// build builds the images one after the other, for each holds its layers in
// memory, and prints what came of it.
func build(ctx context.Context, opts options, tools toolchain, programs []program, stdout io.Writer) error {
	work, err := os.MkdirTemp("", "images-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(work)
	if err := compile(ctx, opts, programs, work); err != nil {
		return err
	}
	base, err := baseLayer(tools.goroot)
	if err != nil {
		return err
	}
	bills, err := newBiller(ctx, tools, opts, programs)
	if err != nil {
		return err
	}
	var made []*result
	for _, p := range programs {
		r, err := assemble(ctx, opts, p, base, bills, work)
		if err != nil {
			return fmt.Errorf("build image of %s: %w", p.name, err)
		}
		if err := r.write(opts.out); err != nil {
			return fmt.Errorf("write image of %s: %w", p.name, err)
		}
		if opts.push != "" {
			if err := r.push(ctx, opts.push); err != nil {
				return fmt.Errorf("push image of %s: %w", p.name, err)
			}
		}
		r.forget()
		made = append(made, r)
	}
	if err := writeDigests(opts.out, opts.push, made); err != nil {
		return err
	}
	return report(stdout, opts.push, made)
}

// report prints a line for each image and each index.
func report(w io.Writer, push string, made []*result) error {
	tw := tabwriter.NewWriter(w, 0, 8, 2, ' ', 0)
	fmt.Fprintln(tw, "IMAGE\tPLATFORM\tDIGEST\tCOMPRESSED\tUNCOMPRESSED")
	for _, r := range made {
		for _, a := range r.archs {
			fmt.Fprintf(tw, "%s\tlinux/%s\t%s\t%s\t%s\n", r.program.name, a.arch, a.digest, megabytes(a.compressed), megabytes(a.uncompressed))
		}
		fmt.Fprintf(tw, "%s\tindex\t%s\t\t\n", r.program.name, r.digest)
	}
	if err := tw.Flush(); err != nil {
		return err
	}
	for _, r := range made {
		for _, line := range r.references(push) {
			if push != "" {
				line = "pushed " + line
			}
			fmt.Fprintln(w, line)
		}
	}
	return nil
}

func megabytes(n int64) string { return fmt.Sprintf("%.1f MB", float64(n)/1e6) }

// references name the index by each tag, and by its digest.
func (r *result) references(push string) []string {
	if push == "" {
		push = repository
	}
	var out []string
	for _, tag := range r.program.tags {
		out = append(out, fmt.Sprintf("%s/%s:%s@%s", push, r.program.name, tag, r.digest))
	}
	return out
}

func writeDigests(dir, push string, made []*result) error {
	var b strings.Builder
	for _, r := range made {
		for _, line := range r.references(push) {
			fmt.Fprintln(&b, line)
		}
	}
	return os.WriteFile(filepath.Join(dir, "digests.txt"), []byte(b.String()), 0o644)
}

// result is one program's images.
type result struct {
	program program
	created string // RFC 3339
	index   v1.ImageIndex
	digest  v1.Hash
	archs   []archImage
}

// archImage is the image of one architecture.
type archImage struct {
	arch                     string
	image                    v1.Image
	bill                     []byte // CycloneDX, JSON
	referrer                 v1.Image
	digest                   v1.Hash
	compressed, uncompressed int64 // bytes
}

// forget lets go of the layers; what is reported stays.
func (r *result) forget() {
	r.index = nil
	for i := range r.archs {
		r.archs[i].image, r.archs[i].bill, r.archs[i].referrer = nil, nil, nil
	}
}
