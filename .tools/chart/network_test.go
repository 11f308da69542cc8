package chart

import (
	"net/netip"
	"testing"

	corev1 "k8s.io/api/core/v1"
)

const policies = `
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: crawler, namespace: news}
spec:
  podSelector: {matchLabels: {app: crawler}}
  policyTypes: [Ingress, Egress]
  egress:
    - to: [{ipBlock: {cidr: 0.0.0.0/0, except: [10.0.0.0/8, 169.254.0.0/16]}}]
      ports: [{port: 80}, {port: 8000, endPort: 8010}]
    - to: [{ipBlock: {cidr: "::/0", except: ["fd00::/8", "::ffff:0:0/96"]}}]
      ports: [{port: 80}]
    - to: [{podSelector: {matchLabels: {app: nats}}}]
      ports: [{port: client}]
    - to: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: kube-system}}, podSelector: {matchLabels: {k8s-app: kube-dns}}}]
      ports: [{port: 53, protocol: UDP}]
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: nats, namespace: news}
spec:
  podSelector: {matchLabels: {app: nats}}
  ingress: [{from: [{podSelector: {matchExpressions: [{key: app, operator: In, values: [crawler, parser]}]}}], ports: [{port: 4222}]}]
`

func TestNetwork(t *testing.T) {
	n := NewNetwork(objects(t, policies))
	pod := func(namespace, key, app string) Peer {
		return Peer{Namespace: namespace, Labels: map[string]string{key: app}, Ports: map[string]int32{"client": 4222}}
	}
	addr := func(s string) Peer { return Peer{Addr: netip.MustParseAddr(s)} }
	crawler, parser, other := pod("news", "app", "crawler"), pod("news", "app", "parser"), pod("news", "app", "other")
	nats, dns := pod("news", "app", "nats"), pod("kube-system", "k8s-app", "kube-dns")
	for name, c := range map[string]struct {
		from, to Peer
		protocol corev1.Protocol
		port     int32
		want     bool
	}{
		"public":                    {crawler, addr("93.184.216.34"), corev1.ProtocolTCP, 80, true},
		"public, range":             {crawler, addr("93.184.216.34"), corev1.ProtocolTCP, 8005, true},
		"public, beyond the range":  {crawler, addr("93.184.216.34"), corev1.ProtocolTCP, 8011, false},
		"public, other port":        {crawler, addr("93.184.216.34"), corev1.ProtocolTCP, 22, false},
		"public, UDP":               {crawler, addr("93.184.216.34"), corev1.ProtocolUDP, 80, false},
		"public, IPv6":              {crawler, addr("2606:2800::1"), corev1.ProtocolTCP, 80, true},
		"private":                   {crawler, addr("10.1.2.3"), corev1.ProtocolTCP, 80, false},
		"private, IPv6":             {crawler, addr("fd12::1"), corev1.ProtocolTCP, 80, false},
		"private, mapped":           {crawler, addr("::ffff:10.1.2.3"), corev1.ProtocolTCP, 80, false},
		"metadata":                  {crawler, addr("169.254.169.254"), corev1.ProtocolTCP, 80, false},
		"named port":                {crawler, nats, corev1.ProtocolTCP, 4222, true},
		"other than the named port": {crawler, nats, corev1.ProtocolTCP, 8222, false},
		"pod of another namespace":  {crawler, pod("other", "app", "nats"), corev1.ProtocolTCP, 4222, false},
		"pod that is not selected":  {crawler, other, corev1.ProtocolTCP, 4222, false},
		"other namespace, selected": {crawler, dns, corev1.ProtocolUDP, 53, true},
		"DNS, TCP is not there":     {crawler, dns, corev1.ProtocolTCP, 53, false},
		"no policy of its own":      {parser, nats, corev1.ProtocolTCP, 4222, true},
		"refused by the other end":  {other, nats, corev1.ProtocolTCP, 4222, false},
		"from outside":              {addr("10.1.2.3"), nats, corev1.ProtocolTCP, 4222, false},
		"nobody may come in":        {parser, crawler, corev1.ProtocolTCP, 8080, false},
		"nothing holds":             {other, parser, corev1.ProtocolTCP, 1, true},
		"types from the rules":      {nats, addr("10.1.2.3"), corev1.ProtocolTCP, 1, true},
	} {
		t.Run(name, func(t *testing.T) {
			if got := n.Allows(c.from, c.to, c.protocol, c.port); got != c.want {
				t.Errorf("Allows = %t", got)
			}
		})
	}
}
