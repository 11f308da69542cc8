package chart

import (
	"net/netip"
	"slices"
	"testing"

	"helm.sh/helm/v3/pkg/chartutil"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	"sigs.k8s.io/yaml"
)

// forbidden are addresses that no worker may reach unless the values say so:
// private, shared, link-local and reserved ranges, metadata services of clouds,
// and IPv4 in the forms that IPv6 has for it.
var forbidden = []string{
	"10.0.0.1", "10.255.255.255", "172.16.0.1", "172.31.255.255", "192.168.1.1", "100.64.0.1", "127.0.0.1", "0.0.0.0", "169.254.169.254",
	"169.254.170.2", "100.100.100.200", "168.63.129.16", "192.0.0.192", "192.0.2.1", "198.18.0.1", "198.51.100.1", "203.0.113.1", "224.0.0.1",
	"255.255.255.255", "240.0.0.1",
	"::", "::1", "fd00::1", "fc00::1", "fd00:ec2::254", "fd20:ce::254", "fe80::1", "ff02::1", "2001:db8::1", "100::1",
	"::ffff:10.0.0.1", "::ffff:169.254.169.254", "::10.0.0.1", "64:ff9b::10.0.0.1", "64:ff9b::169.254.169.254", "64:ff9b:1::a00:1", "2002:a00:1::1", "2001::1", "3fff::1", "4000::1",
}

var public = []string{"93.184.216.34", "1.1.1.1", "172.32.0.1", "100.128.0.1", "192.1.0.1", "11.0.0.1", "2606:2800:21f:cb07::1", "2a02:26f0::1"}

func TestReach(t *testing.T) {
	for name, values := range cases(t) {
		t.Run(name, func(t *testing.T) {
			r := render(t, values, Release{Name: "r", Namespace: namespace})
			if on, _ := chartutil.Values(r.Values).PathValue("networkPolicy.enabled"); on != true {
				t.Skip("networkPolicy.enabled is false")
			}
			c := reach{t, NewNetwork(r.Objects), r, opened(t, r)}
			for _, pod := range Pods(r.Objects) {
				stage, from := pod.Component(), PeerOf(pod)
				if stage == "nats" || stage == "test" || stage == "extra" {
					continue
				}
				c.outside(stage, from)
				c.bus(stage, from)
				c.names(stage, from)
				c.among(stage, from)
			}
			c.servers()
			c.site()
		})
	}
}

// reach asks who may reach whom in a rendered release.
type reach struct {
	t *testing.T
	Network
	r      *Rendered
	opened []netip.Prefix // for crawlers
}

// opened are the private ranges that the values have crawlers fetch from; the
// test's are none of them, as its pod alone is to be reached in these.
func opened(t *testing.T, r *Rendered) []netip.Prefix {
	t.Helper()
	var cidrs []netip.Prefix
	for _, key := range []string{"allow_private", "allow_private_proxies"} {
		list, _ := chartutil.Values(r.Values).PathValue("config.crawler." + key)
		for _, cidr := range texts(list) {
			cidrs = append(cidrs, netip.MustParsePrefix(cidr))
		}
	}
	return cidrs
}

// outside: crawlers reach the web and nothing private, sinks the store if it is
// no volume, the others nothing.
func (c reach) outside(stage string, from Peer) {
	web := []int32{80, 443, 8080}
	for _, addr := range forbidden {
		ip := netip.MustParseAddr(addr)
		if stage == "crawler" && slices.ContainsFunc(c.opened, func(p netip.Prefix) bool { return p.Contains(ip) }) {
			continue
		}
		for _, port := range append(web, 22, 4222, 6443, 10250) {
			if c.Allows(from, Peer{Addr: ip}, corev1.ProtocolTCP, port) && !c.meant(stage, ip) {
				c.t.Errorf("%s reaches %s:%d", stage, addr, port)
			}
		}
	}
	for _, addr := range public {
		got := c.Allows(from, Peer{Addr: netip.MustParseAddr(addr)}, corev1.ProtocolTCP, 443)
		if want := stage == "crawler" || (stage == "sink" || stage == "operator") && c.away(); got != want {
			c.t.Errorf("%s reaches %s:443: %t", stage, addr, got)
		}
		if stage == "crawler" && !c.Allows(from, Peer{Addr: netip.MustParseAddr(addr)}, corev1.ProtocolTCP, 80) {
			c.t.Errorf("crawlers do not reach %s:80", addr)
		}
	}
}

// meant says whether the values name an address as the sinks' store, which
// operators read too, or in further rules.
func (c reach) meant(stage string, ip netip.Addr) bool {
	if stage == "operator" {
		stage = "sink"
	}
	for _, path := range []string{"networkPolicy." + stage + ".store", "networkPolicy." + stage + ".egress"} {
		if given := c.value(path); given != nil && slices.ContainsFunc(texts(given), func(s string) bool {
			cidr, err := netip.ParsePrefix(s)
			return err == nil && cidr.Contains(ip)
		}) {
			return true
		}
	}
	return false
}

// away says whether a sink writes elsewhere than onto a volume, with no store
// named in the values.
func (c reach) away() bool {
	if store, ok := c.value("networkPolicy.sink.store").([]any); ok && len(store) > 0 {
		return false
	}
	sinks, _ := configOf(c.t, c.r)["sinks"].([]any)
	return slices.ContainsFunc(sinks, func(s any) bool {
		url, _ := s.(map[string]any)["url"].(string)
		return len(url) < 5 || url[:5] != "file:"
	})
}

// value is one of the values, or nil.
func (c reach) value(path string) any {
	if v, err := chartutil.Values(c.r.Values).PathValue(path); err == nil {
		return v
	}
	if v, err := chartutil.Values(c.r.Values).Table(path); err == nil {
		return v
	}
	return nil
}

// bus: every role reaches the servers' port for clients, and no other.
func (c reach) bus(stage string, from Peer) {
	server, own := c.server()
	if !c.Allows(from, server, corev1.ProtocolTCP, 4222) {
		c.t.Errorf("%s does not reach NATS", stage)
	}
	if !own {
		return
	}
	for _, port := range []int32{6222, 8222} {
		if c.Allows(from, server, corev1.ProtocolTCP, port) {
			c.t.Errorf("%s reaches port %d of NATS", stage, port)
		}
	}
}

// server is a NATS server: the release's own, or one as the values describe it.
func (c reach) server() (server Peer, own bool) {
	for _, pod := range Pods(c.r.Objects) {
		if pod.Component() == "nats" {
			return PeerOf(pod), true
		}
	}
	text, err := yaml.Marshal(c.value("networkPolicy.nats.to"))
	if err != nil {
		c.t.Fatal(err)
	}
	var peers []networkingv1.NetworkPolicyPeer
	if err := yaml.UnmarshalStrict(text, &peers); err != nil || len(peers) == 0 {
		c.t.Fatalf("networkPolicy.nats.to: %v\n%s", err, text)
	}
	if block := peers[0].IPBlock; block != nil {
		return Peer{Addr: netip.MustParsePrefix(block.CIDR).Addr()}, false
	}
	server.Namespace = namespace
	if s := peers[0].NamespaceSelector; s != nil {
		server.Namespace, server.NamespaceLabels = "other", s.MatchLabels
	}
	if s := peers[0].PodSelector; s != nil {
		server.Labels = s.MatchLabels
	}
	return server, false
}

// names: every pod can resolve names, and uses no other pod of the system.
func (c reach) names(stage string, from Peer) {
	dns := Peer{Namespace: "kube-system", Labels: map[string]string{"k8s-app": "kube-dns"}}
	for _, protocol := range []corev1.Protocol{corev1.ProtocolUDP, corev1.ProtocolTCP} {
		if !c.Allows(from, dns, protocol, 53) {
			c.t.Errorf("%s does not reach DNS over %s", stage, protocol)
		}
	}
	if c.Allows(from, Peer{Namespace: "kube-system", Labels: map[string]string{"k8s-app": "other"}}, corev1.ProtocolTCP, 443) {
		c.t.Errorf("%s reaches any pod of the system", stage)
	}
}

// among: nobody opens a connection to a worker, and workers none to strangers.
func (c reach) among(stage string, worker Peer) {
	stranger := Peer{Namespace: namespace, Labels: map[string]string{"app": "stranger"}}
	other := Peer{Namespace: "other", Labels: map[string]string{"app": "stranger"}}
	for _, peer := range []Peer{stranger, other, {Addr: netip.MustParseAddr("10.0.0.1")}, {Addr: netip.MustParseAddr("93.184.216.34")}} {
		if c.Allows(peer, worker, corev1.ProtocolTCP, 8080) {
			c.t.Errorf("%v reaches %s", peer, stage)
		}
	}
	for _, peer := range []Peer{stranger, other} {
		for _, port := range []int32{80, 443, 4222, 8080} {
			if c.Allows(worker, peer, corev1.ProtocolTCP, port) {
				c.t.Errorf("%s reaches port %d of %v", stage, port, peer)
			}
		}
	}
}

// servers: our own ones are reached by roles and each other alone, and reach
// nothing else.
func (c reach) servers() {
	server, own := c.server()
	if !own {
		return
	}
	for _, addr := range append(public, forbidden...) {
		if peer := (Peer{Addr: netip.MustParseAddr(addr)}); c.Allows(server, peer, corev1.ProtocolTCP, 443) || c.Allows(peer, server, corev1.ProtocolTCP, 4222) {
			c.t.Errorf("NATS and %s reach each other", addr)
		}
	}
	replicas, _ := c.value("nats.replicas").(float64)
	if n, ok := c.value("nats.replicas").(int64); ok {
		replicas = float64(n)
	}
	if got := c.Allows(server, server, corev1.ProtocolTCP, 6222); got != (replicas > 1) {
		c.t.Errorf("%v servers reach each other: %t", replicas, got)
	}
	keda := Peer{Namespace: "keda", Labels: map[string]string{"app": "keda-operator"}}
	scaled := slices.ContainsFunc(c.r.Objects, func(o Object) bool { return o.Kind == "ScaledObject" })
	if got := c.Allows(keda, server, corev1.ProtocolTCP, 8222); got != scaled {
		c.t.Errorf("KEDA reaches the monitoring port: %t, and scales: %t", got, scaled)
	}
}

// site: with tests.allowCIDRs, crawlers reach the site of the test's pod, and no
// other pod does.
func (c reach) site() {
	cidrs, _ := c.value("tests.allowCIDRs").([]any)
	if enabled, _ := c.value("tests.enabled").(bool); !enabled || len(cidrs) == 0 {
		return
	}
	test := PeerOf(component(c.t, c.r, "test"))
	test.Addr = netip.MustParsePrefix(cidrs[0].(string)).Addr().Next()
	for _, stage := range []string{"crawler", "parser", "sink"} {
		if got := c.Allows(PeerOf(component(c.t, c.r, stage)), test, corev1.ProtocolTCP, test.Ports["site"]); got != (stage == "crawler") {
			c.t.Errorf("%s reaches the test's site: %t", stage, got)
		}
	}
	neighbour := Peer{Addr: test.Addr.Next(), Namespace: namespace, Labels: map[string]string{"app": "stranger"}}
	if c.Allows(PeerOf(component(c.t, c.r, "crawler")), neighbour, corev1.ProtocolTCP, test.Ports["site"]) {
		c.t.Error("crawlers reach any pod of tests.allowCIDRs")
	}
	if c.Allows(neighbour, test, corev1.ProtocolTCP, test.Ports["site"]) {
		c.t.Error("any pod reaches the test's site")
	}
}
