{{/* Values that are good by themselves and don't go together: all of them are told at once, and nothing is rendered. */}}

{{- define "hallpass.check" -}}
{{- $found := concat (include "hallpass.check.sources" . | fromJsonArray) (include "hallpass.check.security" . | fromJsonArray) (include "hallpass.check.objects" . | fromJsonArray) -}}
{{- with $found -}}
{{- fail (printf "values that can't be used:\n  - %s" (join "\n  - " .)) -}}
{{- end -}}
{{- end -}}

{{- define "hallpass.check.sources" -}}
{{- $found := list -}}
{{- $policy := .Values.policy -}}
{{- $sources := list -}}
{{- if $policy.configMaps }}{{ $sources = append $sources "configMaps" }}{{ end -}}
{{- if $policy.secret }}{{ $sources = append $sources "secret" }}{{ end -}}
{{- if $policy.image.reference }}{{ $sources = append $sources "image.reference" }}{{ end -}}
{{- if $policy.files }}{{ $sources = append $sources "files" }}{{ end -}}
{{- if $policy.shipped }}{{ $sources = append $sources "shipped" }}{{ end -}}
{{- if not $sources -}}
{{- $found = append $found "`policy` says nothing of where the rules are: set one of `configMaps`, `secret`, `image.reference`, `files` and `shipped`" -}}
{{- else if gt (len $sources) 1 -}}
{{- $found = append $found (printf "`policy` has %s: set one of them" (join " and " $sources)) -}}
{{- end -}}
{{- if and $policy.image.reference (semverCompare "<1.31.0-0" .Capabilities.KubeVersion.Version) -}}
{{- $found = append $found (printf "`policy.image` needs Kubernetes 1.31 or newer, and this is %s" .Capabilities.KubeVersion.Version) -}}
{{- end -}}
{{- $directory := .Values.directory -}}
{{- $sources = list -}}
{{- if $directory.claim }}{{ $sources = append $sources "claim" }}{{ end -}}
{{- if $directory.volume }}{{ $sources = append $sources "volume" }}{{ end -}}
{{- if $directory.postgres.url }}{{ $sources = append $sources "postgres.url" }}{{ end -}}
{{- if $directory.demo }}{{ $sources = append $sources "demo" }}{{ end -}}
{{- if not $sources -}}
{{- $found = append $found "`directory` says nothing of who the people are: set one of `claim`, `volume`, `postgres.url` and `demo`" -}}
{{- else if gt (len $sources) 1 -}}
{{- $found = append $found (printf "`directory` has %s: set one of them" (join " and " $sources)) -}}
{{- end -}}
{{- if and (not $directory.postgres.url) (or $directory.postgres.passwordSecret.name $directory.postgres.caSecret.name) -}}
{{- $found = append $found "`directory.postgres` has Secrets and no `url`" -}}
{{- end -}}
{{- if and $directory.path (not (or $directory.claim $directory.volume)) -}}
{{- $found = append $found "`directory.path` is a place in `directory.claim` or `directory.volume`, and neither is set" -}}
{{- end -}}
{{- if regexMatch "^[a-z]+://[^/?@]*:[^/?@]*@" $directory.postgres.url -}}
{{- $found = append $found "`directory.postgres.url` has a password in it: put that into a Secret and name it in `directory.postgres.passwordSecret`" -}}
{{- end -}}
{{- $found | toJson -}}
{{- end -}}

{{- define "hallpass.check.security" -}}
{{- $found := list -}}
{{- $tls := include "hallpass.tlsSecret" . -}}
{{- $callers := .Values.callers -}}
{{- $files := list -}}
{{- if $callers.entries }}{{ $files = append $files "entries" }}{{ end -}}
{{- if $callers.configMap }}{{ $files = append $files "configMap" }}{{ end -}}
{{- if $callers.secret }}{{ $files = append $files "secret" }}{{ end -}}
{{- if gt (len $files) 1 -}}
{{- $found = append $found (printf "`callers` has %s: set one of them" (join " and " $files)) -}}
{{- end -}}
{{- if and $callers.keysSecret (not (or $callers.entries $callers.configMap)) -}}
{{- $found = append $found "`callers.keysSecret` goes with `callers.entries` or `callers.configMap`, and neither is set" -}}
{{- end -}}
{{- if eq .Values.mode "service" -}}
{{- if not $tls -}}
{{- $found = append $found "a service that others reach needs TLS: set `tls.secret`, or `tls.certManager.enabled`" -}}
{{- end -}}
{{- if not $files -}}
{{- $found = append $found "a service that others reach needs to know its callers: set one of `callers.entries`, `callers.configMap` and `callers.secret`" -}}
{{- end -}}
{{- end -}}
{{- $ca := .Values.tls.clientCa -}}
{{- if and $ca.secret $ca.configMap -}}
{{- $found = append $found "`tls.clientCa` has secret and configMap: set one of them" -}}
{{- end -}}
{{- if and (or $ca.secret $ca.configMap) (not $tls) -}}
{{- $found = append $found "`tls.clientCa` is set without TLS: set `tls.secret` too, or `tls.certManager.enabled`" -}}
{{- end -}}
{{- if and .Values.tls.certManager.enabled (not .Values.tls.certManager.issuerRef.name) -}}
{{- $found = append $found "`tls.certManager` is enabled without `issuerRef.name`" -}}
{{- end -}}
{{- if .Values.admin.enabled -}}
{{- if not $tls -}}
{{- $found = append $found "`admin` is enabled without TLS: set `tls.secret` too, or `tls.certManager.enabled`" -}}
{{- end -}}
{{- if not .Values.admin.keySecret.name -}}
{{- $found = append $found "`admin` is enabled without `keySecret.name`" -}}
{{- end -}}
{{- end -}}
{{- $found | toJson -}}
{{- end -}}

{{- define "hallpass.check.objects" -}}
{{- $found := list -}}
{{- $sidecar := eq .Values.mode "sidecar" -}}
{{- $monitor := .Values.monitoring.monitor -}}
{{- if and $monitor.enabled (not .Values.admin.enabled) -}}
{{- $found = append $found "`monitoring.monitor` is enabled without `admin.enabled`: there is nothing to scrape" -}}
{{- end -}}
{{- if and $monitor.enabled $sidecar (not $monitor.podLabels) -}}
{{- $found = append $found "`monitoring.monitor` is enabled without `podLabels`: in mode `sidecar` they say which pods are the application's" -}}
{{- end -}}
{{- if and $sidecar .Values.autoscaling.enabled -}}
{{- $found = append $found "`autoscaling` is enabled in mode `sidecar`: the pods are the application's" -}}
{{- end -}}
{{- if gt (int .Values.autoscaling.minReplicas) (int .Values.autoscaling.maxReplicas) -}}
{{- $found = append $found (printf "`autoscaling.minReplicas` is %d, more than `maxReplicas`, which is %d" (int .Values.autoscaling.minReplicas) (int .Values.autoscaling.maxReplicas)) -}}
{{- end -}}
{{- if and (not .Values.decisionLog.to) (or .Values.decisionLog.keySecret.name .Values.decisionLog.checkpointsVolume) -}}
{{- $found = append $found "`decisionLog` has a key or a place for checkpoints, and no log: set `to`" -}}
{{- end -}}
{{- $grace := int .Values.terminationGracePeriodSeconds -}}
{{- $drain := int (include "hallpass.drain" .) -}}
{{- if and $grace (le $grace $drain) -}}
{{- $found = append $found (printf "`terminationGracePeriodSeconds` is %d, and draining takes %d: the pods would be killed in the midst of it" $grace $drain) -}}
{{- end -}}
{{- if and .Values.service.trafficDistribution (semverCompare "<1.30.0-0" .Capabilities.KubeVersion.Version) -}}
{{- $found = append $found (printf "`service.trafficDistribution` needs Kubernetes 1.30 or newer, and this is %s" .Capabilities.KubeVersion.Version) -}}
{{- end -}}
{{- $found | toJson -}}
{{- end -}}
