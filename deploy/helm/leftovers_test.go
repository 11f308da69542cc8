package helm_test

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// everything names every object of the namespace, but events, which tell what
// was, and what the cluster keeps for itself beside a Service.
func (c *cluster) everything() (names []string) {
	c.Helper()
	kinds := slices.DeleteFunc(strings.Fields(c.kube("api-resources", "--verbs=list", "--namespaced", "-o", "name")), func(kind string) bool {
		return strings.HasPrefix(kind, "events") || strings.HasPrefix(kind, "endpoint") || strings.HasSuffix(kind, ".metrics.k8s.io")
	})
	names = strings.Fields(c.kube("get", strings.Join(kinds, ","), "-o", "name", "--ignore-not-found"))
	slices.Sort(names)
	return names
}

// leavesNothing wants what was there before, and the volumes that are kept on
// purpose: the articles and the streams.
func (c *cluster) leavesNothing(before []string) {
	c.Helper()
	want := append(slices.Clone(before), "persistentvolumeclaim/"+release+"-articles", "persistentvolumeclaim/data-"+release+"-nats-0")
	slices.Sort(want)
	var now []string
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(2 * time.Second) {
		if now = c.everything(); slices.Equal(want, now) || time.Now().After(deadline) {
			break
		}
	}
	if !slices.Equal(want, now) {
		c.Errorf("after helm uninstall there is\n%s\nwant\n%s", strings.Join(now, "\n"), strings.Join(want, "\n"))
		return
	}
	c.say("nothing is left but the volumes of articles and streams")
}

// acceptsManifests has the API server look at every values file of the chart,
// strictly and with the rules of the namespace, KEDA's kinds included. The pod
// of helm test is left out: a pod is refused whose account does not exist yet.
func (c *cluster) acceptsManifests(in *install) {
	c.Helper()
	c.addKEDA()
	files, err := filepath.Glob(filepath.Join(in.chart, "ci", "*.yaml"))
	if err != nil || len(files) == 0 {
		c.Fatalf("no values files: %v", err)
	}
	for _, file := range files {
		manifest := c.must(c.try(c.Context(), "", c.helm, "-n", c.namespace, "template", release, in.chart, "--skip-tests", "-f", file))
		out, err := c.try(c.Context(), manifest, c.kubectl, "-n", c.namespace, "apply", "--dry-run=server", "--validate=strict", "-f", "-")
		if err != nil {
			c.Errorf("%s: %v", file, err)
			continue
		}
		c.say("%s: %d objects accepted, %d of them of KEDA", filepath.Base(file), strings.Count(out, "dry run"), strings.Count(out, "keda.sh/"))
	}
}

// addKEDA makes KEDA's kinds known for the time of the test, if they are not.
func (c *cluster) addKEDA() {
	c.Helper()
	dir := os.Getenv(envKEDA)
	if c.kube("get", "crd", "scaledobjects.keda.sh", "--ignore-not-found", "-o", "name") != "" || dir == "" {
		return
	}
	c.kube("apply", "--server-side", "-f", dir)
	c.Cleanup(func() {
		_, err := c.try(context.WithoutCancel(c.Context()), "", c.kubectl, "delete", "-f", dir, "--wait=false")
		if err != nil {
			c.Error(err)
		}
	})
	c.within(time.Minute, "KEDA's kinds", func() error { // kubectl will not wait for a kind that has no conditions yet
		_, err := c.tryKube("wait", "--for=condition=Established", "crd/scaledobjects.keda.sh", "--timeout=60s")
		return err
	})
}
