# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Runs named stages one after the other and stops at the first that fails, or, where a script sets
# KEEP_GOING, goes through all of them.
# Test programs leave JUnit XML in $RESULTS; a stage without any counts as one.

RESULTS="${RESULTS:-$ROOT/build/results}"
KEEP_GOING="${KEEP_GOING:-false}"
STAGES_FILE="$RESULTS/stages.txt"

start_stages() {
  rm -rf "$RESULTS"
  mkdir -p "$RESULTS"
  : >"$STAGES_FILE"
}

# stage TITLE COMMAND...
stage() {
  local title="$1" begin=$SECONDS status=0 verdict=passed
  shift
  printf '\n=== %s\n' "$title"
  set +e
  (
    set -e
    "$@"
  )
  status=$?
  set -e
  if [ "$status" -ne 0 ]; then verdict="FAILED ($status)"; fi
  printf -- '--- %s: %s, %d s\n' "$title" "$verdict" "$((SECONDS - begin))"
  printf '%d\t%s\n' "$status" "$title" >>"$STAGES_FILE"
  if [ "$status" -ne 0 ] && ! $KEEP_GOING; then
    finish_stages || exit 1
  fi
}

# Prints the last line, "N passed, N failed". Fails when a stage has failed.
finish_stages() {
  printf '\n%d s in all\n' "$SECONDS"
  python3 "$ROOT/scripts/lib/count_results.py" "$RESULTS" 2>/dev/null || say "0 passed, 1 failed"
  ! grep -q -v '^0' "$STAGES_FILE"
}
