package main

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"pressmill/tools/images/licences"
)

var update = flag.Bool("update", false, "write deploy/LICENSES.md")

// allowed are the licences that what is handed on may have: they ask for no more
// than that their texts go with it, which lie in the images.
var allowed = []string{
	"Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "ISC", "MIT", "MPL-2.0",
}

const preface = `# Licences

What the programs and their images are made of, beside Pressmill itself (Apache-2.0, see ` + "`LICENSE`" + `). ` + "`make licences`" + ` writes this
file, and a test holds it to what is built and to the licences that are allowed. Each image holds the texts of its program's in ` + "`/LICENSES`" + `,
and its bill of materials the versions. Beside the programs, images hold Mozilla's root certificates (MPL-2.0) and the
time zone database (public domain).

| module | licences | in |
| --- | --- | --- |
`

// TestLicences holds deploy/LICENSES.md to what is built.
func TestLicences(t *testing.T) {
	const file = "../../deploy/LICENSES.md"
	programs, ids := map[string][]string{}, map[string][]string{}
	for _, p := range known() {
		for _, arch := range []string{"amd64", "arm64"} {
			for _, m := range must(licences.Of(t.Context(), "../..", buildEnv(arch), p.pkg))(t) {
				if m.Path == "pressmill" {
					continue
				}
				if !slices.Contains(programs[m.Path], p.name) {
					programs[m.Path] = append(programs[m.Path], p.name)
				}
				ids[m.Path] = append(ids[m.Path], must(m.IDs())(t)...)
			}
		}
	}
	var b strings.Builder
	b.WriteString(preface)
	for _, path := range slices.Sorted(maps.Keys(programs)) {
		slices.Sort(ids[path])
		of := slices.Compact(ids[path])
		if len(of) == 0 {
			t.Errorf("%s has no licence that is known", path)
		}
		for _, id := range of {
			if !slices.Contains(allowed, id) {
				t.Errorf("%s has the licence %s, which is not among those that are allowed", path, id)
			}
		}
		in := strings.Join(programs[path], ", ")
		if len(programs[path]) == len(known()) {
			in = "all"
		}
		fmt.Fprintf(&b, "| %s | %s | %s |\n", path, strings.Join(of, ", "), in)
	}
	if *update {
		if err := os.WriteFile(file, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if have := must(os.ReadFile(file))(t); string(have) != b.String() {
		t.Errorf("%s is stale: make licences", file)
	}
}
