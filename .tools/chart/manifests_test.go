package chart

import (
	"bytes"
	"os"
	"testing"
)

const manifestsDir = "../../deploy/manifests"

// TestManifests: what is there for those without Helm is what the chart renders.
func TestManifests(t *testing.T) {
	want, err := Manifests(chartDir, manifestsDir+"/values.yaml", "pressmill")
	if err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(manifestsDir + "/pressmill.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Error("deploy/manifests/pressmill.yaml is not what the chart renders: run `make manifests`")
	}
	if bytes.Contains(got, []byte("helm.sh/")) || bytes.Contains(got, []byte("managed-by")) {
		t.Error("the manifests speak of Helm")
	}
	if _, err := Decode("pressmill.yaml", got); err != nil {
		t.Error(err)
	}
}
