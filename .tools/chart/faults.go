package chart

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/validation"
)

// Faults lists what an API server would refuse, or what would come to nothing:
// names and labels out of bounds, objects that stand twice or elsewhere than in
// the namespace, selectors that find no pod, services without a port behind
// them. Further objects of the user may leave their namespace to Helm.
func Faults(objects []Object, namespace string) []string {
	var faults []string
	seen := map[string]bool{}
	pods := Pods(objects)
	for _, o := range objects {
		add := func(format string, args ...any) {
			faults = append(faults, o.String()+": "+fmt.Sprintf(format, args...))
		}
		key := o.Kind + "/" + o.GetName()
		if seen[key] {
			add("stands twice")
		}
		seen[key] = true
		if at := o.GetNamespace(); at != namespace && !everywhere(o) && (at != "" || o.GetLabels()["app.kubernetes.io/component"] != "extra") {
			add("is in the namespace %q", o.GetNamespace())
		}
		for _, fault := range slices.Concat(names(o), marks(o), selectors(o, pods)) {
			add("%s", fault)
		}
	}
	return faults
}

// everywhere says whether objects of the kind have no namespace.
func everywhere(o Object) bool {
	return slices.Contains([]string{"Namespace", "ClusterRole", "ClusterRoleBinding", "PriorityClass", "StorageClass"}, o.Kind)
}

// names checks the object's name: at most 63 characters, so that it fits into
// labels, and for what becomes host names by their stricter rule. A Job's pods
// carry its name as a label, a StatefulSet's also a number or a revision.
func names(o Object) []string {
	check, limit := validation.IsDNS1123Subdomain, 63
	switch o.Kind {
	case "Service":
		check = validation.IsDNS1035Label
	case "StatefulSet":
		check, limit = validation.IsDNS1123Label, 52
	case "Pod", "Deployment", "Job":
		check = validation.IsDNS1123Label
	case "CronJob":
		limit = 52
	}
	faults := check(o.GetName())
	if n := len(o.GetName()); n > limit {
		faults = append(faults, fmt.Sprintf("its name has %d characters", n))
	}
	return faults
}

// marks checks labels and annotations, those of pods included, and that the
// labels by which tools know a release are there.
func marks(o Object) []string {
	faults := badLabels(o.GetLabels())
	faults = append(faults, badKeys(o.GetAnnotations())...)
	for _, label := range []string{"name", "instance", "version", "managed-by", "part-of"} {
		if o.GetLabels()["app.kubernetes.io/"+label] == "" {
			faults = append(faults, "lacks the label app.kubernetes.io/"+label)
		}
	}
	if t := template(o); t != nil {
		faults = append(faults, badLabels(t.Labels)...)
		faults = append(faults, badKeys(t.Annotations)...)
	}
	return faults
}

func badLabels(set map[string]string) []string {
	faults := badKeys(set)
	for key, value := range set {
		for _, fault := range validation.IsValidLabelValue(value) {
			faults = append(faults, fmt.Sprintf("label %s: %s", key, fault))
		}
	}
	return faults
}

func badKeys(set map[string]string) []string {
	var faults []string
	for key := range set {
		for _, fault := range validation.IsQualifiedName(strings.ToLower(key)) {
			faults = append(faults, fmt.Sprintf("key %s: %s", key, fault))
		}
	}
	return faults
}

// selectors checks that what selects pods finds some, and that of controllers
// finds those of the object itself and of no other.
func selectors(o Object, pods []Pod) []string {
	if s := selector(o); s != nil {
		return ownPods(o, s, pods)
	}
	switch spec := o.Spec.(type) {
	case *corev1.Service:
		if len(spec.Spec.Selector) == 0 {
			return nil
		}
		return servicePorts(spec, found(&metav1.LabelSelector{MatchLabels: spec.Spec.Selector}, pods))
	case *policyv1.PodDisruptionBudget:
		return needPods(spec.Spec.Selector, pods)
	case *networkingv1.NetworkPolicy:
		return append(needPods(&spec.Spec.PodSelector, pods), blocks(spec)...)
	}
	return nil
}

func ownPods(o Object, s *metav1.LabelSelector, pods []Pod) []string {
	faults := spread(o)
	own := false
	for _, pod := range found(s, pods) {
		if pod.Owner.Kind == o.Kind && pod.Owner.GetName() == o.GetName() {
			own = true
			continue
		}
		faults = append(faults, "its selector takes the pods of "+pod.Owner.String())
	}
	if !own {
		faults = append(faults, "its selector does not take its own pods")
	}
	for _, key := range []string{"app.kubernetes.io/version", "helm.sh/chart"} {
		if _, ok := s.MatchLabels[key]; ok {
			faults = append(faults, "its selector, which cannot be changed, has the label "+key)
		}
	}
	return faults
}

// spread checks that constraints among a controller's own pods select them, that
// a StatefulSet names a service, and that a Deployment's strategy is one.
func spread(o Object) []string {
	var faults []string
	t := template(o)
	if d, ok := o.Spec.(*appsv1.Deployment); ok {
		faults = append(faults, strategy(d.Spec.Strategy)...)
	}
	for _, c := range t.Spec.TopologySpreadConstraints {
		if !matches(c.LabelSelector, t.Labels) || c.LabelSelector == nil {
			faults = append(faults, "its pods are spread by "+c.TopologyKey+" by labels that they lack")
		}
	}
	if set, ok := o.Spec.(*appsv1.StatefulSet); ok && set.Spec.ServiceName == "" {
		faults = append(faults, "it names no service")
	}
	return faults
}

// strategy checks that a strategy says its type, which would otherwise be
// another one's after a change, and has parameters of that alone.
func strategy(s appsv1.DeploymentStrategy) []string {
	switch {
	case s.Type == "":
		return []string{"its strategy has no type"}
	case s.Type == appsv1.RecreateDeploymentStrategyType && s.RollingUpdate != nil:
		return []string{"it recreates its pods, and has parameters of a rolling update"}
	}
	return nil
}

func needPods(s *metav1.LabelSelector, pods []Pod) []string {
	if len(found(s, pods)) == 0 {
		return []string{"it selects no pod"}
	}
	return nil
}

// blocks checks that the ranges of a policy are such, and that what they leave
// out lies in them and is smaller.
func blocks(policy *networkingv1.NetworkPolicy) []string {
	var faults []string
	var peers []networkingv1.NetworkPolicyPeer
	for _, rule := range policy.Spec.Egress {
		peers = append(peers, rule.To...)
	}
	for _, rule := range policy.Spec.Ingress {
		peers = append(peers, rule.From...)
	}
	for _, peer := range peers {
		if peer.IPBlock == nil {
			continue
		}
		cidr, err := netip.ParsePrefix(peer.IPBlock.CIDR)
		if err != nil || cidr != cidr.Masked() {
			faults = append(faults, peer.IPBlock.CIDR+" is no range")
		}
		for _, text := range peer.IPBlock.Except {
			if except, err := netip.ParsePrefix(text); err != nil || except.Bits() <= cidr.Bits() || !cidr.Contains(except.Addr()) {
				faults = append(faults, text+" is no part of "+peer.IPBlock.CIDR)
			}
		}
	}
	return faults
}

// found are the pods that a selector takes; no selector takes none.
func found(s *metav1.LabelSelector, pods []Pod) []Pod {
	parsed, err := metav1.LabelSelectorAsSelector(s)
	if err != nil {
		return nil
	}
	var taken []Pod
	for _, pod := range pods {
		if parsed.Matches(labels.Set(pod.Meta.Labels)) {
			taken = append(taken, pod)
		}
	}
	return taken
}

func servicePorts(service *corev1.Service, pods []Pod) []string {
	if len(pods) == 0 {
		return []string{"it selects no pod"}
	}
	var faults []string
	for _, port := range service.Spec.Ports {
		for _, pod := range pods {
			if _, ok := containerPort(pod, port.TargetPort.String()); !ok && port.TargetPort.String() != "0" {
				faults = append(faults, fmt.Sprintf("port %s: %s opens no port %s", port.Name, pod.Owner, port.TargetPort.String()))
			}
		}
	}
	return faults
}

// containerPort finds a port of a pod by its name or number.
func containerPort(pod Pod, port string) (corev1.ContainerPort, bool) {
	for _, c := range pod.Containers() {
		for _, p := range c.Ports {
			if p.Name == port || fmt.Sprint(p.ContainerPort) == port {
				return p, true
			}
		}
	}
	return corev1.ContainerPort{}, false
}
