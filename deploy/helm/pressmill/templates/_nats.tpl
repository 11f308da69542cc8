{{/* nats.conf. */}}
{{- define "pressmill.natsConf" -}}
{{- $v := .Values.nats -}}
{{- $name := include "pressmill.natsName" . -}}
{{- $limit := dig "limits" "memory" "1Gi" ($v.resources | default dict) -}}
{{- $memory := $v.jetstream.maxMemory | default (div (include "pressmill.bytes" $limit | int64) 4) -}}
# The pod's name: an autoscaler finds a consumer's leader by it.
server_name: $POD_NAME
port: 4222
http_port: 8222
pid_file: /run/nats/nats.pid
max_payload: 8MB
# A server that is told to stop hands its streams' leadership on and sends clients away, a few at a time.
lame_duck_grace_period: 10s
lame_duck_duration: 30s
jetstream {
  store_dir: /data
  sync_interval: 10s
  max_file_store: {{ include "pressmill.natsFile" . }}
  max_memory_store: {{ include "pressmill.bytes" $memory }}
}
{{- if $v.tls.enabled }}
tls {
  cert_file: /etc/nats/tls/tls.crt
  key_file: /etc/nats/tls/tls.key
  ca_file: /etc/nats/tls/ca.crt
}
{{- end }}
{{- if gt (int $v.replicas) 1 }}
cluster {
  name: {{ $name }}
  port: 6222
  no_advertise: true
  routes: [
    {{- range $i := until (int $v.replicas) }}
    nats-route://{{ $name }}-{{ $i }}.{{ include "pressmill.natsHost" $ }}:6222
    {{- end }}
  ]
  {{- if $v.tls.enabled }}
  # Only who has a certificate of the same roots is let in.
  tls {
    cert_file: /etc/nats/tls/tls.crt
    key_file: /etc/nats/tls/tls.key
    ca_file: /etc/nats/tls/ca.crt
    verify: true
  }
  {{- end }}
}
{{- end }}
# Accounts and what each role may do, made of the topology by the init container.
include ../auth/accounts.conf
{{- with $v.extraConfig }}
{{ . }}
{{- end }}
{{- end -}}

{{/* What JetStream may store: nine tenths of a server's volume, if nothing is said. */}}
{{- define "pressmill.natsFile" -}}
{{- $v := .Values.nats -}}
{{- include "pressmill.bytes" ($v.jetstream.maxFile | default (div (mul (include "pressmill.bytes" $v.persistence.size | int64) 9) 10)) -}}
{{- end -}}
