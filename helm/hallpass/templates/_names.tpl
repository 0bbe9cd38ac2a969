{{/* Names, labels and annotations. */}}

{{- define "hallpass.name" -}}
{{- .Values.nameOverride | default .Chart.Name | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{- define "hallpass.fullname" -}}
{{- $name := include "hallpass.name" . -}}
{{- $both := contains $name .Release.Name | ternary .Release.Name (printf "%s-%s" .Release.Name $name) -}}
{{- .Values.fullnameOverride | default $both | trunc 53 | trimSuffix "-" -}}
{{- end -}}

{{- define "hallpass.labels" -}}
app.kubernetes.io/name: {{ include "hallpass.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{/* The pods that serve, and no others: not that of `helm test`. */}}
{{- define "hallpass.selector" -}}
{{ include "hallpass.labels" . }}
app.kubernetes.io/component: server
{{- end -}}

{{/* What every object's metadata holds beside its name. Takes the root, the end of the name, and more labels and annotations. */}}
{{- define "hallpass.metadata" -}}
{{- $root := .root -}}
name: {{ include "hallpass.fullname" $root }}{{ with .suffix }}-{{ . }}{{ end }}
namespace: {{ $root.Release.Namespace }}
labels:
  {{- include "hallpass.labels" $root | nindent 2 }}
  app.kubernetes.io/version: {{ $root.Chart.AppVersion | quote }}
  app.kubernetes.io/managed-by: {{ $root.Release.Service }}
  helm.sh/chart: {{ printf "%s-%s" $root.Chart.Name $root.Chart.Version | replace "+" "_" }}
  {{- with merge dict (.labels | default dict) $root.Values.commonLabels }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- with merge dict (.annotations | default dict) $root.Values.commonAnnotations }}
annotations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{- define "hallpass.serviceAccount" -}}
{{- .Values.serviceAccount.name | default (.Values.serviceAccount.create | ternary (include "hallpass.fullname" .) "default") -}}
{{- end -}}

{{- define "hallpass.image" -}}
{{- $image := .Values.image -}}
{{- if $image.digest -}}
{{ $image.repository }}@{{ $image.digest }}
{{- else -}}
{{ $image.repository }}:{{ $image.tag | default .Chart.AppVersion }}
{{- end -}}
{{- end -}}

{{/* The Secret with the server's certificate; empty where there is no TLS. */}}
{{- define "hallpass.tlsSecret" -}}
{{- .Values.tls.secret | default (.Values.tls.certManager.enabled | ternary (printf "%s-tls" (include "hallpass.fullname" .)) "") -}}
{{- end -}}

{{/* Where calls from outside a pod arrive. */}}
{{- define "hallpass.host" -}}
{{ include "hallpass.fullname" . }}.{{ .Release.Namespace }}.svc
{{- end -}}
