package chart

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// reference is an object that another one needs, and a key of it if only one
// is asked for.
type reference struct{ kind, name, key string }

// Dangling lists references to what is neither rendered nor named in the
// values, as an object of the user's is. A hook finds only what is there when
// Helm runs it: hooks of the same events before it, and, after the
// installation, the release. What is no hook does not rely on hooks, which Helm
// may have deleted.
func Dangling(r *Rendered) []string {
	var faults []string
	given := texts(r.Values)
	for _, o := range r.Objects {
		for _, ref := range references(o) {
			switch target, ok := find(r.Objects, ref, o); {
			case !ok && !slices.Contains(given, ref.name):
				faults = append(faults, fmt.Sprintf("%s needs %s/%s, which is not there", o, ref.kind, ref.name))
			case ok && ref.key != "" && !hasKey(target, ref.key):
				faults = append(faults, fmt.Sprintf("%s needs the key %s of %s", o, ref.key, target))
			}
		}
	}
	return faults
}

// texts are all texts among values.
func texts(value any) []string {
	var found []string
	switch value := value.(type) {
	case string:
		found = []string{value}
	case []any:
		for _, child := range value {
			found = append(found, texts(child)...)
		}
	case map[string]any:
		for _, child := range value {
			found = append(found, texts(child)...)
		}
	}
	return found
}

func find(objects []Object, ref reference, from Object) (Object, bool) {
	for _, o := range objects {
		if o.Kind == ref.kind && o.GetName() == ref.name && visible(o, from) {
			return o, true
		}
	}
	return Object{}, false
}

// visible says whether target is there when from is made.
func visible(target, from Object) bool {
	mine, its := Hooks(from), Hooks(target)
	if len(mine) == 0 {
		return len(its) == 0
	}
	for _, event := range mine {
		early := event == "pre-install"
		switch {
		case slices.Contains(its, event) && weight(target) < weight(from):
		case len(its) == 0 && !early:
		default:
			return false
		}
	}
	return true
}

// Hooks are the events of a release that an object is made at; none: it is
// part of the release.
func Hooks(o Object) []string {
	return strings.FieldsFunc(o.GetAnnotations()["helm.sh/hook"], func(r rune) bool { return r == ',' || r == ' ' })
}

func weight(o Object) int {
	n, _ := strconv.Atoi(o.GetAnnotations()["helm.sh/hook-weight"]) // without one, Helm takes 0 as well
	return n
}

func hasKey(o Object, key string) bool {
	switch object := o.Spec.(type) {
	case *corev1.ConfigMap:
		_, text := object.Data[key]
		_, binary := object.BinaryData[key]
		return text || binary
	case *corev1.Secret:
		_, data := object.Data[key]
		_, text := object.StringData[key]
		return data || text
	}
	return true
}

func references(o Object) []reference {
	switch spec := o.Spec.(type) {
	case *corev1.ServiceAccount:
		return pullSecrets(spec.ImagePullSecrets)
	case *autoscalingv2.HorizontalPodAutoscaler:
		return []reference{{kind: spec.Spec.ScaleTargetRef.Kind, name: spec.Spec.ScaleTargetRef.Name}}
	case *unstructured.Unstructured:
		return custom(spec)
	case *appsv1.StatefulSet:
		claims := map[string]bool{}
		for _, claim := range spec.Spec.VolumeClaimTemplates {
			claims[claim.Name] = true
		}
		return append(podReferences(spec.Spec.Template.Spec, claims), reference{kind: "Service", name: spec.Spec.ServiceName})
	}
	if t := template(o); t != nil {
		return podReferences(t.Spec, nil)
	}
	return nil
}

// custom are the references of KEDA's objects.
func custom(o *unstructured.Unstructured) []reference {
	var refs []reference
	if name, ok, _ := unstructured.NestedString(o.Object, "spec", "scaleTargetRef", "name"); ok {
		refs = append(refs, reference{kind: "Deployment", name: name})
	}
	triggers, _, _ := unstructured.NestedSlice(o.Object, "spec", "triggers")
	for _, trigger := range triggers {
		if name, ok, _ := unstructured.NestedString(trigger.(map[string]any), "authenticationRef", "name"); ok {
			refs = append(refs, reference{kind: "TriggerAuthentication", name: name})
		}
	}
	secrets, _, _ := unstructured.NestedSlice(o.Object, "spec", "secretTargetRef")
	for _, secret := range secrets {
		name, _, _ := unstructured.NestedString(secret.(map[string]any), "name")
		key, _, _ := unstructured.NestedString(secret.(map[string]any), "key")
		refs = append(refs, reference{"Secret", name, key})
	}
	return refs
}

// podReferences are those of a pod, and its own faults as references that
// nothing satisfies: mounts of volumes that it does not have. claims are the
// volumes that a StatefulSet adds.
func podReferences(pod corev1.PodSpec, claims map[string]bool) []reference {
	refs := pullSecrets(pod.ImagePullSecrets)
	if pod.ServiceAccountName != "" && pod.ServiceAccountName != "default" {
		refs = append(refs, reference{kind: "ServiceAccount", name: pod.ServiceAccountName})
	}
	volumes := map[string]bool{}
	for _, v := range pod.Volumes {
		volumes[v.Name] = true
		refs = append(refs, volumeReferences(v)...)
	}
	for _, c := range append(append([]corev1.Container{}, pod.InitContainers...), pod.Containers...) {
		refs = append(refs, environment(c)...)
		for _, mount := range c.VolumeMounts {
			if !volumes[mount.Name] && !claims[mount.Name] {
				refs = append(refs, reference{kind: "Volume", name: mount.Name})
			}
		}
	}
	return refs
}

func pullSecrets(secrets []corev1.LocalObjectReference) []reference {
	var refs []reference
	for _, s := range secrets {
		refs = append(refs, reference{kind: "Secret", name: s.Name})
	}
	return refs
}

func volumeReferences(v corev1.Volume) []reference {
	var refs []reference
	switch {
	case v.PersistentVolumeClaim != nil:
		refs = append(refs, reference{kind: "PersistentVolumeClaim", name: v.PersistentVolumeClaim.ClaimName})
	case v.ConfigMap != nil && !optional(v.ConfigMap.Optional):
		refs = keyed("ConfigMap", v.ConfigMap.Name, v.ConfigMap.Items)
	case v.Secret != nil && !optional(v.Secret.Optional):
		refs = keyed("Secret", v.Secret.SecretName, v.Secret.Items)
	case v.Projected != nil:
		for _, source := range v.Projected.Sources {
			if s := source.ConfigMap; s != nil && !optional(s.Optional) {
				refs = append(refs, keyed("ConfigMap", s.Name, s.Items)...)
			}
			if s := source.Secret; s != nil && !optional(s.Optional) {
				refs = append(refs, keyed("Secret", s.Name, s.Items)...)
			}
		}
	}
	return refs
}

func keyed(kind, name string, items []corev1.KeyToPath) []reference {
	refs := []reference{{kind: kind, name: name}}
	for _, item := range items {
		refs = append(refs, reference{kind, name, item.Key})
	}
	return refs
}

func environment(c corev1.Container) []reference {
	var refs []reference
	for _, from := range c.EnvFrom {
		if s := from.ConfigMapRef; s != nil && !optional(s.Optional) {
			refs = append(refs, reference{kind: "ConfigMap", name: s.Name})
		}
		if s := from.SecretRef; s != nil && !optional(s.Optional) {
			refs = append(refs, reference{kind: "Secret", name: s.Name})
		}
	}
	for _, env := range c.Env {
		if env.ValueFrom == nil {
			continue
		}
		if s := env.ValueFrom.ConfigMapKeyRef; s != nil && !optional(s.Optional) {
			refs = append(refs, reference{"ConfigMap", s.Name, s.Key})
		}
		if s := env.ValueFrom.SecretKeyRef; s != nil && !optional(s.Optional) {
			refs = append(refs, reference{"Secret", s.Name, s.Key})
		}
	}
	return refs
}

func optional(b *bool) bool { return b != nil && *b }
