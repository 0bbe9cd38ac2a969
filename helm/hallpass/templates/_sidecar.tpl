{{/*
What an application's chart takes into its own pods. With this chart as the dependency `hallpass`:

    spec:
      terminationGracePeriodSeconds: {{ include "hallpass.terminationGracePeriodSeconds" .Subcharts.hallpass }}
      securityContext:
        fsGroup: 65532                        # lets the application use the socket, and Hallpass read its Secrets
      initContainers:
        {{- include "hallpass.sidecar" .Subcharts.hallpass | nindent 8 }}
      containers:
        - volumeMounts:
            {{- include "hallpass.socketMount" .Subcharts.hallpass | nindent 12 }}
      volumes:
        {{- include "hallpass.volumes" .Subcharts.hallpass | nindent 8 }}

The volumes stand in _volumes.tpl.
*/}}

{{/* An item of `initContainers`: it starts before the application and ends after it. */}}
{{- define "hallpass.sidecar" -}}
{{- if ne .Values.mode "sidecar" -}}
{{- fail "the template `hallpass.sidecar` is for `mode: sidecar`: set that among the values of the dependency" -}}
{{- end -}}
{{- include "hallpass.check" . -}}
- {{ include "hallpass.container" . | nindent 2 | trim }}
{{- end -}}

{{/* An item of `volumeMounts` of whoever asks. Connecting needs no right to write to the folder. */}}
{{- define "hallpass.socketMount" -}}
- name: hallpass-socket
  mountPath: /run/hallpass
  readOnly: true
{{- end -}}

{{/* How long a pod with the container needs to end: draining, and 10 s more. */}}
{{- define "hallpass.terminationGracePeriodSeconds" -}}
{{- $given := int .Values.terminationGracePeriodSeconds -}}
{{- $given | default (add 10 (include "hallpass.drain" .)) -}}
{{- end -}}
