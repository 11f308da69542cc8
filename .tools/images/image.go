package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/partial"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"pressmill/tools/images/licences"
	"pressmill/tools/images/rootfs"
)

// assemble makes the images of a program whose binaries lie at work/ARCH/NAME.
func assemble(ctx context.Context, opts options, p program, base v1.Layer, bills *biller, work string) (*result, error) {
	r := &result{program: p, created: opts.release.created.Format(time.RFC3339)}
	labels := opts.release.labels(p)
	adds := []mutate.IndexAddendum{}
	for _, arch := range opts.archs {
		a, err := assembleArch(ctx, opts, p, base, bills, arch, filepath.Join(work, arch, p.name))
		if err != nil {
			return nil, err
		}
		r.archs = append(r.archs, a)
		adds = append(adds, mutate.IndexAddendum{Add: runnable{a.image}, Descriptor: v1.Descriptor{
			Platform: &v1.Platform{OS: "linux", Architecture: arch},
		}})
	}
	index := mutate.AppendManifests(mutate.IndexMediaType(empty.Index, types.OCIImageIndex), adds...)
	r.index = mutate.Annotations(index, labels).(v1.ImageIndex)
	var err error
	r.digest, err = r.index.Digest()
	return r, err
}

// runnable keeps the type of an artifact out of the descriptor of an image: by
// one, tools tell what cannot be run.
type runnable struct{ v1.Image }

func (runnable) ArtifactType() (string, error) { return "", nil }

func assembleArch(ctx context.Context, opts options, p program, base v1.Layer, bills *biller, arch, binary string) (archImage, error) {
	a := archImage{arch: arch}
	body, err := os.ReadFile(binary)
	if err != nil {
		return a, err
	}
	modules, err := licences.Of(ctx, opts.root, buildEnv(arch), p.pkg)
	if err != nil {
		return a, err
	}
	texts, err := licences.Texts(modules)
	if err != nil {
		return a, fmt.Errorf("read licences: %w", err)
	}
	files := []rootfs.File{{Name: p.name, Mode: 0o755, Body: body}, {Name: rootfs.Licences, Mode: 0o644, Body: texts}}
	if a.image, err = imageOf(opts.release, p, base, arch, files); err != nil {
		return a, err
	}
	if a.digest, err = a.image.Digest(); err != nil {
		return a, err
	}
	if a.compressed, a.uncompressed, err = sizes(a.image); err != nil {
		return a, err
	}
	if a.bill, err = bills.bill(p, binary); err != nil {
		return a, err
	}
	a.referrer, err = refer(opts.release, p, arch, a.image, a.bill)
	return a, err
}

// imageOf puts the program's files on top of the base, which all images share.
func imageOf(rel release, p program, base v1.Layer, arch string, files []rootfs.File) (v1.Image, error) {
	layer, err := layerOf(files)
	if err != nil {
		return nil, err
	}
	labels := rel.labels(p)
	img, err := mutate.ConfigFile(oci(empty.Image), &v1.ConfigFile{
		OS: "linux", Architecture: arch, Created: v1.Time{Time: rel.created}, RootFS: v1.RootFS{Type: "layers"},
		Config: v1.Config{
			User: rootfs.User, Entrypoint: []string{"/" + p.name}, Env: []string{"PATH=/"},
			WorkingDir: "/", Labels: labels,
		},
	})
	if err != nil {
		return nil, err
	}
	history := func(what string) v1.History {
		return v1.History{Created: v1.Time{Time: rel.created}, CreatedBy: what}
	}
	img, err = mutate.Append(img,
		mutate.Addendum{Layer: base, History: history("certificates, time zones, users, /tmp")},
		mutate.Addendum{Layer: layer, History: history("/" + p.name + ", /" + rootfs.Licences)})
	if err != nil {
		return nil, err
	}
	return mutate.Annotations(img, labels).(v1.Image), nil
}

func oci(img v1.Image) v1.Image {
	return mutate.ConfigMediaType(mutate.MediaType(img, types.OCIManifestSchema1), types.OCIConfigJSON)
}

// labels are the predefined annotations of the OCI image specification
// (annotations.md) of a program.
func (rel release) labels(p program) map[string]string {
	labels := map[string]string{
		"title":       p.name,
		"description": p.description,
		"version":     p.version,
		"licenses":    "Apache-2.0",
		"vendor":      "Pressmill",
		"created":     rel.created.Format(time.RFC3339),
		"revision":    rel.revision,
		"source":      rel.source,
	}
	maps.DeleteFunc(labels, func(_, value string) bool { return value == "" })
	named := make(map[string]string, len(labels))
	for key, value := range labels {
		named["org.opencontainers.image."+key] = value
	}
	return named
}

func baseLayer(goroot string) (v1.Layer, error) {
	files, err := rootfs.Files(goroot)
	if err != nil {
		return nil, err
	}
	return layerOf(files)
}

// layerOf makes a layer whose bytes follow from the files alone: owners, times
// and order are fixed.
func layerOf(files []rootfs.File) (v1.Layer, error) {
	var buf bytes.Buffer
	tw := tar.NewWriter(&buf)
	for _, f := range files {
		if err := addFile(tw, f); err != nil {
			return nil, err
		}
	}
	if err := tw.Close(); err != nil {
		return nil, err
	}
	open := func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(buf.Bytes())), nil }
	return tarball.LayerFromOpener(open, tarball.WithMediaType(types.OCILayer),
		tarball.WithCompressionLevel(gzip.DefaultCompression), tarball.WithCompressedCaching)
}

func addFile(tw *tar.Writer, f rootfs.File) error {
	h := &tar.Header{
		Typeflag: tar.TypeReg, Name: f.Name, Mode: int64(f.Mode.Perm()), Size: int64(len(f.Body)),
		ModTime: time.Unix(0, 0), Format: tar.FormatUSTAR,
	}
	if f.Mode.IsDir() {
		h.Typeflag, h.Name = tar.TypeDir, f.Name+"/"
	}
	if f.Mode&fs.ModeSticky != 0 {
		h.Mode |= 0o1000
	}
	if err := tw.WriteHeader(h); err != nil {
		return err
	}
	_, err := tw.Write(f.Body)
	return err
}

// sizes are those of the layers, in bytes: what is pulled, and what it takes
// when it is unpacked.
func sizes(img v1.Image) (compressed, uncompressed int64, err error) {
	layers, err := img.Layers()
	if err != nil {
		return 0, 0, err
	}
	for _, l := range layers {
		size, err := l.Size()
		if err != nil {
			return 0, 0, err
		}
		full, err := partial.UncompressedSize(l)
		if err != nil {
			return 0, 0, err
		}
		compressed, uncompressed = compressed+size, uncompressed+full
	}
	return compressed, uncompressed, nil
}
