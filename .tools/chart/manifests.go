package chart

import (
	"bytes"
	"fmt"
	"regexp"
	"slices"

	"helm.sh/helm/v3/pkg/chartutil"
	"helm.sh/helm/v3/pkg/releaseutil"
)

// helmsOwn are the labels that speak of Helm.
var helmsOwn = regexp.MustCompile(`(?m)^ +(helm\.sh/chart|app\.kubernetes\.io/managed-by): .*\n`)

// Manifests renders the chart in dir with a file of values for those without
// Helm: objects in the order in which they are to be applied, without hooks. The
// values must name the Secrets, since none can be made here.
func Manifests(dir, values, namespace string) ([]byte, error) {
	set, err := chartutil.ReadValuesFile(values)
	if err != nil {
		return nil, fmt.Errorf("read values: %w", err)
	}
	r, err := Render(dir, set, Release{Name: "pressmill", Namespace: namespace})
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	out.WriteString("# Rendered from deploy/helm/pressmill by `make manifests`: change values.yaml, and render it again.\n")
	objects := slices.Clone(r.Objects)
	slices.SortStableFunc(objects, func(a, b Object) int {
		return slices.Index(releaseutil.InstallOrder, a.Kind) - slices.Index(releaseutil.InstallOrder, b.Kind)
	})
	for _, o := range objects {
		switch {
		case o.Kind == "Secret":
			return nil, fmt.Errorf("%s: manifests hold no secrets; name an existing one in %s", o, values)
		case len(Hooks(o)) == 0:
			fmt.Fprintf(&out, "---\n%s\n", bytes.TrimSpace(helmsOwn.ReplaceAll(o.Raw, nil)))
		}
	}
	return out.Bytes(), nil
}
