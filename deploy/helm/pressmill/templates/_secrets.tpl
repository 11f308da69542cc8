{{/* What the chart makes for its own servers, as YAML: nkeys (a raw seed in base64 for each role) and tls (ca.crt, tls.crt, tls.key).
What the cluster holds already is kept. It is made once in a rendering, because Secrets and checksums must tell the same. */}}
{{- define "pressmill.natsSecrets" -}}
{{- if not (hasKey .Values "made") -}}
{{- $made := dict -}}
{{- if .Values.nats.enabled -}}
{{- $_ := set $made "nkeys" (include "pressmill.makeNKeys" . | fromYaml) -}}
{{- if and .Values.nats.tls.enabled (not .Values.nats.tls.existingSecret) -}}
{{- $_ := set $made "tls" (include "pressmill.makeTLS" . | fromYaml) -}}
{{- end -}}
{{- end -}}
{{- $_ := set .Values "made" $made -}}
{{- end -}}
{{- toYaml .Values.made -}}
{{- end -}}

{{- define "pressmill.makeNKeys" -}}
{{- $root := . -}}
{{- range $role := list "crawler" "parser" "sink" "operator" -}}
{{- if not (get $root.Values.nats.auth.existingSecrets $role) -}}
{{- $held := lookup "v1" "Secret" $root.Release.Namespace (include "pressmill.nkeySecret" (list $root $role)) }}
{{ $role }}: {{ dig "data" "nkey" "" ($held | default dict) | b64dec | default (randBytes 32) | quote }}
{{- end -}}
{{- end -}}
{{- end -}}

{{- define "pressmill.makeTLS" -}}
{{- $held := lookup "v1" "Secret" .Release.Namespace (include "pressmill.tlsSecret" .) -}}
{{- if dig "data" "tls.key" "" ($held | default dict) -}}
{{- range $key := list "ca.crt" "tls.crt" "tls.key" }}
{{ $key }}: {{ get $held.data $key | b64dec | quote }}
{{- end -}}
{{- else -}}
{{- $service := include "pressmill.natsName" . -}}
{{- $names := list $service -}}
{{- range list (printf "%s.%s" $service .Release.Namespace) (printf "%s.%s.svc" $service .Release.Namespace) (include "pressmill.natsHost" .) -}}
{{- $names = concat $names (list . (printf "*.%s" .)) -}}
{{- end -}}
{{- $ca := genCA (printf "%s CA" $service) 3650 -}}
{{- $cert := genSignedCert (include "pressmill.natsHost" . | trunc 64) nil $names 3650 $ca }}
ca.crt: {{ $ca.Cert | quote }}
tls.crt: {{ $cert.Cert | quote }}
tls.key: {{ $cert.Key | quote }}
{{- end -}}
{{- end -}}

{{/* The Secret of a role, or "". Of (list root role). */}}
{{- define "pressmill.authSecret" -}}
{{- $nats := (index . 0).Values.nats -}}
{{- if eq $nats.auth.type "none" -}}
{{- else if get $nats.auth.existingSecrets (index . 1) -}}{{ get $nats.auth.existingSecrets (index . 1) }}
{{- else if $nats.enabled -}}{{ include "pressmill.nkeySecret" . }}
{{- end -}}
{{- end -}}

{{- define "pressmill.nkeySecret" -}}{{ include "pressmill.fullname" (index . 0) }}-nkey-{{ index . 1 }}{{- end -}}

{{- define "pressmill.tlsSecret" -}}
{{ .Values.nats.tls.existingSecret | default (printf "%s-tls" (include "pressmill.natsName" .)) }}
{{- end -}}

{{/* The volume of /etc/pressmill/nats: what a role needs on the bus, and no other role's. Of (list root role). */}}
{{- define "pressmill.natsSources" -}}
{{- $root := index . 0 -}}
{{- $role := index . 1 -}}
{{- $nats := $root.Values.nats -}}
{{- with include "pressmill.authSecret" . }}
- secret:
    name: {{ . }}
    items: [{key: {{ include "pressmill.authKey" (list $root $role) }}, path: {{ ternary "nats.creds" "nkey" (eq $nats.auth.type "creds") }}}]
{{- end }}
{{- if $nats.enabled }}
{{- if $nats.tls.enabled }}
- secret:
    name: {{ include "pressmill.tlsSecret" $root }}
    items: [{key: ca.crt, path: ca.crt}]
{{- end }}
{{- else }}
{{- with $nats.tls.caSecret }}
- secret:
    name: {{ . }}
    items: [{key: {{ $nats.tls.caKey }}, path: ca.crt}]
{{- end }}
{{- with $nats.tls.caConfigMap }}
- configMap:
    name: {{ . }}
    items: [{key: {{ $nats.tls.caKey }}, path: ca.crt}]
{{- end }}
{{- with get $nats.tls.clientSecrets $role }}
- secret:
    name: {{ . }}
    items: [{key: tls.crt, path: tls.crt}, {key: tls.key, path: tls.key}]
{{- end }}
{{- end }}
{{- end -}}
