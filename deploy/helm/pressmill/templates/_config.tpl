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

{{/* The data of a ConfigMap or Secret of the user's, as JSON, as far as Helm can see it. Of (list root kind name). */}}
{{- define "pressmill.held" -}}
{{- $object := dict -}}
{{- if index . 2 -}}{{- $object = lookup "v1" (index . 1) (index . 0).Release.Namespace (index . 2) | default dict -}}{{- end -}}
{{- $object.data | default dict | toJson -}}
{{- end -}}

{{/* What roles know NATS by and are known by: Secrets that the chart made, and the user's. Of the servers' certificate, only they
themselves read more than its roots. Of (list root roles servers). */}}
{{- define "pressmill.credentials" -}}
{{- $root := index . 0 -}}
{{- $nats := $root.Values.nats -}}
{{- $made := include "pressmill.natsSecrets" $root | fromYaml -}}
{{- $tls := merge (dict) ($made.tls | default dict) (include "pressmill.held" (list $root "Secret" $nats.tls.existingSecret) | fromJson) -}}
{{- $read := list (ternary $tls (pick $tls "ca.crt") (index . 2)) -}}
{{- range $role := index . 1 -}}
{{- $read = append $read (dig $role "" ($made.nkeys | default dict)) -}}
{{- range list (get $nats.auth.existingSecrets $role) (get $nats.tls.clientSecrets $role) -}}
{{- $read = append $read (include "pressmill.held" (list $root "Secret" .)) -}}
{{- end -}}
{{- end -}}
{{- $read = append $read (include "pressmill.held" (list $root "Secret" $nats.tls.caSecret)) -}}
{{- append $read (include "pressmill.held" (list $root "ConfigMap" $nats.tls.caConfigMap)) | toJson -}}
{{- end -}}

{{/* The checksum of what a worker reads when it starts: those sections of the configuration, its rules, and Secrets. What is another
stage's does not restart it. Of (list root stage). */}}
{{- define "pressmill.checksum" -}}
{{- $root := index . 0 -}}
{{- $stage := index . 1 -}}
{{- $config := include "pressmill.config" $root | fromYaml -}}
{{- $read := list (pick $config "bus" "log" (ternary "sinks" $stage (eq $stage "sink"))) (include "pressmill.credentials" (list $root (list $stage) false)) -}}
{{- if eq $stage "parser" -}}
{{- $read = append $read $root.Values.rules.files -}}
{{- $read = append $read (include "pressmill.held" (list $root "ConfigMap" $root.Values.rules.existingConfigMap)) -}}
{{- end -}}
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
