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
	"github.com/CycloneDX/cyclonedx-gomod/pkg/licensedetect"
	"github.com/CycloneDX/cyclonedx-gomod/pkg/licensedetect/local"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/partial"
	"github.com/google/go-containerregistry/pkg/v1/static"
	"github.com/google/go-containerregistry/pkg/v1/types"
	"github.com/rs/zerolog"
)

const (
	mediaCycloneDX = "application/vnd.cyclonedx+json"
	mediaEmpty     = "application/vnd.oci.empty.v1+json"
	roots          = "golang.org/x/crypto/x509roots/fallback"
)

// biller writes bills of materials: what Go recorded in a binary, with the
// licence of each module, and what lies beside it in the image. They bear
// neither a time nor a serial number, so they are the same for the same image.
type biller struct {
	detector licensedetect.Detector
	dirs     map[string]string        // of the modules, by path@version
	licences map[string][]cdx.License // found so far, by path@version
	beside   []cdx.Component          // the files of the base layer
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
		detector: local.NewDetector(zerolog.Nop()),
		dirs:     dirs,
		licences: map[string][]cdx.License{},
		beside: []cdx.Component{
			component("ca-certificates", certificates, "pkg:golang/"+roots+"@"+certificates),
			component("tzdata", tools.timezone, "pkg:generic/tzdata@"+tools.timezone),
		},
	}, nil
}

func component(name, version, purl string) cdx.Component {
	return cdx.Component{
		BOMRef: purl, Type: cdx.ComponentTypeData, Name: name, Version: version,
		Scope: cdx.ScopeRequired, PackageURL: purl,
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
	generator, err := bin.NewGenerator(binary, bin.WithIncludeStdlib(true),
		bin.WithVersionOverride(p.version), bin.WithLogger(zerolog.Nop()))
	if err != nil {
		return nil, err
	}
	bom, err := generator.Generate()
	if err != nil {
		return nil, fmt.Errorf("read modules: %w", err)
	}
	for i := range *bom.Components {
		if err := b.license(&(*bom.Components)[i]); err != nil {
			return nil, err
		}
	}
	*bom.Components = append(*bom.Components, b.beside...)
	var out bytes.Buffer
	err = cdx.NewBOMEncoder(&out, cdx.BOMFileFormatJSON).SetPretty(true).SetEscapeHTML(false).Encode(bom)
	return out.Bytes(), err
}

// license records which licence the sources of the module come with, where
// that can be told.
func (b *biller) license(c *cdx.Component) error {
	module := c.Name + "@" + c.Version
	found, ok := b.licences[module]
	if !ok && b.dirs[module] != "" {
		var err error
		if found, err = b.detector.Detect(c.Name, c.Version, b.dirs[module]); err != nil {
			return fmt.Errorf("find licence of %s: %w", module, err)
		}
		b.licences[module] = found
	}
	if len(found) == 0 {
		return nil
	}
	licences := make(cdx.Licenses, len(found))
	for i := range found {
		licences[i] = cdx.LicenseChoice{License: &found[i]}
	}
	c.Evidence = &cdx.Evidence{Licenses: &licences}
	return nil
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
