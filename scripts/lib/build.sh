# shellcheck shell=bash
# Configuring and building one of the presets of CMakePresets.json.

export CCACHE_BASEDIR="$ROOT" CCACHE_NOHASHDIR=1

# build PRESET [TARGET...]: into build/PRESET.
build() {
  local preset="$1"
  shift
  (cd "$ROOT" && quietly cmake --preset "$preset")
  quietly nice cmake --build "$ROOT/build/$preset" --parallel "$JOBS" ${1+--target "$@"}
}
