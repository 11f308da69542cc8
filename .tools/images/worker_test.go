package main

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	cdx "github.com/CycloneDX/cyclonedx-go"
)

// TestWorker does all that the command does, with a real program: it knows its
// version, and its bill of materials lists what go.mod does.
func TestWorker(t *testing.T) {
	root, out, arch := "../..", t.TempDir(), hostArch(t)
	registry := serveRegistry(t, true)
	var said bytes.Buffer
	args := []string{"-names", "crawler", "-arch", arch, "-version", "9.8.7-test", "-o", out, "-push", registry}
	if err := run(t.Context(), args, &said); err != nil {
		t.Fatal(err)
	}
	index := readLayout(t, filepath.Join(out, "crawler"), "9.8.7-test")
	line := registry + "/crawler:9.8.7-test@" + must(index.Digest())(t).String() + "\n"
	if digests := must(os.ReadFile(filepath.Join(out, "digests.txt")))(t); string(digests) != line || !strings.HasSuffix(said.String(), "pushed "+line) {
		t.Errorf("digests.txt holds %q, the command says\n%s", digests, &said)
	}
	dir := t.TempDir()
	unpack(t, must(index.Image(must(index.IndexManifest())(t).Manifests[0].Digest))(t), dir)
	version, err := exec.Command(filepath.Join(dir, "crawler"), "version").CombinedOutput()
	if err != nil || !strings.HasPrefix(string(version), "crawler 9.8.7-test go") {
		t.Errorf("%v: %s", err, version)
	}

	bom := readBill(t, filepath.Join(out, "crawler-"+arch+".cdx.json"))
	if c := bom.Metadata.Component; c.Name != "pressmill" || c.Version != "9.8.7-test" {
		t.Errorf("the bill is of %s %s", c.Name, c.Version)
	}
	listed := map[string]cdx.Component{}
	for _, c := range *bom.Components {
		listed[c.Name] = c
	}
	for module, licence := range map[string]string{"github.com/nats-io/nats.go": "Apache-2.0", "github.com/gocolly/colly/v2": "Apache-2.0", "golang.org/x/net": "BSD-3-Clause"} {
		c := listed[module]
		if version := must(moduleVersion(t.Context(), root, module))(t); c.Version != version {
			t.Errorf("%s is listed as %q, go.mod has %s", module, c.Version, version)
		}
		if c.Evidence == nil || (*c.Evidence.Licenses)[0].License.ID != licence {
			t.Errorf("%s: licence %+v", module, c.Evidence)
		}
	}
	for _, name := range []string{"std", "tzdata", "ca-certificates"} {
		if c := listed[name]; c.Version == "" || c.Evidence == nil && c.Licenses == nil {
			t.Errorf("%s is listed as %+v", name, c)
		}
	}
}

func readBill(t *testing.T, file string) cdx.BOM {
	t.Helper()
	var bom cdx.BOM
	if err := json.Unmarshal(must(os.ReadFile(file))(t), &bom); err != nil {
		t.Fatal(err)
	}
	if bom.SerialNumber != "" || bom.Metadata.Timestamp != "" {
		t.Errorf("%s: serial number %q and time %q would differ each time", file, bom.SerialNumber, bom.Metadata.Timestamp)
	}
	return bom
}
