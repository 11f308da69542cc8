package chart

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"net/http"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// certificate is a key and a certificate for 127.0.0.1 that is its own root.
func certificate(t *testing.T) map[string]string {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	cert := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test"}, NotAfter: time.Now().Add(time.Hour), IsCA: true,
		BasicConstraintsValid: true, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, cert, cert, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	public := string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
	return map[string]string{"ca.crt": public, "tls.crt": public, "tls.key": string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret}))}
}

// TestConfig: workers take the configuration of every values file, with the
// files that it names. None has a server here; each says so and ends with 1, not
// with 2 as for a configuration that is wrong.
func TestConfig(t *testing.T) {
	for name, values := range cases(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := render(t, values, Release{Name: "r", Namespace: namespace})
			servers := configOf(t, r)["bus"].(map[string]any)["url"].(string)
			m := machine{t, r, t.TempDir(), given(t, r), []string{servers, "nats://127.0.0.1:1", ":8080", "127.0.0.1:0"}}
			for _, stage := range []string{"crawler", "parser", "sink"} {
				pod := component(t, r, stage)
				p := m.run(pod, pod.Spec.Containers[0], stage, "-wait=1ms")
				if code := p.code(); code != 1 || !strings.Contains(p.String(), "config.effective") {
					t.Errorf("%s ends with %d:\n%s", stage, code, p)
				}
			}
		})
	}
}

// TestCertificate: the servers' certificate is one for the names by which
// clients and other servers call them.
func TestCertificate(t *testing.T) {
	r := render(t, values(t, "nats: {replicas: 3}"), Release{Name: "r", Namespace: namespace})
	secret := pick[*corev1.Secret](r, "-tls").Data
	pair, err := tls.X509KeyPair(secret["tls.crt"], secret["tls.key"])
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(secret["ca.crt"]) {
		t.Fatal("no root")
	}
	client, err := url.Parse(configOf(t, r)["bus"].(map[string]any)["url"].(string))
	if err != nil {
		t.Fatal(err)
	}
	names := []string{client.Hostname(), "r-pressmill-nats", "r-pressmill-nats.news.svc"}
	conf := pick[*corev1.ConfigMap](r, "-nats").Data["nats.conf"]
	for line := range strings.Lines(conf) {
		if route, ok := strings.CutPrefix(strings.TrimSpace(line), "nats-route://"); ok {
			names = append(names, strings.TrimSuffix(route, ":6222"))
		}
	}
	if len(names) != 6 {
		t.Errorf("%d names: want those of three routes, too", len(names))
	}
	for _, name := range names {
		for _, usage := range []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth} {
			if _, err := pair.Leaf.Verify(x509.VerifyOptions{DNSName: name, Roots: roots, KeyUsages: []x509.ExtKeyUsage{usage}}); err != nil {
				t.Error(err)
			}
		}
	}
	if left := time.Until(pair.Leaf.NotAfter); left < 365*24*time.Hour {
		t.Errorf("the certificate ends in %s", left)
	}
}

// TestRelease runs the processes of a release with NATS of its own: servers
// with the accounts that their init container writes, the topology's Job, and a
// worker of each stage, which become ready and stop cleanly.
func TestRelease(t *testing.T) {
	for name, text := range map[string]string{
		"plain":   "nats: {tls: {enabled: false}}\ncrawler: {autoscaling: {mode: keda}}\nparser: {autoscaling: {mode: keda}}\nsink: {autoscaling: {mode: keda}}",
		"TLS":     "nats: {tls: {existingSecret: given}}\nsources: {items: [{id: example, seeds: ['https://www.example.org/']}]}",
		"cluster": "nats: {replicas: 3, tls: {existingSecret: given}, auth: {existingSecrets: {crawler: a, parser: b, sink: c, operator: d}}}",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			small := "config: {bus: {pages_max_bytes: 8MiB, articles_max_bytes: 8MiB, frontier_max_bytes: 8MiB}}\n"
			r := render(t, values(t, small+text), Release{Name: "r", Namespace: namespace})
			m := machine{t, r, t.TempDir(), given(t, r), nil}
			client, monitor := m.serve(int(*pick[*appsv1.StatefulSet](r, "-nats").Spec.Replicas))
			m.replace = []string{"r-pressmill-nats.news.svc.cluster.local:4222", client}
			m.apply()
			m.scalable(monitor)
			for _, stage := range []string{"crawler", "parser", "sink"} {
				m.work(stage)
			}
		})
	}
}

// serve runs n NATS servers until all their probes are content, and returns the
// address of one for clients, and where it can be monitored.
func (m machine) serve(n int) (client, monitor string) {
	free := ports(m.t, 3*n)
	routes := []string{"cluster {", "cluster {\nhost: 127.0.0.1"}
	for i := range n {
		routes = append(routes, fmt.Sprintf("r-pressmill-nats-%d.r-pressmill-nats.news.svc.cluster.local:6222", i), fmt.Sprintf("127.0.0.1:%d", free[3*i+2]))
	}
	var servers []func()
	for i := range n {
		root := filepath.Join(m.root, fmt.Sprintf("nats-%d", i))
		client, monitor, cluster := free[3*i], free[3*i+1], free[3*i+2]
		server := machine{m.t, m.r, root, m.given, append(slices.Clone(routes), "port: 4222", fmt.Sprintf("host: 127.0.0.1\nport: %d", client),
			"http_port: 8222", fmt.Sprintf("http_port: %d", monitor), "port: 6222", fmt.Sprintf("port: %d", cluster), "$POD_NAME", fmt.Sprintf("r-pressmill-nats-%d", i))}
		servers = append(servers, server.startServer(fmt.Sprintf("http://127.0.0.1:%d", monitor)))
	}
	for _, healthy := range servers {
		healthy()
	}
	return fmt.Sprintf("127.0.0.1:%d", free[0]), fmt.Sprintf("http://127.0.0.1:%d", free[1])
}

// scalable checks that a server's monitoring port tells of the account, streams
// and consumers by which the release is scaled, as KEDA asks for them.
func (m machine) scalable(monitor string) {
	m.t.Helper()
	for _, o := range m.r.Objects {
		custom, ok := o.Spec.(*unstructured.Unstructured)
		if !ok || o.Kind != "ScaledObject" {
			continue
		}
		triggers, _, err := unstructured.NestedSlice(custom.Object, "spec", "triggers")
		if err != nil || len(triggers) == 0 {
			m.t.Fatalf("%s: %v", o, err)
		}
		meta, _, _ := unstructured.NestedStringMap(triggers[0].(map[string]any), "metadata")
		if !slices.Contains(m.consumers(monitor, meta["account"]), meta["stream"]+"/"+meta["consumer"]) {
			m.t.Errorf("%s: no consumer %s/%s in the account %s", o, meta["stream"], meta["consumer"], meta["account"])
		}
	}
}

// consumers are those of an account, as STREAM/consumer.
func (m machine) consumers(monitor, account string) []string {
	m.t.Helper()
	req, err := http.NewRequestWithContext(m.t.Context(), http.MethodGet, monitor+"/jsz?consumers=true&config=true&acc="+account, nil)
	if err != nil {
		m.t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		m.t.Fatal(err)
	}
	defer res.Body.Close()
	type named struct {
		Name      string  `json:"name"`
		Streams   []named `json:"stream_detail"`
		Consumers []named `json:"consumer_detail"`
	}
	var all struct {
		Accounts []named `json:"account_details"`
	}
	if err := json.NewDecoder(res.Body).Decode(&all); err != nil {
		m.t.Fatal(err)
	}
	var found []string
	for _, a := range all.Accounts {
		for _, s := range a.Streams {
			for _, c := range s.Consumers {
				found = append(found, s.Name+"/"+c.Name)
			}
		}
	}
	return found
}

// startServer starts one server, and returns what waits until its probes, which
// ask monitor, are content.
func (m machine) startServer(monitor string) (healthy func()) {
	pod := component(m.t, m.r, "nats")
	for _, c := range pod.Spec.InitContainers {
		if p := m.run(pod, c, "pressmill"); p.code() != 0 {
			m.t.Fatalf("%s ends with %d", c.Name, p.code())
		}
	}
	c := pod.Spec.Containers[0]
	conf := m.mount(pod, c).Replace("/etc/nats/conf/nats.conf")
	dir, err := binaries()
	if err != nil {
		m.t.Fatal(err)
	}
	p := start(m.t, filepath.Join(dir, "pressmill"), "bus", "serve", "-config", conf)
	return func() {
		for _, probe := range []*corev1.Probe{c.StartupProbe, c.LivenessProbe, c.ReadinessProbe} {
			p.healthy(monitor + probe.HTTPGet.Path)
		}
	}
}

// apply runs the containers of the topology's Job one after another.
func (m machine) apply() {
	pod := component(m.t, m.r, "topology")
	for _, c := range pod.Containers() {
		if p := m.run(pod, c, "pressmill"); p.code() != 0 {
			m.t.Fatalf("%s ends with %d", c.Name, p.code())
		}
	}
}

// work runs a worker until it is ready, and stops it.
func (m machine) work(stage string) {
	health := fmt.Sprintf("127.0.0.1:%d", ports(m.t, 1)[0])
	pod := component(m.t, m.r, stage)
	c := pod.Spec.Containers[0]
	m.replace = append(slices.Clone(m.replace), ":8080", health)
	p := m.run(pod, c, stage)
	for _, probe := range []*corev1.Probe{c.StartupProbe, c.LivenessProbe, c.ReadinessProbe} {
		p.healthy("http://" + health + probe.HTTPGet.Path)
	}
	if code := p.terminate(); code != 0 {
		m.t.Errorf("%s ends with %d", stage, code)
	}
}
