{{/* The container, the same in both modes. */}}

{{/* A probe over the Unix socket, which needs neither a certificate nor a key. Takes the root, the probe's numbers and the
name of the service that is asked for. */}}
{{- define "hallpass.probe" -}}
exec:
  command: [/hallpass, healthcheck, --server, "unix:/run/hallpass/hallpass.sock"{{ with .service }}, --service, {{ . }}{{ end }}]
{{- range $name, $value := .numbers }}
{{ $name }}: {{ int $value }}
{{- end }}
{{- end -}}

{{- define "hallpass.container" -}}
name: hallpass
image: {{ include "hallpass.image" . | quote }}
imagePullPolicy: {{ .Values.image.pullPolicy }}
{{- if eq .Values.mode "sidecar" }}
restartPolicy: Always
{{- end }}
command: [/hallpass]
args:
  - serve
  {{- with .Values.extraArgs }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
env:
  {{- include "hallpass.env" . | nindent 2 }}
{{- include "hallpass.ports" . }}
# The server is up: not that it has all it decides with. A database that is down must not get the container killed.
startupProbe:
  {{- include "hallpass.probe" (dict "numbers" .Values.probes.startup "service" "liveness") | nindent 2 }}
livenessProbe:
  {{- include "hallpass.probe" (dict "numbers" .Values.probes.liveness "service" "liveness") | nindent 2 }}
readinessProbe:
  {{- include "hallpass.probe" (dict "numbers" .Values.probes.readiness) | nindent 2 }}
resources:
  {{- toYaml .Values.resources | nindent 2 }}
securityContext:
  {{- toYaml .Values.securityContext | nindent 2 }}
terminationMessagePolicy: FallbackToLogsOnError
volumeMounts:
  {{- include "hallpass.mounts" . | nindent 2 }}
{{- end -}}

{{- define "hallpass.ports" -}}
{{- if or (eq .Values.mode "service") .Values.admin.enabled }}
ports:
  {{- if eq .Values.mode "service" }}
  - name: grpc
    containerPort: {{ int .Values.ports.grpc }}
  - name: http
    containerPort: {{ int .Values.ports.http }}
  {{- end }}
  {{- if .Values.admin.enabled }}
  - name: {{ eq .Values.mode "service" | ternary "admin" "hallpass-admin" }}
    containerPort: {{ int .Values.admin.port }}
  {{- end }}
{{- end }}
{{- end -}}
