package main

import (
	"encoding/base64"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/registry"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/validate"
)

// serveRegistry starts a registry that lets in only whom docker's configuration
// has credentials of, and returns its address and a path.
func serveRegistry(t *testing.T, referrers bool) string {
	t.Helper()
	handler := registry.New(registry.WithReferrersSupport(referrers), registry.Logger(log.New(io.Discard, "", 0)))
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if user, password, _ := r.BasicAuth(); user != "anna" || password != "secret" {
			w.Header().Set("WWW-Authenticate", `Basic realm="registry"`)
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		handler.ServeHTTP(w, r)
	}))
	t.Cleanup(srv.Close)
	host := strings.TrimPrefix(srv.URL, "http://")
	config := t.TempDir()
	auth := base64.StdEncoding.EncodeToString([]byte("anna:secret"))
	writeFile(t, filepath.Join(config, "config.json"), `{"auths": {"`+host+`": {"auth": "`+auth+`"}}}`)
	t.Setenv("DOCKER_CONFIG", config)
	return host + "/news"
}

// TestPush pushes to registries that know of referrers and to those that do not,
// and pulls.
func TestPush(t *testing.T) {
	_, r := buildProbe(t)
	credentials := remote.WithAuthFromKeychain(authn.DefaultKeychain)
	for _, referrers := range []bool{true, false} {
		to := serveRegistry(t, referrers)
		for range 2 { // the second time everything is there
			if err := r.push(t.Context(), to); err != nil {
				t.Fatal(err)
			}
		}
		for _, line := range r.references(to) {
			tag, digest, _ := strings.Cut(line, "@")
			index := must(remote.Index(must(name.ParseReference(tag))(t), credentials))(t)
			if err := validate.Index(index); err != nil {
				t.Error(err)
			}
			if got := must(index.Digest())(t).String(); got != digest {
				t.Errorf("%s is %s, not %s", tag, got, digest)
			}
		}
		for _, a := range r.archs {
			checkReferrer(t, credentials, must(name.NewRepository(to+"/probe"))(t), a)
		}
	}
}

// checkReferrer finds the bill of materials by the digest of its image.
func checkReferrer(t *testing.T, credentials remote.Option, repo name.Repository, a archImage) {
	t.Helper()
	found := must(must(remote.Referrers(repo.Digest(a.digest.String()), credentials))(t).IndexManifest())(t)
	if len(found.Manifests) != 1 {
		t.Fatalf("referrers of the image for %s: %+v", a.arch, found.Manifests)
	}
	img := must(remote.Image(repo.Digest(found.Manifests[0].Digest.String()), credentials))(t)
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
