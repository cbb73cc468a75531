# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Programs that tests use and that are unpacked into build/tools, not installed.

TOOLS="$ROOT/build/tools"

# Prometheus and promtool. Installing Debian's package would start a service.
install_prometheus() {
  local folder="$TOOLS/prometheus"
  if [ -x "$folder/usr/bin/promtool" ]; then
    say "Prometheus: in build/tools"
    return
  fi
  say "Prometheus: unpacking Debian's package into build/tools"
  rm -rf "$folder"
  mkdir -p "$folder"
  (
    cd "$folder" || exit
    apt-get download -q prometheus >/dev/null 2>&1 ||
      { quietly as_root apt-get update -q && quietly apt-get download -q prometheus; }
    dpkg-deb --extract prometheus_*.deb .
    rm prometheus_*.deb
  )
}
