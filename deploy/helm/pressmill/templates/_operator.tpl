{{/* What a pod of the operator's takes over from the sinks to read what they write: their identity, environment and volume, and
their node if only one can have the volume. As YAML, with component, values, mounts and volumes as other templates want them. */}}
{{- define "pressmill.besideSink" -}}
{{- $sink := .Values.sink -}}
{{- $v := deepCopy .Values.operator -}}
{{- range $key := list "extraEnv" "envFrom" "extraVolumes" "extraVolumeMounts" -}}
{{- $_ := set $v $key (concat (get $v $key) (get $sink $key) | uniq) -}}
{{- end -}}
{{- $_ := set $v "serviceAccount" $sink.serviceAccount -}}
{{- $_ := set $v "podLabels" (merge (dict) $v.podLabels $sink.podLabels) -}}
{{- $beside := dict "component" "sink" "mounts" list "volumes" list -}}
{{- if include "pressmill.sinkUsesVolume" . -}}
{{- $_ := set $beside "mounts" (list (dict "name" "articles" "mountPath" $sink.persistence.mountPath)) -}}
{{- $_ := set $beside "volumes" (list (dict "name" "articles" "persistentVolumeClaim" (dict "claimName" (include "pressmill.sinkClaim" .)))) -}}
{{- if not (has "ReadWriteMany" $sink.persistence.accessModes) -}}
{{- $near := dict "topologyKey" "kubernetes.io/hostname" "labelSelector" (dict "matchLabels" (include "pressmill.selector" (list . "sink") | fromYaml)) -}}
{{- $_ := set $v "tolerations" (concat $v.tolerations $sink.tolerations | uniq) -}}
{{- $_ := set $v "affinity" (dict "podAffinity" (dict "requiredDuringSchedulingIgnoredDuringExecution" (list $near))) -}}
{{- end -}}
{{- end -}}
{{- toYaml (set $beside "values" $v) -}}
{{- end -}}
