// Package licences finds the licences of what is built into a program, and the
// texts that have to go with it.
package licences

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/google/licensecheck"
)

// covered is the share of a file, in percent, that has to be the text of
// licences for it to count as one.
const covered = 75

var (
	licenceFile = regexp.MustCompile(`(?i)^(licen[cs]e|copying)`)
	noticeFile  = regexp.MustCompile(`(?i)^(licen[cs]e|copying|notice|patents)`)
)

// In returns the SPDX identifiers of the licences whose texts lie in dir, sorted.
// Texts that are not known count for nothing.
func In(dir string) ([]string, error) {
	files, err := filesIn(dir, licenceFile)
	if err != nil {
		return nil, err
	}
	var ids []string
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			return nil, err
		}
		found := licensecheck.Scan(text)
		if found.Percent < covered {
			continue
		}
		for _, m := range found.Match {
			ids = append(ids, m.ID)
		}
	}
	slices.Sort(ids)
	return slices.Compact(ids), nil
}

func filesIn(dir string, names *regexp.Regexp) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var files []string
	for _, e := range entries {
		if e.Type().IsRegular() && names.MatchString(e.Name()) && filepath.Ext(e.Name()) != ".go" {
			files = append(files, filepath.Join(dir, e.Name()))
		}
	}
	return files, nil
}

// Module is a module of which packages are in a program: "std" is Go itself.
type Module struct {
	Path, Version string
	dirs          []string // the module's, and those above and of its packages in the program
}

// IDs returns the SPDX identifiers of the licences that the module and its
// packages come with, sorted.
func (m Module) IDs() ([]string, error) {
	var all []string
	for _, dir := range m.dirs {
		ids, err := In(dir)
		if err != nil {
			return nil, err
		}
		all = append(all, ids...)
	}
	slices.Sort(all)
	return slices.Compact(all), nil
}

// Of lists the modules of the program whose main package is pkg, seen from the
// folder root, as env has the go command build it, by their paths.
func Of(ctx context.Context, root string, env []string, pkg string) ([]Module, error) {
	const format = "{{with .Module}}{{.Path}}\t{{.Version}}\t{{.Dir}}\t{{$.Dir}}{{else}}std\t\t{{$.Root}}\t{{$.Root}}{{end}}"
	cmd := exec.CommandContext(ctx, "go", "list", "-deps", "-f", format, pkg)
	cmd.Dir, cmd.Env = root, env
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("list packages of %s: %w: %s", pkg, err, bytes.TrimSpace(stderr.Bytes()))
	}
	found := map[string]*Module{}
	for line := range strings.Lines(string(out)) {
		part := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		path, version, top, dir := part[0], part[1], part[2], part[3]
		if top == "" { // a package that is in the compiler
			continue
		}
		if found[path] == nil {
			found[path] = &Module{Path: path, Version: version}
		}
		for ; len(dir) >= len(top); dir = filepath.Dir(dir) {
			found[path].dirs = append(found[path].dirs, dir)
		}
	}
	var modules []Module
	for _, path := range slices.Sorted(maps.Keys(found)) {
		m := *found[path]
		slices.Sort(m.dirs)
		m.dirs = slices.Compact(m.dirs)
		modules = append(modules, m)
	}
	return modules, nil
}

// Texts returns what the licences of modules want to be handed on with a program:
// their texts and notices, each once, below the names of the modules that come
// with it.
func Texts(modules []Module) ([]byte, error) {
	type text struct {
		body []byte
		of   []string
	}
	var texts []*text
	known := map[[sha256.Size]byte]*text{}
	for _, m := range modules {
		for _, dir := range m.dirs {
			files, err := filesIn(dir, noticeFile)
			if err != nil {
				return nil, err
			}
			for _, name := range files {
				body, err := os.ReadFile(name)
				if err != nil {
					return nil, err
				}
				body = bytes.TrimSpace(bytes.ReplaceAll(body, []byte("\r\n"), []byte("\n")))
				sum := sha256.Sum256(body)
				if known[sum] == nil {
					known[sum] = &text{body: body}
					texts = append(texts, known[sum])
				}
				if of := strings.TrimSpace(m.Path + " " + m.Version); !slices.Contains(known[sum].of, of) {
					known[sum].of = append(known[sum].of, of)
				}
			}
		}
	}
	var out bytes.Buffer
	out.WriteString("This program is made of the modules below, under their licences.\n")
	for _, t := range texts {
		fmt.Fprintf(&out, "\n%s\n%s\n\n%s\n", strings.Repeat("=", 80), strings.Join(t.of, "\n"), t.body)
	}
	return out.Bytes(), nil
}
