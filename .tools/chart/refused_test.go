package chart

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"helm.sh/helm/v3/pkg/chartutil"
)

// TestRefused: values that cannot be meant are refused, by words that help.
func TestRefused(t *testing.T) {
	const outside = "nats: {enabled: false, url: 'tls://nats.other:4222', auth: {type: none}}\nnetworkPolicy: {nats: {to: [{podSelector: {}}]}}\n"
	if _, err := Render(chartDir, values(t, outside), Release{Name: "r", Namespace: namespace}); err != nil {
		t.Fatal(err)
	}
	for values, want := range map[string]string{
		"crawlers: {replicas: 2}":                                          "'crawlers' not allowed",
		"crawler: {replica: 2}":                                            "'replica' not allowed",
		"crawler: {replicas: '2'}":                                         "got string, want integer",
		"crawler: {replicas: -1}":                                          "minimum",
		"crawler: {autoscaling: {mode: vpa}}":                              "/crawler/autoscaling/mode",
		"crawler: {image: {digest: 'sha256:abc'}}":                         "/crawler/image/digest",
		"crawler: {image: {digest: latest}}":                               "/crawler/image/digest",
		"crawler: {resources: {limit: {memory: 1Gi}}}":                     "'limit' not allowed",
		"image: {pullPolicy: Sometimes}":                                   "/image/pullPolicy",
		"config: {crawlers: {}}":                                           "'crawlers' not allowed",
		"config: {bus: {url: 'nats://x'}}":                                 "config.bus.url is filled in by the chart",
		"config: {parser: {rules: /x}}":                                    "rules.files or rules.existingConfigMap",
		"config: {sinks: [{name: a, url: 'file:///elsewhere'}]}":           "lies on no volume",
		"config: {sinks: [{name: a, url: 'mem://'}]}":                      "is lost with its pod",
		"nats: {replicas: 2}":                                              "/nats/replicas",
		"nats: {url: 'nats://x:4222'}":                                     "set nats.enabled=false, or leave nats.url empty",
		"nats: {enabled: false}":                                           "there is no NATS",
		"nats: {enabled: false, url: 'nats://user:word@x:4222'}":           "/nats/url",
		"nats: {streamReplicas: 3}":                                        "more than the 1 servers",
		"nats: {auth: {type: creds}}":                                      "know nkeys only",
		"nats: {persistence: {size: 5Gi}}":                                 "make it larger",
		"nats: {persistence: {size: 22Gi}}":                                "may grow to 20480 MiB",
		"config: {bus: {dead_letters_max_bytes: 10GiB}}":                   "dead_letters_max_bytes smaller",
		"nats: {persistence: {size: big}}":                                 "/nats/persistence/size",
		"networkPolicy: {crawler: {except: [10.0.0.0]}}":                   "/networkPolicy/crawler/except",
		"tests: {allowCIDRs: [10.244.0.0]}":                                "/tests/allowCIDRs",
		"rules: {files: {a.yaml: ''}, existingConfigMap: b}":               "exclude each other",
		"sources: {items: [{id: a}], existingConfigMap: b}":                "exclude each other",
		"crawler: {autoscaling: {mode: hpa, minReplicas: 9}}":              "is above maxReplicas",
		"crawler: {podDisruptionBudget: {minAvailable: 1}}":                "exclude each other",
		"crawler: null":                                                    "missing property 'crawler'",
		"crawler: {podLabels: {app.kubernetes.io/name: x}}":                "crawler.podLabels: the label app.kubernetes.io/name is the chart's own",
		"commonLabels: {app.kubernetes.io/instance: x}":                    "commonLabels: the label app.kubernetes.io/instance is the chart's own",
		"config: {sinks: [{name: a}]}":                                     "missing property 'url'",
		"config: {crawler: {allow_private: [10.0.0.1]}}":                   "write 10.0.0.1/32",
		"networkPolicy: {crawler: {except6: ['fd00::/8']}}":                "/networkPolicy/crawler/except6",
		"fullnameOverride: a.b":                                            "/fullnameOverride",
		"fullnameOverride: 'A b'":                                          "/fullnameOverride",
		outside + "crawler: {autoscaling: {mode: keda}}":                   "set nats.monitoringEndpoint",
		strings.Replace(outside, "type: none", "type: nkey", 1):            "nats.auth.existingSecrets.crawler",
		strings.Replace(outside, "podSelector: {}", "podSelectors: {}", 1): "podSelectors",
		strings.Replace(outside, "[{podSelector: {}}]", "[]", 1):           "networkPolicy.nats.to",
	} {
		t.Run(values, func(t *testing.T) {
			refused(t, values, want)
		})
	}
}

func refused(t *testing.T, text, want string) {
	t.Helper()
	_, err := Render(chartDir, values(t, text), Release{Name: "r", Namespace: namespace})
	if err == nil {
		t.Fatal("it is taken")
	}
	if !strings.Contains(err.Error(), want) {
		t.Errorf("want words like %q: %v", want, err)
	}
	report(t, fellOver(err))
}

// fellOver says whether an error is a template's, and not its words.
func fellOver(err error) []string {
	for _, sign := range []string{"nil pointer", "wrong type for value", "error calling", "interface conversion"} {
		if strings.Contains(err.Error(), sign) {
			return []string{"a template fell over: " + err.Error()}
		}
	}
	return nil
}

// TestNulls: with null in the place of any value the chart renders what fits
// together, or says what is missing.
func TestNulls(t *testing.T) {
	defaults, err := chartutil.ReadValuesFile(chartDir + "/values.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range slices.Concat(leaves("", defaults), branches("", defaults)) {
		keys := strings.Split(path, ".")
		given := map[string]any{keys[len(keys)-1]: nil}
		for _, key := range slices.Backward(keys[:len(keys)-1]) {
			given = map[string]any{key: given}
		}
		// Nothing is made of it that takes long.
		given = chartutil.MergeTables(given, values(t, "nats: {tls: {existingSecret: given}}"))
		r, err := Render(chartDir, given, Release{Name: "r", Namespace: namespace})
		if err != nil {
			report(t, fellOver(err), path)
			continue
		}
		report(t, Faults(r.Objects, namespace), path)
		report(t, Dangling(r), path)
	}
}

// TestNames: whatever release names Helm takes, and further labels, give names
// and labels that Kubernetes takes.
func TestNames(t *testing.T) {
	for _, name := range []string{"a.b", "1a", "1.2", "pressmill", "my-pressmill", strings.Repeat("a", 53), strings.Repeat("a", 39) + ".b"} {
		report(t, Faults(render(t, nil, Release{Name: name, Namespace: namespace}).Objects, namespace), name)
	}
	for _, text := range []string{
		"fullnameOverride: x", "nameOverride: other", "commonLabels: {team: a}\ncrawler: {podLabels: {team: b}}",
		"crawler: {serviceAccount: {name: same}}\nsink: {serviceAccount: {name: same}}", "crawler: {strategy: {type: Recreate}}",
		"crawler: {resources: {limits: {memory: 1073741824}}}", "config: {bus: {pages_max_bytes: 2147483648}}",
	} {
		report(t, Faults(render(t, values(t, text), Release{Name: "r", Namespace: namespace}).Objects, namespace), text)
	}
}

// TestReadme: the chart's README lists every value, and none that is not there.
func TestReadme(t *testing.T) {
	readme, err := os.ReadFile(chartDir + "/README.md")
	if err != nil {
		t.Fatal(err)
	}
	defaults, err := chartutil.ReadValuesFile(chartDir + "/values.yaml")
	if err != nil {
		t.Fatal(err)
	}
	rows := regexp.MustCompile("(?m)^\\| `([^`]+)`").FindAllStringSubmatch(string(readme), -1)
	if len(rows) == 0 {
		t.Fatal("the README has no table of values")
	}
	var listed []string
	for _, row := range rows {
		listed = append(listed, row[1])
	}
	for _, key := range leaves("", defaults) {
		if !slices.ContainsFunc(listed, func(row string) bool { return row == key || within(key, row) }) {
			t.Errorf("the README does not tell of %s", key)
		}
	}
}

// within says whether a row speaks for a key: as a parent, written "a.*", or
// for several stages, written "<stage>.b".
func within(key, row string) bool {
	pattern := regexp.QuoteMeta(row)
	pattern = strings.ReplaceAll(pattern, "<stage>", "(crawler|parser|sink|operator)")
	pattern = strings.ReplaceAll(pattern, `\*`, ".+")
	return regexp.MustCompile("^" + pattern + "$").MatchString(key)
}

// leaves are the paths of all values that are no maps with something in them.
func leaves(path string, value any) []string {
	all, ok := value.(map[string]any)
	if values, is := value.(chartutil.Values); is {
		all, ok = values, true
	}
	if !ok || len(all) == 0 {
		return []string{path}
	}
	var found []string
	for key, child := range all {
		found = append(found, leaves(strings.TrimPrefix(fmt.Sprintf("%s.%s", path, key), "."), child)...)
	}
	return found
}

// TestServersStayAsMany: one server does not become a cluster by an upgrade,
// which would lose what it has stored; a cluster may grow.
func TestServersStayAsMany(t *testing.T) {
	for _, c := range []struct {
		from, to string
		refused  bool
	}{{"1", "3", true}, {"3", "1", true}, {"5", "3", true}, {"3", "3", false}, {"3", "5", false}} {
		before := render(t, values(t, "nats: {replicas: "+c.from+"}"), Release{Name: "r", Namespace: namespace})
		_, err := Render(chartDir, values(t, "nats: {replicas: "+c.to+"}"), Release{Name: "r", Namespace: namespace, Upgrade: true, Cluster: cluster(before.Objects)})
		if c.refused && (err == nil || !strings.Contains(err.Error(), "nats.replicas is "+c.to)) || !c.refused && err != nil {
			t.Errorf("from %s to %s: %v", c.from, c.to, err)
		}
	}
}

// TestClaimsOfServersAreKept: the API server refuses a StatefulSet with other
// claims, in words that help nobody.
func TestClaimsOfServersAreKept(t *testing.T) {
	before := render(t, values(t, "nats: {persistence: {size: 40Gi, storageClass: fast}}"), Release{Name: "r", Namespace: namespace})
	for change, want := range map[string]string{
		"size: 40Gi, storageClass: fast": "", "size: 40960Mi, storageClass: fast": "",
		"size: 80Gi, storageClass: fast": "A larger volume for NATS", "size: 40Gi, storageClass: slow": "nats.persistence.storageClass is", "size: 40Gi": "nats.persistence.storageClass is",
	} {
		_, err := Render(chartDir, values(t, "nats: {persistence: {"+change+"}}"), Release{Name: "r", Namespace: namespace, Upgrade: true, Cluster: cluster(before.Objects)})
		if (want == "") != (err == nil) || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", change, err, want)
		}
	}
}

// branches are the paths of all maps with something in them.
func branches(path string, values map[string]any) []string {
	var found []string
	for key, child := range values {
		if m, ok := child.(map[string]any); ok && len(m) > 0 {
			at := strings.TrimPrefix(path+"."+key, ".")
			found = append(append(found, at), branches(at, m)...)
		}
	}
	return found
}
