package main

import (
	"io"
	"log"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/registry"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/validate"
)

// TestPush pushes to registries that know of referrers and to those that do not,
// and pulls.
func TestPush(t *testing.T) {
	_, r := buildProbe(t)
	for _, referrers := range []bool{true, false} {
		srv := httptest.NewServer(registry.New(registry.WithReferrersSupport(referrers), registry.Logger(log.New(io.Discard, "", 0))))
		defer srv.Close()
		to := strings.TrimPrefix(srv.URL, "http://") + "/news"
		for range 2 { // the second time everything is there
			if err := r.push(t.Context(), to); err != nil {
				t.Fatal(err)
			}
		}
		for _, line := range r.references(to) {
			tag, digest, _ := strings.Cut(line, "@")
			index := must(remote.Index(must(name.ParseReference(tag))(t)))(t)
			if err := validate.Index(index); err != nil {
				t.Error(err)
			}
			if got := must(index.Digest())(t).String(); got != digest {
				t.Errorf("%s is %s, not %s", tag, got, digest)
			}
		}
		for _, a := range r.archs {
			checkReferrer(t, must(name.NewRepository(to+"/probe"))(t), a)
		}
	}
}

// checkReferrer finds the bill of materials by the digest of its image.
func checkReferrer(t *testing.T, repo name.Repository, a archImage) {
	t.Helper()
	found := must(must(remote.Referrers(repo.Digest(a.digest.String())))(t).IndexManifest())(t)
	if len(found.Manifests) != 1 {
		t.Fatalf("referrers of the image for %s: %+v", a.arch, found.Manifests)
	}
	img := must(remote.Image(repo.Digest(found.Manifests[0].Digest.String())))(t)
	if m := must(img.Manifest())(t); m.ArtifactType != mediaCycloneDX || m.Subject.Digest != a.digest {
		t.Errorf("the artifact of %s is a %s of %s", a.arch, m.ArtifactType, m.Subject.Digest)
	}
	layers := must(img.Layers())(t)
	body := must(layers[0].Compressed())(t)
	defer body.Close()
	if got := must(io.ReadAll(body))(t); string(got) != string(a.bill) {
		t.Errorf("the bill that was pushed for %s differs", a.arch)
	}
}
