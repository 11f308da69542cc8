package chart

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"

	"github.com/santhosh-tekuri/jsonschema/v6"
	apiextensions "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/yaml"
)

// KEDA's custom resources are read from its module, of which nothing is built.
const (
	kedaGroup  = "keda.sh"
	kedaModule = "github.com/kedacore/keda/v2@v2.21.0"
	kedaSum    = "h1:R6z2HZvstK4RLUMxroNACzBj74xGxt3kG59b5Xc+Xps="
)

// CRDs returns the folder with KEDA's CustomResourceDefinitions. The module is
// downloaded if the module cache does not have it.
var CRDs = sync.OnceValues(func() (string, error) {
	out, err := exec.Command("go", "mod", "download", "-json", kedaModule).Output()
	if err != nil {
		return "", fmt.Errorf("download %s: %w", kedaModule, err)
	}
	var module struct{ Dir, Sum string }
	if err := json.Unmarshal(out, &module); err != nil {
		return "", fmt.Errorf("download %s: %w", kedaModule, err)
	}
	if module.Sum != kedaSum {
		return "", fmt.Errorf("download %s: its checksum is %s, not %s", kedaModule, module.Sum, kedaSum)
	}
	return filepath.Join(module.Dir, "config", "crd", "bases"), nil
})

// validateKEDA checks an object as an API server with KEDA's definitions does
// under strict validation.
func validateKEDA(kind schema.GroupVersionKind, object map[string]any) error {
	definitions, err := kedaSchemas()
	if err != nil {
		return err
	}
	s := definitions[kind]
	if s == nil {
		return fmt.Errorf("KEDA does not define %s", kind)
	}
	text, err := json.Marshal(object)
	if err != nil {
		return err
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		return err
	}
	return s.Validate(value)
}

var kedaSchemas = sync.OnceValues(func() (map[schema.GroupVersionKind]*jsonschema.Schema, error) {
	dir, err := CRDs()
	if err != nil {
		return nil, err
	}
	files, err := filepath.Glob(filepath.Join(dir, kedaGroup+"_*.yaml"))
	if err != nil {
		return nil, err
	}
	all := map[schema.GroupVersionKind]*jsonschema.Schema{}
	for _, file := range files {
		if err := addSchemas(all, file); err != nil {
			return nil, fmt.Errorf("read %s: %w", filepath.Base(file), err)
		}
	}
	return all, nil
})

// addSchemas adds the schema of every version that a definition serves.
func addSchemas(all map[schema.GroupVersionKind]*jsonschema.Schema, file string) error {
	data, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	var crd apiextensions.CustomResourceDefinition
	if err := yaml.Unmarshal(data, &crd); err != nil {
		return err
	}
	for _, version := range crd.Spec.Versions {
		kind := schema.GroupVersionKind{Group: crd.Spec.Group, Version: version.Name, Kind: crd.Spec.Names.Kind}
		s, err := compile(version.Schema.OpenAPIV3Schema)
		if err != nil {
			return err
		}
		all[kind] = s
	}
	return nil
}

// compile makes a JSON Schema of a structural one: objects are closed, unless
// they say that they keep unknown fields.
func compile(props *apiextensions.JSONSchemaProps) (*jsonschema.Schema, error) {
	text, err := json.Marshal(props)
	if err != nil {
		return nil, err
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		return nil, err
	}
	root := doc.(map[string]any)
	if properties, ok := root["properties"].(map[string]any); ok {
		properties["metadata"] = map[string]any{"type": "object", "x-kubernetes-preserve-unknown-fields": true}
	}
	closeObjects(root)
	compiler := jsonschema.NewCompiler()
	if err := compiler.AddResource("crd.json", root); err != nil {
		return nil, err
	}
	return compiler.Compile("crd.json")
}

func closeObjects(node any) {
	switch node := node.(type) {
	case []any:
		for _, child := range node {
			closeObjects(child)
		}
	case map[string]any:
		if node["x-kubernetes-int-or-string"] == true {
			delete(node, "type")
		}
		_, named := node["properties"].(map[string]any)
		_, more := node["additionalProperties"]
		if named && !more && node["x-kubernetes-preserve-unknown-fields"] != true {
			node["additionalProperties"] = false
		}
		for key, child := range node {
			if !strings.HasPrefix(key, "x-") && key != "default" && key != "enum" {
				closeObjects(child)
			}
		}
	}
}
