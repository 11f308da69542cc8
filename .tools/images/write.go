package main

import (
	"archive/tar"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"time"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/partial"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
)

// The annotations that name an image in a layout: its tag, by the OCI image
// specification, and all of its name, as containerd looks for it.
const (
	refName       = "org.opencontainers.image.ref.name"
	containerName = "io.containerd.image.name"
)

// write replaces what an earlier run left of the image in dir.
func (r *result) write(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	place := filepath.Join(dir, r.program.name)
	if err := os.RemoveAll(place); err != nil {
		return err
	}
	if err := r.writeLayout(place); err != nil {
		return err
	}
	for _, a := range r.archs {
		if err := os.WriteFile(filepath.Join(dir, billName(r.program, a.arch)), a.bill, 0o644); err != nil {
			return err
		}
		if err := r.writeArchive(filepath.Join(dir, r.program.name+"-"+a.arch+".tar"), a); err != nil {
			return err
		}
	}
	return nil
}

// writeLayout writes the index under each tag, and the artifacts that refer to
// its images.
func (r *result) writeLayout(dir string) error {
	to, err := layout.Write(dir, empty.Index)
	if err != nil {
		return err
	}
	for _, tag := range r.program.tags {
		if err := to.AppendIndex(r.index, layout.WithAnnotations(map[string]string{refName: tag})); err != nil {
			return err
		}
	}
	for _, a := range r.archs {
		if err := to.WriteImage(a.referrer); err != nil {
			return err
		}
		d, err := partial.Descriptor(a.referrer)
		if err != nil {
			return err
		}
		d.ArtifactType = mediaCycloneDX
		if err := to.AppendDescriptor(*d); err != nil {
			return err
		}
	}
	return nil
}

// writeArchive writes one image as a tar file that is both an OCI layout, which
// containerd and newer tools read, so that the image keeps its digest, and what
// `docker load` has always read.
func (r *result) writeArchive(file string, a archImage) error {
	f, err := os.Create(file)
	if err != nil {
		return err
	}
	defer f.Close()
	tw := tar.NewWriter(f)
	if err := addBlobs(tw, a.image); err != nil {
		return err
	}
	if err := r.addNames(tw, a.image); err != nil {
		return err
	}
	if err := tw.Close(); err != nil {
		return err
	}
	return f.Close()
}

func addBlobs(tw *tar.Writer, img v1.Image) error {
	layers, err := img.Layers()
	if err != nil {
		return err
	}
	config, err := partial.ConfigLayer(img)
	if err != nil {
		return err
	}
	for _, l := range append(layers, config) {
		if err := addBlob(tw, l); err != nil {
			return err
		}
	}
	digest, err := img.Digest()
	if err != nil {
		return err
	}
	manifest, err := img.RawManifest()
	if err != nil {
		return err
	}
	return add(tw, blob(digest), manifest)
}

func addBlob(tw *tar.Writer, l v1.Layer) error {
	digest, err := l.Digest()
	if err != nil {
		return err
	}
	r, err := l.Compressed()
	if err != nil {
		return err
	}
	defer r.Close()
	body, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	return add(tw, blob(digest), body)
}

func blob(digest v1.Hash) string { return path.Join("blobs", digest.Algorithm, digest.Hex) }

// addNames adds the files that say which blob is what: oci-layout and index.json
// of the OCI layout, manifest.json of docker's archives.
func (r *result) addNames(tw *tar.Writer, img v1.Image) error {
	d, err := partial.Descriptor(runnable{img})
	if err != nil {
		return err
	}
	index := v1.IndexManifest{SchemaVersion: 2}
	docker, err := dockerDescriptor(img)
	if err != nil {
		return err
	}
	for _, tag := range r.program.tags {
		named := repository + "/" + r.program.name + ":" + tag
		docker.RepoTags = append(docker.RepoTags, named)
		entry := *d
		entry.Annotations = map[string]string{refName: tag, containerName: "docker.io/" + named}
		index.Manifests = append(index.Manifests, entry)
	}
	for _, f := range []struct {
		name string
		body any
	}{
		{"oci-layout", map[string]string{"imageLayoutVersion": "1.0.0"}},
		{"index.json", index},
		{"manifest.json", tarball.Manifest{docker}},
	} {
		body, err := json.Marshal(f.body)
		if err != nil {
			return err
		}
		if err := add(tw, f.name, body); err != nil {
			return err
		}
	}
	return nil
}

func dockerDescriptor(img v1.Image) (tarball.Descriptor, error) {
	var d tarball.Descriptor
	manifest, err := img.Manifest()
	if err != nil {
		return d, err
	}
	d.Config = blob(manifest.Config.Digest)
	for _, l := range manifest.Layers {
		d.Layers = append(d.Layers, blob(l.Digest))
	}
	return d, nil
}

func add(tw *tar.Writer, name string, body []byte) error {
	h := &tar.Header{Typeflag: tar.TypeReg, Name: name, Mode: 0o644, Size: int64(len(body)), ModTime: time.Unix(0, 0)}
	if err := tw.WriteHeader(h); err != nil {
		return err
	}
	_, err := io.Copy(tw, bytes.NewReader(body))
	return err
}

// push uploads the index under each tag, then what refers to its images. A
// registry that has some of it is not sent that again.
func (r *result) push(ctx context.Context, registry string) error {
	options := []remote.Option{remote.WithContext(ctx), remote.WithAuthFromKeychain(authn.DefaultKeychain)}
	repo, err := name.NewRepository(registry + "/" + r.program.name)
	if err != nil {
		return err
	}
	for _, tag := range r.program.tags {
		if err := remote.WriteIndex(repo.Tag(tag), r.index, options...); err != nil {
			return fmt.Errorf("push %s: %w", repo.Tag(tag), err)
		}
	}
	for _, a := range r.archs {
		digest, err := a.referrer.Digest()
		if err != nil {
			return err
		}
		if err := remote.Write(repo.Digest(digest.String()), a.referrer, options...); err != nil {
			return fmt.Errorf("push bill of materials: %w", err)
		}
	}
	return nil
}
