package main

import (
	"bytes"
	"context"
	"crypto/x509"
	"debug/elf"
	"io"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"github.com/google/go-containerregistry/pkg/v1/validate"

	"pressmill/tools/images/rootfs"
)

// probe is a small program that tells what it finds in the image it lies in.
const probe = `package main

import (
	"crypto/x509"
	"fmt"
	"os"
	"time"
)

func main() {
	zone, err := time.LoadLocation("Asia/Kolkata")
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	roots, err := x509.SystemCertPool()
	if err != nil || roots.Equal(x509.NewCertPool()) {
		fmt.Println("no roots", err)
		os.Exit(1)
	}
	if err := os.WriteFile("/tmp/probe", nil, 0o600); err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	fmt.Println(os.Getuid(), os.Getgid(), time.Unix(0, 0).In(zone).Format("15:04"))
}
`

var commit = time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)

// buildProbe builds the probe's images for both architectures, in a folder that
// no other call uses.
func buildProbe(t *testing.T) (options, *result) {
	t.Helper()
	root := t.TempDir()
	writeFile(t, filepath.Join(root, "go.mod"), "module example.org/probe\n\ngo 1.26.0\n")
	writeFile(t, filepath.Join(root, "main.go"), probe)
	opts := options{
		root: root, out: filepath.Join(root, "out"), archs: []string{"amd64", "arm64"},
		release: release{version: "1.2.3", revision: "c0ffee", created: commit, source: "https://example.org/pressmill"},
	}
	p := program{name: "probe", pkg: ".", description: "a probe", version: "1.2.3", tags: []string{"1.2.3", "latest"}}
	return opts, assembled(t, opts, p)
}

func assembled(t *testing.T, opts options, p program) *result {
	t.Helper()
	work := t.TempDir()
	tools := must(findToolchain(t.Context(), opts.root))(t)
	if err := compile(t.Context(), opts, []program{p}, work); err != nil {
		t.Fatal(err)
	}
	base := must(baseLayer(tools.goroot))(t)
	bills := must(newBiller(t.Context(), tools, opts, []program{p}))(t)
	r := must(assemble(t.Context(), opts, p, base, bills, work))(t)
	if err := r.write(opts.out); err != nil {
		t.Fatal(err)
	}
	return r
}

func must[T any](value T, err error) func(*testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return value
	}
}

func writeFile(t *testing.T, name, body string) {
	t.Helper()
	if err := os.WriteFile(name, []byte(body), 0o644); err != nil {
		t.Fatal(err)
	}
}

// TestImage reads the layout as a puller does.
func TestImage(t *testing.T) {
	opts, r := buildProbe(t)
	index := readLayout(t, filepath.Join(opts.out, "probe"), "1.2.3")
	if err := validate.Index(index); err != nil {
		t.Error(err)
	}
	if digest := must(index.Digest())(t); digest != r.digest {
		t.Errorf("layout holds %s, reported is %s", digest, r.digest)
	}
	if latest := readLayout(t, filepath.Join(opts.out, "probe"), "latest"); must(latest.Digest())(t) != r.digest {
		t.Error("the tags name different images")
	}
	machines := map[string]elf.Machine{"amd64": elf.EM_X86_64, "arm64": elf.EM_AARCH64}
	manifest := must(index.IndexManifest())(t)
	checkLabels(t, manifest.Annotations)
	for _, d := range manifest.Manifests {
		if d.ArtifactType != "" {
			t.Errorf("an image is listed as %s", d.ArtifactType)
		}
		img := must(index.Image(d.Digest))(t)
		checkConfig(t, img, d.Platform)
		checkFiles(t, img, machines[d.Platform.Architecture])
		delete(machines, d.Platform.Architecture)
	}
	if len(machines) > 0 {
		t.Errorf("no image for %v", slices.Collect(maps.Keys(machines)))
	}
	if a, b := layerDigests(t, r.archs[0].image), layerDigests(t, r.archs[1].image); a[0] != b[0] || a[1] == b[1] {
		t.Errorf("layers %v and %v: the first is to be shared, the second not", a, b)
	}
}

func readLayout(t *testing.T, dir, tag string) v1.ImageIndex {
	t.Helper()
	all := must(layout.ImageIndexFromPath(dir))(t)
	for _, d := range must(all.IndexManifest())(t).Manifests {
		if d.Annotations[refName] == tag {
			return must(all.ImageIndex(d.Digest))(t)
		}
	}
	t.Fatalf("%s has no tag %s", dir, tag)
	return nil
}

func checkConfig(t *testing.T, img v1.Image, platform *v1.Platform) {
	t.Helper()
	file := must(img.ConfigFile())(t)
	if file.OS != "linux" || file.Architecture != platform.Architecture || !file.Created.Equal(commit) {
		t.Errorf("%s/%s of %s", file.OS, file.Architecture, file.Created)
	}
	c := file.Config
	if c.User != "65532:65532" || !slices.Equal(c.Entrypoint, []string{"/probe"}) || !slices.Equal(c.Env, []string{"PATH=/"}) || len(c.Cmd) > 0 {
		t.Errorf("user %q, entrypoint %q, environment %q, command %q", c.User, c.Entrypoint, c.Env, c.Cmd)
	}
	checkLabels(t, c.Labels)
	checkLabels(t, must(img.Manifest())(t).Annotations)
}

func checkLabels(t *testing.T, labels map[string]string) {
	t.Helper()
	want := map[string]string{
		"title": "probe", "description": "a probe", "version": "1.2.3", "revision": "c0ffee",
		"source": "https://example.org/pressmill", "created": "2026-03-04T05:06:07Z", "licenses": "Apache-2.0", "vendor": "Pressmill",
	}
	for key, value := range want {
		if got := labels["org.opencontainers.image."+key]; got != value {
			t.Errorf("label %s is %q, not %q", key, got, value)
		}
	}
	if len(labels) != len(want) {
		t.Errorf("labels %v", labels)
	}
}

// checkFiles checks what lies in an image, and whom it belongs to.
func checkFiles(t *testing.T, img v1.Image, machine elf.Machine) {
	t.Helper()
	dir := t.TempDir()
	modes := unpack(t, img, dir)
	for name, mode := range map[string]fs.FileMode{
		"probe": 0o755, "tmp": fs.ModeDir | fs.ModeSticky | 0o777, "etc": fs.ModeDir | 0o755,
		"etc/passwd": 0o644, rootfs.Licences: 0o644, "etc/group": 0o644, rootfs.Certificates: 0o644, rootfs.Zones: fs.ModeDir | 0o755,
	} {
		if modes[name] != mode {
			t.Errorf("mode of %s is %v, not %v", name, modes[name], mode)
		}
	}
	binary := must(elf.Open(filepath.Join(dir, "probe")))(t)
	defer binary.Close()
	if binary.Machine != machine || binary.Section(".interp") != nil {
		t.Errorf("the binary is for %v, or is not static", binary.Machine)
	}
	pem := must(os.ReadFile(filepath.Join(dir, rootfs.Certificates)))(t)
	if pool := x509.NewCertPool(); !pool.AppendCertsFromPEM(pem) || bytes.Count(pem, []byte("BEGIN CERTIFICATE")) < 100 {
		t.Error("few certificates, or none")
	}
	if texts := must(os.ReadFile(filepath.Join(dir, rootfs.Licences)))(t); !bytes.Contains(texts, []byte("The Go Authors")) {
		t.Error("the licence of Go is missing")
	}
	zone := must(os.ReadFile(filepath.Join(dir, rootfs.Zones, "America", "Argentina", "Ushuaia")))(t)
	if _, err := time.LoadLocationFromTZData("x", zone); err != nil {
		t.Error(err)
	}
}

func layerDigests(t *testing.T, img v1.Image) []v1.Hash {
	t.Helper()
	var digests []v1.Hash
	for _, l := range must(img.Layers())(t) {
		digests = append(digests, must(l.Digest())(t))
	}
	return digests
}

// TestReproducible builds twice, in different folders.
func TestReproducible(t *testing.T) {
	first, a := buildProbe(t)
	second, b := buildProbe(t)
	if a.digest != b.digest {
		t.Errorf("digests %s and %s", a.digest, b.digest)
	}
	files := treeOf(t, first.out)
	if other := treeOf(t, second.out); !maps.Equal(files, other) {
		t.Error("the output folders differ")
	}
	for _, name := range []string{"probe-amd64.tar", "probe-arm64.cdx.json", "probe/index.json"} {
		if files[name] == "" {
			t.Errorf("%s is missing or empty", name)
		}
	}
}

func treeOf(t *testing.T, dir string) map[string]string {
	t.Helper()
	tree := map[string]string{}
	err := fs.WalkDir(os.DirFS(dir), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		body, err := os.ReadFile(filepath.Join(dir, name))
		tree[name] = string(body)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return tree
}

// TestArchive reads an archive in both of the forms it has.
func TestArchive(t *testing.T) {
	opts, r := buildProbe(t)
	archive := filepath.Join(opts.out, "probe-arm64.tar")
	docker := must(tarball.ImageFromPath(archive, nil))(t)
	if err := validate.Image(docker); err != nil {
		t.Error(err)
	}
	if got := must(docker.ConfigName())(t); got != must(r.archs[1].image.ConfigName())(t) {
		t.Error("docker load finds another image")
	}
	open := func() (io.ReadCloser, error) { return os.Open(archive) }
	manifest := must(tarball.LoadManifest(open))(t)
	if want := []string{"pressmill/probe:1.2.3", "pressmill/probe:latest"}; !slices.Equal(manifest[0].RepoTags, want) {
		t.Errorf("docker load calls it %q", manifest[0].RepoTags)
	}
	dir := t.TempDir()
	if out, err := exec.Command("tar", "-xf", archive, "-C", dir).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	index := must(must(layout.ImageIndexFromPath(dir))(t).IndexManifest())(t)
	for i, tag := range []string{"1.2.3", "latest"} {
		d := index.Manifests[i]
		if d.Digest != r.archs[1].digest || d.Annotations[containerName] != "docker.io/pressmill/probe:"+tag {
			t.Errorf("containerd finds %+v", d)
		}
	}
}

// TestProbeRuns runs the program with nothing but the image around it, as the
// user it names.
func TestProbeRuns(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("only root may change the root folder of a process")
	}
	_, r := buildProbe(t)
	i := slices.IndexFunc(r.archs, func(a archImage) bool { return a.arch == hostArch(t) })
	if i < 0 {
		t.Skip("no image for this machine")
	}
	dir := t.TempDir()
	unpack(t, r.archs[i].image, dir)
	cmd := exec.Command("/probe")
	cmd.Dir, cmd.Env = "/", []string{"PATH=/"}
	cmd.SysProcAttr = &syscall.SysProcAttr{Chroot: dir, Credential: &syscall.Credential{Uid: 65532, Gid: 65532}}
	out, err := cmd.CombinedOutput()
	if err != nil || string(out) != "65532 65532 05:30\n" {
		t.Errorf("%v: %s", err, out)
	}
}

func hostArch(t *testing.T) string {
	t.Helper()
	return must(output(exec.Command("go", "env", "GOHOSTARCH")))(t)
}

// unpack puts the layers into dir and returns the modes of all files, which have
// to belong to root.
func unpack(t *testing.T, img v1.Image, dir string) map[string]fs.FileMode {
	t.Helper()
	modes := map[string]fs.FileMode{}
	for _, l := range must(img.Layers())(t) {
		for _, f := range untar(t, l) {
			modes[f.Name] = f.Mode
			if err := rootfs.Write(dir, []rootfs.File{f}); err != nil {
				t.Fatal(err)
			}
		}
	}
	// The test's own folders let nobody else through.
	for d := dir; strings.HasPrefix(d, os.TempDir()+"/"); d = filepath.Dir(d) {
		if err := os.Chmod(d, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return modes
}

// TestVersionOfServer finds the NATS server's image by its own version too.
func TestVersionOfServer(t *testing.T) {
	programs, err := choose(context.Background(), options{root: "../..", names: []string{"nats-server"}, release: release{version: "1.2.3"}})
	if err != nil {
		t.Fatal(err)
	}
	own := strings.TrimPrefix(must(moduleVersion(t.Context(), "../..", server))(t), "v")
	if want := []string{"1.2.3", own}; !slices.Equal(programs[0].tags, want) || programs[0].version != own {
		t.Errorf("version %s, tags %q", programs[0].version, programs[0].tags)
	}
	if _, err := choose(t.Context(), options{root: "../..", names: []string{"printer"}}); err == nil {
		t.Error("an image that does not exist is built")
	}
}
