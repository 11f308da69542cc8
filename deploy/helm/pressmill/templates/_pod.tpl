{{/* What all our pods have in common. Of (dict root component role values). */}}
{{- define "pressmill.podSpec" -}}
serviceAccountName: {{ include "pressmill.serviceAccount" (list .root .component .values) }}
automountServiceAccountToken: false
enableServiceLinks: false
{{- with .root.Values.imagePullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .values.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- with .values.runtimeClassName }}
runtimeClassName: {{ . }}
{{- end }}
{{- with .values.dnsConfig }}
dnsConfig:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .values.podSecurityContext }}
securityContext:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .values.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .values.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .values.affinity }}
affinity:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{- define "pressmill.containerSecurity" -}}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities: {drop: [ALL]}
{{- end -}}

{{/* A container of one of our images but its name, args and probes. Of (dict root component role values mounts). */}}
{{- define "pressmill.container" -}}
image: {{ include "pressmill.image" (list .root .values.image) | quote }}
imagePullPolicy: {{ .root.Values.image.pullPolicy }}
{{- $limit := dig "limits" "memory" "" (.values.resources | default dict) }}
{{- $goLimit := and $limit .values.goMemLimitPercent }}
{{- if or $goLimit .values.extraEnv }}
env:
  {{- if $goLimit }}
  - name: GOMEMLIMIT
    value: {{ div (mul (include "pressmill.bytes" $limit | int64) (int64 .values.goMemLimitPercent)) 100 | quote }}
  {{- end }}
  {{- with .values.extraEnv }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- end }}
{{- with .values.envFrom }}
envFrom:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .values.resources }}
resources:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{ include "pressmill.containerSecurity" . }}
volumeMounts:
  - {name: config, mountPath: /etc/pressmill/config, readOnly: true}
  {{- if include "pressmill.natsSources" (list .root .role) }}
  - {name: nats, mountPath: /etc/pressmill/nats, readOnly: true}
  {{- end }}
  - {name: tmp, mountPath: /tmp}
  {{- with .mounts }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
  {{- with .values.extraVolumeMounts }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- end -}}

{{/* The volumes of such containers. Of (dict root role values config volumes): config is the name of the ConfigMap. */}}
{{- define "pressmill.volumes" -}}
volumes:
  - name: config
    configMap: {name: {{ .config }}}
  {{- with include "pressmill.natsSources" (list .root .role) | trim }}
  - name: nats
    projected:
      defaultMode: 0440
      sources:
        {{- . | nindent 8 }}
  {{- end }}
  - name: tmp
    emptyDir: {sizeLimit: 64Mi}
  {{- with .volumes }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
  {{- with .values.extraVolumes }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- end -}}

{{/* Spread over nodes and zones. Of (list root component values): without a labelSelector the component's pods are meant. */}}
{{- define "pressmill.spread" -}}
{{- $selector := dict "matchLabels" (include "pressmill.selector" . | fromYaml) -}}
{{- $spread := (index . 2).topologySpreadConstraints -}}
{{- if not $spread -}}
{{- range list "kubernetes.io/hostname" "topology.kubernetes.io/zone" -}}
{{- $spread = append $spread (dict "maxSkew" 1 "topologyKey" . "whenUnsatisfiable" "ScheduleAnyway") -}}
{{- end -}}
{{- end -}}
topologySpreadConstraints:
{{- range $spread }}
{{ list (merge (dict) . (dict "labelSelector" $selector)) | toYaml | indent 2 }}
{{- end }}
{{- end -}}
