{{/* What the topology's Job consists of. Of (dict root config sources): the names of ConfigMaps; sources may be "". */}}
{{- define "pressmill.topologySpec" -}}
{{- $root := .root -}}
{{- $v := $root.Values.operator -}}
{{- $mounts := list -}}
{{- $volumes := list -}}
{{- if .sources -}}
{{- $mounts = list (dict "name" "sources" "mountPath" "/etc/pressmill/sources" "readOnly" true) -}}
{{- $volumes = list (dict "name" "sources" "configMap" (dict "name" .sources)) -}}
{{- end -}}
{{- $pod := dict "root" $root "component" "operator" "role" "operator" "values" $v "mounts" $mounts "volumes" $volumes "config" .config -}}
backoffLimit: 6
activeDeadlineSeconds: {{ $v.activeDeadlineSeconds }}
template:
  metadata:
    labels:
      {{- include "pressmill.podLabels" (list $root "topology" $v.podLabels) | nindent 6 }}
    {{- with $v.podAnnotations }}
    annotations:
      {{- toYaml . | nindent 6 }}
    {{- end }}
  spec:
    restartPolicy: OnFailure
    {{- include "pressmill.podSpec" $pod | nindent 4 }}
    {{- if .sources }}
    initContainers:
      - name: topology
        args: [topology, apply, -config=/etc/pressmill/config/config.yaml, -wait=10m]
        {{- include "pressmill.container" $pod | nindent 8 }}
    containers:
      - name: sources
        args: [sources, apply, -config=/etc/pressmill/config/config.yaml, -f=/etc/pressmill/sources/{{ $root.Values.sources.key }}]
        {{- include "pressmill.container" $pod | nindent 8 }}
    {{- else }}
    containers:
      - name: topology
        args: [topology, apply, -config=/etc/pressmill/config/config.yaml, -wait=10m]
        {{- include "pressmill.container" $pod | nindent 8 }}
    {{- end }}
    {{- include "pressmill.volumes" $pod | nindent 4 }}
{{- end -}}
