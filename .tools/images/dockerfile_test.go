package main

import (
	"os"
	"strings"
	"testing"

	"pressmill/tools/images/rootfs"
)

// TestDockerfile holds the Dockerfile to the layout that the images have.
func TestDockerfile(t *testing.T) {
	dockerfile := string(must(os.ReadFile("../../deploy/docker/Dockerfile"))(t))
	want := []string{
		"\nUSER " + rootfs.User + "\n", "\nENV PATH=/\n", "\nFROM scratch AS image\n",
		`"` + linkerFlags("$VERSION") + `"`, "run ./cmd/licences -o /image/" + rootfs.Licences + " ",
	}
	for _, p := range known() {
		if p.pkg != server {
			want = append(want, "\nFROM image AS image-"+p.name+"\nENTRYPOINT [\"/"+p.name+"\"]\n")
		}
	}
	for key := range (release{revision: "x", source: "x"}).labels(program{name: "x", version: "x"}) {
		if key != "org.opencontainers.image.created" { // a build there is of no time
			want = append(want, " "+key+"=")
		}
	}
	for _, s := range want {
		if !strings.Contains(dockerfile, s) {
			t.Errorf("the Dockerfile lacks %q", s)
		}
	}
}
