package chart

import (
	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Pod is what an object makes pods of; a Pod makes itself.
type Pod struct {
	Owner     Object
	Namespace string
	Meta      metav1.ObjectMeta
	Spec      corev1.PodSpec
}

// Component is the label that tells the pods of one release apart.
func (p Pod) Component() string { return p.Meta.Labels["app.kubernetes.io/component"] }

// Containers are all containers, those of the start first.
func (p Pod) Containers() []corev1.Container {
	return append(append([]corev1.Container{}, p.Spec.InitContainers...), p.Spec.Containers...)
}

// Pods returns what the objects make pods of.
func Pods(objects []Object) []Pod {
	var pods []Pod
	for _, o := range objects {
		if t := template(o); t != nil {
			pods = append(pods, Pod{o, o.GetNamespace(), t.ObjectMeta, t.Spec})
		}
	}
	return pods
}

func template(o Object) *corev1.PodTemplateSpec {
	switch spec := o.Spec.(type) {
	case *corev1.Pod:
		return &corev1.PodTemplateSpec{ObjectMeta: spec.ObjectMeta, Spec: spec.Spec}
	case *appsv1.Deployment:
		return &spec.Spec.Template
	case *appsv1.StatefulSet:
		return &spec.Spec.Template
	case *appsv1.DaemonSet:
		return &spec.Spec.Template
	case *appsv1.ReplicaSet:
		return &spec.Spec.Template
	case *batchv1.Job:
		return &spec.Spec.Template
	case *batchv1.CronJob:
		return &spec.Spec.JobTemplate.Spec.Template
	}
	return nil
}

// selector is how a controller finds its pods; nil if it has none of its own.
func selector(o Object) *metav1.LabelSelector {
	switch spec := o.Spec.(type) {
	case *appsv1.Deployment:
		return spec.Spec.Selector
	case *appsv1.StatefulSet:
		return spec.Spec.Selector
	case *appsv1.DaemonSet:
		return spec.Spec.Selector
	case *appsv1.ReplicaSet:
		return spec.Spec.Selector
	}
	return nil
}
