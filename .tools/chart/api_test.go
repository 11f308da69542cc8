package chart

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"helm.sh/helm/v3/pkg/chartutil"
	corev1 "k8s.io/api/core/v1"
)

// TestAPI has a real API server look at every object of every values file, by a
// dry run with strict validation in a namespace under Pod Security "restricted".
// Warnings fail, as they are how the server tells what it would refuse later.
// Accounts of pods are made, as a server takes none without its own. The cluster is
// as before when it ends: the namespace goes, and KEDA's definitions if they were
// not there.
func TestAPI(t *testing.T) {
	if os.Getenv("PRESSMILL_KUBECONFIG") == "" {
		t.Skip("make test-api KUBECONFIG=... runs it")
	}
	const namespace = "pressmill-test-api"
	kubectl(t, namespaceYAML(namespace), "create", "-f", "-")
	t.Cleanup(func() { kubectl(t, "", "delete", "namespace", namespace, "--wait=false") })
	if kubectl(t, "", "get", "crd", "scaledobjects.keda.sh", "--ignore-not-found", "-o", "name") == "" {
		definitions, err := CRDs()
		if err != nil {
			t.Fatal(err)
		}
		files := []string{"-f", filepath.Join(definitions, "keda.sh_scaledobjects.yaml"), "-f", filepath.Join(definitions, "keda.sh_triggerauthentications.yaml")}
		kubectl(t, "", append([]string{"apply", "--server-side"}, files...)...)
		t.Cleanup(func() { kubectl(t, "", append([]string{"delete"}, files...)...) })
		kubectl(t, "", "wait", "--for=condition=Established", "crd/scaledobjects.keda.sh", "crd/triggerauthentications.keda.sh")
	}
	for name, given := range cases(t) {
		t.Run(name, func(t *testing.T) {
			r := render(t, chartutil.MergeTables(values(t, anyCluster), given), Release{Name: "r", Namespace: namespace, Kubernetes: "1.37.0"})
			var all bytes.Buffer
			for _, o := range r.Objects {
				all.WriteString("---\n")
				all.Write(o.Raw)
				if pod, ok := o.Spec.(*corev1.Pod); ok {
					account := "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: " + pod.Spec.ServiceAccountName + ", namespace: " + namespace + "}\n"
					kubectl(t, account, "apply", "-f", "-")
				}
			}
			out := kubectl(t, all.String(), "apply", "--dry-run=server", "--validate=strict", "-f", "-")
			if n := strings.Count(out, "(server dry run)"); n != len(r.Objects) || strings.Contains(out, "Warning") {
				t.Errorf("%d of %d objects are taken:\n%s", n, len(r.Objects), out)
			}
			t.Logf("%d objects", len(r.Objects))
		})
	}
	if out, err := try(strings.Replace(wrong, "name: wrong", "name: wrong, namespace: "+namespace, 1), "apply", "--dry-run=server", "--validate=strict", "-f", "-"); err == nil {
		t.Errorf("a wrong object is taken: %s", out)
	}
}

// anyCluster are values in place of what not every cluster has.
const anyCluster = "{crawler: &any {priorityClassName: ''}, parser: *any, sink: *any, operator: *any, nats: *any}"

// wrong is what no strict server takes.
const wrong = "apiVersion: v1\nkind: Service\nmetadata: {name: wrong}\nspec: {port: 80, ports: [{port: 80}]}"

func namespaceYAML(name string) string {
	return "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: " + name + "\n  labels:\n" +
		"    pod-security.kubernetes.io/enforce: restricted\n    pod-security.kubernetes.io/warn: restricted\n"
}

// kubectl runs it on the cluster of PRESSMILL_KUBECONFIG with input, and returns
// what it says.
func kubectl(t *testing.T, input string, args ...string) string {
	t.Helper()
	out, err := try(input, args...)
	if err != nil {
		t.Fatalf("kubectl %q: %v\n%s", args, err, out)
	}
	return out
}

func try(input string, args ...string) (string, error) {
	cmd := exec.Command("kubectl", append([]string{"--kubeconfig", os.Getenv("PRESSMILL_KUBECONFIG")}, args...)...)
	cmd.Stdin = strings.NewReader(input)
	out, err := cmd.CombinedOutput()
	return string(out), err
}
