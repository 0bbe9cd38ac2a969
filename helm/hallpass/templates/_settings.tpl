{{/* The settings of `hallpass serve`, as variables of its container. */}}

{{/* What is set and what follows from the mode. */}}
{{- define "hallpass.settings" -}}
{{- $all := dict "drain_seconds" 10 "drain_delay_seconds" (eq .Values.mode "sidecar" | ternary 0 5) -}}
{{- range $name, $value := .Values.settings }}{{ $_ := set $all $name $value }}{{ end -}}
{{- $all | toJson -}}
{{- end -}}

{{/* Seconds from being told to end until draining has ended. */}}
{{- define "hallpass.drain" -}}
{{- $settings := include "hallpass.settings" . | fromJson -}}
{{- add (int $settings.drain_seconds) (int $settings.drain_delay_seconds) -}}
{{- end -}}

{{/* A value as text: whole numbers stay whole, and the items of a list are separated by commas. */}}
{{- define "hallpass.text" -}}
{{- if kindIs "slice" . }}{{ join "," . }}{{ else if kindIs "float64" . }}{{ int64 . }}{{ else }}{{ . }}{{ end -}}
{{- end -}}

{{/* Where files are and what is listened on. */}}
{{- define "hallpass.places" -}}
HALLPASS_POLICIES: {{ .Values.policy.shipped | ternary "/policies" "/etc/hallpass/policies" }}
HALLPASS_DIRECTORY: {{ include "hallpass.directory" . }}
HALLPASS_UNIX_LISTEN: /run/hallpass/hallpass.sock
{{- $address := eq .Values.mode "sidecar" | ternary "127.0.0.1" .Values.listenAddress }}
HALLPASS_GRPC_LISTEN: {{ printf "%s:%d" $address (int .Values.ports.grpc) | quote }}
HALLPASS_HTTP_LISTEN: {{ printf "%s:%d" $address (int .Values.ports.http) | quote }}
{{- with .Values.directory.postgres.passwordSecret }}
{{- if .name }}
HALLPASS_DATABASE_PASSWORD_FILE: /etc/hallpass/password/{{ .key }}
{{- end }}
{{- end }}
{{- if include "hallpass.callers" . }}
HALLPASS_CALLERS: /etc/hallpass/callers/callers.yaml
{{- end }}
{{- if include "hallpass.tlsSecret" . }}
HALLPASS_TLS_CERT: /etc/hallpass/tls/tls.crt
HALLPASS_TLS_KEY: /etc/hallpass/tls/tls.key
{{- end }}
{{- if or .Values.tls.clientCa.secret .Values.tls.clientCa.configMap }}
HALLPASS_TLS_CLIENT_CA: /etc/hallpass/client-ca/{{ .Values.tls.clientCa.key }}
{{- end }}
{{- if .Values.admin.enabled }}
HALLPASS_ADMIN_LISTEN: {{ printf "%s:%d" .Values.listenAddress (int .Values.admin.port) | quote }}
HALLPASS_ADMIN_KEY_FILE: /etc/hallpass/admin/{{ .Values.admin.keySecret.key }}
{{- end }}
{{- if .Values.decisionLog.to }}
HALLPASS_DECISION_LOG: {{ eq .Values.decisionLog.to "stdout" | ternary "-" "/var/log/hallpass/decisions.log" | quote }}
HALLPASS_DECISION_LOG_MODE: {{ .Values.decisionLog.mode }}
{{- with .Values.decisionLog.keySecret }}
{{- if .name }}
HALLPASS_DECISION_LOG_KEY_FILE: /etc/hallpass/log/{{ .key }}
{{- end }}
{{- end }}
{{- if .Values.decisionLog.checkpointsVolume }}
HALLPASS_DECISION_LOG_CHECKPOINTS: /var/log/hallpass-checkpoints/checkpoints
{{- end }}
{{- end }}
{{- end -}}

{{- define "hallpass.directory" -}}
{{- $directory := .Values.directory -}}
{{- if $directory.demo -}}
/examples/district
{{- else if $directory.postgres.url -}}
{{- $url := $directory.postgres.url -}}
{{- with $directory.postgres.caSecret -}}
{{- if .name }}{{ $url = printf "%s%ssslrootcert=/etc/hallpass/database/%s" $url (contains "?" $url | ternary "&" "?") .key }}{{ end -}}
{{- end -}}
{{ $url | quote }}
{{- else -}}
{{ list "/etc/hallpass/directory" $directory.path | compact | join "/" | quote }}
{{- end -}}
{{- end -}}

{{/* Not empty where callers are known. */}}
{{- define "hallpass.callers" -}}
{{- with .Values.callers }}{{ if or .entries .configMap .secret }}known{{ end }}{{ end -}}
{{- end -}}

{{- define "hallpass.env" -}}
{{- $all := include "hallpass.places" . | fromYaml -}}
{{- range $name, $value := include "hallpass.settings" . | fromJson -}}
{{- $_ := set $all (printf "HALLPASS_%s" (upper $name)) (include "hallpass.text" $value) -}}
{{- end -}}
{{- $items := list -}}
{{- range $name, $value := $all }}{{ $items = append $items (dict "name" $name "value" $value) }}{{ end -}}
{{ toYaml $items }}
{{- if or (eq .Values.decisionLog.to "volume") .Values.decisionLog.checkpointsVolume }}
- name: POD_NAME
  valueFrom:
    fieldRef:
      fieldPath: metadata.name
{{- end }}
{{- with .Values.extraEnv }}
{{ toYaml . }}
{{- end }}
{{- end -}}
