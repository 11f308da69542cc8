package helm_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// cluster is a namespace of a real cluster, worked on with kubectl and helm as
// anyone would. What goes wrong ends the test.
type cluster struct {
	*testing.T

	kubectl, helm string
	namespace     string
	dir           string // of what is kept of the test
	start         time.Time
}

const release = "pressmill"

// say prints a line of progress at once; Log would hold it back to the end.
func (c *cluster) say(format string, args ...any) {
	fmt.Fprintf(os.Stderr, "%5.0fs  %s\n", time.Since(c.start).Seconds(), fmt.Sprintf(format, args...))
}

// try runs a command with a standard input.
func (c *cluster) try(ctx context.Context, stdin string, name string, args ...string) (stdout string, err error) {
	var out, errs bytes.Buffer
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(stdin), &out, &errs
	if err := cmd.Run(); err != nil {
		return out.String(), fmt.Errorf("%s %s: %w\n%s", filepath.Base(name), strings.Join(args, " "), err, strings.TrimSpace(errs.String()))
	}
	return out.String(), nil
}

// tryKube is try for kubectl in the namespace.
func (c *cluster) tryKube(args ...string) (string, error) {
	return c.try(c.Context(), "", c.kubectl, append([]string{"-n", c.namespace}, args...)...)
}

func (c *cluster) kube(args ...string) string {
	c.Helper()
	return c.must(c.tryKube(args...))
}

func (c *cluster) must(out string, err error) string {
	c.Helper()
	if err != nil {
		c.Fatal(err)
	}
	return out
}

// apply applies manifests.
func (c *cluster) apply(manifest string, args ...string) {
	c.Helper()
	args = append([]string{"-n", c.namespace, "apply", "-f", "-"}, args...)
	c.must(c.try(c.Context(), manifest, c.kubectl, args...))
}

// helmDo runs helm in the namespace and says how long it took.
func (c *cluster) helmDo(args ...string) string {
	c.Helper()
	start := time.Now()
	out := c.must(c.try(c.Context(), "", c.helm, append([]string{"-n", c.namespace}, args...)...))
	c.say("helm %s: %.0f s", args[0], time.Since(start).Seconds())
	return out
}

// object is what the test reads of any object.
type object struct {
	Kind     string `json:"kind"`
	Metadata struct {
		Name        string            `json:"name"`
		Labels      map[string]string `json:"labels"`
		Annotations map[string]string `json:"annotations"`
		Deleted     string            `json:"deletionTimestamp"`
	} `json:"metadata"`
	Spec   json.RawMessage `json:"spec"`
	Status struct {
		Phase      string `json:"phase"`
		PodIP      string `json:"podIP"`
		Containers []struct {
			Ready    bool `json:"ready"`
			Restarts int  `json:"restartCount"`
		} `json:"containerStatuses"`
	} `json:"status"`
}

// get lists objects: kinds and flags of kubectl get.
func (c *cluster) get(args ...string) []object {
	c.Helper()
	objects, err := c.tryGet(args...)
	if err != nil {
		c.Fatal(err)
	}
	return objects
}

func (c *cluster) tryGet(args ...string) ([]object, error) {
	out, err := c.tryKube(append([]string{"get", "-o", "json", "--ignore-not-found"}, args...)...)
	if err != nil || out == "" {
		return nil, err
	}
	var list struct {
		Items []object `json:"items"`
	}
	if err := json.Unmarshal([]byte(out), &list); err != nil {
		return nil, err
	}
	if list.Items == nil {
		var one object
		if err := json.Unmarshal([]byte(out), &one); err != nil {
			return nil, err
		}
		if one.Kind != "List" {
			list.Items = []object{one}
		}
	}
	return list.Items, nil
}

// pods returns the pods of components of the release that are not on their way
// out.
func (c *cluster) pods(components ...string) (pods []object) {
	c.Helper()
	selector := fmt.Sprintf("app.kubernetes.io/instance=%s,app.kubernetes.io/component in (%s)", release, strings.Join(components, ","))
	for _, pod := range c.get("pods", "-l", selector) {
		if pod.Metadata.Deleted == "" && pod.Status.Phase == "Running" {
			pods = append(pods, pod)
		}
	}
	return pods
}

// proxied asks a pod's port over HTTP, by way of the API server.
func (c *cluster) proxied(pod string, port int, path string) (string, error) {
	return c.tryKube("get", "--raw", fmt.Sprintf("/api/v1/namespaces/%s/pods/%s:%d/proxy%s", c.namespace, pod, port, path))
}

// within tries something again until it is done.
func (c *cluster) within(limit time.Duration, what string, done func() error) {
	c.Helper()
	deadline := time.Now().Add(limit)
	for {
		err := done()
		if err == nil {
			return
		}
		if time.Now().After(deadline) {
			c.Fatalf("%s: not within %s: %v", what, limit, err)
		}
		time.Sleep(2 * time.Second)
	}
}

// keep writes a file of what is kept.
func (c *cluster) keep(name, content string) {
	if err := os.WriteFile(filepath.Join(c.dir, name), []byte(content), 0o644); err != nil {
		c.Error(err)
	}
}

// collect keeps what tells why a test failed.
func (c *cluster) collect() {
	c.say("keeping events and descriptions in %s", c.dir)
	ctx, cancel := context.WithTimeout(context.WithoutCancel(c.Context()), time.Minute)
	defer cancel()
	for name, args := range map[string][]string{
		"objects.txt":  {"get", "all,pvc,configmaps,secrets,networkpolicies", "-o", "wide"},
		"events.txt":   {"get", "events", "--sort-by=.lastTimestamp"},
		"describe.txt": {"describe", "pods,jobs,pvc"},
	} {
		out, err := c.try(ctx, "", c.kubectl, append([]string{"-n", c.namespace}, args...)...)
		if err != nil {
			out += err.Error()
		}
		c.keep(name, out)
	}
}
