{{- define "pressmill.dnsEgress" -}}
- to:
    {{- toYaml .Values.networkPolicy.dns.to | nindent 4 }}
  ports:
    {{- range .Values.networkPolicy.dns.ports }}
    - {protocol: UDP, port: {{ . }}}
    - {protocol: TCP, port: {{ . }}}
    {{- end }}
{{- end -}}

{{- define "pressmill.natsEgress" -}}
{{- if .Values.nats.enabled -}}
- to:
    - podSelector:
        matchLabels:
          {{- include "pressmill.selector" (list . "nats") | nindent 10 }}
  ports:
    - {protocol: TCP, port: 4222}
{{- else -}}
- to:
    {{- toYaml .Values.networkPolicy.nats.to | nindent 4 }}
  ports:
    {{- range .Values.networkPolicy.nats.ports }}
    - {protocol: TCP, port: {{ . }}}
    {{- end }}
{{- end }}
{{- end -}}

{{/* The whole internet but what is private or reserved, as peers. Of IPv6 it is global unicast: IPv4 inside IPv6 lies elsewhere. */}}
{{- define "pressmill.publicPeers" -}}
{{- with .Values.networkPolicy.crawler -}}
- ipBlock:
    cidr: 0.0.0.0/0
    except:
      {{- toYaml .except | nindent 6 }}
- ipBlock:
    cidr: 2000::/3
    except:
      {{- toYaml .except6 | nindent 6 }}
{{- end }}
{{- end -}}

{{/* Egress to what holds the articles: none for files. */}}
{{- define "pressmill.storeEgress" -}}
{{- $away := false -}}
{{- range (include "pressmill.config" . | fromYaml).sinks -}}
{{- if not (or (hasPrefix "file:" .url) (hasPrefix "mem:" .url)) }}{{ $away = true }}{{ end -}}
{{- end -}}
{{- if or $away .Values.networkPolicy.sink.store -}}
- to:
    {{- with .Values.networkPolicy.sink.store }}
    {{- toYaml . | nindent 4 }}
    {{- else }}
    {{- include "pressmill.publicPeers" . | nindent 4 }}
    {{- end }}
  ports:
    {{- range .Values.networkPolicy.sink.ports }}
    - {protocol: TCP, port: {{ . }}}
    {{- end }}
{{- end }}
{{- end -}}

{{/* The policy of a component that nobody speaks to but one component on port 8080, if ingress names it. Of (dict root component
annotations egress ingress): egress is YAML. */}}
{{- define "pressmill.policy" -}}
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  {{- include "pressmill.metadata" (list .root .component (printf "%s-%s" (include "pressmill.fullname" .root) .component) .annotations) | nindent 2 }}
spec:
  podSelector:
    matchLabels:
      {{- include "pressmill.selector" (list .root .component) | nindent 6 }}
  policyTypes: [Ingress, Egress]
  {{- with .ingress }}
  ingress:
    - from:
        - podSelector:
            matchLabels:
              {{- include "pressmill.selector" (list $.root .) | nindent 14 }}
      ports:
        - {protocol: TCP, port: 8080}
  {{- end }}
  egress:
    {{- include "pressmill.dnsEgress" .root | nindent 4 }}
    {{- include "pressmill.natsEgress" .root | nindent 4 }}
    {{- with .egress | default "" | trim }}
    {{- . | nindent 4 }}
    {{- end }}
{{- end -}}
