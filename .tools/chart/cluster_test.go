package chart

import (
	"context"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic"
)

// cluster is what Helm's function lookup finds: objects of a release.
type cluster []Object

func (c cluster) GetClientFor(_, kind string) (dynamic.NamespaceableResourceInterface, bool, error) {
	return kindOf{cluster: c, kind: kind}, true, nil
}

// kindOf answers Get, and nothing else.
type kindOf struct {
	dynamic.NamespaceableResourceInterface
	cluster         cluster
	kind, namespace string
}

func (k kindOf) Namespace(namespace string) dynamic.ResourceInterface {
	k.namespace = namespace
	return k
}

func (k kindOf) Get(_ context.Context, name string, _ metav1.GetOptions, _ ...string) (*unstructured.Unstructured, error) {
	for _, o := range k.cluster {
		if o.Kind == k.kind && o.GetName() == name && o.GetNamespace() == k.namespace {
			fields, err := runtime.DefaultUnstructuredConverter.ToUnstructured(o.Spec)
			return &unstructured.Unstructured{Object: fields}, err
		}
	}
	return nil, apierrors.NewNotFound(schema.GroupResource{Resource: k.kind}, name)
}
