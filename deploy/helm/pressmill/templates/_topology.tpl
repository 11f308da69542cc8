{{/* What the topology's Job consists of. Of (dict root config sources account): the names of
ConfigMaps and of the ServiceAccount, in place of the operator's own; sources and account may be "". */}}
{{- define "pressmill.topologySpec" -}}
{{- $root := .root -}}
{{- $v := deepCopy $root.Values.operator -}}
{{- with .account }}{{ $_ := set $v "serviceAccount" (dict "create" true "name" .) }}{{ end -}}
{{- $mounts := list -}}
{{- $volumes := list -}}
{{- if .sources -}}
{{- $mounts = list (dict "name" "sources" "mountPath" "/etc/pressmill/sources" "readOnly" true) -}}
{{- $volumes = list (dict "name" "sources" "configMap" (dict "name" .sources)) -}}
{{- end -}}
{{- $pod := dict "root" $root "component" "operator" "role" "operator" "values" $v "mounts" $mounts "volumes" $volumes "config" .config -}}
{{- if $root.Values.nats.enabled -}}
# Until servers are there: as with the workers, however late it is that their volumes are. One that gave up would not be made again.
backoffLimit: 1000000
{{- else -}}
backoffLimit: 6
activeDeadlineSeconds: {{ $v.activeDeadlineSeconds }}
# Of a hook that failed, which an uninstall would leave.
ttlSecondsAfterFinished: 86400
{{- end }}
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
        args: [sources, apply, -config=/etc/pressmill/config/config.yaml, -f=/etc/pressmill/sources/{{ $root.Values.sources.key }}{{ if $root.Values.sources.prune }}, -prune{{ end }}]
        {{- include "pressmill.container" $pod | nindent 8 }}
    {{- else }}
    containers:
      - name: topology
        args: [topology, apply, -config=/etc/pressmill/config/config.yaml, -wait=10m]
        {{- include "pressmill.container" $pod | nindent 8 }}
    {{- end }}
    {{- include "pressmill.volumes" $pod | nindent 4 }}
{{- end -}}
