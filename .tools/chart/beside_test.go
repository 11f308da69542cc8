package chart

import (
	"slices"
	"testing"

	corev1 "k8s.io/api/core/v1"
)

const taint = "articles"

// TestBesideTheSinks: a volume that one node at a time can have is mounted by
// sinks and by the console, so that each is placed where the other is: a sink
// that an update placed on another node would wait for the volume for ever.
func TestBesideTheSinks(t *testing.T) {
	for modes, together := range map[string]bool{"ReadWriteOnce": true, "ReadWriteMany": false} {
		r := render(t, values(t, "operator: {console: {enabled: true}}\nsink: {persistence: {accessModes: ["+modes+"]}, tolerations: [{key: "+taint+"}]}"),
			Release{Name: "r", Namespace: namespace})
		sink, console := component(t, r, "sink"), component(t, r, "operator")
		if near := hasAffinity(sink.Spec, func(a *corev1.PodAffinity) bool { return len(a.PreferredDuringSchedulingIgnoredDuringExecution) == 1 }); near != together {
			t.Errorf("%s: sinks prefer the console's node: %v", modes, near)
		}
		if near := hasAffinity(console.Spec, func(a *corev1.PodAffinity) bool { return len(a.RequiredDuringSchedulingIgnoredDuringExecution) == 1 }); near != together {
			t.Errorf("%s: the console has to be on the sinks' node: %v", modes, near)
		}
		tolerates := slices.ContainsFunc(console.Spec.Tolerations, func(t corev1.Toleration) bool { return t.Key == taint })
		if together && !tolerates {
			t.Errorf("%s: the console may not be on the sinks' node", modes)
		}
	}
	r := render(t, values(t, "sink: {affinity: {nodeAffinity: {}}}\noperator: {console: {enabled: true}}"), Release{Name: "r", Namespace: namespace})
	if a := component(t, r, "sink").Spec.Affinity; a.PodAffinity != nil {
		t.Error("an affinity of the user's is not kept as it is")
	}
}

func hasAffinity(pod corev1.PodSpec, has func(*corev1.PodAffinity) bool) bool {
	return pod.Affinity != nil && pod.Affinity.PodAffinity != nil && has(pod.Affinity.PodAffinity)
}
