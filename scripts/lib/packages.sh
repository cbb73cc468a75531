# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2034
# Debian 12 packages, by what they are needed for.

# To build and run the product.
BUILD_PACKAGES=(
  cmake ninja-build ccache mold g++ pkg-config
  libgrpc++-dev protobuf-compiler-grpc libprotobuf-dev protobuf-compiler
  libpqxx-dev libpq-dev libmariadb-dev libabsl-dev libspdlog-dev prometheus-cpp-dev
  libyaml-cpp-dev libcli11-dev libsimdjson-dev zlib1g-dev libzstd-dev libssl-dev
  librhonabwy-dev libcurl4-openssl-dev libevent-dev
  postgresql-15 python3
)

# To lint it.
LINT_PACKAGES=(clang-format-14 shellcheck python3-venv golang-go)

# For the unit and integration tests.
QUICK_TEST_PACKAGES=(
  python3-venv clang-14
  libgtest-dev libgmock-dev
  openssl zstd binutils dpkg-dev file
  pgbouncer faketime haproxy iproute2 nftables
)

# To verify the models of tests/models, and to compile the verifiers that SPIN writes.
MODEL_PACKAGES=(spin gcc)

# To test it as well.
TEST_PACKAGES=(
  "${LINT_PACKAGES[@]}" "${QUICK_TEST_PACKAGES[@]}"
  llvm-14 libfuzzer-14-dev libclang-rt-14-dev clang-tidy-14
  golang-google-grpc-dev golang-github-golang-protobuf-1-5-dev protoc-gen-go-grpc
)

missing_packages() {
  local package
  for package in "$@"; do
    dpkg-query -W -f '${db:Status-Status}\n' "$package" 2>/dev/null | grep -qx installed ||
      printf '%s\n' "$package"
  done
}

# Installs what is missing of the packages named; says what it does.
install_packages() {
  command -v apt-get >/dev/null || die "installs packages with apt: this is no Debian"
  local missing
  mapfile -t missing < <(missing_packages "$@")
  if [ "${#missing[@]}" -eq 0 ]; then
    say "Debian packages: all $# are installed"
    return
  fi
  say "Debian packages to install: ${missing[*]}"
  quietly as_root apt-get update -q
  without_default_cluster quietly as_root env DEBIAN_FRONTEND=noninteractive \
    apt-get install -y -q --no-install-recommends "${missing[@]}"
}

# Debian's PostgreSQL package makes and starts a cluster on port 5432 when it is
# installed first. Nothing here uses that one, so do not leave one behind.
without_default_cluster() {
  local folder=/etc/postgresql-common/createcluster.d
  local file="$folder/stateserver-install.conf"
  if [ -e /usr/lib/postgresql/15/bin/postgres ]; then
    "$@"
    return
  fi
  as_root mkdir -p "$folder"
  printf 'create_main_cluster = false\n' | as_root tee "$file" >/dev/null
  local status=0
  "$@" || status=$?
  as_root rm -f "$file"
  return "$status"
}

# Node and npm from wherever they are, else Debian's.
install_node() {
  if command -v node >/dev/null && command -v npm >/dev/null; then
    return
  fi
  install_packages nodejs npm
}
