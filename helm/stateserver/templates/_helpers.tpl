{{- define "stateserver.name" -}}
{{- .Chart.Name | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{- define "stateserver.fullname" -}}
{{- if contains .Chart.Name .Release.Name -}}
{{- .Release.Name | trunc 52 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name .Chart.Name | trunc 52 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- define "stateserver.selector" -}}
app.kubernetes.io/name: {{ include "stateserver.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/component: server
{{- end -}}

{{- define "stateserver.labels" -}}
{{ include "stateserver.commonLabels" . }}
app.kubernetes.io/component: server
{{- end -}}

{{- define "stateserver.commonLabels" -}}
app.kubernetes.io/name: {{ include "stateserver.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- end -}}

{{- define "stateserver.serviceAccountName" -}}
{{- if .Values.serviceAccount.create -}}
{{- .Values.serviceAccount.name | default (include "stateserver.fullname" .) -}}
{{- else -}}
{{- .Values.serviceAccount.name | default "default" -}}
{{- end -}}
{{- end -}}

{{- define "stateserver.image" -}}
{{- if .Values.image.digest -}}
{{- printf "%s@%s" .Values.image.repository .Values.image.digest -}}
{{- else -}}
{{- printf "%s:%s" .Values.image.repository (.Values.image.tag | default .Chart.AppVersion) -}}
{{- end -}}
{{- end -}}

{{- define "stateserver.proxyImage" -}}
{{- if .Values.proxy.image.digest -}}
{{- printf "%s@%s" .Values.proxy.image.repository .Values.proxy.image.digest -}}
{{- else -}}
{{- printf "%s:%s" .Values.proxy.image.repository .Values.proxy.image.tag -}}
{{- end -}}
{{- end -}}

{{- define "stateserver.tlsSecret" -}}
{{- .Values.tls.existingSecret | default (printf "%s-tls" (include "stateserver.fullname" .)) -}}
{{- end -}}

{{/* What a value of the configuration may refer to: ${NAME} and {{ env_var('NAME') }}, without a default. */}}
{{- define "stateserver.reference" -}}
(\$\{[A-Za-z_][A-Za-z0-9_]*\}|\{\{-?\s*env_var\(\s*['"][^'"]*['"]\s*\)\s*-?\}\})
{{- end -}}

{{/* Refuses secrets that are written in the values: the ConfigMap and the release would show them. Takes path, key and
value; never repeats the value. */}}
{{- define "stateserver.refuseSecrets" -}}
{{- $path := .path -}}
{{- $key := .key -}}
{{- if kindIs "map" .value -}}
{{- range $name, $value := .value -}}
{{- include "stateserver.refuseSecrets" (dict "path" (printf "%s.%s" $path $name) "key" (lower $name) "value" $value) -}}
{{- end -}}
{{- else if kindIs "slice" .value -}}
{{- range $i, $value := .value -}}
{{- include "stateserver.refuseSecrets" (dict "path" (printf "%s[%d]" $path $i) "key" $key "value" $value) -}}
{{- end -}}
{{- else if not (kindIs "invalid" .value) -}}
{{- $reference := include "stateserver.reference" . -}}
{{- $text := toString .value -}}
{{- $rest := regexReplaceAll $reference $text "" -}}
{{- $named := and (regexMatch "(password|passphrase|secret|token|private_key|access_key|api_key)$" $key) $rest -}}
{{- $in_url := regexMatch "://[^:@/]*:[^/]+@" $rest -}}
{{- $conninfo := regexReplaceAll (printf "(?i)(password|pwd)\\s*=\\s*['\"]?%s+" $reference) $text "" -}}
{{- $in_conninfo := regexMatch "(?i)(password|pwd)\\s*=\\s*['\"]?[^\\s&;'\"]" $conninfo -}}
{{- if or $named $in_url $in_conninfo -}}
{{- fail (printf "%s: contains a literal password or key, which the ConfigMap would show; write ${VARIABLE} and set the variable from a Secret, with env or envFrom" $path) -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* The port of config.auth.jwt.jwks_url, if that is set. */}}
{{- define "stateserver.jwksPort" -}}
{{- $url := dig "auth" "jwt" "jwks_url" "" (.Values.config | default dict) -}}
{{- if $url -}}
{{- $authority := regexReplaceAll "^[a-z]+://([^/?#]*).*$" $url "${1}" -}}
{{- $port := regexFind ":[0-9]+$" $authority | trimPrefix ":" -}}
{{- $port | default (ternary "80" "443" (hasPrefix "http://" $url)) -}}
{{- end -}}
{{- end -}}

{{/* What the server would refuse to start with is refused here, with what to do. */}}
{{- define "stateserver.check" -}}
{{- if not .Values.gateways -}}
{{- fail "gateways: is empty; add the gateways block of stateserver.yaml with at least one gateway" -}}
{{- end -}}
{{- range $key := list "listen" "local_listen" "proxy_listen" "metrics_listen" "gateways" "tls" "insecure" -}}
{{- if hasKey $.Values.config $key -}}
{{- fail (printf "config.%s: is set by the chart; see its own value in values.yaml" $key) -}}
{{- end -}}
{{- end -}}
{{- include "stateserver.refuseSecrets" (dict "path" "gateways" "key" "" "value" .Values.gateways) -}}
{{- include "stateserver.refuseSecrets" (dict "path" "config" "key" "" "value" .Values.config) -}}
{{- range $i, $variable := .Values.env -}}
{{- if $variable.value -}}
{{- include "stateserver.refuseSecrets" (dict "path" (printf "env[%d] (%s)" $i $variable.name) "key" (lower $variable.name) "value" $variable.value) -}}
{{- end -}}
{{- end -}}
{{- if and (not .Values.tls.enabled) (not .Values.insecure) -}}
{{- fail "tls.enabled: false needs insecure: true, since other machines reach the listener" -}}
{{- end -}}
{{- if and .Values.tls.enabled (not .Values.tls.existingSecret) (not .Values.tls.certManager.enabled) -}}
{{- fail "tls: set tls.existingSecret, or let cert-manager create one with tls.certManager.enabled" -}}
{{- end -}}
{{- if and .Values.proxy.enabled (not .Values.tls.enabled) -}}
{{- fail "proxy.enabled: the proxy ends TLS, so tls.enabled must be true" -}}
{{- end -}}
{{- if and .Values.tls.clientCRLKey (not .Values.tls.clientCAKey) -}}
{{- fail "tls.clientCRLKey: needs tls.clientCAKey" -}}
{{- end -}}
{{- if and .Values.tls.certManager.enabled (not .Values.tls.certManager.issuerRef) -}}
{{- fail "tls.certManager.issuerRef: is empty; name an Issuer or a ClusterIssuer" -}}
{{- end -}}
{{- if and .Values.migrate.enabled .Values.tls.clientCAKey (eq .Values.tls.clientAuth "require") (not .Values.migrate.clientSecret) -}}
{{- fail "migrate.clientSecret: is empty, and the server asks for a client certificate" -}}
{{- end -}}
{{- $asks := or .Values.config.auth .Values.tokens.existingSecret (and .Values.tls.enabled .Values.tls.clientCAKey (not .Values.proxy.enabled)) -}}
{{- if and (not $asks) (not .Values.insecure) -}}
{{- fail "callers would not be authenticated: set tokens.existingSecret, config.auth or tls.clientCAKey, or write insecure: true" -}}
{{- end -}}
{{- end -}}

{{/* stateserver.yaml as a dict in YAML. */}}
{{- define "stateserver.config" -}}
{{- $config := deepCopy .Values.config -}}
{{- if .Values.proxy.enabled -}}
{{- $_ := set $config "listen" "unix:/run/stateserver/local.sock" -}}
{{- $_ := set $config "proxy_listen" "unix:/run/stateserver/proxy.sock" -}}
{{- else -}}
{{- $_ := set $config "listen" "0.0.0.0:7433" -}}
{{- $_ := set $config "local_listen" "unix:/run/stateserver/local.sock" -}}
{{- end -}}
{{- $_ := set $config "metrics_listen" "0.0.0.0:9464" -}}
{{- $_ := set $config "gateways" .Values.gateways -}}
{{- if .Values.insecure -}}
{{- $_ := set $config "insecure" true -}}
{{- end -}}
{{- if and .Values.tls.enabled (not .Values.proxy.enabled) -}}
{{- $tls := dict "cert" "/etc/stateserver/tls/tls.crt" "key" "/etc/stateserver/tls/tls.key" -}}
{{- if .Values.tls.clientCAKey -}}
{{- $_ := set $tls "client_ca" (printf "/etc/stateserver/tls/%s" .Values.tls.clientCAKey) -}}
{{- $_ := set $tls "client_auth" .Values.tls.clientAuth -}}
{{- if .Values.tls.clientCRLKey -}}
{{- $_ := set $tls "client_crl" (printf "/etc/stateserver/tls/%s" .Values.tls.clientCRLKey) -}}
{{- end -}}
{{- end -}}
{{- $_ := set $config "tls" $tls -}}
{{- end -}}
{{- if .Values.tokens.existingSecret -}}
{{- $auth := deepCopy ($config.auth | default dict) -}}
{{- $_ := set $auth "tokens_file" "/etc/stateserver/tokens/tokens.yaml" -}}
{{- $_ := set $config "auth" $auth -}}
{{- end -}}
{{- $limits := deepCopy ($config.limits | default dict) -}}
{{- $_ := set $limits "shutdown_grace" (printf "%ds" (int .Values.drain.graceSeconds)) -}}
{{- $_ := set $config "limits" $limits -}}
{{- $log := deepCopy ($config.log | default dict) -}}
{{- if not (hasKey $log "format") -}}
{{- $_ := set $log "format" "json" -}}
{{- end -}}
{{- $_ := set $config "log" $log -}}
{{- toYaml $config -}}
{{- end -}}

{{/* A probe of health services (root, services): gRPC's own cannot speak TLS, so that goes through the pod's own socket. */}}
{{- define "stateserver.probe" -}}
{{- if .root.Values.tls.enabled -}}
exec:
  command: {{ concat (list "stateclient" "--server" "unix:/run/stateserver/local.sock" "--timeout" "4" "health") .services | toJson }}
{{- else -}}
grpc:
  port: 7433
  {{- with first .services }}
  service: {{ . }}
  {{- end }}
{{- end }}
timeoutSeconds: 5
{{- end -}}
