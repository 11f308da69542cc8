{{- define "pressmill.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 40 | trimSuffix "-" -}}
{{- end -}}

{{/* What the names of all objects begin with; short enough for every ending. A release's name may have dots and begin with a digit,
that of a Service may not. */}}
{{- define "pressmill.fullname" -}}
{{- $name := include "pressmill.name" . -}}
{{- $release := .Release.Name | replace "." "-" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride -}}
{{- else if regexMatch "^[0-9]" $release -}}
{{- printf "%s-%s" $name $release | trunc 40 | trimSuffix "-" -}}
{{- else if contains $name $release -}}
{{- $release | trunc 40 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" $release $name | trunc 40 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{/* Labels that pods are selected by; they never change. Of (list root component). */}}
{{- define "pressmill.selector" -}}
{{- $root := index . 0 -}}
app.kubernetes.io/name: {{ include "pressmill.name" $root }}
app.kubernetes.io/instance: {{ $root.Release.Name | quote }}
app.kubernetes.io/component: {{ index . 1 }}
{{- end -}}

{{/* Labels of an object. Of (list root component). */}}
{{- define "pressmill.labels" -}}
{{- $root := index . 0 -}}
{{ include "pressmill.selector" . }}
app.kubernetes.io/part-of: pressmill
app.kubernetes.io/version: {{ $root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ $root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" $root.Chart.Name $root.Chart.Version | replace "+" "_" }}
{{- with $root.Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/* Labels of a pod: those it is selected by, and the user's. Nothing in them changes with the chart's version, which would
restart every worker. Of (list root component podLabels). */}}
{{- define "pressmill.podLabels" -}}
{{ include "pressmill.selector" . }}
{{- with merge (dict) (index . 2 | default dict) (index . 0).Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/* The metadata of an object. Of (list root component name [annotations [labels]]). */}}
{{- define "pressmill.metadata" -}}
{{- $root := index . 0 -}}
name: {{ index . 2 }}
namespace: {{ $root.Release.Namespace | quote }}
labels:
  {{- include "pressmill.labels" . | nindent 2 }}
  {{- if gt (len .) 4 }}
  {{- with index . 4 }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
  {{- end }}
{{- $annotations := dict -}}
{{- if gt (len .) 3 -}}{{- $annotations = index . 3 | default dict -}}{{- end -}}
{{- with merge (dict) $annotations $root.Values.commonAnnotations }}
annotations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{/* An image of our own. Of (list root image). */}}
{{- define "pressmill.image" -}}
{{- $root := index . 0 -}}
{{- $image := index . 1 -}}
{{- $name := $image.repository -}}
{{- if $root.Values.image.registry -}}{{- $name = printf "%s/%s" (trimSuffix "/" $root.Values.image.registry) $name -}}{{- end -}}
{{- if $image.digest -}}
{{- printf "%s@%s" $name $image.digest -}}
{{- else -}}
{{- printf "%s:%s" $name (coalesce $image.tag $root.Values.image.tag $root.Chart.AppVersion) -}}
{{- end -}}
{{- end -}}

{{/* The ServiceAccount of a component. Of (list root component values). */}}
{{- define "pressmill.serviceAccount" -}}
{{- $account := (index . 2).serviceAccount -}}
{{- if $account.name -}}{{ $account.name }}
{{- else if $account.create -}}{{ include "pressmill.fullname" (index . 0) }}-{{ index . 1 }}
{{- else -}}{{ fail (printf "%s.serviceAccount.name: name the ServiceAccount, or set %s.serviceAccount.create" (index . 1) (index . 1)) }}
{{- end -}}
{{- end -}}

{{/* Bytes of a size: a Kubernetes quantity (512Mi, 40Gi, 1G) or a size of the configuration (8MiB, 2GiB, 6MB). */}}
{{- define "pressmill.bytes" -}}
{{- /* Helm reads numbers as floats, which print as 1.07e+09. */ -}}
{{- $text := ternary (. | int64 | toString) (. | toString | trim) (kindIs "float64" .) -}}
{{- $number := regexFind "^[0-9.]+" $text -}}
{{- $unit := regexReplaceAll "b$" (regexReplaceAll "^[0-9.]+ *" $text "" | lower) "" -}}
{{- $units := dict "" 1 "k" 1e3 "m" 1e6 "g" 1e9 "t" 1e12 "ki" 1024 "mi" 1048576 "gi" 1073741824 "ti" 1099511627776 -}}
{{- if or (not $number) (not (hasKey $units $unit)) -}}{{- fail (printf "%q is not a size such as 512Mi or 40Gi" $text) -}}{{- end -}}
{{- mulf (float64 $number) (float64 (get $units $unit)) | floor | int64 -}}
{{- end -}}
