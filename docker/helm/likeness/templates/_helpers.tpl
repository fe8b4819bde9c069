{{- define "likeness.fullname" -}}
{{- if .Values.fullnameOverride }}{{ .Values.fullnameOverride | trunc 52 | trimSuffix "-" }}
{{- else }}{{- $name := default .Chart.Name .Values.nameOverride }}
{{- if contains $name .Release.Name }}{{ .Release.Name | trunc 52 | trimSuffix "-" }}{{ else }}{{ printf "%s-%s" .Release.Name $name | trunc 52 | trimSuffix "-" }}{{ end }}
{{- end }}
{{- end }}

{{- define "likeness.selector" -}}
app.kubernetes.io/name: {{ default .Chart.Name .Values.nameOverride }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "likeness.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{ include "likeness.selector" . }}
{{- end }}

{{- define "likeness.image" -}}
{{ .Values.image.repository }}{{ if .Values.image.digest }}@{{ .Values.image.digest }}{{ else }}:{{ default .Chart.AppVersion .Values.image.tag }}{{ end }}
{{- end }}

{{- define "likeness.serviceAccountName" -}}
{{- if .Values.serviceAccount.create }}{{ default (include "likeness.fullname" .) .Values.serviceAccount.name }}{{ else }}{{ default "default" .Values.serviceAccount.name }}{{ end }}
{{- end }}

{{- define "likeness.podSecurity" -}}
runAsNonRoot: true
runAsUser: 65532
runAsGroup: 65532
fsGroup: 65532
fsGroupChangePolicy: OnRootMismatch
seccompProfile: { type: RuntimeDefault }
{{- end }}

{{- define "likeness.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: { drop: [ALL] }
{{- end }}

{{- /* Settings of the values, then the files of the secrets. `databaseUrlKey` takes the place of DATABASE_URL's key. */ -}}
{{- define "likeness.env" -}}
{{- range $name, $value := .Values.settings }}
- name: {{ $name }}
  {{- /* Numbers of YAML are floats here: 10485760 would become 1.048576e+07. */}}
  {{- if and (kindIs "float64" $value) (eq $value (floor $value)) }}
  value: {{ $value | int64 | quote }}
  {{- else }}
  value: {{ $value | toString | quote }}
  {{- end }}
{{- end }}
{{- range $name, $key := .Values.secretKeys }}
- name: {{ $name }}_FILE
  value: /run/secrets/likeness/{{ $name }}
{{- end }}
{{- end }}

{{- define "likeness.secretVolume" -}}
- name: secrets
  secret:
    secretName: {{ .root.Values.existingSecret }}
    defaultMode: 0440
    items:
      {{- range $name, $key := .root.Values.secretKeys }}
      - { key: {{ if and (eq $name "DATABASE_URL") $.databaseUrlKey }}{{ $.databaseUrlKey | quote }}{{ else }}{{ $key | quote }}{{ end }}, path: {{ $name }} }
      {{- end }}
{{- end }}

{{- /* Whether a second pod may be unable to mount the volume. */ -}}
{{- define "likeness.isVolumeExclusive" -}}
{{- if and .Values.persistence.enabled (not (has "ReadWriteMany" .Values.persistence.accessModes)) }}true{{ end }}
{{- end }}

{{- /* What the schema of the values cannot say. */ -}}
{{- define "likeness.check" -}}
{{- if not .Values.image.repository }}
{{- fail "There is no published image: build docker/Dockerfile, push it to a registry that the cluster reads, and name it by image.repository" }}
{{- end }}
{{- $several := or .Values.autoscaling.enabled (gt (int .Values.replicaCount) 1) }}
{{- if and (ne (default "local" .Values.settings.STORAGE) "s3") (not .Values.persistence.enabled) }}
{{- fail "Pictures need a place that outlives a pod: set settings.STORAGE to s3, or persistence.enabled" }}
{{- end }}
{{- if and $several (include "likeness.isVolumeExclusive" .) }}
{{- fail "Several pods mount the volume of pictures: persistence.accessModes needs ReadWriteMany, or set replicaCount to 1" }}
{{- end }}
{{- if not (or .Values.secretKeys.REDIS_URL .Values.settings.REDIS_SENTINELS .Values.settings.REDIS_CLUSTER_NODES) }}
{{- fail "The tokens need Redis: secretKeys.REDIS_URL, settings.REDIS_SENTINELS or settings.REDIS_CLUSTER_NODES" }}
{{- end }}
{{- end }}
