package chart

import (
	"strings"
	"testing"
)

const meta = `name: a, namespace: news, labels: {app.kubernetes.io/name: x, app.kubernetes.io/instance: r, app.kubernetes.io/version: "1", app.kubernetes.io/managed-by: Helm, app.kubernetes.io/part-of: x}`

const deployment = `apiVersion: apps/v1
kind: Deployment
metadata: {` + meta + `}
spec:
  strategy: {type: RollingUpdate}
  selector: {matchLabels: {app: a}}
  template:
    metadata: {labels: {app: a}}
    spec:
      serviceAccountName: own
      automountServiceAccountToken: false
      enableServiceLinks: false
      securityContext: {runAsNonRoot: true, runAsUser: 65532, runAsGroup: 65532, seccompProfile: {type: RuntimeDefault}}
      containers:
        - name: c
          image: x
          ports: [{name: health, containerPort: 8080}]
          env: [{name: GOMEMLIMIT, value: 230MiB}]
          resources: {requests: {cpu: 1m, memory: 1Mi}, limits: {memory: 256Mi}}
          securityContext: {allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: {drop: [ALL]}}
          volumeMounts: [{name: v, mountPath: /v}]
      volumes: [{name: v, secret: {secretName: given, items: [{key: k, path: k}]}}]
`

const service = "---\napiVersion: v1\nkind: Service\nmetadata: {" + meta + "}\nspec: {selector: {app: a}, ports: [{name: h, port: 80, targetPort: health}]}\n"

const account = "---\napiVersion: v1\nkind: ServiceAccount\nmetadata: {name: own}\n"

const secret = "---\napiVersion: v1\nkind: Secret\nmetadata: {name: given}\ndata: {k: aa==}\n"

func TestFaults(t *testing.T) {
	for name, c := range map[string]struct{ stream, old, new, want string }{
		"right":              {deployment + service, "", "", ""},
		"twice":              {deployment + "---\n" + deployment, "", "", "stands twice"},
		"elsewhere":          {deployment, "namespace: news", "namespace: other", `is in the namespace "other"`},
		"long name":          {deployment, "name: a, ", "name: " + strings.Repeat("a", 64) + ", ", "64 characters"},
		"bad name":           {deployment, "name: a, ", "name: A, ", "lowercase"},
		"bad label":          {deployment, `version: "1"`, `version: "1+2"`, "app.kubernetes.io/version"},
		"lacking label":      {deployment, "app.kubernetes.io/part-of: x", "other: x", "lacks the label app.kubernetes.io/part-of"},
		"selector":           {deployment, "matchLabels: {app: a}", "matchLabels: {app: b}", "does not take its own pods"},
		"selector of others": {deployment + "---\n" + strings.Replace(deployment, "name: a, ", "name: b, ", 1), "", "", "takes the pods of"},
		"strategy":           {deployment, "strategy: {type: RollingUpdate}", "strategy: {}", "has no type"},
		"strategy of others": {deployment, "type: RollingUpdate}", "type: Recreate, rollingUpdate: {maxSurge: 1}}", "it recreates its pods"},
		"service":            {deployment + service, "selector: {app: a}", "selector: {app: b}", "selects no pod"},
		"port of a service":  {deployment + service, "targetPort: health", "targetPort: helth", "opens no port helth"},
	} {
		t.Run(name, func(t *testing.T) {
			expect(t, Faults(objects(t, strings.Replace(c.stream, c.old, c.new, 1)), "news"), c.want)
		})
	}
}

func TestInsecure(t *testing.T) {
	for name, c := range map[string]struct{ old, new, want string }{
		"right":            {"", "", ""},
		"root":             {"runAsNonRoot: true, runAsUser: 65532", "runAsUser: 0", "runAsNonRoot"},
		"no seccomp":       {", seccompProfile: {type: RuntimeDefault}", "", "seccompProfile"},
		"escalation":       {"allowPrivilegeEscalation: false, ", "", "allowPrivilegeEscalation"},
		"capabilities":     {"drop: [ALL]", "drop: [NET_RAW]", "unrestricted capabilities"},
		"host path":        {"secret: {secretName: given, items: [{key: k, path: k}]}", "hostPath: {path: /}", "hostPath"},
		"token":            {"automountServiceAccountToken: false", "hostname: a", "token"},
		"default account":  {"serviceAccountName: own", "hostname: a", "no service account"},
		"service links":    {"enableServiceLinks: false", "hostname: a", "variables of all services"},
		"writable":         {"readOnlyRootFilesystem: true, ", "", "root file system"},
		"no request":       {"cpu: 1m, ", "", "requests no cpu"},
		"no limit":         {"limits: {memory: 256Mi}", "limits: {cpu: 1}", "memory has no limit"},
		"no GOMEMLIMIT":    {"GOMEMLIMIT", "GOMEMLIMITS", "GOMEMLIMIT is not set"},
		"GOMEMLIMIT, all":  {"230MiB", "256MiB", "100 % of the memory limit"},
		"GOMEMLIMIT, unit": {"230MiB", "230Mi", "is no size"},
	} {
		t.Run(name, func(t *testing.T) {
			pods := Pods(objects(t, strings.Replace(deployment, c.old, c.new, 1)))
			faults, err := Insecure(pods[0])
			if err != nil {
				t.Fatal(err)
			}
			expect(t, faults, c.want)
		})
	}
}

func TestDangling(t *testing.T) {
	hook := func(annotations, doc string) string {
		return strings.Replace(doc, "metadata: {", "metadata: {annotations: {"+annotations+"}, ", 1)
	}
	const early, late = `helm.sh/hook: "pre-install,pre-upgrade", helm.sh/hook-weight: "-5"`, `helm.sh/hook: "pre-install,pre-upgrade"`
	for name, c := range map[string]struct {
		stream string
		values map[string]any
		want   string
	}{
		"right":                  {deployment + account + secret, nil, ""},
		"given by the user":      {deployment + account, map[string]any{"a": []any{map[string]any{"b": "given"}}}, ""},
		"lacking":                {deployment + account, nil, "Secret/given, which is not there"},
		"lacking key":            {deployment + account + strings.Replace(secret, "k:", "l:", 1), nil, "needs the key k"},
		"lacking volume":         {strings.Replace(deployment, "volumes: [{name: v", "volumes: [{name: w", 1) + account + secret, nil, "Volume/v"},
		"hook needs the release": {hook(late, deployment) + account + secret, nil, "ServiceAccount/own, which is not there"},
		"hook before":            {hook(late, deployment) + hook(early, account) + hook(early, secret), nil, ""},
		"hook at the same time":  {hook(late, deployment) + hook(late, account) + hook(early, secret), nil, "ServiceAccount/own"},
		"release needs a hook":   {deployment + account + hook(early, secret), nil, "Secret/given"},
		"test needs the release": {hook("helm.sh/hook: test", deployment) + account + secret, nil, ""},
	} {
		t.Run(name, func(t *testing.T) {
			expect(t, Dangling(&Rendered{Objects: objects(t, c.stream), Values: c.values}), c.want)
		})
	}
}

// expect wants no fault, or one that says want.
func expect(t *testing.T, faults []string, want string) {
	t.Helper()
	all := strings.Join(faults, "\n")
	if want == "" && all != "" || !strings.Contains(all, want) {
		t.Errorf("want %q:\n%s", want, all)
	}
}
