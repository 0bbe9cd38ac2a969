{{/* Volumes, and where the container has them. No file is mounted by `subPath`: such a mount never changes. */}}

{{/* The ConfigMaps with policy files. */}}
{{- define "hallpass.policyMaps" -}}
{{- empty .Values.policy.files | ternary .Values.policy.configMaps (list (printf "%s-policy" (include "hallpass.fullname" .))) | toJson -}}
{{- end -}}

{{/* The volumes that a pod with the container needs. */}}
{{- define "hallpass.volumes" -}}
- name: hallpass-socket
  emptyDir:
    medium: Memory
    sizeLimit: 1Mi
{{- include "hallpass.policyVolumes" . }}
{{- with .Values.directory.claim }}
- name: hallpass-directory
  persistentVolumeClaim:
    claimName: {{ . }}
    readOnly: true
{{- end }}
{{- with .Values.directory.volume }}
- name: hallpass-directory
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- include "hallpass.securityVolumes" . }}
{{- if eq .Values.decisionLog.to "volume" }}
- name: hallpass-decisions
  {{- toYaml (.Values.decisionLog.volume | default (dict "emptyDir" (dict "sizeLimit" "1Gi"))) | nindent 2 }}
{{- end }}
{{- with .Values.decisionLog.checkpointsVolume }}
- name: hallpass-checkpoints
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.extraVolumes }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/* Those with the policy. */}}
{{- define "hallpass.policyVolumes" -}}
{{- range $at, $name := include "hallpass.policyMaps" . | fromJsonArray }}
- name: hallpass-policy-{{ $at }}
  configMap:
    name: {{ $name }}
{{- end }}
{{- with .Values.policy.secret }}
- name: hallpass-policy
  secret:
    secretName: {{ . }}
    defaultMode: 288 # 0440
{{- end }}
{{- with .Values.policy.image }}
{{- if .reference }}
- name: hallpass-policy
  image:
    reference: {{ .reference }}
    pullPolicy: {{ .pullPolicy }}
{{- end }}
{{- end }}
{{- end -}}

{{/* Secrets that are mounted whole, by the folder below /etc/hallpass in which each is. */}}
{{- define "hallpass.secrets" -}}
{{- $all := dict "tls" (include "hallpass.tlsSecret" .) "client-ca" .Values.tls.clientCa.secret "admin" (.Values.admin.enabled | ternary .Values.admin.keySecret.name "") -}}
{{- $all = merge $all (dict "database" .Values.directory.postgres.caSecret.name "password" .Values.directory.postgres.passwordSecret.name "log" .Values.decisionLog.keySecret.name) -}}
{{- range $folder, $secret := $all }}
{{- if $secret }}
{{ $folder }}: {{ $secret }}
{{- end }}
{{- end }}
{{- end -}}

{{/* Those that say who may ask, and what is secret. */}}
{{- define "hallpass.securityVolumes" -}}
{{- if include "hallpass.callers" . }}
- name: hallpass-callers
  projected:
    defaultMode: 288 # 0440
    sources:
      {{- with .Values.callers.secret }}
      - secret:
          name: {{ . }}
      {{- else }}
      - configMap:
          name: {{ .Values.callers.configMap | default (printf "%s-callers" (include "hallpass.fullname" .)) }}
      {{- end }}
      {{- with .Values.callers.keysSecret }}
      - secret:
          name: {{ . }}
      {{- end }}
{{- end }}
{{- range $folder, $secret := include "hallpass.secrets" . | fromYaml }}
- name: hallpass-{{ $folder }}
  secret:
    secretName: {{ $secret }}
    defaultMode: 288 # 0440
{{- end }}
{{- with .Values.tls.clientCa.configMap }}
- name: hallpass-client-ca
  configMap:
    name: {{ . }}
{{- end }}
{{- end -}}

{{/* Where the policy is mounted, where it is. */}}
{{- define "hallpass.policyMounts" -}}
{{- range $at, $name := include "hallpass.policyMaps" . | fromJsonArray }}
- name: hallpass-policy-{{ $at }}
  mountPath: /etc/hallpass/policies/{{ $name }}
  readOnly: true
{{- end }}
{{- if or .Values.policy.secret .Values.policy.image.reference }}
- name: hallpass-policy
  mountPath: /etc/hallpass/policies
  readOnly: true
{{- end }}
{{- end -}}

{{- define "hallpass.mounts" -}}
- name: hallpass-socket
  mountPath: /run/hallpass
{{- include "hallpass.policyMounts" . }}
{{- $folders := keys (include "hallpass.secrets" . | fromYaml) -}}
{{- if or .Values.directory.claim .Values.directory.volume }}{{ $folders = append $folders "directory" }}{{ end -}}
{{- if include "hallpass.callers" . }}{{ $folders = append $folders "callers" }}{{ end -}}
{{- if .Values.tls.clientCa.configMap }}{{ $folders = append $folders "client-ca" }}{{ end -}}
{{- range sortAlpha $folders }}
- name: hallpass-{{ . }}
  mountPath: /etc/hallpass/{{ . }}
  readOnly: true
{{- end }}
{{- if eq .Values.decisionLog.to "volume" }}
- name: hallpass-decisions
  mountPath: /var/log/hallpass
  subPathExpr: $(POD_NAME)
{{- end }}
{{- if .Values.decisionLog.checkpointsVolume }}
- name: hallpass-checkpoints
  mountPath: /var/log/hallpass-checkpoints
  subPathExpr: $(POD_NAME)
{{- end }}
{{- with .Values.extraVolumeMounts }}
{{ toYaml . }}
{{- end }}
{{- end -}}
