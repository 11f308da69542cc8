package chart

import (
	"fmt"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"helm.sh/helm/v3/pkg/chartutil"
	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/yaml"
)

const (
	chartDir  = "../../deploy/helm/pressmill"
	namespace = "news"
)

// cases are the values files of the chart, by name.
func cases(t *testing.T) map[string]map[string]any {
	t.Helper()
	files, err := filepath.Glob(chartDir + "/ci/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no values files: %v", err)
	}
	all := map[string]map[string]any{}
	for _, file := range files {
		values, err := chartutil.ReadValuesFile(file)
		if err != nil {
			t.Fatalf("read %s: %v", file, err)
		}
		all[strings.TrimSuffix(filepath.Base(file), ".yaml")] = values
	}
	return all
}

// values reads values as they would stand in a file.
func values(t *testing.T, text string) map[string]any {
	t.Helper()
	all, err := chartutil.ReadValues([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func render(t *testing.T, values map[string]any, release Release) *Rendered {
	t.Helper()
	r, err := Render(chartDir, values, release)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// TestValuesFiles renders every values file for several releases and looks at
// all that comes out.
func TestValuesFiles(t *testing.T) {
	for name, values := range cases(t) {
		for variant, release := range map[string]Release{
			"install": {Name: "pressmill", Namespace: namespace},
			"upgrade": {Name: strings.Repeat("r", 53), Namespace: namespace, Upgrade: true, Kubernetes: "1.37.0"},
		} {
			t.Run(name+"/"+variant, func(t *testing.T) {
				t.Parallel()
				r := render(t, values, release)
				report(t, Faults(r.Objects, namespace))
				report(t, Dangling(r))
				for _, pod := range Pods(r.Objects) {
					faults, err := Insecure(pod)
					if err != nil {
						t.Fatal(err)
					}
					report(t, faults, pod.Owner)
					report(t, probes(pod), pod.Owner)
					report(t, images(pod), pod.Owner)
				}
				if lines := strings.TrimSpace(r.Notes); lines == "" || strings.Contains(lines, "<no value>") {
					t.Errorf("notes: %s", lines)
				}
			})
		}
	}
}

func report(t *testing.T, faults []string, about ...any) {
	t.Helper()
	for _, fault := range faults {
		t.Error(append(about, fault)...)
	}
}

// probes says what is wrong with the probes and ports of a pod that runs on:
// each asks a port that a container opens, and a worker's is the one that its
// flag -health names; a worker is alive by its heartbeat alone.
func probes(pod Pod) []string {
	idle := pod.Component() == "operator" // in which commands are run
	if idle || pod.Spec.RestartPolicy == corev1.RestartPolicyNever || pod.Spec.RestartPolicy == corev1.RestartPolicyOnFailure {
		return nil
	}
	var faults []string
	for _, c := range pod.Spec.Containers {
		for name, probe := range map[string]*corev1.Probe{"startup": c.StartupProbe, "liveness": c.LivenessProbe, "readiness": c.ReadinessProbe} {
			if probe == nil || probe.HTTPGet == nil {
				faults = append(faults, fmt.Sprintf("%s: no %s probe over HTTP", c.Name, name))
				continue
			}
			port, ok := containerPort(pod, probe.HTTPGet.Port.String())
			if !ok {
				faults = append(faults, fmt.Sprintf("%s: the %s probe asks the port %s", c.Name, name, probe.HTTPGet.Port.String()))
			}
			if health, ok := flagOf(c, "health"); ok && health != fmt.Sprintf(":%d", port.ContainerPort) {
				faults = append(faults, fmt.Sprintf("%s: the %s probe asks port %d, health is answered on %s", c.Name, name, port.ContainerPort, health))
			}
		}
	}
	return faults
}

// flagOf is the value of a flag of a container, as "-name=value".
func flagOf(c corev1.Container, name string) (string, bool) {
	for _, arg := range c.Args {
		if value, ok := strings.CutPrefix(strings.TrimLeft(arg, "-"), name+"="); ok {
			return value, true
		}
	}
	return "", false
}

// images says which images of a pod could be another tomorrow.
func images(pod Pod) []string {
	var faults []string
	for _, c := range pod.Containers() {
		if !regexp.MustCompile(`^[^:@]+(:\d+)?[^:@]*(:[^:@/]+|@sha256:[0-9a-f]{64})$`).MatchString(c.Image) || strings.HasSuffix(c.Image, ":latest") {
			faults = append(faults, fmt.Sprintf("%s: image %s", c.Name, c.Image))
		}
	}
	return faults
}

// pick returns the object of a kind whose name has the ending; nil if there is none.
func pick[T any](r *Rendered, ending string) T {
	for _, o := range r.Objects {
		if object, ok := o.Spec.(T); ok && strings.HasSuffix(o.GetName(), ending) {
			return object
		}
	}
	var none T
	return none
}

func component(t *testing.T, r *Rendered, name string) Pod {
	t.Helper()
	for _, pod := range Pods(r.Objects) {
		if pod.Component() == name {
			return pod
		}
	}
	t.Fatalf("no pod of the component %s", name)
	return Pod{}
}

// TestWorkload: without any values there is one of each stage, NATS and the Job.
func TestWorkload(t *testing.T) {
	r := render(t, nil, Release{Name: "r", Namespace: namespace})
	var kinds []string
	for _, o := range r.Objects {
		if t := template(o); t != nil {
			kinds = append(kinds, o.Kind+" "+t.Labels["app.kubernetes.io/component"])
		}
	}
	for _, want := range []string{"Deployment crawler", "Deployment parser", "Deployment sink", "StatefulSet nats", "Job topology"} {
		if !slices.Contains(kinds, want) {
			t.Errorf("no %s among %q", want, kinds)
		}
	}
}

// TestTopologyJob: it is a hook where NATS is there before, of a rollback too, as
// workers take no topology but their own, and no hook where NATS is part of the
// release, as `helm --wait` would wait for ever.
func TestTopologyJob(t *testing.T) {
	for name, values := range cases(t) {
		r := render(t, values, Release{Name: "r", Namespace: namespace})
		for _, o := range r.Objects {
			job, ok := o.Spec.(*batchv1.Job)
			if !ok || job.Spec.Template.Labels["app.kubernetes.io/component"] != "topology" {
				continue
			}
			var want []string
			if pick[*appsv1.StatefulSet](r, "-nats") == nil {
				want = []string{"pre-install", "pre-upgrade", "pre-rollback"}
			}
			if hooks := Hooks(o); !slices.Equal(hooks, want) {
				t.Errorf("%s: the Job is a hook of %q, want %q", name, hooks, want)
			}
			// A Job that has failed is not made again by an upgrade that changes nothing.
			if waits := job.Spec.ActiveDeadlineSeconds == nil; waits != (want == nil) {
				t.Errorf("%s: the Job waits for its servers for ever: %v", name, waits)
			}
		}
	}
}

// TestHooksAreDeleted: an uninstall leaves no orphan of a hook.
func TestHooksAreDeleted(t *testing.T) {
	for name, values := range cases(t) {
		for _, o := range render(t, values, Release{Name: "r", Namespace: namespace}).Objects {
			hooks := Hooks(o)
			if len(hooks) == 0 {
				continue
			}
			if policy := o.GetAnnotations()["helm.sh/hook-delete-policy"]; !strings.Contains(policy, "before-hook-creation") || !strings.Contains(policy, "hook-succeeded") {
				t.Errorf("%s: %s: is deleted at %q", name, o, policy)
			}
		}
	}
}

// TestGracePeriods: a worker has at least what it may take to finish, 40 s.
func TestGracePeriods(t *testing.T) {
	for name, values := range cases(t) {
		r := render(t, values, Release{Name: "r", Namespace: namespace})
		for _, stage := range []string{"crawler", "parser", "sink"} {
			if grace := component(t, r, stage).Spec.TerminationGracePeriodSeconds; grace == nil || *grace < 45 {
				t.Errorf("%s: %s: a grace period of %v", name, stage, grace)
			}
		}
	}
	for _, stage := range []string{"crawler", "parser", "sink"} {
		refused(t, stage+": {terminationGracePeriodSeconds: 40}", "minimum")
	}
}

// TestChecksum: what a worker reads restarts it when it changes, and nothing
// else does.
func TestChecksum(t *testing.T) {
	before := render(t, nil, Release{Name: "r", Namespace: namespace})
	held := cluster(before.Objects)
	for name, c := range map[string]struct {
		values   string
		restarts []string
	}{
		"nothing":         {"{}", nil},
		"replicas":        {"crawler: {replicas: 5}", nil},
		"sources":         {"sources: {items: [{id: x, seeds: ['https://x.example/']}]}", nil},
		"crawler":         {"config: {crawler: {slots: 9}}", []string{"crawler"}},
		"parser":          {"config: {parser: {workers: 2}}", []string{"parser"}},
		"rules":           {"rules: {files: {x.yaml: 'a: b'}}", []string{"parser"}},
		"sinks":           {"config: {sinks: [{name: a, url: 'file:///articles/a'}]}", []string{"sink"}},
		"log":             {"config: {log: {level: debug}}", []string{"crawler", "parser", "sink"}},
		"NATS":            {"nats: {extraConfig: 'debug: true'}", []string{"nats"}},
		"version of NATS": {"commonAnnotations: {a: b}", nil},
	} {
		t.Run(name, func(t *testing.T) {
			after := render(t, values(t, c.values), Release{Name: "r", Namespace: namespace, Upgrade: true, Cluster: held})
			var restarts []string
			for _, stage := range []string{"crawler", "parser", "sink", "nats"} {
				old, now := component(t, before, stage), component(t, after, stage)
				if !maps.Equal(old.Meta.Annotations, now.Meta.Annotations) {
					restarts = append(restarts, stage)
				}
			}
			if !slices.Equal(restarts, c.restarts) {
				t.Errorf("restarts %q, want %q", restarts, c.restarts)
			}
		})
	}
}

// TestWhatExistsIsReadAgain: a change of the user's own ConfigMaps and Secrets
// reaches, at the next upgrade, those who read them.
func TestWhatExistsIsReadAgain(t *testing.T) {
	of := values(t, `
sources: {existingConfigMap: sources}
rules: {existingConfigMap: rules}
nats:
  auth: {existingSecrets: {crawler: c, parser: p, sink: s, operator: o}}
  tls: {existingSecret: tls}
`)
	look := func(changed string) map[string]string {
		var held strings.Builder
		for _, name := range []string{"sources", "rules"} {
			fmt.Fprintf(&held, "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: %s, namespace: %s}\ndata: {a: v%t}\n", name, namespace, name == changed)
		}
		for _, name := range []string{"c", "p", "s", "o", "tls"} {
			value := map[bool]string{false: "b25l", true: "dHdv"}[name == changed]
			fmt.Fprintf(&held, "---\napiVersion: v1\nkind: Secret\nmetadata: {name: %s, namespace: %s}\ndata: {nkey: %s, tls.crt: %s, ca.crt: b25l}\n", name, namespace, value, value)
		}
		r := render(t, of, Release{Name: "r", Namespace: namespace, Upgrade: true, Cluster: cluster(objects(t, held.String()))})
		seen := map[string]string{}
		for _, pod := range Pods(r.Objects) {
			seen[pod.Component()] = pod.Owner.GetName() + pod.Meta.Annotations["checksum/config"]
		}
		return seen
	}
	before := look("")
	for changed, want := range map[string][]string{
		"sources": {"topology"}, "rules": {"parser"}, "c": {"crawler", "nats"}, "s": {"nats", "sink"}, "tls": {"nats"},
	} {
		var got []string
		for component, now := range look(changed) {
			if now != before[component] {
				got = append(got, component)
			}
		}
		if slices.Sort(got); !slices.Equal(got, want) {
			t.Errorf("a change of %s reaches %q, want %q", changed, got, want)
		}
	}
}

// TestSecretsAreKept: an upgrade finds what an installation made.
func TestSecretsAreKept(t *testing.T) {
	first := render(t, nil, Release{Name: "r", Namespace: namespace})
	second := render(t, nil, Release{Name: "r", Namespace: namespace, Upgrade: true, Cluster: cluster(first.Objects)})
	n := 0
	for _, o := range first.Objects {
		secret, ok := o.Spec.(*corev1.Secret)
		if !ok {
			continue
		}
		n++
		if again := pick[*corev1.Secret](second, o.GetName()); again == nil || !maps.EqualFunc(secret.Data, again.Data, slices.Equal) {
			t.Errorf("%s is another one after an upgrade", o)
		}
	}
	if n != 5 {
		t.Errorf("%d Secrets: want one of each role, and that of TLS", n)
	}
}

func TestDigests(t *testing.T) {
	digest := "sha256:" + strings.Repeat("ab", 32)
	pinned := fmt.Sprintf("{image: {digest: %q}}", digest)
	r := render(t, values(t, fmt.Sprintf("image: {registry: registry.example:5000/a}\ncrawler: %[1]s\nparser: %[1]s\nsink: %[1]s\noperator: %[1]s\nnats: %[1]s", pinned)), Release{Name: "r", Namespace: namespace})
	for _, pod := range Pods(r.Objects) {
		for _, c := range pod.Containers() {
			if name, found := strings.CutSuffix(c.Image, "@"+digest); !found || strings.Contains(strings.TrimPrefix(name, "registry.example:5000"), ":") {
				t.Errorf("%s: %s: image %s", pod.Owner, c.Name, c.Image)
			}
		}
	}
}

// TestPoliciesCoverEveryPod: no pod is without a policy for both directions.
func TestPoliciesCoverEveryPod(t *testing.T) {
	for name, values := range cases(t) {
		r := render(t, values, Release{Name: "r", Namespace: namespace})
		if enabled, _ := chartutil.Values(r.Values).PathValue("networkPolicy.enabled"); enabled == false {
			continue
		}
		n := NewNetwork(r.Objects)
		for _, pod := range Pods(r.Objects) {
			peer := PeerOf(pod)
			if len(n.of(peer, "Ingress")) == 0 || len(n.of(peer, "Egress")) == 0 {
				t.Errorf("%s: %s: no policy holds it", name, pod.Owner)
			}
		}
	}
}

// configOf is the configuration that a release's workers read.
func configOf(t *testing.T, r *Rendered) map[string]any {
	t.Helper()
	all := map[string]any{}
	if err := yaml.Unmarshal([]byte(pick[*corev1.ConfigMap](r, "-config").Data["config.yaml"]), &all); err != nil {
		t.Fatal(err)
	}
	return all
}
