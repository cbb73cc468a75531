# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Checks of the Helm chart by tools that Debian and PyPI do not have: they are built with Go into
# build/tools/go. scripts/test --all runs them; what needs no Go is in tests/deploy/test_chart.py.

chart_tools() {
  local folder="$TOOLS/go" source
  export GOBIN="$folder"
  [ -x "$folder/kubeconform" ] || quietly go install github.com/yannh/kubeconform/cmd/kubeconform@v0.8.0
  [ -x "$folder/kube-score" ] || quietly go install github.com/zegl/kube-score/cmd/kube-score@v1.20.0
  if [ ! -x "$folder/helm-unittest" ]; then
    # `go install` refuses it: its go.mod has a replace directive.
    source="$(cd /tmp && go mod download -json github.com/helm-unittest/helm-unittest@v1.1.2 |
      python3 -c 'import json, sys; print(json.load(sys.stdin)["Dir"])')"
    cp -r "$source" "$folder/helm-unittest.src"
    chmod -R u+w "$folder/helm-unittest.src"
    (cd "$folder/helm-unittest.src" && quietly go build -o "$folder/helm-unittest" ./cmd/helm-unittest)
    rm -rf "$folder/helm-unittest.src"
  fi
}

# Kubernetes' schemas as the Python package kubernetes-validate brings them, in kubeconform's form.
kubernetes_schemas() {  # kubernetes_schemas FOLDER VERSION...
  "$VENV/bin/python" - "$@" <<'PY'
import json, pathlib, sys
import kubernetes_validate
bundled = pathlib.Path(kubernetes_validate.__file__).parent / "kubernetes-json-schema"
for version in sys.argv[2:]:
    folder = pathlib.Path(sys.argv[1]) / f"v{version}-standalone-strict"
    folder.mkdir(parents=True, exist_ok=True)
    for file in (bundled / f"v{version}-local-strict").glob("*.json"):
        schema = json.loads(file.read_text().replace("/api/_definitions.json#", "_definitions.json#"))
        schema.pop("$id", None)
        (folder / file.name).write_text(json.dumps(schema))
PY
}

chart_checks() {
  if ! command -v go >/dev/null; then
    say "skipped: no Go on this machine to build helm-unittest, kubeconform and kube-score with"
    return
  fi
  local chart="$ROOT/helm/stateserver" rendered version schemas="$TOOLS/kubernetes"
  mkdir -p "$TOOLS/go"
  chart_tools
  "$TOOLS/go/helm-unittest" "$chart"
  rendered="$(mktemp --suffix=.yaml)"
  "$VENV/bin/helm" template r "$chart" --namespace data --values "$chart/tests/values.yaml" \
    --set migrate.enabled=true,migrate.tokenSecret=admin,autoscaling.enabled=true,dashboard.enabled=true \
    >"$rendered" 2>/dev/null
  kubernetes_schemas "$schemas" 1.25.0 1.31.0 1.37.0
  for version in 1.25.0 1.31.0 1.37.0; do
    "$TOOLS/go/kubeconform" -strict -summary -kubernetes-version "$version" -schema-location \
      "$schemas/{{.NormalizedKubernetesVersion}}-standalone{{.StrictSuffix}}/{{.ResourceKind}}{{.KindSuffix}}.json" \
      "$rendered"
  done
  # It ends with an error for anything critical.
  "$TOOLS/go/kube-score" score --output-format ci "$rendered" | grep -v '^\[\(OK\|SKIPPED\)\]' || true
  "$TOOLS/go/kube-score" score "$rendered" >/dev/null
  rm "$rendered"
}
