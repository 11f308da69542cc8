package helm_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"pressmill/deploy/pressmill/demo"
)

// scale sets the workers of each stage.
func (c *cluster) scale(replicas int) {
	c.Helper()
	c.say("%d workers of each stage", replicas)
	for _, stage := range stages {
		c.kube("scale", "deployment/"+release+"-"+stage, fmt.Sprintf("--replicas=%d", replicas))
	}
}

// hasNotRestarted wants workers that waited for their servers, and did not end
// to be started again.
func (c *cluster) hasNotRestarted() {
	c.Helper()
	for _, pod := range c.pods("crawler", "parser", "sink", "nats") {
		for _, container := range pod.Status.Containers {
			if container.Restarts > 0 {
				c.Errorf("%s was restarted %d times", pod.Metadata.Name, container.Restarts)
			}
		}
	}
}

// stopAtRandom deletes n pods, one after the other, as a drain or an autoscaler
// would, and returns how long the slowest took to stop.
func (c *cluster) stopAtRandom(n int) (slowest time.Duration) {
	c.Helper()
	for i := range n {
		pod, found := c.anyPod(stages[i%len(stages)])
		if !found {
			continue
		}
		start := time.Now()
		c.kube("delete", "pod", pod)
		took := time.Since(start)
		c.say("stopped %s in %.0f s", pod, took.Seconds())
		slowest = max(slowest, took)
	}
	return slowest
}

// killAtRandom kills n pods without a word, one after the other.
func (c *cluster) killAtRandom(n int) {
	c.Helper()
	for i := range n {
		if pod, found := c.anyPod(stages[i%len(stages)]); found {
			c.kube("delete", "pod", pod, "--grace-period=0", "--force")
			c.say("killed %s", pod)
		}
		time.Sleep(3 * time.Second)
	}
}

func (c *cluster) anyPod(component string) (name string, found bool) {
	c.Helper()
	pods := c.pods(component)
	if len(pods) == 0 {
		return "", false
	}
	return pods[rand.IntN(len(pods))].Metadata.Name, true
}

// crawl is a site's being crawled.
type crawl struct {
	s        *site
	began    time.Time
	requests []demo.Request
}

func (s *site) watch() *crawl { return &crawl{s: s, began: time.Now()} }

// until waits until that share of the articles was asked for.
func (cr *crawl) until(share float64) {
	c, s := cr.s.c, cr.s
	c.Helper()
	deadline, said := time.Now().Add(5*time.Minute), time.Time{}
	for {
		cr.requests = recorded[demo.Request](s, "/_requests")
		waiting := s.waiting(cr.requests)
		done := len(s.truth) - len(waiting)
		if float64(done) >= share*float64(len(s.truth)) {
			c.say("%s: %d of %d articles were asked for, after %.0f s", s.Name, done, len(s.truth), time.Since(cr.began).Seconds())
			return
		}
		if time.Now().After(deadline) {
			c.Errorf("%s: only %d of %d articles were asked for:\n%s", s.Name, done, len(s.truth), stuck(waiting))
			return
		}
		if time.Since(said) > 15*time.Second {
			c.say("%s: %d of %d", s.Name, done, len(s.truth))
			said = time.Now()
		}
		time.Sleep(2 * time.Second)
	}
}

// stuck counts what waits by host.
func stuck(waiting map[string]bool) string {
	hosts := map[string]int{}
	for u := range waiting {
		hosts[strings.Join(strings.SplitN(u, "/", 4)[:3], "/")]++
	}
	return fmt.Sprint(hosts)
}

// tools is a pod with the operator's program, of the same account, secrets and
// volumes as the topology's Job.
type tools struct{ c *cluster }

func (c *cluster) tools() *tools {
	c.Helper()
	jobs := c.get("jobs", "-l", "app.kubernetes.io/component=topology,app.kubernetes.io/instance="+release)
	if len(jobs) == 0 {
		c.Fatal("there is no Job of the topology")
	}
	var job struct {
		Template struct {
			Metadata map[string]any `json:"metadata"`
			Spec     map[string]any `json:"spec"`
		} `json:"template"`
	}
	if err := json.Unmarshal(jobs[len(jobs)-1].Spec, &job); err != nil {
		c.Fatal(err)
	}
	spec := job.Template.Spec
	container := spec["containers"].([]any)[0].(map[string]any) //nolint:forcetypeassert // as the API has it
	container["name"], container["args"] = "tools", []string{"demo", "serve", "-listen", "127.0.0.1:8080"}
	spec["containers"], spec["restartPolicy"], spec["terminationGracePeriodSeconds"] = []any{container}, "Never", 5
	delete(spec, "initContainers")
	labels := map[string]string{"app": "tools"}
	for _, key := range []string{"app.kubernetes.io/name", "app.kubernetes.io/instance", "app.kubernetes.io/component"} {
		labels[key] = jobs[0].Metadata.Labels[key]
	}
	pod, err := json.Marshal(map[string]any{
		"apiVersion": "v1", "kind": "Pod", "metadata": map[string]any{"name": "tools", "labels": labels}, "spec": spec,
	})
	if err != nil {
		c.Fatal(err)
	}
	c.apply(string(pod))
	c.kube("wait", "--for=condition=Ready", "pod/tools", "--timeout=120s")
	return &tools{c}
}

// run runs a command of the program.
func (t *tools) run(stdin string, args ...string) string {
	t.c.Helper()
	args = append([]string{"-n", t.c.namespace, "exec", "-i", "tools", "--", "/pressmill"}, append(args, "-config=/etc/pressmill/config/config.yaml")...)
	return t.c.must(t.c.try(t.c.Context(), stdin, t.c.kubectl, args...))
}

// collect makes a site known to the crawlers.
func (t *tools) collect(s *site) {
	t.c.Helper()
	t.c.say("%s", strings.TrimSpace(t.run(s.source(), "sources", "apply", "-f", "-")))
}

func (t *tools) remove() { t.c.kube("delete", "pod", "tools") }

// followLogs keeps the logs of every pod of the release, also of those that
// are gone before the test is over.
func (c *cluster) followLogs() {
	followed := map[string]bool{}
	go func() {
		for c.Context().Err() == nil {
			pods, _ := c.tryGet("pods", "-l", "app.kubernetes.io/instance="+release)
			for _, pod := range pods {
				if name := pod.Metadata.Name; pod.Status.Phase == "Running" && !followed[name] {
					followed[name] = true
					c.follow(name)
				}
			}
			time.Sleep(time.Second)
		}
	}()
}

func (c *cluster) follow(pod string) {
	file, err := os.Create(filepath.Join(c.dir, pod+".log"))
	if err != nil {
		return
	}
	cmd := exec.CommandContext(c.Context(), c.kubectl, "-n", c.namespace, "logs", "-f", pod)
	cmd.Stdout, cmd.Stderr = file, file
	go func() {
		defer func() { _ = file.Close() }()
		_ = cmd.Run() // ends with the pod
	}()
}
