package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os/exec"
	"strings"
	"time"

	cdx "github.com/CycloneDX/cyclonedx-go"
	"github.com/CycloneDX/cyclonedx-gomod/pkg/generate/bin"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/partial"
	"github.com/google/go-containerregistry/pkg/v1/static"
	"github.com/google/go-containerregistry/pkg/v1/types"
	"github.com/rs/zerolog"

	"pressmill/tools/images/licences"
)

const (
	mediaCycloneDX = "application/vnd.cyclonedx+json"
	mediaEmpty     = "application/vnd.oci.empty.v1+json"
	roots          = "golang.org/x/crypto/x509roots/fallback"
)

// biller writes bills of materials: what Go recorded in a binary, with the
// licences of each module, and what lies beside it in the image. They bear
// neither a time nor a serial number, so they are the same for the same image.
type biller struct {
	goroot   string
	dirs     map[string]string       // of the modules, by path@version
	licences map[string]cdx.Licenses // found so far, by path@version
	beside   []cdx.Component         // the files of the base layer
}

func newBiller(ctx context.Context, tools toolchain, opts options, programs []program) (*biller, error) {
	dirs, err := moduleDirs(ctx, opts, programs)
	if err != nil {
		return nil, err
	}
	certificates, err := moduleVersion(ctx, ".", roots)
	if err != nil {
		return nil, err
	}
	return &biller{
		goroot: tools.goroot, dirs: dirs, licences: map[string]cdx.Licenses{},
		beside: []cdx.Component{
			data("ca-certificates", certificates, "pkg:golang/"+roots+"@"+certificates, cdx.License{ID: "MPL-2.0"}),
			data("tzdata", tools.timezone, "pkg:generic/tzdata@"+tools.timezone, cdx.License{Name: "public domain"}),
		},
	}, nil
}

func data(name, version, purl string, licence cdx.License) cdx.Component {
	return cdx.Component{
		BOMRef: purl, Type: cdx.ComponentTypeData, Name: name, Version: version, PackageURL: purl,
		Licenses: &cdx.Licenses{{License: &licence}},
	}
}

// moduleDirs finds the sources of the modules that are in the programs.
func moduleDirs(ctx context.Context, opts options, programs []program) (map[string]string, error) {
	dirs := map[string]string{}
	for _, arch := range opts.archs {
		args := []string{"list", "-deps", "-f", "{{with .Module}}{{.Path}}@{{.Version}}\t{{.Dir}}{{end}}"}
		for _, p := range programs {
			args = append(args, p.pkg)
		}
		cmd := exec.CommandContext(ctx, "go", args...)
		cmd.Dir, cmd.Env = opts.root, buildEnv(arch)
		out, err := output(cmd)
		if err != nil {
			return nil, err
		}
		for line := range strings.Lines(out) {
			if module, dir, ok := strings.Cut(strings.TrimSpace(line), "\t"); ok {
				dirs[module] = dir
			}
		}
	}
	return dirs, nil
}

// bill returns the bill of materials of a binary as CycloneDX 1.6, JSON.
func (b *biller) bill(p program, binary string) ([]byte, error) {
	opts := []bin.Option{bin.WithIncludeStdlib(true), bin.WithLogger(zerolog.Nop())}
	if p.pkg != server { // whose version is in the binary, as databases of faults know it
		opts = append(opts, bin.WithVersionOverride(p.version))
	}
	generator, err := bin.NewGenerator(binary, opts...)
	if err != nil {
		return nil, err
	}
	bom, err := generator.Generate()
	if err != nil {
		return nil, fmt.Errorf("read modules: %w", err)
	}
	components := *bom.Components
	for i := range components {
		found, err := b.licencesOf(components[i])
		if err != nil {
			return nil, fmt.Errorf("find licence of %s: %w", components[i].Name, err)
		}
		if len(found) > 0 {
			components[i].Evidence = &cdx.Evidence{Licenses: &found}
		}
	}
	*bom.Components = append(components, b.beside...)
	var out bytes.Buffer
	err = cdx.NewBOMEncoder(&out, cdx.BOMFileFormatJSON).SetPretty(true).SetEscapeHTML(false).Encode(bom)
	return out.Bytes(), err
}

// licencesOf tells which licences the sources of a module come with.
func (b *biller) licencesOf(c cdx.Component) (cdx.Licenses, error) {
	module := c.Name + "@" + c.Version
	if found, ok := b.licences[module]; ok {
		return found, nil
	}
	dir := b.dirs[module]
	if c.Name == "std" {
		dir = b.goroot
	}
	if dir == "" {
		return nil, nil
	}
	ids, err := licences.In(dir)
	if err != nil {
		return nil, err
	}
	var found cdx.Licenses
	for _, id := range ids {
		found = append(found, cdx.LicenseChoice{License: &cdx.License{ID: id}})
	}
	b.licences[module] = found
	return found, nil
}

// refer makes an artifact that holds the bill and refers to the image (OCI image
// specification, manifest.md, "Guidelines for artifact usage"), by which
// registries and scanners find it.
func refer(rel release, p program, arch string, img v1.Image, bill []byte) (v1.Image, error) {
	subject, err := partial.Descriptor(img)
	if err != nil {
		return nil, err
	}
	layer := static.NewLayer(bill, mediaCycloneDX)
	held, err := partial.Descriptor(layer)
	if err != nil {
		return nil, err
	}
	held.Annotations = map[string]string{"org.opencontainers.image.title": billName(p, arch)}
	config := static.NewLayer([]byte("{}"), mediaEmpty)
	configured, err := partial.Descriptor(config)
	if err != nil {
		return nil, err
	}
	manifest, err := json.Marshal(v1.Manifest{
		SchemaVersion: 2, MediaType: types.OCIManifestSchema1, ArtifactType: mediaCycloneDX,
		Config: *configured, Layers: []v1.Descriptor{*held},
		Subject:     &v1.Descriptor{MediaType: subject.MediaType, Digest: subject.Digest, Size: subject.Size},
		Annotations: map[string]string{"org.opencontainers.image.created": rel.created.Format(time.RFC3339)},
	})
	if err != nil {
		return nil, err
	}
	return partial.CompressedToImage(artifact{manifest: manifest, layer: layer})
}

func billName(p program, arch string) string { return p.name + "-" + arch + ".cdx.json" }

// artifact is a manifest with one layer and the empty configuration.
type artifact struct {
	manifest []byte
	layer    v1.Layer
}

func (a artifact) RawManifest() ([]byte, error)   { return a.manifest, nil }
func (a artifact) RawConfigFile() ([]byte, error) { return []byte("{}"), nil }

func (a artifact) MediaType() (types.MediaType, error)                    { return types.OCIManifestSchema1, nil }
func (a artifact) LayerByDigest(v1.Hash) (partial.CompressedLayer, error) { return a.layer, nil }
