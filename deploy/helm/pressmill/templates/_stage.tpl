{{/* The Deployment of a stage. Of (dict root stage values strategy mounts volumes). */}}
{{- define "pressmill.deployment" -}}
{{- $root := .root -}}
{{- $v := .values -}}
{{- $full := include "pressmill.fullname" $root -}}
apiVersion: apps/v1
kind: Deployment
metadata:
  {{- include "pressmill.metadata" (list $root .stage (printf "%s-%s" $full .stage)) | nindent 2 }}
spec:
  {{- if eq $v.autoscaling.mode "none" }}
  replicas: {{ $v.replicas }}
  {{- end }}
  revisionHistoryLimit: 3
  strategy:
    {{- $strategy := merge (dict) (.strategy | default dict) (dict "type" "RollingUpdate") }}
    {{- toYaml (ternary (omit $strategy "rollingUpdate") $strategy (eq $strategy.type "Recreate")) | nindent 4 }}
  selector:
    matchLabels:
      {{- include "pressmill.selector" (list $root .stage) | nindent 6 }}
  template:
    metadata:
      labels:
        {{- include "pressmill.podLabels" (list $root .stage $v.podLabels) | nindent 8 }}
      annotations:
        checksum/config: {{ include "pressmill.checksum" (list $root .stage) }}
        {{- with $v.podAnnotations }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
    spec:
      {{- $pod := dict "root" $root "component" .stage "role" .stage "values" $v "mounts" .mounts "volumes" .volumes "config" (printf "%s-config" $full) }}
      {{- include "pressmill.podSpec" $pod | nindent 6 }}
      {{- include "pressmill.spread" (list $root .stage $v) | nindent 6 }}
      terminationGracePeriodSeconds: {{ $v.terminationGracePeriodSeconds }}
      {{- with $v.extraInitContainers }}
      initContainers:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      containers:
        - name: {{ .stage }}
          args:
            - -config=/etc/pressmill/config/config.yaml
            - -health=:8080
            - -wait=10m
            {{- with $v.extraArgs }}
            {{- toYaml . | nindent 12 }}
            {{- end }}
          ports:
            - {name: health, containerPort: 8080}
          # Alive is a worker whose loop turns; whether NATS can be reached is a matter of readiness alone, because a restart brings no NATS back.
          startupProbe:
            httpGet: {path: /livez, port: health}
            periodSeconds: 2
            failureThreshold: 30
          livenessProbe:
            httpGet: {path: /livez, port: health}
            periodSeconds: 10
            timeoutSeconds: 5
            failureThreshold: 3
          readinessProbe:
            httpGet: {path: /readyz, port: health}
            periodSeconds: 5
            timeoutSeconds: 3
            failureThreshold: 2
          {{- include "pressmill.container" $pod | nindent 10 }}
        {{- with $v.extraContainers }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
      {{- include "pressmill.volumes" $pod | nindent 6 }}
{{- end -}}
