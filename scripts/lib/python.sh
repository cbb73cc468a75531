# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2034
# The Python environment of the tests: $VENV, made again when the pinned
# requirements change.

VENV="$ROOT/.venv"

make_venv() {
  local requirements="$ROOT/tests/requirements.txt" stamp="$VENV/requirements.txt"
  if cmp -s "$requirements" "$stamp"; then
    say "Python packages: as in tests/requirements.txt"
    return
  fi
  say "Python packages: installing tests/requirements.txt into .venv"
  rm -rf "$VENV"
  python3 -m venv "$VENV"
  quietly "$VENV/bin/pip" install --disable-pip-version-check --no-input -r "$requirements"
  cp "$requirements" "$stamp"
}
