package chart

import (
	"strings"
	"testing"
)

func TestDecode(t *testing.T) {
	const service = "apiVersion: v1\nkind: Service\nmetadata: {name: a}\n"
	const scaled = "apiVersion: keda.sh/v1alpha1\nkind: ScaledObject\nmetadata: {name: a}\nspec:\n  scaleTargetRef: {name: a}\n"
	for name, c := range map[string]struct{ doc, want string }{
		"right":                {service + "spec: {ports: [{port: 80, targetPort: http}]}", ""},
		"comments only":        {"# nothing\n---\n", ""},
		"unknown field":        {service + "spec: {port: 80}", `unknown field "spec.port"`},
		"unknown field, case":  {service + "spec: {Ports: []}", `unknown field "spec.Ports"`},
		"key twice":            {service + "spec: {type: ClusterIP, type: NodePort}", `"type" already set`},
		"wrong type":           {service + "spec: {ports: [{port: '80'}]}", "cannot unmarshal string"},
		"no such kind":         {"apiVersion: v1\nkind: Services\nmetadata: {name: a}", "no kind"},
		"no such version":      {"apiVersion: apps/v2\nkind: Deployment\nmetadata: {name: a}", "no kind"},
		"not stable":           {"apiVersion: networking.k8s.io/v1beta1\nkind: IPAddress\nmetadata: {name: a}", "not stable"},
		"no YAML":              {"a: [", "did not find expected"},
		"KEDA":                 {scaled + "  triggers: [{type: nats-jetstream, metadata: {stream: PAGES}}]", ""},
		"KEDA, unknown field":  {scaled + "  trigger: []", "'trigger' not allowed"},
		"KEDA, wrong type":     {scaled + "  maxReplicaCount: many\n  triggers: []", "got string, want integer"},
		"KEDA, lacking":        {scaled, "missing property 'triggers'"},
		"KEDA, no such kind":   {"apiVersion: keda.sh/v1\nkind: ScaledObject\nmetadata: {name: a}", "does not define"},
		"KEDA, key twice":      {scaled + "  triggers: []\n  triggers: []", "already set"},
		"KEDA, int or metrics": {scaled + "  triggers: [{type: cpu, metadata: {}}]\n  advanced: {horizontalPodAutoscalerConfig: {behavior: {scaleDown: {policies: [{type: Pods, value: 1, periodSeconds: 60}]}}}}", ""},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Decode("x.yaml", []byte(c.doc))
			switch {
			case c.want == "" && err != nil:
				t.Error(err)
			case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)):
				t.Errorf("want an error with %q: %v", c.want, err)
			}
		})
	}
}

// objects decodes what tests are given.
func objects(t *testing.T, stream string) []Object {
	t.Helper()
	all, err := Decode("test.yaml", []byte(stream))
	if err != nil {
		t.Fatal(err)
	}
	return all
}
