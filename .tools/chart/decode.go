package chart

import (
	"errors"
	"fmt"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/runtime/serializer/json"
	"k8s.io/client-go/kubernetes/scheme"
	"sigs.k8s.io/yaml"
)

// Object is one Kubernetes object, of its type in k8s.io/api, or unstructured
// if it is a custom resource.
type Object struct {
	File string // the template that it comes from
	Kind string
	metav1.Object
	Spec runtime.Object
	Raw  []byte // the document as it was rendered
}

func (o Object) String() string { return fmt.Sprintf("%s: %s/%s", o.File, o.Kind, o.GetName()) }

// Decode reads every object of a YAML stream as strictly as an API server that
// is asked to: unknown fields, keys that stand twice, values of the wrong type
// and kinds that do not exist are errors. APIs that are not stable are errors,
// too, but for the custom resources that keda knows.
func Decode(file string, stream []byte) ([]Object, error) {
	docs, err := documents(stream)
	if err != nil {
		return nil, fmt.Errorf("split %s: %w", file, err)
	}
	var objects []Object
	var errs []error
	for _, doc := range docs {
		o, err := decode(doc)
		if err != nil {
			errs = append(errs, fmt.Errorf("decode %s: %w\n%s", file, err, numbered(doc)))
			continue
		}
		o.File, o.Raw = file, doc
		objects = append(objects, o)
	}
	return objects, errors.Join(errs...)
}

func decode(doc []byte) (Object, error) {
	var meta metav1.TypeMeta
	if err := yaml.Unmarshal(doc, &meta); err != nil {
		return Object{}, err
	}
	kind := meta.GroupVersionKind()
	if kind.Group == kedaGroup {
		return decodeCustom(doc, kind)
	}
	if strings.ContainsAny(strings.TrimPrefix(kind.Version, "v"), "abp") {
		return Object{}, fmt.Errorf("%s is not stable", meta.APIVersion)
	}
	serializer := json.NewSerializerWithOptions(json.DefaultMetaFactory, scheme.Scheme, scheme.Scheme, json.SerializerOptions{Yaml: true, Strict: true})
	object, _, err := serializer.Decode(doc, nil, nil)
	if err != nil {
		return Object{}, err
	}
	return newObject(object, kind)
}

func decodeCustom(doc []byte, kind schema.GroupVersionKind) (Object, error) {
	object := &unstructured.Unstructured{}
	if err := yaml.UnmarshalStrict(doc, &object.Object); err != nil {
		return Object{}, err
	}
	if err := validateKEDA(kind, object.Object); err != nil {
		return Object{}, err
	}
	return newObject(object, kind)
}

func newObject(object runtime.Object, kind schema.GroupVersionKind) (Object, error) {
	named, ok := object.(metav1.Object)
	if !ok {
		return Object{}, fmt.Errorf("%s has no metadata", kind.Kind)
	}
	return Object{Kind: kind.Kind, Object: named, Spec: object}, nil
}

// numbered prints a document for people, with line numbers.
func numbered(doc []byte) string {
	var b strings.Builder
	for i, line := range strings.Split(strings.TrimRight(string(doc), "\n"), "\n") {
		fmt.Fprintf(&b, "%4d  %s\n", i+1, line)
	}
	return b.String()
}
