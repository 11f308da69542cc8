package chart

import (
	"maps"
	"net/netip"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// Network is the policies of one release, which are all that a cluster has.
type Network struct{ policies []*networkingv1.NetworkPolicy }

// Peer is one end of a connection: an address outside the cluster, or a pod.
type Peer struct {
	Addr            netip.Addr // of a pod, too, if known
	Namespace       string     // of a pod; "" if it is none
	Labels          map[string]string
	NamespaceLabels map[string]string // beside kubernetes.io/metadata.name
	Ports           map[string]int32  // those that have a name
}

// NewNetwork collects the policies of objects.
func NewNetwork(objects []Object) Network {
	var n Network
	for _, o := range objects {
		if policy, ok := o.Spec.(*networkingv1.NetworkPolicy); ok {
			n.policies = append(n.policies, policy)
		}
	}
	return n
}

// PeerOf is a pod as one end.
func PeerOf(pod Pod) Peer {
	peer := Peer{Namespace: pod.Namespace, Labels: pod.Meta.Labels, Ports: map[string]int32{}}
	for _, c := range pod.Containers() {
		for _, port := range c.Ports {
			peer.Ports[port.Name] = port.ContainerPort
		}
	}
	return peer
}

// Allows says whether from can open a connection to a port of to: both the
// policies of its own pod and those of the other one have to let it.
func (n Network) Allows(from, to Peer, protocol corev1.Protocol, port int32) bool {
	return n.egress(from, to, protocol, port) && n.ingress(from, to, protocol, port)
}

func (n Network) egress(from, to Peer, protocol corev1.Protocol, port int32) bool {
	policies := n.of(from, networkingv1.PolicyTypeEgress)
	for _, policy := range policies {
		for _, rule := range policy.Spec.Egress {
			if matchPorts(rule.Ports, to, protocol, port) && matchPeers(policy.Namespace, rule.To, to) {
				return true
			}
		}
	}
	return len(policies) == 0
}

func (n Network) ingress(from, to Peer, protocol corev1.Protocol, port int32) bool {
	policies := n.of(to, networkingv1.PolicyTypeIngress)
	for _, policy := range policies {
		for _, rule := range policy.Spec.Ingress {
			if matchPorts(rule.Ports, to, protocol, port) && matchPeers(policy.Namespace, rule.From, from) {
				return true
			}
		}
	}
	return len(policies) == 0
}

// of returns the policies that a pod is subject to in a direction. One without
// types is for ingress, and for egress if it has such rules.
func (n Network) of(pod Peer, direction networkingv1.PolicyType) []*networkingv1.NetworkPolicy {
	var found []*networkingv1.NetworkPolicy
	if pod.Namespace == "" {
		return nil
	}
	for _, policy := range n.policies {
		types := policy.Spec.PolicyTypes
		applies := len(types) == 0 && (direction == networkingv1.PolicyTypeIngress || len(policy.Spec.Egress) > 0)
		for _, t := range types {
			applies = applies || t == direction
		}
		if applies && policy.Namespace == pod.Namespace && matches(&policy.Spec.PodSelector, pod.Labels) {
			found = append(found, policy)
		}
	}
	return found
}

func matchPorts(ports []networkingv1.NetworkPolicyPort, to Peer, protocol corev1.Protocol, port int32) bool {
	for _, p := range ports {
		if p.Protocol != nil && *p.Protocol != protocol || p.Protocol == nil && protocol != corev1.ProtocolTCP {
			continue
		}
		switch {
		case p.Port == nil:
			return true
		case p.Port.Type == intstr.String:
			if number, ok := to.Ports[p.Port.StrVal]; ok && number == port {
				return true
			}
		case p.Port.IntVal == port, p.EndPort != nil && p.Port.IntVal <= port && port <= *p.EndPort:
			return true
		}
	}
	return len(ports) == 0
}

func matchPeers(namespace string, peers []networkingv1.NetworkPolicyPeer, other Peer) bool {
	for _, peer := range peers {
		if peer.IPBlock != nil {
			if matchBlock(peer.IPBlock, other.Addr) {
				return true
			}
			continue
		}
		if other.Namespace == "" {
			continue
		}
		if peer.NamespaceSelector == nil && other.Namespace != namespace || !matches(peer.NamespaceSelector, namespaceLabels(other)) {
			continue
		}
		if matches(peer.PodSelector, other.Labels) {
			return true
		}
	}
	return len(peers) == 0
}

// matchBlock takes addresses as they stand: one of IPv4 that is mapped into
// IPv6 matches blocks of IPv6.
func matchBlock(block *networkingv1.IPBlock, addr netip.Addr) bool {
	cidr, err := netip.ParsePrefix(block.CIDR)
	if err != nil || !contains(cidr, addr) {
		return false
	}
	for _, except := range block.Except {
		if cidr, err := netip.ParsePrefix(except); err == nil && contains(cidr, addr) {
			return false
		}
	}
	return true
}

// contains is netip.Prefix.Contains for mapped addresses, too.
func contains(cidr netip.Prefix, addr netip.Addr) bool {
	if !addr.Is4In6() {
		return cidr.Contains(addr)
	}
	if cidr.Addr().Is4() {
		return false
	}
	prefix, err := addr.Prefix(cidr.Bits())
	return err == nil && prefix.Addr() == cidr.Masked().Addr()
}

func namespaceLabels(p Peer) map[string]string {
	all := map[string]string{"kubernetes.io/metadata.name": p.Namespace}
	maps.Copy(all, p.NamespaceLabels)
	return all
}

// matches says whether a selector takes labels; no selector takes everything.
func matches(s *metav1.LabelSelector, set map[string]string) bool {
	if s == nil {
		return true
	}
	parsed, err := metav1.LabelSelectorAsSelector(s)
	return err == nil && parsed.Matches(labels.Set(set))
}
