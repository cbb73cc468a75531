# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2034
# Checks that look at text only: scripts/check runs them, and scripts/test before it builds.

# One function lint_NAME each, in this order.
LINTERS=(layout protocol format shell python workflows dockerfile chart english documents)

BUF_VERSION=1.57.2
BUF="$ROOT/build/tools/node_modules/.bin/buf"
ACTIONLINT_VERSION=1.7.7  # the newest that Debian 12's Go compiles
ACTIONLINT="$ROOT/build/tools/go/actionlint"

# lint_stages [NAME...]: runs the linters named, or all of them, each as a stage.
lint_stages() {
  local name names=("$@")
  [ "$#" -gt 0 ] || names=("${LINTERS[@]}")
  for name in "${names[@]}"; do
    stage "lint: $name" "lint_$name"
  done
}

install_linters() {
  install_buf
  install_actionlint
}

install_buf() {
  if [ "$("$BUF" --version 2>/dev/null || true)" = "$BUF_VERSION" ]; then
    say "buf: $BUF_VERSION is there"
    return
  fi
  install_node
  say "buf: installing $BUF_VERSION from npm into build/tools"
  mkdir -p "$ROOT/build/tools"
  quietly npm install --no-save --no-audit --no-fund --prefix "$ROOT/build/tools" \
    "@bufbuild/buf@$BUF_VERSION"
}

install_actionlint() {
  if "$ACTIONLINT" --version 2>/dev/null | grep -qx "v*$ACTIONLINT_VERSION"; then
    say "actionlint: $ACTIONLINT_VERSION is there"
    return
  fi
  say "actionlint: building $ACTIONLINT_VERSION with Go into build/tools"
  # The one linter that comes from Go's module proxy, which not every network lets through.
  GOBIN="$(dirname "$ACTIONLINT")" quietly timeout 180 go install \
    "github.com/rhysd/actionlint/cmd/actionlint@v$ACTIONLINT_VERSION" ||
    say "actionlint: cannot be fetched; the workflows will not be linted"
}

# Each room uses only the rooms that it may; see docs/architecture.md.
lint_layout() {
  "$ROOT/scripts/check-layout"
}

# The protocol follows buf's rules, and breaks nobody who speaks the released one.
lint_protocol() {
  (cd "$ROOT" && "$BUF" lint && "$BUF" breaking --against proto/buf.image.binpb)
}

# Files of our own below some folders; git may not be there to ask.
own_files() {
  find "$@" -name __pycache__ -prune -o -path tests/data -prune -o -type f -print | sort
}

lint_format() {
  cd "$ROOT" || return
  local files
  mapfile -t files < <(own_files common revisions server client tests examples | grep -E '\.(cc|h)$')
  [ "${#files[@]}" -gt 0 ] || die "found no C++ file"
  printf '%s\0' "${files[@]}" | xargs -0 -n 50 -P "$JOBS" clang-format-14 --dry-run --Werror --ferror-limit=1 ||
    die "run clang-format-14 -i on the files above"
  say "${#files[@]} files"
}

lint_shell() {
  cd "$ROOT" || return
  local file files=()
  while read -r file; do
    case "$file" in
      *.sh) files+=("$file") ;;
      *) if head -c 32 "$file" | grep -qaE '^#!.*(bash|/sh)'; then files+=("$file"); fi ;;
    esac
  done < <(own_files scripts .ci bench tests examples)
  [ "${#files[@]}" -gt 0 ] || die "found no shell script"
  printf '%s\0' "${files[@]}" | xargs -0 -n 4 -P "$JOBS" shellcheck -x
  say "${#files[@]} files"
}

lint_workflows() {
  if [ ! -x "$ACTIONLINT" ]; then
    say "NOT LINTED: actionlint is not installed"
    return
  fi
  (cd "$ROOT" && "$ACTIONLINT" .github/workflows/*.yml)
}

lint_dockerfile() {
  "$VENV/bin/hadolint" "$ROOT/Dockerfile"
}

# tests/deploy/test_chart.py looks at what the chart renders with other values.
lint_chart() {
  local chart="$ROOT/helm/stateserver"
  quietly "$VENV/bin/helm" lint --strict --values "$chart/tests/values.yaml" "$chart"
}

# Documents, comments of the protocol and messages have none of the phrases in english.txt.
lint_english() {
  "$VENV/bin/python" "$ROOT/scripts/lib/english.py"
}

# Links, and the parts of documents that are generated.
lint_documents() {
  (cd "$ROOT" && "$VENV/bin/python" -m pytest tests/deploy/test_documents.py -q -p no:cacheprovider)
}

# What ruff and mypy look at, and how, is in pyproject.toml; both come with the tests' requirements.
lint_python() {
  cd "$ROOT" || return
  local files
  mapfile -t files < <("$VENV/bin/ruff" check --show-files)
  [ "${#files[@]}" -gt 0 ] || die "found no Python file"
  "$VENV/bin/ruff" check --quiet
  "$VENV/bin/mypy" --no-error-summary
  # Folders whose conftest.py has the module name of another: mypy takes one of a name at a time.
  "$VENV/bin/mypy" --no-error-summary workers/tests
  MYPYPATH=tests/starrocks_sim/tests "$VENV/bin/mypy" --no-error-summary tests/starrocks_sim/tests/*.py
  say "${#files[@]} files"
}

# clang-tidy takes seconds a file: for scripts/test --all, not for scripts/check.
lint_tidy() {
  cd "$ROOT" || return
  local files=()
  build debug protocol
  mapfile -t files < <(git ls-files 'common/*.cc' 'revisions/*.cc' 'server/*.cc' 'client/*.cc')
  [ "${#files[@]}" -gt 0 ] || die "clang-tidy was given no file"
  # GCC's own warning options are no concern of clang's.
  printf '%s\0' "${files[@]}" |
    xargs -0 -n 2 -P "$JOBS" clang-tidy-14 --quiet -p build/debug \
      --extra-arg=-Wno-unknown-warning-option \
      2> >(grep -v -e 'warnings generated' -e '^Suppressed' -e '^Use -header-filter' >&2 || true)
}
