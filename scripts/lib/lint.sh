# shellcheck shell=bash disable=SC2034
# Checks that look at text only.

BUF_VERSION=1.57.2
BUF="$ROOT/build/tools/node_modules/.bin/buf"

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

# The protocol follows buf's rules, and breaks nobody who speaks the released one.
lint_protocol() {
  (cd "$ROOT" && "$BUF" lint && "$BUF" breaking --against proto/buf.image.binpb)
}

lint_format() {
  cd "$ROOT" || return
  local file files wrong=()
  mapfile -t files < <(git ls-files -co --exclude-standard '*.cc' '*.h')
  for file in "${files[@]}"; do
    [ -e "$file" ] || continue
    clang-format-14 --dry-run --Werror "$file" >/dev/null 2>&1 || wrong+=("$file")
  done
  [ "${#wrong[@]}" -eq 0 ] || die "run clang-format-14 -i ${wrong[*]}"
}

lint_shell() {
  cd "$ROOT" || return
  local scripts
  mapfile -t scripts < <(git ls-files -co --exclude-standard scripts .ci bench tests |
    while read -r file; do
      case "$file" in
        *.sh) say "$file" ;;
        *) if head -c 32 "$file" | grep -qaE '^#!.*(bash|/sh)'; then say "$file"; fi ;;
      esac
    done)
  shellcheck -x "${scripts[@]}"
}

# clang-tidy takes seconds a file, so it looks at the files listed in
# scripts/lib/tidy_files.txt: those where a mistake costs a state.
lint_tidy() {
  cd "$ROOT" || return
  local files=()
  mapfile -t files < <(while read -r pattern; do
    case "$pattern" in "" | "#"*) ;; *) compgen -G "$pattern" || true ;; esac
  done <scripts/lib/tidy_files.txt)
  [ "${#files[@]}" -gt 0 ] || die "scripts/lib/tidy_files.txt names no file"
  # GCC's own warning options are no concern of clang's.
  printf '%s\0' "${files[@]}" |
    nice xargs -0 -n 2 -P "$JOBS" clang-tidy-14 --quiet -p build/debug \
      --extra-arg=-Wno-unknown-warning-option \
      2> >(grep -v -e 'warnings generated' -e '^Suppressed' -e '^Use -header-filter' >&2 || true)
}
