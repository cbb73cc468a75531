# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Configuring and building one of the presets of CMakePresets.json.

# The sloppiness is what ccache asks for where headers are precompiled; that it depends on the compiler's list of
# headers saves preprocessing every unit that it does not have.
export CCACHE_BASEDIR="$ROOT" CCACHE_NOHASHDIR=1 CCACHE_DEPEND=1 CCACHE_SLOPPINESS=pch_defines,time_macros

# Ninja's output as a counter: on a terminal one line that counts, else a line for each tenth.
# What compilers say comes through whole.
build_counter() {
  local line last=-1 done_of terminal=false
  [ ! -t 1 ] || terminal=true
  while IFS= read -r line; do
    if [[ $line == *"Re-checking globbed directories"* ]]; then
      continue
    elif [[ $line =~ ^\[([0-9]+)/([0-9]+)\] ]]; then
      done_of="${BASH_REMATCH[1]} of ${BASH_REMATCH[2]}"
      if $terminal; then
        printf '\r\033[K  %s' "$done_of"
      elif ((BASH_REMATCH[1] * 10 / BASH_REMATCH[2] > last)); then
        last=$((BASH_REMATCH[1] * 10 / BASH_REMATCH[2]))
        printf '  %s\n' "$done_of"
      fi
    elif [ "$line" != "ninja: no work to do." ]; then
      printf '%s\n' "$line"
    fi
  done
  if $terminal; then printf '\r\033[K'; fi
}

# build PRESET [TARGET...]: into build/PRESET.
build() {
  local preset="$1"
  shift
  (cd "$ROOT" && quietly cmake --preset "$preset")
  NINJA_STATUS="[%f/%t] " cmake --build "$ROOT/build/$preset" --parallel "$JOBS" ${1+--target "$@"} 2>&1 |
    build_counter
}
