{{/* Where the files of the bus lie in every pod, and the URL of its servers. */}}
{{- define "pressmill.natsName" -}}{{ include "pressmill.fullname" . }}-nats{{- end -}}

{{- define "pressmill.natsHost" -}}
{{ include "pressmill.natsName" . }}.{{ .Release.Namespace }}.svc.{{ .Values.clusterDomain }}
{{- end -}}

{{- define "pressmill.natsURL" -}}
{{- if .Values.nats.enabled -}}
{{ ternary "tls" "nats" .Values.nats.tls.enabled }}://{{ include "pressmill.natsHost" . }}:4222
{{- else -}}
{{ .Values.nats.url }}
{{- end -}}
{{- end -}}

{{- define "pressmill.streamReplicas" -}}
{{- if .Values.nats.streamReplicas -}}{{ .Values.nats.streamReplicas }}
{{- else if .Values.nats.enabled -}}{{ .Values.nats.replicas }}
{{- else -}}1
{{- end -}}
{{- end -}}

{{/* The key of a role's Secret: in one that the chart makes it is nkey. Of (list root role). */}}
{{- define "pressmill.authKey" -}}
{{- $auth := (index . 0).Values.nats.auth -}}
{{- if not (get $auth.existingSecrets (index . 1)) -}}nkey
{{- else -}}{{ $auth.key | default (ternary "nats.creds" "nkey" (eq $auth.type "creds")) }}
{{- end -}}
{{- end -}}

{{- define "pressmill.hasCA" -}}
{{- if or (and .Values.nats.enabled .Values.nats.tls.enabled) .Values.nats.tls.caSecret .Values.nats.tls.caConfigMap -}}true{{- end -}}
{{- end -}}

{{/* The section bus as the chart fills it in. */}}
{{- define "pressmill.bus" -}}
url: {{ include "pressmill.natsURL" . | quote }}
replicas: {{ include "pressmill.streamReplicas" . }}
{{- if eq .Values.nats.auth.type "nkey" }}
nkey_file: /etc/pressmill/nats/nkey
{{- else if eq .Values.nats.auth.type "creds" }}
creds_file: /etc/pressmill/nats/nats.creds
{{- end }}
{{- if include "pressmill.hasCA" . }}
ca_file: /etc/pressmill/nats/ca.crt
{{- end }}
{{- if and (not .Values.nats.enabled) .Values.nats.tls.clientSecrets.operator }}
cert_file: /etc/pressmill/nats/tls.crt
key_file: /etc/pressmill/nats/tls.key
{{- end }}
{{- end -}}

{{- define "pressmill.hasRules" -}}
{{- if or .Values.rules.files .Values.rules.existingConfigMap -}}true{{- end -}}
{{- end -}}

{{/* The sections of the configuration, as YAML: the user's over the chart's. */}}
{{- define "pressmill.config" -}}
{{- $config := deepCopy .Values.config -}}
{{- $_ := set $config "bus" (mergeOverwrite (deepCopy ($config.bus | default dict)) (include "pressmill.bus" . | fromYaml)) -}}
{{- $_ := set $config "log" (merge (deepCopy ($config.log | default dict)) (dict "format" "json")) -}}
{{- if and .Values.tests.enabled .Values.tests.allowCIDRs -}}
{{- $crawler := deepCopy ($config.crawler | default dict) -}}
{{- $_ := set $crawler "allow_private" (concat ($crawler.allow_private | default list) .Values.tests.allowCIDRs | uniq) -}}
{{- $_ := set $config "crawler" $crawler -}}
{{- end -}}
{{- if include "pressmill.hasRules" . -}}
{{- $_ := set $config "parser" (merge (dict "rules" "/etc/pressmill/rules") ($config.parser | default dict)) -}}
{{- end -}}
{{- if not $config.sinks -}}
{{- $_ := set $config "sinks" (list (dict "name" "articles" "url" (printf "file://%s" .Values.sink.persistence.mountPath))) -}}
{{- end -}}
{{- toYaml $config -}}
{{- end -}}

{{/* The checksum of what a worker reads when it starts: those sections of the configuration, and of the Secrets what the chart made.
What is another stage's does not restart it. Of (list root section). */}}
{{- define "pressmill.checksum" -}}
{{- $root := index . 0 -}}
{{- $config := include "pressmill.config" $root | fromYaml -}}
{{- $read := list (pick $config "bus" "log" (index . 1)) (include "pressmill.natsSecrets" $root | fromYaml) -}}
{{- if eq (index . 1) "parser" -}}{{- $read = append $read $root.Values.rules.files -}}{{- end -}}
{{- toJson $read | sha256sum -}}
{{- end -}}

{{/* Whether a sink of the configuration writes below the volume of sink.persistence. */}}
{{- define "pressmill.sinkUsesVolume" -}}
{{- if .Values.sink.persistence.enabled -}}
{{- $config := include "pressmill.config" . | fromYaml -}}
{{- $at := printf "file://%s/" .Values.sink.persistence.mountPath -}}
{{- range $config.sinks -}}
{{- if hasPrefix $at (printf "%s/" .url) -}}true{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- define "pressmill.sinkClaim" -}}
{{ .Values.sink.persistence.existingClaim | default (printf "%s-articles" (include "pressmill.fullname" .)) }}
{{- end -}}

{{/* Whether the test can crawl: addresses of pods are allowed, and a sink holds all articles where another pod can read them. */}}
{{- define "pressmill.testCrawls" -}}
{{- if and .Values.tests.enabled .Values.tests.allowCIDRs -}}
{{- $alone := and (include "pressmill.sinkUsesVolume" .) (has "ReadWriteOncePod" .Values.sink.persistence.accessModes) -}}
{{- $readable := false -}}
{{- range (include "pressmill.config" . | fromYaml).sinks -}}
{{- if and (regexMatch "^(file|s3|gs|azblob):" .url) (not .filter) (not (has (.format | default "jsonl") (list "csv" "warc"))) }}{{ $readable = true }}{{ end -}}
{{- end -}}
{{- if and $readable (not $alone) -}}true{{- end -}}
{{- end -}}
{{- end -}}
