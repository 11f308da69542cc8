// Package chart looks at what deploy/helm/pressmill renders to, as an API
// server, an admission controller and a network would: Render runs Helm's own
// engine, Decode is strict about every field, Faults finds what does not fit
// together, and Network says who may talk to whom.
package chart

import (
	"bufio"
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"helm.sh/helm/v3/pkg/chart"
	"helm.sh/helm/v3/pkg/chart/loader"
	"helm.sh/helm/v3/pkg/chartutil"
	"helm.sh/helm/v3/pkg/engine"
	"k8s.io/apimachinery/pkg/util/yaml"
)

// Release is what Helm knows of an installation.
type Release struct {
	Name, Namespace string
	Upgrade         bool
	Kubernetes      string                // version, as in 1.33.0; "" is the oldest that the chart takes
	Cluster         engine.ClientProvider // what the function lookup finds; nil: nothing, as in a dry run
}

// oldest is the Kubernetes version that charts are rendered for by default.
const oldest = "1.29.0"

// Rendered is the outcome of a chart and its values.
type Rendered struct {
	Objects []Object
	Notes   string
	Values  map[string]any // the chart's with the user's over them
}

// Render renders the chart in dir with values over its own. Values that
// values.schema.json refuses are an error, as is an object that does not
// decode (Decode); all of these come back joined.
func Render(dir string, values map[string]any, release Release) (*Rendered, error) {
	c, err := loader.Load(dir)
	if err != nil {
		return nil, fmt.Errorf("load chart: %w", err)
	}
	if err := chartutil.ProcessDependenciesWithMerge(c, values); err != nil {
		return nil, fmt.Errorf("process dependencies: %w", err)
	}
	caps, err := release.capabilities()
	if err != nil {
		return nil, err
	}
	all, err := chartutil.ToRenderValues(c, values, chartutil.ReleaseOptions{
		Name: release.Name, Namespace: release.Namespace, Revision: 1, IsInstall: !release.Upgrade, IsUpgrade: release.Upgrade,
	}, caps)
	if err != nil {
		return nil, err
	}
	files, err := release.files(c, all)
	if err != nil {
		return nil, err
	}
	return decodeFiles(files, all["Values"].(chartutil.Values))
}

func (r Release) files(c *chart.Chart, values chartutil.Values) (map[string]string, error) {
	if r.Cluster == nil {
		return engine.Render(c, values)
	}
	return engine.RenderWithClientProvider(c, values, r.Cluster)
}

func (r Release) capabilities() (*chartutil.Capabilities, error) {
	version, err := chartutil.ParseKubeVersion("v" + cmp.Or(r.Kubernetes, oldest))
	if err != nil {
		return nil, fmt.Errorf("parse Kubernetes version: %w", err)
	}
	caps := chartutil.DefaultCapabilities.Copy()
	caps.KubeVersion = *version
	caps.APIVersions = append(slices.Clone(caps.APIVersions), "keda.sh/v1alpha1")
	return caps, nil
}

func decodeFiles(files map[string]string, values map[string]any) (*Rendered, error) {
	r := &Rendered{Values: values}
	var errs []error
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if strings.HasSuffix(name, "NOTES.txt") {
			r.Notes = files[name]
			continue
		}
		objects, err := Decode(name, []byte(files[name]))
		r.Objects = append(r.Objects, objects...)
		errs = append(errs, err)
	}
	return r, errors.Join(errs...)
}

// documents splits a YAML stream; what holds only comments is left out.
func documents(data []byte) ([][]byte, error) {
	var docs [][]byte
	reader := yaml.NewYAMLReader(bufio.NewReader(bytes.NewReader(data)))
	for {
		doc, err := reader.Read()
		if errors.Is(err, io.EOF) {
			return docs, nil
		}
		if err != nil {
			return nil, err
		}
		if !blank(doc) {
			docs = append(docs, doc)
		}
	}
}

func blank(doc []byte) bool {
	for line := range bytes.Lines(doc) {
		line = bytes.TrimSpace(line)
		if len(line) > 0 && line[0] != '#' && !bytes.Equal(line, []byte("---")) {
			return false
		}
	}
	return true
}
