// Package helm_test tries the chart on a real cluster: `make test-cluster`.
package helm_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// What is asked for by the environment, which the Makefile sets.
const (
	envKubeconfig = "PRESSMILL_KUBECONFIG" // the test is skipped without it
	envValues     = "PRESSMILL_VALUES"     // values files that fit the cluster, comma separated
	envVersions   = "PRESSMILL_VERSIONS"   // tags of the images: installed, and upgraded to; the same one twice if there is one only
	envRegistry   = "PRESSMILL_REGISTRY"   // of the images, if they are not loaded into the nodes
	envKEDA       = "PRESSMILL_KEDA"       // folder with the definitions of KEDA's kinds
	envDir        = "PRESSMILL_ARTIFACTS"  // where logs and events are kept
)

const (
	delay   = 1500 * time.Millisecond // between requests to a host
	patient = 10 * time.Minute        // an ack_wait that nothing may wait out: the test would fail before
	hasty   = 15 * time.Second        // one that killed workers' turns and pages come back after
)

// TestOnACluster installs the chart with one command into a namespace that is
// restricted, crawls while workers are scaled, stopped, upgraded and killed,
// and looks at what was written, how polite it was, and what stays behind.
func TestOnACluster(t *testing.T) {
	c := newCluster(t)
	install := c.newInstall()
	before := c.everything()
	c.acceptsManifests(install)

	calm := c.serveSite("calm", install.image(), 60, 5040, 1)
	install.allow = append(install.allow, calm.ip)
	install.run(change{verb: "install", ackWait: patient, replicas: 1})
	c.followLogs()
	c.hasNotRestarted()
	c.helmDo("test", release, "--timeout", "5m")

	tools := c.tools()
	c.crawlCalmly(calm, tools, install)
	tools.remove()

	rough := c.serveSite("rough", install.image(), 60, 5040, 2)
	install.allow = append(install.allow, rough.ip)
	install.run(change{verb: "upgrade", ackWait: hasty, replicas: 2, workers: 1})
	tools = c.tools()
	c.crawlRoughly(rough, tools, install)
	tools.remove()

	c.rollsBack(install)
	c.kube("delete", "pod,service", "calm", "rough", "--ignore-not-found")
	c.helmDo("uninstall", release, "--wait")
	c.leavesNothing(before)
}

func newCluster(t *testing.T) *cluster {
	kubeconfig := os.Getenv(envKubeconfig)
	if kubeconfig == "" {
		t.Skip("needs a cluster: make test-cluster KUBECONFIG=...")
	}
	t.Setenv("KUBECONFIG", kubeconfig)
	c := &cluster{
		T: t, kubectl: env("KUBECTL", "kubectl"), helm: env("HELM", "helm"), start: time.Now(),
		namespace: fmt.Sprintf("pressmill-%d", time.Now().Unix()), dir: env(envDir, t.TempDir()),
	}
	if err := os.MkdirAll(c.dir, 0o755); err != nil {
		t.Fatal(err)
	}
	c.apply(fmt.Sprintf(`{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": %q, "labels": {
		"pod-security.kubernetes.io/enforce": "restricted", "pod-security.kubernetes.io/warn": "restricted",
		"pod-security.kubernetes.io/audit": "restricted"}}}`, c.namespace))
	c.say("namespace %s, under Pod Security restricted", c.namespace)
	t.Cleanup(func() {
		if t.Failed() {
			c.collect()
		}
		ctx, cancel := context.WithTimeout(context.Background(), 3*time.Minute)
		defer cancel()
		if _, err := c.try(ctx, "", c.kubectl, "delete", "namespace", c.namespace); err != nil {
			t.Error(err)
		}
	})
	c.within(time.Minute, "the namespace's default account", func() error {
		_, err := c.tryKube("get", "serviceaccount", "default")
		return err
	})
	return c
}

func env(name, otherwise string) string {
	if value := os.Getenv(name); value != "" {
		return value
	}
	return otherwise
}

// install is what the chart is installed with.
type install struct {
	c        *cluster
	chart    string
	values   []string
	versions [2]string
	registry string
	allow    []string // addresses of sites
}

func (c *cluster) newInstall() *install {
	in := &install{c: c, chart: "pressmill", registry: os.Getenv(envRegistry)}
	in.values = strings.FieldsFunc(env(envValues, filepath.Join(in.chart, "ci", "lab.yaml")), func(r rune) bool { return r == ',' })
	versions := strings.Fields(env(envVersions, "0.1.0"))
	in.versions = [2]string{versions[0], versions[len(versions)-1]}
	return in
}

// image is that of the program pressmill.
func (in *install) image() string {
	image := "pressmill/pressmill:" + in.versions[0]
	if in.registry != "" {
		image = strings.TrimSuffix(in.registry, "/") + "/" + image
	}
	return image
}

// change is one command of helm that waits until all is ready.
type change struct {
	verb     string // install or upgrade
	ackWait  time.Duration
	replicas int // of each stage
	// workers and rest are the versions (0 or 1) of the workers, and of what is
	// made of the operator's image: the Job of the topology, and what comes
	// before the servers, which therefore start anew.
	workers, rest int
}

// run runs it. Workers are marked with their version, so that they are new even
// if the images are the same.
func (in *install) run(ch change) {
	in.c.Helper()
	allow := make([]string, len(in.allow))
	for i, ip := range in.allow {
		allow[i] = ip + "/32"
	}
	var values strings.Builder
	fmt.Fprintf(&values, "image: {tag: %q, registry: %q}\nconfig:\n  bus: {ack_wait: %s}\n  crawler: {delay: %s, allow_private: [%s]}\n",
		in.versions[ch.rest], in.registry, ch.ackWait, delay, strings.Join(allow, ", "))
	for _, stage := range stages {
		fmt.Fprintf(&values, "%s: {replicas: %d, image: {tag: %q}, podAnnotations: {test.pressmill/version: %q}}\n",
			stage, ch.replicas, in.versions[ch.workers], strconv.Itoa(ch.workers))
	}
	in.c.keep("values.yaml", values.String())
	args := []string{ch.verb, release, in.chart, "--wait", "--timeout", "5m"}
	for _, file := range append(slices.Clone(in.values), filepath.Join(in.c.dir, "values.yaml")) {
		args = append(args, "-f", file)
	}
	in.c.helmDo(args...)
}

// The Deployments of the chart.
var stages = []string{"crawler", "parser", "sink"}

// crawlCalmly crawls while workers come and go in order: nothing is lost, and
// no turn or page waits until another worker may have it.
func (c *cluster) crawlCalmly(s *site, tools *tools, install *install) {
	tools.collect(s)
	m := c.measure()
	crawl := s.watch()
	c.scale(4)
	crawl.until(0.1)
	c.say("stopping pods at random")
	slowest := c.stopAtRandom(6)
	crawl.until(0.35)
	c.say("upgrading the workers to version %s", install.versions[1])
	install.run(change{verb: "upgrade", ackWait: patient, replicas: 4, workers: 1})
	crawl.until(0.6)
	slowest = max(slowest, c.stopAtRandom(6))
	crawl.until(0.8)
	c.scale(1)
	crawl.until(1)
	m.stop(crawl)
	c.say("the slowest pod took %.0f s to stop", slowest.Seconds())
	s.check(2*time.Minute, delay)
}

// crawlRoughly crawls while workers and the server are killed, and all of it is
// upgraded, the server included.
func (c *cluster) crawlRoughly(s *site, tools *tools, install *install) {
	tools.collect(s)
	crawl := s.watch()
	crawl.until(0.1)
	c.killAtRandom(4)
	c.say("stopping the server in order")
	c.kube("delete", "pod", release+"-nats-0")
	c.kube("rollout", "status", "statefulset/"+release+"-nats", "--timeout=120s")
	c.killAtRandom(4)
	c.say("killing the server")
	c.kube("delete", "pod", release+"-nats-0", "--grace-period=0", "--force")
	c.kube("rollout", "status", "statefulset/"+release+"-nats", "--timeout=120s")
	crawl.until(0.6)
	c.say("upgrading all to version %s", install.versions[1])
	install.run(change{verb: "upgrade", ackWait: hasty, replicas: 2, workers: 1, rest: 1})
	c.killAtRandom(2)
	crawl.until(1)
	s.check(2*time.Minute, delay)
}

// rollsBack repeats an upgrade, which changes nothing, and takes everything
// back to the first release.
func (c *cluster) rollsBack(install *install) {
	names := func() (names []string) {
		for _, pod := range c.pods("crawler", "parser", "sink", "nats") {
			names = append(names, pod.Metadata.Name)
		}
		slices.Sort(names)
		return names
	}
	was := names()
	install.run(change{verb: "upgrade", ackWait: hasty, replicas: 2, workers: 1, rest: 1})
	if now := names(); !slices.Equal(was, now) {
		c.Errorf("an upgrade that changes nothing replaced pods: %v became %v", was, now)
	}
	c.helmDo("rollback", release, "1", "--wait", "--timeout", "5m")
	for _, stage := range stages {
		if image := c.kube("get", "deployment", release+"-"+stage, "-o", "jsonpath={.spec.template.spec.containers[0].image}"); !strings.HasSuffix(image, ":"+install.versions[0]) {
			c.Errorf("after the rollback %s runs %s", stage, image)
		}
	}
	tools := c.tools()
	c.say("after the rollback: %s", strings.TrimSpace(tools.run("", "topology", "check")))
	tools.remove()
}
